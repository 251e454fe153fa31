"""Through the occlusion: the cheapest believable way from an open vessel to what fills behind it.

An occluded vessel is still a cord of soft tissue and calcium with fat around it, so the tube measure answers along it;
where it lies on the myocardium nothing but the shortest way is left. Both are one price for the length of a path.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from viewer.analysis.coronary.heading import arms_of, back_from_end, bend_price, curve, direction, flow_at, inward
from viewer.analysis.coronary.network import Network, Rooted, rooted
from viewer.analysis.coronary.price import BESIDE_MM, BESIDE_PRICE, BLIND, SEEN, PriceField, along_price, beside
from viewer.analysis.coronary.profile import profile, resampled_course, smoothed_course
from viewer.analysis.coronary.search import reached
from viewer.analysis.coronary.tree import CORD_HU
from viewer.model.geometry import Float, arc_length_mm, unit
from viewer.model.volume import Volume

#: The longest gap that is crossed, as a price: its length where a cord shows, up to a third of it where none does.
LIMIT = 50.0
#: No longer gap is crossed, and no piece farther from the tree is looked at.
LONGEST_MM, FARTHEST_MM = 45.0, 32.0
#: What the price of a bridge may be: this, and so much for each of its millimetres.
ENTRY_PRICE, MEAN_PRICE = 7.0, 1.25
#: What each millimetre of what is surely a coronary adds to it, up to a length: it must hang somewhere.
BEYOND_PRICE, FULL_BEYOND_MM = 0.12, 100.0
#: Radius behind a gap as a share of that before it, at most.
WIDER = 1.25
#: What it costs to reach a piece elsewhere than at one of its ends.
MIDDLE_PRICE = 6.0
#: What it costs to leave the tree elsewhere than at a stump, which ends as wide as what lies beyond it, or nearly so.
ASIDE_PRICE, STUMP_SHARE, STUMP_NEAR_MM = 4.0, 0.8, 28.0
#: What it costs to enter a piece where it is thinner than farther on, for each mm of radius; such a share is no less.
REVERSE_PRICE, AS_WIDE = 12.0, 0.87
#: So much brighter than its piece is no lumen.
CALCIUM_SHARE = 1.4
#: How many ways are weighed against each other; darker than this is no cord; what a millimetre of either tells.
WAYS, DARK_HU, SHOWN_PRICE = 3, 45.0, 0.3
#: How much dearer a way to the tree may be that leaves it with less of a turn than the cheapest one.
TURN_SLACK = 12.0
#: Behind a vessel of some HU, what reaches such a share of it is contrast or calcium.
CLOSED_SHARE = 0.6
#: A way that runs in an open vessel for so much more than its radius has not left it yet.
IN_LUMEN_MM = 1.5
#: A gap shorter than this has one way only; what another one may cost as a multiple of the best one's price.
SHORTEST_OTHER_MM, OTHER_PRICE = 8.0, 1.4


@dataclass(frozen=True, slots=True, eq=False)
class Bridge:
    """A guess of how a distal piece hangs on the tree.

    Attributes
    ----------
    start, end : int
        Points of the network: on the tree and on the piece.
    between_lps_mm : ndarray of shape (M, 3)
        The way, without its ends.
    price : float
        Length of the way weighted with how little shows of it, plus what its bends cost; the lower, the surer.
    length_mm : float
    beyond_mm : float
        Length of the piece, if something besides its looks tells that it is a coronary.
    others_lps_mm : tuple of ndarray of shape (M, 3)
        Next-best ways between the same ends, the better first.
    drawn_price : float
        What the smooth course costs more than the cheapest way over voxels, along which it was drawn.
    """

    start: int
    end: int
    between_lps_mm: Float
    price: float
    length_mm: float
    beyond_mm: float = 0.0
    others_lps_mm: tuple[Float, ...] = ()
    drawn_price: float = 0.0

    @property
    def believable(self) -> bool:
        """Whether enough of a vessel shows along the way, or so much beyond it that it must hang somewhere."""
        entry = ENTRY_PRICE + BEYOND_PRICE * min(self.beyond_mm, FULL_BEYOND_MM)
        return self.length_mm <= LONGEST_MM and self.price <= entry + MEAN_PRICE * self.length_mm


def linked_mm(net: Network, members: Iterable[int]) -> float:
    """Return the length of all links between the points of a piece."""
    pairs = np.array([(p, o) for p in members for o in net.links[p] if p < o], int).reshape(-1, 2)
    steps = net.points_lps_mm[pairs[:, 0]] - net.points_lps_mm[pairs[:, 1]]
    return float(np.linalg.norm(steps, axis=1).sum())


@dataclass(frozen=True, slots=True, eq=False)
class _Way:
    """The cheapest path over voxels from a point of a piece to a point of the tree.

    `course` leads from `end`, on the piece, to `start`; `price` is what it costs without the bends at its ends.
    """

    course: Float
    price: float
    end: int
    start: int


def _ways(
    net: Network,
    field: PriceField,
    tree: Rooted,
    sources: Sequence[int],
    source_cost: NDArray[np.float32],
    targets: Sequence[int],
    limit: float,
    count: int = 1,
    stumps: frozenset[int] = frozenset(),
) -> list[_Way]:
    """Return the best ways from any source to target points that lie apart from each other, the best first.

    They are weighed with the turn that a vessel takes where it leaves the tree. If `stumps` are given, it costs to
    reach a target elsewhere.
    """
    geometry, spacing = field.geometry, float(field.geometry.spacing_mm[0])
    last = np.array(geometry.shape) - 1
    to_voxel = np.clip(np.rint(geometry.to_index(net.points_lps_mm)).astype(int), 0, last)
    a, b = to_voxel[list(sources)], to_voxel[list(targets)]
    margin = int(np.ceil(limit / spacing))
    low = np.maximum(a.min(0) - margin, 0)
    high = np.minimum(a.max(0) + margin, last) + 1
    inside = ((b >= low) & (b < high)).all(1)
    if not inside.any():
        return []
    reach = cKDTree(net.points_lps_mm[list(targets)]).query(net.points_lps_mm[list(sources)])[0].min()
    if reach > min(limit, FARTHEST_MM):
        return []
    goals, voxels = np.array(targets)[inside], b[inside] - low
    target = np.zeros(tuple(high - low), bool)
    target[tuple(voxels.T)] = True
    price_px = np.ascontiguousarray(field.price[tuple(slice(p, q) for p, q in zip(low, high))]) * np.float32(spacing)
    if stumps:
        # half of a voxel's price is paid on the step into it
        price_px[tuple(voxels[~np.isin(goals, list(stumps))].T)] = 2.0 * ASIDE_PRICE
    slack = TURN_SLACK if count > 1 else 0.0
    found = reached(price_px, a - low, target, start_cost=source_cost, limit=limit, slack=slack)
    if found is None:
        return []
    price = found.cost[tuple(voxels.T)]
    ranked: list[tuple[float, _Way]] = []
    for number in np.argsort(price, kind="stable"):
        if not np.isfinite(price[number]) or (ranked and (count == 1 or price[number] > price.min() + slack)):
            break
        path = found.path_to(voxels[number])
        start = int(goals[number])
        lumen = price_px[tuple(path[-2::-1].T)] < 1.1 * SEEN * spacing
        if ranked and lumen[: int(np.ceil((net.radius_mm[start] + IN_LUMEN_MM) / spacing))].all():
            # the same way as one that was found already, and on within the open vessel
            continue
        course = geometry.to_lps(path + low)
        turn = _turn_price(net, tree, start, course[::-1])
        end = min(sources, key=lambda p: float(np.linalg.norm(net.points_lps_mm[p] - course[0])))
        ranked.append((float(price[number]) + turn, _Way(course, float(price[number]), int(end), start)))
    best: list[_Way] = []
    for _, way in sorted(ranked, key=lambda item: item[0]):
        here = net.points_lps_mm[way.start]
        if all(np.linalg.norm(net.points_lps_mm[known.start] - here) > BESIDE_MM for known in best):
            best.append(way)
    return best[:count]


def _turn_price(net: Network, tree: Rooted, start: int, away: Float) -> float:
    """Return what the turn costs that a vessel takes where it leaves the tree at `start` along `away`."""
    flow = flow_at(net, tree, start)
    reach = min(len(away) - 1, 10)
    return 0.0 if flow is None or not reach else 0.8 * bend_price(float(flow @ unit(away[reach] - away[0])))


def bridge_to(
    net: Network,
    field: PriceField,
    piece: Sequence[int],
    roots: Sequence[int],
    limit: float = LIMIT,
    *,
    volume: Volume | None = None,
    onto: Sequence[int] | None = None,
    beyond_mm: float = 0.0,
) -> Bridge | None:
    """Return the best bridge from the tree to a piece, or None if there is none.

    Parameters
    ----------
    net : Network
    field : PriceField
    piece : sequence of int
        Points of the piece.
    roots : sequence of int
    limit : float
        Highest price.
    volume : Volume, optional
        If given, the ways beside the cheapest one are weighed against it by what shows along them.
    onto : sequence of int, optional
        Points to reach instead of the tree's.
    beyond_mm : float
        Length of the piece where it is known to be a coronary.
    """
    tree = rooted(net, roots)
    cost = np.array([0.0 if len(net.links[p]) == 1 else MIDDLE_PRICE for p in piece], np.float32)
    targets = [int(p) for p in tree.order] if onto is None else list(onto)
    thinner = _thinner_mm(net, piece)
    wide = thinner <= 0.0
    best: Bridge | None = None
    # arteries taper: a piece is entered where it is widest, and elsewhere only if nothing leads there
    for choice in (wide, ~wide):
        sources = [p for p, chosen in zip(piece, choice) if chosen]
        if not sources or (best is not None and best.believable):
            continue
        paid = (cost + REVERSE_PRICE * np.maximum(thinner, 0.0)).astype(np.float32)[choice]
        ways = 1 if volume is None else WAYS
        found = bridges(net, field, tree, sources, paid, targets, limit, ways, beyond_mm)
        best = best_shown(net, found, volume) or best
    return best


def _thinner_mm(net: Network, piece: Sequence[int]) -> Float:
    """Return by how much each point of a piece is thinner than the piece's widest part, but for a tolerance."""
    calibre = np.array([_calibre(net, p) for p in piece])
    hu = net.hu[list(piece)]
    # calcium looks wider than the vessel that it is in
    plain = hu < CALCIUM_SHARE * np.median(hu)
    return AS_WIDE * np.percentile(calibre[plain], 80) - calibre


