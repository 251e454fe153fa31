"""What the command line shows when the program itself is at fault."""

from __future__ import annotations

import platform
import sys
import traceback
from pathlib import Path
from types import TracebackType

from viewer import __version__


def show_fault(kind: type[BaseException], problem: BaseException, trace: TracebackType | None) -> None:
    """Print a report for the developers to stderr; a `sys.excepthook`, after which the exit status is 1.

    Folders are left out, and so is what the system says about a file: both may name a patient.
    """
    lines = [
        f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}: {frame.line}"
        for frame in traceback.extract_tb(trace)
    ]
    text = kind.__name__ if isinstance(problem, OSError) else f"{kind.__name__}: {problem}"
    print(
        "cto-viewer: this is a fault of the program. Please send the developers this report and what you did.",
        f"CTO Viewer {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}",
        *lines,
        text,
        sep="\n  ",
        file=sys.stderr,
    )
