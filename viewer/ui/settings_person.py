"""The settings page's right half: what one person prefers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from viewer.model.calcium import ThresholdKind
from viewer.model.view import Window
from viewer.settings import Person, Settings
from viewer.settings.person import LEAST_HU, MOST_HU, PAPERS

KINDS = (
    (ThresholdKind.ADAPTIVE, "351 HU, higher where contrast is (adaptive)"),
    (ThresholdKind.XING, "351 HU everywhere (Xing)"),
    (ThresholdKind.TYPED, "typed"),
)


class PersonPart(QWidget):
    """Fields of the person; every change holds at once.

    Parameters
    ----------
    settings : Settings
    changed : callable
        Called after something was changed.
    """

    def __init__(self, settings: Settings, changed: Callable[[], object]) -> None:
        super().__init__()
        self._settings, self._told = settings, changed
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(_label("YOU", "section"))
        column.addWidget(_label("Windows of grey values", "heading"))
        grid = QGridLayout()
        grid.setSpacing(5)
        for place, word in enumerate(("Key", "Name", "Level", "Width")):
            grid.addWidget(_label(word, "small"), 0, place)
        self.windows: list[tuple[QLineEdit, QSpinBox, QSpinBox]] = []
        for number in range(1, len(settings.person.windows) + 1):
            name = QLineEdit()
            name.setAccessibleName(f"Name of window {number}")
            name.editingFinished.connect(self._change)
            fields = (name, self._hu(-1000, 3000, "Level"), self._hu(1, 6000, "Width"))
            grid.addWidget(_label(str(number), "muted"), number, 0)
            for place, field in enumerate(fields, 1):
                grid.addWidget(field, number, place)
            self.windows.append(fields)
        grid.setColumnStretch(1, 1)
        column.addLayout(grid)
        column.addSpacing(8)
        column.addWidget(_label("When a study was opened", "heading"))
        self.by_itself = QCheckBox("Find vessels and occlusions by itself")
        self.by_itself.toggled.connect(lambda _: self._change())
        column.addWidget(self.by_itself)
        column.addSpacing(8)
        column.addWidget(_label("Calcium of a new plan begins at", "heading"))
        self.kind = QComboBox()
        self.kind.setAccessibleName("Threshold of calcium")
        self.kind.addItems([words for _, words in KINDS])
        self.kind.activated.connect(lambda _: self._change())
        column.addWidget(self.kind)
        self.typed = self._hu(int(LEAST_HU), int(MOST_HU), "Typed threshold of calcium")
        column.addWidget(self.typed)
        column.addSpacing(8)
        column.addWidget(_label("Paper of the planning sheet", "heading"))
        self.paper = QComboBox()
        self.paper.setAccessibleName("Paper")
        self.paper.addItems(list(PAPERS))
        self.paper.activated.connect(lambda _: self._change())
        column.addWidget(self.paper)
        note = _label("Lengths are in millimetres and angles in degrees everywhere.", "small")
        note.setWordWrap(True)
        column.addWidget(note)
        column.addSpacing(8)
        column.addWidget(_label("Panes as you arranged them", "heading"))
        self.layouts = QPushButton("Restore the layout of every step")
        self.layouts.clicked.connect(self._restore_layouts)
        column.addWidget(self.layouts)
        column.addStretch(1)
        self.show_person()

    def show_person(self) -> None:
        """Show the preferences of the settings."""
        person = self._settings.person
        every: list[QWidget] = [field for fields in self.windows for field in fields]
        every += [self.by_itself, self.kind, self.typed, self.paper]
        for field in every:
            field.blockSignals(True)
        for (name, level, width), (called, window) in zip(self.windows, person.windows):
            name.setText(called)
            level.setValue(round(window.level_hu))
            width.setValue(round(window.width_hu))
        self.kind.setCurrentIndex([kind for kind, _ in KINDS].index(person.calcium))
        self.typed.setValue(round(person.calcium_hu))
        self.typed.setVisible(person.calcium is ThresholdKind.TYPED)
        self.paper.setCurrentText(person.paper)
        self.by_itself.setChecked(person.find_by_itself)
        for field in every:
            field.blockSignals(False)
        self.layouts.setEnabled(bool(self._settings.get("layouts")))

    def _change(self) -> None:
        windows = tuple(
            (name.text().strip() or f"Window {number}", Window(float(level.value()), float(width.value())))
            for number, (name, level, width) in enumerate(self.windows, 1)
        )
        kind = KINDS[self.kind.currentIndex()][0]
        self._keep(
            replace(
                self._settings.person,
                windows=windows,
                calcium=kind,
                calcium_hu=float(self.typed.value()),
                paper=self.paper.currentText(),
                find_by_itself=self.by_itself.isChecked(),
            )
        )
        self.typed.setVisible(kind is ThresholdKind.TYPED)

    def _keep(self, person: Person) -> None:
        self._settings.set_person(person)
        self._told()

    def _restore_layouts(self) -> None:
        self._settings.set("layouts", {})
        self.layouts.setEnabled(False)
        self._told()

    def _hu(self, low: int, high: int, name: str) -> QSpinBox:
        field = QSpinBox()
        field.setRange(low, high)
        field.setSuffix(" HU")
        field.setKeyboardTracking(False)
        field.setAccessibleName(name)
        field.valueChanged.connect(lambda _: self._change())
        return field


def _label(text: str, name: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName(name)
    return label
