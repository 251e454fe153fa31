"""Solid bodies as signed distances, in tables that one kernel can walk through.

A body is a chain of primitives (ellipsoids, tapered rods, half-spaces) joined or cut with rounded seams. Distances are
in mm, negative inside, exact for rods and half-spaces and to first order near the surface for ellipsoids.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from viewer.model.geometry import Float, unit

ELLIPSOID, ROD, HALF_SPACE, SAMPLED = 0, 1, 2, 3
JOIN, CUT, KEEP = 0, 1, 2
_WIDTH = 18  # kind, operation, rounding, then up to 15 parameters


@dataclass(frozen=True, slots=True, eq=False)
class Primitive:
    """One row of the table: kind, operation, rounding of the seam in mm, parameters."""

    row: tuple[float, ...]

    def with_operation(self, operation: int, rounding_mm: float) -> Primitive:
        """Return the same primitive, joined or cut in another way."""
        return Primitive((self.row[0], float(operation), float(rounding_mm), *self.row[3:]))


def ellipsoid(
    center: ArrayLike, radii_mm: ArrayLike, axes: ArrayLike | None = None, rounding_mm: float = 0.0
) -> Primitive:
    """Return an ellipsoid; `axes` holds its unit axes as rows (3, 3); an infinite radius makes a cylinder."""
    rows = np.eye(3) if axes is None else np.asarray(axes, float)
    scaled = rows / np.asarray(radii_mm, float)[:, None]
    return Primitive((ELLIPSOID, JOIN, rounding_mm, *np.asarray(center, float), *scaled.ravel()))


def rod(start: ArrayLike, end: ArrayLike, start_mm: float, end_mm: float, rounding_mm: float = 0.0) -> Primitive:
    """Return a rod with round ends whose radius goes from `start_mm` to `end_mm`."""
    return Primitive((ROD, JOIN, rounding_mm, *np.asarray(start, float), *np.asarray(end, float), start_mm, end_mm))


def half_space(point: ArrayLike, outward: ArrayLike, rounding_mm: float = 0.0) -> Primitive:
    """Return all that lies behind the plane through `point` whose normal is `outward`."""
    normal = unit(outward)
    return Primitive((HALF_SPACE, JOIN, rounding_mm, *normal, float(normal @ np.asarray(point, float))))


def sampled(inflate_mm: float = 0.0) -> Primitive:
    """Return the body whose distances are sampled on a `DistanceGrid`; there is one grid to a table."""
    return Primitive((SAMPLED, JOIN, 0.0, inflate_mm))


def cut(primitive: Primitive, rounding_mm: float = 0.0) -> Primitive:
    """Take this primitive away from what stands before it."""
    return primitive.with_operation(CUT, rounding_mm)


def keep(primitive: Primitive, rounding_mm: float = 0.0) -> Primitive:
    """Leave of what stands before only what lies in this primitive."""
    return primitive.with_operation(KEEP, rounding_mm)


def chain(points: ArrayLike, radii_mm: ArrayLike, rounding_mm: float = 0.0) -> tuple[Primitive, ...]:
    """Return rods along a polyline."""
    p, r = np.asarray(points, float), np.asarray(radii_mm, float)
    return tuple(rod(p[n], p[n + 1], r[n], r[n + 1], rounding_mm) for n in range(len(p) - 1))


def axes_along(direction: ArrayLike, second: ArrayLike = (0, 0, 1)) -> Float:
    """Return three orthonormal rows: along `direction`, then as near as can be to `second`, then the third."""
    first = unit(direction)
    other = np.asarray(second, float)
    other = unit(other - (other @ first) * first)
    return np.stack([first, other, np.cross(first, other)])


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """A solid of one tissue.

    Attributes
    ----------
    name : str
    primitives : tuple of Primitive
    hu : float
    inflate_mm : float
        Moves the surface outwards.
    shell_mm : float
        Only the shell of this thickness around the surface is painted; 0 paints the solid.
    rough_mm, rough_scale_mm : float
        Size and wavelength of irregularities of the surface.
    texture_hu, texture_scale_mm : float
        Standard deviation and grain of the inhomogeneity inside.
    posed : bool
        Whether it belongs to the heart and turns with it.
    """

    name: str
    primitives: tuple[Primitive, ...]
    hu: float
    inflate_mm: float = 0.0
    shell_mm: float = 0.0
    rough_mm: float = 0.0
    rough_scale_mm: float = 10.0
    texture_hu: float = 0.0
    texture_scale_mm: float = 12.0
    posed: bool = True


#: Step and half edge of the cube, in heart coordinates, on which the distance to a costly body is sampled.
GRID_STEP_MM, GRID_HALF_MM = 2.5, 100.0


def grid_points() -> Float:
    """Return the points of the cube on which a distance is sampled, shape (N, N, N, 3) in the order z, y, x."""
    axis = np.arange(-GRID_HALF_MM, GRID_HALF_MM + 0.5 * GRID_STEP_MM, GRID_STEP_MM)
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    return np.stack([x, y, z], axis=-1)


def rounded_minimum(a: Float, b: Float, rounding_mm: float) -> Float:
    """Join two distances with a rounded seam."""
    h = np.maximum(rounding_mm - np.abs(a - b), 0.0) / rounding_mm
    return np.minimum(a, b) - h * h * rounding_mm * 0.25


@dataclass(frozen=True, slots=True, eq=False)
class BodyTable:
    """Bodies in the order of painting, as the kernels read them."""

    primitives: Float  #: (P, 18)
    ranges: NDArray[np.int64]  #: (B, 2) first and last + 1 primitive of each body
    looks: Float  #: (B, 9) hu, inflate, shell, rough, 1/rough scale, texture, 1/texture scale, posed, reach
    grid: NDArray[
        np.float32
    ]  #: distances to the one sampled body, at `grid_points`, trilinear in between (error: step² / (8 radius))

    @classmethod
    def of(cls, bodies: tuple[Body, ...] | list[Body], grid: NDArray[np.float32] | None = None) -> BodyTable:
        """Build the table of `bodies`; `grid` is needed where one of them is `sampled`."""
        rows = np.zeros((sum(len(b.primitives) for b in bodies), _WIDTH))
        ranges = np.zeros((len(bodies), 2), np.int64)
        looks = np.zeros((len(bodies), 9))
        at = 0
        for n, body in enumerate(bodies):
            first = at
            for primitive in body.primitives:
                rows[at, : len(primitive.row)] = primitive.row
                at += 1
            ranges[n] = first, at
            looks[n] = (
                body.hu,
                body.inflate_mm,
                body.shell_mm,
                body.rough_mm,
                1 / body.rough_scale_mm,
                body.texture_hu,
                1 / body.texture_scale_mm,
                float(body.posed),
                3 * body.rough_mm + body.shell_mm,
            )
        return cls(rows, ranges, looks, np.zeros((2, 2, 2), np.float32) if grid is None else grid)


@njit(nogil=True, cache=True, fastmath=True, error_model="numpy")
def trilinear(table: NDArray[np.float32], x: float, y: float, z: float) -> float:
    """Return the value of a table, shape (K, J, I), at (k, j, i) = (z, y, x), which must lie inside it."""
    i, j, k = int(x), int(y), int(z)
    x, y, z = x - i, y - j, z - k
    low = (table[k, j, i] * (1 - x) + table[k, j, i + 1] * x) * (1 - y)
    low += (table[k, j + 1, i] * (1 - x) + table[k, j + 1, i + 1] * x) * y
    high = (table[k + 1, j, i] * (1 - x) + table[k + 1, j, i + 1] * x) * (1 - y)
    high += (table[k + 1, j + 1, i] * (1 - x) + table[k + 1, j + 1, i + 1] * x) * y
    return low * (1 - z) + high * z


@njit(nogil=True, cache=True, fastmath=True, error_model="numpy")
def primitive_distance(row: Float, grid: NDArray[np.float32], x: float, y: float, z: float) -> float:
    """Return the signed distance of a point to one primitive, mm."""
    kind = int(row[0])
    if kind == ELLIPSOID:
        x -= row[3]
        y -= row[4]
        z -= row[5]
        a = row[6] * x + row[7] * y + row[8] * z
        b = row[9] * x + row[10] * y + row[11] * z
        c = row[12] * x + row[13] * y + row[14] * z
        length = math.sqrt(a * a + b * b + c * c)
        gx = row[6] * a + row[9] * b + row[12] * c
        gy = row[7] * a + row[10] * b + row[13] * c
        gz = row[8] * a + row[11] * b + row[14] * c
        slope = math.sqrt(gx * gx + gy * gy + gz * gz)
        if slope < 1e-9:
            return -1e3
        return length * (length - 1.0) / slope
    if kind == ROD:
        ux = row[6] - row[3]
        uy = row[7] - row[4]
        uz = row[8] - row[5]
        px = x - row[3]
        py = y - row[4]
        pz = z - row[5]
        t = (px * ux + py * uy + pz * uz) / (ux * ux + uy * uy + uz * uz)
        t = min(max(t, 0.0), 1.0)
        px -= t * ux
        py -= t * uy
        pz -= t * uz
        return math.sqrt(px * px + py * py + pz * pz) - (row[9] + t * (row[10] - row[9]))
    if kind == HALF_SPACE:
        return row[3] * x + row[4] * y + row[5] * z - row[6]
    last = len(grid) - 1.0001
    x = min(max((x + GRID_HALF_MM) / GRID_STEP_MM, 0.0), last)
    y = min(max((y + GRID_HALF_MM) / GRID_STEP_MM, 0.0), last)
    z = min(max((z + GRID_HALF_MM) / GRID_STEP_MM, 0.0), last)
    return trilinear(grid, x, y, z) - row[3]


@njit(nogil=True, cache=True, fastmath=True, error_model="numpy")
def _rounded_minimum(a: float, b: float, rounding: float) -> float:
    if rounding <= 0:
        return min(a, b)
    h = max(rounding - abs(a - b), 0.0) / rounding
    return min(a, b) - h * h * rounding * 0.25


@njit(nogil=True, cache=True, fastmath=True, error_model="numpy")
def body_distance(rows: Float, grid: NDArray[np.float32], first: int, last: int, x: float, y: float, z: float) -> float:
    """Return the signed distance of a point to the body of primitives ``first:last``, mm."""
    distance = primitive_distance(rows[first], grid, x, y, z)
    for n in range(first + 1, last):
        other = primitive_distance(rows[n], grid, x, y, z)
        operation, rounding = int(rows[n, 1]), rows[n, 2]
        if operation == JOIN:
            distance = _rounded_minimum(distance, other, rounding)
        elif operation == CUT:
            distance = -_rounded_minimum(-distance, other, rounding)
        else:
            distance = -_rounded_minimum(-distance, -other, rounding)
    return distance


@njit(nogil=True, cache=True, fastmath=True, error_model="numpy")
def _distances(rows: Float, grid: NDArray[np.float32], first: int, last: int, points: Float, out: Float) -> None:
    for n in range(len(points)):
        out[n] = body_distance(rows, grid, first, last, points[n, 0], points[n, 1], points[n, 2])


def distance_mm(primitives: tuple[Primitive, ...], points: ArrayLike) -> Float:
    """Return the signed distances of points, shape (N, 3), to a body, shape (N,)."""
    table = BodyTable.of([Body("", primitives, 0.0)])
    where = np.ascontiguousarray(points, np.float64).reshape(-1, 3)
    out = np.empty(len(where))
    _distances(table.primitives, table.grid, 0, len(primitives), where, out)
    return out
