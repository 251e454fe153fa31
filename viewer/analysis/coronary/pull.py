"""A course whose point is pulled elsewhere: the neighbourhood follows, into the lumen where contrast shows one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage

from viewer.analysis.coronary.profile import profile, recentred
from viewer.analysis.coronary.tree import OPEN_SHARE
from viewer.model.centerline import Centerline
from viewer.model.geometry import Float, arc_length_mm
from viewer.model.volume import Volume

#: A pulled point takes its neighbours along with it, less and less, up to this far at least.
PULL_REACH_MM = 8.0
#: A far pull reaches as many times its length, so that the course does not kink.
REACH_TIMES = 3.0
#: So near to the pulled point the course is the operator's word alone.
HELD_MM = 3.0
#: No coronary's lumen has a larger radius.
WIDEST_MM = 3.2
FLOOR_HU = -150.0


def pull_reach_mm(line: Centerline, station_mm: float, to_lps_mm: ArrayLike) -> float:
    """Return how far along the course a pull is felt."""
    shift = float(np.linalg.norm(np.asarray(to_lps_mm, float) - line.at(station_mm)))
    return max(PULL_REACH_MM, REACH_TIMES * shift)


def pulled(line: Centerline, station_mm: float, to_lps_mm: ArrayLike) -> Centerline:
    """Return a course whose point at a station lies elsewhere; its neighbourhood follows smoothly.

    An end stays where it is unless it is itself what is pulled, or lies within reach.

    Parameters
    ----------
    line : Centerline
    station_mm : float
    to_lps_mm : array_like of shape (3,)

    Returns
    -------
    Centerline
        With as many points as before; points farther than `pull_reach_mm` are the same.
    """
    shift = np.asarray(to_lps_mm, float) - line.at(station_mm)
    away = np.abs(line.station_mm - station_mm) / pull_reach_mm(line, station_mm, to_lps_mm)
    share = np.where(away < 1, (1 - np.minimum(away, 1) ** 2) ** 2, 0.0)
    return _moved(line, line.points_lps_mm + share[:, None] * shift)


def branch_reach_mm(shift_lps_mm: ArrayLike) -> float:
    """Return how far along a branch it is felt that its start moved."""
    return max(PULL_REACH_MM, REACH_TIMES * float(np.linalg.norm(shift_lps_mm)))


def rejoined(line: Centerline, shift_lps_mm: ArrayLike) -> Centerline:
    """Return a branch whose start went along with its parent: its first points follow, less and less.

    Parameters
    ----------
    line : Centerline
        The branch, from its parent on.
    shift_lps_mm : array_like of shape (3,)
        By what the parent's course moved where the branch leaves it.

    Returns
    -------
    Centerline
        With as many points as before; points farther than `branch_reach_mm` are the same.
    """
    away = np.minimum(line.station_mm / branch_reach_mm(shift_lps_mm), 1.0)
    return _moved(line, line.points_lps_mm + ((1 - away**2) ** 2)[:, None] * np.asarray(shift_lps_mm, float))


def refitted(
    line: Centerline, station_mm: float, to_lps_mm: ArrayLike, volume: Volume, lumen_hu: float | None
) -> Centerline:
    """Return a pulled course whose neighbourhood lies in the middle of the lumen wherever contrast shows one.

    Parameters
    ----------
    line : Centerline
    station_mm : float
    to_lps_mm : array_like of shape (3,)
        The course goes through here, whatever the picture shows.
    volume : Volume
    lumen_hu : float or None
        Of open lumen; ``None``: what the picture shows is not asked.

    Returns
    -------
    Centerline
        With as many points as before; radius and confidence of what moved are measured anew.
    """
    bent = pulled(line, station_mm, to_lps_mm)
    moved = np.flatnonzero((bent.points_lps_mm != line.points_lps_mm).any(1))
    if lumen_hu is None or len(moved) < 8:
        return bent
    span = slice(int(moved[0]), int(moved[-1]) + 1)
    part = bent.points_lps_mm[span]
    middle = recentred(volume, part, floor_hu=FLOOR_HU, cap_hu=1.05 * lumen_hu, rounds=2)
    tube = profile(volume, middle, floor_hu=FLOOR_HU, cap_hu=1.6 * lumen_hu)
    # what was never seen open has no lumen to lie in, and a chamber is none
    known = ~line.is_inferred(line.station_mm[span]) & (tube.radius_mm < WIDEST_MM)
    open_there = known & (tube.hu > OPEN_SHARE * lumen_hu) & (tube.hu < 1.15 * lumen_hu)
    shown = ndimage.gaussian_filter1d(open_there.astype(float), 2.0, mode="nearest")
    apart = np.abs(line.station_mm[span] - station_mm)
    free = np.clip(apart / HELD_MM, 0.0, 1.0) * np.clip((apart.max() - apart) / HELD_MM, 0.0, 1.0)
    points = bent.points_lps_mm.copy()
    points[span] += (shown * free)[:, None] * (middle - part)
    if (np.diff(arc_length_mm(points)) <= 1e-3).any():
        return bent
    fitted = _moved(line, points)
    if line.lumen_radius_mm is None:
        return fitted
    there = profile(volume, points[span], floor_hu=FLOOR_HU, cap_hu=1.6 * lumen_hu)
    radius = line.lumen_radius_mm.copy()
    radius[span] = np.where(fitted.is_inferred(fitted.station_mm[span]), 0.0, there.radius_mm)
    return replace(fitted, lumen_radius_mm=radius)


def _moved(line: Centerline, points_lps_mm: Float) -> Centerline:
    """Return the course with its points elsewhere, and its guessed stretches between the same points."""
    bare = Centerline(points_lps_mm, line.lumen_radius_mm, line.confidence)
    ends = [np.interp(stretch, line.station_mm, bare.station_mm).tolist() for stretch in line.inferred]
    return replace(bare, inferred=tuple((low, high) for low, high in ends))
