"""Bends are angles between the chords of 4 mm on either side."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.analysis.occlusion.bends import bends, turning_deg
from viewer.model.centerline import Centerline


def corner(angle_deg: float) -> Centerline:
    """Return a course that runs 20 mm straight, turns, and runs on."""
    way = np.array([np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg)), 0.0])
    step = np.arange(0, 20.25, 0.25)
    return Centerline(np.concatenate([np.outer(step, (1, 0, 0)), np.array([20.0, 0, 0]) + np.outer(step[1:], way)]))


@given(angle=st.floats(5, 170))
def test_that_a_corner_has_its_angle_and_its_place(angle: float) -> None:
    (found,) = bends(corner(angle), 10, 30, 0.9 * angle)
    assert found.angle_deg == pytest.approx(angle, abs=1e-3)
    assert found.station_mm == pytest.approx(20, abs=1e-6)


def test_that_45_degrees_are_not_more_than_45_and_90_are() -> None:
    assert bends(corner(45.0 - 1e-6), 10, 30, 45.0) == ()
    assert bends(corner(90.0), 10, 30, 45.0)[0].angle_deg == pytest.approx(90)


def test_that_a_circle_turns_by_its_chords() -> None:
    angle = np.linspace(0, np.pi, 400)
    line = Centerline(15 * np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1))
    # a chord of 4 mm of arc on a radius of 15 mm points where the circle runs after 2 mm
    assert np.nanmax(turning_deg(line, np.array([20.0]))) == pytest.approx(np.degrees(4 / 15), abs=0.05)


def test_that_two_corners_are_two_bends() -> None:
    zigzag = np.array([[0, 0, 0], [15, 0, 0], [25, 10, 0], [40, 10, 0]], float)
    line = Centerline(np.concatenate([np.linspace(a, b, 60)[:-1] for a, b in pairwise(zigzag)]))
    assert [bend.angle_deg for bend in bends(line, 5, 38, 40)] == pytest.approx([45, 45], abs=2)


def test_that_a_course_too_short_for_its_arms_has_no_bend() -> None:
    assert bends(Centerline(np.array([[0, 0, 0], [3.0, 0, 0]])), 0, 3) == ()
