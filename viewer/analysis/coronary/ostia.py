"""Where the coronaries leave the aorta."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from viewer.analysis.coronary.aorta import RoundTube
from viewer.analysis.coronary.network import Network, rooted, without_points
from viewer.model.geometry import Float

#: How far from the contrast's edge a line may begin and still leave the aorta.
REACH_MM = 5.0
#: Nearer to the contrast's edge than this runs no coronary, only the rim of the sinuses.
RIM_MM = 1.3
#: Where a closed ostium may lie: so far above and below the open ones, and so far round the aorta from them.
CLOSED_ABOVE_MM, CLOSED_BELOW_MM, CLOSED_APART_DEG = 10.0, 14.0, 60.0
#: A way to a closed ostium ends so far from the contrast's edge: nearer, blur hides the wall.
WALL_MM = 2.0
#: A coronary's trunk and all that hangs on it are at least this long.
SHORTEST_TREE_MM = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class Ostium:
    """The mouth of a coronary.

    Attributes
    ----------
    lps_mm : ndarray of shape (3,)
        On the edge of the aorta's contrast.
    point : int
        The network's point nearest to it.
    tree_mm : float
        Length of all lines that can be reached from here without passing another ostium.
    """

    lps_mm: Float
    point: int
    tree_mm: float


def above_edge_mm(aorta: RoundTube, points_lps_mm: Float) -> Float:
    """Return the distance of points from the aorta's edge in their axial plane, positive outside."""
    center, radius = aorta.disc_at(points_lps_mm[:, 2])
    return np.hypot(*(points_lps_mm[:, :2] - center).T) - radius


def _begins_here(net: Network, aorta: RoundTube, point: int, lumen_hu: float) -> bool:
    """Tell whether the line that ends at `point` runs away from the aorta and is as bright as it."""
    line = [point]
    while len(line) < 16:
        further = [o for o in net.links[line[-1]] if o not in line]
        if not further:
            break
        line.append(max(further, key=lambda o: float(above_edge_mm(aorta, net.points_lps_mm[[o]])[0])))
    if len(line) < 8:
        return False
    points = net.points_lps_mm[line]
    far = np.array(line[4:])
    outward = above_edge_mm(aorta, points[[0, -1]])
    travelled = float(np.linalg.norm(points[-1] - points[0]))
    bright = float(np.median(net.hu[far]))
    apart = float(np.median(net.around_hu[far]))
    return outward[1] - outward[0] > 0.3 * travelled and bright > 0.7 * lumen_hu and apart < 0.6 * lumen_hu


def without_rim(net: Network, aorta: RoundTube) -> Network:
    """Take the lines away that run inside the aorta or along its edge, so that the coronaries begin beside it."""
    z = net.points_lps_mm[:, 2]
    top, bottom = aorta.center_lps_mm[0, 2], aorta.center_lps_mm[-1, 2]
    near = (above_edge_mm(aorta, net.points_lps_mm) < RIM_MM) & (z > bottom - 3.0) & (z < top + 3.0)
    return without_points(net, np.flatnonzero(near))


def ostia(net: Network, aorta: RoundTube) -> tuple[Ostium, ...]:
    """Return the ostia on an aorta, that of the largest tree first.

    Parameters
    ----------
    net : Network
        Without the aorta's rim.
    aorta : RoundTube
    """
    z = net.points_lps_mm[:, 2]
    top, bottom = aorta.center_lps_mm[0, 2], aorta.center_lps_mm[-1, 2]
    above = above_edge_mm(aorta, net.points_lps_mm)
    candidates = [
        int(point)
        for point in np.flatnonzero((above < REACH_MM) & (z > bottom - 8) & (z < top + 3))
        if len(net.links[point]) == 1 and _begins_here(net, aorta, int(point), aorta.lumen_hu)
    ]
    candidates.sort(key=lambda p: float(above[p]))
    chosen: list[int] = []
    for point in candidates:
        if all(np.linalg.norm(net.points_lps_mm[point] - net.points_lps_mm[c]) > 6 for c in chosen):
            chosen.append(int(point))
    reached = rooted(net, chosen)
    result = []
    for number, point in enumerate(chosen):
        own = np.flatnonzero(reached.root == number)
        before = reached.parent[own]
        step = reached.from_root_mm[own] - np.where(before >= 0, reached.from_root_mm[before], 0.0)
        total = float(step[before >= 0].sum())
        if total >= SHORTEST_TREE_MM:
            result.append(Ostium(_on_edge(net, aorta, point), point, total))
    return tuple(sorted(result, key=lambda o: -o.tree_mm))


def closed_mouths(aorta: RoundTube, open_lps_mm: Float, step_mm: float = 1.5) -> tuple[Float, Float]:
    """Return where a coronary may leave the aorta whose ostium shows no contrast.

    The two coronaries leave different sinuses; where all open ostia lie on one side, the other one is closed.

    Parameters
    ----------
    aorta : RoundTube
    open_lps_mm : ndarray of shape (N, 3)
        The open ostia.
    step_mm : float

    Returns
    -------
    outside_lps_mm, edge_lps_mm : ndarray of shape (M, 3)
        Places `WALL_MM` outside the contrast and beside them on its edge; none if no side is without an ostium.
    """
    center, _ = aorta.disc_at(open_lps_mm[:, 2])
    ahead = open_lps_mm[:, :2] - center
    known = np.arctan2(ahead[:, 1], ahead[:, 0])
    if np.cos(known - known[0]).min() < np.cos(np.radians(CLOSED_APART_DEG)):
        return np.empty((0, 3)), np.empty((0, 3))
    top, bottom = aorta.center_lps_mm[0, 2], aorta.center_lps_mm[-1, 2]
    high = min(float(open_lps_mm[:, 2].max()) + CLOSED_ABOVE_MM, top)
    low = max(float(open_lps_mm[:, 2].min()) - CLOSED_BELOW_MM, bottom - CLOSED_BELOW_MM)
    heights = np.arange(low, high, step_mm)
    center, radius = aorta.disc_at(heights)
    angles = np.arange(-np.pi, np.pi, step_mm / float(radius.mean()))
    angles = angles[np.cos(angles[:, None] - known).max(1) < np.cos(np.radians(CLOSED_APART_DEG))]
    way = np.stack([np.cos(angles), np.sin(angles)], 1)

    def ring(apart_mm: float) -> Float:
        xy = center[:, None, :] + (radius[:, None, None] + apart_mm) * way[None]
        z = np.broadcast_to(heights[:, None, None], (*xy.shape[:2], 1))
        return np.concatenate([xy, z], axis=2).reshape(-1, 3)

    return ring(WALL_MM), ring(0.0)


def _on_edge(net: Network, aorta: RoundTube, point: int) -> Float:
    """Return where the line that ends at `point` meets the edge of the aorta's contrast when it goes straight on."""
    line = [point]
    while len(line) < 9:
        further = [o for o in net.links[line[-1]] if o not in line]
        if not further:
            break
        line.append(further[0])
    points = net.points_lps_mm[line]
    back = points[0] - points[-1]
    back /= max(float(np.linalg.norm(back)), 1e-9)
    walk = points[0] + np.arange(-3.0, 8.0, 0.1)[:, None] * back
    above = above_edge_mm(aorta, walk)
    crossed = np.flatnonzero(above <= 0)
    return walk[crossed[0]] if len(crossed) else points[0]
