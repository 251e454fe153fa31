"""Vessels that are traced by clicks: two or more points, and the course between them while the mouse waits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject, QTimer

from viewer.desk import Desk
from viewer.desk.course_edits import extend_course
from viewer.desk.sight import on_vessel
from viewer.desk.tree_edits import add_vessel
from viewer.errors import ViewerError
from viewer.jobs import Jobs
from viewer.model.case import Case
from viewer.model.centerline import Centerline
from viewer.model.geometry import Float
from viewer.model.vessel import VESSEL_NAMES
from viewer.progress import Progress
from viewer.ui.message import MessageBar
from viewer.ui.tools import Tool, ToolBox

PATH = "tree.path"
TRIAL = "tree.trial"
#: A mouse that stands still for so long is waiting.
WAITS_MS = 60


class HandTrace(QObject):
    """The clicks of the vessel that is being traced, and what they lead to.

    Parameters
    ----------
    desk, jobs, tools, message
    changed : callable
        Called when there is something new to be said of it.
    measure : callable
        Called when a course was kept: it is to be measured as part of that edit.
    """

    def __init__(
        self,
        desk: Desk,
        jobs: Jobs,
        tools: ToolBox,
        message: MessageBar,
        changed: Callable[[], None],
        measure: Callable[[], None],
    ) -> None:
        super().__init__()
        self._desk = desk
        self._jobs = jobs
        self._tools = tools
        self._message = message
        self._changed = changed
        self._measure = measure
        self.clicks: list[Float] = []
        #: For each way from a click to the next, whether it was drawn rather than traced.
        self._by_hand: list[bool] = []
        self.drawing = False
        #: Whether the clicks lead a vessel on beyond its end.
        self.extends = False
        self.name = ""
        self._line: Centerline | None = None
        #: Where the mouse is, so that the course to there is shown once it waits.
        self._mouse_at: Float | None = None
        self._waits = QTimer(self)
        self._waits.setSingleShot(True)
        self._waits.setInterval(WAITS_MS)
        self._waits.timeout.connect(self._show_there)
        tools.clicked.connect(self.click)
        tools.hovered.connect(self.hover)
        tools.changed.connect(self._tool_changed)

    @property
    def tracing(self) -> bool:
        """Whether the next click is a point of a vessel."""
        return self._tools.tool is Tool.TRACE

    @property
    def can_finish(self) -> bool:
        """Whether there is a course to keep."""
        return self._line is not None

    def begin(self, name: str = "") -> None:
        """Take the tool for clicking a vessel."""
        self._start(name or self.next_name(), [], extends=False)

    def lead_on(self, name: str) -> None:
        """Take the tool for clicking how a vessel goes on beyond its end."""
        case = self._desk.kept_case
        if case is not None and name in case.tree:
            end = case.tree[name].centerline.points_lps_mm[-1]
            self._desk.look(cursor_lps_mm=end)
            self._start(name, [end], extends=True)

    def _start(self, name: str, clicks: list[Float], *, extends: bool) -> None:
        self.clicks, self._by_hand = clicks, []
        self.extends = extends
        self._line = None
        self.name = name
        self._tools.choose(Tool.TRACE)
        self._changed()

    def draw(self, on: bool) -> None:
        """From now on, lead the course straight to what is clicked instead of tracing it, or trace it again."""
        self.drawing = on
        self._changed()

    def next_name(self) -> str:
        """Return the first usual name that the tree does not have yet."""
        case = self._desk.kept_case
        taken = {vessel.name for vessel in case.tree} if case else set()
        return next((name for name in VESSEL_NAMES if name not in taken), f"Vessel {len(taken) + 1}")

    def click(self, point_lps_mm: Float) -> None:
        """Take a point; from the second on, the course through all of them is found and shown at once."""
        if not self.tracing:
            return
        if self.clicks:
            self._by_hand.append(self.drawing)
        self.clicks.append(np.asarray(point_lps_mm, float))
        # A course without the last click must not be kept while the one with it is on its way.
        self._line = None
        self._changed()
        if len(self.clicks) > 1:
            self._trace()

    def hover(self, point_lps_mm: Float | None) -> None:
        """Show, as soon as the mouse waits, the course that a click there would give."""
        if not self.tracing or not self.clicks:
            return
        self._mouse_at = point_lps_mm
        self._jobs.cancel(TRIAL)
        if point_lps_mm is None:
            self._waits.stop()
            self._show_line(self._line)
        else:
            self._waits.start()

    def _show_there(self) -> None:
        if self.tracing and self.clicks and self._mouse_at is not None and self._jobs.job(PATH) is None:
            self._find_path(TRIAL, [*self.clicks, self._mouse_at], [*self._by_hand, self.drawing], self._show_line)

    def _show_line(self, line: Centerline | None) -> None:
        """Show a course without keeping it; ``None``: the plan as it is."""
        case = self._desk.kept_case
        if case is not None and self.tracing:
            self._desk.preview(None if line is None else dashed(case, self._with_line(case, line)))

    def take_back(self) -> None:
        """Take the last point back; the end from which a vessel goes on stays."""
        if len(self.clicks) > self.extends:
            self._drop_click()
        self._line = None
        if len(self.clicks) > 1:
            self._trace()
        else:
            self._desk.preview(None)
        self._changed()

    def _drop_click(self) -> None:
        self.clicks.pop()
        if self._by_hand:
            self._by_hand.pop()

    def _trace(self) -> None:
        self._waits.stop()
        self._jobs.cancel(TRIAL)
        self._find_path(PATH, self.clicks, self._by_hand, self._traced)

    def _find_path(
        self, slot: str, clicks: Sequence[Float], by_hand: Sequence[bool], done: Callable[[Centerline], None]
    ) -> None:
        """Find the course through points; what is only tried out and impossible shows nothing."""
        case = self._desk.kept_case
        if case is None:
            return
        volume, points, drawn = case.volume, np.array(clicks), tuple(by_hand)
        lumen = case.enhancement.lumen_hu if case.enhancement is not None else None
        failed = self._not_traced if slot == PATH else self._not_shown

        def work(progress: Progress) -> Centerline:
            from viewer.analysis.coronary.seeded import trace_path

            return trace_path(volume, points, lumen_hu=lumen, drawn=drawn)

        self._jobs.run(slot, work, done=done, failed=failed)

    def _traced(self, line: Centerline) -> None:
        if self.tracing:
            self._line = line
            self._show_line(line)
            self._changed()

    def _with_line(self, case: Case, line: Centerline) -> Case:
        if self.extends and self.name in case.tree:
            return extend_course(case, self.name, line)
        return add_vessel(case, self.name, line)

    def _not_shown(self, problem: BaseException) -> None:
        if not isinstance(problem, ViewerError):
            raise problem
        self._show_line(self._line)

    def _not_traced(self, problem: BaseException) -> None:
        if not isinstance(problem, ViewerError):
            raise problem
        self._drop_click()
        self._message.refuse(problem)
        if len(self.clicks) > 1:
            self._trace()
        self._changed()

    def rename(self, name: str) -> None:
        """Give the vessel that is being traced another name."""
        if not self.extends:
            self.name = name.strip() or self.name
            if self._line is not None:
                self._traced(self._line)

    def finish(self) -> None:
        """Keep the course."""
        case = self._desk.kept_case
        if case is None or self._line is None:
            return
        new = self._with_line(case, self._line)
        self._desk.apply(new, f"Lead {self.name} on" if self.extends else f"Trace {self.name}")
        if not self.extends:
            self._desk.look(on_vessel(new, self._desk.view, self.name))
        self._end()
        self._measure()

    def cancel(self) -> None:
        """Forget the clicks."""
        self._desk.preview(None)
        self._end()

    def _end(self) -> None:
        self._waits.stop()
        self._jobs.cancel(TRIAL)
        self.clicks, self._by_hand = [], []
        self.extends = self.drawing = False
        self._line = None
        if self.tracing:
            self._tools.choose(Tool.WINDOW)
        self._changed()

    def _tool_changed(self) -> None:
        if not self.tracing and self.clicks:
            self.cancel()
        self._changed()


def dashed(before: Case, after: Case) -> Case:
    """Return the case after an edit as it is shown while it is tried out: every course that it changes is dashed."""
    former = {vessel.name: vessel.centerline for vessel in before.tree}
    vessels = tuple(
        vessel
        if former.get(vessel.name) is vessel.centerline
        else replace(vessel, centerline=replace(vessel.centerline, inferred=((0.0, vessel.centerline.length_mm),)))
        for vessel in after.tree
    )
    return replace(after, tree=replace(after.tree, vessels=vessels))
