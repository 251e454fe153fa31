"""The board under mouse and keys."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.ui.board_table import BLUE, GREEN, RED, a_case, an_item, drag, occlusion, titles
from viewer.desk import Desk
from viewer.jobs import Jobs
from viewer.model.board import Note, NoteKind
from viewer.model.view import ViewState
from viewer.ui.board_notes import note_at, on_picture
from viewer.ui.board_pane import BoardPane
from viewer.ui.theme import color


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.open(a_case(an_item("red", RED), an_item("green", GREEN), an_item("blue", BLUE)))
    return desk


@pytest.fixture
def board(qtbot: QtBot, themed, desk: Desk):
    jobs = Jobs(lambda call: call())
    board = BoardPane(desk, jobs)
    qtbot.addWidget(board)
    board.resize(1040, 620)
    show = lambda: board.refresh(desk.case, desk.view)  # noqa: E731 - the window does this once a turn
    desk.subscribe(show)
    show()
    board.show()
    qtbot.waitExposed(board)
    board.grab()
    qtbot.waitUntil(lambda: board.resting)
    board.setFocus()
    yield board
    jobs.close()


def middle_color(board: BoardPane, number: int) -> tuple[int, ...]:
    spot = board.cards()[number].picture.center().toPoint()
    return board.grab().toImage().pixelColor(spot).getRgb()[:3]


def near(one: tuple[int, ...], other: tuple[int, ...], by: int = 3) -> bool:
    return bool(np.abs(np.subtract(one, other)).max() <= by)


def test_that_captures_stand_in_order_with_their_pictures(board: BoardPane):
    assert [near(middle_color(board, n), rgb) for n, rgb in enumerate((RED, GREEN, BLUE))] == [True] * 3
    tops = {card.box.top() for card in board.cards()}
    assert len(tops) == 1
    assert board.subtitle() == "3 captures"


def test_that_a_drag_puts_a_capture_elsewhere_and_undo_puts_it_back(board: BoardPane, desk: Desk):
    cards = board.cards()
    drag(board, cards[0].picture.center(), cards[2].picture.center() + QPointF(60, 0))
    assert titles(desk) == ["green", "blue", "red"]
    assert desk.undo_titles == ("Move capture",)
    assert near(middle_color(board, 2), RED)
    desk.undo()
    assert titles(desk) == ["red", "green", "blue"]


def test_that_a_drag_to_the_left_half_puts_it_before(board: BoardPane, desk: Desk):
    cards = board.cards()
    drag(board, cards[2].picture.center(), cards[0].picture.center() - QPointF(60, 0))
    assert titles(desk) == ["blue", "red", "green"]


def test_that_keys_choose_move_and_take_off(board: BoardPane, desk: Desk):
    QTest.keyClick(board, Qt.Key.Key_Home)
    QTest.keyClick(board, Qt.Key.Key_Right)
    assert board.selected == 1
    QTest.keyClick(board, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    assert titles(desk) == ["red", "blue", "green"]
    assert board.selected == 2
    QTest.keyClick(board, Qt.Key.Key_Delete)
    assert titles(desk) == ["red", "blue"]
    assert desk.undo_titles[-1] == "Take off “green”"
    QTest.keyClick(board, Qt.Key.Key_Delete)
    QTest.keyClick(board, Qt.Key.Key_Delete)
    assert titles(desk) == []
    assert board.empty


def test_that_a_click_on_the_picture_asks_for_its_view(board: BoardPane, desk: Desk, qtbot: QtBot):
    with qtbot.waitSignal(board.restore_wanted) as asked:
        QTest.mouseClick(board, Qt.MouseButton.LeftButton, pos=board.cards()[1].picture.center().toPoint())
    assert asked.args[0] is desk.case.board[1]
    with qtbot.waitSignal(board.restore_wanted) as asked:
        QTest.keyClick(board, Qt.Key.Key_Return)
    assert asked.args[0] is desk.case.board[1]


def test_that_a_title_is_typed_in_its_place(board: BoardPane, desk: Desk):
    QTest.mouseClick(board, Qt.MouseButton.LeftButton, pos=board.cards()[0].title.center().toPoint())
    assert board._name.isVisible()
    QTest.keyClicks(board._name, "Cap from the side")
    QTest.keyClick(board._name, Qt.Key.Key_Return)
    assert titles(desk)[0] == "Cap from the side"
    assert desk.undo_titles == ("Name capture “Cap from the side”",)
    QTest.keyClick(board, Qt.Key.Key_F2)
    QTest.keyClick(board._name, Qt.Key.Key_Return)
    assert desk.undo_titles == ("Name capture “Cap from the side”",)


def test_that_the_corner_buttons_draw_and_take_off(board: BoardPane, desk: Desk):
    QTest.mouseClick(board, Qt.MouseButton.LeftButton, pos=board.cards()[2].button("delete").center().toPoint())
    assert titles(desk) == ["red", "green"]
    QTest.mouseClick(board, Qt.MouseButton.LeftButton, pos=board.cards()[1].button("annotate").center().toPoint())
    assert board.editor.isVisible()


def test_that_an_arrow_is_drawn_moved_and_deleted_and_each_is_undoable(board: BoardPane, desk: Desk):
    board.draw_on(0)
    editor = board.editor
    place = editor.picture()
    drag(editor, on_picture((0.2, 0.3), place), on_picture((0.6, 0.7), place))
    (note,) = desk.case.board[0].notes
    assert note.kind is NoteKind.ARROW
    assert np.allclose((*note.start, *note.end), (0.2, 0.3, 0.6, 0.7), atol=0.01)
    inside = on_picture((0.4, 0.5), place)
    assert near(
        editor.grab().toImage().pixelColor(inside.toPoint()).getRgb()[:3], color("accent", "primary").getRgb()[:3]
    )
    drag(editor, inside, inside + QPointF(0.1 * place.width(), 0))
    assert np.allclose(desk.case.board[0].notes[0].start, (0.3, 0.3), atol=0.01)
    QTest.keyClick(editor, Qt.Key.Key_Delete)
    assert desk.case.board[0].notes == ()
    assert desk.undo_titles == ("Draw arrow", "Move arrow", "Delete arrow")
    desk.undo()
    desk.undo()
    assert desk.case.board[0].notes[0].start == note.start
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    assert not editor.isVisible()


def test_that_a_ring_and_a_text_are_drawn_in_the_colour_of_marks(board: BoardPane, desk: Desk):
    board.draw_on(2)
    editor = board.editor
    place = editor.picture()
    QTest.keyClick(editor, Qt.Key.Key_R)
    drag(editor, on_picture((0.3, 0.3), place), on_picture((0.7, 0.7), place))
    QTest.keyClick(editor, Qt.Key.Key_T)
    QTest.mouseClick(editor, Qt.MouseButton.LeftButton, pos=on_picture((0.1, 0.9), place).toPoint())
    QTest.keyClicks(editor._words, "Septal 2")
    QTest.keyClick(editor._words, Qt.Key.Key_Return)
    ring, text = desk.case.board[2].notes
    assert (ring.kind, text.kind, text.text) == (NoteKind.RING, NoteKind.TEXT, "Septal 2")
    left = on_picture((0.3, 0.5), place)
    assert near(
        editor.grab().toImage().pixelColor(left.toPoint()).getRgb()[:3], color("meaning", "mark").getRgb()[:3], 30
    )
    assert note_at(on_picture((0.5, 0.5), place), place, (ring,)) is None
    assert note_at(left, place, (ring,)) is ring


def test_that_a_slip_of_the_mouse_draws_nothing(board: BoardPane, desk: Desk):
    board.draw_on(0)
    QTest.mouseClick(board.editor, Qt.MouseButton.LeftButton, pos=board.editor.rect().center())
    assert desk.case.board[0].notes == ()
    assert desk.undo_titles == ()


def test_that_the_editor_closes_when_its_capture_is_gone(board: BoardPane, desk: Desk):
    board.draw_on(0)
    board.delete(0)
    assert not board.editor.isVisible()


def test_that_a_capture_whose_caps_were_moved_says_so(board: BoardPane, desk: Desk):
    item = an_item("old", RED, view=ViewState(vessel="RCA"), caps_mm=(20.0, 36.0))
    desk.open(a_case(item, lesions=(occlusion(),)))
    picture = board.grab().toImage()
    card = board.cards()[0]
    caution = color("accent", "caution").getRgb()[:3]
    row = [
        picture.pixelColor(x, y).getRgb()[:3]
        for x in range(int(card.box.left()), int(card.box.left()) + 120)
        for y in range(int(card.title.bottom()) - 3, int(card.title.bottom()) + 15)
    ]
    assert any(near(pixel, caution, 12) for pixel in row)


def test_that_a_note_keeps_its_place_on_a_picture_of_any_size():
    from PySide6.QtCore import QRectF

    note = Note(NoteKind.RING, (0.25, 0.25), (0.75, 0.75))
    for size in (200.0, 1900.0):
        place = QRectF(10, 20, size, size)
        assert note_at(on_picture((0.25, 0.5), place), place, (note,)) is note
