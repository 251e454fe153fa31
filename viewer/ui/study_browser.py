"""The first page: drop a study here, open a recent one, or choose among the series of the one that was scanned."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from viewer.dicom.series import Study
from viewer.ui.series_card import SeriesCard

UNUSED_SHOWN = 200
START_WIDTH_PX = 900


def dropped_files(event: QDropEvent) -> list[Path]:
    """Return the files and folders that were dropped."""
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]


class StudyBrowser(QWidget):
    """Three pages: start, working, series. It only shows and asks; `study_flow` does the work."""

    path_chosen = Signal(object)
    demo_wanted = Signal()
    series_chosen = Signal(object)
    cancel_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self._cards: list[SeriesCard] = []
        #: Filters of files that plugins read.
        self.other_files: list[str] = []
        self._selected: SeriesCard | None = None
        self._stack = QStackedWidget()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._stack)
        self._start = self._start_page()
        self._working = self._working_page()
        self._series = self._series_page()
        for page in (self._start, self._working, self._series):
            self._stack.addWidget(page)

    # -- the three pages -----------------------------------------------------------------------------------------

    def show_start(self, recent: Sequence[Path], unsaved: Sequence[Path] = ()) -> None:
        """Show where to begin: recent studies and plans, and before them plans that were never saved."""
        while self._recent.count():
            item = self._recent.takeAt(0)
            former = item.widget() if item is not None else None
            if former is not None:
                former.deleteLater()
        self._recent_heading.setVisible(bool(recent) or bool(unsaved))
        for path in unsaved:
            made = datetime.fromtimestamp(path.stat().st_mtime)
            button = QPushButton(f"Unsaved plan of {made:%d %B, %H:%M}   ·   go on with it")
            button.setObjectName("step")
            button.clicked.connect(lambda _=False, path=path: self.path_chosen.emit(path))
            self._recent.addWidget(button)
        for path in recent:
            button = QPushButton(f"{path.name}   ·   {path.parent}")
            button.setObjectName("step")
            button.setToolTip(str(path))
            button.clicked.connect(lambda _=False, path=path: self.path_chosen.emit(path))
            self._recent.addWidget(button)
        self._stack.setCurrentWidget(self._start)

    def show_working(self, heading: str) -> None:
        """Show that something is under way, with a way to stop it."""
        self._working_heading.setText(heading)
        self._working_text.setText("")
        self._bar.setRange(0, 0)
        self._stack.setCurrentWidget(self._working)

    def show_progress(self, share: float, text: str) -> None:
        """Move the bar."""
        self._bar.setRange(0, 1000)
        self._bar.setValue(round(share * 1000))
        self._working_text.setText(text)

    def show_study(self, study: Study) -> None:
        """List the series of a study; the recommended one is selected."""
        self._study_heading.setText(Path(study.source).name or study.source)
        self._study_summary.setText(study.summary if study.recommended is not None else f"{study.summary} {study.why}")
        names = [f"{Path(file.path).name}: {file.reason}" for file in study.unused]
        shown = names[:UNUSED_SHOWN] + ([f"and {len(names) - UNUSED_SHOWN} more"] if len(names) > UNUSED_SHOWN else [])
        self._unused.setText("\n".join(shown))
        self._unused.hide()
        self._unused_button.setVisible(bool(names))
        self._unused_button.setText(f"Files not used ({len(names)})")
        findings = [finding.text for finding in study.findings]
        self._study_findings.setText("\n".join(findings))
        self._study_findings.setVisible(bool(findings))
        for card in self._cards:
            card.deleteLater()
        self._cards.clear()
        self._selected = None
        for number, series in enumerate(study.series):
            card = SeriesCard(series, study.why if number == study.recommended else None)
            card.selected.connect(self._select)
            card.chosen.connect(self.series_chosen)
            self._list.insertWidget(number, card)
            self._cards.append(card)
        if self._cards:
            self._select(self._cards[study.recommended or 0])
        else:
            self._open_button.setEnabled(False)
        self._stack.setCurrentWidget(self._series)

    def show_series(self) -> None:
        """Show the series of the study that was listed last."""
        self._stack.setCurrentWidget(self._series)

    def set_thumbnail(self, number: int, grey: NDArray[np.uint8] | None, why_not: str = "") -> None:
        """Give a listed series its picture, or say why it has none."""
        if number < len(self._cards):
            if grey is None:
                self._cards[number].say_no_thumbnail(why_not)
            else:
                self._cards[number].set_thumbnail(grey)

    @property
    def cards(self) -> tuple[SeriesCard, ...]:
        """The series as they are listed."""
        return tuple(self._cards)

    @property
    def page(self) -> str:
        """``"start"``, ``"working"`` or ``"series"``."""
        current = self._stack.currentWidget()
        return "start" if current is self._start else "working" if current is self._working else "series"

    # -- how they are built --------------------------------------------------------------------------------------

    def _start_page(self) -> QWidget:
        page = QWidget()
        middle = QWidget()
        middle.setMaximumWidth(START_WIDTH_PX)
        centred = QHBoxLayout(page)
        centred.addStretch(1)
        centred.addWidget(middle, 8)
        centred.addStretch(1)
        column = QVBoxLayout(middle)
        column.setContentsMargins(20, 40, 20, 30)
        column.addStretch(1)
        self._drop = QFrame()
        self._drop.setObjectName("card")
        inside = QVBoxLayout(self._drop)
        inside.setContentsMargins(40, 60, 40, 60)
        inside.setSpacing(12)
        title = QLabel("Drop a CT study here")
        title.setObjectName("welcome")
        title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        text = QLabel("a folder, a disc, a DICOMDIR or a zip; NIfTI, NRRD and MetaImage files too")
        text.setObjectName("muted")
        text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        inside.addWidget(title)
        inside.addWidget(text)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addStretch(1)
        for label, action, primary in (
            ("Open folder or disc…", self.ask_folder, True),
            ("Open file…", self.ask_file, False),
            ("Demonstration", self.demo_wanted.emit, False),
        ):
            button = QPushButton(label)
            button.setObjectName("primary" if primary else "")
            button.clicked.connect(lambda _=False, action=action: action())
            row.addWidget(button)
        row.addStretch(1)
        inside.addSpacing(8)
        inside.addLayout(row)
        column.addWidget(self._drop)
        self._recent_heading = QLabel("RECENT STUDIES")
        self._recent_heading.setObjectName("section")
        column.addSpacing(24)
        column.addWidget(self._recent_heading)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(2)
        column.addLayout(self._recent)
        column.addStretch(2)
        note = QLabel("A planning aid for research and education, not a medical device. Nothing leaves this computer.")
        note.setObjectName("muted")
        note.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(note)
        return page

    def _working_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(120, 40, 120, 40)
        column.addStretch(1)
        self._working_heading = QLabel()
        self._working_heading.setObjectName("title")
        self._working_heading.setWordWrap(True)
        self._working_text = QLabel()
        self._working_text.setObjectName("muted")
        self._bar = QProgressBar()
        stop = QPushButton("Cancel")
        stop.clicked.connect(self.cancel_wanted)
        column.addWidget(self._working_heading)
        column.addWidget(self._bar)
        column.addWidget(self._working_text)
        column.addSpacing(10)
        column.addWidget(stop, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(2)
        return page

    def _series_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(30, 22, 30, 18)
        column.setSpacing(8)
        self._study_heading = QLabel()
        self._study_heading.setObjectName("title")
        self._study_summary = QLabel()
        self._study_summary.setObjectName("muted")
        self._study_summary.setWordWrap(True)
        self._study_findings = QLabel()
        self._study_findings.setObjectName("caution")
        self._study_findings.setWordWrap(True)
        for label in (self._study_heading, self._study_summary, self._study_findings):
            label.setTextFormat(Qt.TextFormat.PlainText)
            column.addWidget(label)
        area = QScrollArea()
        area.setWidgetResizable(True)
        inside = QWidget()
        self._list = QVBoxLayout(inside)
        self._list.setContentsMargins(0, 0, 6, 0)
        self._list.setSpacing(8)
        self._unused_button = QPushButton()
        self._unused_button.setObjectName("step")
        self._unused = QLabel()
        self._unused_button.clicked.connect(lambda: self._unused.setVisible(not self._unused.isVisible()))
        self._unused.setObjectName("muted")
        self._unused.setTextFormat(Qt.TextFormat.PlainText)
        self._unused.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._list.addWidget(self._unused_button)
        self._list.addWidget(self._unused)
        self._list.addStretch(1)
        area.setWidget(inside)
        column.addWidget(area, 1)
        row = QHBoxLayout()
        self._open_button = QPushButton("Open this series")
        self._open_button.setObjectName("primary")
        self._open_button.clicked.connect(self._open_selected)
        other = QPushButton("Another study…")
        other.clicked.connect(lambda: self._stack.setCurrentWidget(self._start))
        row.addWidget(self._open_button)
        row.addWidget(other)
        row.addStretch(1)
        column.addLayout(row)
        return page

    # -- what the doctor does ------------------------------------------------------------------------------------

    def ask_folder(self) -> None:
        """Ask for a folder."""
        dialog = QFileDialog(self, "Open the folder of a CT study")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly, False)
        self._ask(dialog)

    def ask_file(self) -> None:
        """Ask for a file: DICOM, DICOMDIR, zip, NIfTI, NRRD or MetaImage."""
        dialog = QFileDialog(self, "Open a CT study")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters(["All files (*)", *self.other_files])
        self._ask(dialog)

    def _ask(self, dialog: QFileDialog) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.path_chosen.emit(Path(name)))
        dialog.open()

    def _select(self, card: SeriesCard) -> None:
        if self._selected is not card:
            if self._selected is not None:
                self._selected.set_selected(False)
            self._selected = card
            card.set_selected(True)
        self._open_button.setEnabled(card.series.readable)
        self._open_button.setToolTip("" if card.series.readable else "No volume can be made of this series.")

    def _open_selected(self) -> None:
        if self._selected is not None:
            self.series_chosen.emit(self._selected.series)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            self._light(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._light(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._light(False)
        files = dropped_files(event)
        if files:
            event.acceptProposedAction()
            self.path_chosen.emit(files[0] if len(files) == 1 else files)

    def _light(self, on: bool) -> None:
        self._drop.setProperty("lit", on)
        self._drop.style().polish(self._drop)
