"""The 3-D pane: the heart as a volume rendering, turned with the mouse, always seen from where a C-arm could stand.

The pane paints the last picture that came, stretched to where it belongs now, and asks `Pictures` for the next one;
nothing is drawn on the window's thread but for captures.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QContextMenuEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QWheelEvent
from PySide6.QtWidgets import QWidget

from viewer.desk import Desk
from viewer.desk.sight import on_vessel
from viewer.jobs import Jobs
from viewer.model.board import PlaceValue
from viewer.model.case import Case
from viewer.model.geometry import Float
from viewer.model.vessel import VesselTree
from viewer.model.view import ViewState
from viewer.model.volume import Volume
from viewer.report.projected_disease import cap_boxes, paint_calcium, paint_caps
from viewer.scene.anatomy import find_tissue
from viewer.scene.camera import Camera, fitted, framed
from viewer.scene.picture import LEAST_AXIS, Look, Picture, Prepared, Request, prepare
from viewer.scene.recipe import Recipe, fitted_recipe, preset, presets
from viewer.ui.capture_shot import Shot
from viewer.ui.kept_layer import KeptLayer
from viewer.ui.pane import HEADER_PX
from viewer.ui.patient_pane import PatientPane
from viewer.ui.volume_controls import CropCard, volume_menu
from viewer.ui.volume_keys import STANDARD_VIEWS
from viewer.ui.volume_marks import paint_cube, paint_cursor, paint_nominal_colors
from viewer.ui.volume_pictures import Pictures
from viewer.ui.volume_place import capture_px, image_of, place_from, placed, values_of
from viewer.ui.volume_vessels import paint_vessels, vessel_at

TOO_THIN = ("Too few slices to be seen in 3-D", "The planes show them; open a series of the whole heart for this view.")

DEGREES_PER_PX = 0.4
ZOOM_PER_NOTCH = 1.15
ZOOM_PER_PX = 1.006
CUT_STEP = 0.02
#: A press that moved less than this is a click, pixels.
CLICK_PX = 4
#: A point of what is seen lies so far under its surface: within the vessel whose wall it is.
UNDER_MM = 1.0
#: Picture over what the coronary tree alone would fill.
TREE_MARGIN = 1.3


class VolumePane(PatientPane):
    """The heart in three dimensions."""

    key = "volume"
    title = "3-D"
    left_turns = True
    when_empty = ("The heart in three dimensions", "Open a study; the picture comes by itself.")

    def __init__(self, desk: Desk, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(desk, jobs, parent)
        self._pictures = Pictures(self)
        self._pictures.ready.connect(self._show)
        self._volume: Volume | None = None
        self._prepared: Prepared | None = None
        self._tissue: NDArray[np.uint8] | None = None
        self._recipe: Recipe | None = None
        self._preset_key = presets()[0].key
        self._box: Float | None = None
        self._cut_share = 0.0
        self._camera = Camera()
        #: Whether the frame follows the size of the pane: until the doctor zooms or moves the picture.
        self._fit_wanted = True
        self._picture: Picture | None = None
        self._image = QImage()
        self._still = KeptLayer()
        self._carm = desk.view.carm
        self._tree: VesselTree | None = None
        #: What is painted in a capture: the case and the view when it was asked for.
        self._moment: tuple[Case | None, ViewState] | None = None
        self._pressed: QPointF | None = None
        self._last = QPointF()
        self._moved = False
        self._crop = CropCard(self)
        self._crop.box_changed.connect(self.set_box)
        self._crop.cut_changed.connect(self.set_cut)
        self._crop.heart_wanted.connect(lambda: self.crop_to_heart(True))
        self._crop.whole_wanted.connect(lambda: self.crop_to_heart(False))
        self.add_tool("volume-crop", "Crop and cut").clicked.connect(self._open_crop)
        self.add_tool("volume-look", "Presets and standard views").clicked.connect(
            lambda: self._open_menu(self.mapToGlobal(QPoint(self.width() - 220, HEADER_PX)))
        )

    # -- the desk ------------------------------------------------------------------------------------------------

    def refresh(self, case: Case | None, view: ViewState) -> None:
        volume = None if case is None else case.volume
        if volume is not self._volume:
            self._take(volume)
        tree, former = None if case is None else case.tree, self._tree
        self._tree = tree
        if self._fit_wanted and tree and not former:
            self._fit()
            self._draw()
        self.update_if_other(case, view.vessel, view.cursor_lps_mm, view.hidden_overlays, view.faded_overlays)
        if view.carm is not self._carm:
            turned = (view.carm.primary_deg, view.carm.secondary_deg) != (
                self._carm.primary_deg,
                self._carm.secondary_deg,
            )
            self._carm = view.carm
            if turned:
                self.look_from(view.carm.primary_deg, view.carm.secondary_deg)

    def _take(self, volume: Volume | None) -> None:
        former = self._volume
        self._volume = volume
        self._tissue = None
        self.jobs.cancel("volume.prepare")
        self.jobs.cancel("volume.tissue")
        self._pictures.forget()
        if volume is None or former is None or volume.geometry.digest() != former.geometry.digest():
            # another study; while one is streaming in, the view stays as the operator has turned it
            self._prepared = self._picture = self._box = None
            self._cut_share = 0.0
            self._fit_wanted = True
            self.set_empty(True)
        thin = volume is not None and min(volume.hu.shape) < LEAST_AXIS
        self.when_empty = TOO_THIN if thin else VolumePane.when_empty
        if volume is not None and volume.complete and not thin:
            self.jobs.run(
                "volume.prepare", lambda progress: prepare(volume, progress), done=self._is_prepared, failed=_raise
            )

    def _is_prepared(self, prepared: Prepared) -> None:
        self._prepared = prepared
        self._recipe = fitted_recipe(preset(self._preset_key), prepared.contrast.lumen_hu)
        if self._box is None:
            self._box = prepared.contrast.heart_box if self._recipe.preset.cropped else prepared.whole_box
        if self._fit_wanted:
            self._camera = Camera(self._carm.primary_deg, self._carm.secondary_deg)
            self._fit()
        self._draw()
        self.jobs.run(
            "volume.tissue",
            lambda progress: find_tissue(prepared.anatomy_level, prepared.contrast, progress),
            done=self._has_tissue,
            failed=_raise,
        )

    def _has_tissue(self, tissue: NDArray[np.uint8]) -> None:
        self._tissue = tissue
        if self._recipe is not None and self._recipe.preset.hides:
            self._draw()

    # -- what is shown -------------------------------------------------------------------------------------------

    @property
    def camera(self) -> Camera:
        """Where the eye stands."""
        return self._camera

    @property
    def preset_key(self) -> str:
        """The preset that is shown, as in ``resources/volume_presets.json``."""
        return self._preset_key

    @property
    def resting(self) -> bool:
        """Whether the final picture is on the screen."""
        preparing = self.jobs.job("volume.prepare") is not None or self.jobs.job("volume.tissue") is not None
        return self._pictures.resting and not preparing

    def set_preset(self, key: str) -> None:
        """Show another preset; KeyError if there is none of this name."""
        chosen = preset(key)
        former = preset(self._preset_key)
        self._preset_key = key
        if self._prepared is not None:
            self._recipe = fitted_recipe(chosen, self._prepared.contrast.lumen_hu)
            if chosen.cropped != former.cropped:
                self.crop_to_heart(chosen.cropped)
        self._draw()

    def set_box(self, box: Float) -> None:
        """Show only this box: first and last index along k, j, i, shape (3, 2)."""
        self._box = np.array(box, float)
        self._draw()

    def set_cut(self, share: float) -> None:
        """Cut this share of the box away, from the eye's side."""
        self._cut_share = float(np.clip(share, 0, 1))
        self._draw()

    def crop_to_heart(self, heart: bool) -> None:
        """Crop to the heart, or show the whole volume."""
        if self._prepared is None:
            return
        self._box = self._prepared.contrast.heart_box if heart else self._prepared.whole_box
        self._fit()
        self._update_crop_card()
        self._draw()

    def look_from(self, primary_deg: float, secondary_deg: float) -> None:
        """Look from where the detector of a C-arm at these angles stands."""
        self._set_camera(self._camera.at(primary_deg, secondary_deg))

    def reset_view(self) -> None:
        """Fit what is shown into the pane, uncut."""
        self._cut_share = 0.0
        self._fit()
        self._update_crop_card()
        self._draw()

    def _set_camera(self, camera: Camera) -> None:
        former = self._camera
        turned_only = camera.height_mm == former.height_mm and camera.focus_lps_mm is former.focus_lps_mm
        self._fit_wanted = self._fit_wanted and turned_only
        self._camera = camera
        self._draw()

    def _fit(self) -> None:
        if self._prepared is not None and self._box is not None:
            size = (max(self.width(), 1), max(self.height(), 1))
            self._camera = fitted(self._camera, self._prepared.volume.geometry, self._box, size)
            if self._tree:
                points = np.concatenate([vessel.centerline.points_lps_mm for vessel in self._tree])
                close = framed(self._camera, points, size, margin=TREE_MARGIN)
                self._camera = min(self._camera, close, key=lambda camera: camera.height_mm)
            self._fit_wanted = True

    def _request(self, size_px: tuple[int, int]) -> Request | None:
        if self._prepared is None or self._recipe is None or self._box is None:
            return None
        look = Look(self._recipe, self._box, self._cut_share, self._tissue)
        return Request(self._prepared, look, self._camera, size_px)

    def _draw(self) -> None:
        ratio = self.devicePixelRatioF()
        request = self._request((max(round(self.width() * ratio), 8), max(round(self.height() * ratio), 8)))
        if request is not None:
            self._pictures.want(request)
        self.update()

    def _show(self, picture: Picture, final: bool) -> None:
        self._picture = picture
        self._image = image_of(picture)
        self.set_empty(False)
        self.update()

    # -- painting ------------------------------------------------------------------------------------------------

    def subtitle(self) -> str:
        if self._carm is not None and self._camera.looks_as(self._carm.primary_deg, self._carm.secondary_deg):
            return "same angle as the C-arm"
        return preset(self._preset_key).title

    def header_right(self) -> str:
        return "" if self.empty else self._camera.label

    def paint_picture(self, painter: QPainter, area: QRect) -> None:
        if self._picture is None:
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        case, view = self._moment or (self.desk.case, self.desk.view)
        made_from = self._picture, self._camera, case, view.vessel, view.hidden_overlays, view.faded_overlays
        self._still.draw(painter, self, area, lambda inner: self._paint_still(inner, area, case, view), *made_from)
        paint_cursor(painter, area, self._picture, self._camera, view.cursor_lps_mm)
        paint_cube(painter, QPointF(area.left() + 34, area.bottom() - 34), self._camera)
        if self._prepared is not None and self._prepared.contrast.lumen_hu is None:
            paint_nominal_colors(painter, area)

    def on_screen(self, points_lps_mm: Float, area: QRect) -> tuple[Float, Float] | None:
        if self._picture is None:
            return None
        places = self._camera.project(points_lps_mm, (area.width(), area.height()))[:, :2]
        return places + np.array([area.left(), area.top()]), np.zeros(len(places))

    def point_at(self, position: QPointF) -> Float | None:
        """Return the middle of the vessel that is drawn there, else a point a little under the surface that is seen."""
        # Not of what is only tried out: it must not hold the mouse that looks for a better way.
        case = self.desk.kept_case
        found = None if case is None else vessel_at(position, self.rect(), self._camera, case.tree)
        if case is not None and found is not None:
            return case.tree[found[0]].centerline.at(found[1])
        surface = self._surface_at(position)
        return None if surface is None else surface - UNDER_MM * self._camera.axes[2]

    def _surface_at(self, position: QPointF) -> Float | None:
        if self._picture is None:
            return None
        place = placed(self._picture, self._camera, self.rect())
        return self._picture.pick(
            (position.x() - place.left()) / place.width(), (position.y() - place.top()) / place.height()
        )

    def paint_caps(self, painter: QPainter, area: QRect, case: Case) -> None:
        """The picture has them already."""

    def vessel_under(self, position: QPointF) -> tuple[str, float] | None:
        case = self.desk.case
        return None if case is None else vessel_at(position, self.rect(), self._camera, case.tree)

    def _paint_still(self, painter: QPainter, area: QRect, case: Case | None, view: ViewState) -> None:
        picture, per_mm = self._picture, area.height() / self._camera.height_mm
        assert picture is not None
        painter.drawImage(placed(picture, self._camera, area), self._image)
        if case is None:
            return
        size, corner = (area.width(), area.height()), (area.left(), area.top())

        def to_screen(points: Float) -> Float:
            return self._camera.project(points, size)[:, :2] + corner

        free = cap_boxes(case, to_screen, area) if view.opacity("caps") > 0 else ()
        for name, paint in (
            ("vessels", lambda: paint_vessels(painter, area, picture, self._camera, case.tree, view.vessel, free)),
            ("calcium", lambda: paint_calcium(painter, case, to_screen, per_mm)),
            ("caps", lambda: paint_caps(painter, case, to_screen, within=area)),
        ):
            if view.opacity(name) > 0:
                painter.setOpacity(view.opacity(name))
                paint()
        painter.setOpacity(1.0)

    def shot(self, size: QSize, scale: float) -> Shot:
        request = self._request(capture_px(size.width(), size.height()))
        if request is None:
            return super().shot(size, scale)
        moment = self.desk.case, self.desk.view

        def paint(picture: Picture) -> QImage:
            return self.grab_with(
                size, scale, _picture=picture, _image=image_of(picture), _camera=request.camera, _moment=moment
            )

        return Shot(lambda progress: self._pictures.now(request, progress), paint)

    def mm_per_px(self, area: QRect) -> float | None:
        return None if self.empty else self._camera.height_mm / area.height()

    def place_values(self) -> tuple[tuple[str, PlaceValue], ...]:
        return () if self._box is None else values_of(self._camera, self._preset_key, self._box, self._cut_share)

    def restore_place(self, values: dict[str, PlaceValue]) -> None:
        place = place_from(values)
        if place is not None:
            camera, preset_key, box, cut_share = place
            self.set_preset(preset_key)
            self._box, self._cut_share = box, cut_share
            self._set_camera(camera)
            self._update_crop_card()

    def resizeEvent(self, event: QEvent) -> None:
        super().resizeEvent(event)
        if self._fit_wanted:
            self._fit()
        self._draw()

    # -- mouse and keyboard --------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = self._last = event.position()
        self._moved = False
        super().mousePressEvent(event)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None or self.empty:
            return
        if not self._moved and (event.position() - self._pressed).manhattanLength() < CLICK_PX:
            return
        self._moved = True
        delta = event.position() - self._last
        self._last = event.position()
        buttons = event.buttons()
        shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if buttons & Qt.MouseButton.MiddleButton or (buttons & Qt.MouseButton.LeftButton and shifted):
            mm = self._camera.height_mm / max(self.height(), 1)
            self._set_camera(self._camera.panned(-delta.x() * mm, delta.y() * mm))
        elif buttons & Qt.MouseButton.LeftButton:
            self._set_camera(self._camera.turned(-delta.x() * DEGREES_PER_PX, delta.y() * DEGREES_PER_PX))
        elif buttons & Qt.MouseButton.RightButton:
            self._set_camera(self._camera.zoomed(ZOOM_PER_PX ** -delta.y()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        clicked = self._pressed is not None and not self._moved and event.button() == Qt.MouseButton.LeftButton
        self._pressed = None
        if clicked and event.position().y() > HEADER_PX:
            self._pick(event.position())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.position().y() <= HEADER_PX:
            super().mouseDoubleClickEvent(event)
        elif event.button() == Qt.MouseButton.LeftButton:
            self._pick(event.position())

    def _pick(self, position: QPointF) -> None:
        if self.gives_points:
            return
        case = self.desk.case
        found = self.vessel_under(position)
        if case is not None and found is not None:
            self.desk.look(on_vessel(case, self.desk.view, *found))
            return
        point = self._surface_at(position)
        if point is not None:
            self.desk.look(cursor_lps_mm=point)

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / 120
        if notches and not self.empty:
            self._set_camera(self._camera.zoomed(ZOOM_PER_NOTCH**notches))
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Keyboard or not self._moved:
            self._open_menu(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = Qt.Key
        shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        turn = 1.0 if shifted else 5.0
        turns = {
            keys.Key_Left: (turn, 0.0),
            keys.Key_Right: (-turn, 0.0),
            keys.Key_Up: (0.0, -turn),
            keys.Key_Down: (0.0, turn),
        }
        key = event.key()
        if self.empty or event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().keyPressEvent(event)
        elif key in turns:
            self._set_camera(self._camera.turned(*turns[Qt.Key(key)]))
        elif key in (keys.Key_Plus, keys.Key_Equal):
            self._set_camera(self._camera.zoomed(ZOOM_PER_NOTCH))
        elif key == keys.Key_Minus:
            self._set_camera(self._camera.zoomed(1 / ZOOM_PER_NOTCH))
        elif key == keys.Key_V:
            self._next_view(-1 if shifted else 1)
        elif key == keys.Key_C:
            self.look_from(self._carm.primary_deg, self._carm.secondary_deg)
        elif key == keys.Key_T:
            names = [each.key for each in presets()]
            self.set_preset(names[(names.index(self._preset_key) + (-1 if shifted else 1)) % len(names)])
        elif key == keys.Key_X and self._prepared is not None:
            self.crop_to_heart(self._box is not self._prepared.contrast.heart_box)
        elif key in (keys.Key_BracketLeft, keys.Key_BracketRight):
            self.set_cut(self._cut_share + (CUT_STEP if key == keys.Key_BracketRight else -CUT_STEP))
        elif key == keys.Key_Home:
            self.reset_view()
        else:
            super().keyPressEvent(event)

    def _next_view(self, by: int) -> None:
        at = [n for n, (_, a, b) in enumerate(STANDARD_VIEWS) if self._camera.looks_as(a, b)]
        start = at[0] if at else (-1 if by > 0 else 0)
        _, primary, secondary = STANDARD_VIEWS[(start + by) % len(STANDARD_VIEWS)]
        self.look_from(primary, secondary)

    # -- menu and card -------------------------------------------------------------------------------------------

    def _open_menu(self, at: QPoint) -> None:
        carm = self._carm
        looks = (*STANDARD_VIEWS, ("As the C-arm stands", carm.primary_deg, carm.secondary_deg))
        cuts = (("Crop and cut…", self._open_crop), ("Fit, uncut", self.reset_view))
        volume_menu(self, self._preset_key, self.set_preset, looks, self.look_from, cuts).exec(at)

    def _open_crop(self) -> None:
        if self._prepared is None:
            return
        self._update_crop_card()
        self._crop.adjustSize()
        at = self.mapToGlobal(QPoint(self.width() - self._crop.width() - 8, HEADER_PX + 6))
        self._crop.move(at)
        self._crop.show()

    def _update_crop_card(self) -> None:
        if self._prepared is not None and self._box is not None:
            self._crop.show_values(self._prepared.volume.geometry, self._box, self._cut_share)

    def close_pane(self) -> None:
        self.jobs.cancel("volume.prepare")
        self.jobs.cancel("volume.tissue")
        self._crop.close()
        self._pictures.close()


def _raise(problem: BaseException) -> None:
    raise problem
