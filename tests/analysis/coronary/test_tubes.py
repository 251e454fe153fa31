from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from tests.analysis.coronary.tubes import FAT_HU, LUMEN_HU, SOFT_HU, arc, tube_volume
from viewer.analysis.coronary.grid import resampled
from viewer.analysis.coronary.network import lines_of, links_from_pairs
from viewer.analysis.coronary.profile import profile, recentred, resampled_course, smoothed_course
from viewer.analysis.coronary.search import reached
from viewer.analysis.coronary.skeleton import skeleton
from viewer.analysis.coronary.tubularity import SCALES_MM, tube_contrast


@pytest.fixture(scope="module")
def bent_tube():
    line = arc(22.0, 10, 170, (0, 0, -10))
    return line, tube_volume([(line, 1.5, LUMEN_HU)])


def test_that_a_tube_answers_with_about_its_contrast_and_its_surroundings_hardly(bent_tube):
    line, volume = bent_tube
    tube, _ = tube_contrast(np.clip(volume.hu.astype(np.float32), -200, 420), 0.5)
    index = np.rint(volume.geometry.to_index(line[20:-20])).astype(int)
    assert np.median(tube[tuple(index.T)]) > 0.5 * (LUMEN_HU - FAT_HU)
    far = cKDTree(line).query(volume.geometry.to_lps(np.argwhere(tube > 100)))[0]
    assert far.max() < 3.0


def test_that_the_edge_of_a_chamber_answers_far_less_than_a_tube():
    k, _, _ = np.indices((60, 60, 60), dtype=np.float32)
    step = np.where(k > 30, 400.0, -95.0).astype(np.float32)
    assert tube_contrast(step, 0.5)[0].max() < 15.0


def test_that_the_middle_line_runs_through_the_whole_tube(bent_tube):
    line, volume = bent_tube
    tube, which = tube_contrast(np.clip(volume.hu.astype(np.float32), -200, 420), 0.5)
    reach = np.array(SCALES_MM) * 2.2 / 0.5 + 1
    lines = skeleton(tube, np.ones(tube.shape, bool), 90, 150, reach, which, shortest_px=8)
    found = volume.geometry.to_lps(lines.index)
    assert cKDTree(found).query(line[4:-4])[0].max() < 1.2
    assert np.percentile(cKDTree(line).query(found)[0], 95) < 1.0
    assert len(lines.link) == len(lines.index) - 1


def test_that_two_branches_part_where_their_trunk_ends_and_not_on_either_side_of_its_middle():
    trunk = np.stack([np.zeros(90), np.zeros(90), np.linspace(-24, -2, 90)], 1)
    ways = [np.linspace((0, 0, -2), (side * 18, 3, 14), 100) for side in (-1, 1)]
    volume = tube_volume([(trunk, 2.4, LUMEN_HU), *((way, 1.8, LUMEN_HU) for way in ways)], half_mm=27, noise_hu=25)
    tube, which = tube_contrast(np.clip(volume.hu.astype(np.float32), -200, 420), 0.5)
    reach = np.array(SCALES_MM) * 2.2 / 0.5 + 1
    lines = skeleton(tube, np.ones(tube.shape, bool), 90, 150, reach, which, shortest_px=8)
    links = links_from_pairs(len(lines.index), lines.link)
    (fork,) = (p for p, others in enumerate(links) if len(others) == 3)
    assert np.linalg.norm(volume.geometry.to_lps(lines.index[fork]) - (0, 0, -2)) < 2.0


def test_that_recentring_finds_the_axis_again_to_a_fraction_of_a_voxel(bent_tube):
    line, volume = bent_tube
    rough = resampled_course(line + np.random.default_rng(1).normal(0, 0.05, line.shape) + (0.3, 0.5, 0.0))
    moved = recentred(volume, rough, floor_hu=-150, cap_hu=420)
    assert cKDTree(line).query(moved[4:-4])[0].mean() < 0.12


