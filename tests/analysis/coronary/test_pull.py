from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.analysis.coronary.pull import PULL_REACH_MM, pull_reach_mm, pulled, refitted
from viewer.model.centerline import Centerline
from viewer.model.geometry import Geometry
from viewer.model.volume import Volume

LUMEN_HU = 400.0


def straight(length=40.0, n=161, **more) -> Centerline:
    return Centerline(np.linspace((0.0, 0, 0), (0, length, 0), n), np.full(n, 1.5), **more)


def tube(x_mm: float, radius_mm=1.6) -> Volume:
    """Open lumen of one calibre along y, in fat, its middle at `x_mm`, 0.5 mm voxels."""
    shape, spacing = (41, 121, 61), 0.5
    geometry = Geometry.from_axes(shape, (-15.0, -10.0, -10.0), (spacing, spacing, spacing))
    k, j, i = np.indices(shape)
    points = geometry.to_lps(np.stack([k, j, i], axis=-1))
    away = np.hypot(points[..., 0] - x_mm, points[..., 2])
    inside = np.clip((radius_mm - away) / spacing + 0.5, 0, 1)
    return Volume((-90 + inside * (LUMEN_HU + 90)).astype(np.int16), geometry)


@given(st.floats(2, 38), st.floats(-5, 5), st.floats(-5, 5))
def test_that_a_pulled_point_goes_where_it_was_pulled_and_the_far_course_stays(station, x, z):
    before = straight()
    after = pulled(before, station, (x, station, z))
    assert after.nearest_station_mm((x, station, z))[1] < 0.2
    far = np.abs(before.station_mm - station) >= pull_reach_mm(before, station, (x, station, z))
    assert np.array_equal(after.points_lps_mm[far], before.points_lps_mm[far])


@given(st.floats(0, 12))
def test_that_a_far_pull_reaches_farther_and_never_bends_a_straight_course_by_more_than_30_degrees(away):
    before = straight(length=100.0, n=401)
    after = pulled(before, 50.0, (away, 50.0, 0.0))
    steps = np.diff(after.points_lps_mm, axis=0)
    assert np.degrees(np.arctan2(np.abs(steps[:, 0]), steps[:, 1])).max() < 30.0
    assert pull_reach_mm(before, 50.0, (away, 50.0, 0.0)) >= PULL_REACH_MM


def test_that_a_guessed_stretch_lies_between_the_same_points_after_a_pull():
    before = straight(inferred=((8.0, 38.0),))
    after = pulled(before, 23.0, (4.0, 23.0, 0.0))
    ((low, high),) = after.inferred
    assert after.at(low) == pytest.approx(before.at(8.0), abs=0.05)
    assert after.at(high) == pytest.approx(before.at(38.0), abs=0.05)
    assert high - low > 30.5


def test_that_the_neighbourhood_of_a_pulled_point_settles_in_the_middle_of_the_lumen():
    lumen = tube(x_mm=3.0)
    before = straight()
    after = refitted(before, 20.0, (3.0, 20.0, 0.0), lumen, LUMEN_HU)
    bare = pulled(before, 20.0, (3.0, 20.0, 0.0))
    assert after.nearest_station_mm((3.0, 20.0, 0.0))[1] < 0.1
    beside = np.abs(before.station_mm - 20.0) <= 4.0
    off = np.abs(after.points_lps_mm[beside, 0] - 3.0)
    assert off.max() < np.abs(bare.points_lps_mm[beside, 0] - 3.0).max() / 2
    assert off.max() < 0.4
    assert after.lumen_radius_mm[beside] == pytest.approx(1.6, abs=0.3)


def test_that_the_course_goes_through_the_pulled_point_even_where_the_lumen_is_elsewhere():
    after = refitted(straight(), 20.0, (-3.0, 20.0, 0.0), tube(x_mm=0.0), LUMEN_HU)
    assert after.nearest_station_mm((-3.0, 20.0, 0.0))[1] < 0.1


def test_that_nothing_is_fitted_where_the_contrast_is_not_known():
    before = straight()
    after = refitted(before, 20.0, (3.0, 20.0, 0.0), tube(x_mm=3.0), None)
    assert np.array_equal(after.points_lps_mm, pulled(before, 20.0, (3.0, 20.0, 0.0)).points_lps_mm)
