"""Small cubes of the volume with their lowest and highest value: what tells a ray where there is nothing to see."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from viewer.progress import Progress, silent

#: Edge of a brick in voxels, as a power of two.
SHIFT = 2


@dataclass(frozen=True, slots=True, eq=False)
class Bricks:
    """The range of values in every brick, each with one voxel more at its far sides, for interpolation.

    Attributes
    ----------
    low, high : ndarray of int16, shape (K', J', I')
    """

    low: NDArray[np.int16]
    high: NDArray[np.int16]


def build_bricks(hu: NDArray[np.int16], progress: Progress = silent) -> Bricks:
    """Return the ranges of all bricks of a volume, shape (K, J, I)."""
    edge = 1 << SHIFT
    shape = [(n + edge - 1) // edge for n in hu.shape]
    low, high = np.empty(shape, np.int16), np.empty(shape, np.int16)
    for row in range(shape[0]):
        progress(row / shape[0])
        _fill_ranges(hu, low, high, row)
    return Bricks(low, high)


def distance_to_content(
    bricks: Bricks, seen: NDArray[np.bool_], hidden: NDArray[np.bool_] | None = None
) -> NDArray[np.uint8]:
    """Return how many bricks a ray may leap from each brick.

    Parameters
    ----------
    bricks : Bricks
    seen : ndarray of bool, shape (4096,)
        Which values, from -1024 HU on, are not fully transparent.
    hidden : ndarray of bool, shape (K', J', I'), optional
        Bricks that are hidden as a whole.

    Returns
    -------
    ndarray of uint8, shape (K', J', I')
        0 where there may be something to see; else how many bricks away, along the axis that is farthest, the nearest
        such brick is.
    """
    before = np.concatenate([[0], np.cumsum(seen)]).astype(np.int32)
    low = np.clip(bricks.low.astype(np.int32) + 1024, 0, seen.size - 1)
    high = np.clip(bricks.high.astype(np.int32) + 1025, 0, seen.size - 1)
    content = before[high + 1] > before[low]
    if hidden is not None:
        content &= ~hidden
    distance = np.where(content, 0, 255).astype(np.uint8)
    _spread(distance)
    return distance


@njit(nogil=True, cache=True)
def _fill_ranges(hu: NDArray[np.int16], low: NDArray[np.int16], high: NDArray[np.int16], row: int) -> None:
    edge = 1 << SHIFT
    k0 = row * edge
    k1 = min(k0 + edge + 1, hu.shape[0])
    for bj in range(low.shape[1]):
        j0 = bj * edge
        j1 = min(j0 + edge + 1, hu.shape[1])
        for bi in range(low.shape[2]):
            i0 = bi * edge
            i1 = min(i0 + edge + 1, hu.shape[2])
            least = hu[k0, j0, i0]
            most = least
            for k in range(k0, k1):
                for j in range(j0, j1):
                    for i in range(i0, i1):
                        value = hu[k, j, i]
                        least = min(least, value)
                        most = max(most, value)
            low[row, bj, bi] = least
            high[row, bj, bi] = most


@njit(nogil=True, cache=True)
def _spread(distance: NDArray[np.uint8]) -> None:
    """Turn 0 and 255 into the chessboard distance to the nearest 0, in two passes over the 26 neighbours."""
    nk, nj, ni = distance.shape
    for turn in range(2):
        for n in range(nk * nj * ni):
            m = n if turn == 0 else nk * nj * ni - 1 - n
            k = m // (nj * ni)
            j = m // ni % nj
            i = m % ni
            best = np.int32(distance[k, j, i])
            if best == 0:
                continue
            for dk in range(-1, 2):
                for dj in range(-1, 2):
                    for di in range(-1, 2):
                        kk, jj, ii = k + dk, j + dj, i + di
                        if 0 <= kk < nk and 0 <= jj < nj and 0 <= ii < ni:
                            best = min(best, np.int32(distance[kk, jj, ii]) + 1)
            distance[k, j, i] = best
