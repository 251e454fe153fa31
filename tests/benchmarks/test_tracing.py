"""Tracing beside what one would pick instead, on the same generated heart."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from viewer.analysis.coronary.grid import resampled
from viewer.analysis.coronary.seeded import trace_path
from viewer.analysis.coronary.trace import trace_tree
from viewer.analysis.coronary.tubularity import SCALES_MM, tube_contrast
from viewer.demo import DemoCase, DemoSpec, demo_case

LUMEN_HU = 420.0


@pytest.fixture(scope="module")
def case() -> DemoCase:
    return demo_case(spec=DemoSpec())


@pytest.fixture(scope="module")
def ends(case) -> np.ndarray:
    """A place near the start and one near the end of the LAD."""
    lad = next(v for v in case.truth.vessels if v.name == "LAD")
    return np.asarray(lad.points_lps_mm)[[4, -6]]


@pytest.fixture(scope="module")
def box(case, ends):
    """The box between two clicks at 1 mm."""
    low, high = ends.min(0) - 30, ends.max(0) + 30
    return resampled(case.volume, low, high, 1.0)


def test_the_whole_tree(benchmark, case):
    found = benchmark.pedantic(trace_tree, (case.volume,), rounds=3, warmup_rounds=1)
    assert "LAD" in found.tree


def test_two_clicks(benchmark, case, ends):
    line = benchmark(trace_path, case.volume, ends)
    assert line.length_mm > 60


def test_two_clicks_by_simpleitk_objectness_and_fast_marching(benchmark, box, ends):
    image, geometry = box
    picture = sitk.GetImageFromArray(np.clip(image, -150, LUMEN_HU))
    start, end = (np.rint(geometry.to_index(e)).astype(int)[::-1].tolist() for e in ends)

    def march():
        smooth = sitk.SmoothingRecursiveGaussian(picture, 1.2)
        speed = sitk.ObjectnessMeasure(smooth, objectDimension=1, brightObject=True)
        speed = sitk.Add(sitk.Multiply(speed, 1.0 / float(sitk.GetArrayViewFromImage(speed).max())), 0.01)
        filter_ = sitk.FastMarchingImageFilter()
        filter_.SetTrialPoints([start])
        return filter_.Execute(speed)

    times = benchmark(march)
    assert np.isfinite(times[end])


def test_two_clicks_by_scikit_image_mcp(benchmark, box, ends):
    graph = pytest.importorskip("skimage.graph", reason="scikit-image is not installed")
    image, geometry = box
    start, end = (tuple(np.rint(geometry.to_index(e)).astype(int)) for e in ends)

    def search():
        price = 1.0 / (0.02 + np.clip(image / LUMEN_HU, 0, 1) ** 2)
        finder = graph.MCP_Geometric(price)
        finder.find_costs([start], [end])
        return finder.traceback(end)

    assert len(benchmark(search)) > 30


@pytest.fixture(scope="module")
def heart(case):
    """The middle of the heart at 0.5 mm."""
    return resampled(case.volume, (-40, -50, -40), (50, 40, 40), 0.5)[0]


def test_tubes_of_four_scales(benchmark, heart):
    tube, _ = benchmark(tube_contrast, np.clip(heart, -200, LUMEN_HU), 0.5)
    assert tube.max() > 100


def test_tubes_of_four_scales_by_simpleitk(benchmark, heart):
    picture = sitk.GetImageFromArray(np.clip(heart, -200, LUMEN_HU))
    picture.SetSpacing((0.5,) * 3)

    def measure():
        return [
            sitk.ObjectnessMeasure(sitk.SmoothingRecursiveGaussian(picture, s), objectDimension=1, brightObject=True)
            for s in SCALES_MM
        ]

    assert len(benchmark.pedantic(measure, rounds=1)) == len(SCALES_MM)
