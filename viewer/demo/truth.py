"""What is true of a generated case, measured on its geometry before the scanner blurred it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from viewer.demo.lesions import Deposit, Filled, packed
from viewer.demo.scanner import slab_shift_mm
from viewer.demo.spec import DemoSpec
from viewer.demo.vessel_kernel import CALCIUM, COLUMNS, LUMEN, OUTSIDE, WALL, content
from viewer.model.geometry import Float, read_only

STEP_MM = 0.5
_ARM_MM = 4.0  #: length of the arms between which a bend is measured
_CLOSED_PERCENT = 2.0  #: less open area than this is no lumen
_FULL_PERCENT = 99.0
_RINGS, _RAYS = 50, 720  # of a section in the profile; a quarter of the rays in the search for the caps

#: Xing's classes as half-open intervals of HU.
CLASSES = {
    "necrotic_core": (-30.0, 76.0),
    "fibrofatty": (76.0, 131.0),
    "fibrous": (131.0, 351.0),
    "dense_calcium": (351.0, np.inf),
}


@dataclass(frozen=True, slots=True, eq=False)
class TrueVessel:
    """One vessel at steps of 0.5 mm.

    Attributes
    ----------
    name, parent : str, str or None
    leaves_mm : float or None
        Station on the parent.
    points_lps_mm : ndarray of shape (N, 3)
        As the scan shows them, displaced slabs included.
    lumen_radius_mm, outer_radius_mm, open_radius_mm : ndarray of shape (N,)
        Lumen without disease, outer wall, and the lumen that is left (0 in an occlusion).
    """

    name: str
    parent: str | None
    leaves_mm: float | None
    points_lps_mm: Float
    lumen_radius_mm: Float
    outer_radius_mm: Float
    open_radius_mm: Float

    @property
    def length_mm(self) -> float:
        """Length along the course."""
        return (len(self.points_lps_mm) - 1) * STEP_MM


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """Along a vessel, every 0.5 mm: shares of the area within the outer wall in percent, arc of calcium in degrees."""

    station_mm: Float
    calcium_percent: Float
    calcium_arc_deg: Float
    open_percent: Float
    outer_radius_mm: Float


@dataclass(frozen=True, slots=True, eq=False)
class TrueLesion:
    """An occlusion or a stenosis.

    Attributes
    ----------
    vessel : str
    total_occlusion : bool
    proximal_mm, distal_mm : float
        Stations of the caps; of a stenosis, where a quarter of the diameter is lost.
    proximal_cap_lps_mm, distal_cap_lps_mm : ndarray of shape (3,)
    cap : str
        "blunt" or "tapered".
    side_branches : tuple of (name, station_mm)
    bend_deg, bend_at_mm : float
        Largest angle between the directions of travel 4 mm before and 4 mm after a point of the lesion, and where.
    diameter_stenosis : float
        Largest share of the diameter that is lost, 1 in an occlusion.
    profile : Profile
        From 5 mm before to 5 mm after.
    over_half_mm, full_moon_mm : float
        Length with calcium over half of, and over 99 % of the section.
    calcium_mm3 : float
        Volume of the deposits within the lesion.
    composition_mm3 : dict of str to float
        Volume of each of Xing's classes within the lesion.
    """

    vessel: str
    total_occlusion: bool
    proximal_mm: float
    distal_mm: float
    proximal_cap_lps_mm: Float
    distal_cap_lps_mm: Float
    cap: str
    side_branches: tuple[tuple[str, float], ...]
    bend_deg: float
    bend_at_mm: float
    diameter_stenosis: float
    profile: Profile
    over_half_mm: float
    full_moon_mm: float
    calcium_mm3: float
    composition_mm3: dict[str, float]

    @property
    def length_mm(self) -> float:
        """Length along the course."""
        return self.distal_mm - self.proximal_mm


@dataclass(frozen=True, slots=True, eq=False)
class DemoTruth:
    """Everything that is known of a generated case."""

    spec: DemoSpec
    vessels: tuple[TrueVessel, ...]
    lesions: tuple[TrueLesion, ...]
    deposits: tuple[Deposit, ...]

    def __getitem__(self, name: str) -> TrueVessel:
        for vessel in self.vessels:
            if vessel.name == name:
                return vessel
        raise KeyError(name)


@njit(nogil=True, cache=True, error_model="numpy")
def _measure(rows: Float, vessel: int, deposits: Float, rings: int, rays: int, edges: Float, out: Float) -> None:
    """Sample sections on rings and rays; fill `out` (S, 8): mm² of vessel, calcium, lumen, four classes, then arc."""
    for s in range(len(rows)):
        outer = rows[s, 9]
        hit = 0
        for t in range(rays):
            angle = 2 * math.pi * (t + 0.5) / rays
            touched = False
            for r in range(rings):
                radius = outer * (r + 0.5) / rings
                area = 2 * math.pi * radius * outer / rings / rays
                code, hu = content(rows[s], radius * math.cos(angle), radius * math.sin(angle), vessel, deposits)
                if code == OUTSIDE:
                    continue
                out[s, 0] += area
                if code == CALCIUM:
                    out[s, 1] += area
                    touched = True
                if code == LUMEN:
                    out[s, 2] += area
                if code in (WALL, CALCIUM):
                    for c in range(4):
                        if edges[c, 0] <= hu < edges[c, 1]:
                            out[s, 3 + c] += area
            hit += touched
        out[s, 7] = 360.0 * hit / rays


def _rows_at(vessel: Filled, station_mm: Float) -> Float:
    return np.stack([np.interp(station_mm, vessel.station_mm, vessel.table[:, c]) for c in range(COLUMNS)], axis=1)


def sections(vessel: Filled, index: int, deposits: Float, station_mm: Float, rays: int = _RAYS) -> Float:
    """Measure cross-sections of one vessel.

    Returns
    -------
    ndarray of shape (S, 8)
        mm² within the outer wall, of calcium, of open lumen, of the four classes of `CLASSES`, and the calcium's arc in
        degrees.
    """
    rows = np.ascontiguousarray(_rows_at(vessel, station_mm))
    out = np.zeros((len(rows), 8))
    _measure(rows, index, deposits, _RINGS, rays, np.array(list(CLASSES.values())), out)
    return out


def _shifted(points: Float, spec: DemoSpec) -> Float:
    moved = points.copy()
    moved[:, :2] += slab_shift_mm(points[:, 2], spec)
    return moved


def _bend(vessel: Filled, first_mm: float, last_mm: float) -> tuple[float, float]:
    """Return the largest angle between the chord of the 4 mm before a station and that of the 4 mm after, and where."""
    at = np.arange(first_mm, last_mm, 0.25)
    before, here, after = (_points(vessel, at + arm) for arm in (-_ARM_MM, 0.0, _ARM_MM))
    angle = np.degrees(np.arccos(np.clip((_unit(here - before) * _unit(after - here)).sum(1), -1, 1)))
    return float(angle.max()), float(at[angle.argmax()])


def _points(vessel: Filled, station_mm: Float) -> Float:
    return np.stack([np.interp(station_mm, vessel.station_mm, vessel.points[:, a]) for a in range(3)], axis=1)


def _unit(ways: Float) -> Float:
    return ways / np.maximum(np.linalg.norm(ways, axis=1, keepdims=True), 1e-9)


def _lesion(
    vessels: dict[str, Filled],
    name: str,
    deposits: Float,
    search: tuple[float, float],
    total: bool,
    cap: str,
    spec: DemoSpec,
) -> TrueLesion:
    vessel, index = vessels[name], list(vessels).index(name)
    fine = np.arange(max(search[0] - 6, 0), search[1] + 6, 0.05)
    found = sections(vessel, index, deposits, fine, _RAYS // 4)
    if total:
        hit = 100 * found[:, 2] / found[:, 0] < _CLOSED_PERCENT
    else:
        healthy = np.interp(fine, vessel.station_mm, vessel.healthy_mm)
        hit = np.sqrt(found[:, 2] / np.pi) / healthy < 0.75
    inside = fine[hit]
    proximal, distal = float(inside[0]), float(inside[-1])
    lost = 1 - np.sqrt(found[:, 2] / np.pi) / np.interp(fine, vessel.station_mm, vessel.healthy_mm)
    within = (fine >= proximal) & (fine <= distal)
    share = 100 * found[:, 1] / found[:, 0]
    # the profile's stations are whole halves of a millimetre from the ostium
    wide = np.arange(np.ceil((proximal - 5) / STEP_MM), np.floor((distal + 5) / STEP_MM) + 1) * STEP_MM
    wide = wide[(wide >= 0) & (wide <= vessel.station_mm[-1])]
    coarse = sections(vessel, index, deposits, wide)
    caps = _shifted(_rows_at(vessel, np.array([proximal, distal]))[:, :3], spec)
    bend_deg, bend_at = _bend(vessel, proximal, distal)
    branches = sorted((v.leaves_mm, v.name) for v in vessels.values() if v.parent == name and v.leaves_mm is not None)
    return TrueLesion(
        vessel=name,
        total_occlusion=total,
        proximal_mm=proximal,
        distal_mm=distal,
        proximal_cap_lps_mm=read_only(caps[0]),
        distal_cap_lps_mm=read_only(caps[1]),
        cap=cap,
        side_branches=tuple((branch, at) for at, branch in branches),
        bend_deg=bend_deg,
        bend_at_mm=bend_at,
        diameter_stenosis=float(np.clip(lost[within].max(), 0, 1)),
        profile=Profile(
            read_only(wide),
            read_only(100 * coarse[:, 1] / coarse[:, 0]),
            read_only(coarse[:, 7]),
            read_only(100 * coarse[:, 2] / coarse[:, 0]),
            read_only(np.interp(wide, vessel.station_mm, vessel.outer_mm)),
        ),
        over_half_mm=float(0.05 * (share[within] > 50).sum()),
        full_moon_mm=float(0.05 * (share[within] >= _FULL_PERCENT).sum()),
        calcium_mm3=float(0.05 * found[within, 1].sum()),
        composition_mm3={c: float(0.05 * found[within, 3 + n].sum()) for n, c in enumerate(CLASSES)},
    )


def measure(
    vessels: dict[str, Filled], deposits: tuple[Deposit, ...], stenosis: tuple[str, float, float], spec: DemoSpec
) -> DemoTruth:
    """Measure everything that is known.

    Parameters
    ----------
    vessels : dict of str to Filled
    deposits : tuple of Deposit
    stenosis : (vessel, from_mm, to_mm)
    spec : DemoSpec
    """
    rows = packed(vessels, deposits)[2]
    true = []
    for v in vessels.values():
        at = np.arange(0, v.station_mm[-1] + 1e-6, STEP_MM)
        true.append(
            TrueVessel(
                v.name,
                v.parent,
                v.leaves_mm,
                read_only(_shifted(_rows_at(v, at)[:, :3], spec)),
                read_only(np.interp(at, v.station_mm, v.healthy_mm)),
                read_only(np.interp(at, v.station_mm, v.outer_mm)),
                read_only(np.interp(at, v.station_mm, v.open_mm)),
            )
        )
    lesions = []
    o = spec.occlusion
    search = spec.occluded_mm
    if search is not None:
        lesions.append(_lesion(vessels, o.vessel, rows, search, True, o.cap, spec))
    if search is None or o.vessel != stenosis[0] or search[0] >= stenosis[2] or search[1] <= stenosis[1]:
        lesions.append(_lesion(vessels, stenosis[0], rows, stenosis[1:], False, "tapered", spec))
    return DemoTruth(spec, tuple(true), tuple(lesions), deposits)


def as_json(truth: DemoTruth, origin_lps_mm: Float, spacing_kji_mm: Float) -> dict[str, Any]:
    """Return the truth as plain lists and numbers: vessels by name, lesions, origin and spacing (x, y, z)."""

    def plain(values: Float, digits: int = 3) -> list[Any]:
        return np.round(values, digits).tolist()

    return {
        "spec": {"seed": truth.spec.seed, "noise_hu": truth.spec.noise_hu, "contrast_hu": truth.spec.contrast_hu},
        "origin_lps_mm": plain(origin_lps_mm),
        "spacing_mm": plain(spacing_kji_mm[::-1], 6),
        "vessels": {
            v.name: {
                "parent": v.parent,
                "points_lps_mm": plain(v.points_lps_mm),
                "lumen_radius_mm": plain(v.lumen_radius_mm),
                "outer_radius_mm": plain(v.outer_radius_mm),
                "length_mm": v.length_mm,
            }
            for v in truth.vessels
        },
        "lesions": [
            {
                "vessel": lesion.vessel,
                "total_occlusion": lesion.total_occlusion,
                "proximal_arc_mm": round(lesion.proximal_mm, 2),
                "distal_arc_mm": round(lesion.distal_mm, 2),
                "length_mm": round(lesion.length_mm, 2),
                "proximal_cap_lps_mm": plain(lesion.proximal_cap_lps_mm, 2),
                "distal_cap_lps_mm": plain(lesion.distal_cap_lps_mm, 2),
                "cap": lesion.cap,
                "side_branches": [
                    {"name": name, "at_mm": round(at, 2), "from_cap_mm": round(at - lesion.proximal_mm, 2)}
                    for name, at in lesion.side_branches
                ],
                "bend_deg": lesion.bend_deg,
                "profile": {
                    "arc_mm": plain(lesion.profile.station_mm),
                    "calcium_csa_percent": plain(lesion.profile.calcium_percent, 1),
                    "calcium_arc_deg": plain(lesion.profile.calcium_arc_deg, 1),
                    "outer_radius_mm": plain(lesion.profile.outer_radius_mm),
                },
                "over50_mm": round(lesion.over_half_mm, 2),
                "full_moon_mm": round(lesion.full_moon_mm, 2),
                "calcium_volume_mm3": lesion.calcium_mm3,
                "composition_mm3": lesion.composition_mm3,
            }
            for lesion in truth.lesions
        ],
    }
