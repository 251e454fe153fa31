from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from viewer.model.geometry import Geometry, arc_length_mm, direction_label, read_only, unit

angles = st.floats(-180, 180)
spacings = st.floats(0.1, 5)
shapes = st.tuples(*[st.integers(1, 600)] * 3)


def a_geometry(shape, spacing, turn, left_handed=False) -> Geometry:
    directions = (
        np.array([[0, 0, 1.0], [0, 1, 0], [1, 0, 0]]) @ Rotation.from_euler("xyz", turn, degrees=True).as_matrix().T
    )
    if left_handed:
        directions[0] *= -1
    return Geometry.from_axes(shape, (11, -22, 33), spacing, directions)


@given(shapes, st.tuples(spacings, spacings, spacings), st.tuples(angles, angles, angles), st.booleans())
def test_that_an_index_survives_the_way_to_the_patient_and_back(shape, spacing, turn, left_handed):
    geometry = a_geometry(shape, spacing, turn, left_handed)
    index = np.array([[0, 0, 0], [1.5, 2.5, 3.5], np.array(shape) - 1])
    assert np.allclose(geometry.to_index(geometry.to_lps(index)), index, atol=1e-6)


@given(shapes, st.tuples(spacings, spacings, spacings), st.tuples(angles, angles, angles), st.booleans())
def test_that_spacing_and_directions_come_back_as_given(shape, spacing, turn, left_handed):
    geometry = a_geometry(shape, spacing, turn, left_handed)
    assert np.allclose(geometry.spacing_mm, spacing)
    assert np.allclose(geometry.directions @ geometry.directions.T, np.eye(3), atol=1e-9)
    assert np.isclose(geometry.voxel_volume_mm3, np.prod(spacing))


def test_that_the_index_order_is_slice_row_column():
    geometry = Geometry.from_axes((10, 20, 30), (1, 2, 3), (0.5, 0.4, 0.3))
    assert np.allclose(geometry.to_lps((1, 0, 0)), (1, 2, 3.5))
    assert np.allclose(geometry.to_lps((0, 1, 0)), (1, 2.4, 3))
    assert np.allclose(geometry.to_lps((0, 0, 1)), (1.3, 2, 3))


def test_that_the_corners_are_the_outermost_voxel_centres():
    geometry = Geometry.from_axes((2, 3, 4), (0, 0, 0), (1, 1, 1))
    assert np.allclose(geometry.corners_lps_mm.max(0), (3, 2, 1))
    assert np.allclose(geometry.corners_lps_mm[1], (3, 0, 0))
    assert np.allclose(geometry.center_lps_mm, (1.5, 1, 0.5))
    assert geometry.contains(geometry.corners_lps_mm).all()
    assert not geometry.contains((3.01, 0, 0))


@pytest.mark.parametrize(
    ("affine", "why"),
    [
        (np.diag([1.0, 1, 0, 1]), "no extent"),
        (np.array([[1.0, 0.3, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]), "right angles"),
        (np.diag([1.0, 1, np.nan, 1]), "not finite"),
        (np.ones((4, 4)), "last row"),
        (np.eye(3), "shape"),
    ],
)
def test_that_an_impossible_grid_is_refused(affine, why):
    with pytest.raises(ValueError, match=why):
        Geometry((2, 2, 2), affine)


def test_that_a_grid_cannot_be_changed():
    geometry = Geometry.from_axes((2, 2, 2), (0, 0, 0), (1, 1, 1))
    with pytest.raises(ValueError, match="read-only"):
        geometry.affine[0, 0] = 2


def test_that_the_digest_knows_a_grid_again_and_tells_others_apart():
    one = Geometry.from_axes((2, 2, 2), (0, 0, 0), (1, 1, 1))
    same = Geometry.from_axes((2, 2, 2), (0, 0, 1e-7), (1, 1, 1))
    moved = Geometry.from_axes((2, 2, 2), (0, 0, 0.01), (1, 1, 1))
    longer = Geometry.from_axes((3, 2, 2), (0, 0, 0), (1, 1, 1))
    assert one.digest() == same.digest()
    assert len({one.digest(), moved.digest(), longer.digest()}) == 3


@pytest.mark.parametrize(
    ("direction", "letters"),
    [
        ((1, 0, 0), "L"),
        ((-1, 0, 0), "R"),
        ((0, 1, 0), "P"),
        ((0, -1, 0), "A"),
        ((0, 0, 1), "H"),
        ((0, 0, -1), "F"),
        ((2, -1, 0), "LA"),
        ((-1, 2, -3), "FP"),
        ((1, 0.1, 0), "L"),
    ],
)
def test_that_directions_are_named_as_on_a_scanner(direction, letters):
    assert direction_label(direction) == letters


def test_that_a_vector_without_length_has_no_direction():
    with pytest.raises(ValueError, match="no direction"):
        unit((0, 0, 0))


def test_that_arc_length_counts_from_the_first_point():
    assert np.allclose(arc_length_mm([[0, 0, 0], [3, 4, 0], [3, 4, 2]]), [0, 5, 7])


def test_that_a_frozen_array_is_shared_and_a_changeable_one_is_copied():
    frozen = read_only([1.0, 2, 3])
    assert read_only(frozen) is frozen
    changeable = np.array([1.0, 2, 3])
    view = changeable[:]
    view.setflags(write=False)
    for values in (changeable, view):
        kept = read_only(values)
        changeable[0] += 1
        assert kept[0] == changeable[0] - 1
