from __future__ import annotations

from itertools import pairwise

import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from viewer.dicom import read, scan, write_series
from viewer.model.volume import Volume
from viewer.progress import Cancelled


def test_that_a_written_series_comes_back_voxel_by_voxel_and_corner_by_corner(make_series, volume):
    study = scan(make_series())
    assert [series.uid for series in study.series] == [study.series[0].uid]
    back = read(study.series[0])
    assert np.array_equal(back.hu, volume.hu)
    assert np.abs(back.geometry.corners_lps_mm - volume.geometry.corners_lps_mm).max() < 1e-6
    assert np.array_equal(back.geometry.spacing_mm, volume.geometry.spacing_mm)


def test_that_the_facts_of_a_series_come_back(make_series):
    facts = scan(make_series(study_date="20260102")).series[0].facts
    assert facts.description == "CorCTA 0.5 BestDiast"
    assert (facts.kernel, facts.kvp, facts.phase_percent, facts.contrast_agent) == ("Bv40", 100.0, 75.0, "iodine")
    assert (facts.modality, facts.study_date, facts.slice_thickness_mm) == ("CT", "20260102", 0.5)


def test_that_a_written_series_names_no_patient_and_is_valid_explicit_little_endian(make_series):
    dataset = pydicom.dcmread(next(make_series().iterdir()))
    assert dataset.PatientName == "" and dataset.PatientID == "" and dataset.PatientIdentityRemoved == "YES"
    assert dataset.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    assert dataset.SOPClassUID == "1.2.840.10008.5.1.4.1.1.2"


def test_that_the_nouns_hold_no_name_of_the_patient(make_series):
    def named(dataset, k):
        dataset.PatientName, dataset.PatientID = "Sample^Person", "Chartnumber"

    study = scan(make_series(named))
    told = repr(study) + repr(study.series[0].stack.pictures[0]) + repr(read(study.series[0]).facts)
    assert "Sample" not in told and "Chartnumber" not in told


def test_that_a_left_handed_volume_is_not_written(make_volume, tmp_path):
    with pytest.raises(ValueError, match="left-handed"):
        write_series(make_volume(directions=((0, 0, -1), (0, 1, 0), (1, 0, 0))), tmp_path / "left")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    angles=st.tuples(*[st.floats(-180, 180) for _ in range(3)]),
    origin=st.tuples(*[st.floats(-500, 500) for _ in range(3)]),
    spacing=st.tuples(*[st.floats(0.2, 3) for _ in range(3)]),
)
def test_that_any_oblique_grid_comes_back(make_volume, tmp_path_factory, angles, origin, spacing):
    axes = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    directions = np.array([np.cross(axes[0], axes[1]), axes[1], axes[0]])
    volume = make_volume((5, 6, 7), spacing, origin, directions)
    folder = tmp_path_factory.mktemp("oblique")
    write_series(volume, folder)
    back = read(scan(folder).series[0])
    assert np.array_equal(back.hu, volume.hu)
    assert np.abs(back.geometry.corners_lps_mm - volume.geometry.corners_lps_mm).max() < 1e-3


def test_that_slices_are_sorted_by_position_and_never_by_instance_number(make_series, volume):
    folder = make_series(lambda dataset, k: setattr(dataset, "InstanceNumber", (k * 7) % 24))
    for path in list(folder.iterdir()):
        path.rename(folder / f"{hash(path.name) & 0xFFFF:05d}{path.name}")
    assert np.array_equal(read(scan(folder).series[0]).hu, volume.hu)


