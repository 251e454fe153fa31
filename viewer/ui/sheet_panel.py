"""What the rail offers in the step Sheet: notes, the size of the paper, who is named, and the files."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QPlainTextEdit

from viewer.model.case import Case
from viewer.model.view import Step, ViewState
from viewer.report.sheet_layout import PAGES_PT
from viewer.ui.rail import StepPanel
from viewer.ui.sheet_flow import SheetFlow

NOTES_PX = 110


class SheetPanel(StepPanel):
    """Fields of the sheet; the pane beside shows each change."""

    step = Step.SHEET

    def __init__(self, flow: SheetFlow) -> None:
        super().__init__()
        self._flow = flow
        save = self.add_card("The planning sheet")
        save.say("The planning sheet", "One page for each occlusion, as it stands beside.")
        save.add_button("Save sheet as PDF…", lambda: flow.ask_where(".pdf"), primary=True)
        save.add_button("Save sheet as PNG…", lambda: flow.ask_where(".png"))
        notes = self.add_card("Notes")
        self._notes = QPlainTextEdit()
        self._notes.setAccessibleName("Notes on the sheet")
        self._notes.setPlaceholderText("Wires, strategy, contrast limit …")
        self._notes.setFixedHeight(NOTES_PX)
        self._notes.setTabChangesFocus(True)
        self._notes.textChanged.connect(lambda: flow.choose(notes=self._notes.toPlainText()))
        notes.column.addWidget(self._notes)
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
        for widget in (self._notes, self._page, self._named, self._name):
            widget.blockSignals(True)
        if self._notes.toPlainText() != choices.notes:
            self._notes.setPlainText(choices.notes)
        if self._name.text() != choices.name:
            self._name.setText(choices.name)
        self._page.setCurrentText(choices.page)
        self._named.setChecked(choices.named)
        for widget in (self._notes, self._page, self._named, self._name):
            widget.blockSignals(False)
        self._name.setVisible(choices.named)
        withheld = "Withheld: a code from the series stands in its place."
        self._who.say(
            "The patient's name", "It is printed, and goes where the file goes." if choices.named else withheld
        )

    def done(self, case: Case | None) -> bool:
        return self._flow.saved(case)
