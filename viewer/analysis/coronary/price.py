"""What a millimetre of an unseen course costs: little on a cord, more where nothing shows, most in contrast or air."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from viewer.analysis.coronary.grid import F32
from viewer.analysis.coronary.profile import resampled_course
from viewer.analysis.coronary.tree import CORD_HU
from viewer.analysis.coronary.tubularity import tube_contrast
from viewer.model.geometry import Float, Geometry, arc_length_mm

#: What a millimetre costs without any sign of a cord, and what it costs in contrast or air.
SEEN, BLIND, VEIN, FORBIDDEN = 0.5, 1.9, 6.0, 14.0
#: A cord is sought in soft tissue and fat alone: contrast and calcium count as soft tissue, air as fat. Scales in mm.
SOFT_HU, FAT_FLOOR_HU, CORD_SCALES_MM = 140.0, -120.0, (0.8, 1.15, 1.65)
#: Where the next-best way may run again, and how much dearer it is nearer to the best one.
BESIDE_MM, BESIDE_PRICE = 2.5, 1.6


@dataclass(frozen=True, slots=True, eq=False)
class PriceField:
    """What a millimetre of an unseen course costs, on a coarse grid.

    Attributes
    ----------
    price : ndarray of float32, shape (K, J, I)
        1 on a good cord, more elsewhere.
    geometry : Geometry
    """

    price: F32
    geometry: Geometry


def price_field(
    image: F32,
    tube: F32,
    geometry: Geometry,
    lumen_hu: float,
    veins_lps_mm: Float,
    veins_radius_mm: Float,
    fat_hu: float = -90.0,
) -> PriceField:
    """Return what an unseen course costs, at twice the step of the given grid.

    Parameters
    ----------
    image, tube : ndarray of float32, shape (K, J, I)
        HU and tube measure.
    geometry : Geometry
    lumen_hu, fat_hu : float
    veins_lps_mm, veins_radius_mm : ndarray of shape (N, 3) and (N,)
        Where no artery runs, however much like a tube it looks.
    """
    k, j, i = (n // 2 * 2 for n in image.shape)
    blocks = (k // 2, 2, j // 2, 2, i // 2, 2)
    local = image[:k, :j, :i].reshape(blocks).mean((1, 3, 5))
    best = tube[:k, :j, :i].reshape(blocks).max((1, 3, 5))
    spacing = 2.0 * float(geometry.spacing_mm[0])
    cord, _ = tube_contrast(np.clip(local, FAT_FLOOR_HU, SOFT_HU), spacing, CORD_SCALES_MM)
    hu = ndimage.uniform_filter(local, 3)
    # a cord of soft tissue in fat stands out by about 200 HU, one that lies on the myocardium by far less
    shown = np.clip((cord - 15.0) / 60.0, 0.0, 1.0)
    price = 1.0 + (BLIND - 1.0) * (1.0 - shown) ** 2
    price = np.where((hu < fat_hu + 40.0) & (shown < 0.4), price + 1.3, price)
    contrast = (hu > 0.45 * lumen_hu) & (best < 0.16 * lumen_hu)
    price = np.where(contrast | (hu < -300.0), FORBIDDEN, price)
    # what contrast shows is no gap
    price = np.where((best > 0.3 * lumen_hu) & (hu > 0.45 * lumen_hu), SEEN, price).astype(np.float32)
    origin = geometry.to_lps((0.5, 0.5, 0.5))
    coarse = Geometry.from_axes((k // 2, j // 2, i // 2), origin, (spacing,) * 3, geometry.directions)
    for point, radius in zip(coarse.to_index(veins_lps_mm), veins_radius_mm):
        reach = (min(radius, 2.5) + 0.9) / spacing
        low = np.maximum(np.ceil(point - reach).astype(int), 0)
        high = np.minimum(np.floor(point + reach).astype(int) + 1, price.shape)
        if (low < high).all():
            box = tuple(slice(a, b) for a, b in zip(low, high))
            # a cord that a vein crosses or lies beside is darker than the vein
            price[box] = np.where(local[box] > CORD_HU, np.maximum(price[box], VEIN), price[box])
    return PriceField(np.ascontiguousarray(price), coarse)


def beside(field: PriceField, course: Float) -> PriceField:
    """Return the field with a tube around a course made dearer, but for its ends: the next search goes beside."""
    price = field.price.copy()
    spacing = float(field.geometry.spacing_mm[0])
    along = arc_length_mm(course)
    middle = course[(along > BESIDE_MM) & (along < along[-1] - BESIDE_MM)]
    if len(middle):
        free = np.ones(price.shape, bool)
        index = np.rint(field.geometry.to_index(middle)).astype(int).clip(0, np.array(price.shape) - 1)
        free[tuple(index.T)] = False
        low, high = index.min(0) - 4, index.max(0) + 5
        box = tuple(slice(max(a, 0), b) for a, b in zip(low, high))
        far = ndimage.distance_transform_edt(free[box]) * spacing
        price[box] = np.where(far < BESIDE_MM, BESIDE_PRICE * price[box], price[box])
    return PriceField(price, field.geometry)


def along_price(field: PriceField, course: Float) -> float:
    """Return the price of a course's length."""
    fine = resampled_course(course, 0.5)
    price = ndimage.map_coordinates(field.price, field.geometry.to_index(fine).T, order=1, mode="nearest")
    return float(price.mean() * arc_length_mm(fine)[-1])
