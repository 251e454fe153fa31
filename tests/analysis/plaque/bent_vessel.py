"""A bent vessel with lumen, wall, occlusion and deposits, imaged as by a scanner, with its truth."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.ndimage import gaussian_filter

from viewer.model.centerline import Centerline
from viewer.model.geometry import Float, Geometry
from viewer.model.volume import Volume

FAT_HU = -95.0
TISSUE_HU = 70.0


@dataclass(frozen=True)
class Deposit:
    """Calcium from `inner` (share of the outer radius) to the outer wall over an arc; thinner near its ends."""

    start_mm: float
    length_mm: float
    inner: float = 0.0
    arc_deg: float = 360.0
    center_deg: float = 0.0
    hu: float = 900.0

    def shape_at(self, station_mm: Float) -> tuple[Float, Float]:
        """Return inner radius (share of the outer) and half the arc in degrees at stations; inner 1 where it is not."""
        end = np.minimum(station_mm - self.start_mm, self.start_mm + self.length_mm - station_mm)
        thick = np.clip(0.25 + end, 0.0, 1.0)
        return 1 - (1 - self.inner) * thick, 0.5 * self.arc_deg * (1.0 if self.arc_deg >= 360 else np.sqrt(thick))


@dataclass(frozen=True)
class BentVessel:
    """A vessel on an arc of a circle, from patient right to left, bending to the head.

    `occluded` is filled with tissue between the two stations. `muscle_mm` puts heart muscle under the vessel, so far
    from its wall; if it is negative the vessel lies in the muscle with as much of its depth, and has no edge there.
    """

    radius_mm: float = 1.8
    taper: float = 0.006
    length_mm: float = 40.0
    bend_radius_mm: float = 30.0
    occluded: tuple[float, float] | None = None
    residual_mm: float = 0.0
    deposits: tuple[Deposit, ...] = ()
    muscle_mm: float | None = None
    lumen_hu: float = 400.0
    noise_hu: float = 30.0
    fwhm_mm: float = 0.85
    spacing_mm: tuple[float, float, float] = (0.5, 0.4, 0.4)
    seed: int = 0
    margin_mm: float = field(default=7.0)

    def outer_mm(self, station_mm: Float) -> Float:
        """Radius of the outer wall."""
        lumen = self.radius_mm * np.exp(-self.taper * station_mm)
        return np.maximum(1.28 * lumen, lumen + 0.35)

    def lumen_mm(self, station_mm: Float) -> Float:
        """Radius of the open lumen."""
        lumen = self.radius_mm * np.exp(-self.taper * np.asarray(station_mm, float))
        if self.occluded is not None:
            inside = (station_mm >= self.occluded[0]) & (station_mm <= self.occluded[1])
            lumen = np.where(inside, self.residual_mm, lumen)
        return lumen

    def swinging(self, by_mm: float, at_mm: float, width_mm: float = 3.0) -> Centerline:
        """The course, off the middle by so much about one station (away from the bend), as a tracer's may be."""
        angle = np.arange(0, self.length_mm + 1e-9, 0.5) / self.bend_radius_mm - self._half
        station = (angle + self._half) * self.bend_radius_mm
        return Centerline(
            self._at(angle, by_mm * np.exp(-0.5 * ((station - at_mm) / width_mm) ** 2), np.zeros_like(angle))
        )

    def centerline(self, offset_mm: tuple[float, float] = (0.0, 0.0), step_mm: float = 0.5) -> Centerline:
        """The course, moved across by so much (away from the bend, to posterior)."""
        angle = np.arange(0, self.length_mm + 1e-9, step_mm) / self.bend_radius_mm - self._half
        return Centerline(self._at(angle, offset_mm[0], offset_mm[1]))

    @property
    def _half(self) -> float:
        return 0.5 * self.length_mm / self.bend_radius_mm

    def _at(self, angle: Float, out_mm: float | Float, post_mm: float | Float) -> Float:
        radius = self.bend_radius_mm + out_mm
        x = radius * np.sin(angle)
        return np.stack([x, np.broadcast_to(post_mm, x.shape), self.bend_radius_mm - radius * np.cos(angle)], axis=-1)

    def truth(self, station_mm: Float) -> dict[str, Float]:
        """Share of the cross-section (percent) and arc (degrees) that calcium takes at each station."""
        count = 721
        theta = (np.arange(count) + 0.5) / count * 360
        share, covered = np.zeros((len(station_mm), count)), np.zeros((len(station_mm), count), bool)
        for deposit in self.deposits:
            inner, half = deposit.shape_at(np.asarray(station_mm, float))
            away = np.abs((theta - deposit.center_deg + 180) % 360 - 180)
            hit = (away[None] <= np.asarray(half)[..., None]) & (inner < 1)[:, None]
            share = np.maximum(share, np.where(hit, 1 - inner[:, None] ** 2, 0))
            covered |= hit
        return {"csa_percent": 100 * share.mean(1), "arc_deg": 360 * covered.mean(1)}

    def volume(self) -> Volume:
        """The picture: 2 x 2 x 2 samples a voxel, a Gaussian blur, correlated noise."""
        spacing = np.array(self.spacing_mm)
        reach = self.margin_mm
        low = np.array([self._at(np.array([-self._half]), reach, 0)[0, 0], -reach, -reach])
        top = float(self._at(np.array([self._half]), -reach, 0)[0, 2])
        size = np.ceil(np.array([top + reach - low[2], 2 * reach, -2 * low[0]]) / spacing).astype(int) + 1
        fine = spacing / 2
        axes = [low[::-1][a] + (np.arange(2 * size[a]) - 0.5) * fine[a] for a in range(3)]
        z, y, x = np.meshgrid(*axes, indexing="ij", sparse=True)
        out = np.hypot(x, z - self.bend_radius_mm) - self.bend_radius_mm
        station = (np.arctan2(x, self.bend_radius_mm - z) + self._half) * self.bend_radius_mm
        distance, theta = np.hypot(out, y), np.degrees(np.arctan2(y, out))
        outer = self.outer_mm(station)
        hu = np.full(distance.shape, FAT_HU)
        if self.muscle_mm is not None:
            hu[np.broadcast_to(out > outer + self.muscle_mm, hu.shape)] = 100.0
        hu[distance <= outer] = TISSUE_HU
        hu[distance <= self.lumen_mm(station)] = self.lumen_hu
        for deposit in self.deposits:
            inner, half = deposit.shape_at(station)
            away = np.abs((theta - deposit.center_deg + 180) % 360 - 180)
            hit = (distance <= outer) & (distance >= inner * outer) & (inner < 1) & (away <= half)
            hu[hit] = deposit.hu
        hu = hu.reshape(size[0], 2, size[1], 2, size[2], 2).mean((1, 3, 5))
        hu = gaussian_filter(hu, self.fwhm_mm / 2.355 / spacing, mode="nearest")
        if self.noise_hu:
            noise = gaussian_filter(np.random.default_rng(self.seed).normal(size=hu.shape), 0.35 / spacing)
            hu += noise / noise.std() * self.noise_hu
        geometry = Geometry.from_axes(tuple(int(n) for n in size), low, spacing)
        return Volume(np.round(hu).astype(np.int16), geometry)
