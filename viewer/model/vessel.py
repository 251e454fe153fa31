"""Coronary vessels by name, and the tree that they form."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from viewer.model.centerline import Centerline
from viewer.model.geometry import Float

#: Names that the program gives by itself, the main vessels first. An operator may give any other name.
MAIN_VESSELS = ("LM", "LAD", "LCX", "RCA")
SIDE_BRANCHES = ("RI", "D1", "D2", "D3", "OM1", "OM2", "OM3", "RVM", "PDA", "PLV", "CONUS", "L-PDA", "L-PLV")
VESSEL_NAMES = MAIN_VESSELS + SIDE_BRANCHES


class Author(enum.Enum):
    """Who decided something: a guess of the computer is drawn as a guess, and never overwrites the operator."""

    COMPUTER = "computer"
    OPERATOR = "operator"


class Dominance(enum.Enum):
    """Which artery gives the posterior descending artery."""

    RIGHT = "right"
    LEFT = "left"
    CO = "co"


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a vessel by its SCCT code (``pRCA``, ``mLAD``, …), in mm from the vessel's start."""

    code: str
    from_mm: float
    to_mm: float

    def __post_init__(self) -> None:
        if not 0 <= self.from_mm < self.to_mm:
            raise ValueError(f"segment {self.code}: {self.from_mm} to {self.to_mm} mm")


@dataclass(frozen=True, slots=True, eq=False)
class Vessel:
    """One vessel: it starts where it leaves its parent, and no stretch belongs to two vessels.

    Attributes
    ----------
    name : str
        Unique in the tree.
    centerline : Centerline
    parent : str or None
        Name of the vessel that it leaves; ``None`` at the aorta.
    segments : tuple of Segment
    alternatives : tuple of Centerline
        Next-best courses of the same vessel where its course is a guess, the better first.
    author : Author
    """

    name: str
    centerline: Centerline
    parent: str | None = None
    segments: tuple[Segment, ...] = ()
    alternatives: tuple[Centerline, ...] = ()
    author: Author = Author.COMPUTER

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("a vessel needs a name")
        if self.parent == self.name:
            raise ValueError(f"{self.name} cannot leave itself")


@dataclass(frozen=True, slots=True, eq=False)
class VesselTree:
    """All vessels of a heart.

    Attributes
    ----------
    vessels : tuple of Vessel
        In the order of display; a parent may stand behind its child.
    dominance : Dominance or None
    """

    vessels: tuple[Vessel, ...] = ()
    dominance: Dominance | None = None

    def __post_init__(self) -> None:
        names = [vessel.name for vessel in self.vessels]
        if len(set(names)) != len(names):
            raise ValueError(f"two vessels have the same name: {names}")
        parents = {vessel.name: vessel.parent for vessel in self.vessels}
        for name in names:
            seen, at = {name}, parents[name]
            while at is not None:
                if at not in parents:
                    raise ValueError(f"{name} leaves {at}, which is not in the tree")
                if at in seen:
                    raise ValueError(f"{name} descends from itself")
                seen.add(at)
                at = parents[at]

    def __iter__(self) -> Iterator[Vessel]:
        return iter(self.vessels)

    def __len__(self) -> int:
        return len(self.vessels)

    def __contains__(self, name: object) -> bool:
        return any(vessel.name == name for vessel in self.vessels)

    def __getitem__(self, name: str) -> Vessel:
        for vessel in self.vessels:
            if vessel.name == name:
                return vessel
        raise KeyError(name)

    @property
    def courses(self) -> tuple[Float, ...]:
        """Where the vessels run: the points of each, the same arrays for as long as none of them is moved."""
        return tuple(vessel.centerline.points_lps_mm for vessel in self.vessels)

    def children(self, name: str) -> tuple[Vessel, ...]:
        """Return the vessels that leave `name`, in order."""
        return tuple(vessel for vessel in self.vessels if vessel.parent == name)

    def origin_mm(self, name: str) -> float | None:
        """Return where on its parent a vessel leaves, mm from the parent's start; ``None`` at the aorta."""
        vessel = self[name]
        if vessel.parent is None:
            return None
        return self[vessel.parent].centerline.nearest_station_mm(vessel.centerline.points_lps_mm[0])[0]

    def ostium_offset_mm(self, name: str) -> float:
        """Return the length from the aorta to the start of a vessel, along its parents."""
        vessel, total = self[name], 0.0
        while vessel.parent is not None:
            total += self.origin_mm(vessel.name) or 0.0
            vessel = self[vessel.parent]
        return total
