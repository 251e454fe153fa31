from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from tests.analysis.coronary.tubes import LUMEN_HU, SOFT_HU, arc, tube_volume
from viewer.analysis.coronary.seeded import NoPath, trace_path
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
    from viewer.model.geometry import Geometry

    volume = Volume(np.zeros((4, 4, 300), np.int16), Geometry.from_axes((4, 4, 300), (0, 0, 0), (1.0, 1.0, 1.0)))
    with pytest.raises(NoPath, match="different sides"):
        trace_path(volume, [(1, 1, 1), (290, 1, 1)])
