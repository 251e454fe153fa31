"""Planes of 1000 x 1000 pixels, beside what one would take instead; and a frame of the real pane, end to end."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK
from scipy.ndimage import map_coordinates
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonCore import VTK_SHORT
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkImagingCore import vtkImageReslice

from tests.ui.plane_table import PlaneTable
from viewer.analysis.reformat.plane import sample_plane, to_rgb32, warm_up
from viewer.model.geometry import Geometry
from viewer.model.view import AXIAL, CORONAL, SAGITTAL, Plane, Projection, Slab, Window
from viewer.model.volume import Volume
from viewer.ui.plane_frame import turned
from viewer.ui.theme import apply_theme

SIZE_PX = 1000
MM_PER_PX = 0.18
OBLIQUE = turned(turned((AXIAL, CORONAL, SAGITTAL), 1, 0.44), 2, -0.26)[0]
PLANES = {"axial": AXIAL, "coronal": CORONAL, "sagittal": SAGITTAL, "oblique": OBLIQUE}


@pytest.fixture(scope="module")
def volume() -> Volume:
    geometry = Geometry.from_axes((320, 512, 512), (-95, -95, -70), (0.45, 0.37, 0.37))
    wave = [np.sin(np.arange(n, dtype=np.float32) / 9) for n in geometry.shape]
    hu = 300 * (wave[0][:, None, None] + wave[1][:, None] * wave[2]) + 100
    return Volume(hu.astype(np.int16), geometry)


def ours(volume: Volume, plane: Plane, slab: Slab = Slab()) -> np.ndarray:  # noqa: B008 - frozen
    center = volume.geometry.center_lps_mm
    return sample_plane(volume, center, plane.right, plane.down, SIZE_PX, SIZE_PX, MM_PER_PX, slab)


def corner(volume: Volume, plane: Plane) -> np.ndarray:
    half = (SIZE_PX - 1) / 2 * MM_PER_PX
    return volume.geometry.center_lps_mm - half * plane.right - half * plane.down


def scipys(volume: Volume, plane: Plane) -> np.ndarray:
    steps = np.arange(SIZE_PX) * MM_PER_PX
    points = corner(volume, plane) + steps[:, None, None] * plane.down + steps[None, :, None] * plane.right
    index = np.moveaxis(volume.geometry.to_index(points), -1, 0)
    return map_coordinates(volume.hu, index, output=np.int16, order=1, cval=-32768)


def itks(image: SimpleITK.Image, volume: Volume, plane: Plane) -> np.ndarray:
    axes = np.stack([plane.right, plane.down, plane.normal], axis=1)
    picture = SimpleITK.Resample(
        image,
        (SIZE_PX, SIZE_PX, 1),
        SimpleITK.Transform(),
        SimpleITK.sitkLinear,
        corner(volume, plane).tolist(),
        (MM_PER_PX, MM_PER_PX, 1.0),
        axes.ravel().tolist(),
        -32768,
    )
    return SimpleITK.GetArrayFromImage(picture)[0]


def vtks(image: vtkImageData, volume: Volume, plane: Plane, slab_mm: float = 0.0) -> np.ndarray:
    axes = vtkMatrix4x4()
    for row in range(3):
        for column, way in enumerate((plane.right, plane.down, plane.normal, corner(volume, plane))):
            axes.SetElement(row, column, way[row])
    reslice = vtkImageReslice()
    reslice.SetInputData(image)
    reslice.SetResliceAxes(axes)
    reslice.SetInterpolationModeToLinear()
    reslice.SetOutputDimensionality(2)
    reslice.SetOutputSpacing(MM_PER_PX, MM_PER_PX, 1)
    reslice.SetOutputOrigin(0, 0, 0)
    reslice.SetOutputExtent(0, SIZE_PX - 1, 0, SIZE_PX - 1, 0, 0)
    reslice.SetBackgroundLevel(-32768)
    if slab_mm:
        steps = int(np.ceil(slab_mm / (float(volume.geometry.spacing_mm.min()) / 2)))
        reslice.SetSlabModeToMax()
        reslice.SetSlabNumberOfSlices(steps + 1)
        reslice.SetOutputSpacing(MM_PER_PX, MM_PER_PX, slab_mm / steps)
    reslice.Update()
    return vtk_to_numpy(reslice.GetOutput().GetPointData().GetScalars()).reshape(SIZE_PX, SIZE_PX)


@pytest.fixture(scope="module")
def itk_image(volume: Volume) -> SimpleITK.Image:
    image = SimpleITK.GetImageFromArray(volume.hu)
    image.SetSpacing(volume.geometry.spacing_mm[::-1].tolist())
    image.SetOrigin(volume.geometry.origin_lps_mm.tolist())
    return image


@pytest.fixture(scope="module")
def vtk_image(volume: Volume) -> vtkImageData:
    image = vtkImageData()
    image.SetDimensions(*volume.geometry.shape[::-1])
    image.SetSpacing(volume.geometry.spacing_mm[::-1].tolist())
    image.SetOrigin(volume.geometry.origin_lps_mm.tolist())
    image.GetPointData().SetScalars(numpy_to_vtk(volume.hu.ravel(), deep=False, array_type=VTK_SHORT))
    return image


def same_where_both_are_inside(one: np.ndarray, other: np.ndarray, within_hu: float) -> bool:
    both = (one != -32768) & (other != -32768)
    return bool(both.mean() > 0.5 and np.abs(one[both].astype(int) - other[both]).max() <= within_hu)


@pytest.mark.parametrize("name", PLANES)
@pytest.mark.parametrize("maker", ["ours", "vtkImageReslice", "SimpleITK", "scipy"])
def test_a_thin_plane(benchmark, volume, itk_image, vtk_image, name, maker):
    benchmark.group = f"thin {name} plane"
    plane = PLANES[name]
    warm_up()
    make = {
        "ours": lambda: ours(volume, plane),
        "vtkImageReslice": lambda: vtks(vtk_image, volume, plane),
        "SimpleITK": lambda: itks(itk_image, volume, plane),
        "scipy": lambda: scipys(volume, plane),
    }[maker]
    assert same_where_both_are_inside(benchmark(make), ours(volume, plane), within_hu=1)


@pytest.mark.parametrize("name", ["axial", "sagittal", "oblique"])
@pytest.mark.parametrize("maker", ["ours", "vtkImageReslice"])
def test_a_slab_of_ten_millimetres(benchmark, volume, vtk_image, name, maker):
    benchmark.group = f"10 mm MIP, {name}"
    plane, slab = PLANES[name], Slab(10.0, Projection.MAXIMUM)
    warm_up()
    make = {"ours": lambda: ours(volume, plane, slab), "vtkImageReslice": lambda: vtks(vtk_image, volume, plane, 10.0)}
    image = benchmark.pedantic(make[maker], rounds=5, warmup_rounds=1)
    # Along the grid we interpolate extremes, VTK takes extremes of what is interpolated.
    assert same_where_both_are_inside(image, ours(volume, plane, slab), within_hu=20)


def test_the_window_of_a_picture(benchmark, volume):
    benchmark.group = "window"
    image = ours(volume, OBLIQUE)
    benchmark(to_rgb32, image, Window(300, 800))


@pytest.fixture
def table(qapp, volume):
    apply_theme(qapp)
    built = PlaneTable((SIZE_PX, SIZE_PX))
    built.open(volume)
    yield built
    built.close()


@pytest.mark.parametrize("kind", ["axial", "sagittal", "oblique", "oblique, 10 mm MIP", "oblique, 50 mm MIP"])
def test_a_frame_of_the_pane_while_scrolling(benchmark, table, kind):
    benchmark.group = "frame of the pane, from the key to the painted widget"
    pane = table.panes[2 if kind == "sagittal" else 0]
    if kind.startswith("oblique"):
        planes = turned(turned(table.desk.view.planes, 1, 0.44), 2, -0.26)
        thickness_mm = float(kind.split()[1]) if "mm" in kind else 0.0
        table.desk.look(replace(table.desk.view, planes=planes, slab=Slab(thickness_mm)))
    steps = iter(range(10**9))

    def frame() -> None:
        pane.step(1 if next(steps) % 2 else -1)
        pane.repaint()

    benchmark.pedantic(frame, rounds=40, warmup_rounds=5)
