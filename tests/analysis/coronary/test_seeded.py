from __future__ import annotations

import numpy as np
import pytest
import SimpleITK
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from scipy.spatial import cKDTree

from tests.analysis.coronary.tubes import LUMEN_HU, SOFT_HU, arc, tube_volume
from viewer.analysis.coronary.contrast import refuse_too_coarse
from viewer.analysis.coronary.profile import profile
from viewer.analysis.coronary.search import cheapest_between, reached
from viewer.analysis.coronary.seeded import NoPath, trace_path
from viewer.errors import NoTree
from viewer.model.geometry import Geometry
from viewer.model.volume import Volume


@pytest.fixture(scope="module")
def occluded():
    line = arc(24.0, 5, 175, (0, 0, -12))
    gap = slice(110, 160)
    return line, gap, tube_volume([(line, 1.5, LUMEN_HU), (line[gap], 1.6, SOFT_HU)])


def test_that_two_clicks_follow_the_vessel_through_the_occlusion(occluded):
    line, _, volume = occluded
    traced = trace_path(volume, line[[4, -4]], lumen_hu=LUMEN_HU)
    assert cKDTree(traced.points_lps_mm).query(line[6:-6])[0].max() < 1.0


def test_that_a_cord_is_followed_round_the_muscle_and_not_the_shorter_way_through_it():
    line = arc(24.0, 5, 175, (0, 0, -12))
    gap = slice(60, 220)
    # muscle fills the arc up to the fat under the vessel
    muscle = np.array([(0.0, 0.0, -12.0)])
    volume = tube_volume([(muscle, 21.0, SOFT_HU), (line, 1.5, LUMEN_HU), (line[gap], 1.6, SOFT_HU)])
    traced = trace_path(volume, line[[4, -4]], lumen_hu=LUMEN_HU)
    assert cKDTree(traced.points_lps_mm).query(line[6:-6])[0].max() < 1.2


def test_that_a_vessel_that_bows_out_by_half_the_distance_of_the_clicks_is_followed():
    line = arc(25.0, -75, 75, (-8, 0, 0))[::-1]
    line = np.r_[np.linspace(line[0] - (20, 0, 0), line[0], 80), line, np.linspace(line[-1], line[-1] - (20, 0, 0), 80)]
    volume = tube_volume([(line, 1.5, LUMEN_HU)])
    traced = trace_path(volume, line[[4, -4]], lumen_hu=LUMEN_HU)
    assert cKDTree(traced.points_lps_mm).query(line[6:-6])[0].max() < 1.0


def test_that_a_bright_neighbour_does_not_pull_at_the_course_through_a_closed_vessel():
    line = arc(24.0, 5, 175, (0, 0, -12))
    gap = slice(110, 170)
    vein = line[100:180] + np.array([0.0, 3.2, 0.0])
    volume = tube_volume([(line, 1.5, LUMEN_HU), (line[gap], 1.6, SOFT_HU), (vein, 1.2, 0.6 * LUMEN_HU)])
    traced = trace_path(volume, line[[90, 190]], lumen_hu=LUMEN_HU)
    assert cKDTree(traced.points_lps_mm).query(line[gap])[0].max() < 0.8


def test_that_the_dead_stretch_is_marked_as_inferred(occluded):
    line, gap, volume = occluded
    traced = trace_path(volume, line[[4, -4]], lumen_hu=LUMEN_HU)
    station, _ = traced.nearest_station_mm(line[gap].mean(0))
    assert bool(traced.is_inferred(station))
    assert not traced.is_inferred(5.0) and not traced.is_inferred(traced.length_mm - 5.0)
    assert sum(b - a for a, b in traced.inferred) == pytest.approx(12.5, abs=3.0)


def test_that_a_path_runs_through_every_point_in_order(occluded):
    line, _, volume = occluded
    traced = trace_path(volume, line[[4, 60, -4]])
    stations = [traced.nearest_station_mm(line[at]) for at in (4, 60, -4)]
    assert [s for s, _ in stations] == sorted(s for s, _ in stations)
    assert max(d for _, d in stations) < 1.2


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ([(0.0, 0, 0)], "One point"),
        ([(0.0, 0, 0), (0, 0, 500)], "outside the volume"),
        ([(0.0, 0, 0), (0.1, 0, 0)], "same place"),
    ],
)
def test_that_senseless_seeds_get_a_sentence(occluded, points, words):
    with pytest.raises(NoPath, match=words) as caught:
        trace_path(occluded[2], points)
    assert caught.value.advice.endswith(".")


