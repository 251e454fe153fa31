"""The straightened reformation: the vessel pulled straight, a row for each station.

Lengths are true along the vessel and across it, each for itself; oblique ones are not, because sections that lie side
by side here stand at an angle in the patient.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.analysis.reformat.frames import curvature, frame_at
from viewer.analysis.reformat.sampling import MAXIMUM, MEAN, MINIMUM, Float32, sample_grid
from viewer.model.cross_section import Frames
from viewer.model.geometry import Float
from viewer.model.view import Projection, Slab
from viewer.model.volume import Volume

#: Distance between the samples that make up a slab.
SLAB_STEP_MM = 0.4
KERNEL_PROJECTION = {Projection.MAXIMUM: MAXIMUM, Projection.MEAN: MEAN, Projection.MINIMUM: MINIMUM}


@dataclass(frozen=True, slots=True, eq=False)
class Straightened:
    """A straightened reformation at one angle about the vessel.

    Attributes
    ----------
    hu : ndarray of float32, shape (S, W)
        Row s lies at station s of the frames, column w at `offset_mm[w]`.
    folded : ndarray of bool, shape (S, W)
        Where the section reaches beyond the centre of the vessel's bend: the picture would show that place twice or
        back to front. `hu` is ``Volume.AIR_HU`` there.
    frames : Frames
    angle_deg : float
        The row runs along ``right cos a + up sin a``.
    offset_mm : ndarray of shape (W,)
        Distance from the centreline.
    """

    hu: Float32
    folded: NDArray[np.bool_]
    frames: Frames
    angle_deg: float
    offset_mm: Float

    def place(self, row: float, column: float) -> tuple[Float, float]:
        """Return the point in LPS mm and the station in mm that a pixel shows; fractions of pixels count."""
        station = float(np.interp(row, np.arange(len(self.hu)), self.frames.station_mm))
        offset = float(np.interp(column, np.arange(len(self.offset_mm)), self.offset_mm))
        center, _, right, up = frame_at(self.frames, station)
        angle = np.radians(self.angle_deg)
        return center + offset * (np.cos(angle) * right + np.sin(angle) * up), station

    def pixel(self, station_mm: float, offset_mm: float = 0.0) -> tuple[float, float]:
        """Return the row and column, with fractions, of a place at a station and a distance from the centreline."""
        return (
            float(np.interp(station_mm, self.frames.station_mm, np.arange(len(self.hu)))),
            float(np.interp(offset_mm, self.offset_mm, np.arange(len(self.offset_mm)))),
        )


def even_offsets(half_width_mm: float, pixel_mm: float) -> Float:
    """Return offsets from -`half_width_mm` to `half_width_mm` about 0, at most `pixel_mm` apart, shape (W,)."""
    if not (half_width_mm > 0 and pixel_mm > 0):
        raise ValueError(f"a field of {half_width_mm} mm at {pixel_mm} mm a pixel")
    half = int(np.ceil(half_width_mm / pixel_mm - 1e-9))
    return np.linspace(-half_width_mm, half_width_mm, 2 * half + 1)


def straightened(
    volume: Volume,
    frames: Frames,
    angle_deg: float = 0.0,
    *,
    half_width_mm: float = 12.0,
    pixel_mm: float = 0.25,
    slab: Slab | None = None,
) -> Straightened:
    """Return the straightened reformation of a course at one angle.

    Parameters
    ----------
    volume : Volume
    frames : Frames
        One row of the picture for each station.
    angle_deg : float
        Angle about the vessel, from `right` towards `up`.
    half_width_mm, pixel_mm : float
        How far to either side of the centreline, and the distance between columns.
    slab : Slab, optional
        Thickness in the direction of view, and how it is projected. None is a plain cut.

    Returns
    -------
    Straightened
    """
    offset = even_offsets(half_width_mm, pixel_mm)
    angle = np.radians(angle_deg)
    across = np.cos(angle) * frames.right + np.sin(angle) * frames.up
    through = np.cross(frames.tangent, across)
    hu = slab_rows(
        volume, frames.center_lps_mm + offset[0] * across, across * (offset[1] - offset[0]), through, len(offset), slab
    )
    folded = ((curvature(frames) * across).sum(1))[:, None] * offset[None, :] >= 1.0
    hu[folded] = Volume.AIR_HU
    folded.setflags(write=False)
    hu.setflags(write=False)
    return Straightened(hu, folded, frames, float(angle_deg), offset)


def slab_rows(
    volume: Volume, origin_lps_mm: Float, across_lps_mm: Float, view: Float, across: int, slab: Slab | None
) -> Float32:
    """Return rows of samples projected through a slab about them, float32 of shape (S, W).

    Parameters
    ----------
    volume : Volume
    origin_lps_mm, across_lps_mm : ndarray of shape (S, 3)
        Start of each row and its step.
    view : ndarray of shape (S, 3)
        Unit direction of view for each row.
    across : int
        Number of samples in a row.
    slab : Slab or None
    """
    if slab is None or slab.thickness_mm <= 0:
        return sample_grid(volume, origin_lps_mm, across_lps_mm, across)
    layers = int(np.ceil(slab.thickness_mm / SLAB_STEP_MM)) + 1
    step = view * (slab.thickness_mm / (layers - 1))
    start = origin_lps_mm - 0.5 * slab.thickness_mm * view
    return sample_grid(volume, start, across_lps_mm, across, step, layers, KERNEL_PROJECTION[slab.projection])


def straightened_pair(
    volume: Volume,
    frames: Frames,
    angle_deg: float = 0.0,
    *,
    half_width_mm: float = 12.0,
    pixel_mm: float = 0.25,
    slab: Slab | None = None,
) -> tuple[Straightened, Straightened]:
    """Return two straightened reformations at right angles, the first at `angle_deg`; see `straightened`."""
    return (
        straightened(volume, frames, angle_deg, half_width_mm=half_width_mm, pixel_mm=pixel_mm, slab=slab),
        straightened(volume, frames, angle_deg + 90.0, half_width_mm=half_width_mm, pixel_mm=pixel_mm, slab=slab),
    )
