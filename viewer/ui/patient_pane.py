"""A pane that shows places of the patient: where points and vessels stand on it, and which vessel is under the mouse.

What is done by hand with a place on a vessel (moving a cap, marking an occlusion) rests on these answers alone, so that
it works alike in every pane.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRect, Qt
from PySide6.QtGui import QMouseEvent, QPainter

from viewer.desk.sight import on_vessel
from viewer.model.case import Case
from viewer.model.centerline import Centerline
from viewer.model.geometry import Float
from viewer.ui.cap_marks import FLAG_PX, flag_of, paint_cap_flags, paint_ghost
from viewer.ui.pane import Pane

#: A point so far before or behind what is shown is not seen at all.
UNSEEN_MM = 5.0
#: A vessel within this distance of the mouse is meant; a millimetre off what is shown counts as so many pixels.
SNAP_PX, PX_PER_MM_OFF = 16.0, 6.0
GRIP_PX = 11.0
STEP_MM = 0.25
#: A cap that is dragged does not jump farther than this along its vessel at once, to a bend that lies over it.
JUMP_MM = 25.0
#: Caps fainter than this cannot be taken.
FAINTEST_TAKEN = 0.25


class PatientPane(Pane):
    """Gives the place of points, and the vessel under the mouse; a subclass overrides `on_screen` or what uses it."""

    #: Whether a drag with the left button turns the picture: then only a click is one.
    left_turns = False
    #: Whether a click means a point for a tool, not what it means to the pane.
    gives_points = False
    #: Whether the mouse holds a cap here: what is shown does not move under it then.
    holds_cap = False

    def on_screen(self, points_lps_mm: Float, area: QRect) -> tuple[Float, Float] | None:
        """Return where points stand in `area`, shape (N, 2), and how far off what is shown they lie, mm, shape (N,).

        ``None`` while there is no picture, or if the pane shows no places.
        """
        return None

    def point_at(self, position: QPointF) -> Float | None:
        """Return the point in LPS mm, shape (3,), that is meant by a place of the pane; ``None`` if it has no depth."""
        return None

    def claims(self, position: QPointF) -> bool:
        """Tell whether a press here takes something of the pane's own that a cap may lie upon."""
        return False

    def tells_length(self) -> bool:
        """Tell whether the length of an occlusion is to be read in the picture anyway."""
        return False

    def follows_drag(self) -> bool:
        """Tell whether the cursor may follow a cap while it is dragged here."""
        return True

    def paint_caps(self, painter: QPainter, area: QRect, case: Case) -> None:
        """Mark the caps of all occlusions; a pane whose picture has them already overrides this."""
        paint_cap_flags(painter, case, lambda vessel, station: self.spot_of(vessel, station, area))

    def paint_ghost(self, painter: QPainter, area: QRect, place: tuple[str, float], *, proximal: bool) -> None:
        """Show where a click would put a cap."""
        found = self.spot_of(*place, area)
        if found is not None:
            paint_ghost(painter, found[0], proximal=proximal)

    def menu_place(self, position: QPointF) -> tuple[str, float] | None:
        """Return the place on a vessel for which a click of the right button offers caps; ``None``: it does not."""
        return None

    # -- vessels -------------------------------------------------------------------------------------------------

    def spot_of(self, vessel: str, station_mm: float, area: QRect) -> tuple[QPointF, float] | None:
        """Return where a station of a vessel stands, and how strongly it is seen (0 to 1); ``None`` if not at all."""
        case = self.desk.case
        if case is None or vessel not in case.tree:
            return None
        found = self.on_screen(case.tree[vessel].centerline.at(station_mm)[None], area)
        if found is None:
            return None
        (place,), (off_mm,) = found
        share = float(np.clip(1.0 - off_mm / UNSEEN_MM, 0.0, 1.0))
        return (QPointF(*place), share) if share > 0 else None

    def station_under(self, position: QPointF, vessel: str, near_mm: float | None = None) -> float | None:
        """Return the station of a vessel that is meant by a place of the pane, if need be one near another station."""
        case = self.desk.case
        if case is None or vessel not in case.tree:
            return None
        found = self._nearest(position, case.tree[vessel].centerline, near_mm)
        return None if found is None else found[1]

    def vessel_under(self, position: QPointF) -> tuple[str, float] | None:
        """Return the vessel under the mouse and its station there; ``None`` if there is none."""
        case = self.desk.case
        if case is None:
            return None
        near = [(self._nearest(position, vessel.centerline, None), vessel.name) for vessel in case.tree]
        known = [(*found, name) for found, name in near if found is not None and found[0] <= SNAP_PX]
        if not known:
            return None
        _, station, name = min(known)
        return name, station

    def choose_vessel(self, position: QPointF) -> bool:
        """Make the vessel under the mouse the active one, the cursor there; False if none is drawn there."""
        case, view = self.desk.kept_case, self.desk.view
        found = self.vessel_under(position) if view.opacity("vessels") > 0 else None
        if case is not None and found is not None:
            self.desk.look(on_vessel(case, view, *found))
        return found is not None

    def station_near(self, position: QPointF, vessel: str) -> float | None:
        """Return the station of one vessel under the mouse, whatever else lies there; ``None`` if it is not there."""
        case = self.desk.case
        if case is None or vessel not in case.tree:
            return None
        found = self._nearest(position, case.tree[vessel].centerline, None)
        return None if found is None or found[0] > SNAP_PX else found[1]

    def _nearest(self, position: QPointF, line: Centerline, near_mm: float | None) -> tuple[float, float] | None:
        """Return how far off the nearest point of a course is, in pixels, and its station."""
        low, high = 0.0, line.length_mm
        if near_mm is not None:
            low, high = max(near_mm - JUMP_MM, low), min(near_mm + JUMP_MM, high)
        station = np.linspace(low, high, max(int((high - low) / STEP_MM), 1) + 1)
        found = self.on_screen(line.at(station), self.rect())
        if found is None:
            return None
        places, off_mm = found
        away = np.hypot(*(places - (position.x(), position.y())).T)
        cost = np.where(off_mm < UNSEEN_MM, np.hypot(away, PX_PER_MM_OFF * off_mm), np.inf)
        best = int(cost.argmin())
        return (float(cost[best]), float(station[best])) if np.isfinite(cost[best]) else None

    def cap_grip_px(self, position: QPointF, vessel: str, station_mm: float, *, proximal: bool) -> float | None:
        """Return how far from the handle of a cap a press is, in pixels; ``None`` if it does not take it."""
        found = self.spot_of(vessel, station_mm, self.rect())
        if found is None or found[1] < FAINTEST_TAKEN:
            return None
        spot = found[0]
        at_flag = QLineF(flag_of(spot, proximal=proximal), position).length()
        if at_flag <= FLAG_PX:
            return at_flag
        away = QLineF(spot, position).length()
        return away if away <= GRIP_PX and not self.claims(position) else None


def plain_left(event: QMouseEvent) -> bool:
    """Tell whether a press is one of the left button alone, without keys."""
    return event.button() == Qt.MouseButton.LeftButton and event.modifiers() == Qt.KeyboardModifier.NoModifier
