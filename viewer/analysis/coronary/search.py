"""The cheapest way between places of a grid."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numba as nb
import numpy as np
from numpy.typing import NDArray

from viewer.analysis.coronary.grid import F32

Ints = NDArray[np.int64]

#: A little less than the least price: rounding must not let the straight way cost more than a real one.
AIM_SHARE = 0.999


@nb.njit(nogil=True, cache=True)
def _search(
    price: np.ndarray,
    starts: np.ndarray,
    start_cost: np.ndarray,
    target: np.ndarray,
    limit: np.float32,
    slack: np.float32,
    cost: np.ndarray,
    parent: np.ndarray,
) -> np.int64:  # pragma: no cover - compiled
    """Search over 26 neighbours until a target is settled, and on for what costs `slack` more.

    No path leads through a target. Returns the flat index of the first one, or -1.
    """
    K, J, n = price.shape
    flat = price.ravel()
    goal = target.ravel()
    done = np.zeros(flat.size, np.bool_)
    heap = [(np.float32(0), np.int64(0))]
    heap.pop()
    first = np.int64(-1)
    for m in range(starts.size):
        at = starts[m]
        if start_cost[m] < cost[at]:
            cost[at] = start_cost[m]
            parent[at] = -1
            heapq.heappush(heap, (start_cost[m], at))
    while len(heap) > 0:
        d, at = heapq.heappop(heap)
        if done[at]:
            continue
        done[at] = True
        if d > limit:
            return first
        if goal[at]:
            if first < 0:
                first = at
                limit = min(limit, d + slack)
            if slack == 0:
                return first
            continue
        k = at // (J * n)
        j = (at // n) % J
        i = at % n
        for dk in range(-1, 2):
            kk = k + dk
            if kk < 0 or kk >= K:
                continue
            for dj in range(-1, 2):
                jj = j + dj
                if jj < 0 or jj >= J:
                    continue
                for di in range(-1, 2):
                    ii = i + di
                    if ii < 0 or ii >= n or (dk == 0 and dj == 0 and di == 0):
                        continue
                    other = (kk * J + jj) * n + ii
                    far = np.float32(np.sqrt(np.float32(dk * dk + dj * dj + di * di)))
                    new = d + far * np.float32(0.5) * (flat[at] + flat[other])
                    if new < cost[other]:
                        cost[other] = new
                        parent[other] = at
                        heapq.heappush(heap, (new, other))
    return first


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """What a search found out about the voxels around its starts.

    Attributes
    ----------
    cost : ndarray of float32, shape (K, J, I)
        Of the cheapest path to each voxel; infinite where the search did not come.
    parent : ndarray of int32, shape (K * J * I,)
        The voxel before each one on its path, as a flat index; -1 at a start.
    first : tuple of int
        The target that was reached first.
    """

    cost: F32
    parent: NDArray[np.int32]
    first: tuple[int, ...]

    def path_to(self, voxel: Sequence[int] | Ints) -> Ints:
        """Return the voxels from a start to `voxel`, shape (N, 3)."""
        end = int(np.ravel_multi_index(tuple(int(n) for n in voxel), self.cost.shape))
        return np.stack(np.unravel_index(_back(self.parent, end)[::-1], self.cost.shape), 1)


def reached(
    price: F32,
    starts: Ints,
    target: NDArray[np.bool_],
    *,
    start_cost: F32 | None = None,
    limit: float = np.inf,
    slack: float = 0.0,
) -> Reached | None:
    """Search over 26 neighbours from all starts until a target is reached, and on as far as costs `slack` more.

    No path leads through a target.

    Parameters
    ----------
    price : ndarray of float32, shape (K, J, I)
        Cost of one voxel's length.
    starts : ndarray of int, shape (S, 3)
        Voxels (k, j, i).
    target : ndarray of bool, shape (K, J, I)
    start_cost : ndarray of float32, shape (S,), optional
        What it costs to begin at each start.
    limit : float
        Give up beyond this cost.
    slack : float

    Returns
    -------
    Reached or None
        None if there is no way to a target within `limit`.
    """
    flat = np.ravel_multi_index(tuple(np.asarray(starts, np.int64).T), price.shape).astype(np.int64)
    cost = np.full(price.size, np.inf, np.float32)
    parent = np.full(price.size, -1, np.int32)
    first = np.zeros(len(flat), np.float32) if start_cost is None else start_cost.astype(np.float32)
    end = int(_search(price, flat, first, target, np.float32(limit), np.float32(slack), cost, parent))
    if end < 0:
        return None
    place = tuple(int(n) for n in np.unravel_index(end, price.shape))
    return Reached(cost.reshape(price.shape), parent, place)


def _back(parent: NDArray[np.int32], end: int) -> Ints:
    """Return the way back from a voxel to where its search began, as flat indices."""
    path = [end]
    while parent[path[-1]] >= 0:
        path.append(int(parent[path[-1]]))
    return np.array(path, np.int64)


@nb.njit(nogil=True, cache=True, inline="always")
def _apart(kji: np.ndarray, k: np.int64, j: np.int64, i: np.int64) -> np.float32:  # pragma: no cover - compiled
    """Return how far a voxel lies from another, in voxels."""
    dk, dj, di = kji[0] - np.float32(k), kji[1] - np.float32(j), kji[2] - np.float32(i)
    return np.float32(np.sqrt(dk * dk + dj * dj + di * di))


@nb.njit(nogil=True, cache=True)
def _meet(
    price: np.ndarray,
    ends: np.ndarray,
    least: np.float32,
    cost: np.ndarray,
    parent: np.ndarray,
) -> np.int64:  # pragma: no cover - compiled
    """Search over 26 neighbours from both ends until no better way can be; returns where they met, as a flat index.

    A way through a thin bright vessel costs so much less than one beside it that a search from one end settles a wide
    sheath of tissue before it arrives; two half ways settle a fraction of it. What the straight way at the `least`
    price adds is counted half for either end, so that both searches agree on what a step costs (Goldberg and Harrelson
    2005, after Ikeda 1994): the first way for which the two heaps' tops add up to its cost is the cheapest.
    """
    K, J, n = price.shape
    flat = price.ravel()
    done = np.zeros((2, flat.size), np.bool_)
    at_end = ends.astype(np.float32)
    half = np.float32(0.5) * least
    ahead = [(np.float32(0), (ends[0, 0] * J + ends[0, 1]) * n + ends[0, 2])]
    back = [(np.float32(0), (ends[1, 0] * J + ends[1, 1]) * n + ends[1, 2])]
    cost[0, ahead[0][1]] = 0
    cost[1, back[0][1]] = 0
    best, meet = cost[1, ahead[0][1]], ahead[0][1]
    while len(ahead) > 0 and len(back) > 0 and ahead[0][0] + back[0][0] < best:
        side = 0 if len(ahead) <= len(back) else 1
        at = heapq.heappop(ahead)[1] if side == 0 else heapq.heappop(back)[1]
        if done[side, at]:
            continue
        done[side, at] = True
        d = cost[side, at]
        k = at // (J * n)
        j = (at // n) % J
        i = at % n
        for dk in range(-1 if k > 0 else 0, 2 if k < K - 1 else 1):
            for dj in range(-1 if j > 0 else 0, 2 if j < J - 1 else 1):
                for di in range(-1 if i > 0 else 0, 2 if i < n - 1 else 1):
                    other = at + (dk * J + dj) * n + di
                    far = np.float32(np.sqrt(np.float32(dk * dk + dj * dj + di * di)))
                    new = d + far * np.float32(0.5) * (flat[at] + flat[other])
                    if new < cost[side, other]:
                        cost[side, other] = new
                        parent[side, other] = at
                        if new + cost[1 - side, other] < best:
                            best, meet = new + cost[1 - side, other], other
                        here = _apart(at_end[1 - side], k + dk, j + dj, i + di)
                        gone = _apart(at_end[side], k + dk, j + dj, i + di)
                        ranked = new + half * (here - gone)
                        if side == 0:
                            heapq.heappush(ahead, (ranked, other))
                        else:
                            heapq.heappush(back, (ranked, other))
    return meet


def cheapest_between(price: F32, start: tuple[int, int, int], end: tuple[int, int, int]) -> tuple[Ints, float]:
    """Return the cheapest path over 26 neighbours between two voxels, searched from both.

    Parameters
    ----------
    price : ndarray of float32, shape (K, J, I)
        Cost of one voxel's length; finite and above 0.
    start, end : tuple of int
        Voxels (k, j, i) of the grid.

    Returns
    -------
    tuple of (ndarray of int, shape (N, 3), float)
        Voxels from the start to the end, and the cost.
    """
    cost = np.full((2, price.size), np.inf, np.float32)
    parent = np.full((2, price.size), -1, np.int32)
    ends = np.array([start, end], np.int64)
    meet = int(_meet(price, ends, np.float32(AIM_SHARE * price.min()), cost, parent))
    path = np.r_[_back(parent[0], meet)[::-1], _back(parent[1], meet)[1:]]
    return np.stack(np.unravel_index(path, price.shape), 1), float(cost[:, meet].sum())
