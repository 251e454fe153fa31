"""The heart on a grid of equal steps along the patient's axes, on which tubes are looked for."""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer.analysis.kernels import parallel_kernel
from viewer.model.geometry import Geometry
from viewer.model.volume import Volume

F32 = NDArray[np.float32]

#: Fat and myocardium around a vessel are wanted beside it when a box is cut out.
PATIENT_AXES = ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0))


@parallel_kernel()
def _resample(
    hu: np.ndarray,
    step: np.ndarray,
    shift: np.ndarray,
    out: np.ndarray,
) -> None:  # pragma: no cover - compiled
    """Sample `hu` (int16) trilinearly at ``step @ (k, j, i) + shift``, clamped at the borders."""
    kk, jj, ii = hu.shape
    for k in nb.prange(out.shape[0]):
        for j in range(out.shape[1]):
            for i in range(out.shape[2]):
                z = min(
                    max(step[0, 0] * k + step[0, 1] * j + step[0, 2] * i + shift[0], np.float32(0)), np.float32(kk - 1)
                )
                y = min(
                    max(step[1, 0] * k + step[1, 1] * j + step[1, 2] * i + shift[1], np.float32(0)), np.float32(jj - 1)
                )
                x = min(
                    max(step[2, 0] * k + step[2, 1] * j + step[2, 2] * i + shift[2], np.float32(0)), np.float32(ii - 1)
                )
                k0 = min(int(z), kk - 2)
                j0 = min(int(y), jj - 2)
                i0 = min(int(x), ii - 2)
                fz = z - np.float32(k0)
                fy = y - np.float32(j0)
                fx = x - np.float32(i0)
                one = np.float32(1)
                c00 = np.float32(hu[k0, j0, i0]) * (one - fx) + np.float32(hu[k0, j0, i0 + 1]) * fx
                c01 = np.float32(hu[k0, j0 + 1, i0]) * (one - fx) + np.float32(hu[k0, j0 + 1, i0 + 1]) * fx
                c10 = np.float32(hu[k0 + 1, j0, i0]) * (one - fx) + np.float32(hu[k0 + 1, j0, i0 + 1]) * fx
                c11 = np.float32(hu[k0 + 1, j0 + 1, i0]) * (one - fx) + np.float32(hu[k0 + 1, j0 + 1, i0 + 1]) * fx
                c0 = c00 * (one - fy) + c01 * fy
                c1 = c10 * (one - fy) + c11 * fy
                out[k, j, i] = c0 * (one - fz) + c1 * fz


def resampled(volume: Volume, low_lps_mm: ArrayLike, high_lps_mm: ArrayLike, spacing_mm: float) -> tuple[F32, Geometry]:
    """Return the box from `low_lps_mm` to `high_lps_mm` at equal steps along the patient's axes.

    Parameters
    ----------
    volume : Volume
        At least two voxels along each axis.
    low_lps_mm, high_lps_mm : array_like of shape (3,)
        Opposite corners; clipped to the volume.
    spacing_mm : float

    Returns
    -------
    ndarray of float32, shape (K, J, I)
        HU; voxels beyond the border of an oblique volume repeat its outermost ones.
    Geometry
    """
    corners = volume.geometry.corners_lps_mm
    low = np.maximum(np.asarray(low_lps_mm, float), corners.min(0))
    high = np.minimum(np.asarray(high_lps_mm, float), corners.max(0))
    shape = np.maximum(np.floor((high - low)[::-1] / spacing_mm + 1e-6).astype(int) + 1, 2)
    geometry = Geometry.from_axes((int(shape[0]), int(shape[1]), int(shape[2])), low, (spacing_mm,) * 3, PATIENT_AXES)
    to_source = volume.geometry.index_from_lps @ geometry.affine
    out = np.empty(geometry.shape, np.float32)
    _resample(volume.hu, to_source[:3, :3].astype(np.float32), to_source[:3, 3].astype(np.float32), out)
    return out, geometry
