"""What the rail offers in the step Study."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from viewer.desk import Desk
from viewer.desk.target import at_occlusion, occlusions_of
from viewer.model.case import Case
from viewer.model.lesion import Lesion
from viewer.model.vessel import Author
from viewer.model.view import Step, ViewState
from viewer.model.volume import Severity
from viewer.ui.rail import StepPanel
from viewer.ui.tree_flow import TreeFlow


def words_of(lesion: Lesion) -> str:
    """Return an occlusion in one sentence, as in "RCA is occluded for 27 mm: blunt cap, ambiguous."."""
    cap = lesion.proximal
    shape = [f"{cap.shape.value} cap"] if cap.shape is not None else []
    about = ", ".join([*shape, *(["ambiguous"] if cap.ambiguous else [])])
    return f"{lesion.vessel} is occluded for {lesion.length_mm:.0f} mm{': ' + about if about else ''}."


class StudyPanel(StepPanel):
    """Says what lies open and whether it will do, and leads to the other series."""

    step = Step.STUDY

    def __init__(
        self,
        desk: Desk,
        flow: TreeFlow,
        show_series: Callable[[], None],
        open_folder: Callable[[], None],
        open_demo: Callable[[], None],
    ) -> None:
        super().__init__()
        self._desk = desk
        self._flow = flow
        self._card = self.add_card("Open a study")
        self._folder = self._card.add_button("Open folder or disc…", open_folder, primary=True)
        self._demo = self._card.add_button("Demonstration", open_demo)
        self._other = self._card.add_button("Other series…", show_series)
        self._found = self.add_card("What the computer found")
        self._go = self._found.add_button("Look at the occlusion", self._go_on, primary=True)
        self._stop = self._found.add_button("Cancel", flow.stop)
        self._anew = self._found.add_button("Start anew", self._start_anew, tip="Drop the plan; undo brings it back")
        flow.changed.connect(lambda: self.refresh(desk.case, desk.view))

    def refresh(self, case: Case | None, view: ViewState) -> None:
        open_ = case is not None
        self._folder.setVisible(not open_)
        self._demo.setVisible(not open_)
        self._other.setVisible(open_)
        self._tell_found(case)
        if case is None:
            self._card.say(
                "Open a study", "Drop the folder or the disc of a coronary CT on the window, or take the demonstration."
            )
            return
        severities = [finding.severity for finding in case.volume.findings]
        if Severity.REFUSAL in severities:
            heading, text = (
                "Not fit for planning",
                "You can look at it, but do not measure on it. The reasons are listed.",
            )
        elif Severity.CAUTION in severities:
            heading, text = "Usable with caution", "Read the cautions, then look through the planes for motion."
        else:
            heading, text = (
                "Is this the right scan?",
                "Look through the planes: sharp vessels, no steps, enough contrast?",
            )
        self._card.say(heading, text)

    def _tell_found(self, case: Case | None) -> None:
        finding = self._flow.progress
        self._found.setVisible(case is not None and (finding is not None or len(case.tree) > 0))
        occlusions = [] if case is None else occlusions_of(case)
        self._stop.setVisible(finding is not None)
        self._go.setVisible(finding is None)
        self._go.setText("Look at the occlusion" if occlusions else "Look at the tree")
        self._anew.setVisible(finding is None)
        if finding is not None:
            self._found.say("Finding vessels and occlusions", finding[1])
        elif occlusions:
            hers = any(Author.OPERATOR in (one.author, one.proximal.author, one.distal.author) for one in occlusions)
            heading = "The plan so far" if hers else "What the computer found"
            self._found.say(heading, "\n".join(words_of(lesion) for lesion in occlusions))
        else:
            self._found.say("What the computer found", "The coronary tree, and no occlusion in it.")

    def _go_on(self) -> None:
        case, view = self._desk.case, self._desk.view
        if case is not None:
            self._desk.look(at_occlusion(case, view) or replace(view, step=Step.TREE))

    def _start_anew(self) -> None:
        case = self._desk.kept_case
        if case is not None:
            self._desk.apply(Case(case.volume), "Start anew")
            self._flow.find_by_itself()

    def done(self, case: Case | None) -> bool:
        return case is not None
