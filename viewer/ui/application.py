"""Starts the window."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.cli.display import require_display

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication


def offscreen_application() -> QApplication:
    """Return Qt's application with our fonts and colours, made for pictures that nobody sees if there is none yet."""
    from PySide6.QtWidgets import QApplication

    from viewer.ui.theme import apply_theme

    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication([])
    apply_theme(application)
    return application


def run(study: str | None = None, demo: bool = False) -> int:
    """Show the window until it is closed; returns the exit code.

    Parameters
    ----------
    study : str, optional
        What to open: a folder, zip, DICOMDIR or image file.
    demo : bool
        Open the demonstration case.

    Raises
    ------
    NoDisplay
        Where no window can be shown.
    """
    require_display()
    from PySide6.QtWidgets import QApplication

    from viewer.ui.crash import install_crash_hook
    from viewer.ui.theme import apply_theme
    from viewer.ui.window import MainWindow

    application = QApplication(sys.argv[:1])
    application.setApplicationName("CTO Viewer")
    application.setOrganizationName("cto-viewer")
    apply_theme(application)
    window = MainWindow()
    install_crash_hook(window, window.message.refuse)
    window.show()
    if demo:
        window.flow.open_demo()
    elif study is not None:
        window.open_path(Path(study))
    return application.exec()
