"""The step Sheet: the page as it will be printed, made anew after edits, saved from the rail."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.analysis.occlusion.diseased_vessel import DiseasedVessel, Gap
from viewer.analysis.plan import with_lesions
from viewer.api.door import Plugins
from viewer.desk import Desk
from viewer.desk.lesion_edits import move_cap
from viewer.desk.sight import active
from viewer.jobs import Jobs
from viewer.model.case import Case
from viewer.model.view import Step, ViewState
from viewer.settings import Settings
from viewer.ui.poster import Poster
from viewer.ui.sheet_flow import SheetFlow
from viewer.ui.sheet_pane import SheetPane
from viewer.ui.sheet_panel import SheetPanel


@pytest.fixture(scope="module")
def case() -> Case:
    return with_lesions(DiseasedVessel(gaps=(Gap(20, 38),), branch_mm=18.5).case())


class Table:
    """A desk with the pane and the panel, refreshed as the window does it."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.desk = Desk()
        self.poster = Poster()
        self.jobs = Jobs(self.poster.post)
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.flow = SheetFlow(self.desk, self.jobs, self.window, Settings(), Plugins())
        self.told: list[str] = []
        self.problems: list[BaseException] = []
        self.flow.told.connect(self.told.append)
        self.flow.failed.connect(self.problems.append)
        self.pane = SheetPane(self.desk, self.jobs, self.flow)
        self.panel = SheetPanel(self.flow, lambda: None, lambda: None)
        for widget in (self.pane, self.panel):
            qtbot.addWidget(widget)
        self.pane.resize(700, 900)
        self.desk.subscribe(self.refresh)

    def refresh(self) -> None:
        self.pane.refresh(self.desk.case, self.desk.view)
        self.panel.refresh(self.desk.case, self.desk.view)

    def settle(self) -> None:
        self.qtbot.waitUntil(lambda: self.pane.resting, timeout=60_000)
        assert self.problems == []


@pytest.fixture
def table(qtbot: QtBot, themed: QApplication) -> Iterator[Table]:
    table = Table(qtbot)
    yield table
    table.pane.close_pane()
    assert table.jobs.close()


def pixels(image: QImage) -> np.ndarray:
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    return rows[:, : rgb.width() * 3].reshape(rgb.height(), rgb.width(), 3).copy()


def test_that_the_page_comes_by_itself_and_anew_after_an_edit(table: Table, case: Case) -> None:
    assert table.pane.empty
    table.desk.open(case, ViewState(step=Step.SHEET))
    table.settle()
    assert not table.pane.empty and len(table.flow.images) == 1
    before = pixels(table.flow.images[0])
    table.desk.apply(move_cap(case, 0, True, 17.0), "Move proximal cap")
    table.settle()
    assert (pixels(table.flow.images[0]) != before).any()


def test_that_moving_the_cursor_makes_no_new_page(table: Table, case: Case) -> None:
    table.desk.open(case, ViewState(step=Step.SHEET))
    table.settle()
    before = table.flow.images
    table.desk.look(cursor_lps_mm=np.array([1.0, 2.0, 3.0]))
    assert table.pane.resting and table.flow.images is before


def test_that_notes_and_paper_show_at_once(table: Table, case: Case) -> None:
    table.desk.open(case, ViewState(step=Step.SHEET))
    table.settle()
    table.panel._notes.setPlainText("Guide AL 0.75")
    assert table.desk.undo_titles == ()
    table.panel._notes.settle()
    table.panel._operator.setText("Dr Roe")
    table.panel._operator.editingFinished.emit()
    table.settle()
    assert table.flow._pages[0].words.notes == "Guide AL 0.75"
    assert table.flow._pages[0].words.operator == "Dr Roe"
    assert table.desk.undo_titles == ("Notes on the sheet", "Operator on the sheet")
    table.panel._page.setCurrentText("Letter")
    table.refresh()
    table.settle()
    image = table.flow.images[0]
    assert image.width() / image.height() == pytest.approx(612 / 792, abs=0.002)
    assert table.flow._pages[0].words.notes == "Guide AL 0.75"
    table.desk.undo()
    table.desk.undo()
    table.settle()
    assert table.panel._notes.toPlainText() == "" and table.flow._pages[0].words.notes == ""


