"""The curved reformation: the active vessel laid out straight or stretched, with the one cursor on it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QWheelEvent

from viewer.analysis.reformat.straightened import Straightened
from viewer.desk import Desk
from viewer.desk.sight import Along, active, at_station
from viewer.desk.target import active_lesion
from viewer.jobs import Jobs
from viewer.model.board import PlaceValue
from viewer.model.case import Case
from viewer.model.geometry import Float
from viewer.model.view import ViewState
from viewer.ui.compositions import Compositions
from viewer.ui.course_pull import CoursePull, paint_handle
from viewer.ui.laid_out import Laid, Placement
from viewer.ui.pane import HEADER_PX
from viewer.ui.patient_pane import PatientPane
from viewer.ui.reformation_paint import (
    LEGEND_PX,
    RULER_PX,
    Arrangement,
    KeptChart,
    paint_chart,
    paint_cursor,
    paint_occlusions,
    paint_over,
    paint_pull,
    paint_reading,
    paint_ruler,
    takes_course,
)
from viewer.ui.strip_chart import has_strip

STEP_MM, FAR_STEP_MM = 0.5, 5.0
TURN_DEG = 5.0
CAP_GRIP_PX = 6.0
#: The share of the room that the strip chart takes.
STRIP_SHARE = 0.36
LEAST_HALF_WIDTH_MM, MOST_HALF_WIDTH_MM = 8.0, 22.0
#: The same with two angles, each in half of the room.
LEAST_OF_PAIR_MM = 5.0
PAIR_GAP_PX = 3

REFORMATION_KEYS = (
    ("Left drag", "move the cursor along the vessel"),
    ("Drag P or D", "move a cap; right button: put one here"),
    ("Wheel, Shift + drag", "turn about the vessel"),
    ("← →", "0.5 mm along (Shift: 5 mm)"),
    ("Home / End", "to the caps (with Ctrl: the ends of the vessel)"),
    ("Ctrl + wheel, drag middle", "zoom, move"),
    ("V", "straightened or stretched"),
    ("B", "one angle, or two at once, 90° apart"),
    ("Hover over the chart", "read the values there; click goes there"),
)


class ReformationPane(PatientPane):
    """Shows the active vessel along its length, from one side or from two at once."""

    key = "reformation"
    title = "Curved reformation"
    header_right_is_hint = True
    when_empty = (
        "The vessel laid out straight",
        "Choose a vessel: click it in the tree map, in 3-D, or in step Vessel.",
    )

    def __init__(self, desk: Desk, jobs: Jobs, pull: CoursePull) -> None:
        super().__init__(desk, jobs)
        self._pull = pull
        self._stretched = False
        self._pair = False
        self._sight: Along | None = None
        self._laid = (Laid(), Laid())
        self._compositions = Compositions(jobs, "reformation.composition", self.update)
        self._chart = KeptChart()
        self._zoom = 1.0
        self._left_mm = 0.0
        self._drag: tuple[str, QPointF, float] | None = None
        self._pulled_on = 0
        self._mouse: QPointF | None = None
        self._mode = self.add_tool("reform", "Straightened or stretched (V)", checkable=True)
        self._mode.clicked.connect(self.toggle_stretched)
        self._both = self.add_tool("pair", "Two angles at once, 90° apart (B)", checkable=True)
        self._both.clicked.connect(self.toggle_pair)

    # -- what is shown -------------------------------------------------------------------------------------------

    def refresh(self, case: Case | None, view: ViewState) -> None:
        # The course must not move under the mouse that drags it.
        held = self._pull.held if self._pulling else None
        sight = held.sight if held is not None else active(case, view)
        if sight is not self._sight:
            self._keep_zoom(sight)
        self._sight = sight
        self.title = view.vessel if sight is not None and view.vessel else "Curved reformation"
        self._compositions.look(case, sight.course if sight is not None else None)
        if sight is None or case is None:
            for laid in self._laid:
                laid.forget()
            self.set_empty(True)
            self.update()
            return
        half = self._half_width_mm(sight)
        for laid, angle in zip(self._laid, self._angles(), strict=False):
            laid.make(
                case.volume,
                sight,
                angle,
                view.slab,
                stretch=self._stretched,
                half_width_mm=half,
                window=view.window,
            )
        self.set_empty(False)
        self.update()

    @property
    def _pulling(self) -> bool:
        """Whether the course is dragged on this pane."""
        return self._drag is not None and self._drag[0] == "course"

    def _keep_zoom(self, sight: Along | None) -> None:
        """Show all of another vessel; a course that was merely corrected stays as it is on the screen."""
        former = self._sight.course.stretches[-1].vessel if self._sight is not None else None
        if sight is None or sight.course.stretches[-1].vessel != former:
            self._zoom, self._left_mm = 1.0, 0.0

    def _angles(self) -> tuple[float, ...]:
        """Return the angles that are shown, degrees about the vessel."""
        angle = self.desk.view.angle_deg
        return (angle, (angle + 90.0) % 360) if self._pair else (angle,)

    def subtitle(self) -> str:
        if self._sight is None:
            return ""
        angles = " and ".join(f"{angle % 360:.0f}°" for angle in self._angles())
        return f"{'stretched' if self._stretched else 'straightened'} · {angles}"

    def header_right(self) -> str:
        if self._pull.chosen and self._sight is not None:
            return "drag the course across · Esc ends"
        return "" if self._sight is None else "wheel turns · drag moves along"

    def toggle_stretched(self) -> None:
        """Change between the straightened and the stretched reformation."""
        self._stretched = not self._stretched
        self._mode.setChecked(self._stretched)
        self._zoom, self._left_mm = 1.0, 0.0
        self.refresh(self.desk.case, self.desk.view)

    def toggle_pair(self) -> None:
        """Show one angle, or two that are 90 degrees apart."""
        self._pair = not self._pair
        self._both.setChecked(self._pair)
        self.refresh(self.desk.case, self.desk.view)

    def mm_per_px(self, area: QRect) -> float | None:
        return None if self._sight is None else 1 / self._placements(area)[0].px_per_mm

    def scale_holds(self) -> str:
        return "along the vessel" if isinstance(self._laid[0].picture, Straightened) else ""

    def place_values(self) -> tuple[tuple[str, PlaceValue], ...]:
        return (
            ("stretched", float(self._stretched)),
            ("pair", float(self._pair)),
            ("zoom", self._zoom),
            ("left_mm", self._left_mm),
        )

    def restore_place(self, values: dict[str, PlaceValue]) -> None:
        match values:
            case {"stretched": float(stretched), "zoom": float(zoom), "left_mm": float(left_mm)}:
                if bool(stretched) != self._stretched:
                    self.toggle_stretched()
                if bool(values.get("pair")) != self._pair:
                    self.toggle_pair()
                self._zoom, self._left_mm = zoom, left_mm
                self.update()

    # -- where things lie ----------------------------------------------------------------------------------------

    def _frame(self, area: QRect) -> QRectF:
        """Return where pictures may be drawn: between the header and the strip or the ruler."""
        free = QRectF(area).adjusted(0, HEADER_PX, 0, -RULER_PX)
        if self._has_strip:
            free.setBottom(free.bottom() - LEGEND_PX)
            free.setHeight(free.height() * (1 - STRIP_SHARE))
        return free

    def _frames(self, area: QRect) -> list[QRectF]:
        """Return the room of each picture: straight vessels lie one above the other, stretched ones side by side."""
        whole = self._frame(area)
        if not self._pair:
            return [whole]
        if self._stretched:
            wide = (whole.width() - PAIR_GAP_PX) / 2
            return [whole.adjusted(n * (wide + PAIR_GAP_PX), 0, (n - 1) * (wide + PAIR_GAP_PX), 0) for n in range(2)]
        high = (whole.height() - PAIR_GAP_PX) / 2
        return [whole.adjusted(0, n * (high + PAIR_GAP_PX), 0, (n - 1) * (high + PAIR_GAP_PX)) for n in range(2)]

    def _strip(self, area: QRect) -> QRectF:
        """Return where the strip chart stands, under the picture."""
        bottom = area.bottom() - RULER_PX - LEGEND_PX
        top = self._frame(area).bottom() + 3
        return QRectF(area.left(), top, area.width(), bottom - top)

    @property
    def _has_strip(self) -> bool:
        return self._sight is not None and not self._stretched and has_strip(self.desk.case, self._sight.course)

    def _arranged(self, area: QRect) -> Arrangement:
        """Return where everything lies on the pane."""
        assert self._sight is not None
        least = LEAST_OF_PAIR_MM if self._pair else LEAST_HALF_WIDTH_MM
        placements = tuple(
            laid.placed(frame, self._zoom, self._left_mm, least)
            for laid, frame in zip(self._laid, self._frames(area), strict=False)
        )
        strip = self._strip(area) if self._has_strip else None
        return Arrangement(area, self._sight, self._frame(area), strip, placements)

    def _placements(self, area: QRect) -> tuple[Placement, ...]:
        """Return where each picture lies."""
        return self._arranged(area).placements

    def _half_width_mm(self, sight: Along) -> float:
        """Return how far to either side of the vessel a picture reaches, so that it fills its room."""
        if self._stretched:
            return MOST_HALF_WIDTH_MM
        frame = self._frames(self.rect())[0]
        fills = frame.height() / 2 / (frame.width() / sight.length_mm)
        return float(
            np.clip(np.ceil(fills), LEAST_OF_PAIR_MM if self._pair else LEAST_HALF_WIDTH_MM, MOST_HALF_WIDTH_MM)
        )

    def _x(self, station_mm: float, area: QRect) -> float:
        """Return the horizontal place of a station of the course."""
        return self._placements(area)[0].to_screen(station_mm).x()

    def _under(self, where: QPointF) -> int:
        """Return the number of the picture that is meant by a place of the pane: its own, or the nearest."""
        frames = self._frames(self.rect())
        return min(range(len(frames)), key=lambda n: (where - frames[n].center()).manhattanLength())

    def _station_at(self, where: QPointF) -> float:
        """Return the station of the course that lies under a place of the pane."""
        return self._placements(self.rect())[self._under(where)].station_at(where)

    def spot_of(self, vessel: str, station_mm: float, area: QRect) -> tuple[QPointF, float] | None:
        station = None if self._sight is None else self._sight.course.on_course(vessel, station_mm)
        return None if station is None else (self._placements(area)[0].to_screen(station), 1.0)

    def station_under(self, position: QPointF, vessel: str, near_mm: float | None = None) -> float | None:
        start = None if self._sight is None else self._sight.course.starts_mm.get(vessel)
        return None if start is None else self._station_at(position) - start

    def vessel_under(self, position: QPointF) -> tuple[str, float] | None:
        return None if self._sight is None else self._sight.course.on_vessel(self._station_at(position))

    def cap_grip_px(self, position: QPointF, vessel: str, station_mm: float, *, proximal: bool) -> float | None:
        found = self.spot_of(vessel, station_mm, self.rect())
        if self._stretched or found is None:
            return super().cap_grip_px(position, vessel, station_mm, proximal=proximal)
        away = abs(found[0].x() - position.x())
        return away if away <= CAP_GRIP_PX else None

    def point_at(self, position: QPointF) -> Float | None:
        placed = self._placements(self.rect())[self._under(position)] if self._sight is not None else None
        if placed is None or not placed.frame.contains(position):
            return None
        return placed.pulled_to(position, placed.station_at(position))

    def menu_place(self, position: QPointF) -> tuple[str, float] | None:
        return self.vessel_under(position) if position.y() > HEADER_PX else None

    def tells_length(self) -> bool:
        return not self._stretched

    def paint_caps(self, painter: QPainter, area: QRect, case: Case) -> None:
        if self._stretched:
            super().paint_caps(painter, area, case)

    # -- painting ------------------------------------------------------------------------------------------------

    def paint_picture(self, painter: QPainter, area: QRect) -> None:
        case, view = self.desk.case, self.desk.view
        if self._sight is None or case is None:
            return
        arranged, live = self._arranged(area), painter.device() is self
        mouse = self._mouse if live else None
        for number, (laid, placed) in enumerate(zip(self._laid, arranged.placements, strict=False)):
            painter.save()
            painter.setClipRect(placed.frame)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(placed.area, laid.grey)
            paint_over(painter, arranged, number, case, view)
            if self._pulling:
                paint_pull(painter, placed, self._pull)
            elif mouse is not None and takes_course(placed, self._pull, mouse):
                paint_handle(painter, placed.to_screen(placed.station_at(mouse)), taken=False)
            painter.restore()
        found = self._compositions.found
        if arranged.strip is not None:
            if live:
                self._chart.paint(painter, arranged, case, view, found, dragging=self._pull.held is not None)
            else:
                paint_chart(painter, arranged, case, view, found)
        paint_cursor(painter, arranged, view)
        if not self._stretched:
            paint_occlusions(painter, arranged, case, view)
        paint_ruler(painter, arranged, view)
        if mouse is not None and arranged.strip is not None and arranged.strip.contains(mouse):
            paint_reading(painter, arranged, case, self._station_at(mouse), found)

    # -- what the doctor does ------------------------------------------------------------------------------------

    def go_to(self, station_mm: float) -> None:
        """Put the cursor at a station of the course."""
        if self._sight is not None:
            self.desk.look(at_station(self.desk.view, self._sight, station_mm))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.empty:
            return
        where, left = event.position(), event.button() == Qt.MouseButton.LeftButton
        if event.button() == Qt.MouseButton.MiddleButton:
            self._drag = ("move", where, self._left_mm)
        elif left and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._drag = ("turn", where, self.desk.view.angle_deg)
        elif left and self._takes_course(where):
            self._drag = ("course", where, 0.0)
        elif left and where.y() > HEADER_PX:
            self._drag = ("along", where, 0.0)
            self.go_to(self._station_at(where))

    def _takes_course(self, where: QPointF) -> bool:
        """Take hold of the course if that is what the mouse does now, and if it lies under it."""
        number, sight = self._under(where), self._sight
        placed = self._placements(self.rect())[number]
        if sight is None or not takes_course(placed, self._pull, where):
            return False
        self._pulled_on = number
        return self._pull.take(*sight.course.on_vessel(placed.station_at(where)))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._mouse = event.position()
        if self._sight is None:
            return
        if self._drag is None:
            self._show_pointer(self._mouse)
            self.update()
            return
        kind, start, value = self._drag
        moved = event.position() - start
        if kind == "course":
            held, placed = self._pull.held, self._placements(self.rect())[self._pulled_on]
            if held is not None:
                self._pull.move(placed.pulled_to(event.position(), held.course_mm))
        elif kind == "along":
            self.go_to(self._station_at(event.position()))
        elif kind == "turn":
            self.desk.look(angle_deg=(value + moved.y() * 0.7) % 360)
        else:
            self._left_mm = value - moved.x() / self._placements(self.rect())[0].px_per_mm
            self.update()

    def _show_pointer(self, where: QPointF) -> None:
        """Give the mouse the shape of what a press would do."""
        shape = Qt.CursorShape.ArrowCursor
        placed = self._placements(self.rect())[self._under(where)]
        if takes_course(placed, self._pull, where):
            shape = Qt.CursorShape.SizeVerCursor
        if self.cursor().shape() != shape:
            self.setCursor(shape)

    def leaveEvent(self, event: QEvent) -> None:
        self._mouse = None
        super().leaveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pulling:
            self._drag = None
            self._pull.keep()
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
        before = self._placements(self.rect())[0]
        at_mm = (where.x() - before.area.left()) / before.px_per_mm
        self._zoom = float(np.clip(self._zoom * factor, 1.0, 12.0))
        after = self._placements(self.rect())[0]
        self._left_mm = at_mm - (where.x() - after.frame.left()) / after.px_per_mm
        self.update()

    def _ends(self, *, whole: bool) -> tuple[float, float]:
        """Return where Home and End lead: to the caps of the occlusion on this course, else to its own ends."""
        assert self._sight is not None
        case = self.desk.case
        lesion = active_lesion(case, self.desk.view) if case is not None and not whole else None
        if case is not None and lesion is not None:
            start = self._sight.course.starts_mm.get(lesion.vessel)
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
        elif event.key() == Qt.Key.Key_B:
            self.toggle_pair()
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            turn = TURN_DEG if event.key() == Qt.Key.Key_Up else -TURN_DEG
            self.desk.look(replace(self.desk.view, angle_deg=(self.desk.view.angle_deg + turn) % 360))
        else:
            super().keyPressEvent(event)
