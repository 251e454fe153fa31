"""How bright the contrast is, read off a vessel when nobody has looked at the aorta."""

from __future__ import annotations

import numpy as np

from viewer.analysis.reformat.sampling import sample_points
from viewer.model.centerline import Centerline
from viewer.model.enhancement import Enhancement
from viewer.model.volume import Volume

#: The first stretch of a vessel stands for its contrast.
STRETCH_MM = 15.0


def enhancement_along(volume: Volume, line: Centerline) -> Enhancement:
    """Return the contrast in the first part of a vessel that is no guess, in HU.

    Parameters
    ----------
    volume : Volume
    line : Centerline
        A course in the middle of an open vessel.
    """
    station = np.arange(0.0, min(STRETCH_MM, line.length_mm), 0.25)
    known = ~line.is_inferred(station)
    values = sample_points(volume, line.at(station[known] if known.any() else station))
    middle = float(np.median(values))
    spread = 1.4826 * float(np.median(np.abs(values - middle)))
    return Enhancement(middle, spread, spread)
