"""The settings page's left half: the laboratory, and a map of where its C-arm can go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from viewer.model.lab import Box, GantryLimits, Lab
from viewer.report.ink import draw_text
from viewer.settings import Settings
from viewer.ui.angle_box import PRIMARY, SECONDARY, AngleBox
from viewer.ui.theme import color, font

#: A new row begins here.
NEW_BOX = Box((-30.0, 30.0), (-30.0, 30.0))


class ReachMap(QWidget):
    """Where the C-arm can go, where proposals stay, and where it is steep; RAO left, cranial up."""

    def __init__(self) -> None:
        super().__init__()
        self.limits: GantryLimits | None = None
        self.setFixedHeight(150)
        self.setAccessibleName("Map of the angles that can be reached")

    def sizeHint(self) -> QSize:
        return QSize(300, 150)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.limits is None:
            return
        painter = QPainter(self)
        frame = QRectF(self.rect()).adjusted(36, 4, -36, -20)
        painter.fillRect(frame, color("surface", "picture"))

        def area(box: Box) -> QRectF:
            (a0, a1), (b0, b1) = box.primary_deg, box.secondary_deg
            x = [frame.left() + (min(max(a, -120), 120) + 120) / 240 * frame.width() for a in (a0, a1)]
            y = [frame.bottom() - (min(max(b, -60), 60) + 60) / 120 * frame.height() for b in (b0, b1)]
            return QRectF(QPointF(x[0], y[1]), QPointF(x[1], y[0]))

        shade = QColor(color("accent", "caution"))
        shade.setAlpha(60)
        for box in self.limits.reachable:
            painter.fillRect(area(box), color("accent", "quiet"))
            for steep in self.limits.steep:
                painter.fillRect(area(steep) & area(box), shade)
        painter.setPen(QPen(color("text", "strong"), 1, Qt.PenStyle.DashLine))
        painter.drawRect(area(self.limits.usual))
        painter.setPen(color("text", "muted"))
        middle, low = int(Qt.AlignmentFlag.AlignHCenter), int(Qt.AlignmentFlag.AlignVCenter)
        for angle, word in ((-90, "RAO 90"), (0, "AP"), (90, "LAO 90")):
            x = frame.left() + (angle + 120) / 240 * frame.width()
            box_of = QRectF(x - 30, frame.bottom() + 3, 60, 16).toRect()
            draw_text(painter, box_of, middle, word, font(0.75), color("text", "muted"))
        for angle, word in ((-45, "CAU"), (0, "0"), (45, "CRA")):
            y = frame.bottom() - (angle + 60) / 120 * frame.height()
            draw_text(painter, QRectF(0, y - 8, 32, 16).toRect(), low, word, font(0.75), color("text", "muted"))
        painter.end()


class BoxRows(QWidget):
    """Ranges of angles, one a row, which can be added and taken away; with a reason each if `told`."""

    def __init__(self, changed: Callable[[], object], *, least: int = 0, most: int = 12, told: bool = False) -> None:
        super().__init__()
        self._changed = changed
        self._least, self._most, self._told = least, most, told
        self._rows: list[tuple[QWidget, tuple[AngleBox, AngleBox, AngleBox, AngleBox], QLineEdit | None]] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._add = QPushButton("Add a range")
        self._add.setObjectName("chip")
        self._add.clicked.connect(lambda: self._append(NEW_BOX, tell=True))
        self._column.addWidget(self._add, 0, Qt.AlignmentFlag.AlignLeft)

    @property
    def boxes(self) -> tuple[Box, ...]:
        """What stands there; ValueError where a range ends before it begins."""
        found = []
        for _, (a0, a1, b0, b1), reason in self._rows:
            text = reason.text().strip() if reason is not None else ""
            found.append(Box((float(a0.value()), float(a1.value())), (float(b0.value()), float(b1.value())), text))
        return tuple(found)

    def show_boxes(self, boxes: tuple[Box, ...]) -> None:
        """Show other ranges."""
        while self._rows:
            _discard(self._rows.pop()[0])
        for box in boxes:
            self._append(box)

    def _append(self, box: Box, tell: bool = False) -> None:
        row = QWidget()
        grid = QGridLayout(row)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(5)
        (a0, a1), (b0, b1) = box.primary_deg, box.secondary_deg
        fields = (
            AngleBox(PRIMARY, 180, self._changed, "from, LAO or RAO"),
            AngleBox(PRIMARY, 180, self._changed, "to, LAO or RAO"),
            AngleBox(SECONDARY, 90, self._changed, "from, cranial or caudal"),
            AngleBox(SECONDARY, 90, self._changed, "to, cranial or caudal"),
        )
        for column, (field, value, word) in enumerate(zip(fields, (a0, a1, b0, b1), ("", "to", "and", "to"))):
            field.show_value(value)
            field.setFixedWidth(78)
            if word:
                grid.addWidget(_label(word, "small"), 0, 2 * column - 1)
            grid.addWidget(field, 0, 2 * column)
        reason = None
        if self._told:
            reason = QLineEdit(box.text)
            reason.setCursorPosition(0)
            reason.setPlaceholderText("What to say of these angles")
            reason.setAccessibleName("What to say of these angles")
            reason.editingFinished.connect(self._changed)
            grid.addWidget(reason, 1, 0, 1, 7)
        away = QPushButton("−")
        away.setObjectName("chip")
        away.setFixedWidth(28)
        away.setAccessibleName("Take this range away")
        away.clicked.connect(lambda: self._drop(row))
        away.setVisible(self._most > 1)
        grid.addWidget(away, 0, 7)
        grid.setColumnStretch(8, 1)
        self._rows.append((row, fields, reason))
        self._column.insertWidget(len(self._rows) - 1, row)
        self._add.setVisible(len(self._rows) < self._most)
        if tell:
            self._changed()

    def _drop(self, row: QWidget) -> None:
        if len(self._rows) <= self._least:
            return
        self._rows = [kept for kept in self._rows if kept[0] is not row]
        _discard(row)
        self._add.setVisible(len(self._rows) < self._most)
        self._changed()


class LabPart(QWidget):
    """Fields of the laboratory; every change that makes sense holds at once.

    Parameters
    ----------
    settings : Settings
    changed : callable
        Called after another laboratory was set.
    """

    def __init__(self, settings: Settings, changed: Callable[[], object]) -> None:
        super().__init__()
        self._settings, self._told = settings, changed
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(_label("THE LABORATORY", "section"))
        self.name = QLineEdit()
        self.name.setAccessibleName("Name of the C-arm")
        self.name.editingFinished.connect(self._change)
        column.addWidget(self.name)
        self.confirmed = QCheckBox("These limits were checked at the machine")
        self.confirmed.toggled.connect(lambda _: self._change())
        column.addWidget(self.confirmed)
        row = QHBoxLayout()
        self.sid = _length(800, 1400, self._change, "Source to detector")
        self.sod = _length(500, 1000, self._change, "Source to isocentre")
        self.detector = _length(100, 450, self._change, "Detector field")
        for word, field in (("SID", self.sid), ("SOD", self.sod), ("Field", self.detector)):
            row.addWidget(_label(word, "muted"))
            row.addWidget(field)
        row.addStretch(1)
        column.addLayout(row)
        self.map = ReachMap()
        column.addWidget(self.map)
        self.reachable = BoxRows(self._change, least=1)
        self.usual = BoxRows(self._change, least=1, most=1)
        self.steep = BoxRows(self._change, told=True)
        for heading, rows in (
            ("The C-arm can go (no proposal lies elsewhere)", self.reachable),
            ("Proposals stay here if it costs them little (dashed)", self.usual),
            ("Warn of", self.steep),
        ):
            column.addSpacing(4)
            column.addWidget(_label(heading, "heading"))
            column.addWidget(rows)
        self.wrong = _label("", "caution")
        self.wrong.setWordWrap(True)
        column.addWidget(self.wrong)
        column.addStretch(1)
        self.show_lab()

    def show_lab(self) -> None:
        """Show the laboratory of the settings."""
        lab = self._settings.lab
        fields = (self.name, self.confirmed, self.sid, self.sod, self.detector)
        for field in fields:
            field.blockSignals(True)
        self.name.setText(lab.limits.name)
        self.confirmed.setChecked(lab.limits.confirmed)
        for length, value in ((self.sid, lab.sid_mm), (self.sod, lab.sod_mm), (self.detector, lab.detector_mm)):
            length.setValue(value)
        for field in fields:
            field.blockSignals(False)
        self.reachable.show_boxes(lab.limits.reachable)
        self.usual.show_boxes((lab.limits.usual,))
        self.steep.show_boxes(lab.limits.steep)
        self._show_map(lab.limits)

    def _show_map(self, limits: GantryLimits) -> None:
        self.map.limits = limits
        self.map.update()
        self.wrong.setText("")

    def _change(self) -> None:
        try:
            limits = replace(
                self._settings.lab.limits,
                name=self.name.text().strip() or "C-arm",
                confirmed=self.confirmed.isChecked(),
                reachable=self.reachable.boxes,
                usual=self.usual.boxes[0],
                steep=self.steep.boxes,
            )
            lab = Lab(limits, self.sid.value(), self.sod.value(), self.detector.value())
        except ValueError as problem:
            self.wrong.setText(f"Not taken: {problem}.")
            return
        self._show_map(limits)
        self._settings.set_lab(lab)
        self._told()


def _discard(row: QWidget) -> None:
    row.setParent(None)
    row.deleteLater()


def _length(low: int, high: int, changed: Callable[[], object], name: str) -> QDoubleSpinBox:
    field = QDoubleSpinBox()
    field.setRange(low, high)
    field.setDecimals(0)
    field.setSuffix(" mm")
    field.setKeyboardTracking(False)
    field.setAccessibleName(name)
    field.setToolTip(name)
    field.valueChanged.connect(lambda _: changed())
    return field


def _label(text: str, name: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName(name)
    return label
