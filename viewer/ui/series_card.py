"""One series in the study browser: thumbnail, what it is, and whether it will do, in words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPixmap
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from viewer.dicom.series import Fitness, SeriesInfo
from viewer.ui.theme import color

THUMBNAIL_PX = 104

_CHIP = {Fitness.FIT: "done", Fitness.CAUTION: "caution", Fitness.REFUSED: "refusal"}


def details_of(series: SeriesInfo) -> str:
    """Return how a series was made, in one line; what its headers do not tell is left out."""
    facts = series.facts
    phase = None
    if facts.phase_percent is not None:
        phase = f"phase {facts.phase_percent:g} %"
    elif facts.trigger_time_ms is not None:
        phase = f"{facts.trigger_time_ms:.0f} ms after the R wave"
    spacing = None
    if series.spacing_mm is not None:
        step, row, column = series.spacing_mm
        spacing = f"{row:.2f} × {column:.2f} mm every {step:.2f} mm"
    parts = (
        f"{series.image_count} image{'s' if series.image_count != 1 else ''}",
        phase,
        f"kernel {facts.kernel}" if facts.kernel else None,
        f"{facts.kvp:g} kV" if facts.kvp else None,
        f"slices {facts.slice_thickness_mm:g} mm" if facts.slice_thickness_mm else None,
        spacing,
        f"contrast: {facts.contrast_agent}" if facts.contrast_agent else "no contrast noted",
        series.transfer_syntax,
    )
    return " · ".join(part for part in parts if part)


def chip(text: str, shade: str) -> QLabel:
    """Return a small rounded label on one of the accent colours."""
    label = QLabel(text)
    label.setStyleSheet(
        f"background: {color('accent', shade).name()}; color: {color('text', 'on_accent').name()};"
        "border-radius: 8px; padding: 1px 9px; font-weight: 600;"
    )
    label.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
    return label


class SeriesCard(QFrame):
    """A series that can be chosen with a double click or Enter."""

    chosen = Signal(object)
    selected = Signal(object)

    def __init__(self, series: SeriesInfo, recommended: str | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.series = series
        self.setObjectName("card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(f"{series.title}, {series.fitness.value}")
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 10, 14, 10)
        row.setSpacing(14)
        self._thumbnail = QLabel()
        self._thumbnail.setFixedSize(QSize(THUMBNAIL_PX, THUMBNAIL_PX))
        self._thumbnail.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._thumbnail.setStyleSheet(f"background: {color('surface', 'picture').name()}; border-radius: 4px;")
        row.addWidget(self._thumbnail, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(4)
        top = QGridLayout()
        top.setHorizontalSpacing(8)
        heading = QLabel(series.facts.description or series.facts.modality or "No description")
        heading.setObjectName("heading")
        heading.setTextFormat(Qt.TextFormat.PlainText)
        top.addWidget(heading, 0, 0)
        if recommended is not None:
            top.addWidget(chip("recommended", "primary"), 0, 1)
        top.addWidget(chip(series.fitness.value, _CHIP[series.fitness]), 0, 2)
        top.setColumnStretch(3, 1)
        column.addLayout(top)
        column.addWidget(self._line(details_of(series), "muted"))
        if recommended is not None:
            column.addWidget(self._line(recommended, ""))
        for reason in series.reasons[:4]:
            column.addWidget(self._line(reason, "refusal" if series.fitness is Fitness.REFUSED else "caution"))
        if len(series.reasons) > 4:
            more = self._line(f"and {len(series.reasons) - 4} more", "muted")
            more.setToolTip("\n".join(series.reasons[4:]))
            column.addWidget(more)
        column.addStretch(1)
        row.addLayout(column, 1)

    def _line(self, text: str, name: str) -> QLabel:
        label = QLabel(text)
        label.setObjectName(name)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        return label

    def set_thumbnail(self, grey: NDArray[np.uint8]) -> None:
        """Show a grey picture of shape (rows, columns)."""
        pixels = np.ascontiguousarray(grey)
        height, width = pixels.shape
        image = QImage(pixels.data, width, height, width, QImage.Format.Format_Grayscale8)
        ratio = self.devicePixelRatioF()
        edge = round(THUMBNAIL_PX * ratio)
        pixmap = QPixmap.fromImage(image).scaled(
            edge, edge, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        pixmap.setDevicePixelRatio(ratio)
        self._thumbnail.setPixmap(pixmap)

    def say_no_thumbnail(self, why: str) -> None:
        """Say in place of the thumbnail why there is none."""
        self._thumbnail.setText("no picture")
        self._thumbnail.setToolTip(why)

    def set_selected(self, selected: bool) -> None:
        """Draw the frame of the selected series."""
        edge = color("accent", "primary").name() if selected else color("surface", "pane_border").name()
        self.setStyleSheet(f"QFrame#card {{ border: {2 if selected else 1}px solid {edge}; }}")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.selected.emit(self)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.chosen.emit(self.series)

    def focusInEvent(self, event: object) -> None:
        self.selected.emit(self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(self.series)
        else:
            super().keyPressEvent(event)
