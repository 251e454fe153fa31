"""From a case and one of its lesions to what scores and hints ask: measured, suggested or typed."""

from __future__ import annotations

from collections.abc import Iterable

from viewer.model.calcium import BAND_HU, CalciumPattern
from viewer.model.case import Case
from viewer.model.facts import Tortuosity
from viewer.model.lesion import Cap, Lesion, LesionKind
from viewer.model.lesion_measures import Bend, LandingZone, LesionMeasures
from viewer.model.score import INPUT_NAMES, Input, ScoreInputs
from viewer.model.vessel import MAIN_VESSELS, Author, VesselTree

#: So far from the proximal cap calcium counts as calcium at the cap.
CAP_CALCIUM_MM = 5.0
#: A landing zone at least so wide, and free of calcium for so long, is not called diseased.
GOOD_DIAMETER_MM, CALCIUM_FREE_MM = 2.0, 10.0
#: Contrast at least this long between two occlusions parts them in a score.
PARTED_MM = 5.0


def inputs_from(case: Case, lesion: Lesion, measures: LesionMeasures | None = None) -> ScoreInputs:
    """Return all that is known about a lesion; what was typed replaces what was found.

    Parameters
    ----------
    case : Case
    lesion : Lesion
        One of the case.
    measures : LesionMeasures, optional
        Of this lesion, where they are at hand; else they are taken now.
    """
    if measures is None:
        # compiled kernels come along with it, which whoever opens the door alone does not wait for
        from viewer.analysis.occlusion.measures import measure_lesion

        measures = measure_lesion(case, lesion)
    found = {
        **_of_caps(case, lesion, measures),
        **_of_course(case, lesion, measures),
        **_of_calcium(case, lesion),
        **_of_landing_zone(lesion, measures.landing_zone),
    }
    typed = _typed(case, lesion)
    nothing = Input()
    return ScoreInputs(**{name: found.get(name, nothing).unless(typed.get(name, nothing)) for name in INPUT_NAMES})


def main_vessel(tree: VesselTree, name: str) -> str | None:
    """Return the main vessel that a vessel is or descends from; ``None`` if none is known by its name."""
    at: str | None = name
    while at is not None and at in tree:
        if at in MAIN_VESSELS:
            return at
        at = tree[at].parent
    return None


def _judged(value: bool | str | None, cap: Cap, note: str = "") -> Input:
    """Return a judgement on a cap: hers if she put it there, else the program's."""
    made = Input.typed if cap.author is Author.OPERATOR else Input.suggested
    return made(value, cap.station_mm, note)


def _of_caps(case: Case, lesion: Lesion, measures: LesionMeasures) -> dict[str, Input]:
    proximal, distal, zone = lesion.proximal, lesion.distal, measures.landing_zone
    branch = None
    looked = proximal.ambiguous is not None or proximal.author is Author.OPERATOR
    if looked or proximal.side_branch_mm is not None:
        branch = proximal.side_branch_mm is not None
    ambiguous, why = proximal.ambiguous, "; ".join(proximal.reasons)
    if ambiguous and case.facts.of(lesion.vessel).ambiguity_resolved:
        ambiguous, why = False, f"settled by CT; was ambiguous: {why}" if why else "settled by CT"
    beyond = True if distal.side_branch_mm is not None else None if zone is None else False
    return {
        "stump": _judged(proximal.shape.value if proximal.shape else None, proximal),
        "side_branch": _judged(branch, proximal, proximal.side_branch or ""),
        "cap_ambiguous": _judged(ambiguous, proximal, why),
        "ostium_mm": Input.measured(measures.ostium_mm, proximal.station_mm),
        "distal_branch": _judged(beyond, distal, distal.side_branch or ""),
    }


def _of_course(case: Case, lesion: Lesion, measures: LesionMeasures) -> dict[str, Input]:
    others = [
        other
        for other in case.lesions
        if other is not lesion and other.vessel == lesion.vessel and other.kind is LesionKind.OCCLUSION
    ]
    apart = [
        max(other.proximal.station_mm - lesion.distal.station_mm, lesion.proximal.station_mm - other.distal.station_mm)
        for other in others
    ]
    least, most = measures.length_range_mm
    bend = measures.max_bend
    return {
        "length_mm": Input.measured(
            measures.length_mm, lesion.proximal.station_mm, f"from {least:.1f} to {most:.1f} mm as the caps leave open"
        ),
        "max_bend_deg": Input() if bend is None else Input.measured(bend.angle_deg, bend.station_mm),
        "multiple": Input.suggested(any(gap >= PARTED_MM for gap in apart)),
        "vessel": Input.suggested(main_vessel(case.tree, lesion.vessel)),
        "course_uncertain": Input.suggested(bool(case.tree[lesion.vessel].alternatives)),
        "tortuosity": Input.suggested(
            tortuosity(measures.proximal_bends).value,
            measures.proximal_bends[0].station_mm if measures.proximal_bends else None,
            "of this vessel alone; judge the way to it as well",
        ),
    }


