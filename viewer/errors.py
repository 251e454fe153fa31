"""The errors that are the world's fault, not the program's.

Every one of them carries a sentence for the operator: what happened, where, and what to do next. They are caught in one
place in the window and in one place on the command line; anything else that is raised is a bug.
"""

from __future__ import annotations


class ViewerError(Exception):
    """Something outside the program is at fault.

    Parameters
    ----------
    what : str
        What happened and where, as a full sentence for the operator.
    advice : str
        What to do next, as a full sentence.
    """

    exit_code = 3

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(what, advice)
        self.what = what
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.what} {self.advice}"


class UnreadableStudy(ViewerError):
    """The study cannot be read, or what was read is unfit for planning."""


class NoDisplay(ViewerError):
    """A window was asked for on a machine that has no display."""


class NoTree(ViewerError):
    """The study was read, but holds no contrast or no coronary tree."""

    exit_code = 4
