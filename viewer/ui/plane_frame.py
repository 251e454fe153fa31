"""Where a plane lies on the screen: from LPS millimetres to the pixels of a pane and back, and how planes turn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from PySide6.QtCore import QPointF, QRectF

from viewer.model.geometry import Float, Geometry
from viewer.model.view import AXIAL, CORONAL, SAGITTAL, Plane

PLANE_NAMES = ("axial", "coronal", "sagittal")
STANDARD = (AXIAL, CORONAL, SAGITTAL)
Planes = tuple[Plane, Plane, Plane]


@dataclass(frozen=True, slots=True, eq=False)
class PlaneFrame:
    """A plane as it stands in a pane.

    Attributes
    ----------
    center_lps_mm : ndarray of shape (3,)
        What lies in the middle of `area`; the plane goes through it.
    plane : Plane
    mm_per_px : float
        A logical pixel of the screen in the patient.
    area : QRectF
        Where the picture stands, logical pixels.
    """

    center_lps_mm: Float
    plane: Plane
    mm_per_px: float
    area: QRectF

    def to_screen(self, point_lps_mm: ArrayLike) -> QPointF:
        """Return where a point, dropped on the plane, stands on the screen."""
        offset = (np.asarray(point_lps_mm, float) - self.center_lps_mm) / self.mm_per_px
        middle = self.area.center()
        return QPointF(middle.x() + float(offset @ self.plane.right), middle.y() + float(offset @ self.plane.down))

    def to_lps(self, position: QPointF) -> Float:
        """Return the point of the plane under a position on the screen, shape (3,)."""
        away = (position - self.area.center()) * self.mm_per_px
        return self.center_lps_mm + away.x() * self.plane.right + away.y() * self.plane.down

    def depth_mm(self, points_lps_mm: ArrayLike) -> Float:
        """Return how far points, shape (..., 3), lie behind the plane, shape (...)."""
        return (np.asarray(points_lps_mm, float) - self.center_lps_mm) @ self.plane.normal

    def project(self, points_lps_mm: Float, slab_mm: float) -> tuple[Float, Float]:
        """Return where points, shape (N, 3), stand on the screen, and how far beyond a slab they lie, mm."""
        offset = (points_lps_mm - self.center_lps_mm) / self.mm_per_px
        middle = self.area.center()
        places = np.stack([middle.x() + offset @ self.plane.right, middle.y() + offset @ self.plane.down], axis=-1)
        return places, np.maximum(np.abs(self.depth_mm(points_lps_mm)) - slab_mm / 2, 0.0)

    def shift_into_sight(self, point_lps_mm: Float) -> Float | None:
        """Return by how much the middle has to move so that a point is seen; ``None`` if it is seen already."""
        spot = self.to_screen(point_lps_mm)
        inner = self.area.adjusted(24, 24, -24, -24)
        if not inner.isValid() or inner.contains(spot):
            return None
        inside = QPointF(
            min(max(spot.x(), inner.left()), inner.right()), min(max(spot.y(), inner.top()), inner.bottom())
        )
        far = (spot - inside).manhattanLength() > min(inner.width(), inner.height()) / 2
        return self.to_lps(spot) - self.to_lps(self.area.center() if far else inside)

    def direction_to_screen(self, direction_lps: Float) -> QPointF:
        """Return a direction, dropped on the plane, as a vector of the screen."""
        return QPointF(float(direction_lps @ self.plane.right), float(direction_lps @ self.plane.down))


def fit_mm_per_px(geometry: Geometry, index: int, area: QRectF) -> float:
    """Return the scale at which the whole volume fits `area` in the unturned plane `index`."""
    corners = geometry.corners_lps_mm
    width, height = (float(np.ptp(corners @ way)) for way in (STANDARD[index].right, STANDARD[index].down))
    edge = float(geometry.spacing_mm.max())
    return max((width + edge) / max(area.width(), 1.0), (height + edge) / max(area.height(), 1.0))


def slice_step_mm(geometry: Geometry, plane: Plane) -> float:
    """Return the distance between slices along a plane's normal: the spacing of the grid, blended where oblique."""
    return 1.0 / float(np.linalg.norm(geometry.index_from_lps[:3, :3] @ plane.normal))


def depth_range_mm(geometry: Geometry, plane: Plane) -> tuple[float, float]:
    """Return the positions along a plane's normal of the first and last voxel that it can reach."""
    depths = geometry.corners_lps_mm @ plane.normal
    return float(depths.min()), float(depths.max())


def stepped(geometry: Geometry, plane: Plane, cursor_lps_mm: Float, slices: int) -> Float:
    """Return the cursor moved along the normal by whole slices, kept within the volume and on the slices."""
    first, last = depth_range_mm(geometry, plane)
    step = slice_step_mm(geometry, plane)
    here = float(cursor_lps_mm @ plane.normal)
    count = int(np.floor((last - first) / step + 1e-6))
    number = min(max(int(np.round((here - first) / step)) + slices, 0), count)
    return cursor_lps_mm + (first + number * step - here) * plane.normal


def turned(planes: Planes, fixed: int, angle_rad: float) -> Planes:
    """Return the planes with the two others turned about the normal of the plane `fixed`, clockwise as seen on it."""
    axis = planes[fixed].normal
    cosine, sine = np.cos(angle_rad), np.sin(angle_rad)

    def turn(vector: Float) -> Float:
        return vector * cosine + np.cross(axis, vector) * sine + axis * (axis @ vector) * (1 - cosine)

    def turn_plane(plane: Plane) -> Plane:
        right, down = turn(plane.right), turn(plane.down)
        return Plane(right, down - right * (right @ down))

    one, two, three = (plane if n == fixed else turn_plane(plane) for n, plane in enumerate(planes))
    return one, two, three


def obliquity_deg(plane: Plane, index: int) -> float:
    """Return the angle between a plane and its standard orientation, in the plane too."""
    standard = STANDARD[index]
    trace = plane.right @ standard.right + plane.down @ standard.down + plane.normal @ standard.normal
    return float(np.degrees(np.arccos(np.clip((trace - 1) / 2, -1, 1))))
