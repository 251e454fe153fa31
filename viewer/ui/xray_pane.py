"""The X-ray preview: what the C-arm will show, turned with the mouse, the plan drawn over it in true perspective."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QKeyEvent, QMouseEvent, QPainter, QPen, QWheelEvent

from viewer.analysis.fluoro.fluoroscopy import Grey
from viewer.analysis.fluoro.foreshortening import foreshortening_percent, stretch_points
from viewer.analysis.fluoro.injection import Fill
from viewer.analysis.fluoro.preview import DRAGGING_LEVEL, Preview, prepare, with_injection
from viewer.desk import Desk
from viewer.desk.target import target_of
from viewer.jobs import Jobs
from viewer.model.carm import CArm, detector_axes
from viewer.model.case import Case
from viewer.model.geometry import Float
from viewer.model.view import ViewState, Xray
from viewer.progress import Progress
from viewer.report.ink import draw_text
from viewer.report.plan_layers import paint_layers
from viewer.settings import Settings
from viewer.ui.capture_shot import Shot
from viewer.ui.kept_layer import KeptLayer
from viewer.ui.pane import HEADER_PX
from viewer.ui.patient_pane import PatientPane
from viewer.ui.same import same
from viewer.ui.theme import color, font

MOVING_PX, STILL_PX = 256, 512
#: More pixels show nothing more: a voxel of the CT is larger.
CAPTURED_PX = 1080
DEGREES_PER_PX = 0.35
LEAST_FIELD_MM, MOST_FIELD_MM = 100.0, 400.0
SID_STEP_MM, MOST_SID_MM = 10.0, 1400.0

XRAY_KEYS = (
    ("Left drag", "turn the C-arm"),
    ("Double-click a vessel", "make it the active one"),
    ("Arrows (Shift)", "1° (5°)"),
    ("Wheel", "zoom: size of the detector field"),
    ("Shift + wheel", "SID"),
    ("Middle drag", "move table or heart"),
    ("T", "subtraction on or off"),
    ("B", "bones and diaphragm on or off"),
)


def turned(carm: CArm, by_primary_deg: float, by_secondary_deg: float) -> CArm:
    """Return the C-arm at whole degrees nearby, as far as angles go."""
    primary = float(np.clip(round(carm.primary_deg + by_primary_deg), -180, 180))
    secondary = float(np.clip(round(carm.secondary_deg + by_secondary_deg), -90, 90))
    return replace(carm, primary_deg=primary, secondary_deg=secondary)


class XrayPane(PatientPane):
    """Shows a simulated projection: coarse while the C-arm moves, fine when it stands."""

    key = "xray"
    title = "X-ray preview"
    left_turns = True
    when_empty = ("What the C-arm will show", "Open a study first; with the coronary tree it shows an injection too.")

    def __init__(self, desk: Desk, jobs: Jobs, settings: Settings) -> None:
        super().__init__(desk, jobs)
        self._settings = settings
        self._case: Case | None = None
        self._view = desk.view
        self._base: Preview | None = None
        self._preview: Preview | None = None
        self._base_key: tuple[object, ...] = ()
        self._dye_key: tuple[object, ...] = ()
        self._shown_key: tuple[object, ...] = ()
        self._image: QImage | None = None
        self._still = KeptLayer()
        self._image_carm: CArm | None = None
        self._drag: tuple[str, QPointF, CArm] | None = None
        self._final = False

    # -- what is shown -------------------------------------------------------------------------------------------

    def refresh(self, case: Case | None, view: ViewState) -> None:
        self._case, self._view = case, view
        if case is None or not case.volume.complete:
            self._base = self._preview = self._image = None
            self._base_key = ()
            self.jobs.cancel("xray.prepare")
            self.set_empty(True)
            return
        kept = self.desk.kept_case
        # While a course is dragged the film stays: it takes a second, and the courses over it follow anyway.
        if self._base is None or kept is None or same(case.tree.courses, kept.tree.courses):
            base_key = (case.volume, *case.tree.courses, view.xray.own_contrast, view.xray.heart_only)
            if not same(base_key, self._base_key):
                self._base_key = base_key
                self._prepare(case, view.xray)
            self._dye()
        self._ask()
        looked = (view.carm, view.cursor_lps_mm, view.vessel, view.lesion, self._settings.lab)
        self.update_if_other(case, *looked, view.hidden_overlays, view.faded_overlays)

    def _prepare(self, case: Case, xray: Xray) -> None:
        def work(progress: Progress) -> Preview:
            return prepare(
                case.volume,
                case.tree,
                own_contrast=xray.own_contrast,
                heart_only=xray.heart_only,
                progress=progress,
            )

        self.jobs.run("xray.prepare", work, done=self._prepared, failed=_raise)

    def _prepared(self, base: Preview) -> None:
        self._base, self._dye_key = base, ()
        self._dye()
        self._ask()

    def _dye(self) -> None:
        """Fill the open vessels."""
        base, case = self._base, self._case
        if base is None or case is None:
            return
        xray = self._view.xray
        key = (base, case.tree, case.lesions, xray.injection, xray.collaterals)
        if same(key, self._dye_key):
            return
        self._dye_key = key
        wanted = ((Fill.ANTEGRADE, xray.injection), (Fill.COLLATERAL, xray.collaterals))
        fills = [fill for fill, on in wanted if on]
        if not fills or not len(case.tree):
            self.jobs.cancel("xray.dye")
            self._dyed(base)
            return
        # A tenth of a second, and a cap that is dragged asks for it at every move.
        self.jobs.run(
            "xray.dye",
            lambda progress: with_injection(base, case.tree, case.lesions, fills),
            done=self._dyed,
            failed=_raise,
        )

    def _dyed(self, preview: Preview) -> None:
        self._preview, self._shown_key = preview, ()
        self._ask()

    def _ask(self) -> None:
        """Ask for the picture of the present angles: a coarse one first while the C-arm moves."""
        preview, carm, subtract = self._preview, self._view.carm, self._view.xray.subtraction
        if preview is None:
            return
        moving = self._drag is not None
        key = (preview, carm, subtract, moving)
        if same(key, self._shown_key):
            return
        self._shown_key, self._final = key, False

        def work(progress: Progress) -> tuple[Grey, CArm]:
            size, level = (MOVING_PX, DRAGGING_LEVEL) if moving else (STILL_PX, 0)
            make = preview.subtracted if subtract else preview.picture
            return make(carm, size, level=level), carm

        self.jobs.run("xray.picture", work, done=self._drawn, failed=_raise)

    def _drawn(self, made: tuple[Grey, CArm]) -> None:
        grey, self._image_carm = made
        self._image = _film(grey)
        self._final = True
        self.set_empty(False)
        self._ask()
        self.update()

    @property
    def resting(self) -> bool:
        busy = any(self.jobs.job(slot) is not None for slot in ("xray.prepare", "xray.dye", "xray.picture"))
        return self.empty if self._case is None else self._final and not busy

    def subtitle(self) -> str:
        return "" if self.empty else self._view.carm.label

    def header_right(self) -> str:
        target = target_of(self._case, self._view)
        if self.empty or target is None or self._case is None:
            return ""
        points = stretch_points(self._case.tree[target.vessel].centerline, target.from_mm, target.to_mm)
        carm = self._view.carm
        share = float(foreshortening_percent(points, carm.primary_deg, carm.secondary_deg))
        return f"{target.what}: {share:.0f} % foreshortened"

    @property
    def preview(self) -> Preview | None:
        """What the picture is made of, once it is there."""
        return self._preview

    # -- captures ------------------------------------------------------------------------------------------------

    def shot(self, size: QSize, scale: float) -> Shot:
        preview, view = self._preview, self._view
        if preview is None:
            return super().shot(size, scale)
        edge = int(min(max(min(size.width(), size.height()), STILL_PX), CAPTURED_PX))
        make = preview.subtracted if view.xray.subtraction else preview.picture
        moment = {"_case": self._case, "_view": view}
        return Shot(
            lambda progress: make(view.carm, edge),
            lambda grey: self.grab_with(size, scale, _image=_film(grey), **moment),
        )

    def mm_per_px(self, area: QRect) -> float | None:
        carm = self._view.carm
        return None if self.empty else carm.detector_mm * carm.sod_mm / carm.sid_mm / self._square(area).width()

    def scale_holds(self) -> str:
        return "at the isocentre"

    # -- painting ------------------------------------------------------------------------------------------------

    def _square(self, area: QRect) -> QRectF:
        edge = min(area.width(), area.height())
        return QRectF(area.center().x() - edge / 2 + 0.5, area.center().y() - edge / 2 + 0.5, edge, edge)

    def on_screen(self, points_lps_mm: Float, area: QRect) -> tuple[Float, Float] | None:
        return None if self._image is None else (self._screen(points_lps_mm, area), np.zeros(len(points_lps_mm)))

    def paint_caps(self, painter: QPainter, area: QRect, case: Case) -> None:
        """The picture has them already."""

    def _screen(self, points_lps_mm: Float, area: QRect) -> Float:
        """Return where points fall on the pane, shape (..., 2)."""
        square, carm = self._square(area), self._view.carm
        on_detector = carm.project(points_lps_mm) * (square.width() / carm.detector_mm)
        return np.stack([square.center().x() + on_detector[..., 0], square.center().y() - on_detector[..., 1]], axis=-1)

    def paint_picture(self, painter: QPainter, area: QRect) -> None:
        if self._image is None or self._case is None:
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        square, view = self._square(area), self._view
        shown = view.vessel, view.hidden_overlays, view.faded_overlays
        self._still.draw(
            painter,
            self,
            area,
            lambda inner: self._paint_still(inner, area),
            self._image,
            self._case,
            view.carm,
            *shown,
        )
        painter.save()
        painter.setClipRect(square)
        self._paint_cursor(painter, area)
        painter.restore()
        # The film is bright where the lungs are: words need something dark to stand on.
        for band in (
            QRect(area.left(), area.top(), area.width(), HEADER_PX),
            area.adjusted(0, area.height() - 26, 0, 0),
        ):
            painter.fillRect(band, QColor(0, 0, 0, 175))
        warnings = self._settings.lab.limits.warnings(self._view.carm.primary_deg, self._view.carm.secondary_deg)
        flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom)
        box = area.adjusted(10, 0, -10, -8)
        right, small = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom), font(0.75)
        carm = self._view.carm
        stands = f"SID {carm.sid_mm / 10:.0f} cm · field {carm.detector_mm / 10:.0f} cm · computed from the CT"
        taken = draw_text(painter, box, right, stands, small, color("text", "muted"))
        words = "; ".join(warnings)
        if QFontMetrics(font(0.85)).horizontalAdvance(words) + taken + 20 > box.width():
            box = box.adjusted(0, 0, 0, -22)
            painter.fillRect(area.adjusted(0, area.height() - 48, 0, -26), QColor(0, 0, 0, 175))
        draw_text(painter, box, flags, words, font(0.85), color("accent", "caution"))

    def _paint_still(self, painter: QPainter, area: QRect) -> None:
        """Draw the film and the plan over it."""
        assert self._image is not None and self._case is not None
        square, carm = self._square(area), self._view.carm
        painter.drawImage(square, self._image)
        painter.setClipRect(square)
        paint_layers(
            painter,
            self._case,
            lambda points: self._screen(points, area),
            square.width() / carm.detector_mm * carm.sid_mm / carm.sod_mm,
            self._view.vessel,
            self._view.opacity,
            square.toRect(),
        )

    def _paint_cursor(self, painter: QPainter, area: QRect) -> None:
        x, y = self._screen(self._view.cursor_lps_mm, area)
        painter.setPen(QPen(color("meaning", "cursor"), 1.2))
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            painter.drawLine(QPointF(x + 4 * dx, y + 4 * dy), QPointF(x + 11 * dx, y + 11 * dy))

    # -- what the doctor does ------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.empty or event.position().y() <= HEADER_PX:
            return
        if event.button() == Qt.MouseButton.LeftButton:
            self._drag = ("turn", event.position(), self._view.carm)
        elif event.button() == Qt.MouseButton.MiddleButton:
            self._drag = ("move", event.position(), self._view.carm)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Make the vessel under the mouse the active one."""
        left = event.button() == Qt.MouseButton.LeftButton
        if event.position().y() <= HEADER_PX or not left or not self.choose_vessel(event.position()):
            super().mouseDoubleClickEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag is None:
            return
        kind, start, carm = self._drag
        moved = event.position() - start
        if kind == "turn":
            new = turned(carm, -moved.x() * DEGREES_PER_PX, moved.y() * DEGREES_PER_PX)
        else:
            new = self._moved(carm, moved)
        now = self._view.carm
        if kind == "move" or (new.primary_deg, new.secondary_deg) != (now.primary_deg, now.secondary_deg):
            self.desk.look(carm=new)

    def _moved(self, carm: CArm, by_px: QPointF) -> CArm:
        right, up, _ = detector_axes(carm.primary_deg, carm.secondary_deg)
        mm = carm.detector_mm / self._square(self.rect()).width() * carm.sod_mm / carm.sid_mm
        return replace(carm, isocenter_lps_mm=carm.isocenter_lps_mm - mm * (by_px.x() * right - by_px.y() * up))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._drag is not None:
            self._drag = None
            self._ask()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.empty:
            return
        carm = self._view.carm
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            turn = event.angleDelta().y() or event.angleDelta().x()
            sid = float(np.clip(carm.sid_mm + SID_STEP_MM * turn / 120, carm.sod_mm + SID_STEP_MM, MOST_SID_MM))
            self.desk.look(carm=replace(carm, sid_mm=sid))
            event.accept()
            return
        field = carm.detector_mm * 1.1 ** (-event.angleDelta().y() / 120)
        self.desk.look(carm=replace(carm, detector_mm=float(np.clip(field, LEAST_FIELD_MM, MOST_FIELD_MM))))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        by = 5.0 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
        turns = {
            Qt.Key.Key_Left: (-by, 0.0),
            Qt.Key.Key_Right: (by, 0.0),
            Qt.Key.Key_Up: (0.0, by),
            Qt.Key.Key_Down: (0.0, -by),
        }
        xray = self._view.xray
        if event.key() in turns:
            self.desk.look(carm=turned(self._view.carm, *turns[Qt.Key(event.key())]))
        elif event.key() == Qt.Key.Key_T:
            self.desk.look(xray=replace(xray, subtraction=not xray.subtraction))
        elif event.key() == Qt.Key.Key_B:
            self.desk.look(xray=replace(xray, heart_only=not xray.heart_only))
        else:
            super().keyPressEvent(event)


def _film(grey: Grey) -> QImage:
    size = grey.shape[0]
    pixels = np.ascontiguousarray(grey)
    return QImage(pixels.data, size, size, size, QImage.Format.Format_Grayscale8).copy()


def _raise(problem: BaseException) -> None:
    raise problem
