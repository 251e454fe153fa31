"""From a volume to the coronary tree: the stages in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from viewer.analysis.coronary.aorta import RoundTube, round_tubes
from viewer.analysis.coronary.bridge import Bridge
from viewer.analysis.coronary.contrast import ascending_aortas, fitness, refuse_too_coarse
from viewer.analysis.coronary.course import drawn
from viewer.analysis.coronary.grid import F32, resampled
from viewer.analysis.coronary.joining import bridged, vein_points
from viewer.analysis.coronary.labels import named
from viewer.analysis.coronary.network import Network, network, rooted, with_ends_met, with_single_points
from viewer.analysis.coronary.ostia import Ostium, closed_mouths, ostia, without_rim
from viewer.analysis.coronary.price import price_field
from viewer.analysis.coronary.region import air_share, outside_lungs
from viewer.analysis.coronary.seeded import trace_path
from viewer.analysis.coronary.segments import segments_of
from viewer.analysis.coronary.skeleton import skeleton
from viewer.analysis.coronary.tree import (
    OPEN_SHARE,
    arteries_apart,
    filled_backwards,
    parted,
    rejoined,
    taken_away,
    without_chambers,
    without_tails,
    without_veins,
)
from viewer.analysis.coronary.tubularity import SCALES_MM, tube_contrast
from viewer.errors import NoTree
from viewer.model.centerline import Centerline
from viewer.model.geometry import Float, Geometry
from viewer.model.vessel import Vessel, VesselTree
from viewer.model.volume import Finding, Severity, Volume
from viewer.progress import Progress, silent

GRID_MM = 0.5
#: A vessel that passes the operator's point at this distance passes through it.
SEED_MM = 2.5
#: Of a coronary where it leaves the aorta, as a guess where it is closed.
OSTIUM_RADIUS_MM = 2.0
#: The heart lies within this box around the aortic root: right, front, feet / left, back, head.
BOX_LOW_MM, BOX_HIGH_MM = (-80.0, -85.0, -105.0), (110.0, 75.0, 45.0)
FLOOR_HU = -150.0


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What the patient's own contrast says: mean and standard deviation in the aorta, noise of the picture, HU."""

    lumen_hu: float
    lumen_sd_hu: float
    noise_hu: float


@dataclass(frozen=True, slots=True, eq=False)
class TreeResult:
    """The coronary tree and what it was found with.

    Attributes
    ----------
    tree : VesselTree
    findings : tuple of Finding
        What the operator should know about it.
    thresholds : Thresholds
    ostia : tuple of Ostium
    aorta : RoundTube
    """

    tree: VesselTree
    findings: tuple[Finding, ...]
    thresholds: Thresholds
    ostia: tuple[Ostium, ...]
    aorta: RoundTube


@dataclass(frozen=True, slots=True, eq=False)
class HeartTubes:
    """The heart on its grid with the tubes in it."""

    image: F32
    tube: F32
    geometry: Geometry
    network: Network


def heart_tubes(volume: Volume, aorta: RoundTube, progress: Progress = silent) -> HeartTubes:
    """Find all tubes around an aorta that may be coronaries."""
    root = aorta.center_lps_mm[-1]
    image, geometry = resampled(volume, root + BOX_LOW_MM, root + BOX_HIGH_MM, GRID_MM)
    progress(0.15, "Looking for tubes")
    capped = np.clip(image, FLOOR_HU - 50.0, 1.05 * aorta.lumen_hu)
    tube, which = tube_contrast(capped, GRID_MM)
    progress(0.45, "Following their middle lines")
    contrast = aorta.lumen_hu + 90.0
    reach_px = np.array(SCALES_MM) * 2.2 / GRID_MM + 1.0
    lines = skeleton(
        tube, outside_lungs(image, GRID_MM), 0.18 * contrast, 0.3 * contrast, reach_px, which, shortest_px=4.0 / GRID_MM
    )
    progress(0.55, "Measuring them")
    net = network(lines, geometry, volume, air_share(image, geometry), floor_hu=FLOOR_HU, cap_hu=1.05 * aorta.lumen_hu)
    return HeartTubes(image, tube, geometry, net)


