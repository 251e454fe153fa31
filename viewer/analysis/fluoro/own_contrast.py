"""Taking the patient's own contrast out of a CT angiogram, as it is not there in the catheter laboratory.

On CT the chambers and great vessels are full of contrast, and so no projection of the scan looks like fluoroscopy. They
are set to the value of muscle. Calcium stays. Where the coronary tree is known, all other contrast in heart and lungs
goes as well: veins, appendages, vessels of the lung.
"""

from __future__ import annotations

import numpy as np
from numba import prange
from numpy.typing import NDArray
from scipy import ndimage

from viewer.analysis.fluoro.chambers import Chambers, Kind, cell_geometry, find_chambers, heart_depth_mm
from viewer.analysis.fluoro.tubes import beads, paint_tubes
from viewer.analysis.kernels import parallel_kernel
from viewer.model.geometry import Geometry
from viewer.model.vessel import VesselTree
from viewer.model.volume import Volume
from viewer.progress import Progress, silent

#: Cells that are as dark as this within about this distance lie in the lung.
_LUNG_HU, _LUNG_MM = -400.0, 5.0
#: Veins are swept from the heart where they lie at least this deep in it: bone may touch its surface.
_BELOW_SURFACE_MM = 3.0


@parallel_kernel()
def _darken(
    hu: np.ndarray,
    kind: np.ndarray,
    factor: np.ndarray,
    kept: np.ndarray,
    offset: np.ndarray,
    muscle: int,
    calcium: int,
    swept: np.ndarray,
    out: np.ndarray,
) -> None:
    for k in prange(hu.shape[0]):
        cell_k = min(k // factor[0], kind.shape[0] - 1)
        for j in range(hu.shape[1]):
            cell_j = min(j // factor[1], kind.shape[1] - 1)
            for i in range(hu.shape[2]):
                value = hu[k, j, i]
                if value > muscle:
                    cell_i = min(i // factor[2], kind.shape[2] - 1)
                    what = kind[cell_k, cell_j, cell_i]
                    blood = what == Kind.CHAMBER or (what == Kind.TISSUE and swept[cell_k, cell_j, cell_i])
                    if what == Kind.INFLOW or (blood and value < calcium):
                        a, b, c = k - offset[0], j - offset[1], i - offset[2]
                        inside = 0 <= a < kept.shape[0] and 0 <= b < kept.shape[1] and 0 <= c < kept.shape[2]
                        if not (inside and kept[a, b, c] > 0):
                            value = muscle
                out[k, j, i] = value


def without_own_contrast(
    volume: Volume, tree: VesselTree, chambers: Chambers | None = None, progress: Progress = silent
) -> NDArray[np.int16]:
    """Return the volume's Hounsfield units, shape (K, J, I), with blood as dark as muscle.

    Parameters
    ----------
    volume : Volume
    tree : VesselTree
        The lumen of its vessels stays as it is. With a tree, other contrast in heart and lungs goes as well; without
        one only chambers and great vessels are darkened.
    chambers : Chambers, optional
        Of `find_chambers`, where the caller has them already.
    progress : Progress
    """
    found = chambers or find_chambers(volume, progress)
    kept, offset = np.zeros((1, 1, 1), np.uint8), np.zeros(3, np.int64)
    swept = np.zeros(found.kind.shape, np.bool_)
    if len(tree):
        cell_mm = cell_geometry(volume.geometry, found.factor).spacing_mm
        in_lung = ndimage.gaussian_filter(found.mean_hu, _LUNG_MM / cell_mm) < _LUNG_HU
        swept = in_lung | (heart_depth_mm(volume.geometry, found, tree) > _BELOW_SURFACE_MM)
    parts = [beads(vessel.centerline, (0.0, vessel.centerline.length_mm), 0.5) for vessel in tree]
    if parts:
        points = np.concatenate([where for where, _ in parts])
        radius = np.concatenate([r for _, r in parts]) + 1.0
        index, reach = volume.geometry.to_index(points), radius.max() / volume.geometry.spacing_mm + 1
        low = np.clip(np.floor(index.min(0) - reach), 0, np.asarray(volume.hu.shape) - 1).astype(np.int64)
        high = np.clip(np.ceil(index.max(0) + reach), low, np.asarray(volume.hu.shape) - 1).astype(np.int64)
        affine = np.array(volume.geometry.affine)
        affine[:3, 3] = volume.geometry.to_lps(low)
        size = high - low + 1
        part = Geometry((int(size[0]), int(size[1]), int(size[2])), affine)
        kept, offset = np.zeros(part.shape, np.uint8), low
        paint_tubes(kept, part, points, radius, 1.0, soft_mm=1e-3)
    out = np.empty_like(volume.hu)
    muscle, calcium = round(found.muscle_hu), round(found.calcium_hu)
    _darken(volume.hu, found.kind, np.asarray(found.factor), kept, offset, muscle, calcium, swept, out)
    return out
