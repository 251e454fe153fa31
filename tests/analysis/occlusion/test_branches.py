"""A branch leaves its parent where its own axis comes from, however its course was traced within the parent."""

from __future__ import annotations

import numpy as np
import pytest

from viewer.analysis.occlusion.branches import side_branches
from viewer.model.centerline import Centerline
from viewer.model.vessel import Vessel, VesselTree

RADIUS_MM = 1.6
PARENT = Vessel("LAD", Centerline(np.outer(np.arange(0, 60, 0.5), (0, 0, 1.0)), np.full(120, RADIUS_MM)))


def joined(angle_deg: float, with_parent_mm: float) -> VesselTree:
    """Return a tree whose branch leaves at 20 mm; its tracer goes on with the parent for so long."""
    way = np.array([np.sin(np.radians(angle_deg)), 0.0, np.cos(np.radians(angle_deg))])
    leaves = np.array([0.0, 0.0, 20.0])
    beyond = leaves + np.outer(np.arange(RADIUS_MM / way[0] + 0.5, 15, 0.5), way)
    points = np.concatenate([leaves[None] + [[0.0, 0.0, with_parent_mm]], beyond])
    return VesselTree((PARENT, Vessel("D1", Centerline(points, np.full(len(points), 1.0)), "LAD")))


@pytest.mark.parametrize("angle_deg", [40.0, 60.0, 90.0])
@pytest.mark.parametrize("with_parent_mm", [0.0, 1.0, -0.8])
def test_that_a_branch_leaves_where_its_axis_comes_from(angle_deg: float, with_parent_mm: float) -> None:
    tree = joined(angle_deg, with_parent_mm)
    assert tree.origin_mm("D1") == pytest.approx(20 + with_parent_mm, abs=0.01)
    (branch,) = side_branches(tree, "LAD")
    assert branch.at_mm == pytest.approx(20, abs=0.15)
    assert branch.radius_mm == pytest.approx(1.0)


def test_that_a_branch_too_short_to_have_a_direction_leaves_where_it_was_traced_from() -> None:
    short = Centerline(np.array([[0, 0, 20.5], [1.0, 0, 20.5], [1.5, 0, 20.5]]), np.full(3, 0.8))
    (branch,) = side_branches(VesselTree((PARENT, Vessel("D1", short, "LAD"))), "LAD")
    assert branch.at_mm == pytest.approx(20.5)
