"""What a round vessel looks like behind the scanner's blur, which is taken as a Gaussian."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numba import njit
from scipy.special import i0e
from scipy.stats import ncx2

from viewer.analysis.reformat.sampling import Float32

#: Full width at half maximum of a Gaussian with standard deviation 1.
FWHM = 2.0 * np.sqrt(2.0 * np.log(2.0))
#: What a clinical coronary CT with a medium soft kernel has, voxels included.
USUAL_FWHM_MM = 0.85
#: What a coronary CT can have.
FWHM_RANGE_MM = (0.6, 1.25)

#: Step and size of the table of blurred discs, in standard deviations of the blur.
TABLE_STEP = 0.1
TABLE_SIZE = 160


@lru_cache(maxsize=1)
def disc_tables() -> tuple[Float32, Float32, Float32]:
    """Return what a blurred disc of value 1 shows at a distance from its middle, and how that changes.

    Returns
    -------
    value, growth, fade : ndarray of float32, shape (TABLE_SIZE, TABLE_SIZE)
        At distance ``TABLE_STEP * row`` from a disc of radius ``TABLE_STEP * column``, all in standard deviations of
        the blur: the chance that a Gaussian about the one place falls into the disc (a non-central chi-square law of
        two degrees of freedom), its derivative by the radius, and that by the distance.
    """
    distance = np.arange(TABLE_SIZE)[:, None] * TABLE_STEP
    radius = np.arange(TABLE_SIZE)[None, :] * TABLE_STEP
    value = ncx2.cdf(radius**2, 2, np.maximum(distance**2, 1e-9))
    growth = radius * np.exp(-0.5 * (radius - distance) ** 2) * i0e(radius * distance)
    fade = np.gradient(value, TABLE_STEP, axis=0)
    return value.astype(np.float32), growth.astype(np.float32), fade.astype(np.float32)


@njit(nogil=True, cache=True, inline="always")
def in_table(table: Float32, distance: np.float32, radius: np.float32) -> np.float32:
    """Return the table's value between its entries; far beyond them only their difference matters."""
    size = table.shape[0]
    limit = np.float32(size - 1.001)
    p, q = distance / np.float32(TABLE_STEP), radius / np.float32(TABLE_STEP)
    over = max(max(p, q) - limit, np.float32(0))
    p, q = max(p - over, np.float32(0)), max(q - over, np.float32(0))
    i, j = int(p), int(q)
    a, b = p - np.float32(i), q - np.float32(j)
    low = table[i, j] + b * (table[i, j + 1] - table[i, j])
    high = table[i + 1, j] + b * (table[i + 1, j + 1] - table[i + 1, j])
    return low + a * (high - low)
