"""Tubes: straight or along an arc of a circle, open or occluded, with calcium in sectors of rings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tests.phantoms.scan import grid_around, scan
from viewer.model.centerline import Centerline
from viewer.model.geometry import Float, unit
from viewer.model.volume import Volume

FAT_HU, WALL_HU, LUMEN_HU, PLAQUE_HU = -90.0, 60.0, 400.0, 50.0


@dataclass(frozen=True, slots=True)
class Sector:
    """Calcium between two stations and two radii (mm), `arc_deg` around `centre_deg`; 360 makes a ring or a disc."""

    from_mm: float
    to_mm: float
    inner_mm: float
    outer_mm: float
    arc_deg: float = 360.0
    centre_deg: float = 0.0
    hu: float = 900.0


@dataclass(frozen=True, slots=True, eq=False)
class Tube:
    """A tube and all that is true of it.

    Attributes
    ----------
    volume : Volume
    points_lps_mm : ndarray of shape (N, 3)
        Its axis in steps of 0.5 mm.
    lumen_mm, wall_mm : float
        Radius of the open lumen and of the outer wall.
    occluded_mm : (from, to) or None
        Stations without lumen.
    sectors : tuple of Sector
        Must not overlap.
    right, up : ndarray of shape (N, 3)
        The axes of the cross-sections: an angle of 0 points to `right`, of 90° to `up`; right x up is the tangent.
    """

    volume: Volume
    points_lps_mm: Float
    lumen_mm: float
    wall_mm: float
    occluded_mm: tuple[float, float] | None
    sectors: tuple[Sector, ...]
    right: Float
    up: Float

    @property
    def centerline(self) -> Centerline:
        """The axis with its lumen radius."""
        return Centerline(self.points_lps_mm, np.full(len(self.points_lps_mm), self.lumen_mm))

    @property
    def wall_area_mm2(self) -> float:
        """Area within the outer wall."""
        return float(np.pi * self.wall_mm**2)

    def calcium_percent(self, station_mm: float) -> float:
        """Share of the area within the outer wall that is calcium."""
        area = sum(
            np.pi * (s.outer_mm**2 - s.inner_mm**2) * s.arc_deg / 360
            for s in self.sectors
            if s.from_mm <= station_mm <= s.to_mm
        )
        return float(100 * area / self.wall_area_mm2)

    def calcium_arc_deg(self, station_mm: float) -> float:
        """Degrees around the axis that meet calcium."""
        return float(sum(s.arc_deg for s in self.sectors if s.from_mm <= station_mm <= s.to_mm))

    @property
    def calcium_mm3(self) -> float:
        """Volume of all calcium of a straight tube (and, by Pappus, of rings and discs in a curved one)."""
        return float(
            sum(np.pi * (s.outer_mm**2 - s.inner_mm**2) * s.arc_deg / 360 * (s.to_mm - s.from_mm) for s in self.sectors)
        )


def _hu(
    station: Float, a: Float, b: Float, length: float, lumen: float, wall: float, occluded: object, sectors: object
) -> Float:
    radius, angle = np.hypot(a, b), np.degrees(np.arctan2(b, a))
    hu = np.where(radius < wall, WALL_HU, FAT_HU)
    closed = np.zeros(station.shape, bool)
    if occluded is not None:
        closed = (station >= occluded[0]) & (station <= occluded[1])  # type: ignore[index]
    hu = np.where((radius < lumen) & ~closed, LUMEN_HU, hu)
    hu = np.where((radius < wall) & closed, PLAQUE_HU, hu)
    for s in sectors:  # type: ignore[attr-defined]
        turn = np.abs((angle - s.centre_deg + 180) % 360 - 180)
        here = (station >= s.from_mm) & (station <= s.to_mm) & (turn <= s.arc_deg / 2)
        hu = np.where(here & (radius >= s.inner_mm) & (radius < s.outer_mm), s.hu, hu)
    return np.where((station < 0) | (station > length), FAT_HU, hu)


def _tube(
    to_tube: Callable[[Float], tuple[Float, Float, Float]],
    points: Float,
    right: Float,
    up: Float,
    length: float,
    lumen_mm: float,
    wall_mm: float,
    occluded_mm: tuple[float, float] | None,
    sectors: tuple[Sector, ...],
    spacing_mm: tuple[float, float, float],
    fwhm_mm: float,
    noise_hu: float,
    directions: Float | None,
) -> Tube:
    margin = wall_mm + 6.0
    geometry = grid_around(points.min(0) - margin, points.max(0) + margin, spacing_mm, directions)

    def hu_at(where: Float) -> Float:
        station, a, b = to_tube(where)
        return _hu(station, a, b, length, lumen_mm, wall_mm, occluded_mm, sectors)

    volume = scan(hu_at, geometry, fwhm_mm=fwhm_mm, noise_hu=noise_hu)
    return Tube(volume, points, lumen_mm, wall_mm, occluded_mm, tuple(sectors), right, up)


def straight_tube(
    *,
    length_mm: float = 30.0,
    lumen_mm: float = 1.5,
    wall_mm: float = 2.0,
    direction: tuple[float, float, float] = (0.0, 0.0, 1.0),
    start_lps_mm: tuple[float, float, float] = (3.0, -7.0, 11.0),
    sectors: tuple[Sector, ...] = (),
    occluded_mm: tuple[float, float] | None = None,
    spacing_mm: tuple[float, float, float] = (0.5, 0.4, 0.4),
    fwhm_mm: float = 0.8,
    noise_hu: float = 0.0,
    directions: Float | None = None,
) -> Tube:
    """Return a straight tube in fat; `spacing_mm` is along k, j, i, `directions` turns the grid of voxels."""
    along, start = unit(direction), np.asarray(start_lps_mm, float)
    helper = np.eye(3)[np.abs(along).argmin()]
    right = unit(helper - (helper @ along) * along)
    up = np.cross(along, right)
    points = start + np.arange(0, length_mm + 1e-9, 0.5)[:, None] * along

    def to_tube(where: Float) -> tuple[Float, Float, Float]:
        offset = where - start
        return offset @ along, offset @ right, offset @ up

    return _tube(
        to_tube, points, np.tile(right, (len(points), 1)), np.tile(up, (len(points), 1)), length_mm, lumen_mm, wall_mm,
        occluded_mm, sectors, spacing_mm, fwhm_mm, noise_hu, directions,
    )  # fmt: skip


def curved_tube(
    *,
    bend_mm: float = 12.0,
    turn_deg: float = 120.0,
    lumen_mm: float = 1.5,
    wall_mm: float = 2.0,
    center_lps_mm: tuple[float, float, float] = (-4.0, 9.0, 2.0),
    sectors: tuple[Sector, ...] = (),
    occluded_mm: tuple[float, float] | None = None,
    spacing_mm: tuple[float, float, float] = (0.5, 0.4, 0.4),
    fwhm_mm: float = 0.8,
    noise_hu: float = 0.0,
    directions: Float | None = None,
) -> Tube:
    """Return a tube along an arc of radius `bend_mm` in an oblique plane; `right` points away from the arc's centre."""
    center = np.asarray(center_lps_mm, float)
    x, normal = unit((1.0, 0.3, 0.0)), unit((-0.3 * 0.4, 1.0 * 0.4, 1.0))
    y = np.cross(normal, x)
    length = float(bend_mm * np.radians(turn_deg))
    stations = np.arange(0, length + 1e-9, 0.5)
    away = np.cos(stations / bend_mm)[:, None] * x + np.sin(stations / bend_mm)[:, None] * y
    points = center + bend_mm * away

    def to_tube(where: Float) -> tuple[Float, Float, Float]:
        offset = where - center
        p, q = offset @ x, offset @ y
        angle = np.arctan2(q, p)
        # half of what lies outside the arc is counted from either end
        angle = np.where(angle < np.radians(turn_deg) / 2 - np.pi, angle + 2 * np.pi, angle)
        return angle * bend_mm, np.hypot(p, q) - bend_mm, -(offset @ normal)

    return _tube(
        to_tube, points, away, np.tile(-normal, (len(points), 1)), length, lumen_mm, wall_mm, occluded_mm, sectors,
        spacing_mm, fwhm_mm, noise_hu, directions,
    )  # fmt: skip


def occluded_tube(
    *, length_mm: float = 50.0, from_mm: float = 15.0, to_mm: float = 35.0, fwhm_mm: float = 0.8, noise_hu: float = 0.0
) -> Tube:
    """Return a straight oblique tube without lumen between two stations: blunt caps, a full moon over 4 mm."""
    moon = Sector(from_mm, from_mm + 4.0, 0.0, 2.0, hu=1000.0)
    return straight_tube(
        length_mm=length_mm, direction=(0.35, -0.25, -0.9), occluded_mm=(from_mm, to_mm), sectors=(moon,),
        fwhm_mm=fwhm_mm, noise_hu=noise_hu,
    )  # fmt: skip
