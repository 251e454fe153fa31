"""Where exactly the open lumen ends: a tapering cone, fitted to the lumen's area along the vessel.

The radius of the lumen falls to nothing over the taper's length, the faster the nearer to its tip. What is measured of
it along the vessel is this, blurred: once as the area of the fitted lumen, and once as the light in the middle of the
vessel, which is sharper but knows less of the wall. Firm plaque next to the lumen is bright itself: a step to a
plateau, where a taper would go on to fall. A plug of calcium ends the lumen where it begins itself: half-way between
the grey values of contrast and calcium in the vessel's core.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from viewer.analysis.occlusion.branches import SideBranch
from viewer.analysis.occlusion.contrast import TISSUE_HU, ContrastProfile
from viewer.model.calcium import CalciumProfile
from viewer.model.cross_section import CrossSections
from viewer.model.geometry import Float

#: Lengths of the taper that are tried.
TAPERS_MM = (0.3, 0.7, 1.1, 1.6, 2.2, 3.0, 4.0, 5.0, 6.5, 8.0)
#: A taper at least as long as this is one to the eye.
TAPERED_MM = 3.0
#: The area of a narrowing lumen falls with this power of the distance to its tip: 2 would be a straight cone.
AREA_POWER = 1.6
#: An occlusion begins where less than this share of the vessel's area is open; a healthy lumen has about the other.
CLOSED_SHARE, HEALTHY_SHARE = 0.02, 0.6
HEALTHY_RANGE = (0.35, 0.7)
#: So much of the open and of the closed vessel is looked at about a cap, and what of the open one is beyond its taper.
OPEN_MM, CLOSED_MM, PLATEAU_MM = 12.0, 5.0, 5.0
#: The cap is looked for so far to either side of its first guess.
SEARCH_MM = 5.0
#: The measured area of a lumen is smoothed so much along the vessel, and is wrong by so much of the healthy one;
#: stations nearer than this to each other are wrong together.
AREA_BLUR_MM, AREA_SPREAD, TOGETHER_MM = 0.6, 0.12, 1.0
#: Of a narrow lumen this share of the healthy radius is lost in its measured area.
LOST_SHARE = 0.08
#: The light of a lumen, compared with that of the plaque from so far into the occlusion on, tells as much: its spread,
#: the share of the noise that is left in the mean over a section, its blur along the vessel, and the contrast that it
#: takes at least.
PLAQUE_FROM_MM, PLAQUE_RANGE_HU, FAINTEST_HU = 1.5, (40.0, 160.0), 60.0
LIGHT_SPREAD, LIGHT_NOISE_SHARE, LIGHT_BLUR_MM = 0.2, 0.35, 0.45
#: Plaque may be firmer, and so brighter, next to the lumen than deeper in, by so much of the step to contrast; it goes
#: on for so long, and has passed into the deeper plaque there.
FIRM_SHARES, FIRM_SPREAD = (0.0, 0.12, 0.25, 0.4), 0.2
FIRM_MM, FIRM_TO_MM = 2.0, 4.0
#: What a branch that leaves a closed vessel shows in its sections: nothing to all of its own area, so far beyond its
#: own radius, on the side that it comes from and on the one that it goes to.
BRANCH_SHARES = (0.0, 0.5, 1.0)
BRANCH_BACK_MM, BRANCH_AHEAD_MM = 0.2, 0.8
#: Calcium that takes up this share of the section closes the lumen if its edge lies within this distance beyond the
#: contrast's end, which its glow hides; so much further in its sections may reach that share.
PLUG_PERCENT, PLUG_NEAR_MM, PLUG_RISE_MM = 60.0, 1.8, 1.0
#: What partial volume and the wall's own variation leave open, whatever the noise.
FLOOR_MM = 0.25
#: From the standard deviation to the range that holds nine times out of ten.
NINE_IN_TEN = 1.64


@dataclass(frozen=True, slots=True)
class CapFit:
    """An end of the open lumen.

    Attributes
    ----------
    station_mm : float
    low_mm, high_mm : float
        Between them it lies nine times out of ten.
    taper_mm : float
        Over what length the lumen narrows to nothing.
    plugged : bool
        Whether it is calcium that closes it.
    """

    station_mm: float
    low_mm: float
    high_mm: float
    taper_mm: float
    plugged: bool

    @property
    def tapered(self) -> bool:
        """Whether the lumen narrows towards the cap."""
        return self.taper_mm >= TAPERED_MM


@lru_cache(maxsize=32)
def blurred_taper(taper_mm: float, sigma_mm: float, lost: float = 0.0) -> tuple[Float, Float]:
    """Return the open share of the healthy lumen's area against the distance before its tip, blurred along the vessel.

    Parameters
    ----------
    taper_mm, sigma_mm : float
    lost : float
        Share of the healthy radius that is not seen of a lumen where it is narrow.

    Returns
    -------
    before_mm, share : ndarray
        Even steps of 0.05 mm.
    """
    before = np.arange(-4.0, 24.0, 0.05)
    radius = np.clip(before / taper_mm, 0.0, 1.0) ** (0.5 * AREA_POWER)
    share = np.clip(radius - lost * (1.0 - radius), 0.0, 1.0) ** 2
    reach = np.arange(-60, 61) * 0.05
    kernel = np.exp(-0.5 * (reach / sigma_mm) ** 2)
    padded = np.concatenate([np.zeros(60), share, np.ones(60)])
    return before, np.convolve(padded, kernel / kernel.sum(), "valid")


def fit_cap(
    sections: CrossSections,
    contrast: ContrastProfile,
    calcium: CalciumProfile | None,
    guess_mm: float,
    open_end_mm: float,
    closed_end_mm: float,
    noise_hu: float,
    branches: tuple[SideBranch, ...] = (),
) -> CapFit:
    """Find where the open lumen ends.

    Parameters
    ----------
    sections : CrossSections
    contrast : ContrastProfile
    calcium : CalciumProfile or None
        All on the same stations.
    guess_mm : float
        Where it seems to end.
    open_end_mm, closed_end_mm : float
        How far the open vessel and the closed one reach on either side of it; which of the two lies nearer to the
        vessel's start tells a proximal cap from a distal one.
    noise_hu : float
        Of the picture.
    branches : tuple of SideBranch
        Where one leaves a closed vessel, the lumen in the sections may be its own.
    """
    sign = 1.0 if open_end_mm < closed_end_mm else -1.0
    x = sign * (contrast.station_mm - guess_mm)  # grows into the occlusion
    low = max(sign * (open_end_mm - guess_mm), -OPEN_MM)
    high = min(sign * (closed_end_mm - guess_mm), CLOSED_MM)
    here = np.flatnonzero((x >= low) & (x <= high))
    here = here[np.argsort(x[here])]
    x = x[here]
    share = sections.lumen_area_mm2[here] / np.maximum(sections.wall_area_mm2[here], 1e-6)
    wall = float(np.median(np.sqrt(sections.wall_area_mm2[here] / np.pi)))
    bumps = [_bump(contrast.station_mm[here], branch, wall) for branch in branches]
    light = _light(x, contrast.mean_hu[here], noise_hu)
    tip, spread, taper = _cone(x, share, light, [bump for bump in bumps if bump.max() > 0.05])
    plug = None if calcium is None else _plug(x, calcium.csa_percent[here], contrast, here, tip)
    if plug is not None:
        tip, slope = plug
        spread = 0.5 * noise_hu / slope
    spread = float(np.hypot(spread, FLOOR_MM)) * NINE_IN_TEN
    where = float(np.clip(guess_mm + sign * tip, *contrast.station_mm[[0, -1]]))
    return CapFit(where, where - spread, where + spread, taper, plug is not None)


def _bump(station_mm: Float, branch: SideBranch, wall_mm: float) -> Float:
    """Return the share of the vessel's area that a branch takes where it leaves, blurred along the vessel."""
    first = branch.joins_mm - branch.radius_mm - BRANCH_BACK_MM
    last = branch.joins_mm + branch.radius_mm + BRANCH_AHEAD_MM
    edges = 0.5 * (erf((station_mm - first) / AREA_BLUR_MM) - erf((station_mm - last) / AREA_BLUR_MM))
    return np.asarray(edges * min((branch.radius_mm / wall_mm) ** 2, 1.0), float)


