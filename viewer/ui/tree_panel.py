"""What the rail offers in the step Tree."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QComboBox, QListWidget, QListWidgetItem, QProgressBar, QSizePolicy

from viewer.desk import Desk
from viewer.desk import tree_edits as edits
from viewer.desk.sight import active, on_vessel
from viewer.model.case import Case
from viewer.model.vessel import VESSEL_NAMES, Author, Vessel, VesselTree
from viewer.model.view import Step, ViewState
from viewer.model.volume import Severity
from viewer.ui.rail import StepPanel
from viewer.ui.theme import vessel_color
from viewer.ui.tree_files import TreeFiles
from viewer.ui.tree_flow import TreeFlow


def line_of(vessel: Vessel) -> str:
    """Return a vessel in one line of the list."""
    guessed = sum(b - a for a, b in vessel.centerline.inferred)
    text = f"{vessel.name}   {vessel.centerline.length_mm:.0f} mm"
    if guessed:
        text += f", {guessed:.0f} guessed"
    return text + (" · yours" if vessel.author is Author.OPERATOR else "")


class TreePanel(StepPanel):
    """Find, trace, correct."""

    step = Step.TREE

    def __init__(self, desk: Desk, flow: TreeFlow, files: TreeFiles) -> None:
        super().__init__()
        self._desk = desk
        self._flow = flow
        self._find = self.add_card("Find the coronary tree")
        self._bar = QProgressBar()
        self._bar.setRange(0, 1000)
        self._find.column.addWidget(self._bar)
        self._find_button = self._find.add_button("Find the tree", flow.find, primary=True)
        self._stop_button = self._find.add_button("Cancel", flow.stop)
        self._trace = self.add_card("Trace by hand")
        self._name = QComboBox()
        self._name.setEditable(True)
        self._name.addItems(VESSEL_NAMES)
        self._name.setAccessibleName("Name of the vessel")
        self._name.currentTextChanged.connect(flow.rename_trace)
        self._trace.column.addWidget(self._name)
        self._begin = self._trace.add_button("Click a vessel", partial(flow.begin_trace))
        self._keep = self._trace.add_button("Keep this course", flow.finish_trace, primary=True, tip="Enter")
        self._back = self._trace.add_button("Take the last point back", flow.take_back, tip="Backspace")
        self._forget = self._trace.add_button("Cancel", flow.cancel_trace, tip="Esc")
        self._vessels = self.add_card("Vessels")
        self._list = QListWidget()
        self._list.setAccessibleName("Vessels")
        self._list.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.itemClicked.connect(self._choose)
        self._vessels.column.addWidget(self._list)
        self._edit = self.add_card("Correct it")
        self._other_name = QComboBox()
        self._other_name.setEditable(True)
        self._other_name.addItems(VESSEL_NAMES)
        self._other_name.setAccessibleName("Another name for this vessel")
        self._other_name.textActivated.connect(self._rename)
        self._edit.column.addWidget(self._other_name)
        self._alternative = self._edit.add_button("Show the next-best course", self._next_course)
        self._cut = self._edit.add_button("End it at the cursor", self._cut_here)
        self._retrace = self._edit.add_button("Trace it anew", self._trace_anew)
        self._turn = self._edit.add_button("Turn it round", self._reverse)
        self._delete = self._edit.add_button("Delete it", self._delete_vessel)
        self._files = self.add_card("Other programs")
        self._import = self._files.add_button("Import…", files.ask_import, tip="Centrelines or a map of labels")
        self._export = self._files.add_button("Export…", files.ask_export, tip="VTP, CSV, STL or GLB")
        self._listed: VesselTree | None = None
        flow.changed.connect(lambda: self.refresh(desk.case, desk.view))

    def done(self, case: Case | None) -> bool:
        return case is not None and len(case.tree) > 0

    def refresh(self, case: Case | None, view: ViewState) -> None:
        flow = self._flow
        ready = case is not None and case.volume.complete
        has_tree = case is not None and len(case.tree) > 0
        self._find_button.setEnabled(ready)
        self._find_button.setVisible(not flow.finding and not flow.tracing)
        self._find_button.setText("Find it anew" if has_tree else "Find the tree")
        self._find_button.setObjectName("" if has_tree else "primary")
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
        self._files.setVisible(ready and not flow.tracing)
        self._export.setEnabled(has_tree)
        self._show_vessels(case, view)

    def _show_trace(self, ready: bool) -> None:
        flow, tracing = self._flow, self._flow.tracing
        self._begin.setVisible(not tracing)
        self._begin.setEnabled(ready)
        self._name.setVisible(tracing)
        self._keep.setVisible(tracing)
        self._keep.setEnabled(flow.can_finish)
        self._back.setVisible(tracing and bool(flow.clicks))
        self._forget.setVisible(tracing)
        if not tracing:
            self._trace.say("Trace by hand", "What was missed or went wrong is traced with two clicks or more.")
            return
        if self._name.currentText() != flow.name and not self._name.hasFocus():
            self._name.blockSignals(True)
            self._name.setCurrentText(flow.name)
            self._name.blockSignals(False)
        said = {
            0: ("Click where the vessel begins", "At the aorta or at its parent, on any plane."),
            1: ("Click farther along", "The course is found between the points, through an occlusion too."),
        }
        heading, text = said.get(len(flow.clicks), ("Is this the course?", "Click on to go farther, or keep it."))
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
                self._list.addItem(item)
            self._list.setFixedHeight(sum(self._list.sizeHintForRow(n) for n in range(len(tree))) + 6)
        chosen = view.vessel if view.vessel in tree else None
        for number in range(self._list.count()):
            item = self._list.item(number)
            if item.data(Qt.ItemDataRole.UserRole) == chosen:
                self._list.setCurrentItem(item)
        self._edit.setVisible(chosen is not None and not self._flow.tracing)
        if chosen is None:
            self._list.clearSelection()
            return
        self._edit.say(f"Correct {chosen}")
        self._alternative.setVisible(bool(tree[chosen].alternatives))
        if not self._other_name.hasFocus():
            self._other_name.setCurrentText(chosen)

    # -- what the doctor does ------------------------------------------------------------------------------------

    def _choose(self, item: QListWidgetItem) -> None:
        case, name = self._desk.case, item.data(Qt.ItemDataRole.UserRole)
        if case is not None and name in case.tree:
            self._desk.look(on_vessel(case, self._desk.view, name))

    def _name_now(self) -> str:
        return self._desk.view.vessel or ""

    def _rename(self, new: str) -> None:
        name = self._name_now()
        if name and new.strip() != name:
            self._flow.edit(lambda case: edits.rename_vessel(case, name, new), f"Rename {name}", new.strip())

    def _delete_vessel(self) -> None:
        name = self._name_now()
        self._flow.edit(lambda case: edits.delete_vessel(case, name), f"Delete {name}")

    def _reverse(self) -> None:
        name = self._name_now()
        self._flow.edit(lambda case: edits.reverse_vessel(case, name), f"Turn {name} round")

    def _next_course(self) -> None:
        name = self._name_now()
        self._flow.edit(lambda case: edits.choose_alternative(case, name, 0), f"Take another course for {name}")

    def _trace_anew(self) -> None:
        self._flow.begin_trace(self._name_now())

    def _cut_here(self) -> None:
        sight = active(self._desk.kept_case, self._desk.view)
        if sight is None:
            return
        vessel, station = sight.course.on_vessel(sight.nearest(self._desk.view.cursor_lps_mm)[0])
        self._flow.edit(lambda case: edits.cut_vessel(case, vessel, station), f"End {vessel} at {station:.0f} mm")


def _dot(shade: QColor) -> QIcon:
    pixmap = QPixmap(10, 10)
    pixmap.fill(shade)
    return QIcon(pixmap)
