"""Taking the scanner's blur off a stretch of vessel, as far as noise allows.

The picture is explained as a blurred one that keeps within bounds: nothing outside the wall is as bright as calcium,
nothing inside is brighter than the deposit itself. The bounds are what brings back the edges (projected gradient with
Nesterov's momentum; Beck and Teboulle, SIAM J Imaging Sci 2:183, 2009).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from viewer.analysis.reformat.sampling import Float32

#: Enough to sharpen, too few to chase the noise.
ITERATIONS = 40


def restored(seen: Float32, low: Float32, high: Float32, sigma_cells: tuple[float, float, float]) -> Float32:
    """Return the values within bounds whose blurred picture comes nearest to `seen`.

    Parameters
    ----------
    seen : ndarray of float32, shape (S, N, N)
    low, high : ndarray of float32, shape (S, N, N)
        Bounds for each value.
    sigma_cells : tuple of float
        Standard deviation of the blur along each axis, in cells.

    Returns
    -------
    ndarray of float32, shape (S, N, N)
    """
    kernels = [gaussian_kernel(sigma) for sigma in sigma_cells]
    found = np.clip(seen, low, high)
    ahead, momentum = found, 1.0
    spare = np.empty_like(seen)
    for _ in range(ITERATIONS):
        error = seen - blurred(ahead, kernels, spare)
        better = np.clip(ahead + blurred(error, kernels, spare), low, high)
        following = 0.5 * (1 + np.sqrt(1 + 4 * momentum**2))
        ahead = better + np.float32((momentum - 1) / following) * (better - found)
        found, momentum = better, following
    return found


def gaussian_kernel(sigma_cells: float) -> Float32:
    """Return a Gaussian over whole cells, odd length, sum 1."""
    reach = max(1, int(np.ceil(3 * sigma_cells)))
    weight = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(sigma_cells, 1e-3)) ** 2)
    return (weight / weight.sum()).astype(np.float32)


def blurred(values: Float32, kernels: list[Float32], spare: Float32) -> Float32:
    """Return `values` blurred along the three axes, the outermost going on beyond the border; uses up `spare`."""
    values = np.ascontiguousarray(values)
    result = np.empty_like(values)
    _along_first(values, kernels[0], result)
    _along_second(result, kernels[1], spare)
    _along_third(spare, kernels[2], result)
    return result


@njit(nogil=True, cache=True, fastmath=True)
def _along_first(values: Float32, kernel: Float32, result: Float32) -> None:
    reach, rows = len(kernel) // 2, values.shape[0]
    flat, out = values.reshape(rows, -1), result.reshape(rows, -1)
    for a in range(rows):
        for j in range(flat.shape[1]):
            out[a, j] = kernel[reach] * flat[a, j]
        for n in range(1, reach + 1):
            before, after, weight = max(a - n, 0), min(a + n, rows - 1), kernel[reach + n]
            for j in range(flat.shape[1]):
                out[a, j] += weight * (flat[before, j] + flat[after, j])


@njit(nogil=True, cache=True, fastmath=True)
def _along_second(values: Float32, kernel: Float32, result: Float32) -> None:
    reach, rows, size = len(kernel) // 2, values.shape[1], values.shape[2]
    for s in range(values.shape[0]):
        for a in range(rows):
            for j in range(size):
                result[s, a, j] = kernel[reach] * values[s, a, j]
            for n in range(1, reach + 1):
                before, after, weight = max(a - n, 0), min(a + n, rows - 1), kernel[reach + n]
                for j in range(size):
                    result[s, a, j] += weight * (values[s, before, j] + values[s, after, j])


@njit(nogil=True, cache=True, fastmath=True)
def _along_third(values: Float32, kernel: Float32, result: Float32) -> None:
    reach, size = len(kernel) // 2, values.shape[2]
    row = np.empty(size + 2 * reach, np.float32)
    for s in range(values.shape[0]):
        for b in range(values.shape[1]):
            row[:reach] = values[s, b, 0]
            row[size + reach :] = values[s, b, size - 1]
            row[reach : size + reach] = values[s, b]
            for a in range(size):
                result[s, b, a] = kernel[0] * row[a]
            for n in range(1, 2 * reach + 1):
                weight = kernel[n]
                for a in range(size):
                    result[s, b, a] += weight * row[a + n]
