"""Captures: a pane's picture in a file, with the words that every capture carries and without the patient's name."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import platformdirs
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QImage, QPainter

from viewer.errors import ViewerError
from viewer.report.ink import draw_text
from viewer.ui.pane import MARGIN_PX
from viewer.ui.theme import color, font

CAPTION = "CTO Viewer · planning preview, not a medical device"


def capture_folder() -> Path:
    """Return where captures go: the variable CTO_VIEWER_CAPTURES, or a folder among the user's pictures."""
    named = os.environ.get("CTO_VIEWER_CAPTURES")
    return Path(named) if named else Path(platformdirs.user_pictures_dir()) / "CTO Viewer"


def capture_to_file(image: QImage, name: str, folder: Path | None = None) -> Path:
    """Burn the caption into `image` and write it as PNG; returns the file.

    Raises
    ------
    ViewerError
        If the folder cannot be written.
    """
    folder = folder or capture_folder()
    painter = QPainter(image)
    area = QRect(
        0, 0, round(image.width() / image.devicePixelRatio()), round(image.height() / image.devicePixelRatio())
    )
    line = area.adjusted(MARGIN_PX, 0, -MARGIN_PX, -3)
    flags = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom)
    draw_text(painter, line, flags, CAPTION, font(0.8), color("text", "muted"))
    painter.end()
    path = folder / f"{datetime.now():%Y-%m-%d %H.%M.%S.%f} {name}.png"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise ViewerError(
            f"The folder {folder} cannot be made ({problem.strerror}).",
            "Free the place or its rights, and capture again.",
        ) from problem
    if not image.save(str(path)):
        raise ViewerError(
            f"The capture could not be written to {folder}.", "Check that there is room and the right to write."
        )
    return path
