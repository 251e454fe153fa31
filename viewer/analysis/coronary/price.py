"""What a millimetre of an unseen course costs: little on a cord, more where nothing shows, most in contrast or air."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from viewer.analysis.coronary.grid import F32
from viewer.analysis.coronary.profile import resampled_course
from viewer.analysis.coronary.search import Ints
from viewer.analysis.coronary.tree import CORD_HU, OPEN_SHARE
from viewer.analysis.coronary.tubularity import tube_contrast
from viewer.model.geometry import Float, Geometry, arc_length_mm

#: What a millimetre costs in an open vessel and where nothing tells; what plain fat adds; what it costs in a tube that
#: is no cord, in a known vein, and in contrast or air.
SEEN, BLIND, FAT, GREY, VEIN, FORBIDDEN = 0.5, 1.9, 4.0, 3.5, 6.0, 14.0
#: A cord is sought in soft tissue and fat alone: contrast and calcium count as soft tissue, air as fat. Scales in mm.
SOFT_HU, FAT_FLOOR_HU, CORD_SCALES_MM = 110.0, -60.0, (0.8, 1.15, 1.65)
#: Noise and the edge of the muscle stand out like a cord by the first, a cord that shows well by the second. HU.
LEAST_CORD, FULL_CORD = 22.0, 62.0
#: A tube of so many mm³ that is so much brighter than a cord is none.
GREY_ABOVE_HU, FEWEST_GREY = 10.0, 25
#: No vein's own radius is taken for more, and so far blur carries its brightness.
WIDEST_VEIN_MM, VEIN_BLUR_MM = 2.5, 0.9
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
    arteries_lps_mm: Float | None = None,
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
    arteries_lps_mm : ndarray of shape (M, 3), optional
        Points of open arteries: what lies nearer to one of them than to a vein is not the vein's.
    """
    k, j, i = (n // 2 * 2 for n in image.shape)
    blocks = (k // 2, 2, j // 2, 2, i // 2, 2)
    local = image[:k, :j, :i].reshape(blocks).mean((1, 3, 5))
    best = tube[:k, :j, :i].reshape(blocks).max((1, 3, 5))
    spacing = 2.0 * float(geometry.spacing_mm[0])
    cord, _ = tube_contrast(np.clip(local, FAT_FLOOR_HU, SOFT_HU), spacing, CORD_SCALES_MM)
    hu = ndimage.uniform_filter(local, 3)
    # a cord of soft tissue in fat stands out by up to 170 HU, one that lies on the myocardium by far less
    shown = np.clip((cord - LEAST_CORD) / (FULL_CORD - LEAST_CORD), 0.0, 1.0)
    price = 1.0 + (BLIND - 1.0) * (1.0 - shown) ** 2
    price = np.where((hu < fat_hu + 40.0) & (shown < 0.4), price + FAT, price)
    price = np.where(_grey_tubes(local, best, lumen_hu), np.maximum(price, GREY), price)
    contrast = (hu > 0.45 * lumen_hu) & (best < 0.16 * lumen_hu)
    price = np.where(contrast | (hu < -300.0), FORBIDDEN, price)
    # what contrast shows is no gap
    price = np.where((best > 0.3 * lumen_hu) & (hu > 0.45 * lumen_hu), SEEN, price).astype(np.float32)
    origin = geometry.to_lps((0.5, 0.5, 0.5))
    coarse = Geometry.from_axes((k // 2, j // 2, i // 2), origin, (spacing,) * 3, geometry.directions)
    arteries = np.empty((0, 3)) if arteries_lps_mm is None else arteries_lps_mm
    _raise_on_veins(price, local, coarse, veins_lps_mm, veins_radius_mm, arteries)
    return PriceField(np.ascontiguousarray(price), coarse)


def _grey_tubes(local: F32, tube: F32, lumen_hu: float) -> NDArray[np.bool_]:
    """Tell where tubes run that are brighter than a cord all along and darker than an artery, with their rim.

    The blur of what is brighter is as grey; so near to it nothing is told.
    """
    grey = (local > CORD_HU + GREY_ABOVE_HU) & (local < OPEN_SHARE * lumen_hu) & (tube > 0.16 * lumen_hu)
    grey &= ~ndimage.binary_dilation(local > 0.6 * lumen_hu, iterations=2)
    around = np.ones((3, 3, 3), bool)
    number, count = ndimage.label(grey, around)
    large = np.bincount(number.ravel(), minlength=count + 1) >= FEWEST_GREY
    large[0] = False
    return ndimage.binary_dilation(large[number], around)


def _raise_on_veins(
    price: F32, local: F32, geometry: Geometry, veins_lps_mm: Float, veins_radius_mm: Float, arteries_lps_mm: Float
) -> None:
    """Raise the price in veins and their blur, most where they are bright, but not where an artery lies nearer."""
    if not len(veins_lps_mm):
        return
    reach_mm = np.minimum(veins_radius_mm, WIDEST_VEIN_MM)
    near, which, far = _voxels_near(geometry, veins_lps_mm, WIDEST_VEIN_MM + VEIN_BLUR_MM)
    at = tuple(near.T)
    own = np.ones(len(near), bool)
    if len(arteries_lps_mm):
        own = far < cKDTree(arteries_lps_mm).query(geometry.to_lps(near))[0]
    # a cord that a vein lies beside or crosses is darker than the vein
    bright = local[at] > CORD_HU
    raised = np.where(bright, VEIN, np.where(far < reach_mm[which], GREY, 0.0))
    price[at] = np.where(own & (far < reach_mm[which] + VEIN_BLUR_MM), np.maximum(price[at], raised), price[at])


def _voxels_near(geometry: Geometry, points_lps_mm: Float, reach_mm: float) -> tuple[Ints, Ints, Float]:
    """Return the voxels near any of some points: shape (N, 3), the number of the nearest point, and how far it is."""
    around = np.ceil(reach_mm / float(geometry.spacing_mm[0]))
    steps = np.stack(np.meshgrid(*(np.arange(-around, around + 1),) * 3, indexing="ij"), -1).reshape(-1, 3)
    voxels = np.rint(geometry.to_index(points_lps_mm)).astype(int)[:, None] + steps.astype(int)
    shape = np.array(geometry.shape)
    inside = ((voxels >= 0) & (voxels < shape)).all(2)
    flat = np.unique(np.ravel_multi_index(tuple(voxels[inside].T), tuple(shape)))
    near = np.stack(np.unravel_index(flat, tuple(shape)), 1)
    far, which = cKDTree(points_lps_mm).query(geometry.to_lps(near), distance_upper_bound=reach_mm)
    hit = np.isfinite(far)
    return near[hit], which[hit], far[hit]


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
