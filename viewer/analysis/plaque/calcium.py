"""How much of each cross-section calcium takes, with the scanner's blur taken off along the vessel as well as across it.

Where something reaches the threshold there is calcium; how far it reaches is another question. A deposit of 900 HU
shows more than 351 HU half a millimetre beyond its ends. So the picture about each deposit is first restored (`restore`)
and the deposit then ends half-way between its own grey value and that of its surroundings.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, binary_erosion, binary_opening, distance_transform_edt, gaussian_filter, label

from viewer.analysis.plaque.arcs import arcs
from viewer.analysis.plaque.blur import FWHM
from viewer.analysis.plaque.restore import restored
from viewer.analysis.plaque.unrolled import CELL_MM, Grid, grid
from viewer.analysis.reformat.sampling import Float32
from viewer.model.calcium import BAND_HU, CalciumProfile, CalciumThreshold, Deposit
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
#: Half-way between deposit and surroundings, softened by this share of their difference to either side.
SOFT_SHARE = 0.15
#: A deposit nearer to the wall than this fills what lies between, for that is too thin to be seen.
REACHES_WALL_MM = 0.25
#: A deposit of fewer voxels is noise.
FEWEST_VOXELS = 3
#: So much of the vessel on either side of a deposit is restored with it.
MARGIN_MM = 2.0
#: So many cells in the core of a deposit are enough to read its own grey value.
CORE_CELLS = 20


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
    pieces = _stretches(volume, sections, threshold)
    for count, (first, last) in enumerate(pieces):
        progress(count / len(pieces), f"Calcium of {sections.vessel}")
        cells = grid(volume, sections, first, last, cell_mm)
        seeds, names = _seeds(volume, cells, sections, threshold, bool(fwhm_mm))
        if not names:
            continue
        if fwhm_mm:
            shares, own, plateaus = _restored_shares(cells, sections, threshold, seeds, names, fwhm_mm)
        else:
            shares = [
                ((cells.hu >= _level(cells, sections, threshold) + shift) * 1.0).astype(np.float32) for shift in BAND
            ]
            own, plateaus = seeds, dict.fromkeys(names)
        part = slice(first, last)
        flat = np.stack([(share * cells.inside).sum((1, 2)) * cell_mm**2 for share in shares], axis=1)
        area[part] = np.maximum(area[part], flat)
        for at, share in enumerate(shares):
            found, run = arcs(share * (cells.inside > 0), sections, cells)
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


def _stretches(volume: Volume, sections: CrossSections, threshold: CalciumThreshold) -> list[tuple[int, int]]:
    """Return the stretches of stations, with some margin, that hold anything as bright as calcium."""
    cells = grid(volume, sections, 0, len(sections.frames.station_mm), 2 * CELL_MM)
    lit = ((cells.hu >= _level(cells, sections, threshold)) & (cells.inside > 0)).sum((1, 2)) >= 2
    lit = binary_opening(lit, iterations=1)
    step = float(np.diff(sections.frames.station_mm).mean())
    lit = binary_dilation(lit, iterations=max(1, round(MARGIN_MM / step)))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], lit.astype(int), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= 2]


def _contrast(cells: Grid, sections: CrossSections) -> Float:
    """Return the grey value of the open lumen at each station of the grid, `TISSUE_HU` where there is none."""
    part = slice(cells.first, cells.last)
    radius = np.sqrt(sections.lumen_area_mm2[part] / np.pi)
    core = cells.lumen_mm > (0.4 * radius)[:, None, None]
    count = core.sum((1, 2))
    level = np.where(count > 0, (cells.hu * core).sum((1, 2)) / np.maximum(count, 1), np.nan)
    if np.isfinite(level).sum() == 0:
        return np.full(len(level), TISSUE_HU)
    usual = float(np.nanmedian(level))
    return np.where(count > 0, np.clip(level, 0.6 * usual, 1.15 * usual), TISSUE_HU)


def _level(cells: Grid, sections: CrossSections, threshold: CalciumThreshold) -> Float32:
    """Return the threshold of each cell: higher where contrast is near, float32 of shape (S, N, N)."""
    contrast = _contrast(cells, sections)
    open_here = sections.lumen_area_mm2[cells.first : cells.last] > 0
    among = np.maximum(threshold.open_hu, contrast + ABOVE_CONTRAST_HU)
    level = np.where(cells.lumen_mm > -0.3, among[:, None, None], threshold.open_hu)
    return np.where(open_here[:, None, None], level, threshold.hu).astype(np.float32)


def _seeds(
    volume: Volume, cells: Grid, sections: CrossSections, threshold: CalciumThreshold, calm: bool
) -> tuple[NDArray[np.int32], list[int]]:
    """Return connected calcium inside the wall, numbered, and the numbers of those that are larger than specks."""
    hu = gaussian_filter(cells.hu, 1.0) if calm else cells.hu
    numbers, count = label((hu >= _level(cells, sections, threshold)) & (cells.inside > 0.5), np.ones((3, 3, 3)))
    size = np.bincount(numbers.ravel(), weights=cells.volume_mm3.ravel(), minlength=count + 1)
    fewest = FEWEST_VOXELS * volume.geometry.voxel_volume_mm3
    return numbers, [number for number in range(1, count + 1) if size[number] >= fewest]


def _restored_shares(
    cells: Grid,
    sections: CrossSections,
    threshold: CalciumThreshold,
    seeds: NDArray[np.int32],
    names: list[int],
    fwhm_mm: float,
) -> tuple[list[Float32], NDArray[np.int32], dict[int, float | None]]:
    """Return the share of calcium in each cell at the three thresholds, whose cell it is, and the deposits' own values."""
    station = sections.frames.station_mm
    along = float(np.diff(station[cells.first : cells.last]).mean())
    across = float(cells.offset_mm[1] - cells.offset_mm[0])
    sigma = fwhm_mm / FWHM
    widths = (sigma / along, sigma / across, sigma / across)
    kept = np.isin(seeds, names)
    away, nearest = distance_transform_edt(~kept, sampling=(along, across, across), return_indices=True)
    own = seeds[tuple(nearest)].astype(np.int32)

    contrast = _contrast(cells, sections)
    beside = np.maximum(BESIDE_HU, contrast + 50.0)[:, None, None]
    low = np.where(cells.inside > 0, -30.0, -200.0).astype(np.float32)

    def bounded(inner: Float32 | float) -> Float32:
        rim = np.where(cells.wall_mm > -BESIDE_MM, beside, BRIGHTEST_HU)
        return (cells.inside * inner + (1 - cells.inside) * rim).astype(np.float32)

    # At first anything goes, to see how bright each deposit is where nothing dims it; then no cell may exceed its own.
    free = restored(cells.hu, low, bounded(BRIGHTEST_HU), widths)
    plateaus = {name: _plateau(free, cells.inside, own == name, away) for name in names}
    height = np.full(int(seeds.max()) + 1, USUAL_DEPOSIT_HU, np.float32)
    for name, plateau in plateaus.items():
        height[name] = plateau or USUAL_DEPOSIT_HU
    deposit = height[own]
    sharp = restored(cells.hu, low, bounded(np.maximum(deposit, beside)), widths)

    open_here = (contrast > TISSUE_HU)[:, None, None]
    ground = np.where(open_here & (cells.lumen_mm > -0.3), contrast[:, None, None], TISSUE_HU).astype(np.float32)
    half = 0.5 * (deposit + ground)
    half = np.maximum(half, np.where(open_here & (cells.lumen_mm > -0.3), ground + ABOVE_CONTRAST_HU, 0))
    half = np.maximum(half, _level(cells, sections, threshold))
    soft = SOFT_SHARE * (deposit - ground)
    reach = away < 2 * fwhm_mm
    shares = []
    for shift in BAND:
        share = np.clip((sharp - half - shift) / (2 * soft) + 0.5, 0, 1) * reach
        shares.append(_up_to_wall(share.astype(np.float32), cells))
    return shares, np.where(reach, own, 0).astype(np.int32), plateaus


def _plateau(free: Float32, inside: Float32, mine: NDArray[np.bool_], away: Float) -> float | None:
    """Return a deposit's own grey value from its core; ``None`` if it is too thin to have one."""
    core = binary_erosion((free > 0.5 * BRIGHTEST_HU) & (inside > 0.5) & mine & (away < 1.0), iterations=2)
    if core.sum() < CORE_CELLS:
        return None
    return float(np.median(free[core]))


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
    result = []
    for name in names:
        mine = np.where(own == name, share, 0)
        along = (mine * cells.volume_mm3).sum((1, 2))
        there = np.flatnonzero(along > 1e-3)
        if len(there) == 0:
            continue
        span = slice(int(there[0]), int(there[-1]) + 1)
        result.append(
            Deposit(
                from_mm=float(station[there[0]]),
                to_mm=float(station[there[-1]]),
                volume_mm3=float(along.sum()),
                mean_hu=float((mine * cells.hu).sum() / mine.sum()),
                plateau_hu=plateaus[name],
                max_csa_percent=float(np.minimum(100 * area[span] / wall[span], 100).max()),
                max_arc_deg=float(arc[span].max()),
            )
        )
    return result
