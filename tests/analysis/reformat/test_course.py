from __future__ import annotations

import numpy as np
import pytest

from viewer.analysis.reformat.course import course
from viewer.model.centerline import Centerline
from viewer.model.vessel import Vessel, VesselTree


def tree(gap: float = 0.0) -> VesselTree:
    left_main = Centerline([[0, 0, 0], [4, 0, 0], [9, 0, 0], [12, 0, 0]], lumen_radius_mm=np.full(4, 2.0))
    lad = Centerline(
        [[10, gap, 0], [14, gap + 3, 0], [18, gap + 6, 0]], lumen_radius_mm=np.full(3, 1.5), inferred=((2.0, 4.0),)
    )
    d1 = Centerline([[14, gap + 3, 0], [14, gap + 3, 7]])
    return VesselTree((Vessel("D1", d1, "LAD"), Vessel("LAD", lad, "LM"), Vessel("LM", left_main)))


def test_that_the_path_to_the_lad_leads_through_the_left_main() -> None:
    path = course(tree(), "LAD")
    assert [s.vessel for s in path.stretches] == ["LM", "LAD"]
    assert path.centerline.length_mm == pytest.approx(10 + 10)
    assert path.centerline.points_lps_mm[0] == pytest.approx([0, 0, 0])
    assert path.centerline.inferred[0] == pytest.approx((12.0, 14.0))
    assert path.centerline.lumen_radius_mm is not None


def test_that_stations_translate_both_ways() -> None:
    path = course(tree(), "D1")
    assert path.on_vessel(3.0) == ("LM", pytest.approx(3.0))
    assert path.on_vessel(12.0) == ("LAD", pytest.approx(2.0))
    assert path.on_vessel(16.0) == ("D1", pytest.approx(1.0))
    for name, station in (("LM", 9.5), ("LAD", 4.0), ("D1", 6.0)):
        where = path.on_course(name, station)
        assert where is not None
        assert path.on_vessel(where) == (name, pytest.approx(station))
    assert path.on_course("LM", 11.0) is None
    assert path.on_course("RCA", 1.0) is None


def test_that_places_are_the_same_on_course_and_vessel() -> None:
    vessels = tree(gap=0.8)
    path = course(vessels, "LAD")
    where = path.on_course("LAD", 5.0)
    assert where is not None
    assert path.centerline.at(where) == pytest.approx(vessels["LAD"].centerline.at(5.0))
    assert path.centerline.length_mm == pytest.approx(10 + 0.8 + 10)


def test_that_what_one_vessel_does_not_know_the_course_does_not_know() -> None:
    assert course(tree(), "D1").centerline.lumen_radius_mm is None


def test_that_a_vessel_of_its_own_is_its_own_course() -> None:
    path = course(tree(), "LM")
    assert path.centerline.length_mm == pytest.approx(12.0)
    assert path.on_vessel(12.0) == ("LM", pytest.approx(12.0))
