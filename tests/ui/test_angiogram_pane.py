"""A real angiogram beside the preview: opened, played, registered by dragging rings, closed; every step undoable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRect, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.analysis.occlusion.diseased_vessel import DiseasedVessel, Gap
from tests.dicom.xa_run import write_run
from viewer.analysis.plan import with_lesions
from viewer.desk.angiogram_edits import places_to_find
from viewer.desk.sight import on_vessel
from viewer.model.carm import CArm
from viewer.model.case import Case
from viewer.model.view import Step, ViewState
from viewer.ui.angiogram_card import AngiogramCard
from viewer.ui.angiogram_pane import AngiogramPane
from viewer.ui.capture_caption import caption_of
from viewer.ui.window import MainWindow

FRAMES = np.stack([np.full((64, 64), 60 + 40 * n) for n in range(4)]).astype("u1")


@pytest.fixture(scope="module")
def case() -> Case:
    return with_lesions(DiseasedVessel(gaps=(Gap(20, 38),), branch_mm=18.5).case())


@pytest.fixture
def window(themed: QApplication, qtbot: QtBot, case: Case) -> Iterator[MainWindow]:
    window = MainWindow()
    qtbot.addWidget(window)
    window.resize(1500, 900)
    window.show()
    lesion = case.lesions[0]
    view = on_vessel(case, ViewState(step=Step.VIEWS, lesion=0), lesion.vessel, lesion.proximal.station_mm)
    window.desk.open(case, view)
    window._show_browser(False)
    yield window
    window.close()


@pytest.fixture
def pane(window: MainWindow) -> AngiogramPane:
    return next(pane for pane in window.panes if isinstance(pane, AngiogramPane))


def open_run(window: MainWindow, qtbot: QtBot, path: Path) -> None:
    window.angiogram.open(path)
    qtbot.waitUntil(lambda: window.desk.kept_case.angiogram is not None, timeout=10_000)
    qtbot.waitUntil(lambda: not window.angiogram.busy, timeout=10_000)
    window.refresh()


def grey_of(pane: AngiogramPane) -> int:
    return pane.grab_picture(QSize(400, 400)).pixelColor(200, 300).red()


def drag(pane: AngiogramPane, start: QPointF, end: QPointF) -> None:
    left = Qt.MouseButton.LeftButton
    QTest.mousePress(pane, left, pos=start.toPoint())
    QTest.mouseMove(pane, end.toPoint())
    QTest.mouseRelease(pane, left, pos=end.toPoint())


def test_that_a_run_is_laid_beside_the_plan_and_shown_next_to_the_preview(
    window: MainWindow, pane: AngiogramPane, qtbot: QtBot, tmp_path: Path
) -> None:
    open_run(window, qtbot, write_run(tmp_path / "run.dcm", FRAMES))
    assert {"xray", "angiogram"} <= {shown.key for shown in window.grid.visible_panes}
    assert window.desk.undo_titles == ("Open an angiogram",)
    assert pane.subtitle() == "RAO 30 / CRA 20" and pane.header_right() == "1 / 4"
    assert "Not registered" in pane.registered_words()
    window.desk.undo()
    window.refresh()
    assert "angiogram" not in {shown.key for shown in window.grid.visible_panes}


def test_that_frames_follow_each_other_and_the_first_follows_the_last(
    window: MainWindow, pane: AngiogramPane, qtbot: QtBot, tmp_path: Path
) -> None:
    open_run(window, qtbot, write_run(tmp_path / "run.dcm", FRAMES, FrameTime="20"))
    window.desk.look(hidden_overlays=frozenset({"centrelines", "caps", "calcium", "landing", "branch", "names"}))
    window.refresh()
    seen = []
    for _ in range(5):
        qtbot.waitUntil(lambda: pane._flow.frames.frame(pane.number) is not None, timeout=5_000)
        seen.append(grey_of(pane))
        pane.step(1)
    assert seen == [60, 100, 140, 180, 60]
    pane.play(True)
    first = pane.number
    qtbot.waitUntil(lambda: pane.number != first, timeout=5_000)
    pane.play(False)
    held = pane.number
    qtbot.wait(100)
    assert pane.number == held and not pane.playing


def test_that_one_click_turns_the_preview_to_the_angles_of_the_run(
    window: MainWindow, pane: AngiogramPane, qtbot: QtBot, tmp_path: Path
) -> None:
    open_run(window, qtbot, write_run(tmp_path / "run.dcm", FRAMES, ImagerPixelSpacing=["2.5", "2.5"]))
    card = window.findChild(AngiogramCard)
    card.go.click()
    carm = window.desk.view.carm
    assert carm.label == "RAO 30 / CRA 20"
    assert (carm.sid_mm, carm.sod_mm, carm.detector_mm) == (1100, 780, 160)


def test_that_three_rings_dragged_onto_the_run_lay_the_plan_over_it(
    window: MainWindow, pane: AngiogramPane, qtbot: QtBot, tmp_path: Path
) -> None:
    open_run(window, qtbot, write_run(tmp_path / "run.dcm", FRAMES, ImagerPixelSpacing=["2.5", "2.5"]))
    case = window.desk.kept_case
    run = case.angiogram
    # the table stood elsewhere: the patient lies 12 mm to the side and 8 mm lower than guessed
    truth = replace(run.carm, isocenter_lps_mm=run.carm.isocenter_lps_mm + np.array([12.0, 0.0, 8.0]))
    pane.show_rings(True)
    for name, point in places_to_find(case, window.desk.view.cursor_lps_mm)[:3]:
        now = pane._screen(point, pane.rect())
        there = pane._screen_of(truth.project(point), pane.rect())
        drag(pane, QPointF(*now), QPointF(*there))
        assert window.desk.undo_titles[-1] == f"Find {name} on the angiogram"
        window.refresh()
        qtbot.waitUntil(lambda: not window.angiogram.busy, timeout=10_000)
    found = window.angiogram.registration
    assert found is not None and found.landmarks == 3
    points = case.tree["RCA"].centerline.points_lps_mm[::40]
    off_mm = np.linalg.norm(found.project(points) - truth.project(points), axis=1) * run.carm.sod_mm / run.carm.sid_mm
    assert off_mm.max() < 1.5
    assert "3 landmarks: about" in pane.registered_words() and "mm off" in pane.registered_words()
    window.angiogram.go()
    assert window.desk.view.carm.isocenter_lps_mm == pytest.approx(found.carm.isocenter_lps_mm)
    window.desk.undo()
    window.refresh()
    qtbot.waitUntil(lambda: window.angiogram.registration.landmarks == 2, timeout=10_000)
    window.angiogram.forget_landmarks()
    window.refresh()
    qtbot.waitUntil(lambda: window.angiogram.registration is None, timeout=10_000)


def test_that_the_angles_are_asked_for_where_the_run_does_not_tell_them(
    window: MainWindow, pane: AngiogramPane, qtbot: QtBot, tmp_path: Path
) -> None:
    open_run(window, qtbot, write_run(tmp_path / "run.dcm", FRAMES, PositionerPrimaryAngle=None))
    card = window.findChild(AngiogramCard)
    assert "does not tell its angles" in window.message.text
    assert card._typed.isVisible() and not card.go.isVisible() and pane.subtitle() == "angles unknown"
    card.primary.setValue(45)
    card.secondary.setValue(-25)
    card.tell.click()
    window.refresh()
    assert window.desk.kept_case.angiogram.carm.label == pane.subtitle() == "LAO 45 / CAU 25"
    assert not card._typed.isVisible() and card.go.isVisible()


def test_that_the_preview_is_blended_in_as_the_run_stood(
    window: MainWindow, pane: AngiogramPane, qtbot: QtBot, tmp_path: Path
) -> None:
    open_run(window, qtbot, write_run(tmp_path / "run.dcm", FRAMES, ImagerPixelSpacing=["2.5", "2.5"]))
    before = pane.grab_picture(QSize(400, 400))
    qtbot.waitUntil(lambda: pane._preview() is not None, timeout=30_000)
    pane.set_blend(1.0)
    qtbot.waitUntil(lambda: pane._ct is not None and pane.resting, timeout=30_000)
    assert pane.grab_picture(QSize(400, 400)) != before
    assert pane.place_values() == (("frame", 0), ("blend", 1.0))
    pane.restore_place({"frame": 2, "blend": 0.25})
    assert (pane.number, pane.blend) == (2, 0.25)
    pane.restore_place({"frame": 99, "blend": "much"})
    assert (pane.number, pane.blend) == (2, 0.25)


def test_that_zoom_keeps_what_is_under_the_mouse(
    window: MainWindow, pane: AngiogramPane, qtbot: QtBot, tmp_path: Path
) -> None:
    open_run(window, qtbot, write_run(tmp_path / "run.dcm", FRAMES))
    at = QPointF(pane.width() / 2 + 30, pane.height() / 2 - 20)
    before = pane._seen_mm(at)
    pane._zoom_at(at, 3)
    np.testing.assert_allclose(pane._seen_mm(at), before, atol=1e-6)
    pane._zoom_at(at, -9)
    assert pane._zoom == 1.0


def test_that_a_run_that_is_gone_is_said_so_and_its_landmarks_stay(
    window: MainWindow, pane: AngiogramPane, qtbot: QtBot, tmp_path: Path
) -> None:
    path = write_run(tmp_path / "run.dcm", FRAMES)
    open_run(window, qtbot, path)
    kept = window.desk.kept_case.angiogram
    path.unlink()
    window.desk.open(replace(window.desk.kept_case, angiogram=None))
    window.refresh()
    window.desk.open(replace(window.desk.kept_case, angiogram=kept))
    window.refresh()
    qtbot.waitUntil(lambda: bool(window.angiogram.missing), timeout=10_000)
    assert "not where it was" in window.angiogram.missing and not pane.empty


def test_that_another_patient_is_said_and_stays_on_the_picture(
    window: MainWindow, pane: AngiogramPane, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(window.message, "say", lambda text, *_: said.append(text))
    folder = tmp_path / "ct"
    folder.mkdir()
    write_run(folder / "ct.dcm", FRAMES[:1], SeriesInstanceUID="5.5", PatientID="4712")
    case = window.desk.kept_case
    facts = replace(case.volume.facts, source=str(folder), series_uid="5.5")
    window.desk.open(replace(case, volume=replace(case.volume, facts=facts)))
    open_run(window, qtbot, write_run(tmp_path / "run.dcm", FRAMES))
    (text,) = [text for text in said if "different patients" in text]
    assert "Miller" not in text and "4711" not in text
    assert window.desk.kept_case.angiogram.other_patient is True


def test_that_a_radiograph_is_refused_in_a_sentence(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path = write_run(tmp_path / "chest.dcm", FRAMES[:1], SOPClassUID="1.2.840.10008.5.1.4.1.1.1.1", Modality="DX")
    window.angiogram.open(path)
    qtbot.waitUntil(lambda: "plain radiograph" in window.message.text, timeout=10_000)
    assert window.desk.kept_case.angiogram is None


def test_that_closing_the_run_brings_the_view_map_back(
    window: MainWindow, pane: AngiogramPane, qtbot: QtBot, tmp_path: Path
) -> None:
    open_run(window, qtbot, write_run(tmp_path / "run.dcm", FRAMES))
    window.angiogram.close()
    window.refresh()
    shown = {shown.key for shown in window.grid.visible_panes}
    assert "view_map" in shown and "angiogram" not in shown


def test_that_keys_play_step_and_go(window: MainWindow, pane: AngiogramPane, qtbot: QtBot, tmp_path: Path) -> None:
    open_run(window, qtbot, write_run(tmp_path / "run.dcm", FRAMES))
    QTest.keyClick(pane, Qt.Key.Key_Right)
    assert pane.number == 1
    QTest.keyClick(pane, Qt.Key.Key_Left)
    QTest.keyClick(pane, Qt.Key.Key_Left)
    assert pane.number == 3
    QTest.keyClick(pane, Qt.Key.Key_Space)
    assert pane.playing
    QTest.keyClick(pane, Qt.Key.Key_Space)
    QTest.keyClick(pane, Qt.Key.Key_L)
    assert pane.finding and not pane.playing
    QTest.keyClick(pane, Qt.Key.Key_J)
    assert isinstance(window.desk.view.carm, CArm) and window.desk.view.carm.label == "RAO 30 / CRA 20"


def test_that_a_run_that_is_dropped_on_the_window_is_laid_beside_the_plan(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    case = window.desk.kept_case
    window.open_path(write_run(tmp_path / "run.dcm", FRAMES))
    qtbot.waitUntil(lambda: window.desk.kept_case.angiogram is not None, timeout=10_000)
    assert window.desk.kept_case.volume is case.volume


def test_that_any_other_file_is_opened_as_a_study(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    other = tmp_path / "other.dcm"
    other.write_bytes(b"no DICOM at all")
    window.open_path(other)
    qtbot.waitUntil(lambda: "no readable image" in window.message.text, timeout=10_000)
    assert window.desk.kept_case.angiogram is None


def test_that_a_capture_says_that_it_is_a_real_angiogram_and_from_where(
    window: MainWindow, pane: AngiogramPane, qtbot: QtBot, tmp_path: Path
) -> None:
    open_run(window, qtbot, write_run(tmp_path / "run.dcm", FRAMES))
    caption = caption_of(window.desk.kept_case, window.desk.view, pane, QRect(0, 0, 900, 500))
    assert caption.parts[:2] == ("real angiogram, C-arm RAO 30 / CRA 20", "frame 1 / 4")
    assert caption.place.startswith("RCA") and caption.scale_holds == "at the isocentre"
