"""The patient as the C-arm sees him before the injection: with the chest around the heart, or the heart alone."""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray
from scipy import ndimage

from viewer.analysis.fluoro.attenuation import TUBE_KV, Attenuation, attenuation_from_hu
from viewer.analysis.fluoro.own_contrast import Chambers, cell_geometry, find_chambers, without_own_contrast
from viewer.analysis.fluoro.tubes import beads
from viewer.model.geometry import Geometry
from viewer.model.vessel import VesselTree
from viewer.model.volume import Volume
from viewer.progress import Progress, silent

#: Muscle and fat around the chambers and the coronary arteries that belong to the heart.
_WALL_MM = 14.0
#: Gaps between chambers up to twice this width are filled.
_GAP_MM = 12.0
#: What counts as measured: outside of the scanner's field of view there is nothing.
_MEASURED_STEPS = 1000


@njit(parallel=True, nogil=True, cache=True)
def _keep(hu: np.ndarray, inside: np.ndarray, factor: np.ndarray, air: int) -> None:
    for k in prange(hu.shape[0]):
        cell_k = min(k // factor[0], inside.shape[0] - 1)
        for j in range(hu.shape[1]):
            cell_j = min(j // factor[1], inside.shape[1] - 1)
            for i in range(hu.shape[2]):
                if not inside[cell_k, cell_j, min(i // factor[2], inside.shape[2] - 1)]:
                    hu[k, j, i] = air


def heart_cells(geometry: Geometry, chambers: Chambers, tree: VesselTree) -> NDArray[np.bool_]:
    """Return which cells of `chambers` belong to the heart: what lies around its blood and its coronary arteries."""
    grid = cell_geometry(geometry, chambers.factor)
    blood = chambers.kind == 1
    for vessel in tree:
        points, _ = beads(vessel.centerline, (0.0, vessel.centerline.length_mm), 1.0)
        index = np.round(grid.to_index(points)).astype(int)
        index = index[((index >= 0) & (index < np.asarray(grid.shape))).all(1)]
        blood[tuple(index.T)] = True
    if not blood.any():
        return np.ones(grid.shape, bool)
    around = ndimage.distance_transform_edt(~blood, sampling=grid.spacing_mm) <= _WALL_MM + _GAP_MM
    inside = ndimage.distance_transform_edt(np.pad(around, 1, mode="edge"), sampling=grid.spacing_mm)[1:-1, 1:-1, 1:-1]
    return (inside > _GAP_MM) & (chambers.kind != 2)


def patient(
    volume: Volume,
    tree: VesselTree = VesselTree(),
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
    chambers = find_chambers(volume, progress)
    hu = np.array(volume.hu) if own_contrast else without_own_contrast(volume, tree, chambers)
    if heart_only:
        inside = heart_cells(volume.geometry, chambers, tree)
        _keep(hu, inside, np.asarray(chambers.factor), Volume.AIR_HU)
    return attenuation_from_hu(hu, volume.geometry, tube_kv)


def measured_region(volume: Volume) -> Attenuation:
    """Return a coarse grid that attenuates evenly, 0.01 per mm, wherever the CT measured anything.

    Its line integrals times 100 are the length in mm that each ray runs through what was measured.
    """
    steps = [min(max(1, round(4.0 / s)), n // 2) for s, n in zip(volume.geometry.spacing_mm, volume.hu.shape)]
    grid = cell_geometry(volume.geometry, (steps[0], steps[1], steps[2]))
    k, j, i = (np.arange(n) * f + f // 2 for n, f in zip(grid.shape, steps))
    measured = volume.hu[np.ix_(k, j, i)] > Volume.AIR_HU
    return Attenuation(measured.astype(np.int16) * np.int16(_MEASURED_STEPS), grid)
