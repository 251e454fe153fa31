"""Lumen and outer wall at every station of a vessel.

A model of a round vessel behind the scanner's blur is fitted to rays from the centreline (`rays`). At first the vessel
is a circle at each station, off the centreline by what the picture says, smooth along the vessel; where the picture has
no edge (an occlusion inside heart muscle, a deposit over the whole wall) the circle runs on straight between the
sections on both sides. Then each ray may leave the circle as far as its own and its neighbours' edges are sure of it.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded
from scipy.ndimage import gaussian_filter, gaussian_filter1d, grey_dilation, grey_erosion, percentile_filter

from viewer.analysis.plaque.blur import FWHM, FWHM_RANGE_MM, USUAL_FWHM_MM
from viewer.analysis.plaque.rays import RADIAL_STEP_MM, REACH_MM, Model, Rays, normal_equations, rays
from viewer.analysis.reformat.frames import STEP_MM, frames_along
from viewer.analysis.reformat.sampling import Float32
from viewer.model.centerline import Centerline
from viewer.model.cross_section import Contour, CrossSections, Frames
from viewer.model.geometry import Float
from viewer.model.volume import Volume
from viewer.progress import Progress, silent

#: Wall and soft plaque on a contrast CT.
TISSUE_HU = 65.0
#: Calcium that is too thin to show its own grey value.
THIN_CALCIUM_HU = 850.0
#: A sample above this is calcium if there is no contrast; where there is, it must also outshine that by this much.
CALCIUM_HU = 351.0
ABOVE_LUMEN_HU = 110.0
#: Noise of one sample, raised because neighbouring samples share theirs.
NOISE_HU = 60.0

#: Distance between the stations of the fit; the blur is wider.
FIT_STEP_MM = 0.5
ITERATIONS = 8
#: While the blur is looked for, walls keep so near to their usual thickness; and what the usual blur itself counts.
BLUR_SPREAD_MM = 0.02
BLUR_PRIOR = 100.0
#: Wall of a healthy coronary artery: a share of the lumen's radius, but not thinner than this; and how far a vessel may
#: be off that rule, before and after it has shown its own wall.
WALL_SHARE, THINNEST_WALL_MM = 0.27, 0.35
FIRST_SPREAD_MM, OWN_SPREAD_MM = 0.15, 0.08
#: A lumen narrower than this share of what is usual near by is diseased: its wall says nothing of the healthy one.
HEALTHY_SHARE = 0.92
#: Lumen that is too narrow to be told from none.
NO_LUMEN_MM = 0.3
#: Where more than this share of the rays meets calcium, what lies within cannot be seen.
BLINDING_SHARE = 0.4
#: Lengths along the vessel within which radius and middle of a round vessel hardly change.
LUMEN_LENGTH_MM, WALL_LENGTH_MM, CENTER_LENGTH_MM = 0.6, 2.5, 2.0
#: How far the centreline is from the middle.
CENTER_SPREAD_MM = 0.3
#: How far a contour leaves the circle unless the picture insists.
SHAPE_MM = 0.1
#: Neighbours along and around that count as one place, as Gaussian standard deviations.
POOL_MM, POOL_DEG = 0.6, 20.0
#: What a Gaussian pool of that size is worth, in samples of its own.
POOL_WORTH = 6.0


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
        it, else `Contour.INTERPOLATED`.
    """
    progress(0.0, f"Walls of {name}")
    frames = frames_along(centerline, step_mm)
    fit = frames_along(centerline, FIT_STEP_MM)
    model, sure, _, _ = _fit(rays(volume, fit), fit, lumen_hu, fwhm_mm / FWHM, False, progress, f"Walls of {name}")
    return _sections(name, frames, fit, model, sure)


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
    seen: Rays, fit: Frames, lumen_hu: float, sigma: float, find_blur: bool, progress: Progress, text: str
) -> tuple[Model, Float, float, float]:
    """Fit the model to the rays; return it, how sure each ray is of the wall, the blur and how sure that is."""
    step = float(fit.station_mm[1] - fit.station_mm[0])
    model = _start(seen, lumen_hu, step)
    known, sure = 0.0, np.zeros(model.lumen_mm.shape)
    for turn in range(ITERATIONS):
        mean = np.asarray(model.lumen_mm, float).mean(1)
        thickness, spread = _usual_thickness(mean), BLUR_SPREAD_MM if find_blur else FIRST_SPREAD_MM
        if turn > 2 and not find_blur:
            thickness, spread = _own_thickness(model, sure, step), OWN_SPREAD_MM
        matrix, right, contrast, blur = normal_equations(seen, model, sigma)
        if find_blur and turn > 2:
            change, known = _wider(matrix, right, blur, model)
            sigma = float(
                np.clip(sigma * np.exp(np.clip(change, -0.1, 0.1)), *(width / FWHM for width in FWHM_RANGE_MM))
            )
        matrix, right = _pooled(matrix, right, step)
        lumen, wall, sure = _round(matrix, right, model, seen.angle, step, thickness, spread)
        _shape(matrix, right, model, lumen, wall)
        _levels(seen, model, contrast, lumen_hu, step)
        progress((turn + 1) / ITERATIONS, text)
    return model, sure, sigma, known


