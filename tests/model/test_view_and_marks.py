from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from viewer.model.geometry import Geometry, direction_label
from viewer.model.lesion import Cap, Lesion, LesionKind
from viewer.model.mark import Mark
from viewer.model.view import AXIAL, CORONAL, SAGITTAL, Plane, ViewState, Window
from viewer.model.volume import Volume


@pytest.mark.parametrize(
    ("plane", "right", "down", "away"),
    [(AXIAL, "L", "P", "H"), (CORONAL, "L", "F", "P"), (SAGITTAL, "P", "F", "R")],
)
def test_that_the_planes_lie_as_radiologists_hang_them(plane, right, down, away):
    assert [direction_label(v) for v in (plane.right, plane.down, plane.normal)] == [right, down, away]


def test_that_a_skew_plane_and_an_empty_window_are_refused():
    with pytest.raises(ValueError, match="right angles"):
        Plane(np.array([1.0, 0, 0]), np.array([1.0, 1, 0]))
    with pytest.raises(ValueError, match="no window"):
        Window(300, 0)


def test_that_a_distance_and_an_angle_are_measured_in_the_patient():
    assert Mark(np.array([[0, 0, 0], [3, 0, 4.0]])).length_mm == 5
    corner = Mark(np.array([[1, 0, 0], [0, 0, 0], [0, 2, 0.0]]))
    assert corner.is_angle
    assert corner.angle_deg == pytest.approx(90)


def test_that_an_angle_with_an_arm_of_no_length_has_no_value():
    assert Mark(np.zeros((3, 3))).angle_deg is None
    assert Mark(np.zeros((2, 3))).angle_deg is None


def test_that_a_volume_is_read_only_and_fits_its_grid():
    geometry = Geometry.from_axes((2, 2, 2), (0, 0, 0), (1, 1, 1))
    volume = Volume(np.zeros((2, 2, 2), np.int16), geometry)
    with pytest.raises(ValueError, match="read-only"):
        volume.hu[0, 0, 0] = 1
    with pytest.raises(ValueError, match="differ"):
        Volume(np.zeros((2, 2, 3), np.int16), geometry)
    with pytest.raises(ValueError, match="int16"):
        Volume(np.zeros((2, 2, 2), np.float32), geometry)  # type: ignore[arg-type]


def test_that_the_distal_cap_lies_beyond_the_proximal_one():
    near, far = Cap(np.zeros(3), 10, (9, 11)), Cap(np.ones(3), 30, (29, 32))
    assert Lesion("RCA", LesionKind.OCCLUSION, near, far).length_mm == 20
    with pytest.raises(ValueError, match="beyond"):
        Lesion("RCA", LesionKind.OCCLUSION, far, near)
    with pytest.raises(ValueError, match="outside its range"):
        Cap(np.zeros(3), 12, (9, 11))


def test_that_an_overlay_keeps_its_opacity_while_it_is_switched_off():
    view = replace(ViewState().with_opacity("calcium", 0.4), hidden_overlays=frozenset({"calcium"}))
    assert view.opacity("calcium") == 0
    assert view.chosen_opacity("calcium") == 0.4
    assert view.opacity("walls") == 1
    assert view.with_opacity("calcium", 1.0).faded_overlays == ()


def test_that_an_opacity_beyond_one_is_refused():
    with pytest.raises(ValueError, match="opacity"):
        ViewState(faded_overlays=(("calcium", 1.2),))
