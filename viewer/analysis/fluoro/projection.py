"""Line integrals of attenuation from the focal spot to every pixel of the detector: a true cone beam.

Joseph's method (IEEE Trans Med Imaging 1:192, 1982): walk along the axis of the grid that the central ray follows most
closely and interpolate linearly in each plane of voxels. Seen from the focal spot, every plane of voxels is the same
picture, only scaled and shifted (Lacroute and Levoy, SIGGRAPH 1994). So the planes are summed on a grid that lies in
one of them, where rows stay rows and the inner loops run over neighbours in memory, and that one picture is then
turned into the detector's, cubically, with each pixel's own path length.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from viewer.analysis.fluoro.attenuation import Attenuation
from viewer.analysis.fluoro.layout import Projectable, projectable
from viewer.analysis.kernels import parallel_kernel
from viewer.model.carm import CArm, detector_axes
from viewer.model.geometry import Float, Geometry

Picture = NDArray[np.float32]

#: Rows of the sheared picture that one thread sums together, so that voxels are used again while they are in cache.
_ROWS_TOGETHER = 16
#: The sheared picture is sampled once a detector pixel, but neither more finely than this share of a voxel, where there
#: is nothing to see, nor more coarsely than a voxel, where edges would be lost.
_FINEST_STEP, _COARSEST_STEP = 0.85, 1.0
#: Planes closer to the focal spot than this share of the reference plane's distance are left out.
_NEAREST = 0.05


@parallel_kernel(fastmath=True)
def _sum_planes(
    rows: np.ndarray,
    first: np.ndarray,
    last: np.ndarray,
    n_m: int,
    n_b: int,
    n_a: int,
    stride_m: int,
    stride_b: int,
    source: np.ndarray,
    reference: float,
    start_b: float,
    step_b: float,
    start_a: float,
    step_a: float,
    left: np.ndarray,
    right: np.ndarray,
    out: np.ndarray,
) -> None:
    """Add all planes m of voxels (m, b, a), as seen from `source`, on a grid (b, a) in the plane `reference`."""
    n_rows = out.shape[0]
    n_cols = out.shape[1]
    for block in prange((n_rows + _ROWS_TOGETHER - 1) // _ROWS_TOGETHER):
        row_from = block * _ROWS_TOGETHER
        row_to = min(row_from + _ROWS_TOGETHER, n_rows)
        blended = np.empty(n_a + 1, np.float32)
        where = np.empty(n_cols, np.uint32)
        share = np.empty(n_cols, np.float32)
        for m in range(n_m):
            scale = (m - source[0]) / (reference - source[0])
            if scale < _NEAREST:
                continue
            plane_weight = np.float32(0.5) if m == 0 or m == n_m - 1 else np.float32(1.0)
            a_start = source[2] * (1 - scale) + start_a * scale
            a_step = step_a * scale
            x_low = max(0, int(np.ceil(-a_start / a_step)))
            x_high = min(n_cols - 1, int(np.floor((n_a - 1 - a_start) / a_step)))
            for x in range(x_low, x_high + 1):
                a = a_start + x * a_step
                cell = min(max(int(a), 0), n_a - 2)
                where[x] = cell
                share[x] = a - cell
            for row in range(row_from, row_to):
                b = source[1] * (1 - scale) + (start_b + row * step_b) * scale
                if b < 0 or b > n_b - 1:
                    continue
                cell_b = min(int(b), n_b - 2)
                weight_1 = np.float32(b - cell_b) * plane_weight
                weight_0 = plane_weight - weight_1
                here = m * stride_m + cell_b * stride_b
                there = here + stride_b
                a_low = min(first[here], first[there])
                a_high = max(last[here], last[there])
                if a_high < 0:
                    continue
                x_from = max(x_low, left[row], int(np.ceil((a_low - 1 - a_start) / a_step)))
                x_to = min(x_high, right[row], int(np.floor((a_high + 1 - a_start) / a_step)))
                if x_to < x_from:
                    continue
                cell_from = int(where[x_from])
                count = int(where[x_to]) + 2 - cell_from
                near = rows[here * n_a + cell_from : here * n_a + cell_from + count]
                far = rows[there * n_a + cell_from : there * n_a + cell_from + count]
                part = blended[cell_from : cell_from + count]
                for n in range(count):
                    part[n] = np.float32(near[n]) * weight_0 + np.float32(far[n]) * weight_1
                line = out[row, x_from : x_to + 1]
                cells = where[x_from : x_to + 1]
                shares = share[x_from : x_to + 1]
                for x in range(len(line)):
                    cell = cells[x]
                    value = blended[cell]
                    line[x] += value + shares[x] * (blended[cell + np.uint32(1)] - value)


@parallel_kernel(fastmath=True)
def _onto_detector(
    sheared: np.ndarray,
    source: np.ndarray,
    corner: np.ndarray,
    along_row: np.ndarray,
    along_column: np.ndarray,
    spacing: np.ndarray,
    reference: float,
    start_b: float,
    step_b: float,
    start_a: float,
    step_a: float,
    per_mm: float,
    out: np.ndarray,
) -> None:
    """Read the sheared picture where each pixel's ray crosses it, times the ray's length from plane to plane."""
    n_rows = sheared.shape[0]
    n_cols = sheared.shape[1]
    for r in prange(out.shape[0]):
        for c in range(out.shape[1]):
            d_m = corner[0] + r * along_column[0] + c * along_row[0] - source[0]
            d_b = corner[1] + r * along_column[1] + c * along_row[1] - source[1]
            d_a = corner[2] + r * along_column[2] + c * along_row[2] - source[2]
            t = (reference - source[0]) / d_m
            y = (source[1] + t * d_b - start_b) / step_b
            x = (source[2] + t * d_a - start_a) / step_a
            out[r, c] = 0.0
            if not (x > -1 and y > -1 and x < n_cols and y < n_rows):
                continue
            length = np.sqrt((spacing[0] * d_m) ** 2 + (spacing[1] * d_b) ** 2 + (spacing[2] * d_a) ** 2) / abs(d_m)
            x0 = int(np.floor(x))
            y0 = int(np.floor(y))
            fx = np.float32(x - x0)
            fy = np.float32(y - y0)
            total = np.float32(0.0)
            for dy in range(-1, 3):
                if y0 + dy < 0 or y0 + dy >= n_rows:
                    continue
                line = np.float32(0.0)
                for dx in range(-1, 3):
                    if 0 <= x0 + dx < n_cols:
                        line += _cubic(fx, dx) * sheared[y0 + dy, x0 + dx]
                total += _cubic(fy, dy) * line
            out[r, c] = max(total, np.float32(0.0)) * np.float32(length * per_mm)  # the cubic dips beside edges


@njit(nogil=True, cache=True, fastmath=True, inline="always")
def _cubic(t: np.float32, tap: int) -> np.float32:
    """Catmull and Rom's weight of the sample at `tap` (-1, 0, 1, 2) for a place t between samples 0 and 1."""
    d = abs(t - np.float32(tap))
    if d < np.float32(1):
        return (np.float32(1.5) * d - np.float32(2.5)) * d * d + np.float32(1)
    return ((np.float32(-0.5) * d + np.float32(2.5)) * d - np.float32(4)) * d + np.float32(2)


