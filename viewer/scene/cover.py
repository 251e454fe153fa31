"""How much of a place is hidden: the bits of the anatomy, which are coarse, made into a smooth skin.

The anatomy is told in voxels of about 1.5 mm. Hiding them as blocks leaves steps at every cut edge; blurred by a
fraction of a voxel and read between the voxels, the same bits end in a smooth surface, half a voxel wide.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from viewer.scene.bricks import SHIFT

#: Blur of the bits, coarse voxels.
BLUR_VOXELS = 0.7
#: A place is seen in full where less than the first of these is hidden, and not at all from the second on (of 255).
SEEN_BELOW, HIDDEN_FROM = 90, 165


def make_cover(tissue: NDArray[np.uint8], hides: int) -> NDArray[np.uint8]:
    """Return how much is hidden, 0 to 255, shape as `tissue`, which holds the bits of `anatomy.find_tissue`."""
    bits = ((tissue & hides) > 0).astype(np.float32) * 255
    return np.asarray(ndimage.gaussian_filter(bits, BLUR_VOXELS, mode="nearest", truncate=3.0) + 0.5).astype(np.uint8)


def covered_bricks(cover: NDArray[np.uint8], shape: tuple[int, ...], bricks: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return which bricks of a level of this shape are hidden wherever a ray may sample them, shape `bricks`."""
    result = cover >= HIDDEN_FROM
    edge = 1 << SHIFT
    for axis in range(3):
        last_index = cover.shape[axis] - 1
        scale = cover.shape[axis] / shape[axis]
        number = np.arange(bricks[axis])
        first = np.clip(np.floor((number * edge + 0.5) * scale - 0.5).astype(int), 0, last_index)
        last = np.clip(np.floor(((number + 1) * edge + 1.5) * scale - 0.5).astype(int) + 1, 0, last_index)
        parts = np.moveaxis(result, axis, 0)
        together = parts[first].copy()
        for offset in range(1, int((last - first).max()) + 1):
            together &= parts[np.minimum(first + offset, last)]
        result = np.moveaxis(together, 0, axis)
    return np.ascontiguousarray(result)
