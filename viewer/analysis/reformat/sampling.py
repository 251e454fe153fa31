"""Reading a volume between its voxels, fast: the compiled kernels under every reformation.

The kernels are serial and let go of Python's lock; `in_strips` shares the rows out among a few threads. So they can be
called from any thread at any time, which numba's own threads do not promise on every system.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
from numba import njit
from numpy.typing import NDArray

from viewer.model.geometry import Float
from viewer.model.volume import Volume

Float32 = NDArray[np.float32]

#: How a row of samples across a slab becomes one value; the kernels know them by these numbers.
MEAN, MAXIMUM, MINIMUM = 0, 1, 2
#: Below this many samples a second thread costs more than it brings.
SAMPLES_PER_THREAD = 200_000
MAX_THREADS = 8


def in_strips(work: Callable[[int, int], None], rows: int, samples_per_row: int) -> None:
    """Call ``work(first, last)`` for strips of rows that together make up all `rows`, in threads where it pays."""
    threads = min(MAX_THREADS, os.cpu_count() or 1, rows, max(1, rows * samples_per_row // SAMPLES_PER_THREAD))
    if threads < 2:
        work(0, rows)
        return
    edges = np.linspace(0, rows, threads + 1).astype(int)
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work, int(a), int(b)) for a, b in pairwise(edges)]:
            done.result()


def sample_points(volume: Volume, points_lps_mm: Float, *, cubic: bool = False) -> Float32:
    """Return HU at points, float32 of shape (...); ``Volume.AIR_HU`` outside the volume.

    Parameters
    ----------
    volume : Volume
    points_lps_mm : ndarray of shape (..., 3)
    cubic : bool
        Cubic convolution (Keys 1981) instead of trilinear. It adds no blur of its own to a measurement.
    """
    points = np.asarray(points_lps_mm, float)
    index = np.ascontiguousarray(volume.geometry.to_index(points).reshape(-1, 3), np.float32)
    result = np.empty(len(index), np.float32)
    kernel = _read_cubic if cubic else _read_linear
    in_strips(lambda a, b: kernel(volume.hu, index[a:b], result[a:b]), len(index), 8 if cubic else 1)
    return result.reshape(points.shape[:-1])


def sample_grid(
    volume: Volume,
    origin_lps_mm: Float,
    across_lps_mm: Float,
    across: int,
    through_lps_mm: Float | None = None,
    through: int = 1,
    projection: int = MEAN,
) -> Float32:
    """Return one row of samples for each start point, each sample projected through a slab.

    Sample (s, a) is the mean, the largest or the smallest of HU at ``origin[s] + a across[s] + b through[s]`` for
    b = 0 … `through` - 1.

    Parameters
    ----------
    volume : Volume
    origin_lps_mm, across_lps_mm, through_lps_mm : ndarray of shape (S, 3)
        Start of each row, and the steps along it and through the slab.
    across, through : int
        Number of steps.
    projection : int
        `MEAN`, `MAXIMUM` or `MINIMUM`.

    Returns
    -------
    ndarray of float32, shape (S, across)
        ``Volume.AIR_HU`` outside the volume.
    """
    rotate = volume.geometry.index_from_lps[:3, :3].T
    start = volume.geometry.to_index(origin_lps_mm).astype(np.float32)
    along = np.ascontiguousarray(across_lps_mm @ rotate, np.float32)
    deep = np.zeros_like(along) if through_lps_mm is None else np.ascontiguousarray(through_lps_mm @ rotate, np.float32)
    result = np.empty((len(start), across), np.float32)
    in_strips(
        lambda a, b: _read_rows(volume.hu, start[a:b], along[a:b], deep[a:b], through, projection, result[a:b]),
        len(start),
        across * through,
    )
    return result


@njit(nogil=True, cache=True, inline="always")
def _trilinear(hu: NDArray[np.int16], z: np.float32, y: np.float32, x: np.float32) -> np.float32:
    """Return HU at one index, trilinear; air outside the outermost voxel centres."""
    depth, height, width = hu.shape
    if not (z >= 0 and y >= 0 and x >= 0 and z <= depth - 1 and y <= height - 1 and x <= width - 1):
        return np.float32(-1024)
    k, j, i = min(int(z), max(depth - 2, 0)), min(int(y), max(height - 2, 0)), min(int(x), max(width - 2, 0))
    c, b, a = z - np.float32(k), y - np.float32(j), x - np.float32(i)
    k1, j1, i1 = min(k + 1, depth - 1), min(j + 1, height - 1), min(i + 1, width - 1)
    v00, v01 = np.float32(hu[k, j, i]), np.float32(hu[k, j, i1])
    v10, v11 = np.float32(hu[k, j1, i]), np.float32(hu[k, j1, i1])
    w00, w01 = np.float32(hu[k1, j, i]), np.float32(hu[k1, j, i1])
    w10, w11 = np.float32(hu[k1, j1, i]), np.float32(hu[k1, j1, i1])
    v0, v1 = v00 + a * (v01 - v00), v10 + a * (v11 - v10)
    w0, w1 = w00 + a * (w01 - w00), w10 + a * (w11 - w10)
    v, w = v0 + b * (v1 - v0), w0 + b * (w1 - w0)
    return v + c * (w - v)


@njit(nogil=True, cache=True, inline="always")
def _keys(f: np.float32) -> tuple[np.float32, np.float32, np.float32, np.float32]:
    """Return the four weights of cubic convolution at fraction `f` (Keys 1981, a = -1/2)."""
    half, one = np.float32(0.5), np.float32(1)
    g = one - f
    w0 = -half * f * g * g
    w3 = -half * g * f * f
    w1 = one + half * f * f * (np.float32(3) * f - np.float32(5))
    return w0, w1, one - w0 - w1 - w3, w3


@njit(nogil=True, cache=True)
def _read_linear(hu: NDArray[np.int16], index: Float32, result: Float32) -> None:
    for at in range(len(index)):
        result[at] = _trilinear(hu, index[at, 0], index[at, 1], index[at, 2])


@njit(nogil=True, cache=True)
def _read_cubic(hu: NDArray[np.int16], index: Float32, result: Float32) -> None:
    depth, height, width = hu.shape
    for at in range(len(index)):
        z, y, x = index[at, 0], index[at, 1], index[at, 2]
        if not (z >= 1 and y >= 1 and x >= 1 and z < depth - 2 and y < height - 2 and x < width - 2):
            result[at] = _trilinear(hu, z, y, x)
            continue
        k, j, i = int(z), int(y), int(x)
        wz = _keys(z - np.float32(k))
        wy = _keys(y - np.float32(j))
        wx = _keys(x - np.float32(i))
        total = np.float32(0)
        for c in range(4):
            plane = np.float32(0)
            for b in range(4):
                row = hu[k + c - 1, j + b - 1]
                plane += wy[b] * (
                    wx[0] * np.float32(row[i - 1])
                    + wx[1] * np.float32(row[i])
                    + wx[2] * np.float32(row[i + 1])
                    + wx[3] * np.float32(row[i + 2])
                )
            total += wz[c] * plane
        result[at] = total


@njit(nogil=True, cache=True, inline="always")
def _inside(hu: NDArray[np.int16], z: np.float32, y: np.float32, x: np.float32) -> bool:
    """Tell whether a voxel lies on every side of an index, so that it can be read without a look at the border."""
    return bool(z >= 0 and y >= 0 and x >= 0 and z < hu.shape[0] - 1 and y < hu.shape[1] - 1 and x < hu.shape[2] - 1)


@njit(nogil=True, cache=True, inline="always", fastmath={"contract"})
def _trilinear_inside(
    flat: NDArray[np.int16], row: np.uint64, plane: np.uint64, z: np.float32, y: np.float32, x: np.float32
) -> np.float32:
    """Return HU at one index known to lie inside; `flat` is the volume as one row, `row` and `plane` its strides.

    They have no sign, for an index that might be negative is looked at before each of the eight reads.
    """
    k, j, i = np.int32(z), np.int32(y), np.int32(x)
    c, b, a = z - np.float32(k), y - np.float32(j), x - np.float32(i)
    one = np.uint64(1)
    at = np.uint64(k) * plane + np.uint64(j) * row + np.uint64(i)
    v00, v01 = np.float32(flat[at]), np.float32(flat[at + one])
    v10, v11 = np.float32(flat[at + row]), np.float32(flat[at + row + one])
    at += plane
    w00, w01 = np.float32(flat[at]), np.float32(flat[at + one])
    w10, w11 = np.float32(flat[at + row]), np.float32(flat[at + row + one])
    v0, v1 = v00 + a * (v01 - v00), v10 + a * (v11 - v10)
    w0, w1 = w00 + a * (w01 - w00), w10 + a * (w11 - w10)
    v, w = v0 + b * (v1 - v0), w0 + b * (w1 - w0)
    return v + c * (w - v)


@njit(nogil=True, cache=True, fastmath={"contract"})
def _read_rows(
    hu: NDArray[np.int16],
    start: Float32,
    along: Float32,
    deep: Float32,
    through: int,
    projection: int,
    result: Float32,
) -> None:
    flat = hu.ravel()
    row, plane = np.uint64(hu.shape[2]), np.uint64(hu.shape[1] * hu.shape[2])
    last, bottom = np.float32(result.shape[1] - 1), np.float32(through - 1)
    for s in range(result.shape[0]):
        z0, y0, x0 = start[s, 0], start[s, 1], start[s, 2]
        dz, dy, dx = along[s, 0], along[s, 1], along[s, 2]
        ez, ey, ex = bottom * deep[s, 0], bottom * deep[s, 1], bottom * deep[s, 2]
        safe = (
            _inside(hu, z0, y0, x0)
            and _inside(hu, z0 + last * dz, y0 + last * dy, x0 + last * dx)
            and _inside(hu, z0 + ez, y0 + ey, x0 + ex)
            and _inside(hu, z0 + last * dz + ez, y0 + last * dy + ey, x0 + last * dx + ex)
        )
        if safe and through == 1:
            line = result[s]
            for a in range(len(line)):
                f = np.float32(a)
                line[a] = _trilinear_inside(flat, row, plane, z0 + f * dz, y0 + f * dy, x0 + f * dx)
            continue
        for a in range(result.shape[1]):
            f = np.float32(a)
            z, y, x = z0 + f * dz, y0 + f * dy, x0 + f * dx
            value = np.float32(0)
            for b in range(through):
                g = np.float32(b)
                zz, yy, xx = z + g * deep[s, 0], y + g * deep[s, 1], x + g * deep[s, 2]
                one = _trilinear_inside(flat, row, plane, zz, yy, xx) if safe else _trilinear(hu, zz, yy, xx)
                if b == 0:
                    value = one
                elif projection == 1:
                    value = max(value, one)
                elif projection == 2:
                    value = min(value, one)
                else:
                    value += one
            if projection == 0:
                value /= np.float32(through)
            result[s, a] = value
