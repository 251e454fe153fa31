"""The two or three views to ask for: for the cap, the occlusion, the landing zone, and a pair that shows depth."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.analysis.fluoro.cap_views import CapViews, cap_views
from viewer.analysis.fluoro.foreshortening import foreshortening_percent, stretch_points, view_directions
from viewer.analysis.fluoro.limits import GantryLimits, standard_views
from viewer.analysis.fluoro.view_map import ViewMap, view_map
from viewer.model.carm import view_label
from viewer.model.geometry import Float
from viewer.model.lesion import Lesion
from viewer.model.vessel import VesselTree
from viewer.progress import Progress, silent

#: The stretch beyond the distal cap where a wire must come down in the lumen.
LANDING_MM = 20.0
#: The two views of a pair stand at least this far apart.
PAIR_DEG = 60.0
#: The view of the occlusion is at most this many points of foreshortening worse than the best that can be reached.
WITHIN_POINTS = 1.5
#: A view of the cap or the landing zone may be so many points worse than the best for it, if it shows the occlusion
#: better: the wire goes from one into the other, and every view fewer saves dose.
SLACK_POINTS = 4.0
#: So many of the usual views are named beside a proposal.
MOST_NAMED = 2
#: The pair is looked for on a grid of this step, then refined by whole degrees.
_PAIR_STEP_DEG = 5


class Purpose(enum.Enum):
    """What a view is for; the value is the word in reports."""

    CAP = "proximal cap"
    OCCLUSION = "occlusion"
    LANDING_ZONE = "distal landing zone"
    PAIR = "pair"


@dataclass(frozen=True, slots=True)
class Proposal:
    """One view to ask for, in whole degrees.

    Attributes
    ----------
    purpose : Purpose
    primary_deg, secondary_deg : int
        LAO and cranial positive.
    foreshortening_percent, overlap_percent : float
        Of the stretch that the view is for.
    occlusion_foreshortening_percent : float
        Of the occlusion from cap to cap, under a parallel beam.
    reachable : bool
    why : str
        A sentence for the operator.
    warnings : tuple of str
    apart_deg : float or None
        The angle to the other view of a pair.
    """

    purpose: Purpose
    primary_deg: int
    secondary_deg: int
    foreshortening_percent: float
    overlap_percent: float
    occlusion_foreshortening_percent: float
    reachable: bool
    why: str
    warnings: tuple[str, ...] = ()
    apart_deg: float | None = None

    @property
    def label(self) -> str:
        """The angles in words: ``LAO 30 / CRA 20``."""
        return view_label(self.primary_deg, self.secondary_deg)


def angle_between_deg(first: tuple[float, float], second: tuple[float, float]) -> float:
    """Return the angle between the central rays of two views (primary, secondary), 0 to 90: opposite views are one."""
    cosine = float(view_directions(*first) @ view_directions(*second))
    return float(np.degrees(np.arccos(min(abs(cosine), 1.0))))


def _trouble(seen: ViewMap, limits: GantryLimits) -> Float:
    """Return points for being far from AP, unusual or steep, (B, A): they decide between views that show alike."""
    a, b = seen.primary_deg[None, :], seen.secondary_deg[:, None]
    points = 0.02 * np.abs(a) + 0.04 * np.abs(b) + 3.0 * ~limits.usual.contains(a, b)
    for box in limits.steep:
        points = points + 2.0 * box.contains(a, b)
    return points


def _least(cost: Float, allowed: NDArray[np.bool_]) -> tuple[int, int] | None:
    """Return row and column of the least cost among the allowed, or ``None`` if nothing is."""
    if not allowed.any():
        return None
    row, column = np.unravel_index(int(np.where(allowed, cost, np.inf).argmin()), cost.shape)
    return int(row), int(column)


def _proposal(
    seen: ViewMap, where: tuple[int, int], occlusion: Float, limits: GantryLimits, purpose: Purpose, why: str
) -> Proposal:
    row, column = where
    a, b = round(float(seen.primary_deg[column])), round(float(seen.secondary_deg[row]))
    return Proposal(
        purpose,
        a,
        b,
        float(seen.foreshortening_percent[row, column]),
        float(seen.overlap_percent[row, column]),
        float(foreshortening_percent(occlusion, a, b)),
        bool(seen.reachable[row, column]),
        why,
        limits.warnings(a, b),
    )


def _shows(what: str, seen: ViewMap, where: tuple[int, int]) -> str:
    shorter, hidden = seen.foreshortening_percent[where], seen.overlap_percent[where]
    over = "nothing lies over it" if hidden < 0.5 else f"{hidden:.0f} % of it lies under other vessels"
    return f"{what} looks {shorter:.0f} % shorter than it is, and {over}"


def _least_with_body(cost: Float, allowed: NDArray[np.bool_], body: ViewMap) -> tuple[int, int] | None:
    """Return the view that shows the occlusion best among those that cost little more than the least, or ``None``."""
    if not allowed.any():
        return None
    nearly = allowed & (cost <= cost[allowed].min() + SLACK_POINTS)
    return _least(cost + body.cost, nearly)


def _shown_too(body: ViewMap, where: tuple[int, int]) -> str:
    return f"the occlusion beside it looks {body.foreshortening_percent[where]:.0f} % shorter than it is"


def _cap_view(caps: CapViews, body: ViewMap, occlusion: Float, limits: GantryLimits) -> Proposal | None:
    seen = caps.map
    resolved = caps.resolved
    cost = caps.cost + _trouble(seen, limits)
    where = _least_with_body(cost, resolved if resolved.any() else seen.reachable, body)
    if where is None:
        return None
    why = _shows("The vessel about the cap", seen, where)
    if caps.opening_deg is not None and caps.branch_overlap_percent is not None:
        clear = (
            "clear of it"
            if caps.branch_overlap_percent[where] < 0.5
            else (f"with {caps.branch_overlap_percent[where]:.0f} % of its first course hidden")
        )
        why += f"; {caps.branch} leaves at {caps.opening_deg[where]:.0f}°, {clear}"
    if not resolved[where]:
        why += "; no reachable view resolves this cap fully"
    usual = [view.name for view in caps.resolving(standard_views())][:MOST_NAMED]
    if usual:
        why += f"; of the usual views {' and '.join(usual)} {'resolves' if len(usual) == 1 else 'resolve'} it too"
    why += f"; {_shown_too(body, where)}"
    return _proposal(seen, where, occlusion, limits, Purpose.CAP, why + ".")


def _body_view(seen: ViewMap, occlusion: Float, limits: GantryLimits) -> Proposal | None:
    if not seen.reachable.any():
        return None
    best = seen.foreshortening_percent[seen.reachable].min()
    good = seen.reachable & (seen.foreshortening_percent <= best + WITHIN_POINTS)
    where = _least(seen.cost + _trouble(seen, limits), good)
    if where is None:
        return None
    why = _shows("The occlusion", seen, where) + f"; the best reachable view has {best:.0f} %."
    return _proposal(seen, where, occlusion, limits, Purpose.OCCLUSION, why)


def _landing_view(seen: ViewMap, body: ViewMap, occlusion: Float, limits: GantryLimits) -> Proposal | None:
    where = _least_with_body(seen.cost + _trouble(seen, limits), seen.reachable, body)
    if where is None:
        return None
    why = f"{_shows('The vessel beyond the distal cap', seen, where)}; {_shown_too(body, where)}."
    return _proposal(seen, where, occlusion, limits, Purpose.LANDING_ZONE, why)


def best_pair(seen: ViewMap, limits: GantryLimits) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Return rows and columns of the two reachable views, `PAIR_DEG` apart, that cost least together, or ``None``."""
    cost = np.where(seen.reachable, seen.cost + _trouble(seen, limits), np.inf)
    directions = view_directions(seen.primary_deg[None, :], seen.secondary_deg[:, None])
    coarse = np.argwhere(np.isfinite(cost[::_PAIR_STEP_DEG, ::_PAIR_STEP_DEG])) * _PAIR_STEP_DEG
    if not len(coarse):
        return None
    limit = np.cos(np.radians(PAIR_DEG)) + 1e-9
    normals, costs = directions[tuple(coarse.T)], cost[tuple(coarse.T)]
    together = np.where(np.abs(normals @ normals.T) <= limit, costs[:, None] + costs, np.inf)
    if not np.isfinite(together).any():
        return None
    pair = [tuple(coarse[n]) for n in np.unravel_index(int(together.argmin()), together.shape)]
    for _ in range(3):  # each in turn moves within the coarse step, while the other stands
        for mover in (0, 1):
            other = pair[1 - mover]
            row, column = pair[mover]
            rows = np.arange(max(row - _PAIR_STEP_DEG, 0), min(row + _PAIR_STEP_DEG + 1, cost.shape[0]))
            columns = np.arange(max(column - _PAIR_STEP_DEG, 0), min(column + _PAIR_STEP_DEG + 1, cost.shape[1]))
            near = np.ix_(rows, columns)
            apart = np.abs(directions[near] @ directions[other]) <= limit
            moved = _least(cost[near], apart)
            if moved is not None:
                pair[mover] = (int(rows[moved[0]]), int(columns[moved[1]]))
    first, second = sorted(((int(r), int(c)) for r, c in pair), key=lambda where: cost[where])
    return first, second


