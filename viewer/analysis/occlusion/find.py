"""The lesions of a vessel: occlusions with their caps, and clear stenoses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter, percentile_filter

from viewer.analysis.occlusion.branches import SideBranch, nearest_branch, shadow_mm, side_branches
from viewer.analysis.occlusion.caps import CapFit, fit_cap
from viewer.analysis.occlusion.contrast import ContrastProfile, contrast_profile
from viewer.analysis.occlusion.stretches import BARELY_OPEN, MOUTH_MM, Closed, closed_stretches, open_share
from viewer.model.calcium import CalciumProfile
from viewer.model.cross_section import CrossSections
from viewer.model.enhancement import Enhancement
from viewer.model.geometry import Float
from viewer.model.lesion import Cap, CapShape, Lesion, LesionKind
from viewer.model.vessel import Vessel, VesselTree
from viewer.model.volume import Volume

#: Vessels narrower than this before a stretch without contrast are too thin to tell; beyond it they may be narrower.
SMALLEST_BEFORE_MM, SMALLEST_BEYOND_MM, SMALLEST_TO_END_MM = 0.9, 0.5, 1.0
#: So much of what can be seen of an occlusion is certainly without lumen; at a vessel's beginning its parent's wall and
#: muscle look alike.
DEEP_SHARE, DEEP_SHARE_AT_START = 0.15, 0.3
#: An occluded vessel keeps its wall: a course that leaves the vessel runs through fat, where none as wide is found. And
#: no vessel is that much wider beyond an occlusion than before it.
CORD_SHARE, LEAST_PLAQUE_HU, MOST_WIDENED = 0.55, 0.0, 1.3
#: Contrast before the stretch: a share of the aorta's, and so far above what is in the stretch, in HU and in noise.
FEWEST_CONTRAST, CLEAR_HU, CLEAR_NOISE = 0.6, 80.0, 2.0
#: How far the end of the lumen may lie from where contrast is half gone.
REACH_MM = 6.0
#: A branch this near to the cap is told; at most this far it can make the cap ambiguous.
BRANCH_MM, BRANCH_CONFUSES_MM = 3.0, 5.0
#: A cap so near to the vessel's beginning leaves no stump; one so near makes the beginning part of the question.
FLUSH_MM, OSTIAL_MM = 1.5, 5.0
#: Calcium over the cap: share of the section. A range of the cap's place that is too wide to aim at.
CALCIFIED_CAP_PERCENT, UNCERTAIN_MM = 50.0, 4.0
#: From this length on hardly anything but an occlusion looks like this.
CERTAIN_MM = 9.0
#: A stenosis: 70 % of the area lost, as a share of the diameter of the vessel around it, which is at least so wide,
#: over this length.
STENOSIS_SHARE, STENOSIS_RADIUS_MM, STENOSIS_MM = 1 - np.sqrt(0.3), 1.0, 1.0
AROUND_MM = 12.0
#: Within a long stenosis its own lumen looks usual: the vessel is at least this share of what it is in a wider stretch.
WIDE_MM, WIDE_SHARE = 24.0, 0.85


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """All that is known of the vessel in question."""

    vessel: Vessel
    tree: VesselTree
    sections: CrossSections
    calcium: CalciumProfile | None
    contrast: ContrastProfile
    branches: tuple[SideBranch, ...]
    ostium_mm: float
    enhancement: Enhancement


def find_lesions(
    volume: Volume,
    tree: VesselTree,
    sections: CrossSections,
    calcium: CalciumProfile | None,
    enhancement: Enhancement,
) -> tuple[Lesion, ...]:
    """Find the lesions of one vessel, in order along it.

    Parameters
    ----------
    volume : Volume
    tree : VesselTree
    sections : CrossSections
        Of the vessel.
    calcium : CalciumProfile or None
        On the stations of `sections`.
    enhancement : Enhancement
    """
    vessel = tree[sections.vessel]
    seen = _Seen(
        vessel,
        tree,
        sections,
        calcium,
        contrast_profile(volume, sections, calcium, enhancement.lumen_hu),
        side_branches(tree, vessel.name),
        tree.ostium_offset_mm(vessel.name),
        enhancement,
    )
    occlusions = _occlusions(seen)
    return tuple(sorted((*occlusions, *_stenoses(seen, occlusions)), key=lambda lesion: lesion.proximal.station_mm))


def _occlusions(seen: _Seen) -> tuple[Lesion, ...]:
    parent = seen.vessel.parent
    mouth = 0.0
    if parent is not None:
        mouth = MOUTH_MM + _radius_at(seen.tree[parent], seen.tree.origin_mm(seen.vessel.name) or 0.0)
    stretches = [
        (stretch, *_ends(seen, stretch))
        for stretch in closed_stretches(seen.sections, seen.contrast, seen.calcium, mouth, _hidden(seen))
        if not stretch.at_start or _parent_open(seen)
    ]
    result: list[Lesion] = []
    for number, (stretch, low, high) in enumerate(stretches):
        if not _convincing(seen, stretch, low, high, bool(result)):
            continue
        before = stretches[number - 1][2] if number else 0.0
        after = stretches[number + 1][1] if number + 1 < len(stretches) else float(seen.contrast.station_mm[-1])
        lesion = _occlusion(seen, stretch, low, high, before, after)
        if lesion is not None:
            result.append(lesion)
    return tuple(result)


def _hidden(seen: _Seen) -> NDArray[np.bool_]:
    """Tell at which stations contrast may be a branch's."""
    hidden = np.zeros(len(seen.contrast.station_mm), bool)
    for first, last in map(shadow_mm, seen.branches):
        hidden |= (seen.contrast.station_mm > first) & (seen.contrast.station_mm < last)
    return hidden


