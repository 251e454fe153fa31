"""Which vessel is which: names, course and dominance, from where the vessels go in the patient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from viewer.analysis.coronary.network import Network, Rooted, rooted
from viewer.model.geometry import Float, arc_length_mm, unit
from viewer.model.vessel import Dominance

#: From the base of the heart to its apex in an average chest: to the left, to the front, to the feet.
APEX_DIRECTION = unit((0.62, -0.52, -0.59))
#: A branch of this length and calibre can be one of the great vessels.
MAJOR_MM, MAJOR_RADIUS_MM = 25.0, 0.8
#: A branch with brighter surroundings than this does not run in fat.
IN_MUSCLE_HU = 40.0
#: The circumflex is at least this long where it reaches the crux, and what descends from there at least this.
TO_CRUX_MM, DESCENDING_MM = 70.0, 20.0
#: The crux lies at least so far to the right of where the left main forks.
CRUX_RIGHT_MM = 10.0
#: Branches that leave it so little before the crux run over the back of the ventricle.
BEFORE_CRUX_MM = 18.0
#: The conus branch leaves the right coronary within this length.
CONUS_MM = 15.0


@dataclass(frozen=True, slots=True, eq=False)
class NamedCourse:
    """A vessel of the network: its name, its parent's, and its points from where it leaves the parent (included) on."""

    name: str
    parent: str | None
    points: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """The rooted network with what naming asks of it."""

    net: Network
    tree: Rooted
    children: list[list[int]]
    beyond: Float

    def end_of(self, point: int) -> int:
        """Return the far end of the longest way beyond `point`."""
        while self.children[point]:
            point = max(self.children[point], key=lambda p: float(self.beyond[p]))
        return point

    def length_mm(self, child: int) -> float:
        """Return the length of the longest way that begins with `child`."""
        before = self.tree.parent[child]
        return float(self.beyond[child] + self.tree.from_root_mm[child] - self.tree.from_root_mm[before])

    def radius_mm(self, child: int, skip_mm: float = 2.0, reach_mm: float = 14.0) -> float:
        """Return the median radius of the beginning of the way that begins with `child`."""
        line, start = [child], self.tree.from_root_mm[child]
        while self.children[line[-1]]:
            line.append(max(self.children[line[-1]], key=lambda p: float(self.beyond[p])))
            if self.tree.from_root_mm[line[-1]] - start > reach_mm:
                break
        far = [p for p in line if self.tree.from_root_mm[p] - start > skip_mm] or line
        return float(np.median(self.net.radius_mm[far]))

    def major(self, point: int) -> list[int]:
        """Return the children of `point` that lead to great vessels."""
        return [
            c for c in self.children[point] if self.length_mm(c) >= MAJOR_MM and self.radius_mm(c) >= MAJOR_RADIUS_MM
        ]

    def along(self, child: int) -> Float:
        """Return the points of the longest way that begins with `child`, shape (N, 3)."""
        line = [child]
        while self.children[line[-1]]:
            line.append(max(self.children[line[-1]], key=lambda p: float(self.beyond[p])))
        return self.net.points_lps_mm[line]


def named(net: Network, roots: Sequence[int]) -> tuple[tuple[NamedCourse, ...], Dominance | None]:
    """Give every vessel its name.

    Parameters
    ----------
    net : Network
        A forest that hangs on the ostia.
    roots : sequence of int
        The ostia's points; the left and the right main tree are told apart by where they go.

    Returns
    -------
    tuple of NamedCourse
    Dominance or None
        Right if the right tree forks at the crux, left if the circumflex goes on from there towards the apex; None if
        neither is seen.
    """
    tree = rooted(net, roots)
    children, beyond = tree.children(), tree.beyond_mm()
    view = _View(net, tree, children, beyond)
    left, right = _sides(view, roots)
    courses: list[NamedCourse] = []
    for number, root in enumerate(left):
        courses += _left_tree(view, root, first=number == 0)
    crux = None
    for number, root in enumerate(right):
        more, here = _right_tree(view, root, first=number == 0)
        courses += more
        crux = crux or here
    if crux is None and right:
        courses, crux = _left_dominant(view, courses)
    return tuple(_unique(courses)), crux


