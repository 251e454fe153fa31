"""A tilted or uneven stack, laid onto an even grid at right angles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from viewer.dicom.series import Stack
from viewer.model.volume import Volume
from viewer.progress import Progress


def resampled(hu: NDArray[np.int16], stack: Stack, progress: Progress) -> NDArray[np.int16]:
    """Return the voxels on the grid of the stack, linearly interpolated; air where nothing was measured.

    Parameters
    ----------
    hu : ndarray of int16, shape (K, J, I)
        The slices as they were measured.
    stack : Stack
        Where they lie, and the grid.
    progress : Progress

    Returns
    -------
    ndarray of int16 of the shape of the grid
    """
    geometry = stack.geometry
    out = np.full(geometry.shape, Volume.AIR_HU, np.int16)
    pixel = np.array([geometry.spacing_mm[2], geometry.spacing_mm[1]])
    offsets = (stack.shifts_mm - stack.shifts_mm.min(axis=0)) / pixel
    depths = stack.depths_mm - stack.depths_mm[0]
    if len(depths) == geometry.shape[0] and np.abs(np.diff(depths) / geometry.spacing_mm[0] - 1).max() < 0.25:
        # Only sheared: the slices stay what they are.
        depths = np.arange(len(depths)) * geometry.spacing_mm[0]
    for k in range(geometry.shape[0]):
        depth = k * geometry.spacing_mm[0]
        above = int(np.clip(np.searchsorted(depths, depth), 1, len(depths) - 1))
        share = float(np.clip((depth - depths[above - 1]) / (depths[above] - depths[above - 1]), 0, 1))
        # Rounding in a header is no reason to blur a slice with its neighbour.
        near = [(i, w) for i, w in ((above - 1, 1 - share), (above, share)) if w > 1e-3]
        total = sum(weight for _, weight in near)
        plane = np.zeros(geometry.shape[1:], np.float32)
        for i, weight in near:
            plane += np.float32(weight / total) * _shifted(hu[i], offsets[i], geometry.shape[1:])
        out[k] = np.rint(plane)
        progress((k + 1) / geometry.shape[0], "Laying slices onto an even grid")
    return out


def _shifted(plane: NDArray[np.int16], offset: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return a slice moved by a fraction of pixels along columns and rows, on a larger canvas of air."""
    canvas = np.full((shape[0] + 1, shape[1] + 1), Volume.AIR_HU, np.float32)
    column, row = (int(np.floor(value + 1e-6)) for value in offset)
    canvas[row : row + plane.shape[0], column : column + plane.shape[1]] = plane
    for axis, part in ((1, float(offset[0]) - column), (0, float(offset[1]) - row)):
        if part > 1e-3:
            canvas = (1 - part) * canvas + part * np.roll(canvas, 1, axis=axis)
    return canvas[: shape[0], : shape[1]].astype(np.float32)
