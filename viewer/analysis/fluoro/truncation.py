"""A heart CT ends in the middle of the chest: how long each ray ran through it, and what to put where it ended."""

from __future__ import annotations

import numpy as np
from numba import prange
from scipy import ndimage

from viewer.analysis.fluoro.attenuation import Attenuation
from viewer.analysis.fluoro.blur import blurred
from viewer.analysis.fluoro.layout import Projectable, projectable
from viewer.analysis.fluoro.projection import Picture, line_integrals, rays_of
from viewer.analysis.kernels import parallel_kernel
from viewer.model.carm import CArm
from viewer.model.geometry import Geometry
from viewer.model.volume import Volume

#: Steps of attenuation that stand for "not measured", and the cells in which that is looked up.
_NOT_MEASURED = 1000
_CELL_MM = 4.0


@parallel_kernel()
def _chords(
    source: np.ndarray,
    corner: np.ndarray,
    along_row: np.ndarray,
    along_column: np.ndarray,
    spacing: np.ndarray,
    shape: np.ndarray,
    out: np.ndarray,
) -> None:
    for r in prange(out.shape[0]):
        for c in range(out.shape[1]):
            enter, leave, square = 0.0, np.inf, 0.0
            for axis in range(3):
                step = corner[axis] + r * along_column[axis] + c * along_row[axis] - source[axis]
                square += (step * spacing[axis]) ** 2
                if step == 0:
                    if source[axis] < 0 or source[axis] > shape[axis] - 1:
                        leave = 0.0
                    continue
                one = -source[axis] / step
                other = (shape[axis] - 1 - source[axis]) / step
                enter = max(enter, min(one, other))
                leave = min(leave, max(one, other))
            out[r, c] = max(leave - enter, 0.0) * np.sqrt(square)


def path_in_grid_mm(geometry: Geometry, carm: CArm, size_px: int) -> Picture:
    """Return the length in mm of each pixel's ray between the outermost voxel centres of a grid, (size_px, size_px)."""
    rays = rays_of(geometry, carm, size_px)
    out = np.empty((size_px, size_px), np.float32)
    _chords(
        rays.source,
        rays.corner,
        rays.along_row,
        rays.along_column,
        geometry.spacing_mm,
        np.asarray(geometry.shape),
        out,
    )
    return out


def not_measured(volume: Volume) -> Projectable | None:
    """Return where the scanner's field of view left the grid empty; ``None`` if it is full."""
    steps = [min(max(1, round(_CELL_MM / s)), n // 2) for s, n in zip(volume.geometry.spacing_mm, volume.hu.shape)]
    affine = np.array(volume.geometry.affine)
    affine[:3, :3] *= steps
    k, j, i = (np.minimum(np.arange(0, n + f - 1, f), n - 1) for n, f in zip(volume.hu.shape, steps))
    empty = (volume.hu[np.ix_(k, j, i)] <= Volume.AIR_HU).astype(np.int16) * np.int16(_NOT_MEASURED)
    if float(empty.mean()) < 0.01 * _NOT_MEASURED:
        return None
    return projectable(Attenuation(empty, Geometry(empty.shape, affine)), coarser_levels=0)


def path_in_scan_mm(geometry: Geometry, empty: Projectable | None, carm: CArm, size_px: int) -> Picture:
    """Return the length in mm that each ray runs through what was measured, shape (size_px, size_px).

    Parameters
    ----------
    geometry : Geometry
        The grid of the CT.
    empty : Projectable or None
        Of `not_measured`.
    carm : CArm
    size_px : int
    """
    path = path_in_grid_mm(geometry, carm, size_px)
    if empty is not None:
        missing = line_integrals(empty, carm, size_px) / np.float32(_NOT_MEASURED * Attenuation.PER_MM)
        path = np.maximum(path - missing, 0)
    return path


def filled_beyond_scan(integrals: Picture, path_mm: Picture) -> Picture:
    """Return line integrals as if the scan had not ended in the middle of the body.

    A ray near the border of the scan runs through little of what was measured, and the picture would grow bright there.
    Each ray is given the same length in tissue: what it lacks is filled with the mean attenuation of the measured parts
    of its neighbourhood, so that there is neither a rim nor an invented structure.

    Parameters
    ----------
    integrals, path_mm : ndarray of float32, shape (N, N)
        The latter of `path_in_scan_mm`.

    Returns
    -------
    ndarray of float32, shape (N, N)
    """
    longest = float(np.percentile(path_mm, 99))
    if longest <= 0:
        return integrals
    sigma = integrals.shape[0] / 10
    few = np.float32(0.03 * longest)
    everywhere = np.float32(integrals.sum() / path_mm.sum())
    around = (blurred(integrals, sigma) + few * everywhere) / (blurred(path_mm, sigma) + few)
    fair = _away_from_end(path_mm)
    mean = fair * around + (1 - fair) * _carried_on(fair * integrals, fair * path_mm, around)
    detail = fair * (integrals - path_mm * mean)
    return np.maximum(path_mm, np.float32(longest)) * mean + detail


def _carried_on(integrals: Picture, path_mm: Picture, around: Picture) -> Picture:
    """Return the mean attenuation of fair rays carried on beyond the end of the scan, the further the more blurred.

    A ray that left early saw one part of the body alone; what ran beside it says what the rest is like. So the spine
    goes on as a spine and the lung as a lung, and no band of another brightness marks the end.
    """
    size = integrals.shape[0]
    mean = around
    few = np.float32(0.02 * max(float(path_mm.max()), 1e-3))
    for part in (12, 24, 48):
        path = blurred(path_mm, size / part)
        near = np.minimum(path / (10 * few), 1)
        mean = mean + near * ((blurred(integrals, size / part) + few * mean) / (path + few) - mean)
    return mean


def _away_from_end(path_mm: Picture) -> Picture:
    """Return 1 where neighbouring rays run as long as this one, falling smoothly to 0 where the scan ends at a face.

    A ray that leaves through the uppermost slice sees the front of the chest only, or its back: no fair sample.
    """
    size = path_mm.shape[0]
    coarse = max(1, size // 64)
    around = ndimage.maximum_filter(path_mm[::coarse, ::coarse], 9, mode="nearest")
    where = np.minimum(np.arange(size) // coarse, len(around) - 1)
    share = path_mm / np.maximum(around[np.ix_(where, where)], 1.0)
    fair = blurred(np.clip((share - 0.65) * 4, 0, 1).astype(np.float32), size / 30)
    return np.clip(2.5 * fair - 1.5, 0, 1)