@pytest.mark.parametrize(("fat_mm", "beside_hu"), [(0.5, LUMEN_HU), (0.0, 130.0)], ids=["chamber", "muscle"])
def test_that_what_lies_beside_a_dim_vessel_does_not_pull_at_its_course(fat_mm, beside_hu):
    line = np.stack([np.zeros(120), np.zeros(120), np.linspace(-24, 24, 120)], 1)
    beside = np.add(line, (1.6 + fat_mm + 8.0, 0.0, 0.0))
    volume = tube_volume([(beside, 8.0, beside_hu), (line, 1.6, 200.0)], half_mm=26, noise_hu=10)
    moved = recentred(volume, line, floor_hu=-150, cap_hu=420)
    assert np.linalg.norm((moved - line)[10:-10], axis=1).max() < 0.5


@pytest.mark.parametrize("radius_mm", [0.8, 1.2, 2.0])
def test_that_radius_and_hu_of_a_thin_tube_are_corrected_for_blur(radius_mm):
    line = np.stack([np.zeros(80), np.zeros(80), np.linspace(-20, 20, 80)], 1)
    volume = tube_volume([(line, radius_mm, LUMEN_HU)], half_mm=22, noise_hu=10)
    tube = profile(volume, line[10:-10], floor_hu=-150, cap_hu=1000)
    assert np.median(tube.radius_mm) == pytest.approx(radius_mm, abs=0.2)
    assert np.median(tube.hu) == pytest.approx(LUMEN_HU, rel=0.1)
    assert np.median(tube.around_hu) == pytest.approx(FAT_HU, abs=15)


def test_that_a_cord_is_told_from_lumen_by_its_hu():
    line = np.stack([np.zeros(80), np.zeros(80), np.linspace(-20, 20, 80)], 1)
    volume = tube_volume([(line, 1.6, SOFT_HU)], half_mm=22)
    assert np.median(profile(volume, line[10:-10], floor_hu=-150, cap_hu=1000).hu) < 145


def test_that_smoothing_keeps_the_ends_in_place():
    line = np.cumsum(np.random.default_rng(2).normal(0.4, 0.2, (40, 3)), axis=0)
    smooth = smoothed_course(line, 3.0)
    assert np.allclose(smooth[[0, -1]], line[[0, -1]], atol=1e-9)


def test_that_a_straight_line_stays_itself_under_smoothing_with_free_ends():
    line = np.linspace((0, 0, 0), (10, 5, 2), 30)
    assert np.allclose(smoothed_course(line, 2.0, free_ends=True), line, atol=1e-9)


def test_that_the_cheapest_path_goes_round_what_is_dear():
    price = np.ones((1, 21, 21), np.float32)
    price[0, 10, 2:] = 50
    target = np.zeros(price.shape, bool)
    target[0, 20, 20] = True
    found = reached(price, np.array([[0, 0, 20]]), target)
    assert (price[tuple(found.path_to(found.first).T)] < 2).all() and found.cost[found.first] < 60


def test_that_no_path_is_returned_beyond_the_limit():
    target = np.zeros((1, 5, 50), bool)
    target[0, 2, 49] = True
    assert reached(np.ones(target.shape, np.float32), np.array([[0, 2, 0]]), target, limit=20.0) is None


def test_that_a_search_with_slack_reaches_every_target_that_costs_no_more_and_passes_none():
    target = np.zeros((1, 1, 41), bool)
    target[0, 0, [10, 28, 40]] = True
    found = reached(np.ones(target.shape, np.float32), np.array([[0, 0, 20]]), target, slack=5.0)
    assert found.first == (0, 0, 28)
    assert found.cost[0, 0, [10, 28]].tolist() == [10.0, 8.0]
    assert np.isinf(found.cost[0, 0, 40])


def test_that_every_line_of_a_fork_is_listed_once():
    links = links_from_pairs(7, [(0, 1), (1, 2), (2, 3), (3, 4), (2, 5), (5, 6)])
    assert sorted(sorted(path) for path in lines_of(links)) == [[0, 1, 2], [2, 3, 4], [2, 5, 6]]


def test_that_a_resampled_box_keeps_hu_and_place(bent_tube):
    _, volume = bent_tube
    image, geometry = resampled(volume, (-10, -8, -6), (10, 8, 6), 0.5)
    index = np.rint(volume.geometry.to_index(geometry.to_lps((3, 4, 5)))).astype(int)
    assert image[3, 4, 5] == pytest.approx(float(volume.hu[tuple(index)]), abs=1.0)
