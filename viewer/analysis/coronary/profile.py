"""What a tube looks like across its course: its middle, its radius and its own HU, with the blur taken out."""

from __future__ import annotations

from dataclasses import dataclass

import numba as nb
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from viewer.model.geometry import Float
from viewer.model.volume import Volume

#: Blur of a cardiac CT with its voxels and our interpolation: standard deviation of a Gaussian.
BLUR_MM = 0.45
RING_STEP_MM = 0.25
#: So far around a course, in radii of the tube, brightness pulls at it; the next vessel may lie just beyond.
REACH = 1.3
#: Muscle is hardly brighter than this.
MUSCLE_HU = 130.0
RINGS = 18
SPOKES = 16


@nb.njit(nogil=True, cache=True, inline="always")
def _value(
    hu: np.ndarray,
    z: float,
    y: float,
    x: float,
) -> float:  # pragma: no cover - compiled
    """Sample `hu` trilinearly at a fractional index, clamped at the borders."""
    z = min(max(z, 0.0), hu.shape[0] - 1.001)
    y = min(max(y, 0.0), hu.shape[1] - 1.001)
    x = min(max(x, 0.0), hu.shape[2] - 1.001)
    k, j, i = int(z), int(y), int(x)
    fz, fy, fx = z - k, y - j, x - i
    c00 = hu[k, j, i] * (1 - fx) + hu[k, j, i + 1] * fx
    c01 = hu[k, j + 1, i] * (1 - fx) + hu[k, j + 1, i + 1] * fx
    c10 = hu[k + 1, j, i] * (1 - fx) + hu[k + 1, j, i + 1] * fx
    c11 = hu[k + 1, j + 1, i] * (1 - fx) + hu[k + 1, j + 1, i + 1] * fx
    return (c00 * (1 - fy) + c01 * fy) * (1 - fz) + (c10 * (1 - fy) + c11 * fy) * fz


@nb.njit(nogil=True, cache=True)
def _rings(
    hu: np.ndarray,
    matrix: np.ndarray,
    points: np.ndarray,
    right: np.ndarray,
    up: np.ndarray,
    floor: float,
    cap: float,
    rings: np.ndarray,
) -> None:  # pragma: no cover - compiled
    """Fill `rings` (N, RINGS, SPOKES) with HU around each point, between `floor` and `cap`."""
    for n in range(points.shape[0]):
        for m in range(rings.shape[1]):
            radius = m * RING_STEP_MM
            for a in range(rings.shape[2]):
                c = radius * np.cos(2 * np.pi * (a + 0.5 * (m % 2)) / rings.shape[2])
                s = radius * np.sin(2 * np.pi * (a + 0.5 * (m % 2)) / rings.shape[2])
                x = points[n, 0] + c * right[n, 0] + s * up[n, 0]
                y = points[n, 1] + c * right[n, 1] + s * up[n, 1]
                z = points[n, 2] + c * right[n, 2] + s * up[n, 2]
                value = _value(
                    hu,
                    matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2] * z + matrix[0, 3],
                    matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2] * z + matrix[1, 3],
                    matrix[2, 0] * x + matrix[2, 1] * y + matrix[2, 2] * z + matrix[2, 3],
                )
                rings[n, m, a] = min(max(value, floor), cap)


@nb.njit(nogil=True, cache=True)
def _pull(
    hu: np.ndarray,
    matrix: np.ndarray,
    points: np.ndarray,
    right: np.ndarray,
    up: np.ndarray,
    level: np.ndarray,
    reach: np.ndarray,
    cap: float,
    shift: np.ndarray,
) -> None:  # pragma: no cover - compiled
    """Fill `shift` (N, 3) with the way from each point to the middle of what is brighter than `level` near it."""
    step = 0.3
    for n in range(points.shape[0]):
        size = int(np.ceil(reach[n] / step))
        weight, sum_a, sum_b = 1e-9, 0.0, 0.0
        for a in range(-size, size + 1):
            for b in range(-size, size + 1):
                u, v = a * step, b * step
                far = (u * u + v * v) / (reach[n] * reach[n])
                if far > 1.0:
                    continue
                x = points[n, 0] + u * right[n, 0] + v * up[n, 0]
                y = points[n, 1] + u * right[n, 1] + v * up[n, 1]
                z = points[n, 2] + u * right[n, 2] + v * up[n, 2]
                value = _value(
                    hu,
                    matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2] * z + matrix[0, 3],
                    matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2] * z + matrix[1, 3],
                    matrix[2, 0] * x + matrix[2, 1] * y + matrix[2, 2] * z + matrix[2, 3],
                )
                w = max(min(value, cap) - level[n], 0.0) * (1.0 - far)
                weight += w
                sum_a += w * u
                sum_b += w * v
        for axis in range(3):
            shift[n, axis] = (sum_a * right[n, axis] + sum_b * up[n, axis]) / weight


