"""Edits of one vessel's course or of its place in the tree: pulled, drawn on, made a branch of another vessel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from viewer.analysis.coronary.pull import branch_reach_mm, pull_reach_mm, refitted, rejoined
from viewer.desk.tree_edits import ImpossibleEdit, descendants, join_courses, merged, replace_course, with_tree
from viewer.model.case import Case
from viewer.model.centerline import Centerline
from viewer.model.lesion import Cap, Lesion, Refuted
from viewer.model.vessel import Author, VesselTree

#: A branch that begins farther than this from its new parent is led there by a guessed piece.
TOUCH_MM = 0.75
#: A branch whose parent moved by less than this under its start stays as it is.
LEAST_SHIFT_MM = 0.05


def pulled_line(case: Case, name: str, station_mm: float, to_lps_mm: ArrayLike, *, refit: bool = True) -> Centerline:
    """Return the course that a vessel has once its point at a station was pulled elsewhere.

    Parameters
    ----------
    case : Case
    name : str
    station_mm : float
        Of the vessel.
    to_lps_mm : array_like of shape (3,)
    refit : bool
        Let the neighbourhood find the middle of the lumen, where contrast shows one.

    Raises
    ------
    ImpossibleEdit
        If the point would lie outside the volume.
    """
    if not case.volume.geometry.contains(np.asarray(to_lps_mm, float)[None])[0]:
        raise ImpossibleEdit("The course would leave the volume.", "Drag the point to a place inside the picture.")
    lumen = case.enhancement.lumen_hu if refit and case.enhancement is not None else None
    return refitted(case.tree[name].centerline, station_mm, to_lps_mm, case.volume, lumen)


def pull_preview(case: Case, name: str, station_mm: float, to_lps_mm: ArrayLike, *, refit: bool = True) -> Case:
    """Return the case as it is shown while a point is dragged: what moves is dashed, what was measured still stands."""
    line = case.tree[name].centerline
    reach = pull_reach_mm(line, station_mm, to_lps_mm)
    moved = pulled_line(case, name, station_mm, to_lps_mm, refit=refit)
    low, high = np.interp((station_mm - reach, station_mm + reach), line.station_mm, moved.station_mm)
    lines = {name: _also_inferred(moved, float(low), float(high))}
    for branch, shift in _shifted_branches(case.tree, name, line, moved):
        joined = rejoined(case.tree[branch].centerline, shift)
        lines[branch] = _also_inferred(joined, 0.0, branch_reach_mm(shift))
    return replace(case, tree=_with_lines(case.tree, lines))


def pull_course(case: Case, name: str, station_mm: float, to_lps_mm: ArrayLike, *, refit: bool = True) -> Case:
    """Return the case with one point of a vessel's course pulled elsewhere.

    Branches that leave it there are joined to it again, and the doctor's caps move along.
    """
    before = case.tree[name].centerline
    after = pulled_line(case, name, station_mm, to_lps_mm, refit=refit)
    lines = {name: after}
    for branch, shift in _shifted_branches(case.tree, name, before, after):
        lines[branch] = rejoined(case.tree[branch].centerline, shift)
    pulled = replace_course(case, name, after)
    new = with_tree(pulled, _with_lines(pulled.tree, lines), lines)
    hers, not_there = [], []
    for one in case.lesions:
        if one.vessel in lines and _is_hers(one):
            hers.append(_carried(one, case.tree[one.vessel].centerline, lines[one.vessel]))
    for no in case.refuted:
        if no.vessel in lines:
            was, line = case.tree[no.vessel].centerline, lines[no.vessel]
            low, high = np.interp((no.from_mm, no.to_mm), was.station_mm, line.station_mm).tolist()
            not_there.append(Refuted(no.vessel, low, high))
    return replace(new, lesions=(*new.lesions, *hers), refuted=(*new.refuted, *not_there))


def _shifted_branches(
    tree: VesselTree, name: str, before: Centerline, after: Centerline
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the branches under whose start the course of their parent moved, each with the shift, shape (3,)."""
    for branch in tree.children(name):
        origin = tree.origin_mm(branch.name) or 0.0
        shift = after.at(np.interp(origin, before.station_mm, after.station_mm)) - before.at(origin)
        if np.linalg.norm(shift) > LEAST_SHIFT_MM:
            yield branch.name, shift


