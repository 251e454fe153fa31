"""The sheet of keys: everything that keyboard and mouse can do, over the window, gone with any key."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from viewer.ui.theme import color

COLUMNS = 4
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
        card.setStyleSheet("QLabel { font-size: 12px; }")
        card.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        row = QHBoxLayout(card)
        row.setContentsMargins(28, 22, 28, 22)
        row.setSpacing(30)
        stacks = [QVBoxLayout() for _ in range(COLUMNS)]
        heights = [0] * COLUMNS
        for stack in stacks:
            stack.setSpacing(22)
            row.addLayout(stack)
        for heading, table in tables:
            column = QGridLayout()
            column.setHorizontalSpacing(12)
            column.setVerticalSpacing(5)
            column.setAlignment(Qt.AlignmentFlag.AlignTop)
            head = QLabel(heading.upper())
            head.setObjectName("section")
            column.addWidget(head, 0, 0, 1, 2)
            for number, (keys, meaning) in enumerate(table, start=1):
                name = QLabel(keys)
                name.setObjectName("value")
                column.addWidget(name, number, 0)
                column.addWidget(QLabel(meaning), number, 1)
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