def _light(x: Float, mean_hu: Float, noise_hu: float) -> tuple[Float, float]:
    """Return how much of the healthy lumen's contrast is left, NaN where unknown, and its standard deviation."""
    before, beyond = mean_hu[x < -PLATEAU_MM], mean_hu[x > PLAQUE_FROM_MM]
    if not np.isfinite(before).any() or not np.isfinite(beyond).any():
        return np.full(len(x), np.nan), 1.0
    plaque = float(np.clip(np.nanmedian(beyond), *PLAQUE_RANGE_HU))
    height = float(np.nanmedian(before)) - plaque
    if height < FAINTEST_HU:
        return np.full(len(x), np.nan), 1.0
    return (mean_hu - plaque) / height, float(np.hypot(LIGHT_SPREAD, LIGHT_NOISE_SHARE * noise_hu / height))


def _cone(x: Float, share: Float, light: tuple[Float, float], bumps: list[Float]) -> tuple[float, float, float]:
    """Return where the lumen closes, how unsure that is, and the length of the taper; `x` grows into the occlusion."""
    plateau = share[x < -PLATEAU_MM]
    healthy = float(np.clip(np.median(plateau) if len(plateau) else share.max(), *HEALTHY_RANGE))
    tapers = np.array(TAPERS_MM)
    tips = np.arange(max(-SEARCH_MM, x[0] + 1.0), max(min(SEARCH_MM, x[-1]), x[0] + 1.0) + 1e-9, 0.1)
    step = float(np.median(np.diff(x)))
    scale = np.sqrt(min(step / TOGETHER_MM, 1.0)) / (AREA_SPREAD * healthy)
    cones, glows = (_cones(tapers, tips, x, *how) for how in ((AREA_BLUR_MM, LOST_SHARE), (LIGHT_BLUR_MM, 0.0)))
    shown, light_spread = light
    light_scale = np.sqrt(min(step / TOGETHER_MM, 1.0)) / light_spread
    deep = x[None, :] - tips[:, None]
    firm = np.clip((FIRM_TO_MM - deep) / (FIRM_TO_MM - FIRM_MM), 0.0, 1.0)
    seen = [(near, glows + (1 - glows) * near * firm) for near in FIRM_SHARES]
    options = []
    for beside in _beside(bumps, len(x)):
        by_area = _cost(share, healthy * cones, beside, scale)
        for near, glow in seen:
            by_light = _cost(shown, glow, beside / healthy, light_scale)
            options.append(by_area + by_light + (near / FIRM_SPREAD) ** 2)
    cost = np.stack(options)
    likely = np.exp(-0.5 * (cost - cost.min())).sum(0)
    likely /= likely.sum()
    # just before its tip the cone is no open lumen any more
    closes = tips[None, :] - tapers[:, None] * (CLOSED_SHARE / HEALTHY_SHARE) ** (1 / AREA_POWER)
    where = float((likely * closes).sum())
    spread = float(np.sqrt((likely * (closes - where) ** 2).sum()))
    return where, spread, float((likely.sum(1) * tapers).sum())


