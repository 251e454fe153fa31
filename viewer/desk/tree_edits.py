"""Edits of the coronary tree: pure functions from a case to a case.

Whatever was measured along a vessel whose course changes is taken off with the edit (and comes back with undo): no
number outlives the course that it was measured on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from viewer.errors import ViewerError
from viewer.model.case import Case
from viewer.model.centerline import Centerline, Interval
from viewer.model.geometry import Float
from viewer.model.vessel import Author, Vessel, VesselTree

#: Nearer than this to its parent, a new vessel is taken to leave it there.
JOIN_REACH_MM = 6.0


class ImpossibleEdit(ViewerError):
    """What was asked for cannot be done to this tree."""


def with_tree(case: Case, tree: VesselTree, changed: Iterable[str] = ()) -> Case:
    """Return the case with another tree, without what was measured on vessels that are gone or have `changed`."""
    lost = set(changed)

    def stays(name: str) -> bool:
        return name in tree and name not in lost

    return replace(
        case,
        tree=tree,
        sections=tuple(s for s in case.sections if stays(s.vessel)),
        calcium=tuple(c for c in case.calcium if stays(c.vessel)),
        lesions=tuple(lesion for lesion in case.lesions if stays(lesion.vessel)),
        refuted=tuple(refuted for refuted in case.refuted if stays(refuted.vessel)),
    )


def add_vessel(case: Case, name: str, line: Centerline, parent: str | None = None) -> Case:
    """Return the case with a vessel of the operator's; one of the same name is replaced and keeps its branches.

    Parameters
    ----------
    parent : str, optional
        The vessel that it leaves. ``None``: the nearest vessel within `JOIN_REACH_MM` of its start, else the aorta.
    """
    vessels = {vessel.name: vessel for vessel in case.tree}
    parent = parent if parent is not None else _parent_near(case.tree, name, line)
    vessels[name] = Vessel(name, line, parent, author=Author.OPERATOR)
    return with_tree(case, replace(case.tree, vessels=tuple(vessels.values())), {name})


def _parent_near(tree: VesselTree, name: str, line: Centerline) -> str | None:
    """Return the vessel that a course starts on, not counting itself and what descends from it."""
    near = [
        (vessel.centerline.nearest_station_mm(line.points_lps_mm[0])[1], vessel.name)
        for vessel in tree
        if vessel.name not in descendants(tree, name)
    ]
    distance, parent = min(near, default=(np.inf, None))
    return parent if distance <= JOIN_REACH_MM else None


def descendants(tree: VesselTree, name: str) -> set[str]:
    """Return a vessel's name and those of all that leave it, directly or not; empty if it is not in the tree."""
    if name not in tree:
        return set()
    found = {name}
    for child in tree.children(name):
        found |= descendants(tree, child.name)
    return found


def delete_vessel(case: Case, name: str) -> Case:
    """Return the case without a vessel and all that leaves it."""
    gone = descendants(case.tree, name)
    return with_tree(case, replace(case.tree, vessels=tuple(v for v in case.tree if v.name not in gone)))


def rename_vessel(case: Case, name: str, new: str) -> Case:
    """Return the case with a vessel under another name; what was measured on it stays.

    Raises
    ------
    ImpossibleEdit
        If the name is empty or taken.
    """
    new = new.strip()
    if not new:
        raise ImpossibleEdit("A vessel needs a name.", "Type one, such as LAD or D1.")
    if new != name and new in case.tree:
        raise ImpossibleEdit(f"There is a {new} already.", f"Rename or delete that {new} first.")
    vessels = tuple(
        replace(
            vessel,
            name=new if vessel.name == name else vessel.name,
            parent=new if vessel.parent == name else vessel.parent,
            author=Author.OPERATOR if vessel.name == name else vessel.author,
        )
        for vessel in case.tree
    )
    return replace(
        case,
        tree=replace(case.tree, vessels=vessels),
        sections=tuple(replace(s, vessel=new) if s.vessel == name else s for s in case.sections),
        calcium=tuple(replace(c, vessel=new) if c.vessel == name else c for c in case.calcium),
        lesions=tuple(replace(le, vessel=new) if le.vessel == name else le for le in case.lesions),
        refuted=tuple(replace(no, vessel=new) if no.vessel == name else no for no in case.refuted),
        facts=case.facts.renamed(name, new),
    )


def replace_course(case: Case, name: str, line: Centerline) -> Case:
    """Return the case with another course for a vessel, now the operator's."""
    vessels = tuple(
        replace(v, centerline=line, author=Author.OPERATOR, segments=()) if v.name == name else v for v in case.tree
    )
    return with_tree(case, replace(case.tree, vessels=vessels), {name})