def _pair_views(seen: ViewMap, occlusion: Float, limits: GantryLimits) -> tuple[Proposal, ...]:
    pair = best_pair(seen, limits)
    if pair is None:
        return ()
    angles = [(float(seen.primary_deg[column]), float(seen.secondary_deg[row])) for row, column in pair]
    apart = angle_between_deg(*angles)
    found = []
    for n, where in enumerate(pair):
        why = f"{_shows('The occlusion', seen, where)}; {apart:.0f}° from {view_label(*angles[1 - n])}, to tell depth."
        one = _proposal(seen, where, occlusion, limits, Purpose.PAIR, why)
        found.append(Proposal(**{name: getattr(one, name) for name in one.__slots__} | {"apart_deg": apart}))
    return tuple(found)


def occlusion_view(
    tree: VesselTree, lesion: Lesion, limits: GantryLimits, lesions: Iterable[Lesion] = ()
) -> Proposal | None:
    """Return the view for the occlusion alone, ``None`` if the gantry reaches none; parameters as `propose_views`."""
    low, high = lesion.proximal.station_mm, lesion.distal.station_mm
    body = view_map(tree, lesion.vessel, low, high, limits, (*lesions,))
    return _body_view(body, stretch_points(tree[lesion.vessel].centerline, low, high), limits)


