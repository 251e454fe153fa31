"""One turn of the fit of a blurred round vessel: circles first, then what each ray insists on, then grey values."""

from __future__ import annotations

import numpy as np
from scipy.linalg import solveh_banded
from scipy.ndimage import gaussian_filter, gaussian_filter1d, grey_dilation

from viewer.analysis.plaque.first_guess import TISSUE_HU, healthy, usual_thickness
from viewer.analysis.plaque.rays import NO_LUMEN_MM, REACH_MM, Model
from viewer.analysis.reformat.sampling import Float32
from viewer.model.geometry import Float

#: Noise of one sample, raised because neighbouring samples share theirs.
NOISE_HU = 60.0
#: Lengths along the vessel within which the radii of a round vessel hardly change.
LUMEN_LENGTH_MM, WALL_LENGTH_MM = 0.6, 2.5
#: How far the centreline is from the middle, and how much it bends about it: as one that swings by 0.3 mm to either
#: side within 12 mm.
CENTER_SPREAD_MM, CENTER_BEND_PER_MM = 0.6, 0.08
#: How far a contour leaves the circle unless the picture insists.
SHAPE_MM = 0.1
#: Neighbours along and around that count as one place, as Gaussian standard deviations, and those around that have the
#: same surroundings.
POOL_MM, POOL_DEG, NEAR_DEG = 0.6, 20.0, 4.0
#: What surroundings were before counts so much, 1/HU².
AROUND_TRUST = 1e-4
#: What a Gaussian pool of that size is worth, in samples of its own.
POOL_WORTH = 6.0


def along_pooled(matrix: Float32, right: Float32, step: float) -> tuple[Float, Float]:
    """Return normal equations averaged over neighbours along the vessel and the nearest around, in units of 1/mm²."""
    width = (POOL_MM / step, NEAR_DEG / 360 * matrix.shape[1], 0)
    worth = POOL_WORTH / NOISE_HU**2
    flat = matrix.reshape(*matrix.shape[:2], 16)
    mode = ("nearest", "wrap", "nearest")
    pooled = gaussian_filter(flat, width, mode=mode, truncate=2.5).reshape(matrix.shape)
    return worth * pooled.astype(float), worth * gaussian_filter(right, width, mode=mode, truncate=2.5).astype(float)


def without(matrix: Float, right: Float, one: int, guess: Float32, trust: float) -> tuple[Float, Float]:
    """Return what normal equations say of all but one unknown, once that has taken its best value.

    It is done ray by ray, before neighbours around are averaged: fat lies on one side of a vessel and muscle on the
    other, and between them the surroundings change within few degrees.

    Parameters
    ----------
    matrix, right : ndarray of shape (S, A, P, P) and (S, A, P)
    one : int
    guess : ndarray of shape (S, A)
        What the unknown probably is,
    trust : float
        and how sure that is, as one over the variance.
    """
    keep = np.delete(np.arange(matrix.shape[-1]), one)
    mixed = matrix[:, :, keep, one]
    gain = mixed / (matrix[:, :, one, one] + trust)[..., None]
    rest = matrix[:, :, keep[:, None], keep] - gain[..., :, None] * mixed[..., None, :]
    return rest, right[:, :, keep] - gain * (right[:, :, one] + trust * guess)[..., None]


def round_vessel(
    matrix: Float, right: Float, model: Model, angle: Float, step: float, thickness: Float, spread: float
) -> tuple[Float, Float, Float]:
    """Fit circles that are smooth along the vessel.

    Parameters
    ----------
    matrix, right : ndarray of shape (S, A, 3, 3) and (S, A, 3)
        What each ray says of lumen, calcium's inner border and wall.
    model : Model
    angle : ndarray of shape (A,)
    step : float
        Distance between stations.
    thickness : ndarray of shape (S,)
        Of a healthy wall,
    spread : float
        and how far a healthy wall may be off it.

    Returns
    -------
    lumen, wall : ndarray of shape (S, A)
        Radii about the centreline of two circles with one middle.
    sure : ndarray of shape (S, A)
        How well a ray and its neighbours know the wall, 1/mm².
    """
    angles = model.lumen_mm.shape[1]
    two, answer = without(matrix, right, 1, model.inner_mm, 1.0)
    sure = np.maximum(gaussian_filter1d(two[:, :, 1, 1], POOL_DEG / 360 * angles, axis=1, mode="wrap"), 0.0)

    # Unknown at each station: lumen, wall, and the middle's two coordinates. What is closed has no place of its own.
    now = np.asarray(model.lumen_mm, float).mean(1), np.asarray(model.wall_mm, float).mean(1)
    placed = np.clip(now[0] / NO_LUMEN_MM - 1, 0, 1)
    way = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    base = np.zeros((len(placed), angles, 2, 4))
    base[:, :, 0, 0] = base[:, :, 1, 1] = 1.0
    base[:, :, 0, 2:] = placed[:, None, None] * way
    base[:, :, 1, 2:] = way
    block = np.einsum("saip,saij,sajq->spq", base, two, base, optimize=True) / (POOL_WORTH * 2)
    side = np.einsum("saip,sai->sp", base, answer) / (POOL_WORTH * 2)
    block[:, [2, 3], [2, 3]] += 1 / CENTER_SPREAD_MM**2
    prior = healthy(np.asarray(model.lumen_mm).mean(1), step) / spread**2
    for m, n, sign in ((0, 0, 1), (1, 1, 1), (0, 1, -1), (1, 0, -1)):
        block[:, m, n] += sign * prior
    side[:, 1] += prior * thickness
    side[:, 0] -= prior * thickness
    typical = np.maximum(np.median(block[:, range(2), range(2)], axis=0), 5.0)
    stiff = typical * (np.array([LUMEN_LENGTH_MM, WALL_LENGTH_MM]) / step) ** 4
    stiff = np.append(stiff, np.full(2, 1 / (CENTER_BEND_PER_MM * step**2) ** 2))
    found = smooth_chain(block, side, stiff)
    shift = found[:, 2:] @ way.T
    lumen = np.clip(found[:, 0], now[0] - 0.4, now[0] + 0.4)
    wall = np.clip(found[:, 1], now[1] - 0.4, now[1] + 0.4)
    return lumen[:, None] + placed[:, None] * shift, wall[:, None] + shift, sure


