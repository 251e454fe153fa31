"""The whole chain on the generated heart and, where they are, on the reference cases."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from viewer.analysis.coronary.trace import TreeResult, trace_tree
from viewer.demo import DemoCase, DemoSpec, demo_case


@pytest.fixture(scope="module")
def generated() -> DemoCase:
    return demo_case(spec=DemoSpec(spacing_mm=(0.6, 0.5, 0.5)))


@pytest.fixture(scope="module")
def found(generated) -> TreeResult:
    return trace_tree(generated.volume)


def _truth(case: DemoCase, name: str):
    return next(v for v in case.truth.vessels if v.name == name)


@pytest.mark.parametrize("name", ["LM", "LAD", "LCX"])
def test_that_the_open_main_vessels_are_found_by_name(generated, found, name):
    true = np.asarray(_truth(generated, name).points_lps_mm)
    near = cKDTree(found.tree[name].centerline.points_lps_mm).query(true)[0]
    assert (near < 1.5).mean() > 0.9


def test_that_the_right_coronary_goes_on_behind_its_occlusion_as_a_guess(found):
    rca = found.tree["RCA"].centerline
    assert rca.length_mm > 80
    assert rca.inferred


def test_that_each_vessel_leaves_its_parent_where_it_begins(found):
    for vessel in found.tree:
        if vessel.parent is not None:
            trunk = found.tree[vessel.parent].centerline
            assert trunk.nearest_station_mm(vessel.centerline.points_lps_mm[0])[1] < 0.5, vessel.name


def test_that_segments_of_a_vessel_follow_each_other(found):
    for vessel in found.tree:
        for before, after in zip(vessel.segments[:-1], vessel.segments[1:], strict=True):
            assert before.to_mm == after.from_mm


def test_that_the_same_volume_gives_the_same_tree(generated, found):
    again = trace_tree(generated.volume)
    assert [v.name for v in again.tree] == [v.name for v in found.tree]
    assert all(
        np.array_equal(a.centerline.points_lps_mm, b.centerline.points_lps_mm)
        for a, b in zip(again.tree, found.tree, strict=True)
    )