def propose_views(
    tree: VesselTree,
    lesion: Lesion,
    limits: GantryLimits,
    lesions: Iterable[Lesion] = (),
    progress: Progress = silent,
) -> tuple[Proposal, ...]:
    """Return the views to ask for: cap, occlusion, landing zone, and the two of the best pair, as far as there are any.

    Parameters
    ----------
    tree : VesselTree
    lesion : Lesion
        Its vessel must be in the tree.
    limits : GantryLimits
        Nothing out of reach is proposed.
    lesions : iterable of Lesion
        All occlusions of the patient: what is occluded hides nothing.
    progress : Progress
    """
    every = (*lesions, *(() if any(lesion is one for one in lesions) else (lesion,)))
    vessel = tree[lesion.vessel].centerline
    low, high = lesion.proximal.station_mm, lesion.distal.station_mm
    occlusion = stretch_points(vessel, low, high)
    progress(0.0, "Looking for views of the cap")
    body = view_map(tree, lesion.vessel, low, high, limits, every)
    found = [_cap_view(cap_views(tree, lesion, limits, every), body, occlusion, limits)]
    progress(0.4, "Looking for views of the occlusion")
    found.append(_body_view(body, occlusion, limits))
    progress(0.6, "Looking for views of the landing zone")
    if high + 2.0 <= vessel.length_mm:
        landing = view_map(tree, lesion.vessel, high, high + LANDING_MM, limits, every)
        found.append(_landing_view(landing, body, occlusion, limits))
    progress(0.8, "Looking for a pair of views")
    pair = _pair_views(body, occlusion, limits)
    progress(1.0, "Proposed the views")
    return (*(one for one in found if one is not None), *pair)
