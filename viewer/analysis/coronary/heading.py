"""Where the lines of a network head: out of their ends, down the stream, round a bend."""

from __future__ import annotations

import numpy as np

from viewer.analysis.coronary.network import Network, Rooted
from viewer.analysis.coronary.tree import upstream
from viewer.model.geometry import Float, unit


def direction(net: Network, point: int, reach_mm: float = 5.0) -> Float | None:
    """Return the unit vector in which the line that ends at `point` would go on; None if no line ends there."""
    if len(net.links[point]) != 1:
        return None
    line = [point]
    while np.linalg.norm(net.points_lps_mm[line[-1]] - net.points_lps_mm[point]) < reach_mm:
        further = [o for o in net.links[line[-1]] if o not in line]
        if len(further) != 1:
            break
        line.append(further[0])
    if len(line) < 3:
        return None
    way = net.points_lps_mm[point] - net.points_lps_mm[line[-1]]
    return way / max(float(np.linalg.norm(way)), 1e-9)


def flow_at(net: Network, tree: Rooted, point: int, reach_mm: float = 6.0) -> Float | None:
    """Return the direction away from the root at a point of the tree."""
    line = upstream(tree, point, reach_mm)
    if len(line) < 4:
        return None
    return unit(net.points_lps_mm[point] - net.points_lps_mm[line[-1]])


def inward(net: Network, point: int) -> Float | None:
    """Return the unit direction from `point` into the longer of the lines that leave it; None if it is a junction."""
    if not 1 <= len(net.links[point]) <= 2:
        return None
    arms = arms_of(net, point)
    return unit(max(arms, key=lambda arm: float(arm @ arm))) if arms else None


def arms_of(net: Network, point: int, reach_mm: float = 6.0) -> list[Float]:
    """Return the ways from `point` along each line that leaves it, up to a distance; none for the shortest lines."""
    result = []
    for first in net.links[point]:
        line = [point, first]
        while np.linalg.norm(net.points_lps_mm[line[-1]] - net.points_lps_mm[point]) < reach_mm:
            further = [o for o in net.links[line[-1]] if o not in line]
            if len(further) != 1:
                break
            line.append(further[0])
        if len(line) > 2:
            result.append(net.points_lps_mm[line[-1]] - net.points_lps_mm[point])
    return result


def back_from_end(net: Network, point: int, reach_mm: float = 2.0) -> int:
    """Return the point some millimetres inwards if `point` is the end of a line, else `point` itself."""
    if len(net.links[point]) != 1:
        return point
    line = [point]
    while np.linalg.norm(net.points_lps_mm[line[-1]] - net.points_lps_mm[point]) < reach_mm:
        further = [o for o in net.links[line[-1]] if o not in line]
        if len(further) != 1:
            return line[-1]
        line.append(further[0])
    return line[-1]


def bend_price(cosine: float, free_deg: float = 45.0) -> float:
    """Return what a turn costs in mm: nothing up to some degrees, little for 45° more, then much."""
    beyond = float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))) - free_deg
    return 0.0 if beyond < 0 else beyond * 0.2 if beyond < 45 else 9.0 + (beyond - 45) * 0.6


def curve(start: Float, ahead: Float, end: Float, onward: Float, count: int) -> Float:
    """Return `count` points of the cubic from `start` to `end` that leaves and arrives in given unit directions."""
    span = float(np.linalg.norm(end - start))
    u = np.linspace(0.0, 1.0, count)[:, None]
    return (
        (2 * u**3 - 3 * u**2 + 1) * start
        + (u**3 - 2 * u**2 + u) * span * ahead
        + (3 * u**2 - 2 * u**3) * end
        + (u**3 - u**2) * span * onward
    )
