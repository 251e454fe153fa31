"""How contrast fills a vessel along its course: where it is open, and how bright an open lumen is there.

Beyond an occlusion a vessel is filled by collaterals and may be half as bright as the aorta, in a noisy scan hardly
brighter than plaque. No single sample tells the two apart, but a stretch does: contrast runs on evenly, and it takes a
cap to end it. So the most likely course of levels through all stations is looked for (Viterbi), open or closed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from viewer.model.geometry import Float

#: What the core of a closed vessel shows; it varies by this share of the way from there to the aorta's contrast.
PLAQUE_HU, PLAQUE_SPREAD = 90.0, 0.14
#: Levels of contrast that are tried, as shares of the way from plaque to the aorta's contrast.
LOWEST_SHARE, HIGHEST_SHARE, LEVELS = 0.3, 1.4, 45
#: What a vessel begins with, and what lies beyond an occlusion; the spread of both.
FIRST_SHARE, BEYOND_SHARE = (1.0, 0.12), (0.6, 0.16)
#: What one cap costs, the vessel's beginning included, and a change of the level by the whole way from plaque to
#: contrast, in units of log-likelihood.
CAP_COST, CHANGE_COST = 4.0, 40.0
#: Noise of stations nearer to each other than this is the same.
TOGETHER_MM = 1.2
#: Texture of a lumen, whatever the noise; a station further off than so many deviations counts no more.
LEAST_SPREAD_HU, FURTHEST = 14.0, 3.0


def filling(
    core_hu: Float, seen: NDArray[np.bool_], lumen_hu: float, step_mm: float
) -> tuple[NDArray[np.bool_], Float]:
    """Tell where a vessel is filled with contrast, and how bright that is or would be.

    Parameters
    ----------
    core_hu : ndarray of shape (S,)
        Grey value in the middle of the vessel.
    seen : ndarray of bool, shape (S,)
        Where it is neither calcium nor its glow.
    lumen_hu : float
        Contrast in the aorta.
    step_mm : float
        Distance between stations.

    Returns
    -------
    filled : ndarray of bool, shape (S,)
    level_hu : ndarray of shape (S,)
        Grey value of contrast; carried on where there is none.
    """
    count = len(core_hu)
    way = max(lumen_hu - PLAQUE_HU, 60.0)
    share = np.linspace(LOWEST_SHARE, HIGHEST_SHARE, LEVELS)
    level = PLAQUE_HU + share * way
    spread = _noise(core_hu, seen, step_mm)
    worth = min(step_mm / TOGETHER_MM, 1.0)

    off = np.abs(core_hu[:, None] - level[None, :]) / spread
    open_cost = worth * (0.5 * np.minimum(off, FURTHEST) ** 2 + np.log(spread))
    wide = float(np.hypot(spread, PLAQUE_SPREAD * way))
    # whatever is darker than plaque is no contrast either
    off = np.maximum(core_hu - PLAQUE_HU, 0.0) / wide
    closed_cost = worth * (0.5 * np.minimum(off, 2 * FURTHEST) ** 2 + np.log(wide))
    open_cost[~seen], closed_cost[~seen] = 0.0, 0.0

    first = 0.5 * ((share - FIRST_SHARE[0]) / FIRST_SHARE[1]) ** 2
    beyond = CAP_COST + 0.5 * ((share - BEYOND_SHARE[0]) / BEYOND_SHARE[1]) ** 2
    change = CHANGE_COST * np.abs(share[:, None] - share[None, :])
    best = np.append(np.minimum(first, 30.0), CAP_COST)
    came = np.zeros((count, LEVELS + 1), np.intp)
    for at in range(count):
        if at:
            run_on = best[:LEVELS, None] + change
            from_open = run_on.argmin(0)
            opened = run_on[from_open, np.arange(LEVELS)]
            reopened = best[LEVELS] + beyond
            came[at, :LEVELS] = np.where(opened <= reopened, from_open, LEVELS)
            closing = int(best[:LEVELS].argmin())
            closes = best[closing] + CAP_COST < best[LEVELS]
            came[at, LEVELS] = closing if closes else LEVELS
            best = np.append(np.minimum(opened, reopened), min(best[closing] + CAP_COST, best[LEVELS]))
        best = best + np.append(open_cost[at], closed_cost[at])
    state = np.empty(count, np.intp)
    now = int(best.argmin())
    for at in range(count - 1, -1, -1):
        state[at] = now
        now = int(came[at, now])
    filled = state < LEVELS
    if not filled.any():
        return filled, np.full(count, lumen_hu)
    stations = np.arange(count)
    return filled, np.interp(stations, stations[filled], level[state[filled]])


def _noise(core_hu: Float, seen: NDArray[np.bool_], step_mm: float) -> float:
    """Return the standard deviation of the core's grey value, from neighbours that do not share their noise."""
    lag = max(1, round(TOGETHER_MM / step_mm))
    both = seen[lag:] & seen[:-lag]
    if both.sum() < 8:
        return 2 * LEAST_SPREAD_HU
    apart = np.abs(core_hu[lag:] - core_hu[:-lag])[both]
    return max(float(np.median(apart)) / 0.954, LEAST_SPREAD_HU)
