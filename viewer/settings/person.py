"""What one person prefers: windows of grey values, what counts as calcium, the paper of the sheet."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from viewer.model.calcium import XING_HU, CalciumThreshold, ThresholdKind
from viewer.model.enhancement import Enhancement
from viewer.model.view import Window
from viewer.shipped import resource

Windows = tuple[tuple[str, Window], ...]

PAPERS = ("A4", "Letter")
#: What a typed threshold of calcium may be.
LEAST_HU, MOST_HU = 130.0, 1500.0


@cache
def shipped_windows() -> Windows:
    """Return the windows that travel with the program, in the order of their keys."""
    return _windows(json.loads(resource("windows.json").read_text(encoding="utf-8"))["presets"])


@dataclass(frozen=True, slots=True)
class Person:
    """One person's preferences.

    Attributes
    ----------
    windows : tuple of (str, Window)
        Windows of grey values by name, in the order of their keys.
    calcium : ThresholdKind
        From where on a new plan takes a voxel for calcium.
    calcium_hu : float
        The threshold, if it is a typed one.
    paper : str
        Of the planning sheet: one of `PAPERS`.
    find_by_itself : bool
        Whether the tree and its occlusions are looked for as soon as a study lies open.
    """

    windows: Windows = field(default_factory=shipped_windows)
    calcium: ThresholdKind = ThresholdKind.ADAPTIVE
    calcium_hu: float = XING_HU
    paper: str = PAPERS[0]
    find_by_itself: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "windows", tuple(self.windows))
        if not self.windows:
            raise ValueError("no window of grey values is left")
        if not LEAST_HU <= self.calcium_hu <= MOST_HU:
            raise ValueError(f"calcium from {self.calcium_hu} HU")
        if self.paper not in PAPERS:
            raise ValueError(f"paper called {self.paper!r}")

    def threshold(self, seen: Enhancement) -> CalciumThreshold:
        """Return the threshold of calcium for a scan of this contrast."""
        if self.calcium is ThresholdKind.ADAPTIVE:
            return CalciumThreshold.adaptive(seen.lumen_hu, seen.lumen_sd_hu)
        return (
            CalciumThreshold.typed(self.calcium_hu) if self.calcium is ThresholdKind.TYPED else CalciumThreshold.xing()
        )


def person_from_json(data: dict[str, Any]) -> Person:
    """Read preferences; ValueError, KeyError or TypeError where they say something impossible."""
    return Person(
        _windows(data["windows"]),
        ThresholdKind(data["calcium"]),
        float(data["calcium_hu"]),
        str(data["paper"]),
        bool(data["find_by_itself"]),
    )


def person_as_json(person: Person) -> dict[str, Any]:
    """Return preferences as `person_from_json` reads them."""
    return {
        "windows": [{"name": name, "level_hu": w.level_hu, "width_hu": w.width_hu} for name, w in person.windows],
        "calcium": person.calcium.value,
        "calcium_hu": person.calcium_hu,
        "paper": person.paper,
        "find_by_itself": person.find_by_itself,
    }


def _windows(items: list[dict[str, Any]]) -> Windows:
    return tuple((str(item["name"]), Window(float(item["level_hu"]), float(item["width_hu"]))) for item in items)
