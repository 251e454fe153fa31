"""The whole automatic chain, from a volume to a plan, in the order in which the evening goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from numpy.typing import ArrayLike

from viewer.analysis.coronary.trace import trace_tree
from viewer.model.case import Case
from viewer.model.enhancement import Enhancement
from viewer.model.vessel import VesselTree
from viewer.model.volume import Volume
from viewer.progress import Progress, silent

Seed = tuple[str, ArrayLike]


def plan(volume: Volume, seeds: Sequence[Seed] = (), progress: Progress = silent) -> Case:
    """Return what the program finds by itself.

    Parameters
    ----------
    volume : Volume
    seeds : sequence of (vessel name, point in LPS mm)
        Points that the operator knows to lie on a vessel.
    progress : Progress

    Raises
    ------
    NoTree
        If there is no contrast in the aorta, or no coronary tree to be found.
    """
    return with_tree_of(Case(volume), seeds, progress)


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
        enhancement=Enhancement(seen.lumen_hu, seen.lumen_sd_hu, seen.noise_hu),
        findings=found.findings,
    )
