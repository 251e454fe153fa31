"""Laying the CT over an angiogram."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from viewer.analysis.fluoro.projection import line_integrals
from viewer.analysis.fluoro.register import PICKED_MM, TURN_DEG, register
from viewer.model.carm import CArm

LANDMARKS = np.array([(0, 0, 0), (25, -10, 5), (-15, 12, 30), (10, 20, -25), (-20, -18, -12)], float)


def moved(points, shift, turn_deg, about):
    return Rotation.from_rotvec(np.radians(turn_deg)).apply(points - about) + about + shift


@pytest.mark.parametrize("count", [2, 3, 5])
def test_that_a_shifted_patient_is_found_again(count):
    arm, points = CArm(-30, 20, (3, 4, 5)), LANDMARKS[:count]
    seen = arm.project(points + np.array([6.0, -3.0, 9.0]))
    found = register(arm, points, seen)
    assert found.rms_mm < 0.3
    assert found.landmarks == count
    np.testing.assert_allclose(found.project(points), seen, atol=0.8)


def test_that_a_shift_across_the_beam_is_found_in_full():
    arm = CArm(45, 0)
    shift = 7.0 * np.array([np.cos(np.radians(45)), np.sin(np.radians(45)), 0]) + (0, 0, -5.0)
    found = register(arm, LANDMARKS, arm.project(LANDMARKS + shift))
    middle = LANDMARKS.mean(0)
    np.testing.assert_allclose(found.rigid[:3, :3] @ middle + found.rigid[:3, 3] - middle, shift, atol=0.5)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([(0, 0), (-30, 20), (45, -30), (90, 0)]))
def test_that_small_shifts_and_turns_are_undone(seed, view):
    rng = np.random.default_rng(seed)
    arm = CArm(*view, (1.0, -2.0, 3.0))
    seen = arm.project(moved(LANDMARKS, rng.normal(0, 6, 3), rng.normal(0, 3, 3), LANDMARKS.mean(0)))
    found = register(arm, LANDMARKS, seen)
    assert found.rms_mm < 0.4
    assert found.worst_mm < 0.8


@pytest.mark.parametrize("turn", [(3.0, 0, 0), (0, 4.0, 0), (0, 0, -5.0), (2.0, -3.0, 4.0)])
def test_that_moving_the_c_arm_says_the_same_as_moving_the_patient(turn):
    arm = CArm(-30, 20, (3, 4, 5))
    found = register(arm, LANDMARKS, arm.project(moved(LANDMARKS, (5, -4, 3), turn, LANDMARKS.mean(0))))
    points = np.random.default_rng(2).uniform(-60, 60, (40, 3))
    in_laboratory = points @ found.rigid[:3, :3].T + found.rigid[:3, 3]
    np.testing.assert_allclose(found.project(points), arm.project(in_laboratory), atol=1e-6)


def test_that_a_moved_volume_projects_where_the_landmarks_were_seen(grid, ball):
    arm = CArm(-30, 20, detector_mm=160)
    found = register(arm, LANDMARKS, arm.project(moved(LANDMARKS, (6, 2, -4), (0, 3, 2), LANDMARKS.mean(0))))
    marker = ball(grid((80, 80, 80), (1, 1, 1)), LANDMARKS[1], 3.0, 0.2)
    picture = line_integrals(type(marker)(marker.mu, found.moved(marker.geometry)), arm, 200)
    rows, columns = np.indices(picture.shape)
    right = (((columns + 0.5) / 200 - 0.5) * 160 * picture).sum() / picture.sum()
    up = ((0.5 - (rows + 0.5) / 200) * 160 * picture).sum() / picture.sum()
    np.testing.assert_allclose((right, up), found.project(LANDMARKS[1]), atol=0.2)


def test_that_careless_picks_are_reported_as_error():
    arm = CArm(0, 0)
    seen = arm.project(LANDMARKS) + np.random.default_rng(0).normal(0, 4, (5, 2))
    found = register(arm, LANDMARKS, seen)
    assert 0.3 < found.rms_mm < 4
    assert found.worst_mm >= found.rms_mm


def test_that_one_landmark_shifts_the_patient_and_turns_nothing():
    arm = CArm(-30, 20)
    found = register(arm, LANDMARKS[:1], arm.project(LANDMARKS[:1] + np.array([8.0, -4.0, 6.0])))
    np.testing.assert_allclose(found.rigid[:3, :3], np.eye(3), atol=1e-3)
    assert found.rms_mm < 0.01


def test_that_no_landmark_or_lists_that_do_not_match_are_refused():
    with pytest.raises(ValueError, match="needs a landmark"):
        register(CArm(), np.zeros((0, 3)), np.zeros((0, 2)))
    with pytest.raises(ValueError, match="belong together"):
        register(CArm(), [(0, 0, 0), (1, 1, 1)], [(0, 0)])


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_that_the_error_that_is_told_is_the_one_that_picking_and_position_cost(count):
    rng = np.random.default_rng(3)
    middle = LANDMARKS.mean(0)
    arm, points = CArm(-30, 20, tuple(middle)), LANDMARKS[:count]
    off, told = [], []
    for _ in range(100):
        shift, turn = rng.normal(0, 15, 3), rng.normal(0, TURN_DEG, 3)
        picked = rng.normal(0, PICKED_MM * arm.sid_mm / arm.sod_mm, (count, 2))
        found = register(arm, points, arm.project(moved(points, shift, turn, middle)) + picked)
        true = arm.project(moved(middle[None], shift, turn, middle))
        off.append(np.linalg.norm(found.project(middle[None]) - true) * arm.sod_mm / arm.sid_mm)
        told.append(found.expected_mm)
    measured = float(np.sqrt(np.mean(np.square(off))))
    assert 0.7 * measured < np.mean(told) < 1.6 * measured
