from __future__ import annotations

import numpy as np
import pytest

from viewer.desk import tree_edits as edits
from viewer.desk.tree_edits import ImpossibleEdit
from viewer.model.case import Case
from viewer.model.centerline import Centerline
from viewer.model.geometry import Geometry
from viewer.model.lesion import Cap, Lesion, LesionKind
from viewer.model.vessel import Author, Vessel, VesselTree
from viewer.model.volume import Volume


def line(start, end, n=41, **more) -> Centerline:
    return Centerline(np.linspace(start, end, n), np.full(n, 1.5), **more)


def a_case() -> Case:
    geometry = Geometry.from_axes((2, 2, 2), (0, 0, 0), (50, 50, 50))
    tree = VesselTree(
        (
            Vessel("LM", line((0, 0, 0), (10, 0, 0))),
            Vessel("LAD", line((10, 0, 0), (10, 40, 0), inferred=((20, 30),)), "LM"),
            Vessel("D1", line((10, 12, 0), (20, 12, 0)), "LAD"),
            Vessel("D2", line((10, 32, 0), (20, 32, 0)), "LAD"),
            Vessel("RCA", line((-10, 0, 0), (-10, 0, 30))),
        )
    )
    at, to = Cap(np.zeros(3), 20, (19, 21)), Cap(np.ones(3), 30, (29, 31))
    return Case(
        Volume(np.zeros((2, 2, 2), np.int16), geometry), tree, lesions=(Lesion("LAD", LesionKind.OCCLUSION, at, to),)
    )


def names(case: Case) -> list[str]:
    return [vessel.name for vessel in case.tree]


def test_that_a_new_vessel_leaves_the_one_that_it_starts_on():
    case = edits.add_vessel(a_case(), "SEPTAL", line((10.5, 20, 0), (10, 20, -9)))
    assert case.tree["SEPTAL"].parent == "LAD"
    assert case.tree["SEPTAL"].author is Author.OPERATOR


def test_that_a_new_vessel_far_from_all_others_leaves_the_aorta():
    assert edits.add_vessel(a_case(), "SVG", line((90, 90, 0), (90, 60, 0))).tree["SVG"].parent is None


def test_that_a_replaced_vessel_keeps_its_branches_and_loses_what_was_measured_on_it():
    case = edits.add_vessel(a_case(), "LAD", line((10, 0, 0), (12, 40, 0)), "LM")
    assert [child.name for child in case.tree.children("LAD")] == ["D1", "D2"]
    assert case.lesions == ()


def test_that_deleting_a_vessel_takes_its_branches_and_nothing_else():
    assert names(edits.delete_vessel(a_case(), "LAD")) == ["LM", "RCA"]
    assert names(edits.delete_vessel(a_case(), "D1")) == ["LM", "LAD", "D2", "RCA"]
    assert edits.delete_vessel(a_case(), "D1").lesions != ()


def test_that_renaming_keeps_branches_and_measurements():
    case = edits.rename_vessel(a_case(), "LAD", " RI ")
    assert [child.name for child in case.tree.children("RI")] == ["D1", "D2"]
    assert case.lesions[0].vessel == "RI"


@pytest.mark.parametrize("taken", ["RCA", "  "])
def test_that_a_name_that_is_taken_or_empty_is_refused_in_words(taken: str):
    with pytest.raises(ImpossibleEdit):
        edits.rename_vessel(a_case(), "LAD", taken)


def test_that_turning_a_vessel_round_turns_its_guessed_stretch_too():
    turned = edits.reverse_vessel(a_case(), "LAD").tree["LAD"].centerline
    assert np.allclose(turned.points_lps_mm[0], (10, 40, 0))
    assert turned.inferred == ((10, 20),)


def test_that_a_cut_vessel_loses_the_branches_beyond_the_cut():
    case = edits.cut_vessel(a_case(), "LAD", 25)
    assert names(case) == ["LM", "LAD", "D1", "RCA"]
    assert case.tree["LAD"].centerline.length_mm == pytest.approx(25)
    assert case.tree["LAD"].centerline.inferred == ((20, 25),)


@pytest.mark.parametrize("station", [0.2, 40.0, 99.0])
def test_that_a_cut_that_leaves_nothing_or_takes_nothing_is_refused(station: float):
    with pytest.raises(ImpossibleEdit):
        edits.cut_vessel(a_case(), "LAD", station)


def test_that_a_joined_vessel_is_one_course_with_the_gap_marked_as_a_guess():
    base = edits.add_vessel(a_case(), "PIECE", line((-10, 0, 36), (-10, 0, 60)))
    base = edits.add_vessel(base, "PDA", line((-10, 0, 50), (0, 0, 50)), "PIECE")
    case = edits.join_vessels(base, "RCA", "PIECE")
    assert "PIECE" not in case.tree
    assert case.tree["RCA"].centerline.length_mm == pytest.approx(60)
    assert case.tree["RCA"].centerline.inferred == (pytest.approx((30, 36)),)
    assert case.tree["PDA"].parent == "RCA"


def test_that_a_vessel_cannot_continue_into_its_own_parent():
    with pytest.raises(ImpossibleEdit):
        edits.join_vessels(a_case(), "D1", "LM")


def test_that_a_chosen_alternative_changes_places_with_the_course():
    case = a_case()
    other = line((10, 0, 0), (14, 40, 0))
    vessels = tuple(
        v if v.name != "LAD" else Vessel("LAD", v.centerline, "LM", alternatives=(other,)) for v in case.tree
    )
    case = edits.with_tree(case, VesselTree(vessels))
    chosen = edits.choose_alternative(case, "LAD", 0).tree["LAD"]
    assert chosen.centerline is other
    assert chosen.alternatives == (case.tree["LAD"].centerline,)
