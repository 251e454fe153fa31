"""The plan over a picture from the side of a C-arm, layer by layer: each can be switched off."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from viewer.analysis.occlusion.measures import CALCIFIED_PERCENT, LANDING_MM
from viewer.model.case import Case
from viewer.model.lesion import Lesion, LesionKind
from viewer.report.ink import color, draw_text, font, vessel_color
from viewer.report.projected_disease import ToScreen, cap_boxes, paint_calcium, paint_caps, paint_course

#: The layers by the names under which they are switched off.
CENTRELINES, CALCIUM, CAPS, BRANCH, LANDING, NAMES = "centrelines", "calcium", "caps", "branch", "landing", "names"
#: The first course of a side branch that matters at the cap.
BRANCH_MM = 12.0
#: Names stand at one of these shares of a vessel's length, the first where branches have parted.
NAMED_AT = (0.6, 0.8, 0.4, 0.95)


def paint_layers(
    painter: QPainter,
    case: Case,
    to_screen: ToScreen,
    px_per_mm: float,
    active: str | None,
    opacity: Callable[[str], float],
    within: QRect,
) -> None:
    """Draw the plan in true perspective.

    Parameters
    ----------
    painter : QPainter
    case : Case
    to_screen : callable
        Takes points in LPS mm, shape (N, 3), to places on the picture, shape (N, 2).
    px_per_mm : float
        At the isocentre.
    active : str or None
        The vessel that is drawn strong.
    opacity : callable
        Gives for each layer how opaque it is drawn, 0 to 1.
    within : QRect
        Where words may stand.
    """
    occlusions = [lesion for lesion in case.lesions if lesion.kind is LesionKind.OCCLUSION]

    def each(paint: Callable[..., None], *arguments: object) -> None:
        for lesion in occlusions:
            paint(painter, case, lesion, to_screen, *arguments)

    def caps() -> None:
        each(_paint_ranges, px_per_mm)
        paint_caps(painter, case, to_screen, within=within)

    layers: tuple[tuple[str, Callable[[], None]], ...] = (
        (CENTRELINES, lambda: _paint_courses(painter, case, to_screen, active)),
        (BRANCH, lambda: each(_paint_branch)),
        (LANDING, lambda: each(_paint_landing, px_per_mm)),
        (CALCIUM, lambda: paint_calcium(painter, case, to_screen, px_per_mm)),
        (CAPS, caps),
        (NAMES, lambda: _paint_names(painter, case, to_screen, within, cap_boxes(case, to_screen, within))),
    )
    for name, paint in layers:
        if opacity(name) > 0:
            painter.setOpacity(opacity(name))
            paint()
    painter.setOpacity(1.0)


def _paint_courses(painter: QPainter, case: Case, to_screen: ToScreen, active: str | None) -> None:
    for vessel in case.tree:
        strong = vessel.name == active
        shade = QColor(color("text", "strong") if strong else vessel_color(vessel.name))
        shade.setAlpha(255 if strong else 110)
        paint_course(painter, vessel.centerline, to_screen(vessel.centerline.points_lps_mm), shade, strong)


def landing_stretch(case: Case, lesion: Lesion) -> tuple[float, float] | None:
    """Return the stretch beyond the distal cap up to its first calcium, in mm of its vessel; ``None``: none."""
    line, start = case.tree[lesion.vessel].centerline, lesion.distal.station_mm
    end = min(start + LANDING_MM, line.length_mm)
    profile = case.calcium_of(lesion.vessel)
    if profile is not None:
        station, share = profile.frames.station_mm, profile.csa_percent
        met = station[(station > start) & (station <= end) & (share >= CALCIFIED_PERCENT)]
        end = float(met[0]) if len(met) else end
    return (start, end) if end - start >= 1.0 else None


def _strip(points: np.ndarray) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in points])


def _paint_branch(painter: QPainter, case: Case, lesion: Lesion, to_screen: ToScreen) -> None:
    name = lesion.proximal.side_branch
    if name is None or name not in case.tree:
        return
    line = case.tree[name].centerline
    course = line.at(np.linspace(0, min(BRANCH_MM, line.length_mm), 25))
    pen = QPen(color("accent", "caution"), 2.4)
    painter.setPen(pen)
    painter.drawPolyline(_strip(to_screen(course)))


def _paint_landing(painter: QPainter, case: Case, lesion: Lesion, to_screen: ToScreen, px_per_mm: float) -> None:
    stretch = landing_stretch(case, lesion)
    if stretch is None:
        return
    line = case.tree[lesion.vessel].centerline
    shade = QColor(color("meaning", "distal_cap"))
    shade.setAlpha(90)
    pen = QPen(shade, max(3.4 * px_per_mm, 6.0))
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    painter.setPen(pen)
    painter.drawPolyline(_strip(to_screen(line.at(np.linspace(*stretch, 41)))))


def _paint_ranges(painter: QPainter, case: Case, lesion: Lesion, to_screen: ToScreen, px_per_mm: float) -> None:
    """Draw how far each cap may lie off, along the vessel."""
    line = case.tree[lesion.vessel].centerline
    for cap, shade in ((lesion.proximal, "proximal_cap"), (lesion.distal, "distal_cap")):
        low, high = cap.range_mm
        if high - low < 0.2:
            continue
        tone = QColor(color("meaning", shade))
        tone.setAlpha(150)
        pen = QPen(tone, max(1.6 * px_per_mm, 3.5))
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawPolyline(_strip(to_screen(line.at(np.linspace(max(low, 0.0), min(high, line.length_mm), 9)))))


def _paint_names(
    painter: QPainter, case: Case, to_screen: ToScreen, within: QRect, kept_free: Sequence[QRectF]
) -> None:
    """Name the vessels; a name that would lie over another one, or where a place is kept free, stands elsewhere."""
    taken = [*kept_free]
    for vessel in case.tree:
        line = vessel.centerline
        places = to_screen(line.at(np.array(NAMED_AT) * line.length_mm))
        boxes = [QRectF(x + 5, y - 8, 9.0 * len(vessel.name) + 4, 16) for x, y in places]
        free = (box for box in boxes if QRectF(within).contains(box) and not any(map(box.intersects, taken)))
        box = next(free, None)
        if box is not None:
            taken.append(box)
            left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            draw_text(painter, box.toRect(), left, vessel.name, font(0.85, bold=True), vessel_color(vessel.name))
