"""The phantoms are what their formulas say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from tests.phantoms import Sector, box, curved_tube, occluded_tube, sphere, straight_tube
from tests.phantoms.solids import oblique_directions
from viewer.model.volume import Volume


def hu_at(volume: Volume, points: np.ndarray) -> np.ndarray:
    return map_coordinates(volume.hu.astype(float), volume.geometry.to_index(points).T, order=1)


@pytest.mark.parametrize("make", [sphere, box, lambda: sphere(directions=oblique_directions())])
def test_that_a_solid_has_its_volume_and_its_place(make) -> None:
    solid = make()
    share = (solid.volume.hu - solid.outside_hu) / (solid.inside_hu - solid.outside_hu)
    geometry = solid.volume.geometry
    assert share.sum() * geometry.voxel_volume_mm3 == pytest.approx(solid.mm3, rel=0.01)
    index = np.moveaxis(np.indices(geometry.shape), 0, -1).reshape(-1, 3)
    middle = (geometry.to_lps(index) * share.reshape(-1, 1)).sum(0) / share.sum()
    assert middle == pytest.approx(solid.center_lps_mm, abs=0.05)


def test_that_the_oblique_grid_is_right_handed() -> None:
    k, j, i = oblique_directions()
    assert np.cross(i, j) == pytest.approx(k)


@pytest.mark.parametrize("make", [straight_tube, curved_tube])
def test_that_a_tube_is_bright_along_its_axis_and_lies_in_fat(make) -> None:
    tube = make()
    assert hu_at(tube.volume, tube.points_lps_mm[6:-6]).min() > 380
    assert hu_at(tube.volume, tube.points_lps_mm[6:-6] + 4 * tube.right[6:-6]).max() < -80
    travel = np.gradient(tube.points_lps_mm, axis=0)
    travel /= np.linalg.norm(travel, axis=1, keepdims=True)
    assert np.cross(tube.right, tube.up) == pytest.approx(travel, abs=0.02)


def test_that_an_arc_has_its_length() -> None:
    tube = curved_tube(bend_mm=10, turn_deg=90)
    assert tube.centerline.length_mm == pytest.approx(10 * np.pi / 2, abs=0.5)


@pytest.mark.parametrize("make", [straight_tube, curved_tube])
def test_that_a_sector_lies_at_its_angle(make) -> None:
    sector = Sector(8, 16, 1.5, 2.0, arc_deg=90, centre_deg=60)
    tube = make(sectors=(sector,), fwhm_mm=0.0)
    n = 24
    a = np.radians(60)
    here = tube.points_lps_mm[n] + 1.75 * (np.cos(a) * tube.right[n] + np.sin(a) * tube.up[n])
    there = tube.points_lps_mm[n] - 1.75 * (np.cos(a) * tube.right[n] + np.sin(a) * tube.up[n])
    assert hu_at(tube.volume, here[None])[0] > 600 > 300 > hu_at(tube.volume, there[None])[0]
    assert tube.calcium_percent(12) == pytest.approx(100 * 0.25 * (4 - 2.25) / 4)
    assert tube.calcium_percent(20) == 0


def test_that_the_volume_of_calcium_can_be_counted_in_voxels() -> None:
    oblique = {"lumen_mm": 0.0, "fwhm_mm": 0.0, "direction": (0.31, -0.22, 0.83)}
    tube = straight_tube(sectors=(Sector(5, 20, 1.4, 2.0, arc_deg=200),), **oblique)
    plain = straight_tube(**oblique)
    more = (tube.volume.hu.astype(float) - plain.volume.hu).sum() / (900 - 60)
    assert more * tube.volume.geometry.voxel_volume_mm3 == pytest.approx(tube.calcium_mm3, rel=0.02)


def test_that_an_occluded_tube_has_no_contrast_between_its_caps() -> None:
    tube = occluded_tube()
    hu = hu_at(tube.volume, tube.points_lps_mm)
    station = tube.centerline.station_mm
    assert hu[(station > 4) & (station < 14)].min() > 380
    assert hu[(station > 20) & (station < 34)].max() < 80
    assert tube.calcium_percent(17) == pytest.approx(100)
