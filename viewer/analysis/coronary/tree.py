"""From a network of all tubes to what hangs on the coronary ostia: veins, spurs and dead tails taken away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import ndimage

from viewer.analysis.coronary.network import (
    Network,
    Rooted,
    lines_of,
    links_from_pairs,
    pieces,
    rooted,
    smoothed_along,
    without_links,
    without_points,
)
from viewer.model.geometry import Float

#: A vein that touches an artery is darker than it by more than this; a collateral-fed branch lies behind a gap.
DROP, DROP_LEFT = 0.72, 0.8
#: A tube below this share of the aorta's HU is no open artery, wherever it hangs.
OPEN_SHARE = 0.52
#: What a line's far end must reach at full contrast.
TAIL_SHARE = 0.55
#: Below this contrast a collateral-fed artery is no brighter than a vein.
LOW_CONTRAST_HU = 345.0
#: An occluded vessel without calcium is soft tissue: darker than this, whatever the contrast.
CORD_HU = 145.0
#: So much brighter than the lumen, smoothed along the vessel, is calcium.
CALCIUM_SHARE = 1.2
#: So many points in a row without contrast are a cord, and no blur between two vessels that touch.
CORD_POINTS = 8
#: An artery and a vein that touch are told apart over so many points (6 mm) on either side.
APART_POINTS = 12
#: Radius that no coronary reaches, but for aneurysms.
WIDEST_MM = 3.0
#: Branches shorter than this beyond their parent's wall are spurs.
SPUR_MM = 5.0


def without_chambers(net: Network, lumen_hu: float) -> Network:
    """Take the lines away that run inside chambers, appendages and other tubes too wide for a coronary."""
    gone: list[int] = []
    for path in lines_of(net.links):
        inner = path[1:-1] or path
        wide = (net.radius_mm[inner] > WIDEST_MM) | (net.around_hu[inner] > 0.6 * lumen_hu)
        if wide.mean() > 0.4:
            gone += inner
    return without_points(net, gone)


def path_between(net: Network, start: int, end: int) -> list[int] | None:
    """Return the points from `start` to `end`, or None if nothing links them."""
    seen = rooted(net, [start])
    return seen.path_to(end) if seen.root[end] == 0 else None


Cuts = frozenset[tuple[int, int]]


def parted(net: Network, roots: Sequence[int], lumen_hu: float) -> tuple[Network, Cuts]:
    """Cut every path from one root to another where the vessel is thinnest: arteries taper towards their ends.

    Returns
    -------
    Network
    frozenset of (int, int)
        The points on either side of each cut.
    """
    cuts: set[tuple[int, int]] = set()
    for number, first in enumerate(roots):
        for second in roots[number + 1 :]:
            while (path := path_between(net, first, second)) is not None:
                where = _thinnest(net, path, lumen_hu)
                cut = (path[where], path[where + 1])
                cuts.add(cut)
                net = without_links(net, [cut])
    return net, frozenset(cuts)


def rejoined(net: Network, roots: Sequence[int], cuts: Cuts) -> Network:
    """Undo the cuts between two trees where one side has since lost its root: it fills from the other one."""
    reached = rooted(net, roots).root >= 0
    pairs = [(p, o) for p, others in enumerate(net.links) for o in others if p < o]
    lost = [cut for cut in cuts if reached[cut[0]] != reached[cut[1]] and all(net.links[p] for p in cut)]
    return replace(net, links=links_from_pairs(len(net), [*pairs, *lost])) if lost else net


def _thinnest(net: Network, path: list[int], lumen_hu: float) -> int:
    """Return the place of `path` with the least open radius; a jump of HU close by marks it better."""
    radius = smoothed_along(net, path, net.radius_mm, 3.0)
    hu = smoothed_along(net, path, np.clip(net.hu, 0.0, 1.2 * lumen_hu), 2.0)
    points = net.points_lps_mm[path]
    along = np.r_[0.0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))]
    inner = (along > min(15.0, 0.2 * along[-1])) & (along < along[-1] - min(15.0, 0.2 * along[-1]))
    dead = (hu < OPEN_SHARE * lumen_hu) | net.bridge[path]
    where = int(np.where(inner & ~dead, radius, np.inf).argmin())
    arm = 5
    jump = np.zeros(len(path))
    for at in range(arm, len(path) - arm - 1):
        if abs(along[at] - along[where]) < 8.0 and inner[at] and not dead[at - arm : at + arm].any():
            jump[at] = abs(np.log(hu[at + 1 : at + arm + 1].mean() / hu[at - arm : at].mean()))
    best = int(jump.argmax())
    return min(best if jump[best] > 0.2 else where, len(path) - 2)


def downstream(
    net: Network, tree: Rooted, children: list[list[int]], beyond: Float, start: int, reach_mm: float
) -> list[int]:
    """Return the points from `start` on along its longest way, up to `reach_mm`."""
    line = [start]
    while children[line[-1]]:
        ahead = max(children[line[-1]], key=lambda p: float(beyond[p]))
        if tree.from_root_mm[ahead] - tree.from_root_mm[start] > reach_mm:
            break
        line.append(ahead)
    return line


def upstream(tree: Rooted, start: int, reach_mm: float) -> list[int]:
    """Return the points from `start` back towards the root, up to `reach_mm`."""
    line = [start]
    while (before := int(tree.parent[line[-1]])) >= 0:
        if tree.from_root_mm[start] - tree.from_root_mm[before] > reach_mm:
            break
        line.append(before)
    return line


def without_veins(net: Network, roots: Sequence[int], lumen_hu: float) -> tuple[Network, frozenset[int]]:
    """Part the branches that are much darker than the open vessel which they touch.

    A distal artery filled by collaterals is darker too, but lies behind a stretch without contrast: one that leaves at
    such a stretch stays, and one that begins with such a stretch is parted, but not called a vein.

    Returns
    -------
    Network
    frozenset of int
        Points of each branch that was parted and is a vein.
    """
    veins: set[int] = set()
    while True:
        tree = rooted(net, roots)
        children, beyond = tree.children(), tree.beyond_mm()
        gone: list[tuple[int, int]] = []
        for point in tree.order:
            if len(children[point]) < 2:
                continue
            before = np.array(upstream(tree, int(point), 8.0)[2:], int)
            if len(before) < 3:
                continue
            here = float(np.median(net.hu[before]))
            plugged = (net.hu[before] < 0.5 * lumen_hu) | (net.hu[before] > 1.25 * lumen_hu) | net.bridge[before]
            if plugged[:6].any() or here < 0.5 * lumen_hu:
                continue
            dark: list[tuple[int, bool]] = []
            brightest = 0.0
            for child in children[point]:
                line = downstream(net, tree, children, beyond, child, 14.0)
                hu = smoothed_along(net, line, net.hu, 1.0)
                far = tree.from_root_mm[line] - tree.from_root_mm[point] > 3.0
                if not far.any() or tree.from_root_mm[line[-1]] - tree.from_root_mm[point] < 5.0:
                    continue
                level = float(np.median(hu[far]))
                brightest = max(brightest, level)
                # a cord stays without contrast to its end; a vein brightens behind the blur where the two touch
                cord = float(np.median(hu[-max(3, len(hu) // 3) :])) < CORD_HU
                if not cord and not net.bridge[line].any() and level < DROP * here:
                    beyond_plug = _holds_calcium(net, downstream(net, tree, children, beyond, child, 45.0), here)
                    dark.append((child, not beyond_plug and int((hu < CORD_HU).sum()) < 4))
            # where all that follows is darker, the vessel itself has changed
            if brightest < DROP_LEFT * here:
                continue
            for child, vein in dark:
                gone.append((int(point), child))
                # at full contrast a vein is known by its HU alone, and what is brighter may be an artery behind a plug
                line = downstream(net, tree, children, beyond, child, 14.0)
                if vein and lumen_hu < LOW_CONTRAST_HU:
                    veins.update(line)
                elif vein and float(np.median(net.hu[line])) < OPEN_SHARE * lumen_hu:
                    # where it begins may be the artery's: another branch may leave there
                    veins.update(line[len(line) // 2 :])
        if not gone:
            return net, frozenset(veins)
        net = without_links(net, gone)


def _holds_calcium(net: Network, line: Sequence[int], open_hu: float) -> bool:
    """Tell whether a branch that has lost its contrast holds calcium farther on: a closed artery does, no vein."""
    hu = smoothed_along(net, line, net.hu, 3.0)
    dim = hu < DROP * open_hu
    return bool(dim.any() and (hu[int(dim.argmax()) :] > CALCIUM_SHARE * open_hu).any())


def arteries_apart(net: Network, lumen_hu: float, reached: np.ndarray) -> Network:
    """Part artery-like from vein-like stretches where they touch, in the pieces that no root reaches.

    Parameters
    ----------
    net : Network
    lumen_hu : float
    reached : ndarray of bool, shape (N,)
        Points of the tree, which are left alone.
    """
    kind: dict[tuple[int, int], str] = {}
    gone: list[tuple[int, int]] = []
    short: list[list[int]] = []
    for path in lines_of(net.links):
        if reached[path[0]]:
            continue
        inner = path[2:-2] if len(path) > 12 else path[1:-1]
        if not inner:
            continue
        for at in _changes(net, inner, lumen_hu):
            gone.append((inner[at], inner[at + 1]))
        hu = [float(np.median(net.hu[part])) for part in (inner[:APART_POINTS], inner[-APART_POINTS:])]
        labels = ["artery" if h >= OPEN_SHARE * lumen_hu else "vein" if h > CORD_HU else "cord" for h in hu]
        if len(path) <= 8:
            labels = ["short", "short"]
            short.append(path)
        kind[(path[0], path[1])], kind[(path[-1], path[-2])] = labels
    for path in short:
        # it touches nothing of its own kind at one end: there the two only lie side by side
        here, there = (
            {kind.get((end, o)) for o in net.links[end]} - {"short", "cord", None} for end in (path[0], path[-1])
        )
        if {*here, *there} == {"artery", "vein"} and len(here) == len(there) == 1:
            gone.append((path[0], path[1]))
    for point, others in enumerate(net.links):
        if len(others) < 3 or reached[point]:
            continue
        labels_here = {other: kind.get((point, other), "short") for other in others}
        if "artery" in labels_here.values():
            gone += [(point, other) for other, label in labels_here.items() if label == "vein"]
    return without_links(net, gone)


def _changes(net: Network, line: Sequence[int], lumen_hu: float) -> list[int]:
    """Return the places after which a line changes from an artery to a vein, or back; a cord may lie between."""
    if lumen_hu < LOW_CONTRAST_HU:
        return []
    hu = smoothed_along(net, line, net.hu, 2.0)
    artery = ndimage.binary_opening(hu >= OPEN_SHARE * lumen_hu, np.ones(APART_POINTS))
    vein = ndimage.binary_opening((hu < OPEN_SHARE * lumen_hu) & (hu > CORD_HU), np.ones(APART_POINTS))
    known = np.flatnonzero(artery | vein)
    turns = np.flatnonzero(artery[known[1:]] != artery[known[:-1]])
    return [int(known[t] if artery[known[t]] else known[t + 1] - 1) for t in turns]


def without_tails(
    net: Network,
    roots: Sequence[int],
    lumen_hu: float,
    backwards: frozenset[int] = frozenset(),
    cuts: Cuts = frozenset(),
) -> Network:
    """Take away dead ends: what lies beyond the last open point of each line, and spurs.

    A cord that leads to no distal vessel is left out here; the vessel ends honestly at its last contrast.

    Parameters
    ----------
    net : Network
    roots : sequence of int
    lumen_hu : float
        Of the aorta.
    backwards : frozenset of int
        Points that fill backwards: a spur among them stays, as it may be what is open of them just behind their
        occlusion, and dim.
    cuts : frozenset of (int, int)
        Ends that were parted from another root's tree. They lead from artery to artery: what is dimmer towards such an
        end is the other tree's blood, no vein.
    """
    between = {p for cut in cuts for p in cut}
    roots = list(roots)
    for _ in range(6):
        tree = rooted(net, roots)
        children = tree.children()
        ends = [int(p) for p in tree.order if not children[p] and tree.parent[p] >= 0]
        gone: list[int] = []
        for end in ends:
            line = upstream(tree, end, 400.0)
            stop = next((m for m, p in enumerate(line) if m and (len(children[p]) > 1 or p in roots)), len(line) - 1)
            own = line[:stop]
            if not own:
                continue
            base = line[stop]
            hu = smoothed_along(net, own, np.clip(net.hu, 0.0, 1.2 * lumen_hu), min(4.0, len(own) / 6))
            usual = float(np.median(hu)) if len(own) > 20 else float(np.median(net.hu[upstream(tree, end, 15.0)]))
            # at full contrast an artery behind a plug is still clearly brighter than a vein that a tip runs into;
            # what hangs on a cord may be darker: a vein has none
            plain = lumen_hu >= LOW_CONTRAST_HU and end not in backwards and not _behind_cord(net, line)
            least = TAIL_SHARE if plain else 0.94 * OPEN_SHARE
            limit = (
                0.94 * OPEN_SHARE * lumen_hu if end in between else max(least * lumen_hu, 0.62 * min(usual, lumen_hu))
            )
            dead = (hu < limit) | net.bridge[own]
            # a bright point or two do not revive a dead tail
            balance = np.cumsum(np.where(dead, 1.0, -1.5))
            keep_from = int(balance.argmax()) + 1 if balance.max() > 0 else 0
            gone += own[:keep_from]
            left = own[keep_from:]
            length = float(tree.from_root_mm[left[0]] - tree.from_root_mm[base]) if left else 0.0
            free = bool(left) and base not in roots and end not in backwards
            if free and (
                length < SPUR_MM + min(float(net.radius_mm[base]), 2.5)
                or (float((~dead[keep_from:]).mean()) < 0.4 and length < 15.0)
            ):
                gone += left
        if not gone:
            return net
        net = without_points(net, gone)
    return net


def _behind_cord(net: Network, line: Sequence[int]) -> bool:
    """Tell whether a line from a tip to the root passes a stretch without contrast, but for its first millimetres."""
    inner = list(line)[CORD_POINTS:]
    cord = (net.hu[inner] < CORD_HU) | net.bridge[inner]
    return len(inner) > CORD_POINTS and bool(ndimage.binary_erosion(cord, np.ones(CORD_POINTS)).any())


def taken_away(before: Network, after: Network, lumen_hu: float, fewest: int = 10) -> frozenset[int]:
    """Return the points taken away that look like a vein: runs too bright for a cord and too dark for an artery."""
    gone = np.array([bool(b) and not a for b, a in zip(before.links, after.links, strict=True)])
    grey = gone & (before.hu > CORD_HU + 10.0) & (before.hu < TAIL_SHARE * lumen_hu)
    apart = without_points(before, np.flatnonzero(~grey))
    number = pieces(apart)
    size = np.bincount(number)
    return frozenset(int(p) for p in np.flatnonzero(grey & (size[number] >= fewest)))


def filled_backwards(net: Network, roots: Sequence[int], lumen_hu: float, wider: float = 1.12) -> list[list[int]]:
    """Return the stretches of the tree that get wider and darker away from the root.

    Arteries taper. One that widens behind its thinnest place and is darker than what came before fills from another
    tree's tip through collaterals: its true parent lies on the far side of an occlusion.

    Returns
    -------
    list of list of int
        Points of each such stretch with all that hangs on it.
    """
    tree = rooted(net, roots)
    children = tree.children()
    found: set[int] = set()
    for end in (int(p) for p in tree.order if not children[p] and tree.parent[p] >= 0):
        line = np.array(tree.path_to(end))
        along = tree.from_root_mm[line]
        if along[-1] < 50.0:
            continue
        radius = ndimage.gaussian_filter1d(net.radius_mm[line], 5.0, mode="nearest")
        hu = ndimage.gaussian_filter1d(np.clip(net.hu[line], 0.0, 1.1 * lumen_hu), 5.0, mode="nearest")
        open_hu = np.where((hu > 0.5 * lumen_hu) & ~net.bridge[line], hu, np.nan)
        # behind a stretch without contrast there is nothing to wonder about
        dead = ndimage.binary_opening(~np.isfinite(open_hu), np.ones(5))
        last = int(dead.argmax()) if dead.any() else len(line)
        for at in range(last):
            if along[at] < 40.0 or line[at] in found:
                continue
            before = along < along[at] - 8.0
            narrow = radius[before].min()
            earlier = np.nanmedian(open_hu[before]) if np.isfinite(open_hu[before]).any() else 0.0
            if (
                radius[at] > wider * narrow
                and hu[at] < min(0.82 * earlier, 0.82 * lumen_hu)
                and hu[at] > 0.45 * lumen_hu
            ):
                found.add(int(line[at]))
    result = []
    while found:
        # the stretch nearest to the root, with everything beyond
        first = min(found, key=lambda p: float(tree.from_root_mm[p]))
        members, stack = [], [first]
        while stack:
            point = stack.pop()
            members.append(point)
            stack += children[point]
        seen = found & set(members)
        found -= set(members)
        if len(seen) >= 10:
            result.append(members)
    return result
