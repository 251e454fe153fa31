"""What is inside the vessels: open lumen, plaque, calcium, and how much contrast reaches them.

Each vessel becomes a table along its course; `viewer.demo.vessel_kernel` reads it, to paint voxels and to measure the
truth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.demo.courses import STEP_MM, resampled
from viewer.demo.spec import DemoSpec, OcclusionSpec
from viewer.demo.tree import Course
from viewer.demo.vessel_kernel import (
    COL_B,
    COL_CORE_HU,
    COL_LUMEN_HU,
    COL_N,
    COL_OFF_B,
    COL_OFF_N,
    COL_OPEN,
    COL_OUTER,
    COL_RIM_HU,
    COL_S,
    COL_X,
    COLUMNS,
)
from viewer.demo.voxelize import Pose
from viewer.model.geometry import Float, arc_length_mm, unit

_WALL_HU = 70.0


@dataclass(frozen=True, slots=True)
class Deposit:
    """Calcium in the wall or all through the vessel.

    Attributes
    ----------
    vessel : str
    from_mm, to_mm : float
        Stations; the ends are rounded.
    inner, outer : float
        Radii as shares of the vessel's outer radius.
    centre_deg, arc_deg : float
        Where about the vessel, and how far around.
    hu : float
    """

    vessel: str
    from_mm: float
    to_mm: float
    inner: float
    outer: float
    centre_deg: float
    arc_deg: float
    hu: float


@dataclass(frozen=True, slots=True)
class Narrowing:
    """An eccentric stenosis: the lumen's diameter falls by `share` at the middle of ``from_mm .. to_mm``."""

    vessel: str
    from_mm: float
    to_mm: float
    share: float
    away_deg: float  #: the side on which the lumen remains


#: The plain stenosis of the left anterior descending artery, and its plaque.
STENOSIS = Narrowing("LAD", 29.0, 41.0, 0.60, 40.0)
PLAQUES = (
    Deposit("LAD", 31.5, 38.0, 0.52, 0.97, 220.0, 135.0, 850.0),
    Deposit("LAD", 11.0, 13.5, 0.82, 1.0, 150.0, 70.0, 720.0),
    Deposit("LCX", 14.0, 17.0, 0.82, 1.0, -60.0, 80.0, 760.0),
    Deposit("RCA", 20.0, 24.0, 0.81, 1.0, 100.0, 110.0, 800.0),
)


@dataclass(frozen=True, slots=True, eq=False)
class Filled:
    """A vessel in the patient with all that is in it, at steps of about 0.25 mm.

    Attributes
    ----------
    name, parent : str, str or None
    leaves_mm : float or None
        Station on the parent.
    table : ndarray of shape (N, 17)
        Point, normal, binormal, outer radius, open lumen's radius and the offset of its middle along normal and
        binormal, HU of lumen, of the plaque's core and of its rim, station.
    healthy_mm : ndarray of shape (N,)
        Radius of the lumen without disease.
    """

    name: str
    parent: str | None
    leaves_mm: float | None
    table: Float
    healthy_mm: Float

    @property
    def points(self) -> Float:
        """Centreline, shape (N, 3), LPS mm."""
        return self.table[:, COL_X : COL_X + 3]

    @property
    def station_mm(self) -> Float:
        """Arc length from the start, shape (N,)."""
        return self.table[:, COL_S]

    @property
    def outer_mm(self) -> Float:
        """Outer radius, shape (N,)."""
        return self.table[:, COL_OUTER]

    @property
    def open_mm(self) -> Float:
        """Radius of the open lumen, shape (N,), 0 where there is none."""
        return self.table[:, COL_OPEN]

    @property
    def lumen_hu(self) -> Float:
        """Enhancement of the lumen, shape (N,)."""
        return self.table[:, COL_LUMEN_HU]


