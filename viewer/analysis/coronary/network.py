"""Middle lines as a network of points with what was measured at each: cut, joined and rooted by pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from viewer.analysis.coronary.profile import profile, recentred, smoothed_course
from viewer.analysis.coronary.region import AirShare
from viewer.analysis.coronary.skeleton import Skeleton
from viewer.model.geometry import Float, Geometry, unit
from viewer.model.volume import Volume

Ints = NDArray[np.int64]

#: Vessels with more lung around them than this, or with more of their tube in the lung, are pulmonary.
MOST_AIR, MOST_OUTSIDE = 0.27, 0.15
#: Two ends this close that point at each other, seen over so many points and so little aside, are one tube.
MEETING_MM, ASIDE_MM, HEAD_ON, END_POINTS = 4.5, 1.25, 0.7, 6
#: An end of one tree this close to another tree lies in the same tube.
BESIDE_MM = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Points on middle lines and who is whose neighbour.

    Attributes
    ----------
    points_lps_mm : ndarray of shape (N, 3)
    radius_mm, hu, around_hu : ndarray of shape (N,)
        See `TubeProfile`.
    lung : ndarray of bool, shape (N,)
        Points that belong to a pulmonary vessel, by the air around them or because their tube goes on into the lung.
    bridge : ndarray of bool, shape (N,)
        Points that no contrast showed: they were put there to cross a gap.
    links : tuple of tuple of int
        For each point the points beside it.
    """

    points_lps_mm: Float
    radius_mm: Float
    hu: Float
    around_hu: Float
    lung: NDArray[np.bool_]
    bridge: NDArray[np.bool_]
    links: tuple[tuple[int, ...], ...]

    def __len__(self) -> int:
        return len(self.links)


def lines_of(links: Sequence[Sequence[int]]) -> list[list[int]]:
    """Return the paths between points that are no mere passage (ends and junctions), each once."""
    result = []
    for start in range(len(links)):
        if len(links[start]) == 2 or not links[start]:
            continue
        for step in links[start]:
            path = [start, step]
            while len(links[path[-1]]) == 2:
                a, b = links[path[-1]]
                path.append(b if a == path[-2] else a)
            if path[0] < path[-1] or (path[0] == path[-1] and path[1] < path[-2]):
                result.append(path)
    return result


def links_from_pairs(count: int, pairs: Iterable[Sequence[int]]) -> tuple[tuple[int, ...], ...]:
    """Return for each of `count` points its neighbours."""
    sets: list[set[int]] = [set() for _ in range(count)]
    for a, b in pairs:
        sets[int(a)].add(int(b))
        sets[int(b)].add(int(a))
    return tuple(tuple(sorted(s)) for s in sets)


def network(
    skeleton: Skeleton, geometry: Geometry, volume: Volume, air: AirShare, *, floor_hu: float, cap_hu: float
) -> Network:
    """Move a skeleton's lines into the middle of their tubes and measure these along them.

    Parameters
    ----------
    skeleton : Skeleton
    geometry : Geometry
        Of the skeleton's grid.
    volume : Volume
        In which the tubes are measured.
    air : AirShare
    floor_hu, cap_hu : float
        Fat and lumen: what is darker or brighter tells nothing about where a tube's middle lies.
    """
    count = len(skeleton.index)
    points = geometry.to_lps(skeleton.index)
    links = links_from_pairs(count, skeleton.link)
    radius, hu, around = np.full(count, 0.5), np.zeros(count), np.zeros(count)
    moved = points.copy()
    for path in lines_of(links):
        course = smoothed_course(points[path], 1.5)
        if len(path) > 5:
            course = recentred(volume, course, floor_hu=floor_hu, cap_hu=cap_hu, rounds=2)
        tube = profile(volume, course, floor_hu=floor_hu, cap_hu=1.6 * cap_hu)
        inner = slice(1, -1) if len(path) > 2 else slice(None)
        ids = np.array(path)[inner]
        moved[ids] = course[inner]
        radius[ids], hu[ids], around[ids] = tube.radius_mm[inner], tube.hu[inner], tube.around_hu[inner]
        for end, near in ((path[0], 1), (path[-1], -2)):
            if len(links[end]) == 1:
                moved[end] = course[0 if near == 1 else -1]
            if len(path) > 2:
                radius[end], hu[end], around[end] = tube.radius_mm[near], tube.hu[near], tube.around_hu[near]
    lung = (air.at(moved) > MOST_AIR) | (skeleton.outside_share > MOST_OUTSIDE)
    return Network(moved, radius, hu, around, lung, np.zeros(count, bool), links)


