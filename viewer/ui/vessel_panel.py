"""What the rail offers in the step Vessel: which vessel is followed, and from which side."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QSlider, QSpinBox

from viewer.desk import Desk
from viewer.desk.sight import active, on_vessel
from viewer.desk.target import at_occlusion, occlusions_of
from viewer.model.calcium import CalciumThreshold, ThresholdKind
from viewer.model.case import Case
from viewer.model.view import Step, ViewState
from viewer.ui.rail import StepPanel
from viewer.ui.tools import Tool, ToolBox
from viewer.ui.tree_flow import TreeFlow


class VesselPanel(StepPanel):
    """Choose a vessel, turn about it, jump to what is guessed."""

    step = Step.VESSEL

    def __init__(self, desk: Desk, flow: TreeFlow, tools: ToolBox) -> None:
        super().__init__()
        self._desk = desk
        self._flow = flow
        self._card = self.add_card("Follow a vessel")
        self._vessel = QComboBox()
        self._vessel.setAccessibleName("Active vessel")
        self._vessel.activated.connect(self._choose)
        self._card.column.addWidget(self._vessel)
        self._go = self._card.add_button("Look at the occlusion", self._go_on, primary=True)
        self._guess = self._card.add_button("Go to the guess", self._go_to_guess)
        self._drag = self._card.add_button(
            "Drag its course (G)",
            lambda: tools.choose(Tool.WINDOW if tools.tool is Tool.COURSE else Tool.COURSE),
            tip="Take the course on a plane, on the reformation or on a cross-section; Esc ends",
        )
        self._drag.setCheckable(True)
        tools.changed.connect(lambda: self._drag.setChecked(tools.tool is Tool.COURSE))
        self._turn = self.add_card("Turn about it")
        self._angle = QSlider(Qt.Orientation.Horizontal)
        self._angle.setRange(0, 359)
        self._angle.setAccessibleName("Angle about the vessel")
        self._angle.valueChanged.connect(lambda value: desk.look(angle_deg=float(value)))
        self._degrees = QLabel()
        self._degrees.setObjectName("muted")
        self._degrees.setWordWrap(True)
        self._turn.column.addWidget(self._angle)
        self._turn.column.addWidget(self._degrees)
        for label, angle in (("0°", 0.0), ("90°", 90.0)):
            self._turn.add_button(label, partial(desk.look, angle_deg=angle))

        self._calcium = self.add_card("What counts as calcium")
        self._kind = QComboBox()
        self._kind.setAccessibleName("Threshold of calcium")
        self._kind.addItems(["351 HU (Xing)", "adaptive", "typed"])
        self._kind.activated.connect(self._threshold)
        self._typed = QSpinBox()
        self._typed.setRange(130, 1500)
        self._typed.setValue(351)
        self._typed.setSuffix(" HU")
        self._typed.setKeyboardTracking(False)
        self._typed.setAccessibleName("Typed threshold of calcium")
        self._typed.valueChanged.connect(lambda _: self._threshold(2))
        self._calcium.column.addWidget(self._kind)
        self._calcium.column.addWidget(self._typed)

    def offer_contours(self, buttons: Iterable[tuple[str, Callable[[], object]]]) -> None:
        """Offer other ways of finding lumen and wall of the vessel that is followed."""
        self._card.offer(buttons)

    def _go_on(self) -> None:
        there = at_occlusion(self._desk.case, self._desk.view) if self._desk.case is not None else None
        if there is not None:
            self._desk.look(there)

    def done(self, case: Case | None) -> bool:
        return case is not None and len(case.tree) > 0 and self._desk.view.vessel in case.tree

    def refresh(self, case: Case | None, view: ViewState) -> None:
        self._go.setVisible(case is not None and bool(occlusions_of(case)))
        names = [vessel.name for vessel in case.tree] if case is not None else []
        if names != [self._vessel.itemText(n) for n in range(self._vessel.count())]:
            self._vessel.clear()
            self._vessel.addItems(names)
        self._vessel.setVisible(bool(names))
        self._vessel.setCurrentIndex(names.index(view.vessel) if view.vessel in names else -1)
        sight = active(case, view)
        self._turn.setVisible(sight is not None)
        self._drag.setVisible(sight is not None)
        inferred = sight.course.centerline.inferred if sight is not None else ()
        self._guess.setVisible(bool(inferred))
        if not names:
            self._card.say("No vessel yet", "Find the coronary tree first (step Tree).")
        elif sight is None:
            self._card.say("Follow a vessel", "Choose one here, in the tree map or in 3-D.")
        else:
            guessed = sum(b - a for a, b in inferred)
            text = f"{guessed:.0f} mm of its course are guessed and dashed: no contrast shows them." if guessed else ""
            self._card.say(f"{view.vessel}, {sight.length_mm:.0f} mm long", text)
        profile = case.calcium[0] if case is not None and case.calcium else None
        self._calcium.setVisible(profile is not None)
        if profile is not None:
            kinds = (ThresholdKind.XING, ThresholdKind.ADAPTIVE, ThresholdKind.TYPED)
            self._kind.setCurrentIndex(kinds.index(profile.threshold.kind))
            self._typed.setVisible(profile.threshold.kind is ThresholdKind.TYPED or self._kind.currentIndex() == 2)
            open_hu = f", {profile.threshold.open_hu:.0f} HU in the open lumen"
            extra = open_hu if profile.threshold.open_hu > profile.threshold.hu else ""
            self._calcium.say("What counts as calcium", f"From {profile.threshold.hu:.0f} HU{extra}.")
        self._angle.blockSignals(True)
        self._angle.setValue(round(view.angle_deg) % 360)
        self._angle.blockSignals(False)
        self._degrees.setText(f"{view.angle_deg % 360:.0f}° · wheel over the reformation")

    def _threshold(self, kind: int) -> None:
        case = self._desk.kept_case
        if case is None:
            return
        if kind == 1 and case.enhancement is not None:
            threshold = CalciumThreshold.adaptive(case.enhancement.lumen_hu, case.enhancement.lumen_sd_hu)
        else:
            threshold = CalciumThreshold.typed(float(self._typed.value())) if kind == 2 else CalciumThreshold.xing()
        self._flow.measure_calcium(threshold)

    def _choose(self, number: int) -> None:
        case = self._desk.case
        if case is not None:
            self._desk.look(on_vessel(case, self._desk.view, self._vessel.itemText(number)))

    def _go_to_guess(self) -> None:
        sight = active(self._desk.case, self._desk.view)
        if sight is not None and sight.course.centerline.inferred:
            start = sight.course.centerline.inferred[0][0]
            self._desk.look(cursor_lps_mm=sight.at(start))
