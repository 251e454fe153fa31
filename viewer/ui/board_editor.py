"""A capture laid open to be drawn on: arrows, rings and texts, each movable and deletable, every stroke undoable."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QCloseEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QLineEdit, QToolButton, QWidget

from viewer.desk import Desk
from viewer.model.board import Board, BoardItem, Note, NoteKind, Point, exchanged
from viewer.ui.board_cards import fitted
from viewer.ui.board_notes import as_share, note_at, on_picture, paint_notes
from viewer.ui.board_pictures import decoded
from viewer.ui.icons import icon
from viewer.ui.theme import color

BAR_PX = 40
#: A stroke shorter than this, in shares of the picture, was a slip.
LEAST_SHARE = 0.008
_K = Qt.Key

_TOOLS = (
    (NoteKind.ARROW, "arrow", "Arrow: drag from its tail to its tip (A)", _K.Key_A),
    (NoteKind.RING, "ring", "Ring: drag from corner to corner (R)", _K.Key_R),
    (NoteKind.TEXT, "text", "Text: click where it begins (T)", _K.Key_T),
)


class BoardEditor(QWidget):
    """Lies over the board while a capture is open; `closed` says that it is gone."""

    closed = Signal()

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self._number = 0
        self._item: BoardItem | None = None
        self._image = QImage()
        self._kind = NoteKind.ARROW
        self._selected: int | None = None
        self._pressed: QPointF | None = None
        self._draft: Note | None = None
        self._moving: tuple[int, Note] | None = None
        self._typing_at: Point | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self._build_bar()
        self._words = QLineEdit(self)
        self._words.setAccessibleName("Words on the picture")
        self._words.setPlaceholderText("Type, then Enter")
        self._words.hide()
        self._words.returnPressed.connect(self._typed)
        self.hide()

    def _build_bar(self) -> None:
        self._bar = QWidget(self)
        row = QHBoxLayout(self._bar)
        row.setContentsMargins(10, 4, 10, 4)
        row.setSpacing(4)
        group = QButtonGroup(self)
        self._tools: dict[NoteKind, QToolButton] = {}
        for kind, picture, tip, _ in _TOOLS:
            button = self._button(picture, tip)
            button.setCheckable(True)
            button.clicked.connect(lambda _=False, kind=kind: self.choose(kind))
            group.addButton(button)
            row.addWidget(button)
            self._tools[kind] = button
        row.addSpacing(10)
        delete = self._button("delete", "Delete what is selected (Delete)")
        delete.clicked.connect(self.delete_selected)
        row.addWidget(delete)
        self._title = QLabel()
        self._title.setObjectName("muted")
        row.addSpacing(10)
        row.addWidget(self._title, 1)
        done = self._button("close", "Back to the board (Esc)")
        done.clicked.connect(self.close)
        row.addWidget(done)

    def _button(self, picture: str, tip: str) -> QToolButton:
        button = QToolButton(self._bar)
        button.setIcon(icon(picture))
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return button

    # -- what is open --------------------------------------------------------------------------------------------

    def open(self, number: int) -> None:
        """Lay a capture open, by its number from 0."""
        case = self._desk.case
        if case is None or not 0 <= number < len(case.board):
            return
        self._number, self._selected, self._draft = number, None, None
        self._show_item(case.board[number])
        self.choose(self._kind)
        self.show()
        self.raise_()
        self.setFocus()

    def refresh(self, board: Board) -> None:
        """Look at the board again; close if the capture is gone."""
        if not self.isVisible():
            return
        same = [n for n, item in enumerate(board) if self._item is not None and item.png is self._item.png]
        if not same:
            self.close()
            return
        self._number = same[0]
        self._show_item(board[self._number])

    def _show_item(self, item: BoardItem) -> None:
        if self._item is None or self._item.png is not item.png:
            self._image = decoded(item)
        self._item = item
        if self._selected is not None and self._selected >= len(item.notes):
            self._selected = None
        self._title.setText(f"{self._number + 1}  {item.title}")
        self.update()

    def choose(self, kind: NoteKind) -> None:
        """Take another tool."""
        self._kind = kind
        self._tools[kind].setChecked(True)

    def picture(self) -> QRectF:
        """Return where the picture stands."""
        room = QRectF(self.rect()).adjusted(10, BAR_PX, -10, -10)
        return fitted(self._image.width(), self._image.height(), room)

    # -- edits ---------------------------------------------------------------------------------------------------

    def _keep(self, notes: tuple[Note, ...], title: str) -> None:
        case = self._desk.kept_case
        if case is None or self._item is None or self._number >= len(case.board):
            return
        board = exchanged(case.board, self._number, replace(case.board[self._number], notes=notes))
        self._item = board[self._number]
        self._desk.apply(replace(case, board=board), title)
        self.update()

    def _add(self, note: Note) -> None:
        assert self._item is not None
        self._keep((*self._item.notes, note), f"Draw {note.kind.value}")
        self._selected = len(self._item.notes) - 1

    def delete_selected(self) -> None:
        """Delete what is selected."""
        if self._item is not None and self._selected is not None:
            gone = self._item.notes[self._selected]
            notes = tuple(note for n, note in enumerate(self._item.notes) if n != self._selected)
            self._selected = None
            self._keep(notes, f"Delete {gone.kind.value}")

    def _typed(self) -> None:
        at, text = self._typing_at, self._words.text().strip()
        self._stop_typing()
        if at is not None and text:
            self._add(Note(NoteKind.TEXT, at, at, text))

    def _stop_typing(self) -> None:
        self._typing_at = None
        self._words.clear()
        self._words.hide()
        self.setFocus()

    # -- painting ------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), color("surface", "pane"))
        if self._item is None:
            return
        place = self.picture()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(place, self._image)
        notes = list(self._item.notes)
        if self._moving is not None:
            notes[self._moving[0]] = self._moving[1]
        if self._draft is not None:
            notes.append(self._draft)
        chosen = notes[self._selected] if self._selected is not None and self._selected < len(notes) else None
        paint_notes(painter, place, tuple(notes), chosen)

    def resizeEvent(self, event: object) -> None:
        self._bar.setGeometry(0, 0, self.width(), BAR_PX)

    # -- mouse and keyboard --------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self.picture()
        if self._item is None or event.button() != Qt.MouseButton.LeftButton or not place.contains(event.position()):
            return
        if self._typing_at is not None:
            self._typed()
            return
        self._pressed = event.position()
        hit = note_at(event.position(), place, self._item.notes)
        self._selected = None if hit is None else next(n for n, note in enumerate(self._item.notes) if note is hit)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = self.picture()
        if self._item is None:
            return
        if self._pressed is None:
            over = note_at(event.position(), place, self._item.notes)
            self.setCursor(Qt.CursorShape.CrossCursor if over is None else Qt.CursorShape.SizeAllCursor)
            return
        start, end = as_share(self._pressed, place), as_share(event.position(), place)
        if self._selected is not None:
            note = self._item.notes[self._selected]
            self._moving = (self._selected, note.moved(end[0] - start[0], end[1] - start[1]))
        elif self._kind is not NoteKind.TEXT:
            self._draft = Note(self._kind, start, end)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, draft, moving = self._pressed, self._draft, self._moving
        self._pressed = self._draft = self._moving = None
        if pressed is None or self._item is None:
            return
        if moving is not None:
            number, note = moving
            if note.start != self._item.notes[number].start:
                notes = (*self._item.notes[:number], note, *self._item.notes[number + 1 :])
                self._keep(notes, f"Move {note.kind.value}")
        elif draft is not None:
            (a, b), (c, d) = draft.start, draft.end
            if max(abs(c - a), abs(d - b)) >= LEAST_SHARE:
                self._add(draft)
        elif self._selected is None and self._kind is NoteKind.TEXT:
            self._begin_text(as_share(pressed, self.picture()))
        self.update()

    def _begin_text(self, at: Point) -> None:
        self._typing_at = at
        spot = on_picture(at, self.picture())
        width = min(260, self.width() - 20)
        self._words.setGeometry(round(min(spot.x(), self.width() - width - 10)), round(spot.y()) - 15, width, 30)
        self._words.show()
        self._words.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        kinds = {key: kind for kind, _, _, key in _TOOLS}
        if event.key() == _K.Key_Escape:
            if self._typing_at is not None:
                self._stop_typing()
            else:
                self.close()
        elif event.key() in (_K.Key_Delete, _K.Key_Backspace):
            self.delete_selected()
        elif event.key() in kinds:
            self.choose(kinds[_K(event.key())])
        elif event.key() in (_K.Key_Left, _K.Key_Right):
            self.open(self._number + (1 if event.key() == _K.Key_Right else -1))

    def closeEvent(self, event: QCloseEvent) -> None:
        self._stop_typing()
        self._item = None
        super().closeEvent(event)
        self.closed.emit()
