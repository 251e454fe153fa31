"""The segments of the SCCT model (Leipsic 2014) on a named tree."""

from __future__ import annotations

import numpy as np

from viewer.model.vessel import Segment, Vessel, VesselTree

#: Vessels that are one segment each.
WHOLE = {
    "LM": "LM",
    "D1": "D1",
    "D2": "D2",
    "OM1": "OM1",
    "OM2": "OM2",
    "RI": "RI",
    "PDA": "R-PDA",
    "PLV": "R-PLB",
    "L-PDA": "L-PDA",
    "L-PLV": "L-PLB",
}
#: A branch of this radius at its origin bounds the proximal LAD.
LARGE_BRANCH_MM = 0.75


def segments_of(tree: VesselTree, name: str) -> tuple[Segment, ...]:
    """Return the SCCT segments of one vessel, in mm from its start; none for vessels that the model does not name."""
    vessel = tree[name]
    length = vessel.centerline.length_mm
    if name in WHOLE:
        return (Segment(WHOLE[name], 0.0, length),)
    if name == "RCA":
        margin = _acute_margin_mm(vessel)
        return _split(("pRCA", "mRCA", "dRCA"), (0.5 * margin, margin), length)
    if name == "LAD":
        first = _first_branch_mm(tree, name, ("D", "S"))
        start = first if first is not None else length / 3.0
        return _split(("pLAD", "mLAD", "dLAD"), (start, start + 0.5 * (length - start)), length)
    if name == "LCX":
        first = _first_branch_mm(tree, name, ("OM",))
        return _split(("pCx", "dCx"), (first if first is not None else 0.5 * length,), length)
    return ()


def _split(codes: tuple[str, ...], at_mm: tuple[float, ...], length_mm: float) -> tuple[Segment, ...]:
    """Return the segments between the given stations, leaving out the empty ones."""
    edges = [0.0, *(min(max(a, 0.0), length_mm) for a in at_mm), length_mm]
    return tuple(Segment(code, a, b) for code, a, b in zip(codes, edges[:-1], edges[1:], strict=True) if b > a)


def _first_branch_mm(tree: VesselTree, name: str, prefixes: tuple[str, ...]) -> float | None:
    """Return where the first sizeable branch of a kind leaves, mm from the vessel's start."""
    stations = []
    for child in tree.children(name):
        radius = child.centerline.lumen_radius_mm
        if child.name.startswith(prefixes) and (radius is None or float(np.median(radius[:20])) >= LARGE_BRANCH_MM):
            stations.append(tree.origin_mm(child.name) or 0.0)
    return min(stations) if stations else None


def _acute_margin_mm(vessel: Vessel) -> float:
    """Return where the right coronary turns round the acute margin: low on its way down."""
    points = vessel.centerline.points_lps_mm
    station = vessel.centerline.station_mm
    fallen = points[0, 2] - points[:, 2] > 0.6 * (points[0, 2] - points[:, 2].min())
    lower = np.flatnonzero(fallen)
    return float(station[lower[0]]) if len(lower) else 0.6 * float(station[-1])