def _sides(view: _View, roots: Sequence[int]) -> tuple[list[int], list[int]]:
    """Tell the ostia of the left coronary from those of the right one; the largest tree of each side first."""
    middle = np.mean([view.net.points_lps_mm[r] for r in roots], axis=0) if len(roots) > 1 else None
    left: list[int] = []
    right: list[int] = []
    for root in roots:
        own = np.flatnonzero(view.tree.root == list(roots).index(root))
        near = own[view.tree.from_root_mm[own] < 45.0]
        way = view.net.points_lps_mm[near].mean(0) - view.net.points_lps_mm[root]
        score = float(way[0] + 0.4 * way[1])
        if middle is not None:
            # the left ostium lies to the left of and behind the right one
            score += float((view.net.points_lps_mm[root] - middle)[0])
        (left if score > 0 else right).append(root)

    def key(r: int) -> float:
        return -float(view.beyond[r])

    return sorted(left, key=key), sorted(right, key=key)


def _apexward(points: Float) -> float:
    """Return how far a way gets towards the apex, mm."""
    return float(((points - points[0]) @ APEX_DIRECTION).max())


def _follow(view: _View, start: int) -> list[int]:
    """Walk from `start` to the end of its longest way."""
    line = [start]
    while view.children[line[-1]]:
        line.append(max(view.children[line[-1]], key=view.length_mm))
    return line


def _best_way(view: _View, start: int, score: Callable[[Float], float]) -> list[int]:
    """Return the points from `start` to the end whose whole way scores best."""
    ends, stack = [], [start]
    while stack:
        point = stack.pop()
        stack += view.children[point]
        if not view.children[point]:
            ends.append(point)
    best: tuple[float, list[int]] | None = None
    for end in ends:
        line = _link(view, start, end)
        if len(line) < 2:
            continue
        value = score(view.net.points_lps_mm[line])
        if best is None or value > best[0]:
            best = (value, line)
    return best[1] if best else [start]


def _left_tree(view: _View, root: int, *, first: bool) -> list[NamedCourse]:
    """Name the vessels of a left ostium."""
    trunk = [root]
    while len(view.major(trunk[-1])) < 2:
        ahead = view.children[trunk[-1]]
        if not ahead or view.tree.from_root_mm[trunk[-1]] > 45.0:
            break
        trunk.append(max(ahead, key=lambda p: view.length_mm(p)))
    fork = trunk[-1]
    great = _great(view, fork)
    if len(great) < 2:
        # no left main of its own: one great vessel leaves the aorta here
        way = view.along(root)
        name = "LCX" if _posterior(way) > _apexward(way) * 0.6 else "LAD"
        line = _best_way(view, root, _lcx_score if name == "LCX" else _lad_score)
        return _with_branches(view, NamedCourse(name, None, tuple(line)))
    lad, lcx = great[0], great[-1]
    courses = [NamedCourse("LM", None, tuple(trunk))]
    taken = set(trunk)
    for name, child, score in (("LAD", lad, _lad_score), ("LCX", lcx, _lcx_score)):
        link = _link(view, fork, child)
        line = [*link, *_best_way(view, child, score)[1:]]
        courses += _with_branches(view, NamedCourse(name, "LM", tuple(line)))
        taken.update(line)
    for number, child in enumerate(great[1:-1]):
        line = [*_link(view, fork, child), *_follow(view, child)[1:]]
        courses += _with_branches(view, NamedCourse("RI" if number == 0 else f"RI{number + 1}", "LM", tuple(line)))
    named_points = {p for c in courses for p in c.points}
    for point in trunk[1:]:
        for child in view.children[point]:
            if child not in named_points and point != fork:
                line = [point, *_follow(view, child)]
                courses += _with_branches(view, NamedCourse("CONUS", "LM", tuple(line)))
    return courses


