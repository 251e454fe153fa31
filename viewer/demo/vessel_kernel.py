"""What lies at a point of a vessel, and the painting of it.

Everything is a function of the station along the vessel, the distance from its centreline and the angle about it; the
same function paints the voxels and measures the truth.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from viewer.model.geometry import Float

#: What lies at a point; where vessels meet, the larger code wins.
OUTSIDE, WALL, CALCIUM, LUMEN = 0, 1, 2, 3

#: Columns of a vessel's table.
COL_X, COL_N, COL_B, COL_OUTER, COL_OPEN = 0, 3, 6, 9, 10
COL_OFF_N, COL_OFF_B, COL_LUMEN_HU, COL_CORE_HU, COL_RIM_HU, COL_S = 11, 12, 13, 14, 15, 16
COLUMNS = 17


@njit(nogil=True, cache=True, error_model="numpy")
def content(row: Float, a: float, b: float, vessel: int, deposits: Float) -> tuple[int, float]:
    """Return what lies at (a, b) of a cross-section, along normal and binormal in mm: a code and its HU.

    Parameters
    ----------
    row : ndarray of shape (17,)
        The vessel's table, interpolated at the station.
    vessel : int
        Whose deposits count.
    deposits : ndarray of shape (D, 8)
    """
    radius = math.sqrt(a * a + b * b)
    if radius > row[COL_OUTER]:
        return OUTSIDE, 0.0
    share = radius / row[COL_OUTER]
    for d in range(len(deposits)):
        if deposits[d, 0] != vessel:
            continue
        u = (2 * row[COL_S] - deposits[d, 1] - deposits[d, 2]) / (deposits[d, 2] - deposits[d, 1])
        if abs(u) > 1 - 0.14 * share * share or share < deposits[d, 3] or share > deposits[d, 4]:
            continue
        if deposits[d, 6] < 6.28:
            turn = math.atan2(b, a) - deposits[d, 5]
            turn -= 2 * math.pi * math.floor(turn / (2 * math.pi) + 0.5)
            if abs(turn) > 0.5 * deposits[d, 6] * (1 - u**6):
                continue
        return CALCIUM, deposits[d, 7]
    da, db = a - row[COL_OFF_N], b - row[COL_OFF_B]
    if da * da + db * db < row[COL_OPEN] * row[COL_OPEN]:
        return LUMEN, row[COL_LUMEN_HU]
    # a soft core off the middle, a firmer rim
    core = math.sqrt((a - 0.16 * row[COL_OUTER]) ** 2 + (b + 0.1 * row[COL_OUTER]) ** 2) / row[COL_OUTER]
    blend = min(max((core - 0.45) / 0.35, 0.0), 1.0)
    return WALL, row[COL_CORE_HU] + blend * (row[COL_RIM_HU] - row[COL_CORE_HU])


@njit(nogil=True, cache=True, error_model="numpy")
def _candidates(
    found: NDArray[np.int32], origin: Float, step: Float, shift: Float, table: Float, starts: NDArray[np.int64]
) -> None:
    """Write into `found`, shape (K, J, I, 3), the nearest samples of up to three vessels that reach each voxel."""
    nk, nj, ni, slots = found.shape
    edge = 0.75 * (step[0] + step[1] + step[2]) / 3.0 + 0.15
    for v in range(len(starts) - 1):
        for n in range(starts[v], starts[v + 1], 2):
            reach = table[n, COL_OUTER] + edge
            k0 = max(0, int((table[n, 2] - reach - origin[2]) / step[2]))
            k1 = min(nk, int((table[n, 2] + reach - origin[2]) / step[2]) + 2)
            for k in range(k0, k1):
                z = origin[2] + step[2] * k - table[n, 2]
                x0, y0 = origin[0] - shift[k, 0], origin[1] - shift[k, 1]
                j0 = max(0, int((table[n, 1] - reach - y0) / step[1]))
                j1 = min(nj, int((table[n, 1] + reach - y0) / step[1]) + 2)
                i0 = max(0, int((table[n, 0] - reach - x0) / step[0]))
                i1 = min(ni, int((table[n, 0] + reach - x0) / step[0]) + 2)
                for j in range(j0, j1):
                    y = y0 + step[1] * j - table[n, 1]
                    for i in range(i0, i1):
                        x = x0 + step[0] * i - table[n, 0]
                        square = x * x + y * y + z * z
                        if square > (reach + 0.3) ** 2:
                            continue
                        for slot in range(slots):
                            m = found[k, j, i, slot]
                            if m < 0:
                                found[k, j, i, slot] = n
                                break
                            if starts[v] <= m:
                                px = x + table[n, 0] - table[m, 0]
                                py = y + table[n, 1] - table[m, 1]
                                pz = z + table[n, 2] - table[m, 2]
                                if square < px * px + py * py + pz * pz:
                                    found[k, j, i, slot] = n
                                break


@njit(nogil=True, cache=True, error_model="numpy")
def _at(
    table: Float, first: int, last: int, near: int, x: float, y: float, z: float, row: Float
) -> tuple[bool, float, float]:
    """Interpolate a vessel's table at the foot of a point; return whether there is one, and (a, b) of the point."""
    n = near
    for _ in range(6):
        tx = table[min(n + 1, last - 1), 0] - table[max(n - 1, first), 0]
        ty = table[min(n + 1, last - 1), 1] - table[max(n - 1, first), 1]
        tz = table[min(n + 1, last - 1), 2] - table[max(n - 1, first), 2]
        gaps = min(n + 1, last - 1) - max(n - 1, first)
        along = (x - table[n, 0]) * tx + (y - table[n, 1]) * ty + (z - table[n, 2]) * tz
        along *= gaps / (tx * tx + ty * ty + tz * tz)
        if along > 0.75 and n < last - 1:
            n += 1
        elif along < -0.75 and n > first:
            n -= 1
        else:
            break
    if (n == first and along < 0) or (n == last - 1 and along > 0):
        return False, 0.0, 0.0
    other = min(n + 1, last - 1) if along > 0 else max(n - 1, first)
    w = min(abs(along), 1.0)
    for c in range(COLUMNS):
        row[c] = (1 - w) * table[n, c] + w * table[other, c]
    dx, dy, dz = x - row[0], y - row[1], z - row[2]
    return True, dx * row[3] + dy * row[4] + dz * row[5], dx * row[6] + dy * row[7] + dz * row[8]


