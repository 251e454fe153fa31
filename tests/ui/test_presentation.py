"""The board in the room, and the list of edits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.ui.board_table import BLUE, GREEN, RED, a_case, an_item, occlusion, ring_of_calcium, titles
from viewer.desk import Desk
from viewer.model.board import Note, NoteKind
from viewer.model.view import ViewState
from viewer.ui.capture import pixels_of, rgb_of
from viewer.ui.presentation import Presentation
from viewer.ui.theme import color
from viewer.ui.undo_history import UndoHistory, go_to

HD = QSize(1920, 1080)


@pytest.fixture
def shown(qtbot: QtBot, themed) -> Presentation:
    rca = ViewState(vessel="RCA")
    ring = Note(NoteKind.RING, (0.3, 0.3), (0.7, 0.7))
    items = (an_item("red", RED, view=rca, notes=(ring,)), an_item("green", GREEN, view=rca), an_item("blue", BLUE))
    case = a_case(*items, lesions=(occlusion(),), calcium=(ring_of_calcium(24, 28),))
    presentation = Presentation(case)
    presentation.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(presentation)
    presentation.resize(960, 540)
    presentation.show()
    return presentation


def painted(presentation: Presentation, size: QSize = HD) -> np.ndarray:
    image = QImage(size, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    presentation.paint(painter, QRectF(0, 0, size.width(), size.height()))
    painter.end()
    return rgb_of(pixels_of(image))


def share_of(pixels: np.ndarray, rgb: tuple[int, ...], by: int = 4) -> float:
    return float((np.abs(pixels.astype(int) - rgb) <= by).all(axis=2).mean())


def test_that_keys_go_forth_and_back_and_to_the_ends(shown: Presentation):
    for key, number in (
        (Qt.Key.Key_Right, 1),
        (Qt.Key.Key_Space, 2),
        (Qt.Key.Key_Right, 2),
        (Qt.Key.Key_Left, 1),
        (Qt.Key.Key_End, 2),
        (Qt.Key.Key_Home, 0),
        (Qt.Key.Key_Left, 0),
        (Qt.Key.Key_PageDown, 1),
        (Qt.Key.Key_3, 2),
        (Qt.Key.Key_9, 2),
    ):
        QTest.keyClick(shown, key)
        assert shown.number == number, key


def test_that_the_capture_takes_most_of_a_dark_screen(shown: Presentation):
    pixels = painted(shown)
    assert 0.4 < share_of(pixels, RED) < 0.7
    assert (pixels[5] == 0).all()
    QTest.keyClick(shown, Qt.Key.Key_Right)
    assert share_of(painted(shown), GREEN) > 0.4


def test_that_the_values_stand_in_their_colours_and_are_read_from_three_metres(shown: Presentation):
    pixels = painted(shown)
    column = pixels[:, int(1920 * 0.75) :].astype(int)
    for name in ("proximal_cap", "distal_cap", "full_moon"):
        rows = (np.abs(column - color("meaning", name).getRgb()[:3]) <= 6).all(axis=2).any(axis=1)
        # On a screen 34 cm high (27 inches), 15 mm are 48 rows: letters are read at 200 times their height.
        assert rows.sum() >= 44, name


def test_that_drawings_are_shown_on_the_picture(shown: Presentation):
    mark = color("meaning", "mark").getRgb()[:3]
    assert share_of(painted(shown), mark, 8) > 0.0005
    QTest.keyClick(shown, Qt.Key.Key_Right)
    assert share_of(painted(shown), mark, 8) == 0


def test_that_b_makes_the_screen_dark_and_any_step_brings_the_picture_back(shown: Presentation):
    QTest.keyClick(shown, Qt.Key.Key_B)
    assert shown.blank
    assert not (rgb_of(pixels_of(shown.grab().toImage().convertToFormat(QImage.Format.Format_RGB32))) > 0).any()
    QTest.keyClick(shown, Qt.Key.Key_Right)
    assert (shown.blank, shown.number) == (False, 0)


def test_that_nothing_can_be_edited_and_escape_ends_it(shown: Presentation, qtbot: QtBot):
    case = shown._case
    for key in (Qt.Key.Key_Delete, Qt.Key.Key_E, Qt.Key.Key_F2, Qt.Key.Key_A, Qt.Key.Key_Z):
        QTest.keyClick(shown, key)
        QTest.keyClick(shown, key, Qt.KeyboardModifier.ControlModifier)
    assert shown._case is case
    assert shown.number == 0
    with qtbot.waitSignal(shown.ended):
        QTest.keyClick(shown, Qt.Key.Key_Escape)
    assert not shown.isVisible()


def test_that_moved_caps_are_told_beside_the_picture(qtbot: QtBot, themed):
    rca = ViewState(vessel="RCA")
    caution = color("accent", "caution").getRgb()[:3]
    shares = []
    for caps in ((22.0, 36.0), (20.0, 36.0)):
        presentation = Presentation(a_case(an_item("x", RED, view=rca, caps_mm=caps), lesions=(occlusion(),)))
        qtbot.addWidget(presentation)
        shares.append(share_of(painted(presentation)[1000:], caution, 10))
    assert shares[0] == 0 < shares[1]


def test_that_who_the_patient_is_stands_there_only_if_asked_for(qtbot: QtBot, themed):
    pictures = []
    for identity in ("", "Case 7"):
        presentation = Presentation(a_case(an_item("x", BLUE)), identity=identity)
        qtbot.addWidget(presentation)
        pictures.append(painted(presentation))
    assert (pictures[0] != pictures[1]).any()


def test_that_an_empty_board_cannot_be_presented(themed):
    with pytest.raises(ValueError, match="no capture"):
        Presentation(a_case())


# -- undo ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def edited() -> Desk:
    desk = Desk()
    desk.open(a_case())
    for title in ("first", "second", "third"):
        case = desk.kept_case
        desk.apply(replace(case, board=(*case.board, an_item(title, RED))), f"Capture {title}")
    return desk


def test_that_any_edit_can_be_gone_to_and_back(edited: Desk):
    go_to(edited, 1)
    assert titles(edited) == ["first"]
    go_to(edited, 3)
    assert titles(edited) == ["first", "second", "third"]
    go_to(edited, 0)
    assert titles(edited) == []
    go_to(edited, 99)
    assert len(titles(edited)) == 3
    go_to(edited, -5)
    assert titles(edited) == []


def test_that_the_list_shows_all_edits_in_order_and_a_click_jumps(edited: Desk, qtbot: QtBot, themed):
    history = UndoHistory(edited)
    history.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(history)
    history.show()
    rows = [history.list.item(n).text()[3:] for n in range(history.list.count())]
    assert rows == ["As it was opened", "Capture first", "Capture second", "Capture third"]
    assert history.list.currentRow() == 3
    spot = history.list.visualItemRect(history.list.item(1)).center()
    qtbot.mouseClick(history.list.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert titles(edited) == ["first"]
    assert history.list.currentRow() == 1
    assert history.list.item(3).text().endswith("Capture third")
    history.close()
    edited.undo()
    assert history.list.currentRow() == 1
