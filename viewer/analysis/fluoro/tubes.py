"""Vessels as tubes in a grid of voxels: the courses of a tree, painted with soft edges."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from viewer.model.centerline import Centerline, Interval
from viewer.model.geometry import Float, Geometry

#: Radius of a lumen that nobody has measured.
UNMEASURED_RADIUS_MM = 1.2


def radius_at(centerline: Centerline, station_mm: Float) -> Float:
    """Return the lumen's radius in mm at arc lengths, shape (N,); `UNMEASURED_RADIUS_MM` where nobody measured."""
    if centerline.lumen_radius_mm is None:
        return np.full(np.shape(station_mm), UNMEASURED_RADIUS_MM)
    return np.interp(station_mm, centerline.station_mm, centerline.lumen_radius_mm)


def beads(centerline: Centerline, stretch_mm: Interval, step_mm: float = 0.25) -> tuple[Float, Float]:
    """Return points, shape (N, 3), and lumen radii, (N,), along a stretch of a course, its ends included."""
    low, high = max(stretch_mm[0], 0.0), min(stretch_mm[1], centerline.length_mm)
    if high < low:
        return np.zeros((0, 3)), np.zeros(0)
    station = np.linspace(low, high, max(int(np.ceil((high - low) / step_mm)), 1) + 1)
    return centerline.at(station), radius_at(centerline, station)


@njit(nogil=True, cache=True)
def _paint(
    out: np.ndarray, index: np.ndarray, radius: np.ndarray, spacing: np.ndarray, soft: float, value: float
) -> None:
    for n in range(index.shape[0]):
        reach = radius[n] + soft / 2
        k0 = max(int(np.ceil(index[n, 0] - reach / spacing[0])), 0)
        k1 = min(int(np.floor(index[n, 0] + reach / spacing[0])), out.shape[0] - 1)
        j0 = max(int(np.ceil(index[n, 1] - reach / spacing[1])), 0)
        j1 = min(int(np.floor(index[n, 1] + reach / spacing[1])), out.shape[1] - 1)
        i0 = max(int(np.ceil(index[n, 2] - reach / spacing[2])), 0)
        i1 = min(int(np.floor(index[n, 2] + reach / spacing[2])), out.shape[2] - 1)
        for k in range(k0, k1 + 1):
            for j in range(j0, j1 + 1):
                for i in range(i0, i1 + 1):
                    distance = np.sqrt(
                        ((k - index[n, 0]) * spacing[0]) ** 2
                        + ((j - index[n, 1]) * spacing[1]) ** 2
                        + ((i - index[n, 2]) * spacing[2]) ** 2
                    )
                    share = min((reach - distance) / soft, 1.0)
                    if share > 0 and share * value > out[k, j, i]:
                        out[k, j, i] = share * value


def paint_tubes(
    out: NDArray, geometry: Geometry, points_lps_mm: Float, radius_mm: Float, value: float, soft_mm: float | None = None
) -> None:
    """Paint balls of `value` into `out`, shape (K, J, I), the larger value winning.

    Parameters
    ----------
    out : ndarray
        Changed in place.
    geometry : Geometry
        The grid of `out`.
    points_lps_mm : ndarray of shape (N, 3)
    radius_mm : ndarray of shape (N,)
        Balls of radius 0 are left out.
    value : float
    soft_mm : float, optional
        Width of the edge over which the value falls to nothing; one voxel by default.
    """
    keep = np.asarray(radius_mm) > 0
    soft = float(geometry.spacing_mm.mean()) if soft_mm is None else soft_mm
    _paint(
        out,
        geometry.to_index(points_lps_mm)[keep],
        np.asarray(radius_mm, float)[keep],
        geometry.spacing_mm,
        soft,
        value,
    )
