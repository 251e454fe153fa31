"""From solids to grey values: bodies, tubes and coronary vessels are painted into a slab of slices."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import ndimage

from viewer.demo.implicit import BodyTable, body_distance
from viewer.model.geometry import Float

_CELL, _CELLS = 5, 4  # edge of a cell in voxels, cells along the edge of a block
_BLOCK = _CELL * _CELLS
_GRAIN = 64  # edge of the periodic noise lattice, a power of two

FloatGrid = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """How the heart stands in the patient: ``world = middle + scale * turn @ heart``."""

    turn: Float
    scale: float
    middle_lps_mm: Float

    def to_world(self, points: Float) -> Float:
        """Take points of the canonical heart, shape (N, 3), to LPS mm."""
        return self.middle_lps_mm + self.scale * np.asarray(points, float) @ self.turn.T

    def row(self) -> Float:
        """Return turn (9), 1/scale, middle (3) as the kernels read them."""
        return np.concatenate([self.turn.ravel(), [1 / self.scale], self.middle_lps_mm])


def lattice(seed: int) -> FloatGrid:
    """Return smooth periodic noise of mean 0 and deviation 1, shape (64, 64, 64), a correlation length of about 1."""
    white = np.random.default_rng(seed).standard_normal((_GRAIN,) * 3)
    smooth = ndimage.gaussian_filter(white, 0.75, mode="wrap")
    return (smooth / smooth.std()).astype(np.float32)


@njit(nogil=True, cache=True, fastmath=True, error_model="numpy")
def _grain(table: FloatGrid, x: float, y: float, z: float) -> float:
    """Return the lattice's value at a point in lattice units, trilinear, periodic."""
    x, y, z = x + 1024.0, y + 1024.0, z + 1024.0  # makes truncation a floor
    i, j, k = int(x), int(y), int(z)
    x, y, z = x - i, y - j, z - k
    i1, j1, k1 = (i + 1) & (_GRAIN - 1), (j + 1) & (_GRAIN - 1), (k + 1) & (_GRAIN - 1)
    i, j, k = i & (_GRAIN - 1), j & (_GRAIN - 1), k & (_GRAIN - 1)
    low = (table[k, j, i] * (1 - x) + table[k, j, i1] * x) * (1 - y)
    low += (table[k, j1, i] * (1 - x) + table[k, j1, i1] * x) * y
    high = (table[k1, j, i] * (1 - x) + table[k1, j, i1] * x) * (1 - y)
    high += (table[k1, j1, i] * (1 - x) + table[k1, j1, i1] * x) * y
    return low * (1 - z) + high * z


@njit(nogil=True, cache=True, fastmath=True, error_model="numpy")
def _to_heart(pose: Float, x: float, y: float, z: float) -> tuple[float, float, float]:
    x, y, z = (x - pose[10]) * pose[9], (y - pose[11]) * pose[9], (z - pose[12]) * pose[9]
    return (
        pose[0] * x + pose[3] * y + pose[6] * z,
        pose[1] * x + pose[4] * y + pose[7] * z,
        pose[2] * x + pose[5] * y + pose[8] * z,
    )


@njit(nogil=True, cache=True, fastmath=True, error_model="numpy")
def _near(
    low: NDArray[np.int64],
    high: NDArray[np.int64],
    origin: Float,
    step: Float,
    shift: Float,
    pose: Float,
    rows: Float,
    ranges: NDArray[np.int64],
    looks: Float,
    grid: FloatGrid,
    among: NDArray[np.int64],
    full_among: NDArray[np.bool_],
    found: NDArray[np.int64],
    full: NDArray[np.bool_],
) -> int:
    """Write into `found` which bodies of `among` touch the block of voxels ``low:high`` (k, j, i); return their number.

    `full` tells which of them fill the block; whatever stands before one that does is left out.
    """
    ka, kb = low[0], high[0] - 1
    x = origin[0] + 0.5 * step[0] * (low[2] + high[2] - 1) - 0.5 * (shift[ka, 0] + shift[kb, 0])
    y = origin[1] + 0.5 * step[1] * (low[1] + high[1] - 1) - 0.5 * (shift[ka, 1] + shift[kb, 1])
    z = origin[2] + 0.5 * step[2] * (ka + kb)
    half = 0.5 * math.sqrt(
        (step[0] * (high[2] - low[2] - 1)) ** 2
        + (step[1] * (high[1] - low[1] - 1)) ** 2
        + (step[2] * (high[0] - low[0] - 1)) ** 2
    )
    half += 0.5 * (abs(shift[ka, 0] - shift[kb, 0]) + abs(shift[ka, 1] - shift[kb, 1]))
    edge = (step[0] + step[1] + step[2]) / 3.0
    hx, hy, hz = _to_heart(pose, x, y, z)
    used = 0
    for n in range(len(among)):
        b = among[n]
        if full_among[n]:
            found[used], full[used] = b, True
            used += 1
            continue
        px, py, pz, scale = x, y, z, 1.0
        if looks[b, 7] > 0:
            px, py, pz, scale = hx, hy, hz, 1.0 / pose[9]
        d = scale * body_distance(rows, grid, ranges[b, 0], ranges[b, 1], px, py, pz) - looks[b, 1]
        reach = half + edge + looks[b, 8]
        # the distance to an ellipsoid is only of first order: more than the reach is on the safe side
        if d > 1.4 * reach + 0.5:
            continue
        covers = d < -2.0 * reach - 0.5
        if covers and looks[b, 2] > 0:
            continue
        if covers:
            used = 0
        found[used], full[used] = b, covers
        used += 1
    return used


