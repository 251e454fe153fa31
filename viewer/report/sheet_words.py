"""From a case and one of its lesions to the words of the planning sheet; unknown is a dash."""

from __future__ import annotations

from datetime import date

from viewer import __version__
from viewer.casefile.pseudonyms import patient_code
from viewer.desk.sight import along
from viewer.model.calcium import BAND_HU, CalciumPattern, CalciumProfile, CalciumSummary, Certainty
from viewer.model.case import Case
from viewer.model.composition import CONTEXT, PLAQUE, Composition
from viewer.model.lesion import Cap, Lesion, LesionKind
from viewer.model.lesion_measures import LesionMeasures, ReferenceSection
from viewer.model.vessel import Author
from viewer.report.calcium_marks import CLASSES, levels_of
from viewer.report.sheet_page import (
    UNKNOWN,
    KeyFact,
    SectionWords,
    TissueWords,
)

#: Names of the stretches of a vessel by the first letter of their SCCT code, and the numbers of the codes.
STRETCHES = {"p": "proximal", "m": "mid", "d": "distal"}
SCCT_NUMBERS = {
    "pRCA": 1, "mRCA": 2, "dRCA": 3, "R-PDA": 4, "LM": 5, "pLAD": 6, "mLAD": 7, "dLAD": 8, "D1": 9, "D2": 10,
    "pLCX": 11, "OM1": 12, "mLCX": 13, "dLCX": 13, "OM2": 14, "L-PDA": 15, "R-PLB": 16, "RI": 17, "L-PLB": 18,
}  # fmt: skip


def place_of(case: Case, vessel: str, station_mm: float) -> tuple[str, str]:
    """Return vessel and stretch in words, ``RCA, mid``, and the number of its SCCT segment, both as far as known."""
    for segment in case.tree[vessel].segments:
        if segment.from_mm <= station_mm <= segment.to_mm:
            word = STRETCHES.get(segment.code[:1]) if segment.code[1:] == vessel else None
            number = SCCT_NUMBERS.get(segment.code)
            scct = f"segment {segment.code}" + (f" (SCCT {number})" if number is not None else "")
            return (f"{vessel}, {word}" if word else vessel), scct
    return vessel, ""


def identity_line(case: Case, identity: str | None) -> str:
    """Return who this is: what the caller says, else a code."""
    return identity.strip() if identity and identity.strip() else f"Case {patient_code(case.volume)} (name withheld)"


def ct_date(case: Case) -> date | None:
    """Return the day of the scan, if its header tells it."""
    told = case.volume.facts.study_date
    try:
        return date(int(told[:4]), int(told[4:6]), int(told[6:8])) if told and len(told) == 8 else None
    except ValueError:
        return None


def dates_line(case: Case, made_on: date) -> str:
    """Return when the scan and the plan were made."""
    scanned, phase = ct_date(case), case.volume.facts.phase_percent
    when = scanned.isoformat() if scanned is not None else UNKNOWN
    beat = f", {phase:g} % phase" if phase is not None else ", phase unknown"
    return f"CT {when}{beat} · plan made {made_on.isoformat()}"


# -- the four facts ----------------------------------------------------------------------------------------------------


def key_facts(case: Case, lesion: Lesion, measures: LesionMeasures) -> tuple[KeyFact, ...]:
    """Return length, proximal cap, calcium and landing zone."""
    low, high = measures.length_range_mm
    near = "".join(f"; at the {limit:.0f} mm limit" for limit in measures.near_thresholds_mm)
    return (
        KeyFact(f"{measures.length_mm:.1f} mm", f"length ({low:.1f} – {high:.1f}){near}"),
        _cap_fact(case, lesion),
        calcium_fact(measures.calcium, lesion.proximal.calcium_csa_percent),
        _landing_fact(measures),
    )


def cap_words(cap: Cap) -> str:
    """Return shape and verdict of a cap: ``blunt, ambiguous``."""
    verdict = {True: "ambiguous", False: "clear", None: ""}[cap.ambiguous]
    return ", ".join(word for word in (cap.shape.value if cap.shape else "", verdict) if word) or UNKNOWN


