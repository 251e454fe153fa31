from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates

from viewer.analysis.reformat.plane import OUTSIDE, is_aligned, sample_count, sample_plane, to_grey, to_rgb32
from viewer.analysis.reformat.plane_reading import disc_reading, value_hu
from viewer.model.geometry import Geometry
from viewer.model.view import AXIAL, CORONAL, SAGITTAL, Plane, Projection, Slab, Window
from viewer.model.volume import Volume
from viewer.progress import Cancelled

SLOPE = np.array([3.0, -5.0, 4.0])


def turn(axis, degrees):
    axis = np.asarray(axis, float) / np.linalg.norm(axis)
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = np.radians(degrees)
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def grid(shape=(30, 40, 50), spacing=(0.8, 0.5, 0.6), degrees=0.0, mirrored=False):
    directions = np.array([[0, 0, -1.0 if mirrored else 1.0], [0, 1, 0], [1, 0, 0]]) @ turn((1, 2, 3), degrees).T
    return Geometry.from_axes(shape, (-11, 7, -100), spacing, directions)


def linear_volume(geometry):
    index = np.stack(np.meshgrid(*map(np.arange, geometry.shape), indexing="ij"), axis=-1)
    return Volume(np.round(geometry.to_lps(index) @ SLOPE).astype(np.int16), geometry)


def noise_volume(geometry, seed=1):
    values = np.random.default_rng(seed).integers(-1000, 2000, geometry.shape)
    return Volume(values.astype(np.int16), geometry)


def points_of(center, plane, width, height, mm_per_px):
    x = (np.arange(width) - (width - 1) / 2) * mm_per_px
    y = (np.arange(height) - (height - 1) / 2) * mm_per_px
    return center + x[None, :, None] * plane.right + y[:, None, None] * plane.down


def reference(volume, points):
    index = volume.geometry.to_index(points)
    inside = ((index >= -0.5) & (index <= np.asarray(volume.geometry.shape) - 0.5)).all(axis=-1)
    sampled = map_coordinates(volume.hu.astype(float), np.moveaxis(index, -1, 0), order=1, mode="nearest")
    return np.where(inside, sampled, OUTSIDE), index


def near_the_border(index, shape):
    """Samples so near the end of the outermost voxels that rounding decides whether they count."""
    ends = np.stack([index + 0.5, np.asarray(shape) - 0.5 - index])
    return (np.abs(ends) < 1e-3).any(axis=(0, -1))


def assert_like_reference(volume, center, plane, mm_per_px, tolerance_hu=0.75):
    image = sample_plane(volume, center, plane.right, plane.down, 70, 50, mm_per_px)
    expected, index = reference(volume, points_of(center, plane, 70, 50, mm_per_px))
    sure = ~near_the_border(index, volume.geometry.shape)
    assert np.abs(image - expected)[sure].max() <= tolerance_hu


@pytest.mark.parametrize("plane", [AXIAL, CORONAL, SAGITTAL], ids=["axial", "coronal", "sagittal"])
@pytest.mark.parametrize("mirrored", [False, True], ids=["right-handed", "left-handed"])
def test_that_a_plane_along_the_grid_is_the_trilinear_one(plane, mirrored):
    volume = noise_volume(grid(mirrored=mirrored))
    assert is_aligned(volume.geometry, plane.right, plane.down)
    assert_like_reference(volume, np.add(volume.geometry.center_lps_mm, (0.13, 0.21, -0.17)), plane, 0.31)


def test_that_a_turned_stack_shown_along_its_own_axes_takes_the_shortcut_and_is_right():
    geometry = grid(degrees=33)
    slices, rows, columns = geometry.directions
    volume = noise_volume(geometry)
    for plane in (Plane(columns, rows), Plane(slices, -columns), Plane(-rows, slices)):
        assert is_aligned(geometry, plane.right, plane.down)
        assert_like_reference(volume, np.add(geometry.center_lps_mm, (0.1, 0.2, 0.3)), plane, 0.37)


@settings(max_examples=40, deadline=None)
@given(
    st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda v: np.linalg.norm(v) > 0.1),
    st.floats(-180, 180),
    st.tuples(*[st.floats(-12, 12)] * 3),
    st.floats(0.05, 1.0),
)
def test_that_any_plane_through_an_oblique_stack_is_the_trilinear_one(axis, degrees, away, mm_per_px):
    volume = noise_volume(grid(degrees=20))
    matrix = turn(axis, degrees)
    plane = Plane(matrix[:, 0], matrix[:, 1])
    # float32 coordinates are good to about 1e-4 voxels, and neighbours differ by up to 3000 HU.
    assert_like_reference(volume, volume.geometry.center_lps_mm + away, plane, mm_per_px, tolerance_hu=1.5)


