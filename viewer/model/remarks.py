"""What the operator writes beside the plan: free notes for the room, and who made it."""

from __future__ import annotations

from dataclasses import dataclass

MOST_NOTES, MOST_NAME = 4000, 80


@dataclass(frozen=True, slots=True)
class Remarks:
    """Words of the operator, as they stand on the sheet.

    Attributes
    ----------
    notes : str
        Free text, several lines.
    operator : str
        Who made the plan, one line; never the patient.
    """

    notes: str = ""
    operator: str = ""

    def __post_init__(self) -> None:
        if len(self.notes) > MOST_NOTES or len(self.operator) > MOST_NAME or "\n" in self.operator:
            raise ValueError("more is written than fits on a sheet")
