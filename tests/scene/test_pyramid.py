"""The pyramid, and the bricks that tell where nothing is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from tests.scene.solids_in_3d import spheres, turned, upright
from viewer.model.geometry import Geometry
from viewer.model.volume import Volume
from viewer.scene.bricks import SHIFT, build_bricks, distance_to_content
from viewer.scene.pyramid import build_pyramid


def test_that_a_coarse_voxel_is_the_mean_of_its_eight():
    values = np.random.default_rng(1).integers(-1000, 2000, (33, 34, 36)).astype(np.int16)
    half = build_pyramid(Volume(values, upright(values.shape))).level(1).hu
    truth = values[:32].reshape(16, 2, 17, 2, 18, 2).mean(axis=(1, 3, 5))
    assert half.shape == (16, 17, 18)
    assert np.abs(half - truth).max() <= 0.5


@pytest.mark.parametrize("geometry", [upright(), turned(), turned(left_handed=True)])
def test_that_every_level_lies_where_the_volume_lies(geometry):
    center = np.array([12.0, -9, 15])
    volume = spheres(geometry, [(tuple(center), 12, 500)])
    for level in build_pyramid(volume).levels:
        weight = level.hu.astype(float) + 100
        index = np.array(ndimage.center_of_mass(weight))
        assert level.geometry.to_lps(index) == pytest.approx(center, abs=0.15)


def test_that_small_volumes_are_not_halved_away():
    volume = Volume(np.zeros((8, 40, 40), np.int16), upright((8, 40, 40)))
    pyramid = build_pyramid(volume)
    assert len(pyramid.levels) == 1
    assert pyramid.level(2) is pyramid.levels[0]


def test_that_bricks_know_the_range_of_what_a_ray_may_meet_in_them():
    values = np.random.default_rng(2).integers(-1000, 2000, (13, 14, 15)).astype(np.int16)
    bricks = build_bricks(values)
    edge = 1 << SHIFT
    for k, j, i in np.ndindex(*bricks.low.shape):
        part = values[k * edge : (k + 1) * edge + 1, j * edge : (j + 1) * edge + 1, i * edge : (i + 1) * edge + 1]
        assert bricks.low[k, j, i] == part.min()
        assert bricks.high[k, j, i] == part.max()


def test_that_the_distance_is_that_of_the_chessboard():
    hu = np.full((40, 40, 40), -100, np.int16)
    hu[18, 21, 9] = 500
    hu[35, 3, 30] = 500
    bricks = build_bricks(hu)
    seen = np.zeros(4096, bool)
    seen[1024 + 300 :] = True
    truth = ndimage.distance_transform_cdt(bricks.high < 300, metric="chessboard")
    assert np.array_equal(distance_to_content(bricks, seen), truth)


def test_that_values_beyond_the_table_are_content_at_its_ends():
    hu = np.full((8, 8, 8), 3900, np.int16)
    seen = np.zeros(4096, bool)
    seen[-1] = True
    assert not distance_to_content(build_bricks(hu), seen).any()


def test_that_a_thin_geometry_is_kept():
    geometry = Geometry.from_axes((64, 64, 64), (0, 0, 0), (3.0, 0.4, 0.4))
    level = build_pyramid(Volume(np.zeros((64, 64, 64), np.int16), geometry)).level(1)
    assert level.geometry.spacing_mm == pytest.approx((6.0, 0.8, 0.8))
