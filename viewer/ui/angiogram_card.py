"""What the rail offers for a real angiogram: open it, tell its angles, go there, blend, and lay the plan over it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QSlider, QWidget

from viewer.model.case import Case
from viewer.ui.angiogram_flow import AngiogramFlow
from viewer.ui.angiogram_pane import AngiogramPane
from viewer.ui.angle_box import PRIMARY, SECONDARY, AngleBox
from viewer.ui.rail import Card

STEPS = 100


class AngiogramCard(Card):
    """Says what lies beside the plan, and what to do next with it.

    Parameters
    ----------
    flow : AngiogramFlow
    pane : AngiogramPane
        Whose blend and rings are switched here.
    """

    def __init__(self, flow: AngiogramFlow, pane: AngiogramPane) -> None:
        super().__init__("Beside a real angiogram")
        self._flow, self._pane = flow, pane
        self._case: Case | None = None
        self.open = self.add_button("Open angiogram…", flow.ask, tip="A run of the C-arm, as DICOM (XA)")
        self.other = _chip("Another…", "Open another run")
        self.other.clicked.connect(flow.ask)
        self._typed = QWidget()
        row = QHBoxLayout(self._typed)
        row.setContentsMargins(0, 0, 0, 0)
        self.primary = AngleBox(PRIMARY, 180, lambda: None, "Primary angle of the run")
        self.secondary = AngleBox(SECONDARY, 90, lambda: None, "Secondary angle of the run")
        self.tell = _chip("Set", "These are the angles")
        self.tell.clicked.connect(lambda: flow.tell_angles(self.primary.value(), self.secondary.value()))
        for widget in (self.primary, self.secondary, self.tell):
            row.addWidget(widget)
        self.column.addWidget(self._typed)
        self.go = self.add_button("Go to its angles", flow.go, tip="Turn the preview to where the C-arm stood (J)")
        self._mixed = QWidget()
        row = QHBoxLayout(self._mixed)
        row.setContentsMargins(0, 0, 0, 0)
        self.blend = QSlider(Qt.Orientation.Horizontal)
        self.blend.setRange(0, STEPS)
        self.blend.setAccessibleName("Share of the preview in the angiogram")
        self.blend.valueChanged.connect(lambda value: pane.set_blend(value / STEPS))
        row.addWidget(_small("Run"))
        row.addWidget(self.blend, 1)
        row.addWidget(_small("CT"))
        self.column.addWidget(self._mixed)
        self.rings = _chip("Landmarks", "Drag rings onto the same places in the run (L)")
        self.rings.setCheckable(True)
        self.rings.clicked.connect(pane.show_rings)
        self.forget = _chip("Begin anew", "Take the landmarks away")
        self.forget.clicked.connect(flow.forget_landmarks)
        self.close_run = _chip("Close", "Take the run away from the plan")
        self.close_run.clicked.connect(flow.close)
        grid = QGridLayout()
        grid.setSpacing(4)
        for number, button in enumerate((self.rings, self.forget, self.other, self.close_run)):
            grid.addWidget(button, number // 2, number % 2)
        self.column.addLayout(grid)
        pane.told.connect(self._look_again)
        flow.changed.connect(self._look_again)

    def refresh(self, case: Case | None) -> None:
        """Look at the desk again."""
        self._case = case
        self._look_again()

    def _look_again(self) -> None:
        case, pane = self._case, self._pane
        run = case.angiogram if case is not None else None
        known = run is not None and run.angles_deg is not None
        self.open.setEnabled(case is not None)
        self.open.setVisible(run is None)
        self.other.setVisible(run is not None)
        self._typed.setVisible(run is not None and not known)
        for widget in (self.go, self._mixed, self.rings):
            widget.setVisible(known)
        self.close_run.setVisible(run is not None)
        self.forget.setVisible(run is not None and bool(run.landmarks))
        self.rings.setChecked(pane.finding)
        self.blend.blockSignals(True)
        self.blend.setValue(round(STEPS * pane.blend))
        self.blend.blockSignals(False)
        if run is None:
            self.say("Beside a real angiogram", "Compare the preview with a run of the same patient.")
            return
        parts = [f"{run.frames} frames, {1000 / run.frame_ms:.0f} a second."]
        if run.assumed:
            parts.append(f"Taken for granted: {', '.join(run.assumed)}.")
        if not known:
            parts.append("Its angles are not told: type them as they stand on its monitor.")
        elif pane.finding:
            parts.append("Drag two or three rings onto the same places in the run.")
        self.say(f"Angiogram {run.label}", " ".join(parts))


def _chip(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName("chip")
    button.setToolTip(tip)
    return button


def _small(text: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName("small")
    return label
