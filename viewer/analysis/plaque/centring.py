"""The middle of a vessel's contours, and looking at them from another place than they were measured from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.ndimage import gaussian_filter1d

from viewer.analysis.reformat.sampling import Float32
from viewer.model.cross_section import Frames
from viewer.model.geometry import Float

#: The middle of a vessel runs smooth over this length, and lies no further off a centreline than the second one.
MIDDLE_MM, FURTHEST_MM = 0.7, 1.0

#: A contour holds a place whose distance from its middle is less than this share of its radius.
HELD_SHARE = 0.9


def off_the_middle(wall_mm: Float, step_mm: float) -> Float:
    """Return where the middle of outer walls (S, A) lies: along `right` and along `up`, shape (S, 2)."""
    middle = gaussian_filter1d(centroids(wall_mm), MIDDLE_MM / step_mm, axis=0, mode="nearest")
    far = np.linalg.norm(middle, axis=1, keepdims=True)
    return middle * np.minimum(1.0, FURTHEST_MM / np.maximum(far, 1e-9))


def centroids(radius_mm: Float) -> Float:
    """Return the centroid (along `right`, along `up`) of contours given by radii, shape (S, 2)."""
    angle = 2 * np.pi * np.arange(radius_mm.shape[1]) / radius_mm.shape[1]
    x, y = radius_mm * np.cos(angle), radius_mm * np.sin(angle)
    after_x, after_y = np.roll(x, -1, 1), np.roll(y, -1, 1)
    cross = x * after_y - after_x * y
    area = cross.sum(1)
    return np.stack([((x + after_x) * cross).sum(1), ((y + after_y) * cross).sum(1)], axis=1) / (3 * area)[:, None]


def moved(frames: Frames, by_mm: Float) -> Frames:
    """Return frames in the same planes whose middles lie elsewhere: `by_mm`, shape (S, 2), along `right` and `up`."""
    shift = by_mm[:, :1] * frames.right + by_mm[:, 1:] * frames.up
    return replace(frames, center_lps_mm=frames.center_lps_mm + shift)


def seen_from(radius_mm: Float32, place_mm: Float) -> Float32:
    """Return contours as radii about another place, shape (S, 2) along `right` and `up`.

    From beyond a small contour its radii would be ambiguous, so that is moved only as far as it still holds the place.
    """
    angle = 2 * np.pi * np.arange(radius_mm.shape[1]) / radius_mm.shape[1]
    far = np.linalg.norm(place_mm, axis=1)
    place = place_mm * np.minimum(1.0, HELD_SHARE * radius_mm.min(1) / np.maximum(far, 1e-9))[:, None]
    x = radius_mm * np.cos(angle) - place[:, :1]
    y = radius_mm * np.sin(angle) - place[:, 1:]
    turns, reach = np.arctan2(y, x), np.hypot(x, y)
    about = [np.interp(angle, turn, radius, period=2 * np.pi) for turn, radius in zip(turns, reach, strict=True)]
    return np.stack(about).astype(np.float32)
