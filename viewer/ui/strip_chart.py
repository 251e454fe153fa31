"""The strip under the reformation: lumen and vessel area, and the calcium's share of the section, against mm."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from viewer.analysis.reformat.course import Course
from viewer.model.case import Case
from viewer.report.ink import draw_text
from viewer.report.strip_curves import Across, has_strip, paint_curves
from viewer.ui.theme import color, font

__all__ = ["has_strip", "paint_legend", "paint_strip"]


def paint_strip(painter: QPainter, frame: QRectF, case: Case, course: Course, across: Across) -> None:
    """Paint the chart.

    Parameters
    ----------
    painter : QPainter
    frame : QRectF
        Where it stands.
    case : Case
    course : Course
        The path whose stations are mm of the chart.
    across : callable
        Takes a station of the course to a horizontal place on the pane.
    """
    painter.fillRect(frame, color("surface", "pane"))
    fills = color("meaning", "vessel_fill"), color("meaning", "lumen")
    highest = paint_curves(painter, frame, case, course, across, *fills)
    if highest is None:
        return
    half = frame.bottom() - 0.5 * frame.height()
    pen = QPen(color("meaning", "over_half"), 1)
    pen.setDashPattern([3, 3])
    painter.setPen(pen)
    painter.drawLine(QPointF(frame.left(), half), QPointF(frame.right(), half))
    box = QRect(round(frame.left()) + 6, round(half) - 16, 140, 15)
    flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    draw_text(painter, box, flags, "50 % of the section", font(0.75), color("meaning", "over_half"))
    top = QRect(round(frame.right()) - 166, round(frame.top()) + 2, 160, 15)
    right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    draw_text(painter, top, right, f"area up to {highest:.0f} mm²", font(0.72), color("text", "muted"))


def paint_legend(painter: QPainter, area: QRect, threshold: str) -> None:
    """Paint what the colours mean, in one line."""
    entries = (
        ("lumen", "lumen"),
        ("vessel", "vessel_fill"),
        ("calcium", "calcium"),
        ("over half of the section", "over_half"),
        ("full moon", "full_moon"),
    )
    painter.setFont(font(0.78))
    x = area.left() + 8
    for name, shade in entries:
        painter.fillRect(QRectF(x, area.center().y() - 4, 9, 9), color("meaning", shade))
        painter.setPen(color("text", "normal"))
        width = painter.fontMetrics().horizontalAdvance(name)
        painter.drawText(QPointF(x + 14, area.center().y() + 4.5), name)
        x += width + 32
    painter.setPen(color("text", "muted"))
    painter.drawText(QPointF(x, area.center().y() + 4.5), threshold)
