"""3-D pictures: our ray caster beside VTK's processor mapper and its GPU mapper, on the same volume in the same run.

Run with ``pytest tests/benchmarks/test_volume_rendering.py --benchmark-only --benchmark-group-by=group``. The first
picture counts everything from the voxels on (copies, bricks and gradients); later ones are a turn of 7 degrees each. On
software OpenGL the GPU mapper is measured at the size of a moving picture only: a large one takes many seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from viewer.model.geometry import Geometry
from viewer.model.volume import Volume
from viewer.scene.anatomy import find_tissue
from viewer.scene.camera import Camera, fitted
from viewer.scene.picture import Look, Picture, Prepared, Request, prepare
from viewer.scene.raycaster import RayCaster
from viewer.scene.recipe import fitted_recipe, preset
from viewer.scene.vtk_renderer import VtkRenderer

FIXED, GPU = "vtkFixedPointVolumeRayCastMapper", "vtkGPUVolumeRayCastMapper"
SIZE_PX = (600, 600)
#: A picture while turning: a quarter of the pixels, from the halved volume.
MOVING_PX, MOVING_LEVEL = (300, 300), 1


@pytest.fixture(scope="module")
def volume() -> Volume:
    """A heart-like body of 248 x 400 x 400 voxels: chambers, vessels and bone, blurred, with noise."""
    shape, spacing = (248, 400, 400), (0.5, 0.4, 0.4)
    geometry = Geometry.from_axes(shape, -np.array([79.8, 79.8, 61.75]), spacing)
    z, y, x = np.ogrid[-61.75:61.75:248j, -79.8:79.8:400j, -79.8:79.8:400j]
    hu = np.full(shape, -90, np.float32)
    hu[((x - 18) / 42) ** 2 + ((y + 2) / 36) ** 2 + (z / 48) ** 2 < 1] = 110
    for center, radius, value in (((18, -2, 0), 26, 420), ((-20, -14, 0), 24, 240), ((12, 46, 0), 12, 420)):
        hu[(x - center[0]) ** 2 + (y - center[1]) ** 2 + ((z - center[2]) / 1.3) ** 2 < radius**2] = value
    for turn in np.linspace(0, 2 * np.pi, 9)[:-1]:  # arteries on the surface
        along = np.linspace(-1.2, 1.2, 240)
        at = np.stack(
            [18 + 41 * np.cos(along) * np.cos(turn), -2 + 35 * np.cos(along) * np.sin(turn), 46 * np.sin(along)]
        )
        k, j, i = np.rint(geometry.to_index(at.T)).astype(int).T
        for dk, dj, di in np.ndindex(5, 5, 5):
            hu[np.clip(k + dk - 2, 0, 247), np.clip(j + dj - 2, 0, 399), np.clip(i + di - 2, 0, 399)] = 400
    hu[np.broadcast_to((x + 10) ** 2 + (y - 66) ** 2 < 13**2, shape)] = 300
    hu = gaussian_filter(hu, 1.0) + np.random.default_rng(0).normal(0, 18, shape).astype(np.float32)
    return Volume(np.clip(hu, -1024, 3071).astype(np.int16), geometry)


@pytest.fixture(scope="module")
def prepared(volume) -> Prepared:
    return prepare(volume)


@pytest.fixture(scope="module")
def request_of(prepared) -> Callable[..., Request]:
    tissue = find_tissue(prepared.anatomy_level, prepared.contrast)
    recipe = fitted_recipe(preset("vessels"), prepared.contrast.lumen_hu)
    look = Look(recipe, prepared.contrast.heart_box, 0.0, tissue)

    def make(size_px: tuple[int, int], level: int) -> Request:
        camera = fitted(Camera(30, 10), prepared.volume.geometry, look.box, size_px)
        return Request(prepared, look, camera, size_px, level)

    return make


@pytest.fixture
def caster() -> Iterator[RayCaster]:
    made = RayCaster()
    yield made
    made.close()


def turning(draw: Callable[[Request], Picture], request: Request) -> Callable[[], Picture]:
    """Return what draws the next of a row of pictures, 7 degrees apart."""
    camera = [request.camera]

    def step() -> Picture:
        camera[0] = camera[0].turned(7, 0)
        return draw(replace(request, camera=camera[0]))

    return step


@pytest.mark.benchmark(group="1 first picture, from the voxels on")
@pytest.mark.parametrize(("size_px", "level"), [(MOVING_PX, MOVING_LEVEL), (SIZE_PX, 0)], ids=["coarse", "fine"])
def test_first_picture_by_our_ray_caster(benchmark, volume, request_of, caster, size_px, level):
    wanted = request_of(size_px, level)

    def first() -> Picture:
        ready = prepare(volume)
        return caster.picture(replace(wanted, prepared=ready, look=replace(wanted.look, tissue=None)))

    first()  # compiled or loaded
    benchmark.pedantic(first, rounds=3)


@pytest.mark.benchmark(group="1 first picture, from the voxels on")
def test_first_picture_by_vtk_on_the_processor(benchmark, request_of, caster):
    wanted = request_of(SIZE_PX, 0)

    def first() -> None:
        renderer = VtkRenderer(caster, FIXED)
        renderer.picture(wanted)
        renderer.close()

    benchmark.pedantic(first, rounds=2)


@pytest.mark.benchmark(group="2 while turning, 300 x 300 of the halved volume")
def test_turning_with_our_ray_caster(benchmark, request_of, caster):
    step = turning(caster.picture, request_of(MOVING_PX, MOVING_LEVEL))
    step()
    benchmark.pedantic(step, rounds=20)


@pytest.mark.benchmark(group="2 while turning, 300 x 300 of the halved volume")
@pytest.mark.parametrize("mapper", [FIXED, GPU])
def test_turning_with_vtk(benchmark, request_of, caster, mapper):
    renderer = VtkRenderer(caster, mapper)
    step = turning(renderer.picture, request_of(MOVING_PX, MOVING_LEVEL))
    step()
    benchmark.pedantic(step, rounds=5)
    renderer.close()


@pytest.mark.benchmark(group="3 standing still, 600 x 600 of the whole volume")
def test_still_with_our_ray_caster(benchmark, request_of, caster):
    step = turning(caster.picture, request_of(SIZE_PX, 0))
    step()
    benchmark.pedantic(step, rounds=6)


@pytest.mark.benchmark(group="3 standing still, 600 x 600 of the whole volume")
def test_still_with_vtk_on_the_processor(benchmark, request_of, caster):
    renderer = VtkRenderer(caster, FIXED)
    step = turning(renderer.picture, request_of(SIZE_PX, 0))
    step()
    benchmark.pedantic(step, rounds=4)
    renderer.close()
