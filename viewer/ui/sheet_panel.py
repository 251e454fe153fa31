"""What the rail offers in the step Sheet: notes, the size of the paper, who is named, and the files."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit

from viewer.model.case import Case
from viewer.model.remarks import MOST_NAME, MOST_NOTES
from viewer.model.view import Step, ViewState
from viewer.model.volume import Volume
from viewer.report.sheet_layout import PAGES_PT
from viewer.ui.notes_edit import NotesEdit
from viewer.ui.rail import StepPanel
from viewer.ui.sheet_flow import SheetFlow

NOTES_PX = 110


class SheetPanel(StepPanel):
    """Fields of the sheet; the pane beside shows each change.

    Parameters
    ----------
    flow : SheetFlow
    export, departures : callable
        Open what writes for others, and the list of what left.
    """

    step = Step.SHEET

    def __init__(self, flow: SheetFlow, export: Callable[[], object], departures: Callable[[], object]) -> None:
        super().__init__()
        self._flow = flow
        self._volume: Volume | None = None
        save = self.add_card("The planning sheet")
        save.say("The planning sheet", "One page for each occlusion, as it stands beside.")
        save.add_button("Save sheet as PDF…", lambda: flow.ask_where(".pdf"), primary=True)
        save.add_button("Save sheet as PNG…", lambda: flow.ask_where(".png"))
        out = self.add_card("For others")
        out.say("For others", "Captures, sheet, DICOM, tables, vessels: with or without the patient's identity.")
        out.add_button("Export…", export, tip="Choose what leaves, where to, with or without identity (Ctrl+E)")
        out.add_button("What left…", departures)
        notes = self.add_card("Notes")
        self._notes = NotesEdit()
        self._notes.setAccessibleName("Notes on the sheet")
        self._notes.setPlaceholderText("Wires, strategy, contrast limit …")
        self._notes.setFixedHeight(NOTES_PX)
        self._notes.settled.connect(lambda text: flow.remark(notes=text[:MOST_NOTES]))
        notes.column.addWidget(self._notes)
        self._operator = QLineEdit()
        self._operator.setAccessibleName("Operator on the sheet")
        self._operator.setPlaceholderText("Operator (your name)")
        self._operator.setMaxLength(MOST_NAME)
        self._operator.editingFinished.connect(lambda: flow.remark(operator=self._operator.text().strip()))
        notes.column.addWidget(self._operator)
        paper = self.add_card("Paper")
        self._page = QComboBox()
        self._page.setAccessibleName("Size of the paper")
        self._page.addItems(list(PAGES_PT))
        self._page.currentTextChanged.connect(lambda name: flow.choose(page=name))
        paper.column.addWidget(self._page)
        who = self.add_card("The patient's name")
        self._named = QCheckBox("Print a name")
        self._named.toggled.connect(lambda on: flow.choose(named=on))
        who.column.addWidget(self._named)
        self._name = QLineEdit()
        self._name.setAccessibleName("Name on the sheet")
        self._name.setPlaceholderText("Name, as it shall stand there")
        self._name.textChanged.connect(lambda text: flow.choose(name=text))
        who.column.addWidget(self._name)
        self._who = who

    def refresh(self, case: Case | None, view: ViewState) -> None:
        choices = self._flow.choices
        if case is not None and case.volume is not self._volume:
            self._volume = case.volume
            self._notes.forget()
        if case is not None:
            self._notes.show_text(case.remarks.notes)
            if not self._operator.hasFocus() or not self._operator.isModified():
                self._operator.setText(case.remarks.operator)
        for widget in (self._page, self._named, self._name):
            widget.blockSignals(True)
        if self._name.text() != choices.name:
            self._name.setText(choices.name)
        self._page.setCurrentText(choices.page)
        self._named.setChecked(choices.named)
        for widget in (self._page, self._named, self._name):
            widget.blockSignals(False)
        self._name.setVisible(choices.named)
        withheld = "Withheld: a code from the series stands in its place."
        self._who.say(
            "The patient's name", "It is printed, and goes where the file goes." if choices.named else withheld
        )

    def done(self, case: Case | None) -> bool:
        return self._flow.saved(case)
