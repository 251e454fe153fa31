"""What is painted over and under the pictures of the reformation pane, from where everything lies on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QPolygonF

from viewer.analysis.reformat.straightened import Straightened
from viewer.desk.sight import Along
from viewer.model.case import Case
from viewer.model.composition import Composition
from viewer.model.lesion import LesionKind
from viewer.model.view import ViewState
from viewer.report.ink import draw_text
from viewer.ui.course_pull import GRIP_PX, CoursePull, paint_handle
from viewer.ui.laid_out import Placement
from viewer.ui.pane import HEADER_PX
from viewer.ui.reformation_marks import Placed, paint_calcium_bands, paint_lesion, paint_walls
from viewer.ui.same import same
from viewer.ui.strip_chart import paint_legend, paint_readout, paint_strip, readings
from viewer.ui.theme import color, font, vessel_color

RULER_PX, LEGEND_PX = 24, 22
FLAG_PX = 46
#: Of the words that say where the cursor is.
WORDS_PX = 62


@dataclass(frozen=True, slots=True, eq=False)
class Arrangement:
    """Where everything lies on the pane.

    Attributes
    ----------
    area : QRect
        The pane.
    sight : Along
        The course that is laid out.
    frame : QRectF
        All pictures together.
    strip : QRectF or None
        The chart.
    placements : tuple of Placement
        The pictures, from above.
    """

    area: QRect
    sight: Along
    frame: QRectF
    strip: QRectF | None
    placements: tuple[Placement, ...]

    @property
    def bottom(self) -> float:
        """Down to where lines across the vessel go: through the chart where there is one."""
        return self.frame.bottom() if self.strip is None else self.strip.bottom()

    @property
    def straight(self) -> bool:
        """Whether stations lie at their length from the left edge."""
        return isinstance(self.placements[0].picture, Straightened)

    def x(self, station_mm: float) -> float:
        """Return the horizontal place of a station of the course."""
        return self.placements[0].to_screen(station_mm).x()

    def across(self, start_mm: float, station_mm: float) -> float:
        """Return the horizontal place of a station of a vessel that begins at `start_mm` of the course."""
        return self.x(start_mm + station_mm)


def paint_over(painter: QPainter, arranged: Arrangement, number: int, case: Case, view: ViewState) -> None:
    """Paint walls, calcium, the course and its branches over one of the pictures."""
    placed = arranged.placements[number]
    starts = arranged.sight.course.starts_mm if arranged.straight else {}
    for name, start in starts.items():
        sections, profile = case.sections_of(name), case.calcium_of(name)
        if sections is not None and view.opacity("walls") > 0:
            painter.setOpacity(view.opacity("walls"))
            paint_walls(painter, placed, sections, start)
        if profile is not None and view.opacity("calcium") > 0:
            painter.setOpacity(view.opacity("calcium"))
            place = Placed(placed.frame, placed.frame.bottom(), partial(arranged.across, start))
            paint_calcium_bands(painter, place, profile, words=placed is arranged.placements[-1])
    painter.setOpacity(view.opacity("vessels"))
    _paint_guesses(painter, arranged.sight, placed)
    if not arranged.straight:
        _paint_names(painter, arranged.sight, placed, case)
    elif number == 0:
        _paint_flags(painter, arranged, case)
    painter.setOpacity(1.0)


def _paint_guesses(painter: QPainter, sight: Along, placed: Placement) -> None:
    """Mark guessed stretches with dashes on the course."""
    guess = QPen(color("text", "strong"), 1.6, Qt.PenStyle.CustomDashLine)
    guess.setDashPattern([5, 4])
    painter.setPen(guess)
    for start, end in sight.course.centerline.inferred:
        stations = [*np.arange(start, end, 1.0).tolist(), end]
        painter.drawPolyline(QPolygonF([placed.to_screen(station) for station in stations]))


def _branches(sight: Along, case: Case) -> list[tuple[float, str]]:
    """Return where on the course each branch leaves it."""
    names = sight.course.starts_mm
    found = []
    for vessel in case.tree:
        if vessel.parent is not None and vessel.parent in names and vessel.name not in names:
            origin = case.tree.origin_mm(vessel.name)
            station = None if origin is None else sight.course.on_course(vessel.parent, origin)
            if station is not None:
                found.append((station, vessel.name))
    return found


def _paint_names(painter: QPainter, sight: Along, placed: Placement, case: Case) -> None:
    """Name branches beside where they leave the stretched vessel."""
    flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    for station, name in _branches(sight, case):
        spot, shade = placed.to_screen(station), vessel_color(name)
        painter.setPen(QPen(shade, 3))
        painter.drawPoint(spot)
        box = QRect(round(spot.x()) + 6, round(spot.y()) - 16, FLAG_PX + 10, 15)
        draw_text(painter, box, flags, name, font(0.78), shade)


def _paint_flags(painter: QPainter, arranged: Arrangement, case: Case) -> None:
    """Name branches above where they leave; a flag that would collide with another one stands a line lower."""
    frame, placed = arranged.placements[0].frame, arranged.placements[0]
    right_of_last = [-1e9, -1e9]
    for station, name in _branches(arranged.sight, case):
        x = placed.to_screen(station).x()
        line = 0 if x - FLAG_PX / 2 > right_of_last[0] else 1
        right_of_last[line] = x + FLAG_PX / 2
        shade, top = vessel_color(name), frame.top() + 15 * line
        painter.setPen(QPen(shade, 1))
        painter.drawLine(QPointF(x, top + 15), QPointF(x, frame.top() + 38))
        left = min(max(x - FLAG_PX / 2, frame.left()), frame.right() - FLAG_PX)
        box = QRect(round(left), round(top), FLAG_PX, 15)
        draw_text(painter, box, int(Qt.AlignmentFlag.AlignCenter), name, font(0.78), shade)


def paint_pull(painter: QPainter, placed: Placement, pull: CoursePull) -> None:
    """Show on the former course's picture, dashed, where the course is dragged to."""
    shift, held = pull.shift(), pull.held
    if held is not None and shift is not None:
        pen = QPen(vessel_color(held.vessel), 2.2, Qt.PenStyle.CustomDashLine)
        pen.setDashPattern([3, 2])
        painter.setPen(pen)
        spots = placed.shifted(*shift)
        painter.drawPolyline(QPolygonF(spots))
        paint_handle(painter, spots[int(np.abs(shift[0] - held.course_mm).argmin())], taken=True)


