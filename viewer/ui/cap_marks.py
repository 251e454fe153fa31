"""How caps look where the picture itself has no place for them: a ring with a flag, P or D, and a badge on sections."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from viewer.model.case import Case
from viewer.model.lesion import Cap, Lesion, LesionKind
from viewer.model.vessel import Author
from viewer.ui.theme import color, font

RING_PX, FLAG_PX, FLAG_AWAY_PX = 8.0, 10.0, 17.0

#: Takes a vessel and a station to a place and how strongly it is seen.
SpotOf = Callable[[str, float], tuple[QPointF, float] | None]


def caps_of(case: Case) -> Iterator[tuple[int, Lesion, Cap, bool]]:
    """Yield number of the lesion, lesion, cap, and whether it is the proximal one, for all occlusions."""
    for number, lesion in enumerate(case.lesions):
        if lesion.kind is LesionKind.OCCLUSION:
            yield number, lesion, lesion.proximal, True
            yield number, lesion, lesion.distal, False


def flag_of(spot: QPointF, *, proximal: bool) -> QPointF:
    """Return the middle of a cap's flag: the handle that the crosshair does not cover."""
    return spot + QPointF(-FLAG_AWAY_PX if proximal else FLAG_AWAY_PX, -FLAG_AWAY_PX)


def shade_of(*, proximal: bool) -> QColor:
    """Return the colour of a cap."""
    return QColor(color("meaning", "proximal_cap" if proximal else "distal_cap"))


def paint_cap_flags(painter: QPainter, case: Case, spot_of: SpotOf) -> None:
    """Ring every cap that is seen, dashed while it is the computer's; where the computer had another one is dotted.

    The fainter a cap is seen, the less of the painter's opacity it gets.
    """
    opacity = painter.opacity()
    for _, lesion, cap, proximal in caps_of(case):
        if cap.replaced is not None:
            was = spot_of(lesion.vessel, cap.replaced.station_mm)
            if was is not None:
                _ring(painter, was[0], was[1] * opacity, shade_of(proximal=proximal), Qt.PenStyle.DotLine)
        found = spot_of(lesion.vessel, cap.station_mm)
        if found is None:
            continue
        spot, share = found[0], found[1] * opacity
        dashed = cap.author is Author.COMPUTER
        _ring(
            painter, spot, share, shade_of(proximal=proximal), Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
        )
        _flag(painter, spot, share, cap, proximal=proximal)
    painter.setOpacity(opacity)


def _ring(painter: QPainter, spot: QPointF, share: float, shade: QColor, style: Qt.PenStyle) -> None:
    painter.setOpacity(share)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(QColor(0, 0, 0, 150), 4.0), QPen(shade, 1.2 if style is Qt.PenStyle.DotLine else 2.0, style)):
        painter.setPen(pen)
        painter.drawEllipse(spot, RING_PX, RING_PX)


def _flag(painter: QPainter, spot: QPointF, share: float, cap: Cap, *, proximal: bool) -> None:
    """Draw the letter of a cap on a plate on a stalk; a question mark beside it if the cap is ambiguous."""
    middle, shade = flag_of(spot, proximal=proximal), shade_of(proximal=proximal)
    painter.setOpacity(share)
    painter.setPen(QPen(shade, 1.4))
    way = QPointF(-0.7071 if proximal else 0.7071, -0.7071)
    painter.drawLine(spot + way * RING_PX, middle)
    letter = "P" if proximal else "D"
    paint_plate(painter, middle, f"{letter} ?" if proximal and cap.ambiguous else letter, shade)


def paint_plate(painter: QPainter, middle: QPointF, text: str, shade: QColor, size: float = 0.9) -> QRectF:
    """Write dark on a plate of a colour; returns the plate."""
    with_font = font(size, bold=True)
    metrics = QFontMetricsF(with_font)
    box = QRectF(0, 0, max(metrics.horizontalAdvance(text) + 9, 18.0), metrics.height() + 2)
    box.moveCenter(middle)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(shade)
    painter.drawRoundedRect(box, 4, 4)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setFont(with_font)
    painter.setPen(color("text", "on_accent"))
    painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)
    return box


def paint_hollow_plate(painter: QPainter, box: QRectF, text: str, shade: QColor) -> None:
    """Write in a colour on a dark plate with a dotted rim: what is not so any more."""
    painter.setPen(QPen(shade, 1.2, Qt.PenStyle.DotLine))
    painter.setBrush(QColor(0, 0, 0, 170))
    painter.drawRoundedRect(box, 4, 4)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setFont(font(0.9, bold=True))
    painter.setPen(shade)
    painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)


def paint_ghost(painter: QPainter, spot: QPointF, *, proximal: bool) -> None:
    """Ring the place where a click would put a cap, and say which."""
    shade = shade_of(proximal=proximal)
    _ring(painter, spot, 1.0, shade, Qt.PenStyle.SolidLine)
    paint_plate(painter, flag_of(spot, proximal=proximal), "P" if proximal else "D", shade)


def paint_length(painter: QPainter, spot: QPointF, lesion: Lesion, area: QRectF) -> None:
    """Write the length of a lesion that is being changed, beside the place where it is."""
    middle = spot + QPointF(0, 26)
    inner = area.adjusted(40, 40, -40, -16)
    middle = QPointF(
        min(max(middle.x(), inner.left()), inner.right()), min(max(middle.y(), inner.top()), inner.bottom())
    )
    paint_plate(painter, middle, f"{lesion.length_mm:.1f} mm", QColor(color("text", "strong")), 1.05)
