"""What the later steps offer until their tools are there."""

from __future__ import annotations

from viewer.model.view import Step
from viewer.ui.rail import StepPanel
from viewer.ui.study_panel import ComingPanel

_PANELS = ((Step.SHEET, "The planning sheet", "The board collects your captures; the sheet is not here yet."),)


def coming_panels() -> list[StepPanel]:
    """Return the panels of the steps that are not filled yet."""
    return [ComingPanel(*entry) for entry in _PANELS]
