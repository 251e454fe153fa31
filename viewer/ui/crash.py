"""What happens when the program is at fault: the work is safe, a report can be copied, nothing is swallowed."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from types import TracebackType

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from viewer.errors import ViewerError
from viewer.fault import report_of

log = logging.getLogger(__name__)


class CrashDialog(QDialog):
    """Says that a fault happened, and offers the report."""

    def __init__(self, problem: BaseException, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("A fault in CTO Viewer")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        text = QLabel(
            "Something went wrong inside the program. What lies open is untouched and you can go on; if the picture "
            "looks wrong, open the study again. The report below holds no patient's name: copy it for the developers."
        )
        text.setWordWrap(True)
        column.addWidget(text)
        self.report = QPlainTextEdit(report_of(problem))
        self.report.setReadOnly(True)
        self.report.setMinimumSize(640, 220)
        column.addWidget(self.report)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        copy = buttons.addButton("Copy report", QDialogButtonBox.ButtonRole.ActionRole)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.report.toPlainText()))
        buttons.rejected.connect(self.close)
        column.addWidget(buttons)


def install_crash_hook(parent: QWidget, refuse: Callable[[ViewerError], None]) -> None:
    """Take every exception that reaches the event loop.

    A `ViewerError` goes to `refuse`, which shows its sentence; anything else is a fault of the program and gets a
    `CrashDialog` over `parent`, one at a time.
    """
    shown: list[CrashDialog] = []

    def hook(kind: type[BaseException], problem: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, problem, trace)
            return
        if isinstance(problem, ViewerError):
            refuse(problem)
            return
        log.error("a fault\n%s", report_of(problem))
        if not shown:
            dialog = CrashDialog(problem, parent)
            shown.append(dialog)
            dialog.finished.connect(lambda _: shown.clear())
            dialog.open()

    sys.excepthook = hook