def best_shown(net: Network, found: Sequence[Bridge], volume: Volume | None) -> Bridge | None:
    """Return the bridge of the lowest price, less what bears an artery out along it.

    Calcium does, and a tip of contrast; a border of muscle and fat, which answers like a thin cord, is darker than one,
    and a vein is brighter.
    """
    believable = [b for b in found if b.believable]
    if volume is None or len(believable) < 2:
        return min(found, key=lambda b: b.price + b.drawn_price) if found else None

    def price(bridge: Bridge) -> float:
        hu = profile(volume, whole(net, bridge), floor_hu=-150.0, cap_hu=1500.0).hu
        step = bridge.length_mm / max(len(hu) - 1, 1)
        shown = hu > CLOSED_SHARE * net.hu[bridge.start]
        grey = (hu > CORD_HU) & ~shown
        return (
            bridge.price
            + bridge.drawn_price
            + SHOWN_PRICE * step * float((hu < DARK_HU).sum() + grey.sum() - shown.sum())
        )

    return min(believable, key=price)


def whole(net: Network, bridge: Bridge) -> Float:
    """Return the course of a bridge with both its ends."""
    return np.r_[net.points_lps_mm[[bridge.start]], bridge.between_lps_mm, net.points_lps_mm[[bridge.end]]]


