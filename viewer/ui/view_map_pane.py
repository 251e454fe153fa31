"""The view map: foreshortening and overlap for every angle of the C-arm; click and the C-arm goes there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QLinearGradient, QMouseEvent, QPainter, QPen

from viewer.analysis.fluoro.limits import standard_views
from viewer.analysis.fluoro.proposals import Proposal, Purpose
from viewer.analysis.fluoro.view_map import ViewMap, view_map
from viewer.desk import Desk
from viewer.desk.target import Target, target_of
from viewer.jobs import Jobs
from viewer.model.carm import view_label
from viewer.model.case import Case
from viewer.model.view import ViewState
from viewer.progress import Progress
from viewer.report.ink import draw_text
from viewer.settings import Settings
from viewer.ui.pane import HEADER_PX, Pane
from viewer.ui.same import same
from viewer.ui.theme import color, font

#: Cost in points -> colour: from clear dark to bright, so that the good views are the dark valleys.
_STOPS = ((0, "#0B3C49"), (5, "#13708A"), (12, "#3FA7A0"), (25, "#C9C96A"), (50, "#D98E4A"), (100, "#7A3B2E"))


#: The letter of each proposal and its colour: cap, body, distal landing zone, and the two that show depth.
_LETTERS = {
    Purpose.CAP: ("P", "meaning", "proximal_cap"),
    Purpose.OCCLUSION: ("O", "text", "strong"),
    Purpose.LANDING_ZONE: ("D", "meaning", "distal_cap"),
    Purpose.PAIR: ("2", "meaning", "mark"),
}
_DISC_PX = 8.0


def colored(cost: np.ndarray, reachable: np.ndarray) -> np.ndarray:
    """Return the colours of a map, uint8 of shape (B, A, 3); out of reach is dim."""
    stops = [float(stop) for stop, _ in _STOPS]
    shades = [QColor(name) for _, name in _STOPS]
    channels = ([c.red() for c in shades], [c.green() for c in shades], [c.blue() for c in shades])
    rgb = np.stack([np.interp(cost, stops, np.array(channel, float)) for channel in channels], axis=-1)
    return np.where(reachable[..., None], rgb, rgb * 0.22 + 14).astype(np.uint8)


class ViewMapPane(Pane):
    """Shows the plane of angles, RAO left, LAO right, cranial up."""

    key = "view_map"
    title = "View map"
    when_empty = ("Foreshortening for every angle", "Choose a vessel (step Vessel); an occlusion on it comes first.")

    def __init__(
        self, desk: Desk, jobs: Jobs, settings: Settings, proposals: Callable[[], Sequence[Proposal]] = tuple
    ) -> None:
        super().__init__(desk, jobs)
        self._settings, self._proposals = settings, proposals
        self._key: tuple[object, ...] = ()
        self._target: Target | None = None
        self._map: ViewMap | None = None
        self._image: QImage | None = None

    def refresh(self, case: Case | None, view: ViewState) -> None:
        target = target_of(case, view)
        if case is None or target is None:
            self._map = self._image = None
            self._key = ()
            self.set_empty(True)
            return
        limits = self._settings.lab.limits
        key = (case.tree, case.lesions, target, limits)
        if not same(key, self._key):
            self._key = key
            tree, lesions = case.tree, case.lesions

            def work(progress: Progress) -> tuple[Target, ViewMap]:
                return target, view_map(tree, target.vessel, target.from_mm, target.to_mm, limits, lesions)

            self.jobs.run("view_map", work, done=self._made, failed=_raise)
        self.update_if_other(case, view.carm, self._proposals())

    def _made(self, made: tuple[Target, ViewMap]) -> None:
        self._target, self._map = made
        rgb = np.ascontiguousarray(colored(self._map.cost, self._map.reachable)[::-1])
        height, width, _ = rgb.shape
        self._image = QImage(rgb.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
        self.set_empty(False)
        self.update()

    @property
    def resting(self) -> bool:
        return self.jobs.job("view_map") is None

    def subtitle(self) -> str:
        return f"{self._target.vessel}, {self._target.what}" if self._target is not None and not self.empty else ""

    def header_right(self) -> str:
        if self._map is None or self.empty:
            return ""
        carm = self.desk.view.carm
        shortened, overlap, _ = self._map.at(carm.primary_deg, carm.secondary_deg)
        return f"{carm.label}: foreshortening {shortened:.0f} % · overlap {overlap:.0f} %"

    # -- where things lie ----------------------------------------------------------------------------------------

    def _frame(self, area: QRect) -> QRectF:
        return QRectF(area).adjusted(46, HEADER_PX + 6, -14, -26)

    def _to_screen(self, primary_deg: float, secondary_deg: float, area: QRect) -> QPointF:
        assert self._map is not None
        frame, a, b = self._frame(area), self._map.primary_deg, self._map.secondary_deg
        x = frame.left() + (primary_deg - a[0]) / (a[-1] - a[0]) * frame.width()
        return QPointF(x, frame.bottom() - (secondary_deg - b[0]) / (b[-1] - b[0]) * frame.height())

    def _angles_at(self, where: QPointF) -> tuple[float, float]:
        assert self._map is not None
        frame, a, b = self._frame(self.rect()), self._map.primary_deg, self._map.secondary_deg
        x = np.clip((where.x() - frame.left()) / frame.width(), 0, 1)
        y = np.clip((frame.bottom() - where.y()) / frame.height(), 0, 1)
        return float(round(a[0] + x * (a[-1] - a[0]))), float(round(b[0] + y * (b[-1] - b[0])))

    # -- painting ------------------------------------------------------------------------------------------------

    def paint_picture(self, painter: QPainter, area: QRect) -> None:
        if self._image is None or self._map is None:
            return
        painter.fillRect(area, color("surface", "pane"))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        frame = self._frame(area)
        painter.drawImage(frame, self._image)
        self._paint_axes(painter, area)
        self._paint_scale(painter, area)
        carm = self.desk.view.carm
        for view in standard_views():
            at = self._to_screen(view.primary_deg, view.secondary_deg, area)
            if frame.contains(at):
                self._paint_mark(painter, area, at, view.name, color("text", "normal"), 3)
        self._paint_proposals(painter, area)
        here = self._to_screen(carm.primary_deg, carm.secondary_deg, area)
        painter.setPen(QPen(color("text", "strong"), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(here, 8, 8)
        painter.drawPoint(here)
        if not self._proposals():
            self._paint_least(painter, area)

    def _paint_least(self, painter: QPainter, area: QRect) -> None:
        """Mark the best of all angles, where no views were proposed."""
        assert self._map is not None
        best = np.where(self._map.reachable, self._map.cost, np.inf)
        row, column = np.unravel_index(int(best.argmin()), best.shape)
        primary, secondary = float(self._map.primary_deg[column]), float(self._map.secondary_deg[row])
        at = self._to_screen(primary, secondary, area)
        self._paint_mark(painter, area, at, f"least: {view_label(primary, secondary)}", color("accent", "primary"), 5)

    def _paint_proposals(self, painter: QPainter, area: QRect) -> None:
        """Put a lettered disc where each proposal stands."""
        middle = int(Qt.AlignmentFlag.AlignCenter)
        taken: list[QPointF] = []
        for proposal in self._proposals():
            letter, group, name = _LETTERS[proposal.purpose]
            at = self._to_screen(proposal.primary_deg, proposal.secondary_deg, area)
            while any((at - other).manhattanLength() < 2 * _DISC_PX for other in taken):
                at = at + QPointF(_DISC_PX, -_DISC_PX)
            taken.append(at)
            painter.setPen(QPen(QColor(0, 0, 0, 200), 1.5))
            painter.setBrush(color(group, name))
            painter.drawEllipse(at, _DISC_PX, _DISC_PX)
            box = QRectF(at.x() - 12, at.y() - 9, 24, 18)
            painter.setPen(QColor(0, 0, 0))
            painter.setFont(font(0.75, bold=True))
            painter.drawText(box, middle, letter)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_scale(self, painter: QPainter, area: QRect) -> None:
        """Say what the colours mean, and the letters."""
        frame = self._frame(area)
        left, top = frame.left() + 8, frame.bottom() - 20
        words = font(0.7)
        width = QFontMetrics(words).horizontalAdvance("100 %") + 4
        strip = QRectF(left + width, top + 4, 90, 7)
        shades = QLinearGradient(strip.topLeft(), strip.topRight())
        for stop, name in _STOPS:
            shades.setColorAt(stop / 100, QColor(name))
        meaning = "foreshortening + overlap"
        wide = QFontMetrics(words).horizontalAdvance(meaning) + 6
        painter.fillRect(QRectF(left - 4, top - 2, 2 * width + 102 + wide, 19), QColor(0, 0, 0, 120))
        painter.fillRect(strip, shades)
        side = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        draw_text(painter, QRect(round(left), round(top), width, 15), side, "0 %", words, color("text", "strong"))
        right = QRect(round(strip.right()) + 5, round(top), width, 15)
        draw_text(painter, right, side, "100 %", words, color("text", "strong"))
        beside = QRect(right.right() + 4, right.top(), wide, 15)
        draw_text(painter, beside, side, meaning, words, color("text", "muted"))

    def _paint_mark(self, painter: QPainter, area: QRect, at: QPointF, name: str, shade: QColor, radius: float) -> None:
        painter.setPen(QPen(shade, 1.5))
        painter.drawLine(at - QPointF(radius, 0), at + QPointF(radius, 0))
        painter.drawLine(at - QPointF(0, radius), at + QPointF(0, radius))
        words = font(0.75)
        box, flags = self._word_box(area, at, QFontMetrics(words).horizontalAdvance(name) + 2)
        draw_text(painter, box, int(flags | Qt.AlignmentFlag.AlignVCenter), name, words, shade)

    def _word_box(self, area: QRect, at: QPointF, width: int) -> tuple[QRect, Qt.AlignmentFlag]:
        """Return where a word beside a mark stands, within the frame."""
        frame = self._frame(area)
        left, flags = at.x() + 6, Qt.AlignmentFlag.AlignLeft
        if left + width > frame.right():
            left, flags = at.x() - 6 - width, Qt.AlignmentFlag.AlignRight
        return QRect(round(left), round(max(at.y() - 16, frame.top() + 1)), width, 15), flags

    def _paint_axes(self, painter: QPainter, area: QRect) -> None:
        frame = self._frame(area)
        painter.setFont(font(0.75))
        for angle in range(-90, 91, 30):
            at = self._to_screen(angle, 0, area)
            painter.setPen(QColor(255, 255, 255, 36))
            painter.drawLine(QPointF(at.x(), frame.top()), QPointF(at.x(), frame.bottom()))
            painter.setPen(color("text", "muted"))
            text = "AP" if angle == 0 else f"{'LAO' if angle > 0 else 'RAO'} {abs(angle)}"
            # The outermost words keep within the pane.
            left = min(at.x() - 30, area.right() - 62)
            side = Qt.AlignmentFlag.AlignRight if left < at.x() - 30 else Qt.AlignmentFlag.AlignHCenter
            painter.drawText(QRectF(left, frame.bottom() + 4, 60, 16), side, text)
        for angle in range(-30, 31, 15):
            at = self._to_screen(0, angle, area)
            painter.setPen(QColor(255, 255, 255, 36))
            painter.drawLine(QPointF(frame.left(), at.y()), QPointF(frame.right(), at.y()))
            painter.setPen(color("text", "muted"))
            text = "0" if angle == 0 else f"{'CRA' if angle > 0 else 'CAU'} {abs(angle)}"
            flags = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            painter.drawText(QRectF(area.left(), at.y() - 8, 42, 16), flags, text)

    # -- what the doctor does ------------------------------------------------------------------------------------

    def _go(self, where: QPointF) -> None:
        primary, secondary = self._angles_at(where)
        self.desk.look(carm=replace(self.desk.view.carm, primary_deg=primary, secondary_deg=secondary))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._map is not None and event.button() == Qt.MouseButton.LeftButton and event.position().y() > HEADER_PX:
            self._go(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._map is not None and event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event.position())


def _raise(problem: BaseException) -> None:
    raise problem
