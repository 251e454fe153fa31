"""A field for one angle of the C-arm, in the words of the laboratory: ``RAO 30``, ``CRA 20``."""

from __future__ import annotations

import re
from collections.abc import Callable

from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QSpinBox

#: The words of negative and of positive angles.
PRIMARY, SECONDARY = ("RAO", "LAO"), ("CAU", "CRA")
_TYPED = re.compile(r"\s*([A-Za-z]*)\s*(-?)\s*(\d{0,3})\s*°?\s*")


class AngleBox(QSpinBox):
    """Shows and takes whole degrees with their word; a bare number counts as DICOM counts: LAO and cranial positive."""

    def __init__(self, words: tuple[str, str], most_deg: int, typed: Callable[[], object], name: str) -> None:
        super().__init__()
        self._words = words
        self.setRange(-most_deg, most_deg)
        self.setKeyboardTracking(False)
        self.setAccessibleName(name)
        self.valueChanged.connect(lambda _: typed())

    def textFromValue(self, value: int) -> str:
        return f"{self._words[value > 0]} {abs(value)}" if value else "0"

    def valueFromText(self, text: str) -> int:
        found = _TYPED.fullmatch(text)
        if found is None or not found[3]:
            return self.value()
        against = found[1].upper() == self._words[0] or bool(found[2])
        return -int(found[3]) if against else int(found[3])

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        found = _TYPED.fullmatch(text)
        known = found is not None and any(word.startswith(found[1].upper()) for word in self._words)
        if found is None or not known:
            return QValidator.State.Invalid, text, position
        whole = found[3] and (not found[1] or found[1].upper() in self._words)
        within = not found[3] or int(found[3]) <= self.maximum()
        if not within:
            return QValidator.State.Invalid, text, position
        return (QValidator.State.Acceptable if whole else QValidator.State.Intermediate), text, position

    def show_value(self, value: float) -> None:
        """Show an angle that came from elsewhere."""
        self.blockSignals(True)
        self.setValue(round(value))
        self.blockSignals(False)
