"""From clicks to a centreline, while the mouse waits: the cheapest way through two or more points."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import CubicSpline

from viewer.analysis.coronary.course import centerline
from viewer.analysis.coronary.grid import F32, resampled
from viewer.analysis.coronary.profile import TubeProfile, profile, recentred, resampled_course, smoothed_course
from viewer.analysis.coronary.search import cheapest_path
from viewer.analysis.coronary.tree import OPEN_SHARE
from viewer.analysis.coronary.tubularity import smoothed
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
MARGIN_MM = 14.0


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
        # the clicked ends stay near their clicks; the inside is free, but for what was drawn
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
    # a vessel between two clicks may bow out by a third of their distance
    margin = MARGIN_MM + 0.3 * float(np.linalg.norm(end - start))
    low, high = np.minimum(start, end) - margin, np.maximum(start, end) + margin
    image, geometry = resampled(volume, low, high, GRID_MM)
    price = _price(image, lumen_hu)
    first, last = _voxel(geometry, start), _voxel(geometry, end)
    target = np.zeros(price.shape, bool)
    target[last] = True
    found = cheapest_path(price, np.array([first], np.int64), target, aimed=True)
    if found is None:
        raise NoPath("No way leads from one point to the next.", "Put a point between them.")
    path = geometry.to_lps(found[0])
    return np.r_[start[None], path[1:-1], end[None]]


def _voxel(geometry: Geometry, point: Float) -> tuple[int, int, int]:
    """Return the voxel that holds a point."""
    k, j, i = np.clip(np.rint(geometry.to_index(point)).astype(int), 0, np.array(geometry.shape) - 1)
    return int(k), int(j), int(i)


def _price(image: F32, lumen_hu: float) -> F32:
    """Return what a voxel's length costs: little in a bright spot narrower than a chamber, much in fat, most in air."""
    capped = np.clip(image, -150.0, lumen_hu)
    fine = smoothed(capped, 0.7)
    coarse = smoothed(fine, 2.5)
    bright = np.clip(fine / lumen_hu, 0.0, 1.0)
    stands_out = np.clip((fine - coarse) / (0.6 * (lumen_hu + 90.0)), 0.0, 1.0)
    # soft tissue may hide an occluded vessel, the inside of a chamber may not
    soft = np.clip((fine + 60.0) / 160.0, 0.0, 1.0) * np.clip((0.5 * lumen_hu - coarse) / (0.25 * lumen_hu), 0.0, 1.0)
    price = 1.0 / (0.02 + bright**2 * stands_out + 0.1 * soft)
    return np.where(image < AIR_HU, np.float32(400.0), price).astype(np.float32)
