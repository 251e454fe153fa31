"""The crosshair: where the two other planes cut this one, with ends to turn them by and the edges of their slabs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from viewer.model.view import ViewState
from viewer.ui.plane_frame import PLANE_NAMES, PlaneFrame
from viewer.ui.theme import color

#: Handles stand this share of the shorter side away from the middle.
REACH_SHARE = 0.36
GAP_PX = 13.0
CENTER_GRIP_PX = 12.0
HANDLE_GRIP_PX = 10.0
HANDLE_RADIUS_PX = 4.5
#: An arm shorter than this has no handle.
SHORTEST_REACH_PX = 46.0


@dataclass(frozen=True, slots=True)
class Arm:
    """Half a line of the crosshair: the plane it stands for, its direction on the screen, where its handle is."""

    plane: int
    direction: QPointF
    reach_px: float | None


@dataclass(frozen=True, slots=True)
class Crosshair:
    """The crosshair of one pane, in logical pixels."""

    center: QPointF
    arms: tuple[Arm, ...]

    def handle(self, arm: Arm) -> QPointF | None:
        """Return where the handle of an arm stands."""
        return None if arm.reach_px is None else self.center + arm.direction * arm.reach_px

    def holds_center(self, position: QPointF) -> bool:
        """Whether a press at `position` takes the middle."""
        return QLineF(self.center, position).length() <= CENTER_GRIP_PX

    def holds_handle(self, position: QPointF) -> bool:
        """Whether a press at `position` takes the outer end of an arm."""
        handles = (self.handle(arm) for arm in self.arms)
        return any(h is not None and QLineF(h, position).length() <= HANDLE_GRIP_PX for h in handles)

    def angle_rad(self, position: QPointF) -> float:
        """Return the direction of `position` from the middle, clockwise on the screen."""
        away = position - self.center
        return math.atan2(away.y(), away.x())


def crosshair(frame: PlaneFrame, view: ViewState, index: int) -> Crosshair:
    """Return the crosshair of the plane `index` as it stands in `frame`."""
    center = frame.to_screen(view.cursor_lps_mm)
    wanted = REACH_SHARE * min(frame.area.width(), frame.area.height())
    inner = frame.area.adjusted(16, 32, -16, -16)
    arms = []
    for other, plane in enumerate(view.planes):
        along = np.cross(view.planes[index].normal, plane.normal)
        if other == index or np.linalg.norm(along) < 1e-3:
            continue
        way = frame.direction_to_screen(along / np.linalg.norm(along))
        for direction in (way, -way):
            reach = min(wanted, _room(center, direction, inner))
            arms.append(Arm(other, direction, reach if reach >= SHORTEST_REACH_PX else None))
    return Crosshair(center, tuple(arms))


def draw_crosshair(
    painter: QPainter, frame: PlaneFrame, view: ViewState, index: int, cross: Crosshair, *, handles: bool, scale: float
) -> None:
    """Draw lines in the colours of their planes, dashed slab edges, and the handles if they are wanted."""
    far = 2 * (frame.area.width() + frame.area.height())
    ratio = painter.device().devicePixelRatio()
    normal = view.planes[index].normal
    for arm in cross.arms:
        tint = color("plane", PLANE_NAMES[arm.plane])
        start = _on_pixels(cross.center, arm.direction, ratio) + arm.direction * GAP_PX
        width = max(1.0, scale**0.5)
        # A dark rim keeps the line visible over bone and contrast.
        for pen in (QPen(QColor(0, 0, 0, 80), width + 2), QPen(_faded(tint, 0.85), width)):
            painter.setPen(pen)
            painter.drawLine(start, start + arm.direction * far)
        sine = float(np.linalg.norm(np.cross(normal, view.planes[arm.plane].normal)))
        half_px = view.slab.thickness_mm / 2 / sine / frame.mm_per_px
        if half_px > 2:
            across = QPointF(-arm.direction.y(), arm.direction.x()) * half_px
            painter.setPen(QPen(_faded(tint, 0.4), 1.0, Qt.PenStyle.DashLine))
            for edge in (across, -across):
                beside = _on_pixels(cross.center + edge, arm.direction, ratio) + arm.direction * GAP_PX
                painter.drawLine(beside, beside + arm.direction * far)
    if not handles:
        return
    for arm in cross.arms:
        handle = cross.handle(arm)
        if handle is not None:
            painter.setPen(QPen(QColor(0, 0, 0, 150), 3.6))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(handle, HANDLE_RADIUS_PX, HANDLE_RADIUS_PX)
            painter.setPen(QPen(color("plane", PLANE_NAMES[arm.plane]), 1.8))
            painter.drawEllipse(handle, HANDLE_RADIUS_PX, HANDLE_RADIUS_PX)


def _faded(tint: QColor, share: float) -> QColor:
    result = QColor(tint)
    result.setAlphaF(share)
    return result


def _on_pixels(point: QPointF, direction: QPointF, ratio: float) -> QPointF:
    """Move a level or upright line into the middle of a row or column of pixels, so that it is crisp."""
    x, y = point.x(), point.y()
    if abs(direction.x()) < 1e-6:
        x = (math.floor(x * ratio) + 0.5) / ratio
    elif abs(direction.y()) < 1e-6:
        y = (math.floor(y * ratio) + 0.5) / ratio
    return QPointF(x, y)


def _room(center: QPointF, direction: QPointF, inner: QRectF) -> float:
    """Return how far one can go from `center` along `direction` within `inner`."""
    room = math.inf
    for position, step, low, high in (
        (center.x(), direction.x(), inner.left(), inner.right()),
        (center.y(), direction.y(), inner.top(), inner.bottom()),
    ):
        if abs(step) > 1e-9:
            room = min(room, ((high if step > 0 else low) - position) / step)
    return room
