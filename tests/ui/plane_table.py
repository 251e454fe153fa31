"""Three planes on a desk without a window around them, and phantoms to look at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from viewer.analysis.reformat.plane import warm_up
from viewer.desk import Desk
from viewer.jobs import Jobs
from viewer.model.case import Case
from viewer.model.geometry import Geometry
from viewer.model.view import ViewState, Window
from viewer.model.volume import SeriesFacts, Volume
from viewer.ui.course_pull import CoursePull
from viewer.ui.plane_pane import PlanePane
from viewer.ui.poster import Poster
from viewer.ui.tools import ToolBox

LEFT, MIDDLE, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton
NO_BUTTON = Qt.MouseButton.NoButton
PLAIN, SHIFT, CTRL = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)


class PlaneTable:
    """Desk, jobs, tools and the three panes, refreshed whenever the desk says so."""

    def __init__(self, size=(400, 400), *, warm=True):
        if warm:
            warm_up()
        self.desk = Desk()
        self._poster = Poster()
        self.jobs = Jobs(self._poster.post, threads=2)
        self.tools = ToolBox()
        self.pull = CoursePull(self.desk, self.jobs, self.tools)
        self.panes = [PlanePane(self.desk, self.jobs, self.tools, self.pull, index) for index in range(3)]
        for pane in self.panes:
            pane.resize(*size)
            pane.show()
        QApplication.processEvents()
        self.desk.subscribe(self.refresh)

    def refresh(self):
        for pane in self.panes:
            pane.refresh(self.desk.case, self.desk.view)

    def open(self, volume, cursor=None, **changes):
        cursor = volume.geometry.center_lps_mm if cursor is None else np.asarray(cursor, float)
        self.desk.open(Case(volume), replace(ViewState(), cursor_lps_mm=cursor, window=Window(300, 800), **changes))

    def close(self):
        for pane in self.panes:
            pane.close_pane()
            pane.deleteLater()
        assert self.jobs.close()


def box_volume(degrees=0.0, facts=SeriesFacts()):  # noqa: B008 - frozen
    """A grid of 0.8 x 0.5 x 0.6 mm about the origin, 0 HU, with a bright cube on the patient's left, front and head.

    The cube has edges of 8 mm and its middle at (10, -8, 6) mm LPS. The grid is turned about the x axis.
    """
    angle = np.radians(degrees)
    turned = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    directions = np.array([[0, 0, 1.0], [0, 1, 0], [1, 0, 0]]) @ turned.T
    shape, spacing = (61, 97, 81), np.array([0.8, 0.5, 0.6])
    origin = -directions.T @ ((np.array(shape) - 1) / 2 * spacing)
    geometry = Geometry.from_axes(shape, origin, spacing, directions)
    index = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    away = np.abs(geometry.to_lps(index) - [10, -8, 6])
    return Volume(np.where((away <= 4).all(axis=-1), 1000, 0).astype(np.int16), geometry, facts)


def pixel(pane, x, y):
    """The colour of a pane's picture without its texts' regions being avoided: choose x, y with care."""
    return pane.grab_picture().pixelColor(int(x), int(y))


def grey_at(pane, point_lps_mm):
    spot = pane.frame().to_screen(point_lps_mm)
    tone = pixel(pane, spot.x(), spot.y())
    assert tone.red() == tone.green() == tone.blue(), tone
    return tone.red()


def same_tone(one: QColor, other: QColor, within=40):
    pairs = zip(one.getRgb()[:3], other.getRgb()[:3], strict=True)
    return all(abs(a - b) <= within for a, b in pairs)


def send(pane, kind, position, button=NO_BUTTON, buttons=NO_BUTTON, modifiers=PLAIN):
    at = QPointF(*position) if isinstance(position, tuple) else position
    QApplication.sendEvent(pane, QMouseEvent(kind, at, pane.mapToGlobal(at), button, buttons, modifiers))


def press(pane, at, button=LEFT, modifiers=PLAIN):
    send(pane, QMouseEvent.Type.MouseButtonPress, at, button, button, modifiers)


def move(pane, at, buttons=LEFT, modifiers=PLAIN):
    send(pane, QMouseEvent.Type.MouseMove, at, NO_BUTTON, buttons, modifiers)


def release(pane, at, button=LEFT):
    send(pane, QMouseEvent.Type.MouseButtonRelease, at, button)


def double_click(pane, at):
    send(pane, QMouseEvent.Type.MouseButtonDblClick, at, LEFT, LEFT)


def drag(pane, start, end, button=LEFT, modifiers=PLAIN):
    press(pane, start, button, modifiers)
    for share in (0.3, 0.7, 1.0):
        a, b = (QPointF(*p) if isinstance(p, tuple) else p for p in (start, end))
        move(pane, a + (b - a) * share, button, modifiers)
    release(pane, end, button)


def wheel(pane, steps, at=(200, 200), modifiers=PLAIN):
    event = QWheelEvent(
        QPointF(*at),
        pane.mapToGlobal(QPointF(*at)),
        QPoint(),
        QPoint(0, round(steps * 120)),
        NO_BUTTON,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(pane, event)
