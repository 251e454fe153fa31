"""How much of each cross-section calcium takes, with the blur taken off along the vessel as well as across it.

Where something reaches the threshold there is calcium; how far it reaches is another question. A deposit of 900 HU
shows more than 351 HU half a millimetre beyond its ends. So the picture about each deposit is first restored
(`restore`) and the deposit then ends half-way between its own grey value and that of its surroundings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, binary_opening, distance_transform_edt, gaussian_filter, label

from viewer.analysis.plaque.arcs import arcs
from viewer.analysis.plaque.blur import FWHM
from viewer.analysis.plaque.restore import ITERATIONS, blurred, restored
from viewer.analysis.plaque.unrolled import CELL_MM, Grid, grid
from viewer.analysis.reformat.sampling import Float32
from viewer.model.calcium import ANY_PERCENT, BAND_HU, CalciumProfile, CalciumThreshold, Deposit
from viewer.model.cross_section import CrossSections
from viewer.model.geometry import Float
from viewer.model.volume import Volume
from viewer.progress import Progress, silent

#: Soft tissue of the wall and of an occlusion.
TISSUE_HU = 80.0
#: Grey value of a deposit that is too thin to show its own.
USUAL_DEPOSIT_HU = 850.0
#: No deposit is brighter than this behind the blur of a coronary CT.
BRIGHTEST_HU = 1300.0
#: Contrast and what else may lie just beyond the wall is not brighter than this.
BESIDE_HU = 450.0
#: Calcium that lies further than this beyond the wall belongs to somebody else.
BESIDE_MM = 0.6
#: In the open vessel calcium outshines the contrast beside it by at least this much.
ABOVE_CONTRAST_HU = 110.0
#: Cells this near to the lumen may hold contrast.
BESIDE_LUMEN_MM = 0.3
#: Restored tissue that comes this near to a usual deposit's grey value is one; restored contrast must come nearer; and
#: what shows only when restored must be this large.
LIT_SHARE, LIT_CONTRAST_SHARE, LIT_MM3 = 0.55, 0.65, 0.8
#: Half-way between deposit and surroundings, softened by this share of their difference to either side.
SOFT_SHARE = 0.15
#: A deposit nearer to the wall than this fills what lies between, for that is too thin to be seen.
REACHES_WALL_MM = 0.25
#: A deposit of fewer voxels is noise.
FEWEST_VOXELS = 3
#: Enough to find deposits, and to go from one restored picture to the next.
FEW_ITERATIONS = 20
#: So much of the vessel on either side of a deposit is restored with it.
MARGIN_MM = 2.0
#: A deposit has a core where its blurred shape is this whole, in so many cells at least.
WHOLE_SHARE, CORE_CELLS = 0.85, 20


def measure_calcium(
    volume: Volume,
    sections: CrossSections,
    threshold: CalciumThreshold,
    fwhm_mm: float,
    *,
    cell_mm: float = CELL_MM,
    progress: Progress = silent,
) -> CalciumProfile:
    """Measure calcium inside the outer wall at every station.

    Parameters
    ----------
    volume : Volume
    sections : CrossSections
    threshold : CalciumThreshold
    fwhm_mm : float
        Full width at half maximum of the picture's blur (`walls.estimated_fwhm_mm`). With 0 nothing is restored and
        every cell that reaches the threshold counts, as it stands.
    cell_mm : float
        Side of the cells across the vessel.
    progress : Progress

    Returns
    -------
    CalciumProfile
    """
    stations = len(sections.frames.station_mm)
    area, arc = np.zeros((stations, 3)), np.zeros((stations, 3))
    longest, mean = np.zeros(stations), np.full(stations, np.nan)
    deposits: list[Deposit] = []
    pieces = _stretches(volume, sections, threshold, fwhm_mm)
    for count, (first, last) in enumerate(pieces):
        progress(count / len(pieces), f"Calcium of {sections.vessel}")
        cells = grid(volume, sections, first, last, cell_mm)
        scene = _scene(cells, sections, threshold, fwhm_mm)
        seeds, names = _seeds(volume, cells, scene)
        if not names:
            continue
        if fwhm_mm:
            shares, own, plateaus = _restored_shares(cells, scene, seeds, names)
        else:
            shares = [(cells.hu >= scene.level + shift).astype(np.float32) for shift in BAND]
            own, plateaus = seeds, dict.fromkeys(names)
        part = slice(first, last)
        flat = np.stack([(share * cells.inside).sum((1, 2)) * cell_mm**2 for share in shares], axis=1)
        area[part] = np.maximum(area[part], flat)
        for at, share in enumerate(shares):
            found, run = arcs(share * (cells.inside > 0), sections, cells, fwhm_mm)
            arc[part, at] = np.maximum(arc[part, at], found)
            if at == 1:
                longest[part] = np.maximum(longest[part], run)
        middle = shares[1] * cells.inside
        weight = middle.sum((1, 2))
        with np.errstate(invalid="ignore", divide="ignore"):
            mean[part] = np.where(weight > 0.5, (middle * cells.hu).sum((1, 2)) / weight, mean[part])
        deposits += _deposits(cells, sections, middle, own, names, plateaus, area[part, 1], arc[part, 1])
    progress(1.0, f"Calcium of {sections.vessel}")
    return CalciumProfile(
        sections.vessel,
        sections.frames,
        threshold,
        float(fwhm_mm),
        area,
        sections.wall_area_mm2,
        arc,
        longest,
        mean,
        tuple(sorted(deposits, key=lambda deposit: deposit.from_mm)),
    )


#: Shifts of the threshold for the three shares.
BAND = (-BAND_HU, 0.0, BAND_HU)


@dataclass(frozen=True, slots=True, eq=False)
class _Scene:
    """What a stretch of vessel looks like: the threshold of each cell, what is around calcium there, and the blur.

    Attributes
    ----------
    level, ground : ndarray of float32, shape (S, N, N)
        Threshold, and grey value of contrast or tissue, of each cell.
    among_contrast : ndarray of bool, shape (S, N, N)
        Cells in or beside the open lumen.
    beside : ndarray of float32, shape (S, 1, 1)
        The brightest that anything but calcium can be.
    widths : tuple of float
        Standard deviation of the blur in cells, along and across; 0 if there is none to be taken off.
    free : ndarray of float32, shape (S, N, N)
        The stretch restored with no bound on calcium.
    """

    level: Float32
    ground: Float32
    among_contrast: NDArray[np.bool_]
    beside: Float32
    widths: tuple[float, float, float]
    free: Float32


def _scene(
    cells: Grid, sections: CrossSections, threshold: CalciumThreshold, fwhm_mm: float, iterations: int = ITERATIONS
) -> _Scene:
    """Return what a stretch of vessel looks like."""
    part = slice(cells.first, cells.last)
    contrast = _contrast(cells, sections)
    open_here = (sections.lumen_area_mm2[part] > 0)[:, None, None]
    among = open_here & (cells.lumen_mm > -BESIDE_LUMEN_MM)
    bright = np.maximum(threshold.open_hu, contrast + ABOVE_CONTRAST_HU)[:, None, None]
    level = np.where(among, bright, np.where(open_here, threshold.open_hu, threshold.hu)).astype(np.float32)
    ground = np.where(among, contrast[:, None, None], TISSUE_HU).astype(np.float32)
    beside = np.maximum(BESIDE_HU, contrast + 50.0)[:, None, None].astype(np.float32)
    along = float(np.diff(sections.frames.station_mm[part]).mean())
    across = float(cells.offset_mm[1] - cells.offset_mm[0])
    sigma = fwhm_mm / FWHM
    widths = (sigma / along, sigma / across, sigma / across)
    free = cells.hu
    if fwhm_mm:
        free = restored(cells.hu, *_bounds(cells, beside, BRIGHTEST_HU), widths, iterations)
    return _Scene(level, ground, among, beside, widths, free)


def _bounds(cells: Grid, beside: Float32, brightest: Float32 | float) -> tuple[Float32, Float32]:
    """Return the bounds of a restored picture: calcium up to `brightest` inside the wall, none just beyond it."""
    low = np.where(cells.inside > 0, -30.0, -200.0).astype(np.float32)
    rim = np.where(cells.wall_mm > -BESIDE_MM, beside, BRIGHTEST_HU)
    return low, (cells.inside * brightest + (1 - cells.inside) * rim).astype(np.float32)


def _lit(cells: Grid, scene: _Scene) -> NDArray[np.bool_]:
    """Tell which cells inside the wall are calcium without doubt: in the picture, or once its blur is taken off.

    A thin deposit beside contrast, or in a small vessel, is dimmed below any threshold; restored, it comes half-way to
    the grey value that deposits usually have.
    """
    if not any(scene.widths):
        return (cells.hu >= scene.level) & (cells.inside > 0.5)
    calm = gaussian_filter(cells.hu, [0.2 * width for width in scene.widths])
    share = np.where(scene.among_contrast, LIT_CONTRAST_SHARE, LIT_SHARE)
    bright = np.maximum(scene.level, scene.ground + share * (USUAL_DEPOSIT_HU - scene.ground))
    return ((calm >= scene.level) | (scene.free >= bright)) & (cells.inside > 0.5)


def _stretches(
    volume: Volume, sections: CrossSections, threshold: CalciumThreshold, fwhm_mm: float
) -> list[tuple[int, int]]:
    """Return the stretches of stations, with some margin, that hold anything as bright as calcium."""
    cells = grid(volume, sections, 0, len(sections.frames.station_mm), 2 * CELL_MM)
    lit = _lit(cells, _scene(cells, sections, threshold, fwhm_mm, FEW_ITERATIONS)).sum((1, 2)) >= 2
    step = float(np.diff(sections.frames.station_mm).mean())
    lit = binary_dilation(binary_opening(lit), iterations=max(1, round(MARGIN_MM / step)))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], lit.astype(int), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= 2]


def _contrast(cells: Grid, sections: CrossSections) -> Float:
    """Return the grey value of the open lumen at each station of the grid, `TISSUE_HU` where there is none."""
    part = slice(cells.first, cells.last)
    radius = np.sqrt(sections.lumen_area_mm2[part] / np.pi)
    core = cells.lumen_mm > (0.4 * radius)[:, None, None]
    count = core.sum((1, 2))
    level = np.where(count > 0, (cells.hu * core).sum((1, 2)) / np.maximum(count, 1), np.nan)
    if not np.isfinite(level).any():
        return np.full(len(level), TISSUE_HU)
    usual = float(np.nanmedian(level))
    return np.where(count > 0, np.clip(level, 0.6 * usual, 1.15 * usual), TISSUE_HU)


def _seeds(volume: Volume, cells: Grid, scene: _Scene) -> tuple[NDArray[np.int32], list[int]]:
    """Return connected calcium inside the wall, numbered, and the numbers of those that are larger than specks."""
    numbers, count = label(_lit(cells, scene), np.ones((3, 3, 3)))
    shown = cells.volume_mm3 * (cells.hu >= scene.level)
    large = np.bincount(numbers.ravel(), weights=cells.volume_mm3.ravel(), minlength=count + 1) >= LIT_MM3
    large |= np.bincount(numbers.ravel(), weights=shown.ravel(), minlength=count + 1) >= (
        FEWEST_VOXELS * volume.geometry.voxel_volume_mm3
    )
    return numbers, [number for number in range(1, count + 1) if large[number]]


def _restored_shares(
    cells: Grid, scene: _Scene, seeds: NDArray[np.int32], names: list[int]
) -> tuple[list[Float32], NDArray[np.int32], dict[int, float | None]]:
    """Return each cell's share of calcium at the three thresholds, whose cell it is, and the deposits' own values."""
    across = float(cells.offset_mm[1] - cells.offset_mm[0])
    fwhm_mm = scene.widths[1] * across * FWHM
    spacing = (across * scene.widths[1] / scene.widths[0], across, across)
    away, nearest = distance_transform_edt(~np.isin(seeds, names), sampling=spacing, return_indices=True)
    reach = away < 2 * fwhm_mm
    own = np.where(reach, seeds[tuple(nearest)], 0).astype(np.int32)

    plateaus = {name: _plateau(cells, scene, own == name) for name in names}
    height = np.full(int(seeds.max()) + 1, USUAL_DEPOSIT_HU, np.float32)
    for name, plateau in plateaus.items():
        height[name] = plateau or USUAL_DEPOSIT_HU
    deposit = height[own]
    low, high = _bounds(cells, scene.beside, np.maximum(deposit, scene.beside))
    sharp = restored(cells.hu, low, high, scene.widths, FEW_ITERATIONS, scene.free)

    half = np.maximum(0.5 * (deposit + scene.ground), scene.level)
    soft = np.maximum(SOFT_SHARE * (deposit - scene.ground), 1.0)
    shares = []
    for shift in BAND:
        share = np.clip((sharp - half - shift) / (2 * soft) + 0.5, 0, 1) * reach
        shares.append(_up_to_wall(share.astype(np.float32), cells))
    return shares, own, plateaus


def _plateau(cells: Grid, scene: _Scene, mine: NDArray[np.bool_]) -> float | None:
    """Return a deposit's own grey value from its core; ``None`` if it is too thin to have one.

    The core is where the blurred shape of the deposit is nearly whole; what is missing there is made good.
    """
    shape = mine & (cells.inside > 0.5) & (scene.free > 0.5 * (BRIGHTEST_HU + TISSUE_HU) * 0.85)
    for _ in range(2):
        whole = blurred(shape.astype(np.float32), scene.widths)
        core = shape & (whole > WHOLE_SHARE)
        if core.sum() < CORE_CELLS:
            return None
        plateau = float(np.median(scene.ground[core] + (cells.hu[core] - scene.ground[core]) / whole[core]))
        shape = mine & (cells.inside > 0.5) & (scene.free > 0.5 * (plateau + scene.ground))
    return min(plateau, BRIGHTEST_HU)


def _up_to_wall(share: Float32, cells: Grid) -> Float32:
    """Return the share of calcium with the thin gaps between deposit and outer wall filled."""
    across = float(cells.offset_mm[1] - cells.offset_mm[0])
    rim = (cells.wall_mm < REACHES_WALL_MM) & (cells.inside > 0)
    steps = max(1, round(REACHES_WALL_MM / across))
    up, right = np.meshgrid(cells.offset_mm, cells.offset_mm, indexing="ij")
    distance = np.maximum(np.hypot(up, right), 1e-6)
    rows, columns = np.indices(distance.shape)
    filled = share
    for step in range(1, steps + 1):
        row = np.clip(np.round(rows - up / distance * step), 0, len(distance) - 1).astype(int)
        column = np.clip(np.round(columns - right / distance * step), 0, len(distance) - 1).astype(int)
        filled = np.maximum(filled, np.where(rim, share[:, row, column], 0))
    return filled


def _deposits(
    cells: Grid,
    sections: CrossSections,
    share: Float32,
    own: NDArray[np.int32],
    names: list[int],
    plateaus: dict[int, float | None],
    area: Float,
    arc: Float,
) -> list[Deposit]:
    """Return the deposits of one stretch."""
    station = sections.frames.station_mm[cells.first : cells.last]
    wall = sections.wall_area_mm2[cells.first : cells.last]
    cell_mm2 = float(cells.offset_mm[1] - cells.offset_mm[0]) ** 2
    result = []
    for name in names:
        mine = np.where(own == name, share, 0)
        there = np.flatnonzero(mine.sum((1, 2)) * cell_mm2 >= 0.01 * ANY_PERCENT * wall)
        if len(there) == 0:
            continue
        span = slice(int(there[0]), int(there[-1]) + 1)
        result.append(
            Deposit(
                from_mm=float(station[there[0]]),
                to_mm=float(station[there[-1]]),
                volume_mm3=float((mine * cells.volume_mm3).sum()),
                mean_hu=float((mine * cells.hu).sum() / mine.sum()),
                plateau_hu=plateaus[name],
                max_csa_percent=float(np.minimum(100 * area[span] / wall[span], 100).max()),
                max_arc_deg=float(arc[span].max()),
            )
        )
    return result
