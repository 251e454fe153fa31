"""One place for what the program has to say: a bar over the panes, with the sentence and what to do next."""

from __future__ import annotations

import enum

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from viewer.errors import ViewerError
from viewer.ui.icons import icon
from viewer.ui.theme import color

NOTE_MS = 6000


class Weight(enum.Enum):
    """How heavy a message is: the name of its colour."""

    NOTE = "done"
    CAUTION = "caution"
    REFUSAL = "refusal"


class MessageBar(QFrame):
    """Shows the latest message. A note goes by itself; a caution or a refusal stays until it is closed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("message")
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 8, 8)
        self._text = QLabel(self)
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row.addWidget(self._text, 1)
        close = QToolButton(self)
        close.setIcon(icon("close"))
        close.setToolTip("Close this message")
        close.setAccessibleName("Close this message")
        close.clicked.connect(self.hide)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        self.hide()

    @property
    def text(self) -> str:
        """The sentence that is shown."""
        return self._text.text()

    def say(self, text: str, weight: Weight = Weight.NOTE) -> None:
        """Show a sentence."""
        self._text.setText(text)
        background, edge = color("surface", "raised").name(), color("accent", weight.value).name()
        self.setStyleSheet(
            f"QFrame#message {{ background: {background}; border-left: 4px solid {edge}; border-radius: 6px; }}"
        )
        # A long sentence takes two lines.
        self.setFixedHeight(max(self.heightForWidth(self.width()), self.minimumSizeHint().height()))
        self.show()
        self.raise_()
        self._timer.stop()
        if weight is Weight.NOTE:
            self._timer.start(NOTE_MS)

    def refuse(self, error: ViewerError) -> None:
        """Show what went wrong and what to do next."""
        self.say(f"{error.what} {error.advice}", Weight.REFUSAL)