def test_that_millimetres_are_true_in_an_oblique_anisotropic_stack():
    volume = linear_volume(grid(degrees=35))
    matrix = turn((2, -1, 1), 50)
    center = volume.geometry.center_lps_mm
    image = sample_plane(volume, center, matrix[:, 0], matrix[:, 1], 41, 31, 0.2)
    expected = points_of(center, Plane(matrix[:, 0], matrix[:, 1]), 41, 31, 0.2) @ SLOPE
    assert np.abs(image - expected).max() <= 1.05


def test_that_a_picture_beside_the_volume_is_outside():
    volume = noise_volume(grid())
    for right in (AXIAL.right, turn((0, 0, 1), 30)[:, 0]):
        image = sample_plane(volume, (500, 0, 0), right, np.cross((0, 0, 1), right), 20, 10, 0.5)
        assert (image == OUTSIDE).all()
    above = np.add(volume.geometry.center_lps_mm, (0, 0, 40))
    assert (sample_plane(volume, above, AXIAL.right, AXIAL.down, 20, 10, 0.5) == OUTSIDE).all()


def test_that_the_picture_ends_where_the_outermost_voxels_end():
    volume = noise_volume(grid())
    inside = sample_plane(volume, volume.geometry.center_lps_mm, AXIAL.right, AXIAL.down, 400, 300, 0.1) != OUTSIDE
    assert inside.any(axis=0).sum() * 0.1 == pytest.approx(50 * 0.6, abs=0.2)
    assert inside.any(axis=1).sum() * 0.1 == pytest.approx(40 * 0.5, abs=0.2)


@pytest.mark.parametrize("degrees", [0, 25], ids=["along the grid", "oblique"])
def test_that_a_slab_of_a_linear_field_has_its_mean_in_the_middle_and_its_extremes_at_its_faces(degrees):
    volume = linear_volume(grid())
    matrix = turn((1, 1, 0), degrees)
    right, down, normal = matrix[:, 0], matrix[:, 1], matrix[:, 2]
    center = np.add(volume.geometry.center_lps_mm, (0.1, 0.2, 0.3))

    def value(projection):
        return sample_plane(volume, center, right, down, 3, 3, 0.2, Slab(4.0, projection))[1, 1]

    rise = abs(normal @ SLOPE) * 2.0
    assert value(Projection.MEAN) == pytest.approx(center @ SLOPE, abs=1.1)
    assert value(Projection.MAXIMUM) == pytest.approx(center @ SLOPE + rise, abs=1.1)
    assert value(Projection.MINIMUM) == pytest.approx(center @ SLOPE - rise, abs=1.1)


def test_that_a_slab_reaching_out_of_the_volume_takes_only_what_is_in_it():
    volume = linear_volume(grid())
    top = volume.geometry.to_lps((29, 20, 25))
    for right in (AXIAL.right, turn((0, 0, 1), 10)[:, 0]):
        image = sample_plane(volume, top, right, np.cross((0, 0, 1), right), 3, 3, 0.1, Slab(6.0, Projection.MINIMUM))
        assert image[1, 1] == pytest.approx(top @ SLOPE - 3.0 * SLOPE[2], abs=1.1)


def test_that_a_small_bright_voxel_is_not_lost_between_the_samples_of_a_slab():
    geometry = grid()
    hu = np.zeros(geometry.shape, np.int16)
    hu[15, 20, 25] = 1000
    volume = Volume(hu, geometry)
    spot = geometry.to_lps((15, 20, 25))
    matrix = turn((1, 0.3, 0.2), 40)
    image = sample_plane(volume, spot, matrix[:, 0], matrix[:, 1], 5, 5, 0.1, Slab(10.0))
    assert image[2, 2] > 700


def test_that_a_preview_lies_where_the_full_picture_lies():
    volume = linear_volume(grid(degrees=35))
    center = volume.geometry.center_lps_mm
    for coarse in (2, 3, 5):
        preview = sample_plane(volume, center, AXIAL.right, AXIAL.down, 41, 32, 0.2, coarse=coarse)
        full = sample_plane(volume, center, AXIAL.right, AXIAL.down, 41, 32, 0.2)
        assert np.abs(preview - full.astype(int)).max() <= 2


