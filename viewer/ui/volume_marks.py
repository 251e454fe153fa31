"""What is painted over the 3-D picture: the cursor, the cube that says from where the patient is seen, a remark."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from viewer.model.geometry import DIRECTION_LETTERS, Float
from viewer.report.ink import draw_text
from viewer.scene.camera import Camera
from viewer.scene.picture import Picture
from viewer.scene.recipe import NOMINAL_LUMEN_HU
from viewer.ui.pane import MARGIN_PX
from viewer.ui.theme import color, font

CUBE_PX = 17.0
#: The cursor is behind something if the picture's surface is this much nearer to the eye.
BEHIND_MM = 2.0


def paint_cube(painter: QPainter, middle: QPointF, camera: Camera) -> None:
    """Paint a cube with the letters of the patient's directions on the faces that are seen."""
    right, up, towards_eye = camera.axes
    half = CUBE_PX

    def at(point: Float) -> QPointF:
        return QPointF(middle.x() + float(point @ right) * half, middle.y() - float(point @ up) * half)

    painter.setFont(font(0.8, bold=True))
    for axis in range(3):
        for side, letter in ((1.0, DIRECTION_LETTERS[axis][0]), (-1.0, DIRECTION_LETTERS[axis][1])):
            normal = np.zeros(3)
            normal[axis] = side
            facing = float(normal @ towards_eye)
            if facing <= 0.05:
                continue
            one, two = np.roll(np.abs(normal), 1), np.roll(np.abs(normal), 2)
            face = QPolygonF(
                [at(normal * 0.7 + 0.7 * (a * one + b * two)) for a, b in ((-1, -1), (-1, 1), (1, 1), (1, -1))]
            )
            fill = QColor(color("surface", "raised"))
            fill.setAlphaF(0.55 + 0.4 * facing)
            painter.setBrush(fill)
            painter.setPen(QPen(color("text", "muted"), 0.8))
            painter.drawPolygon(face)
            if facing > 0.3:
                center = at(normal * 0.7)
                painter.setPen(color("text", "strong"))
                box = QRect(round(center.x()) - 10, round(center.y()) - 10, 20, 20)
                painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), letter)


def paint_cursor(painter: QPainter, area: QRect, picture: Picture, camera: Camera, cursor_lps_mm: Float) -> None:
    """Paint the cursor: four strokes around the point, thin and dashed where something lies before it."""
    x, y, towards_eye_mm = camera.project(cursor_lps_mm, (area.width(), area.height()))
    if not (0 <= x < area.width() and 0 <= y < area.height()):
        return
    width, height = picture.size_px
    surface = picture.depth_mm[
        min(int(y / area.height() * height), height - 1), min(int(x / area.width() * width), width - 1)
    ]
    behind = bool(surface > towards_eye_mm + BEHIND_MM)
    middle = QPointF(area.left() + x, area.top() + y)
    for pen_color, wide in ((QColor(0, 0, 0, 150), 3.2), (color("meaning", "cursor"), 1.0 if behind else 1.6)):
        painter.setPen(QPen(pen_color, wide, Qt.PenStyle.DotLine if behind and wide < 2 else Qt.PenStyle.SolidLine))
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            painter.drawLine(middle + QPointF(dx, dy) * 4.5, middle + QPointF(dx, dy) * 12)


def paint_nominal_colors(painter: QPainter, area: QRect) -> None:
    """Say that the colours were not fitted to this patient's contrast."""
    line = area.adjusted(MARGIN_PX + 60, 0, -MARGIN_PX, -8)
    flags = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom)
    text = f"No contrast found: colours as for {NOMINAL_LUMEN_HU:.0f} HU"
    draw_text(painter, line, flags, text, font(0.85), color("accent", "caution"))
