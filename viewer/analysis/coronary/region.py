"""Where a coronary can lie: in the heart and the fat around it, not in the lungs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from viewer.analysis.coronary.grid import F32

AIR_HU = -500.0
#: Pulmonary vessels are thinner than this; the heart is not.
LUNG_VESSEL_RADIUS_MM = 6.0


def outside_lungs(image: F32, spacing_mm: float, coarse_mm: float = 2.0) -> NDArray[np.bool_]:
    """Tell which voxels belong to compact tissue rather than to the lungs and the vessels in them.

    The tissue is opened with a ball of `LUNG_VESSEL_RADIUS_MM`, which takes the vessels out of the lungs and leaves the heart.

    Parameters
    ----------
    image : ndarray of float32, shape (K, J, I)
    spacing_mm : float
    coarse_mm : float
        Step of the grid on which the opening is done.
    """
    step = max(1, round(coarse_mm / spacing_mm))
    tissue = image[::step, ::step, ::step] > AIR_HU
    size = step * spacing_mm
    # beyond the field of view nobody knows; tissue that is cut by it counts as going on
    padded = np.pad(tissue, 4, mode="edge")
    core = ndimage.distance_transform_edt(padded, sampling=size) > LUNG_VESSEL_RADIUS_MM
    opened = ndimage.distance_transform_edt(~core, sampling=size) <= LUNG_VESSEL_RADIUS_MM + 0.5 * size
    coarse = opened[4:-4, 4:-4, 4:-4]
    fine = coarse.repeat(step, 0).repeat(step, 1).repeat(step, 2)
    return fine[: image.shape[0], : image.shape[1], : image.shape[2]]
