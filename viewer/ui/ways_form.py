"""The form of what leads to an occlusion from behind, and of bypass grafts: rows that are added and taken off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from viewer.model.facts import ClinicalFacts, Graft, GraftKind, RetrogradeWay, Tortuosity, WayKind
from viewer.model.vessel import MAIN_VESSELS, SIDE_BRANCHES

UNKNOWN = "–"
_VESSELS = tuple((name, name) for name in (*MAIN_VESSELS, *SIDE_BRANCHES))
_YES_NO = ((UNKNOWN, None), ("no", False), ("yes", True))
_WIDTHS_MM = ((UNKNOWN, None), *((f"{tenths / 10:.1f} mm", tenths / 10) for tenths in (3, 5, 7, 10, 15, 20)))
CELL_PX = 112
#: Vessels that are filled from the left side when they are closed.
RIGHT = ("RCA", "RVM", "PDA", "PLV", "CONUS")

#: A column: field, heading, answers with their words.
Column = tuple[str, str, tuple[tuple[str, Any], ...]]
WAY_COLUMNS: tuple[Column, ...] = (
    ("kind", "Way", tuple((kind.value, kind) for kind in WayKind)),
    ("donor", "From", _VESSELS),
    ("recipient", "To", _VESSELS),
    ("werner", "CC grade", ((UNKNOWN, None), ("0", 0), ("1", 1), ("2", 2))),
    ("diameter_mm", "Width", _WIDTHS_MM),
    ("tortuosity", "Winding", ((UNKNOWN, None), *((grade.value, grade) for grade in Tortuosity))),
    ("crossable", "Crossable", _YES_NO),
)
GRAFT_COLUMNS: tuple[Column, ...] = (
    ("kind", "Graft", tuple((kind.value, kind) for kind in GraftKind)),
    ("target", "To", _VESSELS),
    ("patent", "Open", _YES_NO),
)


class Rows(QWidget):
    """Rows of choices under their headings, with a button that adds one."""

    def __init__(self, columns: tuple[Column, ...], what: str, usual: dict[str, Any]) -> None:
        super().__init__()
        self._columns = columns
        self._rows: list[dict[str, QComboBox]] = []
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(6)
        outer.addLayout(self._grid)
        self._headings = []
        for number, (_, heading, _) in enumerate(columns):
            label = QLabel(heading)
            label.setObjectName("muted")
            self._grid.addWidget(label, 0, number)
            self._headings.append(label)
        self._grid.setColumnStretch(len(columns) + 1, 1)
        add = QPushButton(f"Add a {what}")
        add.clicked.connect(lambda: self.add(usual))
        outer.addWidget(add, 0, Qt.AlignmentFlag.AlignLeft)
        self._what = what
        self._show_headings()

    def add(self, values: dict[str, Any]) -> None:
        """Append a row; fields that are not among the values take their first answer."""
        at = self._grid.rowCount()
        row: dict[str, QComboBox] = {}
        for number, (name, heading, answers) in enumerate(self._columns):
            field = QComboBox()
            field.setMinimumWidth(CELL_PX)
            field.setAccessibleName(f"{heading} of {self._what} {len(self._rows) + 1}")
            known = [answer for _, answer in answers]
            if name in values and values[name] not in known:
                answers = (*answers, (str(values[name]), values[name]))
                known.append(values[name])
            for words, answer in answers:
                field.addItem(words, answer)
            field.setCurrentIndex(known.index(values[name]) if name in values else 0)
            self._grid.addWidget(field, at, number)
            row[name] = field
        remove = QPushButton("Remove")
        self._grid.addWidget(remove, at, len(self._columns))
        remove.clicked.connect(lambda: self._remove(row, remove))
        self._rows.append(row)
        self._show_headings()

    def _remove(self, row: dict[str, QComboBox], button: QPushButton) -> None:
        self._rows.remove(row)
        for widget in (*row.values(), button):
            widget.hide()
            self._grid.removeWidget(widget)
            widget.deleteLater()
        self._show_headings()

    def _show_headings(self) -> None:
        for label in self._headings:
            label.setVisible(bool(self._rows))

    def values(self) -> list[dict[str, Any]]:
        """Return what the rows say."""
        return [{name: field.itemData(field.currentIndex()) for name, field in row.items()} for row in self._rows]


class WaysForm(QDialog):
    """Asks for ways and grafts; `kept` is called with the facts when the doctor keeps them."""

    def __init__(
        self, facts: ClinicalFacts, vessel: str, kept: Callable[[ClinicalFacts], None], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("From behind, and grafts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._facts, self._vessel, self._kept = facts, vessel, kept
        donor = "LAD" if vessel in RIGHT else "RCA"
        self.ways = Rows(WAY_COLUMNS, "way", {"donor": donor, "recipient": vessel})
        self.grafts = Rows(GRAFT_COLUMNS, "graft", {"target": vessel})
        for way in facts.of(vessel).ways:
            self.ways.add({name: getattr(way, name) for name, _, _ in WAY_COLUMNS})
        for graft in facts.grafts:
            self.grafts.add({name: getattr(graft, name) for name, _, _ in GRAFT_COLUMNS})
        column = QVBoxLayout(self)
        note = QLabel(
            "As seen on angiography: CT rarely shows these channels in full. CC 0: no continuous connection; 1: a "
            "thread; 2: as wide as a side branch."
        )
        note.setObjectName("muted")
        note.setWordWrap(True)
        column.addWidget(note)
        for heading, rows in ((f"WAYS FROM BEHIND · {vessel}", self.ways), ("BYPASS GRAFTS", self.grafts)):
            title = QLabel(heading)
            title.setObjectName("section")
            column.addWidget(title)
            column.addWidget(rows)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self._keep)
        buttons.rejected.connect(self.close)
        column.addWidget(buttons)

    def facts(self) -> ClinicalFacts:
        """Return what the form says now."""
        ways = tuple(RetrogradeWay(**row) for row in self.ways.values())
        grafts = tuple(Graft(**row) for row in self.grafts.values())
        target = replace(self._facts.of(self._vessel), ways=ways)
        return replace(self._facts, grafts=grafts).with_target(target)

    def _keep(self) -> None:
        self._kept(self.facts())
        self.close()
