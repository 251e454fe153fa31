"""Everything that is measured of one lesion once its caps are known."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.ndimage import uniform_filter1d

from viewer.analysis.occlusion.bends import bends
from viewer.analysis.occlusion.branches import side_branches
from viewer.analysis.occlusion.find import diameter_loss
from viewer.analysis.plaque.composition import measure_composition
from viewer.analysis.reformat.sampling import sample_points
from viewer.model.calcium import CalciumPattern, CalciumProfile
from viewer.model.case import Case
from viewer.model.centerline import Centerline, Interval
from viewer.model.composition import Composition
from viewer.model.cross_section import CrossSections
from viewer.model.lesion import Lesion, LesionKind
from viewer.model.lesion_measures import LandingZone, LesionMeasures, ReferenceSection
from viewer.model.vessel import VesselTree
from viewer.model.volume import Volume

#: A bend that counts in a score, and one that counts as tortuosity before the occlusion.
SCORED_BEND_DEG, TORTUOUS_BEND_DEG = 45.0, 70.0
#: Reference sections are looked for within this distance of a lesion, beyond the taper of its caps.
REFERENCE_FROM_MM, REFERENCE_TO_MM = 1.0, 10.0
LANDING_MM = 20.0
#: From this share of a section on, calcium is in the way of a re-entry.
CALCIFIED_PERCENT = 5.0
#: The calcium of a cap is what lies within this distance of it.
CAP_MM = 5.0
#: The gradient of contrast is read in a core of this radius over at most this length, and not over less than that.
GRADIENT_RADIUS_MM, GRADIENT_FROM_MM, GRADIENT_TO_MM, SHORTEST_GRADIENT_MM = 0.5, 3.0, 40.0, 10.0


def measure_lesion(case: Case, lesion: Lesion) -> LesionMeasures:
    """Measure a lesion of a case.

    Parameters
    ----------
    case : Case
        What its sections or its calcium would tell is ``None`` where the vessel has none.
    lesion : Lesion
        Its vessel must be in the tree.
    """
    line = case.tree[lesion.vessel].centerline
    low, high = lesion.proximal.station_mm, min(lesion.distal.station_mm, line.length_mm)
    sections, calcium = case.sections_of(lesion.vessel), case.calcium_of(lesion.vessel)
    inside = bends(line, low, high)
    ends = line.at(np.array([low, high]))
    references: tuple[ReferenceSection | None, ReferenceSection | None] = (None, None)
    if sections is not None:
        references = (
            _reference(sections, calcium, low - REFERENCE_TO_MM, low - REFERENCE_FROM_MM),
            _reference(sections, calcium, high + REFERENCE_FROM_MM, high + REFERENCE_TO_MM),
        )
    (far_low, near_low), (near_high, far_high) = lesion.proximal.range_mm, lesion.distal.range_mm
    return LesionMeasures(
        length_mm=high - low,
        length_range_mm=(max(near_high - near_low, 0.0), far_high - far_low),
        chord_mm=float(np.linalg.norm(ends[1] - ends[0])),
        ostium_mm=case.tree.ostium_offset_mm(lesion.vessel) + low,
        max_bend=inside[0] if inside else None,
        bends_over_45=tuple(bend for bend in inside if bend.angle_deg > SCORED_BEND_DEG),
        proximal_tortuosity=_tortuosity(line, low),
        proximal_bends=bends(line, 0.0, low, TORTUOUS_BEND_DEG),
        multiple=_has_another(case, lesion),
        proximal_reference=references[0],
        distal_reference=references[1],
        area_stenosis_percent=_area_stenosis(lesion, sections),
        landing_zone=_landing_zone(case.tree, lesion.vessel, high, sections, calcium),
        calcium=None if calcium is None else calcium.within(low, high),
        over_half_mm=() if calcium is None else _intervals(calcium, CalciumPattern.OVER_HALF, low, high),
        full_moon_mm=() if calcium is None else _intervals(calcium, CalciumPattern.FULL_MOON, low, high),
        calcium_regions_mm3=None if calcium is None else _regions(calcium, low, high),
        composition=composition_between(case.volume, sections, lesion.kind, low, high),
        distal_gradient_hu_per_cm=_gradient(case.volume, line, high, calcium),
    )


def _reference(
    sections: CrossSections, calcium: CalciumProfile | None, from_mm: float, to_mm: float
) -> ReferenceSection | None:
    """Return the widest lumen of a stretch, free of calcium if there is such; ``None`` if none is open."""
    station = sections.frames.station_mm
    lumen = uniform_filter1d(sections.lumen_area_mm2, 5, mode="nearest")
    here = (station >= from_mm) & (station <= to_mm) & (lumen > 0)
    if calcium is not None:
        clear = here & (calcium.csa_percent < CALCIFIED_PERCENT)
        here = clear if clear.any() else here
    if not here.any():
        return None
    at = int(np.where(here, lumen, -1.0).argmax())
    return ReferenceSection(
        float(station[at]), _diameter(float(lumen[at])), _diameter(float(sections.wall_area_mm2[at]))
    )


def _diameter(area_mm2: float) -> float:
    return 2.0 * float(np.sqrt(area_mm2 / np.pi))


def _tortuosity(line: Centerline, to_mm: float) -> float | None:
    """Return length over chord of the vessel from its beginning; ``None`` if that is too short to tell."""
    if to_mm < 5.0:
        return None
    ends = line.at(np.array([0.0, to_mm]))
    return to_mm / max(float(np.linalg.norm(ends[1] - ends[0])), 1e-6)


def _has_another(case: Case, lesion: Lesion) -> bool:
    """Tell whether the vessel has an occlusion besides this lesion."""
    return any(
        other.vessel == lesion.vessel
        and other.kind is LesionKind.OCCLUSION
        and abs(other.proximal.station_mm - lesion.proximal.station_mm) > 1e-6
        for other in case.lesions
    )


def _area_stenosis(lesion: Lesion, sections: CrossSections | None) -> float | None:
    """Return the largest share of the lumen's area that is lost."""
    if lesion.kind is LesionKind.OCCLUSION:
        return 100.0
    if sections is None:
        return None
    station = sections.frames.station_mm
    here = (station >= lesion.proximal.station_mm) & (station <= lesion.distal.station_mm)
    loss = float(diameter_loss(sections)[0][here].max(initial=0.0))
    return 100.0 * (1 - (1 - loss) ** 2)


