"""An axial, coronal or sagittal plane: what it shows, and how it is worked with mouse and keyboard."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QWheelEvent
from PySide6.QtWidgets import QWidget

from viewer.analysis.reformat.plane import Image
from viewer.desk import Desk
from viewer.jobs import Jobs
from viewer.model.board import PlaceValue
from viewer.model.case import Case
from viewer.model.geometry import Float
from viewer.model.view import Projection, Slab, ViewState
from viewer.ui.capture_shot import Shot
from viewer.ui.course_pull import CoursePull
from viewer.ui.pane import HEADER_PX, logical_area
from viewer.ui.patient_pane import PatientPane
from viewer.ui.plane_course import CourseOnPlane
from viewer.ui.plane_crosshair import Crosshair, crosshair, draw_crosshair
from viewer.ui.plane_drags import CursorDrag, Drag, MarkDrag, NewMark, PanDrag, TurnDrag, WindowDrag, ZoomDrag
from viewer.ui.plane_frame import PLANE_NAMES, STANDARD, PlaneFrame, fit_mm_per_px, obliquity_deg, stepped
from viewer.ui.plane_image import PlaneImage, PlaneRequest, developed
from viewer.ui.plane_keys import PLANE_KEYS as PLANE_KEYS
from viewer.ui.plane_keys import ZOOM_STEP, key_table
from viewer.ui.plane_marks import grip
from viewer.ui.plane_overlays import draw_overlays
from viewer.ui.plane_place import LEAST_ZOOM, MOST_ZOOM, Place, place_from, same_grid
from viewer.ui.plane_texts import (
    LEFT,
    RIGHT,
    corner_lines,
    draw_corner,
    draw_letters,
    draw_scale_bar,
    reading_lines,
    text_scale,
)
from viewer.ui.theme import color
from viewer.ui.tools import Tool, ToolBox

THICKNESSES_MM = (0.0, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 50.0)
WHEEL_STEP = 120
_TITLES = ("Axial", "Coronal", "Sagittal")


class PlanePane(PatientPane):
    """One of the three planes.

    Parameters
    ----------
    desk, jobs
        As for every pane.
    tools : ToolBox
        Shared by the planes and the strip of tools.
    pull : CoursePull
        Shared by all panes on which a course can be dragged.
    index : int
        0 axial, 1 coronal, 2 sagittal: which plane of the view it shows.
    """

    when_empty = ("No images yet", "Open a study, drop a folder here, or choose the demonstration case.")

    def __init__(
        self, desk: Desk, jobs: Jobs, tools: ToolBox, pull: CoursePull, index: int, parent: QWidget | None = None
    ) -> None:
        self.index = index
        self.key = PLANE_NAMES[index]
        self.title = _TITLES[index]
        super().__init__(desk, jobs, parent)
        self.tools = tools
        self._course = CourseOnPlane(self, pull)
        self.place = Place(np.zeros(3))
        self._case: Case | None = None
        self._view = desk.view
        self._image = PlaneImage(f"{self.key}.refine", jobs, self.update, self)
        #: In a capture: what is painted, sampled for it.
        self._sampled: Image | None = None
        self._inverted = False
        self._drag: Drag | None = None
        self._mouse: QPointF | None = None
        self._wheel = 0
        tools.changed.connect(self._tool_changed)
        self._keys = key_table(self)

    # -- what it shows -------------------------------------------------------------------------------------------

    def refresh(self, case: Case | None, view: ViewState) -> None:
        former_case, former = self._case, self._view
        self._case, self._view = case, view
        if case is None:
            self._image.close()
            self._drag = None
            self.set_empty(True)
            return
        if former_case is None or not same_grid(former_case.volume.geometry, case.volume.geometry):
            self.place = Place(case.volume.geometry.center_lps_mm)
        elif view.planes[self.index] is not former.planes[self.index]:
            self.place = replace(self.place, center_lps_mm=self._center_after_turn(former, view))
        if former.cursor_lps_mm is not view.cursor_lps_mm and self._drag is None:
            self._keep_cursor_in_sight()
        self.set_empty(False)
        self.update()

    @property
    def resting(self) -> bool:
        return self._case is None or self.fine

    def subtitle(self) -> str:
        angle = obliquity_deg(self._view.planes[self.index], self.index)
        return f"oblique {angle:.0f}°" if not self.empty and angle >= 0.5 else ""

    def close_pane(self) -> None:
        self._image.close()
        self._case = None
        self.set_empty(True)

    def frame(self, area: QRectF | None = None) -> PlaneFrame:
        """Return how the plane stands in `area` (default: the pane); needs a case."""
        area = QRectF(self.rect()) if area is None else area
        plane, center = self._view.planes[self.index], self.place.center_lps_mm
        center = center + plane.normal * float((self._view.cursor_lps_mm - center) @ plane.normal)
        return PlaneFrame(center, plane, self._fit(area) / self.place.zoom, area)

    def on_screen(self, points_lps_mm: Float, area: QRect) -> tuple[Float, Float] | None:
        if self._case is None:
            return None
        return self.frame(QRectF(area)).project(points_lps_mm, self._view.slab.thickness_mm)

    def point_at(self, position: QPointF) -> Float | None:
        return None if self._case is None else self.frame().to_lps(position)

    def claims(self, position: QPointF) -> bool:
        cross = self.crosshair()
        shown = self._view.opacity("crosshair") > 0
        return shown and (cross.holds_center(position) or cross.holds_handle(position))

    def follows_drag(self) -> bool:
        return False  # the plane would move away under the mouse

    def crosshair(self) -> Crosshair:
        """Return the crosshair as it stands in the pane."""
        return crosshair(self.frame(), self._view, self.index)

    @property
    def inverted(self) -> bool:
        """Whether black and white are swapped."""
        return self._inverted

    @property
    def fine(self) -> bool:
        """Whether the picture on the screen is the best one, not a preview."""
        return self._image.fine

    def paint_picture(self, painter: QPainter, area: QRect) -> None:
        case, view = self._case, self._view
        if case is None:
            return
        frame = self.frame(QRectF(area))
        self._paint_image(painter, frame, case)
        painter.setClipRect(area, Qt.ClipOperation.IntersectClip)
        live = painter.device() is self
        scale = text_scale(frame.area)
        if view.opacity("crosshair") > 0:
            cross, handles = crosshair(frame, view, self.index), live and self._mouse is not None
            painter.setOpacity(view.opacity("crosshair"))
            draw_crosshair(painter, frame, view, self.index, cross, handles=handles, scale=scale)
        draw_overlays(painter, frame, case, view, self.tools.selected, scale)
        if live:
            self._course.paint_handle(painter, frame, self._mouse)
        draw_letters(painter, frame, scale)
        preset = next((name for name, window in self.tools.windows if window == view.window), None)
        left, right = corner_lines(
            case.volume, frame.plane, view.window, preset, view.slab, frame.center_lps_mm, self.place.zoom
        )
        draw_corner(painter, frame.area, left, scale, LEFT)
        draw_corner(painter, frame.area, right, scale, RIGHT)
        draw_scale_bar(painter, frame, scale, right)
        if live and self._mouse is not None and case.volume.complete:
            self._paint_reading(painter, frame, case, scale)
        painter.fillRect(QRectF(area.left() + 4, area.top() + 9, 2.5, 14), color("plane", self.key))

    def _request(self, frame: PlaneFrame, case: Case, ratio: float) -> PlaneRequest:
        return PlaneRequest(
            case.volume,
            frame.center_lps_mm,
            frame.plane,
            max(round(frame.area.width() * ratio), 1),
            max(round(frame.area.height() * ratio), 1),
            frame.mm_per_px / ratio,
            self._view.slab,
        )

    def _paint_image(self, painter: QPainter, frame: PlaneFrame, case: Case) -> None:
        if self._sampled is not None:
            image: QImage | None = developed(self._sampled, self._view.window, self._inverted)
        else:
            request = self._request(frame, case, painter.device().devicePixelRatio())
            image = self._image.picture(request, self._view.window, self._inverted)
        if image is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
            painter.drawImage(frame.area, image)

    def shot(self, size: QSize, scale: float) -> Shot:
        case = self._case
        if case is None:
            return super().shot(size, scale)
        moment = {"_case": case, "_view": self._view, "place": self.place, "_inverted": self._inverted}
        request = self._request(self.frame(QRectF(logical_area(size, scale))), case, scale)
        return Shot(
            lambda progress: request.sample(progress=progress),
            lambda sampled: self.grab_with(size, scale, _sampled=sampled, **moment),
        )

    def place_values(self) -> tuple[tuple[str, PlaceValue], ...]:
        return (*self.place.values(), ("inverted", float(self._inverted)))

    def restore_place(self, values: dict[str, PlaceValue]) -> None:
        place = place_from(values)
        if place is not None:
            self._inverted = bool(values.get("inverted"))
            self.set_place(place)

    def _paint_reading(self, painter: QPainter, frame: PlaneFrame, case: Case, scale: float) -> None:
        assert self._mouse is not None
        lines = reading_lines(case.volume, frame.plane, self._view.slab, frame.to_lps(self._mouse))
        draw_corner(painter, frame.area, lines, scale, LEFT, below_px=HEADER_PX)

    def _fit(self, area: QRectF) -> float:
        assert self._case is not None
        return fit_mm_per_px(self._case.volume.geometry, self.index, area)

    def _center_after_turn(self, former: ViewState, view: ViewState) -> Float:
        """Return what has to be in the middle so that the cursor stays where it is on the screen."""
        old, new = former.planes[self.index], view.planes[self.index]
        away = former.cursor_lps_mm - self.place.center_lps_mm
        return view.cursor_lps_mm - (away @ old.right) * new.right - (away @ old.down) * new.down

    def _keep_cursor_in_sight(self) -> None:
        """Follow a cursor that another pane moved out of sight."""
        shift = self.frame().shift_into_sight(self._view.cursor_lps_mm)
        if shift is not None:
            self.set_place(replace(self.place, center_lps_mm=self.place.center_lps_mm + shift))

    def _tool_changed(self) -> None:
        if self._drag is None:
            self._show_pointer()
        self.update()

    # -- what it does --------------------------------------------------------------------------------------------

    def set_place(self, place: Place) -> None:
        """Show another part of the plane."""
        self.place = place
        self.update()

    def zoom_by(self, factor: float, about: QPointF) -> None:
        """Enlarge, and leave what lies under `about` where it is."""
        frame = self.frame()
        zoom = min(max(self.place.zoom * factor, LEAST_ZOOM), MOST_ZOOM)
        away = (frame.to_lps(about) - frame.center_lps_mm) * (1 - self.place.zoom / zoom)
        self.set_place(Place(self.place.center_lps_mm + away, zoom))

    def move_cursor(self, position: QPointF) -> None:
        """Move the cursor within the plane to a position on the screen, not out of the volume."""
        if self._case is None:
            return
        geometry, cursor = self._case.volume.geometry, self.desk.view.cursor_lps_mm
        point = self.frame().to_lps(position)
        normal = self._view.planes[self.index].normal
        point = point + normal * float((cursor - point) @ normal)
        low, high = geometry.corners_lps_mm.min(axis=0), geometry.corners_lps_mm.max(axis=0)
        self.desk.look(cursor_lps_mm=np.clip(point, low, high))

    def step(self, slices: int) -> None:
        """Go by some slices, positive away from the observer."""
        if self._case is not None:
            view = self.desk.view
            self.desk.look(
                cursor_lps_mm=stepped(self._case.volume.geometry, view.planes[self.index], view.cursor_lps_mm, slices)
            )

    def straighten(self) -> None:
        """Turn all three planes back to axial, coronal and sagittal."""
        self.desk.look(planes=STANDARD)

    def whole_picture(self) -> None:
        """Show all of the volume, centred."""
        if self._case is not None:
            self.set_place(Place(self._case.volume.geometry.center_lps_mm))

    def thicken(self, steps: int) -> None:
        """Take the next thicker or thinner slab."""
        slab = self.desk.view.slab
        order = THICKNESSES_MM if steps > 0 else THICKNESSES_MM[::-1]
        choice = next((t for t in order if (t - slab.thickness_mm) * steps > 1e-6), order[-1])
        self.desk.look(slab=Slab(choice, slab.projection))

    def next_projection(self) -> None:
        """Go from MIP to mean to MinIP."""
        slab, order = self.desk.view.slab, tuple(Projection)
        following = order[(order.index(slab.projection) + 1) % len(order)]
        self.desk.look(slab=Slab(slab.thickness_mm, following))

    def invert(self) -> None:
        """Swap black and white in this pane."""
        self._inverted = not self._inverted
        self.update()

    def delete_selected(self) -> bool:
        """Delete the selected mark; False if there is none."""
        case, selected = self.desk.kept_case, self.tools.selected
        if case is None or not any(mark is selected for mark in case.marks):
            return False
        marks = tuple(mark for mark in case.marks if mark is not selected)
        self.desk.apply(replace(case, marks=marks), "Delete mark")
        self.tools.select(None)
        return True

    def escape(self) -> bool:
        """Stop what is drawn or dragged, else put the tool away, else deselect; False if there was nothing to stop."""
        if self._drag is not None:
            self._drag.cancel()
            self._drag = None
            self._show_pointer()
        elif self.tools.tool is not Tool.WINDOW:
            self.tools.choose(Tool.WINDOW)
        elif self.tools.selected is not None:
            self.tools.select(None)
        else:
            return False
        return True

    # -- mouse ---------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._case is None:
            super().mousePressEvent(event)
            return
        position = event.position()
        self._mouse = position
        if self._drag is not None:
            if event.button() == Qt.MouseButton.LeftButton and self._drag.press(position):
                self._drag = None
        else:
            self._drag = self._begin(event.button(), event.modifiers(), position)
        self._show_pointer()

    def _begin(self, button: Qt.MouseButton, modifiers: Qt.KeyboardModifier, position: QPointF) -> Drag | None:
        if button == Qt.MouseButton.MiddleButton:
            return PanDrag(self, position)
        if button == Qt.MouseButton.RightButton:
            return ZoomDrag(self, position)
        if button != Qt.MouseButton.LeftButton:
            return None
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            return CursorDrag(self, position, jump=True)
        tool = self.tools.tool
        if tool is Tool.COURSE:
            return self._course.take(position)
        if tool in (Tool.DISTANCE, Tool.ANGLE):
            # Nothing is measured in a volume that is still being read.
            return NewMark(self, position, tool) if self._case is not None and self._case.volume.complete else None
        taken = self._taken(position)
        if taken is not None:
            return taken
        self.tools.select(None)
        if tool is Tool.CROSSHAIR:
            return CursorDrag(self, position, jump=True)
        if tool is Tool.PAN:
            return PanDrag(self, position)
        return ZoomDrag(self, position) if tool is Tool.ZOOM else WindowDrag(self, position)

    def _taken(self, position: QPointF) -> Drag | None:
        """Return the drag of what lies under the mouse, if something that can be dragged does."""
        assert self._case is not None
        if self._view.opacity("marks") > 0:
            held = grip(self.frame(), self._case.marks, self._view.slab, position)
            if held is not None:
                self.tools.select(held.mark)
                return MarkDrag(self, position, held)
        if self._view.opacity("crosshair") > 0:
            cross = self.crosshair()
            if cross.holds_center(position):
                return CursorDrag(self, position, jump=False)
            if cross.holds_handle(position):
                return TurnDrag(self, position)
        return None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._mouse = event.position()
        if self._case is None:
            return
        if self._drag is not None:
            self._drag.move(self._mouse)
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.move_cursor(self._mouse)
        else:
            self._show_pointer()
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._drag is not None and self._drag.release(event.position()):
            self._drag = None
        self._show_pointer()
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        position = event.position()
        if self._case is None or position.y() <= HEADER_PX or event.button() != Qt.MouseButton.LeftButton:
            super().mouseDoubleClickEvent(event)
        elif self._drag is not None or self.tools.tool is not Tool.WINDOW:
            self.mousePressEvent(event)
        elif self.crosshair().holds_center(position):
            self.straighten()
        elif not self.choose_vessel(position):
            self.desk.look(window=self.tools.windows[0][1])

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self._case is None:
            super().wheelEvent(event)
            return
        turn = event.angleDelta().y() or event.angleDelta().x()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom_by(ZOOM_STEP ** (turn / WHEEL_STEP), event.position())
        else:
            # Fine wheels send parts of a step.
            self._wheel += turn
            slices = int(self._wheel / WHEEL_STEP)
            self._wheel -= slices * WHEEL_STEP
            if slices:
                self.step(slices)
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        self._mouse = None
        super().leaveEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def _show_pointer(self) -> None:
        """Give the mouse the shape of what a press would do."""
        shape = Qt.CursorShape.ArrowCursor
        if self._case is not None and self._mouse is not None:
            cross = self.crosshair()
            if self.tools.tool is Tool.COURSE:
                shape = self._course.pointer(self._mouse)
            elif self.tools.tool in (Tool.DISTANCE, Tool.ANGLE, Tool.CROSSHAIR, Tool.TRACE):
                shape = Qt.CursorShape.CrossCursor
            elif grip(self.frame(), self._case.marks, self._view.slab, self._mouse) is not None:
                shape = Qt.CursorShape.PointingHandCursor
            elif cross.holds_center(self._mouse):
                shape = Qt.CursorShape.SizeAllCursor
            elif cross.holds_handle(self._mouse) or self.tools.tool is Tool.PAN:
                shape = Qt.CursorShape.OpenHandCursor if self._drag is None else Qt.CursorShape.ClosedHandCursor
        if self.cursor().shape() != shape:
            self.setCursor(shape)

    # -- keys ----------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        action = self._keys.get(Qt.Key(event.key()))
        plain = not event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
        if self._case is None or action is None or not plain or action() is False:
            super().keyPressEvent(event)