def _start(seen: Rays, lumen_hu: float, step: float) -> Model:
    """Return a first guess: the lumen by half height, the wall around it, calcium by its threshold."""
    stations, angles, samples = seen.hu.shape
    calm = gaussian_filter(seen.hu, (0.3 / step, 1.0, 0.5), mode=("nearest", "wrap", "nearest"))
    core = np.median(calm[:, :, : max(1, int(0.5 / RADIAL_STEP_MM))].reshape(stations, -1), axis=1)
    contrast = (core > 0.5 * (lumen_hu + TISSUE_HU)) & (core < 1.25 * lumen_hu)
    level = _carried(np.clip(core, 0.4 * lumen_hu, 1.25 * lumen_hu), contrast, 3.0 / step, lumen_hu)

    bright = np.maximum(CALCIUM_HU, level + ABOVE_LUMEN_HU)
    half = 0.5 * (level + TISSUE_HU)
    below = calm < half[:, None, None]
    edge = np.where(below.any(2), below.argmax(2), samples) * RADIAL_STEP_MM
    first_calcium = np.where((calm > bright[:, None, None]).any(2), (calm > bright[:, None, None]).argmax(2), samples)
    clear = first_calcium * RADIAL_STEP_MM > edge + 0.6
    few = clear.mean(1) < 0.3
    lumen = np.where(few, 0.0, np.nanmedian(np.where(clear | few[:, None], edge, np.nan), axis=1))
    lumen = np.where(contrast, np.clip(lumen, 0.1, REACH_MM - 2.0), 0.1)
    lumen = np.median(np.stack([np.roll(lumen, n) for n in (-1, 0, 1)]), axis=0)

    healthy = _healthy(lumen, step)
    wall = np.full(stations, 1.75)
    if healthy.any():
        at = np.arange(stations)
        reference = np.maximum(np.interp(at, at[healthy], lumen[healthy]), lumen)
        wall = reference + _usual_thickness(reference)
    wall = gaussian_filter1d(wall, 1.0 / step, mode="nearest")

    open_here = lumen > NO_LUMEN_MM
    bright = np.where(open_here, bright, CALCIUM_HU)
    # A deposit in the wall shows in the outer half of a ray; what shines further in only may be one on the other side.
    radius = seen.radius_mm[None, None, :]
    outer = (radius < wall[:, None, None] + 0.3) & (radius > 0.5 * wall[:, None, None])
    shown = np.where(outer, calm, -1024.0)
    peak = shown.max(2)
    calcified = peak > bright[:, None]
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
    doubtful = np.where(near, np.where(beside, 0.01, 0.15), np.where(beside, 0.5, 1.0))
    amid = (grey_erosion(calcified, size=(1, 5), mode="wrap") > 0) & (peak > 0.8 * around_peak)
    weight = np.where(calcified, np.where(amid, 0.4, 0.05), doubtful)
    full = (angles, stations)
    return Model(
        lumen_mm=np.broadcast_to(lumen, full).T.astype(np.float32),
        inner_mm=np.clip(begins, 0.1, wall[:, None] - 0.1).astype(np.float32),
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


def _pooled(matrix: Float32, right: Float32, step: float) -> tuple[Float, Float]:
    """Return normal equations averaged over neighbours along and around, in units of 1/mm²."""
    angles = matrix.shape[1]
    width = (POOL_MM / step, POOL_DEG / 360 * angles, 0)
    worth = POOL_WORTH / NOISE_HU**2
    flat = matrix.reshape(*matrix.shape[:2], 16)
    mode = ("nearest", "wrap", "nearest")
    pooled = gaussian_filter(flat, width, mode=mode, truncate=2.5).reshape(matrix.shape)
    return worth * pooled.astype(float), worth * gaussian_filter(right, width, mode=mode, truncate=2.5).astype(float)


def _round(
    matrix: Float, right: Float, model: Model, angle: Float, step: float, thickness: Float, spread: float
) -> tuple[Float, Float, Float]:
    """Fit circles that are smooth along the vessel.

    Returns
    -------
    lumen, wall : ndarray of shape (S, A)
        Radii about the centreline of two circles with one middle.
    sure : ndarray of shape (S, A)
        How well a ray alone knows the wall, 1/mm².
    """
    angles = model.lumen_mm.shape[1]
    # What the rays say of lumen and wall once calcium and surroundings have taken their best values.
    keep, drop = np.array([0, 2]), np.array([1, 3])
    inner = matrix[:, :, drop[:, None], drop] + np.diag([1.0, 1e-6])
    mixed = matrix[:, :, keep[:, None], drop]
    guess = np.stack([model.inner_mm, model.around_hu], axis=-1)
    gain = mixed @ np.linalg.inv(inner)
    two = matrix[:, :, keep[:, None], keep] - gain @ np.swapaxes(mixed, 2, 3)
    answer = right[:, :, keep] - (gain @ (right[:, :, drop] + guess * np.array([1.0, 1e-6]))[..., None])[..., 0]
    sure = np.maximum(two[:, :, 1, 1], 0.0)

    # Unknown at each station: lumen, wall, and the middle's two coordinates.
    base = np.zeros((angles, 2, 4))
    base[:, 0, 0] = base[:, 1, 1] = 1.0
    base[:, :, 2], base[:, :, 3] = np.cos(angle)[:, None], np.sin(angle)[:, None]
    block = np.einsum("aip,saij,ajq->spq", base, two, base) / (POOL_WORTH * 2)
    side = np.einsum("aip,sai->sp", base, answer) / (POOL_WORTH * 2)
    block[:, [2, 3], [2, 3]] += 1 / CENTER_SPREAD_MM**2
    prior = _healthy(np.asarray(model.lumen_mm).mean(1), step) / spread**2
    for m, n, sign in ((0, 0, 1), (1, 1, 1), (0, 1, -1), (1, 0, -1)):
        block[:, m, n] += sign * prior
    side[:, 1] += prior * thickness
    side[:, 0] -= prior * thickness
    typical = np.maximum(np.median(block[:, range(4), range(4)], axis=0), 5.0)
    stiff = typical * (np.array([LUMEN_LENGTH_MM, WALL_LENGTH_MM, CENTER_LENGTH_MM, CENTER_LENGTH_MM]) / step) ** 4
    found = _smooth_chain(block, side, stiff)
    shift = found[:, 2:3] * np.cos(angle) + found[:, 3:4] * np.sin(angle)
    now = np.asarray(model.lumen_mm, float).mean(1), np.asarray(model.wall_mm, float).mean(1)
    lumen = np.clip(found[:, 0], now[0] - 0.4, now[0] + 0.4)
    wall = np.clip(found[:, 1], now[1] - 0.4, now[1] + 0.4)
    return lumen[:, None] + shift, wall[:, None] + shift, sure


def _wider(matrix: Float32, right: Float32, blur: Float32, model: Model) -> tuple[float, float]:
    """Return how much wider the blur is than assumed, as a logarithm, and how sure that is (one over its variance)."""
    use = (blur[:, :, 4] > 0) & (model.lumen_mm.mean(1) > 1.2)[:, None]
    if not use.any():
        return 0.0, 0.0
    now = np.stack([model.lumen_mm, model.inner_mm, model.wall_mm, model.around_hu], axis=-1)[use].astype(float)
    square = matrix[use].astype(float)
    rest = right[use] - (square @ now[..., None])[..., 0]
    mixed = blur[use, :4].astype(float)
    # A ray may still shift, lumen and wall together, and see other surroundings; that is no news of the blur.
    free = np.array([[1.0, 0.0], [0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    gain = np.linalg.solve(free.T @ square @ free + np.diag([1.0, 1e-3]), (mixed @ free)[..., None])[..., 0] @ free.T
    own = float((blur[use, 4] - (gain * mixed).sum(1)).sum())
    side = float((blur[use, 5] - (gain * rest).sum(1)).sum())
    return side / max(own, 1e-9), own / NOISE_HU**2


def _smooth_chain(block: Float, side: Float, stiff: Float) -> Float:
    """Solve for unknowns at every station whose second differences along the vessel are held small.

    Parameters
    ----------
    block : ndarray of shape (S, P, P)
    side : ndarray of shape (S, P)
    stiff : ndarray of shape (P,)
        Weight of the squared second differences of each unknown.
    """
    stations, count, _ = block.shape
    banded = np.zeros((2 * count + 1, stations * count))
    rows, columns = np.indices((count, count))
    for m, n in zip(rows.ravel(), columns.ravel(), strict=True):
        if m >= n:
            banded[m - n, np.arange(stations) * count + n] += block[:, m, n]
    pattern = (1.0, -2.0, 1.0)
    for first in range(3):
        for second in range(first + 1):
            # The term pattern[first] * pattern[second] of every triple couples stations i + second and i + first.
            at = (np.arange(stations - 2) + second)[:, None] * count + np.arange(count)
            banded[(first - second) * count, at] += stiff * pattern[first] * pattern[second]
    banded[0] += 1e-6
    return solveh_banded(banded, side.ravel(), lower=True).reshape(stations, count)


def _shape(matrix: Float, right: Float, model: Model, lumen: Float, wall: Float) -> None:
    """Let each ray leave the circles as far as the pooled rays insist, and put the result into the model."""
    trust = np.array([1 / SHAPE_MM**2, 4.0, 1 / SHAPE_MM**2, 1e-4])
    start = np.stack([lumen, model.inner_mm, wall, model.around_hu], axis=-1)
    found = np.linalg.solve(matrix + np.diag(trust), (right + trust * start)[..., None])[..., 0]
    limit = np.array([0.5, 0.3, 0.5, 100.0])
    old = np.stack([model.lumen_mm, model.inner_mm, model.wall_mm, model.around_hu], axis=-1)
    found = np.clip(found, old - limit, old + limit)
    model.wall_mm = np.clip(found[..., 2], 0.4, REACH_MM - 0.3).astype(np.float32)
    model.lumen_mm = np.clip(found[..., 0], 0.1, model.wall_mm - 0.1).astype(np.float32)
    model.lumen_mm[model.closed] = 0.1
    model.inner_mm = np.clip(found[..., 1], 0.0, model.wall_mm).astype(np.float32)
    model.around_hu = np.clip(found[..., 3], -150.0, 500.0).astype(np.float32)


def _levels(seen: Rays, model: Model, contrast: Float32, lumen_hu: float, step: float) -> None:
    """Read the grey values of lumen and tissue where the model says that there is nothing else."""
    far = grey_dilation(model.calcified, size=(5, 7), mode="wrap")
    clear = (~far & (model.lumen_mm > 0.5))[:, :, None] * contrast.astype(float)
    total, amount = clear[:, :, 0].sum(1), clear[:, :, 1].sum(1)
    few = 0.1 * contrast.shape[1]
    wide = 8.0 / step
    usual = (gaussian_filter1d(total, wide) + 0.02 * few * (lumen_hu - TISSUE_HU)) / (
        gaussian_filter1d(amount, wide) + 0.02 * few
    )
    near = 1.5 / step
    height = (gaussian_filter1d(total, near) + few * usual) / (gaussian_filter1d(amount, near) + few)
    radius = seen.radius_mm[None, None, :]
    begins = model.lumen_mm + np.where(model.lumen_mm > NO_LUMEN_MM, 0.7, 0.0)
    blind = (model.from_mm > 0).any(1)[:, None, None]
    between = ~blind & ~far[:, :, None] & (radius > begins[:, :, None]) & (radius < model.wall_mm[:, :, None] - 0.6)
    weight = between * radius
    near = 0.7 / step
    total, amount = gaussian_filter1d((weight * seen.hu).sum((1, 2)), near), gaussian_filter1d(weight.sum((1, 2)), near)
    tissue = np.clip((total + few * TISSUE_HU) / (amount + few), 20.0, 160.0)
    model.lumen_hu = (np.clip(height, 60.0, None) + tissue).astype(np.float32)
    model.tissue_hu = tissue.astype(np.float32)


def _healthy(lumen: Float, step: float) -> Float:
    """Tell, as 1 or 0 for each station, whether the lumen is about as wide as it usually is near by."""
    usual = percentile_filter(lumen, 60, size=2 * round(8.0 / step) + 1, mode="nearest")
    calm = np.abs(np.gradient(lumen)) / step < 0.25
    return ((lumen > 0.5) & (lumen > HEALTHY_SHARE * usual) & calm).astype(bool)


def _usual_thickness(lumen: Float) -> Float:
    """Return the thickness of a healthy wall about a lumen of this radius."""
    return np.maximum(WALL_SHARE * lumen, THINNEST_WALL_MM)


def _own_thickness(model: Model, sure: Float, step: float) -> Float:
    """Return the healthy wall's thickness along this vessel: the usual one, scaled by its clear stretches."""
    lumen = np.asarray(model.lumen_mm, float).mean(1)
    usual = _usual_thickness(lumen)
    known = np.clip(np.where(model.calcified, 0.0, sure) - 20.0, 0.0, 40.0) * _healthy(lumen, step)[:, None]
    thick = np.asarray(model.wall_mm - model.lumen_mm, float) / usual[:, None]
    wide, few = 12.0 / step, 0.5 * 40.0 * known.shape[1]
    amount, total = gaussian_filter1d(known.sum(1), wide), gaussian_filter1d((known * thick).sum(1), wide)
    return usual * (total + few) / (amount + few)


def _carried(values: Float, known: NDArray[np.bool_], width: float, else_value: float) -> Float:
    """Return `values` smoothed where they are known and carried on where not."""
    if not known.any():
        return np.full(len(values), else_value)
    at = np.arange(len(values))
    return gaussian_filter1d(np.interp(at, at[known], values[known]), width, mode="nearest")


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
    source = np.where(seen_here, Contour.MEASURED, Contour.INTERPOLATED)[nearest.astype(int)]
    lumen_source = np.full(len(source), Contour.MEASURED)
    return CrossSections(name, frames, lumen, wall, lumen_source.astype(np.uint8), source.astype(np.uint8))
