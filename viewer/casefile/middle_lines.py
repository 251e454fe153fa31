"""The middle lines of a mask, as those of TEASAR (Sato et al., Pacific Graphics 2000).

The cheapest way from an end to the voxel that lies farthest from it, where the middle of the vessel is cheap; what lies
around that way is crossed out; and so on from the farthest voxel that is left.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from viewer.model.geometry import Float
from viewer.progress import Progress

#: What lies this near to a middle line (times the radius there, plus mm) belongs to it.
REACH, REACH_MM = 1.6, 0.8
#: Shorter stretches are no vessels.
SHORTEST_MM = 4.0
FEWEST_VOXELS = 8
_STEPS = np.array([s for s in np.ndindex(3, 3, 3) if s > (1, 1, 1)]) - 1


def middle_lines(
    mask: NDArray[np.bool_], spacing_mm: Float, start_index: Float | None, progress: Progress
) -> list[tuple[Float, Float]]:
    """Return the middle lines of a mask, for each connected part the longest first.

    Parameters
    ----------
    mask : ndarray of bool, shape (K, J, I)
    spacing_mm : ndarray of shape (3,)
    start_index : ndarray of shape (M, 3) or None
        Lines start at the end nearest to these (k, j, i); at the widest end if not given.

    Returns
    -------
    list of (ndarray of shape (N, 3), ndarray of shape (N,))
        Indices (k, j, i) along a line, the first of a branch on the line that it leaves; the inscribed radius there.
    """
    padded = np.pad(mask, 1)
    # From a voxel's centre to the nearest centre outside is half a voxel more than to the rim.
    depth = ndimage.distance_transform_edt(padded, sampling=spacing_mm)
    radius = np.maximum(depth - 0.5 * float(np.mean(spacing_mm)), 0.5 * float(np.min(spacing_mm)))
    parts, count = ndimage.label(padded, np.ones((3, 3, 3)))
    start = None if start_index is None else cKDTree((start_index + 1) * spacing_mm)
    result: list[tuple[Float, Float]] = []
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    for part in sorted(range(1, count + 1), key=lambda part: -sizes[part]):
        if sizes[part] < FEWEST_VOXELS:
            continue
        progress(0.1, "Following the middle of the vessels")
        index = np.argwhere(parts == part)
        inside = _Inside(index, radius[tuple(index.T)], padded.shape, spacing_mm)
        first = inside.lines(inside.farthest(0))
        if not first:
            continue
        tips = [int(first[0][0]), *(int(line[-1]) for line in first)]
        away = [inside.thinness(tip) for tip in tips] if start is None else start.query(inside.place[tips])[0]
        root = tips[int(np.argmin(away))]
        result += [
            (index[line].astype(float) - 1.0, inside.radius[line]) for line in inside.trimmed(inside.lines(root))
        ]
    return result


class _Inside:
    """The voxels of one connected part as a graph."""

    def __init__(self, index: NDArray[np.int64], radius: Float, shape: tuple[int, ...], spacing_mm: Float) -> None:
        count = len(index)
        number_at = np.full(shape, -1)
        number_at[tuple(index.T)] = np.arange(count)
        rows, columns, lengths = [], [], []
        for step in _STEPS:
            other = number_at[tuple((index + step).T)]
            there = np.flatnonzero(other >= 0)
            rows.append(there)
            columns.append(other[there])
            lengths.append(np.full(len(there), float(np.linalg.norm(step * spacing_mm))))
        a, b, length = np.concatenate(rows), np.concatenate(columns), np.concatenate(lengths)
        price = (1.02 - radius / radius.max()) ** 4 + 1e-3
        self.radius, self.place = radius, index * spacing_mm
        self._near = cKDTree(self.place)
        self._way = coo_matrix((length, (a, b)), (count, count)).tocsr()
        self._cheap = coo_matrix((length * (price[a] + price[b]), (a, b)), (count, count)).tocsr()

    def farthest(self, start: int) -> int:
        """Return the voxel that lies farthest from another."""
        return int(dijkstra(self._way, directed=False, indices=start).argmax())

    def thinness(self, tip: int) -> float:
        """Return how thin it is about a tip, to compare tips by."""
        return -float(self.radius[self._near.query_ball_point(self.place[tip], SHORTEST_MM)].max())

    def lines(self, root: int) -> list[NDArray[np.int64]]:
        """Return the lines from a root, the longest first; a branch begins with a voxel of an earlier line."""
        from_root = dijkstra(self._way, directed=False, indices=root)
        _, before = dijkstra(self._cheap, directed=False, indices=root, return_predecessors=True)
        free, on_line = np.ones(len(self.place), bool), np.zeros(len(self.place), bool)
        found: list[NDArray[np.int64]] = []
        for end in np.argsort(-from_root):
            if not free[end]:
                continue
            line = [int(end)]
            while line[-1] != root and not on_line[line[-1]]:
                line.append(int(before[line[-1]]))
            path = np.array(line[::-1])
            for others in self._near.query_ball_point(self.place[path], REACH * self.radius[path] + REACH_MM):
                free[others] = False
            own = float(np.linalg.norm(np.diff(self.place[path], axis=0), axis=1).sum())
            if own - (self.radius[path[0]] if found else 0.0) >= SHORTEST_MM:
                on_line[path] = True
                found.append(path)
        return found

    def trimmed(self, lines: list[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
        """Return lines without their free ends' last voxels, which turn into a corner of the blunt end."""
        return [
            self._without_corner(line if n else self._without_corner(line[::-1])[::-1]) for n, line in enumerate(lines)
        ]

    def _without_corner(self, line: NDArray[np.int64]) -> NDArray[np.int64]:
        station = np.r_[0, np.cumsum(np.linalg.norm(np.diff(self.place[line], axis=0), axis=1))]
        last = self.radius[line][station > station[-1] - SHORTEST_MM]
        corner = int((last[::-1] >= 0.75 * last.max()).argmax())
        return line[: len(line) - corner]
