"""The compiled loops of `plane`: one thread each, free of the interpreter's lock.

All arithmetic is float32; an int16 load left uncast would make it float64 and take half as long again. Limits are
worked out before a loop, so that nothing is asked within it.
"""

from __future__ import annotations

import numpy as np
from numba import njit

#: What a pixel holds that lies outside the volume.
OUTSIDE = -32768
SUM, MAXIMUM, MINIMUM = 0, 1, 2


@njit(nogil=True, cache=True)
def project(voxels, stride_n, stride_r, stride_c, first, weights, mode, first_row, out):  # type: ignore[no-untyped-def]
    """Project slices on their own grid: `weights` along axis n from slice `first`, rows from `first_row`."""
    rows, columns = out.shape
    for r in range(rows):
        line = out[r]
        for n in range(len(weights)):
            base = (first + n) * stride_n + (first_row + r) * stride_r
            weight = weights[n]
            if n == 0:
                for c in range(columns):
                    line[c] = weight * np.float32(voxels[np.uintp(base + c * stride_c)])
            elif mode == SUM:
                for c in range(columns):
                    line[c] += weight * np.float32(voxels[np.uintp(base + c * stride_c)])
            elif mode == MAXIMUM:
                for c in range(columns):
                    line[c] = max(line[c], np.float32(voxels[np.uintp(base + c * stride_c)]))
            else:
                for c in range(columns):
                    line[c] = min(line[c], np.float32(voxels[np.uintp(base + c * stride_c)]))


@njit(nogil=True, cache=True)
def within(start, step, count, low, high):  # type: ignore[no-untyped-def]
    """Narrow the pixels [low, high) to those whose ``start + x * step`` lies in [-0.5, count - 0.5]."""
    first, last = -0.5 - start, count - 0.5 - start
    if abs(step) < 1e-12:
        return (low, high) if first <= 0.0 <= last else (low, low)
    a, b = first / step, last / step
    if a > b:
        a, b = b, a
    # Limits far away would not fit an integer.
    a, b = max(a, -1.0), min(b, high + 1.0)
    if a > b:
        return low, low
    return max(low, int(np.ceil(a - 1e-9))), min(high, int(np.floor(b + 1e-9)) + 1)


@njit(nogil=True, cache=True)
def enlarge(flat, row, by_row, column, by_column, out):  # type: ignore[no-untyped-def]
    """Interpolate a flat picture at ``row + y * by_row``, ``column + x * by_column``."""
    rows, columns = flat.shape
    height, width = out.shape
    low, high = within(column, by_column, columns, 0, width)
    line = np.empty(columns + 1, np.float32)
    start, step, edge = np.float32(column), np.float32(by_column), np.float32(columns - 1)
    for y in range(height):
        position = row + y * by_row
        picture = out[y]
        if position < -0.5 or position > rows - 0.5:
            picture[:] = OUTSIDE
            continue
        position = min(max(position, 0.0), rows - 1.0)
        upper = int(position)
        share = np.float32(position - upper)
        above, below = flat[upper], flat[min(upper + 1, rows - 1)]
        for c in range(columns):
            line[c] = above[c] + share * (below[c] - above[c])
        line[columns] = line[columns - 1]
        picture[:low] = OUTSIDE
        picture[high:] = OUTSIDE
        for x in range(low, high):
            at = min(max(start + np.float32(x) * step, np.float32(0)), edge)
            left = np.uintp(at)
            value = line[left] + (at - np.float32(left)) * (line[left + np.uintp(1)] - line[left])
            # Only an enlarged preview has pixels outside; what is mixed with them is no Hounsfield unit.
            inside = value > np.float32(-8192)
            picture[x] = np.int32(value + np.float32(32768.5)) - 32768 if inside else OUTSIDE


