"""How the window looks: palette and style sheet from the theme. Colours and fonts are those of `viewer.report.ink`."""

from __future__ import annotations

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication

from viewer.report.ink import color, font, load_fonts, theme, vessel_color
from viewer.shipped import resource

__all__ = ["apply_theme", "color", "font", "style_sheet", "vessel_color"]


def apply_theme(application: QApplication) -> None:
    """Give the application its fonts, its palette and its style sheet."""
    load_fonts()
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
    for group, entries in theme().items():
        if isinstance(entries, dict):
            for name in sorted(entries, key=len, reverse=True):
                if isinstance(entries[name], str):
                    text = text.replace(f"@{group}.{name}", entries[name])
    return text
