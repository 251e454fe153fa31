"""The right column of the step Study: how the series was made, and every finding in words."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from viewer.model.case import Case
from viewer.model.volume import Severity, Volume

WIDTH_PX = 300
_NAMES = {Severity.NOTE: "", Severity.CAUTION: "caution", Severity.REFUSAL: "refusal"}


def facts_of(volume: Volume) -> list[tuple[str, str]]:
    """Return what is known of how a series was made, as (name, value); unknown is a dash."""
    facts, geometry = volume.facts, volume.geometry
    slices, rows, columns = geometry.shape
    k, j, i = geometry.spacing_mm
    date = facts.study_date
    phase = f"{facts.phase_percent:g} %" if facts.phase_percent is not None else None
    if phase is None and facts.trigger_time_ms is not None:
        phase = f"{facts.trigger_time_ms:.0f} ms"
    return [
        ("Series", facts.description or "–"),
        ("Date of the CT", f"{date[:4]}-{date[4:6]}-{date[6:8]}" if date and len(date) >= 8 else "–"),
        ("Phase", phase or "–"),
        ("Slices", f"{slices}, every {k:.2f} mm"),
        ("Matrix", f"{columns} × {rows}, {i:.2f} × {j:.2f} mm"),
        ("Tube voltage", f"{facts.kvp:g} kV" if facts.kvp else "–"),
        ("Kernel", facts.kernel or "–"),
        ("Contrast", facts.contrast_agent or "–"),
        ("Compression", "lossy" if facts.lossy else "none lost"),
    ]


class FactsPanel(QScrollArea):
    """Two cards; rebuilt only when another volume lies on the desk."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFixedWidth(WIDTH_PX)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._shown: Volume | None = None

    def refresh(self, case: Case | None) -> None:
        """Look at the desk again."""
        volume = case.volume if case else None
        if volume is self._shown:
            return
        self._shown = volume
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 6, 0, 6)
        column.setSpacing(6)
        if volume is not None:
            column.addWidget(_facts_card(volume))
            column.addWidget(_findings_card(volume))
        column.addStretch(1)
        self.setWidget(inside)


def card(heading: str) -> tuple[QFrame, QVBoxLayout]:
    """Return a card with its heading, and the column below it."""
    frame = QFrame()
    frame.setObjectName("card")
    column = QVBoxLayout(frame)
    column.setContentsMargins(14, 12, 14, 12)
    column.setSpacing(7)
    title = QLabel(heading.upper())
    title.setObjectName("section")
    column.addWidget(title)
    return frame, column


def _facts_card(volume: Volume) -> QFrame:
    frame, column = card("Series")
    grid = QGridLayout()
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(6)
    grid.setColumnStretch(1, 1)
    for row, (name, value) in enumerate(facts_of(volume)):
        grid.addWidget(label(name, "muted"), row, 0, Qt.AlignmentFlag.AlignTop)
        shown = label(value, "value")
        shown.setAlignment(Qt.AlignmentFlag.AlignRight)
        grid.addWidget(shown, row, 1)
    column.addLayout(grid)
    return frame


def _findings_card(volume: Volume) -> QFrame:
    frame, column = card("Findings")
    worst_first = sorted(volume.findings, key=lambda finding: -list(Severity).index(finding.severity))
    for finding in worst_first:
        column.addWidget(label(finding.text, _NAMES[finding.severity]))
    if not volume.findings:
        column.addWidget(label("Nothing unusual in the geometry or the pixels.", "muted"))
    return frame


def label(text: str, name: str) -> QLabel:
    """Return a wrapping, selectable line in the style `name`."""
    line = QLabel(text)
    line.setObjectName(name)
    line.setWordWrap(True)
    line.setTextFormat(Qt.TextFormat.PlainText)
    line.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return line
