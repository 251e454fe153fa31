"""The patient's own contrast, bones and calcium, on a small chest of simple shapes."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK

from viewer.analysis.fluoro.chambers import Kind, find_chambers
from viewer.analysis.fluoro.own_contrast import without_own_contrast
from viewer.analysis.fluoro.surroundings import patient
from viewer.model.geometry import Geometry
from viewer.model.vessel import Vessel, VesselTree
from viewer.model.volume import Volume


@pytest.fixture
def chest(grid, voxel_points, line):
    """Lung, a ball of muscle with a chamber and a calcified coronary artery, a vein, a vertebra with a dense shell."""
    geometry = grid((70, 90, 80), (1.0, 1.0, 1.0))
    points = voxel_points(geometry)
    x, y, z = np.moveaxis(points, -1, 0)
    hu = np.full(geometry.shape, -850.0)
    hu[np.hypot(np.hypot(x, y + 8), z) < 30] = 90
    hu[np.hypot(np.hypot(x, y + 8), z) < 18] = 420
    hu[(np.hypot(x - 24, y + 8) < 2)] = 420  # the artery, along z
    hu[(np.hypot(x - 24, y + 8) < 2) & (np.abs(z) < 3)] = 1000  # its calcium
    hu[(np.hypot(x + 24, y + 8) < 1.6) & (np.abs(z) < 12)] = 400  # a vein
    vertebra = np.maximum(np.hypot(x, y - 36), np.abs(z) - 20)
    hu[vertebra < 14] = 700
    hu[vertebra < 12] = 230
    hu += np.random.default_rng(0).normal(0, 15, hu.shape)
    tree = VesselTree((Vessel("LAD", line((24, -8, 34), (24, -8, -34), radius=2.0)),))
    return Volume(np.round(hu).astype(np.int16), geometry), tree


def around(values, volume, point):
    k, j, i = np.round(volume.geometry.to_index(point)).astype(int)
    return float(values[k - 1 : k + 2, j, i].mean())


def test_that_chambers_become_muscle_and_calcium_and_arteries_stay(chest):
    volume, tree = chest
    hu = without_own_contrast(volume, tree)
    assert around(hu, volume, (0, -8, 0)) == pytest.approx(90, abs=15)
    assert around(hu, volume, (24, -8, 20)) > 380
    assert around(hu, volume, (24, -8, 0)) > 900


def test_that_other_contrast_goes_only_where_the_tree_is_known(chest):
    volume, tree = chest
    assert around(without_own_contrast(volume, tree), volume, (-24, -8, 0)) < 130
    assert around(without_own_contrast(volume, VesselTree()), volume, (-24, -8, 0)) > 350
    assert around(without_own_contrast(volume, VesselTree()), volume, (24, -8, 20)) > 350


def test_that_bone_is_not_taken_for_blood(chest):
    volume, tree = chest
    chambers = find_chambers(volume)
    assert (chambers.kind == Kind.BONE).any()
    hu = without_own_contrast(volume, tree, chambers)
    assert around(hu, volume, (0, 36, 0)) == pytest.approx(230, abs=15)
    assert around(hu, volume, (0, 23, 0)) == pytest.approx(700, abs=60)


def test_that_undiluted_contrast_in_a_chamber_goes_though_it_is_denser_than_calcium(chest, voxel_points):
    volume, tree = chest
    inflow = np.linalg.norm(voxel_points(volume.geometry) - np.array([0, -16, 0]), axis=-1) < 8
    streaming = Volume(np.where(inflow, np.int16(1100), volume.hu), volume.geometry)
    hu = without_own_contrast(streaming, tree)
    assert around(hu, volume, (0, -16, 0)) < 130
    assert around(hu, volume, (24, -8, 0)) > 900


@pytest.mark.data
def test_that_the_chambers_of_a_real_heart_go_and_its_spine_stays(data_folder):
    image = SimpleITK.ReadImage(str(data_folder / "heart-cta" / "ct_cropped.nii.gz"))
    hu = np.clip(SimpleITK.GetArrayFromImage(image), Volume.AIR_HU, 3500).astype(np.int16)
    directions = np.array(image.GetDirection()).reshape(3, 3).T[::-1]
    volume = Volume(hu, Geometry.from_axes(hu.shape, image.GetOrigin(), image.GetSpacing()[::-1], directions))
    aorta = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(data_folder / "heart-cta" / "aorta.nii.gz"))) > 0
    dark = without_own_contrast(volume, VesselTree())
    filled = aorta & (hu > 350) & (hu < 600)
    assert np.median(dark[filled]) < 100
    assert (dark[filled] < 100).mean() > 0.85
    spine = np.zeros(hu.shape, bool)
    spine[:, 95:, 40:60] = True  # read off the pictures
    dense = spine & (hu > 500)
    assert (dark[dense] == hu[dense]).mean() > 0.95


def test_that_nothing_ever_grows_brighter(chest):
    volume, tree = chest
    assert (without_own_contrast(volume, tree) <= volume.hu).all()


def test_that_a_scan_without_contrast_stays_as_it_is(chest):
    volume, _ = chest
    plain = Volume(np.minimum(volume.hu, np.int16(60)), volume.geometry)
    np.testing.assert_array_equal(without_own_contrast(plain, VesselTree()), plain.hu)


def test_that_the_heart_alone_is_without_lung_and_bone(chest):
    volume, tree = chest
    whole, heart = patient(volume, tree), patient(volume, tree, heart_only=True)
    assert around(whole.mu, volume, (0, 36, 0)) > 0
    assert around(heart.mu, volume, (0, 36, 0)) == 0
    assert around(heart.mu, volume, (-36, -40, 25)) == 0
    assert around(heart.mu, volume, (0, -8, 0)) == around(whole.mu, volume, (0, -8, 0))


def test_that_the_heart_alone_of_a_scan_without_contrast_is_the_whole_scan(chest):
    volume, _ = chest
    plain = Volume(np.minimum(volume.hu, np.int16(60)), volume.geometry)
    whole, heart = (patient(plain, VesselTree(), heart_only=only) for only in (False, True))
    np.testing.assert_array_equal(whole.mu, heart.mu)


@pytest.mark.parametrize("value", [-1000, 60, 400, 2000])
def test_that_an_even_scan_of_anything_is_answered(grid, value):
    geometry = grid((20, 20, 20), (1, 1, 1))
    even = Volume(np.full(geometry.shape, value, np.int16), geometry)
    for heart_only in (False, True):
        assert patient(even, VesselTree(), heart_only=heart_only).mu.min() >= 0


def test_that_the_contrast_of_the_ct_can_stay(chest):
    volume, tree = chest
    assert around(patient(volume, tree, own_contrast=True).mu, volume, (0, -8, 0)) > 1.2 * around(
        patient(volume, tree).mu, volume, (0, -8, 0)
    )