def choose_alternative(case: Case, name: str, number: int) -> Case:
    """Return the case with a vessel on its alternative `number`; the former course becomes the last alternative."""
    vessel = case.tree[name]
    others = list(vessel.alternatives)
    chosen = others.pop(number)
    others.append(vessel.centerline)
    vessels = tuple(
        replace(v, centerline=chosen, alternatives=tuple(others), author=Author.OPERATOR) if v is vessel else v
        for v in case.tree
    )
    return with_tree(case, replace(case.tree, vessels=vessels), {name})


def reverse_vessel(case: Case, name: str) -> Case:
    """Return the case with a vessel's course turned round."""
    line = case.tree[name].centerline
    length = line.length_mm
    turned = Centerline(
        line.points_lps_mm[::-1],
        None if line.lumen_radius_mm is None else line.lumen_radius_mm[::-1],
        None if line.confidence is None else line.confidence[::-1],
        tuple((length - b, length - a) for a, b in line.inferred),
    )
    return replace_course(case, name, turned)


def part_of(line: Centerline, from_mm: float, to_mm: float) -> Centerline:
    """Return the part of a course between two stations, counted from 0 again; ValueError if it has no length."""
    from_mm, to_mm = max(from_mm, 0.0), min(to_mm, line.length_mm)
    inside = line.station_mm[(line.station_mm > from_mm + 1e-6) & (line.station_mm < to_mm - 1e-6)]
    station = np.concatenate([[from_mm], inside, [to_mm]])
    inferred = tuple((max(a, from_mm) - from_mm, min(b, to_mm) - from_mm) for a, b in line.inferred)
    return Centerline(
        line.at(station),
        None if line.lumen_radius_mm is None else np.interp(station, line.station_mm, line.lumen_radius_mm),
        None if line.confidence is None else np.interp(station, line.station_mm, line.confidence),
        tuple((a, b) for a, b in inferred if b > a),
    )


def cut_vessel(case: Case, name: str, station_mm: float) -> Case:
    """Return the case with a vessel ending at a station; branches that leave beyond it are gone with the rest.

    Raises
    ------
    ImpossibleEdit
        If nothing would be left of it.
    """
    line = case.tree[name].centerline
    if not 1.0 <= station_mm < line.length_mm:
        raise ImpossibleEdit(
            f"{name} cannot be cut at {station_mm:.1f} mm of its {line.length_mm:.1f} mm.",
            "Put the cursor on the vessel, or delete the vessel.",
        )
    gone: set[str] = set()
    for child in case.tree.children(name):
        if (case.tree.origin_mm(child.name) or 0.0) > station_mm:
            gone |= descendants(case.tree, child.name)
    kept = replace(case.tree, vessels=tuple(v for v in case.tree if v.name not in gone))
    return replace_course(with_tree(case, kept), name, part_of(line, 0.0, station_mm))


def join_courses(first: Centerline, second: Centerline, between: Interval | None = None) -> Centerline:
    """Return one course through two, the second after the first.

    Parameters
    ----------
    between : (float, float), optional
        If given, the stretch of the joined course between these stations is marked as inferred as well.
    """
    gap = float(np.linalg.norm(second.points_lps_mm[0] - first.points_lps_mm[-1]))
    skip = 1 if gap < 1e-3 else 0
    offset = first.length_mm + gap
    points = np.concatenate([first.points_lps_mm, second.points_lps_mm[skip:]])
    inferred = [*first.inferred, *((a + offset, b + offset) for a, b in second.inferred)]
    if between is not None:
        inferred.append(between)
    return Centerline(
        points,
        _both(first.lumen_radius_mm, second.lumen_radius_mm, skip),
        _both(first.confidence, second.confidence, skip),
        merged(inferred),
    )


def _both(one: Float | None, other: Float | None, skip: int) -> Float | None:
    return None if one is None or other is None else np.concatenate([one, other[skip:]])


def merged(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """Return intervals in order, those that overlap or touch made one."""
    result: list[Interval] = []
    for start, end in sorted(intervals):
        if result and start <= result[-1][1] + 1e-9:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return tuple(result)


def join_vessels(case: Case, name: str, distal: str) -> Case:
    """Return the case with `distal` as the continuation of `name`; the gap between them is marked as inferred.

    Raises
    ------
    ImpossibleEdit
        If one leaves the other.
    """
    beyond = distal in descendants(case.tree, name) and case.tree[distal].parent != name
    if beyond or name in descendants(case.tree, distal):
        raise ImpossibleEdit(
            f"{distal} cannot continue {name}: one leaves the other.", "Choose the piece beyond the gap."
        )
    first, second = case.tree[name].centerline, case.tree[distal].centerline
    gap = float(np.linalg.norm(second.points_lps_mm[0] - first.points_lps_mm[-1]))
    between = (first.length_mm, first.length_mm + gap) if gap > 1e-3 else None
    line = join_courses(first, second, between)
    vessels = tuple(replace(v, parent=name if v.parent == distal else v.parent) for v in case.tree if v.name != distal)
    return replace_course(with_tree(case, replace(case.tree, vessels=vessels)), name, line)
