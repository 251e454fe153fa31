"""The badges of the caps at which cross-sections stand: they are the handles by which a cap is dragged there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFontMetricsF, QPainter

from viewer.desk.sight import Along
from viewer.model.case import Case
from viewer.ui.cap_marks import caps_of, paint_hollow_plate, paint_plate, shade_of
from viewer.ui.theme import font

#: A section this near to a cap shows it.
AT_CAP_MM = 0.3
INSET_PX = QPointF(7, -5)

#: The stations that are shown, mm of the course, each with its square.
Shown = Sequence[tuple[float, QRectF]]


@dataclass(frozen=True, slots=True)
class Badge:
    """What a section says of a cap at which it stands; `former` is one that the operator has moved away."""

    text: str
    box: QRectF
    station_mm: float
    proximal: bool
    former: bool


def box_of(sight: Along, shown: Shown, vessel: str, station_mm: float) -> QRectF | None:
    """Return the square of the section that stands at a station of a vessel; ``None`` if none does."""
    for station, box in shown:
        name, own = sight.course.on_vessel(station)
        if name == vessel and abs(own - station_mm) <= AT_CAP_MM:
            return box
    return None


def badges(case: Case, sight: Along, shown: Shown) -> Iterator[Badge]:
    """Yield the badges of all caps; the computer's, where hers replaced it, before hers."""
    metrics = QFontMetricsF(font(0.9, bold=True))
    for _, lesion, cap, proximal in caps_of(case):
        for at in (cap.replaced, cap):
            box = box_of(sight, shown, lesion.vessel, at.station_mm) if at is not None else None
            if at is None or box is None:
                continue
            letter = text = "P" if proximal else "D"
            if at is not cap:
                text = f"{letter} computer's"
            elif at.shape is not None:
                text = f"{letter} {at.shape.value}"
            if at is cap and at.ambiguous and proximal:
                text += " · ambiguous"
            if metrics.horizontalAdvance(text) > box.width() - 16:
                text = letter
            plate = QRectF(0, 0, metrics.horizontalAdvance(text) + 9, metrics.height() + 2)
            plate.moveBottomLeft(box.bottomLeft() + INSET_PX)
            yield Badge(text, plate, at.station_mm, proximal, at is not cap)


def paint_badges(painter: QPainter, case: Case, sight: Along, shown: Shown) -> None:
    """Write each badge into the corner of its section: dotted where the cap has been moved away."""
    for badge in badges(case, sight, shown):
        shade = shade_of(proximal=badge.proximal)
        if badge.former:
            paint_hollow_plate(painter, badge.box, badge.text, shade)
        else:
            paint_plate(painter, badge.box.center(), badge.text, shade)
