"""The middle of an occluded vessel: a cord of soft tissue in fat, as wide as the vessel is on both sides of it.

A tracer that looks for contrast is drawn to calcium in the wall. Here calcium and contrast look like any tissue: what
counts is that a disc of the vessel's width is filled and the ring around it is not. Where the cord lies on muscle, the
part of the ring that is in fat still tells; within muscle nothing does, and the course stays as it is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import fftconvolve

from viewer.analysis.reformat.frames import between, frames_along
from viewer.analysis.reformat.sections import section_stack
from viewer.analysis.reformat.straightened import even_offsets
from viewer.model.centerline import Centerline
from viewer.model.cross_section import CrossSections
from viewer.model.geometry import Float
from viewer.model.volume import Volume

#: Fat and tissue; what is brighter counts as tissue.
FAT_HU, TISSUE_HU = -90.0, 80.0
STEP_MM, PIXEL_MM = 0.5, 0.3
#: How far the middle is looked for, and how far beyond the occlusion the course may move.
REACH_MM, BEYOND_MM = 2.4, 4.0
#: The ring about the disc.
RING_FROM_MM, RING_TO_MM = 0.25, 1.25
#: So much brighter disc against ring is worth a step of one pixel aside between neighbouring stations.
STEP_WORTH_HU = 25.0
#: Standard deviations of the smoothing of what was found, and of the course.
SMOOTH_MM, COURSE_MM = 1.5, 2.0
#: The vessel's width is read from this much of it on either side.
BESIDE_MM = 8.0
ROUNDS = 2


def centred_on_cord(
    volume: Volume, line: Centerline, sections: CrossSections, from_mm: float, to_mm: float
) -> Centerline:
    """Return the course with its occluded stretch in the middle of the cord.

    Parameters
    ----------
    volume : Volume
    line : Centerline
    sections : CrossSections
        Of this course; its outer wall is believed outside the stretch only.
    from_mm, to_mm : float
        The occlusion.
    """
    near, far = _width(sections, from_mm - BESIDE_MM, from_mm), _width(sections, to_mm, to_mm + BESIDE_MM)
    near, far = near or far, far or near
    if near is None or far is None or to_mm - from_mm < 2 * STEP_MM:
        return line
    for _ in range(ROUNDS):
        # both ends stay on the open vessel; an end of the course itself is free
        frames = between(frames_along(line, STEP_MM), from_mm - BEYOND_MM, to_mm + BEYOND_MM)
        station = frames.station_mm
        radius = np.interp(station, [from_mm, to_mm], [near, far])
        reach = int(REACH_MM / PIXEL_MM)
        half = REACH_MM + float(radius.max()) + RING_TO_MM + PIXEL_MM
        picture = np.clip(section_stack(volume, frames, half_width_mm=half, pixel_mm=PIXEL_MM), FAT_HU, TISSUE_HU)
        offset = even_offsets(half, PIXEL_MM)
        pixel = float(offset[1] - offset[0])
        contrast = _contrast(gaussian_filter1d(picture, 1.0, axis=0), radius, offset, pixel, reach)
        row, column = _way(contrast / STEP_WORTH_HU, station[-1] < line.length_mm - STEP_MM)
        up, right = (
            gaussian_filter1d((place - reach) * pixel, SMOOTH_MM / STEP_MM, mode="nearest") for place in (row, column)
        )
        fade = np.clip(np.minimum(station - station[0], 2.0) / 2.0, 0, 1)
        if station[-1] < line.length_mm - STEP_MM:
            fade *= np.clip((station[-1] - station) / 2.0, 0, 1)
        shift = (fade * right)[:, None] * frames.right + (fade * up)[:, None] * frames.up
        moved = frames.center_lps_mm + shift
        # what is left of the tracer's own zigzag; a bend keeps its radius (see `frames.smoothed`)
        average = gaussian_filter1d(moved, COURSE_MM / STEP_MM, axis=0, mode="nearest")
        calm = 2 * average - gaussian_filter1d(average, COURSE_MM / STEP_MM, axis=0, mode="nearest")
        line = _moved(line, station, moved + fade[:, None] * (calm - moved))
    return line


def _width(sections: CrossSections, from_mm: float, to_mm: float) -> float | None:
    """Return the radius of the outer wall of a stretch; ``None`` if there is no such stretch."""
    station = sections.frames.station_mm
    here = (station >= from_mm) & (station <= to_mm) & (sections.lumen_area_mm2 > 0)
    return float(np.sqrt(np.median(sections.wall_area_mm2[here]) / np.pi)) if here.sum() >= 4 else None


def _contrast(picture: NDArray[np.float32], radius: Float, offset: Float, pixel: float, reach: int) -> Float:
    """Return how much brighter a disc is than the ring around it, for middles up to `reach` pixels off, (S, M, M)."""
    away = np.hypot(offset[:, None], offset)
    middle = len(offset) // 2
    part = slice(middle - reach, middle + reach + 1)
    result = np.empty((len(picture), 2 * reach + 1, 2 * reach + 1))
    for number, width in enumerate(radius):
        disc = np.clip((width - away) / pixel + 0.5, 0, 1)
        ring = ((away > width + RING_FROM_MM) & (away < width + RING_TO_MM)).astype(float)
        kernel = disc / disc.sum() - ring / ring.sum()
        result[number] = fftconvolve(picture[number], kernel[::-1, ::-1], "same")[part, part]
    return result


def _way(worth: Float, pinned_end: bool) -> tuple[Float, Float]:
    """Return row and column of the way along the stations that is worth most; it begins in the middle.

    A step aside between stations costs its squared length in pixels; at most one in each direction is made.
    """
    count, size, _ = worth.shape
    middle = size // 2
    total = np.full((size, size), -np.inf)
    total[middle, middle] = 0.0
    steps = [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1)]
    chosen = np.zeros((count, size, size), np.int8)
    for at in range(1, count):
        padded = np.pad(total, 1, constant_values=-np.inf)
        options = np.stack([padded[1 + a : 1 + a + size, 1 + b : 1 + b + size] - (a * a + b * b) for a, b in steps])
        chosen[at] = options.argmax(0)
        total = options.max(0) + worth[at]
    row, column = np.empty(count), np.empty(count)
    place = (middle, middle) if pinned_end else np.unravel_index(int(total.argmax()), total.shape)
    i, j = int(place[0]), int(place[1])
    for at in range(count - 1, -1, -1):
        row[at], column[at] = i, j
        a, b = steps[chosen[at, i, j]]
        if at:
            i, j = i + a, j + b
    return row, column


def _moved(line: Centerline, station_mm: Float, points_lps_mm: Float) -> Centerline:
    """Return the course with other points between two of its stations; what it carries stays where it was along it."""
    before = line.station_mm < station_mm[0] - 0.25 * STEP_MM
    after = line.station_mm > station_mm[-1] + 0.25 * STEP_MM
    old = np.concatenate([line.station_mm[before], station_mm, line.station_mm[after]])
    points = np.concatenate([line.points_lps_mm[before], points_lps_mm, line.points_lps_mm[after]])
    carried = [
        None if values is None else np.interp(old, line.station_mm, values)
        for values in (line.lumen_radius_mm, line.confidence)
    ]
    moved = Centerline(points, carried[0], carried[1])
    inferred = tuple(
        (float(np.interp(a, old, moved.station_mm)), float(np.interp(b, old, moved.station_mm)))
        for a, b in line.inferred
    )
    return Centerline(points, carried[0], carried[1], inferred)
