"""The branches of a vessel: where they leave it, and what they hide."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from viewer.model.vessel import VesselTree

#: The calibre of a branch is read over this stretch from its origin, beyond its parent's wall.
CALIBRE_FROM_MM, CALIBRE_TO_MM = 3.0, 8.0


@dataclass(frozen=True, slots=True)
class SideBranch:
    """A branch: its name, the station on its parent where it leaves, and its lumen's radius."""

    name: str
    at_mm: float
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
        found.append(SideBranch(child.name, tree.origin_mm(child.name) or 0.0, radius))
    return tuple(sorted(found, key=lambda branch: branch.at_mm))


def nearest_branch(branches: tuple[SideBranch, ...], station_mm: float) -> tuple[float, SideBranch] | None:
    """Return the branch nearest to a station and how far off it leaves, on either side; ``None`` if there is none."""
    if not branches:
        return None
    nearest = min(branches, key=lambda branch: abs(branch.at_mm - station_mm))
    return abs(nearest.at_mm - station_mm), nearest


def shadow_mm(branch: SideBranch) -> tuple[float, float]:
    """Return between which stations of its parent contrast may be the branch's."""
    return branch.at_mm - branch.radius_mm - 0.3, branch.at_mm + branch.radius_mm + 0.5
