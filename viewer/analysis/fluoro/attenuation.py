"""From Hounsfield units to linear attenuation, as the X-ray tube of a catheter laboratory would see it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import prange
from numpy.typing import ArrayLike, NDArray

from viewer.analysis.kernels import parallel_kernel
from viewer.model.geometry import Float, Geometry
from viewer.model.volume import Volume

#: Tube voltage of a coronary run through an adult.
TUBE_KV = 80.0

#: Above this, what attenuates is calcium, bone or iodine, whose share grows as the voltage falls.
DENSE_HU = 100.0

#: Tube voltage, linear attenuation of water per mm at the mean energy behind 20 cm of tissue, and how much more a dense
#: voxel stands out from tissue than it does on CT at 120 kV. From the mass attenuation coefficients of water, calcium
#: and iodine (NIST, Hubbell and Seltzer 2004) at 43, 50, 58 and 65 keV.
_VOLTAGES_KV = (60.0, 80.0, 100.0, 120.0)
_WATER_PER_MM = (0.0253, 0.0227, 0.0209, 0.0199)
_DENSE_FACTORS = (2.3, 1.75, 1.3, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Attenuation:
    """Linear attenuation on a grid of voxels.

    Attributes
    ----------
    mu : ndarray of int16, shape (K, J, I), C-contiguous, read-only
        In steps of `PER_MM` per millimetre: less than half a Hounsfield unit.
    geometry : Geometry
    """

    mu: NDArray[np.int16]
    geometry: Geometry

    #: Attenuation per mm of one step of `mu`.
    PER_MM = 1e-5

    def __post_init__(self) -> None:
        if self.mu.dtype != np.int16 or not self.mu.flags.c_contiguous:
            raise ValueError(f"attenuation is a C-contiguous int16 array, got {self.mu.dtype}")
        if self.mu.shape != self.geometry.shape or min(self.mu.shape) < 2:
            raise ValueError(f"attenuation {self.mu.shape} on a grid {self.geometry.shape}")
        self.mu.setflags(write=False)


def water_per_mm(tube_kv: float = TUBE_KV) -> float:
    """Return the linear attenuation of water, per mm, at a tube voltage of 60 to 120 kV (clamped)."""
    return float(np.interp(tube_kv, _VOLTAGES_KV, _WATER_PER_MM))


def dense_factor(tube_kv: float = TUBE_KV) -> float:
    """Return how much more calcium, bone and iodine stand out than on CT at 120 kV."""
    return float(np.interp(tube_kv, _VOLTAGES_KV, _DENSE_FACTORS))


def per_mm_from_hu(hu: ArrayLike, tube_kv: float = TUBE_KV) -> Float:
    """Return the linear attenuation per mm of Hounsfield units, same shape: 0 for air, grows all the way.

    Below `DENSE_HU` it is water's, scaled by 1 + HU / 1000; what a voxel has above that counts `dense_factor` times.
    """
    value = np.asarray(hu, float)
    dense = np.maximum(value - DENSE_HU, 0.0)
    return water_per_mm(tube_kv) * np.maximum(
        1.0 + (np.minimum(value, DENSE_HU) + dense_factor(tube_kv) * dense) / 1000, 0
    )


@parallel_kernel()
def _look_up(hu: np.ndarray, table: np.ndarray, out: np.ndarray) -> None:
    for n in prange(hu.shape[0]):
        for m in range(hu.shape[1]):
            out[n, m] = table[hu[n, m] + 32768]


def attenuation_from_hu(hu: NDArray[np.int16], geometry: Geometry, tube_kv: float = TUBE_KV) -> Attenuation:
    """Return the attenuation of int16 Hounsfield units of shape (K, J, I) on their grid."""
    table = np.round(per_mm_from_hu(np.arange(-32768, 32768), tube_kv) / Attenuation.PER_MM)
    mu = np.empty(hu.shape, np.int16)
    flat = hu.shape[0], -1
    _look_up(hu.reshape(flat), np.minimum(table, 32767).astype(np.int16), mu.reshape(flat))
    return Attenuation(mu, geometry)


def attenuation_of(volume: Volume, tube_kv: float = TUBE_KV) -> Attenuation:
    """Return the attenuation of a whole CT volume as it was scanned, contrast and all."""
    return attenuation_from_hu(volume.hu, volume.geometry, tube_kv)
