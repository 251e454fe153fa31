"""From a function of space to a volume: every voxel is the mean of 27 points in it, then blurred, then made noisy."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
from scipy import ndimage

from viewer.model.geometry import Float, Geometry
from viewer.model.volume import Volume

Tissue = Callable[[Float], Float]


def scan(hu_at: Tissue, geometry: Geometry, *, fwhm_mm: float = 0.0, noise_hu: float = 0.0, seed: int = 0) -> Volume:
    """Return the volume of `hu_at`, which takes points in LPS mm, shape (N, 3), to HU, shape (N,).

    Voxels whose neighbours are all of the same HU take this HU; only the others are sampled 27 times.
    """
    index = np.moveaxis(np.indices(geometry.shape), 0, -1).reshape(-1, 3)
    hu = hu_at(geometry.to_lps(index)).reshape(geometry.shape)
    mixed = ndimage.maximum_filter(hu, 3) != ndimage.minimum_filter(hu, 3)
    edge = index[mixed.ravel()].astype(float)
    total = np.zeros(len(edge))
    for offset in itertools.product((-1 / 3, 0, 1 / 3), repeat=3):
        total += hu_at(geometry.to_lps(edge + offset))
    hu[mixed] = total / 27
    if fwhm_mm > 0:
        hu = ndimage.gaussian_filter(hu, fwhm_mm / 2.3548 / geometry.spacing_mm, mode="nearest")
    if noise_hu > 0:
        hu = hu + noise_hu * np.random.default_rng(seed).standard_normal(hu.shape)
    return Volume(np.rint(hu).astype(np.int16), geometry)


def grid_around(
    low: Float, high: Float, spacing_mm: tuple[float, float, float], directions: Float | None = None
) -> Geometry:
    """Return a grid along `directions` (rows k, j, i; axial by default) that covers the box ``low .. high`` of LPS."""
    rows = np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0]], float) if directions is None else np.asarray(directions, float)
    corners = np.array(list(itertools.product(*zip(low, high, strict=True))))
    along = corners @ rows.T
    shape = np.ceil((along.max(0) - along.min(0)) / np.asarray(spacing_mm)).astype(int) + 1
    return Geometry.from_axes(tuple(int(n) for n in shape), along.min(0) @ rows, spacing_mm, rows)
