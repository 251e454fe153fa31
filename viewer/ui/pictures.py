"""The demonstration's pictures without a display: the same window, off screen, step by step."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication

from viewer.errors import ViewerError
from viewer.model.case import Case
from viewer.model.view import Step
from viewer.progress import Progress, silent
from viewer.report.sheet import write_pages
from viewer.settings import Settings
from viewer.ui.application import offscreen_application
from viewer.ui.capture_settings import chosen, keep
from viewer.ui.window import MainWindow

SIZE = QSize(1920, 1080)
LONGEST_S = 240.0
#: The steps that show something, and the name of the picture.
PICTURES = (
    (Step.STUDY, "study"),
    (Step.TREE, "tree"),
    (Step.VESSEL, "vessel"),
    (Step.OCCLUSION, "occlusion"),
    (Step.VIEWS, "views"),
    (Step.SHEET, "sheet"),
)
#: Panes whose capture goes to the board on the way, by step.
CAPTURED = {Step.VESSEL: "reformation", Step.OCCLUSION: "sections", Step.VIEWS: "xray"}


def make_pictures(folder: Path, progress: Progress = silent) -> list[Path]:
    """Open the demonstration in a window that nobody sees; write one picture a step, and the planning sheet.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    progress : Progress

    Returns
    -------
    list of Path
        The PNG files, and the sheet as PDF.

    Raises
    ------
    ViewerError
        If the demonstration cannot be opened.
    OSError
        If the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    application = offscreen_application()
    window = MainWindow(Settings(folder / ".settings.json"))
    try:
        # Onto the board alone: neither files nor the clipboard of whoever looks on.
        keep(window.settings, replace(chosen(window.settings), to_file=False, to_clipboard=False))
        window.resize(SIZE)
        window.show()
        progress(0.05, "Opening the demonstration")
        window.flow.open_demo()
        _wait(application, lambda: window.desk.case is not None or bool(window.message.text))
        if window.desk.case is None:
            raise ViewerError("The demonstration could not be opened.", window.message.text)
        # The program begins to look by itself a turn of the event loop later.
        _wait(application, lambda: _is_planned(window.desk.kept_case) or bool(window.message.text))
        paths = []
        for number, (step, name) in enumerate(PICTURES):
            progress(0.2 + 0.8 * number / len(PICTURES), f"Step {step.value}")
            window.desk.look(step=step)
            _wait(application, lambda: not window.busy and all(pane.resting for pane in window.grid.visible_panes))
            path = folder / f"{number + 1}-{name}.png"
            if not window.grab().save(str(path)):
                raise OSError(f"{path} was not written")
            paths.append(path)
            if step in CAPTURED:
                window.capture(next(pane for pane in window.panes if pane.key == CAPTURED[step]))
                _wait(application, lambda: window.captures.resting)
        _wait(application, lambda: bool(window.sheet.pages))
        paths += write_pages(window.sheet.pages, folder / "planning-sheet.pdf", window.sheet.choices.page)
        return paths
    finally:
        window.close()
        (folder / ".settings.json").unlink(missing_ok=True)


def _is_planned(case: Case | None) -> bool:
    """Tell whether vessels were found and measured."""
    return case is not None and len(case.tree) > 0 and bool(case.sections)


def _wait(application: QApplication, until: Callable[[], bool]) -> None:
    """Let the window work until something is so; ViewerError if that takes longer than anybody waits."""
    end = time.monotonic() + LONGEST_S
    application.processEvents()
    while not until():
        if time.monotonic() > end:
            raise ViewerError("The pictures were not ready in time.", "Try again while the computer is less busy.")
        application.processEvents()
        time.sleep(0.01)
    application.processEvents()