@dataclass(frozen=True, slots=True, eq=False)
class Rooted:
    """A network seen from its roots.

    Attributes
    ----------
    parent : ndarray of int, shape (N,)
        -1 at a root and where no root leads to.
    root : ndarray of int, shape (N,)
        Which root (its number in the list) leads here; -1: none.
    order : ndarray of int
        Reached points, parents before children.
    from_root_mm : ndarray of shape (N,)
        Length from the root.
    """

    parent: Ints
    root: Ints
    order: Ints
    from_root_mm: Float

    def path_to(self, point: int) -> list[int]:
        """Return the points from the root to `point`."""
        path = [point]
        while self.parent[path[-1]] >= 0:
            path.append(int(self.parent[path[-1]]))
        return path[::-1]

    def children(self) -> list[list[int]]:
        """Return for each point the points after it."""
        result: list[list[int]] = [[] for _ in self.parent]
        for point in self.order:
            if self.parent[point] >= 0:
                result[self.parent[point]].append(int(point))
        return result

    def beyond_mm(self) -> Float:
        """Return for each point the length to the farthest end beyond it."""
        result = np.zeros(len(self.parent))
        for point in self.order[::-1]:
            before = self.parent[point]
            if before >= 0:
                step = self.from_root_mm[point] - self.from_root_mm[before]
                result[before] = max(result[before], result[point] + step)
        return result


def rooted(net: Network, roots: Sequence[int]) -> Rooted:
    """Walk the network from `roots`, all at once, breadth first."""
    count = len(net)
    parent, root = np.full(count, -1, np.int64), np.full(count, -1, np.int64)
    length = np.zeros(count)
    order = list(roots)
    for number, start in enumerate(roots):
        root[start] = number
    for point in order:
        for other in net.links[point]:
            if root[other] < 0:
                root[other], parent[other] = root[point], point
                length[other] = length[point] + np.linalg.norm(net.points_lps_mm[other] - net.points_lps_mm[point])
                order.append(other)
    return Rooted(parent, root, np.array(order, np.int64), length)


def without_links(net: Network, pairs: Iterable[tuple[int, int]]) -> Network:
    """Return the network with some neighbours parted."""
    gone = {frozenset(pair) for pair in pairs}
    links = tuple(tuple(o for o in others if frozenset((p, o)) not in gone) for p, others in enumerate(net.links))
    return replace(net, links=links)


def without_points(net: Network, points: Iterable[int]) -> Network:
    """Return the network with some points left standing alone, so that numbers stay what they were."""
    gone = {int(p) for p in points}
    links = tuple(() if p in gone else tuple(o for o in others if o not in gone) for p, others in enumerate(net.links))
    return replace(net, links=links)


def joined(net: Network, start: int, between_lps_mm: Float, end: int | None, *, radius_mm: float, hu: Float) -> Network:
    """Return the network with a bridge from point `start` over new points to point `end` (or to nowhere).

    Parameters
    ----------
    net : Network
    start, end : int
        Points; `end` may be None.
    between_lps_mm : ndarray of shape (M, 3)
        The new points.
    radius_mm : float
        Calibre to note for them.
    hu : ndarray of shape (M,)
    """
    first, count = len(net), len(between_lps_mm)
    chain = [start, *range(first, first + count)] + ([] if end is None else [end])
    wider = with_single_points(net, between_lps_mm, radius_mm=radius_mm, hu=hu)
    pairs = [(p, o) for p, others in enumerate(net.links) for o in others if p < o]
    links = links_from_pairs(first + count, [*pairs, *pairwise(chain)])
    return replace(wider, bridge=np.r_[net.bridge, np.ones(count, bool)], links=links)