@njit(nogil=True, cache=True, error_model="numpy")
def paint_vessels(
    slab: NDArray[np.float32],
    origin: Float,
    step: Float,
    shift: Float,
    table: Float,
    starts: NDArray[np.int64],
    deposits: Float,
    found: NDArray[np.int32],
) -> None:
    """Paint the coronary arteries, each voxel from 27 points in it.

    Where vessels meet, an open lumen wins over calcium, and calcium over the wall. `found`, shape (K, J, I, 3), is
    scratch space filled with -1.
    """
    nk, nj, ni = slab.shape
    _candidates(found, origin, step, shift, table, starts)
    row = np.empty(COLUMNS)
    for k in range(nk):
        for j in range(nj):
            for i in range(ni):
                if found[k, j, i, 0] < 0:
                    continue
                total, inside = 0.0, 0
                for sub in range(27):
                    x = origin[0] + step[0] * (i + (sub % 3 - 1) / 3.0) - shift[k, 0]
                    y = origin[1] + step[1] * (j + (sub // 3 % 3 - 1) / 3.0) - shift[k, 1]
                    z = origin[2] + step[2] * (k + (sub // 9 - 1) / 3.0)
                    best, hu = OUTSIDE, 0.0
                    for slot in range(3):
                        near = found[k, j, i, slot]
                        if near < 0:
                            break
                        v = 0
                        while starts[v + 1] <= near:
                            v += 1
                        ok, a, b = _at(table, starts[v], starts[v + 1], near, x, y, z, row)
                        if ok:
                            code, value = content(row, a, b, v, deposits)
                            if code > best:
                                best, hu = code, value
                    if best > OUTSIDE:
                        inside += 1
                        total += hu
                slab[k, j, i] = (slab[k, j, i] * (27 - inside) + total) / 27
