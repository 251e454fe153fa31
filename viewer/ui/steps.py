"""What the later steps show until their tools are there: each pane says what will be in it."""

from __future__ import annotations

from viewer.desk import Desk
from viewer.jobs import Jobs
from viewer.model.view import Step
from viewer.ui.pane import Pane
from viewer.ui.placeholder_pane import PlaceholderPane
from viewer.ui.rail import StepPanel
from viewer.ui.study_panel import ComingPanel

_PANES = (("board", "Board", "Your captures, in order", "Captures that you take with S will be collected here."),)

_PANELS = ((Step.SHEET, "The planning sheet", "Board and sheet are not in this version yet."),)


def coming_panes(desk: Desk, jobs: Jobs) -> list[Pane]:
    """Return the panes that are not filled yet."""
    return [PlaceholderPane(desk, jobs, *entry) for entry in _PANES]


def coming_panels() -> list[StepPanel]:
    """Return the panels of the steps that are not filled yet."""
    return [ComingPanel(*entry) for entry in _PANELS]
