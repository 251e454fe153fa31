"""A path across vessels, from the aorta to the end of one of them, and where its stations lie on each vessel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from viewer.model.centerline import Centerline
from viewer.model.geometry import Float, arc_length_mm
from viewer.model.vessel import VesselTree

#: Points that lie nearer to each other than this are one point where two vessels meet.
SAME_PLACE_MM = 0.05


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a course that lies on one vessel: stations of the course, counted there from the vessel's start."""

    vessel: str
    from_mm: float
    to_mm: float


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """A path from the aorta across one or more vessels.

    Attributes
    ----------
    centerline : Centerline
        The whole path; its stations count from the aorta.
    stretches : tuple of Stretch
        From the aorta to the far end, without gaps. Each begins at the start of its vessel.
    """

    centerline: Centerline
    stretches: tuple[Stretch, ...]

    @property
    def starts_mm(self) -> dict[str, float]:
        """The station at which each vessel of the course begins, by name, from the aorta on."""
        return {stretch.vessel: stretch.from_mm for stretch in self.stretches}

    def on_vessel(self, station_mm: float) -> tuple[str, float]:
        """Return the vessel that a station of the course lies on, and that vessel's own station."""
        stretch = next((s for s in self.stretches if station_mm < s.to_mm), self.stretches[-1])
        return stretch.vessel, station_mm - stretch.from_mm

    def on_course(self, vessel: str, station_mm: float) -> float | None:
        """Return the station of the course for a station of a vessel; ``None`` where the course does not go."""
        for stretch in self.stretches:
            where = stretch.from_mm + station_mm
            if stretch.vessel == vessel and stretch.from_mm - 1e-6 <= where <= stretch.to_mm + 1e-6:
                return where
        return None


def course(tree: VesselTree, name: str) -> Course:
    """Return the path from the aorta to the end of a vessel: LM then LAD for ``"LAD"``.

    Parameters
    ----------
    tree : VesselTree
    name : str
        KeyError if there is no such vessel.

    Returns
    -------
    Course
        Lumen radius and confidence are there only if every vessel on the way has them.
    """
    vessel, ends = tree[name], [tree[name].centerline.length_mm]
    chain = [vessel]
    while vessel.parent is not None:
        ends.append(tree.origin_mm(vessel.name) or 0.0)
        vessel = tree[vessel.parent]
        chain.append(vessel)
    pieces = [
        (vessel.name, _until(vessel.centerline, end))
        for vessel, end in zip(reversed(chain), reversed(ends), strict=True)
        if end > SAME_PLACE_MM
    ]
    for at in range(len(pieces) - 1):
        (parent, line), (_, child) = pieces[at], pieces[at + 1]
        if np.linalg.norm(line.points_lps_mm[-1] - child.points_lps_mm[0]) < SAME_PLACE_MM:
            pieces[at] = (parent, _without_last(line))

    lines = [line for _, line in pieces]
    points = np.concatenate([line.points_lps_mm for line in lines])
    station = arc_length_mm(points)
    first = np.cumsum([0, *(len(line.points_lps_mm) for line in lines[:-1])])
    bounds = [*(float(station[at]) for at in first), float(station[-1])]
    inferred = tuple((bounds[at] + a, bounds[at] + b) for at, line in enumerate(lines) for a, b in line.inferred)
    return Course(
        Centerline(
            points,
            _joined([line.lumen_radius_mm for line in lines]),
            _joined([line.confidence for line in lines]),
            inferred,
        ),
        tuple(Stretch(piece[0], a, b) for piece, a, b in zip(pieces, bounds[:-1], bounds[1:], strict=True)),
    )


def _until(line: Centerline, end_mm: float) -> Centerline:
    """Return the part of a centreline from its start to a station."""
    if end_mm >= line.length_mm:
        return line
    station = np.append(line.station_mm[line.station_mm < end_mm - 1e-6], end_mm)
    return _at(line, station)


def _without_last(line: Centerline) -> Centerline:
    """Return a centreline without its last point; one of two points gets a point just before its end instead."""
    if len(line.points_lps_mm) > 2:
        return _at(line, line.station_mm[:-1])
    return _at(line, np.array([0.0, line.length_mm - SAME_PLACE_MM / 2]))


def _at(line: Centerline, station_mm: Float) -> Centerline:
    """Return a centreline through the places at `station_mm`, from its start on."""
    carried = [
        None if values is None else np.interp(station_mm, line.station_mm, values)
        for values in (line.lumen_radius_mm, line.confidence)
    ]
    return Centerline(line.at(station_mm), carried[0], carried[1], line.inferred)


def _joined(parts: list[Float | None]) -> Float | None:
    """Return the values of all parts in a row; ``None`` if one of them has none."""
    known = [part for part in parts if part is not None]
    return np.concatenate(known) if len(known) == len(parts) else None
