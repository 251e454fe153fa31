"""The patient as the C-arm sees him before the injection: with the chest around the heart, or the heart alone."""

from __future__ import annotations

import numpy as np
from numba import prange

from viewer.analysis.fluoro.attenuation import TUBE_KV, Attenuation, attenuation_from_hu
from viewer.analysis.fluoro.chambers import find_chambers, heart_depth_mm
from viewer.analysis.fluoro.own_contrast import without_own_contrast
from viewer.analysis.kernels import parallel_kernel
from viewer.model.vessel import VesselTree
from viewer.model.volume import Volume
from viewer.progress import Progress, silent

#: The surface of the heart alone is drawn this soft to either side.
_SOFT_MM = 3.0


@parallel_kernel()
def _fade(mu: np.ndarray, depth: np.ndarray, factor: np.ndarray, soft: float) -> None:
    """Weaken attenuation where the depth below the heart's surface, known in cells, runs from +soft to -soft mm."""
    for k in prange(mu.shape[0]):
        z = min(max((k - (factor[0] - 1) / 2) / factor[0], 0.0), depth.shape[0] - 1.0)
        k0 = min(int(z), depth.shape[0] - 2)
        fz = np.float32(z - k0)
        line = np.empty(depth.shape[2], np.float32)
        for j in range(mu.shape[1]):
            y = min(max((j - (factor[1] - 1) / 2) / factor[1], 0.0), depth.shape[1] - 1.0)
            j0 = min(int(y), depth.shape[1] - 2)
            fy = np.float32(y - j0)
            for n in range(depth.shape[2]):
                near = depth[k0, j0, n] * (1 - fy) + depth[k0, j0 + 1, n] * fy
                far = depth[k0 + 1, j0, n] * (1 - fy) + depth[k0 + 1, j0 + 1, n] * fy
                line[n] = near * (1 - fz) + far * fz
            for i in range(mu.shape[2]):
                x = min(max((i - (factor[2] - 1) / 2) / factor[2], 0.0), depth.shape[2] - 1.0)
                i0 = min(int(x), depth.shape[2] - 2)
                fx = np.float32(x - i0)
                share = (line[i0] * (1 - fx) + line[i0 + 1] * fx) / np.float32(2 * soft) + np.float32(0.5)
                mu[k, j, i] = np.float32(mu[k, j, i]) * min(max(share, np.float32(0)), np.float32(1))


def patient(
    volume: Volume,
    tree: VesselTree,
    *,
    own_contrast: bool = False,
    heart_only: bool = False,
    tube_kv: float = TUBE_KV,
    progress: Progress = silent,
) -> Attenuation:
    """Return the attenuation of the patient without an injection.

    Parameters
    ----------
    volume : Volume
    tree : VesselTree
        Coronary arteries, whose lumen keeps its contrast.
    own_contrast : bool
        Leave the contrast of the CT where it is.
    heart_only : bool
        Without bones, chest wall and diaphragm.
    tube_kv : float
    progress : Progress
    """
    if own_contrast and not heart_only:
        return attenuation_from_hu(volume.hu, volume.geometry, tube_kv)
    chambers = find_chambers(volume, lambda share, text="": progress(0.7 * share, text))
    progress(0.7, "Taking the patient's own contrast out")
    hu = volume.hu if own_contrast else without_own_contrast(volume, tree, chambers)
    attenuation = attenuation_from_hu(hu, volume.geometry, tube_kv)
    if not heart_only:
        return attenuation
    mu = np.array(attenuation.mu)
    _fade(mu, heart_depth_mm(volume.geometry, chambers, tree), np.asarray(chambers.factor), _SOFT_MM)
    return Attenuation(mu, volume.geometry)
