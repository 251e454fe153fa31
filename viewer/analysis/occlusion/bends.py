"""Bends of a course: where it turns, and by how much."""

from __future__ import annotations

import numpy as np

from viewer.model.centerline import Centerline
from viewer.model.geometry import Float
from viewer.model.lesion_measures import Bend

#: Length of the chords between which a bend is measured.
ARM_MM = 4.0
STEP_MM = 0.25


def turning_deg(line: Centerline, station_mm: Float) -> Float:
    """Return the angle between the chords of the 4 mm before and after stations, shape (S,); NaN near the ends."""
    here = line.at(station_mm)
    before, after = here - line.at(station_mm - ARM_MM), line.at(station_mm + ARM_MM) - here
    both = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    cosine = (before * after).sum(1) / np.maximum(both, 1e-12)
    whole = (station_mm >= ARM_MM - 1e-9) & (station_mm <= line.length_mm - ARM_MM + 1e-9)
    return np.where(whole, np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))), np.nan)


def bends(line: Centerline, from_mm: float, to_mm: float, over_deg: float = 0.0) -> tuple[Bend, ...]:
    """Return the bends of a stretch that exceed an angle, the largest first; of those nearer than an arm the larger.

    Parameters
    ----------
    line : Centerline
    from_mm, to_mm : float
        Arms may reach beyond the stretch.
    over_deg : float
    """
    station = np.append(np.arange(from_mm, to_mm, STEP_MM), to_mm)
    angle = turning_deg(line, station)
    found: list[Bend] = []
    for at in np.argsort(-np.nan_to_num(angle, nan=-1.0)):
        if not angle[at] > over_deg:
            break
        if all(abs(station[at] - bend.station_mm) >= ARM_MM for bend in found):
            found.append(Bend(float(station[at]), float(angle[at])))
    return tuple(found)
