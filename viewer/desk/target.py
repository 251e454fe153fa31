"""What the C-arm is aimed at: the stretch of a vessel that a view should show without foreshortening."""

from __future__ import annotations

from dataclasses import dataclass, replace

from viewer.desk.sight import along, on_vessel
from viewer.model.case import Case
from viewer.model.geometry import Float
from viewer.model.lesion import Lesion, LesionKind
from viewer.model.view import Step, ViewState

#: Without an occlusion the stretch about the cursor is taken, this far to either side.
AROUND_CURSOR_MM = 10.0


@dataclass(frozen=True, slots=True)
class Target:
    """A stretch of one vessel, in mm from its start, and what it is in words."""

    vessel: str
    from_mm: float
    to_mm: float
    what: str


def active_lesion(case: Case, view: ViewState) -> Lesion | None:
    """Return the lesion that is looked at: the chosen one, else the first on the active vessel."""
    if view.lesion is not None and 0 <= view.lesion < len(case.lesions):
        return case.lesions[view.lesion]
    return next((lesion for lesion in case.lesions if lesion.vessel == view.vessel), None)


def occlusions_of(case: Case) -> list[Lesion]:
    """Return the occlusions of a plan."""
    return [lesion for lesion in case.lesions if lesion.kind is LesionKind.OCCLUSION]


def at_occlusion(case: Case, view: ViewState) -> ViewState | None:
    """Return the view at the proximal cap of the chosen occlusion, else of the first, in its step; ``None``: none."""
    occlusions, chosen = occlusions_of(case), active_lesion(case, view)
    if not occlusions:
        return None
    lesion = next((one for one in occlusions if one is chosen), occlusions[0])
    number = next(n for n, one in enumerate(case.lesions) if one is lesion)
    there = on_vessel(case, view, lesion.vessel, lesion.proximal.station_mm)
    return replace(there, lesion=number, step=Step.OCCLUSION)


def aimed_at(case: Case, view: ViewState) -> Float:
    """Return what a C-arm is aimed at, in LPS mm, shape (3,): the occlusion, else the vessel, else where it is now."""
    lesion = active_lesion(case, view)
    if lesion is not None:
        line = case.tree[lesion.vessel].centerline
        return line.at(0.5 * (lesion.proximal.station_mm + lesion.distal.station_mm))
    if view.vessel is not None and view.vessel in case.tree:
        points = case.tree[view.vessel].centerline.points_lps_mm
        return 0.5 * (points.min(0) + points.max(0))
    return view.carm.isocenter_lps_mm


def segment_of(case: Case | None, target: Target | None) -> str | None:
    """Return the SCCT code of the segment in which the middle of a target lies, if it is known."""
    if case is None or target is None:
        return None
    middle = 0.5 * (target.from_mm + target.to_mm)
    segments = case.tree[target.vessel].segments
    return next((segment.code for segment in segments if segment.from_mm <= middle <= segment.to_mm), None)


def target_of(case: Case | None, view: ViewState) -> Target | None:
    """Return the stretch that the views are judged by: the occlusion, else the guess, else what is about the cursor."""
    if case is None:
        return None
    lesion = active_lesion(case, view)
    if lesion is not None:
        return Target(lesion.vessel, lesion.proximal.station_mm, lesion.distal.station_mm, "the occlusion")
    if view.vessel is None or view.vessel not in case.tree:
        return None
    line = case.tree[view.vessel].centerline
    if line.inferred:
        return Target(view.vessel, line.inferred[0][0], line.inferred[-1][1], "the guessed stretch")
    sight = along(case.tree, view.vessel)
    vessel, station = sight.course.on_vessel(sight.nearest(view.cursor_lps_mm)[0])
    length = case.tree[vessel].centerline.length_mm
    low, high = max(station - AROUND_CURSOR_MM, 0.0), min(station + AROUND_CURSOR_MM, length)
    return Target(vessel, low, high, "the stretch about the cursor") if high - low > 1.0 else None
