"""What plugins draw, painted over a pane: plain lines, markers and labels where they stand in the patient."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from viewer.api.overlay import Label, Marker, OverlayPart, Polyline, Tone
from viewer.model.geometry import Float, arc_length_mm
from viewer.ui.patient_pane import UNSEEN_MM, PatientPane
from viewer.ui.theme import color, font

_SHADES = {
    Tone.NEUTRAL: ("text", "strong"),
    Tone.ACCENT: ("accent", "primary"),
    Tone.CAUTION: ("accent", "caution"),
    Tone.DANGER: ("accent", "refusal"),
}
MARKER_PX, LINE_PX = 4.0, 1.6
STEP_MM = 0.5


def paint_overlay(painter: QPainter, area: QRect, pane: PatientPane, parts: tuple[OverlayPart, ...]) -> None:
    """Paint the parts that are seen on a pane, the fainter the farther they lie off what it shows."""
    painter.setClipRect(area, Qt.ClipOperation.IntersectClip)
    for part in parts:
        points = _finely(part) if isinstance(part, Polyline) else part.point_lps_mm[None]
        found = pane.on_screen(points, area)
        if found is None:
            return
        places, off_mm = found
        strength = np.clip(1.0 - off_mm / UNSEEN_MM, 0.0, 1.0)
        shade = QColor(color(*_SHADES[part.tone]))
        if isinstance(part, Polyline):
            _paint_line(painter, places, strength, shade)
        elif strength[0] > 0:
            shade.setAlphaF(float(strength[0]))
            spot = QPointF(*places[0])
            if isinstance(part, Marker):
                painter.setPen(QPen(QColor(0, 0, 0, 150), 1.0))
                painter.setBrush(shade)
                painter.drawEllipse(spot, MARKER_PX, MARKER_PX)
            else:
                _paint_label(painter, spot, part, shade)


def _finely(line: Polyline) -> Float:
    """Return the points of a line with others between them, so that each piece is as near to a plane as it is."""
    points = line.points_lps_mm
    if line.closed:
        points = np.concatenate([points, points[:1]])
    station = arc_length_mm(points)
    if station[-1] == 0:
        return points
    wanted = np.union1d(station, np.linspace(0.0, station[-1], max(int(station[-1] / STEP_MM), 1) + 1))
    return np.stack([np.interp(wanted, station, axis) for axis in points.T], axis=-1)


def _paint_line(painter: QPainter, places: Float, strength: Float, shade: QColor) -> None:
    between = np.minimum(strength[:-1], strength[1:])
    for number in np.flatnonzero(between > 0):
        faint = QColor(shade)
        faint.setAlphaF(float(between[number]))
        painter.setPen(QPen(faint, LINE_PX))
        painter.drawLine(QPointF(*places[number]), QPointF(*places[number + 1]))


def _paint_label(painter: QPainter, spot: QPointF, label: Label, shade: QColor) -> None:
    with_font = font(0.9, bold=True)
    metrics = QFontMetricsF(with_font)
    box = QRectF(
        spot.x() + 6, spot.y() - metrics.height() / 2, metrics.horizontalAdvance(label.text) + 10, metrics.height()
    )
    plate = QColor(color("surface", "window"))
    plate.setAlphaF(0.8 * shade.alphaF())
    painter.fillRect(box, plate)
    painter.setFont(with_font)
    painter.setPen(shade)
    painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), label.text)
