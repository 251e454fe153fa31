"""The laboratory: where its C-arm can go, how far source and detector stand, which angles are steep."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer.model.carm import CArm
from viewer.model.geometry import Float

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
class Lab:
    """One catheter laboratory.

    Attributes
    ----------
    limits : GantryLimits
    sid_mm, sod_mm : float
        Source to detector, source to isocentre.
    detector_mm : float
        Edge of the square detector field that is mostly used.
    """

    limits: GantryLimits
    sid_mm: float = 1050.0
    sod_mm: float = 750.0
    detector_mm: float = 200.0

    def __post_init__(self) -> None:
        CArm(sid_mm=self.sid_mm, sod_mm=self.sod_mm, detector_mm=self.detector_mm)

    def carm(self, primary_deg: float, secondary_deg: float, isocenter_lps_mm: Float) -> CArm:
        """Return the C-arm of this laboratory at an angle, about a point in LPS mm, shape (3,)."""
        return CArm(primary_deg, secondary_deg, isocenter_lps_mm, self.sid_mm, self.sod_mm, self.detector_mm)