def tortuosity(bends: Iterable[Bend]) -> Tortuosity:
    """Return how winding bends before an occlusion make the way: general knowledge, not checked against the papers.

    Severe: one above 120° or two above 90°. Moderate: one above 90° or two above 70°.
    """
    angles = sorted((bend.angle_deg for bend in bends), reverse=True)
    first, second = (*angles, 0.0, 0.0)[:2]
    if first > 120 or second > 90:
        return Tortuosity.SEVERE
    return Tortuosity.MODERATE if first > 90 or second > 70 else Tortuosity.NONE


def _of_landing_zone(lesion: Lesion, zone: LandingZone | None) -> dict[str, Input]:
    if zone is None:
        return {}
    at, free = lesion.distal.station_mm, zone.calcium_free_mm
    diseased = None
    if zone.mean_diameter_mm is not None:
        diseased = zone.mean_diameter_mm < GOOD_DIAMETER_MM or free < min(CALCIUM_FREE_MM, zone.length_mm)
    note = f"not diseased: {GOOD_DIAMETER_MM:g} mm wide and free of calcium over {CALCIUM_FREE_MM:g} mm"
    return {
        "landing_calcium_free_mm": Input.measured(free, at),
        "landing_diameter_mm": Input.measured(zone.mean_diameter_mm, at),
        "landing_diseased": Input.suggested(diseased, at, note),
    }


def _of_calcium(case: Case, lesion: Lesion) -> dict[str, Input]:
    profile = case.calcium_of(lesion.vessel)
    if profile is None:
        return {}
    start, end = lesion.proximal.station_mm, lesion.distal.station_mm
    inside = profile.within(start, end)
    stations = profile.frames.station_mm
    here = profile.length_by_station_mm(start, end) > 0
    most = float(stations[here][profile.csa_percent[here].argmax()]) if here.any() else None
    at_cap = profile.within(max(start - CAP_CALCIUM_MM, float(stations[0])), min(start + CAP_CALCIUM_MM, end))
    low, high = inside.max_csa_range_percent
    note = f"{low:.0f} to {high:.0f} % as the threshold is raised or lowered by {BAND_HU:.0f} HU" if high > low else ""
    return {
        "any_calcium": Input.measured(inside.lengths_mm[CalciumPattern.ANY] > 0, most),
        "calcium_csa_percent": Input.measured(inside.max_csa_percent, most, note),
        "calcium_arc_deg": Input.measured(inside.max_arc_deg, most),
        "peripheral_calcium": Input.measured(inside.lengths_mm[CalciumPattern.PERIPHERAL] > 0, most),
        "calcified_length_percent": Input.measured(inside.length_share_percent),
        "cap_calcium_percent": Input.measured(at_cap.max_csa_percent, start),
    }


def _typed(case: Case, lesion: Lesion) -> dict[str, Input]:
    """Return what the operator typed, with the names of the inputs."""
    facts, target = case.facts, case.facts.of(lesion.vessel)
    told = {
        "age_years": facts.age_years,
        "sex": facts.sex.value if facts.sex else None,
        "lvef_percent": facts.lvef_percent,
        "prior_cabg": facts.bypassed,
        "prior_mi": facts.prior_mi,
        "atrial_fibrillation": facts.atrial_fibrillation,
        "previous_attempt": target.previous_attempt,
        "duration_months": target.duration_months,
        "graft_on_target": facts.grafted(lesion.vessel),
        "collaterals": target.passable,
        "tortuosity": target.tortuosity.value if target.tortuosity else None,
        "landing_diseased": target.landing_diseased,
        "side_branch": target.side_branch,
        "multiple": target.multiple,
        "severe_calcium": target.severe_calcium,
        "moderate_severe_calcium": target.moderate_severe_calcium,
        "strategy": target.strategy.value if target.strategy else None,
    }
    return {name: Input.typed(value) for name, value in told.items()}
