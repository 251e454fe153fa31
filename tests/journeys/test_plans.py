"""A plan is kept, saved, found again; nothing is lost."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from tests.journeys.conftest import open_study
from viewer.casefile import load_case
from viewer.desk.tree_edits import add_vessel
from viewer.dicom import write_series
from viewer.model.centerline import Centerline
from viewer.model.mark import Mark
from viewer.ui.case_flow import unsaved_plans
from viewer.ui.window import MainWindow


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTO_VIEWER_STATE", str(tmp_path / "state"))


def measure(window: MainWindow, x_mm: float) -> None:
    case = window.desk.kept_case
    mark = Mark(np.array([[0, 0, 0], [x_mm, 0, 0.0]]))
    window.desk.apply(replace(case, marks=(*case.marks, mark)), "Measure distance")


def saved(window: MainWindow, qtbot: QtBot, path: Path) -> None:
    window.plans.save_to(path)
    qtbot.waitUntil(lambda: "saved" in window.message.text, timeout=5000)


def test_that_a_saved_plan_opens_with_its_pictures_tree_and_marks(opened: MainWindow, qtbot: QtBot, tmp_path: Path):
    measure(opened, 12)
    line = Centerline(np.linspace((0, 0, 0), (0, 20, 0), 41), inferred=((5, 9),))
    opened.desk.apply(add_vessel(opened.desk.kept_case, "RCA", line), "Trace RCA")
    saved(opened, qtbot, tmp_path / "plan.ctoplan")
    opened.desk.close()
    opened.open_path(tmp_path / "plan.ctoplan")
    qtbot.waitUntil(lambda: opened.desk.case is not None, timeout=20_000)
    assert [mark.length_mm for mark in opened.desk.case.marks] == [12]
    assert opened.desk.case.tree["RCA"].centerline.inferred == ((5, 9),)
    assert opened.desk.case.volume.complete
    assert tmp_path / "plan.ctoplan" in opened.settings.recent
    assert not opened.plans.unsaved


def test_that_edits_are_kept_by_themselves_and_offered_the_next_time(opened: MainWindow, qtbot: QtBot, tmp_path: Path):
    measure(opened, 7)
    qtbot.waitUntil(lambda: len(unsaved_plans()) == 1, timeout=5000)
    measure(opened, 8)
    opened.desk.undo()
    (plan,) = unsaved_plans()
    qtbot.wait(300)
    opened.desk.close()
    opened.flow.show_start()
    texts = [opened.browser._recent.itemAt(n).widget().text() for n in range(opened.browser._recent.count())]
    assert any("Unsaved plan" in text for text in texts)
    opened.open_path(plan)
    qtbot.waitUntil(lambda: opened.desk.case is not None, timeout=20_000)
    assert [mark.length_mm for mark in opened.desk.case.marks] == [7]
    assert "/state/" not in str(opened.settings.recent)


def test_that_saving_takes_the_unsaved_copy_away(opened: MainWindow, qtbot: QtBot, tmp_path: Path):
    measure(opened, 7)
    qtbot.waitUntil(lambda: len(unsaved_plans()) == 1, timeout=5000)
    assert opened.plans.unsaved
    saved(opened, qtbot, tmp_path / "plan.ctoplan")
    assert unsaved_plans() == []
    assert not opened.plans.unsaved


def test_that_a_plan_whose_pictures_moved_asks_for_them_and_is_then_laid_on_them(
    window: MainWindow, qtbot: QtBot, study_folder: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
):
    ct = tmp_path / "a" / "ct"
    shutil.copytree(study_folder, ct)
    open_study(window, qtbot, ct)
    measure(window, 9)
    saved(window, qtbot, tmp_path / "plan.ctoplan")
    window_volume = window.desk.case.volume
    window.desk.close()
    moved = tmp_path_factory.mktemp("elsewhere") / "ct"
    ct.rename(moved)
    window.open_path(tmp_path / "plan.ctoplan")
    qtbot.waitUntil(lambda: "not where they were" in window.message.text, timeout=10_000)
    other = tmp_path_factory.mktemp("other")
    write_series(window_volume, other, phase_percent=75, series_uid="1.2.3")
    open_study(window, qtbot, other)
    assert "does not belong" in window.message.text and not window.desk.case.marks
    open_study(window, qtbot, moved)
    qtbot.waitUntil(lambda: bool(window.desk.case.marks), timeout=10_000)
    assert [mark.length_mm for mark in window.desk.case.marks] == [9]


def test_that_a_plan_finds_its_pictures_in_a_folder_that_got_another_name(
    window: MainWindow, qtbot: QtBot, study_folder: Path, tmp_path: Path
):
    ct = tmp_path / "patients" / "unsorted"
    shutil.copytree(study_folder, ct)
    open_study(window, qtbot, ct)
    measure(window, 9)
    plan = tmp_path / "plans" / "plan.ctoplan"
    saved(window, qtbot, plan)
    window.desk.close()
    ct.rename(tmp_path / "patients" / "2026 CTO")
    (tmp_path / "patients" / "another").mkdir()
    window.open_path(plan)
    qtbot.waitUntil(lambda: window.desk.case is not None, timeout=20_000)
    assert [mark.length_mm for mark in window.desk.case.marks] == [9]
    assert window.desk.case.volume.facts.source.endswith("2026 CTO")


def test_that_a_damaged_plan_gets_one_sentence_and_the_window_goes_on(window: MainWindow, qtbot: QtBot, tmp_path: Path):
    (tmp_path / "bad.ctoplan").write_bytes(b"PK not a plan")
    window.open_path(tmp_path / "bad.ctoplan")
    qtbot.waitUntil(lambda: "bad.ctoplan" in window.message.text, timeout=10_000)
    assert window.browser.page == "start"


def test_that_an_edit_that_is_made_while_a_plan_is_being_saved_is_kept_too(
    opened: MainWindow, qtbot: QtBot, tmp_path: Path
):
    measure(opened, 7)
    opened.plans.save_to(tmp_path / "plan.ctoplan")
    measure(opened, 8)
    qtbot.waitUntil(lambda: "is saved" in opened.message.text, timeout=5000)
    qtbot.waitUntil(lambda: not opened.busy, timeout=5000)
    (kept,) = unsaved_plans()
    assert len(load_case(kept).restore(opened.desk.kept_case.volume)[0].marks) == 2
    assert len(load_case(tmp_path / "plan.ctoplan").restore(opened.desk.kept_case.volume)[0].marks) == 1
