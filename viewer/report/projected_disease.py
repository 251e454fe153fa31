"""Calcium and caps over a picture of the whole tree, for the 3-D view and the X-ray preview alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from viewer.model.case import Case
from viewer.model.centerline import Centerline
from viewer.model.geometry import Float
from viewer.model.lesion import Cap, LesionKind
from viewer.model.vessel import Author
from viewer.report.calcium_marks import runs_of
from viewer.report.ink import color, draw_text, font

#: Takes points in LPS mm, shape (N, 3), to places on the pane, shape (N, 2).
ToScreen = Callable[[Float], Float]
#: Of the ring of a cap, and of the one that it replaced; dashes are counted in widths of the stroke.
RING_PX, FORMER_RING_PX = 7.0, 5.0
GUESSED_DASH, FORMER_DASH = (1.7, 0.8), (0.9, 1.3)


def paint_calcium(painter: QPainter, case: Case, to_screen: ToScreen, px_per_mm: float) -> None:
    """Stroke the runs of heavy calcium along the vessels, as wide as the vessel; what is possible only is dashed."""
    for profile in case.calcium:
        line = case.tree[profile.vessel].centerline
        for run in (part for whole in runs_of(profile) for part in whole.parts):
            if run.light:
                continue
            station = np.linspace(run.from_mm, run.to_mm, max(int((run.to_mm - run.from_mm) / 0.5), 1) + 1)
            points = to_screen(line.at(station))
            middle = int(np.abs(profile.frames.station_mm - 0.5 * (run.from_mm + run.to_mm)).argmin())
            width = 2 * float(np.sqrt(profile.wall_area_mm2[middle] / np.pi)) * px_per_mm
            pen = QPen(run.shade, max(0.8 * width, 4.0))
            if not run.firm:
                pen.setDashPattern([0.5, 0.35])
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            painter.setPen(pen)
            painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in points]))


def cap_boxes(case: Case, to_screen: ToScreen, within: QRect | None = None) -> list[QRectF]:
    """Return where the rings and the words of `paint_caps` stand, so that nothing else is written there."""
    metrics, found = QFontMetricsF(font(0.95, bold=True)), []
    for cap, _, name in _caps(case):
        x, y = to_screen(cap.lps_mm[None])[0]
        box, left = _words_box(float(x), float(y), within)
        wide = min(metrics.horizontalAdvance(_words(cap, name)), box.width())
        found.append(QRectF(box.left() if left else box.right() - wide, box.top(), wide, box.height()))
        found.append(QRectF(x - RING_PX, y - RING_PX, 2 * RING_PX, 2 * RING_PX))
    return found


def _caps(case: Case) -> Iterator[tuple[Cap, str, str]]:
    """Yield cap, colour and name of the caps of every occlusion."""
    for lesion in case.lesions:
        if lesion.kind is LesionKind.OCCLUSION:
            yield lesion.proximal, "proximal_cap", "P cap"
            yield lesion.distal, "distal_cap", "D cap"


def _words(cap: Cap, name: str) -> str:
    return f"{name} · ambiguous" if cap.ambiguous else name


def _words_box(x: float, y: float, within: QRect | None) -> tuple[QRect, bool]:
    """Return where a cap's words stand, and whether they begin there at the left: on the side that has room."""
    box = QRect(round(x) - 170, round(y) - 26, 160, 18)
    left = within is not None and x - within.left() < 140
    if left:
        box.moveLeft(round(x) + 10)
    return box, left


def paint_caps(
    painter: QPainter, case: Case, to_screen: ToScreen, words: bool = True, within: QRect | None = None
) -> None:
    """Ring the caps of every occlusion in their colours and name them, on the side that has room `within` the pane.

    A ring is dashed while its cap is the computer's; a small dotted one is the computer's that the operator replaced.
    """
    for cap, shade, name in _caps(case):
        x, y = to_screen(cap.lps_mm[None])[0]
        if cap.replaced is not None:
            was_x, was_y = to_screen(cap.replaced.lps_mm[None])[0]
            _ring(painter, QPointF(was_x, was_y), FORMER_RING_PX, QPen(color("meaning", shade), 1.4), FORMER_DASH)
        dashes = GUESSED_DASH if cap.author is Author.COMPUTER else ()
        _ring(painter, QPointF(x, y), RING_PX, QPen(color("meaning", shade), 2.2), dashes)
        if words:
            box, left = _words_box(float(x), float(y), within)
            side = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignRight
            flags = int(side | Qt.AlignmentFlag.AlignVCenter)
            draw_text(painter, box, flags, _words(cap, name), font(0.95, bold=True), color("meaning", shade))


def _ring(painter: QPainter, middle: QPointF, radius: float, pen: QPen, dashes: Sequence[float]) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(0, 0, 0, 150), 2 * pen.widthF()))
    painter.drawEllipse(middle, radius, radius)
    if dashes:
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setDashPattern([*dashes])
    painter.setPen(pen)
    painter.drawEllipse(middle, radius, radius)


def paint_course(painter: QPainter, line: Centerline, screen: Float, shade: QColor, wide: bool) -> None:
    """Draw a centreline, dashed where it is a guess."""
    guess = line.is_inferred(line.station_mm)
    for part in np.split(np.arange(len(guess)), np.flatnonzero(np.diff(guess.astype(int))) + 1):
        pen = QPen(shade, 2.0 if wide else 1.1)
        if guess[part[0]]:
            pen.setDashPattern([3, 2.4])
        painter.setPen(pen)
        painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in screen[part[0] : part[-1] + 2]]))