@dataclass(frozen=True, slots=True, eq=False)
class Rays:
    """The rays to all pixels of a detector, in the index space (k, j, i) of a grid.

    Attributes
    ----------
    source : ndarray of shape (3,)
        The focal spot.
    corner : ndarray of shape (3,)
        The centre of the pixel at the top left.
    along_row, along_column : ndarray of shape (3,)
        The step to the pixel at the right, and to the one below.
    """

    source: Float
    corner: Float
    along_row: Float
    along_column: Float


def rays_of(geometry: Geometry, carm: CArm, size_px: int) -> Rays:
    """Return the rays of a C-arm to a detector of `size_px` x `size_px` pixels; ValueError if it has no pixel."""
    if size_px < 1:
        raise ValueError(f"a picture of {size_px} pixels")
    right, up, normal = detector_axes(carm.primary_deg, carm.secondary_deg)
    pixel_mm = carm.detector_mm / size_px
    to_index = geometry.index_from_lps[:3, :3]
    along_row, along_column = to_index @ (right * pixel_mm), to_index @ (-up * pixel_mm)
    center = geometry.to_index(carm.isocenter_lps_mm + (carm.sid_mm - carm.sod_mm) * normal)
    corner = center - (size_px - 1) / 2 * (along_row + along_column)
    return Rays(geometry.to_index(carm.source_lps_mm), corner, along_row, along_column)


def _axes_for(central_ray: Float) -> tuple[int, int, int]:
    """Return which index axes to walk along (m), find rows along (b), and run along (a), for a ray in index space."""
    return ((0, 1, 2), (1, 0, 2), (2, 0, 1))[int(np.abs(central_ray).argmax())]


