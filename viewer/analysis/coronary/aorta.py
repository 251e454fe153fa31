"""The ascending aorta and its root: a round bright disc, followed from slice to slice."""

from __future__ import annotations

from dataclasses import dataclass

import numba as nb
import numpy as np
from scipy import ndimage

from viewer.analysis.coronary.grid import F32, resampled
from viewer.analysis.coronary.tubularity import smoothed
from viewer.model.geometry import Float, read_only
from viewer.model.volume import Volume

#: Radii of ascending and descending aortas from a small woman's to an aneurysm's.
RADIUS_RANGE_MM = (7.0, 26.0)
#: Thresholds at which discs are looked for; a disc is then judged by its own mean.
LEVELS_HU = (150.0, 200.0, 250.0, 300.0, 360.0, 430.0, 520.0)
STEP_MM = 1.5
RAYS = 48


@dataclass(frozen=True, slots=True, eq=False)
class Disc:
    """A round bright cross-section in an axial slice: its middle, mean radius, mean HU and how round it is, 0 to 1."""

    center_lps_mm: Float
    radius_mm: float
    mean_hu: float
    roundness: float


@dataclass(frozen=True, slots=True, eq=False)
class RoundTube:
    """A stack of discs, from the head down.

    Attributes
    ----------
    center_lps_mm : ndarray of shape (N, 3)
        Middle at each height.
    radius_mm : ndarray of shape (N,)
        Radius of the contrast, at half height of its edge.
    lumen_hu, lumen_sd_hu : float
        Mean and standard deviation of the voxels well inside.
    roundness : float
    """

    center_lps_mm: Float
    radius_mm: Float
    lumen_hu: float
    lumen_sd_hu: float
    roundness: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "center_lps_mm", read_only(self.center_lps_mm, shape=(None, 3), name="center_lps_mm"))
        shape = (len(self.center_lps_mm),)
        object.__setattr__(self, "radius_mm", read_only(self.radius_mm, shape=shape, name="radius_mm"))

    @property
    def length_mm(self) -> float:
        """Height from the lowest to the highest disc."""
        return float(self.center_lps_mm[0, 2] - self.center_lps_mm[-1, 2])

    def disc_at(self, z_mm: np.ndarray) -> tuple[Float, Float]:
        """Return middle (x, y), shape (..., 2), and radius, shape (...), at heights; the end discs go on beyond."""
        z, order = self.center_lps_mm[::-1, 2], slice(None, None, -1)
        xy = np.stack([np.interp(z_mm, z, self.center_lps_mm[order, axis]) for axis in (0, 1)], axis=-1)
        return xy, np.interp(z_mm, z, self.radius_mm[order])


@nb.njit(nogil=True, cache=True)
def _edge_radii(
    plane: np.ndarray,
    cj: float,
    ci: float,
    reach_px: float,
    share: float,
    radii: np.ndarray,
) -> np.float32:  # pragma: no cover - compiled
    """Walk outwards along rays until the HU falls below `share` of the middle's mean; -1 where it never does."""
    acc = np.float32(0)
    count = 0
    J, n = plane.shape
    for dj in range(-2, 3):
        for di in range(-2, 3):
            j, i = int(cj) + dj, int(ci) + di
            if 0 <= j < J and 0 <= i < n:
                acc += plane[j, i]
                count += 1
    mean = acc / max(count, 1)
    limit = mean * share
    for a in range(radii.size):
        dy, dx = np.sin(2 * np.pi * a / radii.size), np.cos(2 * np.pi * a / radii.size)
        radii[a] = -1.0
        before = mean
        t = 0.0
        while t < reach_px:
            t += 0.25
            y, x = cj + t * dy, ci + t * dx
            if y < 0 or x < 0 or y >= J - 1 or x >= n - 1:
                break
            j, i = int(y), int(x)
            fy, fx = y - j, x - i
            value = (plane[j, i] * (1 - fx) + plane[j, i + 1] * fx) * (1 - fy) + (
                plane[j + 1, i] * (1 - fx) + plane[j + 1, i + 1] * fx
            ) * fy
            if value < limit:
                radii[a] = t - 0.25 * (limit - value) / max(before - value, 1e-3)
                break
            before = value
    return mean


def _fitted_disc(
    plane: F32, seed: tuple[float, float], step_mm: float
) -> tuple[float, float, float, float, float] | None:
    """Fit a circle to the edge around `seed` (j, i): (j, i, radius_mm, mean_hu, roundness), or None."""
    radii = np.empty(RAYS, np.float64)
    angle = 2 * np.pi * np.arange(RAYS) / RAYS
    j, i = seed
    for _ in range(3):
        mean = _edge_radii(plane, j, i, RADIUS_RANGE_MM[1] * 1.3 / step_mm, 0.8, radii)
        hit = radii > 0
        if hit.sum() < RAYS // 2:
            return None
        radius = float(np.median(radii[hit]))
        near = hit & (np.abs(radii - radius) < 0.35 * radius)
        if near.sum() < RAYS // 2:
            return None
        y, x = j + radii[near] * np.sin(angle[near]), i + radii[near] * np.cos(angle[near])
        solution = np.linalg.lstsq(np.c_[2 * y, 2 * x, np.ones(near.sum())], y * y + x * x, rcond=None)[0]
        j, i = float(solution[0]), float(solution[1])
        if not (0 <= j < plane.shape[0] and 0 <= i < plane.shape[1]):
            return None
        radius = float(np.sqrt(max(solution[2] + j * j + i * i, 0.0)))
    edge = np.hypot(y - j, x - i)
    roundness = float((np.abs(edge - radius) < max(0.12 * radius, 0.75)).sum() / RAYS)
    return j, i, radius * step_mm, float(mean), roundness


