"""The middle lines of all tubes, as points and links: minimal paths through the tube measure, longest first."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import pairwise

import numba as nb
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from viewer.analysis.coronary.grid import F32

I32 = NDArray[np.int32]

#: Share of what belongs to a line in which another line is no line of its own: half of the tube's radius.
CORE = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Skeleton:
    """Middle lines on a grid.

    Attributes
    ----------
    index : ndarray of int32, shape (N, 3)
        Voxels (k, j, i).
    link : ndarray of int32, shape (M, 2)
        Neighbours along a line, as rows of `index`; there is no loop.
    outside_share : ndarray of float32, shape (N,)
        How much of the tube that a voxel belongs to lies outside the region, if that is followed there.
    """

    index: I32
    link: I32
    outside_share: F32


@nb.njit(nogil=True, cache=True)
def _neighbours(
    position: np.ndarray,
    number_at: np.ndarray,
    shape: tuple[int, int, int],
    out: np.ndarray,
    step: np.ndarray,
) -> int:  # pragma: no cover - compiled
    """Fill `out` with the compact numbers of a voxel's neighbours in the mask, `step` with their distance in voxels."""
    count = 0
    for dk in range(-1, 2):
        for dj in range(-1, 2):
            for di in range(-1, 2):
                if dk == 0 and dj == 0 and di == 0:
                    continue
                k, j, i = position[0] + dk, position[1] + dj, position[2] + di
                if k < 0 or j < 0 or i < 0 or k >= shape[0] or j >= shape[1] or i >= shape[2]:
                    continue
                other = number_at[k, j, i]
                if other >= 0:
                    out[count] = other
                    step[count] = np.sqrt(float(dk * dk + dj * dj + di * di))
                    count += 1
    return count


@nb.njit(nogil=True, cache=True)
def _spread(
    index: np.ndarray,
    number_at: np.ndarray,
    price: np.ndarray,
    roots: np.ndarray,
    distance: np.ndarray,
    length: np.ndarray,
    parent: np.ndarray,
    reached: np.ndarray,
) -> int:  # pragma: no cover - compiled
    """Dijkstra from `roots` over the compact voxels; returns how many were reached, in order, in `reached`."""
    shape = number_at.shape
    out = np.empty(26, np.int64)
    step = np.empty(26, np.float64)
    heap = [(0.0, roots[0])]
    heap.pop()
    for root in roots:
        distance[root] = 0.0
        length[root] = 0.0
        parent[root] = -1
        heapq.heappush(heap, (0.0, root))
    count = 0
    while len(heap) > 0:
        d, at = heapq.heappop(heap)
        if d > distance[at]:
            continue
        reached[count] = at
        count += 1
        n = _neighbours(index[at], number_at, shape, out, step)
        for m in range(n):
            other = out[m]
            new = d + step[m] * 0.5 * (price[at] + price[other])
            if new < distance[other]:
                distance[other] = new
                length[other] = length[at] + step[m]
                parent[other] = at
                heapq.heappush(heap, (new, other))
    return count


@nb.njit(nogil=True, cache=True)
def _cover(
    line: np.ndarray,
    index: np.ndarray,
    number_at: np.ndarray,
    reach: np.ndarray,
    share: float,
    owner: np.ndarray,
) -> None:  # pragma: no cover - compiled
    """Note a line's nodes as the owners of all mask voxels within a share of their reach (voxels) that have none."""
    for node in line:
        r = share * reach[node]
        n = int(np.ceil(r))
        for dk in range(-n, n + 1):
            for dj in range(-n, n + 1):
                for di in range(-n, n + 1):
                    if dk * dk + dj * dj + di * di > r * r:
                        continue
                    k, j, i = index[node, 0] + dk, index[node, 1] + dj, index[node, 2] + di
                    if 0 <= k < number_at.shape[0] and 0 <= j < number_at.shape[1] and 0 <= i < number_at.shape[2]:
                        other = number_at[k, j, i]
                        if other >= 0 and owner[other] < 0:
                            owner[other] = node


