from __future__ import annotations

import numpy as np
import pytest

from tests.analysis.plaque.sections_of_a_tube import tube_sections
from viewer.analysis.plaque.centring import centroids, moved, off_the_middle, seen_from

ANGLE = 2 * np.pi * np.arange(48) / 48


def circles(radius_mm: float, x_mm: float, y_mm: float, count: int = 9) -> np.ndarray:
    """Radii of a circle about (x, y), seen from the origin, in closed form."""
    along = x_mm * np.cos(ANGLE) + y_mm * np.sin(ANGLE)
    return np.tile(along + np.sqrt(along**2 + radius_mm**2 - x_mm**2 - y_mm**2), (count, 1))


def test_that_the_middle_of_a_circle_is_found() -> None:
    assert centroids(circles(2.0, 0.5, -0.3)) == pytest.approx(np.tile([0.5, -0.3], (9, 1)), abs=0.01)
    assert off_the_middle(circles(2.0, 0.5, -0.3), 0.5) == pytest.approx(np.tile([0.5, -0.3], (9, 1)), abs=0.01)


def test_that_a_middle_too_far_away_is_not_followed() -> None:
    assert np.linalg.norm(off_the_middle(circles(3.0, 1.6, 0.0), 0.5), axis=1) == pytest.approx(1.0)


def test_that_a_circle_looks_like_itself_from_another_place() -> None:
    middle = np.tile([0.4, 0.2], (9, 1))
    assert seen_from(np.full((9, 48), 1.8, np.float32), -middle) == pytest.approx(circles(1.8, 0.4, 0.2), abs=0.01)


def test_that_a_small_contour_keeps_its_area_from_afar() -> None:
    small = seen_from(np.full((9, 48), 0.4, np.float32), np.tile([0.9, 0.0], (9, 1)))
    assert (small > 0).all()
    assert 0.5 * np.sin(2 * np.pi / 48) * (small * np.roll(small, 1, 1)).sum(1) == pytest.approx(np.pi * 0.16, rel=0.03)


def test_that_moved_frames_stay_in_their_planes() -> None:
    frames = tube_sections().frames
    shift = moved(frames, np.tile([0.3, -0.4], (len(frames.station_mm), 1))).center_lps_mm - frames.center_lps_mm
    assert (shift * frames.tangent).sum(1) == pytest.approx(0.0, abs=1e-12)
    assert np.linalg.norm(shift, axis=1) == pytest.approx(0.5)
