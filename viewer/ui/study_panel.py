"""What the rail offers in the step Study."""

from __future__ import annotations

from collections.abc import Callable

from viewer.model.case import Case
from viewer.model.view import Step, ViewState
from viewer.model.volume import Severity
from viewer.ui.rail import StepPanel


class StudyPanel(StepPanel):
    """Says what lies open and whether it will do, and leads to the other series."""

    step = Step.STUDY

    def __init__(self, show_series: Callable[[], None], open_folder: Callable[[], None], open_demo: Callable[[], None]):
        super().__init__()
        self._card = self.add_card("Open a study")
        self._folder = self._card.add_button("Open folder or disc…", open_folder, primary=True)
        self._demo = self._card.add_button("Demonstration", open_demo)
        self._other = self._card.add_button("Other series…", show_series)

    def refresh(self, case: Case | None, view: ViewState) -> None:
        open_ = case is not None
        self._folder.setVisible(not open_)
        self._demo.setVisible(not open_)
        self._other.setVisible(open_)
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

    def done(self, case: Case | None) -> bool:
        return case is not None