def _cap_fact(case: Case, lesion: Lesion) -> KeyFact:
    cap, value = lesion.proximal, cap_words(lesion.proximal)
    if cap.ambiguous and case.facts.of(lesion.vessel).ambiguity_resolved:
        value = value.replace("ambiguous", "resolved by CT")
    why = "; ".join(cap.reasons)
    return KeyFact(value, f"proximal cap: {why}" if why else "proximal cap", "proximal_cap")


def calcium_fact(calcium: CalciumSummary | None, at_cap_percent: float | None = None) -> KeyFact:
    """Return the heaviest calcium of a stretch."""
    if calcium is None:
        return KeyFact(UNKNOWN, "calcium not measured")
    for pattern, word, meaning in (
        (CalciumPattern.FULL_MOON, "full moon", "full_moon"),
        (CalciumPattern.OVER_HALF, "> 50 %", "over_half"),
        (CalciumPattern.ANY, "calcium", "calcium"),
    ):
        length = calcium.lengths_mm[pattern]
        if length <= 0:
            continue
        firm = "firm" if calcium.certainties[pattern] is Certainty.FIRM else "possible"
        parts = [firm, f"over 50 % for {calcium.over_50_mm:.1f} mm" if meaning == "full_moon" else ""]
        if at_cap_percent is not None and at_cap_percent >= 1:
            parts.append(f"{at_cap_percent:.0f} % of the section at the cap")
        if meaning != "full_moon":
            parts.append(f"at most {calcium.max_csa_percent:.0f} %, {calcium.max_arc_deg:.0f}°")
        return KeyFact(f"{word} {length:.1f} mm", "; ".join(part for part in parts if part), meaning)
    return KeyFact("no calcium", f"from {calcium.threshold.hu:.0f} HU on")


def _landing_fact(measures: LesionMeasures) -> KeyFact:
    zone = measures.landing_zone
    if zone is None:
        return KeyFact(UNKNOWN, "landing zone not measured", "distal_cap")
    value = f"{zone.mean_diameter_mm:.1f} mm" if zone.mean_diameter_mm is not None else UNKNOWN
    branch = f"; {zone.branch or 'branch'} after {zone.branch_mm:.0f} mm" if zone.branch_mm is not None else ""
    free = f"calcium-free for {zone.calcium_free_mm:.0f} mm" if zone.calcium_free_mm > 0 else "calcium from its start"
    return KeyFact(value, f"landing zone, {free}{branch}", "distal_cap")


# -- numbers -----------------------------------------------------------------------------------------------------------


def number_rows(lesion: Lesion, measures: LesionMeasures) -> tuple[tuple[str, str], ...]:
    """Return what else is measured of an occlusion, as (name, value)."""
    branch, bend = lesion.proximal.side_branch_mm, measures.max_bend
    near = f"{lesion.proximal.side_branch or 'branch'}, {branch:.1f} mm from P" if branch is not None else "none near P"
    over = f", {len(measures.bends_over_45)} over 45°" if measures.bends_over_45 else ", none over 45°"
    calcium = measures.calcium
    parts = measures.calcium_regions_mm3
    fitting = [f"{burr.burr_mm:g}" for burr in measures.burrs if burr.verdict == "fits"]
    gradient = measures.distal_gradient_hu_per_cm
    return (
        ("From the ostium", f"{measures.ostium_mm:.0f} mm to P, {measures.ostium_mm + measures.length_mm:.0f} mm to D"),
        ("Straight from P to D", f"{measures.chord_mm:.1f} mm"),
        ("Side branch", near if lesion.proximal.ambiguous is not None or branch is not None else UNKNOWN),
        ("Distal cap", cap_words(lesion.distal)),
        ("Largest bend", f"{bend.angle_deg:.0f}° at {bend.station_mm:.0f} mm{over}" if bend is not None else UNKNOWN),
        ("Other occlusion here", "yes" if measures.multiple else "none found"),
        (
            "Calcium",
            UNKNOWN
            if calcium is None
            else f"{calcium.volume_mm3:.0f} mm³, {calcium.max_csa_percent:.0f} %, {calcium.max_arc_deg:.0f}°",
        ),
        ("… P, body, D", UNKNOWN if parts is None else " · ".join(f"{part:.0f}" for part in parts) + " mm³"),
        ("Reference before P", _reference(measures.proximal_reference)),
        ("Reference after D", _reference(measures.distal_reference)),
        ("Contrast beyond D", f"{gradient:+.1f} HU per cm" if gradient is not None else UNKNOWN),
        ("Burrs, ratio 0.4 – 0.6", (", ".join(fitting) + " mm" if fitting else "none") if measures.burrs else UNKNOWN),
    )