def _row_spans(quad: Float, start: Float, step: Float, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and last column of each row of the sheared grid that the four-cornered field can need."""
    y, x = ((quad - start) / step).T
    rows = np.arange(shape[0])
    left, right = np.full(shape[0], np.inf), np.full(shape[0], -np.inf)
    for n in range(4):
        y0, x0, y1, x1 = y[n], x[n], y[(n + 1) % 4], x[(n + 1) % 4]
        if y0 > y1:
            y0, x0, y1, x1 = y1, x1, y0, x0
        low, high = np.clip(rows - 2.0, y0, y1), np.clip(rows + 2.0, y0, y1)
        near = (rows + 2.0 >= y0) & (rows - 2.0 <= y1)
        slope = (x1 - x0) / max(y1 - y0, 1e-9)
        for end in (low, high):
            at = x0 + (end - y0) * slope
            left = np.where(near, np.minimum(left, at), left)
            right = np.where(near, np.maximum(right, at), right)
    wide = np.isfinite(left)
    first = np.where(wide, np.clip(np.floor(np.where(wide, left, 0)) - 2, 0, shape[1]), shape[1])
    last = np.where(wide, np.clip(np.ceil(np.where(wide, right, 0)) + 2, -1, shape[1] - 1), -1)
    return first.astype(np.int32), last.astype(np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class _ShearedGrid:
    """Where the planes of voxels are summed: a grid (b, a) in the plane `reference` of index axis m."""

    reference: float
    start: Float
    step: Float
    shape: tuple[int, int]
    left: NDArray[np.int32]
    right: NDArray[np.int32]


def _sheared_grid(
    source: Float,
    corner: Float,
    along_row: Float,
    along_column: Float,
    lengths: Float,
    size_px: int,
    isocenter_m: float,
) -> _ShearedGrid | None:
    """Return the grid that the detector's field and the shadow of the voxels have in common, or ``None``."""
    reference = float(np.clip(isocenter_m, 0, lengths[0] - 1))
    ends = np.array([[0, 0], [0, 1], [1, 1], [1, 0]]) * (size_px - 1)
    rays = corner + ends @ np.stack([along_column, along_row]) - source
    distance = reference - source[0]
    if (rays[:, 0] * distance <= 0).any():
        return None  # nothing of the grid lies between the focal spot and the detector
    quad = source[1:] + rays[:, 1:] * (distance / rays[:, :1])
    low, high = quad.min(0), quad.max(0)
    scales = (np.array([0.0, lengths[0] - 1.0]) - source[0]) / distance
    if (scales > _NEAREST).all():
        faces = source[1:] + (np.array([[0.0, 0.0], lengths[1:] - 1.0])[:, None] - source[1:]) / scales[None, :, None]
        low, high = np.maximum(low, faces.min((0, 1))), np.minimum(high, faces.max((0, 1)))
    if (high < low).any():
        return None
    pixel = (np.abs(along_row) + np.abs(along_column))[1:] * abs(distance / rays[:, 0].mean())
    step = np.clip(pixel, _FINEST_STEP, _COARSEST_STEP)
    start = low - 2 * step
    n_rows, n_columns = (int(n) for n in np.ceil((high - start) / step) + 3)
    left, right = _row_spans(quad, start, step, (n_rows, n_columns))
    return _ShearedGrid(reference, start, step, (n_rows, n_columns), left, right)


def line_integrals(
    attenuation: Attenuation | Projectable, carm: CArm, size_px: int = 512, *, level: int = 0
) -> Picture:
    """Return the line integrals of attenuation from the focal spot to each pixel of the detector.

    Parameters
    ----------
    attenuation : Attenuation or Projectable
        A `Projectable` is quicker: it keeps the voxels in both row orders and coarser copies.
    carm : CArm
    size_px : int
        Pixels along each edge of the detector.
    level : int
        How many times halved the voxels may be; 1 while the C-arm is turned.

    Returns
    -------
    ndarray of float32, shape (size_px, size_px)
        Without unit. Row 0 is the top and column 0 the left of the picture as it is displayed: seen from the detector,
        the patient's left on the right at AP. 0 where a ray misses the voxels.
    """
    laid_out = attenuation if isinstance(attenuation, Projectable) else projectable(attenuation, coarser_levels=level)
    laid_out = laid_out.level(level)
    geometry = laid_out.geometry
    rays = rays_of(geometry, carm, size_px)
    order = list(_axes_for(rays.corner + (size_px - 1) / 2 * (rays.along_row + rays.along_column) - rays.source))
    lengths, spacing = np.asarray(geometry.shape)[order], geometry.spacing_mm[order]
    source, corner = rays.source[order], rays.corner[order]
    along_row, along_column = rays.along_row[order], rays.along_column[order]
    out = np.zeros((size_px, size_px), np.float32)

    grid = _sheared_grid(
        source, corner, along_row, along_column, lengths, size_px, geometry.to_index(carm.isocenter_lps_mm)[order[0]]
    )
    if grid is None:
        return out
    stack = laid_out.by_row if order[0] == 2 else laid_out.by_column
    inner = stack.rows.shape[1]  # rows of the stack per step of its outer axis
    stride_m, stride_b = (inner, 1) if order[0] == 0 else (1, inner)
    sheared = np.zeros(grid.shape, np.float32)
    place = (grid.reference, *(float(x) for x in (grid.start[0], grid.step[0], grid.start[1], grid.step[1])))
    n_m, n_b, n_a = (int(n) for n in lengths)
    rows, first, last = stack.rows.reshape(-1), stack.first.reshape(-1), stack.last.reshape(-1)
    _sum_planes(rows, first, last, n_m, n_b, n_a, stride_m, stride_b, source, *place, grid.left, grid.right, sheared)
    _onto_detector(sheared, source, corner, along_row, along_column, spacing, *place, Attenuation.PER_MM, out)
    return out
