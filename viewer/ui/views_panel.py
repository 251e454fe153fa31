"""What the rail offers in the step Views: angles, working views, and what the preview shows."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QPushButton, QWidget

from viewer.analysis.fluoro.limits import StandardView, standard_views
from viewer.desk import Desk
from viewer.desk.target import segment_of, target_of
from viewer.model.carm import view_label
from viewer.model.case import Case
from viewer.model.view import Step, ViewState, Xray
from viewer.settings import Settings
from viewer.ui.angiogram_card import AngiogramCard
from viewer.ui.angle_box import PRIMARY, SECONDARY, AngleBox
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

    def __init__(self, desk: Desk, settings: Settings, angiogram: AngiogramCard) -> None:
        super().__init__()
        self._settings = settings
        self._desk = desk
        self._angles = self.add_card("Angles of the C-arm")
        row = QWidget()
        grid = QGridLayout(row)
        grid.setContentsMargins(0, 0, 0, 0)
        self._primary = AngleBox(PRIMARY, 180, self._typed, "Primary angle: LAO or RAO")
        self._secondary = AngleBox(SECONDARY, 90, self._typed, "Secondary angle: cranial or caudal")
        for column, (name, box) in enumerate((("LAO / RAO", self._primary), ("CRA / CAU", self._secondary))):
            label = QLabel(name)
            label.setObjectName("small")
            grid.addWidget(label, 0, column)
            grid.addWidget(box, 1, column)
        self._angles.column.addWidget(row)
        self._angles.add_button("Aim at the cursor", self._aim, tip="Put the isocentre at the cursor")
        self._angles.add_button("To the planning sheet", lambda: desk.look(step=Step.SHEET), primary=True)
        usual = self._usual_card = self.add_card("Usual views")
        self._usual: dict[StandardView, QPushButton] = {}
        views = QGridLayout()
        views.setSpacing(4)
        for number, view in enumerate(standard_views()):
            button = QPushButton(view.name)
            button.setObjectName("chip")
            button.clicked.connect(partial(self.go, view.primary_deg, view.secondary_deg))
            views.addWidget(button, number // 2, number % 2)
            self._usual[view] = button
        usual.column.addLayout(views)
        self._angiogram = angiogram
        self.column.insertWidget(self.column.count() - 1, angiogram)
        layers = self.add_card("What it shows")
        self._layers: dict[str, QCheckBox] = {}
        for name, text in _LAYERS:
            switch = QCheckBox(text)
            switch.toggled.connect(partial(self._switch, name))
            layers.column.addWidget(switch)
            self._layers[name] = switch

    def refresh(self, case: Case | None, view: ViewState) -> None:
        for box, value in ((self._primary, view.carm.primary_deg), (self._secondary, view.carm.secondary_deg)):
            box.show_value(value)
        self._angiogram.refresh(case)
        self._angles.say(view.carm.label, "Drag in the X-ray preview, click in the view map, or type.")
        limits, segment = self._settings.lab.limits, segment_of(case, target_of(case, view))
        self._usual_card.say("Usual views" if segment is None else f"Usual views · {segment}")
        for usual, button in self._usual.items():
            within = bool(limits.can_reach(usual.primary_deg, usual.secondary_deg))
            angles = view_label(usual.primary_deg, usual.secondary_deg)
            button.setEnabled(within)
            button.setToolTip(
                f"{angles}{_why(usual, segment)}" if within else f"{angles}: out of reach of {limits.name}"
            )
            lit = segment is not None and segment in usual.first_for
            if button.property("lit") != lit:
                button.setProperty("lit", lit)
                button.style().polish(button)
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


def _why(usual: StandardView, segment: str | None) -> str:
    """Say what a usual view is to the segment that is looked at."""
    if segment in usual.first_for:
        return f", first choice for {segment}"
    return f", second choice for {segment}" if segment in usual.second_for else ""
