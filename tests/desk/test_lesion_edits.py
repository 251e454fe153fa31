from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from viewer.desk import lesion_edits as edits
from viewer.desk.tree_edits import ImpossibleEdit, delete_vessel, rename_vessel
from viewer.model.case import Case
from viewer.model.centerline import Centerline
from viewer.model.geometry import Geometry
from viewer.model.lesion import Cap, CapShape, Lesion, LesionKind
from viewer.model.vessel import Author, Vessel, VesselTree
from viewer.model.volume import Volume


def a_case() -> Case:
    volume = Volume(np.zeros((2, 2, 2), np.int16), Geometry.from_axes((2, 2, 2), (0, 0, 0), (50, 50, 50)))
    line = Centerline(np.linspace((0, 0, 0), (0, 60, 0), 121))
    near = Cap(line.at(20), 20, (19, 21.5), CapShape.BLUNT, 1.2, "RVM", True, ("branch",), 100.0)
    far = Cap(line.at(45), 45, (44, 46))
    lesion = Lesion("RCA", LesionKind.OCCLUSION, near, far, 0.9)
    return Case(volume, VesselTree((Vessel("RCA", line),)), lesions=(lesion,))


def test_that_a_moved_cap_is_the_operators_and_remembers_where_the_computer_had_put_it():
    cap = edits.move_cap(a_case(), 0, True, 23.0).lesions[0].proximal
    assert (cap.station_mm, cap.range_mm, cap.author, cap.proposed_mm) == (23, (23, 23), Author.OPERATOR, 20)
    assert np.allclose(cap.lps_mm, (0, 23, 0))
    assert cap.calcium_csa_percent is None
    again = edits.move_cap(edits.move_cap(a_case(), 0, True, 23.0), 0, True, 25.0).lesions[0].proximal
    assert again.proposed_mm == 20


def test_that_the_course_is_dashed_from_cap_to_cap_as_soon_as_an_occlusion_is_marked_or_its_cap_moved():
    def inferred(case: Case) -> object:
        return case.tree["RCA"].centerline.inferred

    marked = edits.mark_occlusion(edits.delete_lesion(a_case(), 0), "RCA", 15, 40)
    assert inferred(marked) == ((15, 40),)
    assert inferred(edits.move_cap(marked, 0, True, 18.0)) == ((18, 40),)
    moved = edits.move_cap(a_case(), 0, False, 48.0)
    assert inferred(moved) == ((20, 48),)
    assert inferred(edits.as_proposed(moved, 0)) == ((20, 45),)


def test_that_a_cap_stops_before_the_other_one_and_within_the_vessel():
    assert edits.move_cap(a_case(), 0, True, 99.0).lesions[0].length_mm == pytest.approx(edits.LEAST_LENGTH_MM)
    assert edits.move_cap(a_case(), 0, False, 99.0).lesions[0].distal.station_mm == 60
    assert edits.move_cap(a_case(), 0, True, -5.0).lesions[0].proximal.station_mm == 0


def test_that_accepting_a_cap_keeps_its_place_and_its_measurements():
    before = a_case().lesions[0].proximal
    cap = edits.accept_cap(a_case(), 0, True).lesions[0].proximal
    assert cap.author is Author.OPERATOR
    assert (cap.station_mm, cap.range_mm, cap.calcium_csa_percent) == (20, before.range_mm, 100.0)


def test_that_shape_and_verdict_are_the_doctors():
    case = edits.set_ambiguous(edits.set_shape(a_case(), 0, True, CapShape.TAPERED), 0, False, edits.RESOLVED)
    cap = case.lesions[0].proximal
    assert (cap.shape, cap.ambiguous, cap.reasons) == (CapShape.TAPERED, False, ("resolved by CT",))


def test_that_an_occlusion_can_be_marked_in_either_order_but_not_over_another():
    case = edits.delete_lesion(a_case(), 0)
    assert case.lesions == ()
    marked = edits.mark_occlusion(case, "RCA", 40, 15).lesions[0]
    assert (marked.proximal.station_mm, marked.distal.station_mm, marked.author) == (15, 40, Author.OPERATOR)
    with pytest.raises(ImpossibleEdit, match="already"):
        edits.mark_occlusion(a_case(), "RCA", 30, 55)
    with pytest.raises(ImpossibleEdit, match="two ends"):
        edits.mark_occlusion(case, "RCA", 30, 30.1)


def test_that_the_computers_word_stays_beside_hers_and_can_be_taken_again():
    before = a_case().lesions[0]
    case = edits.set_shape(edits.move_cap(a_case(), 0, True, 23.0), 0, True, CapShape.TAPERED)
    case = edits.set_ambiguous(edits.accept_cap(case, 0, False), 0, False, edits.RESOLVED)
    cap = case.lesions[0].proximal
    assert (cap.proposed.shape, cap.proposed.ambiguous, cap.proposed.reasons) == (CapShape.BLUNT, True, ("branch",))
    assert cap.proposed.station_mm == 20 and cap.proposed.author is Author.COMPUTER and cap.proposed.proposed is None
    again = edits.as_proposed(case, 0).lesions[0]
    assert (again.proximal.station_mm, again.proximal.shape, again.proximal.author) == (
        20,
        CapShape.BLUNT,
        before.author,
    )
    assert again.distal.author is Author.COMPUTER


def test_that_a_moved_cap_tells_the_branch_and_the_reasons_of_its_new_place():
    case = a_case()
    branch = Vessel("RVM", Centerline(np.linspace((0, 24, 0), (20, 30, 0), 41)), "RCA")
    case = replace(case, tree=VesselTree((*case.tree, branch)))
    moved = edits.move_cap(case, 0, True, 23.0).lesions[0].proximal
    assert (moved.side_branch, moved.side_branch_mm) == ("RVM", pytest.approx(1.0))
    assert moved.reasons == ("as the computer judged it 3.0 mm away",)
    far = edits.move_cap(case, 0, True, 30.0).lesions[0].proximal
    assert far.side_branch_mm is None and far.ambiguous is True
    judged = edits.set_ambiguous(case, 0, False, edits.RESOLVED)
    assert edits.move_cap(judged, 0, True, 23.0).lesions[0].proximal.reasons == (edits.RESOLVED,)
    assert edits.move_cap(edits.move_cap(case, 0, True, 23.0), 0, True, 20.0).lesions[0].proximal.reasons == ("branch",)


def test_that_what_she_declares_no_occlusion_stays_none_until_she_marks_one_there():
    case = edits.refute_lesion(a_case(), 0)
    assert case.lesions == ()
    (no,) = case.refuted
    assert (no.vessel, no.from_mm, no.to_mm) == ("RCA", 20, 45)
    assert no.meets(a_case().lesions[0])
    assert rename_vessel(case, "RCA", "R").refuted[0].vessel == "R"
    assert delete_vessel(case, "RCA").refuted == ()
    marked = edits.mark_occlusion(case, "RCA", 40, 50)
    assert marked.refuted == () and len(marked.lesions) == 1
    assert len(edits.mark_occlusion(case, "RCA", 50, 55).refuted) == 1
