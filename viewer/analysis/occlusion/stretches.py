"""Stretches of a vessel without contrast, told from narrow ones and from calcium that hides an open lumen."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from viewer.analysis.occlusion.contrast import TISSUE_HU, ContrastProfile
from viewer.model.calcium import CalciumProfile
from viewer.model.cross_section import CrossSections
from viewer.model.geometry import Float

#: A vessel whose brightest place is above this share of the way from tissue to contrast is open.
OPEN_SHARE = 0.5
#: In a narrow lumen, however blurred, something brighter than this share remains; without lumen there is less.
DEEP_SHARE, DEEP_MM = 0.22, 1.5
#: No stenosis is so long without any lumen that can be measured, though plaque in it be bright: this share of the outer
#: wall's area at most, over this length, once single stations are smoothed away.
WITHOUT_SHARE, WITHOUT_MM, SMOOTHED_MM = 0.05, 9.0, 2.0
#: A lumen of less than this share of the outer wall's area may be the blur of something else.
BARELY_OPEN = 0.1
#: Contrast for less than this between two closed stretches does not part them.
ISLAND_MM = 5.0
#: Nor does so little of it in any case; but from here on it does if it is longer than either of them.
SPECK_MM = 2.5
#: Calcium that takes up this share of the section leaves no lumen.
FILLED_PERCENT = 90.0
#: Shorter stretches without contrast are noise, or a narrow lumen behind the blur.
SHORTEST_MM = 2.5
#: Nearer to its beginning than this (and its parent's radius), a branch lies in its parent's wall.
MOUTH_MM = 1.5
#: A vessel is open beyond the stretch if so much of it is.
BEYOND_MM = 3.0
#: Without an open vessel beyond, a stretch must be as long as this: ends of traced vessels fade.
TO_END_MM = 8.0


@dataclass(frozen=True, slots=True)
class Closed:
    """A stretch without contrast.

    Attributes
    ----------
    from_mm, to_mm : float
    deep_mm : float
        How much of it is certainly without lumen.
    hidden_share : float
        Share of it that calcium hides.
    at_start, at_end : bool
        Whether it reaches the beginning or the end of the vessel.
    """

    from_mm: float
    to_mm: float
    deep_mm: float
    hidden_share: float
    at_start: bool
    at_end: bool


def open_share(sections: CrossSections) -> Float:
    """Return the share of the vessel's area that is open lumen, shape (S,)."""
    return sections.lumen_area_mm2 / np.maximum(sections.wall_area_mm2, 1e-6)


def openness(contrast: ContrastProfile) -> Float:
    """Return how open the vessel looks: 0 tissue, 1 contrast, NaN where calcium hides it, shape (S,)."""
    return (contrast.peak_hu - TISSUE_HU) / np.maximum(contrast.local_hu - TISSUE_HU, 60.0)


def closed_stretches(
    sections: CrossSections,
    contrast: ContrastProfile,
    calcium: CalciumProfile | None,
    mouth_mm: float,
    hidden: NDArray[np.bool_],
) -> tuple[Closed, ...]:
    """Return the stretches without contrast, in order along the vessel.

    Parameters
    ----------
    sections : CrossSections
    contrast : ContrastProfile
    calcium : CalciumProfile or None
        All on the same stations.
    mouth_mm : float
        So much of the vessel lies within its parent.
    hidden : ndarray of bool, shape (S,)
        Where contrast may be a branch's that leaves there.
    """
    station = contrast.station_mm
    share = openness(contrast)
    seen = np.isfinite(share) & ~hidden
    if not seen.any():
        return ()
    percent = np.zeros(len(station)) if calcium is None else calcium.csa_percent
    is_open = _known_everywhere(
        np.where(seen, (share >= OPEN_SHARE) & (open_share(sections) >= BARELY_OPEN), False), seen
    )
    filled = percent >= FILLED_PERCENT
    deep = np.where(seen, share < DEEP_SHARE, filled)
    is_open = (is_open & ~filled) | (station < mouth_mm)
    step = float(np.diff(station).mean())
    smooth = median_filter(open_share(sections), 2 * round(0.5 * SMOOTHED_MM / step) + 1, mode="nearest")
    for a, b in _runs(smooth <= WITHOUT_SHARE):
        if (b - a) * step >= WITHOUT_MM:
            deep[a:b] = True
    result = []
    for a, b in _together(_runs(~is_open), SPECK_MM / step, ISLAND_MM / step):
        length, depth = (b - a) * step, float(deep[a:b].sum() * step)
        at_start = station[a] <= mouth_mm + 2 * step
        at_end = station[-1] - station[b - 1] < BEYOND_MM
        if length < SHORTEST_MM or depth < DEEP_MM or (at_end and length < TO_END_MM):
            continue
        result.append(
            Closed(float(station[a]), float(station[b - 1]), depth, float((~seen[a:b]).mean()), at_start, at_end)
        )
    return tuple(result)


def _known_everywhere(is_open: NDArray[np.bool_], seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return whether each station is open; a hidden one is if the vessel is open on both sides of the calcium."""
    at = np.flatnonzero(seen)
    after = np.searchsorted(at, np.arange(len(seen)))
    before = at[np.clip(np.where(seen, after, after - 1), 0, len(at) - 1)]
    return is_open[before] & is_open[at[np.clip(after, 0, len(at) - 1)]]


def _together(runs: list[tuple[int, int]], speck: float, island: float) -> list[tuple[int, int]]:
    """Return the runs with those joined that contrast hardly parts, the nearest first; all in stations.

    Two stretches with more contrast between them than the shorter is long are a narrowing beside an occlusion, or what
    noise makes of a thinly filled vessel beyond it.
    """
    runs = list(runs)
    while len(runs) > 1:
        apart = [after[0] - before[1] for before, after in pairwise(runs)]
        shorter = [min(before[1] - before[0], after[1] - after[0]) for before, after in pairwise(runs)]
        near = [n for n, gap in enumerate(apart) if gap < max(speck, min(island, shorter[n]))]
        if not near:
            break
        at = min(near, key=lambda n: apart[n])
        runs[at : at + 2] = [(runs[at][0], runs[at + 1][1])]
    return runs


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return where runs of true begin, and where they have ended."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(int), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
