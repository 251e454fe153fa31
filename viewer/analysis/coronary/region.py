"""Where a coronary can lie: in the heart and the fat around it, not in the lungs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from viewer.analysis.coronary.grid import F32
from viewer.model.geometry import Float, Geometry

AIR_HU = -500.0
#: Pulmonary vessels are thinner than this; the heart is not.
LUNG_VESSEL_RADIUS_MM = 6.0


def outside_lungs(image: F32, spacing_mm: float, coarse_mm: float = 2.0) -> NDArray[np.bool_]:
    """Tell which voxels belong to compact tissue rather than to the lungs and the vessels in them.

    The tissue is opened with a ball of `LUNG_VESSEL_RADIUS_MM`, which takes the vessels out of the lungs.

    Parameters
    ----------
    image : ndarray of float32, shape (K, J, I)
    spacing_mm : float
    coarse_mm : float
        Step of the grid on which the opening is done.
    """
    step = max(1, round(coarse_mm / spacing_mm))
    tissue = image[::step, ::step, ::step] > AIR_HU
    size = step * spacing_mm
    # beyond the field of view nobody knows; tissue that is cut by it counts as going on
    padded = np.pad(tissue, 4, mode="edge")
    core = ndimage.distance_transform_edt(padded, sampling=size) > LUNG_VESSEL_RADIUS_MM
    opened = ndimage.distance_transform_edt(~core, sampling=size) <= LUNG_VESSEL_RADIUS_MM + 0.5 * size
    coarse = opened[4:-4, 4:-4, 4:-4]
    fine = coarse.repeat(step, 0).repeat(step, 1).repeat(step, 2)
    return fine[: image.shape[0], : image.shape[1], : image.shape[2]]


@dataclass(frozen=True, slots=True, eq=False)
class AirShare:
    """How much lung lies around each place.

    Attributes
    ----------
    share : ndarray of float32, shape (K, J, I)
        Share of air in a cube of about `WIDTH_MM`.
    geometry : Geometry
    """

    share: F32
    geometry: Geometry

    WIDTH_MM = 14.0

    def at(self, points_lps_mm: Float) -> Float:
        """Return the share at points, shape (N, 3)."""
        index = self.geometry.to_index(points_lps_mm)
        return ndimage.map_coordinates(self.share, index.T, order=1, mode="nearest").astype(float)


def air_share(image: F32, geometry: Geometry, coarse_mm: float = 2.0) -> AirShare:
    """Return the share of lung around each place of an image at equal steps."""
    spacing = float(geometry.spacing_mm[0])
    step = max(1, round(coarse_mm / spacing))
    air = (image[::step, ::step, ::step] < AIR_HU).astype(np.float32)
    width = max(1, round(AirShare.WIDTH_MM / (step * spacing)))
    coarse = Geometry.from_axes(air.shape, geometry.origin_lps_mm, (step * spacing,) * 3, geometry.directions)
    return AirShare(ndimage.uniform_filter(air, width, mode="nearest"), coarse)
