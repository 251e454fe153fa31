"""Vessels are traced by clicks in any picture, and each step shows first what it would give."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.journeys.conftest import pane, settle, true_tree
from tests.journeys.test_course_by_hand import hover, measured, zoomed_axial
from viewer.demo.case import DemoCase
from viewer.desk.sight import on_vessel
from viewer.model.centerline import Centerline
from viewer.model.enhancement import Enhancement
from viewer.model.vessel import VesselTree
from viewer.model.view import Step
from viewer.ui.window import MainWindow

LEFT = Qt.MouseButton.LeftButton
__all__ = ["measured"]


@pytest.fixture
def without_lad(opened: MainWindow, qtbot: QtBot, heart: DemoCase, measured: None) -> MainWindow:
    """The window at the step Tree, with the true tree but for the LAD and what leaves it."""
    tree = true_tree(heart)
    gone = {"LAD", *(vessel.name for vessel in tree if vessel.parent == "LAD")}
    case = replace(
        opened.desk.kept_case,
        tree=VesselTree(tuple(vessel for vessel in tree if vessel.name not in gone)),
        enhancement=Enhancement(400.0, 25.0, 25.0),
    )
    opened.tree_flow.stop()
    opened.desk.open(case)
    opened.desk.look(on_vessel(case, opened.desk.view, "LM", 5.0))
    opened.desk.look(step=Step.TREE)
    settle(opened, qtbot)
    return opened


def lad_of(window: MainWindow) -> Centerline | None:
    tree = window.desk.case.tree
    return tree["LAD"].centerline if "LAD" in tree else None


def test_that_the_course_to_the_mouse_is_shown_before_it_is_clicked(
    without_lad: MainWindow, qtbot: QtBot, heart: DemoCase
):
    window, true = without_lad, Centerline(heart.truth["LAD"].points_lps_mm)
    window.tree_flow.hand.begin("LAD")
    for station in (1.0, 30.0):
        axial = zoomed_axial(window, qtbot, true.at(station))
        place = axial.frame().to_screen(true.at(station)).toPoint()
        qtbot.mouseMove(axial, place + QPoint(3, 3))
        qtbot.mouseMove(axial, place)
        if station == 1.0:
            qtbot.mouseClick(axial, LEFT, pos=place)
    qtbot.waitUntil(lambda: lad_of(window) is not None, timeout=20_000)
    assert lad_of(window).length_mm == pytest.approx(29.0, abs=4.0)
    assert lad_of(window).inferred == ((0.0, lad_of(window).length_mm),)
    assert "LAD" not in window.desk.kept_case.tree and len(window.tree_flow.hand.clicks) == 1
    QApplication.sendEvent(axial, QEvent(QEvent.Type.Leave))
    assert lad_of(window) is None


def test_that_a_vessel_is_traced_on_the_reformation_and_in_3d(without_lad: MainWindow, qtbot: QtBot, heart: DemoCase):
    window, true = without_lad, Centerline(heart.truth["LAD"].points_lps_mm)
    window.desk.look(step=Step.VESSEL)
    settle(window, qtbot)
    window.tree_flow.hand.begin("LAD")
    reformation, volume = pane(window, "reformation"), pane(window, "volume")
    end = window.desk.case.tree["LM"].centerline.length_mm
    qtbot.mouseClick(reformation, LEFT, pos=reformation.spot_of("LM", end - 0.5, reformation.rect())[0].toPoint())
    (first,) = window.tree_flow.hand.clicks
    assert np.linalg.norm(first - true.at(0.0)) < 1.5
    # a drag turns the heart still, and a click on the surface of a vessel means the vessel
    before = volume.camera
    middle = volume.rect().center()
    qtbot.mousePress(volume, LEFT, pos=middle)
    for by in (5, 20, 40):
        qtbot.mouseMove(volume, middle + QPoint(by, 0))
    qtbot.mouseRelease(volume, LEFT, pos=middle + QPoint(40, 0))
    assert volume.camera is not before and len(window.tree_flow.hand.clicks) == 1
    volume.look_from(0.0, 40.0)
    settle(window, qtbot)
    place = seen_at(volume, true)
    vessel = window.desk.view.vessel
    qtbot.mouseClick(volume, LEFT, pos=place)
    assert window.desk.view.vessel == vessel
    assert true.nearest_station_mm(window.tree_flow.hand.clicks[-1])[1] < 2.0
    qtbot.waitUntil(lambda: window.tree_flow.hand.can_finish, timeout=20_000)
    qtbot.keyClick(window, Qt.Key.Key_Return)
    line = window.desk.kept_case.tree["LAD"].centerline
    assert max(true.nearest_station_mm(point)[1] for point in line.points_lps_mm[4:-4]) < 1.5
    assert window.desk.undo_titles == ("Trace LAD",)


def seen_at(volume, true: Centerline) -> QPoint:
    """Return where on the 3-D picture the vessel itself is what is seen, beside all vessels that are drawn."""
    for station in np.arange(15.0, 60.0, 1.0):
        (place,), _ = volume.on_screen(true.at(station)[None], volume.rect())
        at = QPoint(round(place[0]), round(place[1]))
        point = volume.point_at(at.toPointF()) if volume.rect().contains(at) else None
        if (
            point is not None
            and np.linalg.norm(point - true.at(station)) < 1.6
            and not volume.vessel_under(at.toPointF())
        ):
            return at
    raise AssertionError("the vessel is nowhere to be seen")


def test_that_leading_on_tracing_anew_and_another_name_are_shown_first(without_lad: MainWindow, qtbot: QtBot):
    window = without_lad
    window.desk.look(on_vessel(window.desk.case, window.desk.view, "RCA", 5.0))
    settle(window, qtbot)
    corrections, before = window.rail.panel(Step.TREE).corrections, window.desk.kept_case
    line = before.tree["RCA"].centerline
    for button, longer in ((corrections.extend, 8.0), (corrections.retrace, 0.0)):
        hover(button, True)
        shown = window.desk.case.tree["RCA"].centerline
        assert shown.length_mm == pytest.approx(line.length_mm + longer, abs=0.01)
        assert shown.inferred == ((0.0, shown.length_mm),)
        hover(button, False)
        assert window.desk.case is before
    corrections.name.textHighlighted.emit("LAD")
    assert "RCA" not in window.desk.case.tree and "LAD" in window.desk.case.tree
    assert window.desk.kept_case is before
    QApplication.sendEvent(corrections.name.view(), QEvent(QEvent.Type.Hide))
    assert window.desk.case is before
