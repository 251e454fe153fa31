from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from tests.analysis.reformat.curves import arc, expected_hu, helix, linear_volume
from viewer.analysis.reformat.frames import frames_along
from viewer.analysis.reformat.sampling import sample_points
from viewer.analysis.reformat.sections import cross_section, section_folds, section_place, section_stack
from viewer.analysis.reformat.straightened import even_offsets, straightened, straightened_pair
from viewer.analysis.reformat.stretched import stretched
from viewer.model.centerline import Centerline
from viewer.model.view import Projection, Slab
from viewer.model.volume import Volume


@pytest.fixture(scope="module")
def volume() -> Volume:
    return linear_volume()


@pytest.fixture(scope="module")
def frames():
    return frames_along(helix(6.0, 16.0))


def test_that_a_straightened_picture_of_an_oblique_volume_shows_the_right_places(volume, frames) -> None:
    picture = straightened(volume, frames, 35.0, half_width_mm=4.0)
    for row, column in ((0, 0), (10, 3), (80, 25), (40, 32)):
        point, station = picture.place(row, column)
        assert picture.hu[row, column] == pytest.approx(expected_hu(point), abs=0.6)
        assert picture.pixel(station, picture.offset_mm[column]) == pytest.approx((row, column))


def test_that_two_pictures_at_right_angles_are_what_two_single_ones_are(volume, frames) -> None:
    one, other = straightened_pair(volume, frames, 20.0, half_width_mm=4.0)
    assert np.array_equal(one.hu, straightened(volume, frames, 20.0, half_width_mm=4.0).hu)
    assert np.array_equal(other.hu, straightened(volume, frames, 110.0, half_width_mm=4.0).hu)


def test_that_half_a_turn_mirrors_the_picture(volume, frames) -> None:
    one = straightened(volume, frames, 15.0, half_width_mm=4.0)
    other = straightened(volume, frames, 195.0, half_width_mm=4.0)
    assert one.hu == pytest.approx(other.hu[:, ::-1], abs=0.01)


def test_that_a_slab_takes_the_largest_the_smallest_and_the_mean(volume, frames) -> None:
    thin = straightened(volume, frames, 0.0, half_width_mm=3.0).hu
    mean, high, low = (
        straightened(volume, frames, 0.0, half_width_mm=3.0, slab=Slab(4.0, kind)).hu
        for kind in (Projection.MEAN, Projection.MAXIMUM, Projection.MINIMUM)
    )
    assert mean == pytest.approx(thin, abs=0.6)
    assert high + low == pytest.approx(2 * thin, abs=1.5)
    assert (high > thin).all()


def test_that_what_lies_outside_is_air(volume) -> None:
    far = frames_along(Centerline([[500.0, 0, 0], [510.0, 0, 0], [520.0, 1, 0]]))
    assert (straightened(volume, far).hu == Volume.AIR_HU).all()
    assert (section_stack(volume, far) == Volume.AIR_HU).all()
    assert (sample_points(volume, far.center_lps_mm, cubic=True) == Volume.AIR_HU).all()


def test_that_folds_are_clipped_and_marked(volume) -> None:
    frames = frames_along(arc(8.0, 2.0))
    picture = straightened(volume, frames, 0.0, half_width_mm=12.0)
    inner = picture.folded[20:-20]
    bend_side = np.where(inner.any(0))[0]
    assert 7.0 < np.abs(picture.offset_mm[bend_side]).min() < 9.0
    assert (picture.hu[picture.folded] == Volume.AIR_HU).all()
    assert not straightened(volume, frames, 0.0, half_width_mm=5.0).folded.any()
    assert section_folds(frames, half_width_mm=12.0).any()
    assert not section_folds(frames, half_width_mm=4.0).any()


def test_that_sections_show_the_right_places(volume, frames) -> None:
    offset = even_offsets(5.0, 0.25)
    stack = section_stack(volume, frames, half_width_mm=5.0)
    assert stack.shape == (len(frames.station_mm), len(offset), len(offset))
    for at, row, column in ((0, 0, 0), (50, 10, 31), (100, 40, 5)):
        point = section_place(frames, frames.station_mm[at], offset[column], offset[row])
        assert stack[at, row, column] == pytest.approx(expected_hu(point), abs=0.6)
    one = cross_section(volume, frames, float(frames.station_mm[50]), half_width_mm=5.0, pixel_mm=0.25)
    assert one == pytest.approx(stack[50], abs=0.05)


def test_that_sampling_agrees_with_scipy() -> None:
    rng = np.random.default_rng(0)
    volume = linear_volume()
    noise = Volume(rng.integers(-1000, 2000, volume.hu.shape).astype(np.int16), volume.geometry)
    points = volume.geometry.to_lps(rng.uniform(2, 60, (500, 3)))
    want = map_coordinates(noise.hu.astype(float), volume.geometry.to_index(points).T, order=1)
    assert sample_points(noise, points) == pytest.approx(want, abs=0.2)
    assert sample_points(volume, points, cubic=True) == pytest.approx(expected_hu(points), abs=0.8)


def test_that_lengths_along_a_stretched_course_are_true(volume) -> None:
    frames = frames_along(helix(10.0, 25.0, 0.8))
    for angle in (0.0, 40.0, 90.0):
        picture = stretched(volume, frames, angle)
        along = np.linalg.norm(np.diff(picture.course_px, axis=0), axis=1).sum() * picture.pixel_mm
        assert along == pytest.approx(frames.station_mm[-1], rel=2e-3)


def test_that_a_stretched_picture_shows_the_right_places(volume) -> None:
    frames = frames_along(helix(8.0, 20.0, 0.5))
    picture = stretched(volume, frames, 30.0, margin_mm=4.0)
    for row, column in ((3, 4), (30, 20), (picture.hu.shape[0] - 3, 10)):
        point, _ = picture.place(row, column)
        assert picture.hu[row, column] == pytest.approx(expected_hu(point), abs=0.6)
    for station in (2.0, 10.0, 20.0):
        point, back = picture.place(*picture.pixel(station))
        assert back == pytest.approx(station, abs=0.3)
        assert (
            np.linalg.norm(
                point - np.array([np.interp(station, frames.station_mm, frames.center_lps_mm[:, a]) for a in range(3)])
            )
            < 0.1
        )


def test_that_a_course_that_comes_back_can_be_stretched(volume) -> None:
    picture = stretched(volume, frames_along(arc(10.0, 6.0)), 0.0)
    assert np.isfinite(picture.hu).all()


def test_that_a_field_of_nothing_is_refused(volume, frames) -> None:
    with pytest.raises(ValueError, match="field"):
        straightened(volume, frames, pixel_mm=0.0)
    with pytest.raises(ValueError, match="margin"):
        stretched(volume, frames, pixel_mm=-1.0)
