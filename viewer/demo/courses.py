"""Where the vessels run: smooth courses in the grooves and on the surface of the canonical heart.

Each course starts from a few guide points and settles like a rope: it is pulled taut, pushed out of the muscle until
the vessel rests on it, and drawn into the groove between two chambers where it has one. What comes out is fitted by a
smoothing spline, so direction and curvature are continuous.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.interpolate import CubicSpline, splev, splprep

from viewer.demo.heart import Heart
from viewer.demo.implicit import Primitive, distance_mm
from viewer.model.geometry import Float, arc_length_mm

Distance = Callable[[Float], Float]
STEP_MM = 0.25


@dataclass(frozen=True, slots=True)
class Leg:
    """One guide point: where, and what the course does from the guide before it to this one.

    Attributes
    ----------
    point : tuple of float
        In the canonical heart, mm.
    groove : str
        Two letters of chambers (``"RV LV"``) in whose groove it runs; empty: anywhere on the surface.
    free : bool
        Neither pushed nor drawn: the course goes where the guides say (in the muscle, at the aorta).
    """

    point: tuple[float, float, float]
    groove: str = ""
    free: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """How one vessel runs and how wide it is.

    Attributes
    ----------
    parent : str or None
    leaves_mm : float
        Station on the parent at which it leaves; negative: at the parent's end.
    legs : tuple of Leg
    start_mm, end_mm : float
        Lumen radius at its beginning and end.
    sway_mm, sway_length_mm : float
        Size and wavelength of its windings on the surface.
    """

    parent: str | None
    leaves_mm: float
    legs: tuple[Leg, ...]
    start_mm: float
    end_mm: float
    sway_mm: float = 0.0
    sway_length_mm: float = 22.0


def _surface(solids: tuple[tuple[Primitive, ...], ...]) -> Distance:
    joined = tuple(p if n == 0 else p.with_operation(0, max(p.row[2], 3.0)) for n, s in enumerate(solids) for p in s)
    return lambda points: distance_mm(joined, points)


def _slope(distance: Distance, points: Float, step_mm: float = 0.4) -> Float:
    """Return the gradient of a distance at points, shape (N, 3)."""
    offsets = np.concatenate([np.eye(3), -np.eye(3)]) * step_mm
    values = distance((points[:, None, :] + offsets).reshape(-1, 3)).reshape(-1, 6)
    return (values[:, :3] - values[:, 3:]) / (2 * step_mm)


def resampled(points: Float, step_mm: float) -> Float:
    """Return a polyline with points at equal steps, as near to `step_mm` as its length allows."""
    station = arc_length_mm(points)
    count = max(2, round(station[-1] / step_mm) + 1)
    return CubicSpline(station, points)(np.linspace(0, station[-1], count))


def smooth_course(points: Float, tolerance_mm: float = 0.05) -> Float:
    """Fit a cubic spline through points, shape (N, 3), and return it at steps of `STEP_MM`."""
    station = arc_length_mm(points)
    weights = np.ones(len(points))
    weights[[0, -1]] = 50.0
    spline, _ = splprep(points.T, u=station, w=weights, s=len(points) * tolerance_mm**2, k=min(5, len(points) - 1))
    fine = np.stack(splev(np.linspace(0, station[-1], 8 * len(points)), spline), axis=1)
    length = arc_length_mm(fine)
    wanted = np.arange(0, length[-1], STEP_MM)
    return np.stack([np.interp(wanted, length, fine[:, axis]) for axis in range(3)], axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What the courses rest on: distances to the whole heart and to each chamber."""

    surface: Distance
    chambers: dict[str, Distance]

    @classmethod
    def of(cls, heart: Heart) -> Ground:
        """Prepare the distances of `heart`."""
        names = {
            "LV": heart.left_ventricle,
            "RV": heart.right_ventricle,
            "LA": heart.left_atrium,
            "RA": heart.right_atrium,
        }
        return cls(_surface(heart.solids()), {name: partial(distance_mm, solid) for name, solid in names.items()})

    def settle(self, legs: tuple[Leg, ...], start: Float, rest_mm: float) -> Float:
        """Return the course from `start` along `legs`, with the centreline `rest_mm` above the muscle, shape (N, 3)."""
        guides = np.vstack([start, *(leg.point for leg in legs)])
        points, mode = [guides[0]], [len(legs)]
        for n in range(len(legs)):
            length = float(np.linalg.norm(guides[n + 1] - guides[n]))
            for share in np.linspace(0, 1, max(2, round(length / 3.0)) + 1)[1:]:
                points.append(guides[n] + share * (guides[n + 1] - guides[n]))
                mode.append(n)
        p, owner = np.array(points), np.array(mode)
        fixed = np.zeros(len(p), bool)
        fixed[0] = True
        free = np.array([n < len(legs) and legs[n].free for n in owner])
        held = fixed | (np.arange(len(p)) == len(p) - 1)
        for turn in range(70):
            move = np.zeros_like(p)
            move[1:-1] = 0.5 * (p[:-2] + p[2:]) - p[1:-1]
            p = p + np.where(held[:, None], 0.0, (0.6 if turn < 55 else 0.3) * move)
            for groove in {leg.groove for leg in legs if leg.groove}:
                one, other = (self.chambers[name] for name in groove.split())
                here = np.array([n < len(legs) and legs[n].groove == groove for n in owner]) & ~fixed
                between = lambda q, one=one, other=other: one(q) - other(q)  # noqa: E731
                slope = _slope(between, p[here])
                square = np.maximum((slope**2).sum(1), 0.25)
                step = -(between(p[here]) / square)[:, None] * slope
                p[here] += 0.3 * np.clip(step, -3.0, 3.0) * (np.abs(self.surface(p[here]) - rest_mm) < 3.0)[:, None]
            slope = _slope(self.surface, p)
            square = np.maximum((slope**2).sum(1), 0.25)
            gap = self.surface(p) - rest_mm
            gap = np.where(free, 0.0, gap)
            step = -(gap / square)[:, None] * slope
            p = p + np.where(fixed[:, None], 0.0, 0.5 * np.clip(step, -3.0, 3.0))
        return p

    def lift(self, points: Float, rest_mm: float) -> Float:
        """Raise those parts of a course, ends excepted, that lie lower than `rest_mm` above the muscle."""
        p = points.copy()
        for _ in range(30):
            low = np.maximum(rest_mm - self.surface(p), 0.0)
            low *= np.clip((np.arange(len(p)) - 24) / 40, 0, 1)
            p += 0.4 * low[:, None] * _slope(self.surface, p)
            p[1:-1] += 0.3 * (0.5 * (p[:-2] + p[2:]) - p[1:-1])
        return p


def swayed(points: Float, surface: Distance, size_mm: float, length_mm: float) -> Float:
    """Return a course with windings of `size_mm` and wavelength `length_mm` along the surface, none at its ends."""
    if size_mm == 0:
        return points
    station = arc_length_mm(points)
    tangent = np.gradient(points, station, axis=0)
    side = np.cross(tangent, _slope(surface, points))
    side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-9)
    fade = np.clip(station / 12.0, 0, 1) * np.clip((station[-1] - station) / 6.0, 0, 1)
    wave = np.sin(2 * np.pi * station / length_mm) + 0.45 * np.sin(2 * np.pi * station / (0.61 * length_mm) + 1.3)
    return points + (size_mm * fade * wave)[:, None] * side


def bent(points: Float, surface: Distance, at_mm: float, size_mm: float, width_mm: float) -> Float:
    """Return a course that is pushed sideways by `size_mm` about one station, which bends it on both sides."""
    station = arc_length_mm(points)
    tangent = np.gradient(points, station, axis=0)
    side = np.cross(tangent, _slope(surface, points))
    side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-9)
    return points + (size_mm * np.exp(-0.5 * ((station - at_mm) / width_mm) ** 2))[:, None] * side