def test_that_the_name_is_off_by_default_and_never_on_a_capture(table: Table, case: Case) -> None:
    table.desk.open(case, ViewState(step=Step.SHEET))
    table.settle()
    assert "withheld" in table.flow._pages[0].words.identity and not table.panel._name.isVisibleTo(table.panel)
    capture = pixels(table.pane.grab_picture(QSize(900, 1200)))
    table.panel._named.setChecked(True)
    table.panel._name.setText("Doe, Jane")
    table.settle()
    assert table.flow._pages[0].words.identity == "Doe, Jane"
    assert (pixels(table.flow.images[0]) != pixels(table.flow.nameless_images[0])).any()
    assert (pixels(table.pane.grab_picture(QSize(900, 1200))) == capture).all()


def test_that_neither_name_nor_notes_go_on_to_the_next_patient(table: Table, case: Case) -> None:
    table.desk.open(case, ViewState(step=Step.SHEET))
    table.flow.choose(named=True, name="Doe, Jane", page="Letter")
    table.flow.remark(notes="Guide AL 0.75")
    table.panel._notes.setPlainText("half a word")
    other = replace(case, volume=case.volume.with_findings(()))
    table.desk.open(other, ViewState(step=Step.SHEET))
    table.settle()
    choices = table.flow.choices
    assert (choices.identity, choices.page) == (None, "Letter")
    assert table.flow._pages[0].words.notes == "" and table.panel._notes.toPlainText() == ""
    assert not table.panel._notes.typing


def test_that_the_sheet_is_saved_with_what_was_chosen(table: Table, case: Case, tmp_path: Path) -> None:
    table.flow.ask_where(".pdf")
    assert "no sheet to save yet" in table.told[-1]
    table.desk.open(case, ViewState(step=Step.SHEET))
    table.flow.remark(notes="Guide AL 0.75")
    path = tmp_path / "sheet.pdf"
    table.flow.save_to(path)
    table.qtbot.waitUntil(lambda: len(table.told) == 2, timeout=60_000)
    assert table.told[-1].startswith("The planning sheet is saved, without the patient's name")
    assert path.read_bytes().startswith(b"%PDF") and table.panel.done(case)
    tool = shutil.which("pdftotext")
    if tool is not None:
        text = subprocess.run([tool, str(path), "-"], capture_output=True, check=True).stdout.decode()
        assert "Guide AL 0.75" in text and "name withheld" in text


def test_that_a_place_that_cannot_be_written_is_said(table: Table, case: Case, tmp_path: Path) -> None:
    table.desk.open(case, ViewState(step=Step.SHEET))
    table.settle()
    table.flow.save_to(tmp_path / "nowhere" / "sheet.png")
    table.qtbot.waitUntil(lambda: bool(table.problems), timeout=60_000)
    assert "could not be written" in str(table.problems.pop())


def test_that_a_click_shows_the_page_as_wide_as_the_pane_and_the_wheel_moves_it(table: Table, case: Case) -> None:
    table.desk.open(case, ViewState(step=Step.SHEET))
    table.settle()
    whole = table.pane.page_rect(table.pane.rect())
    assert whole.bottom() <= table.pane.height()
    table.pane.show()
    table.qtbot.mouseClick(table.pane, Qt.MouseButton.LeftButton, pos=QPoint(350, 60))
    wide = table.pane.page_rect(table.pane.rect())
    assert wide.width() > whole.width() and wide.bottom() > table.pane.height()
    table.qtbot.keyClick(table.pane, Qt.Key.Key_Down)
    assert table.pane.page_rect(table.pane.rect()).top() < wide.top()


def test_that_a_click_on_a_figure_goes_where_the_program_shows_it(table: Table, case: Case) -> None:
    table.desk.open(case, ViewState(step=Step.SHEET))
    table.settle()
    table.pane.show()
    words, place = table.flow.pages[0].words, table.pane.page_rect(table.pane.rect())
    boxes = dict(table.flow._figures[0])
    assert list(boxes) == list(range(1, 3 + len(words.views) + len(words.sections)))
    for number, step in ((1, Step.VESSEL), (2, Step.VIEWS), (words.sections[-1].figure, Step.OCCLUSION)):
        middle = boxes[number].center()
        at = QPoint(round(place.left() + middle.x() * place.width()), round(place.top() + middle.y() * place.height()))
        table.qtbot.mouseMove(table.pane, at)
        table.desk.look(step=Step.SHEET)
        table.qtbot.mouseClick(table.pane, Qt.MouseButton.LeftButton, pos=at)
        assert table.desk.view.step is step and table.desk.view.vessel == "RCA"
    assert table.desk.view.carm.label == words.views[0].label
    station, _ = active(case, table.desk.view).nearest(table.desk.view.cursor_lps_mm)
    assert station == pytest.approx(words.sections[-1].station_mm, abs=0.1)
    assert table.pane.page_rect(table.pane.rect()) == place