@dataclass(frozen=True, slots=True, eq=False)
class TubeProfile:
    """A tube along its course, one value a point.

    Attributes
    ----------
    radius_mm : ndarray of shape (N,)
        Of the part that is brighter than half way to the surroundings, corrected for blur.
    hu : ndarray of shape (N,)
        HU of the tube itself, corrected for what a thin tube loses to blur.
    around_hu : ndarray of shape (N,)
        HU of its surroundings.
    """

    radius_mm: Float
    hu: Float
    around_hu: Float


def frames(points_lps_mm: Float) -> tuple[Float, Float, Float]:
    """Return tangent and two unit vectors across, each of shape (N, 3), at the points of a polyline."""
    tangent = np.gradient(points_lps_mm, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
    helper = np.eye(3)[np.abs(tangent).argmin(1)]
    right = np.cross(tangent, helper)
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    return tangent, right, np.cross(tangent, right)


def _blur_table() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return true radii, half-height radii and peak shares of discs under the blur."""
    step = 0.02
    grid = np.arange(-6.0, 6.0 + step, step)
    rho = np.hypot(*np.meshgrid(grid, grid, indexing="ij"))
    radii = np.array([0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.4, 1.7, 2.0, 2.5, 3.0, 4.0])
    middle = len(grid) // 2
    peaks, halves = [], []
    kernel = np.exp(-0.5 * (grid / BLUR_MM) ** 2)
    kernel /= kernel.sum()
    for radius in radii:
        # blur is separable: first across, then along the row through the middle
        disc = np.clip((radius - rho) / step + 0.5, 0.0, 1.0)
        column = kernel @ disc
        row = np.convolve(column, kernel, mode="same")
        peak = row[middle]
        below = np.flatnonzero(row[middle:] < 0.5 * peak)[0]
        a, b = row[middle + below - 1], row[middle + below]
        peaks.append(peak)
        halves.append((below - 1 + (a - 0.5 * peak) / (a - b)) * step)
    return radii, np.array(halves), np.array(peaks)


_RADII, _HALVES, _PEAKS = _blur_table()


def profile(
    volume: Volume, points_lps_mm: Float, *, floor_hu: float, cap_hu: float, along_px: float = 2.0
) -> TubeProfile:
    """Measure a tube along its course.

    Parameters
    ----------
    volume : Volume
    points_lps_mm : ndarray of shape (N, 3)
    floor_hu, cap_hu : float
        Darker and brighter voxels count as this.
    along_px : float
        Standard deviation of the averaging along the course, in points.
    """
    _, right, up = frames(points_lps_mm)
    rings = np.empty((len(points_lps_mm), RINGS, SPOKES), np.float32)
    _rings(volume.hu, volume.geometry.index_from_lps, points_lps_mm, right, up, floor_hu, cap_hu, rings)
    if along_px > 0:
        rings = ndimage.gaussian_filter1d(rings, along_px, axis=0, mode="nearest")
    ring = np.median(rings, axis=2)
    ring[:, :2] = rings[:, :2].mean(axis=2)
    peak = (ring[:, 0] + 2 * ring[:, 1]) / 3
    n = len(ring)
    low = np.minimum.accumulate(ring, axis=1)
    # the surroundings are the first valley outwards: a later fall lies beyond a neighbour
    depth = peak[:, None] - low[:, :-1]
    rising = (ring[:, 1:] > low[:, :-1] + 0.15 * depth.clip(40)) & (depth > 0.25 * (peak - floor_hu).clip(100)[:, None])
    stop = np.where(rising.any(1), rising.argmax(1), RINGS - 1)
    around = low[np.arange(n), stop]
    half = 0.5 * (peak + around)
    under = ring < half[:, None]
    first = np.where(under.any(1), under.argmax(1), RINGS - 1).clip(1)
    a, b = ring[np.arange(n), first - 1], ring[np.arange(n), first]
    crossing = (first - 1 + np.clip((a - half) / np.maximum(a - b, 1e-3), 0, 1)) * RING_STEP_MM
    radius = np.interp(crossing, _HALVES, _RADII)
    share = np.interp(radius, _RADII, _PEAKS)
    return TubeProfile(radius.astype(float), (around + (peak - around) / share).astype(float), around.astype(float))


def recentred(
    volume: Volume, points_lps_mm: Float, *, floor_hu: float, cap_hu: float, rounds: int = 3, stiffness_px: float = 2.0
) -> Float:
    """Return the course moved into the middle of its tube; the ends move only across the course.

    Parameters
    ----------
    volume : Volume
    points_lps_mm : ndarray of shape (N, 3)
        Equal steps of about 0.5 mm.
    stiffness_px : float
        Standard deviation of the smoothing of the shifts along the course, in points.
    """
    points = np.array(points_lps_mm, float)
    for _ in range(rounds):
        tube = profile(volume, points, floor_hu=floor_hu, cap_hu=cap_hu)
        _, right, up = frames(points)
        shift = np.empty_like(points)
        own = np.minimum(tube.hu, cap_hu)
        # half way between fat and a dim lumen lies muscle, which must not pull
        level = np.maximum(0.5 * (tube.around_hu + own), np.minimum(MUSCLE_HU, 0.6 * own))
        reach = np.clip(REACH * tube.radius_mm + 0.4, 1.0, 4.5)
        _pull(volume.hu, volume.geometry.index_from_lps, points, right, up, level, reach, cap_hu, shift)
        length = np.linalg.norm(shift, axis=1, keepdims=True)
        shift *= np.minimum(1.0, 0.6 * tube.radius_mm[:, None] / np.maximum(length, 1e-9))
        points = smoothed_course(points + shift, stiffness_px, free_ends=True)
    return points


def resampled_course(points_lps_mm: Float, step_mm: float = 0.5) -> Float:
    """Return the polyline at equal steps of about `step_mm`, both ends kept."""
    along = np.r_[0.0, np.cumsum(np.linalg.norm(np.diff(points_lps_mm, axis=0), axis=1))]
    keep = np.r_[True, np.diff(along) > 1e-6]
    along, points = along[keep], points_lps_mm[keep]
    count = max(2, round(along[-1] / step_mm) + 1)
    at = np.linspace(0.0, along[-1], count)
    return np.stack([np.interp(at, along, points[:, axis]) for axis in range(3)], axis=1)


def smoothed_course(points_lps_mm: Float, sigma_px: float, *, free_ends: bool = False) -> Float:
    """Return the polyline under a Gaussian along it.

    Parameters
    ----------
    points_lps_mm : ndarray of shape (N, 3)
    sigma_px : float
    free_ends : bool
        Continue the line straight on beyond its ends instead of pinning them: they may move across the course.
    """
    count = len(points_lps_mm)
    if count < 4:
        return points_lps_mm
    pad = int(4 * sigma_px) + 1
    if free_ends:
        arm = min(count - 1, max(2, round(2 * sigma_px)))
        steps = np.arange(1, pad + 1)[:, None]
        middle_head, middle_tail = points_lps_mm[: arm + 1].mean(0), points_lps_mm[-arm - 1 :].mean(0)
        slope_head = (points_lps_mm[arm] - points_lps_mm[0]) / arm
        slope_tail = (points_lps_mm[-1] - points_lps_mm[-1 - arm]) / arm
        head = middle_head - (steps[::-1] + arm / 2) * slope_head
        tail = middle_tail + (steps + arm / 2) * slope_tail
    else:
        pad = min(count - 1, pad)
        head = 2 * points_lps_mm[0] - points_lps_mm[pad:0:-1]
        tail = 2 * points_lps_mm[-1] - points_lps_mm[-2 : -pad - 2 : -1]
    return ndimage.gaussian_filter1d(np.r_[head, points_lps_mm, tail], sigma_px, axis=0)[pad:-pad]
