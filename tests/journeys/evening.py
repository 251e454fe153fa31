"""One evening up to the moment when the power fails: run by the journey to the room in a process of its own.

``python -m tests.journeys.evening FOLDER`` plans the demonstration in a real window, tells in JSON what it made, a line
each, and then waits to be killed.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from viewer.model.board import Note, NoteKind, exchanged
from viewer.model.view import Step
from viewer.ui.application import offscreen_application
from viewer.ui.case_flow import autosave_path
from viewer.ui.window import MainWindow

#: What is captured, in order: the step and the pane.
CAPTURED = (
    (Step.VESSEL, "reformation"),
    (Step.OCCLUSION, "sections"),
    (Step.OCCLUSION, "volume"),
    (Step.VIEWS, "xray"),
    (Step.STUDY, "axial"),
)


def wait(until: Callable[[], bool], seconds: float = 200) -> None:
    end = time.monotonic() + seconds
    while not until():
        if time.monotonic() > end:
            raise TimeoutError
        QApplication.processEvents()
        time.sleep(0.005)
    QApplication.processEvents()


def say(**told: object) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def settled(window: MainWindow) -> None:
    """Wait until every pane shows what was asked for just now."""
    QTest.qWait(30)
    wait(lambda: not window.busy and all(pane.resting for pane in window.grid.visible_panes))


def correct_the_cap(window: MainWindow) -> None:
    """Drag the proximal cap a few millimetres along the reformation."""
    window.desk.look(step=Step.OCCLUSION)
    settled(window)
    reformation = next(pane for pane in window.panes if pane.key == "reformation")
    lesion = window.desk.case.lesions[0]
    start = QPoint(round(reformation._x(lesion.proximal.station_mm, reformation.rect())), reformation.height() // 3)
    QTest.mousePress(reformation, Qt.MouseButton.LeftButton, pos=start)
    for step in (5, 10, 15):
        QTest.mouseMove(reformation, start + QPoint(step, 0))
    QTest.mouseRelease(reformation, Qt.MouseButton.LeftButton, pos=start + QPoint(15, 0))
    settled(window)
    before, after = lesion.proximal.station_mm, window.desk.kept_case.lesions[0].proximal.station_mm
    say(what="cap", before_mm=before, after_mm=after)


def take_captures(window: MainWindow) -> None:
    for number, (step, key) in enumerate(CAPTURED, 1):
        window.desk.look(step=step)
        settled(window)
        window.capture(next(pane for pane in window.panes if pane.key == key))
        wait(lambda number=number: len(window.desk.kept_case.board) == number and window.captures.resting)
    case = window.desk.kept_case
    ring = Note(NoteKind.RING, (0.4, 0.4), (0.6, 0.6))
    board = exchanged(case.board, 1, type(case.board[1])(**{**parts(case.board[1]), "notes": (ring,)}))
    window.desk.apply(type(case)(**{**parts(case), "board": board}), "Draw a ring")
    say(what="captures", titles=[item.title for item in board], cursor=list(board[1].view.cursor_lps_mm))


def parts(noun: object) -> dict[str, object]:
    return {name: getattr(noun, name) for name in type(noun).__dataclass_fields__}  # type: ignore[attr-defined]


def main(folder: Path) -> None:
    application = offscreen_application()
    window = MainWindow()
    window.resize(1600, 960)
    window.show()
    window.flow.open_demo()
    wait(lambda: window.desk.kept_case is not None and bool(window.desk.kept_case.lesions))
    settled(window)
    correct_the_cap(window)
    take_captures(window)
    window.sheet.remark(notes="Guide AL 0.75", operator="Dr Roe")
    window.desk.look(step=Step.SHEET)
    settled(window)
    window.sheet.save_to(folder / "sheet.pdf")
    wait(lambda: (folder / "sheet.pdf").exists() and not window.busy)
    window.plans.save_to(folder / "plan.ctoplan")
    wait(lambda: (folder / "plan.ctoplan").exists() and not window.busy)
    kept = autosave_path(window.desk.kept_case.volume)
    wait(lambda: not kept.exists())
    window.sheet.remark(notes="Guide AL 0.75, then the power failed")
    wait(lambda: kept.exists() and not window.busy)
    say(what="waiting", length_mm=window.desk.kept_case.lesions[0].length_mm)
    while True:
        application.processEvents()
        time.sleep(0.01)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
