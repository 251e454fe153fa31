"""A study is opened, and the program begins by itself; what was planned before is there again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

import viewer.analysis.plan
from tests.journeys.conftest import find_by_itself, open_study, settle, wheel, with_occlusion
from viewer.analysis.fluoro.foreshortening import foreshortening_percent, stretch_points
from viewer.demo.case import DemoCase
from viewer.model.case import Case
from viewer.model.mark import Mark
from viewer.model.view import Step
from viewer.model.volume import Severity
from viewer.ui.case_flow import autosave_path, unsaved_plans
from viewer.ui.window import MainWindow


@pytest.fixture
def found(heart: DemoCase, monkeypatch: pytest.MonkeyPatch) -> None:
    """The truth in place of the analysis, for which the small heart is too coarse."""
    monkeypatch.setattr(
        viewer.analysis.plan,
        "with_tree_of",
        lambda case, seeds, progress, give: replace(with_occlusion(heart, case), lesions=()),
    )
    monkeypatch.setattr(
        viewer.analysis.plan, "with_lesions", lambda case, progress, threshold: with_occlusion(heart, case)
    )
    monkeypatch.setattr("viewer.analysis.enhancement.enhancement_along", lambda volume, line: None)


@pytest.fixture
def eager(window: MainWindow) -> MainWindow:
    """The window as a new user gets it."""
    find_by_itself(window, True)
    return window


def open_heart(window: MainWindow, qtbot: QtBot, heart: DemoCase) -> None:
    """Open the small heart as the demonstration is: nothing was found against it, unlike against its DICOM series."""
    window.flow._read(heart.volume)
    settle(window, qtbot)


def is_measured(window: MainWindow) -> bool:
    return bool(window.desk.kept_case.lesions) and not window.busy


def test_that_the_program_says_what_is_occluded_without_being_asked_and_leads_there(
    eager: MainWindow, qtbot: QtBot, heart: DemoCase, found
):
    open_heart(eager, qtbot, heart)
    qtbot.waitUntil(lambda: is_measured(eager), timeout=20_000)
    qtbot.wait(50)
    panel = eager.rail.panel(Step.STUDY)
    assert panel._found.isVisibleTo(panel)
    assert "RCA is occluded for" in panel._found.text.text()
    assert "blunt cap, ambiguous" in panel._found.text.text()
    assert eager.desk.view.step is Step.STUDY
    qtbot.waitUntil(lambda: eager.desk.view.carm.label != "AP", timeout=20_000)
    panel._go.click()
    (lesion,) = eager.desk.kept_case.lesions
    stretch = lesion.proximal.station_mm, lesion.distal.station_mm
    assert eager.desk.view.step is Step.OCCLUSION
    seen = eager.desk.view.carm
    points = stretch_points(eager.desk.kept_case.tree["RCA"].centerline, *stretch)
    angles = (seen.primary_deg, seen.secondary_deg)
    assert foreshortening_percent(points, *angles) < foreshortening_percent(points, 0.0, 0.0)
    eager.desk.look(step=Step.VIEWS)
    facts = eager.lesion_facts
    bar = facts.verticalScrollBar()

    def begins_with_the_views() -> bool:
        return facts.ready and 0 < bar.value() == min(facts._views_card.y() - 6, bar.maximum())

    qtbot.waitUntil(begins_with_the_views, timeout=20_000)
    wheel(facts.viewport(), 20)
    qtbot.wait(50)
    assert bar.value() == 0, "the column goes back although it was scrolled"


def test_that_a_cursor_that_was_moved_meanwhile_is_not_taken_away(
    eager: MainWindow, qtbot: QtBot, heart: DemoCase, found, monkeypatch: pytest.MonkeyPatch
):
    mine = np.array([5.0, 7.0, 9.0])
    instead = viewer.analysis.plan.with_tree_of

    def slow(case: Case, seeds, progress, give) -> Case:
        moved.append(True)
        return instead(case, seeds, progress, give)

    moved: list[bool] = []
    monkeypatch.setattr(viewer.analysis.plan, "with_tree_of", slow)
    began = eager.tree_flow.find_by_itself

    def move_then(*_: object) -> None:
        began()
        eager.desk.look(cursor_lps_mm=mine)

    monkeypatch.setattr(eager.tree_flow, "find_by_itself", move_then)
    open_heart(eager, qtbot, heart)
    qtbot.waitUntil(lambda: is_measured(eager), timeout=20_000)
    assert moved
    assert np.array_equal(eager.desk.view.cursor_lps_mm, mine)
    assert eager.desk.view.vessel == "RCA"


def test_that_a_scan_too_coarse_for_a_tree_says_so_once_and_stays_open(
    eager: MainWindow, qtbot: QtBot, heart: DemoCase
):
    open_heart(eager, qtbot, heart)
    qtbot.waitUntil(lambda: "too coarse" in eager.message.text or "so coarse" in eager.message.text, timeout=20_000)
    assert eager.desk.kept_case is not None
    assert not eager.desk.kept_case.tree.vessels


def test_that_a_series_unfit_for_planning_is_only_shown(eager: MainWindow, qtbot: QtBot, study_folder):
    open_study(eager, qtbot, study_folder)
    assert any(finding.severity is Severity.REFUSAL for finding in eager.desk.kept_case.volume.findings)
    assert not eager.tree_flow.finding


def measured_once(window: MainWindow, qtbot: QtBot) -> None:
    case = window.desk.kept_case
    window.desk.apply(replace(case, marks=(Mark(np.array([[0, 0, 0], [7, 0, 0.0]])),)), "Measure distance")
    qtbot.waitUntil(lambda: len(unsaved_plans()) == 1, timeout=5000)
    qtbot.waitUntil(lambda: not window.busy, timeout=5000)


def test_that_what_was_planned_before_is_not_written_over_when_the_study_is_opened_again(
    eager: MainWindow, qtbot: QtBot, heart: DemoCase, found
):
    find_by_itself(eager, False)
    open_heart(eager, qtbot, heart)
    measured_once(eager, qtbot)
    find_by_itself(eager, True)
    eager.desk.close()
    qtbot.wait(20)
    open_heart(eager, qtbot, heart)
    qtbot.waitUntil(lambda: bool(eager.desk.kept_case.marks), timeout=5000)
    qtbot.wait(100)
    assert "as you left it" in eager.message.text
    assert not eager.tree_flow.finding
    panel = eager.rail.panel(Step.STUDY)
    panel.refresh(eager.desk.case, eager.desk.view)
    panel._start_anew()
    qtbot.waitUntil(lambda: is_measured(eager), timeout=20_000)
    assert not eager.desk.kept_case.marks
    while eager.desk.undo():
        pass
    assert eager.desk.kept_case.marks


def test_that_an_unsaved_plan_that_cannot_be_read_is_set_aside_and_not_lost(
    window: MainWindow, qtbot: QtBot, study_folder
):
    open_study(window, qtbot, study_folder)
    measured_once(window, qtbot)
    path = autosave_path(window.desk.kept_case.volume)
    path.write_bytes(b"PK damaged")
    window.desk.close()
    open_study(window, qtbot, study_folder)
    qtbot.waitUntil(lambda: path.name in window.message.text, timeout=5000)
    assert window.desk.kept_case is not None
    assert path.with_suffix(".unreadable").read_bytes() == b"PK damaged"
    assert not path.exists()