def test_that_the_middle_slice_is_shown_first_and_then_all(make_series, volume):
    shown = []

    def first(hu, geometry, done):
        shown.append((done.copy(), hu[len(done) // 2].copy(), geometry.shape))

    read(scan(make_series()).series[0], first=first)
    done, middle, shape = shown[0]
    assert done.sum() == 1 and done[12] and np.array_equal(middle, volume.hu[12]) and shape == volume.hu.shape
    assert shown[-1][0].all()


def test_that_progress_grows_to_one_and_cancel_leaves_nothing(make_series):
    series = scan(make_series()).series[0]
    shares = []
    read(series, lambda share, text="": shares.append(share))
    assert shares[-1] == 1 and all(a <= b for a, b in pairwise(shares))

    def cancel(share, text=""):
        if share > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        read(series, cancel)


def test_that_values_per_slice_are_scaled_by_their_own_slope_and_intercept(make_series, volume):
    def scaled(dataset, k):
        stored = (volume.hu[k].astype(np.int32) + 1000 + k) * 2
        dataset.PixelData = stored.astype("<u2").tobytes()
        dataset.PixelRepresentation = 0
        dataset.RescaleSlope, dataset.RescaleIntercept = "0.5", str(-1000 - k)

    assert np.array_equal(read(scan(make_series(scaled)).series[0]).hu, volume.hu)


@pytest.mark.parametrize("extended", [True, False], ids=["sign extended", "sign in bit 11"])
def test_that_signed_values_of_12_bits_are_read_with_their_sign(make_series, volume, extended):
    def signed(dataset, k):
        stored = volume.hu[k].astype("<i2")
        dataset.PixelData = (stored if extended else stored & 0x0FFF).astype("<i2").tobytes()
        dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 12, 11, 1

    assert np.array_equal(read(scan(make_series(signed)).series[0]).hu, volume.hu)


def test_that_unsigned_values_of_12_bits_are_read(make_series, volume):
    def unsigned(dataset, k):
        dataset.PixelData = (volume.hu[k] + 1024).astype("<u2").tobytes()
        dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 12, 11, 0
        dataset.RescaleIntercept = "-1024"

    assert np.array_equal(read(scan(make_series(unsigned)).series[0]).hu, volume.hu)


def test_that_values_beyond_16_bits_are_clipped_and_counted(make_series, volume):
    def steep(dataset, k):
        values = volume.hu[k].astype("<i2")
        values[0, 0] = 20000
        dataset.PixelData, dataset.RescaleSlope = values.tobytes(), "2"

    back = read(scan(make_series(steep)).series[0])
    assert back.hu[:, 0, 0].tolist() == [32767] * 24
    assert any("24 voxels were denser than 32767 HU" in finding.text for finding in back.findings)


@pytest.mark.parametrize("intercept", [0, -1024])
def test_that_padding_outside_the_field_of_view_becomes_air(make_series, volume, intercept):
    def padded(dataset, k):
        values = (volume.hu[k] - intercept).astype("<i2")
        values[:2] = -2000
        dataset.PixelData, dataset.RescaleIntercept = values.tobytes(), str(intercept)
        dataset.add_new(0x00280120, "SS", -2000)

    back = read(scan(make_series(padded)).series[0])
    assert (back.hu[:, :2] == Volume.AIR_HU).all() and np.array_equal(back.hu[:, 2:], volume.hu[:, 2:])
    assert any("outside the scanner's field of view" in finding.text for finding in back.findings)


def test_that_a_padding_range_becomes_air(make_series, volume):
    def padded(dataset, k):
        values = volume.hu[k].astype("<i2")
        values[0], values[1] = -2000, -1900
        dataset.PixelData = values.tobytes()
        dataset.add_new(0x00280120, "SS", -2000)
        dataset.add_new(0x00280121, "SS", -1900)

    assert (read(scan(make_series(padded)).series[0]).hu[:, :2] == Volume.AIR_HU).all()


def test_that_padding_without_a_tag_is_known_by_its_impossible_value(make_series, volume):
    def padded(dataset, k):
        values = volume.hu[k].astype("<i2")
        values[0] = -3024
        dataset.PixelData = values.tobytes()

    assert (read(scan(make_series(padded)).series[0]).hu[:, 0] == Volume.AIR_HU).all()


def test_that_a_padding_value_within_tissue_is_not_believed(make_series, volume):
    back = read(scan(make_series(lambda dataset, k: dataset.add_new(0x00280120, "SS", 0))).series[0])
    assert np.array_equal(back.hu, volume.hu)
    assert any("0 HU" in finding.text for finding in back.findings)


def test_that_padding_beyond_the_stored_bits_does_not_disturb_the_others(make_series, volume):
    def padded(dataset, k):
        values = (volume.hu[k] + 1024).astype("<u2")
        values[0] = 63536
        dataset.PixelData, dataset.RescaleIntercept = values.tobytes(), "-1024"
        dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 12, 11, 0
        dataset.add_new(0x00280120, "US", 63536)

    back = read(scan(make_series(padded)).series[0])
    assert (back.hu[:, 0] == Volume.AIR_HU).all() and np.array_equal(back.hu[:, 1:], volume.hu[:, 1:])
