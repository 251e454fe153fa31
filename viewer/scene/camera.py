"""Where the eye stands in the 3-D view: always somewhere a C-arm could stand, so that every view has a C-arm's name."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike

from viewer.model.carm import detector_axes, view_label
from viewer.model.geometry import Float, Geometry, read_only


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """A parallel projection, seen from the detector's side of a C-arm, head up.

    Attributes
    ----------
    primary_deg, secondary_deg : float
        LAO + / RAO -, cranial + / caudal -. The eye stands where the detector would stand.
    focus_lps_mm : ndarray of shape (3,)
        The point in the middle of the picture.
    height_mm : float
        How much of the patient the picture's height shows.
    """

    primary_deg: float = 0.0
    secondary_deg: float = 0.0
    focus_lps_mm: Float = field(default_factory=lambda: np.zeros(3))
    height_mm: float = 200.0

    #: The nearest and the widest view, mm of picture height.
    HEIGHT_LIMITS_MM = (4.0, 2000.0)

    def __post_init__(self) -> None:
        if not -180 <= self.primary_deg <= 180 or not -90 <= self.secondary_deg <= 90:
            raise ValueError(f"no camera stands at {self.primary_deg}° / {self.secondary_deg}°")
        if not (np.isfinite(self.height_mm) and self.height_mm > 0):
            raise ValueError(f"a picture cannot be {self.height_mm} mm high")
        object.__setattr__(self, "focus_lps_mm", read_only(self.focus_lps_mm, shape=(3,), name="focus_lps_mm"))

    @property
    def axes(self) -> tuple[Float, Float, Float]:
        """Picture right, picture up, and from the focus towards the eye: unit vectors in LPS."""
        return detector_axes(self.primary_deg, self.secondary_deg)

    @property
    def label(self) -> str:
        """The view in the words of the catheter laboratory."""
        return view_label(self.primary_deg, self.secondary_deg)

    def looks_as(self, primary_deg: float, secondary_deg: float, *, tolerance_deg: float = 0.5) -> bool:
        """Tell whether this is the direction of a C-arm at these angles."""
        turn = (self.primary_deg - primary_deg + 180) % 360 - 180
        return abs(turn) <= tolerance_deg and abs(self.secondary_deg - secondary_deg) <= tolerance_deg

    def turned(self, primary_deg: float, secondary_deg: float) -> Camera:
        """Return the camera turned by these angles; it goes round the patient and stops over head and feet."""
        primary = (self.primary_deg + primary_deg + 180) % 360 - 180
        return replace(
            self, primary_deg=primary, secondary_deg=float(np.clip(self.secondary_deg + secondary_deg, -90, 90))
        )

    def at(self, primary_deg: float, secondary_deg: float) -> Camera:
        """Return the camera turned to these angles."""
        return replace(self, primary_deg=primary_deg, secondary_deg=secondary_deg)

    def zoomed(self, factor: float) -> Camera:
        """Return the camera with everything `factor` times as large, within limits."""
        return replace(self, height_mm=float(np.clip(self.height_mm / factor, *self.HEIGHT_LIMITS_MM)))

    def panned(self, right_mm: float, up_mm: float) -> Camera:
        """Return the camera with the focus moved along the picture."""
        right, up, _ = self.axes
        return replace(self, focus_lps_mm=self.focus_lps_mm + right_mm * right + up_mm * up)

    def project(self, points_lps_mm: ArrayLike, size_px: tuple[int, int]) -> Float:
        """Return where points fall on a picture.

        Parameters
        ----------
        points_lps_mm : array_like of shape (..., 3)
        size_px : tuple of int
            (width, height).

        Returns
        -------
        ndarray of shape (..., 3)
            Pixels right and down from the upper left corner of the picture (a pixel's middle is at .5), and mm from
            the plane through the focus towards the eye.
        """
        width, height = size_px
        right, up, normal = self.axes
        offset = np.asarray(points_lps_mm, float) - self.focus_lps_mm
        scale = height / self.height_mm
        return np.stack(
            [width / 2 + offset @ right * scale, height / 2 - offset @ up * scale, offset @ normal], axis=-1
        )

    def point(self, x_px: float, y_px: float, towards_eye_mm: float, size_px: tuple[int, int]) -> Float:
        """Return the point in LPS mm that `project` takes to these numbers, shape (3,)."""
        width, height = size_px
        right, up, normal = self.axes
        scale = self.height_mm / height
        return (
            self.focus_lps_mm
            + (x_px - width / 2) * scale * right
            + (height / 2 - y_px) * scale * up
            + towards_eye_mm * normal
        )


def fitted(
    camera: Camera, geometry: Geometry, box: ArrayLike, size_px: tuple[int, int], *, margin: float = 1.04
) -> Camera:
    """Return the camera moved and zoomed so that a box of the grid fills the picture.

    Parameters
    ----------
    camera : Camera
        Its angles are kept.
    geometry : Geometry
    box : array_like of shape (3, 2)
        First and last index along k, j, i.
    size_px : tuple of int
        (width, height) of the picture.
    margin : float
        Picture height over the height that would just do.
    """
    limits = np.asarray(box, float)
    corners = geometry.to_lps(
        [[limits[0, a], limits[1, b], limits[2, c]] for a in (0, 1) for b in (0, 1) for c in (0, 1)]
    )
    return framed(camera, corners, size_px, margin=margin)


def framed(camera: Camera, points_lps_mm: ArrayLike, size_px: tuple[int, int], *, margin: float) -> Camera:
    """Return the camera moved and zoomed so that points in LPS mm, shape (N, 3), fill the picture; see `fitted`."""
    points = np.asarray(points_lps_mm, float)
    right, up, _ = camera.axes
    wide, high = np.ptp(points @ right), np.ptp(points @ up)
    width_px, height_px = size_px
    height_mm = float(np.clip(max(high, wide * height_px / max(width_px, 1)) * margin, *Camera.HEIGHT_LIMITS_MM))
    return replace(camera, focus_lps_mm=0.5 * (points.min(axis=0) + points.max(axis=0)), height_mm=height_mm)
