"""What the rail offers in the step Tree."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QCheckBox, QComboBox, QListWidget, QListWidgetItem, QProgressBar, QSizePolicy

from viewer.desk import Desk
from viewer.desk.sight import on_vessel
from viewer.desk.target import at_occlusion, occlusions_of
from viewer.model.case import Case
from viewer.model.vessel import VESSEL_NAMES, Author, Vessel, VesselTree
from viewer.model.view import Step, ViewState
from viewer.model.volume import Severity
from viewer.ui.rail import StepPanel
from viewer.ui.theme import vessel_color
from viewer.ui.tools import ToolBox
from viewer.ui.tree_corrections import Corrections
from viewer.ui.tree_files import TreeFiles
from viewer.ui.tree_flow import TreeFlow


def line_of(vessel: Vessel) -> str:
    """Return a vessel in one line of the list."""
    guessed = sum(b - a for a, b in vessel.centerline.inferred)
    text = f"{vessel.name}  {vessel.centerline.length_mm:.0f} mm"
    if guessed:
        text += f", {guessed:.0f} guessed"
    return text + (" · yours" if vessel.author is Author.OPERATOR else "")


class TreePanel(StepPanel):
    """Find, trace, correct."""

    step = Step.TREE

    def __init__(self, desk: Desk, flow: TreeFlow, files: TreeFiles, tools: ToolBox) -> None:
        super().__init__()
        self._desk = desk
        self._flow = flow
        self._find = self.add_card("Find the coronary tree")
        self._bar = QProgressBar()
        self._bar.setRange(0, 1000)
        self._find.column.addWidget(self._bar)
        self._go = self._find.add_button("Look at the occlusion", self._go_on, primary=True)
        self._find_button = self._find.add_button("Find the tree", flow.find, primary=True)
        self._stop_button = self._find.add_button("Cancel", flow.stop)
        self.corrections = Corrections(self.add_card("Correct it"), desk, flow, tools)
        self._trace = self.add_card("Trace by hand")
        self._name = QComboBox()
        self._name.setEditable(True)
        self._name.addItems(VESSEL_NAMES)
        self._name.setAccessibleName("Name of the vessel")
        self._name.currentTextChanged.connect(flow.hand.rename)
        self._trace.column.addWidget(self._name)
        self._begin = self._trace.add_button("Click a vessel", partial(flow.hand.begin))
        self._draw = QCheckBox("Draw, do not trace")
        self._draw.setToolTip(
            "Lead the course smoothly through the next clicks as they stand, where nothing can be traced"
        )
        self._draw.toggled.connect(flow.hand.draw)
        self._trace.column.addWidget(self._draw)
        self._keep = self._trace.add_button("Keep this course", flow.hand.finish, primary=True, tip="Enter")
        self._back = self._trace.add_button("One point back", flow.hand.take_back, tip="Backspace")
        self._forget = self._trace.add_button("Cancel", flow.hand.cancel, tip="Esc")
        self._vessels = self.add_card("Vessels")
        self._list = QListWidget()
        self._list.setAccessibleName("Vessels")
        self._list.setStyleSheet("font-size: 12px;")
        self._list.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.itemClicked.connect(self._choose)
        self._vessels.column.addWidget(self._list)
        self._files = self.add_card("Other programs")
        self._import = self._files.add_button("Import…", files.ask_import, tip="Centrelines or a map of labels")
        self._export = self._files.add_button("Export…", files.ask_export, tip="VTP, CSV, STL or GLB")
        self._listed: VesselTree | None = None
        flow.changed.connect(lambda: self.refresh(desk.case, desk.view))

    def offer_tracers(self, buttons: Iterable[tuple[str, Callable[[], object]]]) -> None:
        """Offer other ways of finding the tree, beside the program's own."""
        self._find.offer(buttons)

    def done(self, case: Case | None) -> bool:
        return case is not None and len(case.tree) > 0

    def refresh(self, case: Case | None, view: ViewState) -> None:
        flow = self._flow
        ready = case is not None and case.volume.complete
        has_tree = case is not None and len(case.tree) > 0
        self._find_button.setEnabled(ready)
        self._find_button.setVisible(not flow.finding and not flow.hand.tracing)
        self._find_button.setText("Find it anew" if has_tree else "Find the tree")
        if self._find_button.objectName() != ("" if has_tree else "primary"):
            self._find_button.setObjectName("" if has_tree else "primary")
            self._find_button.style().polish(self._find_button)
        closed = case is not None and bool(occlusions_of(case))
        self._go.setVisible(has_tree and not flow.finding and not flow.hand.tracing)
        self._go.setText("Look at the occlusion" if closed else "Look along the vessels")
        self._stop_button.setVisible(flow.finding)
        self._bar.setVisible(flow.finding)
        if flow.progress is not None:
            self._bar.setValue(round(flow.progress[0] * 1000))
            self._find.say("Finding the tree", flow.progress[1])
        elif case is None:
            self._find.say("Open a study first", "The tree is found on the pictures of a coronary CT.")
        elif has_tree:
            cautions = [f.text for f in case.findings if f.severity is not Severity.NOTE]
            text = "Look along each vessel. Dashed stretches are guesses: no contrast showed them."
            self._find.say("Is this the tree?", " ".join([*cautions, text]))
        else:
            self._find.say("Find the coronary tree", "Aorta, both ostia and every branch, through the occlusion too.")
        self._show_trace(ready)
        self._files.setVisible(ready and not flow.hand.tracing)
        self._export.setEnabled(has_tree)
        self._show_vessels(case, view)
        self.corrections.refresh(case, view)

    def _show_trace(self, ready: bool) -> None:
        hand = self._flow.hand
        tracing = hand.tracing
        self._begin.setVisible(not tracing)
        self._begin.setEnabled(ready)
        self._name.setVisible(tracing and not hand.extends)
        self._draw.setVisible(tracing)
        if self._draw.isChecked() != hand.drawing:
            self._draw.blockSignals(True)
            self._draw.setChecked(hand.drawing)
            self._draw.blockSignals(False)
        self._keep.setVisible(tracing)
        self._keep.setEnabled(hand.can_finish)
        self._back.setVisible(tracing and len(hand.clicks) > hand.extends)
        self._forget.setVisible(tracing)
        if not tracing:
            self._trace.say("Trace by hand", "What was missed or went wrong is traced with two clicks or more.")
            return
        if self._name.currentText() != hand.name and not self._name.hasFocus():
            self._name.blockSignals(True)
            self._name.setCurrentText(hand.name)
            self._name.blockSignals(False)
        said = {
            0: ("Click where the vessel begins", "At the aorta or at its parent, in any picture."),
            1: ("Click farther along", "Hold the mouse still to see the course; it goes through an occlusion too."),
        }
        if hand.extends:
            said[1] = (f"Click where {hand.name} goes on", "The course is found from its end to there.")
        heading, text = said.get(len(hand.clicks), ("Is this the course?", "Click on to go farther, or keep it."))
        self._trace.say(heading, text)

    def _show_vessels(self, case: Case | None, view: ViewState) -> None:
        tree = case.tree if case is not None else VesselTree()
        self._vessels.setVisible(len(tree) > 0)
        if tree is not self._listed:
            self._listed = tree
            self._list.clear()
            for vessel in tree:
                item = QListWidgetItem(_dot(vessel_color(vessel.name)), line_of(vessel))
                item.setData(Qt.ItemDataRole.UserRole, vessel.name)
                item.setToolTip(line_of(vessel))
                self._list.addItem(item)
            self._list.setFixedHeight(sum(self._list.sizeHintForRow(n) for n in range(len(tree))) + 6)
        chosen = view.vessel if view.vessel in tree else None
        for number in range(self._list.count()):
            item = self._list.item(number)
            if item.data(Qt.ItemDataRole.UserRole) == chosen:
                self._list.setCurrentItem(item)
        if chosen is None:
            self._list.clearSelection()

    # -- what the doctor does ------------------------------------------------------------------------------------

    def _go_on(self) -> None:
        case, view = self._desk.case, self._desk.view
        if case is not None:
            self._desk.look(at_occlusion(case, view) or replace(view, step=Step.VESSEL))

    def _choose(self, item: QListWidgetItem) -> None:
        case, name = self._desk.case, item.data(Qt.ItemDataRole.UserRole)
        if case is not None and name in case.tree:
            self._desk.look(on_vessel(case, self._desk.view, name))


def _dot(shade: QColor) -> QIcon:
    pixmap = QPixmap(10, 10)
    pixmap.fill(shade)
    return QIcon(pixmap)
