"""The left rail: the steps of the evening, and for the present one a short panel of what to do next."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from viewer.model.case import Case
from viewer.model.view import Step, ViewState
from viewer.ui.icons import icon

RAIL_WIDTH_PX = 236
PANEL_WIDTH_PX = RAIL_WIDTH_PX - 34
TEXT_WIDTH_PX = PANEL_WIDTH_PX - 28


class StepPanel(QWidget):
    """What a step offers. A subclass sets `step` and overrides `refresh` and `done`."""

    step: Step

    def __init__(self) -> None:
        super().__init__()
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(10)
        # A stretch, not an alignment: under an alignment wrapped lines do not get their height.
        self.column.addStretch(1)

    def refresh(self, case: Case | None, view: ViewState) -> None:
        """Look at the desk again."""

    def done(self, case: Case | None) -> bool:
        """Tell whether the step has its result, which the rail ticks."""
        return False

    def add_card(self, heading: str) -> Card:
        """Append a card and return it."""
        card = Card(heading)
        self.column.insertWidget(self.column.count() - 1, card)
        return card


class Card(QFrame):
    """A heading, a few sentences, and the buttons that act on them."""

    def __init__(self, heading: str) -> None:
        super().__init__()
        self.setObjectName("card")
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(13, 11, 13, 12)
        self.column.setSpacing(7)
        self.heading = QLabel(heading)
        self.heading.setObjectName("heading")
        self.heading.setWordWrap(True)
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.hide()
        self.column.addWidget(self.heading)
        self.column.addWidget(self.text)
        self._offered: list[QPushButton] = []

    def say(self, heading: str, text: str = "") -> None:
        """Set the heading and the sentences."""
        self.heading.setText(heading)
        self.text.setText(text)
        for label in (self.heading, self.text):
            # Wrapped lines in a scrolled column do not claim their height by themselves; and the height that a label
            # had to have for longer words would be part of what it says that it needs now.
            label.setMinimumHeight(0)
            label.setMinimumHeight(label.heightForWidth(TEXT_WIDTH_PX) if label.text() else 0)
        self.text.setVisible(bool(text))

    def add_button(
        self, label: str, action: Callable[[], object], *, primary: bool = False, tip: str = ""
    ) -> QPushButton:
        """Append a button; the primary one is the next step."""
        button = QPushButton(label)
        button.setObjectName("primary" if primary else "")
        button.setToolTip(tip)
        button.clicked.connect(lambda: action())
        self.column.addWidget(button)
        return button

    def offer(self, buttons: Iterable[tuple[str, Callable[[], object]]]) -> None:
        """Offer buttons that come and go, in place of those that were offered before."""
        for former in self._offered:
            former.hide()
            former.deleteLater()
        self._offered = [self.add_button(label, action) for label, action in buttons]

    def add_pair(self, *buttons: tuple[str, Callable[[], object], str]) -> tuple[QPushButton, ...]:
        """Append small buttons side by side, each given by its label, its action and its tip."""
        row = QHBoxLayout()
        row.setSpacing(6)
        made = []
        for label, action, tip in buttons:
            button = QPushButton(label)
            button.setToolTip(tip)
            button.clicked.connect(lambda _=False, act=action: act())
            row.addWidget(button, 1)
            made.append(button)
        self.column.addLayout(row)
        return tuple(made)


class Rail(QWidget):
    """Title, steps, the panel of the present step, and the small print.

    Parameters
    ----------
    panels : iterable of StepPanel
        One a step, in order.
    choose : callable
        Called with the `Step` that was clicked.
    """

    def __init__(self, panels: Iterable[StepPanel], choose: Callable[[Step], None]) -> None:
        super().__init__()
        self.setObjectName("rail")
        self.setFixedWidth(RAIL_WIDTH_PX)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 14, 10, 12)
        column.setSpacing(4)
        title = QLabel("CTO Viewer")
        title.setObjectName("title")
        title.setContentsMargins(6, 0, 0, 10)
        column.addWidget(title)
        self._steps: dict[Step, QPushButton] = {}
        self._panels: dict[Step, StepPanel] = {}
        self._stack = QStackedWidget()
        group = QButtonGroup(self)
        for panel in panels:
            button = QPushButton(panel.step.value)
            button.setObjectName("step")
            button.setCheckable(True)
            button.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
            button.clicked.connect(lambda _=False, step=panel.step: choose(step))
            group.addButton(button)
            column.addWidget(button)
            self._steps[panel.step] = button
            self._panels[panel.step] = panel
            area = QScrollArea()
            area.setWidgetResizable(True)
            area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            panel.setFixedWidth(PANEL_WIDTH_PX)
            area.setWidget(panel)
            self._stack.addWidget(area)
        column.addSpacing(12)
        column.addWidget(self._stack, 1)
        self.settings = QPushButton("Settings")
        self.settings.setObjectName("step")
        self.settings.setIcon(icon("settings"))
        self.settings.setToolTip("Laboratory and preferences (Ctrl+,)")
        column.addWidget(self.settings)
        self.small_print = QLabel()
        self.small_print.setObjectName("small")
        self.small_print.setWordWrap(True)
        column.addWidget(self.small_print)

    def panel(self, step: Step) -> StepPanel:
        """Return the panel of a step."""
        return self._panels[step]

    def button(self, step: Step) -> QPushButton:
        """Return the button of a step."""
        return self._steps[step]

    def refresh(self, case: Case | None, view: ViewState, undo_title: str | None) -> None:
        """Look at the desk again."""
        self._steps[view.step].setChecked(True)
        self._stack.setCurrentIndex(list(self._panels).index(view.step))
        for step, panel in self._panels.items():
            done = panel.done(case)
            self._steps[step].setIcon(icon("check") if done else icon("blank"))
            self._steps[step].setAccessibleDescription("done" if done else "")
        self._panels[view.step].refresh(case, view)
        undo = f"Undo “{undo_title}”" if undo_title else "Nothing to undo"
        self.small_print.setText(f"F maximise · S capture · ? keys\n{undo}\nPlanning aid, not a medical device")
