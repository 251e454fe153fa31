"""Finding the tree, tracing vessels by clicks, and correcting them: what the step Tree does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from viewer.analysis.fluoro.isocenter import isocenter_lps_mm
from viewer.desk import Desk
from viewer.desk.course_edits import extend_course
from viewer.desk.sight import on_vessel
from viewer.desk.tree_edits import add_vessel, with_tree
from viewer.errors import ViewerError
from viewer.jobs import Jobs
from viewer.model.calcium import CalciumProfile, CalciumThreshold
from viewer.model.case import Case
from viewer.model.centerline import Centerline
from viewer.model.geometry import Float
from viewer.model.lesion import Lesion, LesionKind
from viewer.model.vessel import MAIN_VESSELS, VESSEL_NAMES, VesselTree
from viewer.model.view import ViewState
from viewer.model.volume import Severity
from viewer.progress import Progress
from viewer.settings import Settings
from viewer.ui.message import MessageBar, Weight
from viewer.ui.tools import Tool, ToolBox

if TYPE_CHECKING:
    from viewer.analysis.fluoro.proposals import Proposal
    from viewer.model.volume import Volume

FIND = "tree.find"
PATH = "tree.path"


class TreeFlow(QObject):
    """What is under way on the tree; lives on the window's thread. `changed` tells the panel to look again."""

    changed = Signal()

    def __init__(self, desk: Desk, jobs: Jobs, tools: ToolBox, message: MessageBar, settings: Settings) -> None:
        super().__init__()
        self._desk = desk
        self._jobs = jobs
        self._tools = tools
        self._message = message
        self._settings = settings
        self.progress: tuple[float, str] | None = None
        self.clicks: list[Float] = []
        #: For each way from a click to the next, whether it was drawn rather than traced.
        self._by_hand: list[bool] = []
        self.drawing = False
        #: Whether the clicks lead a vessel on beyond its end.
        self.extends = False
        self.name = ""
        self._line: Centerline | None = None
        self._whole: Volume | None = None
        #: Where the cursor was when the program began to look by itself; ``None``: the doctor asked for it.
        self._began_at: Float | None = None
        tools.clicked.connect(self.click)
        tools.changed.connect(self._tool_changed)

    # -- by itself -----------------------------------------------------------------------------------------------

    @property
    def finding(self) -> bool:
        """Whether the program is looking for the tree."""
        return self.progress is not None

    def find_by_itself(self) -> None:
        """Look for the tree of a study that was just opened, unless it is unfit for planning."""
        case = self._desk.kept_case
        if case is not None and all(finding.severity is not Severity.REFUSAL for finding in case.volume.findings):
            self._find(self._desk.view.cursor_lps_mm)

    def find(self) -> None:
        """Find the whole tree; what is found replaces the tree, as one edit."""
        self._find(None)

    def _find(self, began_at: Float | None) -> None:
        case = self._desk.kept_case
        if case is None or not case.volume.complete:
            return
        self._began_at = began_at
        self._whole = case.volume
        self._set_progress(0.0, "Looking for the aorta")

        def work(progress: Progress, give: Callable[[VesselTree], None]) -> Case:
            from viewer.analysis.plan import with_tree_of

            return with_tree_of(case, (), progress, give)

        self._jobs.run(
            FIND,
            work,
            done=self._found,
            failed=self._not_found,
            partial=self._found_first,
            report=self._set_progress,
            cancelled=self._ended,
        )

    def stop(self) -> None:
        """Stop looking for the tree."""
        self._jobs.cancel(FIND)

    def _found_first(self, tree: VesselTree) -> None:
        case = self._desk.kept_case
        if case is not None and case.volume is self._whole:
            self._desk.preview(with_tree(case, tree))

    def _found(self, found: Case) -> None:
        self.progress = None
        case = self._desk.kept_case
        if case is None or case.volume is not found.volume:
            return
        now = replace(
            with_tree(case, found.tree, {vessel.name for vessel in case.tree}),
            enhancement=found.enhancement,
            findings=found.findings,
        )
        self._desk.apply(now, "Find the coronary tree")
        self._choose_vessel(now)
        self.measure()

    def show_found(self) -> None:
        """Look at a tree that another one found, and measure it."""
        case = self._desk.kept_case
        if case is not None:
            self._choose_vessel(case)
            self.measure()

    def measure(self, *, amend: bool = False) -> None:
        """Measure what was not measured yet, and look for occlusions.

        Parameters
        ----------
        amend : bool
            Keep it as part of the last edit, whose vessels it measures, and look nowhere else; else it is an edit of
            its own, and the cursor goes to the first occlusion.
        """
        case = self._desk.kept_case
        if case is None or not len(case.tree):
            return
        self._set_progress(0.0, "Measuring the vessels")
        person = self._settings.person

        def work(progress: Progress) -> Case:
            from viewer.analysis.enhancement import enhancement_along
            from viewer.analysis.plan import with_lesions

            seen = case.enhancement or enhancement_along(case.volume, case.tree.vessels[0].centerline)
            return with_lesions(replace(case, enhancement=seen), progress, person.threshold)

        def done(measured: Case) -> None:
            self.progress = None
            now = self._desk.kept_case
            if now is not case:
                # Something was edited meanwhile: what was measured belongs to another plan.
                if now is not None and now.volume is case.volume and _unmeasured(now):
                    self.measure(amend=amend)
                self.changed.emit()
                return
            if amend:
                self._desk.amend(measured)
            else:
                self._desk.apply(measured, "Measure the vessels")
                self._look_at_occlusion(measured)
            self.changed.emit()

        self._jobs.run(FIND, work, done=done, failed=self._not_found, report=self._set_progress, cancelled=self._ended)

    def measure_calcium(self, threshold: CalciumThreshold | None = None) -> None:
        """Measure the calcium anew: at another threshold, or on the vessels where it is missing; as one edit."""
        case = self._desk.kept_case
        if case is None or not case.sections:
            return
        known = case.calcium[0] if case.calcium else None

        def work(progress: Progress) -> tuple[CalciumProfile, ...]:
            from viewer.analysis.plaque.calcium import measure_calcium
            from viewer.analysis.plaque.walls import USUAL_FWHM_MM

            at = threshold or (known.threshold if known is not None else CalciumThreshold.xing())
            fwhm = known.fwhm_mm if known is not None else USUAL_FWHM_MM
            kept = {p.vessel: p for p in case.calcium} if threshold is None else {}
            return tuple(
                kept.get(s.vessel) or measure_calcium(case.volume, s, at, fwhm, progress=progress)
                for s in case.sections
            )

        def done(profiles: tuple[CalciumProfile, ...]) -> None:
            now = self._desk.kept_case
            if now is None or now.sections is not case.sections:
                return
            if threshold is None:
                # It belongs to the contour that was pulled: one undo takes both back.
                self._desk.amend(replace(now, calcium=profiles))
            else:
                self._desk.apply(replace(now, calcium=profiles), f"Calcium from {threshold.hu:.0f} HU")

        self._jobs.run("tree.calcium", work, done=done, failed=self._not_found)

    def _look_at_occlusion(self, case: Case) -> None:
        """Put the cursor on the first occlusion's proximal cap, and turn the C-arm to it."""
        number = next((n for n, one in enumerate(case.lesions) if one.kind is LesionKind.OCCLUSION), None)
        if number is None:
            return
        lesion = case.lesions[number]
        view = on_vessel(case, self._desk.view, lesion.vessel, lesion.proximal.station_mm)
        self._lead_to(replace(view, lesion=number))
        self._turn_to(case, lesion)

    def _turn_to(self, case: Case, lesion: Lesion) -> None:
        """Turn a C-arm that nobody has turned yet to where the occlusion is least foreshortened."""
        limits = self._settings.lab.limits

        def work(progress: Progress) -> Proposal | None:
            from viewer.analysis.fluoro.proposals import occlusion_view

            return occlusion_view(case.tree, lesion, limits, case.lesions)

        def done(found: Proposal | None) -> None:
            carm = self._desk.view.carm
            if found is not None and self._desk.kept_case is case and not (carm.primary_deg or carm.secondary_deg):
                primary_deg, secondary_deg = float(found.primary_deg), float(found.secondary_deg)
                self._desk.look(carm=replace(carm, primary_deg=primary_deg, secondary_deg=secondary_deg))

        self._jobs.run("tree.view", work, done=done, failed=self._not_found)

    def _lead_to(self, view: ViewState) -> None:
        """Look there; a cursor that the doctor moved while the program looked by itself stays where it is."""
        now = self._desk.view
        if self._began_at is not None and now.cursor_lps_mm is not self._began_at:
            view = replace(view, cursor_lps_mm=now.cursor_lps_mm)
        elif self._began_at is not None:
            self._began_at = view.cursor_lps_mm
        self._desk.look(view)

    def _choose_vessel(self, case: Case) -> None:
        """Make active the vessel with the longest guessed stretch, else the first main one."""
        guessed = {v.name: sum(b - a for a, b in v.centerline.inferred) for v in case.tree}
        name = max(guessed, key=lambda name: guessed[name], default=None)
        if name is None:
            return
        if guessed[name] == 0:
            name = next((main for main in ("LAD", *MAIN_VESSELS) if main in case.tree), name)
        line = case.tree[name].centerline
        self._desk.look(carm=replace(self._desk.view.carm, isocenter_lps_mm=isocenter_lps_mm(case)))
        self._lead_to(on_vessel(case, self._desk.view, name, line.inferred[0][0] if line.inferred else 0.0))

    def _not_found(self, problem: BaseException) -> None:
        self._ended()
        if not isinstance(problem, ViewerError):
            raise problem
        self._message.refuse(problem)

    def _ended(self) -> None:
        self.progress = None
        self._desk.preview(None)
        self.changed.emit()

    def _set_progress(self, share: float, text: str) -> None:
        self.progress = (share, text)
        self.changed.emit()

    # -- by hand -------------------------------------------------------------------------------------------------

    @property
    def tracing(self) -> bool:
        """Whether the next click is a point of a vessel."""
        return self._tools.tool is Tool.TRACE

    @property
    def can_finish(self) -> bool:
        """Whether there is a course to keep."""
        return self._line is not None

    def begin_trace(self, name: str = "") -> None:
        """Take the tool for clicking a vessel."""
        self._begin(name or self.next_name(), [], extends=False)

    def begin_extension(self, name: str) -> None:
        """Take the tool for clicking how a vessel goes on beyond its end."""
        case = self._desk.kept_case
        if case is not None and name in case.tree:
            end = case.tree[name].centerline.points_lps_mm[-1]
            self._desk.look(cursor_lps_mm=end)
            self._begin(name, [end], extends=True)

    def _begin(self, name: str, clicks: list[Float], *, extends: bool) -> None:
        self.clicks, self._by_hand = clicks, []
        self.extends = extends
        self._line = None
        self.name = name
        self._tools.choose(Tool.TRACE)
        self.changed.emit()

    def draw(self, on: bool) -> None:
        """From now on, lead the course straight to what is clicked instead of tracing it, or trace it again."""
        self.drawing = on
        self.changed.emit()

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
        self.changed.emit()
        if len(self.clicks) > 1:
            self._trace()

    def take_back(self) -> None:
        """Take the last point back; the end from which a vessel goes on stays."""
        if len(self.clicks) > self.extends:
            self._drop_click()
        self._line = None
        if len(self.clicks) > 1:
            self._trace()
        else:
            self._desk.preview(None)
        self.changed.emit()

    def _drop_click(self) -> None:
        self.clicks.pop()
        if self._by_hand:
            self._by_hand.pop()

    def _trace(self) -> None:
        case = self._desk.kept_case
        if case is None:
            return
        volume, points, drawn = case.volume, np.array(self.clicks), tuple(self._by_hand)
        lumen = case.enhancement.lumen_hu if case.enhancement is not None else None

        def work(progress: Progress) -> Centerline:
            from viewer.analysis.coronary.seeded import trace_path

            return trace_path(volume, points, lumen_hu=lumen, drawn=drawn)

        self._jobs.run(PATH, work, done=self._traced, failed=self._not_traced)

    def _traced(self, line: Centerline) -> None:
        case = self._desk.kept_case
        if case is None or not self.tracing:
            return
        self._line = line
        self._desk.preview(dashed(case, self._with_line(case, line)))
        self.changed.emit()

    def _with_line(self, case: Case, line: Centerline) -> Case:
        if self.extends and self.name in case.tree:
            return extend_course(case, self.name, line)
        return add_vessel(case, self.name, line)

    def _not_traced(self, problem: BaseException) -> None:
        if not isinstance(problem, ViewerError):
            raise problem
        self._drop_click()
        self._message.refuse(problem)
        if len(self.clicks) > 1:
            self._trace()
        self.changed.emit()

    def rename_trace(self, name: str) -> None:
        """Give the vessel that is being traced another name."""
        if not self.extends:
            self.name = name.strip() or self.name
            if self._line is not None:
                self._traced(self._line)

    def finish_trace(self) -> None:
        """Keep the course."""
        case = self._desk.kept_case
        if case is None or self._line is None:
            return
        new = self._with_line(case, self._line)
        self._desk.apply(new, f"Lead {self.name} on" if self.extends else f"Trace {self.name}")
        if not self.extends:
            self._desk.look(on_vessel(new, self._desk.view, self.name))
        self._end_trace()
        self.measure(amend=True)

    def cancel_trace(self) -> None:
        """Forget the clicks."""
        self._desk.preview(None)
        self._end_trace()

    def _end_trace(self) -> None:
        self.clicks, self._by_hand = [], []
        self.extends = self.drawing = False
        self._line = None
        if self.tracing:
            self._tools.choose(Tool.WINDOW)
        self.changed.emit()

    def _tool_changed(self) -> None:
        if not self.tracing and self.clicks:
            self.cancel_trace()
        self.changed.emit()

    # -- corrections ---------------------------------------------------------------------------------------------

    def try_out(self, change: Callable[[Case], Case] | None) -> None:
        """Show what an edit would do, dashed, without keeping it; ``None`` ends that."""
        case = self._desk.kept_case
        if case is None or self.finding or self.tracing:
            return
        try:
            shown = None if change is None else dashed(case, change(case))
        except ViewerError:
            shown = None
        self._desk.preview(shown)

    def edit(self, change: Callable[[Case], Case], title: str, vessel: str | None = None) -> None:
        """Apply a pure edit of the tree, titled, and measure what it changed; what cannot be done is said in words."""
        case = self._desk.kept_case
        if case is None:
            return
        try:
            new = change(case)
        except ViewerError as problem:
            self._desk.preview(None)
            self._message.say(str(problem), Weight.CAUTION)
            return
        self._desk.apply(new, title)
        view = self._desk.view
        name = vessel if vessel is not None else view.vessel
        if name is not None and name not in new.tree:
            self._desk.look(vessel=None)
        elif name is not None and name != view.vessel:
            self._desk.look(vessel=name)
        if new.tree is not case.tree and _unmeasured(new):
            self.measure(amend=True)


def _unmeasured(case: Case) -> bool:
    """Tell whether a vessel has not been measured along its present course."""
    measured = {sections.vessel for sections in case.sections}
    return any(vessel.name not in measured for vessel in case.tree)


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
