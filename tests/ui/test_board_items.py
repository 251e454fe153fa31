"""What is kept of a capture, and that it comes back from a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QImage

from tests.ui.board_table import BLUE, GREEN, RED, a_case, an_item, occlusion, ring_of_calcium
from viewer.casefile import load_case, save_case
from viewer.model.board import BoardItem, Note, NoteKind, PanePlace, exchanged, moved, without
from viewer.model.view import ViewState
from viewer.ui.board_numbers import caps_moved, key_numbers

shares = st.floats(0, 1)


@given(shares, shares, shares, shares, st.floats(-2, 2), st.floats(-2, 2))
def test_that_a_moved_note_keeps_its_shape_and_stays_in_the_picture(x, y, u, v, dx, dy):
    note = Note(NoteKind.ARROW, (x, y), (u, v))
    there = note.moved(dx, dy)
    assert all(0 <= value <= 1 for value in (*there.start, *there.end))
    assert there.end[0] - there.start[0] == pytest.approx(u - x, abs=1e-9)
    assert there.end[1] - there.start[1] == pytest.approx(v - y, abs=1e-9)


def test_that_notes_outside_the_picture_and_texts_without_words_are_refused():
    with pytest.raises(ValueError, match="within its picture"):
        Note(NoteKind.RING, (0.2, 0.2), (1.2, 0.4))
    with pytest.raises(ValueError, match="within its picture"):
        Note(NoteKind.RING, (float("nan"), 0.2), (0.2, 0.4))
    with pytest.raises(ValueError, match="words"):
        Note(NoteKind.TEXT, (0.2, 0.2), (0.2, 0.2), "  ")


def test_that_only_a_png_picture_comes_on_the_board():
    with pytest.raises(ValueError, match="PNG"):
        BoardItem("a", np.zeros(20, np.uint8), ViewState())
    with pytest.raises(ValueError, match="PNG"):
        BoardItem("a", np.zeros((4, 4, 3), np.float64), ViewState())


def test_that_captures_are_ordered_exchanged_and_taken_off_without_touching_the_others():
    one, two, three = (an_item(name, RED) for name in "abc")
    assert moved((one, two, three), 0, 2) == (two, three, one)
    assert moved((one, two, three), 2, 0) == (three, one, two)
    assert without((one, two, three), 1) == (one, three)
    new = replace(two, title="new")
    assert exchanged((one, two, three), 1, new) == (one, new, three)
    assert new.png is two.png or (new.png == two.png).all()


def test_that_the_board_comes_back_from_the_case_file_with_pictures_notes_and_places(tmp_path: Path):
    notes = (
        Note(NoteKind.ARROW, (0.1, 0.2), (0.5, 0.6)),
        Note(NoteKind.RING, (0.3, 0.3), (0.7, 0.9)),
        Note(NoteKind.TEXT, (0.2, 0.8), (0.2, 0.8), "knuckle here"),
    )
    places = (PanePlace("volume", (("height_mm", 120.5), ("preset", "coronaries"), ("focus_lps_mm", (1.0, 2.0, 3.0)))),)
    first = an_item("Cap", GREEN, notes=notes, places=places, pane="xray", maximised="xray", caps_mm=(22.0, 36.0))
    case = a_case(first, an_item("Body", BLUE, layout='"xray"'))
    save_case(tmp_path / "plan.ctoplan", case, ViewState())
    back, _ = load_case(tmp_path / "plan.ctoplan").restore(case.volume)
    assert [item.title for item in back.board] == ["Cap", "Body"]
    item = back.board[0]
    assert item.notes == notes
    assert item.places == places
    assert (item.pane, item.maximised, item.caps_mm) == ("xray", "xray", (22.0, 36.0))
    assert item.view.step is first.view.step
    image = QImage.fromData(item.png.tobytes(), "PNG")
    assert image.pixelColor(100, 100).getRgb()[:3] == GREEN
    assert back.board[1].layout == '"xray"'


def test_that_a_plan_with_a_damaged_capture_is_refused_in_words(tmp_path: Path):
    case = a_case(an_item("Cap", GREEN))
    save_case(tmp_path / "plan.ctoplan", case, ViewState())
    stored = load_case(tmp_path / "plan.ctoplan")
    stored._arrays[stored._parts["board"][0]["png"]["array"]] = np.zeros(50, np.uint8)
    with pytest.raises(Exception, match="PNG"):
        stored.restore(case.volume)


def test_that_the_key_numbers_are_those_of_the_lesion():
    case = a_case(lesions=(occlusion(),), calcium=(ring_of_calcium(24, 28),))
    numbers = {n.label: n for n in key_numbers(case, an_item("x", RED, pane="xray", view=ViewState(vessel="RCA")))}
    assert numbers["length of the occlusion"].value == "14.0 mm"
    assert numbers["length of the occlusion"].more == "13.0 – 17.0"
    assert (numbers["proximal cap"].value, numbers["proximal cap"].more) == ("blunt", "ambiguous · RVM at 1.2 mm")
    assert numbers["distal cap"].value == "tapered"
    assert numbers["full moon"].value == "4.5 mm"
    # The vessel runs straight down: from the front it is seen in full length.
    assert (numbers["C-arm"].value, numbers["C-arm"].more) == ("AP", "foreshortened by 0 %")
    assert "largest bend" not in numbers


def test_that_a_capture_without_a_lesion_has_no_numbers():
    assert key_numbers(a_case(), an_item("x", RED)) == ()


def test_that_a_capture_knows_when_the_caps_were_moved_after_it():
    item = an_item("x", RED, view=ViewState(vessel="RCA"), caps_mm=(22.0, 36.0))
    assert not caps_moved(a_case(lesions=(occlusion(22.0, 36.0),)), item)
    assert caps_moved(a_case(lesions=(occlusion(22.0, 36.4),)), item)
    assert caps_moved(a_case(), item)
    assert not caps_moved(a_case(), an_item("y", RED))
