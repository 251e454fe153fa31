"""Distances and angles on a plane: how they look, and which one lies under the mouse."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen

from viewer.model.mark import Mark
from viewer.model.view import Slab
from viewer.ui.plane_frame import PlaneFrame
from viewer.ui.theme import color, font

#: Within this distance of the slab a mark is drawn full, beyond the other one not at all.
NEAR_MM, FAR_MM = 0.75, 5.0
POINT_GRIP_PX = 9.0
LINE_GRIP_PX = 5.0
#: Marks fainter than this cannot be taken.
FAINTEST_TAKEN = 0.25


@dataclass(frozen=True, slots=True)
class MarkGrip:
    """What a press takes of a mark: a point by its number, or the whole mark (``None``)."""

    mark: Mark
    point: int | None


def value_text(mark: Mark) -> str:
    """Return what a mark measures: mm with one decimal, whole degrees, a dash where there is nothing to measure."""
    if mark.is_angle:
        angle = mark.angle_deg
        return "–" if angle is None else f"{angle:.0f}°"
    return f"{mark.length_mm:.1f} mm"


def opacity(frame: PlaneFrame, mark: Mark, slab: Slab) -> float:
    """Return how strongly a mark shows on a plane: by its point that is farthest from the slab."""
    away = float(np.abs(frame.depth_mm(mark.points_lps_mm)).max()) - slab.thickness_mm / 2
    return float(np.clip((FAR_MM - away) / (FAR_MM - NEAR_MM), 0, 1))


def grip(frame: PlaneFrame, marks: tuple[Mark, ...], slab: Slab, position: QPointF) -> MarkGrip | None:
    """Return what of the marks lies under the mouse: points before lines, the latest mark first."""
    shown = [mark for mark in reversed(marks) if opacity(frame, mark, slab) >= FAINTEST_TAKEN]
    for mark in shown:
        for number, point in enumerate(mark.points_lps_mm):
            if QLineF(frame.to_screen(point), position).length() <= POINT_GRIP_PX:
                return MarkGrip(mark, number)
    for mark in shown:
        screen = [frame.to_screen(point) for point in mark.points_lps_mm]
        if any(_distance_px(position, a, b) <= LINE_GRIP_PX for a, b in pairwise(screen)):
            return MarkGrip(mark, None)
    return None


def draw_marks(
    painter: QPainter, frame: PlaneFrame, marks: tuple[Mark, ...], slab: Slab, selected: Mark | None, scale: float
) -> None:
    """Draw the marks that lie near the plane, and where others cut through it."""
    for mark in marks:
        share = opacity(frame, mark, slab)
        painter.setOpacity(max(share, 0.0))
        if share > 0.02:
            _draw(painter, frame, mark, mark is selected, scale)
        else:
            painter.setOpacity(0.6)
            _draw_piercing(painter, frame, mark)
    painter.setOpacity(1.0)


def _draw(painter: QPainter, frame: PlaneFrame, mark: Mark, selected: bool, scale: float) -> None:
    tint = color("meaning", "mark")
    screen = [frame.to_screen(point) for point in mark.points_lps_mm]
    path = QPainterPath(screen[0])
    for point in screen[1:]:
        path.lineTo(point)
    if mark.is_angle:
        _add_arc(path, screen, 18 * scale)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    width = 1.4 * scale**0.5
    for pen in (QPen(QColor(0, 0, 0, 150), width + 2.4), QPen(tint, width + (0.8 if selected else 0.0))):
        painter.setPen(pen)
        painter.drawPath(path)
        radius = 3.4 * scale**0.5
        for point in screen:
            painter.drawEllipse(point, radius, radius)
    if selected:
        painter.setBrush(tint)
        for point in screen:
            painter.drawEllipse(point, radius, radius)
    draw_label(painter, frame.area, _label_spot(screen, scale), value_text(mark), scale, tint)


def draw_label(painter: QPainter, area: QRectF, spot: QPointF, text: str, scale: float, tint: QColor) -> QRectF:
    """Draw a value on a dark plate in the middle of `spot`, kept within `area`; returns the plate."""
    with_font = font(0.95 * scale, bold=True)
    metrics = QFontMetricsF(with_font)
    box = QRectF(0, 0, metrics.horizontalAdvance(text) + 12 * scale, metrics.height() + 3 * scale)
    box.moveCenter(spot)
    box.moveLeft(min(max(box.left(), area.left() + 3), area.right() - box.width() - 3))
    box.moveTop(min(max(box.top(), area.top() + 3), area.bottom() - box.height() - 3))
    painter.setPen(Qt.PenStyle.NoPen)
    plate = QColor(color("surface", "window"))
    plate.setAlphaF(0.82)
    painter.setBrush(plate)
    painter.drawRoundedRect(box, 4 * scale, 4 * scale)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setFont(with_font)
    painter.setPen(tint)
    painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)
    return box


def _draw_piercing(painter: QPainter, frame: PlaneFrame, mark: Mark) -> None:
    """Draw a small ring where the mark's line goes through the plane."""
    points, depth = mark.points_lps_mm, frame.depth_mm(mark.points_lps_mm)
    for n in range(len(points) - 1):
        if depth[n] * depth[n + 1] < 0:
            share = depth[n] / (depth[n] - depth[n + 1])
            spot = frame.to_screen(points[n] + share * (points[n + 1] - points[n]))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for pen in (QPen(QColor(0, 0, 0, 150), 3.4), QPen(color("meaning", "mark"), 1.4)):
                painter.setPen(pen)
                painter.drawEllipse(spot, 3.0, 3.0)


def _add_arc(path: QPainterPath, screen: list[QPointF], radius_px: float) -> None:
    first, second = QLineF(screen[1], screen[0]), QLineF(screen[1], screen[2])
    radius_px = min(radius_px, 0.6 * first.length(), 0.6 * second.length())
    if radius_px < 3:
        return
    span = first.angleTo(second)
    box = QRectF(screen[1].x() - radius_px, screen[1].y() - radius_px, 2 * radius_px, 2 * radius_px)
    path.arcMoveTo(box, first.angle())
    path.arcTo(box, first.angle(), span if span <= 180 else span - 360)


def _label_spot(screen: list[QPointF], scale: float) -> QPointF:
    """Return a place beside a distance, or within the opening of an angle, that covers neither."""
    if len(screen) == 2:
        line = QLineF(*screen)
        across = QPointF(line.dy(), -line.dx()) / max(line.length(), 1.0)
        # Above a level line and to the right of an upright one.
        if across.y() > 0 or (abs(across.y()) < 0.3 and across.x() < 0):
            across = -across
        return line.center() + QPointF(across.x() * 36, across.y() * 19) * scale
    arms = [QLineF(screen[1], point) for point in (screen[0], screen[2])]
    way = sum((QPointF(a.dx(), a.dy()) / max(a.length(), 1.0) for a in arms), QPointF())
    length = max(QLineF(QPointF(), way).length(), 1e-3)
    return screen[1] - way / length * 28 * scale


def _distance_px(position: QPointF, a: QPointF, b: QPointF) -> float:
    along, away = b - a, position - a
    square = QPointF.dotProduct(along, along)
    share = 0.0 if square == 0 else min(max(QPointF.dotProduct(away, along) / square, 0.0), 1.0)
    return QLineF(position, a + along * share).length()
