"""A vessel on a straight grid of cells, a section for each station, and which cells lie inside its contours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from viewer.analysis.reformat.frames import curvature
from viewer.analysis.reformat.sampling import Float32, sample_points
from viewer.model.cross_section import CrossSections
from viewer.model.geometry import Float
from viewer.model.volume import Volume

#: Side of a cell across the vessel.
CELL_MM = 0.2
#: So much is looked at beyond the widest wall.
BEYOND_MM = 1.2


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Cells about a vessel, between two of its stations.

    Attributes
    ----------
    first, last : int
        Stations ``first <= s < last`` of the sections.
    offset_mm : ndarray of shape (N,)
        Distance of the cells from the centreline along `right` (last axis) and `up` (middle axis).
    hu : ndarray of float32, shape (S, N, N)
    wall_mm, lumen_mm : ndarray of float32, shape (S, N, N)
        Distance from the cell outwards to the outer wall, to the lumen's border; negative outside.
    inside : ndarray of float32, shape (S, N, N)
        Share of the cell inside the outer wall.
    volume_mm3 : ndarray of float32, shape (S, N, N)
        Volume of the cell; less on the inner side of a bend.
    """

    first: int
    last: int
    offset_mm: Float
    hu: Float32
    wall_mm: Float32
    lumen_mm: Float32
    inside: Float32
    volume_mm3: Float32


def grid(volume: Volume, sections: CrossSections, first: int, last: int, cell_mm: float = CELL_MM) -> Grid:
    """Return the cells about the stations ``first <= s < last``."""
    frames = sections.frames
    part = slice(first, last)
    half = int(np.ceil((sections.wall_mm[part].max() + BEYOND_MM) / cell_mm))
    offset = np.linspace(-half * cell_mm, half * cell_mm, 2 * half + 1, dtype=np.float64)
    across, up = np.meshgrid(offset, offset)
    points = (
        frames.center_lps_mm[part, None, None]
        + across[..., None] * frames.right[part, None, None]
        + up[..., None] * frames.up[part, None, None]
    )
    distance = np.hypot(across, up)
    angles = sections.wall_mm.shape[1]
    place = np.arctan2(up, across) / (2 * np.pi) * angles % angles
    low = np.floor(place).astype(int) % angles
    share = place - np.floor(place)

    def beyond(radius: Float) -> Float32:
        here = radius[part]
        return (here[:, low] * (1 - share) + here[:, (low + 1) % angles] * share - distance).astype(np.float32)

    wall, lumen = beyond(sections.wall_mm), beyond(sections.lumen_mm)
    lumen[(sections.lumen_area_mm2[part] <= 0)] = -np.inf
    bend = curvature(frames)[part]
    stretch = 1 - (
        (bend * frames.right[part]).sum(1)[:, None, None] * across + (bend * frames.up[part]).sum(1)[:, None, None] * up
    )
    length = np.gradient(frames.station_mm)[part]
    cells = cell_mm**2 * length[:, None, None] * np.clip(stretch, 0.0, 2.0)
    return Grid(
        first,
        last,
        offset,
        sample_points(volume, points, cubic=True),
        wall,
        lumen,
        np.clip(wall / cell_mm + 0.5, 0, 1),
        cells.astype(np.float32),
    )