def _radius_at(vessel: Vessel, station_mm: float) -> float:
    line = vessel.centerline
    if line.lumen_radius_mm is None:
        return 1.5
    return float(np.interp(station_mm, line.station_mm, line.lumen_radius_mm))


def _parent_open(seen: _Seen) -> bool:
    """Tell whether the vessel leaves an open parent: in a closed one its beginning is the parent's affair."""
    parent = seen.vessel.parent
    if parent is None:
        return True
    origin = seen.tree.origin_mm(seen.vessel.name) or 0.0
    line = seen.tree[parent].centerline
    return not any(a - 2.0 <= origin <= b + 2.0 for a, b in line.inferred) and _radius_at(seen.tree[parent], origin) > 0


def _ends(seen: _Seen, stretch: Closed) -> tuple[float, float]:
    """Return where the stretch ends once what the blur leaves of a lumen is added, mm."""
    station = seen.contrast.station_mm
    share = open_share(seen.sections)
    first, last = (int(np.abs(station - end).argmin()) for end in (stretch.from_mm, stretch.to_mm))
    while first > 0 and share[first - 1] < BARELY_OPEN and station[first - 1] > stretch.from_mm - REACH_MM:
        first -= 1
    while last < len(station) - 1 and share[last + 1] < BARELY_OPEN and station[last + 1] < stretch.to_mm + REACH_MM:
        last += 1
    return float(station[first]), float(station[last])


def _median_radius(seen: _Seen, from_mm: float, to_mm: float) -> float:
    """Return the median radius of the lumen of a stretch; 0 if there is no such stretch."""
    here = (seen.contrast.station_mm >= from_mm) & (seen.contrast.station_mm <= to_mm)
    return float(np.median(np.sqrt(seen.sections.lumen_area_mm2[here] / np.pi))) if here.any() else 0.0


def _convincing(seen: _Seen, stretch: Closed, low: float, high: float, downstream: bool) -> bool:
    """Tell whether the vessel around a stretch without contrast is wide and bright enough to believe in it."""
    contrast, station = seen.contrast, seen.contrast.station_mm
    flush = stretch.at_start and low < OSTIAL_MM
    before = (station >= low - 8.0) & (station <= low - 0.5)
    within = (station >= low) & (station <= high) & np.isfinite(contrast.mean_hu)
    if not flush:
        if _median_radius(seen, low - 8.0, low - 0.5) < SMALLEST_BEFORE_MM:
            return False
        bright = float(np.median(contrast.local_hu[before]))
        if bright < FEWEST_CONTRAST * seen.enhancement.lumen_hu and not downstream:
            return False
        if within.any():
            clear = bright - float(np.median(contrast.mean_hu[within]))
            if clear < max(CLEAR_HU, CLEAR_NOISE * seen.enhancement.noise_hu):
                return False
    visible_mm = (stretch.to_mm - stretch.from_mm) * (1 - stretch.hidden_share)
    if _left_vessel(seen, low, high):
        return False
    if stretch.deep_mm < (DEEP_SHARE_AT_START if stretch.at_start else DEEP_SHARE) * visible_mm:
        return False
    if stretch.at_end:
        return not flush and _median_radius(seen, low - 8.0, low - 0.5) >= SMALLEST_TO_END_MM
    beyond = _median_radius(seen, high + 1.0, high + 10.0)
    widened = not flush and beyond > MOST_WIDENED * _median_radius(seen, low - 8.0, low - 0.5)
    return beyond >= SMALLEST_BEYOND_MM and not widened