def test_that_a_seed_in_air_is_refused(occluded):
    volume = occluded[2]
    hu = volume.hu.copy()
    hu[:20] = -900
    with pytest.raises(NoPath, match="air or lung"):
        trace_path(Volume(hu, volume.geometry), [(0, 0, 0), (0, 0, -30)])


def test_that_seeds_on_different_sides_of_the_body_are_refused():
    volume = Volume(np.zeros((4, 4, 300), np.int16), Geometry.from_axes((4, 4, 300), (0, 0, 0), (1.0, 1.0, 1.0)))
    with pytest.raises(NoPath, match="different sides"):
        trace_path(volume, [(1, 1, 1), (290, 1, 1)])


def test_that_a_long_way_through_muscle_alone_gets_a_sentence():
    noise = np.random.default_rng(5).normal(70.0, 20.0, (64, 64, 64))
    geometry = Geometry.from_axes(noise.shape, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    with pytest.raises(NoPath, match="No vessel shows"):
        trace_path(Volume(noise.astype(np.int16), geometry), [(5, 5, 5), (58, 58, 58)], lumen_hu=LUMEN_HU)


def test_that_two_clicks_follow_a_vessel_in_voxels_of_a_millimetre_and_a_half():
    line = arc(24.0, 5, 175, (0, 0, -12))
    chamber = line + np.array((0.0, 13.0, 0.0))
    volume = tube_volume([(chamber, 9.0, LUMEN_HU), (line, 1.9, LUMEN_HU)], half_mm=33, spacing_mm=1.5)
    with pytest.raises(NoTree):
        refuse_too_coarse(volume)
    traced = trace_path(volume, line[[8, -8]], lumen_hu=LUMEN_HU)
    assert cKDTree(line).query(traced.points_lps_mm)[0].max() < 1.5
    assert traced.inferred == ()


@pytest.mark.data
@pytest.mark.parametrize(
    ("start", "end", "length_mm"),
    [
        ((93, 55, 66), (91, 48, 85), 35.0),
        ((93, 55, 66), (87, 64, 70), 20.0),
        ((90, 32, 57), (85, 22, 49), 22.0),
    ],
    ids=["left main and LAD", "left main and LCX", "RCA"],
)
def test_that_the_proximal_coronaries_of_a_real_coarse_heart_follow_two_clicks(data_folder, start, end, length_mm):
    image = SimpleITK.ReadImage(str(data_folder / "heart-cta" / "ct_cropped.nii.gz"))
    hu = np.clip(SimpleITK.GetArrayFromImage(image), -1024, 3500).astype(np.int16)
    volume = Volume(hu, Geometry.from_axes(hu.shape, image.GetOrigin(), image.GetSpacing()[::-1]))
    traced = trace_path(volume, volume.geometry.to_lps(np.array([start, end], float)))
    assert traced.length_mm == pytest.approx(length_mm, rel=0.25)
    assert traced.inferred == ()
    # read off the pictures: contrast of 350 HU and more all the way, as wide as a proximal coronary
    tube = profile(volume, traced.points_lps_mm, floor_hu=-150, cap_hu=580)
    assert np.percentile(tube.hu, 15) > 250
    assert 1.0 < np.median(tube.radius_mm) < 2.5


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.tuples(*[st.integers(0, 1)] * 3), st.integers(2, 5))
def test_that_searching_from_both_ends_finds_the_same_way_as_looking_everywhere(seed, corner, smooth):
    rng = np.random.default_rng(seed)
    shape = (14, 17, 20)
    price = np.exp(ndimage.gaussian_filter(rng.normal(0, 4 * smooth, shape), smooth / 2)).astype(np.float32)
    start, end = tuple(c * (n - 1) for c, n in zip(corner, shape)), (9, 12, 7)
    target = np.zeros(shape, bool)
    target[end] = True
    everywhere = reached(price, np.array([start]), target)
    voxels, cost = cheapest_between(price, start, end)
    assert everywhere is not None
    assert cost == pytest.approx(everywhere.cost[end], rel=1e-5)
    assert tuple(voxels[0]) == start and tuple(voxels[-1]) == end
    assert np.abs(np.diff(voxels, axis=0)).max() == 1


def test_that_the_way_from_a_place_to_itself_is_that_place():
    voxels, cost = cheapest_between(np.ones((3, 3, 3), np.float32), (1, 1, 1), (1, 1, 1))
    assert voxels.tolist() == [[1, 1, 1]]
    assert cost == 0.0
