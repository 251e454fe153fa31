"""What the door says about real scans, and that it reads them as they are."""

from __future__ import annotations

import json

import numpy as np
import pydicom
import pytest

from viewer.dicom import Fitness, read, scan, thumbnail
from viewer.dicom.decode import stored_values
from viewer.dicom.reading import read_middle
from viewer.errors import UnreadableStudy

pytestmark = [pytest.mark.data, pytest.mark.filterwarnings("ignore")]

LOSSLESS = [
    "CTImage.dcm_BigEndianExplicitTransferSyntax_1.2.840.10008.1.2.2.dcm",
    "CTImage.dcm_DeflatedExplicitVRLittleEndianTransferSyntax_1.2.840.10008.1.2.1.99.dcm",
    "CTImage.dcm_JPEG2000LosslessOnlyTransferSyntax_1.2.840.10008.1.2.4.90.dcm",
    "CTImage.dcm_JPEGLSLosslessTransferSyntax_1.2.840.10008.1.2.4.80.dcm",
    "CTImage.dcm_JPEGProcess14SV1TransferSyntax_1.2.840.10008.1.2.4.70.dcm",
    "CTImage.dcm_JPEGProcess14TransferSyntax_1.2.840.10008.1.2.4.57.dcm",
    "CTImage.dcm_LittleEndianExplicitTransferSyntax_1.2.840.10008.1.2.1.dcm",
    "CTImage.dcm_LittleEndianImplicitTransferSyntax_1.2.840.10008.1.2.dcm",
    "CTImage.dcm_RLELosslessTransferSyntax_1.2.840.10008.1.2.5.dcm",
]
LOSSY = [
    "CTImage.dcm_JPEG2000TransferSyntax_1.2.840.10008.1.2.4.91.dcm",
    "CTImage.dcm_JPEGLSLossyTransferSyntax_1.2.840.10008.1.2.4.81.dcm",
    "CTImage.dcm_JPEGProcess1TransferSyntax_1.2.840.10008.1.2.4.50.dcm",
    "CTImage.dcm_JPEGProcess2_4TransferSyntax_1.2.840.10008.1.2.4.51.dcm",
]
IMPOSSIBLE = [
    "CTImage.dcm_JPEGProcess10_12TransferSyntax_1.2.840.10008.1.2.4.55.dcm",
    "CTImage.dcm_JPEGProcess6_8TransferSyntax_1.2.840.10008.1.2.4.53.dcm",
]


def texts(series):
    return " ".join(finding.text for finding in series.findings)


def picture(path):
    return scan(path).series[0].pictures[0]


@pytest.fixture
def original(data_folder):
    """The stored values of the slice of which all others are copies."""
    dataset = pydicom.dcmread(data_folder / "transfer-syntaxes" / "CTImage.dcm")
    return np.frombuffer(dataset.PixelData, "<i2").reshape(512, 512)


@pytest.mark.parametrize("name", LOSSLESS)
def test_that_every_lossless_syntax_gives_the_same_picture_to_the_bit(data_folder, original, name):
    path = data_folder / "transfer-syntaxes" / name
    assert np.array_equal(stored_values(picture(path)), original)
    hu = np.where(original < -1000, -1024, original - 1024)  # -2000 is stored outside the field of view
    assert np.array_equal(read_middle(scan(path).series[0]), hu)


@pytest.mark.parametrize("name", LOSSY)
def test_that_lossy_syntaxes_come_close_and_are_warned_of(data_folder, original, name):
    path = data_folder / "transfer-syntaxes" / name
    difference = read_middle(scan(path).series[0]) - (original.astype(int) - 1024)
    assert np.abs(difference[original > -1000]).mean() < 20
    assert "compressed with loss" in texts(scan(path).series[0])


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_that_the_two_impossible_syntaxes_are_refused_politely(data_folder, name):
    series = scan(data_folder / "transfer-syntaxes" / name).series[0]
    assert series.fitness is Fitness.REFUSED and "not decoded here" in series.reasons[0]
    for work in (read, thumbnail):
        with pytest.raises(UnreadableStudy):
            work(series)


def test_that_an_enhanced_perfusion_map_of_two_frames_opens(data_folder):
    path = data_folder / "transfer-syntaxes" / "CT0012.fragmented_no_bot_jpeg_baseline.51.dcm"
    series = scan(path).series[0]
    assert series.image_count == 2 and read(series).hu.shape == (2, 512, 512)
    assert series.fitness is Fitness.REFUSED


