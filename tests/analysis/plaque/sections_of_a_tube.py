"""Contours of a straight round tube, given rather than found, and volumes with sharp deposits in it."""

from __future__ import annotations

import numpy as np

from viewer.analysis.reformat.frames import frames_along
from viewer.model.centerline import Centerline
from viewer.model.cross_section import Contour, CrossSections
from viewer.model.geometry import Geometry
from viewer.model.volume import Volume


def tube_sections(wall_mm: float = 1.5, lumen_mm: float = 0.0, length_mm: float = 6.0) -> CrossSections:
    """A tube along z from the origin."""
    frames = frames_along(Centerline([[0, 0, 0], [0, 0, length_mm]]))
    shape = (len(frames.station_mm), 64)
    source = np.full(shape[0], Contour.MEASURED, np.uint8)
    return CrossSections("RCA", frames, np.full(shape, lumen_mm), np.full(shape, wall_mm), source, source)


def sharp_volume(inner_mm: float, outer_mm: float, arc_deg: float, hu: float = 900.0, voxel_mm: float = 0.1) -> Volume:
    """Tissue of 60 HU with a ring sector of calcium along z, without any blur."""
    half = 3.0
    count = round(2 * half / voxel_mm)
    first = -half + voxel_mm / 2
    x = first + voxel_mm * np.arange(count)
    across, up = np.meshgrid(x, x)
    distance, angle = np.hypot(across, up), np.degrees(np.arctan2(up, across)) % 360
    hit = (distance >= inner_mm - 1e-9) & (distance <= outer_mm) & ((angle <= arc_deg) | (arc_deg >= 360))
    plane = np.where(hit, hu, 60).astype(np.int16)
    volume = np.ascontiguousarray(np.broadcast_to(plane, (17, count, count)))
    return Volume(volume, Geometry.from_axes(volume.shape, (first, first, -1.0), (0.5, voxel_mm, voxel_mm)))