def _cones(tapers: Float, tips: Float, x: Float, blur_mm: float, lost: float) -> Float:
    """Return the open share at `x` for every taper and tip, blurred along the vessel."""
    result = np.empty((len(tapers), len(tips), len(x)))
    for row, taper in enumerate(tapers):
        before, shape = blurred_taper(float(taper), blur_mm, lost)
        result[row] = np.interp(tips[:, None] - x[None, :], before, shape)
    return result


def _beside(bumps: list[Float], count: int) -> list[Float]:
    """Return what branches may add to a closed vessel, in all combinations."""
    found = [np.zeros(count)]
    for bump in bumps:
        found = [before + share * bump for before in found for share in BRANCH_SHARES]
    return found


def _cost(share: Float, cones: Float, beside: Float, scale: float) -> Float:
    """Return how badly each cone explains what is seen of the lumen, together with what branches add to it."""
    left = np.nan_to_num(np.abs(share - np.maximum(cones, beside)) * scale)
    return np.asarray(np.where(left < 1.5, left**2, 3.0 * left - 2.25).sum(2), float)


def _plug(
    x: Float, percent: Float, contrast: ContrastProfile, here: NDArray[np.intp], tip: float
) -> tuple[float, float] | None:
    """Return where contrast meets a plug of calcium and how steeply (HU/mm); ``None`` if no plug closes the lumen."""
    near = np.flatnonzero((percent >= PLUG_PERCENT) & (np.abs(x - tip) <= PLUG_NEAR_MM + PLUG_RISE_MM))
    if len(near) == 0:
        return None
    begins = float(x[near[0]])
    mean, core = contrast.mean_hu[here], contrast.core_hu[here]
    before = (x < begins - 1.0) & (x > begins - 8.0) & np.isfinite(mean)
    inside = (x >= begins) & (x <= begins + 2.5)
    lumen = float(np.median(mean[before])) if before.any() else TISSUE_HU
    half = 0.5 * (lumen + float(core[inside].max()))
    rises = np.flatnonzero((core[:-1] < half) & (core[1:] >= half))
    if len(rises) == 0:
        return None
    first = int(rises[np.abs(x[rises] - begins).argmin()])
    edge = float(np.interp(half, core[first : first + 2], x[first : first + 2]))
    # a lumen that ends long before the calcium is not closed by it
    if edge - tip > PLUG_NEAR_MM:
        return None
    return edge, max(float(np.gradient(core, x)[first]), 50.0)