def wider(matrix: Float32, right: Float32, blur: Float32, model: Model) -> tuple[float, float]:
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


def smooth_chain(block: Float, side: Float, stiff: Float) -> Float:
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


def take_shape(matrix: Float, right: Float, model: Model, lumen: Float, wall: Float) -> None:
    """Let each ray leave the circles as far as it and its neighbours insist, and put the result into the model.

    `matrix`, shape (S, A, 3, 3), and `right`, shape (S, A, 3), are what each ray says of lumen, calcium's inner border
    and wall.
    """
    width = POOL_DEG / 360 * matrix.shape[1]
    flat = gaussian_filter1d(matrix.reshape(*matrix.shape[:2], 9), width, axis=1, mode="wrap", truncate=2.5)
    side = gaussian_filter1d(right, width, axis=1, mode="wrap", truncate=2.5)
    trust = np.array([1 / SHAPE_MM**2, 4.0, 1 / SHAPE_MM**2])
    start = np.stack([lumen, model.inner_mm, wall], axis=-1)
    found = np.linalg.solve(flat.reshape(matrix.shape) + np.diag(trust), (side + trust * start)[..., None])[..., 0]
    limit = np.array([0.5, 0.3, 0.5])
    old = np.stack([model.lumen_mm, model.inner_mm, model.wall_mm], axis=-1)
    found = np.clip(found, old - limit, old + limit)
    model.wall_mm = np.clip(found[..., 2], 0.4, REACH_MM - 0.3).astype(np.float32)
    model.lumen_mm = np.clip(found[..., 0], 0.1, model.wall_mm - 0.1).astype(np.float32)
    model.lumen_mm[model.closed] = 0.1
    model.inner_mm = np.clip(found[..., 1], 0.0, model.wall_mm).astype(np.float32)


def read_surroundings(matrix: Float, right: Float, model: Model) -> None:
    """Read what lies around the vessel on each ray, given the model's borders; `matrix` is of shape (S, A, 4, 4)."""
    borders = np.stack([model.lumen_mm, model.inner_mm, model.wall_mm], axis=-1)
    said = right[:, :, 3] - (matrix[:, :, 3, :3] * borders).sum(2)
    around = (said + AROUND_TRUST * model.around_hu) / (matrix[:, :, 3, 3] + AROUND_TRUST)
    around = np.clip(around, model.around_hu - 100.0, model.around_hu + 100.0)
    model.around_hu = np.clip(around, -150.0, 500.0).astype(np.float32)


def read_levels(model: Model, levels: Float32, lumen_hu: float, step: float) -> None:
    """Read the grey values of lumen and tissue from what the rays through nothing else say of them."""
    far = grey_dilation(model.calcified, size=(5, 7), mode="wrap")
    clear = np.where(~far & (model.lumen_mm > 0.5), 1.0, 0.0)
    total, amount = (clear * levels[:, :, 0]).sum(1), (clear * levels[:, :, 1]).sum(1)
    few = 0.1 * far.shape[1]
    wide = 8.0 / step
    usual = (gaussian_filter1d(total, wide) + 0.02 * few * (lumen_hu - TISSUE_HU)) / (
        gaussian_filter1d(amount, wide) + 0.02 * few
    )
    near = 1.5 / step
    height = (gaussian_filter1d(total, near) + few * usual) / (gaussian_filter1d(amount, near) + few)
    clear = ~far & ~(model.from_mm.max(axis=1) > 0)[:, None]
    near = 0.7 / step
    total = gaussian_filter1d((clear * levels[:, :, 2]).sum(1), near)
    amount = gaussian_filter1d((clear * levels[:, :, 3]).sum(1), near)
    tissue = np.clip((total + few * TISSUE_HU) / (amount + few), 20.0, 160.0)
    model.lumen_hu = (np.clip(height, 60.0, None) + tissue).astype(np.float32)
    model.tissue_hu = tissue.astype(np.float32)


def own_thickness(model: Model, sure: Float, step: float) -> Float:
    """Return the healthy wall's thickness along this vessel: the usual one, scaled by its clear stretches."""
    lumen = np.asarray(model.lumen_mm, float).mean(1)
    usual = usual_thickness(lumen)
    known = np.clip(np.where(model.calcified, 0.0, sure) - 20.0, 0.0, 40.0) * healthy(lumen, step)[:, None]
    thick = np.asarray(model.wall_mm - model.lumen_mm, float) / usual[:, None]
    wide, few = 12.0 / step, 0.5 * 40.0 * known.shape[1]
    amount, total = gaussian_filter1d(known.sum(1), wide), gaussian_filter1d((known * thick).sum(1), wide)
    return usual * (total + few) / (amount + few)
