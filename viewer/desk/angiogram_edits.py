"""Edits of the angiogram beside the plan: which run, its angles, and the landmarks that lay the CT over it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from viewer.model.angiogram import Angiogram, Landmark
from viewer.model.case import Case
from viewer.model.geometry import Float
from viewer.model.lesion import LesionKind

#: Of two places that are this close only the first is offered.
APART_MM = 4.0


def with_angiogram(case: Case, angiogram: Angiogram | None) -> Case:
    """Return the case with another run beside it; of the run that is there already the operator's part stays."""
    former = case.angiogram
    if angiogram is not None and former is not None and former.sop_uid == angiogram.sop_uid:
        angles = angiogram.angles_deg if angiogram.angles_deg is not None else former.angles_deg
        carm = angiogram.carm if angiogram.angles_deg is not None or angles is None else former.carm
        angiogram = replace(angiogram, landmarks=former.landmarks, angles_deg=angles, carm=carm)
    return replace(case, angiogram=angiogram)


def with_angles(case: Case, primary_deg: float, secondary_deg: float) -> Case:
    """Return the case with the angles of its run as the operator read them off the monitor."""
    run = _run(case)
    angles = np.tile([float(primary_deg), float(secondary_deg)], (run.frames, 1))
    carm = replace(run.carm, primary_deg=float(primary_deg), secondary_deg=float(secondary_deg))
    assumed = tuple(dict.fromkeys((*run.assumed, "angles as typed")))
    return replace(case, angiogram=replace(run, angles_deg=angles, carm=carm, assumed=assumed))


def with_landmark(case: Case, name: str, lps_mm: ArrayLike, seen_mm: ArrayLike) -> Case:
    """Return the case with a landmark where it is seen on the run; one of the same name is replaced."""
    run = _run(case)
    placed = Landmark(name, np.asarray(lps_mm, float), np.asarray(seen_mm, float))
    kept = tuple(landmark for landmark in run.landmarks if landmark.name != name)
    return replace(case, angiogram=replace(run, landmarks=(*kept, placed)))


def without_landmarks(case: Case, name: str | None = None) -> Case:
    """Return the case without one landmark, or without any."""
    run = _run(case)
    kept = tuple(landmark for landmark in run.landmarks if name is not None and landmark.name != name)
    return replace(case, angiogram=replace(run, landmarks=kept))


def places_to_find(case: Case, cursor_lps_mm: Float) -> tuple[tuple[str, Float], ...]:
    """Return what can be recognised on an angiogram, by name: ostia, caps, branchings, and where the cursor is."""
    found: list[tuple[str, Float]] = []
    for vessel in case.tree:
        if vessel.parent is None:
            found.append((f"{vessel.name} ostium", vessel.centerline.at(0.0)))
    for lesion in case.lesions:
        if lesion.kind is LesionKind.OCCLUSION:
            found.append((f"{lesion.vessel} P cap", lesion.proximal.lps_mm))
            found.append((f"{lesion.vessel} D cap", lesion.distal.lps_mm))
    for vessel in case.tree:
        origin = case.tree.origin_mm(vessel.name)
        if vessel.parent is not None and origin is not None:
            found.append((f"{vessel.name} origin", case.tree[vessel.parent].centerline.at(origin)))
    found.append(("cursor", cursor_lps_mm))
    offered: list[tuple[str, Float]] = []
    for name, point in found:
        if all(np.linalg.norm(point - other) >= APART_MM for _, other in offered):
            offered.append((name, point))
    return tuple(offered)


def _run(case: Case) -> Angiogram:
    if case.angiogram is None:
        raise ValueError("there is no angiogram beside this plan")
    return case.angiogram
