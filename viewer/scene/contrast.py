"""How bright the blood is: an estimate from a coarse copy of the volume."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from viewer.scene.pyramid import Level

#: Blood with contrast lies between these, HU.
CONTRAST_HU = (160.0, 900.0)
#: Fewer than this much even, bright tissue is no chamber, mm3.
LEAST_BLOOD_MM3 = 15_000.0
#: Width of the histogram's bins, and of its smoothing, HU.
BIN_HU, SMOOTH_HU = 5.0, 15.0
#: A peak of the histogram that is lower than this share of the highest one is not the brightest pool.
LEAST_PEAK = 0.25


def even_bright(level: Level) -> NDArray[np.bool_]:
    """Return where the tissue is as bright as contrast and even, as blood is and bone is not; shape (K, J, I)."""
    hu = level.hu.astype(np.float32)
    mean = ndimage.uniform_filter(hu, 3)
    square = ndimage.uniform_filter(hu * hu, 3)
    spread = np.sqrt(np.maximum(square - mean * mean, 0))
    return (mean > CONTRAST_HU[0]) & (mean < CONTRAST_HU[1]) & (spread < 0.12 * mean + 8)


def estimate_lumen_hu(level: Level, even: NDArray[np.bool_]) -> float | None:
    """Return the enhancement of the blood in the brightest large pool (left heart and aorta).

    Parameters
    ----------
    level : Level
        A coarse copy, voxels of about 1 to 3 mm.
    even : ndarray of bool
        Of `even_bright`.

    Returns
    -------
    float or None
        HU; ``None`` where there is no pool of contrast.
    """
    values = level.hu[even]
    if values.size * level.geometry.voxel_volume_mm3 < LEAST_BLOOD_MM3:
        return None
    counts, edges = np.histogram(values, bins=np.arange(CONTRAST_HU[0], CONTRAST_HU[1] + BIN_HU, BIN_HU))
    smooth = ndimage.gaussian_filter1d(counts.astype(float), SMOOTH_HU / BIN_HU, mode="constant")
    inner = smooth[1:-1]
    peaks = 1 + np.flatnonzero((inner >= smooth[:-2]) & (inner > smooth[2:]) & (inner >= LEAST_PEAK * smooth.max()))
    brightest = peaks[-1] if peaks.size else int(np.argmax(smooth))
    return float(edges[brightest] + BIN_HU / 2)