def _also_inferred(line: Centerline, low_mm: float, high_mm: float) -> Centerline:
    return replace(line, inferred=merged([*line.inferred, (low_mm, high_mm)]))


def _with_lines(tree: VesselTree, lines: dict[str, Centerline]) -> VesselTree:
    return replace(tree, vessels=tuple(replace(v, centerline=lines.get(v.name, v.centerline)) for v in tree))


def _is_hers(lesion: Lesion) -> bool:
    return Author.OPERATOR in (lesion.author, lesion.proximal.author, lesion.distal.author)


def _carried(lesion: Lesion, before: Centerline, after: Centerline) -> Lesion:
    """Return a lesion on a course whose points have moved; both courses have as many points."""

    def at(station_mm: float) -> float:
        return float(np.interp(station_mm, before.station_mm, after.station_mm))

    def moved(cap: Cap) -> Cap:
        station = at(cap.station_mm)
        ostium = None if cap.ostium_mm is None else cap.ostium_mm + station - cap.station_mm
        low, high = (at(mm) for mm in cap.range_mm)
        return replace(
            cap,
            lps_mm=after.at(station),
            station_mm=station,
            range_mm=(min(low, station), max(high, station)),
            ostium_mm=ostium,
            proposed=None if cap.proposed is None else moved(cap.proposed),
        )

    return replace(lesion, proximal=moved(lesion.proximal), distal=moved(lesion.distal))


def extend_course(case: Case, name: str, more: Centerline) -> Case:
    """Return the case with a vessel that goes on beyond its end along another course."""
    return replace_course(case, name, join_courses(case.tree[name].centerline, more))


def merge_into(case: Case, name: str, parent: str | None) -> Case:
    """Return the case with a vessel as a branch of another one, or at the aorta (``None``).

    A branch that begins beside its new parent is led there straight; that piece is a guess.

    Raises
    ------
    ImpossibleEdit
        If the parent descends from the vessel.
    """
    vessel = case.tree[name]
    if parent is not None and parent in descendants(case.tree, name):
        raise ImpossibleEdit(f"{name} cannot leave {parent}: {parent} leaves {name}.", "Choose another vessel.")
    line = vessel.centerline
    if parent is not None:
        trunk = case.tree[parent].centerline
        station, away = trunk.nearest_station_mm(line.points_lps_mm[0])
        if away > TOUCH_MM:
            line = _led_from(trunk.at(station), line)
    changed = replace(vessel, parent=parent, centerline=line, author=Author.OPERATOR)
    tree = replace(case.tree, vessels=tuple(changed if v is vessel else v for v in case.tree))
    # What is counted from the aorta is another number now, for all that leaves it too.
    return with_tree(case, tree, descendants(tree, name))


def _led_from(start: np.ndarray, line: Centerline) -> Centerline:
    """Return a course that begins at `start` and goes straight to where it began, marked as a guess."""
    gap = float(np.linalg.norm(line.points_lps_mm[0] - start))
    count = max(int(gap / 0.5), 1)
    lead = start + np.linspace(0, 1, count, endpoint=False)[:, None] * (line.points_lps_mm[0] - start)
    radius, sure = line.lumen_radius_mm, line.confidence
    return Centerline(
        np.concatenate([lead, line.points_lps_mm]),
        None if radius is None else np.concatenate([np.full(count, radius[0]), radius]),
        None if sure is None else np.concatenate([np.zeros(count), sure]),
        merged([(0.0, gap), *((a + gap, b + gap) for a, b in line.inferred)]),
    )