@nb.njit(nogil=True, cache=True)
def _branches(
    reached: np.ndarray,
    count: int,
    index: np.ndarray,
    number_at: np.ndarray,
    length: np.ndarray,
    parent: np.ndarray,
    reach: np.ndarray,
    shortest: float,
    covered: np.ndarray,
    core: np.ndarray,
    on_line: np.ndarray,
    lines: np.ndarray,
    starts: np.ndarray,
) -> int:  # pragma: no cover - compiled
    """Cut the reached voxels into lines, the one that ends farthest first; returns the number of lines.

    Where a line keeps to the core of another one until it joins it, it is left out: of two ways through a wide trunk
    each would keep to its own side, and they would part long before the lumens do.
    """
    ends = reached[:count][np.argsort(-length[reached[:count]])]
    n_lines = 0
    at_line = 0
    path = np.empty(count + 1, np.int64)
    for end in ends:
        if covered[end] >= 0:
            continue
        n = 0
        node = end
        while node >= 0 and not on_line[node]:
            path[n] = node
            n += 1
            node = parent[node]
        own = length[end] - (length[node] + reach[node] if node >= 0 else 0.0)
        _cover(path[:n], index, number_at, reach, 1.0, covered)
        if own < shortest:
            continue
        joined = node
        while n > 1 and core[path[n - 1]] >= 0:
            n -= 1
            joined = core[path[n]]
        _cover(path[:n], index, number_at, reach, CORE, core)
        starts[n_lines] = at_line
        n_lines += 1
        if joined >= 0:
            lines[at_line] = joined
            at_line += 1
        for m in range(n - 1, -1, -1):
            lines[at_line] = path[m]
            on_line[path[m]] = True
            at_line += 1
    starts[n_lines] = at_line
    return n_lines


def skeleton(
    tube: F32,
    region: NDArray[np.bool_],
    low: float,
    high: float,
    reach_px: NDArray[np.float64],
    which: NDArray[np.uint8],
    *,
    shortest_px: float,
) -> Skeleton:
    """Return the middle lines of the tubes that rise above `high` somewhere and stay above `low`.

    Parameters
    ----------
    tube : ndarray of float32
        Tube measure.
    region : ndarray of bool
        Where to look.
    low, high : float
        Hysteresis of the tube measure.
    reach_px : ndarray of shape (S,)
        For each index of `which`, how far around a line (voxels) everything belongs to it.
    which : ndarray of uint8
        Scale that answered, per voxel.
    shortest_px : float
        Lines shorter than this, beyond the vessel that they leave, are no branches.
    """
    everywhere = tube > low
    whole, n_whole = ndimage.label(everywhere, np.ones((3, 3, 3), int))
    total = np.bincount(whole.ravel(), minlength=n_whole + 1)
    mask = everywhere & region
    share = 1.0 - np.bincount(whole[mask], minlength=n_whole + 1) / np.maximum(total, 1)
    piece, n_pieces = ndimage.label(mask, np.ones((3, 3, 3), int))
    flat = np.flatnonzero(mask)
    of = piece.ravel()[flat]
    strong = np.zeros(n_pieces + 1)
    np.add.at(strong, of, tube.ravel()[flat] > high)
    keep = strong[of] >= shortest_px
    flat, of = flat[keep], of[keep]
    index = np.stack(np.unravel_index(flat, mask.shape), 1).astype(np.int32)
    number_at = np.full(mask.shape, -1, np.int32)
    number_at.ravel()[flat] = np.arange(len(flat), dtype=np.int32)
    value = tube.ravel()[flat].astype(np.float64)
    price = (high / value) ** 2 + 0.02
    reach = reach_px[which.ravel()[flat]]
    n = len(flat)
    distance = np.full(n, np.inf)
    length = np.zeros(n)
    parent = np.full(n, -1, np.int64)
    reached = np.empty(n, np.int64)
    covered = np.full(n, -1, np.int64)
    core = np.full(n, -1, np.int64)
    on_line = np.zeros(n, bool)
    points: list[NDArray[np.int64]] = []
    links: list[NDArray[np.int64]] = []
    order = np.argsort(of, kind="stable")
    first = np.r_[0, np.flatnonzero(np.diff(of[order])) + 1, n] if n else np.array([0])
    for a, b in pairwise(first):
        members = order[a:b].astype(np.int64)
        # from any voxel to the farthest, and from there again: a line begins at an end
        roots = members[:1]
        for _ in range(2):
            distance[members] = np.inf
            count = _spread(index, number_at, price, roots, distance, length, parent, reached)
            roots = reached[:count][np.argmax(length[reached[:count]])][None]
        distance[members] = np.inf
        count = _spread(index, number_at, price, roots, distance, length, parent, reached)
        lines = np.empty(2 * count + 2, np.int64)
        starts = np.empty(count + 2, np.int64)
        n_lines = _branches(
            reached, count, index, number_at, length, parent, reach, shortest_px, covered, core, on_line, lines, starts
        )
        for line in range(n_lines):
            nodes = lines[starts[line] : starts[line + 1]]
            points.append(nodes)
            links.append(np.c_[nodes[:-1], nodes[1:]])
    if not points:
        return Skeleton(np.empty((0, 3), np.int32), np.empty((0, 2), np.int32), np.empty(0, np.float32))
    used = np.unique(np.concatenate(points))
    renumber = np.full(n, -1, np.int32)
    renumber[used] = np.arange(len(used), dtype=np.int32)
    return Skeleton(index[used], renumber[np.concatenate(links)], share[whole.ravel()[flat[used]]].astype(np.float32))
