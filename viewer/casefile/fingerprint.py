"""How the pixels of a series are known again: by means and spreads of blocks, which no decoder's rounding changes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from viewer.model.volume import Volume

BLOCKS, STEP_VOXELS = 3, 8
#: What may differ without being another picture.
MEAN_HU, SPREAD_SHARE = 2.0, 0.02


def fingerprint(volume: Volume) -> list[float] | None:
    """Return mean and standard deviation in HU of 3 x 3 x 3 blocks, of every eighth voxel; ``None`` while it loads."""
    if not volume.complete:
        return None
    steps = tuple(slice(None, None, STEP_VOXELS if size >= STEP_VOXELS * BLOCKS else 1) for size in volume.hu.shape)
    found = []
    for slab in np.array_split(volume.hu[steps], BLOCKS, axis=0):
        for bar in np.array_split(slab, BLOCKS, axis=1):
            for block in np.array_split(bar, BLOCKS, axis=2):
                if block.size:
                    found += [round(float(block.mean()), 1), round(float(block.std()), 1)]
    return found


def same_pixels(one: Sequence[float] | None, other: Sequence[float] | None) -> bool:
    """Tell whether two fingerprints are of the same pixels; an unknown one contradicts nothing."""
    if one is None or other is None:
        return True
    if len(one) != len(other):
        return False
    first, second = np.asarray(one, float).reshape(-1, 2), np.asarray(other, float).reshape(-1, 2)
    far = np.abs(first - second)
    return bool((far[:, 0] <= MEAN_HU).all() and (far[:, 1] <= MEAN_HU + SPREAD_SHARE * first[:, 1]).all())
