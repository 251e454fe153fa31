"""What the rail offers in the step Views: angles, working views, and what the preview shows."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QPushButton, QSpinBox, QWidget

from viewer.analysis.fluoro.limits import standard_views
from viewer.desk import Desk
from viewer.model.case import Case
from viewer.model.view import Step, ViewState, Xray
from viewer.ui.rail import StepPanel

_LAYERS = (
    ("injection", "Injection"),
    ("collaterals", "Collateral filling"),
    ("own_contrast", "The CT's own contrast"),
    ("heart_only", "Heart only"),
    ("subtraction", "Subtraction"),
)


class ViewsPanel(StepPanel):
    """Typed angles, the usual views, and switches."""

    step = Step.VIEWS

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._angles = self.add_card("Angles of the C-arm")
        row = QWidget()
        grid = QGridLayout(row)
        grid.setContentsMargins(0, 0, 0, 0)
        self._primary = _angle(-180, 180, "LAO + / RAO −", self._typed)
        self._secondary = _angle(-90, 90, "Cranial + / caudal −", self._typed)
        for column, (name, box) in enumerate((("LAO + / RAO −", self._primary), ("CRA + / CAU −", self._secondary))):
            label = QLabel(name)
            label.setObjectName("small")
            grid.addWidget(label, 0, column)
            grid.addWidget(box, 1, column)
        self._angles.column.addWidget(row)
        self._angles.add_button("Aim at the cursor", self._aim, tip="Put the isocentre at the cursor")
        usual = self.add_card("Usual views")
        views = QGridLayout()
        views.setSpacing(4)
        for number, view in enumerate(standard_views()):
            button = QPushButton(view.name)
            button.setObjectName("chip")
            button.setToolTip(f"{view.primary_deg:+.0f}° / {view.secondary_deg:+.0f}°")
            button.clicked.connect(partial(self.go, view.primary_deg, view.secondary_deg))
            views.addWidget(button, number // 2, number % 2)
        usual.column.addLayout(views)
        layers = self.add_card("What it shows")
        self._layers: dict[str, QCheckBox] = {}
        for name, text in _LAYERS:
            switch = QCheckBox(text)
            switch.toggled.connect(partial(self._switch, name))
            layers.column.addWidget(switch)
            self._layers[name] = switch

    def refresh(self, case: Case | None, view: ViewState) -> None:
        for box, value in ((self._primary, view.carm.primary_deg), (self._secondary, view.carm.secondary_deg)):
            box.blockSignals(True)
            box.setValue(round(value))
            box.blockSignals(False)
        self._angles.say(view.carm.label, "Drag in the X-ray preview, click in the view map, or type.")
        for name, switch in self._layers.items():
            switch.blockSignals(True)
            switch.setChecked(getattr(view.xray, name))
            switch.blockSignals(False)

    def go(self, primary_deg: float, secondary_deg: float) -> None:
        """Turn the C-arm."""
        carm = replace(self._desk.view.carm, primary_deg=primary_deg, secondary_deg=secondary_deg)
        self._desk.look(carm=carm)

    def _typed(self) -> None:
        self.go(float(self._primary.value()), float(self._secondary.value()))

    def _aim(self) -> None:
        view = self._desk.view
        self._desk.look(carm=replace(view.carm, isocenter_lps_mm=view.cursor_lps_mm))

    def _switch(self, name: str, on: bool) -> None:
        values = {layer: getattr(self._desk.view.xray, layer) for layer, _ in _LAYERS}
        self._desk.look(xray=Xray(**{**values, name: on}))


def _angle(low: int, high: int, name: str, typed: object) -> QSpinBox:
    box = QSpinBox()
    box.setRange(low, high)
    box.setSuffix("°")
    box.setAccessibleName(name)
    box.setKeyboardTracking(False)
    box.valueChanged.connect(typed)
    return box
