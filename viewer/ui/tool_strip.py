"""The strip above the panes: what the left mouse button does, the grey window, the slab, undo and redo."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QToolButton,
    QWidget,
)

from viewer.desk import Desk
from viewer.model.case import Case
from viewer.model.view import Projection, Slab, ViewState
from viewer.ui.icons import icon
from viewer.ui.tools import Tool, ToolBox
from viewer.ui.undo_history import UndoHistory

TOOL_BUTTONS = (
    (Tool.WINDOW, "window", "Window and level (drag)"),
    (Tool.CROSSHAIR, "crosshair", "Move the cursor (Shift and drag with any tool)"),
    (Tool.PAN, "pan", "Pan (middle button with any tool)"),
    (Tool.ZOOM, "zoom", "Zoom (right button with any tool)"),
    (Tool.DISTANCE, "distance", "Measure a distance (M)"),
    (Tool.ANGLE, "angle", "Measure an angle (A)"),
    (Tool.OCCLUSION, "occlusion", "Mark an occlusion: click P, then D, in any picture (K)"),
    (Tool.COURSE, "course", "Drag the active vessel's course, on any picture (G)"),
)


class ToolStrip(QWidget):
    """One row of small controls; every change goes to the desk or the tool box."""

    def __init__(
        self, desk: Desk, tools: ToolBox, show_keys: Callable[[], None], show_overlays: Callable[[], None]
    ) -> None:
        super().__init__()
        self._desk = desk
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3)
        group = QButtonGroup(self)
        self._tools: dict[Tool, QToolButton] = {}
        for tool, picture, tip in TOOL_BUTTONS:
            button = _button(picture, tip, partial(tools.choose, tool))
            button.setCheckable(True)
            group.addButton(button)
            row.addWidget(button)
            self._tools[tool] = button
        tools.changed.connect(self._show_tool)
        self._toolbox = tools
        self._show_tool()
        row.addSpacing(9)
        self._window = QComboBox()
        self._window.setAccessibleName("Window of grey values")
        self._window.setToolTip("Window of grey values (keys 1 to 6)")
        self._window.setMinimumWidth(104)
        self._window.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._list_windows()
        self._window.activated.connect(self._choose_window)
        row.addWidget(self._window)
        row.addSpacing(9)
        row.addWidget(_muted("Slab"))
        self._slab = QDoubleSpinBox()
        self._slab.setAccessibleName("Thickness of the planes")
        self._slab.setMaximumWidth(78)
        self._slab.setRange(0, 60)
        self._slab.setDecimals(1)
        self._slab.setSingleStep(1)
        self._slab.setSuffix(" mm")
        self._slab.setSpecialValueText("thin")
        self._slab.setKeyboardTracking(False)
        self._slab.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._slab.valueChanged.connect(self._choose_slab)
        row.addWidget(self._slab)
        self._projection = QComboBox()
        self._projection.setAccessibleName("How a slab becomes one picture")
        self._projection.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        for projection in Projection:
            self._projection.addItem(projection.value)
        self._projection.activated.connect(lambda _: self._choose_slab())
        row.addWidget(self._projection)
        row.addSpacing(9)
        self.overlays = QToolButton()
        self.overlays.setText("Overlays")
        self.overlays.setToolTip("What is drawn over the pictures, what its colours mean, how opaque it is (O)")
        self.overlays.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.overlays.clicked.connect(lambda: show_overlays())
        row.addWidget(self.overlays)
        row.addStretch(1)
        self._bar = QProgressBar()
        self._bar.setFixedWidth(180)
        self._bar.setRange(0, 1000)
        self._bar.hide()
        self._bar_text = _muted("")
        row.addWidget(self._bar_text)
        row.addWidget(self._bar)
        self.undo = _button("undo", "Nothing to undo", desk.undo)
        self.redo = _button("redo", "Nothing to do again", desk.redo)
        self.history = _button("history", "All edits by their titles (Ctrl+H)", self.show_history)
        for button in (self.undo, self.redo, self.history, _button("keys", "All keys (?)", show_keys)):
            row.addWidget(button)

    def show_history(self) -> None:
        """Open the list of edits."""
        UndoHistory(self._desk, self).open_under(self.history)

    def show_progress(self, share: float, text: str) -> None:
        """Show how far work is; 1.0 takes the bar away."""
        self._bar.setVisible(share < 1)
        self._bar.setValue(round(share * 1000))
        self._bar_text.setText(text if share < 1 else "")

    def refresh(self, case: Case | None, view: ViewState) -> None:
        """Look at the desk again."""
        self.setEnabled(case is not None)
        if self._listed is not self._toolbox.windows:
            self._list_windows()
        names = {window: number for number, (_, window) in enumerate(self._listed, start=1)}
        self._window.setCurrentIndex(names.get(view.window, 0))
        for widget in (self._slab, self._projection):
            widget.blockSignals(True)
        self._slab.setValue(view.slab.thickness_mm)
        self._projection.setCurrentText(view.slab.projection.value)
        for widget in (self._slab, self._projection):
            widget.blockSignals(False)
        self._projection.setEnabled(view.slab.thickness_mm > 0)
        for button, titles, word in (
            (self.undo, self._desk.undo_titles, "Undo"),
            (self.redo, self._desk.redo_titles, "Redo"),
        ):
            button.setEnabled(bool(titles))
            button.setToolTip(f"{word} “{titles[-1]}”" if titles else f"Nothing to {word.lower()}")

    def _show_tool(self) -> None:
        if self._toolbox.tool in self._tools:
            self._tools[self._toolbox.tool].setChecked(True)

    def _choose_window(self, number: int) -> None:
        if number > 0:
            self._desk.look(window=self._listed[number - 1][1])

    def _list_windows(self) -> None:
        self._listed = self._toolbox.windows
        self._window.clear()
        self._window.addItem("own")
        for number, (name, window) in enumerate(self._listed, start=1):
            self._window.addItem(name)
            tip = f"Level {window.level_hu:g}, width {window.width_hu:g} HU (key {number})"
            self._window.setItemData(number, tip, Qt.ItemDataRole.ToolTipRole)

    def _choose_slab(self) -> None:
        self._desk.look(slab=Slab(self._slab.value(), Projection(self._projection.currentText())))


def _button(picture: str, tip: str, action: Callable[[], object]) -> QToolButton:
    button = QToolButton()
    button.setIcon(icon(picture))
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    button.clicked.connect(lambda: action())
    return button


def _muted(text: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName("muted")
    return label