@pytest.mark.parametrize("case", ["rca", "lad", "none"])
def test_that_the_reference_cases_load_exactly_as_their_truth_says(reference_cases, case):
    truth = json.loads((reference_cases / case / "truth.json").read_text())
    study = scan(reference_cases / case / "dicom")
    assert len(study.series) == 1 and study.unused == ()
    series = study.series[0]
    assert series.fitness is Fitness.FIT and series.facts.phase_percent == 75
    volume = read(series)
    assert volume.hu.shape == (248, 400, 400)
    x, y, z = truth["spacing_mm"]
    assert series.spacing_mm == (z, y, x)
    assert np.abs(volume.geometry.spacing_mm - (z, y, x)).max() < 1e-12
    assert np.abs(volume.geometry.origin_lps_mm - truth["origin_lps_mm"]).max() < 1e-9
    assert volume.findings == ()


def test_that_the_chest_ct_opens_and_its_coarseness_is_said(data_folder):
    study = scan(data_folder / "chest-ct")
    series = study.series[0]
    assert series.image_count == 110 and len(study.series) == 1
    assert series.fitness is Fitness.CAUTION and "frame of reference of its own" in texts(series)
    volume = read(series)
    assert volume.geometry.spacing_mm.tolist() == [1.0, 0.78125, 0.78125]
    assert -1100 < volume.hu.min() <= -900 and volume.hu.max() > 1000


def test_that_the_heart_cta_opens_and_is_too_coarse_for_an_automatic_plan(data_folder):
    series = scan(data_folder / "heart-cta" / "ct_cropped.nii.gz").series[0]
    assert series.fitness is Fitness.REFUSED and series.readable
    assert "too coarse for automatic planning; it can be viewed and traced by hand" in texts(series)
    volume = read(series)
    assert volume.hu.shape == (164, 126, 120) and (volume.hu.min(), volume.hu.max()) == (-1078, 3343)


def test_that_the_ct_is_recommended_among_its_masks(data_folder):
    study = scan(data_folder / "heart-cta")
    assert study.series[study.recommended].facts.description == "ct_cropped.nii.gz"


def test_that_the_unfit_series_are_refused_each_for_its_reason(data_folder):
    folder = data_folder / "unfit-series"
    gap = scan(folder / "sliceincrement" / "001").series[0]
    assert not gap.readable and "10.0 mm between 28.1 mm (IM-0001-0009-0001.dcm)" in texts(gap)
    one_missing = scan(folder / "sliceincrement" / "002").series[0]
    assert not one_missing.readable and "1.5 mm between -51.1 mm (IM-0001-0003.dcm)" in texts(one_missing)
    heap = scan(folder / "notavolume").series[0]
    assert not heap.readable and "All 4 pictures lie at the same place, 61.5 mm" in texts(heap)
    tilt = scan(folder / "gantrytilting").series[0]
    assert tilt.fitness is Fitness.REFUSED and "tilted by 14.0°" in texts(tilt)


def test_that_a_tilted_head_of_two_thicknesses_becomes_two_sheared_stacks(data_folder):
    study = scan(data_folder / "tilted")
    assert [series.image_count for series in study.series] == [14, 14]
    assert all("tilted by 18.5°" in texts(series) for series in study.series)
    assert sorted(round(series.spacing_mm[0], 2) for series in study.series) == [4.0, 7.0]
    volume = read(study.series[0])
    assert np.abs(np.linalg.norm(volume.geometry.affine[:3, :3], axis=0) - volume.geometry.spacing_mm).max() < 1e-9


def test_that_the_step_of_the_j2k_body_is_2_mm_although_its_slices_are_3_mm_thick(data_folder):
    series = scan(data_folder / "body-j2k").series[0]
    assert series.spacing_mm[0] == 2.0 and series.facts.slice_thickness_mm == 3.0
    assert "slices 3 mm thick" in texts(series) and series.fitness is Fitness.REFUSED


def test_that_the_padding_of_the_calcium_phantom_becomes_air(data_folder):
    series = scan(data_folder / "calcium-phantom").series[0]
    volume = read(series)
    assert any("outside the scanner's field of view" in finding.text for finding in volume.findings)
    assert volume.hu.min() > -1500 and volume.hu[0, 0, 0] == -1024
    assert "reformatted from others (MPR)" in texts(series)


def test_that_an_angiogram_is_no_ct(data_folder):
    series = scan(data_folder / "angiogram").series[0]
    assert not series.readable and "no CT (X-ray angiography)" in series.reasons[0]
    assert thumbnail(series).std() > 5
