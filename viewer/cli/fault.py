"""What the command line shows when the program itself is at fault."""

from __future__ import annotations

import sys
from types import TracebackType

from viewer.fault import report_of


def show_fault(kind: type[BaseException], problem: BaseException, trace: TracebackType | None) -> None:
    """Print a report for the developers to stderr; a `sys.excepthook`, after which the exit status is 1."""
    said = "this is a fault of the program. Please send the developers this report and what you did."
    print(f"cto-viewer: {said}\n{report_of(problem.with_traceback(trace))}".replace("\n", "\n  "), file=sys.stderr)
