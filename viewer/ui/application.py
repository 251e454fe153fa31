"""Starts the window."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from viewer.errors import NoDisplay


def check_display() -> None:
    """Raise `NoDisplay` where no window can be shown, before Qt ends the process over it."""
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise NoDisplay(
            "This machine has no display, so no window can be shown.",
            "Use the headless commands instead: cto-viewer info STUDY, or cto-viewer demo --pictures FOLDER.",
        )


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
    check_display()
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
