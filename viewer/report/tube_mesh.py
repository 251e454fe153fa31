"""The surface of a vessel at its true calibre, as triangles."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from viewer.analysis.reformat.frames import frames_along
from viewer.model.centerline import Centerline
from viewer.model.geometry import Float

#: Where there is no lumen, or its calibre is unknown, a cord of this radius shows the course alone.
CORD_MM = 0.25
STEP_MM, SIDES = 0.5, 24


@dataclass(frozen=True, slots=True, eq=False)
class TubeMesh:
    """A closed surface.

    Attributes
    ----------
    points_lps_mm, normals : ndarray of shape (P, 3)
    triangles : ndarray of int32, shape (T, 3)
        Rows of `points_lps_mm`, anticlockwise from outside.
    inferred : bool
        Whether no contrast showed this stretch.
    """

    points_lps_mm: Float
    normals: Float
    triangles: NDArray[np.int32]
    inferred: bool = False


def vessel_meshes(line: Centerline) -> list[TubeMesh]:
    """Return the closed tubes of a vessel: one for each stretch that was seen, one for each that is a guess."""
    edges = sorted({0.0, line.length_mm, *(end for stretch in line.inferred for end in stretch)})
    return [_tube(line, a, b) for a, b in pairwise(edges) if b - a > 1e-3]


def _tube(line: Centerline, from_mm: float, to_mm: float) -> TubeMesh:
    inferred = bool(line.is_inferred((from_mm + to_mm) / 2))
    inside = line.station_mm[(line.station_mm > from_mm + 1e-6) & (line.station_mm < to_mm - 1e-6)]
    part = Centerline(line.at(np.r_[from_mm, inside, to_mm]))
    frames = frames_along(part, STEP_MM)
    # The course through the points is the smooth one; its tangents are what the rings stand across.
    station = np.clip(from_mm + frames.station_mm, 0.0, line.length_mm)
    radius = np.full(len(station), CORD_MM)
    if line.lumen_radius_mm is not None and not inferred:
        radius = np.maximum(np.interp(station, line.station_mm, line.lumen_radius_mm), CORD_MM)
    angle = 2 * np.pi * np.arange(SIDES) / SIDES
    across = frames.right[:, None] * np.cos(angle)[:, None] + frames.up[:, None] * np.sin(angle)[:, None]
    rings = frames.center_lps_mm[:, None] + radius[:, None, None] * across
    slope = np.gradient(radius, frames.station_mm)[:, None, None]
    outwards = across - slope * frames.tangent[:, None]
    outwards /= np.linalg.norm(outwards, axis=-1, keepdims=True)
    count = len(station)
    ring, side = np.meshgrid(np.arange(count - 1), np.arange(SIDES), indexing="ij")
    a, b = ring * SIDES + side, ring * SIDES + (side + 1) % SIDES
    wall = np.stack([np.stack([a, b, b + SIDES], -1), np.stack([a, b + SIDES, a + SIDES], -1)], 2).reshape(-1, 3)
    # Caps have points of their own, so that their edge stays sharp.
    n_wall, turn = count * SIDES, np.arange(SIDES)
    start, end = n_wall, n_wall + SIDES + 1
    first = np.stack([np.full(SIDES, start), start + 1 + (turn + 1) % SIDES, start + 1 + turn], 1)
    last = np.stack([np.full(SIDES, end), end + 1 + turn, end + 1 + (turn + 1) % SIDES], 1)
    points = [rings.reshape(-1, 3), frames.center_lps_mm[:1], rings[0], frames.center_lps_mm[-1:], rings[-1]]
    flat = [np.repeat(-frames.tangent[:1], SIDES + 1, 0), np.repeat(frames.tangent[-1:], SIDES + 1, 0)]
    return TubeMesh(
        np.concatenate(points),
        np.concatenate([outwards.reshape(-1, 3), *flat]),
        np.concatenate([wall, first, last]).astype(np.int32),
        inferred,
    )
