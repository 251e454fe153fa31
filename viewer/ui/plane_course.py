"""Taking a vessel's course on a plane: which one lies under the mouse, and the drag that pulls it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter

from viewer.ui.course_pull import CoursePull, paint_handle
from viewer.ui.patient_pane import UNSEEN_MM
from viewer.ui.plane_drags import CursorDrag, Drag, OneDrag
from viewer.ui.plane_frame import PlaneFrame

if TYPE_CHECKING:
    from viewer.ui.plane_pane import PlanePane


class CourseDrag(OneDrag):
    """The point of the course that was taken follows the mouse within the plane."""

    def __init__(self, pane: PlanePane, pull: CoursePull, start: QPointF) -> None:
        super().__init__(pane, start)
        self._pull = pull
        self._frame = pane.frame()

    def move(self, position: QPointF) -> None:
        held = self._pull.held
        if held is not None:
            by = self._frame.to_lps(position) - self._frame.to_lps(self.start)
            self._pull.move(held.start_lps_mm + by)

    def release(self, position: QPointF) -> bool:
        self._pull.keep()
        return True

    def cancel(self) -> None:
        self._pull.drop()


class CourseOnPlane:
    """What the mouse finds of the tree on one plane.

    Parameters
    ----------
    pane : PlanePane
    pull : CoursePull
        Shared by all panes.
    """

    def __init__(self, pane: PlanePane, pull: CoursePull) -> None:
        self._pane = pane
        self._desk = pane.desk
        self._pull = pull

    def take(self, position: QPointF) -> Drag:
        """Return the drag of the active course if it lies under the mouse; else another one is made active there."""
        station = self.station_at(position)
        if station is not None and self._pull.take(self._desk.view.vessel or "", station):
            return CourseDrag(self._pane, self._pull, position)
        return CursorDrag(self._pane, position, jump=not self._pane.choose_vessel(position))

    def station_at(self, position: QPointF) -> float | None:
        """Return the station of the active vessel at which the mouse would take its course."""
        view = self._desk.view
        if view.vessel is None or view.opacity("vessels") <= 0:
            return None
        return self._pane.station_near(position, view.vessel)

    def pointer(self, position: QPointF) -> Qt.CursorShape:
        """Return the shape that says what a press would do while courses are dragged."""
        grabs = self._pull.held is not None or self.station_at(position) is not None
        return Qt.CursorShape.SizeAllCursor if grabs else Qt.CursorShape.CrossCursor

    def paint_handle(self, painter: QPainter, frame: PlaneFrame, mouse: QPointF | None) -> None:
        """Show where the course can be taken, or is held."""
        case, view, at = self._desk.case, self._desk.view, self._pull.at_lps_mm
        if at is not None:
            if abs(float(frame.depth_mm(at))) < UNSEEN_MM:
                paint_handle(painter, frame.to_screen(at), taken=True)
        elif self._pull.chosen and mouse is not None and case is not None:
            station = self.station_at(mouse)
            if station is not None and view.vessel is not None:
                paint_handle(painter, frame.to_screen(case.tree[view.vessel].centerline.at(station)), taken=False)
