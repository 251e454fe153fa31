"""Dragging a point of the active vessel's course: one pull at a time, whichever pane the mouse is in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, QPointF, Signal
from PySide6.QtGui import QColor, QPainter, QPen

from viewer.analysis.coronary.pull import refitted
from viewer.desk import Desk
from viewer.desk.course_edits import pull_course, pull_preview
from viewer.desk.sight import Along, active
from viewer.errors import ViewerError
from viewer.jobs import Jobs
from viewer.model.centerline import Centerline
from viewer.model.geometry import Float
from viewer.progress import Progress
from viewer.report.ink import color
from viewer.ui.tools import Tool, ToolBox

#: A mouse this near to the course takes hold of it.
GRIP_PX = 11.0
#: A pull shorter than this is a click.
LEAST_MM = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """The point that the mouse holds.

    Attributes
    ----------
    vessel : str
    own_mm, course_mm : float
        Its station on its vessel, and on the course that is followed.
    sight : Along
        The course as it was when it was taken: what is dragged on a reformation must not move under the mouse.
    line : Centerline
        The vessel's own course, as it was.
    """

    vessel: str
    own_mm: float
    course_mm: float
    sight: Along
    line: Centerline

    @property
    def start_lps_mm(self) -> Float:
        """Where the point was taken, shape (3,)."""
        return self.line.at(self.own_mm)


class CoursePull(QObject):
    """Takes hold of the course, shows where it would run, and keeps it as one edit when it is let go."""

    #: A course was changed: what was measured along it is to be measured again.
    kept = Signal()
    #: Why something cannot be done, in one sentence.
    refused = Signal(str)

    def __init__(self, desk: Desk, jobs: Jobs, tools: ToolBox, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._jobs = jobs
        self._tools = tools
        self._warm = False
        self.held: Held | None = None
        self._to_lps_mm: Float | None = None
        tools.changed.connect(self._tool_changed)

    @property
    def chosen(self) -> bool:
        """Whether the mouse drags the course now."""
        return self._tools.tool is Tool.COURSE

    def _tool_changed(self) -> None:
        if not self.chosen:
            self.drop()
        elif not self._warm:
            self._warm_up()

    def _warm_up(self) -> None:
        """Have the kernels of the fit ready before the first drag; until then the course follows without them."""
        case = self._desk.kept_case
        sight = active(case, self._desk.view)
        if case is None or sight is None or case.enhancement is None:
            return
        line, volume, lumen = sight.course.centerline, case.volume, case.enhancement.lumen_hu

        def work(progress: Progress) -> Centerline:
            middle = line.length_mm / 2
            return refitted(line, middle, line.at(middle) + 0.5, volume, lumen)

        def done(_: Centerline) -> None:
            self._warm = True

        self._jobs.run("course.warm", work, done=done, failed=_raise)

    @property
    def at_lps_mm(self) -> Float | None:
        """Where the held point is now, shape (3,); ``None`` while nothing is held."""
        return None if self.held is None else self.held.start_lps_mm if self._to_lps_mm is None else self._to_lps_mm

    def take(self, vessel: str, own_mm: float) -> bool:
        """Take hold of a vessel's course at one of its stations; False if it is not followed there."""
        case = self._desk.kept_case
        sight = active(case, self._desk.view)
        station = sight.course.on_course(vessel, own_mm) if sight is not None else None
        if case is None or sight is None or station is None:
            return False
        line = case.tree[vessel].centerline
        self.held = Held(vessel, min(own_mm, line.length_mm), station, sight, line)
        self._to_lps_mm = None
        return True

    def move(self, to_lps_mm: Float) -> None:
        """Show the course through another point."""
        case, held = self._desk.kept_case, self.held
        if case is None or held is None:
            return
        self._to_lps_mm = np.asarray(to_lps_mm, float)
        try:
            self._desk.preview(pull_preview(case, held.vessel, held.own_mm, self._to_lps_mm, refit=self._warm))
        except ViewerError:
            self._to_lps_mm = None

    def keep(self) -> None:
        """Let go: the course stays where it was dragged to, as one edit."""
        case, held, to = self._desk.kept_case, self.held, self._to_lps_mm
        self.held = self._to_lps_mm = None
        if case is None or held is None or to is None or np.linalg.norm(to - held.start_lps_mm) < LEAST_MM:
            self._desk.preview(None)
            return
        try:
            new = pull_course(case, held.vessel, held.own_mm, to, refit=self._warm)
        except ViewerError as problem:
            self._desk.preview(None)
            self.refused.emit(str(problem))
            return
        self._desk.apply(new, f"Drag {held.vessel} at {held.own_mm:.0f} mm")
        self._desk.look(cursor_lps_mm=to)
        self.kept.emit()

    def drop(self) -> None:
        """Let go, and leave the course as it was."""
        if self.held is not None:
            self.held = self._to_lps_mm = None
            self._desk.preview(None)

    def shift(self) -> tuple[Float, Float] | None:
        """Return how far the course is dragged off the one that is laid out, ``None`` if it is not.

        Returns
        -------
        station_mm : ndarray of shape (N,)
            Of the followed path, where its points move.
        shift_mm : ndarray of shape (N, 3)
            In LPS.
        """
        case, held = self._desk.case, self.held
        if held is None or self._to_lps_mm is None or case is None or held.vessel not in case.tree:
            return None
        now = case.tree[held.vessel].centerline.points_lps_mm
        if len(now) != len(held.line.points_lps_mm):
            return None
        away = now - held.line.points_lps_mm
        moved = (away != 0).any(1)
        if not moved.any():
            return None
        return held.line.station_mm[moved] + held.course_mm - held.own_mm, away[moved]


def paint_handle(painter: QPainter, at: QPointF, *, taken: bool) -> None:
    """Paint the handle that says: here the course can be taken."""
    for pen in (QPen(QColor(0, 0, 0, 170), 4.5), QPen(color("accent", "primary"), 2.2)):
        painter.setPen(pen)
        painter.setBrush(color("accent", "primary") if taken else QColor(0, 0, 0, 90))
        painter.drawEllipse(at, 6.0, 6.0)
    painter.setPen(QPen(color("accent", "primary"), 1.6))
    for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        painter.drawLine(at + QPointF(dx, dy) * 8.5, at + QPointF(dx, dy) * 12.5)
    painter.setBrush(QColor(0, 0, 0, 0))


def _raise(problem: BaseException) -> None:
    raise problem
