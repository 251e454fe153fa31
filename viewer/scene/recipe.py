"""How values become colour and opacity: the presets of ``resources/volume_presets.json``, fitted to a scan's contrast.

A preset gives its points as shares of the enhancement of the blood, so that the same tissue looks the same in a scan of
300 HU and in one of 500 HU::

    hu = contrast * lumen_hu + hu_offset
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.model.geometry import Float
from viewer.scene.anatomy import BONE, SURROUNDINGS
from viewer.scene.cast_kernel import FIRST_HU, TABLE
from viewer.shipped import resource

#: What the blood is taken to have where no contrast was found, HU.
NOMINAL_LUMEN_HU = 350.0
#: Nothing is fully opaque within one millimetre.
MOST_OPAQUE = 0.999

_BITS = {"bones": BONE, "surroundings": SURROUNDINGS}


@dataclass(frozen=True, slots=True)
class Stop:
    """One point of a preset: value, opacity of 1 mm of it, colour."""

    contrast: float
    hu_offset: float
    opacity: float
    color: tuple[float, float, float]  #: red, green, blue, 0 to 1

    def hu(self, lumen_hu: float) -> float:
        """Return the value in HU at a given enhancement."""
        return self.contrast * lumen_hu + self.hu_offset


@dataclass(frozen=True, slots=True)
class Preset:
    """A way to look at a heart.

    Attributes
    ----------
    key, title, tip : str
    maximum : bool
        Show the highest value along every ray instead of surfaces.
    hides : int
        What is left out: bits of `viewer.scene.anatomy` (bones, surroundings of the heart).
    cropped : bool
        Begin with the box around the heart.
    stops : tuple of Stop
        In rising order.
    ambient, diffuse, specular : float
        Of the light.
    edge_hu_per_mm : tuple of float
        Steepness below which there is no surface to shade, and above which it is shaded in full.
    """

    key: str
    title: str
    tip: str
    maximum: bool
    hides: int
    cropped: bool
    stops: tuple[Stop, ...]
    ambient: float
    diffuse: float
    specular: float
    edge_hu_per_mm: tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Recipe:
    """A preset for one scan, as tables over the values from ``FIRST_HU`` on in steps of 1 HU.

    Attributes
    ----------
    preset : Preset
    lumen_hu : float
        The enhancement of the blood that it was fitted to.
    extinction_per_mm : ndarray of float64, shape (TABLE,)
    color : ndarray of float64, shape (TABLE, 3)
        0 to 1.
    """

    preset: Preset
    lumen_hu: float
    extinction_per_mm: Float
    color: Float

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Which values are not fully transparent, shape (TABLE,)."""
        return self.extinction_per_mm > 0

    def integrals(self) -> Float:
        """Return the running sums of extinction and of red, green, blue times extinction, shape (TABLE + 1, 4)."""
        columns = np.column_stack([self.extinction_per_mm, self.color * self.extinction_per_mm[:, None]])
        return np.concatenate([np.zeros((1, 4)), np.cumsum(columns, axis=0)])

    def gray_window_hu(self) -> tuple[float, float]:
        """Return the values that are black and white where the preset shows the maximum."""
        return self.preset.stops[0].hu(self.lumen_hu), self.preset.stops[-1].hu(self.lumen_hu)


def fitted_recipe(preset: Preset, lumen_hu: float | None) -> Recipe:
    """Return the tables of a preset for a scan whose blood has `lumen_hu`; ``None`` stands for `NOMINAL_LUMEN_HU`."""
    lumen = NOMINAL_LUMEN_HU if lumen_hu is None else lumen_hu
    values = np.arange(TABLE) + FIRST_HU + 0.5
    at = np.maximum.accumulate([stop.hu(lumen) for stop in preset.stops])
    opacity = np.interp(values, at, [stop.opacity for stop in preset.stops])
    color = np.column_stack([np.interp(values, at, [stop.color[n] for stop in preset.stops]) for n in range(3)])
    return Recipe(preset, lumen, -np.log1p(-np.minimum(opacity, MOST_OPAQUE)), color)


@cache
def presets() -> tuple[Preset, ...]:
    """Return the presets in the order of the menu."""
    table = json.loads(resource("volume_presets.json").read_text(encoding="utf-8"))
    return tuple(_preset(entry) for entry in table["presets"])


def preset(key: str) -> Preset:
    """Return a preset by its key; KeyError if there is none."""
    for candidate in presets():
        if candidate.key == key:
            return candidate
    raise KeyError(key)


def _preset(entry: dict[str, Any]) -> Preset:
    light = entry["light"]
    return Preset(
        entry["key"],
        entry["title"],
        entry["tip"],
        entry.get("maximum", False),
        sum(_BITS[name] for name in entry.get("hides", ())),
        entry.get("cropped", True),
        tuple(Stop(contrast, offset, opacity, _rgb(text)) for contrast, offset, opacity, text in entry["stops"]),
        light["ambient"],
        light["diffuse"],
        light["specular"],
        tuple(light["edge_hu_per_mm"]),
    )


def _rgb(text: str) -> tuple[float, float, float]:
    return int(text[1:3], 16) / 255, int(text[3:5], 16) / 255, int(text[5:7], 16) / 255
