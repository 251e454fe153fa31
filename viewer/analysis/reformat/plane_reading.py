"""Hounsfield units read off a plane: at one point, and over a small disc, which says more than one noisy value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from viewer.model.geometry import unit
from viewer.model.volume import Volume

DISC_RADIUS_MM = 1.0


@dataclass(frozen=True, slots=True)
class DiscReading:
    """What the voxels of a small disc hold: mean and standard deviation in HU, and how many voxels they were."""

    mean_hu: float
    sd_hu: float
    voxels: int


def value_hu(volume: Volume, point_lps_mm: ArrayLike) -> float | None:
    """Return the trilinear value at a point, ``None`` where the outermost voxels end."""
    shape = np.asarray(volume.geometry.shape)
    index = volume.geometry.to_index(point_lps_mm)
    if (index < -0.5).any() or (index > shape - 0.5).any():
        return None
    index = np.clip(index, 0, shape - 1)
    low = np.minimum(index.astype(int), np.maximum(shape - 2, 0))
    share = index - low
    block = volume.hu[tuple(slice(a, a + 2) for a in low)].astype(float)
    for fraction in share:
        block = block[0] if len(block) == 1 else block[0] * (1 - fraction) + block[1] * fraction
    return float(block)


def disc_reading(
    volume: Volume, center_lps_mm: ArrayLike, normal: ArrayLike, radius_mm: float = DISC_RADIUS_MM
) -> DiscReading | None:
    """Return mean and standard deviation of the voxels whose centres lie in a disc, one voxel thick.

    Parameters
    ----------
    volume : Volume
    center_lps_mm : array_like of shape (3,)
    normal : array_like of shape (3,)
        Across the disc.
    radius_mm : float

    Returns
    -------
    DiscReading or None
        ``None`` if fewer than two voxels lie in the disc. Voxels are taken as they are: interpolated samples would
        have too small a deviation.
    """
    geometry = volume.geometry
    center, normal = np.asarray(center_lps_mm, float), unit(normal)
    thickness_mm = 1.0 / float(np.linalg.norm(geometry.index_from_lps[:3, :3] @ normal))
    reach = np.hypot(radius_mm, thickness_mm) / geometry.spacing_mm
    middle = geometry.to_index(center)
    low = np.maximum(np.ceil(middle - reach), 0).astype(int)
    high = np.minimum(np.floor(middle + reach), np.asarray(geometry.shape) - 1).astype(int)
    if (low > high).any():
        return None
    index = np.stack(np.meshgrid(*(np.arange(a, b + 1) for a, b in zip(low, high)), indexing="ij"), axis=-1)
    offset = geometry.to_lps(index) - center
    depth = offset @ normal
    across = np.sqrt(np.maximum((offset**2).sum(axis=-1) - depth**2, 0))
    # Half open, so that a plane midway between two slices counts one of them.
    inside = (across <= radius_mm) & (depth > -thickness_mm / 2 - 1e-6) & (depth <= thickness_mm / 2 - 1e-6)
    values = volume.hu[tuple(slice(a, b + 1) for a, b in zip(low, high))][inside].astype(float)
    if len(values) < 2:
        return None
    return DiscReading(float(values.mean()), float(values.std(ddof=1)), len(values))
