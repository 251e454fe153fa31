"""One reformation at one angle: its picture, and where stations lie on the pane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage

from viewer.analysis.reformat.straightened import Straightened, straightened
from viewer.analysis.reformat.stretched import Stretched, stretched
from viewer.desk.sight import Along
from viewer.model.geometry import Float
from viewer.model.view import Slab, Window
from viewer.model.volume import Volume
from viewer.report.grey import grey_image
from viewer.ui.same import same

PIXEL_MM = 0.2


class Laid:
    """Keeps the picture of one angle, and makes it anew when it is asked for from other nouns or values."""

    def __init__(self) -> None:
        self.picture: Straightened | Stretched | None = None
        self.grey = QImage()
        self._made_from: tuple[object, ...] = ()
        self._shade: tuple[object, ...] = ()

    def make(
        self,
        volume: Volume,
        sight: Along,
        angle_deg: float,
        slab: Slab,
        *,
        stretch: bool,
        half_width_mm: float,
        window: Window,
    ) -> None:
        """Have the picture of these ready."""
        made_from = (volume, sight, angle_deg, slab, stretch, half_width_mm)
        if not same(made_from, self._made_from):
            make = stretched if stretch else straightened
            extent = {"margin_mm" if stretch else "half_width_mm": half_width_mm}
            self.picture = make(volume, sight.frames, angle_deg, pixel_mm=PIXEL_MM, slab=slab, **extent)
            self._made_from, self._shade = made_from, ()
        shade = (self.picture, window)
        if not same(shade, self._shade):
            self.grey = self._developed(window)
            self._shade = shade

    def _developed(self, window: Window) -> QImage:
        assert self.picture is not None
        if isinstance(self.picture, Straightened):
            image = grey_image(self.picture.hu.T, window)
            hatch(image, self.picture.folded.T)
            return image
        return grey_image(self.picture.hu, window)

    def forget(self) -> None:
        """Let go of the picture."""
        self.picture, self._made_from = None, ()

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height of the picture in mm."""
        picture = self.picture
        if isinstance(picture, Straightened):
            return float(picture.frames.station_mm[-1]), float(picture.offset_mm[-1] - picture.offset_mm[0])
        assert picture is not None
        return (picture.hu.shape[1] - 1) * picture.pixel_mm, (picture.hu.shape[0] - 1) * picture.pixel_mm

    def placed(self, frame: QRectF, zoom: float, left_mm: float, least_half_mm: float) -> Placement:
        """Return where the picture lies when it may be drawn in `frame`, isotropic in mm.

        Parameters
        ----------
        frame : QRectF
            Parts of the picture may lie outside.
        zoom : float
            1 shows all of it.
        left_mm : float
            With more than 1: what of it stands at the left edge.
        least_half_mm : float
            So much to either side of the vessel is shown, however short the vessel is.
        """
        assert self.picture is not None
        wide, high = self.size_mm
        fit = frame.width() / wide
        if not isinstance(self.picture, Straightened):
            fit = min(fit, frame.height() / high)
        scale = min(fit, frame.height() / (2 * least_half_mm)) * zoom
        left = frame.left() - left_mm * scale
        if zoom == 1.0:
            left = frame.left() + max(0.0, (frame.width() - wide * scale) / 2)
        area = QRectF(left, frame.center().y() - high * scale / 2, wide * scale, high * scale)
        return Placement(self.picture, frame, area, scale)


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """A reformation as it lies on a pane.

    Attributes
    ----------
    picture : Straightened or Stretched
    frame : QRectF
        What of the pane it may be drawn in.
    area : QRectF
        Where all of it lies.
    px_per_mm : float
    """

    picture: Straightened | Stretched
    frame: QRectF
    area: QRectF
    px_per_mm: float

    def to_screen(self, station_mm: float, offset_mm: float = 0.0) -> QPointF:
        """Return where a station of the course lies; `offset_mm` counts on a straightened picture only."""
        picture = self.picture
        if isinstance(picture, Straightened):
            across = offset_mm - float(picture.offset_mm[0])
            return QPointF(self.area.left() + station_mm * self.px_per_mm, self.area.top() + across * self.px_per_mm)
        row, column = picture.pixel(station_mm)
        scale = picture.pixel_mm * self.px_per_mm
        return QPointF(self.area.left() + column * scale, self.area.top() + row * scale)

    def station_at(self, where: QPointF) -> float:
        """Return the station of the course that lies under a place of the pane, on a stretched one the nearest."""
        picture, away = self.picture, (where - self.area.topLeft()) / self.px_per_mm
        if isinstance(picture, Straightened):
            return float(np.clip(away.x(), 0, picture.frames.station_mm[-1]))
        apart = np.hypot(*(picture.course_px - np.array([away.y(), away.x()]) / picture.pixel_mm).T)
        return float(picture.station_mm[apart.argmin()])

    def from_course_px(self, where: QPointF) -> float:
        """Return how far a place of the pane lies from the course as it is drawn."""
        station = self.station_at(where)
        spot = self.to_screen(station)
        return float(np.hypot(where.x() - spot.x(), where.y() - spot.y()))

    def pulled_to(self, where: QPointF, station_mm: float) -> Float:
        """Return the point, shape (3,), to which a station of the course is pulled when the mouse is at a place.

        On a straightened picture it moves across the course only: its length is no picture of space.
        """
        picture, away = self.picture, (where - self.area.topLeft()) / self.px_per_mm
        if isinstance(picture, Straightened):
            row, _ = picture.pixel(station_mm)
            column = away.y() / float(picture.offset_mm[1] - picture.offset_mm[0])
            return picture.place(row, column)[0]
        return picture.place(away.y() / picture.pixel_mm, away.x() / picture.pixel_mm)[0]

    def shifted(self, station_mm: Float, shift_mm: Float) -> list[QPointF]:
        """Return where a course that is dragged off the one laid out lies on the picture.

        Parameters
        ----------
        station_mm : ndarray of shape (N,)
        shift_mm : ndarray of shape (N, 3)
            In LPS, of the point at each station.
        """
        picture = self.picture
        if isinstance(picture, Straightened):
            frames, angle = picture.frames, np.radians(picture.angle_deg)
            across = np.cos(angle) * frames.right + np.sin(angle) * frames.up
            there = np.stack([np.interp(station_mm, frames.station_mm, axis) for axis in across.T], axis=-1)
            offset = np.einsum("ij,ij->i", there, shift_mm)
            return [self.to_screen(float(s), float(o)) for s, o in zip(station_mm, offset, strict=True)]
        aside = shift_mm @ picture.sweep * self.px_per_mm
        return [self.to_screen(float(s)) + QPointF(float(a), 0.0) for s, a in zip(station_mm, aside, strict=True)]


def hatch(image: QImage, mask: np.ndarray) -> None:
    """Darken with oblique stripes what a picture cannot show."""
    if not mask.any():
        return
    height, width = mask.shape
    pixels = np.frombuffer(image.bits(), np.uint8).reshape(height, image.bytesPerLine())[:, :width]
    row, column = np.indices(mask.shape)
    pixels[mask] = np.where((row + column) % 8 < 2, 52, 18)[mask]
