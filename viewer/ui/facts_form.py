"""The small form of what CT cannot know: history, duration, collaterals. Unknown stays unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from enum import Enum
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from viewer.model.facts import ClinicalFacts, Sex, Strategy, TargetFacts, Tortuosity

UNKNOWN = "unknown"
_YES_NO: tuple[tuple[str, Any], ...] = ((UNKNOWN, None), ("no", False), ("yes", True))
_AS_CT: tuple[tuple[str, Any], ...] = (("as on CT", None), ("no", False), ("yes", True))


def _of(kind: type[Enum]) -> tuple[tuple[str, Any], ...]:
    return ((UNKNOWN, None), *((str(member.value), member) for member in kind))


#: Field, words, and choices or (least, most, unit) of a number.
_PATIENT = (
    ("age_years", "Age", (0.0, 120.0, "years")),
    ("sex", "Sex", _of(Sex)),
    ("lvef_percent", "Ejection fraction", (1.0, 100.0, "%")),
    ("prior_cabg", "Bypass surgery before", _YES_NO),
    ("prior_mi", "Infarction before", _YES_NO),
    ("atrial_fibrillation", "Atrial fibrillation", _YES_NO),
)
_TARGET = (
    ("previous_attempt", "Tried before and failed", _YES_NO),
    ("duration_months", "Closed for", (0.0, 600.0, "months")),
    ("graft_on_target", "Graft on this vessel", _YES_NO),
    ("collaterals", "Collaterals for a wire", _YES_NO),
    ("rentrop", "Rentrop grade", ((UNKNOWN, None), *((str(n), n) for n in range(4)))),
    ("tortuosity", "Winding before the cap", _of(Tortuosity)),
    ("landing_diseased", "Landing zone diseased", _YES_NO),
    ("strategy", "Planned first", _of(Strategy)),
)
#: What replaces a judgement of the program; nothing is missing while it is left to CT.
_JUDGED = (
    ("side_branch", "Branch at the proximal cap", _AS_CT),
    ("multiple", "Several occlusions", _AS_CT),
    ("severe_calcium", "Severe calcium", _AS_CT),
    ("moderate_severe_calcium", "Moderate or severe calcium", _AS_CT),
)


def unknown_count(facts: ClinicalFacts, vessel: str) -> int:
    """Return how many of the form's answers are missing."""
    target = facts.of(vessel)
    return sum(getattr(facts, name) is None for name, _, _ in _PATIENT) + sum(
        getattr(target, name) is None for name, _, _ in _TARGET
    )


class FactsForm(QDialog):
    """Asks for the facts; `kept` is called with them when the doctor keeps them. The first of the `asked` has focus."""

    def __init__(
        self,
        facts: ClinicalFacts,
        vessel: str,
        kept: Callable[[ClinicalFacts], None],
        parent: QWidget | None = None,
        asked: Iterable[str] = (),
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("What CT cannot know")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._facts = facts
        self._vessel = vessel
        self._kept = kept
        self._fields: dict[str, QComboBox | QDoubleSpinBox] = {}
        column = QVBoxLayout(self)
        note = QLabel("Leave unknown what you do not know: scores are then given as a range. No name belongs here.")
        note.setObjectName("muted")
        note.setWordWrap(True)
        column.addWidget(note)
        # Two columns: the form has to fit a small screen.
        row = QHBoxLayout()
        row.setSpacing(24)
        left, right = QVBoxLayout(), QVBoxLayout()
        for side in (left, right):
            row.addLayout(side, 1)
        column.addLayout(row)
        for side, heading, table, holder in (
            (left, "PATIENT", _PATIENT, facts),
            (left, "ON ANGIOGRAPHY, IN PLACE OF CT", _JUDGED, facts.of(vessel)),
            (right, f"THIS VESSEL · {vessel}", _TARGET, facts.of(vessel)),
        ):
            title = QLabel(heading)
            title.setObjectName("section")
            side.addWidget(title)
            form = QFormLayout()
            form.setVerticalSpacing(6)
            for name, words, answers in table:
                field = _field(answers, getattr(holder, name))
                field.setAccessibleName(words)
                self._fields[name] = field
                form.addRow(words, field)
            side.addLayout(form)
        for side in (left, right):
            side.addStretch(1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        buttons.button(QDialogButtonBox.StandardButton.Save).setObjectName("primary")
        buttons.accepted.connect(self._keep)
        buttons.rejected.connect(self.close)
        column.addWidget(buttons)
        first = next((name for name in asked if name in self._fields), None)
        if first is not None:
            self._fields[first].setFocus()

    def answer(self, name: str, value: Any) -> None:
        """Put an answer into a field; ``None`` for unknown."""
        field = self._fields[name]
        if isinstance(field, QComboBox):
            field.setCurrentIndex(max(field.findData(value), 0))
        else:
            field.setValue(field.minimum() if value is None else float(value))

    def facts(self) -> ClinicalFacts:
        """Return what the form says now."""
        patient = {name: self._value(name) for name, _, _ in _PATIENT}
        target = {name: self._value(name) for name, _, _ in (*_TARGET, *_JUDGED)}
        known: TargetFacts = replace(self._facts.of(self._vessel), **target)
        return replace(self._facts, **patient).with_target(known)

    def _value(self, name: str) -> Any:
        field = self._fields[name]
        if isinstance(field, QComboBox):
            return field.currentData()
        return None if field.value() == field.minimum() else field.value()

    def _keep(self) -> None:
        self._kept(self.facts())
        self.close()


def _field(answers: tuple[Any, ...], value: Any) -> QComboBox | QDoubleSpinBox:
    if isinstance(answers[0], float):
        low, high, unit = answers
        number = QDoubleSpinBox()
        number.setRange(low - 1, high)
        number.setDecimals(0)
        number.setSpecialValueText(UNKNOWN)
        number.setSuffix(f" {unit}")
        number.setValue(low - 1 if value is None else value)
        return number
    choice = QComboBox()
    for words, answer in answers:
        choice.addItem(words, answer)
    choice.setCurrentIndex(max(choice.findData(value), 0))
    return choice
