"""Projections of a 512 x 512 x 320 scan, beside RTK's Joseph projector, and the view map.

Run with ``pytest --benchmark-only tests/benchmarks/test_projection.py``; RTK comes with the extra ``bench``.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from viewer.analysis.fluoro.attenuation import Attenuation, attenuation_from_hu
from viewer.analysis.fluoro.fluoroscopy import fluoroscopy
from viewer.analysis.fluoro.layout import projectable
from viewer.analysis.fluoro.limits import shipped_limits
from viewer.analysis.fluoro.projection import line_integrals
from viewer.analysis.fluoro.truncation import filled_beyond_scan, path_in_scan_mm
from viewer.analysis.fluoro.view_map import view_map
from viewer.model.carm import CArm, detector_axes
from viewer.model.centerline import Centerline
from viewer.model.geometry import Geometry
from viewer.model.vessel import Vessel, VesselTree

VIEWS = {"AP": (0, 0), "lateral": (90, 0), "oblique": (45, -30)}
#: Relative root mean square difference to RTK that is allowed.
AGREEMENT = 0.005


@pytest.fixture(scope="module")
def scan() -> Attenuation:
    """Soft tissue with shells of bone, lung and noise, 0.4 x 0.4 x 0.5 mm."""
    shape = (320, 512, 512)
    geometry = Geometry.from_axes(shape, (-102.2, -102.2, -79.75), (0.5, 0.4, 0.4))
    rng = np.random.default_rng(0)
    coarse = ndimage.gaussian_filter(rng.standard_normal((40, 64, 64)).astype(np.float32), 2.5)
    tissue = np.where(coarse > 0.0, 60.0, -850.0) + np.where(np.abs(coarse - 0.06) < 0.01, 700.0, 0.0)
    fine = ndimage.zoom(tissue.astype(np.float32), 8, order=1)
    fine += rng.standard_normal(shape, np.float32) * 25
    return attenuation_from_hu(np.round(fine).astype(np.int16), geometry)


@pytest.fixture(scope="module")
def laid_out(scan):
    return projectable(scan)


@pytest.fixture(scope="module")
def joseph(scan):
    """A function from a C-arm and a size to the line integrals of RTK."""
    itk = pytest.importorskip("itk", reason="RTK is not installed: pip install cto-viewer[bench]")
    if not hasattr(itk, "RTK"):
        pytest.skip("RTK is not installed: pip install cto-viewer[bench]")
    rtk = itk.RTK
    image = itk.image_from_array(scan.mu.astype(np.float32) * np.float32(Attenuation.PER_MM))
    image.SetSpacing([float(s) for s in scan.geometry.spacing_mm[::-1]])
    image.SetOrigin([float(x) for x in scan.geometry.origin_lps_mm])
    kind = itk.Image[itk.F, 3]

    def project(arm: CArm, size: int):
        right, up, normal = detector_axes(arm.primary_deg, arm.secondary_deg)
        detector = arm.isocenter_lps_mm + (arm.sid_mm - arm.sod_mm) * normal
        geometry = rtk.ThreeDCircularProjectionGeometry.New()
        place, direction = itk.Point[itk.D, 3], itk.Vector[itk.D, 3]
        points = (place([float(v) for v in p]) for p in (arm.source_lps_mm, detector))
        axes = (direction([float(v) for v in p]) for p in (right, up))
        assert geometry.AddProjection(*points, *axes)
        pixel = arm.detector_mm / size
        empty = rtk.ConstantImageSource[kind].New()
        empty.SetOrigin([-(size - 1) / 2 * pixel, -(size - 1) / 2 * pixel, 0.0])
        empty.SetSpacing([pixel] * 3)
        empty.SetSize([size, size, 1])
        empty.SetConstant(0.0)
        projector = rtk.JosephForwardProjectionImageFilter[kind, kind].New()
        projector.SetGeometry(geometry)
        projector.SetInput(0, empty.GetOutput())
        projector.SetInput(1, image)
        projector.Update()
        return itk.array_from_image(projector.GetOutput())[0][::-1]

    return project


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.benchmark(group="line integrals, 512 x 512 pixels")
def test_full_quality(benchmark, laid_out, joseph, view):
    arm = CArm(*VIEWS[view])
    found = benchmark.pedantic(line_integrals, (laid_out, arm, 512), rounds=7, warmup_rounds=1)
    truth = joseph(arm, 512)
    difference = float(np.sqrt(((found - truth) ** 2).mean() / (truth**2).mean()))
    benchmark.extra_info["relative_rms_to_rtk_percent"] = round(100 * difference, 3)
    assert difference < AGREEMENT


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.benchmark(group="line integrals, 512 x 512 pixels")
def test_rtk_joseph(benchmark, joseph, view):
    benchmark.pedantic(joseph, (CArm(*VIEWS[view]), 512), rounds=3, warmup_rounds=1)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.benchmark(group="line integrals, 256 x 256 pixels, while dragging")
def test_dragging(benchmark, laid_out, view):
    benchmark.pedantic(line_integrals, (laid_out, CArm(*VIEWS[view]), 256), {"level": 1}, rounds=15, warmup_rounds=1)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.benchmark(group="line integrals, 256 x 256 pixels, while dragging")
def test_rtk_joseph_while_dragging(benchmark, joseph, view):
    benchmark.pedantic(joseph, (CArm(*VIEWS[view]), 256), rounds=3, warmup_rounds=1)


@pytest.mark.parametrize(("size", "level"), [(512, 0), (256, 1)], ids=["still", "dragging"])
@pytest.mark.benchmark(group="whole grey picture")
def test_grey_picture(benchmark, laid_out, size, level):
    arm = CArm(45, 0)

    def picture():
        path = path_in_scan_mm(laid_out.geometry, None, arm, size)
        return fluoroscopy(filled_beyond_scan(line_integrals(laid_out, arm, size, level=level), path))

    benchmark.pedantic(picture, rounds=7, warmup_rounds=1)


@pytest.mark.benchmark(group="laying out")
def test_laying_out(benchmark, scan):
    benchmark.pedantic(projectable, (scan,), rounds=3, warmup_rounds=1)


@pytest.mark.benchmark(group="view map")
def test_whole_view_map_in_whole_degrees(benchmark):
    rng = np.random.default_rng(1)
    vessels = []
    for n in range(12):
        steps = np.cumsum(rng.normal(0, 0.12, (120, 3)), axis=0) + rng.normal(0, 1, 3)
        steps /= np.linalg.norm(steps, axis=1, keepdims=True)
        points = np.cumsum(steps, axis=0) + rng.uniform(-40, 40, 3)
        vessels.append(Vessel(f"V{n}", Centerline(points, np.full(120, 1.3))))
    tree, limits = VesselTree(tuple(vessels)), shipped_limits()
    benchmark.pedantic(view_map, (tree, "V0", 30.0, 60.0, limits), rounds=5, warmup_rounds=1)