def bridges(
    net: Network,
    field: PriceField,
    tree: Rooted,
    sources: Sequence[int],
    source_cost: NDArray[np.float32],
    targets: Sequence[int],
    limit: float,
    ways: int,
    beyond_mm: float = 0.0,
) -> list[Bridge]:
    """Return several bridges from the tree's `targets` to one of the `sources`, each priced with its bends."""
    result: list[Bridge] = []
    stumps = _stumps(net, tree, sources, targets)
    found = _ways(net, field, tree, sources, source_cost, targets, limit, ways, stumps)
    if found and 1 < ways != len(found):
        # beside the best one from the same place
        around = beside(field, found[0].course)
        far = BESIDE_PRICE * limit
        for way in _ways(net, around, tree, sources, source_cost, [found[0].start], far):
            found.append(replace(way, price=along_price(field, way.course)))
    for way in found:
        full, start, end = _drawn(net, field, tree, way.course[::-1], way.start, way.end)
        if len(full) < 3:
            continue
        source = float(source_cost[list(sources).index(way.end)])
        dearer = max(along_price(field, full) + source - way.price, 0.0)
        price = way.price + _joint_price(net, tree, full, start, end)
        length = float(arc_length_mm(full)[-1])
        result.append(Bridge(start, end, full[1:-1], price, length, beyond_mm, drawn_price=dearer))
    return result


def _stumps(net: Network, tree: Rooted, sources: Sequence[int], targets: Sequence[int]) -> frozenset[int]:
    """Return the targets near by where a vessel ends that is about as wide as the piece."""
    least = STUMP_SHARE * max(_calibre(net, p) for p in sources)
    near = cKDTree(net.points_lps_mm[list(sources)])
    return frozenset(
        p
        for p in targets
        if len(net.links[p]) < 2
        and tree.parent[p] >= 0
        and _calibre(net, p) >= least
        and near.query(net.points_lps_mm[p])[0] < STUMP_NEAR_MM
    )