def _landing_zone(
    tree: VesselTree, vessel: str, from_mm: float, sections: CrossSections | None, calcium: CalciumProfile | None
) -> LandingZone | None:
    """Return what a wire finds beyond the distal cap."""
    length = min(LANDING_MM, tree[vessel].centerline.length_mm - from_mm)
    if length < 1.0:
        return None
    diameter, free = None, length
    if sections is not None:
        station = sections.frames.station_mm
        here = (station >= from_mm) & (station <= from_mm + length)
        if here.any():
            diameter = float(2 * np.sqrt(sections.lumen_area_mm2[here] / np.pi).mean())
    if calcium is not None:
        station = calcium.frames.station_mm
        met = station[(station > from_mm) & (calcium.csa_percent >= CALCIFIED_PERCENT)]
        free = min(length, float(met[0]) - from_mm) if len(met) else length
    beyond = [b for b in side_branches(tree, vessel) if from_mm < b.at_mm <= from_mm + length]
    first = beyond[0] if beyond else None
    return LandingZone(
        length,
        diameter,
        free,
        None if first is None else first.at_mm - from_mm,
        None if first is None else first.name,
    )


def _intervals(profile: CalciumProfile, pattern: CalciumPattern, from_mm: float, to_mm: float) -> tuple[Interval, ...]:
    """Return the stretches whose sections show a pattern; a section stands for what is nearest to it."""
    station = profile.frames.station_mm
    shown = profile.shows(pattern)[:, 1]
    edge = np.concatenate([[station[0]], 0.5 * (station[1:] + station[:-1]), [station[-1]]])
    turns = np.flatnonzero(np.diff(np.concatenate([[0], shown.astype(int), [0]])))
    found = [
        (max(float(edge[a]), from_mm), min(float(edge[b]), to_mm)) for a, b in zip(turns[::2], turns[1::2], strict=True)
    ]
    return tuple((a, b) for a, b in found if b > a)


def _regions(profile: CalciumProfile, from_mm: float, to_mm: float) -> tuple[float, float, float]:
    """Return the volume of calcium at the proximal cap, in the body and at the distal cap."""
    cap = min(CAP_MM, (to_mm - from_mm) / 3)
    edges = (from_mm, from_mm + cap, to_mm - cap, to_mm)
    first, body, last = (
        float((profile.area_mm2[:, 1] * profile.length_by_station_mm(a, b)).sum()) for a, b in pairwise(edges)
    )
    return first, body, last


def composition_between(
    volume: Volume, sections: CrossSections | None, kind: LesionKind, from_mm: float, to_mm: float
) -> Composition | None:
    """Return the composition of an occlusion; beside open lumen contrast would count as plaque."""
    if sections is None or kind is not LesionKind.OCCLUSION:
        return None
    station = sections.frames.station_mm
    if ((station >= from_mm) & (station <= to_mm)).sum() < 2:
        return None
    return measure_composition(volume, sections, from_mm, to_mm)


def _gradient(volume: Volume, line: Centerline, from_mm: float, calcium: CalciumProfile | None) -> float | None:
    """Return how contrast changes beyond a lesion, HU per cm, by least squares over stations free of calcium."""
    station = np.arange(from_mm + GRADIENT_FROM_MM, min(from_mm + GRADIENT_TO_MM, line.length_mm - 1.0), 0.5)
    if len(station) < 2 or station[-1] - station[0] < SHORTEST_GRADIENT_MM:
        return None
    if calcium is not None:
        clear = np.interp(station, calcium.frames.station_mm, calcium.csa_percent) < CALCIFIED_PERCENT
        station = station[clear]
    if len(station) < 10:
        return None
    way = np.eye(3) * GRADIENT_RADIUS_MM
    core = line.at(station)[:, None, :] + np.concatenate([np.zeros((1, 3)), way, -way])
    hu = np.median(sample_points(volume, core), axis=1)
    return 10.0 * float(np.polyfit(station, hu, 1)[0])
