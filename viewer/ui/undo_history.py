"""All edits by their titles, in order: what was done, where we are, what was undone; a click goes to any of them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QCloseEvent, QFont
from PySide6.QtWidgets import QFrame, QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from viewer.desk import Desk
from viewer.ui.theme import color

WIDTH_PX, ROW_PX, MOST_ROWS = 320, 28, 14


def go_to(desk: Desk, done: int) -> None:
    """Undo or do again until `done` edits are done, as far as there are any."""
    while len(desk.undo_titles) > max(done, 0):
        desk.undo()
    while len(desk.undo_titles) < done and desk.redo_titles:
        desk.redo()


class UndoHistory(QFrame):
    """A small list that opens under a button and stays until something else is clicked."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("card")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._desk = desk
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 12)
        column.setSpacing(6)
        heading = QLabel("What was done")
        heading.setObjectName("heading")
        column.addWidget(heading)
        self.list = QListWidget()
        self.list.setAccessibleName("Edits")
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setStyleSheet(
            f"QListWidget {{ background: transparent; outline: none; }}"
            f"QListWidget::item {{ border-radius: 5px; padding-left: 4px; }}"
            f"QListWidget::item:selected {{ background: {color('accent', 'quiet').name()}; "
            f"color: {color('text', 'strong').name()}; }}"
            f"QListWidget::item:hover {{ background: {color('surface', 'hover').name()}; }}"
        )
        column.addWidget(self.list)
        note = QLabel("Click to go there. What is undone stays in the list until you do something else.")
        note.setObjectName("small")
        note.setWordWrap(True)
        column.addWidget(note)
        self.setFixedWidth(WIDTH_PX)
        self._fill()
        self.list.itemClicked.connect(self._jump)
        self.list.itemActivated.connect(self._jump)
        self._unsubscribe: Callable[[], None] | None = desk.subscribe(self._fill)

    def open_under(self, widget: QWidget) -> None:
        """Show it under a widget, within its window."""
        corner = widget.mapToGlobal(QPoint(widget.width() - WIDTH_PX, widget.height() + 4))
        self.adjustSize()
        self.move(corner)
        self.show()
        self.list.setFocus()

    def _fill(self) -> None:
        done, undone = self._desk.undo_titles, tuple(reversed(self._desk.redo_titles))
        self.list.blockSignals(True)
        self.list.clear()
        for number, title in enumerate(("As it was opened", *done, *undone)):
            here = number == len(done)
            row = QListWidgetItem(f"{'●' if here else '○' if number > len(done) else '✓'}  {title}")
            row.setForeground(color("text", "strong" if here else "muted" if number > len(done) else "normal"))
            face = QFont(self.list.font())
            face.setWeight(QFont.Weight.DemiBold if here else QFont.Weight.Normal)
            face.setItalic(number > len(done))
            row.setFont(face)
            row.setToolTip(title)
            row.setSizeHint(QSize(0, ROW_PX))
            self.list.addItem(row)
        self.list.setCurrentRow(len(done))
        self.list.setFixedHeight(min(self.list.count(), MOST_ROWS) * ROW_PX + 6)
        self.list.blockSignals(False)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        super().closeEvent(event)

    def _jump(self, row: QListWidgetItem) -> None:
        go_to(self._desk, self.list.row(row))