def _reference(section: ReferenceSection | None) -> str:
    if section is None:
        return UNKNOWN
    return f"lumen {section.lumen_diameter_mm:.1f}, vessel {section.vessel_diameter_mm:.1f} mm"


def tissue_rows(composition: Composition | None) -> tuple[TissueWords, ...]:
    """Return the classes of plaque with what was published of others; none if they were not measured."""
    if composition is None:
        return ()
    rows = []
    for tissue in PLAQUE:
        name = tissue.name.lower()
        context = CONTEXT[f"{name}_percent"]
        rows.append(
            TissueWords(
                name.replace("_", " "),
                name,
                composition.share_percent(tissue),
                float(composition.volume_mm3[tissue]),
                (context.low, context.median, context.high),
            )
        )
    return tuple(rows)


def composition_note(composition: Composition | None) -> str:
    """Return what is to be known about the classes."""
    if composition is None:
        return "The composition was not measured."
    context = CONTEXT["plaque_mm3"]
    return (
        f"Plaque {composition.plaque_mm3:.0f} mm³ (others {context.low:.0f} – {context.high:.0f}). Band and line: "
        "middle half and median of 207 occlusions (Xing 2022). Classes of density, not histology."
    )


# -- cross-sections ----------------------------------------------------------------------------------------------------


def section_rows(case: Case, lesion: Lesion) -> tuple[SectionWords, ...]:
    """Return the cross-sections at P, at the most calcium of the occlusion, and at D."""
    low, high = lesion.proximal.station_mm, lesion.distal.station_mm
    rows = [
        section_at(case, lesion.vessel, "P", low, "proximal_cap"),
        section_at(case, lesion.vessel, "D", high, "distal_cap"),
    ]
    profile = case.calcium_of(lesion.vessel)
    worst = None if profile is None else worst_station(profile, low, high)
    if worst is not None:
        rows.insert(1, worst_section(case, lesion.vessel, worst))
    return tuple(row for row in rows if row is not None)


