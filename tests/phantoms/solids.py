"""A ball and a box, in any grid of voxels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.phantoms.scan import grid_around, scan
from viewer.model.geometry import Float, unit
from viewer.model.volume import Volume


@dataclass(frozen=True, slots=True, eq=False)
class Solid:
    """A solid of one density.

    Attributes
    ----------
    volume : Volume
    center_lps_mm : ndarray of shape (3,)
    mm3 : float
        Its true volume.
    inside_hu, outside_hu : float
    """

    volume: Volume
    center_lps_mm: Float
    mm3: float
    inside_hu: float
    outside_hu: float


def oblique_directions() -> Float:
    """Return three orthonormal rows (k, j, i), right-handed as x, y, z, far from every axis of the patient."""
    i = unit((0.86, 0.36, -0.36))
    j = unit(np.cross((0.2, -0.3, 0.93), i))
    return np.stack([np.cross(i, j), j, i])


def sphere(
    *,
    radius_mm: float = 6.0,
    center_lps_mm: tuple[float, float, float] = (12.0, -30.0, 44.0),
    inside_hu: float = 500.0,
    outside_hu: float = 0.0,
    spacing_mm: tuple[float, float, float] = (0.5, 0.4, 0.4),
    fwhm_mm: float = 0.0,
    directions: Float | None = None,
) -> Solid:
    """Return a ball."""
    center = np.asarray(center_lps_mm, float)
    geometry = grid_around(center - radius_mm - 4, center + radius_mm + 4, spacing_mm, directions)

    def hu_at(where: Float) -> Float:
        return np.where(((where - center) ** 2).sum(1) < radius_mm**2, inside_hu, outside_hu)

    volume = scan(hu_at, geometry, fwhm_mm=fwhm_mm)
    return Solid(volume, center, float(4 / 3 * np.pi * radius_mm**3), inside_hu, outside_hu)


def box(
    *,
    edges_mm: tuple[float, float, float] = (8.0, 11.0, 14.0),
    center_lps_mm: tuple[float, float, float] = (-20.0, 5.0, 60.0),
    inside_hu: float = 500.0,
    outside_hu: float = 0.0,
    spacing_mm: tuple[float, float, float] = (0.9, 0.5, 0.4),
    fwhm_mm: float = 0.0,
) -> Solid:
    """Return a box with its edges along x, y, z of the patient, in an oblique grid of unequal steps."""
    center, half = np.asarray(center_lps_mm, float), np.asarray(edges_mm, float) / 2
    geometry = grid_around(center - half - 4, center + half + 4, spacing_mm, oblique_directions())

    def hu_at(where: Float) -> Float:
        return np.where((np.abs(where - center) < half).all(1), inside_hu, outside_hu)

    volume = scan(hu_at, geometry, fwhm_mm=fwhm_mm)
    return Solid(volume, center, float(np.prod(edges_mm)), inside_hu, outside_hu)