def _left_vessel(seen: _Seen, low: float, high: float) -> bool:
    """Tell whether the course runs through fat or air between two stations, and not along the vessel."""
    contrast, station = seen.contrast, seen.contrast.station_mm
    inside = (station >= low) & (station <= high)
    beside = ((station >= low - 8.0) & (station <= low - 0.5)) | ((station >= high + 1.0) & (station <= high + 10.0))
    wall_mm = np.sqrt(seen.sections.wall_area_mm2 / np.pi)
    if beside.any() and float(np.median(wall_mm[inside])) < CORD_SHARE * float(np.median(wall_mm[beside])):
        return True
    told = contrast.mean_hu[inside & np.isfinite(contrast.mean_hu)]
    return len(told) > 0 and float(np.median(told)) < LEAST_PLAQUE_HU


def _occlusion(seen: _Seen, stretch: Closed, low: float, high: float, before: float, after: float) -> Lesion | None:
    """Return the occlusion with its caps; `before` and `after` are where its neighbours, or the vessel, end."""
    noise, branches = seen.enhancement.noise_hu, seen.branches
    first = fit_cap(seen.sections, seen.contrast, seen.calcium, low, before, high, noise, branches)
    last = fit_cap(seen.sections, seen.contrast, seen.calcium, high, after, low, noise, branches)
    end = float(seen.contrast.station_mm[-1])
    if stretch.at_end:
        last = CapFit(end, end, end, 0.0, False)
    if last.station_mm - first.station_mm < 1.5:
        return None
    length = last.station_mm - first.station_mm
    confidence = 0.4 + 0.25 * min(stretch.deep_mm / 5.0, 1.0)
    confidence += 0.15 * (length >= CERTAIN_MM) + 0.15 * (not stretch.at_end)
    reasons = [f"no contrast over {length:.0f} mm"]
    if stretch.hidden_share > 0.3:
        reasons.append("calcium hides part of it")
    if stretch.at_end:
        reasons.append("no open vessel was found beyond")
    return Lesion(
        seen.vessel.name,
        LesionKind.OCCLUSION,
        _cap(seen, first, proximal=True),
        _cap(seen, last, proximal=False),
        round(min(confidence, 0.95), 2),
        tuple(reasons),
    )


def _cap(seen: _Seen, fit: CapFit, *, proximal: bool) -> Cap:
    """Return a cap with all that makes it easy or hard to enter."""
    at = fit.station_mm
    nearest = nearest_branch(seen.branches, at)
    flush = proximal and at <= FLUSH_MM
    shape = CapShape.INVISIBLE if flush else CapShape.TAPERED if fit.tapered else CapShape.BLUNT
    percent = None
    if seen.calcium is not None:
        near = np.abs(seen.contrast.station_mm - at) <= 1.0
        percent = float(seen.calcium.csa_percent[near].max())
    reasons = []
    branch_near = nearest is not None and nearest[0] <= BRANCH_CONFUSES_MM
    if nearest is not None and branch_near:
        reasons.append(f"{nearest[1].name} leaves {nearest[0]:.1f} mm from the cap")
    if shape is not CapShape.TAPERED:
        reasons.append("no taper")
    ostial = proximal and at <= OSTIAL_MM
    if ostial:
        reasons.append("no stump at its origin" if flush else f"{at:.1f} mm from its origin")
    if percent is not None and percent >= CALCIFIED_CAP_PERCENT:
        reasons.append(f"calcium over {percent:.0f} % of the cap")
    several = proximal and len(seen.vessel.alternatives) > 0
    if several:
        reasons.append(f"{len(seen.vessel.alternatives) + 1} candidate courses beyond the cap")
    unsure = fit.high_mm - fit.low_mm > UNCERTAIN_MM
    if unsure:
        reasons.append(f"its place is known to {fit.high_mm - fit.low_mm:.0f} mm only")
    ambiguous = (shape is not CapShape.TAPERED and (branch_near or ostial or several)) or unsure
    length = float(seen.contrast.station_mm[-1])
    return Cap(
        seen.vessel.centerline.at(at),
        at,
        (min(max(fit.low_mm, 0.0), at), max(min(fit.high_mm, length), at)),
        shape,
        nearest[0] if nearest is not None and nearest[0] <= BRANCH_MM else None,
        nearest[1].name if nearest is not None and nearest[0] <= BRANCH_MM else None,
        ambiguous,
        tuple(reasons) if ambiguous else (),
        percent,
        fit.taper_mm,
        seen.ostium_mm + at,
    )


