"""Taking the patient's own contrast out of a CT angiogram, as it is not there in the catheter laboratory.

On CT the chambers and great vessels are full of contrast, and so no projection of the scan looks like fluoroscopy. They
are found as what is brighter than muscle and too wide for a coronary artery (an opening with a ball), told from bone by
their rim, and set to the value of muscle. Calcium stays. Where the coronary tree is known, all other contrast goes as
well: veins, appendages, vessels of the lung.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray
from scipy import ndimage

from viewer.analysis.fluoro.tubes import beads, paint_tubes
from viewer.model.geometry import Geometry
from viewer.model.vessel import VesselTree
from viewer.model.volume import Volume
from viewer.progress import Progress, silent

#: The cells in which chambers and bones are looked for.
_CELL_MM = 2.0
#: Half the width above which contrast is a chamber or a great vessel, not a coronary artery.
_WIDE_MM = 4.0
#: A chamber has at least this volume.
_CHAMBER_MM3 = 2500.0
#: A wide bright region with more than this share of its rim as dense as calcium is a bone.
_BONE_RIM = 0.3
#: Where more than this share of a chamber, about this far around, is denser than calcium, contrast is flowing in.
_UNDILUTED, _MIXING_MM = 0.12, 5.0
#: Dense pieces larger than this that lie away from coronary arteries are bone.
_BONE_MM3 = 600.0
#: How far marrow reaches from the dense shell of a bone.
_MARROW_MM = 8.0
#: Muscle is looked for between these.
_MUSCLE_HU = (20.0, 180.0)
#: What is brighter than muscle by this much is contrast.
_ABOVE_MUSCLE_HU = 55.0


class Kind(enum.IntEnum):
    """What fills a coarse cell."""

    TISSUE = 0
    CHAMBER = 1  #: or a great vessel: blood with contrast
    BONE = 2
    INFLOW = 3  #: a chamber full of contrast that is not diluted yet, brighter than calcium


@dataclass(frozen=True, slots=True, eq=False)
class Chambers:
    """Where blood and bone are, in coarse cells of the volume.

    Attributes
    ----------
    kind : ndarray of uint8, shape (K', J', I')
        A `Kind` a cell.
    factor : tuple of int
        Voxels a cell, along k, j, i.
    muscle_hu : float
        The value of muscle in this scan.
    calcium_hu : float
        What is brighter is calcium or metal, not contrast.
    """

    kind: NDArray[np.uint8]
    factor: tuple[int, int, int]
    muscle_hu: float
    calcium_hu: float


@njit(parallel=True, nogil=True, cache=True)
def _cells(hu: np.ndarray, factor: np.ndarray, mean: np.ndarray, highest: np.ndarray) -> None:
    count = np.float32(factor[0] * factor[1] * factor[2])
    for k in prange(mean.shape[0]):
        for j in range(mean.shape[1]):
            for i in range(mean.shape[2]):
                total = np.int64(0)
                top = np.int16(-32768)
                for dk in range(factor[0]):
                    for dj in range(factor[1]):
                        for di in range(factor[2]):
                            value = hu[k * factor[0] + dk, j * factor[1] + dj, i * factor[2] + di]
                            total += value
                            top = max(top, value)
                mean[k, j, i] = total / count
                highest[k, j, i] = top


@njit(parallel=True, nogil=True, cache=True)
def _darken(
    hu: np.ndarray,
    kind: np.ndarray,
    factor: np.ndarray,
    kept: np.ndarray,
    offset: np.ndarray,
    muscle: int,
    calcium: int,
    everywhere: bool,
    out: np.ndarray,
) -> None:
    for k in prange(hu.shape[0]):
        cell_k = min(k // factor[0], kind.shape[0] - 1)
        for j in range(hu.shape[1]):
            cell_j = min(j // factor[1], kind.shape[1] - 1)
            for i in range(hu.shape[2]):
                value = hu[k, j, i]
                if value > muscle:
                    what = kind[cell_k, cell_j, min(i // factor[2], kind.shape[2] - 1)]
                    blood = what == Kind.CHAMBER or (everywhere and what == Kind.TISSUE)
                    if what == Kind.INFLOW or (blood and value < calcium):
                        a, b, c = k - offset[0], j - offset[1], i - offset[2]
                        inside = 0 <= a < kept.shape[0] and 0 <= b < kept.shape[1] and 0 <= c < kept.shape[2]
                        if not (inside and kept[a, b, c] > 0):
                            value = muscle
                out[k, j, i] = value


def cell_geometry(geometry: Geometry, factor: tuple[int, int, int]) -> Geometry:
    """Return the grid of cells of `factor` voxels along k, j, i; a remainder is dropped."""
    shape = tuple(n // f for n, f in zip(geometry.shape, factor))
    middle = (np.asarray(factor) - 1) / 2
    spacing = geometry.spacing_mm * factor
    return Geometry.from_axes((shape[0], shape[1], shape[2]), geometry.to_lps(middle), spacing, geometry.directions)


def find_chambers(volume: Volume, progress: Progress = silent) -> Chambers:
    """Find the contrast-filled chambers and great vessels, and the bones, of a CT angiogram."""
    progress(0.0, "Looking for the chambers")
    spacing = volume.geometry.spacing_mm
    steps = [min(max(1, round(_CELL_MM / s)), n // 2) for s, n in zip(spacing, volume.hu.shape)]
    factor = (steps[0], steps[1], steps[2])
    grid = cell_geometry(volume.geometry, factor)
    mean, highest = np.empty(grid.shape, np.float32), np.empty(grid.shape, np.int16)
    _cells(volume.hu, np.asarray(factor), mean, highest)
    cell_mm = grid.spacing_mm

    counts, edges = np.histogram(mean, bins=np.arange(_MUSCLE_HU[0], _MUSCLE_HU[1] + 1, 8.0))
    smooth = ndimage.gaussian_filter1d(counts.astype(float), 1.5)
    muscle = float(edges[smooth.argmax()] + 4) if counts.any() else 60.0
    bright = mean > muscle + _ABOVE_MUSCLE_HU
    progress(0.2, "Looking for the chambers")
    core = ndimage.distance_transform_edt(bright, sampling=cell_mm) > _WIDE_MM
    progress(0.4, "Looking for the chambers")
    kind = np.zeros(grid.shape, np.uint8)
    if not core.any():
        return Chambers(kind, factor, muscle, muscle + 500.0)
    labels, count = ndimage.label(core)
    size = np.bincount(labels.ravel(), minlength=count + 1) * grid.voxel_volume_mm3
    size[0] = 0
    far, nearest = ndimage.distance_transform_edt(~core, sampling=cell_mm, return_indices=True)
    owner = np.where(far <= _WIDE_MM + 1.5 * cell_mm.max(), labels[tuple(nearest)], 0)
    progress(0.7, "Telling blood from bone")
    rim = (owner > 0) & ~core
    rim_cells = np.maximum(np.bincount(owner[rim], minlength=count + 1), 1)
    for heart in np.argsort(-size)[:3]:  # the largest, unless it is a vertebra
        blood = float(np.median(mean[labels == heart]))
        calcium = blood + max(150.0, 0.35 * (blood - muscle))
        bony = np.bincount(owner[rim & (highest > calcium)], minlength=count + 1) > _BONE_RIM * rim_cells
        if not bony[heart]:
            break
    chamber = ~bony & (size >= _CHAMBER_MM3)

    dense, pieces = ndimage.label((highest > calcium) & ~chamber[owner], structure=np.ones((3, 3, 3)))
    large = np.bincount(dense.ravel(), minlength=pieces + 1) * grid.voxel_volume_mm3 >= _BONE_MM3
    large[0] = False
    bone = large[dense] | bony[labels]
    if bone.any():
        kind[ndimage.distance_transform_edt(~bone, sampling=cell_mm) <= _MARROW_MM] = Kind.BONE
    kind[chamber[owner]] = Kind.CHAMBER
    undiluted = (chamber[owner] & (mean > calcium)).astype(np.float32)
    share = ndimage.gaussian_filter(undiluted, _MIXING_MM / cell_mm)
    kind[chamber[owner] & (share > _UNDILUTED)] = Kind.INFLOW
    progress(1.0, "Found the chambers")
    return Chambers(kind, factor, muscle, calcium)


def without_own_contrast(
    volume: Volume, tree: VesselTree, chambers: Chambers | None = None, progress: Progress = silent
) -> NDArray[np.int16]:
    """Return the volume's Hounsfield units, shape (K, J, I), with blood as dark as muscle.

    Parameters
    ----------
    volume : Volume
    tree : VesselTree
        The lumen of its vessels stays as it is. With a tree, contrast outside of it goes everywhere but in bones;
        without one only chambers and great vessels are darkened.
    chambers : Chambers, optional
        Of `find_chambers`, where the caller has them already.
    progress : Progress
    """
    found = chambers or find_chambers(volume, progress)
    kept, offset = np.zeros((1, 1, 1), np.uint8), np.zeros(3, np.int64)
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
    _darken(volume.hu, found.kind, np.asarray(found.factor), kept, offset, muscle, calcium, bool(parts), out)
    return out
