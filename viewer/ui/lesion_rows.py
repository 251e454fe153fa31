"""A lesion in words: the rows of the right column, as (name, value with unit); what is unknown is a dash."""

from __future__ import annotations

from collections.abc import Iterable

from viewer.model.calcium import CalciumPattern, CalciumSummary, Certainty
from viewer.model.facts import ClinicalFacts
from viewer.model.lesion import Cap, Lesion
from viewer.model.lesion_measures import ARC_DEG, LesionMeasures, ReferenceSection
from viewer.model.measurement import Measurement
from viewer.model.vessel import Author

UNKNOWN = "–"
PREPARATION_REMARK = (
    "Blooming makes calcium look thicker and its arc wider than it is. Burr to artery 0.4 to 0.6, never 0.7 or more; "
    "small burrs only where the way turns extraplaque, none beyond."
)

Rows = list[tuple[str, str]]


def cap_words(cap: Cap) -> str:
    """Return shape and verdict of a cap: ``blunt · ambiguous``."""
    parts = [cap.shape.value if cap.shape is not None else UNKNOWN]
    if cap.ambiguous:
        parts.append("ambiguous")
    return " · ".join(parts)


def decided_words(lesion: Lesion) -> str:
    """Return who decided on the caps."""
    caps = (("P", lesion.proximal), ("D", lesion.distal))
    hers = [letter for letter, cap in caps if cap.author is Author.OPERATOR]
    if len(hers) == len(caps):
        return "P and D are yours."
    return f"{hers[0]} is yours, the rest the computer's guess." if hers else "The computer's guess, until you decide."


def rows_of(lesion: Lesion, measures: LesionMeasures) -> Rows:
    """Return the numbers of the occlusion itself."""
    low, high = measures.length_range_mm
    near = [("Close to", f"the {limit:.0f} mm limit") for limit in measures.near_thresholds_mm]
    branch = lesion.proximal.side_branch_mm
    rows = [
        ("Length", f"{measures.length_mm:.1f} mm"),
        ("May be", f"{low:.1f} – {high:.1f} mm"),
        *near,
        ("Straight", f"{measures.chord_mm:.1f} mm"),
        ("Proximal cap", cap_words(lesion.proximal)),
        (
            "Side branch",
            f"{lesion.proximal.side_branch or 'branch'}, {branch:.1f} mm" if branch is not None else "none near",
        ),
        ("Distal cap", cap_words(lesion.distal)),
        ("From the ostium", f"{measures.ostium_mm:.0f} mm"),
    ]
    if measures.max_bend is not None:
        more = f", {len(measures.bends_over_45)} over 45°" if measures.bends_over_45 else ""
        rows.append(
            ("Largest bend", f"{measures.max_bend.angle_deg:.0f}° at {measures.max_bend.station_mm:.0f} mm{more}")
        )
    calcium = measures.calcium
    if calcium is not None:
        rows += [
            ("Full moon", _length_words(calcium, CalciumPattern.FULL_MOON)),
            ("> 50 % calcium", _length_words(calcium, CalciumPattern.OVER_HALF)),
            ("Most calcium", f"{calcium.max_csa_percent:.0f} % · {calcium.max_arc_deg:.0f}°"),
            ("Calcium volume", f"{calcium.volume_mm3:.0f} mm³"),
        ]
    return rows


def _length_words(calcium: CalciumSummary, pattern: CalciumPattern) -> str:
    """Return the length of a pattern; what is not there at all three thresholds is possible only."""
    possible = " · possible" if calcium.certainties[pattern] is Certainty.POSSIBLE else ""
    return f"{calcium.lengths_mm[pattern]:.1f} mm{possible}"


