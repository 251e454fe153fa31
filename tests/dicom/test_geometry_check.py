from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import binary_erosion

from viewer.dicom import read, scan
from viewer.errors import UnreadableStudy
from viewer.model.volume import Severity


def texts(series, severity=None):
    return " ".join(f.text for f in series.findings if severity in (None, f.severity))


def moved(shift_of):
    def change(dataset, k):
        x, y, z = (float(v) for v in dataset.ImagePositionPatient)
        dx, dy, dz = shift_of(k)
        dataset.ImagePositionPatient = [f"{x + dx:.6f}", f"{y + dy:.6f}", f"{z + dz:.6f}"]

    return change


def test_that_spacing_comes_from_positions_and_not_from_the_slice_thickness(make_series):
    def thick(dataset, k):
        dataset.SliceThickness = "3"
        dataset.SpacingBetweenSlices = "7"

    series = scan(make_series(thick)).series[0]
    assert series.spacing_mm == (0.5, 0.4, 0.4)
    assert series.facts.slice_thickness_mm == 3


def test_that_a_gap_in_the_slices_is_refused_and_named(make_series, make_volume):
    folder = make_series(source=make_volume(spacing_mm=(0.75, 0.4, 0.4)))
    for k in (7, 8):
        (folder / f"IM{k:04d}.dcm").unlink()
    series = scan(folder).series[0]
    assert not series.readable and series.fitness.value == "refused"
    assert "usual step is 0.75 mm" in texts(series)
    assert "2.2 mm between 24.5 mm (IM0006.dcm) and 26.8 mm (IM0009.dcm)" in texts(series)
    with pytest.raises(UnreadableStudy, match="Slices are missing"):
        read(series)


def test_that_one_missing_thin_slice_is_interpolated_and_named(make_series, volume):
    folder = make_series()
    (folder / "IM0007.dcm").unlink()
    series = scan(folder).series[0]
    assert series.readable and "Slices are missing" in texts(series, Severity.CAUTION)
    assert "24.0 mm (IM0008.dcm)" in texts(series)
    back = read(series)
    assert back.hu.shape == volume.hu.shape
    assert np.array_equal(back.hu, volume.hu)  # the phantom is linear along k, so the interpolated slice is exact
    assert np.abs(back.geometry.corners_lps_mm - volume.geometry.corners_lps_mm).max() < 1e-6


def test_that_pictures_at_one_place_are_refused_and_named(make_series):
    series = scan(make_series(moved(lambda k: (0, 0, -0.5 if k == 9 else 0)))).series[0]
    assert not series.readable
    assert "1 of 24 pictures lie where another one lies already" in texts(series)
    assert "24.0 mm" in texts(series)


def test_that_pictures_all_at_one_place_form_no_volume(make_series):
    series = scan(make_series(moved(lambda k: (0, 0, -0.5 * k)))).series[0]
    assert "All 24 pictures lie at the same place" in texts(series)


def test_that_rounding_in_the_header_is_not_worth_a_word(make_series):
    series = scan(make_series(moved(lambda k: (0, 0, 0.004 * (-1) ** k)))).series[0]
    assert series.spacing_mm[0] == pytest.approx(0.5, abs=1e-3)
    assert texts(series, Severity.NOTE) == "" and "steps" not in texts(series)


def test_that_a_small_jitter_is_a_note_and_nothing_more(make_series, volume):
    series = scan(make_series(moved(lambda k: (0, 0, 0.03 if k == 5 else 0)))).series[0]
    assert "beside even steps" in texts(series, Severity.NOTE)
    assert np.array_equal(read(series).hu, volume.hu)


def test_that_uneven_thin_slices_are_resampled_in_words(make_series, volume):
    series = scan(make_series(moved(lambda k: (0, 0, 0.2 if k == 11 else 0)))).series[0]
    assert "uneven steps" in texts(series, Severity.CAUTION) and "interpolated" in texts(series)
    back = read(series)
    assert back.geometry.spacing_mm[0] == 0.5 and back.hu.shape == volume.hu.shape
    assert np.array_equal(back.hu[:10], volume.hu[:10])


