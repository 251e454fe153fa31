"""Wide blurs, quickly: on a coarser picture, which nobody can tell from the fine one."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from viewer.analysis.fluoro.projection import Picture


def blurred(picture: Picture, sigma_px: float) -> Picture:
    """Return a picture, shape (N, N), blurred by a Gaussian of `sigma_px`; beyond its border it goes on as it ends."""
    factor = max(1, int(sigma_px // 4))
    size = picture.shape[0] // factor * factor
    if factor == 1 or size == 0:
        return ndimage.gaussian_filter(picture, sigma_px, mode="nearest")
    coarse = picture[:size, :size].reshape(size // factor, factor, size // factor, factor).mean((1, 3))
    coarse = ndimage.gaussian_filter(coarse, sigma_px / factor, mode="nearest")
    where = np.clip((np.arange(picture.shape[0]) + 0.5) / factor - 0.5, 0, len(coarse) - 1)
    cell = np.minimum(where.astype(int), max(len(coarse) - 2, 0))
    share = (where - cell).astype(np.float32)
    after = np.minimum(cell + 1, len(coarse) - 1)
    rows = coarse[cell] * (1 - share)[:, None] + coarse[after] * share[:, None]
    return rows[:, cell] * (1 - share) + rows[:, after] * share
