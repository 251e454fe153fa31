"""Caps are dragged from one cross-section to another, put there with the right button, and by letters everywhere."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.journeys.conftest import pane, settle, wheel
from tests.journeys.test_caps_by_hand import LEFT, lesion_of, spot
from viewer.desk.sight import on_vessel
from viewer.model.view import Step
from viewer.ui.cap_menu import cap_menu, offers
from viewer.ui.section_caps import badges
from viewer.ui.window import MainWindow


def test_that_a_cap_is_dragged_from_section_to_section_of_the_strip(planned: MainWindow, qtbot: QtBot):
    sections, before = pane(planned, "sections"), lesion_of(planned)
    sections.toggle_whole()
    planned.grid.toggle_maximised(sections)
    settle(planned, qtbot)
    shown = sections._shown(sections.rect())
    first = next(badge for badge in badges(planned.desk.case, sections._sight, shown) if badge.proximal)
    to_mm, box = shown[4]
    goal = (first.box.center() + box.center() - shown[1][1].center()).toPoint()
    qtbot.mousePress(sections, LEFT, pos=first.box.center().toPoint())
    for place in (goal - QPoint(9, 0), goal):
        qtbot.mouseMove(sections, place)
        QApplication.processEvents()
    held = planned.desk.case.lesions[0]
    assert held.proximal.station_mm == pytest.approx(to_mm, abs=0.01)
    assert lesion_of(planned) is before
    assert [station for station, _ in sections._shown(sections.rect())] == [station for station, _ in shown]
    assert sections.spot_of("RCA", to_mm, sections.rect()) is not None
    qtbot.mouseRelease(sections, LEFT, pos=goal)
    settle(planned, qtbot)
    assert lesion_of(planned).length_mm == pytest.approx(before.distal.station_mm - to_mm, abs=0.01)
    assert planned.desk.undo_titles == ("Move proximal cap",)
    # the strip lies across the occlusion again, which is another one now
    assert sections.stations_mm()[1] == pytest.approx(to_mm, abs=0.01)
    assert not sections.holds_cap
    apart = sections.stations_mm()[2] - sections.stations_mm()[1]
    assert sections.subtitle() == f"{apart:.1f} mm apart"


def test_that_a_cap_held_on_a_section_goes_on_by_half_a_millimetre_with_the_wheel(planned: MainWindow, qtbot: QtBot):
    sections, before = pane(planned, "sections"), lesion_of(planned)
    shown = sections._shown(sections.rect())
    badge = next(iter(badges(planned.desk.case, sections._sight, shown)))
    grip = badge.box.center().toPoint()
    qtbot.mousePress(sections, LEFT, pos=grip)
    for _ in range(3):
        wheel(sections, -1, grip)
        QApplication.processEvents()
    qtbot.mouseRelease(sections, LEFT, pos=grip)
    assert lesion_of(planned).proximal.station_mm == pytest.approx(before.proximal.station_mm + 1.5, abs=0.05)


@pytest.mark.parametrize("key", ["sections", "reformation"])
def test_that_the_right_button_puts_a_cap_where_it_is_clicked_and_shows_the_length_first(
    planned: MainWindow, qtbot: QtBot, key: str
):
    where, before = pane(planned, key), lesion_of(planned)
    at = spot(where, "RCA", 44.0) if key == "reformation" else where._boxes(where.rect())[2].center().toPoint()
    place = where.menu_place(QPointF(at))
    menu = cap_menu(where, planned.desk, place, planned.caps.begin)
    words = [action.text() for action in menu.actions()]
    length = before.distal.station_mm - place[1]
    assert words[0] == f"Put P here: {length:.1f} mm" and words[-1] == "Begin an occlusion here"
    menu.actions()[0].hovered.emit()
    assert planned.desk.case.lesions[0].length_mm == pytest.approx(length)
    menu.aboutToHide.emit()
    assert planned.desk.case is planned.desk.kept_case and lesion_of(planned) is before
    menu.actions()[0].trigger()
    assert lesion_of(planned).proximal.station_mm == pytest.approx(place[1])
    assert planned.desk.undo_titles == ("Move proximal cap",)
    # nearer the ostium than P no D can stand
    nearer = (place[0], place[1] - 10)
    assert [words for words, _, _ in offers(planned.desk.kept_case, planned.desk.view, nearer)] == [
        f"Put P here: {length + 10:.1f} mm"
    ]


@pytest.mark.parametrize("key", ["volume", "xray", "reformation", "sections"])
def test_that_the_letters_mean_the_same_in_every_pane(planned: MainWindow, qtbot: QtBot, key: str):
    before = planned.desk.view.xray, pane(planned, "volume").preset_key
    planned.desk.look(on_vessel(planned.desk.case, planned.desk.view, "RCA", 44.0))
    settle(planned, qtbot)
    qtbot.keyClick(pane(planned, key), Qt.Key.Key_P)
    assert lesion_of(planned).proximal.station_mm == pytest.approx(44.0, abs=0.2)
    planned.desk.look(on_vessel(planned.desk.case, planned.desk.view, "RCA", 60.0))
    planned.desk.look(step=Step.VIEWS if key in ("volume", "xray") else Step.VESSEL)
    settle(planned, qtbot)
    qtbot.keyClick(pane(planned, key), Qt.Key.Key_D)
    assert lesion_of(planned).distal.station_mm == pytest.approx(60.0, abs=0.2)
    assert (planned.desk.view.xray, pane(planned, "volume").preset_key) == before
