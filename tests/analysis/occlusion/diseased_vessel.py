"""A gently bent vessel whose lumen narrows and closes as told, with calcium and a branch, as a scanner sees it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.phantoms.scan import grid_around, scan
from viewer.analysis.plaque.calcium import measure_calcium
from viewer.analysis.plaque.walls import measure_vessel
from viewer.model.calcium import CalciumThreshold
from viewer.model.case import Case
from viewer.model.centerline import Centerline
from viewer.model.enhancement import Enhancement
from viewer.model.geometry import Float
from viewer.model.vessel import Vessel, VesselTree
from viewer.model.volume import Volume

FAT_HU, WALL_HU, PLAQUE_HU = -90.0, 70.0, 90.0
#: A healthy lumen fills this share of the outer wall's radius.
LUMEN_SHARE = 0.78


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch without lumen; before it the lumen tapers over one length, beyond it over another.

    Its first 2.5 mm may be of plaque of another grey value.
    """

    from_mm: float
    to_mm: float
    taper_mm: float = 0.5
    distal_taper_mm: float = 3.0
    first_hu: float | None = None

    def open_share(self, station_mm: Float) -> Float:
        """Return the share of the lumen's radius that is left."""
        before = (self.from_mm - station_mm) / self.taper_mm
        after = (station_mm - self.to_mm) / self.distal_taper_mm
        return np.clip(np.maximum(before, after), 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Narrow:
    """A stretch with a narrow lumen of its own radius."""

    from_mm: float
    to_mm: float
    radius_mm: float


@dataclass(frozen=True, slots=True)
class Stone:
    """Calcium between two stations, from a share of the outer radius to the wall, over an arc about the right."""

    from_mm: float
    to_mm: float
    inner: float = 0.0
    arc_deg: float = 360.0
    hu: float = 1000.0


@dataclass(frozen=True)
class DiseasedVessel:
    """The vessel; it runs along an arc of a circle in the plane of x and z."""

    outer_mm: float = 2.2
    length_mm: float = 55.0
    bend_radius_mm: float = 60.0
    gaps: tuple[Gap, ...] = ()
    narrow: Narrow | None = None
    stones: tuple[Stone, ...] = ()
    lost_mm: tuple[float, float] | None = None  #: between these stations there is no vessel, only fat
    branch_mm: float | None = None
    branch_radius_mm: float = 1.0
    lumen_hu: float = 400.0
    distal_share: float = 1.0
    plaque_hu: float = PLAQUE_HU
    fwhm_mm: float = 0.85
    noise_hu: float = 25.0
    seed: int = 0

    def points(self, station_mm: Float) -> Float:
        """Return the middle of the vessel, shape (S, 3)."""
        turn = station_mm / self.bend_radius_mm
        return np.stack(
            [self.bend_radius_mm * (1 - np.cos(turn)), np.zeros_like(turn), self.bend_radius_mm * np.sin(turn)], axis=1
        )

    @property
    def branch_way(self) -> Float:
        """Unit vector along the branch: 60° off the vessel, to posterior."""
        turn = (self.branch_mm or 0.0) / self.bend_radius_mm
        ahead = np.array([np.sin(turn), 0.0, np.cos(turn)])
        return 0.5 * ahead + np.sqrt(0.75) * np.array([0.0, 1.0, 0.0])

    def lumen_mm(self, station_mm: Float) -> Float:
        """Return the radius of the open lumen, shape (S,)."""
        share = np.ones_like(station_mm)
        for gap in self.gaps:
            share = np.minimum(share, gap.open_share(station_mm))
        radius = LUMEN_SHARE * self.outer_mm * share
        if self.narrow is not None:
            here = (station_mm >= self.narrow.from_mm) & (station_mm <= self.narrow.to_mm)
            radius = np.where(here, np.minimum(radius, self.narrow.radius_mm), radius)
        return radius

    def hu(self, where: Float) -> Float:
        """Return the tissue at points, shape (N,), before the scanner."""
        radial = np.hypot(where[:, 0] - self.bend_radius_mm, where[:, 2])
        station = self.bend_radius_mm * np.arctan2(where[:, 2], self.bend_radius_mm - where[:, 0])
        across, up = radial - self.bend_radius_mm, where[:, 1]
        off, angle = np.hypot(across, up), np.degrees(np.arctan2(up, across))
        within = (station >= 0) & (station <= self.length_mm)
        hu = np.full(len(where), FAT_HU)
        if self.branch_mm is not None:
            from_start = where - self.points(np.array([self.branch_mm]))
            along = from_start @ self.branch_way
            beside = np.linalg.norm(from_start - along[:, None] * self.branch_way, axis=1)
            hu = np.where((along > 0) & (beside < self.branch_radius_mm + 0.4), WALL_HU, hu)
        if self.lost_mm is not None:
            within &= (station < self.lost_mm[0]) | (station > self.lost_mm[1])
        wall = within & (off < self.outer_mm)
        hu = np.where(wall, self.plaque_hu if self.gaps else WALL_HU, hu)
        for gap in self.gaps:
            if gap.first_hu is not None:
                hu = np.where(wall & (station > gap.from_mm) & (station < gap.from_mm + 2.5), gap.first_hu, hu)
        if self.branch_mm is not None:
            hu = np.where((along > 0) & (beside < self.branch_radius_mm), self.lumen_hu, hu)
        last = max((gap.from_mm for gap in self.gaps), default=np.inf)
        bright = np.where(station > last, self.distal_share, 1.0) * self.lumen_hu
        hu = np.where(within & (off < self.lumen_mm(station)), bright, hu)
        for stone in self.stones:
            here = wall & (station >= stone.from_mm) & (station <= stone.to_mm) & (off >= stone.inner * self.outer_mm)
            hu = np.where(here & (np.abs(angle) <= stone.arc_deg / 2), stone.hu, hu)
        return hu

    def volume(self) -> Volume:
        """Scan it."""
        ends = self.points(np.linspace(0, self.length_mm, 20))
        geometry = grid_around(ends.min(0) - 9.0, ends.max(0) + 9.0, (0.5, 0.4, 0.4))
        return scan(self.hu, geometry, fwhm_mm=self.fwhm_mm, noise_hu=self.noise_hu, seed=self.seed)

    def tree(self) -> VesselTree:
        """Return the vessel as RCA, and its branch as RVM, as a tracer would."""
        station = np.arange(0, self.length_mm, 0.5)
        usual = np.full(len(station), LUMEN_SHARE * self.outer_mm)
        vessels = [Vessel("RCA", Centerline(self.points(station), usual))]
        if self.branch_mm is not None:
            along = np.arange(0, 9.0, 0.5)
            way = self.points(np.array([self.branch_mm])) + along[:, None] * self.branch_way
            vessels.append(Vessel("RVM", Centerline(way, np.full(len(along), self.branch_radius_mm)), "RCA"))
        return VesselTree(tuple(vessels))

    def case(self) -> Case:
        """Return a case whose main vessel is measured."""
        volume, tree = self.volume(), self.tree()
        sections = measure_vessel(volume, tree["RCA"].centerline, "RCA", self.lumen_hu, fwhm_mm=self.fwhm_mm)
        calcium = measure_calcium(
            volume, sections, CalciumThreshold.adaptive(self.lumen_hu, self.noise_hu), self.fwhm_mm
        )
        seen = Enhancement(self.lumen_hu, self.noise_hu, self.noise_hu)
        return Case(volume, tree, (sections,), (calcium,), enhancement=seen)
