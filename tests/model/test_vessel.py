from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.model.centerline import Centerline
from viewer.model.vessel import Segment, Vessel, VesselTree


def straight(start=(0.0, 0, 0), end=(10.0, 0, 0), n=21, **more) -> Centerline:
    return Centerline(np.linspace(start, end, n), **more)


def test_that_a_station_is_the_arc_length_from_the_start():
    line = straight()
    assert np.allclose(line.station_mm, np.arange(21) * 0.5)
    assert line.length_mm == 10
    assert np.allclose(line.at(3.3), (3.3, 0, 0))
    assert np.allclose(line.at([-5, 50]), [(0, 0, 0), (10, 0, 0)])


def test_that_an_occlusion_is_one_inferred_stretch_without_lumen_and_what_it_frees_is_as_wide_as_its_surroundings():
    closed = straight(lumen_radius_mm=np.full(21, 1.5), inferred=((1.0, 2.0),)).closed_between([(4.0, 7.0)])
    assert closed.inferred == ((1.0, 2.0), (4.0, 7.0))
    assert (closed.lumen_radius_mm[(closed.station_mm > 4) & (closed.station_mm < 7)] == 0).all()
    shorter = closed.closed_between([(5.0, 7.0)])
    assert shorter.inferred == ((1.0, 2.0), (5.0, 7.0))
    assert np.interp([3.0, 4.5, 5.5, 8.0], shorter.station_mm, shorter.lumen_radius_mm) == pytest.approx(
        [1.5, 1.5, 0, 1.5]
    )
    assert straight().closed_between([(4.0, 7.0)]).lumen_radius_mm is None


@given(st.floats(0, 10), st.floats(0.01, 4))
def test_that_the_nearest_station_of_a_point_beside_the_course_is_below_it(station, beside):
    found, distance = straight().nearest_station_mm((station, beside, 0))
    assert found == pytest.approx(station, abs=1e-9)
    assert distance == pytest.approx(beside)


def test_that_tangents_are_unit_vectors_along_the_course_up_to_its_ends():
    assert np.allclose(straight().tangent_at([0, 5, 10]), [(1, 0, 0)] * 3)


def test_that_inferred_stretches_are_kept_in_order_and_within_the_course():
    line = straight(inferred=((8, 12), (1, 2)))
    assert line.inferred == ((1, 2), (8, 10))
    assert line.is_inferred([0.5, 1.5, 9]).tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"inferred": ((3, 2),)}, "backwards"),
        ({"inferred": ((1, 3), (2, 4))}, "stretch before"),
        ({"lumen_radius_mm": np.ones(3)}, "shape"),
        ({"lumen_radius_mm": -np.ones(21)}, "negative"),
    ],
)
def test_that_an_impossible_centreline_is_refused(change, why):
    with pytest.raises(ValueError, match=why):
        straight(**change)


def test_that_two_points_in_the_same_place_are_refused():
    with pytest.raises(ValueError, match="same place"):
        Centerline(np.array([[0, 0, 0], [0, 0, 0], [1, 0, 0.0]]))


def a_tree() -> VesselTree:
    return VesselTree(
        (
            Vessel("LM", straight((0, 0, 0), (10, 0, 0))),
            Vessel("LAD", straight((10, 0, 0), (10, 30, 0)), "LM"),
            Vessel("D1", straight((10, 12, 0), (20, 12, 0)), "LAD"),
        )
    )


def test_that_the_distance_from_the_ostium_adds_the_parents_lengths():
    tree = a_tree()
    assert tree.origin_mm("LM") is None
    assert tree.origin_mm("D1") == pytest.approx(12)
    assert tree.ostium_offset_mm("LM") == 0
    assert tree.ostium_offset_mm("D1") == pytest.approx(22)
    assert [vessel.name for vessel in tree.children("LM")] == ["LAD"]


def test_that_a_tree_knows_no_name_twice_no_strange_parent_and_no_circle():
    line = straight()
    with pytest.raises(ValueError, match="same name"):
        VesselTree((Vessel("LAD", line), Vessel("LAD", line)))
    with pytest.raises(ValueError, match="not in the tree"):
        VesselTree((Vessel("LAD", line, "LM"),))
    with pytest.raises(ValueError, match="itself"):
        VesselTree((Vessel("a", line, "b"), Vessel("b", line, "a")))
    with pytest.raises(ValueError, match="itself"):
        Vessel("a", line, "a")


def test_that_a_segment_runs_forwards():
    with pytest.raises(ValueError, match="pRCA"):
        Segment("pRCA", 5, 5)