def discs(volume: Volume) -> list[list[Disc]]:
    """Return the round bright discs of each axial plane, the highest plane first.

    Returns
    -------
    list of list of Disc
        One list for every `STEP_MM`.
    """
    corners = volume.geometry.corners_lps_mm
    image, geometry = resampled(volume, corners.min(0), corners.max(0), STEP_MM)
    image = smoothed(image, 0.8)
    found: list[list[Disc]] = []
    low, high = (r / STEP_MM for r in RADIUS_RANGE_MM)
    for k in range(image.shape[0] - 1, -1, -1):
        plane = image[k]
        here: list[Disc] = []
        seeds: list[tuple[float, float]] = []
        for level in LEVELS_HU:
            mask = plane > level
            if not mask.any():
                break
            depth = ndimage.distance_transform_edt(mask)
            peak = (depth == ndimage.maximum_filter(depth, 7)) & (depth > 0.7 * low) & (depth < high)
            seeds += [tuple(s) for s in np.argwhere(peak).astype(float)]
        taken: list[Disc] = []
        tried: list[tuple[float, float]] = []
        for seed in seeds:
            if any(np.hypot(seed[0] - a, seed[1] - b) < 1.5 for a, b in tried):
                continue
            tried.append(seed)
            fit = _fitted_disc(plane, seed, STEP_MM)
            if fit is None or fit[4] < 0.6 or not RADIUS_RANGE_MM[0] <= fit[2] <= RADIUS_RANGE_MM[1] or fit[3] < 130:
                continue
            taken.append(Disc(geometry.to_lps((k, fit[0], fit[1])), fit[2], fit[3], fit[4]))
        for disc in sorted(taken, key=lambda d: -d.roundness):
            if all(np.linalg.norm(disc.center_lps_mm - d.center_lps_mm) > 0.5 * disc.radius_mm for d in here):
                here.append(disc)
        found.append(here)
    return found


def round_tubes(volume: Volume, shortest_mm: float = 9.0) -> list[RoundTube]:
    """Return stacks of discs that lie over one another and have like radii and HU, the longest first."""
    open_stacks: list[tuple[int, list[Disc]]] = []
    closed: list[list[Disc]] = []
    for level, here in enumerate(discs(volume)):
        free = list(here)
        for index, (last, stack) in sorted(enumerate(open_stacks), key=lambda item: -len(item[1][1])):
            top = stack[-1]
            fits = [
                d
                for d in free
                if np.linalg.norm((d.center_lps_mm - top.center_lps_mm)[:2]) < 1.2 * STEP_MM * (level - last) + 0.75
                and abs(d.radius_mm - top.radius_mm) < 0.2 * top.radius_mm
                and abs(d.mean_hu - top.mean_hu) < 0.2 * top.mean_hu
            ]
            if fits:
                best = min(fits, key=lambda d: float(np.linalg.norm(d.center_lps_mm - top.center_lps_mm)))
                free = [d for d in free if d is not best]
                stack.append(best)
                open_stacks[index] = (level, stack)
        closed += [stack for last, stack in open_stacks if level - last > 3]
        open_stacks = [(last, stack) for last, stack in open_stacks if level - last <= 3]
        open_stacks += [(level, [d]) for d in free]
    closed += [stack for _, stack in open_stacks]
    tubes = []
    for stack in closed:
        if len(stack) < 3 or stack[0].center_lps_mm[2] - stack[-1].center_lps_mm[2] < shortest_mm:
            continue
        center = np.array([d.center_lps_mm for d in stack])
        radius = ndimage.median_filter(np.array([d.radius_mm for d in stack]), 5, mode="nearest")
        mean, sd = _inside(volume, center, radius)
        tubes.append(RoundTube(center, radius, mean, sd, float(np.mean([d.roundness for d in stack]))))
    return sorted(tubes, key=lambda tube: -tube.length_mm)


def _inside(volume: Volume, center: Float, radius: Float) -> tuple[float, float]:
    """Return mean and SD of the voxels within 0.6 radii of the stack's axis, in HU."""
    grid = np.linspace(-0.6, 0.6, 15)
    dx, dy = (g.ravel() for g in np.meshgrid(grid, grid))
    keep = np.hypot(dx, dy) <= 0.6
    offset = np.c_[dx[keep], dy[keep], np.zeros(keep.sum())]
    points = center[:, None, :] + offset[None] * radius[:, None, None]
    index = np.rint(volume.geometry.to_index(points.reshape(-1, 3))).astype(int)
    index = np.clip(index, 0, np.array(volume.geometry.shape) - 1)
    values = volume.hu[tuple(index.T)].astype(float)
    return float(np.median(values)), float(values.std())