def test_that_work_can_be_cancelled_between_bands():
    volume = noise_volume(grid(degrees=10))
    calls = []

    def progress(share, text=""):
        calls.append(share)
        if len(calls) == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        sample_plane(
            volume, volume.geometry.center_lps_mm, AXIAL.right, AXIAL.down, 800, 800, 0.03, Slab(5.0), progress=progress
        )
    assert len(calls) == 2


def test_that_several_threads_may_sample_at_once():
    volume = noise_volume(grid(degrees=10))

    def make(_):
        return sample_plane(volume, volume.geometry.center_lps_mm, AXIAL.right, AXIAL.down, 400, 400, 0.05, Slab(1.0))

    first = make(0)
    with ThreadPoolExecutor(3) as pool:
        assert all(np.array_equal(image, first) for image in pool.map(make, range(12)))


def test_that_a_picture_without_pixels_scale_or_right_angles_is_refused():
    volume = noise_volume(grid())
    for size, mm_per_px, down in (((0, 5), 1.0, (0, 1, 0)), ((5, 5), 0.0, (0, 1, 0)), ((5, 5), 1.0, (0.5, 1, 0))):
        with pytest.raises(ValueError):
            sample_plane(volume, (0, 0, 0), (1, 0, 0), down, *size, mm_per_px)


def test_that_a_thick_oblique_slab_is_known_to_be_more_work():
    volume = noise_volume(grid())
    tilted = turn((0, 0, 1), 20)[:, 0]
    thin = sample_count(volume, tilted, np.array([0, 0, -1.0]), 100, 100, Slab())
    thick = sample_count(volume, tilted, np.array([0, 0, -1.0]), 100, 100, Slab(10.0))
    straight = sample_count(volume, AXIAL.right, AXIAL.down, 100, 100, Slab())
    assert straight < thin == 10_000 < thick


def test_that_the_window_runs_from_black_to_white():
    image = np.array([[-2000, -100, 300, 700, 3000, OUTSIDE]], np.int16)
    assert to_grey(image, Window(300, 800)).tolist() == [[0, 0, 128, 255, 255, 0]]
    assert to_grey(image, Window(300, 800), inverted=True).tolist() == [[255, 255, 128, 0, 0, 0]]


def test_that_the_outside_has_a_colour_of_its_own():
    image = np.array([[-2000, 3000, OUTSIDE]], np.int16)
    pixels = to_rgb32(image, Window(300, 800), outside_rgb=0x0E131A)
    assert [hex(int(value)) for value in pixels[0]] == ["0xff000000", "0xffffffff", "0xff0e131a"]


def test_that_a_reading_at_a_voxel_is_its_value():
    volume = noise_volume(grid(degrees=20))
    for index in ((0, 0, 0), (29, 39, 49), (10, 20, 30)):
        assert value_hu(volume, volume.geometry.to_lps(index)) == pytest.approx(float(volume.hu[index]), abs=1e-6)
    assert value_hu(volume, volume.geometry.to_lps((-0.6, 0, 0))) is None


def test_that_a_reading_in_a_volume_of_one_slice_works():
    volume = noise_volume(grid(shape=(1, 20, 20)))
    assert value_hu(volume, volume.geometry.to_lps((0, 3, 4))) == pytest.approx(float(volume.hu[0, 3, 4]))


def test_that_a_disc_reads_the_voxels_within_it_and_no_others():
    geometry = Geometry.from_axes((9, 21, 21), (0, 0, 0), (1.0, 0.5, 0.5))
    volume = noise_volume(geometry)
    center = geometry.to_lps((4, 10, 10))
    reading = disc_reading(volume, center, (0, 0, 1), 1.0)
    y, x = np.mgrid[-10:11, -10:11] * 0.5
    values = volume.hu[4][np.hypot(x, y) <= 1.0].astype(float)
    assert reading is not None
    assert (reading.voxels, reading.mean_hu) == (13, pytest.approx(values.mean()))
    assert reading.sd_hu == pytest.approx(values.std(ddof=1))
    assert disc_reading(volume, np.add(center, (0, 0, 100)), (0, 0, 1)) is None


def test_that_a_disc_between_two_slices_counts_one_of_them():
    geometry = Geometry.from_axes((9, 21, 21), (0, 0, 0), (1.0, 0.5, 0.5))
    reading = disc_reading(noise_volume(geometry), geometry.to_lps((4.5, 10, 10)), (0, 0, 1), 1.0)
    assert reading is not None and reading.voxels == 13
