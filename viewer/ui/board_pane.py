"""The board: captures in the order in which they are shown in the room; named, drawn on, and the way back to a view."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPen, QWheelEvent
from PySide6.QtWidgets import QLineEdit, QToolTip

from viewer.desk import Desk
from viewer.jobs import Jobs
from viewer.model.board import Board, exchanged, moved, without
from viewer.model.case import Case
from viewer.model.view import ViewState
from viewer.ui.board_cards import BUTTONS, Card, cards_in, columns_of, gap_at, paint_card
from viewer.ui.board_editor import BoardEditor
from viewer.ui.board_numbers import caps_moved
from viewer.ui.board_pictures import BoardPictures
from viewer.ui.pane import HEADER_PX, Pane
from viewer.ui.theme import color

#: A press that moved less than this is a click, pixels.
CLICK_PX = 6
_K = Qt.Key

BOARD_KEYS = (
    ("Click, Enter", "back to the view of a capture"),
    ("Drag, Ctrl+← →", "another place in the order"),
    ("← → ↑ ↓", "choose a capture"),
    ("F2, click the title", "name it"),
    ("E", "draw on it: A arrow, R ring, T text"),
    ("Delete", "take it off"),
    ("F5", "present (from anywhere Shift+F5)"),
)


class BoardPane(Pane):
    """Shows the board of the case as cards.

    `restore_wanted` brings a `BoardItem`; `present_wanted` the number of the capture to begin with; `settings_wanted`
    the place under the button.
    """

    key = "board"
    title = "Board"
    header_right_is_hint = True
    when_empty = (
        "Your captures, in order",
        "Press S over any pane (Shift+S: all panes) and its picture comes here, with the way back to its view. "
        "In the room, F5 shows them full screen.",
    )

    restore_wanted = Signal(object)
    present_wanted = Signal(int)
    settings_wanted = Signal(QPoint)

    def __init__(self, desk: Desk, jobs: Jobs) -> None:
        super().__init__(desk, jobs)
        self._case: Case | None = None
        self._board: Board = ()
        self._pictures = BoardPictures(self.update, self)
        self._selected = 0
        self._hovered: int | None = None
        self._scroll_px = 0.0
        self._pressed: tuple[QPointF, int] | None = None
        self._dragged_to: QPointF | None = None
        self._naming: int | None = None
        self._name = QLineEdit(self)
        self._name.setAccessibleName("Title of the capture")
        self._name.hide()
        self._name.editingFinished.connect(self._named)
        self.editor = BoardEditor(desk, self)
        self.editor.closed.connect(self._drawn)
        settings = self.add_tool("settings", "How captures are made")
        settings.clicked.connect(
            lambda: self.settings_wanted.emit(settings.mapToGlobal(QPoint(0, settings.height() + 4)))
        )
        self.add_tool("present", "Present full screen (F5)").clicked.connect(
            lambda: self.present_wanted.emit(self._selected)
        )

    # -- what is shown -------------------------------------------------------------------------------------------

    def refresh(self, case: Case | None, view: ViewState) -> None:
        self._case = case
        board = () if case is None else case.board
        if board is not self._board:
            grew = len(board) == len(self._board) + 1 and board[:-1] == self._board
            self._board = board
            self._pictures.keep_only(board)
            self._selected = len(board) - 1 if grew else min(self._selected, max(len(board) - 1, 0))
            self._stop_naming()
            self._scroll_by(0)
        self.set_empty(not board)
        self.editor.refresh(board)
        self.update()

    def subtitle(self) -> str:
        count = len(self._board)
        return "" if not count else "1 capture" if count == 1 else f"{count} captures"

    def header_right(self) -> str:
        return "" if self.empty else "click: back to its view · drag: order · E draw · F5 present"

    @property
    def resting(self) -> bool:
        return self._pictures.resting

    @property
    def selected(self) -> int:
        """Number of the chosen capture, from 0."""
        return self._selected

    def cards(self) -> list[Card]:
        """Return the cards as they stand in the pane."""
        return cards_in(self.rect(), len(self._board), self._scroll_px)

    def paint_picture(self, painter: QPainter, area: QRect) -> None:
        painter.fillRect(area, color("surface", "pane"))
        painter.save()
        painter.setClipRect(area.adjusted(0, HEADER_PX, 0, 0), Qt.ClipOperation.IntersectClip)
        cards = cards_in(area, len(self._board), self._scroll_px)
        for card, item in zip(cards, self._board, strict=True):
            if not card.box.intersects(QRectF(area)):
                continue
            paint_card(
                painter,
                card,
                item,
                self._pictures.small(item),
                selected=card.number == self._selected,
                hovered=card.number == self._hovered and self._dragged_to is None,
                outdated=self._case is not None and caps_moved(self._case, item),
            )
        if self._dragged_to is not None and self._pressed is not None:
            self._paint_drag(painter, cards)
        painter.restore()

    def _paint_drag(self, painter: QPainter, cards: list[Card]) -> None:
        """Paint the place where the dragged capture would go, and the capture under the mouse."""
        assert self._pressed is not None and self._dragged_to is not None
        gap = gap_at(cards, self._dragged_to)
        near = cards[min(gap, len(cards) - 1)].picture
        x = near.left() - 8 if gap < len(cards) else near.right() + 8
        painter.setPen(QPen(color("accent", "primary"), 3))
        painter.drawLine(QPointF(x, near.top()), QPointF(x, near.bottom()))
        item = self._board[self._pressed[1]]
        image = self._pictures.small(item)
        if image is not None and not image.isNull():
            ghost = QRectF(0, 0, near.width() * 0.6, near.width() * 0.6 * image.height() / image.width())
            ghost.moveCenter(self._dragged_to)
            painter.setOpacity(0.8)
            painter.drawImage(ghost, image)

    # -- what the doctor does ------------------------------------------------------------------------------------

    def select(self, number: int) -> None:
        """Choose a capture and bring it into sight."""
        if self._board:
            self._selected = min(max(number, 0), len(self._board) - 1)
            box = self.cards()[self._selected].box
            if box.bottom() > self.height():
                self._scroll_by(box.bottom() - self.height() + 8)
            elif box.top() < HEADER_PX:
                self._scroll_by(box.top() - HEADER_PX - 8)
            self.update()

    def put(self, number: int, to: int) -> None:
        """Give a capture another place in the order; both count from 0."""
        case = self.desk.kept_case
        if case is not None and number != to and 0 <= to < len(case.board):
            self._selected = to
            self.desk.apply(replace(case, board=moved(case.board, number, to)), "Move capture")

    def delete(self, number: int) -> None:
        """Take a capture off the board; undo brings it back."""
        case = self.desk.kept_case
        if case is not None and number < len(case.board):
            title = case.board[number].title
            self.desk.apply(replace(case, board=without(case.board, number)), f"Take off “{title}”")

    def name(self, number: int) -> None:
        """Let the title of a capture be typed, over the old one."""
        self.select(number)
        self._naming = number
        self._name.setText(self._board[number].title)
        self._name.setGeometry(self.cards()[number].title.adjusted(16, 0, 0, 2).toRect())
        self._name.show()
        self._name.setFocus()
        self._name.selectAll()

    def draw_on(self, number: int) -> None:
        """Open a capture large, to draw on it."""
        self.select(number)
        self.editor.setGeometry(self.rect().adjusted(1, HEADER_PX, -1, -1))
        self.editor.open(number)

    def _named(self) -> None:
        number, case = self._naming, self.desk.kept_case
        self._stop_naming()
        if number is None or case is None or number >= len(case.board):
            return
        title, item = self._name.text().strip(), case.board[number]
        if title and title != item.title:
            board = exchanged(case.board, number, replace(item, title=title))
            self.desk.apply(replace(case, board=board), f"Name capture “{title}”")

    def _stop_naming(self) -> None:
        had = self._name.hasFocus()
        self._naming = None
        self._name.hide()
        if had:
            self.setFocus()

    def _drawn(self) -> None:
        self.setFocus()
        self.update()

    def _scroll_by(self, px: float) -> None:
        cards = cards_in(self.rect(), len(self._board), 0.0)
        most = max(cards[-1].box.bottom() + 8 - self.height(), 0.0) if cards else 0.0
        self._scroll_px = min(max(self._scroll_px + px, 0.0), most)
        self.update()

    def _card_at(self, where: QPointF) -> Card | None:
        return next((card for card in self.cards() if card.box.contains(where)), None)

    # -- mouse and keyboard --------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        card = self._card_at(event.position())
        if event.button() != Qt.MouseButton.LeftButton or event.position().y() <= HEADER_PX or card is None:
            super().mousePressEvent(event)
            return
        self.select(card.number)
        self._pressed = (event.position(), card.number)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        where = event.position()
        if self._pressed is not None:
            if self._dragged_to is not None or (where - self._pressed[0]).manhattanLength() > CLICK_PX:
                self._dragged_to = where
                self.update()
            return
        card = self._card_at(where) if where.y() > HEADER_PX else None
        hovered = None if card is None else card.number
        if hovered != self._hovered:
            self._hovered = hovered
            self.setCursor(Qt.CursorShape.ArrowCursor if card is None else Qt.CursorShape.PointingHandCursor)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, dragged = self._pressed, self._dragged_to
        self._pressed = self._dragged_to = None
        if pressed is None:
            return
        if dragged is not None:
            gap = gap_at(self.cards(), dragged)
            self.put(pressed[1], gap - (gap > pressed[1]))
        else:
            self._click(event.position())
        self.update()

    def _click(self, where: QPointF) -> None:
        card = self._card_at(where)
        if card is None:
            return
        if card.button("delete").contains(where):
            self.delete(card.number)
        elif card.button("annotate").contains(where):
            self.draw_on(card.number)
        elif card.picture.contains(where):
            self.restore_wanted.emit(self._board[card.number])
        else:
            self.name(card.number)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._stop_naming()
        self._scroll_by(-event.angleDelta().y() * 0.6)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._board:
            super().keyPressEvent(event)
            return
        columns = columns_of(self.cards())
        steps = {_K.Key_Left: -1, _K.Key_Right: 1, _K.Key_Up: -columns, _K.Key_Down: columns}
        step, chosen = steps.get(_K(event.key())), self._selected
        if step is not None and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            to = min(max(chosen + step, 0), len(self._board) - 1)
            self.put(chosen, to)
        elif step is not None:
            self.select(chosen + step)
        elif event.key() in (_K.Key_Return, _K.Key_Enter):
            self.restore_wanted.emit(self._board[chosen])
        elif event.key() in (_K.Key_Delete, _K.Key_Backspace):
            self.delete(chosen)
        elif event.key() == _K.Key_E:
            self.draw_on(chosen)
        elif event.key() in (_K.Key_Home, _K.Key_End):
            self.select(0 if event.key() == _K.Key_Home else len(self._board) - 1)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        # F2 names a capture while the board has the keyboard; elsewhere it is a step of the evening.
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() == _K.Key_F2:
            if self._board:
                event.accept()
                return True
        elif event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() == _K.Key_F2:
            if self._board:
                self.name(self._selected)
                return True
        elif event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self._tell(event)
            return True
        return super().event(event)

    def _tell(self, event: QHelpEvent) -> None:
        where = QPointF(event.pos())
        card = self._card_at(where)
        if card is None:
            QToolTip.hideText()
            return
        tips = [tip for name, tip in BUTTONS if card.button(name).contains(where)]
        item = self._board[card.number]
        QToolTip.showText(event.globalPos(), tips[0] if tips else f"{item.title}\nClick to go back to this view", self)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hovered = None
        self.update()

    def resizeEvent(self, event: QEvent) -> None:
        super().resizeEvent(event)
        self._stop_naming()
        self._scroll_by(0)
        self.editor.setGeometry(self.rect().adjusted(1, HEADER_PX, -1, -1))
