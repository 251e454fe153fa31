"""From the empty window to a heart that was looked at from all sides, with mouse and keys."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRect, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from tests.journeys.conftest import find_by_itself, open_study, pane, pixels, settle, wheel
from viewer.model.view import Step
from viewer.ui.keys_sheet import KeysSheet
from viewer.ui.tools import Tool
from viewer.ui.window import MainWindow


def test_that_a_new_window_says_what_to_do_first(window: MainWindow):
    assert window.browser.page == "start"
    assert window.desk.case is None
    assert not window.strip.isVisible()
    assert "Drop the folder" in window.rail.panel(Step.STUDY)._card.text.text()


def test_that_a_study_is_listed_with_its_verdict_and_the_recommended_series_opens(
    window: MainWindow, qtbot: QtBot, study_folder: Path
):
    window.open_path(study_folder)
    qtbot.waitUntil(lambda: window.browser.page == "series", timeout=20_000)
    (card,) = window.browser.cards
    assert card.series.facts.description == "CorCTA"
    qtbot.waitUntil(lambda: not card._thumbnail.pixmap().isNull(), timeout=10_000)
    window.browser._open_selected()
    qtbot.waitUntil(lambda: window.desk.case is not None and window.desk.case.volume.complete, timeout=30_000)
    settle(window, qtbot)
    assert {p.key for p in window.grid.visible_panes} == {"axial", "coronal", "sagittal", "volume"}
    assert window.settings.recent == [study_folder]
    assert window.facts.isVisible()


def test_that_the_planes_show_the_contrast_of_the_heart_bright_and_the_lungs_dark(opened: MainWindow):
    axial = pixels(pane(opened, "axial").grab_picture())
    grey = axial[..., 0][(axial.max(2) - axial.min(2)) < 6]
    assert (grey > 150).mean() > 0.02
    assert (grey < 40).mean() > 0.2


def test_that_the_volume_rendering_shows_a_warm_heart_in_its_middle(opened: MainWindow):
    picture = pixels(pane(opened, "volume").grab_picture()).astype(int)
    rows, columns, _ = picture.shape
    middle = picture[rows // 4 : -rows // 4, columns // 4 : -columns // 4]
    warm = (middle[..., 0] > middle[..., 2] + 25) & (middle[..., 0] > 60)
    assert warm.mean() > 0.25


def test_that_the_wheel_goes_from_slice_to_slice_and_the_other_planes_follow(opened: MainWindow, qtbot: QtBot):
    spacing = opened.desk.case.volume.geometry.spacing_mm[0]
    before = opened.desk.view.cursor_lps_mm.copy()
    coronal = pixels(pane(opened, "coronal").grab_picture())
    wheel(pane(opened, "axial"), 3)
    settle(opened, qtbot)
    moved = opened.desk.view.cursor_lps_mm - before
    assert np.allclose(np.abs(moved), (0, 0, 3 * spacing), atol=1e-6)
    assert (pixels(pane(opened, "coronal").grab_picture()) != coronal).any()


def test_that_a_drag_changes_the_window_everywhere_and_a_key_brings_the_preset_back(opened: MainWindow, qtbot: QtBot):
    axial = pane(opened, "axial")
    was = opened.desk.view.window
    middle = axial.rect().center() + QPoint(60, 50)
    qtbot.mousePress(axial, Qt.MouseButton.LeftButton, pos=middle)
    qtbot.mouseMove(axial, middle + QPoint(40, 0))
    qtbot.mouseMove(axial, middle + QPoint(80, 30))
    qtbot.mouseRelease(axial, Qt.MouseButton.LeftButton, pos=middle + QPoint(80, 30))
    changed = opened.desk.view.window
    assert changed.width_hu > was.width_hu
    assert changed.level_hu != was.level_hu
    axial.setFocus()
    qtbot.keyClick(axial, Qt.Key.Key_1)
    assert opened.desk.view.window == was


def test_that_a_distance_is_measured_kept_undone_and_done_again(opened: MainWindow, qtbot: QtBot):
    axial = pane(opened, "axial")
    opened.tools.choose(Tool.DISTANCE)
    for place in (QPoint(120, 150), QPoint(260, 150)):
        qtbot.mouseClick(axial, Qt.MouseButton.LeftButton, pos=place)
    (mark,) = opened.desk.case.marks
    assert mark.length_mm > 5
    assert opened.desk.undo_titles == ("Measure distance",)
    qtbot.keyClick(opened, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert opened.desk.case.marks == ()
    qtbot.keyClick(opened, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert opened.desk.case.marks == (mark,)


def test_that_one_key_maximises_a_pane_and_brings_the_others_back(opened: MainWindow, qtbot: QtBot):
    volume = pane(opened, "volume")
    volume.setFocus()
    qtbot.keyClick(volume, Qt.Key.Key_F)
    assert opened.grid.visible_panes == [volume]
    assert volume.width() > 700
    settle(opened, qtbot)
    qtbot.keyClick(volume, Qt.Key.Key_F)
    assert len(opened.grid.visible_panes) == 4


def test_that_a_capture_is_a_file_and_on_the_clipboard_without_the_patients_name(
    opened: MainWindow, qtbot: QtBot, tmp_path
):
    axial = pane(opened, "axial")
    axial.setFocus()
    qtbot.keyClick(axial, Qt.Key.Key_S)
    qtbot.waitUntil(lambda: opened.captures.resting, timeout=20_000)
    (file,) = (tmp_path / "captures").iterdir()
    image = QImage(str(file))
    assert (image.width(), image.height()) == (1920, 1080)
    assert not QApplication.clipboard().image().isNull()
    assert "without the patient's name" in opened.message.text


def test_that_the_question_mark_lists_every_key_and_any_key_takes_it_away(opened: MainWindow, qtbot: QtBot):
    opened.show_keys()
    sheet = opened.findChild(KeysSheet)
    assert sheet is not None
    qtbot.keyClick(sheet, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: opened.findChild(KeysSheet) is None)


def test_that_no_word_of_the_keys_is_cut_on_a_small_screen(window: MainWindow, qtbot: QtBot):
    window.resize(1366, 768)
    window.show_keys()
    qtbot.wait(50)
    sheet = window.findChild(KeysSheet)
    for label in sheet.findChildren(QLabel):
        assert label.heightForWidth(label.width()) <= label.height(), label.text()
        longest = max(label.fontMetrics().horizontalAdvance(word) for word in label.text().split(" "))
        assert longest <= label.width(), label.text()
        assert sheet.rect().contains(QRect(label.mapTo(sheet, QPoint()), label.size())), label.text()


def test_that_layout_and_window_are_there_again_the_next_time(opened: MainWindow, qtbot: QtBot, tmp_path: Path):
    first = [p.key for p in opened.grid.visible_panes]
    opened.grid._swap(first[0], first[1])
    qtbot.keyClick(opened, Qt.Key.Key_2)
    preset = opened.desk.view.window
    opened.close()
    kept = json.loads((tmp_path / "config" / "settings.json").read_text())
    assert kept["window"] == [preset.level_hu, preset.width_hu]
    again = MainWindow()
    qtbot.addWidget(again)
    assert again.desk.view.window == preset
    assert [p.key for p in again.grid.visible_panes][:2] == [first[1], first[0]]
    again.close()


def test_that_a_folder_without_pictures_is_refused_in_one_sentence(window: MainWindow, qtbot: QtBot, tmp_path: Path):
    (tmp_path / "holiday").mkdir()
    (tmp_path / "holiday" / "beach.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a CT")
    window.open_path(tmp_path / "holiday")
    qtbot.waitUntil(lambda: window.message.isVisible() or window.browser.page == "series", timeout=10_000)
    said = window.message.text or window.browser._study_summary.text()
    assert "beach" in said or "no " in said.lower()
    assert window.desk.case is None


def test_that_a_missing_folder_is_refused_in_one_sentence(window: MainWindow, qtbot: QtBot, tmp_path: Path):
    window.open_path(tmp_path / "gone")
    qtbot.waitUntil(lambda: bool(window.message.text), timeout=10_000)
    assert "gone" in window.message.text
    assert window.browser.page == "start"


@pytest.mark.parametrize("wait_ms", [0, 30, 150])
def test_that_closing_while_something_loads_is_clean(
    window: MainWindow, qtbot: QtBot, study_folder: Path, wait_ms: int
):
    window.open_path(study_folder)
    qtbot.waitUntil(lambda: window.browser.page == "series", timeout=20_000)
    window.browser._open_selected()
    qtbot.wait(wait_ms)
    assert window.close()


def test_that_loading_can_be_cancelled_and_another_study_opened(window: MainWindow, qtbot: QtBot, study_folder: Path):
    window.open_path(study_folder)
    window.flow.cancel()
    qtbot.waitUntil(lambda: window.browser.page == "start", timeout=10_000)
    assert window.desk.case is None
    open_study(window, qtbot, study_folder)
    assert window.desk.case is not None


@pytest.mark.parametrize("opened_before", [False, True])
def test_that_a_folder_dropped_on_the_window_is_opened(
    window: MainWindow, qtbot: QtBot, study_folder: Path, opened_before: bool
):
    if opened_before:
        open_study(window, qtbot, study_folder)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(study_folder))])
    target = window if opened_before else window.browser
    how = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(target, QDragEnterEvent(QPoint(300, 300), *how))
    QApplication.sendEvent(target, QDropEvent(QPointF(300, 300), *how))
    qtbot.waitUntil(lambda: window.browser.page == "series" and window.browser.isVisible(), timeout=20_000)


def test_that_what_went_wrong_is_not_said_any_more_once_another_study_is_opened(
    window: MainWindow, qtbot: QtBot, study_folder: Path, tmp_path: Path
):
    window.open_path(tmp_path / "nowhere")
    qtbot.waitUntil(lambda: window.message.isVisible(), timeout=20_000)
    assert "is not there" in window.message.text
    open_study(window, qtbot, study_folder)
    assert not window.message.isVisible()


def test_that_the_former_plan_lies_open_again_when_the_loading_of_another_study_is_cancelled(
    planned: MainWindow, qtbot: QtBot, study_folder: Path, monkeypatch: pytest.MonkeyPatch
):
    import viewer.dicom

    def never_ending(series, progress, first):
        volume = planned.desk.kept_case.volume
        first(volume.hu, volume.geometry, np.zeros(len(volume.hu), bool))
        while True:
            progress(0.1, "Reading")
            time.sleep(0.01)

    former = planned.desk.kept_case
    planned.open_path(study_folder)
    qtbot.waitUntil(lambda: planned.browser.page == "series", timeout=20_000)
    monkeypatch.setattr(viewer.dicom, "read", never_ending)
    planned.browser._open_selected()
    qtbot.waitUntil(lambda: planned.desk.kept_case is not former, timeout=20_000)
    find_by_itself(planned, True)
    planned.flow.cancel()
    qtbot.waitUntil(lambda: planned.desk.kept_case is former, timeout=20_000)
    settle(planned, qtbot)
    assert planned.grid.isVisible() and not planned.tree_flow.finding
    assert [lesion.vessel for lesion in planned.desk.kept_case.lesions] == ["RCA"]
