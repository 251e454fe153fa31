"""Foreshortening by formula."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.analysis.fluoro.foreshortening import (
    foreshortening_in_perspective_percent,
    foreshortening_percent,
    stretch_points,
    view_directions,
)
from viewer.model.carm import CArm, detector_axes

LAD_LIKE = (0.6, -0.6, -0.53)


@pytest.mark.parametrize(
    ("direction", "view", "percent"),
    [
        ((0, 0, 1), (0, 0), 0.0),
        ((0, 0, 1), (0, 30), 13.397),
        ((1, 0, 0), (45, 0), 29.289),
        ((1, 0, 0), (90, 0), 100.0),
        ((0, 1, 0), (0, 0), 100.0),
        (LAD_LIKE, (-30, 20), 0.03),
        (LAD_LIKE, (-10, 40), 0.05),
        (LAD_LIKE, (45, -30), 96.53),
    ],
)
def test_that_a_straight_vessel_looks_shorter_by_the_sine_of_its_angle(direction, view, percent):
    points = np.linspace(0, 1, 5)[:, None] * 10 * np.asarray(direction, float)
    assert float(foreshortening_percent(points, *view)) == pytest.approx(percent, abs=0.01)


def test_that_a_bent_vessel_is_judged_by_all_of_its_length():
    corner = np.array([(0, 0, 0), (10, 0, 0), (10, 10, 0)], float)  # one half across, one half along the beam
    assert float(foreshortening_percent(corner, 0, 0)) == pytest.approx(50)


@given(st.floats(-180, 180), st.floats(-90, 90), st.integers(0, 1000))
def test_that_foreshortening_lies_between_nothing_and_all_and_opposite_views_agree(primary, secondary, seed):
    points = np.cumsum(np.random.default_rng(seed).normal(size=(8, 3)), axis=0)
    here = float(foreshortening_percent(points, primary, secondary))
    there = float(foreshortening_percent(points, primary - 180 if primary > 0 else primary + 180, -secondary))
    assert -1e-9 <= here <= 100 + 1e-9
    assert here == pytest.approx(there, abs=1e-6)


def test_that_many_angles_are_answered_at_once():
    points = np.cumsum(np.random.default_rng(1).normal(size=(20, 3)), axis=0)
    a, b = np.arange(-90, 91, 30), np.arange(-45, 46, 15)
    whole = foreshortening_percent(points, a[None, :], b[:, None])
    assert whole.shape == (7, 7)
    assert whole[2, 5] == pytest.approx(float(foreshortening_percent(points, 60, -15)))


def test_that_view_directions_are_those_of_the_detector():
    np.testing.assert_allclose(view_directions(33, -21), detector_axes(33, -21)[2], atol=1e-12)


def test_that_a_short_vessel_at_the_isocentre_looks_the_same_in_perspective():
    points = np.linspace(-1, 1, 9)[:, None] * np.array([0.5, 0.4, 0.3]) * 4
    for view in ((0, 0), (45, -30), (-30, 20)):
        parallel = float(foreshortening_percent(points, *view))
        assert foreshortening_in_perspective_percent(points, CArm(*view)) == pytest.approx(parallel, abs=0.3)


def test_that_the_cone_spreads_a_vessel_along_the_beam_off_the_central_ray():
    along = np.linspace(-10, 10, 9)[:, None] * np.array([0, 1.0, 0]) + (70, 0, 0)
    assert float(foreshortening_percent(along, 0, 0)) == pytest.approx(100)
    assert foreshortening_in_perspective_percent(along, CArm(0, 0)) == pytest.approx(100 * (1 - 70 / 750), abs=0.5)


def test_that_a_stretch_keeps_both_of_its_ends(line):
    course = line((0, 0, 0), (0, 0, 40))
    points = stretch_points(course, 10.2, 30.7)
    np.testing.assert_allclose(points[[0, -1], 2], (10.2, 30.7))
    assert np.diff(points[:, 2]).max() <= 0.5 + 1e-9


def test_that_a_stretch_off_the_course_is_refused(line):
    with pytest.raises(ValueError, match="no stretch"):
        stretch_points(line((0, 0, 0), (0, 0, 40)), 41, 50)


def test_that_a_polyline_without_length_is_refused():
    with pytest.raises(ValueError, match="without length"):
        foreshortening_percent([(0, 0, 0), (0, 0, 0)], 0, 0)
    with pytest.raises(ValueError, match="without length"):
        foreshortening_in_perspective_percent([(0, 0, 0), (0, 0, 0)], CArm())
