"""The stretched reformation: the curved surface through the vessel, rolled out flat (Kanitsar et al., IEEE Vis 2002).

The surface is swept by a straight line of fixed direction that moves along the course. Such a surface can be unrolled
without stretching, so every length along the course is true in the picture, and so is the course's bend in that plane.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from viewer.analysis.reformat.frames import start_direction
from viewer.analysis.reformat.sampling import Float32
from viewer.analysis.reformat.straightened import slab_rows
from viewer.model.cross_section import Frames
from viewer.model.geometry import Float, unit
from viewer.model.view import Slab
from viewer.model.volume import Volume


@dataclass(frozen=True, slots=True, eq=False)
class Stretched:
    """A stretched reformation at one angle.

    Attributes
    ----------
    hu : ndarray of float32, shape (H, W)
        ``Volume.AIR_HU`` outside the volume.
    pixel_mm : float
        Size of a pixel both ways; true on the picture in every direction within the surface.
    sweep : ndarray of shape (3,)
        Unit direction in LPS in which columns run.
    row_lps_mm : ndarray of shape (H, 3)
        The point of column 0 in each row.
    row_station_mm : ndarray of shape (H,)
        Station of the course that each row shows.
    course_px : ndarray of shape (S, 2)
        Row and column, with fractions, of each station of the frames.
    station_mm : ndarray of shape (S,)
    angle_deg : float
    """

    hu: Float32
    pixel_mm: float
    sweep: Float
    row_lps_mm: Float
    row_station_mm: Float
    course_px: Float
    station_mm: Float
    angle_deg: float

    def place(self, row: float, column: float) -> tuple[Float, float]:
        """Return the point in LPS mm that a pixel shows, and the station of the course nearest to it in the picture.

        In the picture every length of the course is true, so the nearest place there is what the eye means; where the
        course runs along the rows, one row holds many stations.
        """
        rows = np.arange(len(self.row_lps_mm))
        start = np.array([np.interp(row, rows, self.row_lps_mm[:, axis]) for axis in range(3)])
        away = np.square(self.course_px - np.array([row, column])).sum(1)
        return start + column * self.pixel_mm * self.sweep, float(self.station_mm[away.argmin()])

    def pixel(self, station_mm: float) -> tuple[float, float]:
        """Return the row and column, with fractions, where the course is at a station."""
        row, column = (float(np.interp(station_mm, self.station_mm, self.course_px[:, axis])) for axis in (0, 1))
        return row, column


def stretched(
    volume: Volume,
    frames: Frames,
    angle_deg: float = 0.0,
    *,
    margin_mm: float = 12.0,
    pixel_mm: float = 0.25,
    slab: Slab | None = None,
) -> Stretched:
    """Return the stretched reformation of a course.

    Parameters
    ----------
    volume : Volume
    frames : Frames
    angle_deg : float
        Angle of the sweep about the line from the course's first to its last station.
    margin_mm : float
        How much to show on either side of the course.
    pixel_mm : float
    slab : Slab, optional
        Thickness across the surface, and how it is projected.

    Returns
    -------
    Stretched
    """
    if not (pixel_mm > 0 and margin_mm >= 0):
        raise ValueError(f"a margin of {margin_mm} mm at {pixel_mm} mm a pixel")
    points = frames.center_lps_mm
    sweep = _sweep(points, np.radians(angle_deg))
    along = points @ sweep
    flat = points - along[:, None] * sweep
    down = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(flat, axis=0), axis=1))])
    height = max(int(np.ceil(down[-1] / pixel_mm)), 1) + 1
    low, high = along.min() - margin_mm, along.max() + margin_mm
    width = int(np.ceil((high - low) / pixel_mm)) + 1

    # Rows at even distances; a course that runs along the sweep for a while takes no rows there.
    moving = np.concatenate([[True], np.diff(down) > 1e-9])
    row_mm = np.minimum(np.arange(height) * pixel_mm, down[-1])
    row_flat = np.stack([np.interp(row_mm, down[moving], flat[moving, axis]) for axis in range(3)], axis=1)
    row_station = np.interp(row_mm, down[moving], frames.station_mm[moving])
    start = row_flat + low * sweep

    # Across the surface: at right angles to the sweep and to the way the rows go.
    way = np.gradient(row_flat, axis=0)
    length = np.linalg.norm(way, axis=1, keepdims=True)
    way = np.where(length > 1e-9, way / np.maximum(length, 1e-9), start_direction(sweep))
    hu = slab_rows(volume, start, np.broadcast_to(sweep * pixel_mm, start.shape), np.cross(sweep, way), width, slab)
    hu.setflags(write=False)
    course_px = np.stack([down, along - low], axis=1) / pixel_mm
    return Stretched(hu, pixel_mm, sweep, start, row_station, course_px, frames.station_mm, float(angle_deg))


def _sweep(points: Float, angle: float) -> Float:
    """Return the direction of the sweep: across the course's main direction, turned about it by `angle` (rad)."""
    chord = points[-1] - points[0]
    if np.linalg.norm(chord) < 0.2 * np.linalg.norm(np.diff(points, axis=0), axis=1).sum():
        # The course comes back to where it began: take its longest extent instead.
        chord = np.linalg.svd(points - points.mean(0), full_matrices=False)[2][0]
        chord = chord * (1.0 if (points[-1] - points[0]) @ chord >= 0 else -1.0)
    axis = unit(chord)
    first = start_direction(axis)
    return np.cos(angle) * first + np.sin(angle) * np.cross(axis, first)
