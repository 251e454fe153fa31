"""Reformations beside what one would pick instead, on the same volume and the same samples."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from scipy.ndimage import map_coordinates
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkImagingCore import vtkImageReslice

from tests.ui.vessel_table import VesselTable
from viewer.analysis.plaque.calcium import measure_calcium
from viewer.analysis.plaque.walls import measure_vessel
from viewer.analysis.reformat.frames import frames_along
from viewer.analysis.reformat.sections import section_stack
from viewer.analysis.reformat.straightened import even_offsets, straightened
from viewer.analysis.reformat.stretched import stretched
from viewer.model.calcium import CalciumThreshold
from viewer.model.centerline import Centerline
from viewer.model.cross_section import Frames
from viewer.model.geometry import Geometry
from viewer.model.volume import Volume
from viewer.ui.theme import apply_theme

STATIONS, WIDTH, PIXEL_MM = 600, 101, 0.25
HALF_MM = (WIDTH - 1) / 2 * PIXEL_MM


@pytest.fixture(scope="module")
def volume() -> Volume:
    shape = (248, 400, 400)
    hu = np.random.default_rng(1).integers(-100, 500, shape, dtype=np.int16)
    return Volume(hu, Geometry.from_axes(shape, (-80.0, -80.0, -62.0), (0.5, 0.4, 0.4)))


@pytest.fixture(scope="module")
def frames() -> Frames:
    a = np.linspace(0, 1.2 * np.pi, 300)
    line = Centerline(np.stack([38 * np.cos(a), 38 * np.sin(a), 10 * np.sin(2 * a)], axis=1))
    return frames_along(line, line.length_mm / (STATIONS - 1))


@pytest.fixture(scope="module")
def points(frames: Frames) -> np.ndarray:
    offset = even_offsets(HALF_MM, PIXEL_MM)
    return (
        frames.center_lps_mm[:, None, None]
        + offset[None, None, :, None] * frames.right[:, None, None]
        + offset[None, :, None, None] * frames.up[:, None, None]
    )


@pytest.fixture(scope="module")
def vtk_image(volume: Volume) -> vtkImageData:
    image = vtkImageData()
    image.SetDimensions(*volume.geometry.shape[::-1])
    image.SetSpacing(*volume.geometry.spacing_mm[::-1])
    image.SetOrigin(*volume.geometry.origin_lps_mm)
    image.GetPointData().SetScalars(numpy_to_vtk(volume.hu.ravel()))
    return image


@pytest.fixture(scope="module")
def itk_image(volume: Volume) -> sitk.Image:
    image = sitk.GetImageFromArray(volume.hu)
    image.SetSpacing(volume.geometry.spacing_mm[::-1].tolist())
    image.SetOrigin(volume.geometry.origin_lps_mm.tolist())
    return image


@pytest.mark.benchmark(group="reformation at a new angle, 600 x 100")
def test_reformation_ours(benchmark, volume: Volume, frames: Frames) -> None:
    picture = benchmark(straightened, volume, frames, 30.0, half_width_mm=HALF_MM, pixel_mm=PIXEL_MM)
    assert picture.hu.shape[0] == STATIONS


@pytest.mark.benchmark(group="reformation at a new angle, 600 x 100")
def test_reformation_scipy(benchmark, volume: Volume, frames: Frames, points: np.ndarray) -> None:
    row = points[:, WIDTH // 2]

    def run() -> np.ndarray:
        index = np.moveaxis(volume.geometry.to_index(row), -1, 0)
        return map_coordinates(volume.hu, index, np.float32, order=1, mode="nearest")

    assert benchmark(run).shape[0] == STATIONS


@pytest.mark.benchmark(group="stretched reformation")
def test_stretched_ours(benchmark, volume: Volume, frames: Frames) -> None:
    benchmark(stretched, volume, frames, 30.0)


@pytest.mark.benchmark(group="stack of sections, 600 x 100 x 100")
def test_stack_ours(benchmark, volume: Volume, frames: Frames) -> None:
    stack = benchmark(section_stack, volume, frames, half_width_mm=HALF_MM, pixel_mm=PIXEL_MM)
    assert stack.shape[0] == STATIONS


@pytest.mark.benchmark(group="stack of sections, 600 x 100 x 100")
def test_stack_scipy(benchmark, volume: Volume, frames: Frames, points: np.ndarray) -> None:
    index = np.moveaxis(volume.geometry.to_index(points), -1, 0)
    theirs = benchmark.pedantic(map_coordinates, (volume.hu, index, np.float32, 1), {"mode": "nearest"}, rounds=3)
    ours = section_stack(volume, frames, half_width_mm=HALF_MM, pixel_mm=PIXEL_MM)
    assert np.abs(theirs - ours).max() < 2.0


@pytest.mark.benchmark(group="stack of sections, 600 x 100 x 100")
def test_stack_vtk(benchmark, vtk_image: vtkImageData, volume: Volume, frames: Frames, points: np.ndarray) -> None:
    size = points.shape[1]
    reslice = vtkImageReslice()
    reslice.SetInputData(vtk_image)
    reslice.SetOutputDimensionality(2)
    reslice.SetInterpolationModeToLinear()
    reslice.SetOutputSpacing(PIXEL_MM, PIXEL_MM, 1)
    reslice.SetOutputOrigin(0, 0, 0)
    reslice.SetOutputExtent(0, size - 1, 0, size - 1, 0, 0)
    axes = vtkMatrix4x4()

    def run() -> np.ndarray:
        stack = np.empty((STATIONS, size, size), np.int16)
        for s in range(STATIONS):
            for row in range(3):
                for column, vector in enumerate((frames.right[s], frames.up[s], frames.tangent[s], points[s, 0, 0])):
                    axes.SetElement(row, column, vector[row])
            reslice.SetResliceAxes(axes)
            reslice.Update()
            stack[s] = vtk_to_numpy(reslice.GetOutput().GetPointData().GetScalars()).reshape(size, size)
        return stack

    theirs = benchmark.pedantic(run, rounds=3)
    ours = section_stack(volume, frames, half_width_mm=HALF_MM, pixel_mm=PIXEL_MM)
    assert np.abs(theirs - ours).max() < 2.0


@pytest.mark.benchmark(group="stack of sections, 600 x 100 x 100")
def test_stack_simpleitk(benchmark, itk_image: sitk.Image, volume: Volume, frames: Frames, points: np.ndarray) -> None:
    size = points.shape[1]
    resample = sitk.ResampleImageFilter()
    resample.SetInterpolator(sitk.sitkLinear)
    resample.SetSize([size, size, 1])
    resample.SetOutputSpacing([PIXEL_MM, PIXEL_MM, 1.0])
    resample.SetOutputPixelType(sitk.sitkFloat32)

    def run() -> np.ndarray:
        stack = np.empty((STATIONS, size, size), np.float32)
        for s in range(STATIONS):
            resample.SetOutputOrigin(points[s, 0, 0].tolist())
            resample.SetOutputDirection(
                np.stack([frames.right[s], frames.up[s], frames.tangent[s]], axis=1).ravel().tolist()
            )
            stack[s] = sitk.GetArrayFromImage(resample.Execute(itk_image))[0]
        return stack

    theirs = benchmark.pedantic(run, rounds=3)
    ours = section_stack(volume, frames, half_width_mm=HALF_MM, pixel_mm=PIXEL_MM)
    assert np.abs(theirs - ours).max() < 2.0


@pytest.mark.benchmark(group="contours and calcium of a 150 mm vessel")
def test_walls_and_calcium(benchmark, volume: Volume, frames: Frames) -> None:
    line = Centerline(frames.center_lps_mm)
    tube = _with_tube(volume, line)

    def run() -> None:
        sections = measure_vessel(tube, line, "RCA", 400.0)
        measure_calcium(tube, sections, CalciumThreshold.adaptive(400.0, 25.0), 0.85)

    run()
    benchmark.pedantic(run, rounds=3)
    assert line.length_mm > 140


def _with_tube(volume: Volume, line: Centerline) -> Volume:
    """A volume of fat with a vessel along a course: lumen 1.8 mm, wall 2.3 mm, calcium in 20 mm of it."""
    hu = np.full(volume.hu.shape, -95, np.int16)
    nearest, station = np.full(hu.shape, 9.0, np.float32), np.zeros(hu.shape, np.float32)
    for at, point in zip(line.station_mm[::2], line.points_lps_mm[::2], strict=True):
        index = np.round(volume.geometry.to_index(point)).astype(int)
        box = tuple(slice(max(c - 9, 0), c + 10) for c in index)
        grid = np.stack(
            np.meshgrid(*(np.arange(b.start, min(b.stop, n)) for b, n in zip(box, hu.shape)), indexing="ij"), -1
        )
        away = np.linalg.norm(volume.geometry.to_lps(grid) - point, axis=-1)
        closer = away < nearest[box]
        nearest[box][closer], station[box][closer] = away[closer], at
    hu[nearest < 2.3] = 70
    hu[nearest < 1.8] = 400
    hu[(nearest < 2.3) & (station > 60) & (station < 80)] = 900
    return Volume(hu, volume.geometry)


@pytest.mark.parametrize("pair", [False, True], ids=["one angle", "two angles"])
def test_a_frame_of_the_pane_while_turning(benchmark, qapp, pair: bool) -> None:
    apply_theme(qapp)
    benchmark.group = "a frame of the reformation pane, from the new angle to the painted widget"
    table = VesselTable()
    try:
        pane = table.reformation
        pane.resize(1250, 510)
        if pair:
            pane.toggle_pair()
        angle = iter(range(10_000))

        def frame() -> None:
            table.desk.look(angle_deg=float(next(angle) % 360))
            pane.repaint()

        benchmark.pedantic(frame, rounds=60, warmup_rounds=10)
    finally:
        table.close()
