"""Caps that are moved, and occlusions that are marked, with the mouse in any pane; every drag shows the length at once.

The panes answer where a vessel stands and which one is under the mouse (`PatientPane`); all that is done with it is
here, before a pane sees the event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QEvent, QObject, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QMouseEvent, QPainter, QWheelEvent

from viewer.desk import Desk
from viewer.desk.lesion_edits import mark_occlusion, move_cap
from viewer.desk.sight import active, on_vessel
from viewer.desk.target import active_lesion
from viewer.desk.tree_edits import ImpossibleEdit
from viewer.model.case import Case
from viewer.model.lesion import Lesion, LesionKind
from viewer.ui.cap_marks import caps_of, paint_length
from viewer.ui.cap_menu import cap_menu, cap_title
from viewer.ui.pane import HEADER_PX
from viewer.ui.patient_pane import PatientPane, plain_left
from viewer.ui.tools import Tool, ToolBox

#: A press that moved less than this was a click.
CLICK_PX = 3.0
#: Tools whose clicks mean something else, wherever they fall.
OWN_CLICKS = (Tool.DISTANCE, Tool.ANGLE, Tool.TRACE, Tool.COURSE)
NO_VESSEL = "There is no vessel under the mouse: click on one, or trace it first (step Tree)."

Place = tuple[str, float]


@dataclass(slots=True)
class Held:
    """The cap that the mouse holds: its pane and lesion, where it was pressed, how far off it, and its place."""

    pane: PatientPane
    number: int
    proximal: bool
    pressed: QPointF
    grip: QPointF
    station_mm: float
    moved: bool = False


class CapsByHand(QObject):
    """Takes the mouse where it is about caps. `changed` tells the panel to look again.

    Parameters
    ----------
    desk, tools
    warn : callable
        Called with a sentence where nothing can be done.
    panes : iterable of PatientPane
    """

    changed = Signal()

    def __init__(
        self,
        desk: Desk,
        tools: ToolBox,
        warn: Callable[[str], None],
        panes: Iterable[PatientPane],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._desk = desk
        self._tools = tools
        self._warn = warn
        self._held: Held | None = None
        self._ghost: Place | None = None
        #: Where the occlusion that is being marked begins.
        self.start: Place | None = None
        for pane in panes:
            pane.installEventFilter(self)
            pane.over.append(partial(self._paint, pane))
        tools.changed.connect(self._tool_changed)

    # -- what the doctor does ------------------------------------------------------------------------------------

    @property
    def marking(self) -> bool:
        """Whether the next click is an end of an occlusion."""
        return self._tools.tool is Tool.OCCLUSION

    def begin(self) -> None:
        """Take the tool for marking an occlusion, or put it away again."""
        self._tools.choose(Tool.WINDOW if self.marking else Tool.OCCLUSION)

    def cancel(self) -> None:
        """Put the tool away; nothing is marked."""
        if self.marking:
            self._tools.choose(Tool.WINDOW)

    def put_at_cursor(self, proximal: bool) -> None:
        """Put a cap of the active occlusion at the cursor."""
        try:
            self._desk.apply(self._at_cursor(proximal), cap_title(proximal))
        except ImpossibleEdit as problem:
            self._warn(str(problem))

    def try_at_cursor(self, proximal: bool | None) -> None:
        """Show what it would be to put a cap at the cursor; ``None`` ends that."""
        try:
            self._desk.preview(None if proximal is None else self._at_cursor(proximal))
        except ImpossibleEdit:
            self._desk.preview(None)

    def _at_cursor(self, proximal: bool) -> Case:
        case, view = self._desk.kept_case, self._desk.view
        lesion = active_lesion(case, view) if case is not None else None
        sight = active(case, view)
        if case is None or lesion is None or lesion.kind is not LesionKind.OCCLUSION or sight is None:
            raise ImpossibleEdit("There is no occlusion here whose cap could be put at the cursor.", "Mark one (K).")
        vessel, station = sight.course.on_vessel(sight.nearest(view.cursor_lps_mm)[0])
        if vessel != lesion.vessel:
            raise ImpossibleEdit(
                f"The cursor is on {vessel}, and this occlusion is on {lesion.vessel}.", f"Move it to {lesion.vessel}."
            )
        number = next(n for n, one in enumerate(case.lesions) if one is lesion)
        return move_cap(case, number, proximal, station)

    def _begin_at(self, place: Place) -> None:
        case = self._desk.kept_case
        if case is not None:
            self._tools.choose(Tool.OCCLUSION)
            self._click(case, place)

    # -- the mouse -----------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take a mouse event that is about caps; True if it is not for the pane."""
        if not isinstance(watched, PatientPane) or watched.empty:
            return False
        kind = event.type()
        if kind == QEvent.Type.Leave and self._ghost is not None:
            self._hover(watched, None)
        if isinstance(event, QContextMenuEvent):
            place = watched.menu_place(QPointF(event.pos())) if self._held is None else None
            if place is not None:
                cap_menu(watched, self._desk, place, partial(self._begin_at, place)).popup(event.globalPos())
            return place is not None
        if isinstance(event, QWheelEvent) and self._held is not None:
            self._roll(self._held, event)
            return True
        if not isinstance(event, QMouseEvent):
            return False
        if kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick):
            return self._press(watched, event)
        if kind == QEvent.Type.MouseMove:
            return self._move(watched, event)
        if kind == QEvent.Type.MouseButtonRelease and self._held is not None:
            self._release()
            return True
        return False

    def _press(self, pane: PatientPane, event: QMouseEvent) -> bool:
        case, where = self._desk.kept_case, event.position()
        if self._held is not None:
            return True
        if case is None or not plain_left(event) or where.y() <= HEADER_PX:
            return False
        if self.marking:
            self._click(case, self._place(pane, where))
            return True
        grip = self._grip(pane, where)
        if grip is None:
            return False
        number, proximal, station = grip
        spot = pane.spot_of(case.lesions[number].vessel, station, pane.rect())
        self._held = Held(pane, number, proximal, where, QPointF() if spot is None else where - spot[0], station)
        pane.holds_cap = True
        pane.setFocus(Qt.FocusReason.MouseFocusReason)
        self._desk.look(lesion=number)
        return True

    def _move(self, pane: PatientPane, event: QMouseEvent) -> bool:
        where, held = event.position(), self._held
        if held is not None:
            if pane is held.pane and (held.moved or (where - held.pressed).manhattanLength() > CLICK_PX):
                held.moved = True
                self._drag(held, where)
            return True
        if event.buttons() != Qt.MouseButton.NoButton:
            return False
        if self.marking:
            pane.setCursor(Qt.CursorShape.CrossCursor)
            self._hover(pane, self._place(pane, where))
            return True
        if self._grip(pane, where) is None:
            if pane.property("over_cap"):
                pane.setProperty("over_cap", False)
                pane.unsetCursor()
            return False
        pane.setProperty("over_cap", True)
        pane.setCursor(Qt.CursorShape.PointingHandCursor)
        return True

    def _grip(self, pane: PatientPane, where: QPointF) -> tuple[int, bool, float] | None:
        """Return lesion, whether it is its proximal cap, and its station, of what a press here takes."""
        case = self._desk.kept_case
        if case is None or self._tools.tool in OWN_CLICKS or self._desk.view.opacity("caps") <= 0:
            return None
        taken = [
            (away, number, proximal, cap.station_mm)
            for number, lesion, cap, proximal in caps_of(case)
            if (away := pane.cap_grip_px(where, lesion.vessel, cap.station_mm, proximal=proximal)) is not None
        ]
        return min(taken)[1:] if taken else None

    def _drag(self, held: Held, where: QPointF) -> None:
        case = self._desk.kept_case
        if case is None:
            return
        vessel = case.lesions[held.number].vessel
        station = held.pane.station_under(where - held.grip, vessel, held.station_mm)
        if station is None:
            return
        held.station_mm = station
        moved = move_cap(case, held.number, held.proximal, station)
        self._desk.preview(moved)
        if held.pane.follows_drag():
            self._go(moved, held)

    def _roll(self, held: Held, event: QWheelEvent) -> None:
        """Let the pane go to another slice, and take the cap that is held along to where the vessel runs through it."""
        held.pane.wheelEvent(event)
        held.pane.refresh(self._desk.case, self._desk.view)
        held.moved = True
        self._drag(held, event.position())

    def _go(self, case: Case, held: Held) -> None:
        lesion = case.lesions[held.number]
        cap = lesion.proximal if held.proximal else lesion.distal
        self._desk.look(on_vessel(case, self._desk.view, lesion.vessel, cap.station_mm))

    def _release(self) -> None:
        """Keep the cap where it was let go; without a drag it was a click, which leads to the cap."""
        held, self._held = self._held, None
        case = self._desk.kept_case
        if held is None or case is None:
            return
        held.pane.holds_cap = False
        if held.moved:
            case = move_cap(case, held.number, held.proximal, held.station_mm)
            self._desk.apply(case, cap_title(held.proximal))
        self._go(case, held)

    # -- marking -------------------------------------------------------------------------------------------------

    def _place(self, pane: PatientPane, where: QPointF) -> Place | None:
        """Return the place on a vessel under the mouse: on the one in question where it lies there among others."""
        wanted = self._desk.view.vessel if self.start is None else self.start[0]
        station = None if wanted is None else pane.station_near(where, wanted)
        return pane.vessel_under(where) if wanted is None or station is None else (wanted, station)

    def _click(self, case: Case, place: Place | None) -> None:
        if place is None:
            self._warn(NO_VESSEL)
            return
        if self.start is None:
            self.start = place
            self._desk.look(on_vessel(case, self._desk.view, *place))
            self.changed.emit()
            return
        try:
            marked = self._marked(case, place)
        except ImpossibleEdit as problem:
            self._warn(str(problem))
            return
        self._tools.choose(Tool.WINDOW)
        self._desk.apply(marked, "Mark occlusion")
        self._desk.look(lesion=len(marked.lesions) - 1)

    def _marked(self, case: Case, place: Place) -> Case:
        assert self.start is not None
        vessel, station = self.start
        if place[0] != vessel:
            raise ImpossibleEdit(
                f"The occlusion begins on {vessel}, and this is {place[0]}.", "Click its other end on the same vessel."
            )
        return mark_occlusion(case, vessel, station, place[1])

    def _hover(self, pane: PatientPane, place: Place | None) -> None:
        """Show what a click here would mark."""
        self._ghost = place
        case = self._desk.kept_case
        if case is not None and self.start is not None:
            try:
                self._desk.preview(self._marked(case, place) if place is not None else None)
            except ImpossibleEdit:
                self._desk.preview(None)
        pane.update()

    def _tool_changed(self) -> None:
        if not self.marking and (self.start is not None or self._ghost is not None):
            self.start = self._ghost = None
            self._desk.preview(None)
        self.changed.emit()

    # -- painting ------------------------------------------------------------------------------------------------

    def _changing(self) -> Lesion | None:
        """Return the lesion that is dragged or marked just now."""
        case, kept = self._desk.case, self._desk.kept_case
        if case is None or kept is None or case is kept:
            return None
        return next((one for one in case.lesions if all(one is not known for known in kept.lesions)), None)

    def _paint(self, pane: PatientPane, painter: QPainter, area: QRect) -> None:
        case = self._desk.case
        if case is None:
            return
        if self._desk.view.opacity("caps") > 0:
            painter.setOpacity(self._desk.view.opacity("caps"))
            pane.paint_caps(painter, area, case)
            painter.setOpacity(1.0)
        lesion = self._changing()
        if lesion is not None and not pane.tells_length():
            proximal = self._held is not None and self._held.proximal
            at = lesion.proximal if proximal else lesion.distal
            found = pane.spot_of(lesion.vessel, at.station_mm, area)
            if found is not None:
                paint_length(painter, found[0], lesion, QRectF(area))
        elif self.marking and self._ghost is not None and lesion is None:
            pane.paint_ghost(painter, area, self._ghost, proximal=self.start is None)
