"""The plan as plain data: what ``cto-viewer analyze`` writes as plan.json.

Points are patient LPS millimetres, lengths mm, areas mm², volumes mm³, angles degrees, densities HU; unknown is None.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from viewer import __version__
from viewer.analysis.fluoro.proposals import Proposal
from viewer.analysis.occlusion.measures import measure_lesion
from viewer.model.case import Case
from viewer.model.composition import Composition, TissueClass
from viewer.model.lesion import Cap, Lesion, LesionKind
from viewer.model.lesion_measures import LesionMeasures, ReferenceSection
from viewer.model.vessel import Vessel

SCHEMA, VERSION = "cto-viewer/plan", 1
#: The classes of plaque under the names of the format.
TISSUES = {
    "dense_calcium": TissueClass.DENSE_CALCIUM,
    "fibrous": TissueClass.FIBROUS,
    "fibrofatty": TissueClass.FIBROFATTY,
    "necrotic_core": TissueClass.NECROTIC_CORE,
}

Json = dict[str, Any]


def plan_as_json(
    case: Case,
    views: Iterable[tuple[int, Proposal]] = (),
    scores: Sequence[Sequence[Json]] = (),
) -> Json:
    """Return a case as what JSON can hold.

    Parameters
    ----------
    case : Case
    views : iterable of (number of the lesion, Proposal)
    scores : sequence of sequences of dict
        For each lesion its scores, ready for JSON; may be shorter than the lesions.
    """
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "software": {"name": "cto-viewer", "version": __version__},
        "series": _series(case),
        "thresholds": _thresholds(case),
        "vessels": [_vessel(case, vessel) for vessel in case.tree],
        "lesions": [
            _lesion(case, lesion, list(scores[number]) if number < len(scores) else [])
            for number, lesion in enumerate(case.lesions)
        ],
        "views": [_view(number, view) for number, view in views],
    }


def _number(value: float | None, digits: int = 3) -> float | None:
    """Return a number for JSON; ``None`` if it is none."""
    return None if value is None or not np.isfinite(value) else round(float(value), digits)


def _numbers(values: Iterable[float], digits: int = 3) -> list[float | None]:
    return [_number(value, digits) for value in values]


def _series(case: Case) -> Json:
    facts = case.volume.facts
    return {
        "series_uid": facts.series_uid,
        "phase_percent": facts.phase_percent,
        "spacing_mm": _numbers(case.volume.geometry.spacing_mm, 6),
        "kvp": facts.kvp,
        "kernel": facts.kernel,
        "findings": [finding.text for finding in (*case.volume.findings, *case.findings)],
    }


def _thresholds(case: Case) -> Json:
    seen = case.enhancement
    threshold = case.calcium[0].threshold if case.calcium else None
    return {
        "calcium_hu": None if threshold is None else _number(threshold.hu, 1),
        "calcium_open_hu": None if threshold is None else _number(threshold.open_hu, 1),
        "lumen_hu": None if seen is None else _number(seen.lumen_hu, 1),
        "lumen_sd_hu": None if seen is None else _number(seen.lumen_sd_hu, 1),
        "method": None if threshold is None else threshold.kind.value,
    }


def _vessel(case: Case, vessel: Vessel) -> Json:
    line = vessel.centerline
    sections, calcium = case.sections_of(vessel.name), case.calcium_of(vessel.name)
    if sections is not None:
        station, points = sections.frames.station_mm, sections.frames.center_lps_mm
    else:
        station, points = line.station_mm, line.points_lps_mm
    unknown: list[float | None] = [None] * len(station)
    share, arc = unknown, unknown
    if calcium is not None:
        at = calcium.frames.station_mm
        share = _numbers(np.interp(station, at, calcium.csa_percent), 1)
        arc = _numbers(np.interp(station, at, calcium.arc_deg), 1)
    return {
        "name": vessel.name,
        "parent": vessel.parent,
        "segments": [
            {"code": segment.code, "from_mm": _number(segment.from_mm), "to_mm": _number(segment.to_mm)}
            for segment in vessel.segments
        ],
        "points_lps_mm": [_numbers(point) for point in points],
        "station_mm": _numbers(station),
        "inferred": [_numbers(stretch) for stretch in line.inferred],
        "lumen_area_mm2": unknown if sections is None else _numbers(sections.lumen_area_mm2),
        "vessel_area_mm2": unknown if sections is None else _numbers(sections.wall_area_mm2),
        "calcium_csa_percent": share,
        "calcium_arc_deg": arc,
    }


def _lesion(case: Case, lesion: Lesion, scores: list[Json]) -> Json:
    found = measure_lesion(case, lesion)
    zone = found.landing_zone
    return {
        "vessel": lesion.vessel,
        "kind": lesion.kind.value,
        "confidence": _number(lesion.confidence, 2),
        "reasons": list(lesion.reasons),
        "proximal_cap": {
            **_cap(lesion.proximal),
            "ambiguous": lesion.proximal.ambiguous,
            "reasons": list(lesion.proximal.reasons),
            "calcium_csa_percent": _number(lesion.proximal.calcium_csa_percent, 1),
            "ostium_mm": _number(found.ostium_mm),
        },
        "distal_cap": _cap(lesion.distal),
        "length_mm": _number(found.length_mm),
        "length_range_mm": _numbers(found.length_range_mm),
        "near_thresholds_mm": list(found.near_thresholds_mm),
        "chord_mm": _number(found.chord_mm),
        "max_bend_deg": None if found.max_bend is None else _number(found.max_bend.angle_deg, 1),
        "bends_over_45": len(found.bends_over_45),
        "proximal_tortuosity": _number(found.proximal_tortuosity, 3),
        "proximal_bends_deg": [_number(bend.angle_deg, 1) for bend in found.proximal_bends],
        "multiple": found.multiple,
        "area_stenosis_percent": _number(found.area_stenosis_percent, 1),
        "calcium": _calcium(found),
        "composition": _composition(found.composition),
        "landing_zone": None
        if zone is None
        else {
            "mean_diameter_mm": _number(zone.mean_diameter_mm, 2),
            "calcium_free_mm": _number(zone.calcium_free_mm, 1),
            "branch_mm": _number(zone.branch_mm, 1),
            "length_mm": _number(zone.length_mm, 1),
        },
        "preparation": _preparation(found),
        "decided_by": {
            name: {"author": cap.author.value, "computer": None if cap.proposed is None else _cap(cap.proposed)}
            for name, cap in (("proximal_cap", lesion.proximal), ("distal_cap", lesion.distal))
        },
        "retrograde": [way.words for way in case.facts.of(lesion.vessel).ways],
        "distal_gradient_hu_per_cm": _number(found.distal_gradient_hu_per_cm, 1),
        "scores": scores,
        "unknown": _why_unknown(case, lesion, found),
    }


def _preparation(found: LesionMeasures) -> Json:
    """Return the numbers by which ablation, burr and stent are chosen."""
    return {
        "proximal_reference": _reference(found.proximal_reference),
        "distal_reference": _reference(found.distal_reference),
        "burrs": [{"burr_mm": b.burr_mm, "ratio": _number(b.ratio), "verdict": b.verdict} for b in found.burrs],
        "oct_score": None if found.oct_score is None else list(found.oct_score),
        "stent_area_mm2": None if found.stent_area_mm2 is None else _numbers(found.stent_area_mm2, 2),
    }


def _reference(section: ReferenceSection | None) -> Json | None:
    if section is None:
        return None
    return {
        "station_mm": _number(section.station_mm),
        "lumen_diameter_mm": _number(section.lumen_diameter_mm, 2),
        "vessel_diameter_mm": _number(section.vessel_diameter_mm, 2),
    }


def _why_unknown(case: Case, lesion: Lesion, found: LesionMeasures) -> dict[str, str]:
    """Return for each part of a lesion that is null why it is."""
    bare = "the vessel has no cross-sections"
    stenosis = lesion.kind is not LesionKind.OCCLUSION
    why = {
        "proximal_cap.shape": "a stenosis has no caps" if stenosis else "nobody has said how the lumen ends",
        "proximal_cap.ambiguous": "a stenosis has no caps" if stenosis else "nobody has judged it",
        "proximal_cap.calcium_csa_percent": "the calcium at its place was not measured",
        "proximal_cap.side_branch_mm": "no branch leaves within 3 mm",
        "distal_cap.shape": "a stenosis has no caps" if stenosis else "nobody has said how the lumen begins again",
        "distal_cap.side_branch_mm": "no branch leaves within 3 mm",
        "max_bend_deg": "the vessel is too short for the arms of a bend",
        "proximal_tortuosity": "the way to the cap is too short to tell",
        "calcium": "the calcium of this vessel was not measured",
        "composition": "beside an open lumen contrast would count as plaque" if stenosis else bare,
        "landing_zone": "nothing of the vessel is left beyond",
        "distal_gradient_hu_per_cm": "too little of the vessel beyond is free of calcium",
        "area_stenosis_percent": bare,
    }
    caps = {"proximal_cap": lesion.proximal, "distal_cap": lesion.distal}

    def missing(name: str) -> bool:
        part, _, field = name.partition(".")
        if field:
            return getattr(caps[part], field) is None
        return getattr(found, {"max_bend_deg": "max_bend"}.get(part, part)) is None

    return {name: reason for name, reason in why.items() if missing(name)}


def _cap(cap: Cap) -> Json:
    return {
        "lps_mm": _numbers(cap.lps_mm),
        "station_mm": _number(cap.station_mm),
        "range_mm": _numbers(cap.range_mm),
        "shape": None if cap.shape is None else cap.shape.value,
        "side_branch_mm": _number(cap.side_branch_mm),
    }


def _calcium(found: LesionMeasures) -> Json | None:
    calcium = found.calcium
    if calcium is None:
        return None
    regions = found.calcium_regions_mm3
    return {
        "volume_mm3": _number(calcium.volume_mm3, 2),
        "mean_hu": _number(calcium.mean_hu, 1),
        "max_csa_percent": _number(calcium.max_csa_percent, 1),
        "max_arc_deg": _number(calcium.max_arc_deg, 1),
        "over_50_mm": _number(calcium.over_50_mm),
        "over_50": [_numbers(stretch) for stretch in found.over_half_mm],
        "full_moon_mm": _number(calcium.full_moon_mm),
        "full_moon": [_numbers(stretch) for stretch in found.full_moon_mm],
        "length_share_percent": _number(calcium.length_share_percent, 1),
        "regions_mm3": None
        if regions is None
        else dict(zip(("proximal_cap", "body", "distal_cap"), _numbers(regions, 2), strict=True)),
    }


def _composition(composition: Composition | None) -> Json | None:
    if composition is None:
        return None
    return {
        name: {
            "volume_mm3": _number(float(composition.volume_mm3[tissue]), 2),
            "percent": _number(composition.share_percent(tissue), 1),
        }
        for name, tissue in TISSUES.items()
    }


def _view(number: int, view: Proposal) -> Json:
    return {
        "lesion": number,
        "purpose": view.purpose.value,
        "primary_deg": float(view.primary_deg),
        "secondary_deg": float(view.secondary_deg),
        "label": view.label,
        "foreshortening_percent": _number(view.occlusion_foreshortening_percent, 2),
        "overlap_percent": _number(view.overlap_percent, 2),
        "reachable": view.reachable,
        "why": view.why,
    }
