"""The curved reformation: the active vessel laid out straight or stretched, with the one cursor on it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPen, QWheelEvent

from viewer.analysis.reformat.straightened import Straightened, straightened
from viewer.analysis.reformat.stretched import Stretched, stretched
from viewer.desk import Desk
from viewer.desk.sight import Along, active, at_station
from viewer.desk.target import active_lesion
from viewer.jobs import Jobs
from viewer.model.board import PlaceValue
from viewer.model.case import Case
from viewer.model.lesion import LesionKind
from viewer.model.view import ViewState, Window
from viewer.report.grey import grey_image
from viewer.report.ink import draw_text
from viewer.ui.pane import HEADER_PX
from viewer.ui.patient_pane import PatientPane
from viewer.ui.reformation_marks import Placed, hatch, paint_calcium_bands, paint_lesion
from viewer.ui.same import same
from viewer.ui.strip_chart import has_strip, paint_legend, paint_strip
from viewer.ui.theme import color, font, vessel_color

RULER_PX = 24
STEP_MM, FAR_STEP_MM = 0.5, 5.0
TURN_DEG = 5.0
FLAG_PX, CAP_GRIP_PX = 46, 6.0
#: The share of the room that the strip chart takes, and the height of its legend.
STRIP_SHARE, LEGEND_PX = 0.36, 22
LEAST_HALF_WIDTH_MM, MOST_HALF_WIDTH_MM = 8.0, 22.0

REFORMATION_KEYS = (
    ("Left drag", "move the cursor along the vessel"),
    ("Drag P or D", "move a cap"),
    ("Wheel, Shift + drag", "turn about the vessel"),
    ("← →", "0.5 mm along (Shift: 5 mm)"),
    ("Home / End", "to the caps (with Ctrl: the ends of the vessel)"),
    ("Ctrl + wheel, drag middle", "zoom, move"),
    ("V", "straightened or stretched"),
)


class ReformationPane(PatientPane):
    """Shows the active vessel along its length."""

    key = "reformation"
    title = "Curved reformation"
    header_right_is_hint = True
    when_empty = (
        "The vessel laid out straight",
        "Choose a vessel: click it in the tree map, in 3-D, or in step Vessel.",
    )

    def __init__(self, desk: Desk, jobs: Jobs) -> None:
        super().__init__(desk, jobs)
        self._stretched = False
        self._sight: Along | None = None
        self._picture: Straightened | Stretched | None = None
        self._grey: QImage | None = None
        self._made_from: tuple[object, ...] = ()
        self._shade: tuple[object, ...] = ()
        self._zoom = 1.0
        self._left_mm = 0.0
        self._drag: tuple[str, QPointF, float] | None = None
        self._mode = self.add_tool("reform", "Straightened or stretched (V)", checkable=True)
        self._mode.clicked.connect(self.toggle_stretched)

    # -- what is shown -------------------------------------------------------------------------------------------

    def refresh(self, case: Case | None, view: ViewState) -> None:
        sight = active(case, view)
        if sight is not self._sight:
            self._zoom, self._left_mm = 1.0, 0.0
        self._sight = sight
        self.title = view.vessel if sight is not None and view.vessel else "Curved reformation"
        if sight is None or case is None:
            self._picture = self._grey = None
            self._made_from = ()
            self.set_empty(True)
            self.update()
            return
        half = self._half_width_mm(sight)
        made_from = (case.volume, sight, view.angle_deg, view.slab, self._stretched, half)
        if not same(made_from, self._made_from):
            make = stretched if self._stretched else straightened
            extent = {"margin_mm" if self._stretched else "half_width_mm": half}
            self._picture = make(case.volume, sight.frames, view.angle_deg, pixel_mm=0.2, slab=view.slab, **extent)
            self._made_from, self._shade = made_from, ()
        shade = (self._picture, view.window)
        if not same(shade, self._shade):
            self._grey = self._developed(view.window)
            self._shade = shade
        self.set_empty(False)
        self.update()

    def subtitle(self) -> str:
        if self._sight is None:
            return ""
        return f"{'stretched' if self._stretched else 'straightened'} · {self.desk.view.angle_deg % 360:.0f}°"

    def header_right(self) -> str:
        return "" if self._sight is None else "wheel turns · drag moves along"

    def toggle_stretched(self) -> None:
        """Change between the straightened and the stretched reformation."""
        self._stretched = not self._stretched
        self._mode.setChecked(self._stretched)
        self._zoom, self._left_mm = 1.0, 0.0
        self.refresh(self.desk.case, self.desk.view)

    def mm_per_px(self, area: QRect) -> float | None:
        return None if self._picture is None else self._size_mm()[0] / self._place(area).width()

    def scale_holds(self) -> str:
        return "along the vessel" if isinstance(self._picture, Straightened) else ""

    def place_values(self) -> tuple[tuple[str, PlaceValue], ...]:
        return (("stretched", float(self._stretched)), ("zoom", self._zoom), ("left_mm", self._left_mm))

    def restore_place(self, values: dict[str, PlaceValue]) -> None:
        match values:
            case {"stretched": float(stretched), "zoom": float(zoom), "left_mm": float(left_mm)}:
                if bool(stretched) != self._stretched:
                    self.toggle_stretched()
                self._zoom, self._left_mm = zoom, left_mm
                self.update()

    def _developed(self, window: Window) -> QImage:
        assert self._picture is not None
        if isinstance(self._picture, Straightened):
            image = grey_image(self._picture.hu.T, window)
            hatch(image, self._picture.folded.T)
            return image
        return grey_image(self._picture.hu, window)

    # -- where things lie ----------------------------------------------------------------------------------------

    def _frame(self, area: QRect) -> QRectF:
        """Return where the picture may be drawn: between the header and the strip or the ruler."""
        free = QRectF(area).adjusted(0, HEADER_PX, 0, -RULER_PX)
        if self._has_strip:
            free.setBottom(free.bottom() - LEGEND_PX)
            free.setHeight(free.height() * (1 - STRIP_SHARE))
        return free

    def _strip(self, area: QRect) -> QRectF:
        """Return where the strip chart stands, under the picture."""
        bottom = area.bottom() - RULER_PX - LEGEND_PX
        top = self._frame(area).bottom() + 3
        return QRectF(area.left(), top, area.width(), bottom - top)

    @property
    def _has_strip(self) -> bool:
        return self._sight is not None and not self._stretched and has_strip(self.desk.case, self._sight.course)

    def _place(self, area: QRect) -> QRectF:
        """Return where the whole picture lies on the pane, isotropic in mm; parts of it may lie outside."""
        assert self._picture is not None
        frame = self._frame(area)
        wide, high = self._size_mm()
        fit = (
            frame.width() / wide
            if isinstance(self._picture, Straightened)
            else min(frame.width() / wide, frame.height() / high)
        )
        scale = min(fit, frame.height() / (2 * LEAST_HALF_WIDTH_MM)) * self._zoom
        if self._zoom == 1.0:
            left = frame.left() + max(0.0, (frame.width() - wide * scale) / 2)
        else:
            left = frame.left() - self._left_mm * scale
        return QRectF(left, frame.center().y() - high * scale / 2, wide * scale, high * scale)

    def _half_width_mm(self, sight: Along) -> float:
        """Return how far to either side of the vessel the picture reaches, so that it fills the pane's height."""
        if self._stretched:
            return MOST_HALF_WIDTH_MM
        frame = self._frame(self.rect())
        fills = frame.height() / 2 / (frame.width() / sight.length_mm)
        return float(np.clip(np.ceil(fills), LEAST_HALF_WIDTH_MM, MOST_HALF_WIDTH_MM))

    def _size_mm(self) -> tuple[float, float]:
        """Width and height of the picture in mm."""
        picture = self._picture
        if isinstance(picture, Straightened):
            return float(picture.frames.station_mm[-1]), float(picture.offset_mm[-1] - picture.offset_mm[0])
        assert picture is not None
        return (picture.hu.shape[1] - 1) * picture.pixel_mm, (picture.hu.shape[0] - 1) * picture.pixel_mm

    def _to_screen(self, station_mm: float, offset_mm: float, area: QRect) -> QPointF:
        place, picture = self._place(area), self._picture
        if isinstance(picture, Straightened):
            wide, high = self._size_mm()
            across = offset_mm - picture.offset_mm[0]
            return QPointF(
                place.left() + station_mm / wide * place.width(), place.top() + across / high * place.height()
            )
        assert picture is not None
        row, column = picture.pixel(station_mm)
        size = picture.hu.shape
        return QPointF(
            place.left() + column / (size[1] - 1) * place.width(), place.top() + row / (size[0] - 1) * place.height()
        )

    def _station_at(self, where: QPointF) -> float:
        """Return the station of the course that lies under a place of the pane."""
        place, picture = self._place(self.rect()), self._picture
        share = QPointF((where.x() - place.left()) / place.width(), (where.y() - place.top()) / place.height())
        if isinstance(picture, Straightened):
            return float(np.clip(share.x(), 0, 1) * picture.frames.station_mm[-1])
        assert picture is not None
        row, column = share.y() * (picture.hu.shape[0] - 1), share.x() * (picture.hu.shape[1] - 1)
        pixels = picture.course_px
        return float(picture.station_mm[np.hypot(pixels[:, 0] - row, pixels[:, 1] - column).argmin()])

    def spot_of(self, vessel: str, station_mm: float, area: QRect) -> tuple[QPointF, float] | None:
        station = None if self._sight is None else self._sight.course.on_course(vessel, station_mm)
        return None if station is None or self._picture is None else (self._to_screen(station, 0.0, area), 1.0)

    def station_under(self, position: QPointF, vessel: str, near_mm: float | None = None) -> float | None:
        case = self.desk.case
        start = dict(self._on_course(case)).get(vessel) if case is not None and self._sight is not None else None
        return None if start is None or self._picture is None else self._station_at(position) - start

    def vessel_under(self, position: QPointF) -> tuple[str, float] | None:
        if self._sight is None or self._picture is None:
            return None
        return self._sight.course.on_vessel(self._station_at(position))

    def cap_grip_px(self, position: QPointF, vessel: str, station_mm: float, *, proximal: bool) -> float | None:
        found = self.spot_of(vessel, station_mm, self.rect())
        if self._stretched or found is None:
            return super().cap_grip_px(position, vessel, station_mm, proximal=proximal)
        away = abs(found[0].x() - position.x())
        return away if away <= CAP_GRIP_PX else None

    def tells_length(self) -> bool:
        return not self._stretched

    # -- painting ------------------------------------------------------------------------------------------------

    def paint_caps(self, painter: QPainter, area: QRect, case: Case) -> None:
        if self._stretched:
            super().paint_caps(painter, area, case)

    def paint_picture(self, painter: QPainter, area: QRect) -> None:
        if self._grey is None or self._sight is None:
            return
        place = self._place(area)
        painter.save()
        painter.setClipRect(self._frame(area))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(place, self._grey)
        self._paint_course(painter, area)
        painter.restore()
        case = self.desk.case
        if self._has_strip and case is not None:
            strip = self._strip(area)
            painter.save()
            painter.setClipRect(strip)
            paint_strip(painter, strip, case, self._sight.course, lambda mm: self._to_screen(mm, 0.0, area).x())
            painter.restore()
            line = QRect(area.left(), area.bottom() - LEGEND_PX, area.width(), LEGEND_PX)
            paint_legend(painter, line, self._threshold_words(case))
        if case is not None:
            self._paint_disease(painter, area, case)
        self._paint_cursor(painter, area)
        self._paint_ruler(painter, area)

    def _paint_course(self, painter: QPainter, area: QRect) -> None:
        """Mark guessed stretches with dashes on the course, and where branches leave and vessels meet."""
        assert self._sight is not None
        path, case = self._sight.course, self.desk.case
        guess = QPen(color("text", "strong"), 1.6, Qt.PenStyle.CustomDashLine)
        guess.setDashPattern([5, 4])
        painter.setPen(guess)
        for start, end in path.centerline.inferred:
            stations = [*np.arange(start, end, 1.0).tolist(), end]
            points = [self._to_screen(station, 0.0, area) for station in stations]
            painter.drawPolyline(points)
        if case is None:
            return
        names = {stretch.vessel for stretch in path.stretches}
        right_of_last = [-1e9, -1e9]
        for vessel in case.tree:
            if vessel.parent in names and vessel.name not in names:
                origin = case.tree.origin_mm(vessel.name)
                station = None if origin is None else path.on_course(vessel.parent or "", origin)
                if station is not None:
                    x = self._to_screen(station, 0.0, area).x()
                    line = 0 if x - FLAG_PX / 2 > right_of_last[0] else 1
                    right_of_last[line] = x + FLAG_PX / 2
                    self._paint_flag(painter, area, station, vessel.name, line)

    def _threshold_words(self, case: Case) -> str:
        assert self._sight is not None
        found = (case.calcium_of(stretch.vessel) for stretch in self._sight.course.stretches)
        profile = next((one for one in found if one is not None), None)
        return (
            f"threshold {profile.threshold.hu:.0f} HU ({profile.threshold.kind.value})" if profile is not None else ""
        )

    def _on_course(self, case: Case) -> list[tuple[str, float]]:
        """Return the vessels of the course and where each begins on it."""
        assert self._sight is not None
        return [(stretch.vessel, stretch.from_mm) for stretch in self._sight.course.stretches]

    def _paint_disease(self, painter: QPainter, area: QRect, case: Case) -> None:
        """Mark calcium and caps, which only a straightened vessel shows at their true stations."""
        if self._stretched:
            return
        frame = self._frame(area)
        bottom = self._strip(area).bottom() if self._has_strip else frame.bottom()
        for name, start in self._on_course(case):
            place = Placed(frame, bottom, partial(self._across, area, start))
            profile = case.calcium_of(name)
            if profile is not None and "calcium" not in self.desk.view.hidden_overlays:
                paint_calcium_bands(painter, place, profile)
            for lesion in case.lesions:
                if lesion.vessel == name and lesion.kind is LesionKind.OCCLUSION:
                    paint_lesion(painter, place, lesion)

    def _across(self, area: QRect, start_mm: float, station_mm: float) -> float:
        """Return the horizontal place of a station of a vessel that begins at `start_mm` of the course."""
        return self._to_screen(start_mm + station_mm, 0.0, area).x()

    def _paint_flag(self, painter: QPainter, area: QRect, station_mm: float, name: str, line: int) -> None:
        """Name a branch above the place where it leaves; `line` 1 stands below a flag that it would collide with."""
        shade = vessel_color(name)
        at, frame = self._to_screen(station_mm, 0.0, area), self._frame(area)
        top = frame.top() + 15 * line
        painter.setPen(QPen(shade, 1))
        painter.drawLine(QPointF(at.x(), top + 15), QPointF(at.x(), frame.top() + 38))
        left = min(max(at.x() - FLAG_PX / 2, frame.left()), frame.right() - FLAG_PX)
        box = QRect(round(left), round(top), FLAG_PX, 15)
        draw_text(painter, box, int(Qt.AlignmentFlag.AlignCenter), name, font(0.78), shade)

    def _paint_cursor(self, painter: QPainter, area: QRect) -> None:
        assert self._sight is not None
        station, away = self._sight.nearest(self.desk.view.cursor_lps_mm)
        at, frame = self._to_screen(station, 0.0, area), self._frame(area)
        bottom = self._strip(area).bottom() if self._has_strip else frame.bottom()
        shade = QColor(color("meaning", "cursor"))
        shade.setAlpha(255 if away < 3 else 110)
        painter.setPen(QPen(shade, 1))
        if self._stretched:
            painter.drawEllipse(at, 6, 6)
        else:
            painter.drawLine(QPointF(at.x(), frame.top()), QPointF(at.x(), bottom))
        text = f"{station:.1f} mm"
        box = QRect(round(at.x()) + 6, round(bottom) - 20, 90, 18)
        if box.right() > frame.right():
            box.moveRight(round(at.x()) - 6)
        side = Qt.AlignmentFlag.AlignLeft if box.left() > at.x() else Qt.AlignmentFlag.AlignRight
        draw_text(painter, box, int(side | Qt.AlignmentFlag.AlignVCenter), text, font(0.9, medium=True), shade)

    def _paint_ruler(self, painter: QPainter, area: QRect) -> None:
        """Paint mm from the ostium under the straightened vessel: lengths along it are true there."""
        frame = self._frame(area)
        if self._has_strip:
            frame.setBottom(self._strip(area).bottom())
        painter.setFont(font(0.8))
        if self._stretched:
            note = QRect(area.left() + 10, round(frame.bottom()) + 3, area.width() - 20, RULER_PX - 6)
            text = "lengths are true along the vessel only"
            draw_text(painter, note, int(Qt.AlignmentFlag.AlignLeft), text, font(0.8), color("text", "muted"))
            return
        length = self._size_mm()[0]
        per_mm = self._place(area).width() / length
        step = next((s for s in (1, 2, 5, 10, 20, 50) if s * per_mm > 46), 100)
        for mark in range(0, int(length) + 1, step):
            x = self._to_screen(mark, 0.0, area).x()
            if not frame.left() <= x <= frame.right():
                continue
            painter.setPen(color("text", "muted"))
            painter.drawLine(QPointF(x, frame.bottom() + 1), QPointF(x, frame.bottom() + 5))
            label = f"{mark} mm" if mark == 0 else str(mark)
            box = QRectF(x - 30, frame.bottom() + 5, 60, 16)
            if mark == 0:
                box.moveLeft(max(x - 4, frame.left() + 4))
                painter.drawText(box, Qt.AlignmentFlag.AlignLeft, label)
            else:
                painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, label)

    # -- what the doctor does ------------------------------------------------------------------------------------

    def go_to(self, station_mm: float) -> None:
        """Put the cursor at a station of the course."""
        if self._sight is not None:
            self.desk.look(at_station(self.desk.view, self._sight, station_mm))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.empty:
            return
        where = event.position()
        if event.button() == Qt.MouseButton.MiddleButton:
            self._drag = ("move", where, self._left_mm)
        elif event.button() == Qt.MouseButton.LeftButton and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._drag = ("turn", where, self.desk.view.angle_deg)
        elif event.button() == Qt.MouseButton.LeftButton and where.y() > HEADER_PX:
            self._drag = ("along", where, 0.0)
            self.go_to(self._station_at(where))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag is None or self._picture is None:
            return
        kind, start, value = self._drag
        moved = event.position() - start
        if kind == "along":
            self.go_to(self._station_at(event.position()))
        elif kind == "turn":
            self.desk.look(angle_deg=(value + moved.y() * 0.7) % 360)
        else:
            self._left_mm = value - moved.x() / (self._place(self.rect()).width() / self._size_mm()[0])
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drag = None

    def resizeEvent(self, event: QEvent) -> None:
        super().resizeEvent(event)
        self.refresh(self.desk.case, self.desk.view)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.empty or self._sight is None:
            return
        notches = event.angleDelta().y() / 120
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._zoom_about(event.position(), 1.2**notches)
        else:
            self.desk.look(angle_deg=(self.desk.view.angle_deg + TURN_DEG * notches) % 360)
        event.accept()

    def _zoom_about(self, where: QPointF, factor: float) -> None:
        before = self._place(self.rect())
        share = (where.x() - before.left()) / before.width()
        self._zoom = float(np.clip(self._zoom * factor, 1.0, 12.0))
        after = self._place(self.rect())
        wide = self._size_mm()[0]
        self._left_mm = share * wide - where.x() / (after.width() / wide)
        self.update()

    def _ends(self, *, whole: bool) -> tuple[float, float]:
        """Return where Home and End lead: to the caps of the occlusion on this course, else to its own ends."""
        assert self._sight is not None
        case = self.desk.case
        lesion = active_lesion(case, self.desk.view) if case is not None and not whole else None
        if case is not None and lesion is not None:
            start = dict(self._on_course(case)).get(lesion.vessel)
            if start is not None:
                return start + lesion.proximal.station_mm, start + lesion.distal.station_mm
        return 0.0, self._sight.length_mm

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._sight is None:
            super().keyPressEvent(event)
            return
        far = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        station = self._sight.nearest(self.desk.view.cursor_lps_mm)[0]
        step = FAR_STEP_MM if far else STEP_MM
        first, last = self._ends(whole=bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))
        keys = {
            Qt.Key.Key_Left: station - step,
            Qt.Key.Key_Right: station + step,
            Qt.Key.Key_Home: first,
            Qt.Key.Key_End: last,
        }
        if event.key() in keys:
            self.go_to(keys[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_V:
            self.toggle_stretched()
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            turn = TURN_DEG if event.key() == Qt.Key.Key_Up else -TURN_DEG
            self.desk.look(replace(self.desk.view, angle_deg=(self.desk.view.angle_deg + turn) % 360))
        else:
            super().keyPressEvent(event)
