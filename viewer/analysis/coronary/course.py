"""From named points of a network to smooth centrelines in the middle of the lumen, each begun at its parent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from viewer.analysis.coronary.labels import NamedCourse
from viewer.analysis.coronary.network import Network
from viewer.analysis.coronary.profile import TubeProfile, profile, recentred, resampled_course, smoothed_course
from viewer.analysis.coronary.tree import OPEN_SHARE
from viewer.model.centerline import Centerline, Interval
from viewer.model.geometry import Float, arc_length_mm, unit
from viewer.model.volume import Volume

STEP_MM = 0.5
FLOOR_HU = -150.0
#: What blur leaves of a closed lumen's darkness, as a share of what is open.
CLOSED_SHARE = 0.88
#: Gaps shorter than this are noise, or a plaque that leaves lumen beside it.
SHORTEST_GAP_MM = 2.0
#: How far the carina lies beyond the place where the courses at a fork meet.
TO_CARINA_MM = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class DrawnCourse:
    """A vessel with its centreline."""

    name: str
    parent: str | None
    centerline: Centerline


def drawn(
    net: Network, courses: Sequence[NamedCourse], volume: Volume, lumen_hu: float, starts_lps_mm: dict[int, Float]
) -> tuple[DrawnCourse, ...]:
    """Return the centrelines of named courses, parents before children.

    Parameters
    ----------
    net : Network
    courses : sequence of NamedCourse
    volume : Volume
    lumen_hu : float
        Of the aorta.
    starts_lps_mm : dict
        For the first point of a course without parent: where on the aorta's edge it begins.
    """
    done: dict[str, Float] = {}
    leaf = {c.name for c in courses} - {c.parent for c in courses if c.points and _is_end_of(c, courses)}
    trunk_end: dict[str, Float] = {}
    result: list[DrawnCourse] = []
    by_name = {course.name: course for course in courses}
    ends_at = {course.points[-1]: course.name for course in courses}
    for course in _parents_first(courses):
        points = net.points_lps_mm[list(course.points)]
        bridge = net.bridge[list(course.points)]
        if course.parent is None:
            start = starts_lps_mm.get(course.points[0])
            if start is not None:
                points, bridge = np.r_[start[None], points], np.r_[False, bridge]
            line = _centred(volume, points, bridge, lumen_hu)
            if start is not None:
                line = _from_start(line, start)
        else:
            trunk = done[course.parent]
            line = _leaving(net, course, by_name[course.parent], trunk, volume, lumen_hu)
        if course.name in leaf:
            others = [c for c in courses if c is not course]
            taken = net.points_lps_mm[[p for c in others for p in c.points]] if others else np.empty((0, 3))
            line = _drawn_out(volume, line, lumen_hu, taken)
        done[course.name] = line
    # the end of a trunk is where its children leave it
    for course in courses:
        heirs = [c for c in courses if c.parent == course.name and c.points[0] == course.points[-1]]
        if len(heirs) >= 2:
            trunk_end[course.name] = _meeting(done[course.name], [done[h.name] for h in heirs])
    for course in courses:
        line = done[course.name]
        if course.name in trunk_end:
            line = _cut_at(line, trunk_end[course.name])
        elif course.parent in trunk_end and ends_at.get(course.points[0]) == course.parent:
            line = _begun_at(line, trunk_end[course.parent])
        line = resampled_course(line, STEP_MM)
        if len(line) < 3:
            continue
        tube = profile(volume, line, floor_hu=FLOOR_HU, cap_hu=1.6 * lumen_hu)
        result.append(DrawnCourse(course.name, course.parent, centerline(volume, line, tube, lumen_hu)))
    kept = {c.name for c in result}
    return tuple(c for c in result if c.parent is None or c.parent in kept)


def _is_end_of(course: NamedCourse, courses: Sequence[NamedCourse]) -> bool:
    """Tell whether a course begins at the very end of its parent."""
    return any(c.name == course.parent and c.points[-1] == course.points[0] for c in courses)


def _drawn_out(volume: Volume, line: Float, lumen_hu: float, taken: Float, reach_mm: float = 5.0) -> Float:
    """Return the line drawn on straight at its far end as long as the tube goes on; smoothing had shortened it."""
    if len(line) < 8:
        return line
    ahead = line[-1] - line[-7]
    ahead /= max(float(np.linalg.norm(ahead)), 1e-9)
    more = line[-1] + np.arange(1, int(reach_mm / STEP_MM) + 1)[:, None] * STEP_MM * ahead
    inside = volume.geometry.contains(more)
    if len(taken):
        # what lies ahead may be another vessel's
        inside &= cKDTree(taken).query(more)[0] > 1.2
    more = more[: int(np.argmin(inside)) if not inside.all() else len(more)]
    if not len(more):
        return line
    tube = profile(volume, np.r_[line[-8:], more], floor_hu=FLOOR_HU, cap_hu=1.05 * lumen_hu, along_px=0.7)
    usual = float(np.median(tube.hu[:6] - tube.around_hu[:6]))
    radius = float(np.median(tube.radius_mm[:6]))
    peak = tube.hu[8:] - tube.around_hu[8:]
    goes_on = (peak > 0.55 * usual) & (tube.radius_mm[8:] < 1.6 * radius) & (tube.radius_mm[8:] > 0.5 * radius)
    count = int(np.argmin(goes_on)) if not goes_on.all() else len(more)
    if count == 0:
        return line
    full = np.r_[line, more[:count]]
    tail = recentred(volume, full[-20:], floor_hu=FLOOR_HU, cap_hu=1.05 * lumen_hu, rounds=2)
    return np.r_[full[:-20], tail] if len(full) > 20 else full


def _parents_first(courses: Sequence[NamedCourse]) -> list[NamedCourse]:
    order: list[NamedCourse] = []
    waiting = list(courses)
    while waiting:
        known = {c.name for c in order}
        ready = [c for c in waiting if c.parent is None or c.parent in known]
        if not ready:
            raise ValueError(f"the parents of {[c.name for c in waiting]} are missing")
        order += ready
        waiting = [c for c in waiting if c not in ready]
    return order


def _centred(volume: Volume, points: Float, bridge: np.ndarray, lumen_hu: float) -> Float:
    """Return a smooth course in the middle of the tube around `points`; what bridges a gap stays as it is."""
    along = arc_length_mm(points)
    keep = np.r_[True, np.diff(along) > 1e-6]
    along, points, bridge = along[keep], points[keep], bridge[keep]
    line = smoothed_course(resampled_course(points, STEP_MM), 2.0)
    # fractions of the length carry the marks of the gaps through the moves
    guess = np.interp(np.linspace(0, along[-1], len(line)), along, bridge.astype(float))
    stays = unseen_share(volume, line, lumen_hu, guess)[:, None]
    moved = recentred(volume, line, floor_hu=FLOOR_HU, cap_hu=1.05 * lumen_hu, rounds=3, stiffness_px=2.0)
    line = smoothed_course(stays * line + (1.0 - stays) * moved, 1.5, free_ends=True)
    return resampled_course(line, STEP_MM)


def unseen_share(volume: Volume, line: Float, lumen_hu: float, guess: Float | None = None) -> Float:
    """Return how far each place of a course has no lumen whose middle it could be moved to.

    Parameters
    ----------
    volume : Volume
    line : ndarray of shape (N, 3)
        Equal steps of about `STEP_MM`.
    lumen_hu : float
        Of the aorta.
    guess : ndarray of shape (N,), optional
        Where the course is known to be a guess, 0 to 1.

    Returns
    -------
    ndarray of shape (N,)
        0 in lumen that shows, 1 in a closed vessel, smooth between them.
    """
    tube = profile(volume, line, floor_hu=FLOOR_HU, cap_hu=1.6 * lumen_hu)
    share = np.zeros(len(line)) if guess is None else guess.copy()
    # a bridge begins and ends in lumen that shows; there it has a middle to be moved to
    lumen = (tube.hu > OPEN_SHARE * lumen_hu) & (tube.hu < 1.15 * lumen_hu)
    share[lumen] = 0.0
    share[_closed(tube, lumen, lumen_hu)] = 1.0
    return np.clip(1.5 * ndimage.gaussian_filter1d(share, 2.0, mode="nearest"), 0.0, 1.0)


def _closed(tube: TubeProfile, lumen: np.ndarray, lumen_hu: float) -> np.ndarray:
    """Tell where a course runs through a closed vessel: without contrast, or in calcium that adjoins such a place."""
    dark = ndimage.binary_opening(tube.hu < CLOSED_SHARE * OPEN_SHARE * lumen_hu, np.ones(3))
    number, _ = ndimage.label(~lumen)
    return np.isin(number, np.unique(number[dark])) & ~lumen


def _from_start(line: Float, start: Float) -> Float:
    """Return the line begun at a place on the aorta, straight over the millimetres where the aorta pulls at it."""
    far = np.linalg.norm(line - start, axis=1)
    beyond = np.flatnonzero(far > 3.0)
    return line if not len(beyond) else np.r_[start[None], line[beyond[0] :]]


def _leaving(
    net: Network, course: NamedCourse, parent: NamedCourse, trunk: Float, volume: Volume, lumen_hu: float
) -> Float:
    """Return the centreline of a branch, from its parent's centreline on.

    Inside the parent's lumen the branch has no middle of its own; it runs straight from the parent to its free part.
    """
    own = list(course.points)
    # a run-up through the parent gives the first points of the branch a direction
    if own[0] in parent.points:
        at = parent.points.index(own[0])
        run_up = list(parent.points[max(0, at - 8) : at])
    else:
        run_up = []
    ids = run_up + own
    line = _centred(volume, net.points_lps_mm[ids], net.bridge[ids], lumen_hu)
    distance = np.linalg.norm(line[:, None, :] - trunk[None, :, :], axis=2)
    near = int(distance.min(1)[: max(2, len(line) // 2)].argmin()) if not run_up else 0
    at_junction = net.points_lps_mm[own[0]]
    start = int(np.linalg.norm(line - at_junction, axis=1).argmin()) if run_up else near
    wall = float(np.median(net.radius_mm[run_up])) if run_up else float(net.radius_mm[own[0]])
    own_wall = float(np.median(net.radius_mm[own[: min(len(own), 12)]]))
    free = np.flatnonzero(
        (distance.min(1) > min(wall, 3.0) + 0.5 * min(own_wall, 2.0)) & (np.arange(len(line)) >= start)
    )
    first = int(free[0]) if len(free) and free[0] < len(line) - 4 else min(start + 3, len(line) - 3)
    ahead = line[min(first + 6, len(line) - 1)] - line[first]
    ahead /= max(float(np.linalg.norm(ahead)), 1e-9)
    # where the straight extension backwards comes closest to the parent
    steps = np.arange(0.0, wall * 3.0 + 4.0, 0.2)
    back = line[first] - steps[:, None] * ahead
    gap = np.linalg.norm(back[:, None, :] - trunk[None, :, :], axis=2)
    # prefer the near crossing: every millimetre further back must earn its way
    best = int((gap.min(1) + 0.15 * steps).argmin())
    foot = trunk[int(gap[best].argmin())]
    return np.r_[foot[None], line[first:]]


def _meeting(trunk: Float, heirs: Sequence[Float]) -> Float:
    """Return where a trunk forks: the place nearest to the straight extensions of the trunk and of its heirs.

    Inside the fork's lumen no course has a middle of its own, so each is extended from its free part. The heirs bend
    away before their lumens part, so the place is moved on towards the carina, where they do.
    """
    usual = np.mean([heir[0] for heir in heirs], axis=0)
    rays = [(heir[1], heir[min(9, len(heir) - 1)] - heir[1]) for heir in heirs]
    if len(trunk) > 12:
        rays.append((trunk[-7], trunk[-7] - trunk[-12]))
    matrix, right = np.zeros((3, 3)), np.zeros(3)
    for origin, way in rays:
        across = np.eye(3) - np.outer(unit(way), unit(way))
        matrix += across
        right += across @ origin
    place = np.linalg.solve(matrix + 1e-6 * np.eye(3), right + 1e-6 * usual)
    place = place if np.linalg.norm(place - usual) < 3.0 else usual
    return place + (TO_CARINA_MM * unit(trunk[-7] - trunk[-12]) if len(trunk) > 12 else 0.0)


def _cut_at(line: Float, end: Float) -> Float:
    """Return the line up to its place nearest to `end`, and `end`."""
    near = int(np.linalg.norm(line - end, axis=1).argmin())
    keep = line[:near] if near >= 2 else line[:2]
    return np.r_[keep, end[None]]


def _begun_at(line: Float, start: Float) -> Float:
    """Return the line begun at `start` instead of its first point."""
    far = np.linalg.norm(line - start, axis=1)
    first = 1
    while first < len(line) - 2 and far[first] < 0.75:
        first += 1
    return np.r_[start[None], line[first:]]


def centerline(volume: Volume, line: Float, tube: TubeProfile, lumen_hu: float) -> Centerline:
    """Return a course with its lumen radius, its confidence, and where it is a guess.

    Parameters
    ----------
    volume : Volume
    line : ndarray of shape (N, 3)
    tube : TubeProfile
        Of the same points.
    lumen_hu : float
        Of the aorta.
    """
    hu = ndimage.gaussian_filter1d(tube.hu, 1.5, mode="nearest")
    station = arc_length_mm(line)
    closed = hu < CLOSED_SHARE * OPEN_SHARE * lumen_hu
    gaps = _runs(closed, station, SHORTEST_GAP_MM)
    shown = np.clip((tube.hu - tube.around_hu) / max(lumen_hu + 90.0, 1.0), 0.0, 1.0)
    confidence = np.where(closed, 0.25 + 1.2 * shown, 0.55 + 0.5 * shown).clip(0.05, 1.0)
    confidence = ndimage.gaussian_filter1d(confidence, 2.0, mode="nearest")
    radius = tube.radius_mm.copy()
    for start, end in gaps:
        radius[(station >= start) & (station <= end)] = 0.0
    return Centerline(line, radius, confidence, gaps)


def _runs(flags: np.ndarray, station: Float, shortest_mm: float) -> tuple[Interval, ...]:
    """Return where `flags` holds for `shortest_mm` or more; calcium inside a gap does not end it."""
    edges = np.flatnonzero(np.diff(np.r_[0, flags.astype(np.int8), 0]))
    runs = [(float(station[a]), float(station[b - 1])) for a, b in zip(edges[::2], edges[1::2])]
    return tuple((a, b) for a, b in runs if b - a >= shortest_mm)
