"""Rays from the centreline outwards at every station, and how well a round vessel of given radii explains them.

Along a ray the model knows up to four tissues, from the middle outwards, with sharp borders behind the scanner's blur::

    lumen | tissue | calcium | what lies around the vessel
          lumen_mm  inner_mm  wall_mm

Calcium is there only on rays that show it. A border's blurred edge is that of a disc of its radius, which differs from
a straight edge: in a vessel of 1.5 mm, half height lies 0.05 mm within the border.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from viewer.analysis.plaque.blur import disc_tables, in_table
from viewer.analysis.reformat.sampling import Float32, in_strips, sample_points
from viewer.model.cross_section import Frames
from viewer.model.volume import Volume

#: Rays at each station, samples along them.
ANGLES = 48
RADIAL_STEP_MM = 0.2
REACH_MM = 6.0
#: So much beyond the outer wall a ray is looked at.
BEYOND_MM = 1.2
#: A wall that outshines what is around it by less than the first height says nothing of where it ends, for tissues vary
#: so much in themselves; above the second one it counts in full.
FAINT_EDGE_HU, CLEAR_EDGE_HU = 50.0, 110.0
#: Beyond the wall, up to this far, the HU of one tissue rise again by no more than its texture. Where they rise by more
#: another tissue begins, as muscle does behind a little fat, and its glow makes the wall look nearer than it is: such a
#: ray counts less, at last only by so much.
BESIDE_MM, TEXTURE_HU, OTHER_TISSUE_HU, LEAST_FLAT = 2.2, 40.0, 80.0, 0.02
#: Rays are calmed over so much along the vessel.
CALM_MM = 0.3
#: Lumen that is too narrow to be told from none.
NO_LUMEN_MM = 0.3
#: Tissue shows its own grey value so far beyond a lumen and so far within the wall, and what counts is how it looks
#: within the third depth of the wall.
BEYOND_LUMEN_MM, WITHIN_WALL_MM, RIM_MM = 0.7, 0.6, 1.8
#: A sample that is further off the model than this counts less (Huber).
OUTLIER_HU = 120.0


@dataclass(frozen=True, slots=True, eq=False)
class Rays:
    """HU along rays: sample (s, a, q) lies at `radius_mm[q]` from the centreline at angle ``2 pi a / A``."""

    hu: Float32
    calm: Float32
    radius_mm: Float32
    angle: NDArray[np.float64]


@dataclass(slots=True, eq=False)
class Model:
    """Radii and grey values of the model; it is what the fit changes.

    Attributes
    ----------
    lumen_mm, inner_mm, wall_mm, around_hu : ndarray of float32, shape (S, A)
    lumen_hu, tissue_hu : ndarray of float32, shape (S,)
    calcium_hu : ndarray of float32, shape (S, A)
    calcified : ndarray of bool, shape (S, A)
    weight, from_mm : ndarray of float32, shape (S, A)
        How much a ray is trusted, and from where on it is looked at.
    closed : ndarray of bool, shape (S,)
        Where calcium leaves no room for a lumen.
    """

    lumen_mm: Float32
    inner_mm: Float32
    wall_mm: Float32
    around_hu: Float32
    lumen_hu: Float32
    tissue_hu: Float32
    calcium_hu: Float32
    calcified: NDArray[np.bool_]
    weight: Float32
    from_mm: Float32
    closed: NDArray[np.bool_]


def rays(volume: Volume, frames: Frames, angles: int = ANGLES, reach_mm: float = REACH_MM) -> Rays:
    """Return HU along `angles` rays at every station, up to `reach_mm`."""
    angle = 2 * np.pi * np.arange(angles) / angles
    radius = (np.arange(round(reach_mm / RADIAL_STEP_MM)) + 0.5) * RADIAL_STEP_MM
    way = np.cos(angle)[None, :, None] * frames.right[:, None] + np.sin(angle)[None, :, None] * frames.up[:, None]
    points = frames.center_lps_mm[:, None, None] + way[:, :, None] * radius[None, None, :, None]
    hu = sample_points(volume, points, cubic=True)
    step = float(frames.station_mm[1] - frames.station_mm[0])
    calm = gaussian_filter(hu, (CALM_MM / step, 1.0, 0.5), mode=("nearest", "wrap", "nearest"))
    return Rays(hu, calm, radius.astype(np.float32), angle)


def normal_equations(seen: Rays, model: Model, sigma_mm: float) -> tuple[Float32, Float32, Float32, Float32]:
    """Return the normal equations of each ray for (lumen_mm, inner_mm, wall_mm, around_hu), linearised at the model.

    They are for the values themselves, not for their change: smoothing them over neighbours smooths the answer.

    Returns
    -------
    matrix : ndarray of float32, shape (S, A, 4, 4)
    right_side : ndarray of float32, shape (S, A, 4)
    levels : ndarray of float32, shape (S, A, 4)
        What each ray says of the lumen's height above the tissue: height times weight, and weight; and the same for the
        grey value of the tissue near the wall.
    blur : ndarray of float32, shape (S, A, 6)
        What each ray with clear edges says of the blur's logarithm: its mixed terms with the four values, its own
        square, and the right side; 0 for other rays.
    """
    stations, angles, _ = seen.hu.shape
    matrix = np.zeros((stations, angles, 4, 4), np.float32)
    right_side = np.zeros((stations, angles, 4), np.float32)
    levels = np.zeros((stations, angles, 4), np.float32)
    blur = np.zeros((stations, angles, 6), np.float32)
    value, growth, fade = disc_tables()

    def strip(a: int, b: int) -> None:
        _accumulate(
            seen.hu[a:b],
            seen.calm[a:b],
            seen.radius_mm,
            model.lumen_mm[a:b],
            model.inner_mm[a:b],
            model.wall_mm[a:b],
            model.around_hu[a:b],
            model.lumen_hu[a:b],
            model.tissue_hu[a:b],
            model.calcium_hu[a:b],
            model.calcified[a:b],
            model.weight[a:b],
            model.from_mm[a:b],
            np.float32(sigma_mm),
            value,
            growth,
            fade,
            matrix[a:b],
            right_side[a:b],
            levels[a:b],
            blur[a:b],
        )

    in_strips(strip, stations, angles * 60)
    return matrix, right_side, levels, blur


@njit(nogil=True, cache=True)
def _flat(calm: Float32, radius: Float32, wall: np.float32) -> np.float32:
    """Return how far what lies around the vessel on a ray counts as one tissue, 0 to 1."""
    lowest, rise = np.float32(4000), np.float32(0)
    for q in range(len(radius)):
        if radius[q] > wall + np.float32(BESIDE_MM):
            break
        if radius[q] > wall:
            lowest = min(lowest, calm[q])
            rise = max(rise, calm[q] - lowest)
    flat = (np.float32(OTHER_TISSUE_HU) - rise) / np.float32(OTHER_TISSUE_HU - TEXTURE_HU)
    return min(max(flat, np.float32(LEAST_FLAT)), np.float32(1))


@njit(nogil=True, cache=True)
def _accumulate(
    hu: Float32,
    calm: Float32,
    radius: Float32,
    lumen: Float32,
    inner: Float32,
    wall: Float32,
    around: Float32,
    lumen_hu: Float32,
    tissue_hu: Float32,
    calcium_hu: Float32,
    calcified: NDArray[np.bool_],
    weight: Float32,
    from_mm: Float32,
    sigma: np.float32,
    value: Float32,
    growth: Float32,
    fade: Float32,
    matrix: Float32,
    right_side: Float32,
    levels: Float32,
    blur: Float32,
) -> None:
    stations, angles, samples = hu.shape
    slope = np.zeros(4, np.float32)
    one, limit = np.float32(1), np.float32(OUTLIER_HU)
    for s in range(stations):
        for a in range(angles):
            tissue, outside = tissue_hu[s], around[s, a]
            shell = calcium_hu[s, a] if calcified[s, a] else tissue
            step_hu = shell - outside
            visible = (step_hu - np.float32(FAINT_EDGE_HU)) / np.float32(CLEAR_EDGE_HU - FAINT_EDGE_HU)
            visible = min(max(visible, np.float32(0)), one) * _flat(calm[s, a], radius, wall[s, a])
            clear = visible >= one and weight[s, a] >= one and not calcified[s, a] and lumen[s, a] > np.float32(0.6)
            begins = wall[s, a] - np.float32(RIM_MM)
            if lumen[s, a] > np.float32(NO_LUMEN_MM):
                begins = max(begins, lumen[s, a] + np.float32(BEYOND_LUMEN_MM))
            halfway = np.float32(0.5) * (lumen[s, a] + wall[s, a])
            rl, rc, rw = lumen[s, a] / sigma, inner[s, a] / sigma, wall[s, a] / sigma
            for q in range(samples):
                if radius[q] > wall[s, a] + np.float32(BEYOND_MM):
                    break
                if radius[q] < from_mm[s, a]:
                    continue
                r = radius[q] / sigma
                in_wall = in_table(value, r, rw)
                model = outside + (shell - outside) * in_wall
                slope[2] = (shell - outside) * in_table(growth, r, rw) / sigma
                slope[3] = one - in_wall
                slope[1] = np.float32(0)
                if calcified[s, a]:
                    model += (tissue - shell) * in_table(value, r, rc)
                    slope[1] = (tissue - shell) * in_table(growth, r, rc) / sigma
                if begins < radius[q] < wall[s, a] - np.float32(WITHIN_WALL_MM):
                    levels[s, a, 2] += in_wall * (hu[s, a, q] - (one - in_wall) * outside) * radius[q]
                    levels[s, a, 3] += in_wall * in_wall * radius[q]
                in_lumen = in_table(value, r, rl)
                if radius[q] < np.float32(0.6) * lumen[s, a] and not calcified[s, a]:
                    levels[s, a, 0] += in_lumen * (hu[s, a, q] - model) * radius[q]
                    levels[s, a, 1] += in_lumen * in_lumen * radius[q]
                model += (lumen_hu[s] - tissue) * in_lumen
                slope[0] = (lumen_hu[s] - tissue) * in_table(growth, r, rl) / sigma
                error = hu[s, a, q] - model
                if clear:
                    # A wider blur is the same as a smaller disc seen from nearer by.
                    wider = (outside - tissue) * (rw * in_table(growth, r, rw) + r * in_table(fade, r, rw))
                    wider += (tissue - lumen_hu[s]) * (rl * in_table(growth, r, rl) + r * in_table(fade, r, rl))
                    for m in range(4):
                        blur[s, a, m] += wider * slope[m]
                    blur[s, a, 4] += wider * wider
                    blur[s, a, 5] += wider * error
                w = weight[s, a]
                if radius[q] > halfway:
                    w *= visible
                else:
                    slope[2] *= visible
                if abs(error) > limit:
                    w *= limit / abs(error)
                target = error
                target += slope[0] * lumen[s, a] + slope[1] * inner[s, a] + slope[2] * wall[s, a]
                target += slope[3] * outside
                for m in range(4):
                    right_side[s, a, m] += w * slope[m] * target
                    for n in range(m + 1):
                        matrix[s, a, m, n] += w * slope[m] * slope[n]
            for m in range(4):
                for n in range(m):
                    matrix[s, a, n, m] = matrix[s, a, m, n]
