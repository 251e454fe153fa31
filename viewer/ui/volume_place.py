"""Where the 3-D pane looks: where a picture of another moment belongs, and what is kept with a capture."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QImage

from viewer.model.board import PlaceValue
from viewer.model.geometry import Float
from viewer.scene.camera import Camera
from viewer.scene.picture import Picture
from viewer.scene.recipe import presets

#: A capture is not drawn with more pixels than this: a pixel is then about a third of a voxel, and beside one with
#: four times as many, which takes five times as long, no difference is seen. Lines and letters have their full size.
MOST_PX = 1920 * 1080
NAMES = ("angles_deg", "focus_lps_mm", "height_mm", "preset", "box", "cut_share")


def capture_px(width: int, height: int) -> tuple[int, int]:
    """Return with how many pixels a capture of this size is drawn; beyond `MOST_PX` it is enlarged."""
    share = min(1.0, (MOST_PX / (width * height)) ** 0.5)
    return round(width * share), round(height * share)


def values_of(camera: Camera, preset_key: str, box: Float, cut_share: float) -> tuple[tuple[str, PlaceValue], ...]:
    """Return camera, preset and cuts as plain values, named as in `NAMES`."""
    angles, focus = (camera.primary_deg, camera.secondary_deg), tuple(camera.focus_lps_mm.tolist())
    parts = (angles, focus, camera.height_mm, preset_key, tuple(np.ravel(box).tolist()), cut_share)
    return tuple(zip(NAMES, parts, strict=True))


def place_from(values: dict[str, Any]) -> tuple[Camera, str, Float, float] | None:
    """Return what `values_of` was given; ``None`` if the values are not such, or name a preset that is no more.

    Raises
    ------
    ValueError
        If the camera that they describe is impossible.
    """
    if set(values) != set(NAMES) or values["preset"] not in {each.key for each in presets()}:
        return None
    primary_deg, secondary_deg = values["angles_deg"]
    camera = Camera(primary_deg, secondary_deg, np.array(values["focus_lps_mm"]), values["height_mm"])
    box = np.array(values["box"], float).reshape(3, 2)
    return camera, values["preset"], box, float(np.clip(values["cut_share"], 0, 1))


def image_of(picture: Picture) -> QImage:
    """Return a picture for painting; its pixels live as long as the picture."""
    width, height = picture.size_px
    return QImage(picture.rgb.data, width, height, 3 * width, QImage.Format.Format_RGB888)


def placed(picture: Picture, camera: Camera, area: QRect) -> QRectF:
    """Return where a picture of another moment belongs in `area` now: moved and zoomed as the camera was since."""
    scale = picture.camera.height_mm / camera.height_mm
    width, height = picture.size_px
    high = area.height() * scale
    wide = high * width / height
    x, y, _ = camera.project(picture.camera.focus_lps_mm, (area.width(), area.height()))
    return QRectF(area.left() + x - wide / 2, area.top() + y - high / 2, wide, high)