@njit(nogil=True, cache=True, fastmath=True, error_model="numpy")
def paint_bodies(
    slab: FloatGrid,
    origin: Float,
    step: Float,
    shift: Float,
    pose: Float,
    rows: Float,
    ranges: NDArray[np.int64],
    looks: Float,
    grid: FloatGrid,
    noise: FloatGrid,
) -> None:
    """Paint bodies, in order, with edges one voxel wide.

    Parameters
    ----------
    slab : ndarray of float32, shape (K, J, I)
        HU; changed in place.
    origin, step : ndarray of shape (3,)
        Centre of the first voxel as (x, y, z), steps along i, j, k.
    shift : ndarray of shape (K, 2)
        How far each slice is displaced along x and y.
    pose : ndarray of shape (13,)
    rows, ranges, looks, grid : tables of `BodyTable`
    noise : ndarray of shape (64, 64, 64)
    """
    nk, nj, ni = slab.shape
    total = len(ranges)
    everything, nothing = np.arange(total), np.zeros(total, np.bool_)
    rough, rough_full = np.empty(total, np.int64), np.empty(total, np.bool_)
    found, full = np.empty(total, np.int64), np.empty(total, np.bool_)
    low, high = np.empty(3, np.int64), np.empty(3, np.int64)
    for k0 in range(0, nk, _BLOCK):
        for j0 in range(0, nj, _BLOCK):
            for i0 in range(0, ni, _BLOCK):
                some = 0
                # first the whole block among all bodies, then each of its cells among what was found
                for cell in range(-1, _CELLS**3):
                    if cell < 0:
                        low[0], low[1], low[2] = k0, j0, i0
                        reach = _BLOCK
                    else:
                        low[0] = k0 + cell // _CELLS**2 * _CELL
                        low[1] = j0 + cell // _CELLS % _CELLS * _CELL
                        low[2] = i0 + cell % _CELLS * _CELL
                        reach = _CELL
                    if low[0] >= nk or low[1] >= nj or low[2] >= ni:
                        continue
                    high[0], high[1], high[2] = (
                        min(nk, low[0] + reach),
                        min(nj, low[1] + reach),
                        min(ni, low[2] + reach),
                    )
                    among, among_full = (everything, nothing) if cell < 0 else (rough[:some], rough_full[:some])
                    used = _near(
                        low, high, origin, step, shift, pose, rows, ranges, looks, grid, among, among_full, found, full
                    )
                    if cell < 0:
                        some = used
                        for n in range(used):
                            rough[n], rough_full[n] = found[n], full[n]
                    if used == 0:
                        if cell < 0:
                            break
                        continue
                    if cell >= 0:
                        _paint_cell(
                            slab,
                            low,
                            high,
                            origin,
                            step,
                            shift,
                            pose,
                            rows,
                            ranges,
                            looks,
                            grid,
                            noise,
                            found[:used],
                            full[:used],
                        )