def worst_station(profile: CalciumProfile, low_mm: float, high_mm: float) -> float | None:
    """Return the station of a stretch with the largest share of calcium, then of arc; ``None`` if there is no calcium.

    Of several alike, the one in the middle of the longest run: there the picture shows it best.
    """
    here = (profile.frames.station_mm >= low_mm) & (profile.frames.station_mm <= high_mm)
    if not here.any() or profile.csa_percent[here].max() < 1:
        return None
    rank = profile.csa_percent + profile.longest_arc_deg / 1000
    best = [int(n) for n in here.nonzero()[0] if rank[n] >= rank[here].max() - 0.5]
    runs: list[list[int]] = [[]]
    for n in best:
        if runs[-1] and n != runs[-1][-1] + 1:
            runs.append([])
        runs[-1].append(n)
    longest = max(runs, key=len)
    return float(profile.frames.station_mm[longest[len(longest) // 2]])


def worst_section(case: Case, vessel: str, station_mm: float) -> SectionWords | None:
    """Return the words of the section with the most calcium, in the colour of its class."""
    profile = case.calcium_of(vessel)
    if profile is None:
        return None
    level = int(levels_of(profile)[abs(profile.frames.station_mm - station_mm).argmin()])
    return section_at(case, vessel, "Most calcium", station_mm, CLASSES[level][1] if level >= 0 else "")


def section_at(case: Case, vessel: str, name: str, station_mm: float, meaning: str = "") -> SectionWords | None:
    """Return the words of a section at a station of a vessel; ``None`` where the course does not go."""
    sight = along(case.tree, vessel)
    where = sight.course.on_course(vessel, station_mm)
    if where is None:
        return None
    parts = []
    sections, profile = case.sections_of(vessel), case.calcium_of(vessel)
    if profile is not None:
        at = abs(profile.frames.station_mm - station_mm).argmin()
        share = profile.csa_percent[at]
        parts.append(f"calcium {share:.0f} %, {profile.arc_deg[at]:.0f}°" if share >= 1 else "no calcium")
    if sections is not None:
        area = sections.lumen_area_mm2[abs(sections.frames.station_mm - station_mm).argmin()]
        parts.append(f"lumen {2 * (area / 3.14159265) ** 0.5:.1f} mm" if area > 0 else "no lumen")
    return SectionWords(name, where, " · ".join(parts) or UNKNOWN, meaning)


def vessel_sections(case: Case, vessel: str) -> tuple[SectionWords, ...]:
    """Return cross-sections of a vessel without an occlusion: near its start, at the most calcium, in its middle."""
    length, profile = case.tree[vessel].centerline.length_mm, case.calcium_of(vessel)
    worst = None if profile is None else worst_station(profile, 0.0, length)
    rows = [
        section_at(case, vessel, "Proximal", min(5.0, 0.2 * length)),
        None if worst is None else worst_section(case, vessel, worst),
        section_at(case, vessel, "Middle", 0.5 * length),
    ]
    return tuple(row for row in rows if row is not None)


def vessel_rows(case: Case) -> tuple[tuple[str, str], ...]:
    """Return every vessel with its length and its calcium, as (name, value)."""
    rows = []
    for vessel in case.tree:
        length, profile = vessel.centerline.length_mm, case.calcium_of(vessel.name)
        calcium = UNKNOWN
        if profile is not None:
            found = profile.within(0.0, length)
            calcium = (
                f"{found.volume_mm3:.0f} mm³, {found.max_csa_percent:.0f} %" if found.max_csa_percent >= 1 else "none"
            )
        rows.append((vessel.name, f"{length:.0f} mm · calcium {calcium}"))
    return tuple(rows)


# -- the small print --------------------------------------------------------------------------------------------------


def provenance(case: Case, lesion: Lesion | None) -> str:
    """Return what all this rests on, and what it is not."""
    facts, vessel = case.volume.facts, lesion.vessel if lesion is not None else None
    profile = case.calcium_of(vessel) if vessel is not None else next(iter(case.calcium), None)
    slices = facts.slice_thickness_mm or float(case.volume.geometry.spacing_mm[0])
    told = []
    if profile is not None:
        limit = profile.threshold
        inside = f", {limit.open_hu:.0f} HU in the open lumen" if limit.open_hu > limit.hu else ""
        told.append(
            f"Calcium from {limit.hu:.0f} HU ({limit.kind.value}{inside}); a class is firm if it holds at "
            f"{BAND_HU:.0f} HU less and more, else possible."
        )
    kv = f"{facts.kvp:g} kV" if facts.kvp is not None else "kV unknown"
    kernel = f"kernel {facts.kernel}" if facts.kernel else "kernel unknown"
    told.append(f"Slices {slices:g} mm, {kernel}, {kv}.")
    if lesion is not None and lesion.kind is LesionKind.OCCLUSION:
        told.append(f"{_set_by('P', lesion.proximal)}; {_set_by('D', lesion.distal)}.")
        told.append("Scores were derived in other cohorts.")
    told.append("X-ray pictures are computed from the CT. “Board” names the capture of this plan that shows the same.")
    told.append(f"CTO Viewer {__version__}. Planning aid for research and education, not a medical device.")
    return " ".join(told)


def _set_by(name: str, cap: Cap) -> str:
    if cap.author is Author.COMPUTER:
        return f"{name} set by the computer, not yet accepted"
    if cap.proposed_mm is not None and abs(cap.proposed_mm - cap.station_mm) > 0.05:
        return f"{name} moved by the operator by {abs(cap.proposed_mm - cap.station_mm):.1f} mm"
    return f"{name} set or accepted by the operator"
