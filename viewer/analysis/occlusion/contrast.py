"""How much contrast there is in a vessel at each station, with calcium left out of account."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, gaussian_filter, maximum_filter1d, percentile_filter

from viewer.analysis.plaque.rays import RADIAL_STEP_MM, rays
from viewer.analysis.reformat.sections import section_stack
from viewer.analysis.reformat.straightened import even_offsets
from viewer.model.calcium import CalciumProfile
from viewer.model.cross_section import CrossSections
from viewer.model.geometry import Float
from viewer.model.volume import Volume

#: Vessel wall and soft plaque.
TISSUE_HU = 90.0
#: Side of a pixel of the sections that are looked at.
PIXEL_MM = 0.25
#: A healthy lumen fills this share of the outer wall's radius; only what lies within it is looked at.
DISC_SHARE = 0.75
#: The inner part of the vessel, in which a plug of calcium shows its own grey value.
CORE_SHARE = 0.5
#: Calcium outshines contrast by this much; its glow reaches this far.
ABOVE_CONTRAST_HU, GLOW_MM = 120.0, 0.7
#: A share of the section above which calcium is taken into account.
CALCIFIED_PERCENT = 2.0
#: Smoothing before the brightest place is looked for, as standard deviations.
PATH_ALONG_MM, PATH_ACROSS_MM = 0.8, 0.3
#: Where more than this share of the rays from a core brighter than tissue finds nothing darker than so much of it on
#: the way out, the course has left the vessel (where a branch leaves, it is a quarter), and has not come back to it
#: before so much further on. The way out is looked at from a share of the wall's radius on.
MOST_AROUND, AS_BRIGHT, CHAMBER_HU, ASTRAY_MM = 0.32, 0.75, 130.0, 1.0
BORDER_RAYS, BORDER_CORE_MM, BORDER_FROM_SHARE, BORDER_BEYOND_MM = 24, 0.6, 0.6, 1.0
#: A station with less of its disc free of calcium's glow says nothing of contrast.
FEWEST_CLEAR = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class ContrastProfile:
    """Grey values along one vessel.

    Attributes
    ----------
    station_mm : ndarray of shape (S,)
    mean_hu : ndarray of shape (S,)
        Mean within `DISC_SHARE` of the outer wall, without calcium and its glow; NaN where these leave too little, and
        where the course has left the vessel for something larger.
    clear : ndarray of shape (S,)
        Share of the disc that is free of calcium's glow.
    peak_hu : ndarray of shape (S,)
        The brightest place within `DISC_SHARE`, after smoothing along and across the vessel; NaN as before.
    local_hu : ndarray of shape (S,)
        Grey value of undiluted contrast near by.
    core_hu : ndarray of shape (S,)
        Median within `CORE_SHARE` of the outer wall, calcium included.
    disc_mm2 : ndarray of shape (S,)
        Area of the disc.
    """

    station_mm: Float
    mean_hu: Float
    clear: Float
    peak_hu: Float
    local_hu: Float
    core_hu: Float
    disc_mm2: Float


def contrast_profile(
    volume: Volume, sections: CrossSections, calcium: CalciumProfile | None, lumen_hu: float
) -> ContrastProfile:
    """Return the grey values along a vessel.

    Parameters
    ----------
    volume : Volume
    sections : CrossSections
    calcium : CalciumProfile or None
        On the same stations.
    lumen_hu : float
        Contrast in the aorta: nothing in a coronary artery but calcium is much brighter.
    """
    middle_x, middle_y, radius = wall_circles(sections)
    half = float(radius.max() + np.hypot(middle_x, middle_y).max()) + PIXEL_MM
    stack = section_stack(volume, sections.frames, half_width_mm=half, pixel_mm=PIXEL_MM)
    offset = even_offsets(half, PIXEL_MM)
    pixel = float(offset[1] - offset[0])
    away = np.hypot(offset[None, None, :] - middle_x[:, None, None], offset[None, :, None] - middle_y[:, None, None])
    step = float(np.diff(sections.frames.station_mm).mean())
    astray = _astray(volume, sections)
    local = local_lumen_hu(sections, stack, away, radius, lumen_hu, astray)
    bright = np.maximum(local, 0.75 * lumen_hu) + ABOVE_CONTRAST_HU
    if calcium is not None:
        # a thin deposit is no brighter than contrast; where there is one, whatever is as bright as calcium may be it
        near = maximum_filter1d(calcium.csa_percent, 2 * round(GLOW_MM / step) + 1) > CALCIFIED_PERCENT
        bright = np.where(near, np.minimum(bright, calcium.threshold.hu), bright)
    calm = gaussian_filter(stack, (0.25 / step, 0.25 / pixel, 0.25 / pixel))
    calcium = (calm > bright[:, None, None]) & (away < 1.15 * radius[:, None, None])
    glow = binary_dilation(calcium, _ball(GLOW_MM, step, pixel))
    disc = away < DISC_SHARE * radius[:, None, None]
    clear = disc & ~glow
    count = clear.sum((1, 2))
    share = count / np.maximum(disc.sum((1, 2)), 1)
    told = (share >= FEWEST_CLEAR) & ~astray
    mean = np.where(told, (stack * clear).sum((1, 2)) / np.maximum(count, 1), np.nan)
    # smoothing that calcium takes no part in: a lumen goes on along the vessel, noise does not
    width = (PATH_ALONG_MM / step, PATH_ACROSS_MM / pixel, PATH_ACROSS_MM / pixel)
    weight = gaussian_filter((~glow).astype(np.float32), width)
    path = gaussian_filter(np.where(glow, 0, stack).astype(np.float32), width) / np.maximum(weight, 1e-3)
    peak = np.where(clear, path, -np.inf).max((1, 2))
    core = np.array(
        [
            float(np.median(picture[ring < max(CORE_SHARE * r, 1.01 * pixel)]))
            for picture, ring, r in zip(stack, away, radius, strict=True)
        ]
    )
    return ContrastProfile(
        sections.frames.station_mm,
        mean,
        share,
        np.where(told, peak, np.nan),
        local,
        core,
        np.pi * (DISC_SHARE * radius) ** 2,
    )


def _astray(volume: Volume, sections: CrossSections) -> NDArray[np.bool_]:
    """Tell where the course runs through something larger than a vessel, such as a chamber of the heart, shape (S,).

    A vessel has a border all around, even beside a chamber: on the way out there is something darker.
    """
    step = float(np.diff(sections.frames.station_mm).mean())
    every = max(1, sections.wall_mm.shape[1] // BORDER_RAYS)
    wall = sections.wall_mm[:, ::every, None]
    seen = rays(volume, sections.frames, wall.shape[1], float(wall.max()) + BORDER_BEYOND_MM + RADIAL_STEP_MM)
    calm = gaussian_filter(seen.hu, (0.5 / step, 0.5, 0), mode=("nearest", "wrap", "nearest"))
    core = calm[:, :, seen.radius_mm < BORDER_CORE_MM].mean((1, 2))
    way_out = (seen.radius_mm > BORDER_FROM_SHARE * wall) & (seen.radius_mm < wall + BORDER_BEYOND_MM)
    darkest = np.where(way_out, calm, np.inf).min(2)
    borderless = (darkest > AS_BRIGHT * core[:, None]).mean(1)
    result = (core > CHAMBER_HU) & (borderless > MOST_AROUND)
    return np.asarray(binary_dilation(result, iterations=max(1, round(ASTRAY_MM / step))))


def wall_circles(sections: CrossSections) -> tuple[Float, Float, Float]:
    """Return the middle of the outer wall along `right` and `up`, and the radius of the circle of its area, (S,)."""
    angle = 2 * np.pi * np.arange(sections.wall_mm.shape[1]) / sections.wall_mm.shape[1]
    cube, square = sections.wall_mm**3, (sections.wall_mm**2).sum(1)
    x = 2 / 3 * (cube * np.cos(angle)).sum(1) / square
    y = 2 / 3 * (cube * np.sin(angle)).sum(1) / square
    return x, y, np.sqrt(sections.wall_area_mm2 / np.pi)


def local_lumen_hu(
    sections: CrossSections,
    stack: NDArray[np.float32],
    away: Float,
    radius: Float,
    lumen_hu: float,
    astray: NDArray[np.bool_],
) -> Float:
    """Return the grey value of contrast near each station, carried over stretches without any, shape (S,)."""
    open_here = sections.lumen_area_mm2 > 0.3 * sections.wall_area_mm2
    core = np.array(
        [
            float(np.mean(picture[ring < max(0.4 * r, PIXEL_MM)]))
            for picture, ring, r in zip(stack, away, radius, strict=True)
        ]
    )
    use = open_here & (core < 1.25 * lumen_hu) & ~astray
    if not use.any():
        return np.full(len(core), lumen_hu)
    at = sections.frames.station_mm
    filled = np.interp(at, at[use], core[use])
    step = float(np.diff(at).mean())
    return percentile_filter(filled, 60, size=2 * round(4.0 / step) + 1, mode="nearest")


def _ball(radius_mm: float, step: float, pixel: float) -> NDArray[np.bool_]:
    """Return an ellipsoid of cells that covers a ball."""
    k, n = int(radius_mm / step), int(radius_mm / pixel)
    z, y, x = np.mgrid[-k : k + 1, -n : n + 1, -n : n + 1]
    return (z * step) ** 2 + ((y * pixel) ** 2 + (x * pixel) ** 2) <= radius_mm**2
