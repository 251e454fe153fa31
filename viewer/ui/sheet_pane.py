"""The planning sheet as it will be printed."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QWheelEvent

from viewer.desk import Desk
from viewer.jobs import Jobs
from viewer.model.case import Case
from viewer.model.view import ViewState
from viewer.ui.pane import HEADER_PX, Pane
from viewer.ui.sheet_flow import SheetFlow
from viewer.ui.theme import color

SHEET_KEYS = (
    ("Click a figure", "go where the program shows it"),
    ("Click", "whole page, or its full width"),
    ("Wheel, ↑ ↓", "up and down the page"),
    ("Page up, Page down", "former, next page"),
)
SCROLL_PX = 60


class SheetPane(Pane):
    """Shows one page at a time: all of it, or as wide as the pane."""

    key = "sheet"
    title = "Planning sheet"
    when_empty = ("One page for the procedure room", "Open a study and find its vessels; the sheet makes itself.")

    def __init__(self, desk: Desk, jobs: Jobs, flow: SheetFlow) -> None:
        super().__init__(desk, jobs)
        self._flow = flow
        self._number = 0
        self._wide = False
        self._top_px = 0.0
        flow.changed.connect(self._look_again)

    def refresh(self, case: Case | None, view: ViewState) -> None:
        self._flow.refresh(case, view)
        self._look_again()

    def _look_again(self) -> None:
        self._number = min(self._number, max(len(self._flow.images) - 1, 0))
        self.set_empty(not self._flow.images)
        self.update()

    @property
    def resting(self) -> bool:
        return not self._flow.busy

    def subtitle(self) -> str:
        if self.empty:
            return ""
        count = len(self._flow.images)
        pages = f" · page {self._number + 1} of {count}" if count > 1 else ""
        return self._flow.choices.page + pages

    def header_right(self) -> str:
        if self.empty:
            return ""
        return "being made anew …" if self._flow.busy else "as it will be printed"

    def turn_to(self, number: int) -> None:
        """Show another page, counted from 0."""
        self._number = min(max(number, 0), len(self._flow.images) - 1)
        self._top_px = 0.0
        self.update()

    def page_rect(self, area: QRect) -> QRectF:
        """Return where the page lies; parts of it may lie outside."""
        image = self._flow.images[self._number]
        free = QRectF(area).adjusted(10, HEADER_PX + 2, -10, -10)
        scale = free.width() / image.width()
        if not self._wide:
            scale = min(scale, free.height() / image.height())
        width, height = image.width() * scale, image.height() * scale
        self._top_px = min(max(self._top_px, 0.0), max(height - free.height(), 0.0))
        return QRectF(free.center().x() - width / 2, free.top() - self._top_px, width, height)

    def paint_picture(self, painter: QPainter, area: QRect) -> None:
        place = self.page_rect(area)
        painter.fillRect(area, color("surface", "pane"))
        painter.save()
        painter.setClipRect(area.adjusted(0, HEADER_PX, 0, 0))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        # A capture is kept with the plan, which holds no names.
        images = self._flow.images if painter.device() is self else self._flow.nameless_images
        image = images[self._number]
        # Shrunk well first: painting a large picture small drops thin lines.
        target = (place.size() * painter.deviceTransform().m11()).toSize()
        small = image.scaled(target, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
        painter.drawImage(place, small)
        painter.restore()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.empty or event.button() != Qt.MouseButton.LeftButton or event.position().y() <= HEADER_PX:
            return
        figure = self._figure_at(event.position())
        if figure is not None:
            self._flow.go_to_figure(self._number, figure)
            return
        before = self.page_rect(self.rect())
        share = (event.position().y() - before.top()) / before.height()
        self._wide = not self._wide
        after = self.page_rect(self.rect())
        self._top_px = share * after.height() - self.height() / 2
        self.page_rect(self.rect())
        self.update()

    def _figure_at(self, where: QPointF) -> int | None:
        if self.empty or where.y() <= HEADER_PX:
            return None
        page = self.page_rect(self.rect())
        return self._flow.figure_at(
            self._number, (where.x() - page.left()) / page.width(), (where.y() - page.top()) / page.height()
        )

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        figure = self._figure_at(event.position())
        self.setCursor(Qt.CursorShape.ArrowCursor if figure is None else Qt.CursorShape.PointingHandCursor)
        self.setToolTip("" if figure is None else f"Figure {figure}: click to see it in the program")

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._scroll(-event.angleDelta().y() / 120 * SCROLL_PX)
        event.accept()

    def _scroll(self, by_px: float) -> None:
        if not self.empty:
            self._top_px += by_px
            self.page_rect(self.rect())
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if self.empty:
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._scroll(SCROLL_PX if key == Qt.Key.Key_Down else -SCROLL_PX)
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self.turn_to(self._number + (1 if key == Qt.Key.Key_PageDown else -1))
        else:
            super().keyPressEvent(event)

    def close_pane(self) -> None:
        self._flow.forget()
