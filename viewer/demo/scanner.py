"""The scanner: point spread, noise with a grain, and slabs that do not quite meet."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from viewer.demo.spec import DemoSpec
from viewer.model.geometry import Float

SLAB_MM = 40.0  #: height of one acquisition slab
_GRAIN_MM = (0.35, 0.42, 0.42)  #: deviation of the Gaussian that correlates the noise, along k, j, i

FloatGrid = NDArray[np.float32]


def slab_shift_mm(z_mm: Float, spec: DemoSpec) -> Float:
    """Return how far the picture is displaced at heights `z_mm`, shape (..., 2) along x and y."""
    odd = np.floor((np.asarray(z_mm, float) + 0.5 * spec.extent_mm[0]) / SLAB_MM) % 2
    return odd[..., None] * spec.slab_step_mm * np.array([1.0, 0.5])


def weights(sigma_mm: float, step_mm: float) -> FloatGrid:
    """Return a Gaussian sampled at voxels, sum 1, odd length."""
    sigma = max(sigma_mm / step_mm, 1e-3)
    reach = int(np.ceil(3.5 * sigma)) if sigma > 0.15 else 0
    x = np.arange(-reach, reach + 1)
    w = np.exp(-0.5 * (x / sigma) ** 2)
    return (w / w.sum()).astype(np.float32)


@njit(nogil=True, cache=True, fastmath=True, error_model="numpy")
def blurred(source: FloatGrid, wk: FloatGrid, wj: FloatGrid, wi: FloatGrid, out: FloatGrid) -> None:
    """Add to `out` the separable convolution of `source`, which has ``len(wk) // 2`` slices more at either end.

    Beyond the rim of a slice its last value goes on.
    """
    nk, nj, ni = out.shape
    plane, rows = np.empty((nj, ni), np.float32), np.empty((nj, ni), np.float32)
    hj, hi = len(wj) // 2, len(wi) // 2
    for k in range(nk):
        for j in range(nj):
            for i in range(ni):
                plane[j, i] = wk[0] * source[k, j, i]
            for w in range(1, len(wk)):
                for i in range(ni):
                    plane[j, i] += wk[w] * source[k + w, j, i]
        for j in range(nj):
            for i in range(ni):
                rows[j, i] = np.float32(0)
            for w in range(len(wj)):
                m = min(max(j + w - hj, 0), nj - 1)
                for i in range(ni):
                    rows[j, i] += wj[w] * plane[m, i]
        for j in range(nj):
            for w in range(len(wi)):
                d = w - hi
                for i in range(max(0, -d), min(ni, ni - d)):
                    out[k, j, i] += wi[w] * rows[j, i + d]
            for i in range(hi):
                for w in range(hi - i):
                    out[k, j, i] += wi[w] * rows[j, 0]
                    out[k, j, ni - 1 - i] += wi[w] * rows[j, ni - 1]


def develop(clean: FloatGrid, first: int, last: int, spec: DemoSpec) -> NDArray[np.int16]:
    """Return slices ``first:last`` of the scan: blurred, noisy, rounded to whole HU.

    The noise of a slice depends on the seed and the slice alone, not on how the work is cut up.

    Parameters
    ----------
    clean : ndarray of float32, shape (K, J, I)
        The whole volume without blur and noise.
    """
    sigma = spec.fwhm_mm / np.sqrt(8 * np.log(2))
    wk, wj, wi = (weights(sigma, step) for step in spec.spacing_mm)
    half = len(wk) // 2
    rows = np.clip(np.arange(first - half, last + half), 0, len(clean) - 1)
    inner = first - half >= 0 and last + half <= len(clean)
    out = np.zeros((last - first, *clean.shape[1:]), np.float32)
    blurred(clean[rows[0] : rows[-1] + 1] if inner else clean[rows], wk, wj, wi, out)
    if spec.noise_hu > 0:
        gk, gj, gi = (weights(grain, step) for grain, step in zip(_GRAIN_MM, spec.spacing_mm, strict=True))
        half = len(gk) // 2
        white = np.stack(
            [
                np.random.default_rng((spec.seed, k + 1000)).standard_normal(clean.shape[1:], np.float32)
                for k in range(first - half, last + half)
            ]
        )
        factor = spec.noise_hu / np.sqrt(np.prod([(w.astype(float) ** 2).sum() for w in (gk, gj, gi)]))
        blurred(white, gk * np.float32(factor), gj, gi, out)
    return np.clip(np.rint(out), -1024, 3071).astype(np.int16)