def diameter_loss(sections: CrossSections) -> tuple[Float, Float]:
    """Return the share of its diameter that the lumen has lost at each station, and the radius that is usual there."""
    station = sections.frames.station_mm
    step = float(np.diff(station).mean())
    radius = median_filter(np.sqrt(sections.lumen_area_mm2 / np.pi), 2 * round(0.5 / step) + 1, mode="nearest")
    usual, wide = (
        percentile_filter(radius, 65, size=2 * round(reach_mm / step) + 1, mode="nearest")
        for reach_mm in (AROUND_MM, WIDE_MM)
    )
    usual = np.maximum(usual, WIDE_SHARE * wide)
    return np.clip(1 - radius / np.maximum(usual, 1e-3), 0, 1), usual


def _stenoses(seen: _Seen, occlusions: tuple[Lesion, ...]) -> list[Lesion]:
    """Return the clear stenoses: at least 70 % of the area lost where the vessel around is wide and bright."""
    station = seen.contrast.station_mm
    loss, usual = diameter_loss(seen.sections)
    # where the vessel is narrow or dim, noise alone makes it look narrower still
    able = (usual >= STENOSIS_RADIUS_MM) & (seen.contrast.local_hu >= FEWEST_CONTRAST * seen.enhancement.lumen_hu)
    able &= (station > AROUND_MM / 2) & (station < station[-1] - AROUND_MM / 2)
    ill = (loss >= STENOSIS_SHARE) & able
    edges = np.flatnonzero(np.diff(np.concatenate([[0], ill.astype(int), [0]])))
    result: list[Lesion] = []
    for a, b in zip(edges[::2], edges[1::2], strict=True):
        first, last = int(a), int(b) - 1
        if station[last] - station[first] < STENOSIS_MM:
            continue
        # its shoulders, where a quarter of the diameter is lost
        while first > 0 and loss[first - 1] > 0.25:
            first -= 1
        while last < len(station) - 1 and loss[last + 1] > 0.25:
            last += 1
        low, high = float(station[first]), float(station[last])
        # an occlusion's own taper is no stenosis, and beyond one the vessel is filled too thinly to tell
        if any(occlusion.proximal.station_mm - 6.0 < high for occlusion in occlusions):
            continue
        if any(lesion.proximal.station_mm <= low <= lesion.distal.station_mm for lesion in result):
            continue
        if _left_vessel(seen, low, high):
            continue
        most = float(loss[first : last + 1].max())
        hidden = float((~np.isfinite(seen.contrast.mean_hu[first : last + 1])).mean())
        reasons = [f"{100 * (1 - (1 - most) ** 2):.0f} % of the area and {100 * most:.0f} % of the diameter lost"]
        if hidden > 0.3:
            reasons.append("calcium hides part of it")
        caps = [
            Cap(
                seen.vessel.centerline.at(at),
                at,
                (max(at - 1.0, 0.0), min(at + 1.0, float(station[-1]))),
                ostium_mm=seen.ostium_mm + at,
            )
            for at in (low, high)
        ]
        confidence = round(float(np.clip(0.5 + (most - STENOSIS_SHARE) - 0.3 * hidden, 0.2, 0.9)), 2)
        result.append(Lesion(seen.vessel.name, LesionKind.STENOSIS, caps[0], caps[1], confidence, tuple(reasons)))
    return result
