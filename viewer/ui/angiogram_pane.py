"""A real angiogram beside the preview: played, blended with it, and the plan laid over it by a few landmarks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QHideEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPen, QWheelEvent

from viewer.analysis.fluoro.fluoroscopy import Grey
from viewer.analysis.fluoro.preview import Preview
from viewer.desk import Desk
from viewer.desk.angiogram_edits import places_to_find
from viewer.jobs import Jobs
from viewer.model.angiogram import Angiogram
from viewer.model.board import PlaceValue
from viewer.model.carm import CArm, view_label
from viewer.model.case import Case
from viewer.model.geometry import Float
from viewer.model.view import ViewState
from viewer.progress import Progress
from viewer.report.ink import draw_text
from viewer.report.plan_layers import CAPS, NAMES, paint_layers
from viewer.ui.angiogram_flow import AngiogramFlow, detector_px
from viewer.ui.icons import icon
from viewer.ui.pane import HEADER_PX, Pane
from viewer.ui.same import same
from viewer.ui.theme import color, font

PREVIEW_PX = 512
#: A ring is taken hold of from this near.
NEAR_PX = 12.0
MOST_ZOOM, ZOOM_STEP = 8.0, 1.2
LEAST_STEP_MS = 20

ANGIOGRAM_KEYS = (
    ("Space", "play or hold"),
    ("Wheel, ← →", "one frame"),
    ("Ctrl + wheel", "zoom"),
    ("Middle drag", "pan"),
    ("J", "preview to its angles"),
    ("L", "find landmarks: drag the rings"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Grip:
    """What the mouse holds: a landmark on its way, or the whole picture."""

    name: str | None
    lps_mm: Float | None
    at: QPointF


class AngiogramPane(Pane):
    """Shows one frame of the run that lies beside the case.

    Parameters
    ----------
    desk, jobs
    flow : AngiogramFlow
        Has the frames and the registration.
    preview : callable
        Gives what the X-ray preview is made of, once it is there.
    """

    key = "angiogram"
    title = "Angiogram"
    when_empty = ("A real angiogram", "Open a run in the step Views, and lay the plan over it.")

    #: Something that the card at the left shows was changed here.
    told = Signal()

    def __init__(self, desk: Desk, jobs: Jobs, flow: AngiogramFlow, preview: Callable[[], Preview | None]) -> None:
        super().__init__(desk, jobs)
        self._flow, self._preview = flow, preview
        self._case: Case | None = None
        self._view = desk.view
        self._run: Angiogram | None = None
        self._number = 0
        self._blend = 0.0
        self._finding = False
        self._zoom, self._shift = 1.0, QPointF()
        self._grip: Grip | None = None
        self._ct: QImage | None = None
        self._ct_key: tuple[object, ...] = ()
        self._timer = QTimer(self)
        self._timer.timeout.connect(lambda: self.step(1))
        self._play = self.add_tool("play", "Play or hold (Space)", checkable=True)
        self._play.clicked.connect(lambda on: self.play(on))
        flow.changed.connect(self._look_again)

    # -- what is shown -------------------------------------------------------------------------------------------

    def refresh(self, case: Case | None, view: ViewState) -> None:
        self._case, self._view = case, view
        run = case.angiogram if case is not None else None
        if run is None:
            self._run = None
            self.play(False)
            self.set_empty(True)
            return
        if self._run is None or self._run.sop_uid != run.sop_uid:
            self._number, self._zoom, self._shift = 0, 1.0, QPointF()
        self._run = run
        self.set_empty(False)
        self._ask_ct()
        self.update_if_other(case, view.cursor_lps_mm, view.vessel, view.hidden_overlays, view.faded_overlays, self._ct)

    def _look_again(self) -> None:
        if self._run is not None:
            self._ask_ct()
            self.update()

    def _carm(self) -> tuple[CArm, float]:
        """Return the C-arm that shows the CT as the run does, and the roll of its picture, in degrees."""
        assert self._run is not None
        found = self._flow.registration
        return (self._run.carm, 0.0) if found is None else (found.carm, found.roll_deg)

    def _ask_ct(self) -> None:
        """Compute the projection that is blended in, where it is wanted."""
        preview = self._preview()
        if self._run is None or self._run.angles_deg is None or preview is None or self._blend == 0:
            return
        carm, _ = self._carm()
        key = (preview, carm, self._view.xray.subtraction)
        if same(key, self._ct_key):
            return
        self._ct_key = key
        make = preview.subtracted if self._view.xray.subtraction else preview.picture

        def work(progress: Progress) -> Grey:
            return make(carm, PREVIEW_PX)

        def done(grey: Grey) -> None:
            self._ct = _image(grey)
            self.update()

        self.jobs.run("angiogram.preview", work, done=done, failed=_raise)

    @property
    def resting(self) -> bool:
        return not self._flow.busy and self.jobs.job("angiogram.preview") is None

    @property
    def playing(self) -> bool:
        """Whether the run is being played."""
        return self._timer.isActive()

    @property
    def blend(self) -> float:
        """Share of the preview in the picture, 0 to 1."""
        return self._blend

    @property
    def finding(self) -> bool:
        """Whether landmarks can be dragged."""
        return self._finding

    @property
    def number(self) -> int:
        """The frame that is shown, from 0."""
        return self._number

    def subtitle(self) -> str:
        if self._run is None:
            return ""
        if self._run.angles_deg is None:
            return self._run.label
        return view_label(*self._run.angles_deg[min(self._number, self._run.frames - 1)])

    def header_right(self) -> str:
        return "" if self._run is None else f"{self._number + 1} / {self._run.frames}"

    def registered_words(self) -> str:
        """Return how well the CT lies on the run, in a sentence."""
        if self._run is None or self._run.angles_deg is None:
            return ""
        found = self._flow.registration
        if found is None:
            return "Not registered: where the CT lies is a guess."
        if found.landmarks == 1:
            return "One landmark: shifted, not turned. Place two more."
        left = f"{found.rms_mm:.1f} mm left, worst {found.worst_mm:.1f}"
        return f"{found.landmarks} landmarks: about {found.expected_mm:.1f} mm off in the patient ({left})."

    # -- captures ------------------------------------------------------------------------------------------------

    def mm_per_px(self, area: QRect) -> float | None:
        if self._run is None:
            return None
        carm = self._run.carm
        return self._run.mm_per_px * carm.sod_mm / carm.sid_mm * self._run.columns / self._frame(area).width()

    def scale_holds(self) -> str:
        return "at the isocentre"

    def place_values(self) -> tuple[tuple[str, PlaceValue], ...]:
        return (("frame", self._number), ("blend", self._blend))

    def restore_place(self, values: dict[str, PlaceValue]) -> None:
        number, blend = values.get("frame"), values.get("blend")
        if isinstance(number, int) and self._run is not None and 0 <= number < self._run.frames:
            self._number = number
        if isinstance(blend, (int, float)) and 0 <= blend <= 1:
            self.set_blend(float(blend))
        self.update()

    # -- where things lie ----------------------------------------------------------------------------------------

    def _frame(self, area: QRect) -> QRectF:
        """Return where the whole frame lies on the pane."""
        assert self._run is not None
        scale = min(area.width() / self._run.columns, area.height() / self._run.rows) * self._zoom
        size = QPointF(self._run.columns * scale, self._run.rows * scale)
        middle = QPointF(area.center()) + self._shift + QPointF(0.5, 0.5)
        return QRectF(middle - size / 2, middle + size / 2)

    def _screen_of(self, seen_mm: Float, area: QRect) -> Float:
        """Return where places on the detector fall on the pane, shape (..., 2)."""
        assert self._run is not None
        frame = self._frame(area)
        return np.array([frame.left(), frame.top()]) + detector_px(self._run, seen_mm) * (
            frame.width() / self._run.columns
        )

    def _screen(self, points_lps_mm: Float, area: QRect) -> Float:
        """Return where points of the CT fall on the pane, shape (..., 2)."""
        assert self._run is not None
        found = self._flow.registration
        seen = self._run.carm.project(points_lps_mm) if found is None else found.project(points_lps_mm)
        return self._screen_of(seen, area)

    def _seen_mm(self, where: QPointF) -> Float:
        """Return the place on the detector under the mouse, mm right and up of its centre, shape (2,)."""
        assert self._run is not None
        frame = self._frame(self.rect())
        mm = self._run.mm_per_px * self._run.columns / frame.width()
        return np.array([(where.x() - frame.center().x()) * mm, (frame.center().y() - where.y()) * mm])

    # -- painting ------------------------------------------------------------------------------------------------

    def paint_picture(self, painter: QPainter, area: QRect) -> None:
        if self._run is None or self._case is None:
            return
        frame = self._frame(area)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        grey = self._flow.frames.frame(self._number)
        if grey is not None:
            painter.drawImage(frame, _image(grey))
        elif self._flow.missing:
            middle = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
            draw_text(painter, area, middle, self._flow.missing, font(1.0), color("accent", "caution"))
        if self._run.angles_deg is not None:
            painter.save()
            painter.setClipRect(frame.intersected(QRectF(area)))
            self._paint_ct(painter, frame)
            self._paint_plan(painter, area, frame)
            if self._finding:
                self._paint_landmarks(painter, area)
            painter.restore()
        self._paint_words(painter, area)

    def _paint_ct(self, painter: QPainter, frame: QRectF) -> None:
        if self._ct is None or self._blend == 0:
            return
        edge = max(frame.width(), frame.height())
        painter.save()
        painter.setOpacity(self._blend)
        painter.translate(frame.center())
        painter.rotate(-self._carm()[1])
        painter.drawImage(QRectF(-edge / 2, -edge / 2, edge, edge), self._ct)
        painter.restore()

    def _paint_plan(self, painter: QPainter, area: QRect, frame: QRectF) -> None:
        assert self._run is not None and self._case is not None
        carm = self._run.carm
        per_mm = frame.width() / self._run.columns / self._run.mm_per_px * carm.sid_mm / carm.sod_mm
        words = frame.intersected(QRectF(area)).toRect()
        # The rings have names of their own.
        hidden = {NAMES, CAPS} if self._finding else set()

        def opacity(layer: str) -> float:
            return 0.0 if layer in hidden else self._view.opacity(layer)

        paint_layers(
            painter, self._case, lambda points: self._screen(points, area), per_mm, self._view.vessel, opacity, words
        )

    def _paint_landmarks(self, painter: QPainter, area: QRect) -> None:
        assert self._run is not None and self._case is not None
        placed = {landmark.name: self._screen_of(landmark.seen_mm, area) for landmark in self._run.landmarks}
        held = self._grip
        if held is not None and held.name is not None:
            placed[held.name] = np.array([held.at.x(), held.at.y()])
        shade, dim = color("meaning", "mark"), QColor(255, 255, 255, 190)
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for name, point in places_to_find(self._case, self._view.cursor_lps_mm):
            x, y = self._screen(point, area)
            at = QPointF(x, y)
            if name in placed:
                seen = QPointF(*placed[name])
                painter.setPen(QPen(shade, 1.0, Qt.PenStyle.DotLine))
                painter.drawLine(at, seen)
                at = seen
            painter.setPen(QPen(shade if name in placed else dim, 1.6))
            painter.setBrush(shade if name in placed else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(at, 5, 5)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            box = QRect(round(at.x()) + 9, round(at.y()) - 9, 140, 18)
            draw_text(painter, box, left, name, font(0.8), shade if name in placed else dim)

    def _paint_words(self, painter: QPainter, area: QRect) -> None:
        assert self._run is not None
        top = QRect(area.left(), area.top(), area.width(), HEADER_PX)
        low = area.adjusted(0, area.height() - 26, 0, 0)
        for band in (top, low):
            painter.fillRect(band, QColor(0, 0, 0, 175))
        box = area.adjusted(10, 0, -10, -8)
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom)
        found = self._flow.registration
        sure = found is not None and found.landmarks >= 3
        words = self.registered_words() or "Type the angles of this run at the left; then the plan is laid over it."
        shade = color("text", "normal") if sure else color("accent", "caution")
        draw_text(painter, box, left, words, font(0.85), shade)
        if self._run.other_patient:
            banner = QRect(area.left(), area.top() + HEADER_PX, area.width(), 26)
            painter.fillRect(banner, color("accent", "refusal"))
            middle = int(Qt.AlignmentFlag.AlignCenter)
            draw_text(painter, banner, middle, "another patient than the CT", font(1.0, bold=True), QColor("#FFFFFF"))

    # -- what the doctor does ------------------------------------------------------------------------------------

    def play(self, on: bool) -> None:
        """Play the run from here on, or hold it."""
        on = on and self._run is not None and self._run.frames > 1
        if on and self._run is not None:
            self._timer.start(max(round(self._run.frame_ms), LEAST_STEP_MS))
        else:
            self._timer.stop()
        self._play.setChecked(on)
        self._play.setIcon(icon("hold" if on else "play"))

    def step(self, by: int) -> None:
        """Go on by some frames; the first follows the last. A frame that is not there yet is waited for."""
        if self._run is None or (self.playing and self._flow.frames.waiting):
            return
        self._number = (self._number + by) % self._run.frames
        self.update()

    def set_blend(self, share: float) -> None:
        """Blend the preview in by a share from 0 to 1."""
        self._blend = min(max(share, 0.0), 1.0)
        self._ask_ct()
        self.update()
        self.told.emit()

    def show_rings(self, on: bool) -> None:
        """Show rings to be dragged to where they are seen, or take them away."""
        self._finding = on
        self.update()
        self.told.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.empty or event.position().y() <= HEADER_PX:
            return
        if event.button() == Qt.MouseButton.MiddleButton:
            self._grip = Grip(None, None, event.position())
        elif event.button() == Qt.MouseButton.LeftButton and self._finding:
            self._grip = self._nearest(event.position())
            self.update()

    def _nearest(self, where: QPointF) -> Grip | None:
        assert self._run is not None and self._case is not None
        placed = {landmark.name: landmark for landmark in self._run.landmarks}
        best, found = NEAR_PX, None
        for name, point in places_to_find(self._case, self._view.cursor_lps_mm):
            mark = placed.get(name)
            x, y = self._screen(point, self.rect()) if mark is None else self._screen_of(mark.seen_mm, self.rect())
            away = float(np.hypot(x - where.x(), y - where.y()))
            if away < best:
                best, found = away, Grip(name, point if mark is None else mark.lps_mm, where)
        return found

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        held = self._grip
        if held is None:
            return
        if held.name is None:
            self._shift += event.position() - held.at
        self._grip = Grip(held.name, held.lps_mm, event.position())
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        held, self._grip = self._grip, None
        if held is not None and held.name is not None and held.lps_mm is not None:
            self._flow.place(held.name, held.lps_mm, self._seen_mm(event.position()))
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self._run is None:
            return
        turn = event.angleDelta().y() or event.angleDelta().x()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._zoom_at(event.position(), turn / 120)
        else:
            self.step(-1 if turn > 0 else 1)
        event.accept()

    def _zoom_at(self, where: QPointF, steps: float) -> None:
        """Zoom in or out about a place of the pane."""
        before = self._seen_mm(where)
        self._zoom = float(np.clip(self._zoom * ZOOM_STEP**steps, 1.0, MOST_ZOOM))
        self._shift = self._shift if self._zoom > 1.0 else QPointF()
        if self._zoom > 1.0:
            self._shift += where - QPointF(*self._screen_of(before, self.rect()))
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if self._run is None:
            super().keyPressEvent(event)
        elif key == Qt.Key.Key_Space:
            self.play(not self.playing)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.step(1 if key == Qt.Key.Key_Right else -1)
        elif key == Qt.Key.Key_J:
            self._flow.go()
        elif key == Qt.Key.Key_L:
            self.show_rings(not self._finding)
        else:
            super().keyPressEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Hold the run when nobody sees it."""
        self.play(False)
        super().hideEvent(event)

    def close_pane(self) -> None:
        self._timer.stop()


def _image(grey: Grey) -> QImage:
    rows, columns = grey.shape
    pixels = np.ascontiguousarray(grey)
    return QImage(pixels.data, columns, rows, columns, QImage.Format.Format_Grayscale8).copy()


def _raise(problem: BaseException) -> None:
    raise problem
