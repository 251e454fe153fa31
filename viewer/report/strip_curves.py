"""The curves of the strip chart: areas of vessel and lumen, and the calcium's share of each section."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPolygonF

from viewer.analysis.reformat.course import Course, Stretch
from viewer.model.case import Case
from viewer.model.cross_section import CrossSections
from viewer.report.calcium_marks import CLASSES, levels_of
from viewer.report.ink import color

Across = Callable[[float], float]


def has_strip(case: Case | None, course: Course) -> bool:
    """Tell whether anything was measured along a course."""
    return case is not None and any(case.sections_of(stretch.vessel) is not None for stretch in course.stretches)


def paint_curves(
    painter: QPainter, frame: QRectF, case: Case, course: Course, across: Across, vessel: QColor, lumen: QColor
) -> float | None:
    """Paint the curves, and the calcium over them.

    Parameters
    ----------
    painter : QPainter
    frame : QRectF
        Where the chart stands; calcium of all of a section reaches to its top.
    case : Case
    course : Course
        The path whose stations are mm of the chart.
    across : callable
        Takes a station of the course to a horizontal place.
    vessel, lumen : QColor
        What the areas are filled with.

    Returns
    -------
    float or None
        The area in mm² that the top of the chart stands for; ``None`` if nothing was measured.
    """
    measured = [(stretch, case.sections_of(stretch.vessel)) for stretch in course.stretches]
    areas = [sections.wall_area_mm2 for _, sections in measured if sections is not None]
    if not areas:
        return None
    highest = 1.15 * float(np.percentile(np.concatenate(areas), 99))
    for stretch, sections in measured:
        if sections is not None:
            for area, shade in ((sections.wall_area_mm2, vessel), (sections.lumen_area_mm2, lumen)):
                _paint_area(painter, frame, stretch, sections, area / highest, across, shade)
    for stretch, _ in measured:
        _paint_calcium(painter, frame, case, stretch, across)
    return highest


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
