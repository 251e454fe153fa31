"""The grey picture, and the preview that is made of all parts."""

from __future__ import annotations

import numpy as np
import pytest

from viewer.analysis.fluoro.blur import blurred
from viewer.analysis.fluoro.fluoroscopy import Look, fluoroscopy, subtraction
from viewer.analysis.fluoro.injection import Fill
from viewer.analysis.fluoro.preview import prepare, with_injection
from viewer.model.carm import CArm
from viewer.model.vessel import VesselTree
from viewer.model.volume import Volume

QUIET = Look(photons=None)


@pytest.fixture
def body():
    """Line integrals of a chest: thicker towards the right, a vessel down the middle."""
    integrals = np.tile(np.linspace(2, 6, 128, dtype=np.float32), (128, 1))
    integrals[:, 62:66] += 0.5
    return integrals


def test_that_a_vessel_is_darker_than_what_lies_beside_it(body):
    picture = fluoroscopy(body, QUIET).astype(int)
    assert picture.shape == body.shape
    assert (picture[20:-20, 64] < picture[20:-20, 58] - 15).all()
    assert (picture[20:-20, 64] < picture[20:-20, 70] - 15).all()


def test_that_thick_parts_are_darker_and_nothing_is_lost_in_black_or_white(body):
    picture = fluoroscopy(body, QUIET)
    assert picture[:, 5].mean() > picture[:, 122].mean()
    assert picture.min() > 0
    assert picture.max() < 255


def test_that_noise_is_the_same_each_time_and_another_with_another_seed(body):
    first = fluoroscopy(body)
    np.testing.assert_array_equal(first, fluoroscopy(body))
    assert (first != fluoroscopy(body, Look(seed=1))).mean() > 0.3


def test_that_noise_is_mild(body):
    difference = fluoroscopy(body).astype(float) - fluoroscopy(body, QUIET)
    assert 0.3 < difference[:, 20:-20].std() < 12


def test_that_the_integrals_are_left_as_they_are(body):
    before = body.copy()
    fluoroscopy(body)
    subtraction(body)
    np.testing.assert_array_equal(body, before)


def test_that_a_subtraction_shows_the_dye_alone():
    dye = np.zeros((64, 64), np.float32)
    dye[:, 30:34] = 0.4
    picture = subtraction(dye, QUIET).astype(int)
    assert np.ptp(picture[:, :28]) == 0
    assert (picture[:, 32] < picture[:, 10] - 80).all()


@pytest.mark.parametrize("sigma", [1.0, 6.0, 20.0])
def test_that_a_blur_keeps_an_even_picture_even_and_the_sum_of_a_spot(sigma):
    np.testing.assert_allclose(blurred(np.full((130, 130), 3.0, np.float32), sigma), 3.0, rtol=1e-5)
    spot = np.zeros((130, 130), np.float32)
    spot[63:66, 63:66] = 1
    assert blurred(spot, sigma).sum() == pytest.approx(9, rel=0.1)


@pytest.fixture
def volume(grid, voxel_points):
    geometry = grid((60, 70, 70), (1, 1, 1))
    distance = np.linalg.norm(voxel_points(geometry), axis=-1)
    return Volume(np.where(distance < 28, 60, -850).astype(np.int16), geometry)


def test_that_the_preview_adds_the_dye_to_the_patient(volume, tree, lesion):
    plain = prepare(volume, tree)
    dyed = with_injection(plain, tree, [lesion], (Fill.ANTEGRADE,))
    arm = CArm(20, 10, detector_mm=100)
    added = dyed.integrals(arm, 64) - plain.integrals(arm, 64)
    assert added.max() > 0.2
    assert added.min() > -0.01
    assert with_injection(dyed, tree, [lesion], ()).dye is None


def test_that_the_preview_shows_pictures_of_the_asked_size_from_any_side(volume, tree, lesion):
    preview = with_injection(prepare(volume, tree), tree, [lesion])
    for view in ((0, 0), (90, 0), (-30, 30)):
        for picture in (preview.picture(CArm(*view), 64, level=1), preview.subtracted(CArm(*view), 64)):
            assert picture.shape == (64, 64)
            assert picture.dtype == np.uint8
    assert np.ptp(prepare(volume, VesselTree()).subtracted(CArm(), 32, look=QUIET)) == 0