def takes_course(placed: Placement, pull: CoursePull, where: QPointF) -> bool:
    """Tell whether a press would take hold of the course."""
    return (
        pull.chosen and pull.held is None and placed.frame.contains(where) and placed.from_course_px(where) <= GRIP_PX
    )


def paint_occlusions(painter: QPainter, arranged: Arrangement, case: Case, view: ViewState) -> None:
    """Mark the caps and the length of every occlusion on the course."""
    painter.setOpacity(view.opacity("caps"))
    for name, start in arranged.sight.course.starts_mm.items():
        place = Placed(arranged.frame, arranged.bottom, partial(arranged.across, start))
        for lesion in case.lesions:
            if lesion.vessel == name and lesion.kind is LesionKind.OCCLUSION and view.opacity("caps") > 0:
                paint_lesion(painter, place, lesion)
    painter.setOpacity(1.0)


class KeptChart:
    """The chart as it was painted last: it stays the same while the vessel is turned or the cursor moves."""

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._picture = QPixmap()

    def paint(
        self,
        painter: QPainter,
        arranged: Arrangement,
        case: Case,
        view: ViewState,
        found: Sequence[Composition],
        *,
        dragging: bool,
    ) -> None:
        """Paint it, anew only if something of it is other than before; what a course measures waits for its drag."""
        assert arranged.strip is not None
        placed, ratio = arranged.placements[0], painter.device().devicePixelRatio()
        where = (QRectF(arranged.area), arranged.strip, placed.area.left(), placed.px_per_mm, ratio)
        # Of the tree the chart shows where vessels run and leave: a cap that is dragged changes only what is guessed.
        shown = (view.vessel, *case.tree.courses, case.sections, case.calcium)
        key = (*shown, view.hidden_overlays, view.faded_overlays, *found, where)
        size = arranged.area.size() * ratio
        waits = dragging and self._picture.size() == size
        if not waits and not same(key, self._key):
            self._key = key
            self._picture = QPixmap(size)
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(Qt.GlobalColor.transparent)
            with QPainter(self._picture) as onto:
                onto.setRenderHints(painter.renderHints())
                paint_chart(onto, arranged, case, view, found)
        painter.drawPixmap(arranged.area.topLeft(), self._picture)


