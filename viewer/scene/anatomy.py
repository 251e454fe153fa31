"""What may be hidden from the 3-D view: bones, and dull tissue far from the heart. Found by rules, not learned.

Blood fills chambers and great vessels evenly; bone is as bright but uneven, and lies away from the heart in tissue that
is no lung. From such sure places both grow through all that is bright, and whoever comes first keeps it: a rib that
touches a vessel is cut where the two ways meet. Whatever neither reaches stays visible.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import ndimage

from viewer.model.geometry import Float
from viewer.progress import Progress, silent
from viewer.scene.contrast import estimate_lumen_hu, even_bright
from viewer.scene.pyramid import Level

Mask = NDArray[np.bool_]

#: Bits of what `find_tissue` returns.
BONE, SURROUNDINGS = 1, 2
#: Who a bright voxel belongs to: blood and bone grow; the descending aorta keeps what it has, so that the vertebra
#: which it touches is left to the bone.
BLOOD, SKELETON, AORTA = 1, 2, 3

#: The smallest pool of blood that is trusted, mm3.
LEAST_POOL_MM3 = 2000.0
#: What is even and bright, this far behind the heart, mm, and not within this share as bright as its blood, is a
#: vertebra and not the descending aorta.
BEHIND_MM, ALIKE_SHARE = 35.0, 0.12
#: The smallest piece of bone that is looked for, mm3.
LEAST_BONE_MM3 = 150.0
#: Bone is only believed in this far from sure blood, mm; calcium of valves and coronaries is nearer.
BONE_FROM_BLOOD_MM = 18.0
#: A bright piece with more than this share of lung around it is a vessel of the lung.
LUNG_SHARE = 0.3
LUNG_HU = -400
#: As bright as this share of the blood, or this in HU, whichever is lower, is bright.
BRIGHT_SHARE, BRIGHT_HU = 0.45, 180.0
#: A piece that is nowhere deeper than this, mm, and smaller than this, mm3, and of which less than this share is this
#: many times as bright as the blood, is taken for a vessel, a bypass graft perhaps, and stays.
GRAFT_RADIUS_MM, GRAFT_MM3, GRAFT_BRIGHT_SHARE, GRAFT_BRIGHTER = 3.5, 3000.0, 0.15, 1.1
#: How far bone is hidden beyond its bright part, mm, for its blurred edge.
BONE_RIM_MM = 2.5
#: What is farther than this from the blood, and is not bright itself, is no heart: the wall of a thick left ventricle
#: is within it, and no vessel is lost, mm.
HEART_WALL_MM = 17.0
#: Room that is left around the blood of the heart by its box: wall, fat and the arteries on it, mm.
BOX_MARGIN_MM = 22.0


@dataclass(frozen=True, slots=True, eq=False)
class Contrast:
    """The blood of a scan.

    Attributes
    ----------
    lumen_hu : float or None
        Enhancement of the left heart; ``None`` where no contrast was found.
    heart_box : ndarray of shape (3, 2)
        First and last index along k, j, i of the volume (level 0), around the blood of the heart; the whole volume
        where there is no contrast.
    pool : ndarray of int8, or None
        Where, on the coarse level, there surely is blood: `BLOOD`, or `AORTA` where it lies behind the heart.
    """

    lumen_hu: float | None
    heart_box: Float
    pool: NDArray[np.int8] | None


def find_contrast(level: Level, full_shape: tuple[int, int, int], progress: Progress = silent) -> Contrast:
    """Look for the blood.

    Parameters
    ----------
    level : Level
        A copy with voxels of about 1.5 mm.
    full_shape : tuple of int
        Of the volume itself.
    """
    everything = np.array([[0.0, n - 1.0] for n in full_shape])
    even = even_bright(level)
    progress(0.3)
    lumen_hu = estimate_lumen_hu(level, even)
    if lumen_hu is None:
        return Contrast(None, everything, None)
    seeds, count = ndimage.label(ndimage.binary_erosion(even))
    sizes = np.bincount(seeds.ravel(), minlength=count + 1) * level.geometry.voxel_volume_mm3
    sizes[0] = 0
    progress(0.6)
    largest = int(np.argmax(sizes))
    heart = seeds == largest
    wanted = np.flatnonzero(sizes >= min(LEAST_POOL_MM3, sizes.max()))
    behind_mm = _y_mm(level, seeds, wanted) - _y_mm(level, seeds, np.array([largest]))[0]
    mean_hu = ndimage.mean(level.hu, seeds, wanted)
    behind = behind_mm > BEHIND_MM
    vertebra = behind & (np.abs(mean_hu - lumen_hu) > ALIKE_SHARE * lumen_hu)
    pool = np.where(np.isin(seeds, wanted[~behind]), BLOOD, 0).astype(np.int8)
    pool[np.isin(seeds, wanted[behind & ~vertebra])] = AORTA
    scale = np.asarray(full_shape) / np.asarray(level.hu.shape)
    margin = BOX_MARGIN_MM / level.geometry.spacing_mm
    box = np.empty((3, 2))
    for axis in range(3):
        profile = heart.any(axis=tuple(other for other in range(3) if other != axis))
        inside = np.flatnonzero(profile)
        box[axis] = (inside[0] - margin[axis]) * scale[axis], (inside[-1] + 1 + margin[axis]) * scale[axis]
    return Contrast(lumen_hu, np.clip(box, 0, everything[:, 1:]), pool)


def _y_mm(level: Level, labels: NDArray[np.int32], wanted: NDArray[np.intp]) -> Float:
    """Return how far towards the back the middle of each labelled region lies, mm."""
    middles = np.array(ndimage.center_of_mass(labels > 0, labels, wanted))
    return level.geometry.to_lps(middles)[:, 1]


def find_tissue(level: Level, contrast: Contrast, progress: Progress = silent) -> NDArray[np.uint8]:
    """Return the bits `BONE` and `SURROUNDINGS` of every voxel of the coarse level, shape (K, J, I).

    Without contrast in the scan nothing can be told from bone, and no bit is set.
    """
    tissue = np.zeros(level.hu.shape, np.uint8)
    if contrast.pool is None or contrast.lumen_hu is None:
        return tissue
    spacing = level.geometry.spacing_mm
    from_blood_mm = ndimage.distance_transform_edt(contrast.pool == 0, sampling=spacing).astype(np.float32)
    progress(0.4, "Looking for the bones")
    bright = level.hu > min(BRIGHT_SHARE * contrast.lumen_hu, BRIGHT_HU)
    bone = _sure_bone(level, bright & (from_blood_mm > BONE_FROM_BLOOD_MM))
    progress(0.7)
    owner = contrast.pool.copy()
    owner[ndimage.binary_dilation(owner == AORTA, iterations=3) & bright & (owner == 0)] = AORTA
    owner[bone & (owner == 0)] = SKELETON
    grow(owner, bright)
    progress(0.85)
    rim = max(1, round(BONE_RIM_MM / float(spacing.mean())))
    hidden = ndimage.binary_dilation(_without_grafts(owner == SKELETON, level, contrast.lumen_hu), iterations=rim)
    hidden &= ~ndimage.binary_dilation((owner == BLOOD) | (owner == AORTA))
    tissue[hidden] |= BONE
    vessels = ndimage.binary_dilation(bright & ~hidden, iterations=rim)
    tissue[(from_blood_mm > HEART_WALL_MM) & ~vessels] |= SURROUNDINGS
    return tissue


def _without_grafts(bone: Mask, level: Level, lumen_hu: float) -> Mask:
    """Return the bone without pieces that may be vessels: thin all along, small, hardly brighter than the blood."""
    depth_mm = ndimage.distance_transform_edt(bone, sampling=level.geometry.spacing_mm)
    pieces, count = ndimage.label(bone, structure=np.ones((3, 3, 3)))
    sizes = np.bincount(pieces.ravel(), minlength=count + 1)
    brighter = np.bincount(pieces[level.hu > GRAFT_BRIGHTER * lumen_hu], minlength=count + 1)
    thick = np.bincount(pieces[depth_mm > GRAFT_RADIUS_MM], minlength=count + 1)
    is_bone = (
        (thick > 0)
        | (sizes * level.geometry.voxel_volume_mm3 > GRAFT_MM3)
        | (brighter > GRAFT_BRIGHT_SHARE * np.maximum(sizes, 1))
    )
    is_bone[0] = False
    return np.asarray(is_bone[pieces])


def _sure_bone(level: Level, far: Mask) -> Mask:
    """Return those bright pieces far from the heart that are large enough and do not lie in the lung."""
    pieces, count = ndimage.label(far, structure=np.ones((3, 3, 3)))
    sizes = np.bincount(pieces.ravel(), minlength=count + 1) * level.geometry.voxel_volume_mm3
    grown = ndimage.grey_dilation(pieces, size=(5, 5, 5))
    around = (grown > 0) & (pieces == 0)
    shell = np.bincount(grown[around], minlength=count + 1)
    lung = np.bincount(grown[around & (level.hu < LUNG_HU)], minlength=count + 1)
    is_bone = (sizes >= LEAST_BONE_MM3) & (lung < LUNG_SHARE * np.maximum(shell, 1))
    is_bone[0] = False
    return np.asarray(is_bone[pieces])


@njit(nogil=True, cache=True)
def grow(owner: NDArray[np.int8], into: Mask) -> None:
    """Let blood and skeleton grow in equal steps through what is `into` and free (0), over voxel faces. In place."""
    nk, nj, ni = owner.shape
    queue = np.empty(owner.size, np.int64)
    end = 0
    for n in range(owner.size):
        who = owner[n // (nj * ni), n // ni % nj, n % ni]
        if who in (BLOOD, SKELETON):
            queue[end] = n
            end += 1
    first = 0
    while first < end:
        n = queue[first]
        first += 1
        k, j, i = n // (nj * ni), n // ni % nj, n % ni
        for axis in range(3):
            for side in range(-1, 2, 2):
                kk = k + side if axis == 0 else k
                jj = j + side if axis == 1 else j
                ii = i + side if axis == 2 else i
                if 0 <= kk < nk and 0 <= jj < nj and 0 <= ii < ni and into[kk, jj, ii] and owner[kk, jj, ii] == 0:
                    owner[kk, jj, ii] = owner[k, j, i]
                    queue[end] = (kk * nj + jj) * ni + ii
                    end += 1
