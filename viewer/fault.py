"""The report of a fault of the program, for its developers."""

from __future__ import annotations

import platform
import traceback
from pathlib import Path

from viewer import __version__


def report_of(problem: BaseException) -> str:
    """Return versions and the way through the program's files, one a line.

    Folders are left out, and so is what the system says about a file: both may name a patient.
    """
    lines = [f"CTO Viewer {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"]
    for frame in traceback.extract_tb(problem.__traceback__):
        lines.append(f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}: {frame.line}")
    kind = type(problem).__name__
    lines.append(kind if isinstance(problem, OSError) else f"{kind}: {problem}")
    return "\n".join(lines)
