"""Finding the tree and correcting it: what the step Tree does; `hand_trace` has what is traced by clicks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from viewer.analysis.fluoro.isocenter import isocenter_lps_mm
from viewer.desk import Desk
from viewer.desk.sight import on_vessel
from viewer.desk.tree_edits import with_tree
from viewer.errors import ViewerError
from viewer.jobs import Jobs
from viewer.model.calcium import CalciumProfile, CalciumThreshold
from viewer.model.case import Case
from viewer.model.geometry import Float
from viewer.model.lesion import Lesion, LesionKind
from viewer.model.vessel import MAIN_VESSELS, VesselTree
from viewer.model.view import ViewState
from viewer.model.volume import Severity
from viewer.progress import Progress
from viewer.settings import Settings
from viewer.ui.hand_trace import HandTrace, dashed
from viewer.ui.message import MessageBar, Weight
from viewer.ui.tools import ToolBox

if TYPE_CHECKING:
    from viewer.analysis.fluoro.proposals import Proposal
    from viewer.model.volume import Volume

FIND = "tree.find"


class TreeFlow(QObject):
    """What is under way on the tree; lives on the window's thread. `changed` tells the panel to look again."""

    changed = Signal()

    def __init__(self, desk: Desk, jobs: Jobs, tools: ToolBox, message: MessageBar, settings: Settings) -> None:
        super().__init__()
        self._desk = desk
        self._jobs = jobs
        self._message = message
        self._settings = settings
        self.progress: tuple[float, str] | None = None
        self._whole: Volume | None = None
        #: Where the cursor was when the program began to look by itself; ``None``: the doctor asked for it.
        self._began_at: Float | None = None
        #: Vessels that are traced by clicks.
        self.hand = HandTrace(desk, jobs, tools, message, self.changed.emit, partial(self.measure, amend=True))

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
        self._message.hide()
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
        """Stop looking for the tree; what is computed just now may take another second."""
        self._jobs.cancel(FIND)
        if self.progress is not None:
            self._set_progress(self.progress[0], "Stopping")

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

    # -- corrections ---------------------------------------------------------------------------------------------

    def try_out(self, change: Callable[[Case], Case] | None) -> None:
        """Show what an edit would do, dashed, without keeping it; ``None`` ends that."""
        case = self._desk.kept_case
        if case is None or self.finding or self.hand.tracing:
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
