"""The camera: C-arm directions, projection and its inverse, limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scene.solids_in_3d import turned
from viewer.scene.camera import Camera, fitted

angles = st.tuples(st.floats(-180, 180), st.floats(-90, 90))
numbers = st.floats(-200, 200)


@given(angles, st.tuples(numbers, numbers, numbers))
def test_that_a_projected_point_is_found_again(at, point):
    camera = Camera(*at, focus_lps_mm=np.array([3.0, -7, 11]), height_mm=150)
    x, y, depth = camera.project(point, (640, 480))
    assert camera.point(x, y, depth, (640, 480)) == pytest.approx(point, abs=1e-6)


@pytest.mark.parametrize(
    ("at", "eye"),
    [((0, 0), (0, -1, 0)), ((90, 0), (1, 0, 0)), ((-90, 0), (-1, 0, 0)), ((0, 90), (0, 0, 1)), ((180, 0), (0, 1, 0))],
    ids=["AP", "LAO 90", "RAO 90", "cranial 90", "PA"],
)
def test_that_the_eye_is_on_the_detectors_side(at, eye):
    assert Camera(*at).axes[2] == pytest.approx(eye, abs=1e-9)


def test_that_turning_goes_round_the_patient_and_stops_over_the_head():
    camera = Camera(170, 80).turned(20, 20)
    assert (camera.primary_deg, camera.secondary_deg) == pytest.approx((-170, 90))


def test_that_the_same_direction_is_recognised_across_180_degrees():
    assert Camera(-179.9, 0).looks_as(180, 0)
    assert not Camera(29, 0).looks_as(30, 0)


def test_that_zoom_keeps_within_its_limits():
    assert Camera().zoomed(1e9).height_mm == Camera.HEIGHT_LIMITS_MM[0]
    assert Camera().zoomed(1e-9).height_mm == Camera.HEIGHT_LIMITS_MM[1]


@pytest.mark.parametrize("height", [0, -1, float("nan")])
def test_that_a_picture_without_height_is_refused(height):
    with pytest.raises(ValueError, match="high"):
        Camera(height_mm=height)


@given(angles, st.sampled_from([(600, 600), (1400, 400), (300, 900)]))
def test_that_a_fitted_box_is_within_the_picture(at, size):
    geometry = turned()
    box = np.array([[5, 50], [10, 60], [0, 67]], float)
    camera = fitted(Camera(*at), geometry, box, size)
    corners = geometry.to_lps([[k, j, i] for k in box[0] for j in box[1] for i in box[2]])
    x, y, _ = camera.project(corners, size).T
    assert (x >= 0).all() and (x <= size[0]).all() and (y >= 0).all() and (y <= size[1]).all()
