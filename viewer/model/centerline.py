"""The course of one vessel: points, lumen radius, and which stretches are a guess."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike

from viewer.model.geometry import Float, arc_length_mm, read_only

Interval = tuple[float, float]


def checked_intervals(intervals: tuple[Interval, ...], length_mm: float, name: str) -> tuple[Interval, ...]:
    """Return `intervals` in mm sorted, clipped to [0, length]; ValueError if one runs backwards or two overlap."""
    result: list[Interval] = []
    for start, end in sorted((float(a), float(b)) for a, b in intervals):
        if not start <= end:
            raise ValueError(f"{name}: {start} to {end} mm runs backwards")
        if result and start < result[-1][1] - 1e-9:
            raise ValueError(f"{name}: {start} mm lies in the stretch before it")
        start, end = max(start, 0.0), min(end, length_mm)
        if end > start:
            result.append((start, end))
    return tuple(result)


@dataclass(frozen=True, slots=True, eq=False)
class Centerline:
    """An ordered course through the middle of a vessel, from where it leaves its parent to its end.

    Attributes
    ----------
    points_lps_mm : ndarray of shape (N, 3)
        N >= 2, no two neighbours in the same place.
    lumen_radius_mm : ndarray of shape (N,) or None
        Radius of the circle with the lumen's area; 0 where there is no lumen.
    confidence : ndarray of shape (N,) or None
        How sure the tracing is of each point, 0 to 1.
    inferred : tuple of (from_mm, to_mm)
        Stretches that no contrast showed; drawn dashed everywhere.
    """

    points_lps_mm: Float
    lumen_radius_mm: Float | None = None
    confidence: Float | None = None
    inferred: tuple[Interval, ...] = ()
    station_mm: Float = field(init=False)  #: arc length from the start, shape (N,)

    def __post_init__(self) -> None:
        points = read_only(self.points_lps_mm, shape=(None, 3), name="points_lps_mm")
        if len(points) < 2:
            raise ValueError("a centreline has at least two points")
        station = arc_length_mm(points)
        if (np.diff(station) <= 0).any():
            raise ValueError("two neighbouring points of a centreline are in the same place")
        station.setflags(write=False)
        object.__setattr__(self, "points_lps_mm", points)
        object.__setattr__(self, "station_mm", station)
        for name in ("lumen_radius_mm", "confidence"):
            values = getattr(self, name)
            if values is not None:
                values = read_only(values, shape=(len(points),), name=name)
                if (values < 0).any():
                    raise ValueError(f"{name} has negative values")
                object.__setattr__(self, name, values)
        object.__setattr__(self, "inferred", checked_intervals(self.inferred, float(station[-1]), "inferred"))

    @property
    def length_mm(self) -> float:
        """Length along the course."""
        return float(self.station_mm[-1])

    def at(self, station_mm: ArrayLike) -> Float:
        """Return the points at arc lengths `station_mm`, shape (..., 3), linear between points, clamped to the ends."""
        where = np.asarray(station_mm, float)
        return np.stack([np.interp(where, self.station_mm, self.points_lps_mm[:, axis]) for axis in range(3)], axis=-1)

    def tangent_at(self, station_mm: ArrayLike, arm_mm: float = 1.0) -> Float:
        """Return unit directions of travel at `station_mm`, shape (..., 3), over `arm_mm` to either side."""
        where = np.asarray(station_mm, float)
        low = np.clip(where - arm_mm, 0.0, max(self.length_mm - 1e-6, 0.0))
        high = np.clip(where + arm_mm, 1e-6, self.length_mm)
        chord = self.at(high) - self.at(low)
        return chord / np.maximum(np.linalg.norm(chord, axis=-1, keepdims=True), 1e-12)

    def nearest_station_mm(self, point_lps_mm: ArrayLike) -> tuple[float, float]:
        """Return the arc length of the course's nearest place to a point, and the distance to it in mm."""
        point = np.asarray(point_lps_mm, float)
        start, step = self.points_lps_mm[:-1], np.diff(self.points_lps_mm, axis=0)
        share = np.clip(((point - start) * step).sum(1) / (step * step).sum(1), 0.0, 1.0)
        distance = np.linalg.norm(start + share[:, None] * step - point, axis=1)
        best = int(distance.argmin())
        width = self.station_mm[best + 1] - self.station_mm[best]
        return float(self.station_mm[best] + share[best] * width), float(distance[best])

    def is_inferred(self, station_mm: ArrayLike) -> np.ndarray:
        """Tell for each arc length, shape (...), whether the course there is a guess."""
        where = np.asarray(station_mm, float)
        guess = np.zeros(where.shape, bool)
        for start, end in self.inferred:
            guess |= (where >= start) & (where <= end)
        return guess

    def closed_between(self, spans: Iterable[Interval]) -> Centerline:
        """Return the course with each span as one inferred stretch without lumen, in place of what was inferred there.

        What is no longer closed gets the lumen's radius from what is open on both sides.
        """
        closed = sorted(spans)
        met = [(a, b) for a, b in self.inferred if any(a < high and b > low for low, high in closed)]
        rest = [stretch for stretch in self.inferred if stretch not in met]
        radius = self.lumen_radius_mm
        if radius is not None:
            shut, freed = self._strictly_in(closed), self._strictly_in(met)
            known = ~shut & ~(freed & (radius == 0))
            if known.any():
                radius = np.interp(self.station_mm, self.station_mm[known], radius[known])
            radius = np.where(shut, 0.0, radius)
        return replace(self, lumen_radius_mm=radius, inferred=tuple(sorted([*rest, *closed])))

    def _strictly_in(self, spans: Iterable[Interval]) -> np.ndarray:
        inside = np.zeros(len(self.station_mm), bool)
        for low, high in spans:
            inside |= (self.station_mm > low) & (self.station_mm < high)
        return inside
