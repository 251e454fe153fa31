"""On every step the next one is one click away, and it is the button that stands out."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from tests.journeys.conftest import settle
from tests.journeys.test_course_by_hand import hover
from viewer.desk.lesion_edits import delete_lesion
from viewer.desk.sight import on_vessel
from viewer.model.view import Step
from viewer.ui.facts_form import FactsForm
from viewer.ui.window import MainWindow

LEFT = Qt.MouseButton.LeftButton


def primary(window: MainWindow, step: Step) -> QPushButton:
    """Return the one button of a step that stands out."""
    panel = window.rail.panel(step)
    (button,) = [one for one in panel.findChildren(QPushButton, "primary") if one.isVisibleTo(panel)]
    return button


def test_that_one_button_leads_on_from_the_study_to_the_sheet(planned: MainWindow, qtbot: QtBot):
    said = []
    planned.desk.look(step=Step.STUDY, lesion=None)
    for _ in range(6):
        settle(planned, qtbot)
        button = primary(planned, planned.desk.view.step)
        said.append((planned.desk.view.step.value, button.text()))
        if planned.desk.view.step is not Step.SHEET:
            qtbot.mouseClick(button, LEFT)
    assert said == [
        ("Study", "Look at the occlusion"),
        ("Occlusion", "Accept P"),
        ("Occlusion", "Accept D"),
        ("Occlusion", "Choose the views"),
        ("Views", "To the planning sheet"),
        ("Sheet", "Save sheet as PDF…"),
    ]
    assert planned.desk.undo_titles == ("Accept proximal cap", "Accept distal cap")


@pytest.mark.parametrize("step", [Step.TREE, Step.VESSEL])
def test_that_tree_and_vessel_lead_to_the_proximal_cap(planned: MainWindow, qtbot: QtBot, step: Step):
    planned.desk.look(step=step, vessel="LAD", lesion=None)
    settle(planned, qtbot)
    qtbot.mouseClick(primary(planned, step), LEFT)
    view, lesion = planned.desk.view, planned.desk.kept_case.lesions[0]
    assert (view.step, view.vessel, view.lesion) == (Step.OCCLUSION, "RCA", 0)
    station = planned.desk.case.tree["RCA"].centerline.nearest_station_mm(view.cursor_lps_mm)[0]
    assert station == pytest.approx(lesion.proximal.station_mm, abs=0.1)


def test_that_without_an_occlusion_the_way_leads_along_tree_and_vessels(planned: MainWindow, qtbot: QtBot):
    planned.desk.apply(delete_lesion(planned.desk.kept_case, 0), "Delete")
    planned.desk.look(step=Step.STUDY)
    settle(planned, qtbot)
    qtbot.mouseClick(primary(planned, Step.STUDY), LEFT)
    assert planned.desk.view.step is Step.TREE
    settle(planned, qtbot)
    assert primary(planned, Step.TREE).text() == "Look along the vessels"
    qtbot.mouseClick(primary(planned, Step.TREE), LEFT)
    assert planned.desk.view.step is Step.VESSEL


def test_that_the_form_of_facts_fits_a_small_screen(planned: MainWindow):
    form = FactsForm(planned.desk.case.facts, "RCA", lambda facts: None, planned)
    assert form.sizeHint().height() <= 600 and form.sizeHint().width() <= 1000
    form.close()


def test_that_putting_a_cap_at_the_cursor_is_shown_while_the_mouse_is_on_the_button(planned: MainWindow, qtbot: QtBot):
    before = planned.desk.kept_case
    planned.desk.look(on_vessel(before, planned.desk.view, "RCA", before.lesions[0].distal.station_mm - 10))
    settle(planned, qtbot)
    panel = planned.rail.panel(Step.OCCLUSION)
    hover(panel._here[0], True)
    assert planned.desk.case.lesions[0].length_mm == pytest.approx(10.0, abs=0.1)
    assert planned.desk.kept_case is before
    hover(panel._here[0], False)
    assert planned.desk.case is before
    qtbot.mouseClick(panel._here[0], LEFT)
    assert planned.desk.kept_case.lesions[0].length_mm == pytest.approx(10.0, abs=0.1)