def trace_tree(
    volume: Volume,
    seeds: Sequence[tuple[str, ArrayLike]] = (),
    progress: Progress = silent,
    first: Callable[[VesselTree], None] | None = None,
) -> TreeResult:
    """Find the coronary tree.

    Parameters
    ----------
    volume : Volume
    seeds : sequence of (name, point in LPS mm)
        Points that the operator put on a vessel by name.
    progress : Progress
    first : callable, optional
        Called with the open vessels before the occlusions are crossed.

    Raises
    ------
    NoTree
        If the picture is too coarse, the aorta holds no contrast or no coronary leaves it.
    """
    progress(0.0, "Looking for the aorta")
    tubes = round_tubes(volume)
    candidates = ascending_aortas(tubes)
    refuse_too_coarse(volume)
    for aorta in candidates[:2]:
        progress(0.1, "Looking at the heart")
        heart = heart_tubes(volume, aorta, progress)
        net = without_chambers(without_rim(heart.network, aorta), aorta.lumen_hu)
        mouths = ostia(net, aorta)
        if mouths:
            break
    else:
        raise NoTree(
            "No coronary artery was found at the aorta.",
            "Check the phase and the field of view, or trace the vessels by hand from their ostia.",
        )
    lumen = aorta.lumen_hu
    roots = [o.point for o in mouths]
    net, cuts = parted(with_ends_met(net, roots), roots, lumen)
    net, parted_veins = without_veins(net, roots, lumen)
    net, more_veins = without_veins(rejoined(net, roots, cuts), roots, lumen)
    net = arteries_apart(net, lumen, rooted(net, roots).root >= 0)
    veins = vein_points(net, roots, lumen, parted_veins | more_veins)
    backwards = frozenset(p for stretch in filled_backwards(net, roots, lumen) for p in stretch)
    before, net = net, without_tails(net, roots, lumen, backwards, cuts)
    veins |= taken_away(before, net, lumen)
    starts = {o.point: o.lps_mm for o in mouths}
    if first is not None:
        first(_tree(net, roots, volume, lumen, starts)[0])
    progress(0.65, "Crossing occlusions")
    beside = list(veins)
    open_points = np.setdiff1d(np.flatnonzero([bool(o) for o in net.links]), beside)
    open_points = open_points[net.hu[open_points] > OPEN_SHARE * lumen]
    field = price_field(
        heart.image,
        heart.tube,
        heart.geometry,
        lumen,
        net.points_lps_mm[beside],
        net.radius_mm[beside],
        net.points_lps_mm[open_points],
    )
    outside, edge = closed_mouths(aorta, np.array([o.lps_mm for o in mouths]))
    closed = range(len(net), len(net) + len(outside))
    net = with_single_points(net, outside, radius_mm=OSTIUM_RADIUS_MM, hu=lumen)
    count = len(net)
    net, made = bridged(net, field, volume, roots, lumen, veins, closed)
    for bridge in made:
        if bridge.start in closed:
            place = edge[bridge.start - closed.start]
            mouths = (*mouths, Ostium(place, bridge.start, bridge.beyond_mm))
            roots, starts = [*roots, bridge.start], {**starts, bridge.start: place}
    net, more_cuts = parted(net, roots, lumen)
    net = without_tails(net, roots, lumen, cuts=cuts | more_cuts)
    progress(0.85, "Naming the vessels")
    tree, findings = _tree(net, roots, volume, lumen, starts, _other_networks(net, made, count))
    tree = through_seeds(tree, volume, seeds, mouths, lumen)
    thresholds = Thresholds(lumen, aorta.lumen_sd_hu, aorta.lumen_sd_hu)
    progress(1.0, "The coronary tree is traced")
    return TreeResult(tree, (*fitness(volume, aorta), *findings), thresholds, mouths, aorta)