def with_single_points(net: Network, points_lps_mm: Float, *, radius_mm: float, hu: Float | float) -> Network:
    """Return the network with further points that nothing links yet."""
    count = len(points_lps_mm)
    return Network(
        np.r_[net.points_lps_mm, points_lps_mm],
        np.r_[net.radius_mm, np.full(count, radius_mm)],
        np.r_[net.hu, np.broadcast_to(hu, count)],
        np.r_[net.around_hu, np.full(count, float(np.median(net.around_hu)) if len(net) else 0.0)],
        np.r_[net.lung, np.zeros(count, bool)],
        np.r_[net.bridge, np.zeros(count, bool)],
        net.links + ((),) * count,
    )


def with_ends_met(net: Network, roots: Sequence[int]) -> Network:
    """Return the network with each end linked that meets the tree of another root.

    Middle lines hold no loop, but a heart does: the LAD and the posterior descending branch meet round the apex, and
    an occluded artery shows as a cord. The loop was opened anywhere; where it must be opened is for `parted` to say.
    """
    tree = rooted(net, roots)
    ends = [p for p, others in enumerate(net.links) if len(others) == 1 and tree.root[p] >= 0 and p not in roots]
    ahead = {p: _ahead(net, p) for p in ends}
    met: list[tuple[float, int, int]] = []
    for number in range(len(roots)):
        others = np.flatnonzero((tree.root >= 0) & (tree.root != number))
        if not len(others):
            continue
        near = cKDTree(net.points_lps_mm[others])
        for end in (p for p in ends if tree.root[p] == number):
            place = net.points_lps_mm[end]
            far, which = near.query(place)
            if far < BESIDE_MM:
                met.append((float(far), end, int(others[which])))
            for other in (int(others[w]) for w in near.query_ball_point(place, MEETING_MM)):
                gap = net.points_lps_mm[other] - place
                aside = float(np.linalg.norm(gap - (gap @ ahead[end]) * ahead[end]))
                if other in ahead and ahead[end] @ ahead[other] < -HEAD_ON and aside < ASIDE_MM:
                    met.append((float(np.linalg.norm(gap)), end, other))
    pairs = [(p, o) for p, others in enumerate(net.links) for o in others if p < o]
    taken: set[int] = set()
    for _, end, other in sorted(met):
        if end not in taken:
            taken |= {end, other}
            pairs.append((end, other))
    return replace(net, links=links_from_pairs(len(net), pairs))


def _ahead(net: Network, end: int) -> Float:
    """Return the direction in which a line points at its end."""
    line = [end]
    while len(line) <= END_POINTS and (further := [o for o in net.links[line[-1]] if o not in line]):
        line.append(further[0])
    return unit(net.points_lps_mm[end] - net.points_lps_mm[line[-1]])


def pieces(net: Network) -> Ints:
    """Return for each point the number of the connected piece that it belongs to."""
    result = np.full(len(net), -1, np.int64)
    number = 0
    for start in range(len(net)):
        if result[start] >= 0:
            continue
        result[start] = number
        stack = [start]
        while stack:
            for other in net.links[stack.pop()]:
                if result[other] < 0:
                    result[other] = number
                    stack.append(other)
        number += 1
    return result


def smoothed_along(net: Network, path: Sequence[int], values: Float, sigma_px: float = 3.0) -> Float:
    """Return `values` of the points of a path, smoothed along it."""
    return ndimage.gaussian_filter1d(values[list(path)], sigma_px, mode="nearest")