def _link(view: _View, fork: int, child: int) -> list[int]:
    """Return the points from `fork` to `child`, both included."""
    line = [child]
    while line[-1] != fork:
        line.append(int(view.tree.parent[line[-1]]))
    return line[::-1]


def _great(view: _View, fork: int, apart_mm: float = 3.5) -> list[int]:
    """Return the first points of the great vessels at a fork, the foremost first; forks close by count as the same."""
    result: list[int] = []
    for child in view.major(fork):
        line, second = [child], []
        while view.tree.from_root_mm[line[-1]] - view.tree.from_root_mm[fork] < apart_mm and view.children[line[-1]]:
            second = view.major(line[-1])
            if len(second) >= 2:
                break
            line.append(max(view.children[line[-1]], key=lambda p: view.length_mm(p)))
        result += second if len(second) >= 2 else [child]
    # a ramus shares its first millimetres with a neighbour; the foremost is the LAD, the hindmost the circumflex
    return sorted(result, key=lambda c: _posterior(view.along(c)))


def _posterior(points: Float, reach_mm: float = 60.0) -> float:
    """Return how far backwards the first part of a way goes, mm."""
    along = np.r_[0.0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))]
    near = points[along <= reach_mm]
    return float((near - points[0])[:, 1].mean() * 2.0)


def _lad_score(way: Float) -> float:
    """Score a way as the LAD: it is the long one to the apex; diagonals run off to the left."""
    sideways = float((way[-1] - way[0])[0])
    return float(arc_length_mm(way)[-1]) + 0.8 * _apexward(way) - 0.5 * max(sideways, 0.0)


def _lcx_score(way: Float) -> float:
    """Score a way as the circumflex: it stays at the base; marginals run towards the apex."""
    return min(float(arc_length_mm(way)[-1]), 110.0) - 1.5 * _apexward(way)


def _rca_score(way: Float) -> float:
    """Score a way as the right coronary: it is the long one to the back and the bottom of the heart."""
    back, down = float(way[:, 1].max() - way[0, 1]), float(way[0, 2] - way[:, 2].min())
    return 0.5 * float(arc_length_mm(way)[-1]) + back + 0.5 * down


def _right_tree(view: _View, root: int, *, first: bool) -> tuple[list[NamedCourse], Dominance | None]:
    """Name the vessels of a right ostium."""
    line = _best_way(view, root, _rca_score)
    points = view.net.points_lps_mm[line]
    along = view.tree.from_root_mm[line]
    crux = None
    low = points[:, 2].min()
    drop = points[0, 2] - points[:, 2]
    for at in range(len(line) - 1, 0, -1):
        sides = [c for c in view.children[line[at]] if c not in line and view.length_mm(c) > 10.0]
        rest = float(along[-1] - along[at])
        # at the crux the artery lies low and behind its rightmost place, and forks into two that stay
        behind = points[at, 0] - points[: at + 1, 0].min()
        if sides and rest > 10.0 and drop[at] > 0.55 * (points[0, 2] - low) and behind > 6.0:
            crux = at
            side = max(sides, key=view.length_mm)
            break
    if crux is None:
        return _with_branches(view, NamedCourse("RCA", None, tuple(line))), None
    trunk = line[: crux + 1]
    courses = _with_branches(view, NamedCourse("RCA", None, tuple(trunk)), skip={line[crux + 1], side})
    forks = sorted([line[crux + 1], side], key=lambda c: -_end_apexward(view, c))
    for name, child in zip(("PDA", "PLV"), forks):
        way = [line[crux], *_follow(view, child)]
        courses += _with_branches(view, NamedCourse(name, "RCA", tuple(way)))
    return courses, Dominance.RIGHT


