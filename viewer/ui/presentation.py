"""The board in the room: full screen and dark, one capture at a time, its key numbers large enough for three metres.

Nothing can be edited here: keys only go forth and back, and Escape ends it.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from viewer.model.board import BoardItem
from viewer.model.case import Case
from viewer.ui.board_cards import fitted
from viewer.ui.board_notes import paint_notes
from viewer.ui.board_numbers import KeyNumber, caps_moved, key_numbers
from viewer.ui.board_pictures import decoded
from viewer.ui.capture_caption import DISCLAIMER, ct_date
from viewer.ui.theme import color, font

#: In shares of the screen's height. On a screen 60 cm high, letters of the values are 27 mm high: for 5 m by the rule
#: of thumb that letters are read at 200 times their height.
TITLE, VALUE, LABEL, MORE, SMALL = 0.050, 0.062, 0.026, 0.030, 0.024
MARGIN, HEAD, FOOT = 0.030, 0.105, 0.060
#: Of the screen's width: what the numbers take.
NUMBERS = 0.255
_K = Qt.Key

FORTH = (_K.Key_Right, _K.Key_Down, _K.Key_Space, _K.Key_PageDown, _K.Key_Return, _K.Key_Enter)
BACK = (_K.Key_Left, _K.Key_Up, _K.Key_Backspace, _K.Key_PageUp)
BLANK = (_K.Key_B, _K.Key_Period)

PRESENTATION_KEYS = (
    ("→ ↓ Space, click", "next capture"),
    ("← ↑ Backspace", "former capture"),
    ("Home  End  1 … 9", "first, last, that capture"),
    ("B", "dark, and back"),
    ("Esc", "end"),
)


class Presentation(QWidget):
    """Shows the captures of a case; a window of its own.

    Parameters
    ----------
    case : Case
        With at least one capture; as it is now, whatever happens to the plan meanwhile.
    number : int
        With which capture to begin, from 0.
    identity : str
        Shown in the corner; empty: not.
    parent : QWidget, optional
        The window that it ends with.
    """

    ended = Signal()

    def __init__(self, case: Case, number: int = 0, identity: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window | Qt.WindowType.FramelessWindowHint)
        if not case.board:
            raise ValueError("there is no capture to present")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("CTO Viewer")
        self.setCursor(Qt.CursorShape.BlankCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._case = case
        self._identity = identity
        self._number = 0
        self._blank = False
        self._images: dict[int, QImage] = {}
        self._numbers: dict[int, tuple[KeyNumber, ...]] = {}
        self.go_to(number)

    # -- where it is ---------------------------------------------------------------------------------------------

    @property
    def number(self) -> int:
        """Which capture is shown, from 0."""
        return self._number

    @property
    def item(self) -> BoardItem:
        """The capture that is shown."""
        return self._case.board[self._number]

    @property
    def blank(self) -> bool:
        """Whether the screen is dark."""
        return self._blank

    def go_to(self, number: int) -> None:
        """Show a capture; before the first and beyond the last there is none."""
        self._number = min(max(number, 0), len(self._case.board) - 1)
        self._blank = False
        near = range(self._number - 1, self._number + 2)
        self._images = {n: image for n, image in self._images.items() if n in near}
        self.update()
        QTimer.singleShot(0, self, self._look_ahead)

    def _look_ahead(self) -> None:
        """Decode the next picture, so that the next key shows it at once."""
        if self._number + 1 < len(self._case.board):
            self._image(self._number + 1)

    def _image(self, number: int) -> QImage:
        if number not in self._images:
            self._images[number] = decoded(self._case.board[number])
        return self._images[number]

    def numbers(self) -> tuple[KeyNumber, ...]:
        """Return the key numbers beside the capture."""
        if self._number not in self._numbers:
            self._numbers[self._number] = key_numbers(self._case, self.item)
        return self._numbers[self._number]

    # -- painting ------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), color("surface", "picture"))
        if not self._blank:
            self.paint(painter, QRectF(self.rect()))

    def paint(self, painter: QPainter, area: QRectF) -> None:
        """Paint the capture with its title and numbers into an area of a screen's shape."""
        painter.setRenderHints(
            QPainter.RenderHint.Antialiasing
            | QPainter.RenderHint.TextAntialiasing
            | QPainter.RenderHint.SmoothPixmapTransform
        )
        high, wide = area.height(), area.width()
        margin = MARGIN * high
        numbers = self.numbers()
        column = NUMBERS * wide if numbers else 0.0
        room = area.adjusted(margin, HEAD * high, -margin - column, -FOOT * high)
        image = self._image(self._number)
        place = fitted(image.width(), image.height(), room)
        place.moveTop(room.top())
        if image.isNull():
            _text(painter, room, "This picture is damaged", MORE * high, color("accent", "caution"))
        else:
            painter.drawImage(place, image)
            paint_notes(painter, place, self.item.notes)
        self._paint_head(painter, QRectF(area.left() + margin, area.top(), wide - 2 * margin, HEAD * high), high)
        if numbers:
            left = area.right() - column
            box = QRectF(left, room.top(), column - margin, room.height())
            self._paint_numbers(painter, box, numbers, high)
        self._paint_foot(painter, area, high)

    def _paint_head(self, painter: QPainter, line: QRectF, high: float) -> None:
        number = f"{self._number + 1}"
        used = _text(painter, line, number, TITLE * high, color("accent", "primary"), bold=True)
        rest = line.adjusted(used + 0.5 * TITLE * high, 0, 0, 0)
        _text(painter, rest, self.item.title, TITLE * high, color("text", "strong"), bold=True)

    def _paint_numbers(self, painter: QPainter, box: QRectF, numbers: tuple[KeyNumber, ...], high: float) -> None:
        heights = [LABEL + VALUE + (MORE if each.more else 0.0) for each in numbers]
        needed = 1.2 * sum(heights) * high
        # With more numbers than usual all of them become smaller together.
        size = min(1.0, box.height() / (needed + 0.02 * high * (len(numbers) - 1)))
        gap = min((box.height() - size * needed) / max(len(numbers) - 1, 1), 0.042 * high)
        top = box.top()
        for each in numbers:
            lines = (
                (each.label, LABEL, color("text", "muted"), False),
                (each.value, VALUE, _tone(each), True),
                (each.more, MORE, color("text", "normal"), False),
            )
            for text, share, shade, bold in lines:
                if text:
                    row = QRectF(box.left(), top, box.width(), 1.2 * share * high * size)
                    _text(painter, row, text, share * high * size, shade, bold=bold)
                    top += row.height()
            top += gap

    def _paint_foot(self, painter: QPainter, area: QRectF, high: float) -> None:
        margin = MARGIN * high
        line = QRectF(
            area.left() + margin, area.bottom() - FOOT * high, area.width() - 2 * margin, (FOOT - 0.01) * high
        )
        if caps_moved(self._case, self.item):
            text = "The caps were moved after this picture was taken: the numbers are the plan's."
            _text(painter, line, text, SMALL * high, color("accent", "caution"), bold=True)
        else:
            words = filter(None, (self._identity, ct_date(self._case), DISCLAIMER))
            _text(painter, line, "   ·   ".join(words), SMALL * high, color("text", "muted"))
        count, edge = len(self._case.board), 0.012 * high
        for n in range(count):
            at = QPointF(line.right() - (count - n - 0.5) * 2.2 * edge, line.center().y())
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color("accent", "primary") if n == self._number else color("surface", "hover"))
            painter.drawEllipse(at, edge * 0.62, edge * 0.62)

    # -- keys ----------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == _K.Key_Escape:
            self.close()
        elif key in BLANK:
            self._blank = not self._blank
            self.update()
        elif key in FORTH:
            self.go_to(self._number + (0 if self._blank else 1))
        elif key in BACK:
            self.go_to(self._number - (0 if self._blank else 1))
        elif key == _K.Key_Home:
            self.go_to(0)
        elif key == _K.Key_End:
            self.go_to(len(self._case.board) - 1)
        elif _K.Key_1 <= key <= _K.Key_9 and key - _K.Key_1 < len(self._case.board):
            self.go_to(key - _K.Key_1)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        forth = event.button() == Qt.MouseButton.LeftButton
        self.go_to(self._number + (1 if forth else -1))
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()

    def closeEvent(self, event: object) -> None:
        self.ended.emit()


def _tone(number: KeyNumber) -> QColor:
    return color("meaning", number.tone) if number.tone else color("text", "strong")


def _text(painter: QPainter, box: QRectF, text: str, px: float, shade: QColor, *, bold: bool = False) -> float:
    """Draw one line from the left, smaller where it would not fit; returns its width."""
    face: QFont = font(1.0, bold=bold)
    face.setPixelSize(max(round(px), 6))
    width = QFontMetricsF(face).horizontalAdvance(text)
    if width > box.width():
        face.setPixelSize(max(round(px * max(box.width() / width, 0.6)), 6))
        text = QFontMetricsF(face).elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        width = QFontMetricsF(face).horizontalAdvance(text)
    painter.setFont(face)
    painter.setPen(shade)
    painter.drawText(box, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), text)
    return width
