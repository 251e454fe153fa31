"""Arrows, rings and texts on a capture: painted the same on the board, while drawing, and in the room."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF

from viewer.model.board import Note, NoteKind, Point
from viewer.ui.theme import color, font

#: Of the picture's height: the width of a line, the length of an arrow's head, the height of letters.
LINE_SHARE, HEAD_SHARE, TEXT_SHARE = 0.0055, 0.032, 0.042
#: How near to a note means it, pixels.
REACH_PX = 9.0


def on_picture(point: Point, picture: QRectF) -> QPointF:
    """Return where a point in shares of the picture stands on the screen."""
    return QPointF(picture.left() + point[0] * picture.width(), picture.top() + point[1] * picture.height())


def as_share(position: QPointF, picture: QRectF) -> Point:
    """Return a position on the screen in shares of the picture, within it."""
    x = (position.x() - picture.left()) / picture.width()
    y = (position.y() - picture.top()) / picture.height()
    return min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)


def note_font(picture: QRectF) -> QFont:
    """Return the font of texts on a picture of this size."""
    result = font(1.0, bold=True)
    result.setPixelSize(max(round(TEXT_SHARE * picture.height()), 8))
    return result


def text_box(note: Note, picture: QRectF) -> QRectF:
    """Return where a text stands."""
    metrics = QFontMetricsF(note_font(picture))
    pad = metrics.height() * 0.22
    at = on_picture(note.start, picture)
    size = metrics.boundingRect(note.text)
    box = QRectF(at.x() - pad, at.y() - metrics.height() / 2, size.width() + 3 * pad, metrics.height())
    box.moveLeft(max(min(box.left(), picture.right() - box.width()), picture.left()))
    box.moveTop(max(min(box.top(), picture.bottom() - box.height()), picture.top()))
    return box


def ring_box(note: Note, picture: QRectF) -> QRectF:
    """Return the box that a ring touches."""
    return QRectF(on_picture(note.start, picture), on_picture(note.end, picture)).normalized()


def paint_notes(painter: QPainter, picture: QRectF, notes: tuple[Note, ...], selected: Note | None = None) -> None:
    """Paint notes over a picture that fills `picture`; the selected one in the colour of what can be worked on."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setClipRect(picture)
    for note in notes:
        shade = color("accent", "primary") if note is selected else color("meaning", "mark")
        _paint(painter, picture, note, shade)
    painter.restore()


def _paint(painter: QPainter, picture: QRectF, note: Note, shade: QColor) -> None:
    width = max(LINE_SHARE * picture.height(), 1.2)
    if note.kind is NoteKind.TEXT:
        box = text_box(note, picture)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 190))
        painter.drawRoundedRect(box, 0.2 * box.height(), 0.2 * box.height())
        painter.setFont(note_font(picture))
        painter.setPen(shade)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), note.text)
        return
    for pen_width, ink in ((width + max(width, 2.0), QColor(0, 0, 0, 190)), (width, shade)):
        pen = QPen(ink, pen_width)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if note.kind is NoteKind.RING:
            painter.drawEllipse(ring_box(note, picture))
            continue
        tail, tip = on_picture(note.start, picture), on_picture(note.end, picture)
        head = _head(tail, tip, HEAD_SHARE * picture.height())
        painter.drawLine(tail, (head[0] + head[2]) / 2)
        painter.setBrush(ink)
        painter.drawPolygon(QPolygonF(head))


def _head(tail: QPointF, tip: QPointF, length: float) -> list[QPointF]:
    """Return the three corners of an arrow's head, the tip in the middle."""
    along = math.atan2(tip.y() - tail.y(), tip.x() - tail.x())
    return [
        tip - QPointF(math.cos(along - 0.42), math.sin(along - 0.42)) * length,
        tip,
        tip - QPointF(math.cos(along + 0.42), math.sin(along + 0.42)) * length,
    ]


def note_at(position: QPointF, picture: QRectF, notes: tuple[Note, ...]) -> Note | None:
    """Return the topmost note under a position."""
    return next((note for note in reversed(notes) if _reaches(note, position, picture)), None)


def _reaches(note: Note, position: QPointF, picture: QRectF) -> bool:
    if note.kind is NoteKind.TEXT:
        return text_box(note, picture).adjusted(-3, -3, 3, 3).contains(position)
    if note.kind is NoteKind.RING:
        box = ring_box(note, picture)
        a, b = max(box.width() / 2, 1.0), max(box.height() / 2, 1.0)
        away = position - box.center()
        radius = math.hypot(away.x() / a, away.y() / b)
        return abs(radius - 1) * min(a, b) <= REACH_PX
    tail, tip = on_picture(note.start, picture), on_picture(note.end, picture)
    line = tip - tail
    length2 = max(QPointF.dotProduct(line, line), 1e-9)
    share = min(max(QPointF.dotProduct(position - tail, line) / length2, 0.0), 1.0)
    off = position - (tail + line * share)
    return math.hypot(off.x(), off.y()) <= REACH_PX