def paint_chart(
    painter: QPainter, arranged: Arrangement, case: Case, view: ViewState, found: Sequence[Composition]
) -> None:
    """Paint the strip chart, the branches on it, and what its colours mean."""
    strip, lane = arranged.strip, view.opacity("composition")
    assert strip is not None
    painter.save()
    painter.setClipRect(strip)
    paint_strip(painter, strip, case, arranged.sight.course, arranged.x, found, lane)
    for station, name in _branches(arranged.sight, case):
        shade = vessel_color(name)
        shade.setAlpha(150)
        painter.setPen(QPen(shade, 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(arranged.x(station), strip.top()), QPointF(arranged.x(station), strip.bottom()))
    painter.restore()
    area = arranged.area
    line = QRect(area.left(), area.bottom() - LEGEND_PX, area.width(), LEGEND_PX)
    measured = (case.calcium_of(stretch.vessel) for stretch in arranged.sight.course.stretches)
    profile = next((one for one in measured if one is not None), None)
    words = f"threshold {profile.threshold.hu:.0f} HU ({profile.threshold.kind.value})" if profile is not None else ""
    paint_legend(painter, line, words, composition=bool(found) and lane > 0)


def paint_reading(
    painter: QPainter, arranged: Arrangement, case: Case, station_mm: float, found: Sequence[Composition]
) -> None:
    """Read the chart at a station."""
    whole = QRectF(arranged.area).adjusted(4, HEADER_PX, -4, -RULER_PX - LEGEND_PX)
    lines = readings(case, arranged.sight.course, station_mm, found)
    paint_readout(painter, whole, arranged.x(station_mm), lines)


def paint_cursor(painter: QPainter, arranged: Arrangement, view: ViewState) -> None:
    """Paint the cursor: a line across the straight vessel, a ring on the stretched one; pale if it is far off."""
    station, away = arranged.sight.nearest(view.cursor_lps_mm)
    shade = QColor(color("meaning", "cursor"))
    shade.setAlpha(255 if away < 3 else 110)
    painter.setPen(QPen(shade, 1))
    if arranged.straight:
        x = arranged.x(station)
        painter.drawLine(QPointF(x, arranged.frame.top()), QPointF(x, arranged.bottom))
        return
    for placed in arranged.placements:
        painter.drawEllipse(placed.to_screen(station), 6, 6)


def paint_ruler(painter: QPainter, arranged: Arrangement, view: ViewState) -> None:
    """Paint mm from the ostium under the straightened vessel, where lengths are true, and where the cursor is."""
    area, frame, bottom = arranged.area, arranged.frame, arranged.bottom
    painter.setFont(font(0.8))
    if not arranged.straight:
        note = QRect(area.left() + 10, round(bottom) + 3, area.width() - 20, RULER_PX - 6)
        text = "lengths are true along the vessel only"
        draw_text(painter, note, int(Qt.AlignmentFlag.AlignLeft), text, font(0.8), color("text", "muted"))
        return
    length, per_mm = arranged.sight.length_mm, arranged.placements[0].px_per_mm
    step = next((s for s in (1, 2, 5, 10, 20, 50) if s * per_mm > 46), 100)
    for mark in range(0, int(length) + 1, step):
        x = arranged.x(mark)
        if not frame.left() <= x <= frame.right():
            continue
        painter.setPen(color("text", "muted"))
        painter.drawLine(QPointF(x, bottom + 1), QPointF(x, bottom + 5))
        label = f"{mark} mm" if mark == 0 else str(mark)
        box = QRectF(x - 30, bottom + 5, 60, 16)
        if mark == 0:
            box.moveLeft(max(x - 4, frame.left() + 4))
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft, label)
        else:
            painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, label)
    _paint_cursor_words(painter, arranged, arranged.sight.nearest(view.cursor_lps_mm)[0])


def _paint_cursor_words(painter: QPainter, arranged: Arrangement, station_mm: float) -> None:
    """Say on the ruler where the cursor is, so that nothing of the chart is covered."""
    x = arranged.x(station_mm)
    if not arranged.frame.left() <= x <= arranged.frame.right():
        return
    box = QRectF(x - WORDS_PX / 2, arranged.bottom + 2, WORDS_PX, 17)
    box.moveLeft(min(max(box.left(), arranged.frame.left() + 2), arranged.frame.right() - WORDS_PX - 2))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color("meaning", "cursor"))
    painter.drawRoundedRect(box, 3, 3)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setFont(font(0.85, bold=True))
    painter.setPen(color("text", "on_accent"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, f"{station_mm:.1f} mm")
