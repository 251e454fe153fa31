"""From a case and one of its lesions to what scores and hints ask: measured, suggested or typed."""

from __future__ import annotations

from viewer.model.calcium import CalciumPattern
from viewer.model.case import Case
from viewer.model.lesion import Cap, Lesion, LesionKind
from viewer.model.score import Input, ScoreInputs
from viewer.model.vessel import MAIN_VESSELS, Author, VesselTree

#: So far from the proximal cap calcium counts as calcium at the cap.
CAP_CALCIUM_MM = 5.0
#: Contrast at least this long between two occlusions parts them.
PARTED_MM = 5.0


def inputs_from(case: Case, lesion: Lesion) -> ScoreInputs:
    """Return all that is known about a lesion; what was typed replaces what was found.

    Parameters
    ----------
    case : Case
    lesion : Lesion
        One of the case.
    """
    found = {**_of_caps(case, lesion), **_of_course(case, lesion), **_of_calcium(case, lesion)}
    typed = _typed(case, lesion)
    return ScoreInputs(
        **{
            name: found.get(name, Input()).unless(typed.get(name, Input()))
            for name in (*found, *(name for name in typed if name not in found))
        }
    )


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


def _of_caps(case: Case, lesion: Lesion) -> dict[str, Input]:
    proximal, distal = lesion.proximal, lesion.distal
    branch = None
    if proximal.ambiguous is not None or proximal.side_branch_mm is not None:
        branch = proximal.side_branch_mm is not None
    ambiguous, why = proximal.ambiguous, "; ".join(proximal.reasons)
    if ambiguous and case.facts.of(lesion.vessel).ambiguity_resolved:
        ambiguous, why = False, f"ambiguous ({why}), and settled by CT" if why else "settled by CT"
    ostium = case.tree.ostium_offset_mm(lesion.vessel) + proximal.station_mm
    return {
        "stump": _judged(proximal.shape.value if proximal.shape else None, proximal),
        "side_branch": _judged(branch, proximal, proximal.side_branch or ""),
        "cap_ambiguous": _judged(ambiguous, proximal, why),
        "ostium_mm": Input.measured(ostium, proximal.station_mm),
        "distal_branch": _judged(True if distal.side_branch_mm is not None else None, distal, distal.side_branch or ""),
    }


def _of_course(case: Case, lesion: Lesion) -> dict[str, Input]:
    others = [
        other
        for other in case.lesions
        if other is not lesion and other.vessel == lesion.vessel and other.kind is LesionKind.OCCLUSION
    ]
    apart = [
        max(other.proximal.station_mm - lesion.distal.station_mm, lesion.proximal.station_mm - other.distal.station_mm)
        for other in others
    ]
    made = Input.typed if lesion.proximal.author is lesion.distal.author is Author.OPERATOR else Input.measured
    return {
        "length_mm": made(lesion.length_mm, lesion.proximal.station_mm),
        "multiple": Input.suggested(any(gap >= PARTED_MM for gap in apart)),
        "vessel": Input.suggested(main_vessel(case.tree, lesion.vessel)),
        "course_uncertain": Input.suggested(bool(case.tree[lesion.vessel].alternatives)),
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
    note = f"{low:.0f} to {high:.0f} % as the threshold is raised or lowered by 100 HU"
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
        "prior_cabg": facts.prior_cabg,
        "prior_mi": facts.prior_mi,
        "atrial_fibrillation": facts.atrial_fibrillation,
        "previous_attempt": target.previous_attempt,
        "duration_months": target.duration_months,
        "graft_on_target": target.graft_on_target,
        "collaterals": target.collaterals,
        "tortuosity": target.tortuosity.value if target.tortuosity else None,
        "landing_diseased": target.landing_diseased,
        "multiple": target.multiple,
        "severe_calcium": target.severe_calcium,
        "moderate_severe_calcium": target.moderate_severe_calcium,
        "strategy": target.strategy.value if target.strategy else None,
    }
    return {name: Input.typed(value) for name, value in told.items()}