def _frames(points: Float) -> tuple[Float, Float]:
    """Return normals and binormals that turn as little as possible about a curve (double reflection, Wang 2008)."""
    tangent = np.gradient(points, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    normal = np.empty_like(points)
    start = np.eye(3)[np.abs(tangent[0]).argmin()]
    normal[0] = unit(start - (start @ tangent[0]) * tangent[0])
    for n in range(len(points) - 1):
        v = points[n + 1] - points[n]
        c = v @ v
        reflected = normal[n] - (2 / c) * (v @ normal[n]) * v
        turned = tangent[n] - (2 / c) * (v @ tangent[n]) * v
        w = tangent[n + 1] - turned
        normal[n + 1] = reflected - (2 / max(w @ w, 1e-20)) * (w @ reflected) * w if w @ w > 1e-16 else reflected
    return normal, np.cross(tangent, normal)


def deposits_of(spec: DemoSpec) -> tuple[Deposit, ...]:
    """Return every deposit of a case, those of the occlusion last."""
    found = list(PLAQUES)
    o = spec.occlusion
    if spec.occluded_mm is not None:
        start, end = spec.occluded_mm
        if o.full_moon_mm:
            found.append(Deposit(o.vessel, start - 0.2, start + o.full_moon_mm, 0.0, 1.0, 0.0, 360.0, 1050.0))
        if o.length_mm > 20:
            middle = start + 0.42 * o.length_mm
            found.append(Deposit(o.vessel, middle, middle + 2.5, 0.55, 0.98, 30.0, 95.0, 700.0))
        if o.over_half_mm:
            found.append(Deposit(o.vessel, end - 2.5 - o.over_half_mm, end - 2.5, 0.34, 1.0, -70.0, 275.0, 900.0))
    return tuple(found)


def fill(courses: tuple[Course, ...], pose: Pose, spec: DemoSpec, aorta_rim: dict[str, float]) -> dict[str, Filled]:
    """Put the courses into the patient and fill them.

    Parameters
    ----------
    courses : tuple of Course
        Parents before children.
    pose : Pose
    spec : DemoSpec
    aorta_rim : dict of str to float
        For each artery of the aorta the station (canonical mm) up to which it lies inside the aorta and has no wall.
    """
    found: dict[str, Filled] = {}
    for course in courses:
        raw = pose.to_world(course.points)
        points = resampled(raw, STEP_MM)
        station = arc_length_mm(points)
        share = np.linspace(0, 1, len(points))
        old = np.linspace(0, 1, len(raw))
        lumen = np.interp(share, old, course.lumen_mm) * spec.scale
        outer = np.interp(share, old, course.outer_mm) * spec.scale
        leaves = None
        if course.parent is not None:
            parent = found[course.parent]
            leaves = float(parent.station_mm[((parent.points - points[0]) ** 2).sum(1).argmin()])
        else:
            rim = aorta_rim[course.name] * spec.scale
            outer = np.where(station < rim, lumen, outer)
        table = np.zeros((len(points), COLUMNS))
        table[:, COL_X : COL_X + 3] = points
        table[:, COL_N : COL_N + 3], table[:, COL_B : COL_B + 3] = _frames(points)
        table[:, COL_OUTER], table[:, COL_OPEN], table[:, COL_S] = outer, lumen, station
        table[:, COL_CORE_HU] = table[:, COL_RIM_HU] = _WALL_HU
        table[:, COL_LUMEN_HU] = _enhancement(course.name, station, leaves, found.get(course.parent or ""), spec)
        if course.name == STENOSIS.vessel:
            _narrow(table, STENOSIS)
        if course.name == spec.occlusion.vessel and spec.occluded_mm is not None:
            _occlude(table, spec.occlusion, *spec.occluded_mm)
        found[course.name] = Filled(course.name, course.parent, leaves, table, lumen)
    return found


def _enhancement(name: str, station: Float, leaves: float | None, parent: Filled | None, spec: DemoSpec) -> Float:
    """Return HU along a lumen: it falls by 5 HU a cm before an occlusion, and rises again beyond it."""
    o = spec.occlusion
    start, slope = 0.985 * spec.contrast_hu, -0.5
    if parent is not None and leaves is not None:
        start = float(np.interp(leaves, parent.station_mm, parent.lumen_hu))
        ends = float(np.interp(leaves + 1, parent.station_mm, parent.lumen_hu))
        before = float(np.interp(leaves - 1, parent.station_mm, parent.lumen_hu))
        slope = 0.1 * o.distal_gradient_hu_per_cm if ends > before or start < 0.8 * spec.contrast_hu else -0.5
    hu = start + slope * station
    if name == o.vessel and spec.occluded_mm is not None:
        begin, end = spec.occluded_mm
        beyond = o.distal_share * spec.contrast_hu + 0.1 * o.distal_gradient_hu_per_cm * (station - end)
        hu = np.where(station > 0.5 * (begin + end), beyond, hu)
    return hu


def _narrow(table: Float, lesion: Narrowing) -> None:
    s = table[:, COL_S]
    u = np.clip((2 * s - lesion.from_mm - lesion.to_mm) / (lesion.to_mm - lesion.from_mm), -1, 1)
    bump = np.cos(0.5 * np.pi * u) ** 2
    bump = np.minimum(bump * 1.25, 1.0)
    healthy = table[:, COL_OPEN].copy()
    table[:, COL_OPEN] = healthy * (1 - lesion.share * bump)
    off = 0.62 * (healthy - table[:, COL_OPEN])
    a = np.radians(lesion.away_deg)
    table[:, COL_OFF_N], table[:, COL_OFF_B] = off * np.cos(a), off * np.sin(a)
    ill = bump > 0
    table[ill, COL_CORE_HU], table[ill, COL_RIM_HU] = 70.0, 110.0


def _occlude(table: Float, o: OcclusionSpec, begin: float, end: float) -> None:
    s = table[:, COL_S]
    if o.cap == "blunt":
        before = np.sqrt(np.clip(1 - ((s - (begin - 0.6)) / 0.6) ** 2, 0, 1))
        before = np.where(s < begin - 0.6, 1.0, before)
    else:
        before = np.clip((begin - s) / 5.0, 0, 1) ** 0.8
        off = 0.45 * (1 - before) * np.clip((begin + 1 - s), 0, 1) * table[:, COL_OPEN]
        table[:, COL_OFF_N] = off
    after = np.clip((s - end) / 2.2, 0, 1) ** 0.6
    # beyond the occlusion the vessel is underfilled and regains its calibre over 12 mm
    thin = np.where(s > end, 0.84 + 0.16 * np.clip((s - end) / 12, 0, 1), 1.0)
    table[:, COL_OPEN] *= np.where(s < 0.5 * (begin + end), before, after) * thin
    length = end - begin
    stations = begin + length * np.array([-0.08, 0.0, 0.16, 0.24, 0.34, 0.66, 0.78, 0.9, 1.0, 1.08])
    core = np.array([110.0, 190.0, 185.0, 100.0, 42.0, 38.0, 95.0, 150.0, 160.0, 100.0])
    rim = np.array([100.0, 210.0, 200.0, 150.0, 98.0, 92.0, 120.0, 175.0, 170.0, 95.0])
    ill = (s > stations[0]) & (s < stations[-1])
    table[ill, COL_CORE_HU] = np.interp(s[ill], stations, core)
    table[ill, COL_RIM_HU] = np.interp(s[ill], stations, rim)


def packed(vessels: dict[str, Filled], deposits: tuple[Deposit, ...]) -> tuple[Float, NDArray[np.int64], Float]:
    """Return all tables in one, where each vessel begins in it (V + 1,), and the deposits (D, 8), for the kernels."""
    starts = np.concatenate([[0], np.cumsum([len(v.table) for v in vessels.values()])]).astype(np.int64)
    order = list(vessels)
    rows = [
        (
            order.index(d.vessel),
            d.from_mm,
            d.to_mm,
            d.inner,
            d.outer,
            np.radians(d.centre_deg),
            np.radians(d.arc_deg),
            d.hu,
        )
        for d in deposits
    ]
    return np.concatenate([v.table for v in vessels.values()]), starts, np.array(rows, np.float64).reshape(-1, 8)
