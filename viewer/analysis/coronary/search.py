"""The cheapest way between places of a grid."""

from __future__ import annotations

import heapq

import numba as nb
import numpy as np
from numpy.typing import NDArray

from viewer.analysis.coronary.grid import F32

Ints = NDArray[np.int64]

#: A little less than the least price: rounding must not let the straight way cost more than a real one.
AIM_SHARE = 0.999


@nb.njit(nogil=True, cache=True, inline="always")
def _ahead(
    at: np.int64,
    rows: np.int64,
    columns: np.int64,
    aim: np.ndarray,
    least: np.float32,
) -> np.float32:  # pragma: no cover - compiled
    """Return what the straight way from a voxel to `aim` costs at the least price."""
    dk = np.float32(at // (rows * columns)) - aim[0]
    dj = np.float32((at // columns) % rows) - aim[1]
    di = np.float32(at % columns) - aim[2]
    return least * np.float32(np.sqrt(dk * dk + dj * dj + di * di))


@nb.njit(nogil=True, cache=True)
def _search(
    price: np.ndarray,
    starts: np.ndarray,
    start_cost: np.ndarray,
    target: np.ndarray,
    limit: np.float32,
    least: np.float32,
    aim: np.ndarray,
    cost: np.ndarray,
    parent: np.ndarray,
) -> np.int64:  # pragma: no cover - compiled
    """Search over 26 neighbours until a target is settled; returns its flat index, or -1.

    The straight way on to `aim` at the `least` price is counted beforehand (A*); with `least` 0 this is Dijkstra's.
    """
    K, J, n = price.shape
    flat = price.ravel()
    goal = target.ravel()
    done = np.zeros(flat.size, np.bool_)
    heap = [(np.float32(0), np.int64(0))]
    heap.pop()
    for m in range(starts.size):
        at = starts[m]
        if start_cost[m] < cost[at]:
            cost[at] = start_cost[m]
            parent[at] = -1
            heapq.heappush(heap, (start_cost[m] + _ahead(at, J, n, aim, least), at))
    while len(heap) > 0:
        ranked, at = heapq.heappop(heap)
        d = cost[at]
        if done[at]:
            continue
        done[at] = True
        if goal[at]:
            return at
        if ranked > limit:
            return np.int64(-1)
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
                        heapq.heappush(heap, (new + _ahead(other, J, n, aim, least), other))
    return np.int64(-1)


def cheapest_path(
    price: F32,
    starts: Ints,
    target: NDArray[np.bool_],
    *,
    start_cost: F32 | None = None,
    limit: float = np.inf,
    aimed: bool = False,
) -> tuple[Ints, float] | None:
    """Return the cheapest path over 26 neighbours from any start to any target.

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
    aimed : bool
        Look first where the straight way to the only target could still lead: faster, and of ways that cost the same
        the straighter one is found.

    Returns
    -------
    tuple of (ndarray of int, shape (N, 3), float) or None
        Voxels from the start to the target, and the cost; None if there is no way within `limit`.
    """
    flat = np.ravel_multi_index(tuple(np.asarray(starts, np.int64).T), price.shape).astype(np.int64)
    cost = np.full(price.size, np.inf, np.float32)
    parent = np.full(price.size, -1, np.int32)
    first = np.zeros(len(flat), np.float32) if start_cost is None else start_cost.astype(np.float32)
    aim = np.argwhere(target)[0].astype(np.float32) if aimed else np.zeros(3, np.float32)
    least = np.float32(AIM_SHARE * price.min() if aimed else 0.0)
    end = int(_search(price, flat, first, target, np.float32(limit), least, aim, cost, parent))
    if end < 0:
        return None
    path = [end]
    while parent[path[-1]] >= 0:
        path.append(int(parent[path[-1]]))
    return np.stack(np.unravel_index(np.array(path[::-1]), price.shape), 1), float(cost[end])
