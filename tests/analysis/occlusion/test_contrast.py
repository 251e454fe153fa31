"""Contrast is read along the vessel, and not from what the course runs through where it has left it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.phantoms.scan import grid_around, scan
from viewer.analysis.occlusion.contrast import contrast_profile
from viewer.analysis.plaque.walls import measure_vessel
from viewer.model.centerline import Centerline
from viewer.model.geometry import Float

CHAMBER_HU, LUMEN_HU = 240.0, 400.0


def beside_a_chamber(gap_mm: float) -> tuple[Float, Float]:
    """Return mean and stations of a vessel along z; between 20 and 32 mm a chamber lies beside it, or all over it.

    Parameters
    ----------
    gap_mm : float
        Fat between vessel and chamber; less than nothing if the chamber takes the place of the vessel.
    """

    def hu(where: Float) -> Float:
        off = np.hypot(where[:, 0], where[:, 1])
        found = np.where(off < 2.1, 70.0, -90.0)
        found = np.where(off < 1.6, LUMEN_HU, found)
        deep = (where[:, 0] > 2.1 + gap_mm) & (where[:, 2] > 20) & (where[:, 2] < 32)
        return np.where(deep, CHAMBER_HU, found)

    volume = scan(hu, grid_around((-9, -9, -3), (9, 9, 55), (0.5, 0.4, 0.4)), fwhm_mm=0.85, noise_hu=25.0, seed=1)
    station = np.arange(0, 52, 0.5)
    line = Centerline(np.stack([0 * station, 0 * station, station], axis=1), np.full(len(station), 1.6))
    sections = measure_vessel(volume, line, "RCA", LUMEN_HU)
    profile = contrast_profile(volume, sections, None, LUMEN_HU)
    return profile.mean_hu, profile.station_mm


@pytest.mark.parametrize("gap_mm", [-6.0, -2.6])
def test_that_a_course_through_a_chamber_or_along_its_rim_says_nothing_of_the_vessel(gap_mm: float) -> None:
    mean, station = beside_a_chamber(gap_mm)
    assert np.isnan(mean[(station > 22) & (station < 30)]).all()
    assert np.isfinite(mean[(station < 17) | (station > 35)]).all()


@pytest.mark.parametrize("gap_mm", [0.6, 1.5])
def test_that_a_vessel_beside_a_chamber_is_still_read(gap_mm: float) -> None:
    mean, station = beside_a_chamber(gap_mm)
    assert np.isfinite(mean[(station > 2) & (station < 50)]).all()
