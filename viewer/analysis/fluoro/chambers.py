"""Where contrast-filled blood, bone and the heart are in a CT angiogram, in cells of two millimetres.

Blood is what is brighter than muscle and too wide for a coronary artery (an opening with a ball); bone is told from it
by its dense shell. Rough on purpose: it decides what the X-ray preview shows, and measures nothing.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np
from numba import prange
from numpy.typing import NDArray
from scipy import ndimage

from viewer.analysis.fluoro.tubes import beads
from viewer.analysis.kernels import parallel_kernel
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
#: A wide bright region with more than this share of its rim brighter than its middle is a bone.
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
#: And by at least this share of the way from muscle to blood: marrow is mostly darker.
_LEAST_OF_BLOOD = 0.3


#: Stands for the distance to what is not there.
_FAR_MM = 1e3
#: Muscle and fat around the chambers and the coronary arteries that belong to the heart.
_WALL_MM = 10.0
#: Gaps between chambers up to twice this width are filled.
_GAP_MM = 10.0


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
    mean_hu : ndarray of float32, shape (K', J', I')
    factor : tuple of int
        Voxels a cell, along k, j, i.
    muscle_hu : float
        The value of muscle in this scan.
    calcium_hu : float
        What is brighter is calcium or metal, not contrast.
    """

    kind: NDArray[np.uint8]
    mean_hu: NDArray[np.float32]
    factor: tuple[int, int, int]
    muscle_hu: float
    calcium_hu: float


@parallel_kernel()
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


def cell_geometry(geometry: Geometry, factor: tuple[int, int, int]) -> Geometry:
    """Return the grid of cells of `factor` voxels along k, j, i; a remainder is dropped."""
    shape = tuple(n // f for n, f in zip(geometry.shape, factor))
    middle = (np.asarray(factor) - 1) / 2
    spacing = geometry.spacing_mm * factor
    return Geometry.from_axes((shape[0], shape[1], shape[2]), geometry.to_lps(middle), spacing, geometry.directions)


def _depth_mm(inside: NDArray[np.bool_], cell_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far each cell inside is from the nearest outside, mm; everywhere far if there is no outside."""
    if inside.all():
        return np.full(inside.shape, _FAR_MM)
    return ndimage.distance_transform_edt(inside, sampling=cell_mm)


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
    progress(0.2, "Looking for the chambers")
    core = _depth_mm(mean > muscle + _ABOVE_MUSCLE_HU, cell_mm) > _WIDE_MM
    kind = np.zeros(grid.shape, np.uint8)
    if not core.any():
        return Chambers(kind, mean, factor, muscle, muscle + 500.0)
    blood = float(np.percentile(mean[core], 75))
    above = max(_ABOVE_MUSCLE_HU, _LEAST_OF_BLOOD * (blood - muscle))
    core = _depth_mm(mean > muscle + above, cell_mm) > _WIDE_MM
    if not core.any():
        return Chambers(kind, mean, factor, muscle, muscle + 500.0)
    progress(0.5, "Telling blood from bone")
    labels, count = ndimage.label(core)
    size = np.bincount(labels.ravel(), minlength=count + 1) * grid.voxel_volume_mm3
    size[0] = 0
    far, nearest = ndimage.distance_transform_edt(~core, sampling=cell_mm, return_indices=True)
    owner = np.where(far <= _WIDE_MM + 1.5 * cell_mm.max(), labels[tuple(nearest)], 0)
    rim = (owner > 0) & ~core
    middle = np.concatenate([[0.0], ndimage.median(mean, labels, np.arange(1, count + 1))])
    grain = float(np.percentile((highest - mean)[core], 95))  # how far noise alone takes the highest voxel of a cell
    shell = highest[rim] > middle[owner[rim]] + 1.5 * grain + 30
    bony = np.bincount(owner[rim][shell], minlength=count + 1) > _BONE_RIM * np.bincount(
        owner[rim], minlength=count + 1
    )
    by_size = np.argsort(-size)
    heart = next((int(n) for n in by_size[:3] if not bony[n]), int(by_size[0]))
    blood = float(middle[heart])
    calcium = blood + max(150.0, 0.35 * (blood - muscle))
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
    return Chambers(kind, mean, factor, muscle, calcium)


def heart_depth_mm(geometry: Geometry, chambers: Chambers, tree: VesselTree) -> NDArray[np.float32]:
    """Return how deep in the heart each cell of `chambers` lies, mm, negative outside.

    The heart is what lies around its blood and its coronary arteries, gaps filled, without bone. Without any blood
    all cells are deep inside.
    """
    grid = cell_geometry(geometry, chambers.factor)
    blood = np.zeros(grid.shape, bool)
    for vessel in tree:
        points, _ = beads(vessel.centerline, (0.0, vessel.centerline.length_mm), 1.0)
        index = np.round(grid.to_index(points)).astype(int)
        index = index[((index >= 0) & (index < np.asarray(grid.shape))).all(1)]
        blood[tuple(index.T)] = True
    pools, count = ndimage.label((chambers.kind == Kind.CHAMBER) | (chambers.kind == Kind.INFLOW))
    if count:
        if blood.any():  # the chambers that coronary arteries run on; not the descending aorta
            near = ndimage.distance_transform_edt(~blood, sampling=grid.spacing_mm) <= _WALL_MM
            blood |= np.isin(pools, np.setdiff1d(pools[near], 0))
        else:
            blood = pools == np.bincount(pools[pools > 0]).argmax()
    if not blood.any():
        return np.full(grid.shape, _FAR_MM, np.float32)
    spacing = grid.spacing_mm
    around = ndimage.distance_transform_edt(~blood, sampling=spacing) <= _WALL_MM + _GAP_MM
    inside = _depth_mm(np.pad(around, 1, mode="edge"), spacing)[1:-1, 1:-1, 1:-1]
    heart = (inside > _GAP_MM) & (chambers.kind != Kind.BONE)
    return (_depth_mm(heart, spacing) - _depth_mm(~heart, spacing)).astype(np.float32)
