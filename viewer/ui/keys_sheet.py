"""The sheet of keys: everything that keyboard and mouse can do, over the window, gone with any key."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from viewer.ui.theme import color

COLUMNS = 4
#: In a narrower window letters are smaller and lines stand closer; the sheet leaves so much of it free.
WIDE_PX, AROUND_PX = 1640, 10
KeyTable = tuple[tuple[str, str], ...]


class KeysSheet(QWidget):
    """Lies over its parent and lists keys in columns.

    Parameters
    ----------
    parent : QWidget
    tables : iterable of (heading, table)
        A table is a tuple of (keys, meaning).
    """

    def __init__(self, parent: QWidget, tables: Iterable[tuple[str, KeyTable]]) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setGeometry(parent.rect())
        outer = QVBoxLayout(self)
        outer.setAlignment(Qt.AlignmentFlag.AlignCenter)
        card = QFrame()
        card.setObjectName("card")
        narrow = parent.width() < WIDE_PX
        card.setStyleSheet(f"QLabel {{ font-size: {12 if narrow else 14}px; }}")
        card.setFixedWidth(min(parent.width() - 2 * AROUND_PX, WIDE_PX))
        row = QHBoxLayout(card)
        row.setContentsMargins(20, 16, 20, 16)
        row.setSpacing(22)
        stacks = [QVBoxLayout() for _ in range(COLUMNS)]
        heights = [0] * COLUMNS
        for stack in stacks:
            stack.setSpacing(14 if narrow else 22)
            row.addLayout(stack, 1)
        for heading, table in tables:
            column = QGridLayout()
            column.setHorizontalSpacing(10)
            column.setVerticalSpacing(3 if narrow else 5)
            column.setColumnStretch(0, 2)
            column.setColumnStretch(1, 3)
            head = QLabel(heading.upper())
            head.setObjectName("section")
            column.addWidget(head, 0, 0, 1, 2)
            for number, (keys, meaning) in enumerate(table, start=1):
                name, words = QLabel(keys), QLabel(meaning)
                name.setObjectName("value")
                for place, label in enumerate((name, words)):
                    label.setWordWrap(True)
                    column.addWidget(label, number, place, Qt.AlignmentFlag.AlignTop)
            # Each goes where most room is left, so that all fit a small screen.
            lowest = heights.index(min(heights))
            stacks[lowest].addLayout(column)
            heights[lowest] += len(table) + 2
        for stack in stacks:
            stack.addStretch(1)
        outer.addWidget(card)
        self.show()
        self.raise_()
        self.setFocus()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        veil = color("surface", "window")
        veil.setAlpha(215)
        painter.fillRect(self.rect(), veil)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.close()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.close()
