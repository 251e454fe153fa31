"""The visual language, read once from ``resources/theme.json``: colours by meaning, fonts, and the style sheet."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from viewer.shipped import resource


@cache
def _theme() -> dict[str, Any]:
    return json.loads(resource("theme.json").read_text(encoding="utf-8"))


@cache
def color(group: str, name: str) -> QColor:
    """Return a colour by group and name, as in ``color("meaning", "full_moon")``; KeyError if there is none."""
    return QColor(_theme()[group][name])


def vessel_color(name: str) -> QColor:
    """Return the colour of a vessel: its own, that of its kind (``D2`` -> ``D``), or the one for others."""
    table = _theme()["vessel"]
    for key in (name, name.rstrip("0123456789"), name.removeprefix("L-"), "other"):
        if key in table:
            return QColor(table[key])
    raise KeyError("other")


def font(size: float = 1.0, *, bold: bool = False, medium: bool = False) -> QFont:
    """Return the program's font at `size` times the base size."""
    described = _theme()["font"]
    result = QFont(described["family"])
    result.setPointSizeF(described["base_pt"] * size)
    if bold or medium:
        result.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Medium)
    return result


def apply_theme(application: QApplication) -> None:
    """Give the application its fonts, its palette and its style sheet."""
    for file in sorted(resource("fonts").glob("*.otf")):
        QFontDatabase.addApplicationFont(str(file))
    application.setStyle("Fusion")
    application.setFont(font())
    palette = QPalette()
    roles = QPalette.ColorRole
    for role, group, name in (
        (roles.Window, "surface", "window"),
        (roles.Base, "surface", "pane"),
        (roles.AlternateBase, "surface", "card"),
        (roles.Button, "surface", "raised"),
        (roles.ToolTipBase, "surface", "raised"),
        (roles.Highlight, "accent", "primary"),
        (roles.HighlightedText, "text", "on_accent"),
        (roles.Text, "text", "normal"),
        (roles.WindowText, "text", "normal"),
        (roles.ButtonText, "text", "strong"),
        (roles.ToolTipText, "text", "normal"),
        (roles.BrightText, "text", "strong"),
        (roles.PlaceholderText, "text", "muted"),
        (roles.Link, "accent", "primary"),
    ):
        palette.setColor(role, color(group, name))
    for role in (roles.Text, roles.WindowText, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, color("text", "muted"))
    application.setPalette(palette)
    application.setStyleSheet(style_sheet())


def style_sheet() -> str:
    """Return ``resources/theme.qss`` with every ``@group.name`` replaced by its colour."""
    text = resource("theme.qss").read_text(encoding="utf-8")
    for group, entries in _theme().items():
        if isinstance(entries, dict):
            for name in sorted(entries, key=len, reverse=True):
                if isinstance(entries[name], str):
                    text = text.replace(f"@{group}.{name}", entries[name])
    return text
