"""Edits of occlusions: the doctor's word replaces the program's, whose value stays beside it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from viewer.analysis.occlusion.branches import nearest_branch, side_branches
from viewer.desk.tree_edits import ImpossibleEdit
from viewer.model.case import Case
from viewer.model.lesion import Cap, CapShape, Lesion, LesionKind, Refuted
from viewer.model.vessel import Author

#: An occlusion is at least this long.
LEAST_LENGTH_MM = 0.5
#: A branch within this distance of a cap is told with it; so is the calcium of the sections within the other.
BRANCH_MM, CALCIUM_MM = 3.0, 1.0
#: Her reasons for a verdict.
JUDGED, RESOLVED = "judged by the operator", "resolved by CT"


def with_lesion(case: Case, number: int, lesion: Lesion | None) -> Case:
    """Return the case with another lesion in place of `number`, or without it."""
    lesions = list(case.lesions)
    lesions[number : number + 1] = [] if lesion is None else [lesion]
    return replace(case, lesions=tuple(lesions))


def hers(cap: Cap, **changes: object) -> Cap:
    """Return a cap with the operator's word on it; the computer's stays beside it."""
    proposed = cap if cap.author is Author.COMPUTER else cap.proposed
    return replace(cap, author=Author.OPERATOR, proposed=proposed, **changes)  # type: ignore[arg-type]


def placed(case: Case, vessel: str, station_mm: float, cap: Cap | None = None) -> Cap:
    """Return a cap of the operator's at a station of a vessel, with what lies there.

    Parameters
    ----------
    case : Case
    vessel : str
    station_mm : float
        Taken to the nearer end of the vessel if it lies beyond one.
    cap : Cap, optional
        The cap that is moved there; its shape and the verdict on it stay.
    """
    line, calcium = case.tree[vessel].centerline, case.calcium_of(vessel)
    station = min(max(station_mm, 0.0), line.length_mm)
    branch = nearest_branch(side_branches(case.tree, vessel), station)
    percent = None
    if calcium is not None:
        near = np.abs(calcium.frames.station_mm - station) <= CALCIUM_MM
        percent = float(calcium.csa_percent[near].max()) if near.any() else None
    close = branch is not None and branch[0] <= BRANCH_MM
    new = Cap(
        line.at(station),
        station,
        (station, station),
        side_branch_mm=branch[0] if branch is not None and close else None,
        side_branch=branch[1].name if branch is not None and close else None,
        calcium_csa_percent=percent,
        ostium_mm=case.tree.ostium_offset_mm(vessel) + station,
        author=Author.OPERATOR,
    )
    if cap is None:
        return new
    kept = hers(cap)
    return replace(
        new, shape=kept.shape, ambiguous=kept.ambiguous, reasons=_reasons(kept, station), proposed=kept.proposed
    )


def _reasons(cap: Cap, station_mm: float) -> tuple[str, ...]:
    """Return the reasons of a cap that was moved: hers hold wherever it is, the computer's held where it had put it."""
    if cap.proposed is None or not cap.reasons or cap.reasons[0] in (JUDGED, RESOLVED):
        return cap.reasons
    away = abs(station_mm - cap.proposed.station_mm)
    return (f"as the computer judged it {away:.1f} mm away",) if away >= 0.05 else cap.proposed.reasons


def move_cap(case: Case, number: int, proximal: bool, station_mm: float) -> Case:
    """Return the case with one cap of a lesion at another station; it stops before the other cap."""
    lesion = case.lesions[number]
    if proximal:
        station = min(station_mm, lesion.distal.station_mm - LEAST_LENGTH_MM)
        new = replace(lesion, proximal=placed(case, lesion.vessel, station, lesion.proximal))
    else:
        station = max(station_mm, lesion.proximal.station_mm + LEAST_LENGTH_MM)
        new = replace(lesion, distal=placed(case, lesion.vessel, station, lesion.distal))
    return _dashed(with_lesion(case, number, new), lesion.vessel)


