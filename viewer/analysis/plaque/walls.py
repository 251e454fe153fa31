"""Lumen and outer wall at every station of a vessel.

A model of a round vessel behind the scanner's blur is fitted to rays from the centreline (`rays`). At first the vessel
is a circle at each station, off the centreline by what the picture says, smooth along the vessel; where the picture has
no edge (an occlusion inside heart muscle, a deposit over the whole wall) the circle runs on straight between the
sections on both sides. Then each ray may leave the circle as far as its own and its neighbours' edges are sure of it.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from viewer.analysis.plaque.blur import FWHM, FWHM_RANGE_MM, USUAL_FWHM_MM
from viewer.analysis.plaque.centring import moved, off_the_middle, seen_from
from viewer.analysis.plaque.first_guess import first_guess, usual_thickness
from viewer.analysis.plaque.rays import NO_LUMEN_MM, Model, Rays, normal_equations, rays
from viewer.analysis.plaque.vessel_fit import (
    AROUND_TRUST,
    along_pooled,
    own_thickness,
    read_levels,
    read_surroundings,
    round_vessel,
    take_shape,
    wider,
    without,
)
from viewer.analysis.reformat.frames import STEP_MM, frames_along
from viewer.model.centerline import Centerline
from viewer.model.cross_section import Contour, CrossSections, Frames
from viewer.model.geometry import Float
from viewer.model.volume import Volume
from viewer.progress import Progress, silent

#: Distance between the stations of the fit; the blur is wider.
FIT_STEP_MM = 0.5
#: Enough for walls, and for their middle.
ITERATIONS, CENTRING_ITERATIONS = 8, 4
#: While the blur is looked for, walls keep so near to their usual thickness; and what the usual blur itself counts.
BLUR_SPREAD_MM = 0.02
BLUR_PRIOR = 100.0
#: How far a wall may be off the usual thickness, before and after this vessel has shown its own.
FIRST_SPREAD_MM, OWN_SPREAD_MM = 0.15, 0.08


def measure_vessel(
    volume: Volume,
    centerline: Centerline,
    name: str,
    lumen_hu: float,
    *,
    fwhm_mm: float = USUAL_FWHM_MM,
    step_mm: float = STEP_MM,
    progress: Progress = silent,
) -> CrossSections:
    """Find lumen and outer wall along a vessel.

    Parameters
    ----------
    volume : Volume
    centerline : Centerline
        Within about 0.5 mm of the vessel's middle.
    name : str
        The vessel's name.
    lumen_hu : float
        Grey value of contrast in the large vessels, from which the search starts.
    fwhm_mm : float
        Full width at half maximum of the picture's blur.
    step_mm : float
        Distance between stations of the result.
    progress : Progress

    Returns
    -------
    CrossSections
        Lumen 0 where there is none. A station is `Contour.MEASURED` if the picture has an edge around at least half of
        it, a lumen if calcium does not hide it; else it is `Contour.INTERPOLATED`.
    """
    progress(0.0, f"Walls of {name}")
    frames = frames_along(centerline, step_mm)
    fit = frames_along(centerline, FIT_STEP_MM)
    sigma, text = fwhm_mm / FWHM, f"Walls of {name}"
    off = _off_the_middle(volume, centerline, fit, lumen_hu, sigma)
    seen = rays(volume, moved(fit, off))
    model, sure, _, _ = _fit(seen, fit, lumen_hu, sigma, False, progress, text)
    model.lumen_mm, model.wall_mm = seen_from(model.lumen_mm, -off), seen_from(model.wall_mm, -off)
    return _sections(name, frames, fit, model, sure)


def _off_the_middle(volume: Volume, centerline: Centerline, fit: Frames, lumen_hu: float, sigma: float) -> Float:
    """Return where the middle of the vessel lies off the centreline, as a short fit at few stations shows it.

    Rays that start beside the middle take what lies there for it: a deposit's glow for a lumen, say.
    """
    few = frames_along(centerline, 2 * FIT_STEP_MM)
    model, _, _, _ = _fit(rays(volume, few), few, lumen_hu, sigma, False, silent, "", CENTRING_ITERATIONS)
    off = off_the_middle(np.asarray(model.wall_mm, float), 2 * FIT_STEP_MM)
    return np.stack([np.interp(fit.station_mm, few.station_mm, column) for column in off.T], axis=1)


def estimated_fwhm_mm(
    volume: Volume, centerlines: Iterable[Centerline], lumen_hu: float, progress: Progress = silent
) -> float:
    """Return the full width at half maximum of the picture's blur, as the edges of the large vessels show it.

    Wall and blur both soften the edge of a lumen. So the wall is held at its usual thickness here, only rays into fat
    count, and what they say is weighed against the usual blur.

    Parameters
    ----------
    volume : Volume
    centerlines : iterable of Centerline
        The larger vessels; two or three are enough.
    lumen_hu : float
    progress : Progress
    """
    total, amount = BLUR_PRIOR * np.log(USUAL_FWHM_MM), BLUR_PRIOR
    for centerline in centerlines:
        fit = frames_along(centerline, FIT_STEP_MM)
        seen = rays(volume, fit)
        _, _, sigma, known = _fit(seen, fit, lumen_hu, USUAL_FWHM_MM / FWHM, True, progress, "Sharpness of the picture")
        total, amount = total + known * np.log(sigma * FWHM), amount + known
    return float(np.exp(total / amount))


def _fit(
    seen: Rays,
    fit: Frames,
    lumen_hu: float,
    sigma: float,
    find_blur: bool,
    progress: Progress,
    text: str,
    iterations: int = ITERATIONS,
) -> tuple[Model, Float, float, float]:
    """Fit the model to the rays; return it, how sure each ray is of the wall, the blur and how sure that is."""
    step = float(fit.station_mm[1] - fit.station_mm[0])
    model = first_guess(seen, lumen_hu, step)
    known, sure = 0.0, np.zeros(model.lumen_mm.shape)
    for turn in range(iterations):
        mean = np.asarray(model.lumen_mm, float).mean(1)
        thickness, spread = usual_thickness(mean), BLUR_SPREAD_MM if find_blur else FIRST_SPREAD_MM
        if turn > 2 and not find_blur:
            thickness, spread = own_thickness(model, sure, step), OWN_SPREAD_MM
        matrix, right, levels, blur = normal_equations(seen, model, sigma)
        if find_blur and turn > 2:
            change, known = wider(matrix, right, blur, model)
            sigma = float(
                np.clip(sigma * np.exp(np.clip(change, -0.1, 0.1)), *(width / FWHM for width in FWHM_RANGE_MM))
            )
        all_known = along_pooled(matrix, right, step)
        borders = without(*all_known, 3, model.around_hu, AROUND_TRUST)
        lumen, wall, sure = round_vessel(*borders, model, seen.angle, step, thickness, spread)
        take_shape(*borders, model, lumen, wall)
        read_surroundings(*all_known, model)
        read_levels(model, levels, lumen_hu, step)
        progress((turn + 1) / iterations, text)
    return model, sure, sigma, known


def _sections(name: str, frames: Frames, fit: Frames, model: Model, sure: Float) -> CrossSections:
    """Return the model as a noun on the stations of `frames`."""
    lumen = np.asarray(model.lumen_mm, float).copy()
    lumen[np.sqrt((lumen**2).mean(1)) < NO_LUMEN_MM] = 0.0

    def at_stations(radius: Float) -> Float:
        return np.stack([np.interp(frames.station_mm, fit.station_mm, column) for column in radius.T], axis=1)

    wall = at_stations(np.asarray(model.wall_mm, float))
    lumen = np.minimum(at_stations(lumen), wall)
    seen_here = ((sure > 8.0) & (model.weight >= 1.0)).mean(1) >= 0.5
    nearest = np.clip(np.round(np.interp(frames.station_mm, fit.station_mm, np.arange(len(sure)))), 0, len(sure) - 1)
    nearest = nearest.astype(int)
    blind = (model.from_mm > 0).any(1)
    wall_source = np.where(seen_here, Contour.MEASURED, Contour.INTERPOLATED)[nearest].astype(np.uint8)
    lumen_source = np.where(blind, Contour.INTERPOLATED, Contour.MEASURED)[nearest].astype(np.uint8)
    return CrossSections(name, frames, lumen, wall, lumen_source, wall_source)
