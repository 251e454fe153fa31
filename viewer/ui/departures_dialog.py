"""The list of what left this machine: when, what, where to, whose code, and whether identity went with it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from viewer.casefile.departures import Departure, departures_file
from viewer.ui.theme import color

COLUMNS = ("When", "Patient's code", "What", "Where to", "Identity")


class DeparturesDialog(QDialog):
    """Shows the latest first; nothing can be changed here."""

    def __init__(self, entries: Sequence[Departure], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("What left this machine")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 16)
        column.setSpacing(10)
        heading = QLabel("What left this machine")
        heading.setObjectName("heading")
        column.addWidget(heading)
        self.table = QTableWidget(len(entries), len(COLUMNS))
        self.table.setAccessibleName("What left this machine")
        self.table.setHorizontalHeaderLabels(COLUMNS)
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setAlternatingRowColors(False)
        self.table.setShowGrid(False)
        for row, entry in enumerate(reversed(entries)):
            identity = "with identity" if entry.identity else "without"
            values = (entry.when.replace("T", " "), entry.code, entry.what, entry.where, identity)
            for number, value in enumerate(values):
                cell = QTableWidgetItem(value)
                cell.setToolTip(value)
                if entry.identity and number == len(values) - 1:
                    cell.setForeground(color("accent", "caution"))
                self.table.setItem(row, number, cell)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        for stretched in (2, 3):
            header.setSectionResizeMode(stretched, QHeaderView.ResizeMode.Stretch)
        column.addWidget(self.table, 1)
        text = "Nothing has left yet." if not entries else f"{len(entries)} entries, kept in {departures_file()}."
        small = QLabel(f"{text} No patient's name is in this list, and the program sends nothing by itself.")
        small.setObjectName("small")
        small.setWordWrap(True)
        column.addWidget(small)
        close = QPushButton("Close")
        close.clicked.connect(self.close)
        column.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
        self.resize(980, 460)