def _left_dominant(view: _View, courses: list[NamedCourse]) -> tuple[list[NamedCourse], Dominance | None]:
    """Name what the circumflex gives off at the crux, if it is the one that reaches it."""
    lcx = next((c for c in courses if c.name == "LCX"), None)
    if lcx is None:
        return courses, None
    points = view.net.points_lps_mm[list(lcx.points)]
    along = arc_length_mm(points)
    # round the heart in its groove the circumflex gets to the right until the crux, the descending branch turns back
    crux = int(points[:, 0].argmin())
    if along[crux] < TO_CRUX_MM or points[crux, 0] > points[0, 0] - CRUX_RIGHT_MM:
        return courses, None
    if along[-1] - along[crux] >= DESCENDING_MM and _apexward(points[crux:]) >= DESCENDING_MM:
        trunk = NamedCourse("LCX", lcx.parent, lcx.points[: crux + 1])
        tail = NamedCourse("L-PDA", "LCX", lcx.points[crux:])
        courses = [part for c in courses for part in ((trunk, tail) if c is lcx else (c,))]
    place = {point: float(along[at]) for at, point in enumerate(lcx.points)}
    late = [
        c
        for c in courses
        if c.parent == "LCX" and c.name == "OM" and along[crux] - place.get(c.points[0], -np.inf) <= BEFORE_CRUX_MM
    ]
    late.sort(key=lambda c: place[c.points[0]])
    named_here = {}
    if late and not any(c.name == "L-PDA" for c in courses):
        last = late.pop()
        if _apexward(view.net.points_lps_mm[list(last.points)]) < DESCENDING_MM:
            return courses, None
        named_here[last.points] = "L-PDA"
    named_here |= {c.points: "L-PLV" for c in late}
    renamed = [NamedCourse(named_here.get(c.points, c.name), c.parent, c.points) for c in courses]
    return renamed, Dominance.LEFT if any(c.name == "L-PDA" for c in renamed) else None


def _end_apexward(view: _View, child: int) -> float:
    """Return how far towards the apex the way that begins with `child` ends, mm."""
    way = view.along(child)
    return float((way[-1] - way[0]) @ APEX_DIRECTION)


BRANCH_NAMES = {"LAD": "D", "LCX": "OM", "RCA": "RVM", "PDA": "PDA", "PLV": "PLV", "RI": "RI", "LM": "CONUS"}


def _with_branches(view: _View, course: NamedCourse, skip: set[int] | None = None) -> list[NamedCourse]:
    """Return a course and everything that leaves it, numbered from its start."""
    result = [course]
    on = set(course.points)
    stem = BRANCH_NAMES.get(course.name, course.name + "-")
    for point in course.points[1:]:
        for child in sorted(view.children[point], key=lambda c: -view.length_mm(c)):
            if child in on or (skip and child in skip):
                continue
            line = [point, *_follow(view, child)]
            kind = _kind(view, course, stem, point, child)
            result += _with_branches(view, NamedCourse(kind, course.name, tuple(line)))
    return result


def _kind(view: _View, course: NamedCourse, stem: str, point: int, child: int) -> str:
    """Return what a branch is called without its number: septals run in muscle, the conus branch leaves first."""
    if course.name == "LAD" and float(np.median(view.net.around_hu[_follow(view, child)])) > IN_MUSCLE_HU:
        return "S"
    far = float(view.tree.from_root_mm[point] - view.tree.from_root_mm[course.points[0]])
    return "CONUS" if course.name == "RCA" and far < CONUS_MM else stem


def _unique(courses: Sequence[NamedCourse]) -> list[NamedCourse]:
    """Number the branches of each kind from the proximal end, and carry the new names over to parents."""
    counts: dict[str, int] = {}
    numbered = ("D", "OM", "S")
    fresh: list[str] = []
    for course in courses:
        counts[course.name] = number = counts.get(course.name, 0) + 1
        base = course.name
        fresh.append(f"{base}{number}" if base in numbered or base.endswith("-") or number > 1 else base)
    by_point: dict[int, str] = {}
    for course, name in zip(courses, fresh):
        for point in course.points[1:]:
            by_point[point] = name
    result = []
    for course, name in zip(courses, fresh):
        parent = None if course.parent is None else by_point.get(course.points[0], course.parent)
        result.append(NamedCourse(name, parent if parent != name else course.parent, course.points))
    return result
