"""Where a C-arm can go, which angles are steep, and the views that everybody knows: data, not code."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer.shipped import resource

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A range of C-arm angles, in DICOM signs: LAO and cranial positive; `text` says what is special about it."""

    primary_deg: Span
    secondary_deg: Span
    text: str = ""

    def __post_init__(self) -> None:
        for low, high in (self.primary_deg, self.secondary_deg):
            if not low <= high:
                raise ValueError(f"angles from {low} to {high}")

    def contains(self, primary_deg: ArrayLike, secondary_deg: ArrayLike) -> NDArray[np.bool_]:
        """Tell which pairs of angles, broadcast together, lie within."""
        a, b = np.asarray(primary_deg, float), np.asarray(secondary_deg, float)
        inside_a = (a >= self.primary_deg[0]) & (a <= self.primary_deg[1])
        return np.asarray(inside_a & (b >= self.secondary_deg[0]) & (b <= self.secondary_deg[1]))


@dataclass(frozen=True, slots=True)
class GantryLimits:
    """What one C-arm can reach with a patient on the table.

    Attributes
    ----------
    name : str
    reachable : tuple of Box
        Angles within any of them can be reached.
    usual : Box
        Where proposals stay if it costs them little.
    steep : tuple of Box
        Angles to warn of, each with its reason.
    confirmed : bool
        Whether somebody checked it at the machine.
    source : str
    """

    name: str
    reachable: tuple[Box, ...]
    usual: Box
    steep: tuple[Box, ...] = ()
    confirmed: bool = False
    source: str = ""

    def __post_init__(self) -> None:
        if not self.reachable:
            raise ValueError(f"{self.name} cannot go anywhere")

    def can_reach(self, primary_deg: ArrayLike, secondary_deg: ArrayLike) -> NDArray[np.bool_]:
        """Tell which pairs of angles, broadcast together, can be reached."""
        return np.asarray(np.any([box.contains(primary_deg, secondary_deg) for box in self.reachable], axis=0))

    def warnings(self, primary_deg: float, secondary_deg: float) -> tuple[str, ...]:
        """Return what to say about one pair of angles; empty if there is nothing to say."""
        said = [box.text for box in self.steep if box.contains(primary_deg, secondary_deg)]
        if not self.can_reach(primary_deg, secondary_deg):
            said.insert(0, f"out of reach of {self.name}")
        return tuple(said)


@dataclass(frozen=True, slots=True)
class StandardView:
    """A view by its name in the laboratory, and the SCCT segments for which it is the first or second choice."""

    name: str
    primary_deg: float
    secondary_deg: float
    first_for: tuple[str, ...] = ()
    second_for: tuple[str, ...] = ()


def limits_from_json(text: str) -> GantryLimits:
    """Read limits from the text of a settings file; ValueError or KeyError where it says something impossible."""
    data = json.loads(text)
    return GantryLimits(
        name=data["name"],
        reachable=tuple(_box(item) for item in data["reachable"]),
        usual=_box(data["usual"]),
        steep=tuple(_box(item) for item in data.get("steep", ())),
        confirmed=bool(data.get("confirmed", False)),
        source=data.get("source", ""),
    )


def standard_views_from_json(text: str) -> tuple[StandardView, ...]:
    """Read the named working views from the text of a settings file."""
    return tuple(
        StandardView(
            item["name"],
            float(item["primary_deg"]),
            float(item["secondary_deg"]),
            tuple(item.get("first_for", ())),
            tuple(item.get("second_for", ())),
        )
        for item in json.loads(text)["views"]
    )


@lru_cache(maxsize=1)
def shipped_limits() -> GantryLimits:
    """Return the cautious limits that travel with the program: not confirmed for any machine."""
    return limits_from_json(resource("carm", "limits.json").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def standard_views() -> tuple[StandardView, ...]:
    """Return the working views that travel with the program."""
    return standard_views_from_json(resource("carm", "standard_views.json").read_text(encoding="utf-8"))


def standard_views_for(segment: str) -> tuple[StandardView, ...]:
    """Return the working views of a segment by its SCCT code (``pRCA``), first choices first."""
    views = standard_views()
    first = [view for view in views if segment in view.first_for]
    return (*first, *(view for view in views if segment in view.second_for))


def _box(item: dict) -> Box:
    a, b = item["primary_deg"], item["secondary_deg"]
    return Box((float(a[0]), float(a[1])), (float(b[0]), float(b[1])), item.get("text", ""))
