"""VTK: which mapper for which renderer, and that it shows what the ray caster shows."""

from __future__ import annotations

import numpy as np
import pytest

from tests.scene.solids_in_3d import BLUE_HU, HEIGHT_MM, RED_HU, spheres, turned, upright, wanted
from viewer.scene import engine
from viewer.scene.camera import Camera
from viewer.scene.picture import prepare
from viewer.scene.raycaster import RayCaster
from viewer.scene.vtk_renderer import VtkRenderer
from viewer.scene.vtk_volume import image_data, placement
from viewer.scene.vtk_window import is_graphics_card, mapper_class, open_window, renderer_string


@pytest.mark.parametrize(
    "renderer",
    [
        "llvmpipe (LLVM 15.0.6, 256 bits)",
        "softpipe",
        "Google SwiftShader",
        "SWR (LLVM 7.0, 256 bits)",
        "GDI Generic",
        "Microsoft Basic Render Driver",
        None,
    ],
)
def test_that_software_gets_the_mapper_of_the_processor(renderer):
    assert mapper_class(renderer) == "vtkFixedPointVolumeRayCastMapper"


@pytest.mark.parametrize(
    "renderer",
    ["NVIDIA H200/PCIe/SSE2", "AMD Radeon Pro 5300M OpenGL Engine", "Mesa Intel(R) Iris(R) Xe Graphics (TGL GT2)"],
)
def test_that_a_real_card_gets_its_own(renderer):
    assert is_graphics_card(renderer)
    assert mapper_class(renderer) == "vtkGPUVolumeRayCastMapper"


def test_that_an_off_screen_window_says_what_draws():
    window = open_window()
    found = renderer_string(window)
    window.Finalize()
    assert found


@pytest.mark.parametrize("geometry", [upright(), turned(), turned(left_handed=True)])
def test_that_a_voxel_lies_in_vtk_where_it_lies_in_the_patient(geometry):
    hu = np.arange(np.prod(geometry.shape), dtype=np.int32).astype(np.int16).reshape(geometry.shape)
    image = image_data(hu, geometry)
    for index in ((0, 0, 0), (3, 5, 7), (60, 2, 40)):
        number = image.ComputePointId(index[::-1])
        assert image.GetPointData().GetScalars().GetValue(number) == hu[index]
        at = placement(geometry).MultiplyPoint((*image.GetPoint(number), 1.0))
        assert at[:3] == pytest.approx(geometry.to_lps(index))


@pytest.mark.parametrize("mapper", ["vtkFixedPointVolumeRayCastMapper", "vtkGPUVolumeRayCastMapper"])
@pytest.mark.parametrize("geometry", [turned(), turned(left_handed=True)], ids=["oblique", "left-handed"])
def test_that_vtk_and_the_ray_caster_show_the_same(geometry, mapper):
    volume = spheres(geometry, [((25, -10, 8), 16, RED_HU), ((-20, 15, -15), 14, BLUE_HU), ((0, -34, 0), 10, RED_HU)])
    camera = Camera(25, 15, height_mm=HEIGHT_MM)
    request = wanted(prepare(volume), camera, cut_share=0.25, size_px=(100, 80))
    caster = RayCaster(2)
    renderer = VtkRenderer(caster, mapper)
    try:
        one, two = renderer.picture(request), caster.picture(request)
        assert renderer.draws_rightly(request)
    finally:
        renderer.close()
        caster.close()
    assert one.rgb.shape == two.rgb.shape
    seen_by_one, seen_by_two = one.rgb.max(axis=2) > 50, two.rgb.max(axis=2) > 50
    assert np.argwhere(seen_by_one).mean(axis=0) == pytest.approx(np.argwhere(seen_by_two).mean(axis=0), abs=1.0)
    assert (seen_by_one & seen_by_two).sum() / (seen_by_one | seen_by_two).sum() > 0.7
    red_is_red = (one.rgb[..., 0] > one.rgb[..., 2]) == (two.rgb[..., 0] > two.rgb[..., 2])
    assert red_is_red[seen_by_one & seen_by_two].mean() > 0.8


def test_that_the_graphics_card_can_be_left_alone(monkeypatch):
    monkeypatch.setenv(engine.VARIABLE, "processor")
    assert not engine.may_ask_for_a_card()


def test_that_windows_are_not_opened_off_the_main_thread_on_a_mac(monkeypatch):
    monkeypatch.delenv(engine.VARIABLE, raising=False)
    monkeypatch.setattr(engine.sys, "platform", "darwin")
    assert not engine.may_ask_for_a_card()
