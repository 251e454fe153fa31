"""The ray caster's inner loop.

A ray advances in equal steps through the grid; between two samples the colour is not looked up but integrated over all
values between them (`Recipe` holds the running integrals), so that thin shells of colour show no rings even at a step
of a whole voxel [1]_. Bricks without content are leapt over; a ray ends when nothing more would be seen.

References
----------
.. [1] Engel K, Kraus M, Ertl T. High-quality pre-integrated volume rendering using hardware-accelerated pixel shading.
   Graphics Hardware 2001, 9-16.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from viewer.scene.bricks import SHIFT
from viewer.scene.cover import HIDDEN_FROM, SEEN_BELOW

#: First value of the tables, HU, and their number of values.
FIRST_HU = -1024
TABLE = 4096

_EDGE = 1 << SHIFT
_SEEN_BELOW, _HIDDEN_FROM = np.float32(SEEN_BELOW), np.float32(HIDDEN_FROM)
#: A sample that gives less than this share of the light is not worth a gradient.
_FAINT = np.float32(0.012)
#: A ray that lets through less than this ends; what it found stands for the rest.
_OPAQUE = np.float32(0.05)


@njit(nogil=True, cache=True, fastmath=True)
def _sample(hu, z, y, x):  # type: ignore[no-untyped-def]
    k, j, i = int(z), int(y), int(x)
    c, b, a = z - np.float32(k), y - np.float32(j), x - np.float32(i)
    one = np.float32(1)
    v000, v001 = np.float32(hu[k, j, i]), np.float32(hu[k, j, i + 1])
    v010, v011 = np.float32(hu[k, j + 1, i]), np.float32(hu[k, j + 1, i + 1])
    v100, v101 = np.float32(hu[k + 1, j, i]), np.float32(hu[k + 1, j, i + 1])
    v110, v111 = np.float32(hu[k + 1, j + 1, i]), np.float32(hu[k + 1, j + 1, i + 1])
    near = (v000 * (one - a) + v001 * a) * (one - b) + (v010 * (one - a) + v011 * a) * b
    far = (v100 * (one - a) + v101 * a) * (one - b) + (v110 * (one - a) + v111 * a) * b
    return near * (one - c) + far * c


@njit(nogil=True, cache=True, fastmath=True)
def _gradient(hu, z, y, x):  # type: ignore[no-untyped-def]
    """Return the central differences over +-1 voxel along k, j, i; the point is held one voxel and a half inside."""
    z = min(max(z, np.float32(1)), np.float32(hu.shape[0] - 2.01))
    y = min(max(y, np.float32(1)), np.float32(hu.shape[1] - 2.01))
    x = min(max(x, np.float32(1)), np.float32(hu.shape[2] - 2.01))
    one = np.float32(1)
    return (
        _sample(hu, z + one, y, x) - _sample(hu, z - one, y, x),
        _sample(hu, z, y + one, x) - _sample(hu, z, y - one, x),
        _sample(hu, z, y, x + one) - _sample(hu, z, y, x - one),
    )


@njit(nogil=True, cache=True, fastmath=True)
def _seen_share(cover, scale, z, y, x):  # type: ignore[no-untyped-def]
    """Return how much of the tissue at an index of the level is left to be seen, 0 to 1."""
    if min(cover.shape[0], cover.shape[1], cover.shape[2]) < 2:
        return np.float32(1)
    half, zero = np.float32(0.5), np.float32(0)
    z = min(max((z + half) * scale[0] - half, zero), np.float32(cover.shape[0] - 1.001))
    y = min(max((y + half) * scale[1] - half, zero), np.float32(cover.shape[1] - 1.001))
    x = min(max((x + half) * scale[2] - half, zero), np.float32(cover.shape[2] - 1.001))
    covered = _sample(cover, z, y, x)
    return min(max((_HIDDEN_FROM - covered) / (_HIDDEN_FROM - _SEEN_BELOW), zero), np.float32(1))


@njit(nogil=True, cache=True, fastmath=True)
def _span(start, step, low, high):  # type: ignore[no-untyped-def]
    """Return the first and last step at which a ray is inside a box, as floats; first > last if it never is."""
    first, last = np.float32(-1e9), np.float32(1e9)
    for axis in range(3):
        if abs(step[axis]) < np.float32(1e-9):
            if start[axis] < low[axis] or start[axis] > high[axis]:
                return np.float32(1), np.float32(0)
        else:
            one = (low[axis] - start[axis]) / step[axis]
            two = (high[axis] - start[axis]) / step[axis]
            first = max(first, min(one, two))
            last = min(last, max(one, two))
    return first, last


@njit(nogil=True, cache=True, fastmath=True)
def _leap(z, y, x, dz, dy, dx, bricks):  # type: ignore[no-untyped-def]
    """Return how many whole steps lead just out of the cube of empty bricks around a point (at least one)."""
    edge = np.float32(_EDGE)
    best = np.float32(1e9)
    for position, step in ((z, dz), (y, dy), (x, dx)):
        if abs(step) > np.float32(1e-9):
            cell = np.float32(int(position) >> SHIFT)
            wall = (cell + np.float32(bricks)) * edge if step > 0 else (cell + np.float32(1 - bricks)) * edge
            best = min(best, (wall - position) / step)
    return max(int(best) + 1, 1)


@njit(nogil=True, cache=True, fastmath=True)
def cast_rows(
    hu: NDArray[np.int16],
    shade: NDArray[np.int16],
    shade_scale: np.float32,
    shade_offset: np.float32,
    distance: NDArray[np.uint8],
    cover: NDArray[np.uint8],
    cover_scale: NDArray[np.float32],
    integrals: NDArray[np.float64],
    corner: NDArray[np.float32],
    across: NDArray[np.float32],
    down: NDArray[np.float32],
    step: NDArray[np.float32],
    step_mm: np.float32,
    box: NDArray[np.float32],
    near_steps: np.float32,
    light: NDArray[np.float32],
    half_way: NDArray[np.float32],
    per_mm: NDArray[np.float32],
    material: NDArray[np.float32],
    rows: tuple[int, int],
    rgb: NDArray[np.float32],
    depth_steps: NDArray[np.float32],
) -> None:
    """Cast the rays of some rows of a picture.

    Parameters
    ----------
    hu : int16 (K, J, I)
    shade : int16
        The copy that gradients are taken from: index there = index * `shade_scale` + `shade_offset`.
    distance : uint8
        Of `bricks.distance_to_content`.
    cover : uint8
        Of `cover.make_cover`; index there = (index + 1/2) * `cover_scale` (float32 (3,)) - 1/2. With fewer than two
        values along an axis nothing is hidden.
    integrals : float64 (TABLE + 1, 4)
        Running sums over the values of extinction per mm, and of red, green, blue times extinction.
    corner, across, down, step : float32 (3,)
        In index coordinates (k, j, i): the ray's start in the first pixel, the way to the next pixel and row, one step.
    box : float32 (3, 2)
        First and last index that is shown.
    near_steps : float32
        Nothing nearer than this many steps is shown.
    light, half_way : float32 (3,)
        Towards the light, and half way between light and eye, along k, j, i; each times `per_mm`.
    per_mm : float32 (3,)
        What a difference over two voxels of `shade` along k, j, i is to be multiplied with to become HU per mm.
    material : float32 (5,)
        Ambient, diffuse, specular; gradient (HU per mm) below which there is no surface to shade, and above which it
        is shaded in full.
    rows : tuple of int
        First row and the one after the last.
    rgb : float32 (H, W, 3), out
        0 to 1.
    depth_steps : float32 (H, W), out
        Where half of the light was stopped, in steps from the start; infinite if nowhere.
    """
    ambient, diffuse, specular, flat, full = material[0], material[1], material[2], material[3], material[4]
    unshaded = ambient + diffuse * np.float32(0.7)
    zero, one, half = np.float32(0), np.float32(1), np.float32(0.5)
    low = box[:, 0]
    high = box[:, 1]
    top = np.float32(TABLE - 1.001)
    start = np.empty(3, np.float32)
    for row in range(rows[0], rows[1]):
        for column in range(rgb.shape[1]):
            for axis in range(3):
                start[axis] = corner[axis] + np.float32(column) * across[axis] + np.float32(row) * down[axis]
            first, last = _span(start, step, low, high)
            first = max(first, near_steps)
            red, green, blue, clear = zero, zero, zero, one
            depth = np.float32(np.inf)
            n = int(np.ceil(first))
            end = int(np.floor(last))
            former = np.float32(-1)
            inside = False
            cut = True  # the first sample lies on the face of the box or of the clipping plane
            while n <= end:
                z = min(max(start[0] + np.float32(n) * step[0], low[0]), high[0])
                y = min(max(start[1] + np.float32(n) * step[1], low[1]), high[1])
                x = min(max(start[2] + np.float32(n) * step[2], low[2]), high[2])
                away = distance[int(z) >> SHIFT, int(y) >> SHIFT, int(x) >> SHIFT]
                if away > 0 and not inside:
                    n += _leap(z, y, x, step[0], step[1], step[2], away)
                    former = np.float32(-1)
                    cut = False
                    continue
                inside = away == 0  # the first sample beyond content still ends a stretch that begins in it
                value = min(max(_sample(hu, z, y, x) - np.float32(FIRST_HU), zero), top)
                if former < zero:
                    former = value
                    if not cut:  # come out of empty bricks: what lies between them and here is to be seen
                        m = np.float32(n - 1)
                        z0 = min(max(start[0] + m * step[0], low[0]), high[0])
                        y0 = min(max(start[1] + m * step[1], low[1]), high[1])
                        x0 = min(max(start[2] + m * step[2], low[2]), high[2])
                        former = min(max(_sample(hu, z0, y0, x0) - np.float32(FIRST_HU), zero), top)
                lower, upper = min(former, value), max(former, value)
                former = value
                a = int(lower)
                b = max(int(upper), a) + 1
                thickness = integrals[b, 0] - integrals[a, 0]
                if thickness <= 0:
                    n += 1
                    cut = False
                    continue
                seen = _seen_share(cover, cover_scale, z, y, x)
                if seen <= zero:
                    n += 1
                    cut = False
                    continue
                stopped = one - np.exp(np.float32(-thickness / (b - a)) * step_mm * seen)
                weight = clear * stopped
                r = np.float32((integrals[b, 1] - integrals[a, 1]) / thickness)
                g = np.float32((integrals[b, 2] - integrals[a, 2]) / thickness)
                bl = np.float32((integrals[b, 3] - integrals[a, 3]) / thickness)
                bright, shine = unshaded, zero
                if weight > _FAINT and not cut:
                    gz, gy, gx = _gradient(
                        shade,
                        z * shade_scale + shade_offset,
                        y * shade_scale + shade_offset,
                        x * shade_scale + shade_offset,
                    )
                    length = np.sqrt((gz * per_mm[0]) ** 2 + (gy * per_mm[1]) ** 2 + (gx * per_mm[2]) ** 2)
                    if length > flat:
                        share = min((length - flat) / (full - flat), one)
                        facing = -(gz * light[0] + gy * light[1] + gx * light[2]) / length
                        glance = -(gz * half_way[0] + gy * half_way[1] + gx * half_way[2]) / length
                        lit = ambient + diffuse * max(facing, zero)
                        bright = lit * share + unshaded * (one - share)
                        if glance > zero:
                            shine = glance * glance
                            for _ in range(4):  # to the 32nd power
                                shine *= shine
                            shine *= specular * share
                red += weight * (r * bright + shine)
                green += weight * (g * bright + shine)
                blue += weight * (bl * bright + shine)
                clear -= weight
                if clear < half and depth > np.float32(1e30):
                    depth = np.float32(n)
                if clear < _OPAQUE:
                    rest = one / (one - clear)
                    red, green, blue = red * rest, green * rest, blue * rest
                    break
                n += 1
            rgb[row, column, 0] = red
            rgb[row, column, 1] = green
            rgb[row, column, 2] = blue
            depth_steps[row, column] = depth


@njit(nogil=True, cache=True, fastmath=True)
def cast_maximum_rows(
    hu: NDArray[np.int16],
    high: NDArray[np.int16],
    cover: NDArray[np.uint8],
    cover_scale: NDArray[np.float32],
    corner: NDArray[np.float32],
    across: NDArray[np.float32],
    down: NDArray[np.float32],
    step: NDArray[np.float32],
    box: NDArray[np.float32],
    near_steps: np.float32,
    floor_hu: np.float32,
    rows: tuple[int, int],
    highest_hu: NDArray[np.float32],
    depth_steps: NDArray[np.float32],
) -> None:
    """Find the highest value along the rays of some rows of a picture.

    Parameters are as in `cast_rows`, and

    high : int16 (K', J', I')
        The highest value of every brick.
    floor_hu : float32
        Values below are of no interest.
    highest_hu, depth_steps : float32 (H, W), out
        The highest value (`floor_hu` if there is none above it) and where it lies, in steps from the start.
    """
    half = np.float32(0.5)
    low = box[:, 0]
    far = box[:, 1]
    start = np.empty(3, np.float32)
    for row in range(rows[0], rows[1]):
        for column in range(highest_hu.shape[1]):
            for axis in range(3):
                start[axis] = corner[axis] + np.float32(column) * across[axis] + np.float32(row) * down[axis]
            first, last = _span(start, step, low, far)
            n = int(np.ceil(max(first, near_steps)))
            end = int(np.floor(last))
            best = floor_hu
            depth = np.float32(np.inf)
            while n <= end:
                z = min(max(start[0] + np.float32(n) * step[0], low[0]), far[0])
                y = min(max(start[1] + np.float32(n) * step[1], low[1]), far[1])
                x = min(max(start[2] + np.float32(n) * step[2], low[2]), far[2])
                if np.float32(high[int(z) >> SHIFT, int(y) >> SHIFT, int(x) >> SHIFT]) <= best:
                    n += _leap(z, y, x, step[0], step[1], step[2], 1)
                    continue
                value = _sample(hu, z, y, x)
                if value > best and _seen_share(cover, cover_scale, z, y, x) > half:
                    best = value
                    depth = np.float32(n)
                n += 1
            highest_hu[row, column] = best
            depth_steps[row, column] = depth
