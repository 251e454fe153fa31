"""Where the scan ends."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import binary_erosion

from viewer.analysis.fluoro.attenuation import Attenuation
from viewer.analysis.fluoro.projection import line_integrals
from viewer.analysis.fluoro.truncation import filled_beyond_scan, not_measured, path_in_grid_mm, path_in_scan_mm
from viewer.model.carm import CArm
from viewer.model.volume import Volume


@pytest.mark.parametrize("view", [(0, 0), (45, 0), (90, 0), (-30, 25), (0, 90)])
def test_that_the_path_is_the_shadow_of_a_block(grid, view):
    geometry = grid((50, 60, 70), (1.0, 1.2, 0.9))
    arm = CArm(*view, (2, 3, 4), detector_mm=60)
    block = Attenuation(np.full(geometry.shape, 2000, np.int16), geometry)
    path = path_in_grid_mm(geometry, arm, 40)
    shadow = line_integrals(block, arm, 40) / 0.02
    inner = binary_erosion(path > 0.8 * path.max(), iterations=2)  # the projector's edge is one voxel wide
    np.testing.assert_allclose(path[inner], shadow[inner], rtol=0.03)


def test_that_the_empty_corners_of_a_round_field_of_view_are_not_measured(grid, voxel_points):
    geometry = grid((60, 80, 80), (1, 1, 1))
    outside = np.linalg.norm(voxel_points(geometry)[..., :2], axis=-1) > 39
    volume = Volume(np.where(outside, Volume.AIR_HU, 40).astype(np.int16), geometry)
    empty, arm = not_measured(volume), CArm(0, 0, detector_mm=100)
    path = path_in_scan_mm(geometry, empty, arm, 50)
    x = ((np.arange(50) + 0.5) / 50 - 0.5) * 100 / 1.4
    expected = 2 * np.sqrt(np.maximum(39**2 - x**2, 0))
    np.testing.assert_allclose(path[25], expected, atol=5)


def test_that_a_full_field_of_view_has_nothing_unmeasured(grid):
    geometry = grid((20, 20, 20))
    assert not_measured(Volume(np.zeros(geometry.shape, np.int16), geometry)) is None


def test_that_a_block_of_tissue_has_no_bright_rim_when_it_ends_within_the_picture(grid):
    geometry, arm = grid((60, 60, 60), (1, 1, 1)), CArm(45, 20, (10, 0, 5), detector_mm=140)
    block = Attenuation(np.full(geometry.shape, 2000, np.int16), geometry)
    cut = line_integrals(block, arm, 128)
    assert cut.min() == 0
    filled = filled_beyond_scan(cut, path_in_grid_mm(geometry, arm, 128))
    assert filled.min() > 0.9 * filled.max()


def test_that_what_was_measured_keeps_its_contrast(grid):
    geometry, arm = grid((80, 80, 80), (1, 1, 1)), CArm(0, 0, detector_mm=140)
    mu = np.full(geometry.shape, 2000, np.int16)
    plain = line_integrals(Attenuation(mu.copy(), geometry), arm, 128)
    mu[38:42, :, 38:42] = 3000
    marked = line_integrals(Attenuation(mu, geometry), arm, 128)
    path = path_in_grid_mm(geometry, arm, 128)
    before, after = marked - plain, filled_beyond_scan(marked, path) - filled_beyond_scan(plain, path)
    assert after[64, 64] == pytest.approx(before[64, 64], rel=0.1)


def test_that_a_picture_beside_the_scan_stays_as_it_is():
    nothing = np.zeros((16, 16), np.float32)
    assert filled_beyond_scan(nothing, nothing) is nothing


def test_that_a_spine_goes_on_as_a_spine_beyond_the_end_of_the_scan(grid):
    geometry, arm = grid((40, 90, 90), (1, 1, 1)), CArm(0, 0, detector_mm=120)
    mu = np.full(geometry.shape, 1000, np.int16)
    mu[:, :, 38:52] = 2000
    cut = line_integrals(Attenuation(mu, geometry), arm, 128)
    filled = filled_beyond_scan(cut, path_in_grid_mm(geometry, arm, 128))
    ends = int(np.argmax(cut[:, 64] > 0.5 * cut.max()))
    contrast = (filled[:, 64] - filled[:, 40]) / (cut[64, 64] - cut[64, 40])
    assert contrast[64] == pytest.approx(1, abs=0.02)
    assert contrast[ends] > 0.8 and contrast[ends - 4] > 0.55
    # less and less sure of it, without a step
    assert (np.diff(contrast[ends - 12 : ends]) > -0.01).all()
    assert np.abs(np.diff(filled[ends - 12 : ends + 12, 64])).max() < 0.05 * filled[64, 64]