def _joint_price(net: Network, tree: Rooted, full: Float, start: int, end: int) -> float:
    """Return what the bends at both ends of a bridge cost, and a vessel that is wider behind it than before."""
    price = 0.0
    reach = min(len(full) - 1, 10)
    if float(arc_length_mm(full)[-1]) > 1.5:
        on = direction(net, end)
        arriving = unit(full[-1] - full[-1 - reach])
        if on is not None:
            price += bend_price(float(-on @ arriving))
        elif (arms := arms_of(net, end)) and len(arms) == 2:
            # an artery goes on ahead: it does not end on the side of another one
            price += bend_price(max(float(unit(arm) @ arriving) for arm in arms))
        price += _turn_price(net, tree, start, full)
    # arteries get no wider behind an occlusion
    before, behind = _calibre(net, start), _calibre(net, end)
    return price + (10.0 * (behind - WIDER * before) if behind > WIDER * before + 0.2 else 0.0)


def _calibre(net: Network, point: int, reach: int = 12) -> float:
    """Return the median radius of the open points within some links of a point, mm."""
    seen, front = {point}, [point]
    for _ in range(reach):
        front = [o for p in front for o in net.links[p] if o not in seen]
        seen.update(front)
    return float(np.median(net.radius_mm[list(seen)]))


def _drawn(
    net: Network, field: PriceField, tree: Rooted, course: Float, start: int, end: int
) -> tuple[Float, int, int]:
    """Turn the cheapest path over voxels into a course from the tree to the piece.

    Where a cord shows, the path is followed; where nothing shows, the vessel is taken to go on as smoothly as its two
    ends allow. The last millimetres of both stumps are left aside: they are blurred into the plug.

    Returns
    -------
    ndarray of shape (N, 3)
        With both ends, which are points of the network.
    int, int
        The points it begins and ends at.
    """
    begin, stop = back_from_end(net, start), back_from_end(net, end)
    path = resampled_course(np.r_[net.points_lps_mm[[begin]], course, net.points_lps_mm[[stop]]])
    path = smoothed_course(path, 3.0)
    if len(path) < 8:
        return path, begin, stop
    flow, back = flow_at(net, tree, begin), inward(net, stop)
    if flow is None or back is None:
        return path, begin, stop
    index = field.geometry.to_index(path)
    price = ndimage.map_coordinates(field.price, index.T, order=1, mode="nearest")
    blind = ndimage.gaussian_filter1d(price, 2.0, mode="nearest") > 0.5 * (1.0 + BLIND)
    edges = np.flatnonzero(np.diff(np.r_[0, blind.astype(np.int8), 0]))
    for first, last in zip(edges[::2], edges[1::2] - 1):
        if last - first < 4:
            continue
        arm = 6
        ahead = unit(path[first] - path[first - arm]) if first >= arm else flow
        onward = unit(path[last + arm] - path[last]) if last + arm < len(path) else back
        path[first : last + 1] = curve(path[first], ahead, path[last], onward, last - first + 1)
    return smoothed_course(resampled_course(path), 2.0), begin, stop


def with_others(net: Network, field: PriceField, bridge: Bridge, roots: Sequence[int]) -> Bridge:
    """Return the bridge with the next-best ways between its ends that cost little more than it does.

    Parameters
    ----------
    net : Network
        Without the bridge.
    field : PriceField
    bridge : Bridge
    roots : sequence of int
    """
    count = len(bridge.between_lps_mm)
    if bridge.length_mm < SHORTEST_OTHER_MM:
        return bridge
    tree = rooted(net, roots)
    known = [whole(net, bridge)]
    least = along_price(field, known[0])
    around = beside(field, known[0])
    for _ in range(WAYS - 1):
        free = np.zeros(1, np.float32)
        ways = _ways(net, around, tree, [bridge.end], free, [bridge.start], BESIDE_PRICE * LIMIT)
        if not ways:
            break
        full = _drawn(net, field, tree, ways[0].course[::-1], bridge.start, bridge.end)[0]
        around = beside(around, full)
        apart = min(float(cKDTree(line).query(full)[0].max()) for line in known)
        if along_price(field, full) <= OTHER_PRICE * least and apart > BESIDE_MM:
            known.append(full)
    return replace(bridge, others_lps_mm=tuple(_with_count(line, count + 2)[1:-1] for line in known[1:]))


def _with_count(line: Float, count: int) -> Float:
    """Return the polyline as `count` points at equal steps."""
    along = arc_length_mm(line)
    at = np.linspace(0.0, along[-1], count)
    return np.stack([np.interp(at, along, line[:, axis]) for axis in range(3)], axis=1)
