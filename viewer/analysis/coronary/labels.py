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
#: A tree of its own that reaches this far from its ostium is one of a great vessel.
GREAT_MM = 60.0
#: A branch with brighter surroundings than this does not run in fat.
IN_MUSCLE_HU = 40.0
#: A branch that ends in muscle after so little is a septal of which no more is seen; its tip has so many points.
STUB_MM, TIP_POINTS = 15.0, 4
#: The circumflex is at least this long where it reaches the crux, and what descends from there at least this.
TO_CRUX_MM, DESCENDING_MM = 70.0, 20.0
#: The crux lies so far from the right coronary's rightmost place, and so near to where it leaves its groove.
BEHIND_MM, NEAR_CRUX_MM = 6.0, 30.0
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
        Right if the right tree goes on from the crux towards the apex, left if the circumflex does, balanced if the
        circumflex gives off the posterolateral branches alone; None if neither is seen.
    """
    tree = rooted(net, roots)
    children, beyond = tree.children(), tree.beyond_mm()
    view = _View(net, tree, children, beyond)
    left, right = _sides(view, roots)
    courses: list[NamedCourse] = []
    great = [root for root in left if beyond[root] >= GREAT_MM]
    if len(great) > 1:
        # the LAD and the circumflex leave the aorta side by side
        great.sort(key=lambda r: _posterior(view.along(r)))
        courses += [*_alone(view, great[0], "LAD"), *_alone(view, great[-1], "LCX")]
    elif left:
        courses += _left_tree(view, left[0])
    if right:
        courses += _right_tree(view, right[0])
    first = {c.points[0] for c in courses}
    for root in (*left, *right):
        if root not in first and children[root]:
            courses += _with_branches(view, NamedCourse("CONUS", None, tuple(_follow(view, root))))
    names = {c.name for c in courses}
    dominance = Dominance.RIGHT if "PDA" in names else None
    if right and not {"PDA", "PLV"} <= names:
        # what the right coronary does not give off at the crux, the circumflex may
        courses = _with_left_crux(view, courses, "L-PLV" if "PDA" in names else "L-PDA")
        if any(c.parent == "LCX" and c.name in ("L-PDA", "L-PLV") for c in courses):
            dominance = Dominance.CO if dominance else Dominance.LEFT
    return tuple(_unique(courses)), dominance


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


def _left_tree(view: _View, root: int) -> list[NamedCourse]:
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
        return _alone(view, root, "LCX" if _posterior(way) > _apexward(way) * 0.6 else "LAD")
    courses = [NamedCourse("LM", None, tuple(trunk))]
    lines = {}
    for number, child in enumerate(great):
        name = "LAD" if number == 0 else "LCX" if child == great[-1] else "RI" if number == 1 else f"RI{number}"
        beyond = _best_way(view, child, SCORES[name]) if name in SCORES else _follow(view, child)
        lines[name] = [*_link(view, fork, child), *beyond[1:]]
    # the greats may share their first millimetres, where none is a branch of another
    own = {p for line in lines.values() for p in line}
    for name in ("LAD", "LCX", *(n for n in lines if n.startswith("RI"))):
        courses += _with_branches(view, NamedCourse(name, "LM", tuple(lines[name])), skip=own)
    named_points = {p for c in courses for p in c.points}
    for point in trunk[1:]:
        for child in view.children[point]:
            if child not in named_points and point != fork:
                line = [point, *_follow(view, child)]
                courses += _with_branches(view, NamedCourse("CONUS", "LM", tuple(line)))
    return courses


def _alone(view: _View, root: int, name: str) -> list[NamedCourse]:
    """Name a great vessel that leaves the aorta by itself, with its branches."""
    return _with_branches(view, NamedCourse(name, None, tuple(_best_way(view, root, SCORES[name]))))


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


def _in_groove(way: Float) -> Float:
    """Score the places of a way: most where it leaves the groove between atrium and ventricle towards the apex."""
    towards = np.maximum.accumulate((way - way[0]) @ APEX_DIRECTION)
    return arc_length_mm(way) - 1.5 * towards


def _lcx_score(way: Float) -> float:
    """Score a way as the circumflex: it stays in its groove the longest; what follows counts little."""
    return float(_in_groove(way).max()) + 0.1 * (min(float(arc_length_mm(way)[-1]), 110.0) - 1.5 * _apexward(way))


def _rca_score(way: Float) -> float:
    """Score a way as the right coronary: it stays in its groove the longest, to the back and the bottom."""
    back, down = float(way[:, 1].max() - way[0, 1]), float(way[0, 2] - way[:, 2].min())
    return float(_in_groove(way).max()) + 0.3 * (back + down) + 0.05 * float(arc_length_mm(way)[-1])


SCORES = {"LAD": _lad_score, "LCX": _lcx_score}


def _right_tree(view: _View, root: int) -> list[NamedCourse]:
    """Name the vessels of a right ostium."""
    line = _best_way(view, root, _rca_score)
    points = view.net.points_lps_mm[line]
    along = arc_length_mm(points)
    groove_end = int(_in_groove(points).argmax())
    low = points[:, 2].min()
    drop = points[0, 2] - points[:, 2]
    # at the crux the artery lies low and behind its rightmost place, and leaves its groove
    behind = points[:, 0] - np.minimum.accumulate(points[:, 0])
    there = (drop > 0.55 * (points[0, 2] - low)) & (behind > BEHIND_MM) & (along[-1] - along > 10.0)
    there &= np.abs(along - along[groove_end]) < NEAR_CRUX_MM
    for at in range(len(line) - 1, 0, -1):
        sides = [c for c in view.children[line[at]] if c not in line and view.length_mm(c) > 10.0]
        if sides and there[at]:
            side = max(sides, key=view.length_mm)
            courses = _with_branches(view, NamedCourse("RCA", None, tuple(line[: at + 1])), skip={line[at + 1], side})
            forks = sorted([line[at + 1], side], key=lambda c: -_end_apexward(view, c))
            for name, child in zip(("PDA", "PLV"), forks):
                courses += _with_branches(view, NamedCourse(name, "RCA", (line[at], *_follow(view, child))))
            return courses
    whole = NamedCourse("RCA", None, tuple(line))
    if there[groove_end] and _apexward(points[groove_end:]) >= DESCENDING_MM:
        # it goes on as the descending branch without a fork
        trunk = NamedCourse("RCA", None, whole.points[: groove_end + 1])
        tail = NamedCourse("PDA", "RCA", whole.points[groove_end:])
        return [*_with_branches(view, trunk, skip={tail.points[1]}), *_with_branches(view, tail)]
    return _with_branches(view, whole)


def _with_left_crux(view: _View, courses: list[NamedCourse], descending: str) -> list[NamedCourse]:
    """Name what the circumflex gives off at the crux, if it reaches it: the branch that goes on is `descending`."""
    lcx = next((c for c in courses if c.name == "LCX"), None)
    if lcx is None:
        return courses
    points = view.net.points_lps_mm[list(lcx.points)]
    along = arc_length_mm(points)
    # round the heart in its groove the circumflex gets to the right until the crux, the descending branch turns back
    crux = int(points[:, 0].argmin())
    if along[crux] < TO_CRUX_MM or points[crux, 0] > points[0, 0] - CRUX_RIGHT_MM:
        return courses
    if along[-1] - along[crux] >= DESCENDING_MM and _apexward(points[crux:]) >= DESCENDING_MM:
        trunk = NamedCourse("LCX", lcx.parent, lcx.points[: crux + 1])
        tail = NamedCourse(descending, "LCX", lcx.points[crux:])
        courses = [part for c in courses for part in ((trunk, tail) if c is lcx else (c,))]
    place = {point: float(along[at]) for at, point in enumerate(lcx.points)}
    late = [
        c
        for c in courses
        if c.parent == "LCX" and c.name == "OM" and along[crux] - place.get(c.points[0], -np.inf) <= BEFORE_CRUX_MM
    ]
    late.sort(key=lambda c: place[c.points[0]])
    named_here = {}
    if late and not any(c.name == descending for c in courses):
        last = late.pop()
        if _apexward(view.net.points_lps_mm[list(last.points)]) < DESCENDING_MM:
            return courses
        named_here[last.points] = descending
    named_here |= {c.points: "L-PLV" for c in late}
    return [NamedCourse(named_here.get(c.points, c.name), c.parent, c.points) for c in courses]


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
    if course.name == "LAD":
        around = view.net.around_hu[_follow(view, child)]
        # only the beginning of a thin septal is seen: its tip is where muscle takes the place of fat
        stub = view.length_mm(child) < STUB_MM and float(np.max(around[-TIP_POINTS:])) > 0.0
        if stub or float(np.median(around)) > IN_MUSCLE_HU:
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