@njit(nogil=True, cache=True)
def trilinear(voxels, shape, start, per_x, per_y, per_step, steps, mode, out):  # type: ignore[no-untyped-def]
    """Sample ``start + y * per_y + x * per_x + step * per_step`` (indices), the steps becoming one value."""
    height, width = out.shape
    K, J, I = shape[0], shape[1], shape[2]
    edge_k, edge_j, edge_i = np.float32(K - 1), np.float32(J - 1), np.float32(I - 1)
    stride_k, stride_j, one, none = np.uintp(J * I), np.uintp(I), np.uintp(1), np.uintp(0)
    dk, dj, di = np.float32(per_x[0]), np.float32(per_x[1]), np.float32(per_x[2])
    zero = np.float32(0)
    line = np.empty(width, np.float32)
    seen = np.empty(width, np.float32)
    for y in range(height):
        line[:] = 0.0 if mode == SUM else (-1e9 if mode == MAXIMUM else 1e9)
        seen[:] = 0.0
        for s in range(steps):
            k64 = start[0] + y * per_y[0] + s * per_step[0]
            j64 = start[1] + y * per_y[1] + s * per_step[1]
            i64 = start[2] + y * per_y[2] + s * per_step[2]
            low, high = within(k64, per_x[0], K, 0, width)
            low, high = within(j64, per_x[1], J, low, high)
            low, high = within(i64, per_x[2], I, low, high)
            k32, j32, i32 = np.float32(k64), np.float32(j64), np.float32(i64)
            for x in range(low, high):
                at = np.float32(x)
                k = min(max(k32 + at * dk, zero), edge_k)
                j = min(max(j32 + at * dj, zero), edge_j)
                i = min(max(i32 + at * di, zero), edge_i)
                k0, j0, i0 = np.uintp(k), np.uintp(j), np.uintp(i)
                fk, fj, fi = k - np.float32(k0), j - np.float32(j0), i - np.float32(i0)
                # At the last voxel the share is zero; the neighbour is the voxel itself, to stay within the array.
                to_k = stride_k if k < edge_k else none
                to_j = stride_j if j < edge_j else none
                to_i = one if i < edge_i else none
                at_0 = k0 * stride_k + j0 * stride_j + i0
                at_1, at_2, at_3 = at_0 + to_j, at_0 + to_k, at_0 + to_k + to_j
                a = np.float32(voxels[at_0])
                b = np.float32(voxels[at_1])
                c = np.float32(voxels[at_2])
                d = np.float32(voxels[at_3])
                a += fi * (np.float32(voxels[at_0 + to_i]) - a)
                b += fi * (np.float32(voxels[at_1 + to_i]) - b)
                c += fi * (np.float32(voxels[at_2 + to_i]) - c)
                d += fi * (np.float32(voxels[at_3 + to_i]) - d)
                a += fj * (b - a)
                c += fj * (d - c)
                value = a + fk * (c - a)
                if mode == SUM:
                    line[x] += value
                elif mode == MAXIMUM:
                    line[x] = max(line[x], value)
                else:
                    line[x] = min(line[x], value)
                seen[x] += np.float32(1)
        picture = out[y]
        for x in range(width):
            if seen[x] == zero:
                picture[x] = OUTSIDE
            else:
                value = line[x] / seen[x] if mode == SUM else line[x]
                picture[x] = np.int32(value + np.float32(32768.5)) - 32768


@njit(nogil=True, cache=True)
def grey(image, black, factor, out):  # type: ignore[no-untyped-def]
    """Turn HU into uint8 by ``(hu - black) * factor``."""
    for y in range(image.shape[0]):
        for x in range(image.shape[1]):
            value = (np.float32(image[y, x]) - black) * factor + np.float32(0.5)
            grey = np.uint8(min(max(value, np.float32(0)), np.float32(255)))
            out[y, x] = grey if image[y, x] != OUTSIDE else 0


@njit(nogil=True, cache=True)
def rgb32(image, black, factor, outside, out):  # type: ignore[no-untyped-def]
    """Turn HU into 0xffRRGGBB by ``(hu - black) * factor``."""
    for y in range(image.shape[0]):
        for x in range(image.shape[1]):
            value = (np.float32(image[y, x]) - black) * factor + np.float32(0.5)
            grey = np.uint32(min(max(value, np.float32(0)), np.float32(255)))
            pixel = np.uint32(0xFF000000) | (grey * np.uint32(0x010101))
            out[y, x] = pixel if image[y, x] != OUTSIDE else outside
