"""How much each voxel looks like the middle of a bright tube, in HU of contrast against its surroundings.

The Hessian of the smoothed image has two strongly negative eigenvalues across a bright tube and only one at the edge of
a chamber; the weaker of the two is therefore a measure of tubes that is silent on step edges (Sato et al. 1998; Yang et
al. 2012 suppress the edge in Frangi's measure to the same end). Blobs keep their response, so that calcium and
bifurcations stay part of the vessel; brightness is capped beforehand, so that calcium counts as much as lumen.
"""

from __future__ import annotations

import math

import numba as nb
import numpy as np

from viewer.analysis.coronary.grid import F32
from viewer.analysis.kernels import parallel_kernel

#: Standard deviations of the smoothing kernels. A tube of radius r answers most at about r / 1.4.
SCALES_MM = (0.55, 0.8, 1.15, 1.65)


@parallel_kernel()
def _smooth_i(
    src: np.ndarray,
    kernel: np.ndarray,
    out: np.ndarray,
) -> None:  # pragma: no cover - compiled
    """Convolve along the last axis, a row at a time; the border repeats."""
    K, J, n = src.shape
    r = kernel.size // 2
    for k in nb.prange(K):
        row = np.empty(n + 2 * r, np.float32)
        total = np.empty(n, np.float32)
        for j in range(J):
            for i in range(r):
                row[i] = src[k, j, 0]
                row[n + r + i] = src[k, j, n - 1]
            for i in range(n):
                row[r + i] = src[k, j, i]
                total[i] = np.float32(0)
            for t in range(2 * r + 1):
                w = kernel[t]
                for i in range(n):
                    total[i] += w * row[i + t]
            for i in range(n):
                out[k, j, i] = total[i]


@parallel_kernel()
def _smooth_j(
    src: np.ndarray,
    kernel: np.ndarray,
    out: np.ndarray,
) -> None:  # pragma: no cover - compiled
    """Convolve along the middle axis, a row at a time."""
    K, J, n = src.shape
    r = kernel.size // 2
    for k in nb.prange(K):
        for j in range(J):
            for i in range(n):
                out[k, j, i] = np.float32(0)
            for t in range(-r, r + 1):
                jj = min(max(j + t, 0), J - 1)
                w = kernel[t + r]
                for i in range(n):
                    out[k, j, i] += w * src[k, jj, i]


@parallel_kernel()
def _smooth_k(
    src: np.ndarray,
    kernel: np.ndarray,
    out: np.ndarray,
) -> None:  # pragma: no cover - compiled
    """Convolve along the first axis, a row at a time."""
    K, J, n = src.shape
    r = kernel.size // 2
    for k in nb.prange(K):
        for j in range(J):
            for i in range(n):
                out[k, j, i] = np.float32(0)
            for t in range(-r, r + 1):
                kk = min(max(k + t, 0), K - 1)
                w = kernel[t + r]
                for i in range(n):
                    out[k, j, i] += w * src[kk, j, i]


def smoothed(image: F32, sigma_px: float) -> F32:
    """Return `image` under a Gaussian of `sigma_px` voxels, the border repeated."""
    if sigma_px <= 0:
        return image.copy()
    radius = max(1, math.ceil(3.0 * sigma_px))
    x = np.arange(-radius, radius + 1)
    kernel = np.exp(-0.5 * (x / sigma_px) ** 2)
    kernel = (kernel / kernel.sum()).astype(np.float32)
    a, b = np.empty_like(image), np.empty_like(image)
    _smooth_i(image, kernel, a)
    _smooth_j(a, kernel, b)
    _smooth_k(b, kernel, a)
    return a


@parallel_kernel()
def _strongest(
    s: np.ndarray,
    gain: np.float32,
    scale: np.uint8,
    best: np.ndarray,
    best_scale: np.ndarray,
) -> None:  # pragma: no cover - compiled
    """Raise `best` to the tube answer of the smoothed image `s` where that is larger, and note the scale."""
    K, J, n = s.shape
    third = np.float32(1.0 / 3.0)
    for k in nb.prange(1, K - 1):
        for j in range(1, J - 1):
            for i in range(1, n - 1):
                c = s[k, j, i]
                xx = s[k, j, i + 1] + s[k, j, i - 1] - np.float32(2) * c
                yy = s[k, j + 1, i] + s[k, j - 1, i] - np.float32(2) * c
                zz = s[k + 1, j, i] + s[k - 1, j, i] - np.float32(2) * c
                trace = xx + yy + zz
                # the weaker of two negative eigenvalues is at least half the trace below the third one
                if -trace * gain * np.float32(0.75) <= best[k, j, i]:
                    continue
                q = np.float32(0.25)
                xy = q * (s[k, j + 1, i + 1] - s[k, j + 1, i - 1] - s[k, j - 1, i + 1] + s[k, j - 1, i - 1])
                xz = q * (s[k + 1, j, i + 1] - s[k + 1, j, i - 1] - s[k - 1, j, i + 1] + s[k - 1, j, i - 1])
                yz = q * (s[k + 1, j + 1, i] - s[k + 1, j - 1, i] - s[k - 1, j + 1, i] + s[k - 1, j - 1, i])
                m = trace * third
                a = xx - m
                b = yy - m
                d = zz - m
                p = math.sqrt((a * a + b * b + d * d + np.float32(2) * (xy * xy + xz * xz + yz * yz)) / np.float32(6))
                if p < np.float32(1e-6):
                    middle = m
                else:
                    det = a * (b * d - yz * yz) - xy * (xy * d - yz * xz) + xz * (xy * yz - b * xz)
                    h = np.float32(0.5) * det / (p * p * p)
                    h = min(max(h, np.float32(-1)), np.float32(1))
                    phi = math.acos(h) * third
                    large = m + np.float32(2) * p * math.cos(phi)
                    small = m + np.float32(2) * p * math.cos(phi + np.float32(2.0943951))
                    middle = trace - large - small
                answer = -middle * gain
                if answer > best[k, j, i]:
                    best[k, j, i] = answer
                    best_scale[k, j, i] = scale


def tube_contrast(image: F32, spacing_mm: float, scales_mm: tuple[float, ...] = SCALES_MM) -> tuple[F32, np.ndarray]:
    """Return the tube measure of a capped image.

    Parameters
    ----------
    image : ndarray of float32, shape (K, J, I)
        HU at equal steps along all axes, capped at the lumen's HU and floored at fat's.
    spacing_mm : float
    scales_mm : tuple of float

    Returns
    -------
    ndarray of float32
        About the HU by which the middle of a round tube stands out of its surroundings; 0 where there is none.
    ndarray of uint8
        Index of the scale that answered most.
    """
    best = np.zeros(image.shape, np.float32)
    which = np.zeros(image.shape, np.uint8)
    current, before_px = image, 0.0
    for index, scale in enumerate(scales_mm):
        sigma_px = scale / spacing_mm
        current = smoothed(current, math.sqrt(sigma_px**2 - before_px**2))
        before_px = sigma_px
        # a cylinder of radius 1.4 sigma answers 0.37 of its contrast in sigma² times the curvature
        _strongest(current, np.float32(2.7 * sigma_px**2), np.uint8(index), best, which)
    return best, which
