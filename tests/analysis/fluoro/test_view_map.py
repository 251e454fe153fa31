"""Overlap, and the map over all angles."""

from __future__ import annotations

import numpy as np
import pytest

from viewer.analysis.fluoro.foreshortening import foreshortening_percent, stretch_points
from viewer.analysis.fluoro.limits import shipped_limits
from viewer.analysis.fluoro.overlap import other_vessels, overlap_percent
from viewer.analysis.fluoro.view_map import view_map
from viewer.model.carm import CArm, detector_axes
from viewer.model.vessel import Vessel, VesselTree

TARGET = np.array([[0, 0, z] for z in np.linspace(-10, 10, 21)], float)


def beads_at(x, y, half=30.0):
    return np.array([[x, y, z] for z in np.arange(-half, half + 0.5)], float)


def test_that_a_vessel_straight_in_front_covers_everything_and_from_the_side_nothing():
    other = beads_at(0, -40)
    radius = np.full(len(other), 1.5)
    assert overlap_percent(TARGET, other, radius, 0, 0) == 100
    assert overlap_percent(TARGET, other, radius, 20, 0) == 0
    assert overlap_percent(TARGET, other, radius, 90, 0) == 0


def test_that_a_vessel_behind_covers_as_much_as_one_in_front():
    other = beads_at(0, 40)
    assert overlap_percent(TARGET, other, np.full(len(other), 1.5), 0, 0) == 100


def test_that_a_crossing_vessel_covers_its_own_width():
    other = np.array([[x, -30, 0] for x in np.arange(-20, 20.5)], float)
    target = np.array([[0, 0, z] for z in np.linspace(-10, 10, 401)])
    share = float(overlap_percent(target, other, np.full(len(other), 2.0), 0, 0))
    assert share == pytest.approx(100 * 4 / 20 * 750 / 780, abs=1)  # seen from farther off, it is smaller


def test_that_the_cone_and_not_a_parallel_beam_decides():
    target = TARGET + np.array([40, 0, 0])
    other = beads_at(40 * (750 - 60) / 750, 60)  # on the way from the source to the target
    arm = CArm(0, 0)
    assert overlap_percent(target, other, np.full(len(other), 1.0), 0, 0, arm) == 100
    assert overlap_percent(target, beads_at(40, 60), np.full(61, 1.0), 0, 0, arm) == 0


@pytest.mark.parametrize("view", [(0, 0), (30, 20), (-45, -30), (80, 10)])
def test_that_overlap_agrees_with_projected_points(view):
    rng = np.random.default_rng(5)
    target, other = rng.uniform(-15, 15, (30, 3)), rng.uniform(-40, 40, (200, 3))
    radius = rng.uniform(0.7, 3, 200)
    arm = CArm(*view, target.mean(0), sid_mm=1050, sod_mm=750)
    seen, there = arm.project(target), arm.project(other)
    n = detector_axes(*view)[2]
    scale = arm.sid_mm / (arm.sod_mm + (other - arm.isocenter_lps_mm) @ n)
    hidden = (np.linalg.norm(seen[:, None] - there[None], axis=-1) < radius * scale).any(1)
    assert overlap_percent(target, other, radius, *view, arm) == pytest.approx(100 * hidden.mean(), abs=1e-3)


def test_that_nothing_is_covered_by_nothing():
    assert overlap_percent(TARGET, np.zeros((0, 3)), np.zeros(0), np.zeros(3), 0).tolist() == [0, 0, 0]


def test_that_a_branch_does_not_count_where_it_leaves(tree):
    points, radius = other_vessels(tree, "RCA", stretch_points(tree["RCA"].centerline, 15, 25))
    nearest = np.linalg.norm(points[:, None] - np.array([0, 0, 10.0]), axis=-1).min()
    assert nearest > 3.5
    assert len(points) == len(radius) > 50


def test_that_what_is_occluded_hides_nothing(tree, lesion, line):
    behind = VesselTree((*tree.vessels, Vessel("LCX", line((0, 40, 30), (0, 40, -30)))))
    target = stretch_points(behind["LCX"].centerline, 25, 35)
    assert len(other_vessels(behind, "LCX", target, [lesion])[0]) < len(other_vessels(behind, "LCX", target)[0])


def test_that_the_map_says_what_the_functions_say(tree, lesion):
    found = view_map(tree, "RCA", 21, 41, shipped_limits(), [lesion])
    assert found.foreshortening_percent.shape == (91, 181)
    points = stretch_points(tree["RCA"].centerline, 21, 41)
    for a, b in ((0, 0), (45, -30), (-30, 20)):
        shorter, hidden, reachable = found.at(a, b)
        assert shorter == pytest.approx(float(foreshortening_percent(points, a, b)), abs=1e-9)
        others = other_vessels(tree, "RCA", points, [lesion])
        assert hidden == pytest.approx(float(overlap_percent(points[::2], *others, a, b)))
        assert reachable
    assert not found.at(-85, 44)[2]


def test_that_the_bystander_covers_the_vessel_only_where_it_stands_in_line(tree, lesion):
    found = view_map(tree, "RCA", 21, 41, shipped_limits(), [lesion])
    in_line = round(np.degrees(np.arctan2(-20, 30)))  # the direction to the bystander, 20 mm right and 30 mm in front
    assert found.at(in_line, 0)[1] > 90
    assert found.at(in_line + 25, 0)[1] < 5


def test_that_a_stretch_off_the_vessel_is_refused(tree):
    with pytest.raises(ValueError, match="no stretch"):
        view_map(tree, "RCA", 100, 110, shipped_limits())
