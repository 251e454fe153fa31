"""Where the fit of a vessel's walls starts: the lumen by half height, the wall about it, calcium by its threshold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import (
    binary_dilation,
    binary_propagation,
    gaussian_filter1d,
    grey_dilation,
    grey_erosion,
    median_filter,
    percentile_filter,
)

from viewer.analysis.plaque.filling import filling
from viewer.analysis.plaque.rays import NO_LUMEN_MM, RADIAL_STEP_MM, REACH_MM, Model, Rays
from viewer.model.geometry import Float

#: Wall and soft plaque on a contrast CT.
TISSUE_HU = 65.0
#: Calcium that is too thin to show its own grey value.
THIN_CALCIUM_HU = 850.0
#: A sample above this is calcium if there is no contrast; where there is, it must also outshine that by this much.
CALCIUM_HU = 351.0
ABOVE_LUMEN_HU = 110.0
#: The middle of an open vessel is not brighter than the large vessels by more than this factor.
BRIGHTEST_CONTRAST = 1.45
#: Calcium on more than this share of the rays within this distance from the middle lights up the middle itself, so far
#: along the vessel.
GLOW_SHARE, GLOW_WITHIN_MM, GLOW_MM = 0.25, 1.8, 1.0
#: Wall of a healthy coronary artery: a share of the lumen's radius, but not thinner than this.
WALL_SHARE, THINNEST_WALL_MM = 0.27, 0.35
#: A lumen narrower than this share of what is usual near by is diseased: its wall says nothing of the healthy one.
HEALTHY_SHARE = 0.92
#: No stretch of a vessel, however long, is healthy whose lumen is narrower than this share of what is usual far around.
NARROWED_SHARE = 0.8
#: A lumen this much wider than is usual so far around, and at its rim brighter than contrast by this much, has a ring.
WIDENED_SHARE, RING_REACH_MM, RING_HU = 1.1, 10.0, 30.0
#: What a ray counts beside one through clean wall: amid a deposit, whose edge is seven times as high as others but its
#: grey value is a guess; at its rim; near it; and between two of them, where only its outer part is looked at.
AMID_WEIGHT, RIM_WEIGHT, NEAR_WEIGHT, BESIDE_WEIGHT = 0.05, 0.002, 0.15, 0.5
#: Where more than this share of the rays meets calcium, what lies within cannot be seen.
BLINDING_SHARE = 0.4


def first_guess(seen: Rays, lumen_hu: float, step: float) -> Model:
    """Return a first guess: the lumen by half height, the wall around it, calcium by its threshold."""
    stations, angles, samples = seen.hu.shape
    calm = seen.calm
    core = np.median(calm[:, :, : max(1, int(0.5 / RADIAL_STEP_MM))].reshape(stations, -1), axis=1).astype(float)
    glow = (calm[:, :, : round(GLOW_WITHIN_MM / RADIAL_STEP_MM)] > BRIGHTEST_CONTRAST * lumen_hu).any(2)
    dimmed = binary_dilation(glow.mean(1) > GLOW_SHARE, iterations=max(1, round(GLOW_MM / step)))
    contrast, level = filling(core, ~dimmed, lumen_hu, step)
    level = gaussian_filter1d(level, 3.0 / step, mode="nearest")

    bright = np.maximum(CALCIUM_HU, level + ABOVE_LUMEN_HU)
    half = 0.5 * (level + TISSUE_HU)
    below = calm < half[:, None, None]
    edge = np.where(below.any(2), below.argmax(2), samples) * RADIAL_STEP_MM
    first_calcium = np.where((calm > bright[:, None, None]).any(2), (calm > bright[:, None, None]).argmax(2), samples)
    clear = first_calcium * RADIAL_STEP_MM > edge + 0.6
    few = clear.mean(1) < 0.3
    lumen = np.where(few, 0.0, np.nanmedian(np.where(clear | few[:, None], edge, np.nan), axis=1))
    # behind a ring of calcium the lumen is as wide as before and beyond, if there is one
    shown = np.flatnonzero(~few & contrast)
    if len(shown):
        lumen = np.where(few, np.interp(np.arange(stations), shown, lumen[shown]), lumen)
    lumen = np.where(contrast, np.clip(lumen, 0.1, REACH_MM - 2.0), 0.1)
    lumen = median_filter(lumen, 3, mode="nearest")
    usual = percentile_filter(lumen, 50, size=2 * round(RING_REACH_MM / step) + 1, mode="nearest")
    ringed = _ringed(seen, lumen, usual, level, step)
    lumen = np.where(ringed, usual, lumen)

    sound = healthy(lumen, step)
    wall = np.full(stations, 1.75)
    if sound.any():
        at = np.arange(stations)
        reference = np.maximum(np.interp(at, at[sound], lumen[sound]), lumen)
        wall = reference + usual_thickness(reference)
    wall = gaussian_filter1d(wall, 1.0 / step, mode="nearest")

    open_here = lumen > NO_LUMEN_MM
    bright = np.where(open_here, bright, CALCIUM_HU)
    # A deposit in the wall shows in the outer half of a ray; what shines further in only may be one on the other side.
    radius = seen.radius_mm[None, None, :]
    outer = (radius < wall[:, None, None] + 0.3) & (radius > 0.5 * wall[:, None, None])
    shown = np.where(outer, calm, -1024.0)
    peak = shown.max(2)
    calcified = (peak > bright[:, None]) | (ringed[:, None] & (edge > 0.5 * (lumen + wall)[:, None]))
    near = grey_dilation(calcified, size=(2 * int(np.ceil(0.5 / step)) + 1, 5), mode="wrap") & ~calcified
    around_peak = grey_dilation(peak, size=(2 * int(np.ceil(1.5 / step)) + 1, angles // 4 | 1), mode="wrap")
    strong = np.maximum(around_peak, THIN_CALCIUM_HU)
    shown = np.where(radius < wall[:, None, None], calm, -1024.0)
    begins = (shown > 0.5 * (peak[:, :, None] + TISSUE_HU)).argmax(2) * RADIAL_STEP_MM
    blind = calcified.mean(1) > BLINDING_SHARE
    closed = _closed(open_here, blind, core > bright)
    lumen = np.where(closed, 0.1, lumen)
    # Among calcium, the outer part of a ray between deposits still shows where the wall meets fat.
    beside = blind[:, None] & ~calcified
    doubtful = np.where(near, np.where(beside, RIM_WEIGHT, NEAR_WEIGHT), np.where(beside, BESIDE_WEIGHT, 1.0))
    amid = (grey_erosion(calcified, size=(1, 5), mode="wrap") > 0) & (peak > 0.8 * around_peak)
    weight = np.where(calcified, np.where(amid, AMID_WEIGHT, RIM_WEIGHT), doubtful)
    full = (angles, stations)
    return Model(
        lumen_mm=np.broadcast_to(lumen, full).T.astype(np.float32),
        inner_mm=np.clip(np.maximum(begins, lumen[:, None]), 0.1, wall[:, None] - 0.1).astype(np.float32),
        wall_mm=np.broadcast_to(wall, full).T.astype(np.float32),
        around_hu=np.full((stations, angles), -90.0, np.float32),
        lumen_hu=level.astype(np.float32),
        tissue_hu=np.full(stations, TISSUE_HU, np.float32),
        calcium_hu=strong.astype(np.float32),
        calcified=calcified,
        weight=weight.astype(np.float32),
        from_mm=np.where(beside, 0.55 * wall[:, None], 0.0).astype(np.float32),
        closed=closed,
    )


def _ringed(seen: Rays, lumen: Float, usual: Float, level: Float, step: float) -> NDArray[np.bool_]:
    """Tell where a thin ring of calcium passes for lumen: it is wider than near by, and brightest at its rim.

    Between contrast and fat the blur leaves a thin ring hardly brighter than the contrast, on no ray enough to tell it
    from noise; all of them together show it.
    """
    wide = (lumen > WIDENED_SHARE * usual) & (usual > 0.5)
    profile = gaussian_filter1d(np.median(seen.calm, axis=1), 0.5 / step, axis=0, mode="nearest")
    rim = (seen.radius_mm > 0.6 * usual[:, None]) & (seen.radius_mm < (usual + usual_thickness(usual))[:, None])
    bright = np.where(rim, profile, -1024.0).max(1) > level + RING_HU
    return np.asarray(binary_propagation(bright & wide, mask=wide))


def _closed(open_here: NDArray[np.bool_], blind: NDArray[np.bool_], filled: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell where calcium leaves no lumen, or blinds the view of one that the neighbours do not have.

    Blurred calcium about an empty middle looks like contrast. So a lumen among calcium is believed only if the vessel
    is open on both sides of the deposit.
    """
    clear = np.flatnonzero(~blind)
    if len(clear) == 0:
        return filled
    at = np.arange(len(blind))
    right = np.searchsorted(clear, at)
    before = clear[np.clip(right - 1, 0, len(clear) - 1)]
    after = clear[np.clip(right, 0, len(clear) - 1)]
    return blind & (filled | ~open_here[before] | ~open_here[after])


def healthy(lumen: Float, step: float) -> Float:
    """Tell, as 1 or 0 for each station, whether the lumen is about as wide as it usually is near by."""
    # beyond an end the vessel is mirrored: the flare of an ostium, carried on, would be what is usual in a short vessel
    usual = percentile_filter(lumen, 60, size=2 * round(8.0 / step) + 1, mode="reflect")
    far = percentile_filter(lumen, 60, size=2 * round(25.0 / step) + 1, mode="reflect")
    usual = np.maximum(usual, NARROWED_SHARE * far)
    calm = np.abs(np.gradient(lumen)) / step < 0.25
    return ((lumen > 0.5) & (lumen > HEALTHY_SHARE * usual) & calm).astype(bool)


def usual_thickness(lumen: Float) -> Float:
    """Return the thickness of a healthy wall about a lumen of this radius."""
    return np.maximum(WALL_SHARE * lumen, THINNEST_WALL_MM)
