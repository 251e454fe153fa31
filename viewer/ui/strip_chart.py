"""The strip under the reformation: lumen and vessel area, and the calcium's share of the section, against mm."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from viewer.analysis.reformat.course import Course, Stretch
from viewer.model.case import Case
from viewer.model.cross_section import CrossSections
from viewer.report.calcium_marks import CLASSES, levels_of
from viewer.report.ink import draw_text
from viewer.ui.theme import color, font

Across = Callable[[float], float]


def has_strip(case: Case | None, course: Course) -> bool:
    """Tell whether anything was measured along a course."""
    return case is not None and any(case.sections_of(stretch.vessel) is not None for stretch in course.stretches)


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
    measured = [(stretch, case.sections_of(stretch.vessel)) for stretch in course.stretches]
    areas = [sections.wall_area_mm2 for _, sections in measured if sections is not None]
    if not areas:
        return
    highest = 1.15 * float(np.percentile(np.concatenate(areas), 99))
    for stretch, sections in measured:
        if sections is not None:
            for area, shade in ((sections.wall_area_mm2, "vessel_fill"), (sections.lumen_area_mm2, "lumen")):
                _paint_area(painter, frame, stretch, sections, area / highest, across, color("meaning", shade))
    for stretch, _ in measured:
        _paint_calcium(painter, frame, case, stretch, across)
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


def _inside(stretch: Stretch, stations_mm: np.ndarray) -> np.ndarray:
    return stations_mm <= stretch.to_mm - stretch.from_mm + 1e-6


def _paint_area(
    painter: QPainter,
    frame: QRectF,
    stretch: Stretch,
    sections: CrossSections,
    share: np.ndarray,
    across: Across,
    shade: QColor,
) -> None:
    station = sections.frames.station_mm
    here = _inside(stretch, station)
    x = [across(stretch.from_mm + s) for s in station[here]]
    y = frame.bottom() - np.clip(share[here], 0, 1) * frame.height()
    if len(x) < 2:
        return
    outline = [QPointF(x[0], frame.bottom()), *(QPointF(a, b) for a, b in zip(x, y, strict=True))]
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(shade)
    painter.drawPolygon(QPolygonF([*outline, QPointF(x[-1], frame.bottom())]))
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _paint_calcium(painter: QPainter, frame: QRectF, case: Case, stretch: Stretch, across: Across) -> None:
    profile = case.calcium_of(stretch.vessel)
    if profile is None:
        return
    station, level = profile.frames.station_mm, levels_of(profile)
    edge = np.concatenate([[station[0]], 0.5 * (station[1:] + station[:-1]), [station[-1]]])
    for n in np.flatnonzero((level >= 0) & _inside(stretch, station)):
        left, right = across(stretch.from_mm + float(edge[n])), across(stretch.from_mm + float(edge[n + 1]))
        height = profile.csa_percent[n] / 100 * frame.height()
        bar = QRectF(left, frame.bottom() - height, right - left + 0.6, height)
        painter.fillRect(bar, color("meaning", CLASSES[level[n]][1]))


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
