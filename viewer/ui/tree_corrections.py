"""The card with which the active vessel is corrected: what a button would do is shown while the mouse is on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPoint
from PySide6.QtWidgets import QComboBox, QGridLayout, QMenu, QPushButton

from viewer.desk import Desk, course_edits
from viewer.desk import tree_edits as edits
from viewer.desk.sight import active
from viewer.model.case import Case
from viewer.model.centerline import Centerline
from viewer.model.vessel import VESSEL_NAMES
from viewer.model.view import ViewState
from viewer.ui.rail import Card
from viewer.ui.tools import Tool, ToolBox
from viewer.ui.tree_flow import TreeFlow

Change = Callable[[Case], Case]
#: So many vessels are offered to be joined with, the nearest first.
MOST_OFFERED = 6
#: Before it is clicked where a vessel goes on, so much of the way is shown.
STUB_MM = 8.0


class Corrections(QObject):
    """Fills a card of the rail.

    Parameters
    ----------
    card : Card
    desk : Desk
    flow : TreeFlow
    tools : ToolBox
    """

    def __init__(self, card: Card, desk: Desk, flow: TreeFlow, tools: ToolBox) -> None:
        super().__init__(card)
        self._card = card
        self._desk = desk
        self._flow = flow
        self._tools = tools
        self._trials: dict[QObject, Callable[[], Change | None]] = {}
        self.name = QComboBox()
        self.name.setEditable(True)
        self.name.addItems(VESSEL_NAMES)
        self.name.setAccessibleName("Another name for this vessel")
        self.name.setToolTip("Choose or type another name, then Enter")
        self.name.textActivated.connect(self._rename)
        self.name.textHighlighted.connect(self._show_name)
        self.name.view().installEventFilter(self)
        card.column.addWidget(self.name)
        self.drag = card.add_button(
            "Drag its course (G)",
            self._drag,
            tip="Take the course on a plane, on the reformation or on a cross-section",
        )
        self.drag.setCheckable(True)
        tools.changed.connect(lambda: self.drag.setChecked(tools.tool is Tool.COURSE))
        grid = QGridLayout()
        grid.setSpacing(5)
        card.column.addLayout(grid)
        self.alternative = self._chip("Other course", "Take the next-best course that was found", self._next_course)
        self.extend = self._chip("Lead on", "Go on from its end: click where, in any picture", self._extend)
        self.cut = self._chip("End here", "End it at the cursor, with what leaves it beyond", self._cut)
        self.retrace = self._chip("Trace anew", "Click its course again", self._retrace)
        self.join = self._chip("Join …", "Join another piece to its end, or make it a branch", self._offer_joins)
        self.turn = self._chip("Turn round", "Let it run the other way", self._turn)
        self.delete = self._chip("Delete", "Delete it, with all that leaves it", self._delete)
        chips = (self.extend, self.cut, self.retrace, self.join, self.turn, self.delete, self.alternative)
        for number, chip in enumerate(chips):
            grid.addWidget(chip, number // 2, number % 2)
        self._shows(self.alternative, self._alternative_change)
        self._shows(self.extend, lambda: self._led_on)
        self._shows(self.retrace, lambda: self._open_again)
        self._shows(self.cut, self._cut_change)
        self._shows(self.turn, lambda: partial(edits.reverse_vessel, name=self._active))
        self._shows(self.delete, lambda: partial(edits.delete_vessel, name=self._active))

    def refresh(self, case: Case | None, view: ViewState) -> None:
        """Look at the desk again."""
        chosen = view.vessel if case is not None and view.vessel in case.tree else None
        self._card.setVisible(chosen is not None and not self._flow.hand.tracing)
        if case is None or chosen is None:
            return
        dragging = self._tools.tool is Tool.COURSE
        said = (
            "Take it where the mouse shows a ring, and drag it to where it should run. Esc ends."
            if dragging
            else "Rest the mouse on a button to see what it would do."
        )
        self._card.say(f"Drag {chosen}" if dragging else f"Correct {chosen}", said)
        self.alternative.setVisible(bool(case.tree[chosen].alternatives))
        self.join.setEnabled(len(case.tree) > 1)
        if not self.name.hasFocus():
            self.name.setCurrentText(chosen)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Show what a button would do while the mouse is on it."""
        if watched is self.name.view() and event.type() == QEvent.Type.Hide:
            self._flow.try_out(None)
        if watched in self._trials:
            if event.type() == QEvent.Type.Enter:
                self._flow.try_out(self._trials[watched]())
            elif event.type() in (QEvent.Type.Leave, QEvent.Type.Hide):
                self._flow.try_out(None)
        return super().eventFilter(watched, event)

    def _chip(self, label: str, tip: str, action: Callable[[], None]) -> QPushButton:
        button = QPushButton(label)
        button.setObjectName("chip")
        button.setToolTip(tip)
        button.clicked.connect(lambda: action())
        return button

    def _shows(self, button: QPushButton, trial: Callable[[], Change | None]) -> None:
        self._trials[button] = trial
        button.installEventFilter(self)

    @property
    def _active(self) -> str:
        return self._desk.view.vessel or ""

    # -- what the doctor does ------------------------------------------------------------------------------------

    def _rename(self, new: str) -> None:
        name = self._active
        if name and new.strip() != name:
            self._flow.edit(lambda case: edits.rename_vessel(case, name, new), f"Rename {name}", new.strip())

    def _show_name(self, new: str) -> None:
        name = self._active
        self._flow.try_out(partial(edits.rename_vessel, name=name, new=new) if name and new != name else None)

    def _drag(self) -> None:
        self._tools.choose(Tool.WINDOW if self._tools.tool is Tool.COURSE else Tool.COURSE)

    def _alternative_change(self) -> Change | None:
        case, name = self._desk.kept_case, self._active
        there = case is not None and name in case.tree and bool(case.tree[name].alternatives)
        return partial(edits.choose_alternative, name=name, number=0) if there else None

    def _next_course(self) -> None:
        change = self._alternative_change()
        if change is not None:
            self._flow.edit(change, f"Take another course for {self._active}")

    def _led_on(self, case: Case) -> Case:
        """Show from where and which way the course would go on, not how far."""
        line = case.tree[self._active].centerline
        ahead = line.points_lps_mm[-1] + STUB_MM * line.tangent_at(line.length_mm, arm_mm=3.0)
        return course_edits.extend_course(case, self._active, Centerline(np.stack([line.points_lps_mm[-1], ahead])))

    def _open_again(self, case: Case) -> Case:
        """Show which course would be found again."""
        return edits.replace_course(case, self._active, replace(case.tree[self._active].centerline))

    def _extend(self) -> None:
        self._flow.hand.lead_on(self._active)

    def _retrace(self) -> None:
        self._flow.hand.begin(self._active)

    def _cut_place(self) -> tuple[str, float] | None:
        sight = active(self._desk.kept_case, self._desk.view)
        return None if sight is None else sight.course.on_vessel(sight.nearest(self._desk.view.cursor_lps_mm)[0])

    def _cut_change(self) -> Change | None:
        place = self._cut_place()
        return None if place is None else partial(edits.cut_vessel, name=place[0], station_mm=place[1])

    def _cut(self) -> None:
        place, change = self._cut_place(), self._cut_change()
        if place is not None and change is not None:
            self._flow.edit(change, f"End {place[0]} at {place[1]:.0f} mm")

    def _turn(self) -> None:
        name = self._active
        self._flow.edit(partial(edits.reverse_vessel, name=name), f"Turn {name} round")

    def _delete(self) -> None:
        name = self._active
        self._flow.edit(partial(edits.delete_vessel, name=name), f"Delete {name}")

    # -- joining -------------------------------------------------------------------------------------------------

    def joins(self) -> list[tuple[str, str, Change]]:
        """Return what the active vessel can be joined with: words, the edit's title, the edit; the nearest first."""
        case, name = self._desk.kept_case, self._active
        if case is None or name not in case.tree:
            return []
        line = case.tree[name].centerline
        others = [vessel for vessel in case.tree if vessel.name != name]
        below = edits.descendants(case.tree, name)
        gaps = []
        for other in others:
            gap = float(np.linalg.norm(other.centerline.points_lps_mm[0] - line.points_lps_mm[-1]))
            if other.parent == name or (
                other.name not in below and name not in edits.descendants(case.tree, other.name)
            ):
                gaps.append((gap, other.name))
        trunks = [
            (other.centerline.nearest_station_mm(line.points_lps_mm[0])[1], other.name)
            for other in others
            if other.name not in below and other.name != case.tree[name].parent
        ]
        offered: list[tuple[str, str, Change]] = []
        for gap, piece in sorted(gaps)[:MOST_OFFERED]:
            words = f"Goes on as {piece}, {gap:.0f} mm away"
            offered.append((words, f"Join {piece} to {name}", partial(edits.join_vessels, name=name, distal=piece)))
        for gap, trunk in sorted(trunks)[:MOST_OFFERED]:
            words = f"Is a branch of {trunk}, {gap:.0f} mm away"
            change = partial(course_edits.merge_into, name=name, parent=trunk)
            offered.append((words, f"Make {name} a branch of {trunk}", change))
        if case.tree[name].parent is not None:
            change = partial(course_edits.merge_into, name=name, parent=None)
            offered.append(("Leaves the aorta", f"Let {name} leave the aorta", change))
        return offered

    def _offer_joins(self) -> None:
        menu = self.join_menu()
        menu.popup(self.join.mapToGlobal(QPoint(0, self.join.height())))

    def join_menu(self) -> QMenu:
        """Return the menu of joins; what an entry would do is shown while the mouse is on it."""
        menu = QMenu(self.join)
        menu.aboutToHide.connect(lambda: self._flow.try_out(None))
        menu.aboutToHide.connect(menu.deleteLater)
        for words, title, change in self.joins():
            action = menu.addAction(words)
            action.hovered.connect(partial(self._flow.try_out, change))
            action.triggered.connect(lambda _=False, title=title, change=change: self._flow.edit(change, title))
        return menu
