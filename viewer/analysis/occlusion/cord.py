"""The middle of an occluded vessel: a cord of soft tissue in fat, as wide as the vessel is on both sides of it.

A tracer that looks for contrast is drawn to calcium in the wall. Here calcium and contrast look like any tissue: what
counts is that a disc of the vessel's width is filled and the ring around it is not. Where the cord lies on muscle, the
part of the ring that is in fat still tells; within muscle nothing does, and the course goes on as it bends before and
beyond.

The tracer's own zigzag is taken off first. Then the course is weighed as a whole: what each section says of its middle,
as firmly as it says it, against a change of the course's bend. A bend that stays, however sharp, costs nothing; an
average along the course would flatten it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import fftconvolve

from viewer.analysis.reformat.frames import between, frames_along, smoothed
from viewer.analysis.reformat.sections import section_stack
from viewer.analysis.reformat.straightened import even_offsets
from viewer.model.centerline import Centerline
from viewer.model.cross_section import CrossSections, Frames
from viewer.model.geometry import Float
from viewer.model.volume import Volume

#: Fat and tissue; what is brighter counts as tissue.
FAT_HU, TISSUE_HU = -90.0, 60.0
STEP_MM, PIXEL_MM = 0.5, 0.3
#: How far the middle is looked for, at first and once it is known nearly; how far beyond the occlusion, where over so
#: much of it the course passes into that of the open vessel: beyond the arms of the bends within the occlusion.
REACHES_MM, BEYOND_MM, BLEND_MM = (2.4, 1.2), 6.5, 2.5
#: The ring about the disc.
RING_FROM_MM, RING_TO_MM = 0.55, 1.25
#: So much brighter disc against ring is worth a step of one pixel aside between neighbouring stations.
STEP_WORTH_HU = 25.0
#: The tracer's zigzag is taken off by an average of this standard deviation, which begins over so much at either end.
CALM_MM, FADE_MM = 3.5, 4.0
#: What a section says of its middle is read from the pixels so near to it.
PEAK_PIXELS = 2
#: What a change of the bend between two stations costs, HU for each square of a third difference in mm.
STIFF_HU = 2e4
#: What keeps a course in place where its sections say nothing, HU per square mm.
LEAST_FIRM_HU = 0.1
#: The vessel's width is read from this much of it on either side.
BESIDE_MM = 8.0


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
    caps = line.at(np.array([from_mm, to_mm]))
    line = _calm(line, from_mm, to_mm)
    for reach_mm in REACHES_MM:
        first, last = (line.nearest_station_mm(cap)[0] for cap in caps)
        frames = between(frames_along(line, STEP_MM), first - BEYOND_MM, last + BEYOND_MM)
        station, old = frames.station_mm, frames.center_lps_mm
        # both ends pass into the course on the open vessel; an end of the course itself is free
        free_end = bool(station[-1] > line.length_mm - STEP_MM)
        fade = np.clip((station - station[0]) / BLEND_MM, 0.0, 1.0)
        if not free_end:
            fade = np.minimum(fade, np.clip((station[-1] - station) / BLEND_MM, 0.0, 1.0))
        radius = np.interp(station, [first, last], [near, far])
        centred = _centred(volume, frames, radius, reach_mm, free_end)
        line = _moved(line, station, old + fade[:, None] * (centred - old))
    return line


def _calm(line: Centerline, from_mm: float, to_mm: float) -> Centerline:
    """Return the course without zigzag between two stations and a little beyond."""
    frames = between(frames_along(line, STEP_MM), from_mm - BEYOND_MM, to_mm + BEYOND_MM)
    station, old = frames.station_mm, frames.center_lps_mm
    course = smoothed(Centerline(old), CALM_MM, STEP_MM)
    calm = course.at(np.linspace(0.0, course.length_mm, len(station)))
    fade = np.clip(np.minimum(station - station[0], station[-1] - station) / FADE_MM, 0.0, 1.0)
    return _moved(line, station, old + fade[:, None] * (calm - old))


def _centred(volume: Volume, frames: Frames, radius: Float, reach_mm: float, free_end: bool) -> Float:
    """Return the middle of the cord at each station, shape (S, 3)."""
    reach = int(reach_mm / PIXEL_MM)
    half = reach_mm + float(radius.max()) + RING_TO_MM + PIXEL_MM
    picture = np.clip(section_stack(volume, frames, half_width_mm=half, pixel_mm=PIXEL_MM), FAT_HU, TISSUE_HU)
    offset = even_offsets(half, PIXEL_MM)
    pixel = float(offset[1] - offset[0])
    contrast = _contrast(gaussian_filter1d(picture, 1.0, axis=0), radius, offset, pixel, reach)
    row, column = _way(contrast / STEP_WORTH_HU, not free_end)
    middle, firm = _peaks(contrast, row, column)
    return _stiffest(frames, (middle - reach) * pixel, firm / pixel**2)


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


def _way(worth: Float, pinned_end: bool) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
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
    row, column = np.empty(count, np.intp), np.empty(count, np.intp)
    place = (middle, middle) if pinned_end else np.unravel_index(int(total.argmax()), total.shape)
    i, j = int(place[0]), int(place[1])
    for at in range(count - 1, -1, -1):
        row[at], column[at] = i, j
        a, b = steps[chosen[at, i, j]]
        if at:
            i, j = i + a, j + b
    return row, column


def _peaks(contrast: Float, row: NDArray[np.intp], column: NDArray[np.intp]) -> tuple[Float, Float]:
    """Return where a paraboloid about a place of each section has its top, and how it falls off to either side.

    Returns
    -------
    middle : ndarray of shape (S, 2)
        Column and row, pixels.
    firm : ndarray of shape (S, 2, 2)
        Negative second derivatives, HU per pixel squared; 0 where the contrast does not fall off.
    """
    y, x = np.mgrid[-PEAK_PIXELS : PEAK_PIXELS + 1, -PEAK_PIXELS : PEAK_PIXELS + 1]
    near = x**2 + y**2 <= PEAK_PIXELS**2
    x, y = x[near], y[near]
    terms = np.stack([np.ones(len(x)), x, y, 0.5 * x**2, x * y, 0.5 * y**2], axis=1)
    edged = np.pad(contrast, ((0, 0), (PEAK_PIXELS, PEAK_PIXELS), (PEAK_PIXELS, PEAK_PIXELS)), mode="edge")
    seen = edged[np.arange(len(contrast))[:, None], row[:, None] + PEAK_PIXELS + y, column[:, None] + PEAK_PIXELS + x]
    _, along_x, along_y, xx, xy, yy = (seen @ np.linalg.pinv(terms).T).T
    falls, ways = np.linalg.eigh(-np.stack([np.stack([xx, xy], -1), np.stack([xy, yy], -1)], -2))
    falls = np.maximum(falls, 0.0)
    uphill = np.einsum("sij,si->sj", ways, np.stack([along_x, along_y], -1))
    step = np.where(falls > 0, np.clip(uphill / np.maximum(falls, 1e-6), -PEAK_PIXELS, PEAK_PIXELS), 0.0)
    middle = np.stack([column, row], -1) + np.einsum("sij,sj->si", ways, step)
    return middle, np.einsum("sij,sj,skj->sik", ways, falls, ways)


def _stiffest(frames: Frames, middle_mm: Float, firm_hu: Float) -> Float:
    """Return the course that weighs the middles of the sections against changes of its bend, shape (S, 3)."""
    count = len(frames.station_mm)
    across = np.zeros((3 * count, 2 * count))
    told = np.zeros((2 * count, 2 * count))
    for at in range(count):
        across[3 * at : 3 * at + 3, 2 * at] = frames.right[at]
        across[3 * at : 3 * at + 3, 2 * at + 1] = frames.up[at]
        told[2 * at : 2 * at + 2, 2 * at : 2 * at + 2] = firm_hu[at]
    third = np.kron(np.diff(np.eye(count), 3, axis=0), np.eye(3))
    change, already = third @ across, third @ frames.center_lps_mm.ravel()
    pull = told @ middle_mm.ravel() - STIFF_HU * change.T @ already
    shift = np.linalg.solve(told + STIFF_HU * change.T @ change + LEAST_FIRM_HU * np.eye(2 * count), pull)
    return frames.center_lps_mm + (across @ shift).reshape(count, 3)


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