def test_that_uneven_thick_slices_are_refused(make_series, make_volume):
    source = make_volume(spacing_mm=(2, 0.4, 0.4))
    series = scan(make_series(moved(lambda k: (0, 0, 0.05 * k * k)), source=source)).series[0]
    assert not series.readable and "uneven steps" in texts(series)


@pytest.mark.parametrize("degrees", [-20.0, 8.0, 18.5])
def test_that_a_tilted_gantry_is_sheared_back_to_the_place_of_every_voxel(make_series, make_volume, degrees):
    angle = np.radians(degrees)
    source = make_volume((16, 24, 10), (1.0, 0.5, 0.5))
    # Rows are tilted out of the axial plane; the table moves along z, so each slice is displaced along its rows.
    row = np.array([0, np.cos(angle), -np.sin(angle)])

    def tilted(dataset, k):
        dataset.ImagePositionPatient = [0, 0, k]
        dataset.ImageOrientationPatient = [1, 0, 0, *(f"{v:.10f}" for v in row)]
        j, i = np.indices((24, 10))
        z = k + j * 0.5 * row[2]
        dataset.PixelData = np.rint(300 + 20 * z + 2 * i).astype("<i2").tobytes()

    series = scan(make_series(tilted, source=source)).series[0]
    assert f"tilted by {abs(degrees):.1f}°" in texts(series, Severity.CAUTION)
    volume = read(series)
    assert volume.geometry.spacing_mm[0] == pytest.approx(np.cos(angle), abs=1e-6)
    # The rim of each slice is interpolated against the air around it.
    index = np.argwhere(binary_erosion(volume.hu > -200, np.ones((1, 3, 1))))
    point = volume.geometry.to_lps(index)
    expected = 300 + 20 * point[:, 2] + 2 * index[:, 2]
    error = np.abs(volume.hu[tuple(index.T)] - expected)
    assert len(index) > 0.8 * 16 * 22 * 10 and error.max() <= 1.5


def test_that_wild_displacements_are_refused(make_series):
    series = scan(make_series(moved(lambda k: (30 * (k % 2), 0, 0)))).series[0]
    assert not series.readable and "sideways" in texts(series)


@pytest.mark.parametrize("orientation", [[1, 0, 0, 1, 0, 0], [0, 0, 0, 0, 1, 0], [1, 0, 0, 0.3, 0.95, 0]])
def test_that_an_orientation_that_makes_no_sense_is_refused(make_series, orientation):
    series = scan(make_series(lambda dataset, k: setattr(dataset, "ImageOrientationPatient", orientation))).series[0]
    assert not series.readable and "perpendicular" in texts(series)


@pytest.mark.parametrize("missing", ["ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"])
def test_that_a_series_without_a_place_is_refused(make_series, missing):
    series = scan(make_series(lambda dataset, k: delattr(dataset, missing))).series[0]
    assert not series.readable and "do not tell" in texts(series)


def test_that_a_prone_patient_is_read_in_patient_coordinates(make_series, volume):
    def prone(dataset, k):
        dataset.ImageOrientationPatient = [-1, 0, 0, 0, -1, 0]

    back = read(scan(make_series(prone)).series[0])
    assert np.array_equal(back.hu, volume.hu)
    assert back.geometry.directions.tolist() == [[0, 0, 1], [0, -1, 0], [-1, 0, 0]]


def test_that_slices_counted_downwards_become_a_right_handed_stack(make_series, volume):
    def mirrored(dataset, k):
        dataset.ImageOrientationPatient = [1, 0, 0, 0, -1, 0]

    back = read(scan(make_series(mirrored)).series[0])
    assert np.array_equal(back.hu, volume.hu[::-1])
    assert np.linalg.det(back.geometry.directions[::-1]) == pytest.approx(1)
    assert back.geometry.origin_lps_mm[2] == 31.5
