"""From clicks to a centreline, while the mouse waits: the cheapest way through two or more points."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numba as nb
import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import CubicSpline

from viewer.analysis.coronary.course import centerline, unseen_share
from viewer.analysis.coronary.grid import F32, resampled
from viewer.analysis.coronary.price import FAT_FLOOR_HU, SOFT_HU
from viewer.analysis.coronary.profile import TubeProfile, profile, recentred, resampled_course, smoothed_course
from viewer.analysis.coronary.search import cheapest_between
from viewer.analysis.coronary.tree import OPEN_SHARE
from viewer.analysis.coronary.tubularity import smoothed, tube_contrast
from viewer.analysis.kernels import parallel_kernel
from viewer.errors import ViewerError
from viewer.model.centerline import Centerline
from viewer.model.geometry import Float, Geometry, arc_length_mm
from viewer.model.volume import Volume

#: Air and lung: nobody's vessel runs there.
AIR_HU = -350.0
#: Two clicks nearer than this are one.
CLOSEST_MM = 1.0
#: Farther apart than this lie no two places of one coronary.
FARTHEST_MM = 220.0
#: No occlusion leaves so long a course without lumen; of a longer one at least this share shows contrast in a tube.
LONGEST_BLIND_MM, LEAST_SHOWN, WIDEST_MM = 60.0, 0.15, 4.0
GRID_MM = 1.0
#: A vessel between two clicks may bow out by half of their distance, as the right one does.
MARGIN_MM, BOW_SHARE, FARTHEST_OUT_MM = 14.0, 0.5, 45.0
#: Scales at which a cord is sought, and from how much contrast to its surroundings on it is one.
CORD_SCALES_MM, CORD_STANDS_OUT_HU = (0.8, 1.3), 80.0


class NoPath(ViewerError):
    """A vessel cannot be traced through the given points."""


def checked_seeds(volume: Volume, points_lps_mm: ArrayLike) -> Float:
    """Return the seeds as an array of shape (N, 3).

    Raises
    ------
    NoPath
        If there are fewer than two, one lies outside the volume or in air, two are in the same place, or two are so far
        apart that no coronary joins them.
    """
    points = np.asarray(points_lps_mm, float)
    if points.ndim != 2 or points.shape[1] != 3 or len(points) < 2:
        raise NoPath("One point is not enough for a vessel.", "Click its start and a far point on it.")
    inside = volume.geometry.contains(points)
    if not inside.all():
        raise NoPath(f"Point {int(np.argmin(inside)) + 1} lies outside the volume.", "Click inside the picture.")
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    if (steps < CLOSEST_MM).any():
        number = int(np.argmin(steps)) + 1
        raise NoPath(f"Points {number} and {number + 1} are in the same place.", "Click a second point farther along.")
    if (steps > FARTHEST_MM).any():
        number = int(np.argmax(steps)) + 1
        raise NoPath(
            f"Points {number} and {number + 1} are {steps.max():.0f} mm apart, on different sides of the body.",
            "Click two points on the same vessel.",
        )
    index = np.rint(volume.geometry.to_index(points)).astype(int)
    for number, (k, j, i) in enumerate(index, 1):
        around = volume.hu[max(k - 2, 0) : k + 3, max(j - 2, 0) : j + 3, max(i - 2, 0) : i + 3]
        if float(np.median(around)) < AIR_HU:
            raise NoPath(f"Point {number} lies in air or lung.", "Click on the vessel.")
    return points


def trace_path(
    volume: Volume,
    points_lps_mm: ArrayLike,
    *,
    lumen_hu: float | None = None,
    recentre: bool = True,
    drawn: Sequence[bool] = (),
) -> Centerline:
    """Trace a vessel through points, in their order.

    Bright tubes are followed; where no contrast shows, the way goes on through soft tissue and calcium, and that
    stretch is marked as inferred.

    Parameters
    ----------
    volume : Volume
    points_lps_mm : array_like of shape (N, 3)
        Two or more places on the vessel, the first at its start.
    lumen_hu : float, optional
        Of contrast in the aorta; taken from around the points where it is not known.
    recentre : bool
        Move the course into the middle of the lumen.
    drawn : sequence of bool
        For each way from one point to the next, whether it is drawn: smooth through the points as they stand, whatever
        the picture shows. Ways that are not told about are traced.

    Raises
    ------
    NoPath
        If the points make no sense, nothing but air lies between them, or no vessel shows along a long way
        between two.
    """
    seeds = checked_seeds(volume, points_lps_mm)
    lumen = _lumen_hu(volume, seeds) if lumen_hu is None else lumen_hu
    by_hand = [*drawn, *[False] * len(seeds)][: len(seeds) - 1]
    curve = CubicSpline(arc_length_mm(seeds), seeds, bc_type="natural") if any(by_hand) else None
    parts, free = [seeds[:1]], [np.array([not by_hand[0]])]
    for number, (start, end) in enumerate(pairwise(seeds)):
        if curve is not None and by_hand[number]:
            low, high = curve.x[number], curve.x[number + 1]
            parts.append(curve(np.linspace(low, high, max(int(high - low) * 2, 2))[1:]))
        else:
            parts.append(_between(volume, start, end, lumen)[1:])
        free.append(np.full(len(parts[-1]), not by_hand[number]))
    raw, to_move = np.concatenate(parts), np.concatenate(free).astype(float)
    line = resampled_course(raw)
    if len(line) < 3:
        line = resampled_course(np.linspace(line[0], line[-1], 5), 0.25)
    share = np.interp(np.linspace(0, 1, len(line)), arc_length_mm(raw) / arc_length_mm(raw)[-1], to_move)
    line = smoothed_course(line, 2.0)
    if recentre and len(line) > 8:
        moved = recentred(volume, line, floor_hu=-150.0, cap_hu=1.05 * lumen, rounds=2)
        # what was drawn stays, and what runs through a closed vessel, where brighter neighbours would pull at it
        share *= 1.0 - unseen_share(volume, line, lumen)
        line = resampled_course(line + share[:, None] * (moved - line))
    tube = profile(volume, line, floor_hu=-150.0, cap_hu=1.6 * lumen)
    if len(seeds) == 2 and not any(by_hand):
        _refuse_unseen(line, tube, lumen)
    return centerline(volume, line, tube, lumen)


def _refuse_unseen(line: Float, tube: TubeProfile, lumen_hu: float) -> None:
    """Raise `NoPath` where hardly any vessel shows along a way that is too long for an occlusion."""
    length = float(arc_length_mm(line)[-1])
    shown = (tube.hu > OPEN_SHARE * lumen_hu) & (tube.around_hu < 0.6 * lumen_hu) & (tube.radius_mm < WIDEST_MM)
    if length > LONGEST_BLIND_MM and shown.mean() < LEAST_SHOWN:
        raise NoPath(
            f"No vessel shows along the {length:.0f} mm between the points.",
            "Click two points on the same vessel, or draw it point by point.",
        )


def _lumen_hu(volume: Volume, seeds: Float) -> float:
    """Return the HU of contrast, from the brightest seed's neighbourhood; 350 where nothing near is bright."""
    index = np.rint(volume.geometry.to_index(seeds)).astype(int)
    values = [
        float(np.percentile(volume.hu[max(k - 3, 0) : k + 4, max(j - 3, 0) : j + 4, max(i - 3, 0) : i + 4], 90))
        for k, j, i in index
    ]
    return float(np.clip(max(values), 200.0, 600.0)) if max(values) > 180.0 else 350.0


