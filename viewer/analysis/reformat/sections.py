"""Cross-sections: one, or a stack of them along a course, at any resolution in the plane."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from viewer.analysis.reformat.frames import curvature, frame_at
from viewer.analysis.reformat.sampling import Float32, sample_grid
from viewer.analysis.reformat.straightened import even_offsets
from viewer.model.cross_section import Frames
from viewer.model.geometry import Float
from viewer.model.volume import Volume


def section_stack(volume: Volume, frames: Frames, *, half_width_mm: float = 8.0, pixel_mm: float = 0.25) -> Float32:
    """Return the cross-sections at all stations.

    Parameters
    ----------
    volume : Volume
    frames : Frames
    half_width_mm, pixel_mm : float
        The field reaches `half_width_mm` to each side of the centreline.

    Returns
    -------
    ndarray of float32, shape (S, N, N)
        Pixel (s, m, n) lies at ``center + x right + y up`` with x, y = `even_offsets` at n, m. So y grows with the row.
    """
    return _stack(volume, frames.center_lps_mm, frames.right, frames.up, even_offsets(half_width_mm, pixel_mm))


def cross_section(
    volume: Volume, frames: Frames, station_mm: float, *, half_width_mm: float = 8.0, pixel_mm: float = 0.1
) -> Float32:
    """Return the cross-section at any station, float32 of shape (N, N); see `section_stack`."""
    center, _, right, up = frame_at(frames, station_mm)
    offset = even_offsets(half_width_mm, pixel_mm)
    return _stack(volume, center[None], right[None], up[None], offset)[0]


def section_place(frames: Frames, station_mm: float, x_mm: float, y_mm: float) -> Float:
    """Return the point in LPS mm, shape (3,), of a place on the cross-section at a station."""
    center, _, right, up = frame_at(frames, station_mm)
    return center + x_mm * right + y_mm * up


def section_folds(frames: Frames, *, half_width_mm: float = 8.0, pixel_mm: float = 0.25) -> NDArray[np.bool_]:
    """Tell which pixels of `section_stack` lie beyond the centre of the vessel's bend, shape (S, N, N)."""
    offset = even_offsets(half_width_mm, pixel_mm)
    bend = curvature(frames)
    x, y = (bend * frames.right).sum(1), (bend * frames.up).sum(1)
    folded: NDArray[np.bool_] = x[:, None, None] * offset + y[:, None, None] * offset[:, None] >= 1.0
    return folded


def _stack(volume: Volume, center: Float, right: Float, up: Float, offset: Float) -> Float32:
    """Return sections about `center`, rows along `up`, columns along `right`."""
    size = len(offset)
    step = right * (offset[1] - offset[0])
    start = center[:, None] + offset[0] * right[:, None] + offset[None, :, None] * up[:, None]
    rows = sample_grid(volume, start.reshape(-1, 3), np.repeat(step, size, axis=0), size)
    return rows.reshape(len(center), size, size)
