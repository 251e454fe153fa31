"""Where the C-arm turns about: what the operator wants in the middle of the picture."""

from __future__ import annotations

import numpy as np

from viewer.analysis.fluoro.chambers import Kind, cell_geometry, find_chambers, heart_depth_mm
from viewer.model.case import Case
from viewer.model.geometry import Float
from viewer.model.lesion import LesionKind
from viewer.progress import Progress, silent


def isocenter_lps_mm(case: Case, progress: Progress = silent) -> Float:
    """Return the middle of the first occlusion, else of the first lesion, the tree, the heart, or the volume, (3,)."""
    ranked = sorted(case.lesions, key=lambda lesion: lesion.kind is not LesionKind.OCCLUSION)
    if ranked:
        lesion = ranked[0]
        middle = 0.5 * (lesion.proximal.station_mm + lesion.distal.station_mm)
        return case.tree[lesion.vessel].centerline.at(middle)
    if len(case.tree):
        points = np.concatenate([vessel.centerline.points_lps_mm for vessel in case.tree])
        return 0.5 * (points.min(0) + points.max(0))
    volume = case.volume
    if min(volume.hu.shape) >= 2:
        chambers = find_chambers(volume, progress)
        inside = heart_depth_mm(volume.geometry, chambers, case.tree) > 0
        if np.isin(chambers.kind, (Kind.CHAMBER, Kind.INFLOW)).any() and inside.any():
            return cell_geometry(volume.geometry, chambers.factor).to_lps(np.argwhere(inside).mean(0))
    return volume.geometry.center_lps_mm
