"""Frames along a course that turn as little as possible, and the course resampled under them.

The frames are carried from station to station by double reflection (Wang, Jüttler, Zheng and Liu, ACM Transactions on
Graphics 27(1):2, 2008), which is of fourth order and the same in both directions. The first one is fixed to a patient
axis, so that an angle means the same in every session.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from scipy.interpolate import CubicSpline

from viewer.model.centerline import Centerline
from viewer.model.cross_section import Frames
from viewer.model.geometry import Float, unit

#: Distance between stations unless told otherwise.
STEP_MM = 0.25
#: A patient axis serves as the start direction when at least this much of it lies in the first section.
AXIS_SHARE = 0.5
#: Axes in the order in which they are tried: to the head, to posterior, to the left.
START_AXES = ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0))
#: Curvature is taken over this length to either side, which is more than the steps of a traced course.
CURVATURE_ARM_MM = 1.5


def smoothed(centerline: Centerline, window_mm: float = 1.0, step_mm: float = STEP_MM) -> Centerline:
    """Return a course without the steps of its tracing, as long and as curved as the anatomy.

    A Gaussian average would cut every corner; here what it takes away from the average is given back (a Taubin filter
    of two passes), so that a circle keeps its radius to the fourth order of window over radius. Both ends stay.

    Parameters
    ----------
    centerline : Centerline
    window_mm : float
        Standard deviation of the average along the course; 0 resamples only.
    step_mm : float
        Distance between the points of the result.
    """
    station = even_stations(centerline.length_mm, step_mm)
    points = centerline.at(station)
    if window_mm > 0:
        average = _averaged(points, station, window_mm)
        points = 2.0 * average - _averaged(average, station, window_mm)
    carried = {
        name: None if values is None else np.interp(station, centerline.station_mm, values)
        for name, values in (("radius", centerline.lumen_radius_mm), ("confidence", centerline.confidence))
    }
    from_start = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    inferred = tuple(
        (float(np.interp(a, station, from_start)), float(np.interp(b, station, from_start)))
        for a, b in centerline.inferred
    )
    return Centerline(points, carried["radius"], carried["confidence"], inferred)


def even_stations(length_mm: float, step_mm: float = STEP_MM) -> Float:
    """Return stations from 0 to `length_mm` at equal steps of at most `step_mm`, shape (S,), S >= 2."""
    if not step_mm > 0:
        raise ValueError(f"a step of {step_mm} mm")
    return np.linspace(0.0, length_mm, max(int(np.ceil(length_mm / step_mm - 1e-9)), 1) + 1)


def start_direction(tangent: Float) -> Float:
    """Return the unit vector across `tangent` that lies nearest to a patient axis (head first), shape (3,)."""
    tangent = unit(tangent)
    for axis in START_AXES:
        across = np.asarray(axis) - np.dot(axis, tangent) * tangent
        if np.linalg.norm(across) >= AXIS_SHARE:
            return unit(across)
    raise ValueError(f"{tangent} runs along every axis")


def frames_along(centerline: Centerline, step_mm: float = STEP_MM, start: Float | None = None) -> Frames:
    """Return rotation-minimising frames along a course at even stations.

    The course is the smooth curve (twice differentiable) through the centreline's points; stations are those of the
    centreline, so that a length or a cap means the same here and there.

    Parameters
    ----------
    centerline : Centerline
    step_mm : float
        Largest distance between stations.
    start : ndarray of shape (3,), optional
        What `right` shall be at the first station, as far as it lies across the course; a patient axis if not given.

    Returns
    -------
    Frames
    """
    station = even_stations(centerline.length_mm, step_mm)
    if len(centerline.points_lps_mm) > 2:
        curve = CubicSpline(centerline.station_mm, centerline.points_lps_mm, bc_type="natural")
        center, tangent = curve(station), curve(station, 1)
    else:
        center = centerline.at(station)
        tangent = np.broadcast_to(center[-1] - center[0], center.shape)
    tangent = tangent / np.linalg.norm(tangent, axis=1, keepdims=True)
    first = start_direction(tangent[0]) if start is None else unit(start - np.dot(start, tangent[0]) * tangent[0])
    right = _carried(center, tangent, first)
    return Frames(station, center, tangent, right, np.cross(tangent, right))


def frame_at(frames: Frames, station_mm: float) -> tuple[Float, Float, Float, Float]:
    """Return center, tangent, right and up at any station, each of shape (3,); clamped to the ends."""
    where = float(np.clip(station_mm, frames.station_mm[0], frames.station_mm[-1]))
    center, tangent, right = (
        np.array([np.interp(where, frames.station_mm, values[:, axis]) for axis in range(3)])
        for values in (frames.center_lps_mm, frames.tangent, frames.right)
    )
    tangent = unit(tangent)
    right = unit(right - (right @ tangent) * tangent)
    return center, tangent, right, np.cross(tangent, right)


def between(frames: Frames, from_mm: float, to_mm: float) -> Frames:
    """Return the frames whose stations lie in a stretch, at least two of them."""
    inside = np.flatnonzero((frames.station_mm >= from_mm - 1e-9) & (frames.station_mm <= to_mm + 1e-9))
    if len(inside) < 2:
        middle = int(
            np.clip(np.searchsorted(frames.station_mm, 0.5 * (from_mm + to_mm)), 1, len(frames.station_mm) - 1)
        )
        inside = np.array([middle - 1, middle])
    cut = slice(int(inside[0]), int(inside[-1]) + 1)
    return Frames(
        frames.station_mm[cut], frames.center_lps_mm[cut], frames.tangent[cut], frames.right[cut], frames.up[cut]
    )


def curvature(frames: Frames) -> Float:
    """Return the curvature vector at each station, 1/mm towards the centre of the bend, shape (S, 3)."""
    low = np.clip(frames.station_mm - CURVATURE_ARM_MM, frames.station_mm[0], frames.station_mm[-1])
    high = np.clip(frames.station_mm + CURVATURE_ARM_MM, frames.station_mm[0], frames.station_mm[-1])
    change = np.stack(
        [
            np.interp(high, frames.station_mm, frames.tangent[:, axis])
            - np.interp(low, frames.station_mm, frames.tangent[:, axis])
            for axis in range(3)
        ],
        axis=1,
    )
    bend = change / (high - low)[:, None]
    return bend - (bend * frames.tangent).sum(1, keepdims=True) * frames.tangent


def _averaged(points: Float, station: Float, window_mm: float) -> Float:
    """Return the Gaussian average along an even course; the course goes on point-mirrored beyond its fixed ends."""
    step = station[1] - station[0]
    reach = min(int(np.ceil(4 * window_mm / step)), len(points) - 1)
    weight = np.exp(-0.5 * (np.arange(-reach, reach + 1) * step / window_mm) ** 2)
    weight /= weight.sum()
    before = 2 * points[0] - points[reach:0:-1]
    after = 2 * points[-1] - points[-2 : -reach - 2 : -1]
    longer = np.concatenate([before, points, after])
    return np.stack([np.convolve(longer[:, axis], weight, "valid") for axis in range(3)], axis=1)


@njit(nogil=True, cache=True)
def _carried(center: Float, tangent: Float, first: Float) -> Float:
    """Carry `first` along the course by double reflection, shape (S, 3)."""
    right = np.empty_like(center)
    right[0] = first
    for at in range(len(center) - 1):
        step = center[at + 1] - center[at]
        square = np.dot(step, step)
        mirrored = right[at] - (2.0 / square) * np.dot(step, right[at]) * step
        mirrored_tangent = tangent[at] - (2.0 / square) * np.dot(step, tangent[at]) * step
        turn = tangent[at + 1] - mirrored_tangent
        square = np.dot(turn, turn)
        if square > 1e-24:
            mirrored = mirrored - (2.0 / square) * np.dot(turn, mirrored) * turn
        mirrored = mirrored - np.dot(mirrored, tangent[at + 1]) * tangent[at + 1]
        right[at + 1] = mirrored / np.sqrt(np.dot(mirrored, mirrored))
    return right
