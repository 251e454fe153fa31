"""The colours and the font of everything that is painted, in the window and on paper: ``resources/theme.json``."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Any

from PySide6.QtCore import QCoreApplication, QRect
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPainter

from viewer.shipped import resource


@cache
def theme() -> dict[str, Any]:
    """Return the theme as it stands in its file."""
    read: dict[str, Any] = json.loads(resource("theme.json").read_text(encoding="utf-8"))
    return read


@cache
def color(group: str, name: str) -> QColor:
    """Return a colour by group and name, as in ``color("meaning", "full_moon")``; KeyError if there is none."""
    return QColor(theme()[group][name])


def vessel_color(name: str) -> QColor:
    """Return the colour of a vessel: its own, that of its kind (``D2`` -> ``D``), or the one for others."""
    table = theme()["vessel"]
    for key in (name, name.rstrip("0123456789"), name.removeprefix("L-"), "other"):
        if key in table:
            return QColor(table[key])
    raise KeyError("other")


def font(size: float = 1.0, *, bold: bool = False, medium: bool = False) -> QFont:
    """Return the program's font at `size` times the base size."""
    described = theme()["font"]
    result = QFont(described["family"])
    result.setPointSizeF(described["base_pt"] * size)
    if bold or medium:
        result.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Medium)
    return result


@cache
def qt_application() -> QCoreApplication:
    """Return the application without which Qt sets no letters; made once, for no display, where there is none.

    On the main thread only, where it is made.
    """
    found = QGuiApplication.instance()
    if found is None:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        found = QGuiApplication([])
    return found


def load_fonts() -> None:
    """Make the program's fonts known to Qt, and an application if there is none; once is enough."""
    qt_application()
    if theme()["font"]["family"] not in QFontDatabase.families():
        for file in sorted(resource("fonts").glob("*.otf")):
            QFontDatabase.addApplicationFont(str(file))


def draw_text(painter: QPainter, area: QRect, flags: int, text: str, with_font: QFont, pen: QColor) -> int:
    """Draw text that stays readable over any picture (a soft dark rim); returns its width in logical pixels."""
    painter.setFont(with_font)
    bounds = painter.boundingRect(area, flags, text)
    painter.setPen(QColor(0, 0, 0, 170))
    for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        painter.drawText(area.translated(dx, dy), flags, text)
    painter.setPen(pen)
    painter.drawText(area, flags, text)
    return bounds.width()
