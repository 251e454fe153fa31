"""One turn of the fit of a blurred round vessel: circles first, then what each ray insists on, then grey values."""

from __future__ import annotations

import numpy as np
from scipy.linalg import solveh_banded
from scipy.ndimage import gaussian_filter, gaussian_filter1d, grey_dilation

from viewer.analysis.plaque.first_guess import NO_LUMEN_MM, TISSUE_HU, healthy, usual_thickness
from viewer.analysis.plaque.rays import REACH_MM, Model, Rays
from viewer.analysis.reformat.sampling import Float32
from viewer.model.geometry import Float

#: Noise of one sample, raised because neighbouring samples share theirs.
NOISE_HU = 60.0
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


def pooled(matrix: Float32, right: Float32, step: float) -> tuple[Float, Float]:
    """Return normal equations averaged over neighbours along and around, in units of 1/mm²."""
    angles = matrix.shape[1]
    width = (POOL_MM / step, POOL_DEG / 360 * angles, 0)
    worth = POOL_WORTH / NOISE_HU**2
    flat = matrix.reshape(*matrix.shape[:2], 16)
    mode = ("nearest", "wrap", "nearest")
    pooled = gaussian_filter(flat, width, mode=mode, truncate=2.5).reshape(matrix.shape)
    return worth * pooled.astype(float), worth * gaussian_filter(right, width, mode=mode, truncate=2.5).astype(float)


def round_vessel(
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
    prior = healthy(np.asarray(model.lumen_mm).mean(1), step) / spread**2
    for m, n, sign in ((0, 0, 1), (1, 1, 1), (0, 1, -1), (1, 0, -1)):
        block[:, m, n] += sign * prior
    side[:, 1] += prior * thickness
    side[:, 0] -= prior * thickness
    typical = np.maximum(np.median(block[:, range(4), range(4)], axis=0), 5.0)
    stiff = typical * (np.array([LUMEN_LENGTH_MM, WALL_LENGTH_MM, CENTER_LENGTH_MM, CENTER_LENGTH_MM]) / step) ** 4
    found = smooth_chain(block, side, stiff)
    shift = found[:, 2:3] * np.cos(angle) + found[:, 3:4] * np.sin(angle)
    now = np.asarray(model.lumen_mm, float).mean(1), np.asarray(model.wall_mm, float).mean(1)
    lumen = np.clip(found[:, 0], now[0] - 0.4, now[0] + 0.4)
    wall = np.clip(found[:, 1], now[1] - 0.4, now[1] + 0.4)
    return lumen[:, None] + shift, wall[:, None] + shift, sure


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


def read_levels(seen: Rays, model: Model, contrast: Float32, lumen_hu: float, step: float) -> None:
    """Read the grey values of lumen and tissue where the model says that there is nothing else."""
    far = grey_dilation(model.calcified, size=(5, 7), mode="wrap")
    clear = np.where(~far & (model.lumen_mm > 0.5), 1.0, 0.0)[:, :, None] * contrast
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
    blind = (model.from_mm.max(axis=1) > 0)[:, None, None]
    between = ~blind & ~far[:, :, None] & (radius > begins[:, :, None]) & (radius < model.wall_mm[:, :, None] - 0.6)
    weight = between * radius
    near = 0.7 / step
    total, amount = gaussian_filter1d((weight * seen.hu).sum((1, 2)), near), gaussian_filter1d(weight.sum((1, 2)), near)
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
