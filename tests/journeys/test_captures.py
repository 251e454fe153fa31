"""To the room: five captures, put in order, drawn on, saved, opened again, gone back to, presented."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.journeys.conftest import pane, pixels, settle, wheel, with_occlusion
from tests.ui.board_table import drag
from viewer.demo.case import DemoCase
from viewer.desk.sight import on_vessel
from viewer.model.view import Step
from viewer.ui.board_notes import on_picture
from viewer.ui.capture_settings import CaptureSize, chosen, keep
from viewer.ui.pane import Pane
from viewer.ui.presentation import Presentation
from viewer.ui.window import MainWindow


@pytest.fixture
def planned(opened: MainWindow, qtbot: QtBot, heart: DemoCase) -> MainWindow:
    """The window at the step Occlusion, with the true tree and occlusion of the demonstration."""
    case = with_occlusion(heart, opened.desk.kept_case)
    opened.desk.open(case)
    opened.desk.look(replace(on_vessel(case, opened.desk.view, "RCA", case.lesions[0].proximal.station_mm), lesion=0))
    go(opened, qtbot, Step.OCCLUSION)
    return opened


def go(window: MainWindow, qtbot: QtBot, step: Step) -> None:
    window.desk.look(step=step)
    settle(window, qtbot)


def capture(window: MainWindow, qtbot: QtBot, key: str, *, layout: bool = False) -> Pane:
    shown = pane(window, key)
    shown.setFocus()
    count = len(window.desk.kept_case.board)
    modifier = Qt.KeyboardModifier.ShiftModifier if layout else Qt.KeyboardModifier.NoModifier
    qtbot.keyClick(shown, Qt.Key.Key_S, modifier)
    qtbot.waitUntil(lambda: window.captures.resting, timeout=60_000)
    assert len(window.desk.kept_case.board) == count + 1, window.message.text
    return shown


def board_titles(window: MainWindow) -> list[str]:
    return [item.title.split(" · ")[0] for item in window.desk.kept_case.board]


def test_that_five_captures_go_through_the_evening_into_the_room(planned: MainWindow, qtbot: QtBot, tmp_path: Path):
    window = planned
    capture(window, qtbot, "volume")
    capture(window, qtbot, "reformation")
    capture(window, qtbot, "sections")
    capture(window, qtbot, "volume", layout=True)
    go(window, qtbot, Step.VIEWS)
    window.desk.look(carm=replace(window.desk.view.carm, primary_deg=30.0, secondary_deg=20.0))
    settle(window, qtbot)
    capture(window, qtbot, "xray")
    names = [title.split(" LAO")[0].removesuffix(" AP") for title in board_titles(window)]
    assert names == ["3-D", "Curved reformation", "Cross-sections", "All panes of step Occlusion", "X-ray preview"]
    assert board_titles(window)[4] == "X-ray preview LAO 30 / CRA 20"
    assert window.desk.undo_titles[-1].startswith("Capture X-ray preview LAO 30 / CRA 20")

    files = sorted((tmp_path / "captures").iterdir())
    assert len(files) == 5
    for file in files:
        picture = QImage(str(file))
        assert (picture.width(), picture.height()) == (1920, 1080)
        assert (pixels(picture)[:900].max(axis=2) > 60).mean() > 0.02, file.name

    # The board: the X-ray goes to the front by dragging, an arrow is drawn on it, one stroke too many is undone.
    go(window, qtbot, Step.SHEET)
    board = window.board
    qtbot.waitUntil(lambda: board.resting, timeout=10_000)
    cards = board.cards()
    board.select(4)
    drag(board, board.cards()[4].picture.center(), board.cards()[0].picture.center() - QPointF(40, 0))
    assert board_titles(window)[0].startswith("X-ray preview")
    assert len(cards) == 5
    settle(window, qtbot)
    board.draw_on(0)
    place = board.editor.picture()
    drag(board.editor, on_picture((0.2, 0.2), place), on_picture((0.5, 0.5), place))
    drag(board.editor, on_picture((0.8, 0.8), place), on_picture((0.6, 0.6), place))
    assert len(window.desk.kept_case.board[0].notes) == 2
    window.desk.undo()
    assert len(window.desk.kept_case.board[0].notes) == 1
    board.editor.close()

    # Saved, closed, opened: the same pictures in the same order.
    before = window.desk.kept_case.board
    window.plans.save_to(tmp_path / "plan.ctoplan")
    qtbot.waitUntil(lambda: "saved" in window.message.text, timeout=20_000)
    window.desk.close()
    window.open_path(tmp_path / "plan.ctoplan")
    qtbot.waitUntil(lambda: window.desk.case is not None, timeout=30_000)
    settle(window, qtbot)
    after = window.desk.kept_case.board
    assert [item.title for item in after] == [item.title for item in before]
    assert all((one.png == two.png).all() for one, two in zip(after, before, strict=True))
    assert after[0].notes == before[0].notes

    # In the room: nothing of the plan can change.
    go(window, qtbot, Step.SHEET)
    qtbot.keyClick(window, Qt.Key.Key_F5)
    (shown,) = window.findChildren(Presentation)
    case = window.desk.kept_case
    seen = []
    for key in (Qt.Key.Key_Home, Qt.Key.Key_Space, Qt.Key.Key_Delete, Qt.Key.Key_S, Qt.Key.Key_End):
        qtbot.keyClick(shown, key)
        seen.append(shown.number)
    assert seen == [0, 1, 1, 1, 4]
    assert [number.label for number in shown.numbers()][:2] == ["length of the occlusion", "proximal cap"]
    qtbot.keyClick(shown, Qt.Key.Key_Escape)
    assert window.desk.kept_case is case
    assert window.captures.resting


def test_that_a_click_on_a_capture_brings_its_very_view_back(planned: MainWindow, qtbot: QtBot):
    window = planned
    volume = pane(window, "volume")
    volume.look_from(40.0, -25.0)
    wheel(volume, 3)
    window.grid.toggle_maximised(volume)
    settle(window, qtbot)
    capture(window, qtbot, "volume")
    camera, view = volume.camera, window.desk.view
    taken = pixels(volume.grab_picture())

    window.grid.toggle_maximised(volume)
    window.desk.look(carm=replace(view.carm, primary_deg=-80.0), cursor_lps_mm=view.cursor_lps_mm + 20)
    volume.look_from(0.0, 0.0)
    go(window, qtbot, Step.SHEET)
    board = window.board
    qtbot.waitUntil(lambda: board.resting, timeout=10_000)
    QTest.mouseClick(board, Qt.MouseButton.LeftButton, pos=board.cards()[0].picture.center().toPoint())
    settle(window, qtbot)
    assert window.desk.view.step is Step.OCCLUSION
    assert window.grid.maximised is volume
    assert np.allclose(window.desk.view.cursor_lps_mm, view.cursor_lps_mm)
    assert (volume.camera.primary_deg, volume.camera.secondary_deg) == (40.0, -25.0)
    assert volume.camera.height_mm == camera.height_mm
    assert (np.abs(pixels(volume.grab_picture()).astype(int) - taken) > 8).mean() < 0.002


def test_that_planes_come_back_with_their_zoom_and_place(planned: MainWindow, qtbot: QtBot):
    window = planned
    go(window, qtbot, Step.STUDY)
    axial = pane(window, "axial")
    axial.zoom_by(3.0, QPointF(axial.rect().center()))
    axial.invert()
    capture(window, qtbot, "axial")
    place = axial.place
    axial.whole_picture()
    axial.invert()
    window.restore(window.desk.kept_case.board[0])
    settle(window, qtbot)
    assert axial.place.zoom == place.zoom
    assert np.allclose(axial.place.center_lps_mm, place.center_lps_mm)
    assert axial.inverted


def test_that_a_capture_shows_the_moment_of_the_key_whatever_is_turned_meanwhile(planned: MainWindow, qtbot: QtBot):
    window = planned
    volume = pane(window, "volume")
    volume.setFocus()
    expected = volume.camera
    window.captures.take_pane(volume)
    volume.look_from(expected.primary_deg + 90, 0.0)
    qtbot.waitUntil(lambda: window.captures.resting, timeout=60_000)
    (item,) = window.desk.kept_case.board
    values = dict(item.place_of("volume").values)
    assert values["angles_deg"] == (expected.primary_deg, expected.secondary_deg)
    picture = pixels(QImage.fromData(item.png.tobytes(), "PNG")).astype(int)
    volume.look_from(expected.primary_deg, expected.secondary_deg)
    window.captures.take_pane(volume)
    qtbot.waitUntil(lambda: window.captures.resting, timeout=60_000)
    again = pixels(QImage.fromData(window.desk.kept_case.board[1].png.tobytes(), "PNG")).astype(int)
    assert (np.abs(picture - again) > 8).mean() < 0.002


@pytest.mark.parametrize("size", [CaptureSize.PANE, CaptureSize.UHD])
def test_that_the_size_is_chosen_and_the_board_keeps_what_a_screen_shows(
    planned: MainWindow, qtbot: QtBot, tmp_path: Path, size: CaptureSize
):
    window = planned
    keep(window.settings, replace(chosen(window.settings), size=size))
    shown = capture(window, qtbot, "xray")
    (file,) = (tmp_path / "captures").iterdir()
    picture = QImage(str(file))
    kept = QImage.fromData(window.desk.kept_case.board[0].png.tobytes(), "PNG")
    if size is CaptureSize.UHD:
        assert (picture.width(), picture.height()) == (3840, 2160)
        assert (kept.width(), kept.height()) == (1920, 1080)
    else:
        assert picture.width() == shown.width()
        assert shown.height() < picture.height() < shown.height() + 140
        assert kept.size() == picture.size()


def test_that_identity_is_burned_into_the_file_alone_and_forgotten_with_the_study(
    planned: MainWindow, qtbot: QtBot, tmp_path: Path
):
    window = planned
    identity = window.captures.identity
    identity.text, identity.burned_in = "Case 7", True
    capture(window, qtbot, "xray")
    (file,) = (tmp_path / "captures").iterdir()
    named = pixels(QImage(str(file)))
    kept = pixels(QImage.fromData(window.desk.kept_case.board[0].png.tobytes(), "PNG"))
    assert (named != kept).any()
    clipboard = pixels(QApplication.clipboard().image())
    assert (clipboard == named).all()
    assert "Case 7" in window.message.text
    window.plans.save_to(tmp_path / "plan.ctoplan")
    qtbot.waitUntil(lambda: "saved" in window.message.text, timeout=20_000)
    assert b"Case 7" not in (tmp_path / "plan.ctoplan").read_bytes()
    window.desk.close()
    assert window.captures.identity.shown == ""


def test_that_without_a_picture_there_is_a_sentence_and_no_capture(window: MainWindow):
    window.capture()
    assert "no picture to capture" in window.message.text
    window.captures.take_layout()
    assert "no picture to capture" in window.message.text
    window.present()
    assert "board is empty" in window.message.text


def test_that_a_folder_that_cannot_be_written_is_told_and_the_next_capture_works(
    planned: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "blocked").write_text("a file")
    monkeypatch.setenv("CTO_VIEWER_CAPTURES", str(tmp_path / "blocked" / "folder"))
    window = planned
    window.captures.take_pane(pane(window, "sections"))
    qtbot.waitUntil(lambda: window.captures.resting, timeout=30_000)
    assert "could not be written" in window.message.text
    monkeypatch.setenv("CTO_VIEWER_CAPTURES", str(tmp_path / "captures"))
    capture(window, qtbot, "sections")


def test_that_the_edits_are_listed_under_their_button(planned: MainWindow, qtbot: QtBot):
    capture(planned, qtbot, "sections")
    planned.strip.show_history()
    from viewer.ui.undo_history import UndoHistory

    (history,) = planned.strip.findChildren(UndoHistory)
    assert history.list.item(1).text().endswith(planned.desk.undo_titles[0])
    spot = history.list.visualItemRect(history.list.item(0)).center()
    qtbot.mouseClick(history.list.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(spot))
    assert planned.desk.kept_case.board == ()
    history.close()
