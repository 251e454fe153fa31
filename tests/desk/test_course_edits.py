from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from viewer.desk import course_edits
from viewer.desk.tree_edits import ImpossibleEdit
from viewer.model.case import Case
from viewer.model.centerline import Centerline
from viewer.model.geometry import Geometry
from viewer.model.lesion import Cap, Lesion, LesionKind, Refuted
from viewer.model.vessel import Author, Vessel, VesselTree
from viewer.model.volume import Volume


def line(start, end, n=81, **more) -> Centerline:
    return Centerline(np.linspace(start, end, n), np.full(n, 1.5), **more)


def a_case(author=Author.OPERATOR) -> Case:
    geometry = Geometry.from_axes((3, 3, 3), (-60, -60, -60), (60, 60, 60))
    tree = VesselTree(
        (
            Vessel("LAD", line((0, 0, 0), (0, 40, 0), inferred=((15, 30),))),
            Vessel("D1", line((2, 12, 0), (20, 12, 0))),
            Vessel("S1", line((2, 20, 0), (2, 20, 12)), "LAD"),
        )
    )
    caps = [Cap(np.array((0, mm, 0.0)), mm, (mm - 1, mm + 1), author=author, ostium_mm=mm) for mm in (15.0, 30.0)]
    caps[0] = replace(caps[0], proposed=Cap(np.array((0, 14, 0.0)), 14.0, (13, 15)))
    return Case(
        Volume(np.zeros((3, 3, 3), np.int16), geometry),
        tree,
        lesions=(Lesion("LAD", LesionKind.OCCLUSION, caps[0], caps[1]),),
        refuted=(Refuted("LAD", 33.0, 36.0),),
    )


def test_that_her_caps_move_along_with_a_course_that_is_dragged():
    case = course_edits.pull_course(a_case(), "LAD", 22.0, (5.0, 22.0, 0.0))
    (lesion,) = case.lesions
    course = case.tree["LAD"].centerline
    for cap, was in ((lesion.proximal, 15.0), (lesion.distal, 30.0)):
        assert cap.lps_mm == pytest.approx(course.at(cap.station_mm))
        assert cap.lps_mm[1] == pytest.approx(was, abs=0.3)
        assert cap.range_mm[0] <= cap.station_mm <= cap.range_mm[1]
    assert lesion.length_mm > 15.5
    assert lesion.proximal.proposed.station_mm < lesion.proximal.station_mm
    (refuted,) = case.refuted
    assert course.at(refuted.from_mm)[1] == pytest.approx(33.0, abs=0.2)


def test_that_the_computers_caps_are_looked_for_anew_on_a_course_that_was_dragged():
    assert course_edits.pull_course(a_case(Author.COMPUTER), "LAD", 22.0, (5.0, 22.0, 0.0)).lesions == ()


def test_that_a_branch_stays_joined_to_a_parent_whose_course_is_dragged_under_its_start():
    before = a_case()
    child = before.tree["S1"].centerline
    gap = np.linalg.norm(child.points_lps_mm[0] - before.tree["LAD"].centerline.at(20.0))
    for edit in (course_edits.pull_course, course_edits.pull_preview):
        case = edit(before, "LAD", 20.0, (5.0, 20.0, 0.0))
        joined, parent = case.tree["S1"], case.tree["LAD"].centerline
        assert joined.parent == "LAD"
        assert joined.centerline.points_lps_mm[0] == pytest.approx((7.0, 20.0, 0.0))
        assert parent.nearest_station_mm(joined.centerline.points_lps_mm[0])[1] == pytest.approx(gap, abs=0.3)
        # the pull is felt for three times its length, and less and less
        away = np.linalg.norm(joined.centerline.points_lps_mm - child.points_lps_mm, axis=1)
        assert away[0] == pytest.approx(5.0) and (np.diff(away) < 1e-9).all()
        assert case.tree["D1"].centerline is before.tree["D1"].centerline
    far = course_edits.pull_course(before, "LAD", 2.0, (1.0, 2.0, 0.0))
    assert far.tree["S1"].centerline is child


def test_that_her_caps_on_a_branch_move_along_with_its_start():
    before = a_case()
    line = before.tree["S1"].centerline
    caps = [Cap(line.at(mm), mm, (mm, mm), author=Author.OPERATOR) for mm in (3.0, 9.0)]
    lesion = Lesion("S1", LesionKind.OCCLUSION, *caps, author=Author.OPERATOR)
    case = course_edits.pull_course(replace(before, lesions=(lesion,)), "LAD", 20.0, (4.0, 20.0, 0.0))
    (carried,) = case.lesions
    moved = case.tree["S1"].centerline
    assert carried.proximal.lps_mm == pytest.approx(moved.at(carried.proximal.station_mm))
    assert carried.proximal.lps_mm[2] == pytest.approx(3.0, abs=0.1)


def test_that_what_was_measured_still_stands_while_a_course_is_dragged():
    case = a_case()
    shown = course_edits.pull_preview(case, "LAD", 22.0, (5.0, 22.0, 0.0))
    assert shown.lesions is case.lesions
    assert shown.tree["LAD"].centerline.is_inferred([8.0, 22.0, 36.0]).all()
    assert not shown.tree["LAD"].centerline.is_inferred(2.0)


def test_that_a_course_is_not_dragged_out_of_the_volume():
    with pytest.raises(ImpossibleEdit, match="leave the volume"):
        course_edits.pull_course(a_case(), "LAD", 22.0, (500.0, 22.0, 0.0))


def test_that_a_piece_becomes_a_branch_and_is_led_to_its_parent_by_a_guess():
    case = course_edits.merge_into(a_case(), "D1", "LAD")
    branch = case.tree["D1"]
    assert branch.parent == "LAD"
    assert branch.centerline.points_lps_mm[0] == pytest.approx((0, 12, 0))
    assert branch.centerline.inferred == (pytest.approx((0.0, 2.0)),)
    assert branch.centerline.length_mm == pytest.approx(20.0)
    assert case.tree.ostium_offset_mm("D1") == pytest.approx(12.0)


def test_that_a_vessel_is_no_branch_of_what_leaves_it():
    with pytest.raises(ImpossibleEdit, match="S1 leaves LAD"):
        course_edits.merge_into(a_case(), "LAD", "S1")


def test_that_a_branch_is_let_go_of_and_leaves_the_aorta():
    case = course_edits.merge_into(a_case(), "S1", None)
    assert case.tree["S1"].parent is None
    assert case.tree["S1"].author is Author.OPERATOR


def test_that_a_vessel_is_led_on_and_its_branches_stay():
    case = course_edits.extend_course(a_case(), "LAD", line((0, 40, 0), (10, 40, 0), 11))
    assert case.tree["LAD"].centerline.length_mm == pytest.approx(50.0)
    assert case.tree["S1"].parent == "LAD"
    assert case.tree["LAD"].centerline.inferred == ((15, 30),)
