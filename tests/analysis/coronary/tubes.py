"""Analytic pictures for the tests: bright tubes in fat, with and without a gap."""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from viewer.model.geometry import Geometry
from viewer.model.volume import Volume

FAT_HU, SOFT_HU, LUMEN_HU = -95.0, 105.0, 400.0


def arc(radius_mm: float, start_deg: float, end_deg: float, center=(0.0, 0.0, 0.0)) -> np.ndarray:
    """Points of an arc in the x-z plane, 0.25 mm apart."""
    count = max(2, round(abs(np.radians(end_deg - start_deg)) * radius_mm / 0.25))
    a = np.radians(np.linspace(start_deg, end_deg, count))
    return np.stack([radius_mm * np.cos(a), 0.02 * radius_mm * np.sin(3 * a), radius_mm * np.sin(a)], 1) + center


def tube_volume(
    tubes,
    *,
    half_mm: float = 32.0,
    spacing_mm: float = 0.5,
    noise_hu: float = 20.0,
    blur_mm: float = 0.4,
    seed: int = 0,
) -> Volume:
    """A volume of fat with tubes (points, radius in mm, HU); a later tube covers an earlier one."""
    n = round(2 * half_mm / spacing_mm) + 1
    geometry = Geometry.from_axes((n, n, n), (-half_mm,) * 3, (spacing_mm,) * 3)
    hu = np.full(geometry.shape, FAT_HU, np.float32)
    index = np.stack(np.meshgrid(*[np.arange(n)] * 3, indexing="ij"), -1).reshape(-1, 3)
    points = geometry.to_lps(index)
    flat = hu.ravel()
    for line, radius, value in tubes:
        distance = cKDTree(line).query(points, distance_upper_bound=radius + 1.0)[0]
        share = np.clip((radius - distance) / spacing_mm + 0.5, 0.0, 1.0)
        flat[:] = flat * (1 - share) + value * share
    hu = ndimage.gaussian_filter(flat.reshape(geometry.shape), blur_mm / spacing_mm)
    hu += np.random.default_rng(seed).normal(0.0, noise_hu, hu.shape)
    return Volume(np.rint(hu).astype(np.int16), geometry)
