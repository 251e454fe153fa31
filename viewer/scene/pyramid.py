"""The volume in ever coarser copies: what is turned under the mouse is smaller than what is looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from viewer.model.geometry import Geometry
from viewer.model.volume import Volume
from viewer.progress import Progress, silent

#: No axis is halved below this number of voxels.
SMALLEST_AXIS = 16


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """One copy of the volume.

    Attributes
    ----------
    hu : ndarray of int16, shape (K, J, I)
    geometry : Geometry
    """

    hu: NDArray[np.int16]
    geometry: Geometry


@dataclass(frozen=True, slots=True, eq=False)
class Pyramid:
    """The volume itself (level 0) and its halved copies, each half as long along every axis as the one before."""

    levels: tuple[Level, ...]

    def level(self, number: int) -> Level:
        """Return a level; the coarsest one for every number beyond it."""
        return self.levels[min(number, len(self.levels) - 1)]


def build_pyramid(volume: Volume, halvings: int = 2, progress: Progress = silent) -> Pyramid:
    """Return the volume with its halved copies.

    Parameters
    ----------
    volume : Volume
    halvings : int
        How many copies at most; none shorter than `SMALLEST_AXIS` along an axis is made.
    progress : Progress
    """
    levels = [Level(volume.hu, volume.geometry)]
    for number in range(halvings):
        progress(number / halvings, "Preparing the 3-D view")
        fine = levels[-1]
        if min(fine.hu.shape) // 2 < SMALLEST_AXIS:
            break
        half = np.empty([n // 2 for n in fine.hu.shape], np.int16)
        for start in range(0, half.shape[0], 16):
            progress((number + start / half.shape[0]) / halvings)
            halve(fine.hu, half, start, min(start + 16, half.shape[0]))
        half.setflags(write=False)
        affine = fine.geometry.affine.copy()
        affine[:3, :3] *= 2
        affine[:3, 3] = fine.geometry.to_lps((0.5, 0.5, 0.5))
        levels.append(Level(half, Geometry(half.shape, affine)))
    return Pyramid(tuple(levels))


@njit(nogil=True, cache=True)
def halve(fine: NDArray[np.int16], half: NDArray[np.int16], first: int, last: int) -> None:
    """Write the mean of every 2 x 2 x 2 voxels into slices `first` to `last` of `half`; an odd last one is left out."""
    for k in range(first, last):
        for j in range(half.shape[1]):
            for i in range(half.shape[2]):
                total = np.int32(4)
                for dk in range(2):
                    for dj in range(2):
                        total += np.int32(fine[2 * k + dk, 2 * j + dj, 2 * i])
                        total += np.int32(fine[2 * k + dk, 2 * j + dj, 2 * i + 1])
                half[k, j, i] = np.int16(total >> 3)