def _dashed(case: Case, vessel: str) -> Case:
    """Return the case with a vessel's course inferred from cap to cap of each of its occlusions: dashed everywhere."""
    spans = [
        (lesion.proximal.station_mm, lesion.distal.station_mm)
        for lesion in case.lesions
        if lesion.vessel == vessel and lesion.kind is LesionKind.OCCLUSION
    ]
    vessels = tuple(
        replace(one, centerline=one.centerline.closed_between(spans)) if one.name == vessel else one
        for one in case.tree
    )
    return replace(case, tree=replace(case.tree, vessels=vessels))


def _with_cap(case: Case, number: int, proximal: bool, cap: Cap) -> Case:
    lesion = case.lesions[number]
    new = replace(lesion, proximal=cap) if proximal else replace(lesion, distal=cap)
    return with_lesion(case, number, new)


def _cap_of(case: Case, number: int, proximal: bool) -> Cap:
    return case.lesions[number].proximal if proximal else case.lesions[number].distal


def accept_cap(case: Case, number: int, proximal: bool) -> Case:
    """Return the case with a cap where the computer put it, now as the operator's decision."""
    return _with_cap(case, number, proximal, hers(_cap_of(case, number, proximal)))


def set_shape(case: Case, number: int, proximal: bool, shape: CapShape) -> Case:
    """Return the case with the doctor's word on how the lumen ends."""
    return _with_cap(case, number, proximal, hers(_cap_of(case, number, proximal), shape=shape))


def set_ambiguous(case: Case, number: int, ambiguous: bool, reason: str) -> Case:
    """Return the case with the doctor's verdict on the proximal cap, and why."""
    cap = hers(_cap_of(case, number, True), ambiguous=ambiguous, reasons=(reason,))
    return _with_cap(case, number, True, cap)


def as_proposed(case: Case, number: int) -> Case:
    """Return the case with both caps of a lesion as the computer had them."""
    lesion = case.lesions[number]
    caps = [cap.proposed or cap for cap in (lesion.proximal, lesion.distal)]
    if not caps[0].station_mm < caps[1].station_mm:
        raise ImpossibleEdit(
            "The computer's cap lies beyond the one that you marked.", "Drag that one away first, or undo."
        )
    return _dashed(with_lesion(case, number, replace(lesion, proximal=caps[0], distal=caps[1])), lesion.vessel)


def mark_occlusion(case: Case, vessel: str, from_mm: float, to_mm: float) -> Case:
    """Return the case with an occlusion that the operator marked between two stations of a vessel.

    Raises
    ------
    ImpossibleEdit
        If it would have no length, or lie over another one.
    """
    line = case.tree[vessel].centerline
    low, high = max(min(from_mm, to_mm), 0.0), min(max(from_mm, to_mm), line.length_mm)
    if high - low < LEAST_LENGTH_MM:
        raise ImpossibleEdit("An occlusion needs two ends.", "Put the cursor on the first end, then on the other.")
    for lesion in case.lesions:
        apart = high < lesion.proximal.station_mm or low > lesion.distal.station_mm
        if lesion.vessel == vessel and lesion.kind is LesionKind.OCCLUSION and not apart:
            raise ImpossibleEdit(
                f"There is an occlusion of {vessel} already at {lesion.proximal.station_mm:.0f} mm.",
                "Drag its caps, or delete it first.",
            )
    ends = [placed(case, vessel, station) for station in (low, high)]
    lesion = Lesion(vessel, LesionKind.OCCLUSION, ends[0], ends[1], 1.0, ("marked by hand",), Author.OPERATOR)
    refuted = tuple(no for no in case.refuted if not no.meets(lesion))
    return _dashed(replace(case, lesions=(*case.lesions, lesion), refuted=refuted), vessel)


def delete_lesion(case: Case, number: int) -> Case:
    """Return the case without a lesion."""
    return with_lesion(case, number, None)


def refute_lesion(case: Case, number: int) -> Case:
    """Return the case without a lesion that is none in the operator's eyes, and which is not to be found again."""
    lesion = case.lesions[number]
    no = Refuted(lesion.vessel, lesion.proximal.station_mm, lesion.distal.station_mm)
    return replace(with_lesion(case, number, None), refuted=(*case.refuted, no))
