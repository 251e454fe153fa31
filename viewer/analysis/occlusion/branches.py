"""The branches of a vessel: where they leave it, and what they hide."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from viewer.model.vessel import Vessel, VesselTree

#: The calibre of a branch is read over this stretch from its origin, beyond its parent's wall.
CALIBRE_FROM_MM, CALIBRE_TO_MM = 3.0, 8.0
#: Its direction is read over this stretch beyond its parent's lumen; it is followed back so far at most.
DIRECTION_FROM_MM, DIRECTION_TO_MM, BACK_MM, AHEAD_MM = 1.0, 5.0, 5.0, 3.0


@dataclass(frozen=True, slots=True)
class SideBranch:
    """A branch of a vessel.

    Attributes
    ----------
    name : str
    at_mm : float
        Station on its parent where its axis leaves.
    joins_mm : float
        Station on its parent where its course was traced from; its contrast is about there.
    radius_mm : float
        Of its lumen.
    """

    name: str
    at_mm: float
    joins_mm: float
    radius_mm: float


def side_branches(tree: VesselTree, vessel: str) -> tuple[SideBranch, ...]:
    """Return the branches of a vessel in the order in which they leave it."""
    found = []
    for child in tree.children(vessel):
        line = child.centerline
        radius = 1.0
        if line.lumen_radius_mm is not None:
            near = (line.station_mm >= CALIBRE_FROM_MM) & (line.station_mm <= CALIBRE_TO_MM)
            radius = float(np.median(line.lumen_radius_mm[near])) if near.any() else radius
        found.append(SideBranch(child.name, _leaves_mm(tree, child), tree.origin_mm(child.name) or 0.0, radius))
    return tuple(sorted(found, key=lambda branch: branch.at_mm))


def _leaves_mm(tree: VesselTree, child: Vessel) -> float:
    """Return the station on its parent where a branch's axis leaves.

    Within the parent's lumen a tracer may take any way, and mostly goes on with it for a while. Beyond, the branch has
    its own direction, and that leads back to where it comes from.
    """
    parent = tree[child.parent or ""].centerline
    origin = tree.origin_mm(child.name) or 0.0
    inside_mm = 1.5
    if parent.lumen_radius_mm is not None:
        inside_mm = float(np.interp(origin, parent.station_mm, parent.lumen_radius_mm))
    line = child.centerline
    early = line.points_lps_mm[line.station_mm <= inside_mm + BACK_MM + DIRECTION_TO_MM]
    outside = np.array([parent.nearest_station_mm(point)[1] > inside_mm for point in early])
    if not outside.any():
        return origin
    from_mm = line.station_mm[outside.argmax()] + DIRECTION_FROM_MM
    to_mm = from_mm + DIRECTION_TO_MM - DIRECTION_FROM_MM
    way = line.points_lps_mm[(line.station_mm >= from_mm) & (line.station_mm <= to_mm)]
    if len(way) < 3:
        return origin
    middle = way.mean(0)
    direction = np.linalg.svd(way - middle)[2][0]
    station = np.arange(max(origin - BACK_MM, 0.0), min(origin + AHEAD_MM, parent.length_mm) + 1e-9, 0.1)
    off = parent.at(station) - middle
    beside = np.linalg.norm(off - (off @ direction)[:, None] * direction, axis=1)
    return float(station[beside.argmin()])


def nearest_branch(branches: tuple[SideBranch, ...], station_mm: float) -> tuple[float, SideBranch] | None:
    """Return the branch nearest to a station and how far off it leaves, on either side; ``None`` if there is none."""
    if not branches:
        return None
    nearest = min(branches, key=lambda branch: abs(branch.at_mm - station_mm))
    return abs(nearest.at_mm - station_mm), nearest


def shadow_mm(branch: SideBranch) -> tuple[float, float]:
    """Return between which stations of its parent contrast may be the branch's."""
    return branch.joins_mm - branch.radius_mm - 0.3, branch.joins_mm + branch.radius_mm + 0.5