def through_seeds(
    tree: VesselTree, volume: Volume, seeds: Sequence[tuple[str, ArrayLike]], mouths: Sequence[Ostium], lumen_hu: float
) -> VesselTree:
    """Return the tree with each named vessel led through the operator's points, where it misses them.

    Raises
    ------
    NoPath
        If a point cannot lie on a vessel.
    """
    wanted: dict[str, list[Float]] = {}
    for name, point in seeds:
        wanted.setdefault(name, []).append(np.asarray(point, float))
    for name, points in wanted.items():
        known = next((v for v in tree if v.name == name), None)
        if known is not None and all(known.centerline.nearest_station_mm(p)[1] <= SEED_MM for p in points):
            continue
        parent = (
            known.parent if known is not None else "LM" if name != "RCA" and "LM" in tree and name != "LM" else None
        )
        if known is not None:
            start = known.centerline.points_lps_mm[0]
        elif parent is not None:
            start = tree[parent].centerline.points_lps_mm[-1]
        else:
            start = min((o.lps_mm for o in mouths), key=lambda p: float(np.linalg.norm(p - points[0])))
        line = trace_path(volume, np.array([start, *points]), lumen_hu=lumen_hu)
        fresh = Vessel(name, line, parent)
        others = tuple(v for v in tree if v.name != name)
        tree = VesselTree((*others, fresh), tree.dominance)
    return tree


def _same_start(a: Centerline, b: Centerline, apart_mm: float = 1.0) -> bool:
    """Tell whether two courses begin at the same place."""
    return float(np.linalg.norm(a.points_lps_mm[0] - b.points_lps_mm[0])) <= apart_mm


def _other_networks(net: Network, made: Sequence[Bridge], first: int) -> list[tuple[int, Network]]:
    """Return a point on, and the network with, each next-best way of the bridges, which begin at point `first`."""
    result = []
    for bridge in made:
        count = len(bridge.between_lps_mm)
        for way in bridge.others_lps_mm:
            points = net.points_lps_mm.copy()
            points[first : first + count] = way
            result.append((first + count // 2, replace(net, points_lps_mm=points)))
        first += count
    return result


def _tree(
    net: Network,
    roots: Sequence[int],
    volume: Volume,
    lumen_hu: float,
    starts: dict[int, Float],
    others: Sequence[tuple[int, Network]] = (),
) -> tuple[VesselTree, tuple[Finding, ...]]:
    """Name and draw what hangs on the roots; `others` holds networks with another way and a point on that way."""
    courses, dominance = named(net, roots)
    choices: dict[str, list[Centerline]] = {}
    for point, other in others:
        name = next((c.name for c in courses if point in c.points), None)
        redrawn = drawn(other, courses, volume, lumen_hu, starts) if name is not None else ()
        choices.setdefault(name or "", []).extend(c.centerline for c in redrawn if c.name == name)
    vessels = tuple(
        # another course must be able to take the place of this one
        Vessel(
            c.name,
            c.centerline,
            c.parent,
            alternatives=tuple(a for a in choices.get(c.name, ()) if _same_start(a, c.centerline)),
        )
        for c in drawn(net, courses, volume, lumen_hu, starts)
    )
    bare = VesselTree(vessels, dominance)
    vessels = tuple(replace(v, segments=segments_of(bare, v.name)) for v in vessels)
    names = {v.name for v in vessels}
    missing = [name for name in ("LM", "LAD", "LCX", "RCA") if name not in names]
    findings: tuple[Finding, ...] = ()
    if missing:
        text = f"Not found by itself: {', '.join(missing)}. Trace by hand what you miss."
        findings = (Finding(Severity.CAUTION, text),)
    return VesselTree(vessels, dominance), findings
