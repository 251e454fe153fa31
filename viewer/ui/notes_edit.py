"""Free text that becomes an edit when the typing rests, not at every letter."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QPlainTextEdit, QWidget

#: Typing that pauses for this long is kept.
REST_MS = 1200


class NotesEdit(QPlainTextEdit):
    """Says `settled` with its text when typing rests or goes on elsewhere."""

    settled = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTabChangesFocus(True)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self.settle)
        self.textChanged.connect(self._rest.start)

    @property
    def typing(self) -> bool:
        """Whether there is text that was not yet told."""
        return self._rest.isActive()

    def settle(self) -> None:
        """Tell the text now."""
        self._rest.stop()
        self.settled.emit(self.toPlainText())

    def show_text(self, text: str) -> None:
        """Show what is kept, unless something else is being typed."""
        if not self.typing and text != self.toPlainText():
            self.blockSignals(True)
            self.setPlainText(text)
            self.blockSignals(False)

    def forget(self) -> None:
        """Drop what was typed and not yet told."""
        self._rest.stop()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if self.typing:
            self.settle()
