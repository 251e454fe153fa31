"""Foreshortening and overlap of one stretch over the whole plane of C-arm angles: which views show it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.analysis.fluoro.foreshortening import foreshortening_percent, stretch_points
from viewer.analysis.fluoro.limits import GantryLimits
from viewer.analysis.fluoro.overlap import other_vessels, overlap_percent
from viewer.model.carm import CArm
from viewer.model.geometry import Float
from viewer.model.lesion import Lesion
from viewer.model.vessel import VesselTree

#: The plane that is drawn: RAO 90 to LAO 90, caudal 45 to cranial 45.
PRIMARY_DEG = (-90, 90)
SECONDARY_DEG = (-45, 45)


@dataclass(frozen=True, slots=True, eq=False)
class ViewMap:
    """What each pair of angles shows of one stretch.

    Attributes
    ----------
    primary_deg : ndarray of shape (A,)
        Columns, RAO to LAO.
    secondary_deg : ndarray of shape (B,)
        Rows, caudal to cranial.
    foreshortening_percent, overlap_percent : ndarray of shape (B, A)
    reachable : ndarray of bool, shape (B, A)
    """

    primary_deg: Float
    secondary_deg: Float
    foreshortening_percent: Float
    overlap_percent: Float
    reachable: NDArray[np.bool_]

    def __post_init__(self) -> None:
        shape = (len(self.secondary_deg), len(self.primary_deg))
        for name in ("foreshortening_percent", "overlap_percent", "reachable"):
            array = getattr(self, name)
            if array.shape != shape:
                raise ValueError(f"{name} has shape {array.shape}, wanted {shape}")
            array.setflags(write=False)

    @property
    def cost(self) -> Float:
        """Foreshortening and overlap together, in points, shape (B, A): the less the better."""
        return self.foreshortening_percent + self.overlap_percent

    def at(self, primary_deg: float, secondary_deg: float) -> tuple[float, float, bool]:
        """Return foreshortening, overlap (both %) and whether it can be reached, at the nearest angles of the map."""
        column = int(np.abs(self.primary_deg - primary_deg).argmin())
        row = int(np.abs(self.secondary_deg - secondary_deg).argmin())
        return (
            float(self.foreshortening_percent[row, column]),
            float(self.overlap_percent[row, column]),
            bool(self.reachable[row, column]),
        )


def view_map(
    tree: VesselTree,
    vessel: str,
    from_mm: float,
    to_mm: float,
    limits: GantryLimits,
    lesions: Iterable[Lesion] = (),
    *,
    step_deg: float = 1.0,
    carm: CArm | None = None,
) -> ViewMap:
    """Return the map of a stretch of a vessel, from and to in mm from the vessel's start.

    Parameters
    ----------
    tree : VesselTree
    vessel : str
    from_mm, to_mm : float
    limits : GantryLimits
    lesions : iterable of Lesion
        Occluded stretches hide nothing.
    step_deg : float
    carm : CArm, optional
        Gives isocentre and source distance for the overlap; by default the isocentre is the middle of the stretch.

    Raises
    ------
    ValueError
        If the stretch does not lie on the vessel.
    """
    primary = np.arange(PRIMARY_DEG[0], PRIMARY_DEG[1] + step_deg / 2, step_deg)
    secondary = np.arange(SECONDARY_DEG[0], SECONDARY_DEG[1] + step_deg / 2, step_deg)
    a, b = primary[None, :], secondary[:, None]
    points = stretch_points(tree[vessel].centerline, from_mm, to_mm)
    others, radii = other_vessels(tree, vessel, points, lesions)
    return ViewMap(
        primary,
        secondary,
        foreshortening_percent(points, a, b),
        overlap_percent(points[::2], others, radii, a, b, carm),
        limits.can_reach(a, b),
    )
