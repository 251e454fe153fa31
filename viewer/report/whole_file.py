"""A file that is written whole or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from viewer.errors import ViewerError


def write_whole(path: Path, content: bytes, what: str) -> None:
    """Write a file by way of a temporary one beside it.

    Parameters
    ----------
    path : Path
    content : bytes
    what : str
        What is written, as it begins a sentence: ``The vessels``.

    Raises
    ------
    ViewerError
        If the place cannot be written; what was there stays.
    """
    temporary = path.with_name(path.name + ".part")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as problem:
        with contextlib.suppress(OSError):  # the place that cannot be written cannot be tidied either
            temporary.unlink(missing_ok=True)
        raise ViewerError(
            f"{what} could not be written to {path} ({problem.strerror or problem}).",
            "Choose another place, or make room there.",
        ) from problem
