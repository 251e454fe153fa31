"""The menu of the 3-D view, and its small card: what is cut away, by six sides of a box and a plane before the eye."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from viewer.model.geometry import Float, Geometry, direction_label
from viewer.scene.recipe import presets

STEPS = 1000
#: The box stays at least this thick, in shares of the volume.
LEAST_SHARE = 0.02


class CropCard(QFrame):
    """Sliders for the box (two for each axis of the volume) and the clipping plane.

    `box_changed` brings first and last index along k, j, i, shape (3, 2); `cut_changed` the share that is cut away.
    """

    box_changed = Signal(object)
    cut_changed = Signal(float)
    heart_wanted = Signal()
    whole_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("card")
        self._shape = (1, 1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(8)
        row = QHBoxLayout()
        for text, tip, signal in (
            ("Heart", "Crop to the heart", self.heart_wanted),
            ("Whole volume", "Show all that was scanned", self.whole_wanted),
        ):
            button = QPushButton(text)
            button.setToolTip(tip)
            button.clicked.connect(signal)
            row.addWidget(button)
        column.addLayout(row)
        grid = QGridLayout()
        self._labels: list[QLabel] = []
        self.sides: list[QSlider] = []
        for side in range(6):
            label, slider = QLabel(), _slider(STEPS)
            slider.valueChanged.connect(lambda _value, moved=side: self._moved(moved))
            grid.addWidget(label, side, 0)
            grid.addWidget(slider, side, 1)
            self._labels.append(label)
            self.sides.append(slider)
        column.addLayout(grid)
        self.cut = _slider(STEPS)
        self.cut.setAccessibleName("Cut from the front")
        self.cut.valueChanged.connect(lambda value: self.cut_changed.emit(value / STEPS))
        line = QHBoxLayout()
        line.addWidget(QLabel("Cut from the front"))
        line.addWidget(self.cut, 1)
        column.addLayout(line)
        self.setMinimumWidth(320)

    def show_values(self, geometry: Geometry, box: Float, cut_share: float) -> None:
        """Let the sliders stand as the view does, without sending anything."""
        self._shape = geometry.shape
        for axis in range(3):
            direction = geometry.directions[axis]
            for end in (0, 1):
                side = 2 * axis + end
                towards = direction_label(direction if end else -direction, tolerance=0.5) or "?"
                self._labels[side].setText(f"{towards} side")
                self.sides[side].setAccessibleName(f"Crop the {towards} side")
                self._set(self.sides[side], box[axis, end] / max(self._shape[axis] - 1, 1))
        self._set(self.cut, cut_share)

    def _set(self, slider: QSlider, share: float) -> None:
        slider.blockSignals(True)
        slider.setValue(round(share * STEPS))
        slider.blockSignals(False)

    def _moved(self, side: int) -> None:
        shares = np.array([slider.value() / STEPS for slider in self.sides]).reshape(3, 2)
        axis, end = divmod(side, 2)
        if shares[axis, 1] - shares[axis, 0] < LEAST_SHARE:  # push the other side along
            other = shares[axis, end] + (LEAST_SHARE if end == 0 else -LEAST_SHARE)
            shares[axis, 1 - end] = np.clip(other, 0, 1)
            shares[axis, end] = np.clip(shares[axis, 1 - end] + (LEAST_SHARE if end else -LEAST_SHARE), 0, 1)
            for each in (0, 1):
                self._set(self.sides[2 * axis + each], shares[axis, each])
        self.box_changed.emit(shares * (np.asarray(self._shape)[:, None] - 1))


def _slider(steps: int) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(0, steps)
    slider.setPageStep(steps // 20)
    return slider


def volume_menu(
    parent: QWidget,
    preset_key: str,
    choose: Callable[[str], None],
    looks: Iterable[tuple[str, float, float]],
    look_from: Callable[[float, float], None],
    cuts: Iterable[tuple[str, Callable[[], None]]],
) -> QMenu:
    """Return the menu of the 3-D view: presets, the present one ticked, views by their angles, and what is cut."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    group = QActionGroup(menu)
    for each in presets():
        action = menu.addAction(each.title, partial(choose, each.key))
        action.setToolTip(each.tip)
        action.setCheckable(True)
        action.setChecked(each.key == preset_key)
        group.addAction(action)
    menu.addSeparator()
    for name, primary_deg, secondary_deg in looks:
        menu.addAction(name, partial(look_from, primary_deg, secondary_deg))
    menu.addSeparator()
    for name, act in cuts:
        menu.addAction(name, act)
    menu.setToolTipsVisible(True)
    return menu
