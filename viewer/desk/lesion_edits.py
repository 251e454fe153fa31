"""Edits of occlusions: the doctor's word replaces the program's, whose value stays beside it."""

from __future__ import annotations

from dataclasses import replace

from viewer.desk.tree_edits import ImpossibleEdit
from viewer.model.case import Case
from viewer.model.lesion import Cap, CapShape, Lesion, LesionKind
from viewer.model.vessel import Author

#: An occlusion is at least this long.
LEAST_LENGTH_MM = 0.5


def with_lesion(case: Case, number: int, lesion: Lesion | None) -> Case:
    """Return the case with another lesion in place of `number`, or without it."""
    lesions = list(case.lesions)
    lesions[number : number + 1] = [] if lesion is None else [lesion]
    return replace(case, lesions=tuple(lesions))


def moved(cap: Cap, case: Case, vessel: str, station_mm: float) -> Cap:
    """Return a cap at another station of its vessel, the operator's; what was measured at the old place is gone."""
    line = case.tree[vessel].centerline
    station = min(max(station_mm, 0.0), line.length_mm)
    proposed = cap.station_mm if cap.author is Author.COMPUTER else cap.proposed_mm
    return Cap(
        line.at(station),
        station,
        (station, station),
        cap.shape,
        side_branch=cap.side_branch,
        ambiguous=cap.ambiguous,
        reasons=cap.reasons,
        ostium_mm=case.tree.ostium_offset_mm(vessel) + station,
        author=Author.OPERATOR,
        proposed_mm=proposed,
    )


def move_cap(case: Case, number: int, proximal: bool, station_mm: float) -> Case:
    """Return the case with one cap of a lesion at another station; it stops before the other cap."""
    lesion = case.lesions[number]
    if proximal:
        station = min(station_mm, lesion.distal.station_mm - LEAST_LENGTH_MM)
        new = replace(lesion, proximal=moved(lesion.proximal, case, lesion.vessel, station))
    else:
        station = max(station_mm, lesion.proximal.station_mm + LEAST_LENGTH_MM)
        new = replace(lesion, distal=moved(lesion.distal, case, lesion.vessel, station))
    return with_lesion(case, number, new)


def accept_cap(case: Case, number: int, proximal: bool) -> Case:
    """Return the case with a cap where the computer put it, now as the operator's decision."""
    lesion = case.lesions[number]
    name = "proximal" if proximal else "distal"
    cap = replace(getattr(lesion, name), author=Author.OPERATOR)
    return with_lesion(case, number, replace(lesion, **{name: cap}))


def set_shape(case: Case, number: int, proximal: bool, shape: CapShape) -> Case:
    """Return the case with the doctor's word on how the lumen ends."""
    lesion = case.lesions[number]
    name = "proximal" if proximal else "distal"
    cap = replace(getattr(lesion, name), shape=shape, author=Author.OPERATOR)
    return with_lesion(case, number, replace(lesion, **{name: cap}))


def set_ambiguous(case: Case, number: int, ambiguous: bool, reason: str) -> Case:
    """Return the case with the doctor's verdict on the proximal cap, and why."""
    lesion = case.lesions[number]
    cap = replace(lesion.proximal, ambiguous=ambiguous, reasons=(reason,), author=Author.OPERATOR)
    return with_lesion(case, number, replace(lesion, proximal=cap))


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
    offset = case.tree.ostium_offset_mm(vessel)
    ends = [Cap(line.at(mm), mm, (mm, mm), ostium_mm=offset + mm, author=Author.OPERATOR) for mm in (low, high)]
    lesion = Lesion(vessel, LesionKind.OCCLUSION, ends[0], ends[1], 1.0, ("marked by hand",), Author.OPERATOR)
    return replace(case, lesions=(*case.lesions, lesion))


def delete_lesion(case: Case, number: int) -> Case:
    """Return the case without a lesion."""
    return with_lesion(case, number, None)
