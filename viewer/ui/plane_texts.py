"""The texts of a plane: orientation letters, where and how it is shown, the scale bar, the value under the mouse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from viewer.analysis.reformat.plane import sample_plane
from viewer.analysis.reformat.plane_reading import DISC_RADIUS_MM, disc_reading, value_hu
from viewer.model.geometry import DIRECTION_LETTERS, Float, Geometry, direction_label
from viewer.model.view import Plane, Slab, Window
from viewer.model.volume import Volume
from viewer.report.ink import draw_text
from viewer.ui.pane import HEADER_PX, MARGIN_PX
from viewer.ui.plane_frame import PlaneFrame, depth_range_mm, slice_step_mm
from viewer.ui.theme import color, font

#: The height of a pane at which its texts have the program's size.
PLAIN_HEIGHT_PX = 430.0
#: How dark the plates under texts are.
PLATE_SHARE = 0.62
SCALE_LENGTHS_MM = (1, 2, 5, 10, 20, 50, 100, 200)
LEFT, RIGHT = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
CENTER = Qt.AlignmentFlag.AlignCenter


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a corner."""

    text: str
    tint: QColor
    strong: bool = False


def text_scale(area: QRectF) -> float:
    """Return how large texts are in a pane, against the program's size: a maximised pane is read from afar."""
    return float(np.clip((min(area.height(), 0.8 * area.width()) / PLAIN_HEIGHT_PX) ** 0.8, 0.84, 2.4))


def slice_line(geometry: Geometry, plane: Plane, at_lps_mm: Float) -> str:
    """Return the position of a slice in mm along its normal, and its number of how many."""
    first, last = depth_range_mm(geometry, plane)
    depth, step = float(at_lps_mm @ plane.normal), slice_step_mm(geometry, plane)
    count = int(np.floor((last - first) / step + 1e-6)) + 1
    number = min(max(int(np.round((depth - first) / step)) + 1, 1), count)
    letters = direction_label(plane.normal if depth >= 0 else -plane.normal)
    return f"{letters} {abs(depth):.1f} mm  ·  {number} of {count}"


def position_line(point_lps_mm: Float) -> str:
    """Return a point as ``R 12.3  A 40.1  H 102.4``: letters say the direction, mm the distance."""
    return "  ".join(
        f"{DIRECTION_LETTERS[axis][0 if value >= 0 else 1]} {abs(value):.1f}" for axis, value in enumerate(point_lps_mm)
    )


def slab_line(slab: Slab) -> str:
    """Return how thick the plane is, and how it was projected."""
    if slab.thickness_mm <= 0:
        return "thin slice"
    return f"{slab.projection.value} {slab.thickness_mm:g} mm"


def window_line(window: Window, preset: str | None) -> str:
    """Return width and level, with the name of the preset they are."""
    numbers = f"W {window.width_hu:.0f}  L {window.level_hu:.0f}"
    return f"{preset}  ·  {numbers}" if preset else numbers


def reading_lines(volume: Volume, plane: Plane, slab: Slab, point_lps_mm: Float) -> list[Line]:
    """Return what the picture shows at a point, mean and deviation around it, and where it is; none outside."""
    value = value_hu(volume, point_lps_mm)
    if value is None:
        return []
    disc = disc_reading(volume, point_lps_mm, plane.normal)
    around = "" if disc is None else f"⌀ {2 * DISC_RADIUS_MM:g} mm  {disc.mean_hu:.0f} ± {disc.sd_hu:.0f}"
    strong, quiet = color("text", "strong"), color("text", "normal")
    where = Line(position_line(point_lps_mm), quiet)
    if slab.thickness_mm <= 0:
        return [Line("  ·  ".join(filter(None, (f"{value:.0f} HU", around))), strong, strong=True), where]
    shown = sample_plane(volume, point_lps_mm, plane.right, plane.down, 1, 1, 1.0, slab)[0, 0]
    return [
        Line(f"{slab.projection.value} {shown} HU", strong, strong=True),
        Line("  ·  ".join(filter(None, (f"in the plane {value:.0f}", around))), quiet),
        where,
    ]


def draw_letters(painter: QPainter, frame: PlaneFrame, scale: float) -> None:
    """Draw the patient's directions at the middle of the four edges."""
    with_font = font(1.1 * scale, bold=True)
    size = QFontMetricsF(with_font).height()
    area, plane, middle = frame.area, frame.plane, frame.area.center()
    margin = MARGIN_PX + size / 2
    spots = (
        (-plane.right, QPointF(area.left() + margin, middle.y()), LEFT),
        (plane.right, QPointF(area.right() - margin, middle.y()), RIGHT),
        (-plane.down, QPointF(middle.x(), area.top() + max(HEADER_PX * 0.55, margin)), CENTER),
        (plane.down, QPointF(middle.x(), area.bottom() - margin - 6), CENTER),
    )
    for direction, spot, side in spots:
        letters = direction_label(direction)
        box = QRectF(0, 0, QFontMetricsF(with_font).horizontalAdvance(letters) + 2, size)
        if side == LEFT:
            box.moveTopLeft(QPointF(area.left() + MARGIN_PX, spot.y() - size / 2))
        elif side == RIGHT:
            box.moveTopRight(QPointF(area.right() - MARGIN_PX, spot.y() - size / 2))
        else:
            box.moveCenter(spot)
        _draw_plate(painter, box, scale)
        draw_text(painter, box.toAlignedRect(), int(CENTER), letters, with_font, color("text", "strong"))


