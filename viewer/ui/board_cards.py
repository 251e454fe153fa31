"""Where the cards of the board lie, and how one is painted: picture, number, title, and what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter, QPen

from viewer.model.board import BoardItem
from viewer.ui.board_notes import paint_notes
from viewer.ui.icons import icon
from viewer.ui.pane import HEADER_PX
from viewer.ui.theme import color, font

#: Cards are about this wide; pictures have the shape of the screen in the room.
CARD_WIDTH_PX, SHAPE = 320.0, 16 / 9
GAP_PX, SIDE_PX, TITLE_PX, WORDS_PX = 16.0, 14.0, 26.0, 18.0
BUTTON_PX = 26.0
BUTTONS = (("delete", "Take it off the board (Delete)"), ("annotate", "Draw on it (E)"))


@dataclass(frozen=True, slots=True)
class Card:
    """One card as it stands in the pane.

    Attributes
    ----------
    number : int
        From 0.
    box : QRectF
        All of it.
    """

    number: int
    box: QRectF

    @property
    def picture(self) -> QRectF:
        """The room of the picture."""
        return QRectF(self.box.left(), self.box.top(), self.box.width(), self.box.width() / SHAPE)

    @property
    def title(self) -> QRectF:
        """The line of the title."""
        return QRectF(self.box.left(), self.picture.bottom() + 4, self.box.width(), TITLE_PX)

    def button(self, name: str) -> QRectF:
        """Return the place of one of `BUTTONS`."""
        at = [key for key, _ in BUTTONS].index(name)
        right = self.picture.right() - 6 - at * (BUTTON_PX + 4)
        return QRectF(right - BUTTON_PX, self.picture.top() + 6, BUTTON_PX, BUTTON_PX)


def cards_in(area: QRect, count: int, scroll_px: float) -> list[Card]:
    """Return where cards lie, in rows from the upper left."""
    room = area.width() - 2 * SIDE_PX
    columns = max(1, round((room + GAP_PX) / (CARD_WIDTH_PX + GAP_PX)))
    width = (room - (columns - 1) * GAP_PX) / columns
    height = width / SHAPE + TITLE_PX + WORDS_PX + 6
    top = area.top() + HEADER_PX + 8 - scroll_px
    return [
        Card(
            n,
            QRectF(
                area.left() + SIDE_PX + (n % columns) * (width + GAP_PX),
                top + (n // columns) * (height + GAP_PX),
                width,
                height,
            ),
        )
        for n in range(count)
    ]


def columns_of(cards: list[Card]) -> int:
    """Return how many cards stand side by side."""
    return sum(1 for card in cards if card.box.top() == cards[0].box.top()) if cards else 1


def gap_at(cards: list[Card], where: QPointF) -> int:
    """Return before which card something dropped here belongs: 0 is the first, their number is the end."""
    if not cards:
        return 0
    nearest = min(cards, key=lambda card: (card.picture.center() - where).manhattanLength())
    return nearest.number + (where.x() > nearest.box.center().x())


def fitted(image_width: float, image_height: float, box: QRectF) -> QRectF:
    """Return the largest place of a picture's shape within a box, in its middle."""
    scale = min(box.width() / max(image_width, 1.0), box.height() / max(image_height, 1.0))
    place = QRectF(0, 0, image_width * scale, image_height * scale)
    place.moveCenter(box.center())
    return place


def paint_card(
    painter: QPainter,
    card: Card,
    item: BoardItem,
    image: QImage | None,
    *,
    selected: bool,
    hovered: bool,
    outdated: bool,
) -> None:
    """Paint a card; `outdated`: the caps were moved since."""
    picture = card.picture
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color("surface", "picture"))
    painter.drawRoundedRect(picture, 4, 4)
    if image is not None and not image.isNull():
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        place = fitted(image.width(), image.height(), picture)
        painter.drawImage(place, image)
        paint_notes(painter, place, item.notes)
    elif image is not None:
        painter.setPen(color("accent", "caution"))
        painter.drawText(picture, int(Qt.AlignmentFlag.AlignCenter), "This picture is damaged")
    painter.setBrush(Qt.BrushStyle.NoBrush)
    edge = color("accent", "primary") if selected else color("surface", "hover" if hovered else "pane_border")
    painter.setPen(QPen(edge, 2.0 if selected else 1.0))
    painter.drawRoundedRect(picture, 4, 4)
    _paint_words(painter, card, item, selected=selected, outdated=outdated)
    if hovered:
        for name, _ in BUTTONS:
            spot = card.button(name)
            shade = color("surface", "window")
            shade.setAlpha(215)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(shade)
            painter.drawRoundedRect(spot, 5, 5)
            icon(name).paint(painter, spot.adjusted(5, 5, -5, -5).toRect())


def _paint_words(painter: QPainter, card: Card, item: BoardItem, *, selected: bool, outdated: bool) -> None:
    line = card.title
    middle = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    painter.setFont(font(1.15, bold=True))
    painter.setPen(color("accent", "primary") if selected else color("text", "muted"))
    number = f"{card.number + 1}"
    painter.drawText(line, middle, number)
    used = QFontMetricsF(font(1.15, bold=True)).horizontalAdvance(number) + 9
    rest = line.adjusted(used, 0, 0, 0)
    with_font = font(1.0, medium=True)
    painter.setFont(with_font)
    painter.setPen(color("text", "strong"))
    title = QFontMetricsF(with_font).elidedText(item.title, Qt.TextElideMode.ElideRight, rest.width())
    painter.drawText(rest, middle, title)
    words = "caps moved since · capture again" if outdated else item.view.step.value
    if item.notes and not outdated:
        words += f" · {len(item.notes)} drawn"
    under = QRectF(rest.left(), line.bottom() - 3, rest.width(), WORDS_PX)
    painter.setFont(font(0.85))
    painter.setPen(color("accent", "caution") if outdated else color("text", "muted"))
    painter.drawText(under, middle, words)