def approach_rows(lesion: Lesion, measures: LesionMeasures) -> Rows:
    """Return what a wire meets before the occlusion and beyond it."""
    winding = measures.proximal_tortuosity
    bends = len(measures.proximal_bends)
    many = f"{bends or 'no'} bend{'' if bends == 1 else 's'} > 70°"
    rows = [
        ("Way to P", UNKNOWN if winding is None else f"{winding:.2f} times the chord, {many}"),
        ("Other occlusions", "another on this vessel" if measures.multiple else "none on this vessel"),
        ("At D", _distal_words(lesion.distal)),
    ]
    zone = measures.landing_zone
    if zone is None:
        rows.append(("Landing zone", "nothing of the vessel is left beyond D"))
    else:
        diameter = f"{zone.mean_diameter_mm:.1f} mm wide" if zone.mean_diameter_mm is not None else UNKNOWN
        branch = f"{zone.branch or 'branch'}, {zone.branch_mm:.0f} mm beyond D" if zone.branch_mm is not None else None
        window = f"{zone.calcium_free_mm:.0f} mm free of calcium" if zone.calcium_free_mm > 0 else "calcium from D on"
        rows += [
            ("Landing zone", f"{diameter} over {zone.length_mm:.0f} mm"),
            ("Re-entry", window),
            ("First branch", branch or f"none within {zone.length_mm:.0f} mm"),
        ]
    if measures.distal_gradient_hu_per_cm is not None:
        rows.append(("Contrast beyond", f"{measures.distal_gradient_hu_per_cm:+.1f} HU per cm"))
    return rows


def _distal_words(cap: Cap) -> str:
    parts = []
    if cap.side_branch_mm is not None:
        parts.append(f"{cap.side_branch or 'branch'} {cap.side_branch_mm:.1f} mm off")
    if cap.calcium_csa_percent is not None and cap.calcium_csa_percent >= 1:
        parts.append(f"{cap.calcium_csa_percent:.0f} % calcium")
    return ", ".join(parts) or "no branch, no calcium"


def preparation_rows(measures: LesionMeasures) -> Rows:
    """Return the numbers by which ablation, burr and stent are chosen."""
    rows = [
        ("Before P", _reference(measures.proximal_reference)),
        ("After D", _reference(measures.distal_reference)),
    ]
    calcium = measures.calcium
    if calcium is not None:
        over = f" · over {ARC_DEG:.0f}°" if calcium.max_arc_deg > ARC_DEG else ""
        rows += [
            ("Largest arc", f"{calcium.max_arc_deg:.0f}°{over}"),
            ("Calcium along", f"{calcium.lengths_mm[CalciumPattern.ANY]:.1f} mm"),
            ("Thickness", "not reliable on CT" if calcium.volume_mm3 > 0 else "no calcium"),
        ]
    if measures.oct_score is not None:
        least, most = measures.oct_score
        rows.append(("OCT score", f"{least} – {most} of 4" if least < most else f"{least} of 4"))
    words = [f"{burr.burr_mm:g} mm: {burr.ratio:.2f} {burr.verdict}" for burr in measures.burrs]
    rows.append(("Burrs", "\n".join(words) if words else UNKNOWN))
    if measures.stent_area_mm2 is not None:
        low, high = measures.stent_area_mm2
        rows.append(("Stent area", f"{low:.1f} – {high:.1f} mm²"))
    return rows


def _reference(section: ReferenceSection | None) -> str:
    if section is None:
        return UNKNOWN
    return f"lumen {section.lumen_diameter_mm:.1f}, vessel {section.vessel_diameter_mm:.1f} mm"


def measurement_rows(measurements: Iterable[Measurement]) -> Rows:
    """Return what plugins measured, with why there is no value where there is none."""
    return [
        (one.name, one.note or UNKNOWN if one.value is None else f"{one.value:.4g} {one.unit}".strip())
        for one in measurements
    ]


def way_rows(facts: ClinicalFacts, vessel: str) -> Rows:
    """Return the ways from behind and the grafts that were typed; no rows if there are none."""
    ways = [("Way" if number == 0 else "", way.words) for number, way in enumerate(facts.of(vessel).ways)]
    grafts = [("Graft" if number == 0 else "", graft.words) for number, graft in enumerate(facts.grafts)]
    return ways + grafts
