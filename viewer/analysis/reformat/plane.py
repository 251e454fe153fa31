"""A flat picture through a volume: any position, any orientation, thin or as a slab, at the pixels of the screen.

Every sample is trilinear. A plane along the grid takes a shortcut: the slices are blended once on their own grid and
the result is enlarged, which gives the same values, but for the extremes of slabs (see `sample_plane`).

Work is cut into bands of rows that run on a few threads of our own: a parallel loop of numba would abort the process
where another thread runs one at the same time and there is no OpenMP.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer.analysis.reformat import plane_kernels as kernels
from viewer.analysis.reformat.plane_kernels import MAXIMUM, MINIMUM, OUTSIDE, SUM
from viewer.model.geometry import Float, Geometry, unit
from viewer.model.view import Projection, Slab, Window
from viewer.model.volume import Volume
from viewer.progress import Progress, silent

#: Distance between the samples of a slab, as a share of the smallest voxel edge.
FINE_STEP = 0.5
#: A preview takes longer steps, by its coarseness up to this.
COARSEST_STEP = 4
#: A plane counts as lying along the grid when no pixel of it strays further than this from it, in voxels.
STRAY_VOXELS = 0.02
#: Rows a band, in pixels times samples: some milliseconds, so that an interactive picture never waits long for a slab.
BAND_SAMPLES = 400_000
MAX_THREADS = 8

_MODE = {Projection.MEAN: SUM, Projection.MAXIMUM: MAXIMUM, Projection.MINIMUM: MINIMUM}

Image = NDArray[np.int16]


def sample_plane(
    volume: Volume,
    center_lps_mm: ArrayLike,
    right: ArrayLike,
    down: ArrayLike,
    width_px: int,
    height_px: int,
    mm_per_px: float,
    slab: Slab = Slab(),  # noqa: B008 - frozen
    *,
    coarse: int = 1,
    progress: Progress = silent,
) -> Image:
    """Sample a plane or a slab of a volume.

    Parameters
    ----------
    volume : Volume
    center_lps_mm : array_like of shape (3,)
        What lies in the middle of the picture, and of the slab.
    right, down : array_like of shape (3,)
        Directions of the picture's rows and columns in LPS, at right angles.
    width_px, height_px : int
    mm_per_px : float
        Distance between the centres of neighbouring pixels.
    slab : Slab
        Its middle is the plane. Samples outside the volume do not count.
    coarse : int
        Above 1, sample only every such pixel, and a slab at larger steps, and enlarge: a preview while something moves.
    progress : Progress
        Called between bands of rows.

    Returns
    -------
    ndarray of int16, shape (height_px, width_px)
        Hounsfield units, `OUTSIDE` where the outermost voxels end.

    Raises
    ------
    ValueError
        If the picture has no pixels or no scale, or `right` and `down` are not at right angles.

    Notes
    -----
    A maximum or minimum along the grid is taken over the voxels first and interpolated afterwards; an oblique one the
    other way round. The former is never less extreme than the latter, and both agree at the voxels.
    """
    if width_px < 1 or height_px < 1 or not mm_per_px > 0:
        raise ValueError(f"no picture of {width_px} x {height_px} pixels at {mm_per_px} mm")
    right, down = unit(right), unit(down)
    if abs(float(right @ down)) > 1e-6:
        raise ValueError("right and down of a picture are not at right angles")
    center = np.asarray(center_lps_mm, float)
    geometry = volume.geometry
    axes = _grid_axes(geometry, right, down, max(width_px, height_px) * mm_per_px)
    if axes is not None:
        return _aligned(volume, axes, center, right, down, (height_px, width_px), mm_per_px, slab, progress)
    if coarse <= 1:
        image = np.empty((height_px, width_px), np.int16)
        _oblique(volume, center, right, down, mm_per_px, slab, FINE_STEP, image, progress)
        return image
    small = np.empty((-(-height_px // coarse) + 1, -(-width_px // coarse) + 1), np.int16)
    _oblique(
        volume, center, right, down, mm_per_px * coarse, slab, FINE_STEP * min(coarse, COARSEST_STEP), small, progress
    )
    start = [((n - 1) - (size - 1) / coarse) / 2 for n, size in zip(small.shape, (height_px, width_px))]
    return _enlarged(small.astype(np.float32), start, (1 / coarse, 1 / coarse), (height_px, width_px), progress)


def sample_count(volume: Volume, right: Float, down: Float, width_px: int, height_px: int, slab: Slab) -> float:
    """Return how much work a full picture is, in trilinear samples: what a caller needs to choose `coarse`."""
    pixels = float(width_px * height_px)
    axes = _grid_axes(volume.geometry, right, down, float(np.ptp(volume.geometry.corners_lps_mm, axis=0).max()))
    if axes is None:
        return pixels * len(_depths_mm(volume.geometry, slab, FINE_STEP))
    normal, rows, columns = axes
    slices = max(slab.thickness_mm / float(volume.geometry.spacing_mm[normal]), 2.0)
    shape = volume.geometry.shape
    return 0.15 * pixels + 0.1 * slices * shape[rows] * shape[columns]


def is_aligned(geometry: Geometry, right: Float, down: Float) -> bool:
    """Tell whether a plane lies along the grid, over the whole extent of the grid."""
    return _grid_axes(geometry, right, down, float(np.ptp(geometry.corners_lps_mm, axis=0).max())) is not None


def to_grey(image_hu: Image, window: Window, *, inverted: bool = False) -> NDArray[np.uint8]:
    """Turn Hounsfield units into grey values, 0 where the picture is outside the volume.

    Parameters
    ----------
    image_hu : ndarray of int16, shape (H, W)
    window : Window
        ``level - width / 2`` becomes black, ``level + width / 2`` white.
    inverted : bool
        Swap black and white.

    Returns
    -------
    ndarray of uint8, shape (H, W)
    """
    height, width = image_hu.shape
    grey = np.empty(image_hu.shape, np.uint8)
    offset, factor = _ramp(window, inverted)
    _in_bands(lambda a, b: kernels.grey(image_hu[a:b], offset, factor, grey[a:b]), height, width, silent)
    return grey


def to_rgb32(image_hu: Image, window: Window, *, outside_rgb: int = 0, inverted: bool = False) -> NDArray[np.uint32]:
    """Turn Hounsfield units into 0xffRRGGBB pixels; `outside_rgb` is 0xRRGGBB. Otherwise as `to_grey`."""
    height, width = image_hu.shape
    pixels = np.empty(image_hu.shape, np.uint32)
    offset, factor = _ramp(window, inverted)
    outside = np.uint32(0xFF000000 | outside_rgb)
    _in_bands(lambda a, b: kernels.rgb32(image_hu[a:b], offset, factor, outside, pixels[a:b]), height, width, silent)
    return pixels


@cache
def warm_up() -> None:
    """Compile or load the kernels, which takes from 0.2 to some seconds; later calls return at once."""
    geometry = Geometry.from_axes((3, 3, 3), (0, 0, 0), (1, 1, 1))
    volume = Volume(np.zeros((3, 3, 3), np.int16), geometry)
    for right in ((1, 0, 0), (0.8, 0.6, 0)):
        for projection in Projection:
            image = sample_plane(volume, (1, 1, 1), right, (0, 0, -1), 4, 4, 0.5, Slab(2.0, projection), coarse=2)
    to_grey(image, Window())
    to_rgb32(image, Window())
    _warm.append(True)


_warm: list[bool] = []


def is_warm() -> bool:
    """Whether the kernels are ready, so that sampling does not stop to compile."""
    return bool(_warm)


# -- along the grid ----------------------------------------------------------------------------------------------------


def _grid_axes(geometry: Geometry, right: Float, down: Float, extent_mm: float) -> tuple[int, int, int] | None:
    """Return the array axes of normal, down and right if the plane runs along the grid, else ``None``."""
    found = []
    for direction in (down, right):
        index = geometry.directions @ direction
        axis = int(np.argmax(np.abs(index)))
        stray = np.abs(np.delete(index, axis)) * extent_mm / 2 / np.delete(geometry.spacing_mm, axis)
        if stray.max() > STRAY_VOXELS:
            return None
        found.append(axis)
    if found[0] == found[1]:
        return None
    return 3 - found[0] - found[1], found[0], found[1]


def _aligned(
    volume: Volume,
    axes: tuple[int, int, int],
    center: Float,
    right: Float,
    down: Float,
    shape_px: tuple[int, int],
    mm_per_px: float,
    slab: Slab,
    progress: Progress,
) -> Image:
    geometry = volume.geometry
    normal, rows, columns = axes
    index = geometry.to_index(center)
    half = slab.thickness_mm / 2 / float(geometry.spacing_mm[normal])
    count = geometry.shape[normal]
    first, last = max(index[normal] - half, -0.5), min(index[normal] + half, count - 0.5)
    if first > last:
        return np.full(shape_px, OUTSIDE, np.int16)
    first, last = min(max(first, 0.0), count - 1.0), min(max(last, 0.0), count - 1.0)
    flat = _blended(volume, axes, first, last, slab.projection, progress)
    step = [
        float(geometry.index_from_lps[axis, :3] @ way) * mm_per_px for axis, way in ((rows, down), (columns, right))
    ]
    start = [index[axis] - (n - 1) / 2 * by for axis, n, by in zip((rows, columns), shape_px, step)]
    return _enlarged(flat, start, step, shape_px, progress)


def _blended(
    volume: Volume, axes: tuple[int, int, int], first: float, last: float, projection: Projection, progress: Progress
) -> NDArray[np.float32]:
    """Project the slices from `first` to `last` (fractions of the normal axis) on their own grid."""
    shape = volume.geometry.shape
    stride = (shape[1] * shape[2], shape[2], 1)
    normal, rows, columns = axes
    voxels = volume.hu.reshape(-1)

    def project(from_slice: int, weights: Float, mode: int) -> NDArray[np.float32]:
        out = np.empty((shape[rows], shape[columns]), np.float32)
        share = weights.astype(np.float32)
        _in_bands(
            lambda a, b: kernels.project(
                voxels, stride[normal], stride[rows], stride[columns], from_slice, share, mode, a, out[a:b]
            ),
            shape[rows],
            shape[columns] * len(share),
            progress,
        )
        return out

    def at(position: float) -> NDArray[np.float32]:
        below = min(int(position), shape[normal] - 1)
        share = position - below
        return project(below, np.array([1 - share, share] if share > 1e-6 else [1.0]), SUM)

    if last - first < 1e-6:
        return at(first)
    if projection is Projection.MEAN:
        return project(*_mean_weights(first, last), SUM)
    # Between voxels the values run straight, so the extremes are at the voxels within and at both ends of the slab.
    pick = np.maximum if projection is Projection.MAXIMUM else np.minimum
    image = pick(at(first), at(last))
    low, high = int(np.ceil(first)), int(np.floor(last))
    if low <= high:
        pick(image, project(low, np.ones(high - low + 1), _MODE[projection]), out=image)
    return image


def _mean_weights(first: float, last: float) -> tuple[int, Float]:
    """Return the first slice and the weights that give the exact mean of what is linear between the slices."""
    low, high = int(np.floor(first)), int(np.ceil(last))
    weights = np.zeros(high - low + 1)
    for n in range(low, high):
        a, b = max(first - n, 0.0), min(last - n, 1.0)
        upper = (b * b - a * a) / 2
        weights[n - low] += (b - a) - upper
        weights[n - low + 1] += upper
    return low, weights / (last - first)


def _enlarged(
    flat: NDArray[np.float32], start: ArrayLike, step: ArrayLike, shape_px: tuple[int, int], progress: Progress
) -> Image:
    image = np.empty(shape_px, np.int16)
    (row, column), (by_row, by_column) = np.asarray(start, float), np.asarray(step, float)
    _in_bands(
        lambda a, b: kernels.enlarge(flat, row + a * by_row, by_row, column, by_column, image[a:b]), *shape_px, progress
    )
    return image


# -- any orientation ---------------------------------------------------------------------------------------------------


def _depths_mm(geometry: Geometry, slab: Slab, step: float) -> Float:
    """Return where a slab is sampled along its normal: ends included for extremes, midpoints for a mean."""
    if slab.thickness_mm <= 0:
        return np.zeros(1)
    count = max(int(np.ceil(slab.thickness_mm / (step * float(geometry.spacing_mm.min())))), 1)
    if slab.projection is Projection.MEAN:
        return ((np.arange(count) + 0.5) / count - 0.5) * slab.thickness_mm
    return np.linspace(-0.5, 0.5, count + 1) * slab.thickness_mm


def _oblique(
    volume: Volume,
    center: Float,
    right: Float,
    down: Float,
    mm_per_px: float,
    slab: Slab,
    step: float,
    image: Image,
    progress: Progress,
) -> None:
    geometry = volume.geometry
    height, width = image.shape
    depth = _depths_mm(geometry, slab, step)
    normal = np.cross(right, down)
    corner = center - mm_per_px * ((width - 1) / 2 * right + (height - 1) / 2 * down) + normal * depth[0]
    linear = geometry.index_from_lps[:3, :3]
    start, per_x, per_y = geometry.to_index(corner), linear @ right * mm_per_px, linear @ down * mm_per_px
    per_step = linear @ normal * (depth[1] - depth[0] if len(depth) > 1 else 0.0)
    voxels = volume.hu.reshape(-1)
    mode = _MODE[slab.projection] if len(depth) > 1 else SUM
    shape = np.array(geometry.shape, np.int64)
    _in_bands(
        lambda a, b: kernels.trilinear(
            voxels, shape, start + a * per_y, per_x, per_y, per_step, len(depth), mode, image[a:b]
        ),
        height,
        width * len(depth),
        progress,
    )


# -- bands of rows -----------------------------------------------------------------------------------------------------


@cache
def _threads() -> int:
    return max(min(os.cpu_count() or 1, MAX_THREADS), 1)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_threads(), thread_name_prefix="plane")


def _in_bands(work: Callable[[int, int], None], rows: int, samples_a_row: int, progress: Progress) -> None:
    """Call ``work(first_row, end_row)`` for all rows, a few bands at a time; what `progress` raises ends it."""
    if rows * samples_a_row <= BAND_SAMPLES // 8:
        work(0, rows)
        return
    height = max(min(BAND_SAMPLES // max(samples_a_row, 1), -(-rows // _threads())), 1)
    waiting: list[Future[None]] = []
    try:
        for first in range(0, rows, height):
            # No more than a band a thread is handed in, so that others who need the threads get their turn.
            if len(waiting) == _threads():
                waiting.pop(0).result()
                progress(first / rows)
            waiting.append(_pool().submit(work, first, min(first + height, rows)))
    finally:
        for future in waiting:
            future.result()


def _ramp(window: Window, inverted: bool) -> tuple[np.float32, np.float32]:
    """Return black and grey values per HU, such that ``(hu - black) * factor`` runs from 0 to 255."""
    sign = -1.0 if inverted else 1.0
    return np.float32(window.level_hu - sign * window.width_hu / 2), np.float32(sign * 255.0 / window.width_hu)
