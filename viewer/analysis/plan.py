"""The whole automatic chain, from a volume to a plan, in the order in which the evening goes.

Each stage is a function from a case to a case, so that the window can run them one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from viewer.analysis.coronary.trace import trace_tree
from viewer.analysis.fluoro.limits import GantryLimits
from viewer.analysis.fluoro.proposals import Proposal, propose_views
from viewer.analysis.occlusion.cord import centred_on_cord
from viewer.analysis.occlusion.find import find_lesions
from viewer.analysis.plaque.blur import USUAL_FWHM_MM
from viewer.analysis.plaque.calcium import measure_calcium
from viewer.analysis.plaque.walls import estimated_fwhm_mm, measure_vessel
from viewer.model.calcium import CalciumThreshold
from viewer.model.case import Case
from viewer.model.cross_section import Contour
from viewer.model.enhancement import Enhancement
from viewer.model.lesion import Lesion, LesionKind
from viewer.model.vessel import MAIN_VESSELS, Author, VesselTree
from viewer.model.volume import Volume
from viewer.progress import Progress, silent

Seed = tuple[str, ArrayLike]
ThresholdOf = Callable[[Enhancement], CalciumThreshold]

#: A course that lies nearer than this to the middle of its occlusions stays.
MOVED_MM = 0.3
#: A better course shows better caps, and these a better course; so often at most.
CORD_ROUNDS = 3
#: The sharpness of the picture is read from the longest vessels: so many of them, and longer than this.
SHARPNESS_VESSELS, SHARPNESS_MM = 3, 20.0


def adaptive_threshold(seen: Enhancement) -> CalciumThreshold:
    """Return the threshold of calcium that goes with the contrast of a scan."""
    return CalciumThreshold.adaptive(seen.lumen_hu, seen.lumen_sd_hu)


def plan(
    volume: Volume,
    seeds: Sequence[Seed] = (),
    progress: Progress = silent,
    threshold: ThresholdOf = adaptive_threshold,
) -> Case:
    """Return what the program finds by itself: tree, walls, calcium and lesions.

    Parameters
    ----------
    volume : Volume
    seeds : sequence of (vessel name, point in LPS mm)
        Points that the operator knows to lie on a vessel.
    progress : Progress
    threshold : callable
        Gives the threshold of calcium for the contrast that was found.

    Raises
    ------
    NoTree
        If there is no contrast in the aorta, or no coronary tree to be found.
    """
    case = with_tree_of(Case(volume), seeds, _part(progress, 0.0, 0.6))
    case = with_measurements(case, None, _part(progress, 0.6, 0.95), threshold)
    return with_lesions(case, _part(progress, 0.95, 1.0))


def _part(progress: Progress, low: float, high: float) -> Progress:
    """Return a progress that fills the part from `low` to `high` of another."""

    def report(share: float, text: str = "") -> None:
        progress(low + (high - low) * share, text)

    return report


def with_tree_of(
    case: Case,
    seeds: Sequence[Seed] = (),
    progress: Progress = silent,
    first: Callable[[VesselTree], None] | None = None,
) -> Case:
    """Return the case with the coronary tree of its volume, found anew; see `plan`.

    Parameters
    ----------
    first : callable, optional
        Called with the vessels that are open before the occlusions are crossed.
    """
    found = trace_tree(case.volume, seeds, progress, first)
    seen = found.thresholds
    return replace(
        case,
        tree=found.tree,
        sections=(),
        calcium=(),
        lesions=(),
        refuted=(),
        enhancement=Enhancement(seen.lumen_hu, seen.lumen_sd_hu, seen.noise_hu),
        findings=found.findings,
    )


def with_measurements(
    case: Case,
    vessels: Iterable[str] | None = None,
    progress: Progress = silent,
    threshold: ThresholdOf = adaptive_threshold,
) -> Case:
    """Return the case with lumen, outer wall and calcium of vessels; what is there already stays.

    Parameters
    ----------
    case : Case
        Its enhancement must be known.
    vessels : iterable of str, optional
        All if not given.
    progress : Progress
    threshold : callable
        Gives the threshold of calcium, where none of the vessels was measured yet; else theirs is taken.

    Raises
    ------
    ValueError
        If nobody has looked at the contrast of this case.
    """
    seen = _enhancement(case)
    names = [vessel.name for vessel in case.tree] if vessels is None else list(vessels)
    missing = [name for name in names if case.calcium_of(name) is None or case.sections_of(name) is None]
    if not missing:
        return case
    fwhm_mm = _fwhm_mm(case, seen, _part(progress, 0.0, 0.2))
    at = case.calcium[0].threshold if case.calcium else threshold(seen)
    sections = {s.vessel: s for s in case.sections}
    calcium = {profile.vessel: profile for profile in case.calcium}
    for number, name in enumerate(missing):
        low = 0.2 + 0.8 * number / len(missing)
        step = 0.4 / len(missing)
        if name not in sections:
            line = case.tree[name].centerline
            told = _part(progress, low, low + step)
            sections[name] = measure_vessel(case.volume, line, name, seen.lumen_hu, fwhm_mm=fwhm_mm, progress=told)
        told = _part(progress, low + step, low + 2 * step)
        calcium[name] = measure_calcium(case.volume, sections[name], at, fwhm_mm, progress=told)
    progress(1.0, "Measured the vessels")
    return replace(case, sections=tuple(sections.values()), calcium=tuple(calcium.values()))


def _enhancement(case: Case) -> Enhancement:
    if case.enhancement is None:
        raise ValueError("the contrast of this case is not known yet: find its tree first")
    return case.enhancement


def _fwhm_mm(case: Case, seen: Enhancement, progress: Progress) -> float:
    """Return the blur of the picture: as calcium was measured with before, else as the main vessels show it."""
    if case.calcium:
        return case.calcium[0].fwhm_mm
    lines = sorted(
        (v.centerline for v in case.tree if v.name in MAIN_VESSELS and v.centerline.length_mm > SHARPNESS_MM),
        key=lambda line: -line.length_mm,
    )
    if not lines:
        return USUAL_FWHM_MM
    return estimated_fwhm_mm(case.volume, lines[:SHARPNESS_VESSELS], seen.lumen_hu, progress)


def with_lesions(case: Case, progress: Progress = silent, threshold: ThresholdOf = adaptive_threshold) -> Case:
    """Return the case with its lesions found anew; those that the operator marked, corrected or refuted stay so.

    Vessels that were not measured yet are measured first. The course of each occlusion is moved into the middle of the
    occluded cord, unless the operator had a hand in it, and becomes one inferred stretch from cap to cap.
    """
    case = with_measurements(case, None, _part(progress, 0.0, 0.8), threshold)
    kept = [lesion for lesion in case.lesions if _is_hers(lesion)]
    found: list[Lesion] = []
    order = _parents_first(case.tree)
    for number, name in enumerate(order):
        share = 0.8 + 0.2 * number / len(order)
        progress(share, f"Looking for occlusions of {name}")
        own = [lesion for lesion in kept if lesion.vessel == name]
        proposed = _lesions_of(case, name)
        for _ in range(0 if own else CORD_ROUNDS):
            centred = _on_cords(case, name, proposed, _part(progress, share, share))
            better = proposed if centred is case else _lesions_of(centred, name)
            if centred is case or _occlusions(better) < _occlusions(proposed):
                break
            case, proposed = centred, better
        own += [
            lesion
            for lesion in proposed
            if not any(_overlap(lesion, other) for other in own) and not any(no.meets(lesion) for no in case.refuted)
        ]
        found += own
        closed = [le for le in own if le.kind is LesionKind.OCCLUSION]
        if closed:
            case = replace(case, tree=_with_inferred(case.tree, name, closed))
    progress(1.0, "Looked for occlusions")
    return replace(case, lesions=tuple(sorted(found, key=_weight)))


def _lesions_of(case: Case, name: str) -> tuple[Lesion, ...]:
    sections = case.sections_of(name)
    if sections is None:
        raise ValueError(f"{name} has no cross-sections")
    return find_lesions(case.volume, case.tree, sections, case.calcium_of(name), _enhancement(case))


def _occlusions(lesions: Iterable[Lesion]) -> int:
    return sum(lesion.kind is LesionKind.OCCLUSION for lesion in lesions)


def _on_cords(case: Case, name: str, lesions: Sequence[Lesion], progress: Progress) -> Case:
    """Return the case with a vessel's course in the middle of its occlusions, measured anew; as it was if it is there.

    What the operator traced or pulled stays.
    """
    vessel, sections = case.tree[name], case.sections_of(name)
    edited = sections is None or Contour.EDITED in sections.wall_source or Contour.EDITED in sections.lumen_source
    if vessel.author is Author.OPERATOR or edited or sections is None:
        return case
    line = vessel.centerline
    # from the far end on, so that the stations of what is still to be done stay the same
    for lesion in reversed(lesions):
        if lesion.kind is LesionKind.OCCLUSION:
            ends = lesion.proximal.station_mm, lesion.distal.station_mm
            line = centred_on_cord(case.volume, line, sections, *ends)
    if line is vessel.centerline:
        return case
    off_mm = np.array([vessel.centerline.nearest_station_mm(point)[1] for point in line.points_lps_mm])
    if off_mm.max() < MOVED_MM:
        return case
    tree = replace(case.tree, vessels=tuple(replace(v, centerline=line) if v.name == name else v for v in case.tree))
    fresh = replace(
        case,
        tree=tree,
        sections=tuple(s for s in case.sections if s.vessel != name),
        calcium=tuple(profile for profile in case.calcium if profile.vessel != name),
        lesions=(),
    )
    known = case.calcium_of(name)
    same = adaptive_threshold if known is None else lambda _: known.threshold
    return replace(with_measurements(fresh, (name,), progress, same), lesions=case.lesions)


def _is_hers(lesion: Lesion) -> bool:
    return Author.OPERATOR in (lesion.author, lesion.proximal.author, lesion.distal.author)


def _overlap(one: Lesion, other: Lesion) -> bool:
    return one.proximal.station_mm < other.distal.station_mm and other.proximal.station_mm < one.distal.station_mm


def _weight(lesion: Lesion) -> tuple[bool, float]:
    """Return by what lesions are put in order: occlusions first, the surer before the less sure."""
    return lesion.kind is not LesionKind.OCCLUSION, -lesion.confidence


def _parents_first(tree: VesselTree) -> list[str]:
    order: list[str] = []
    waiting = [vessel.name for vessel in tree if vessel.parent is None]
    while waiting:
        name = waiting.pop(0)
        order.append(name)
        waiting += [child.name for child in tree.children(name)]
    return order


def _with_inferred(tree: VesselTree, name: str, closed: Sequence[Lesion]) -> VesselTree:
    """Return the tree with each occlusion of a vessel as one inferred stretch without lumen."""
    spans = [(lesion.proximal.station_mm, lesion.distal.station_mm) for lesion in closed]
    return replace(
        tree,
        vessels=tuple(replace(v, centerline=v.centerline.closed_between(spans)) if v.name == name else v for v in tree),
    )


def proposed_views(case: Case, limits: GantryLimits, progress: Progress = silent) -> tuple[tuple[int, Proposal], ...]:
    """Return the views to ask for, each with the number of the occlusion in the case's lesions that it is for."""
    occlusions = [(n, le) for n, le in enumerate(case.lesions) if le.kind is LesionKind.OCCLUSION]
    result: list[tuple[int, Proposal]] = []
    for at, (number, lesion) in enumerate(occlusions):
        told = _part(progress, at / len(occlusions), (at + 1) / len(occlusions))
        every = [one for _, one in occlusions]
        result += [(number, view) for view in propose_views(case.tree, lesion, limits, every, told)]
    return tuple(result)
