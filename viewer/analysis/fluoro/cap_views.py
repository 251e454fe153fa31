"""Which views resolve a cap: the stump in profile, and the branch that leaves beside it clear of the vessel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer.analysis.fluoro.foreshortening import view_directions
from viewer.analysis.fluoro.limits import GantryLimits, StandardView
from viewer.analysis.fluoro.overlap import overlap_percent
from viewer.analysis.fluoro.tubes import UNMEASURED_RADIUS_MM, beads
from viewer.analysis.fluoro.view_map import ViewMap, view_map
from viewer.model.geometry import Float
from viewer.model.lesion import Lesion
from viewer.model.vessel import VesselTree

#: The stretch about a cap that must be seen, mm before and after it.
BEFORE_MM, AFTER_MM = 10.0, 5.0
#: The course of the side branch that must be clear of the vessel, mm from where it leaves.
BRANCH_MM = 10.0
#: A branch further from the cap than this is not the cap's.
BRANCH_AT_CAP_MM = 3.0
#: A view resolves a cap up to these values (percent), and from this angle between vessel and branch on.
RESOLVED_FORESHORTENING, RESOLVED_OVERLAP, RESOLVED_BRANCH_OVERLAP, RESOLVED_OPENING_DEG = 20.0, 10.0, 20.0, 30.0


@dataclass(frozen=True, slots=True, eq=False)
class CapViews:
    """What each pair of angles shows of a cap.

    Attributes
    ----------
    map : ViewMap
        Of the stretch about the cap.
    branch : str or None
        The side branch at the cap, if there is one.
    branch_overlap_percent : ndarray of shape (B, A) or None
        Share of the branch's first course that the vessel covers.
    opening_deg : ndarray of shape (B, A) or None
        Angle in the picture between the branch and the vessel beyond the cap.
    """

    map: ViewMap
    branch: str | None
    branch_overlap_percent: Float | None
    opening_deg: Float | None

    @property
    def resolved(self) -> NDArray[np.bool_]:
        """Reachable views in which nothing about the cap is left to guess, shape (B, A)."""
        found = (
            self.map.reachable
            & (self.map.foreshortening_percent <= RESOLVED_FORESHORTENING)
            & (self.map.overlap_percent <= RESOLVED_OVERLAP)
        )
        if self.branch_overlap_percent is not None and self.opening_deg is not None:
            found &= self.branch_overlap_percent <= RESOLVED_BRANCH_OVERLAP
            found &= self.opening_deg >= RESOLVED_OPENING_DEG
        return found

    @property
    def cost(self) -> Float:
        """What is wrong with each view, in points, shape (B, A)."""
        cost = self.map.cost
        if self.branch_overlap_percent is not None and self.opening_deg is not None:
            cost = cost + 0.5 * self.branch_overlap_percent + 0.5 * np.maximum(60.0 - self.opening_deg, 0)
        return cost

    def resolving(self, views: Iterable[StandardView]) -> tuple[StandardView, ...]:
        """Return those of the named views that resolve the cap, the best first."""
        resolved, cost = self.resolved, self.cost
        found = []
        for view in views:
            row = int(np.abs(self.map.secondary_deg - view.secondary_deg).argmin())
            column = int(np.abs(self.map.primary_deg - view.primary_deg).argmin())
            if resolved[row, column]:
                found.append((float(cost[row, column]), view))
        return tuple(view for _, view in sorted(found, key=lambda item: item[0]))


def branch_at_cap(tree: VesselTree, lesion: Lesion) -> str | None:
    """Return the side branch at the proximal cap: the one that the lesion names, or the nearest within 3 mm."""
    named = lesion.proximal.side_branch
    if named is not None and named in tree:
        return named
    near = [
        (abs((tree.origin_mm(child.name) or 0.0) - lesion.proximal.station_mm), child.name)
        for child in tree.children(lesion.vessel)
    ]
    near = [item for item in near if item[0] <= BRANCH_AT_CAP_MM]
    return min(near)[1] if near else None


def opening_deg(first: ArrayLike, second: ArrayLike, primary_deg: ArrayLike, secondary_deg: ArrayLike) -> Float:
    """Return the angle in the picture between two directions, each of shape (3,), for angles broadcast together."""
    normal = view_directions(primary_deg, secondary_deg)
    flat = []
    for direction in (first, second):
        vector = np.asarray(direction, float)
        seen = vector - (normal @ vector)[..., None] * normal
        flat.append(seen / np.maximum(np.linalg.norm(seen, axis=-1, keepdims=True), 1e-9))
    return np.degrees(np.arccos(np.clip((flat[0] * flat[1]).sum(-1), -1, 1)))


def cap_views(
    tree: VesselTree, lesion: Lesion, limits: GantryLimits, lesions: Iterable[Lesion] = (), *, step_deg: float = 1.0
) -> CapViews:
    """Return which views resolve the proximal cap of a lesion.

    Parameters
    ----------
    tree : VesselTree
    lesion : Lesion
        Its vessel must be in the tree.
    limits : GantryLimits
    lesions : iterable of Lesion
        All occlusions of the patient: what is occluded hides nothing.
    step_deg : float
    """
    vessel, cap = tree[lesion.vessel].centerline, lesion.proximal.station_mm
    seen = view_map(tree, lesion.vessel, cap - BEFORE_MM, cap + AFTER_MM, limits, lesions, step_deg=step_deg)
    name = branch_at_cap(tree, lesion)
    if name is None:
        return CapViews(seen, None, None, None)
    branch = tree[name].centerline
    a, b = seen.primary_deg[None, :], seen.secondary_deg[:, None]
    tube, radius = beads(vessel, (cap - BEFORE_MM, cap + BRANCH_MM), 1.0)
    radius = np.where(radius > 0, radius, UNMEASURED_RADIUS_MM)
    # where a branch leaves it lies within its parent's tube, from whatever side it is seen
    start = min(float(radius.max()) + 1.0, branch.length_mm / 2)
    course, _ = beads(branch, (start, BRANCH_MM), 0.5)
    ahead = vessel.at(min(cap + BRANCH_MM, vessel.length_mm)) - vessel.at(max(cap, 0.0))
    away = branch.at(min(BRANCH_MM, branch.length_mm)) - branch.at(0.0)
    return CapViews(seen, name, overlap_percent(course, tube, radius, a, b), opening_deg(ahead, away, a, b))