@njit(nogil=True, cache=True, fastmath=True, error_model="numpy")
def _paint_cell(
    slab: FloatGrid,
    low: NDArray[np.int64],
    high: NDArray[np.int64],
    origin: Float,
    step: Float,
    shift: Float,
    pose: Float,
    rows: Float,
    ranges: NDArray[np.int64],
    looks: Float,
    grid: FloatGrid,
    noise: FloatGrid,
    found: NDArray[np.int64],
    full: NDArray[np.bool_],
) -> None:
    edge = (step[0] + step[1] + step[2]) / 3.0
    for k in range(low[0], high[0]):
        z = origin[2] + step[2] * k
        for j in range(low[1], high[1]):
            y = origin[1] + step[1] * j - shift[k, 1]
            for i in range(low[2], high[2]):
                x = origin[0] + step[0] * i - shift[k, 0]
                hx, hy, hz = _to_heart(pose, x, y, z)
                value = slab[k, j, i]
                for n in range(len(found)):
                    look = looks[found[n]]
                    share = 1.0
                    if not full[n]:
                        first, last = ranges[found[n], 0], ranges[found[n], 1]
                        px, py, pz, scale = x, y, z, 1.0
                        if look[7] > 0:
                            px, py, pz, scale = hx, hy, hz, 1.0 / pose[9]
                        d = scale * body_distance(rows, grid, first, last, px, py, pz) - look[1]
                        if look[3] > 0 and abs(d) < look[8] + edge:
                            f = look[4]
                            d -= look[3] * _grain(noise, hx * f, hy * f, hz * f)
                        if look[2] > 0:
                            d = abs(d) - 0.5 * look[2]
                        share = min(0.5 - d / edge, 1.0)
                        if share <= 0.0:
                            continue
                    hu = look[0]
                    if look[5] > 0:
                        f = look[6]
                        hu += look[5] * _grain(noise, hx * f + 7.3, hy * f + 1.9, hz * f + 4.1)
                    value += share * (hu - value)
                slab[k, j, i] = value


@njit(nogil=True, cache=True, fastmath=True, error_model="numpy")
def paint_tubes(slab: FloatGrid, origin: Float, step: Float, shift: Float, tubes: Float, only_below_hu: float) -> None:
    """Paint tapered pieces of tube, in order.

    Parameters
    ----------
    slab, origin, step, shift
        As for `paint_bodies`.
    tubes : ndarray of shape (T, 9)
        Start (x, y, z), its radius, end (x, y, z), its radius, HU.
    only_below_hu : float
        Whatever was denser before is left alone: lung vessels stay in the lungs.
    """
    nk, nj, ni = slab.shape
    edge = (step[0] + step[1] + step[2]) / 3.0
    free = slab < only_below_hu
    for t in range(len(tubes)):
        ax, ay, az, ra = tubes[t, 0], tubes[t, 1], tubes[t, 2], tubes[t, 3]
        ux, uy, uz, ur = tubes[t, 4] - ax, tubes[t, 5] - ay, tubes[t, 6] - az, tubes[t, 7] - ra
        square = ux * ux + uy * uy + uz * uz
        reach = max(ra, ra + ur) + edge
        k0 = max(0, int((min(az, az + uz) - reach - origin[2]) / step[2]))
        k1 = min(nk, int((max(az, az + uz) + reach - origin[2]) / step[2]) + 2)
        for k in range(k0, k1):
            pz = origin[2] + step[2] * k - az
            j0 = max(0, int((min(ay, ay + uy) - reach + shift[k, 1] - origin[1]) / step[1]))
            j1 = min(nj, int((max(ay, ay + uy) + reach + shift[k, 1] - origin[1]) / step[1]) + 2)
            i0 = max(0, int((min(ax, ax + ux) - reach + shift[k, 0] - origin[0]) / step[0]))
            i1 = min(ni, int((max(ax, ax + ux) + reach + shift[k, 0] - origin[0]) / step[0]) + 2)
            for j in range(j0, j1):
                py = origin[1] + step[1] * j - shift[k, 1] - ay
                for i in range(i0, i1):
                    if not free[k, j, i]:
                        continue
                    px = origin[0] + step[0] * i - shift[k, 0] - ax
                    w = min(max((px * ux + py * uy + pz * uz) / square, 0.0), 1.0)
                    dx, dy, dz = px - w * ux, py - w * uy, pz - w * uz
                    d = math.sqrt(dx * dx + dy * dy + dz * dz) - (ra + w * ur)
                    share = 0.5 - d / edge
                    if share > 0:
                        slab[k, j, i] += min(share, 1.0) * (tubes[t, 8] - slab[k, j, i])


def paint_table(
    slab: FloatGrid, origin: Float, step: Float, shift: Float, pose: Float, table: BodyTable, noise: FloatGrid
) -> None:
    """Paint a table of bodies."""
    paint_bodies(slab, origin, step, shift, pose, table.primitives, table.ranges, table.looks, table.grid, noise)
