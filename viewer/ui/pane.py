"""A pane of the grid: a picture with a title in its corner, which can be maximised and captured.

Every pane is a function of (case, view): `refresh` is called once a turn of the event loop after the desk said "look
again", and a pane compares by ``is`` what changed since it last drew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFont, QFontMetrics, QImage, QMouseEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from viewer.desk import Desk
from viewer.jobs import Jobs
from viewer.model.board import PlaceValue
from viewer.model.case import Case
from viewer.model.view import ViewState
from viewer.progress import silent
from viewer.report.ink import draw_text
from viewer.ui.capture_shot import Shot, nothing_to_compute
from viewer.ui.icons import icon
from viewer.ui.same import same
from viewer.ui.theme import color, font

MARGIN_PX = 10
HEADER_PX = 28
GAP_PX = 8
#: Said instead of what will be here while the picture is being computed.
UNDER_WAY = ("The picture is being made …", "It comes by itself.")


class Pane(QWidget):
    """One pane.

    Parameters
    ----------
    desk : Desk
        Where clicks and drags go.
    jobs : Jobs
        Where slow work goes.

    Notes
    -----
    A subclass sets `key` (in layouts and settings) and `title`, and overrides `refresh` and `paint_picture`. It may
    override `subtitle`, `header_right`, and `when_empty` (title and advice shown while there is no picture), and calls
    `set_empty(False)` once it has one. Slots of jobs begin with the pane's key.
    """

    key = "pane"
    title = "Pane"
    #: What will be here, and how to get it; shown while the pane has no picture.
    when_empty = ("Nothing here yet", "Open a study to begin.")

    #: Whether `header_right` says what the mouse does: of no use in a capture.
    header_right_is_hint = False

    maximise_wanted = Signal(object)
    capture_wanted = Signal(object)
    menu_wanted = Signal(object, QPoint)

    def __init__(self, desk: Desk, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.jobs = jobs
        self._empty = True
        self._painted_from: tuple[object, ...] = ()
        #: What others paint over the picture, given the painter and the area, in this order.
        self.over: list[Callable[[QPainter, QRect], None]] = []
        self.setMinimumSize(120, 90)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.title)
        self._buttons = QWidget(self)
        row = QHBoxLayout(self._buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        self.tool_row = row
        for name, tip, send in (
            ("maximise", "Maximise or restore (F, or double-click the title)", self._want_maximise),
            ("capture", "Capture this pane (S)", self._want_capture),
            ("more", "Show another view in this place", self._want_menu),
        ):
            self.add_tool(name, tip).clicked.connect(send)
        self._buttons.hide()

    # -- for subclasses ------------------------------------------------------------------------------------------

    def refresh(self, case: Case | None, view: ViewState) -> None:
        """Look at the desk again; called once a turn after something changed."""

    def paint_picture(self, painter: QPainter, area: QRect) -> None:
        """Draw the picture into `area` (logical pixels); called only while the pane is not empty."""

    def subtitle(self) -> str:
        """Return what stands muted beside the title."""
        return ""

    def header_right(self) -> str:
        """Return what stands in the upper right corner."""
        return ""

    def close_pane(self) -> None:
        """Let go of what must not outlive the window (VTK objects, jobs)."""

    @property
    def resting(self) -> bool:
        """Whether the picture is the final one: nothing better is on its way."""
        return True

    def update_if_other(self, *made_from: object) -> None:
        """Paint anew if the picture is made from other nouns or values than the last time."""
        if not same(made_from, self._painted_from):
            self._painted_from = made_from
            self.update()

    def set_empty(self, empty: bool) -> None:
        """Say whether there is a picture to paint."""
        if empty != self._empty:
            self._empty = empty
            self.update()

    @property
    def empty(self) -> bool:
        """Whether the pane has no picture."""
        return self._empty

    @property
    def empty_words(self) -> tuple[str, str]:
        """Title and advice that stand in the pane while it has no picture."""
        return self.when_empty if self.resting else UNDER_WAY

    def add_tool(self, icon_name: str, tip: str, *, checkable: bool = False) -> QToolButton:
        """Put a small button at the left of the row under the mouse; `icon_name` as in ``resources/icons``."""
        button = QToolButton(self._buttons)
        button.setIcon(icon(icon_name))
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setCheckable(checkable)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.tool_row.insertWidget(0, button)
        return button

    # -- the frame -----------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(420, 360)

    def grab_picture(self, size: QSize | None = None, scale: float = 1.0) -> QImage:
        """Return the pane's picture without its buttons.

        Parameters
        ----------
        size : QSize, optional
            In pixels of the picture. Default: as the pane stands, at the screen's density.
        scale : float
            With `size`: how many pixels of the picture a pixel of the program's texts and lines takes.
        """
        if size is None:
            scale = self.devicePixelRatioF()
            size = QSize(round(self.width() * scale), round(self.height() * scale))
        shot = self.shot(size, scale)
        return shot.paint(shot.work(silent))

    def shot(self, size: QSize, scale: float) -> Shot:
        """Return the picture as it is now, painted later; a pane whose picture takes long computes it in `work`."""
        image = self.grab_with(size, scale)
        return Shot(nothing_to_compute, lambda _: image)

    def grab_with(self, size: QSize, scale: float, **attributes: Any) -> QImage:
        """Paint the picture with some of the pane's attributes as they were when it was asked for."""
        image = QImage(size, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(scale)
        image.fill(color("surface", "picture"))
        kept = {name: getattr(self, name) for name in attributes}
        for name, value in attributes.items():
            setattr(self, name, value)
        painter = QPainter(image)
        try:
            self._paint(painter, logical_area(size, scale))
        finally:
            painter.end()
            for name, value in kept.items():
                setattr(self, name, value)
        return image

    def mm_per_px(self, area: QRect) -> float | None:
        """Return how much of the patient a pixel of a picture in `area` shows; ``None`` if no one scale is true."""
        return None

    def scale_holds(self) -> str:
        """Say where the scale of `mm_per_px` is true, if not everywhere."""
        return ""

    def place_values(self) -> tuple[tuple[str, PlaceValue], ...]:
        """Return where the pane looks beyond what the view says, so that `restore_place` can bring it back."""
        return ()

    def restore_place(self, values: dict[str, PlaceValue]) -> None:
        """Look where `place_values` was taken; what is missing or of another version is left as it is."""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        clip = QPainterPath()
        clip.addRoundedRect(QRectF(self.rect()), 6, 6)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipPath(clip)
        self._paint(painter, self.rect())
        painter.setClipping(False)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(color("accent", "quiet") if self.hasFocus() else color("surface", "pane_border"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.end()

    def _paint(self, painter: QPainter, area: QRect) -> None:
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        if self._empty:
            painter.fillRect(area, color("surface", "pane"))
            self._paint_empty(painter, area)
        else:
            painter.fillRect(area, color("surface", "picture"))
            self.paint_picture(painter, area)
            for paint in self.over:
                painter.save()
                paint(painter, area)
                painter.restore()
        self._paint_header(painter, area)

    def _paint_empty(self, painter: QPainter, area: QRect) -> None:
        head, advice = self.empty_words
        box = area.adjusted(24, HEADER_PX, -24, -12)
        middle = box.center().y()
        painter.setFont(font(1.05, medium=True))
        painter.setPen(color("text", "normal"))
        flags = int(Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap)
        upper = QRect(box.left(), box.top(), box.width(), max(middle - box.top(), 0))
        painter.drawText(upper, flags | int(Qt.AlignmentFlag.AlignBottom), head)
        painter.setFont(font(0.95))
        painter.setPen(color("text", "muted"))
        lower = QRect(box.left(), middle + 6, box.width(), max(box.bottom() - middle - 6, 0))
        painter.drawText(lower, flags | int(Qt.AlignmentFlag.AlignTop), advice)

    def _paint_header(self, painter: QPainter, area: QRect) -> None:
        # A maximised pane is read from afar; more than this does not go into the line of the header.
        scale = min(max(area.height() / 620, 1.0), 1.3)
        line = QRect(area.left() + MARGIN_PX, area.top() + 5, area.width() - 2 * MARGIN_PX, HEADER_PX - 6)
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        live = painter.device() is self
        if live and self._buttons.isVisible():
            line.setRight(self._buttons.x() - GAP_PX)
        taken = draw_text(painter, line, left, self.title, font(scale, bold=True), color("text", "strong"))
        small = font(0.9 * scale)
        left_out = self._buttons.isVisible() if live else self.header_right_is_hint
        told = "" if left_out else self.header_right()
        room = line.width() - taken - GAP_PX
        # What does not fit is left out: the subtitle comes before the words on the right.
        subtitle = f"· {self.subtitle()}" if self.subtitle() else ""
        if subtitle and _width_of(subtitle, small) <= room:
            beside = line.adjusted(taken + 6, 0, 0, 0)
            room -= draw_text(painter, beside, left, subtitle, small, color("text", "muted")) + GAP_PX
        if told and _width_of(told, small) <= room:
            right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            draw_text(painter, line, right, told, small, color("text", "normal"))

    def _want_maximise(self) -> None:
        self.maximise_wanted.emit(self)

    def _want_capture(self) -> None:
        self.capture_wanted.emit(self)

    def _want_menu(self) -> None:
        self.menu_wanted.emit(self, self._buttons.mapToGlobal(QPoint(0, self._buttons.height())))

    def resizeEvent(self, event: QEvent) -> None:
        self._place_buttons()

    def _place_buttons(self) -> None:
        self._buttons.adjustSize()
        self._buttons.move(self.width() - self._buttons.width() - 6, 4)

    def enterEvent(self, event: QEnterEvent) -> None:
        self._buttons.show()
        self._place_buttons()
        self._buttons.raise_()
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._buttons.hide()
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.position().y() <= HEADER_PX and event.button() == Qt.MouseButton.LeftButton:
            self.maximise_wanted.emit(self)
        else:
            super().mouseDoubleClickEvent(event)


def logical_area(size: QSize, scale: float) -> QRect:
    """Return the area of a picture of `size` pixels in pixels of the program's texts and lines."""
    return QRect(0, 0, round(size.width() / scale), round(size.height() / scale))


def _width_of(text: str, with_font: QFont) -> int:
    return QFontMetrics(with_font).horizontalAdvance(text)
