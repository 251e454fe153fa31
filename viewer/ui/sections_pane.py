"""Cross-sections of the active vessel: before, at and after the cursor, looking along the flow."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPen, QWheelEvent

from viewer.analysis.plaque.anchor import pull_anchor
from viewer.analysis.reformat.frames import frame_at
from viewer.analysis.reformat.sections import cross_section, section_place
from viewer.desk import Desk
from viewer.desk.sight import Along, active, at_station
from viewer.desk.target import active_lesion
from viewer.jobs import Jobs
from viewer.model.board import PlaceValue
from viewer.model.case import Case
from viewer.model.geometry import Float
from viewer.model.view import ViewState
from viewer.report.calcium_marks import CLASSES, levels_of
from viewer.report.grey import grey_image
from viewer.report.ink import draw_text
from viewer.report.section_marks import calcium_at, nearest_row, outline, paint_section_marks
from viewer.ui.cap_marks import paint_plate, shade_of
from viewer.ui.course_pull import GRIP_PX as COURSE_GRIP_PX
from viewer.ui.course_pull import CoursePull, paint_handle
from viewer.ui.pane import HEADER_PX
from viewer.ui.patient_pane import PatientPane
from viewer.ui.section_caps import badges, box_of, paint_badges
from viewer.ui.theme import color, font

HALF_WIDTH_MM = 7.0
PIXEL_MM = 0.1
APART_MM = 5.0
LABEL_PX, SMALL_LABEL_PX = 36, 16
#: The strip across an occlusion: room for one section, how many there are, and what is shown beyond the caps.
STRIP_EDGE_PX, LEAST_COUNT, MOST_COUNT, BEYOND_MM = 116.0, 6, 30, 2.0
GRIP_PX = 5.0
#: From the upper left corner of a section to the spot under which its length is told while a cap is dragged.
LENGTH_PX = QPointF(45, 1)

SECTION_KEYS = (
    ("Wheel, ← →", "0.5 mm along (Shift: 5 mm)"),
    ("Click", "move the cursor there"),
    ("Drag a contour", "correct it; its neighbours follow"),
    ("Drag P or D", "move a cap to another section; with the wheel: on by 0.5 mm"),
    ("Right button", "put a cap at this section"),
    (", and .", "sections nearer or farther apart"),
    ("W", "a strip of sections across the whole occlusion, or three"),
)


@dataclass(frozen=True, slots=True)
class Held:
    """The contour that the mouse holds: its vessel, its station there and on the course, and the picture it is in."""

    vessel: str
    own_mm: float
    station_mm: float
    box: QRectF
    lumen: bool


class SectionsPane(PatientPane):
    """Shows three sections, one above the other or side by side, or a strip of them across the whole occlusion."""

    #: A contour was corrected: what was measured within it is to be measured again.
    contour_pulled = Signal()

    key = "sections"
    title = "Cross-sections"
    when_empty = (
        "Before, at and after the cursor",
        "Choose a vessel: click it in the tree map, in 3-D, or in step Vessel.",
    )

    def __init__(self, desk: Desk, jobs: Jobs, pull: CoursePull) -> None:
        super().__init__(desk, jobs)
        self._pull = pull
        #: The picture on which the course is dragged: its station and its square.
        self._pulling: tuple[float, QRectF] | None = None
        self._sight: Along | None = None
        self._case: Case | None = None
        self._apart_mm = APART_MM
        self._whole = False
        self._strip = self.add_tool("strip", "Sections across the whole occlusion, or three (W)", checkable=True)
        self._strip.clicked.connect(self.toggle_whole)
        self._held: Held | None = None
        #: The square whose middle the mouse is at while courses are dragged.
        self._over: QRectF | None = None

    def refresh(self, case: Case | None, view: ViewState) -> None:
        # The course must not move under the mouse that drags it.
        held = self._pull.held if self._pulling is not None else None
        self._sight, self._case = held.sight if held is not None else active(case, view), case
        self.set_empty(self._sight is None)
        self.update_if_other(
            case, view.cursor_lps_mm, view.vessel, view.window, view.hidden_overlays, view.faded_overlays
        )

    def subtitle(self) -> str:
        if self._sight is None:
            return ""
        stations = self.stations_mm()
        return (
            f"{stations[2] - stations[1]:.1f} mm apart"
            if self._across() is not None
            else f"{self._apart_mm:g} mm apart"
        )

    def toggle_whole(self) -> None:
        """Show the sections across the whole occlusion, or those about the cursor."""
        self._whole = not self._whole
        self._strip.setChecked(self._whole)
        self.update()

    def _across(self) -> tuple[float, float] | None:
        """Return the caps between which the strip goes, on the course; ``None``: three sections are shown."""
        # The strip would change its sections under the mouse that drags a cap from one to the other.
        case, sight = self.desk.kept_case if self.holds_cap else self._case, self._sight
        lesion = active_lesion(case, self.desk.view) if self._whole and case is not None else None
        start = sight.course.starts_mm.get(lesion.vessel) if sight is not None and lesion is not None else None
        if lesion is None or start is None:
            return None
        return start + lesion.proximal.station_mm, start + lesion.distal.station_mm

    def _cursor_mm(self) -> float:
        assert self._sight is not None
        return self._sight.nearest(self.desk.view.cursor_lps_mm)[0]

    def stations_mm(self) -> list[float]:
        """Return the stations that are shown, from the ostium on."""
        assert self._sight is not None
        middle, across = self._cursor_mm(), self._across()
        wanted = [middle - self._apart_mm, middle, middle + self._apart_mm]
        if across is not None:
            one = STRIP_EDGE_PX * (STRIP_EDGE_PX + SMALL_LABEL_PX)
            room = (self.width() - 16) * (self.height() - HEADER_PX) / one
            inside = np.linspace(*across, int(np.clip(room, LEAST_COUNT, MOST_COUNT)) - 2).tolist()
            wanted = [across[0] - BEYOND_MM, *inside, across[1] + BEYOND_MM]
        return [float(np.clip(station, 0, self._sight.length_mm)) for station in wanted]

    def _boxes(self, area: QRect) -> list[QRectF]:
        """Return the squares of the pictures, as large as there is room for."""
        inside = QRectF(area).adjusted(8, HEADER_PX, -8, -6)
        count, label = len(self.stations_mm()), LABEL_PX if self._across() is None else SMALL_LABEL_PX

        def edge_with(columns: int) -> float:
            rows = -(-count // columns)
            return min((inside.width() - 8 * (columns - 1)) / columns, inside.height() / rows - label)

        columns = max(range(1, count + 1), key=edge_with)
        rows, edge = -(-count // columns), edge_with(columns)
        wide, high = inside.width() / columns, inside.height() / rows
        return [
            QRectF(
                inside.left() + (n % columns) * wide + (wide - edge) / 2,
                inside.top() + (n // columns) * high + (high - edge - label) / 2,
                edge,
                edge,
            )
            for n in range(count)
        ]

    def vessel_under(self, position: QPointF) -> tuple[str, float] | None:
        if self._sight is None:
            return None
        for station, box in self._shown(self.rect()):
            if box.contains(position):
                return self._sight.course.on_vessel(station)
        return None

    def menu_place(self, position: QPointF) -> tuple[str, float] | None:
        return self.vessel_under(position)

    def station_under(self, position: QPointF, vessel: str, near_mm: float | None = None) -> float | None:
        found = self.vessel_under(position)
        return found[1] if found is not None and found[0] == vessel else None

    def spot_of(self, vessel: str, station_mm: float, area: QRect) -> tuple[QPointF, float] | None:
        box = None if self._sight is None else box_of(self._sight, self._shown(area), vessel, station_mm)
        return None if box is None else (box.topLeft() + LENGTH_PX, 1.0)

    def point_at(self, position: QPointF) -> Float | None:
        for station, box in self._shown(self.rect()) if self._sight is not None else ():
            if box.contains(position):
                return self._place_at(position, station, box)
        return None

    def follows_drag(self) -> bool:
        return False  # the sections would go on under the mouse

    def cap_grip_px(self, position: QPointF, vessel: str, station_mm: float, *, proximal: bool) -> float | None:
        if self._sight is None or self._case is None:
            return None
        for badge in badges(self._case, self._sight, self._shown(self.rect())):
            if badge.proximal == proximal and badge.station_mm == station_mm and badge.box.contains(position):
                return (position - badge.box.center()).manhattanLength()
        return None

    def _shown(self, area: QRect) -> list[tuple[float, QRectF]]:
        """Return the stations that are shown, each with its square."""
        return list(zip(self.stations_mm(), self._boxes(area), strict=True))

    def paint_caps(self, painter: QPainter, area: QRect, case: Case) -> None:
        if self._sight is not None:
            paint_badges(painter, case, self._sight, self._shown(area))

    def paint_ghost(self, painter: QPainter, area: QRect, place: tuple[str, float], *, proximal: bool) -> None:
        box = None if self._sight is None else box_of(self._sight, self._shown(area), *place)
        if box is not None:
            middle = box.bottomLeft() + QPointF(16, -14)
            paint_plate(painter, middle, "P" if proximal else "D", shade_of(proximal=proximal))

    def mm_per_px(self, area: QRect) -> float | None:
        return None if self._sight is None else 2 * HALF_WIDTH_MM / self._boxes(area)[0].width()

    def place_values(self) -> tuple[tuple[str, PlaceValue], ...]:
        return (("apart_mm", self._apart_mm), ("whole", float(self._whole)))

    def restore_place(self, values: dict[str, PlaceValue]) -> None:
        match values:
            case {"apart_mm": float(apart_mm)}:
                self._apart_mm = apart_mm
                if bool(values.get("whole")) != self._whole:
                    self.toggle_whole()
                self.update()

    def paint_picture(self, painter: QPainter, area: QRect) -> None:
        if self._sight is None or self._case is None:
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        stations, strip = self.stations_mm(), self._across() is not None
        at_cursor = int(np.abs(np.array(stations) - self._cursor_mm()).argmin()) if strip else 1
        for number, (station, box) in enumerate(zip(stations, self._boxes(area), strict=True)):
            hu = cross_section(
                self._case.volume, self._sight.frames, station, half_width_mm=HALF_WIDTH_MM, pixel_mm=PIXEL_MM
            )
            # Row 0 is the lowest offset along `up`; on the screen up is up.
            painter.drawImage(box, grey_image(hu[::-1], self.desk.view.window))
            here = number == at_cursor
            painter.setPen(QPen(color("accent", "primary") if here else color("surface", "hover"), 1.4 if here else 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(box)
            paint_section_marks(painter, box, self._case, self._sight, station, HALF_WIDTH_MM, self.desk.view)
            self._paint_calcium(painter, box, station, small=strip)
            if strip:
                below = QRect(round(box.left()), round(box.bottom()) + 1, round(box.width()), SMALL_LABEL_PX - 2)
                shade = color("text", "strong") if here else color("text", "muted")
                draw_text(painter, below, int(Qt.AlignmentFlag.AlignHCenter), f"{station:.1f} mm", font(0.75), shade)
            else:
                self._paint_label(painter, box, ("before", "at the cursor", "after")[number], station)
            if painter.device() is self:
                self._paint_pull(painter, box, station)

    def _paint_pull(self, painter: QPainter, box: QRectF, station_mm: float) -> None:
        """Show where the course is dragged to, or that it can be taken in the middle."""
        shift, middle = self._pull.shift(), box.center()
        if self._pulling is not None and shift is not None and self._sight is not None:
            if not shift[0][0] <= station_mm <= shift[0][-1]:
                return
            _, _, right, up = frame_at(self._sight.frames, station_mm)
            away = np.array([np.interp(station_mm, shift[0], axis) for axis in shift[1].T])
            scale = box.width() / (2 * HALF_WIDTH_MM)
            spot = middle + QPointF(float(away @ right), -float(away @ up)) * scale
            painter.setPen(QPen(color("accent", "primary"), 1.4, Qt.PenStyle.DashLine))
            painter.drawLine(middle, spot)
            paint_handle(painter, spot, taken=station_mm == self._pulling[0])
        elif self._pull.chosen and self._pull.held is None and self._over == box:
            paint_handle(painter, middle, taken=False)

    def _paint_calcium(self, painter: QPainter, box: QRectF, station_mm: float, *, small: bool) -> None:
        """Write share and arc of the calcium into the upper right corner."""
        assert self._sight is not None and self._case is not None
        found = calcium_at(self._case, self._sight, station_mm)
        level = int(levels_of(found[0])[found[1]]) if found is not None else -1
        if found is None or level < 0 or self.desk.view.opacity("calcium") <= 0:
            return
        profile, nearest = found
        shade = color("meaning", CLASSES[level][1])
        words = f"{profile.csa_percent[nearest]:.0f} % · {profile.arc_deg[nearest]:.0f}°"
        inside = QRect(round(box.left()) + 6, round(box.top()) + (2 if small else 4), round(box.width()) - 10, 20)
        with_font = font(0.78 if small else 0.95, bold=True)
        painter.setOpacity(self.desk.view.opacity("calcium"))
        draw_text(painter, inside, int(Qt.AlignmentFlag.AlignRight), words, with_font, shade)
        painter.setOpacity(1.0)

    def _paint_label(self, painter: QPainter, box: QRectF, name: str, station_mm: float) -> None:
        assert self._sight is not None and self._case is not None
        vessel, own = self._sight.course.on_vessel(station_mm)
        sections, text = self._case.sections_of(vessel), f"{station_mm:.1f} mm"
        if sections is not None:
            area = float(sections.lumen_area_mm2[nearest_row(sections, own)])
            text += f" · lumen {2 * np.sqrt(area / np.pi):.1f} mm" if area > 0 else " · no lumen"
        elif self._sight.course.centerline.is_inferred(station_mm):
            text += " · course inferred"
        flags = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        upper = QRect(round(box.left()) - 20, round(box.bottom()) + 2, round(box.width()) + 40, 16)
        draw_text(painter, upper, flags, name, font(0.85, bold=True), color("text", "strong"))
        draw_text(painter, upper.translated(0, 15), flags, text, font(0.8), color("text", "muted"))

    # -- what the doctor does ------------------------------------------------------------------------------------

    def _contour_at(self, where: QPointF) -> Held | None:
        """Return the contour that lies under the mouse, the outer wall first."""
        if self._sight is None or self._case is None:
            return None
        for station, box in self._shown(self.rect()):
            vessel, own = self._sight.course.on_vessel(station)
            sections = self._case.sections_of(vessel)
            if sections is None or not box.contains(where):
                continue
            # A lumen that is closed is a point in the middle: there a click means the place.
            closed = sections.lumen_mm[nearest_row(sections, own)].max() == 0
            for contour in ("wall_mm",) if closed else ("wall_mm", "lumen_mm"):
                points = outline(sections, self._sight, own, station, contour, box, HALF_WIDTH_MM)
                if np.hypot(points[:, 0] - where.x(), points[:, 1] - where.y()).min() <= GRIP_PX:
                    return Held(vessel, own, station, box, contour == "lumen_mm")
        return None

    def _drag_contour(self, where: QPointF, *, keep: bool) -> None:
        """Pull the contour that is held to the mouse; its neighbours follow."""
        case, held = self.desk.kept_case, self._held
        sections = case.sections_of(held.vessel) if case is not None and held is not None else None
        if case is None or held is None or sections is None or self._sight is None:
            return
        place = self._place_at(where, held.station_mm, held.box)
        row = nearest_row(sections, held.own_mm)
        away = place - sections.frames.center_lps_mm[row]
        x, y = float(away @ sections.frames.right[row]), float(away @ sections.frames.up[row])
        angle, radius = float(np.degrees(np.arctan2(y, x))), float(np.hypot(x, y))
        pulled = pull_anchor(sections, held.own_mm, angle, radius, lumen=held.lumen)
        others = tuple(pulled if s.vessel == held.vessel else s for s in case.sections)
        new = replace(case, sections=others)
        if not keep:
            self.desk.preview(new)
            return
        # Calcium was measured within the former wall; it is measured anew.
        gone = tuple(profile for profile in case.calcium if profile.vessel != held.vessel)
        self.desk.apply(replace(new, calcium=gone), f"Pull {'lumen' if held.lumen else 'outer wall'} of {held.vessel}")
        self.contour_pulled.emit()

    def _middle_at(self, where: QPointF) -> tuple[float, QRectF] | None:
        """Return the station and the square in whose middle the mouse would take the course."""
        if not self._pull.chosen or self._sight is None:
            return None
        for station, box in self._shown(self.rect()):
            if np.hypot(where.x() - box.center().x(), where.y() - box.center().y()) <= COURSE_GRIP_PX:
                return station, box
        return None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        where = event.position()
        if self._pulling is not None and self._sight is not None:
            station, box = self._pulling
            self._pull.move(self._place_at(where, station, box))
            return
        if self._held is not None:
            self._drag_contour(where, keep=False)
            return
        middle = self._middle_at(where)
        over = None if middle is None else middle[1]
        if over != self._over:
            self._over = over
            self.update()
        grabs = over is not None or self._contour_at(where) is not None
        self.setCursor(Qt.CursorShape.SizeAllCursor if grabs else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pulling is not None:
            self._pulling = None
            self._pull.keep()
        elif self._held is not None:
            self._drag_contour(event.position(), keep=True)
            self._held = None

    def _place_at(self, where: QPointF, station_mm: float, box: QRectF) -> Float:
        """Return the point in LPS mm under a place of one of the pictures."""
        assert self._sight is not None
        away = (where - box.center()) * (2 * HALF_WIDTH_MM / box.width())
        return section_place(self._sight.frames, station_mm, away.x(), -away.y())

    def _step(self, by_mm: float) -> None:
        if self._sight is not None:
            self.desk.look(at_station(self.desk.view, self._sight, self._cursor_mm() + by_mm))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._sight is None or event.button() != Qt.MouseButton.LeftButton:
            return
        middle = self._middle_at(event.position())
        if middle is not None and self._pull.take(*self._sight.course.on_vessel(middle[0])):
            self._pulling, self._over = middle, None
            return
        self._held = self._contour_at(event.position())
        if self._held is not None:
            return
        for station, box in self._shown(self.rect()):
            if box.contains(event.position()):
                self.desk.look(cursor_lps_mm=self._place_at(event.position(), station, box))

    def wheelEvent(self, event: QWheelEvent) -> None:
        far = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        delta = event.angleDelta()
        self._step((5.0 if far else 0.5) * -(delta.y() or delta.x()) / 120)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        far = 5.0 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 0.5
        steps = {Qt.Key.Key_Left: -far, Qt.Key.Key_Right: far, Qt.Key.Key_Up: -far, Qt.Key.Key_Down: far}
        if event.key() in steps:
            self._step(steps[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_W:
            self.toggle_whole()
        elif event.key() in (Qt.Key.Key_Comma, Qt.Key.Key_Period):
            factor = 0.5 if event.key() == Qt.Key.Key_Comma else 2.0
            self._apart_mm = float(np.clip(self._apart_mm * factor, 0.625, 20))
            self.update()
        else:
            super().keyPressEvent(event)
