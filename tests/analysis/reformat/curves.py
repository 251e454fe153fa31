"""Courses and volumes with a closed form."""

from __future__ import annotations

import numpy as np

from viewer.model.centerline import Centerline
from viewer.model.geometry import Float, Geometry
from viewer.model.volume import Volume


def helix(radius_mm: float = 12.0, rise_mm: float = 20.0, turns: float = 1.0, step: int = 400) -> Centerline:
    """A helix about the z axis."""
    a = np.linspace(0, 2 * np.pi * turns, step)
    return Centerline(np.stack([radius_mm * np.cos(a), radius_mm * np.sin(a), rise_mm * a / (2 * np.pi)], axis=1))


def arc(radius_mm: float = 20.0, angle: float = 2.0, points: int = 200) -> Centerline:
    """An arc of a circle in the coronal plane."""
    a = np.linspace(0, angle, points)
    return Centerline(np.stack([radius_mm * np.sin(a), np.zeros_like(a), radius_mm * (1 - np.cos(a))], axis=1))


def oblique_geometry() -> Geometry:
    """An oblique grid of unequal steps about the origin."""
    one = np.array([0.6, 0.0, 0.8])
    two = np.cross([0.0, 0.0, 1.0], one)
    two /= np.linalg.norm(two)
    directions = np.stack([np.cross(one, two), two, one])
    shape, spacing = (70, 90, 80), np.array([0.9, 0.6, 0.7])
    center = ((np.array(shape) - 1) / 2 * spacing) @ directions
    return Geometry.from_axes(shape, -center, spacing, directions)


#: HU of `linear_volume` at the origin, and its slope by LPS mm.
BASE_HU, SLOPE = 100.0, np.array([3.0, -5.0, 7.0])


def linear_volume() -> Volume:
    """A volume whose value grows evenly in space, so that linear interpolation is exact but for rounding."""
    geometry = oblique_geometry()
    index = np.stack(np.meshgrid(*(np.arange(n) for n in geometry.shape), indexing="ij"), axis=-1)
    return Volume(np.round(BASE_HU + geometry.to_lps(index) @ SLOPE).astype(np.int16), geometry)


def expected_hu(points: Float) -> Float:
    """What `linear_volume` holds at points."""
    return BASE_HU + points @ SLOPE
