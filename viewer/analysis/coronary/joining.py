"""From loose pieces to one tree: every artery that hangs nowhere is joined to where it most believably came from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from viewer.analysis.coronary.bridge import (
    LIMIT,
    WAYS,
    Bridge,
    best_shown,
    bridge_to,
    bridges,
    linked_mm,
    whole,
    with_others,
)
from viewer.analysis.coronary.network import Network, joined, pieces, rooted
from viewer.analysis.coronary.ostia import SHORTEST_TREE_MM
from viewer.analysis.coronary.price import PriceField
from viewer.analysis.coronary.profile import profile
from viewer.analysis.coronary.tree import CORD_HU, OPEN_SHARE, filled_backwards
from viewer.model.volume import Volume

#: What a piece may cost more that gives the heart its second coronary.
SECOND_PRICE = 15.0
#: A distal piece that is shorter than this is not worth a guess.
SHORTEST_PIECE_MM = 8.0


def vein_points(net: Network, roots: Sequence[int], lumen_hu: float, parted_veins: frozenset[int]) -> frozenset[int]:
    """Return the points of tubes beside the tree that are too bright for a cord and too dark for an artery.

    Parameters
    ----------
    net : Network
    roots : sequence of int
    lumen_hu : float
    parted_veins : frozenset of int
        Points of pieces that were parted from the tree as veins.
    """
    reached = rooted(net, roots).root >= 0
    number = pieces(net)
    known = {int(number[p]) for p in parted_veins}
    result: set[int] = set()
    for piece in np.unique(number[~reached]):
        members = np.flatnonzero((number == piece) & ~reached)
        if len(members) < 8 or net.lung[members].mean() >= 0.5:
            continue
        hu = float(np.median(net.hu[members]))
        if CORD_HU < hu < OPEN_SHARE * lumen_hu or piece in known:
            result.update(int(m) for m in members)
    return frozenset(result)


def candidate_pieces(
    net: Network, roots: Sequence[int], lumen_hu: float, veins: frozenset[int] = frozenset()
) -> list[list[int]]:
    """Return the pieces that no root reaches and that look like arteries, the longest first."""
    reached = rooted(net, roots).root >= 0
    number = pieces(net)
    result = []
    for piece in np.unique(number[~reached]):
        members = np.flatnonzero((number == piece) & ~reached)
        if len(members) < 8 or int(members[0]) in veins:
            continue
        hu = float(np.median(net.hu[members]))
        around = float(np.median(net.around_hu[members]))
        radius = float(np.median(net.radius_mm[members]))
        length = linked_mm(net, members)
        artery = OPEN_SHARE * lumen_hu < hu < 1.5 * lumen_hu and around < 0.45 * lumen_hu and 0.45 < radius < 3.0
        artery &= bool(net.lung[members].mean() < 0.5)
        if artery and length >= SHORTEST_PIECE_MM:
            result.append((length, [int(m) for m in members]))
    return [members for _, members in sorted(result, key=lambda item: -item[0])]


def bridged(
    net: Network,
    field: PriceField,
    volume: Volume,
    roots: Sequence[int],
    lumen_hu: float,
    veins: frozenset[int],
    mouths: Sequence[int] = (),
) -> tuple[Network, tuple[Bridge, ...]]:
    """Hang every artery-like piece on the tree that can believably be reached, the cheapest first.

    Parameters
    ----------
    net : Network
    field : PriceField
    volume : Volume
    roots : sequence of int
    lumen_hu : float
        Of the aorta.
    veins : frozenset of int
        Points of veins.
    mouths : sequence of int
        Single points on the aorta, at one of which a closed ostium may lie: a bridge from there makes it a root.

    Returns
    -------
    Network
        With the bridges as points that are marked as such.
    tuple of Bridge
    """
    made: list[Bridge] = []
    hopeless: set[int] = set()
    roots, mouths = list(roots), list(mouths)
    while True:
        best: tuple[Bridge, float] | None = None
        waiting: tuple[Bridge, float] | None = None
        pieces_left = [p for p in candidate_pieces(net, roots, lumen_hu, veins)[:12] if p[0] not in hopeless]
        for piece in pieces_left:
            # the longer the piece, the farther a gap to it may be
            length = 0.7 * len(piece)
            limit = min(LIMIT, 8.0 + 1.2 * length)
            bridge = bridge_to(net, field, piece, roots, limit, volume=volume)
            if mouths and (whole_mm := linked_mm(net, piece)) >= SHORTEST_TREE_MM:
                second = bridge_to(net, field, piece, roots, limit, volume=volume, onto=mouths, beyond_mm=whole_mm)
                bridge = _surer(bridge, second)
            if bridge is None or not bridge.believable:
                hopeless.add(piece[0])
                continue
            merit = bridge.price - 0.3 * length
            others = [p for other in pieces_left if other is not piece for p in other]
            nearer = bridge_to(net, field, piece, roots, bridge.price, onto=others) if others else None
            if nearer is not None and nearer.believable and nearer.price < bridge.price:
                # another piece lies between: it comes first
                waiting = (bridge, merit) if waiting is None or merit < waiting[1] else waiting
            elif best is None or merit < best[1]:
                best = (bridge, merit)
        best = best or waiting
        if best is None:
            break
        chosen = with_others(net, field, best[0], roots)
        net = _built(net, chosen, volume, lumen_hu)
        made.append(chosen)
        if chosen.start in mouths:
            roots, mouths = [*roots, chosen.start], []
        # what was out of reach may hang on the new piece
        hopeless.clear()
    for stretch in filled_backwards(net, roots, lumen_hu):
        bridge = _other_way(net, field, stretch, roots, volume, mouths)
        if bridge is not None and bridge.believable:
            bridge = with_others(net, field, bridge, roots)
            net = _built(net, bridge, volume, lumen_hu)
            made.append(bridge)
            if bridge.start in mouths:
                roots, mouths = [*roots, bridge.start], []
    return net, tuple(made)


def _surer(on_tree: Bridge | None, on_aorta: Bridge | None) -> Bridge | None:
    """Return the bridge to the aorta unless one to the tree is far cheaper: each heart has two coronaries."""
    if on_aorta is None or not on_aorta.believable:
        return on_tree
    if on_tree is None or not on_tree.believable or on_aorta.price - SECOND_PRICE < on_tree.price:
        return on_aorta
    return on_tree


def _other_way(
    net: Network,
    field: PriceField,
    stretch: Sequence[int],
    roots: Sequence[int],
    volume: Volume,
    mouths: Sequence[int],
) -> Bridge | None:
    """Return the bridge by which a stretch that fills backwards hangs on another ostium, open or closed."""
    tree = rooted(net, roots)
    targets = [int(p) for p in tree.order if tree.root[p] != tree.root[stretch[0]]] + list(mouths)
    if not targets:
        return None
    # the nearer to the occlusion the wider
    widest = max(float(net.radius_mm[p]) for p in stretch)
    cost = np.array([4.0 * (widest - net.radius_mm[p]) for p in stretch], np.float32)
    found = bridges(net, field, tree, stretch, cost, targets, LIMIT, WAYS, linked_mm(net, stretch))
    return best_shown(net, found, volume)


def _built(net: Network, bridge: Bridge, volume: Volume, lumen_hu: float) -> Network:
    """Return the network with a bridge."""
    hu = profile(volume, whole(net, bridge), floor_hu=-150.0, cap_hu=1.6 * lumen_hu).hu[1:-1]
    radius = 0.5 * float(net.radius_mm[bridge.start] + net.radius_mm[bridge.end])
    return joined(net, bridge.start, bridge.between_lps_mm, bridge.end, radius_mm=radius, hu=hu)