def draw_corner(
    painter: QPainter, area: QRectF, lines: list[Line], scale: float, side: Qt.AlignmentFlag, *, below_px: float = 0.0
) -> None:
    """Draw lines into a lower corner, the last one lowest; with `below_px` under the header of that side instead."""
    top = area.top() + below_px
    if not below_px:
        top = area.bottom() - MARGIN_PX * 0.7 - sum(_line_height(line, scale) for line in lines)
    width = max((QFontMetricsF(_font(line, scale)).horizontalAdvance(line.text) for line in lines), default=0.0)
    plate = QRectF(0, top, width, sum(_line_height(line, scale) for line in lines))
    plate.moveLeft(area.left() + MARGIN_PX if side == LEFT else area.right() - MARGIN_PX - width)
    if lines:
        _draw_plate(painter, plate, scale)
    for line in lines:
        height = _line_height(line, scale)
        box = QRect(round(area.left()) + MARGIN_PX, round(top), round(area.width()) - 2 * MARGIN_PX, round(height))
        draw_text(painter, box, int(side | Qt.AlignmentFlag.AlignVCenter), line.text, _font(line, scale), line.tint)
        top += height


def draw_scale_bar(painter: QPainter, frame: PlaneFrame, scale: float, lines: list[Line]) -> None:
    """Draw a bar of a round length above the lower right corner's `lines`."""
    longest_px = min(frame.area.width() * 0.22, 260 * scale)
    length_mm = max((n for n in SCALE_LENGTHS_MM if n / frame.mm_per_px <= longest_px), default=None)
    if length_mm is None:
        return
    length_px = length_mm / frame.mm_per_px
    label = Line(f"{length_mm} mm", color("text", "normal"))
    height = _line_height(label, scale)
    right = frame.area.right() - MARGIN_PX
    tick = 3.0 * scale
    y = frame.area.bottom() - MARGIN_PX * 0.7 - sum(_line_height(line, scale) for line in lines) - 2 * tick
    _draw_plate(painter, QRectF(right - length_px, y - tick - height, length_px, height + 2 * tick), scale)
    for pen in (QPen(QColor(0, 0, 0, 170), 1.6 * scale + 2), QPen(color("text", "strong"), 1.6 * scale)):
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawLine(QPointF(right - length_px, y), QPointF(right, y))
        for x in (right - length_px, right):
            painter.drawLine(QPointF(x, y - tick), QPointF(x, y + tick))
    box = QRectF(right - max(length_px, 90 * scale), y - tick - height, max(length_px, 90 * scale), height)
    flags = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    draw_text(painter, box.toRect(), flags, label.text, _font(label, scale), label.tint)


def _draw_plate(painter: QPainter, box: QRectF, scale: float) -> None:
    """Darken what lies under a text, so that it is readable over bone and contrast too."""
    painter.setPen(Qt.PenStyle.NoPen)
    shade = QColor(color("surface", "window"))
    shade.setAlphaF(PLATE_SHARE)
    painter.setBrush(shade)
    painter.drawRoundedRect(box.adjusted(-4 * scale, 0, 4 * scale, 0), 4 * scale, 4 * scale)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _font(line: Line, scale: float) -> QFont:
    return font((0.95 if line.strong else 0.86) * scale, medium=line.strong)


def _line_height(line: Line, scale: float) -> float:
    return QFontMetricsF(_font(line, scale)).height() * 1.08


def corner_lines(
    volume: Volume, plane: Plane, window: Window, preset: str | None, slab: Slab, at_lps_mm: Float, zoom: float
) -> tuple[list[Line], list[Line]]:
    """Return the lines of the lower left and the lower right corner."""
    quiet = color("text", "normal")
    left = [
        Line(f"×{zoom:.1f}", quiet),
        Line(window_line(window, preset), quiet),
        Line(slice_line(volume.geometry, plane, at_lps_mm), color("text", "strong"), strong=True),
    ]
    thick = slab.thickness_mm > 0
    right = [Line(slab_line(slab), color("accent", "primary") if thick else quiet, strong=thick)]
    if not volume.complete:
        right.insert(0, Line("still loading", color("accent", "primary"), strong=True))
    if volume.facts.lossy:
        right.insert(0, Line("lossy images", color("accent", "caution"), strong=True))
    return left, right
