"""Where a coronary may leave the aorta."""

import numpy as np

from viewer.analysis.coronary.aorta import RoundTube
from viewer.analysis.coronary.ostia import WALL_MM, closed_mouths


def aorta(radius_mm: float = 15.0) -> RoundTube:
    """Return an upright tube about the z axis, from 60 mm down to 0."""
    z = np.arange(60.0, -0.1, -1.5)
    center = np.stack([np.zeros(len(z)), np.zeros(len(z)), z], 1)
    return RoundTube(center, np.full(len(z), radius_mm), 400.0, 20.0, 0.95)


def test_that_a_closed_ostium_is_sought_on_the_side_that_has_none():
    left = np.array([[15.0, 0.0, 20.0]])
    outside, edge = closed_mouths(aorta(), left)
    assert len(outside) == len(edge) > 50
    assert np.allclose(np.hypot(*edge[:, :2].T), 15.0)
    assert np.allclose(np.hypot(*outside[:, :2].T), 15.0 + WALL_MM)
    angle = np.degrees(np.arctan2(edge[:, 1], edge[:, 0]))
    assert np.abs(angle).min() >= 60.0
    assert np.abs(edge[:, 2] - 20.0).max() <= 15.0


def test_that_none_is_sought_where_both_coronaries_leave_the_aorta():
    both = np.array([[15.0, 0.0, 20.0], [-8.0, -12.0, 24.0]])
    assert len(closed_mouths(aorta(), both)[0]) == 0
