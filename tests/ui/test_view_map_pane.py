"""The view map: proposals and usual views stand where their angles are, and every word keeps within the pane."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.analysis.occlusion.diseased_vessel import DiseasedVessel, Gap
from viewer.analysis.plan import with_lesions
from viewer.desk.sight import on_vessel
from viewer.model.case import Case
from viewer.model.lab import Box
from viewer.model.vessel import Segment, VesselTree
from viewer.model.view import Step, ViewState
from viewer.ui.view_map_pane import ViewMapPane
from viewer.ui.views_panel import ViewsPanel
from viewer.ui.window import MainWindow
from viewer.ui.xray_pane import XrayPane


@pytest.fixture(scope="module")
def case() -> Case:
    found = with_lesions(DiseasedVessel(gaps=(Gap(20, 38),), branch_mm=18.5).case())
    named = [
        replace(v, segments=(Segment("mRCA", 0.0, v.centerline.length_mm),)) if v.name == "RCA" else v
        for v in found.tree
    ]
    return replace(found, tree=VesselTree(tuple(named)))


@pytest.fixture
def window(themed: QApplication, qtbot: QtBot, case: Case) -> Iterator[MainWindow]:
    window = MainWindow()
    qtbot.addWidget(window)
    window.resize(1366, 768)
    window.show()
    lesion = case.lesions[0]
    view = on_vessel(case, ViewState(step=Step.VIEWS, lesion=0), lesion.vessel, lesion.proximal.station_mm)
    window.desk.open(case, view)
    window._show_browser(False)
    window.refresh()
    qtbot.waitUntil(lambda: bool(window.lesion_facts.proposals), timeout=60_000)
    window.refresh()
    qtbot.waitUntil(lambda: not pane_of(window).empty, timeout=60_000)
    yield window
    window.close()


def pane_of(window: MainWindow) -> ViewMapPane:
    return next(pane for pane in window.panes if isinstance(pane, ViewMapPane))


def test_that_each_proposal_stands_on_the_map_where_its_angles_are(window: MainWindow) -> None:
    pane = pane_of(window)
    with_discs = pane.grab_picture(QSize(700, 500))
    proposals, window.lesion_facts.proposals = window.lesion_facts.proposals, ()
    without = pane.grab_picture(QSize(700, 500))
    area = QRect(0, 0, 700, 500)
    for proposal in proposals:
        at = pane._to_screen(proposal.primary_deg, proposal.secondary_deg, area)
        near = [
            with_discs.pixelColor(round(at.x()) + dx, round(at.y()) + dy)
            != without.pixelColor(round(at.x()) + dx, round(at.y()) + dy)
            for dx in range(-9, 10, 3)
            for dy in range(-9, 10, 3)
        ]
        assert sum(near) > 10, proposal.label


def test_that_the_word_at_the_end_of_the_axis_and_at_the_upper_edge_keep_within(window: MainWindow) -> None:
    pane = pane_of(window)
    window.lesion_facts.proposals = ()
    picture = pane.grab_picture(QSize(420, 320))
    pixels = np.array(
        [[picture.pixelColor(x, y).lightness() for x in range(400, 420)] for y in range(320 - 22, 320 - 4)]
    )
    # the last letters end before the border, which stays plain
    assert pixels[:, :14].max() > 90 and pixels[:, -3:].max() < 60
    # a mark at the upper edge has its word below the header
    frame = pane._frame(QRect(0, 0, 420, 320))
    assert pane._word_box(QRect(0, 0, 420, 320), QPointF(frame.right() - 4, frame.top()), 80)[0].top() >= frame.top()


def test_that_a_click_goes_there_and_a_narrow_laboratory_dims_the_rest(window: MainWindow, qtbot: QtBot) -> None:
    pane = pane_of(window)
    at = pane._to_screen(30, -20, pane.rect())
    QTest.mouseClick(pane, Qt.MouseButton.LeftButton, pos=at.toPoint())
    carm = window.desk.view.carm
    assert (abs(carm.primary_deg - 30), abs(carm.secondary_deg + 20)) <= (1, 1)
    lab = window.settings.lab
    narrow = replace(lab.limits, reachable=(Box((-20.0, 20.0), (-15.0, 15.0)),))
    window.settings.set_lab(replace(lab, limits=narrow))
    window._follow_settings()
    window.refresh()
    qtbot.waitUntil(lambda: pane._map is not None and not pane._map.reachable[:, 0].any(), timeout=60_000)
    assert pane._map.reachable.sum() == 41 * 31
    qtbot.waitUntil(
        lambda: all(abs(p.primary_deg) <= 20 and abs(p.secondary_deg) <= 15 for p in window.lesion_facts.proposals),
        timeout=60_000,
    )


def test_that_the_usual_views_of_the_segment_are_lit_and_those_out_of_reach_are_off(window: MainWindow) -> None:
    panel = window.rail.panel(Step.VIEWS)
    assert isinstance(panel, ViewsPanel)
    buttons = {view.name: button for view, button in panel._usual.items()}
    assert buttons["LAO"].property("lit") and "first choice for mRCA" in buttons["LAO"].toolTip()
    assert not buttons["Spider"].property("lit") and buttons["Lateral"].isEnabled()
    assert panel._usual_card.heading.text() == "Usual views · mRCA"
    lab = window.settings.lab
    window.settings.set_lab(replace(lab, limits=replace(lab.limits, reachable=(Box((-50.0, 50.0), (-40.0, 40.0)),))))
    window._follow_settings()
    window.refresh()
    assert not buttons["Lateral"].isEnabled() and "out of reach" in buttons["Lateral"].toolTip()
    assert buttons["LAO"].isEnabled()


def test_that_the_wheel_zooms_and_with_shift_moves_the_detector(window: MainWindow, qtbot: QtBot) -> None:
    pane = next(pane for pane in window.panes if isinstance(pane, XrayPane))
    qtbot.waitUntil(lambda: not pane.empty, timeout=60_000)

    def wheel(notches: int, *, shift: bool) -> None:
        keys = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
        middle = QPointF(pane.width() / 2, pane.height() / 2)
        pane.wheelEvent(
            QWheelEvent(
                middle, middle, QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton, keys,
                Qt.ScrollPhase.NoScrollPhase, False,
            )
        )  # fmt: skip
        window.refresh()

    before = window.desk.view.carm
    wheel(1, shift=False)
    assert window.desk.view.carm.detector_mm == pytest.approx(before.detector_mm / 1.1)
    wheel(3, shift=True)
    assert window.desk.view.carm.sid_mm == before.sid_mm + 30
    wheel(-100, shift=True)
    assert window.desk.view.carm.sid_mm == before.sod_mm + 10