def _between(volume: Volume, start: Float, end: Float, lumen_hu: float) -> Float:
    """Return the cheapest way from `start` to `end` as a polyline with both, shape (N, 3)."""
    margin = min(MARGIN_MM + BOW_SHARE * float(np.linalg.norm(end - start)), FARTHEST_OUT_MM)
    low, high = np.minimum(start, end) - margin, np.maximum(start, end) + margin
    image, geometry = resampled(volume, low, high, GRID_MM)
    price = _price(image, lumen_hu)
    voxels, _ = cheapest_between(price, _voxel(geometry, start), _voxel(geometry, end))
    path = geometry.to_lps(voxels)
    return np.r_[start[None], path[1:-1], end[None]]


def _voxel(geometry: Geometry, point: Float) -> tuple[int, int, int]:
    """Return the voxel that holds a point."""
    k, j, i = np.clip(np.rint(geometry.to_index(point)).astype(int), 0, np.array(geometry.shape) - 1)
    return int(k), int(j), int(i)


def _price(image: F32, lumen_hu: float) -> F32:
    """Return what a voxel's length costs.

    Little in a bright spot narrower than a chamber, more on a cord of soft tissue, more again in any soft tissue, most
    in fat and air.
    """
    fine = smoothed(np.clip(image, -150.0, lumen_hu), 0.7)
    coarse = smoothed(fine, 2.5)
    cord, _ = tube_contrast(np.clip(image, FAT_FLOOR_HU, SOFT_HU), GRID_MM, CORD_SCALES_MM)
    price = np.empty_like(image)
    _price_of(image, fine, coarse, cord, np.float32(lumen_hu), price)
    return price


@parallel_kernel()
def _price_of(
    image: np.ndarray,
    fine: np.ndarray,
    coarse: np.ndarray,
    cord: np.ndarray,
    lumen: np.float32,
    price: np.ndarray,
) -> None:  # pragma: no cover - compiled
    """Set the price of each voxel from its HU, the HU of the spot and of the region around it, and the cord's."""
    K, J, n = image.shape
    zero, one = np.float32(0), np.float32(1)
    for k in nb.prange(K):
        for j in range(J):
            for i in range(n):
                spot, region = fine[k, j, i], coarse[k, j, i]
                bright = min(max(spot / lumen, zero), one)
                stands_out = min(max((spot - region) / (np.float32(0.6) * (lumen + np.float32(90))), zero), one)
                # soft tissue may hide an occluded vessel, the inside of a chamber may not
                unfilled = min(max(np.float32(2) - region / (np.float32(0.25) * lumen), zero), one)
                soft = min(max((spot + np.float32(60)) / np.float32(160), zero), one)
                like_cord = min(cord[k, j, i] / np.float32(CORD_STANDS_OUT_HU), one)
                worth = bright * bright * stands_out + unfilled * (
                    np.float32(0.15) * soft + np.float32(0.25) * like_cord
                )
                air = image[k, j, i] < np.float32(AIR_HU)
                price[k, j, i] = np.float32(400) if air else one / (np.float32(0.02) + worth)
