"""How much of the circumference calcium takes, seen from the middle of the vessel."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter1d, median_filter

from viewer.analysis.plaque.centring import centroids
from viewer.analysis.plaque.unrolled import Grid
from viewer.analysis.reformat.sampling import Float32
from viewer.model.cross_section import CrossSections
from viewer.model.geometry import Float

#: One ray a degree.
RAYS = 360
RAY_STEP_MM = 0.1
#: A ray meets calcium if it runs through it for at least this long.
LEAST_CHORD_MM = 0.2
#: Near the middle a tenth of a millimetre is many degrees, so only what lies beyond this share of the wall's radius
#: counts, unless a station has calcium nowhere else.
FROM_SHARE = 0.5
#: A ray through less than this share of what one near by runs through lies beyond the end of a deposit.
END_SHARE = 0.5
#: The middle of a vessel runs smooth over this length, and single stations within the second one do not stand out.
MIDDLE_MM, CALM_MM = 1.0, 1.0


def arcs(share: Float32, sections: CrossSections, cells: Grid, fwhm_mm: float) -> tuple[Float, Float]:
    """Return the degrees of the circumference that meet calcium at each station of a grid.

    A deposit ends with a step, but what is left of the blur rounds it off. So a ray within the width of the blur from
    one through no calcium and from one through much more of it lies beyond the end.

    Parameters
    ----------
    share : ndarray of float32, shape (S, N, N)
        Share of calcium in each cell.
    sections : CrossSections
        The middle of a vessel is the centroid of its outer wall: an occlusion has no lumen to look from.
    cells : Grid
    fwhm_mm : float
        Full width at half maximum of the blur that was taken off.

    Returns
    -------
    total, longest : ndarray of shape (S,)
        All rays that meet calcium, and the longest run of them, in degrees.
    """
    part = slice(cells.first, cells.last)
    step = float(np.diff(sections.frames.station_mm).mean())
    middle = gaussian_filter1d(centroids(sections.wall_mm), MIDDLE_MM / step, axis=0, mode="nearest")[part]
    reach = float(sections.wall_mm[part].max() + np.abs(middle).max() + 0.5)
    across = float(cells.offset_mm[1] - cells.offset_mm[0])
    start = (middle - cells.offset_mm[0]) / across
    chord = np.zeros((len(share), RAYS))
    radius = np.sqrt(sections.wall_area_mm2[part] / np.pi)
    _rays(share, start, across, FROM_SHARE * radius, reach, chord)
    central = (share.max((1, 2)) >= 0.5) & ~(chord >= LEAST_CHORD_MM).any(1)
    if central.any():
        _rays(np.where(central[:, None, None], share, 0), start, across, np.zeros(len(share)), reach, chord)
    hit = chord >= LEAST_CHORD_MM - 1e-9
    if fwhm_mm:
        near = min(2 * round(np.degrees(fwhm_mm / float(np.median(radius)))) + 1, RAYS // 2)
        beside = maximum_filter1d(chord, near, axis=1, mode="wrap")
        at_end = maximum_filter1d(~hit, near, axis=1, mode="wrap")
        hit &= ~(at_end & (chord < END_SHARE * beside))
    longest = np.array([_longest(row) for row in hit], float)
    width = 2 * round(0.5 * CALM_MM / step) + 1
    return median_filter(hit.sum(1) * 360.0 / RAYS, width), median_filter(longest * 360.0 / RAYS, width)


@njit(nogil=True, cache=True)
def _rays(share: Float32, middle: Float, cell: float, begin: Float, reach: float, chords: Float) -> None:
    """Put into `chords`, shape (S, RAYS), through how much calcium each ray runs."""
    stations, size, _ = share.shape
    steps = int(reach / RAY_STEP_MM)
    for s in range(stations):
        if share[s].max() < 0.1:
            continue
        for a in range(chords.shape[1]):
            angle = 2 * np.pi * (a + 0.5) / chords.shape[1]
            dx, dy = np.cos(angle) / cell, np.sin(angle) / cell
            chord = 0.0
            for q in range(steps):
                r = (q + 0.5) * RAY_STEP_MM
                if r < begin[s]:
                    continue
                x, y = middle[s, 0] + r * dx, middle[s, 1] + r * dy
                i, j = int(x), int(y)
                if x < 0 or y < 0 or i >= size - 1 or j >= size - 1:
                    break
                f, g = x - i, y - j
                value = (share[s, j, i] * (1 - f) + share[s, j, i + 1] * f) * (1 - g)
                value += (share[s, j + 1, i] * (1 - f) + share[s, j + 1, i + 1] * f) * g
                if value >= 0.5:
                    chord += RAY_STEP_MM
            chords[s, a] = chord


@njit(nogil=True, cache=True)
def _longest(hit: NDArray[np.bool_]) -> int:
    """Return the longest run of true values around a circle."""
    best, run = 0, 0
    for a in range(2 * len(hit)):
        run = run + 1 if hit[a % len(hit)] else 0
        best = max(best, min(run, len(hit)))
    return best
