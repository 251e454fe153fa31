"""Correcting a contour by hand: pull one place, and its neighbours follow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from viewer.model.cross_section import Contour, CrossSections

#: How far along and around the vessel neighbours follow, as standard deviations of a Gaussian.
ALONG_MM, AROUND_DEG = 1.5, 35.0
#: A station that moved by less than this share of the pull was not edited.
EDITED_SHARE = 0.05


def pull_anchor(
    sections: CrossSections, station_mm: float, angle_deg: float, radius_mm: float, *, lumen: bool = False
) -> CrossSections:
    """Return the sections with one contour pulled through a place.

    The contour goes through the place at the nearest station and angle; around it the change fades like a Gaussian. A
    wall that is pulled into the lumen takes the lumen along, and a lumen pulled beyond the wall the wall.

    Parameters
    ----------
    sections : CrossSections
    station_mm, angle_deg, radius_mm : float
        The place: its station, its angle in the frame (from `right` towards `up`) and its distance from the centreline.
    lumen : bool
        Whether the lumen is pulled instead of the outer wall.

    Returns
    -------
    CrossSections
        Stations that moved are `Contour.EDITED`.
    """
    if not radius_mm >= 0:
        raise ValueError(f"a radius of {radius_mm} mm")
    contour = sections.lumen_mm if lumen else sections.wall_mm
    angles = contour.shape[1]
    station = sections.frames.station_mm
    row = int(np.abs(station - station_mm).argmin())
    column = round(angle_deg / 360 * angles) % angles
    turn = (np.arange(angles) - column) * 360 / angles
    turn = (turn + 180) % 360 - 180
    along = np.exp(-0.5 * ((station - station[row]) / ALONG_MM) ** 2)
    around = np.exp(-0.5 * (turn / AROUND_DEG) ** 2)
    pulled = contour + (radius_mm - contour[row, column]) * along[:, None] * around
    pulled = np.maximum(pulled, 0.0)
    moved = along > EDITED_SHARE
    source = np.where(moved, np.uint8(Contour.EDITED), sections.lumen_source if lumen else sections.wall_source)
    if lumen:
        return replace(sections, lumen_mm=pulled, wall_mm=np.maximum(sections.wall_mm, pulled), lumen_source=source)
    return replace(sections, wall_mm=pulled, lumen_mm=np.minimum(sections.lumen_mm, pulled), wall_source=source)


def put_back(edited: CrossSections, measured: CrossSections, from_mm: float, to_mm: float) -> CrossSections:
    """Return `edited` with the contours of `measured` between two stations: what was pulled there is let go.

    Raises
    ------
    ValueError
        If the two do not lie on the same frames.
    """
    if edited.lumen_mm.shape != measured.lumen_mm.shape or not np.array_equal(
        edited.frames.station_mm, measured.frames.station_mm
    ):
        raise ValueError("the two have different stations")
    station = edited.frames.station_mm
    back = (station >= from_mm) & (station <= to_mm)
    return replace(
        edited,
        lumen_mm=np.where(back[:, None], measured.lumen_mm, edited.lumen_mm),
        wall_mm=np.where(back[:, None], measured.wall_mm, edited.wall_mm),
        lumen_source=np.where(back, measured.lumen_source, edited.lumen_source),
        wall_source=np.where(back, measured.wall_source, edited.wall_source),
    )
