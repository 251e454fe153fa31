"""Angles, axes and projections of the C-arm: the numbers of DICOM PS3.3 C.8.7.5.1.2, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.model.carm import CArm, detector_axes, view_label

ANGLES = st.floats(-180, 180), st.floats(-90, 90)


@pytest.mark.parametrize(
    ("primary", "secondary", "normal", "right", "up"),
    [
        (0, 0, (0, -1, 0), (1, 0, 0), (0, 0, 1)),
        (90, 0, (1, 0, 0), (0, 1, 0), (0, 0, 1)),
        (0, 90, (0, 0, 1), (1, 0, 0), (0, 1, 0)),
        (-30, 20, (-0.4698, -0.8138, 0.3420), (0.8660, -0.5, 0), (0.1710, 0.2962, 0.9397)),
        (45, -30, (0.6124, -0.6124, -0.5), (0.7071, 0.7071, 0), (0.3536, -0.3536, 0.8660)),
        (-10, 40, (-0.1330, -0.7544, 0.6428), (0.9848, -0.1736, 0), (0.1116, 0.6330, 0.7660)),
    ],
)
def test_that_the_detector_stands_where_the_angles_say(primary, secondary, normal, right, up):
    found_right, found_up, found_normal = detector_axes(primary, secondary)
    np.testing.assert_allclose(found_normal, normal, atol=1e-4)
    np.testing.assert_allclose(found_right, right, atol=1e-4)
    np.testing.assert_allclose(found_up, up, atol=1e-4)


@given(*ANGLES)
def test_that_right_up_and_normal_are_a_right_handed_frame(primary, secondary):
    right, up, normal = detector_axes(primary, secondary)
    np.testing.assert_allclose(np.cross(right, up), normal, atol=1e-12)
    np.testing.assert_allclose([right @ right, up @ up, normal @ normal], 1, atol=1e-12)


@pytest.mark.parametrize(
    ("point", "angles", "seen"),
    [
        ((10, 0, 0), (0, 0), (14.0, 0)),
        ((10, -50, 0), (0, 0), (13.125, 0)),  # nearer to the detector: less magnified
        ((0, 80, 0), (45, 0), (85.657, 0)),  # the spine: on the right in LAO
        ((0, 80, 0), (-30, 0), (-61.700, 0)),  # and on the left in RAO
        ((0, 0, 20), (0, 30), (0, 23.930)),
    ],
)
def test_that_points_fall_on_the_detector_as_seen_from_it(point, angles, seen):
    np.testing.assert_allclose(CArm(*angles, sid_mm=1050, sod_mm=750).project(point), seen, atol=1e-3)


def test_that_the_isocentre_falls_on_the_middle_from_every_angle():
    iso = np.array([12.0, -34.0, 56.0])
    for angles in ((0, 0), (45, -30), (-90, 10), (180, 89)):
        np.testing.assert_allclose(CArm(*angles, iso).project(iso), (0, 0), atol=1e-12)


@given(*ANGLES)
def test_that_source_and_detector_stand_opposite_each_other(primary, secondary):
    arm = CArm(primary, secondary, (1.0, 2.0, 3.0), sid_mm=1000, sod_mm=700)
    normal = detector_axes(primary, secondary)[2]
    np.testing.assert_allclose(arm.isocenter_lps_mm - arm.source_lps_mm, 700 * normal, atol=1e-9)


@pytest.mark.parametrize(
    ("angles", "words"),
    [
        ((30, 20), "LAO 30 / CRA 20"),
        ((-30, -25), "RAO 30 / CAU 25"),
        ((0.3, -0.4), "AP"),
        ((0, 30), "AP / CRA 30"),
        ((-45.4, 0), "RAO 45"),
    ],
)
def test_that_angles_are_said_in_the_words_of_the_laboratory(angles, words):
    assert view_label(*angles) == words
    assert CArm(*angles).label == words


@pytest.mark.parametrize(
    "wrong", [{"primary_deg": 181.0}, {"secondary_deg": 91.0}, {"sod_mm": 1100.0}, {"detector_mm": 0.0}]
)
def test_that_an_impossible_c_arm_is_refused(wrong):
    with pytest.raises(ValueError, match=r"C-arm|SOD"):
        CArm(**wrong)
