from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from viewer.desk import Desk
from viewer.model.case import Case
from viewer.model.geometry import Geometry
from viewer.model.mark import Mark
from viewer.model.view import Step, ViewState
from viewer.model.volume import Volume


def a_case() -> Case:
    geometry = Geometry.from_axes((2, 3, 4), (0, 0, 0), (1, 1, 1))
    return Case(Volume(np.zeros((2, 3, 4), np.int16), geometry))


def with_mark(case: Case, x_mm: float) -> Case:
    return replace(case, marks=(*case.marks, Mark(np.array([[0, 0, 0], [x_mm, 0, 0.0]]))))


def test_that_undo_gives_back_the_very_case_that_was_edited():
    desk, first = Desk(), a_case()
    desk.open(first)
    second = with_mark(first, 1)
    desk.apply(second, "Measure distance")
    assert desk.case is second
    assert desk.undo_titles == ("Measure distance",)
    assert desk.undo() == "Measure distance"
    assert desk.case is first
    assert desk.redo_titles == ("Measure distance",)
    assert desk.redo() == "Measure distance"
    assert desk.case is second


def test_that_unchanged_parts_are_shared_between_former_cases():
    desk, first = Desk(), a_case()
    desk.open(first)
    desk.apply(with_mark(first, 1), "Measure distance")
    assert desk.case is not None
    assert desk.case.volume is first.volume


def test_that_a_new_edit_forgets_what_was_undone():
    desk, first = Desk(), a_case()
    desk.open(first)
    desk.apply(with_mark(first, 1), "one")
    desk.undo()
    desk.apply(with_mark(first, 2), "two")
    assert desk.redo_titles == ()
    assert desk.redo() is None


def test_that_a_preview_is_shown_but_never_kept():
    desk, first = Desk(), a_case()
    desk.open(first)
    desk.preview(with_mark(first, 1))
    assert desk.case is not first
    assert desk.kept_case is first
    desk.preview(None)
    assert desk.case is first
    assert desk.undo_titles == ()


def test_that_an_edit_that_changes_nothing_leaves_no_trace():
    desk, first = Desk(), a_case()
    desk.open(first)
    desk.apply(first, "nothing")
    assert desk.undo_titles == ()


def test_that_looking_elsewhere_cannot_be_undone():
    desk, first = Desk(), a_case()
    desk.open(first, ViewState())
    desk.look(step=Step.TREE)
    assert desk.view.step is Step.TREE
    assert desk.undo() is None
    assert desk.view.step is Step.TREE


def test_that_every_change_says_look_again_once():
    desk, first, heard = Desk(), a_case(), []
    end = desk.subscribe(lambda: heard.append(desk.case))
    desk.open(first)
    desk.look(step=Step.TREE)
    desk.apply(with_mark(first, 1), "one")
    desk.undo()
    assert len(heard) == 4
    end()
    desk.redo()
    assert len(heard) == 4


def test_that_an_edit_of_an_empty_desk_is_a_programming_error():
    with pytest.raises(ValueError, match="no case"):
        Desk().apply(a_case(), "x")


def test_that_what_was_worked_out_from_an_edit_is_undone_and_done_again_with_it():
    desk, first = Desk(), a_case()
    desk.open(first)
    desk.apply(with_mark(first, 1), "Drag RCA at 50 mm")
    measured = with_mark(desk.kept_case, 2)
    desk.amend(measured)
    assert desk.case is measured
    assert desk.undo_titles == ("Drag RCA at 50 mm",)
    desk.undo()
    assert desk.case is first
    desk.redo()
    assert desk.case is measured


def test_that_nothing_is_amended_while_nothing_lies_open():
    with pytest.raises(ValueError, match="no case"):
        Desk().amend(a_case())
