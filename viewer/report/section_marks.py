"""What is drawn over a cross-section: lumen, outer wall, and the arc that calcium takes."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from viewer.analysis.reformat.frames import frame_at
from viewer.analysis.reformat.sampling import sample_points
from viewer.analysis.reformat.sections import section_place
from viewer.desk.sight import Along
from viewer.model.calcium import CalciumProfile, Certainty
from viewer.model.case import Case
from viewer.model.cross_section import Contour, CrossSections
from viewer.model.geometry import Float
from viewer.model.view import ViewState
from viewer.report.calcium_marks import CLASSES, levels_of
from viewer.report.ink import color

#: The arc is drawn ray by ray, this wide.
RAY_DEG = 3


def calcium_at(case: Case, sight: Along, station_mm: float) -> tuple[CalciumProfile, int] | None:
    """Return the calcium profile of the vessel at a station of the course, and the index of the station there."""
    vessel, own = sight.course.on_vessel(station_mm)
    profile = case.calcium_of(vessel)
    if profile is None:
        return None
    return profile, int(np.abs(profile.frames.station_mm - own).argmin())


def paint_section_marks(
    painter: QPainter,
    box: QRectF,
    case: Case,
    sight: Along,
    station_mm: float,
    half_width_mm: float,
    view: ViewState | None = None,
) -> None:
    """Draw lumen and wall where they have been found, and the calcium's arc outside the wall.

    Parameters
    ----------
    painter : QPainter
    box : QRectF
        The square of the picture, `half_width_mm` to each side of the centreline; up is up.
    case : Case
    sight : Along
        The course that the section stands on.
    station_mm : float
        Of the course.
    half_width_mm : float
    view : ViewState, optional
        Says how opaque walls and calcium are drawn. Default: fully.
    """
    vessel, own = sight.course.on_vessel(station_mm)
    sections, view = case.sections_of(vessel), view or ViewState()
    if sections is None:
        return
    row = nearest_row(sections, own)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setOpacity(view.opacity("walls"))
    for contour, shade in (("wall_mm", "wall"), ("lumen_mm", "lumen")) if view.opacity("walls") > 0 else ():
        points = [QPointF(x, y) for x, y in outline(sections, sight, own, station_mm, contour, box, half_width_mm)]
        source = getattr(sections, contour.replace("mm", "source"))[row]
        pen = QPen(color("meaning", shade), 2.0 if source == Contour.EDITED else 1.3)
        if source == Contour.INTERPOLATED:
            pen.setDashPattern([4, 2.5])
        painter.setPen(pen)
        painter.drawPolygon(QPolygonF(points))
    scale = box.width() / (2 * half_width_mm)
    if view.opacity("calcium") > 0:
        painter.setOpacity(view.opacity("calcium"))
        _paint_arc(painter, box, case, sight, station_mm, sections.wall_mm[row], scale)
    painter.setOpacity(1.0)


def nearest_row(sections: CrossSections, own_mm: float) -> int:
    """Return the index of the section nearest to a station of its vessel."""
    return int(np.abs(sections.frames.station_mm - own_mm).argmin())


def outline(
    sections: CrossSections,
    sight: Along,
    own_mm: float,
    station_mm: float,
    contour: str,
    box: QRectF,
    half_width_mm: float,
) -> Float:
    """Return where a contour lies on a picture, shape (A, 2); its own frame may be turned against the one shown.

    Parameters
    ----------
    sections : CrossSections
    sight : Along
    own_mm, station_mm : float
        The same station on the vessel and on the course.
    contour : str
        ``wall_mm`` or ``lumen_mm``.
    box : QRectF
    half_width_mm : float
    """
    row = nearest_row(sections, own_mm)
    radius = getattr(sections, contour)[row]
    angle = 2 * np.pi * np.arange(len(radius)) / len(radius)
    frames = sections.frames
    places = frames.center_lps_mm[row] + radius[:, None] * (
        np.cos(angle)[:, None] * frames.right[row] + np.sin(angle)[:, None] * frames.up[row]
    )
    center, _, right, up = frame_at(sight.frames, station_mm)
    scale, offset = box.width() / (2 * half_width_mm), places - center
    middle = np.array([box.center().x(), box.center().y()])
    found: Float = middle + np.stack([offset @ right, -(offset @ up)], axis=-1) * scale
    return found


def _paint_arc(
    painter: QPainter,
    box: QRectF,
    case: Case,
    sight: Along,
    station_mm: float,
    wall_mm: Float,
    scale: float,
) -> None:
    """Draw the arc that calcium takes, outside the wall, in the colour of its class; thin if that is possible only.

    How many degrees there are is the profile's word, from which blur was taken out; where they lie, the brightest rays
    of the picture say. So the picture never shows another arc than the number beside it.
    """
    found = calcium_at(case, sight, station_mm)
    if found is None:
        return
    profile, nearest = found
    level = int(levels_of(profile)[nearest])
    if level < 0:
        return
    angle = np.radians(np.arange(0, 360, RAY_DEG))
    wall = np.interp(angle, 2 * np.pi * np.arange(len(wall_mm) + 1) / len(wall_mm), np.append(wall_mm, wall_mm[0]))
    depth = np.linspace(0.25, 1.0, 10)[:, None] * wall
    _, _, right, up = frame_at(sight.frames, station_mm)
    places = section_place(sight.frames, station_mm, 0.0, 0.0) + (
        (depth * np.cos(angle))[..., None] * right + (depth * np.sin(angle))[..., None] * up
    )
    brightest = np.argsort(-sample_points(case.volume, places).max(axis=0), kind="stable")
    lit = brightest[: round(float(profile.arc_deg[nearest]) / RAY_DEG)]
    radius = (float(wall.max()) + 0.7) * scale
    ring = QRectF(box.center().x() - radius, box.center().y() - radius, 2 * radius, 2 * radius)
    firm = profile.certainty(CLASSES[level][0])[nearest] == Certainty.FIRM
    pen = QPen(color("meaning", CLASSES[level][1]), 3.5 if firm else 1.6)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    painter.setPen(pen)
    if profile.arc_deg[nearest] >= 350:
        painter.drawEllipse(ring)
        return
    for start in np.degrees(angle[lit]):
        painter.drawArc(ring, round((start - RAY_DEG / 2 - 0.1) * 16), round((RAY_DEG + 0.2) * 16))
