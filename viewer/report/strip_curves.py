"""The curves of the strip chart: areas of vessel and lumen, and the calcium's share of each section."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPolygonF

from viewer.analysis.reformat.course import Course, Stretch
from viewer.model.case import Case
from viewer.model.cross_section import CrossSections
from viewer.report.calcium_marks import DASH_PX, runs_of

INTERSECT = Qt.ClipOperation.IntersectClip
Across = Callable[[float], float]


def has_strip(case: Case | None, course: Course) -> bool:
    """Tell whether anything was measured along a course."""
    return case is not None and any(case.sections_of(stretch.vessel) is not None for stretch in course.stretches)


def paint_curves(
    painter: QPainter,
    frame: QRectF,
    case: Case,
    course: Course,
    across: Across,
    vessel: QColor,
    lumen: QColor,
    unit: float = 1.0,
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
    unit : float
        A pixel of the window in the units of `frame`: of it stripes are made.

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
        _paint_calcium(painter, frame, case, stretch, across, unit)
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


def _paint_calcium(painter: QPainter, frame: QRectF, case: Case, stretch: Stretch, across: Across, unit: float) -> None:
    """Fill the share of calcium in the colours of its classes, the heaviest last; what is possible only is striped."""
    profile = case.calcium_of(stretch.vessel)
    if profile is None:
        return
    station = profile.frames.station_mm
    edge = np.concatenate([[station[0]], 0.5 * (station[1:] + station[:-1]), [station[-1]]])
    x = [across(stretch.from_mm + float(mm)) for mm in edge]
    y = frame.bottom() - profile.csa_percent / 100 * frame.height()
    painter.setPen(Qt.PenStyle.NoPen)
    for part in (part for run in runs_of(profile) for part in run.parts):
        here = np.flatnonzero(
            (station > part.from_mm - 1e-6) & (station < part.to_mm + 1e-6) & _inside(stretch, station)
        )
        if not len(here):
            continue
        left, right = x[here[0]], x[here[-1] + 1] + 0.6 * unit
        steps = [QPointF(at, y[n]) for n in here for at in (x[n], x[n + 1])]
        outline = QPolygonF(
            [QPointF(left, frame.bottom()), *steps, QPointF(right, y[here[-1]]), QPointF(right, frame.bottom())]
        )
        painter.save()
        if not part.firm:
            painter.setClipPath(_stripes(QRectF(left, frame.top(), right - left, frame.height()), unit), INTERSECT)
        painter.setBrush(part.shade)
        painter.drawPolygon(outline)
        painter.restore()
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _stripes(box: QRectF, unit: float) -> QPainterPath:
    """Return upright stripes over a box, as wide and as far apart as the dashes of a band."""
    drawn, left_out = (px * unit for px in DASH_PX)
    path = QPainterPath()
    for x in np.arange(box.left(), box.right(), drawn + left_out):
        path.addRect(QRectF(float(x), box.top(), drawn, box.height()))
    return path
