"""How much shorter than it is a stretch of vessel looks from an angle: 0 % from the side, 100 % end on."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from viewer.model.carm import CArm
from viewer.model.centerline import Centerline
from viewer.model.geometry import Float


def view_directions(primary_deg: ArrayLike, secondary_deg: ArrayLike) -> Float:
    """Return unit vectors isocentre -> detector in LPS for angles broadcast together, shape (..., 3)."""
    a, b = np.broadcast_arrays(np.radians(primary_deg), np.radians(secondary_deg))
    return np.stack([np.sin(a) * np.cos(b), -np.cos(a) * np.cos(b), np.sin(b)], axis=-1)


def stretch_points(centerline: Centerline, from_mm: float, to_mm: float, step_mm: float = 0.5) -> Float:
    """Return points along a stretch of a course, both ends included, not more than `step_mm` apart, shape (N, 3).

    Raises
    ------
    ValueError
        If no part of the stretch, clipped to the course, is left.
    """
    low, high = max(from_mm, 0.0), min(to_mm, centerline.length_mm)
    if not low < high:
        raise ValueError(
            f"there is no stretch from {from_mm} to {to_mm} mm on a course of {centerline.length_mm:.1f} mm"
        )
    return centerline.at(np.linspace(low, high, int(np.ceil((high - low) / step_mm)) + 1))


def foreshortening_percent(points_lps_mm: ArrayLike, primary_deg: ArrayLike, secondary_deg: ArrayLike) -> Float:
    """Return the foreshortening of a polyline under a parallel beam.

    Parameters
    ----------
    points_lps_mm : array_like of shape (N, 3)
    primary_deg, secondary_deg : array_like
        Angles, broadcast together to shape (...).

    Returns
    -------
    ndarray of shape (...)
        100 (1 - projected length / length).

    Raises
    ------
    ValueError
        If the polyline has no length.
    """
    steps = np.diff(np.asarray(points_lps_mm, float), axis=0)
    squared = (steps * steps).sum(1)
    length = np.sqrt(squared).sum()
    if not length > 0:
        raise ValueError("a polyline without length has no foreshortening")
    along = view_directions(primary_deg, secondary_deg) @ steps.T
    return 100 * (1 - np.sqrt(np.maximum(squared - along * along, 0)).sum(-1) / length)


def foreshortening_in_perspective_percent(points_lps_mm: ArrayLike, carm: CArm) -> float:
    """Return the foreshortening of a polyline, shape (N, 3), as a C-arm's cone beam shows it.

    Each step's length on the detector is divided by the magnification at the step's middle. A vessel that runs towards
    the source off the central ray is spread out by the cone, so this can be less than the parallel value.
    """
    points = np.asarray(points_lps_mm, float)
    steps = np.diff(points, axis=0)
    length = np.linalg.norm(steps, axis=1).sum()
    if not length > 0:
        raise ValueError("a polyline without length has no foreshortening")
    middle = (points[:-1] + points[1:]) / 2 - carm.source_lps_mm
    magnification = carm.sid_mm / (middle @ view_directions(carm.primary_deg, carm.secondary_deg))
    seen = np.linalg.norm(np.diff(carm.project(points), axis=0), axis=1) / magnification
    return float(100 * (1 - seen.sum() / length))
