"""What a press on a plane begins: one small object a drag, which follows the mouse until it is released.

A drag changes only the desk or the pane's own place; `cancel` puts back what was there before.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
from PySide6.QtCore import QLineF, QPointF

from viewer.model.mark import Mark
from viewer.model.view import Window
from viewer.ui.plane_frame import turned
from viewer.ui.plane_marks import MarkGrip
from viewer.ui.tools import Tool

if TYPE_CHECKING:
    from viewer.ui.plane_pane import PlanePane

#: A mouse that moved less than this was clicked, not dragged.
CLICK_PX = 4.0
#: HU a pixel for a window 400 HU wide; wider windows move faster, narrower ones slower.
WINDOW_HU_PER_PX = 1.0
ZOOM_PER_PX = 0.008
NARROWEST_HU, WIDEST_HU = 1.0, 6000.0


class Drag(Protocol):
    """Something that follows the mouse."""

    def press(self, position: QPointF) -> bool:
        """Take a further press; True if that was the end of it."""

    def move(self, position: QPointF) -> None:
        """Follow the mouse."""

    def release(self, position: QPointF) -> bool:
        """Take the release; True if that was the end of it."""

    def cancel(self) -> None:
        """Put back what was there before."""


class OneDrag:
    """A drag that ends with its first release."""

    def __init__(self, pane: PlanePane, start: QPointF) -> None:
        self.pane = pane
        self.start = start

    def press(self, position: QPointF) -> bool:
        return False

    def release(self, position: QPointF) -> bool:
        return True


class WindowDrag(OneDrag):
    """Horizontal is width, vertical is level: down makes the picture darker."""

    def __init__(self, pane: PlanePane, start: QPointF) -> None:
        super().__init__(pane, start)
        self._before = pane.desk.view.window

    def move(self, position: QPointF) -> None:
        away = position - self.start
        speed = WINDOW_HU_PER_PX * min(max(self._before.width_hu / 400, 0.25), 4)
        width = min(max(self._before.width_hu + away.x() * speed, NARROWEST_HU), WIDEST_HU)
        self.pane.desk.look(window=Window(round(self._before.level_hu + away.y() * speed), round(width)))

    def cancel(self) -> None:
        self.pane.desk.look(window=self._before)


class PanDrag(OneDrag):
    """The picture sticks to the mouse."""

    def __init__(self, pane: PlanePane, start: QPointF) -> None:
        super().__init__(pane, start)
        self._before = pane.place
        self._frame = pane.frame()

    def move(self, position: QPointF) -> None:
        under = self._frame.to_lps(position) - self._frame.to_lps(self.start)
        self.pane.set_place(replace(self._before, center_lps_mm=self._before.center_lps_mm - under))

    def cancel(self) -> None:
        self.pane.set_place(self._before)


class ZoomDrag(OneDrag):
    """Up enlarges; what was pressed on stays where it is."""

    def __init__(self, pane: PlanePane, start: QPointF) -> None:
        super().__init__(pane, start)
        self._before = pane.place

    def move(self, position: QPointF) -> None:
        self.pane.set_place(self._before)
        self.pane.zoom_by(math.exp((self.start.y() - position.y()) * ZOOM_PER_PX), self.start)

    def cancel(self) -> None:
        self.pane.set_place(self._before)


class CursorDrag(OneDrag):
    """The cursor follows the mouse, from wherever in its middle it was taken."""

    def __init__(self, pane: PlanePane, start: QPointF, *, jump: bool) -> None:
        super().__init__(pane, start)
        self._before = pane.desk.view.cursor_lps_mm
        self._grip = QPointF() if jump else start - pane.crosshair().center
        if jump:
            self.move(start)

    def move(self, position: QPointF) -> None:
        self.pane.move_cursor(position - self._grip)

    def cancel(self) -> None:
        self.pane.desk.look(cursor_lps_mm=self._before)


class TurnDrag(OneDrag):
    """The two other planes turn about this one's normal."""

    def __init__(self, pane: PlanePane, start: QPointF) -> None:
        super().__init__(pane, start)
        self._before = pane.desk.view.planes
        self._angle_rad = pane.crosshair().angle_rad(start)

    def move(self, position: QPointF) -> None:
        angle = self.pane.crosshair().angle_rad(position) - self._angle_rad
        self.pane.desk.look(planes=turned(self._before, self.pane.index, angle))

    def cancel(self) -> None:
        self.pane.desk.look(planes=self._before)


class MarkDrag(OneDrag):
    """One point of a mark, or the whole mark, follows the mouse within the plane."""

    def __init__(self, pane: PlanePane, start: QPointF, grip: MarkGrip) -> None:
        super().__init__(pane, start)
        self._grip = grip
        self._moved: Mark | None = None

    def move(self, position: QPointF) -> None:
        case = self.pane.desk.kept_case
        if case is None or (self._moved is None and QLineF(self.start, position).length() < CLICK_PX):
            return
        frame = self.pane.frame()
        points = self._grip.mark.points_lps_mm.copy()
        by = frame.to_lps(position) - frame.to_lps(self.start)
        which = slice(None) if self._grip.point is None else self._grip.point
        points[which] = points[which] + by
        self._moved = Mark(points, self._grip.mark.title)
        self.pane.tools.select(self._moved)
        self.pane.desk.preview(
            replace(case, marks=tuple(self._moved if m is self._grip.mark else m for m in case.marks))
        )

    def release(self, position: QPointF) -> bool:
        case = self.pane.desk.kept_case
        if self._moved is not None and case is not None:
            marks = tuple(self._moved if mark is self._grip.mark else mark for mark in case.marks)
            self.pane.desk.apply(replace(case, marks=marks), "Move mark")
        return True

    def cancel(self) -> None:
        self.pane.tools.select(self._grip.mark)
        self.pane.desk.preview(None)


class NewMark:
    """A new distance or angle: its points are set by dragging from one to the next or by clicking each."""

    def __init__(self, pane: PlanePane, start: QPointF, tool: Tool) -> None:
        self.pane = pane
        self._count = 3 if tool is Tool.ANGLE else 2
        self._title = "Measure angle" if tool is Tool.ANGLE else "Measure distance"
        point = pane.frame().to_lps(start)
        self._points = [point, point]
        self._pressed = start

    def press(self, position: QPointF) -> bool:
        self._pressed = position
        return self._set(position)

    def move(self, position: QPointF) -> None:
        case = self.pane.desk.kept_case
        if case is not None:
            self._points[-1] = self.pane.frame().to_lps(position)
            mark = Mark(np.array(self._points))
            self.pane.tools.select(mark)
            self.pane.desk.preview(replace(case, marks=(*case.marks, mark)))

    def release(self, position: QPointF) -> bool:
        return QLineF(self._pressed, position).length() >= CLICK_PX and self._set(position)

    def cancel(self) -> None:
        self.pane.tools.select(None)
        self.pane.desk.preview(None)

    def _set(self, position: QPointF) -> bool:
        self.move(position)
        if len(self._points) < self._count:
            self._points.append(self._points[-1])
            return False
        case = self.pane.desk.kept_case
        mark = Mark(np.array(self._points))
        measures = mark.angle_deg is not None if mark.is_angle else mark.length_mm > 0
        if case is None or not measures:
            self.cancel()
            return True
        self.pane.desk.apply(replace(case, marks=(*case.marks, mark)), self._title)
        self.pane.tools.select(mark)
        # One mark at a time: the button goes back to what it mostly does.
        self.pane.tools.choose(Tool.WINDOW)
        return True
