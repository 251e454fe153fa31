"""Along the steps: trace a vessel by clicks, move a cap, turn the C-arm; and back by undo."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from tests.journeys.conftest import pane, pixels, settle, wheel
from viewer.demo.case import DemoCase
from viewer.model.centerline import Centerline
from viewer.model.vessel import Author
from viewer.model.view import Step
from viewer.ui.facts_form import FactsForm
from viewer.ui.theme import color
from viewer.ui.window import MainWindow


def click_on(window: MainWindow, qtbot: QtBot, point: np.ndarray) -> None:
    """Go to the slice of a point and click on it in the axial plane."""
    window.desk.look(cursor_lps_mm=point)
    qtbot.wait(30)
    axial = pane(window, "axial")
    qtbot.mouseClick(axial, Qt.MouseButton.LeftButton, pos=axial.frame().to_screen(point).toPoint())


def test_that_two_clicks_trace_a_vessel_that_enter_keeps_and_undo_takes_away(
    opened: MainWindow, qtbot: QtBot, heart: DemoCase
):
    opened.desk.look(step=Step.TREE)
    settle(opened, qtbot)
    true = heart.truth["LAD"]
    opened.tree_flow.hand.begin("LAD")
    for station in (6, 70):
        click_on(opened, qtbot, true.points_lps_mm[station])
    qtbot.waitUntil(lambda: opened.tree_flow.hand.can_finish, timeout=20_000)
    assert "LAD" in opened.desk.case.tree
    assert "LAD" not in opened.desk.kept_case.tree
    opened.tree_flow.hand.finish()
    line = opened.desk.kept_case.tree["LAD"].centerline
    away = [Centerline(true.points_lps_mm).nearest_station_mm(point)[1] for point in line.points_lps_mm]
    assert np.median(away) < 1.0
    assert opened.desk.kept_case.tree["LAD"].author is Author.OPERATOR
    opened.tree_flow.stop()
    while opened.desk.undo_titles and opened.desk.undo_titles[-1] != "Trace LAD":
        opened.desk.undo()
    opened.desk.undo()
    assert "LAD" not in opened.desk.case.tree


def test_that_a_click_into_the_air_gets_a_sentence_and_no_path(opened: MainWindow, qtbot: QtBot, heart: DemoCase):
    opened.desk.look(step=Step.TREE)
    opened.tree_flow.hand.begin("LAD")
    low = opened.desk.case.volume.geometry.to_lps((2, 2, 2))
    opened.tree_flow.hand.click(heart.truth["LAD"].points_lps_mm[6])
    opened.tree_flow.hand.click(low)
    qtbot.waitUntil(lambda: opened.message.isVisible() or opened.tree_flow.hand.can_finish, timeout=20_000)
    assert opened.message.text
    assert len(opened.tree_flow.hand.clicks) == 1
    opened.tree_flow.hand.cancel()
    assert opened.desk.case is opened.desk.kept_case


def test_that_a_cap_is_dragged_on_the_reformation_and_comes_back_by_undo(planned: MainWindow, qtbot: QtBot):
    reformation = pane(planned, "reformation")
    lesion = planned.desk.case.lesions[0]
    before = lesion.length_mm
    x = reformation._x(lesion.proximal.station_mm, reformation.rect())
    start = QPoint(round(x), reformation.height() // 3)
    qtbot.mousePress(reformation, Qt.MouseButton.LeftButton, pos=start)
    for step in (10, 20, 30):
        qtbot.mouseMove(reformation, start + QPoint(step, 0))
    assert planned.desk.kept_case.lesions[0] is lesion
    qtbot.mouseRelease(reformation, Qt.MouseButton.LeftButton, pos=start + QPoint(30, 0))
    moved = planned.desk.kept_case.lesions[0]
    assert moved.length_mm < before - 1
    assert moved.proximal.author is Author.OPERATOR
    assert moved.proximal.proposed_mm == lesion.proximal.station_mm
    assert planned.desk.undo_titles == ("Move proximal cap",)
    planned.desk.undo()
    assert planned.desk.case.lesions[0] is lesion


def test_that_scores_follow_the_caps_and_the_typed_facts_and_come_back_by_undo(planned: MainWindow, qtbot: QtBot):
    def total(name: str) -> tuple[float, float]:
        told = planned.lesion_facts.told
        return next(score.total for score in told.scores if score.name == name)

    qtbot.waitUntil(lambda: planned.lesion_facts.told is not None, timeout=20_000)
    wide = total("J-CTO (CT)")
    form = FactsForm(
        planned.desk.case.facts,
        "RCA",
        lambda facts: planned.tree_flow.edit(lambda case: replace(case, facts=facts), "Type clinical facts"),
        planned,
    )
    form.answer("previous_attempt", True)
    form._keep()
    qtbot.waitUntil(lambda: total("J-CTO (CT)")[0] == wide[0] + 1, timeout=20_000)
    assert planned.desk.undo_titles[-1] == "Type clinical facts"
    planned.desk.undo()
    qtbot.waitUntil(lambda: total("J-CTO (CT)") == wide, timeout=20_000)


def test_that_accepting_both_caps_ticks_the_step(planned: MainWindow, qtbot: QtBot):
    panel = planned.rail.panel(Step.OCCLUSION)
    assert not panel.done(planned.desk.case)
    panel._accept.click()
    qtbot.wait(30)
    assert panel._accept_distal.isVisible()
    panel._accept_distal.click()
    assert panel.done(planned.desk.case)
    assert planned.desk.undo_titles == ("Accept proximal cap", "Accept distal cap")


def test_that_one_cursor_moves_along_all_panes(planned: MainWindow, qtbot: QtBot):
    sections = pane(planned, "sections")
    before = planned.desk.view.cursor_lps_mm
    wheel(sections, -4)
    moved = np.linalg.norm(planned.desk.view.cursor_lps_mm - before)
    assert moved == pytest.approx(2.0, abs=0.1)
    assert sections.stations_mm()[1] == pytest.approx(planned.desk.case.lesions[0].proximal.station_mm + 2, abs=0.2)


def test_that_the_caps_are_seen_in_their_colours_on_the_reformation(planned: MainWindow):
    picture = pixels(pane(planned, "reformation").grab_picture()).astype(int)
    for name in ("proximal_cap", "distal_cap"):
        shade = color("meaning", name)
        wanted = np.array([shade.red(), shade.green(), shade.blue()])
        assert (np.abs(picture - wanted).max(2) < 24).sum() > 60


def test_that_the_c_arm_turns_by_whole_degrees_with_the_mouse_and_the_picture_follows(
    planned: MainWindow, qtbot: QtBot
):
    planned.desk.look(step=Step.VIEWS)
    settle(planned, qtbot)
    xray = pane(planned, "xray")
    before = pixels(xray.grab_picture())
    assert (before[..., 0].std()) > 15
    middle = xray.rect().center()
    qtbot.mousePress(xray, Qt.MouseButton.LeftButton, pos=middle)
    for step in (20, 60, 100):
        qtbot.mouseMove(xray, middle + QPoint(-step, 0))
    qtbot.mouseRelease(xray, Qt.MouseButton.LeftButton, pos=middle + QPoint(-100, 0))
    carm = planned.desk.view.carm
    assert carm.primary_deg == 35
    assert carm.label == "LAO 35"
    settle(planned, qtbot)
    assert (pixels(xray.grab_picture()) != before).mean() > 0.2


def test_that_a_click_in_the_view_map_turns_the_c_arm_there(planned: MainWindow, qtbot: QtBot):
    planned.desk.look(step=Step.VIEWS)
    settle(planned, qtbot)
    view_map = pane(planned, "view_map")
    place = view_map._to_screen(-30, 20, view_map.rect()).toPoint()
    qtbot.mouseClick(view_map, Qt.MouseButton.LeftButton, pos=place)
    carm = planned.desk.view.carm
    assert abs(carm.primary_deg + 30) <= 1
    assert abs(carm.secondary_deg - 20) <= 1


def test_that_home_and_end_lead_to_the_caps(planned: MainWindow, qtbot: QtBot):
    reformation, lesion = pane(planned, "reformation"), planned.desk.case.lesions[0]
    line = planned.desk.case.tree["RCA"].centerline
    for key, cap in ((Qt.Key.Key_End, lesion.distal), (Qt.Key.Key_Home, lesion.proximal)):
        qtbot.keyClick(reformation, key)
        assert line.nearest_station_mm(planned.desk.view.cursor_lps_mm)[0] == pytest.approx(cap.station_mm, abs=0.3)
    qtbot.keyClick(reformation, Qt.Key.Key_Home, Qt.KeyboardModifier.ControlModifier)
    assert line.nearest_station_mm(planned.desk.view.cursor_lps_mm)[0] == pytest.approx(0, abs=0.3)


def test_that_an_overlay_can_be_switched_off_and_on_again(planned: MainWindow, qtbot: QtBot):
    before = pixels(pane(planned, "volume").grab_picture())
    planned.overlays.switches["vessels"].click()
    settle(planned, qtbot)
    without = pixels(pane(planned, "volume").grab_picture())
    assert (without != before).any()
    planned.overlays.switches["vessels"].click()
    settle(planned, qtbot)
    assert np.array_equal(pixels(pane(planned, "volume").grab_picture()), before)
