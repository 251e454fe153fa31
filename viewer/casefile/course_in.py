"""Courses as files give them, and how they become a tree: no stretch twice, each vessel on the one that it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from viewer.errors import ViewerError
from viewer.model.centerline import Centerline, Interval
from viewer.model.geometry import Float, arc_length_mm
from viewer.model.vessel import Author, Vessel, VesselTree

#: Two courses nearer to each other than this are one; half the calibre of the smallest vessel that is treated.
SAME_MM = 0.5
#: A course that leaves another for less than this has not left it.
OWN_MM = 2.0
#: As near as this to another course, a vessel is taken to start on it (plus that one's radius).
JOIN_MM = 2.0
#: No coronary artery is wider than this radius: where a course begins so wide, it begins in the aorta.
WIDEST_MM = 4.0
#: A step this much longer than the usual one, and than this in mm, is none: another line begins there.
LEAP, LEAP_MM = 8.0, 4.0
#: What a coronary tree never comes near, and a hostile file may.
MOST_LINES, LONGEST_MM, FARTHEST_MM = 500, 2000.0, 1e5


class UnreadableTree(ViewerError):
    """A file of vessels that cannot be read."""

    def __init__(self, path: Path, why: str, advice: str = "") -> None:
        usual = "Choose centrelines as VTP or CSV, or a map of coronary labels as NIfTI, NRRD or DICOM SEG."
        super().__init__(f"No vessels can be read from {path.name}: {why}.", advice or usual)


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """One line of a file.

    Attributes
    ----------
    points_lps_mm : ndarray of shape (N, 3)
    radius_mm : ndarray of shape (N,) or None
    name : str
        Empty where the file gives none.
    parent : str or None
        Name of the vessel that it leaves, empty for the aorta; ``None`` where the file does not tell.
    inferred : ndarray of bool, shape (N,), or None
    confidence : ndarray of shape (N,) or None
    """

    points_lps_mm: Float
    radius_mm: Float | None = None
    name: str = ""
    parent: str | None = None
    inferred: NDArray[np.bool_] | None = None
    confidence: Float | None = None

    def __len__(self) -> int:
        return len(self.points_lps_mm)

    def part(self, which: slice | NDArray[np.bool_]) -> Course:
        """Return some of its points."""
        return replace(
            self,
            points_lps_mm=self.points_lps_mm[which],
            radius_mm=None if self.radius_mm is None else self.radius_mm[which],
            inferred=None if self.inferred is None else self.inferred[which],
            confidence=None if self.confidence is None else self.confidence[which],
        )

    def flipped(self) -> Course:
        """Return the same course from its end to its start."""
        return self.part(slice(None, None, -1))

    @property
    def length_mm(self) -> float:
        """Length along it."""
        return float(arc_length_mm(self.points_lps_mm)[-1])


def tree_from_courses(path: Path, courses: Sequence[Course]) -> VesselTree:
    """Return the tree of a file's lines; `path` gives the names where the lines have none.

    Lines of which each runs from the root to one end (VMTK) share their first part: the longest keeps it, the others
    begin where they leave it. What lies in the aorta is cut off. A line that begins on another leaves that one.

    Raises
    ------
    UnreadableTree
        If nothing is left that is a vessel.
    """
    if any(np.abs(course.points_lps_mm).max(initial=0.0) > FARTHEST_MM for course in courses):
        raise UnreadableTree(path, "its points lie far from any patient", "Choose coronary centrelines in millimetres.")
    pieces = [_tidy(piece) for course in courses for piece in _without_leaps(_tidy(course))]
    pieces = [piece for piece in pieces if len(piece) > 1]
    if not pieces:
        raise UnreadableTree(path, "it holds no line of two points or more")
    longest = max(piece.length_mm for piece in pieces)
    if len(pieces) > MOST_LINES or not longest <= LONGEST_MM:
        told = f"{len(pieces)} lines, the longest of {longest:.4g} mm"
        raise UnreadableTree(path, f"it holds {told}", "Choose coronary centrelines in millimetres.")
    if any(piece.parent is None for piece in pieces):
        pieces = [_without_aorta(piece) for piece in _rooted_at_start(pieces)]
    pieces = [piece for piece in pieces if len(piece) > 1]
    if not pieces:
        raise UnreadableTree(path, f"every line in it is wider than {2 * WIDEST_MM:.0f} mm, as the aorta is")
    if any(piece.parent is None for piece in pieces):
        pieces = _without_shared(pieces)
    pieces = _named(path, pieces)
    return VesselTree(tuple(_vessel(piece, parent) for piece, parent in zip(pieces, _parents(pieces))))


def _tidy(course: Course) -> Course:
    """Return a course without points that stand still."""
    steps = np.linalg.norm(np.diff(course.points_lps_mm, axis=0), axis=1)
    return course.part(np.r_[len(course) > 0, steps > 1e-6][: len(course)])


def _without_leaps(course: Course) -> list[Course]:
    """Return the lines that a course without an end between them strings together."""
    if len(course) < 3 or course.name:
        return [course]
    steps = np.linalg.norm(np.diff(course.points_lps_mm, axis=0), axis=1)
    cuts = np.flatnonzero(steps > max(LEAP * float(np.median(steps)), LEAP_MM)) + 1
    return [course.part(slice(a, b)) for a, b in zip(np.r_[0, cuts], np.r_[cuts, len(course)])]


def _rooted_at_start(courses: list[Course]) -> list[Course]:
    """Turn all courses round if they run from the periphery to the root: their ends then lie on others, or are wide."""
    starts = ends = 0
    trees = [cKDTree(course.points_lps_mm) for course in courses]
    for n, course in enumerate(courses):
        others = [tree for m, tree in enumerate(trees) if m != n]
        at_start, at_end = (
            any(tree.query(course.points_lps_mm[place])[0] < SAME_MM for tree in others) for place in (0, -1)
        )
        starts, ends = starts + (at_start and not at_end), ends + (at_end and not at_start)
    if starts == ends:
        wide = [
            np.sign(course.radius_mm[-1] - course.radius_mm[0]) for course in courses if course.radius_mm is not None
        ]
        widest = max(
            (float(max(c.radius_mm[0], c.radius_mm[-1])) for c in courses if c.radius_mm is not None), default=0
        )
        ends += int(widest > WIDEST_MM and sum(wide) > 0)
    return [course.flipped() for course in courses] if ends > starts else courses


def _without_aorta(course: Course) -> Course:
    """Return a course from where it has narrowed to a coronary artery."""
    if course.radius_mm is None or course.name or course.radius_mm[0] <= WIDEST_MM:
        return course
    narrow = course.radius_mm <= WIDEST_MM
    return course.part(slice(int(narrow.argmax()) if narrow.any() else len(course), None))


def _without_shared(courses: list[Course]) -> list[Course]:
    """Cut from each course what it shares from its start with a longer one; the order stays."""
    kept: dict[int, Course] = {}
    for n in sorted(range(len(courses)), key=lambda n: -courses[n].length_mm):
        course = courses[n]
        if kept:
            taken = np.concatenate([_dense(other.points_lps_mm) for other in kept.values()])
            away, nearest = cKDTree(taken).query(course.points_lps_mm)
            station = arc_length_mm(course.points_lps_mm)
            leaves = _leaves_at(away > SAME_MM, station)
            if leaves is None:
                continue
            if leaves > 1:
                course = course.part(slice(leaves - 1, None))
                joined = np.r_[taken[nearest[leaves - 1]][None], course.points_lps_mm[1:]]
                course = _tidy(replace(course, points_lps_mm=joined))
        kept[n] = course
    return [kept[n] for n in sorted(kept)]


def _leaves_at(away: NDArray[np.bool_], station_mm: Float) -> int | None:
    """Return the first point from which a course stays away for `OWN_MM`; ``None`` if it never does."""
    changes = np.flatnonzero(np.diff(away.astype(int))) + 1
    for a, b in zip(np.r_[0, changes], np.r_[changes, len(away)]):
        if away[a] and station_mm[min(b, len(away) - 1)] - station_mm[max(a - 1, 0)] >= OWN_MM:
            return int(a)
    return None


def _dense(points: Float) -> Float:
    """Return points at most a fifth of `SAME_MM` apart along a polyline."""
    station = arc_length_mm(points)
    even = np.union1d(station, np.arange(0.0, station[-1], SAME_MM / 5))
    return np.stack([np.interp(even, station, points[:, axis]) for axis in range(3)], 1)


def _named(path: Path, courses: list[Course]) -> list[Course]:
    """Give every course a name of its own."""
    stem = path.name.split(".")[0] or "Vessel"
    result: list[Course] = []
    taken: set[str] = set()
    for number, course in enumerate(courses, 1):
        base = course.name.strip() or (stem if len(courses) == 1 else f"{stem} {number}")
        name, again = base, 2
        while name in taken:
            name, again = f"{base} ({again})", again + 1
        taken.add(name)
        result.append(replace(course, name=name))
    return result


def _parents(courses: list[Course]) -> list[str | None]:
    """Return for each course the one that it leaves: told by the file, or the nearest that its start lies on."""
    names = {course.name for course in courses}
    parents: dict[str, str | None] = {course.name: None for course in courses}
    for course in courses:
        told = course.parent is not None and (not course.parent or course.parent in names)
        for name in [course.parent] if told else _near(course, courses):
            if name and not _descends(name, course.name, parents):
                parents[course.name] = name
                break
    return [parents[course.name] for course in courses]


def _near(course: Course, courses: list[Course]) -> list[str]:
    """Return the courses that a course's start lies on, the nearest first; not those that start there themselves."""
    found = []
    for other in courses:
        if other is course:
            continue
        station = arc_length_mm(other.points_lps_mm)
        dense = _dense(other.points_lps_mm)
        away, nearest = cKDTree(dense).query(course.points_lps_mm[0])
        at_mm = float(arc_length_mm(dense)[nearest])
        wide = 0.0 if other.radius_mm is None else float(np.interp(at_mm, station, other.radius_mm))
        if away <= JOIN_MM + wide and at_mm > SAME_MM:
            found.append((round(float(away), 3), other.name))
    return [name for _, name in sorted(found)]


def _descends(name: str | None, ancestor: str, parents: dict[str, str | None]) -> bool:
    while name is not None:
        if name == ancestor:
            return True
        name = parents.get(name)
    return False


def _vessel(course: Course, parent: str | None) -> Vessel:
    radius = None if course.radius_mm is None else np.maximum(course.radius_mm, 0.0)
    sure = None if course.confidence is None else np.clip(course.confidence, 0.0, 1.0)
    line = Centerline(course.points_lps_mm, radius, sure, _stretches(course))
    return Vessel(course.name, line, parent, author=Author.OPERATOR)


def _stretches(course: Course) -> tuple[Interval, ...]:
    """Return the guessed stretches of a course, from the first to the last of neighbouring guessed points."""
    if course.inferred is None or not course.inferred.any():
        return ()
    station = arc_length_mm(course.points_lps_mm)
    edges = np.flatnonzero(np.diff(np.r_[0, course.inferred.astype(int), 0]))
    return tuple((float(station[a]), float(station[b - 1])) for a, b in edges.reshape(-1, 2) if b - 1 > a)
