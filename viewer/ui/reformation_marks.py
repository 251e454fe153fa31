"""What the straightened reformation shows of disease: bands of calcium, the caps with their ranges, the length."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from viewer.analysis.reformat.straightened import Straightened
from viewer.model.calcium import CalciumProfile
from viewer.model.cross_section import CrossSections
from viewer.model.lesion import Cap, Lesion
from viewer.model.vessel import Author
from viewer.report.calcium_marks import paint_band, runs_of
from viewer.report.ink import draw_text
from viewer.ui.laid_out import Placement
from viewer.ui.theme import color, font

WORDS_PX, POSSIBLE_PX = 120, 60
#: The caps begin below the flags of the branches; their words stand a little lower.
CAPS_TOP_PX, WORDS_TOP_PX = 44, 60
#: Points of a contour nearer to each other than this are not told apart.
LEAST_APART_PX = 4.0


@dataclass(frozen=True, slots=True)
class Placed:
    """Where one vessel lies in the picture.

    Attributes
    ----------
    frame : QRectF
        The picture.
    bottom : float
        Down to where the caps are drawn: through the strip chart where there is one.
    across : callable
        Takes a station of the vessel to its horizontal place.
    """

    frame: QRectF
    bottom: float
    across: Callable[[float], float]


def paint_calcium_bands(painter: QPainter, place: Placed, profile: CalciumProfile, *, words: bool = True) -> None:
    """Mark heavy calcium at the lower edge of the picture, in words where there is room: the heaviest first.

    What is possible only, not firm, is a dashed band.
    """
    frame = place.frame
    named: list[tuple[float, float]] = []
    heavy = [(run, place.across(run.from_mm), place.across(run.to_mm)) for run in runs_of(profile) if not run.light]
    for run, _, _ in heavy:
        for part in run.parts:
            left, right = place.across(part.from_mm), place.across(part.to_mm)
            paint_band(painter, QRectF(left, frame.bottom() - 9, max(right - left, 2), 7), part)
    if not words:
        return
    for run, left, right in reversed(heavy):
        wide = WORDS_PX if run.firm else WORDS_PX + POSSIBLE_PX
        low, high = (left + right - wide) / 2, (left + right + wide) / 2
        if run.to_mm - run.from_mm >= 1.0 and all(high < a or low > b for a, b in named):
            named.append((low, high))
            box = QRect(round(low), round(frame.bottom()) - 28, wide, 16)
            draw_text(painter, box, int(Qt.AlignmentFlag.AlignCenter), run.words, font(0.82, bold=True), run.shade)


def paint_walls(painter: QPainter, placed: Placement, sections: CrossSections, start_mm: float) -> None:
    """Draw the outer wall and the lumen as the plane of a straightened picture cuts them.

    Parameters
    ----------
    painter : QPainter
    placed : Placement
    sections : CrossSections
    start_mm : float
        Where their vessel begins on the course that is laid out.
    """
    picture = placed.picture
    if not isinstance(picture, Straightened):
        return
    frames, own = picture.frames, sections.frames
    rows = np.flatnonzero(own.station_mm + start_mm <= frames.station_mm[-1] + 1e-6)
    apart = max(int(LEAST_APART_PX / max(placed.px_per_mm * float(np.diff(own.station_mm).mean()), 1e-6)), 1)
    rows = np.unique(np.append(rows[::apart], rows[-1:]))
    station = own.station_mm[rows] + start_mm
    angle = np.radians(picture.angle_deg)
    at = np.clip(np.searchsorted(frames.station_mm, station), 0, len(frames.station_mm) - 1)
    across = np.cos(angle) * frames.right[at] + np.sin(angle) * frames.up[at]
    turn = np.arctan2((across * own.up[rows]).sum(1), (across * own.right[rows]).sum(1))
    x = placed.area.left() + station * placed.px_per_mm
    middle = placed.to_screen(0.0).y()
    for radii, shade in ((sections.wall_mm, "wall"), (sections.lumen_mm, "lumen")):
        count = radii.shape[1]
        painter.setPen(QPen(color("meaning", shade), 1))
        for side in (1.0, -1.0):
            ray = np.rint((turn + (0.0 if side > 0 else np.pi)) / (2 * np.pi) * count).astype(int) % count
            radius = radii[rows, ray]
            y, shown = middle + side * radius * placed.px_per_mm, radius > 0
            for part in np.split(np.arange(len(shown)), np.flatnonzero(np.diff(shown.astype(int))) + 1):
                if len(part) > 1 and shown[part[0]]:
                    spots = zip(x[part].tolist(), y[part].tolist(), strict=True)
                    painter.drawPolyline(QPolygonF([QPointF(*spot) for spot in spots]))


def paint_lesion(painter: QPainter, place: Placed, lesion: Lesion) -> None:
    """Mark both caps, and bracket the length between them with its range."""
    _paint_cap(painter, place, lesion.proximal, "P", color("meaning", "proximal_cap"), left=True)
    _paint_cap(painter, place, lesion.distal, "D", color("meaning", "distal_cap"), left=False)
    ends = [place.across(cap.station_mm) for cap in (lesion.proximal, lesion.distal)]
    y = place.frame.top() + CAPS_TOP_PX + 4
    painter.setPen(QPen(color("text", "strong"), 1.6))
    painter.drawLine(QPointF(ends[0], y), QPointF(ends[1], y))
    for x in ends:
        painter.drawLine(QPointF(x, y - 5), QPointF(x, y + 5))
    least = lesion.distal.range_mm[0] - lesion.proximal.range_mm[1]
    most = lesion.distal.range_mm[1] - lesion.proximal.range_mm[0]
    text = f"{lesion.length_mm:.1f} mm  ({max(least, 0):.1f} – {most:.1f})"
    box = QRect(round(sum(ends) / 2) - 90, round(y) - 10, 180, 20)
    painter.setFont(font(0.95, bold=True))
    width = painter.fontMetrics().horizontalAdvance(text)
    plate = QColor(color("surface", "window"))
    plate.setAlpha(225)
    painter.fillRect(QRectF(box.center().x() - width / 2 - 6, box.top(), width + 12, 20), plate)
    draw_text(painter, box, int(Qt.AlignmentFlag.AlignCenter), text, font(0.95, bold=True), color("text", "strong"))


def _paint_cap(painter: QPainter, place: Placed, cap: Cap, letter: str, shade: QColor, *, left: bool) -> None:
    """Draw a cap: dashed while it is the computer's; where the computer had put it stays as a dotted line."""
    top, x = place.frame.top() + CAPS_TOP_PX, place.across(cap.station_mm)
    low, high = (place.across(mm) for mm in cap.range_mm)
    band = QColor(shade)
    band.setAlpha(60)
    painter.fillRect(QRectF(low, top, high - low, place.frame.bottom() - top), band)
    pen = QPen(shade, 1.8)
    if cap.author is Author.COMPUTER:
        pen.setDashPattern([4, 2.5])
    painter.setPen(pen)
    painter.drawLine(QPointF(x, top), QPointF(x, place.bottom))
    if cap.replaced is not None:
        proposed = place.across(cap.replaced.station_mm)
        painter.setPen(QPen(shade, 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(proposed, top), QPointF(proposed, place.frame.bottom()))
    words = [letter, cap.shape.value if cap.shape is not None else "", "· ambiguous" if cap.ambiguous else ""]
    side = Qt.AlignmentFlag.AlignRight if left else Qt.AlignmentFlag.AlignLeft
    box = QRect(round(x - 206 if left else x + 6), round(place.frame.top()) + WORDS_TOP_PX, 200, 18)
    flags, text = int(side | Qt.AlignmentFlag.AlignVCenter), " ".join(word for word in words if word)
    painter.setFont(font(0.92, bold=True))
    wide = painter.fontMetrics().horizontalAdvance(text) + 4
    painter.fillRect(
        QRect(box.right() - wide + 3 if left else box.left() - 2, box.top(), wide, 18), QColor(0, 0, 0, 150)
    )
    draw_text(painter, box, flags, text, font(0.92, bold=True), shade)
