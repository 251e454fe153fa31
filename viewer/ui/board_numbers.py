"""The key numbers of a capture: of the lesion that it was taken of, as the plan has it now."""

from __future__ import annotations

from dataclasses import dataclass

from viewer.analysis.fluoro.foreshortening import foreshortening_percent, stretch_points
from viewer.analysis.occlusion.bends import bends
from viewer.desk.target import active_lesion
from viewer.model.board import BoardItem
from viewer.model.calcium import CalciumSummary
from viewer.model.case import Case
from viewer.model.lesion import Cap, Lesion, LesionKind

#: Caps that moved by less than this since a capture are where they were.
SAME_MM = 0.05
#: Bends below this change nothing.
BEND_DEG = 20.0


@dataclass(frozen=True, slots=True)
class KeyNumber:
    """One number in the room.

    Attributes
    ----------
    value : str
        With its unit.
    label : str
    more : str
        Its range, or what goes with it.
    tone : str
        Name of its colour in group ``meaning``; empty: none.
    """

    value: str
    label: str
    more: str = ""
    tone: str = ""


def lesion_of(case: Case, item: BoardItem) -> Lesion | None:
    """Return the lesion that a capture was taken of, if the plan still has it."""
    return active_lesion(case, item.view)


def caps_moved(case: Case, item: BoardItem) -> bool:
    """Tell whether the caps are no longer where they were in the picture, or the lesion is gone."""
    if item.caps_mm is None:
        return False
    lesion = lesion_of(case, item)
    if lesion is None:
        return True
    now = (lesion.proximal.station_mm, lesion.distal.station_mm)
    return any(abs(a - b) > SAME_MM for a, b in zip(now, item.caps_mm, strict=True))


def key_numbers(case: Case, item: BoardItem) -> tuple[KeyNumber, ...]:
    """Return the numbers that belong beside a capture, the most important first; none without a lesion."""
    lesion = lesion_of(case, item)
    if lesion is None:
        return ()
    low, high = lesion.proximal.range_mm, lesion.distal.range_mm
    spread = f"{max(high[0] - low[1], 0.0):.1f} – {high[1] - low[0]:.1f}"
    name = "occlusion" if lesion.kind is LesionKind.OCCLUSION else "stenosis"
    found = [KeyNumber(f"{lesion.length_mm:.1f} mm", f"length of the {name}", spread)]
    if lesion.kind is LesionKind.OCCLUSION:
        found += [
            _cap(lesion.proximal, "proximal cap", "proximal_cap"),
            _cap(lesion.distal, "distal cap", "distal_cap"),
        ]
    profile = case.calcium_of(lesion.vessel)
    if profile is not None:
        found.append(_calcium(profile.within(lesion.proximal.station_mm, lesion.distal.station_mm)))
    line = case.tree[lesion.vessel].centerline
    bent = bends(line, lesion.proximal.station_mm, min(lesion.distal.station_mm, line.length_mm), BEND_DEG)
    if bent:
        found.append(KeyNumber(f"{bent[0].angle_deg:.0f}°", "largest bend", f"at {bent[0].station_mm:.0f} mm"))
    if item.pane == "xray":
        carm = item.view.carm
        points = stretch_points(line, lesion.proximal.station_mm, lesion.distal.station_mm)
        share = float(foreshortening_percent(points, carm.primary_deg, carm.secondary_deg))
        found.insert(0, KeyNumber(carm.label, "C-arm", f"foreshortened by {share:.0f} %"))
    return tuple(found)


def _cap(cap: Cap, label: str, tone: str) -> KeyNumber:
    branch = "" if cap.side_branch_mm is None else f"{cap.side_branch or 'branch'} at {cap.side_branch_mm:.1f} mm"
    more = " · ".join(filter(None, ("ambiguous" if cap.ambiguous else "", branch)))
    return KeyNumber(cap.shape.value if cap.shape is not None else "–", label, more, tone)


def _calcium(calcium: CalciumSummary) -> KeyNumber:
    """Return the heaviest calcium: full moon, else more than half of the section, else its largest share."""
    most = f"up to {calcium.max_csa_percent:.0f} % · {calcium.max_arc_deg:.0f}°"
    if calcium.full_moon_mm > 0:
        return KeyNumber(f"{calcium.full_moon_mm:.1f} mm", "full moon", most, "full_moon")
    if calcium.over_50_mm > 0:
        return KeyNumber(f"{calcium.over_50_mm:.1f} mm", "> 50 % calcium", most, "over_half")
    if calcium.max_csa_percent > 0:
        return KeyNumber(
            f"{calcium.max_csa_percent:.0f} %", "largest calcium", f"{calcium.max_arc_deg:.0f}°", "calcium"
        )
    return KeyNumber("none", "calcium", f"from {calcium.threshold.hu:.0f} HU")
