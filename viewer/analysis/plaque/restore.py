"""Taking the scanner's blur off a stretch of vessel, as far as noise allows.

The picture is explained as a blurred one that keeps within bounds: nothing outside the wall is as bright as calcium,
nothing inside is brighter than the deposit itself. The bounds are what brings back the edges (projected gradient with
Nesterov's momentum; Beck and Teboulle, SIAM J Imaging Sci 2:183, 2009).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
from numba import njit

from viewer.analysis.reformat.sampling import Float32

#: Enough to sharpen, too few to chase the noise.
ITERATIONS = 40
#: Fewer cells than this are not worth a second thread.
CELLS_FOR_TWO = 50_000

#: Calls work on strips of sections, from the first to before the last, that together make up all.
Share = Callable[[Callable[[int, int], None]], None]


def restored(
    seen: Float32,
    low: Float32,
    high: Float32,
    sigma_cells: tuple[float, float, float],
    iterations: int = ITERATIONS,
    start: Float32 | None = None,
) -> Float32:
    """Return the values within bounds whose blurred picture comes nearest to `seen`.

    Parameters
    ----------
    seen : ndarray of float32, shape (S, N, N)
    low, high : ndarray of float32, shape (S, N, N)
        Bounds for each value.
    sigma_cells : tuple of float
        Standard deviation of the blur along each axis, in cells.
    iterations : int
    start : ndarray of float32, shape (S, N, N), optional
        Where to begin; the picture itself if not given.

    Returns
    -------
    ndarray of float32, shape (S, N, N)
    """
    kernels = [gaussian_kernel(sigma) for sigma in sigma_cells]
    found = np.clip(seen if start is None else start, low, high)
    ahead, momentum = found.copy(), 1.0
    error, spare = np.empty_like(found), np.empty_like(found)
    with _sharing(found) as share:
        for _ in range(iterations):
            _blur(ahead, kernels, error, spare, share)
            np.subtract(seen, error, out=error)
            _blur(error, kernels, error, spare, share)
            following = 0.5 * (1 + np.sqrt(1 + 4 * momentum**2))
            ratio = np.float32((momentum - 1) / following)

            def step(a: int, b: int, ratio: np.float32 = ratio) -> None:
                _advance(found[a:b], ahead[a:b], error[a:b], low[a:b], high[a:b], ratio)

            share(step)
            momentum = following
    return found


@contextmanager
def _sharing(values: Float32) -> Iterator[Share]:
    """Give what calls work on strips of sections, two at a time where they are many; its threads end with the block."""
    sections = len(values)
    if values.size < CELLS_FOR_TWO or (os.cpu_count() or 1) < 2:
        yield lambda work: work(0, sections)
        return
    middle = sections // 2
    with ThreadPoolExecutor(1) as other:

        def share(work: Callable[[int, int], None]) -> None:
            later = other.submit(work, middle, sections)
            work(0, middle)
            later.result()

        yield share


def gaussian_kernel(sigma_cells: float) -> Float32:
    """Return a Gaussian over whole cells, odd length, sum 1."""
    reach = max(1, int(np.ceil(3 * sigma_cells)))
    weight = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(sigma_cells, 1e-3)) ** 2)
    return (weight / weight.sum()).astype(np.float32)


def blurred(values: Float32, sigma_cells: tuple[float, float, float]) -> Float32:
    """Return `values` blurred along the three axes, going on evenly beyond their border."""
    values = np.ascontiguousarray(values, np.float32)
    result = np.empty_like(values)
    kernels = [gaussian_kernel(sigma) for sigma in sigma_cells]
    with _sharing(values) as share:
        _blur(values, kernels, result, np.empty_like(values), share)
    return result


def _blur(values: Float32, kernels: list[Float32], result: Float32, spare: Float32, share: Share) -> None:
    """Put `values` blurred into `result`, which may be the same array; uses up `spare`."""
    cells = values.shape[1] * values.shape[2]
    flat, out = values.reshape(len(values), cells), spare.reshape(len(values), cells)
    share(lambda a, b: _along(flat, kernels[0], out, a, b))
    share(lambda a, b: _across(spare[a:b], kernels[1], kernels[2], result[a:b]))


@njit(nogil=True, cache=True, fastmath=True)
def _along(values: Float32, kernel: Float32, result: Float32, first: int, last: int) -> None:
    """Blur along the first axis, for the rows from `first` to before `last`."""
    reach, rows = len(kernel) // 2, values.shape[0]
    for a in range(first, last):
        for j in range(values.shape[1]):
            result[a, j] = kernel[reach] * values[a, j]
        for n in range(1, reach + 1):
            before, after, weight = max(a - n, 0), min(a + n, rows - 1), kernel[reach + n]
            for j in range(values.shape[1]):
                result[a, j] += weight * (values[before, j] + values[after, j])


@njit(nogil=True, cache=True, fastmath=True)
def _across(values: Float32, down: Float32, right: Float32, result: Float32) -> None:
    """Blur each section along its two axes."""
    rows, size = values.shape[1], values.shape[2]
    reach = len(right) // 2
    section = np.empty((rows, size + 2 * reach), np.float32)
    inner = section[:, reach : reach + size]
    row = np.empty(size, np.float32)
    tall = len(down) // 2
    for s in range(values.shape[0]):
        for a in range(rows):
            for j in range(size):
                inner[a, j] = down[tall] * values[s, a, j]
            for n in range(1, tall + 1):
                before, after, weight = max(a - n, 0), min(a + n, rows - 1), down[tall + n]
                for j in range(size):
                    inner[a, j] += weight * (values[s, before, j] + values[s, after, j])
            for n in range(reach):
                section[a, n] = inner[a, 0]
                section[a, reach + size + n] = inner[a, size - 1]
        for a in range(rows):
            for j in range(size):
                row[j] = right[reach] * section[a, j + reach]
            for n in range(1, reach + 1):
                weight = right[reach + n]
                for j in range(size):
                    row[j] += weight * (section[a, j + reach - n] + section[a, j + reach + n])
            result[s, a] = row


@njit(nogil=True, cache=True, fastmath=True)
def _advance(
    found: Float32, ahead: Float32, change: Float32, low: Float32, high: Float32, momentum: np.float32
) -> None:
    """Go one bounded step from `ahead`, and put the place to look from next into it."""
    for s in range(found.shape[0]):
        f, a, c, p, q = found[s].ravel(), ahead[s].ravel(), change[s].ravel(), low[s].ravel(), high[s].ravel()
        for j in range(len(f)):
            better = a[j] + c[j]
            better = p[j] if better < p[j] else better
            better = q[j] if better > q[j] else better
            a[j] = better + momentum * (better - f[j])
            f[j] = better
