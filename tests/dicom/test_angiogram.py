"""Runs of a real C-arm: geometry, frames in every syntax, and refusals in a sentence."""

from __future__ import annotations

import logging
import zlib  # noqa: F401 (before gdcm, which corrupts memory the other way round)
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gdcm
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from tests.dicom.xa_run import write_run
from viewer.dicom import scan
from viewer.dicom.angiogram import ENHANCED_XA, frame_grey, open_run
from viewer.dicom.patient_match import same_patient
from viewer.errors import UnreadableStudy
from viewer.settings.laboratory import shipped_lab

LAB = shipped_lab()
Open = Callable[..., Any]


@pytest.fixture
def frames() -> np.ndarray:
    """Three smooth frames with a dark disc that wanders to the right."""
    y, x = np.mgrid[:64, :80]
    return np.stack([np.where(np.hypot(x - 20 - 15 * n, y - 30) < 8, 40, 150 + x // 2) for n in range(3)]).astype("u1")


@pytest.fixture
def opened(tmp_path: Path, frames: np.ndarray) -> Open:
    def make(**tags: Any) -> Any:
        return open_run(write_run(tmp_path / "run.dcm", frames, **tags), LAB)

    return make


def test_that_a_run_tells_where_its_c_arm_stood(opened: Open) -> None:
    run = opened().angiogram
    assert (run.frames, run.rows, run.columns) == (3, 64, 80)
    assert run.frame_ms == pytest.approx(66.6)
    assert run.carm.label == run.label == "RAO 30 / CRA 20"
    assert (run.carm.sid_mm, run.carm.sod_mm) == (1100, 780)
    assert run.mm_per_px == pytest.approx(0.4) and run.carm.detector_mm == pytest.approx(32.0)
    assert run.assumed == () and run.study_date == "20240503" and run.sop_uid
    np.testing.assert_array_equal(run.angles_deg, [[-30, 20]] * 3)


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_that_uncompressed_frames_are_shown_as_they_are(opened: Open, frames: np.ndarray, syntax: str) -> None:
    run = opened(TransferSyntaxUID=syntax)
    for number in range(3):
        np.testing.assert_array_equal(frame_grey(run, number), frames[number])


def compress(path: Path, syntax: str) -> None:
    """Compress a run in place."""
    if syntax in (JPEGBaseline8Bit, JPEGLosslessSV1):
        reader, change, writer = gdcm.ImageReader(), gdcm.ImageChangeTransferSyntax(), gdcm.ImageWriter()
        reader.SetFileName(str(path))
        assert reader.Read()
        kinds = gdcm.TransferSyntax
        kind = kinds.JPEGBaselineProcess1 if syntax == JPEGBaseline8Bit else kinds.JPEGLosslessProcess14_1
        change.SetTransferSyntax(gdcm.TransferSyntax(kind))
        change.SetInput(reader.GetImage())
        assert change.Change()
        writer.SetFileName(str(path))
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        assert writer.Write()
        return
    ds = pydicom.dcmread(path)
    ds.compress(syntax)
    ds.save_as(path)


@pytest.mark.parametrize(
    ("syntax", "tolerance"), [(JPEGBaseline8Bit, 40), (JPEGLosslessSV1, 0), (RLELossless, 0), (JPEGLSLossless, 0)]
)
def test_that_compressed_frames_are_decoded_one_by_one(
    tmp_path: Path, frames: np.ndarray, syntax: str, tolerance: int
) -> None:
    path = write_run(tmp_path / "c.dcm", frames)
    compress(path, syntax)
    assert pydicom.dcmread(path).file_meta.TransferSyntaxUID == syntax
    run = open_run(path, LAB)
    for number in (2, 0, 1):
        grey = frame_grey(run, number).astype(int)
        assert np.abs(grey - frames[number]).max() <= tolerance


def test_that_the_window_of_the_run_is_taken_and_bones_are_dark_in_either_polarity(
    tmp_path: Path, frames: np.ndarray
) -> None:
    deep = frames.astype("u2") * 16
    run = open_run(
        write_run(tmp_path / "a.dcm", deep, BitsStored=12, HighBit=11, WindowCenter="2000", WindowWidth="3000"), LAB
    )
    grey = frame_grey(run, 0)
    assert grey[30, 20] == pytest.approx((640 - 500) / 3000 * 255, abs=2)
    turned = write_run(tmp_path / "b.dcm", 255 - frames, PhotometricInterpretation="MONOCHROME1")
    np.testing.assert_array_equal(frame_grey(open_run(turned, LAB), 0), frames[0])


def test_that_without_a_window_twelve_bits_are_spread_over_what_is_there(tmp_path: Path, frames: np.ndarray) -> None:
    deep = frames.astype("u2") * 4 + 300
    grey = frame_grey(open_run(write_run(tmp_path / "a.dcm", deep, BitsStored=12, HighBit=11), LAB), 0)
    assert grey.min() == 0 and grey.max() == 255


def test_that_what_a_run_does_not_tell_is_the_laboratorys_and_said_so(opened: Open) -> None:
    run = opened(DistanceSourceToDetector=None, DistanceSourceToPatient=None, ImagerPixelSpacing=None).angiogram
    assert (run.carm.sid_mm, run.carm.sod_mm, run.carm.detector_mm) == (1050, 750, 200)
    assert run.assumed == ("SID 1050 mm", "SOD 750 mm", "field 200 mm")
    magnified = opened(DistanceSourceToPatient=None, EstimatedRadiographicMagnificationFactor="1.375").angiogram
    assert magnified.carm.sod_mm == pytest.approx(800) and magnified.assumed == ()


@pytest.mark.parametrize("missing", ["PositionerPrimaryAngle", "PositionerSecondaryAngle"])
def test_that_a_run_without_angles_has_none(opened: Open, missing: str) -> None:
    run = opened(**{missing: None}).angiogram
    assert run.angles_deg is None and run.label == "angles unknown"


def test_that_a_turning_run_has_an_angle_for_each_frame(opened: Open) -> None:
    run = opened(PositionerPrimaryAngleIncrement=["0", "5", "10"], PositionerSecondaryAngleIncrement=["0", "0", "0"])
    np.testing.assert_array_equal(run.angiogram.angles_deg, [[-30, 20], [-25, 20], [-20, 20]])


@pytest.mark.parametrize(
    ("tags", "ms"),
    [
        ({"FrameTime": None, "CineRate": "25"}, 40.0),
        ({"FrameTime": None, "FrameTimeVector": ["0", "80", "80"]}, 80.0),
        ({"FrameTime": None, "RecommendedDisplayFrameRate": "10"}, 100.0),
        ({"FrameTime": None}, 1000 / 15),
    ],
)
def test_that_the_time_between_frames_is_found_wherever_it_is_told(
    opened: Open, tags: dict[str, Any], ms: float
) -> None:
    assert opened(**tags).angiogram.frame_ms == pytest.approx(ms)


def test_that_an_enhanced_run_tells_its_angles_frame_by_frame(opened: Open) -> None:
    def macro(name: str, **values: float) -> Dataset:
        item, inner = Dataset(), Dataset()
        for key, value in values.items():
            setattr(inner, key, value)
        setattr(item, name, Sequence([inner]))
        return item

    shared = macro("XRayGeometrySequence", DistanceSourceToDetector=1150.0, DistanceSourceToIsocenter=800.0)
    each = [
        macro("PositionerPositionSequence", PositionerPrimaryAngle=10.0 + n, PositionerSecondaryAngle=-5.0)
        for n in range(3)
    ]
    plain = dict.fromkeys(
        ("PositionerPrimaryAngle", "PositionerSecondaryAngle", "DistanceSourceToDetector", "DistanceSourceToPatient")
    )
    run = opened(
        SOPClassUID=ENHANCED_XA,
        SharedFunctionalGroupsSequence=Sequence([shared]),
        PerFrameFunctionalGroupsSequence=Sequence(each),
        **plain,
    ).angiogram
    np.testing.assert_array_equal(run.angles_deg, [[10, -5], [11, -5], [12, -5]])
    assert (run.carm.sid_mm, run.carm.sod_mm) == (1150, 800)


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.1", "Modality": "DX"}, r"plain radiograph \(DX\)"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.1", "Modality": "CR"}, r"plain radiograph \(CR\)"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.12.2", "Modality": "RF"}, r"of another kind \(RF\)"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.2", "Modality": "CT"}, "is a CT"),
        ({"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"}, "colour picture"),
        ({"TransferSyntaxUID": "1.2.840.10008.1.2.4.53"}, "not decoded here"),
    ],
)
def test_that_what_is_no_run_of_a_c_arm_is_refused_in_a_sentence(
    tmp_path: Path, frames: np.ndarray, tags: dict[str, Any], said: str
) -> None:
    streams = [b"\0\0"] * 3 if "TransferSyntaxUID" in tags else None
    path = write_run(tmp_path / "other.dcm", frames, streams=streams, **tags)
    with pytest.raises(UnreadableStudy, match=said):
        open_run(path, LAB)


def test_that_other_files_and_damaged_runs_are_refused(tmp_path: Path, frames: np.ndarray) -> None:
    (tmp_path / "letter.txt").write_text("Dear colleague")
    with pytest.raises(UnreadableStudy, match="holds no angiogram"):
        open_run(tmp_path / "letter.txt", LAB)
    with pytest.raises(UnreadableStudy, match="cannot be read"):
        open_run(tmp_path / "gone.dcm", LAB)
    path = write_run(tmp_path / "run.dcm", frames)
    path.write_bytes(path.read_bytes()[:-6000])
    run = open_run(path, LAB)
    with pytest.raises(UnreadableStudy, match="cut short"):
        frame_grey(run, 2)


def test_that_another_patient_is_noticed_and_no_name_is_logged(
    tmp_path: Path, frames: np.ndarray, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    folder = tmp_path / "ct"
    folder.mkdir()
    (folder / "a.txt").write_text("no image")
    write_run(folder / "b.dcm", frames[:1], SOPClassUID="1.2.840.10008.5.1.4.1.1.2", SeriesInstanceUID="1.2.3")
    for tags, verdict in (
        ({}, True),
        ({"PatientName": "MILLER, ANN"}, True),
        ({"PatientID": "4712"}, False),
        ({"PatientBirthDate": "19500102"}, False),
        ({"PatientID": "", "PatientBirthDate": ""}, True),
        ({"PatientID": "", "PatientName": "", "PatientBirthDate": ""}, None),
    ):
        run = write_run(tmp_path / "run.dcm", frames, **tags)
        assert same_patient(run, str(folder), "1.2.3") is verdict
    assert same_patient(run, str(folder), "9.9") is None
    assert same_patient(run, None, None) is None
    assert "Miller" not in caplog.text and "MILLER" not in caplog.text and "4711" not in caplog.text


def test_that_a_run_opened_as_a_study_leads_to_the_step_that_takes_it(tmp_path: Path, frames: np.ndarray) -> None:
    write_run(tmp_path / "run.dcm", frames)
    (series,) = scan([tmp_path]).series
    assert not series.readable
    assert any("step Views lays a run" in reason for reason in series.reasons)


@pytest.mark.data
def test_that_a_real_run_is_read_and_played(data_folder: Path) -> None:
    run = open_run(data_folder / "angiogram" / "rubo_xa_96frames_jpegbaseline.dcm", LAB)
    assert run.angiogram.label == "RAO 32 / CRA 2" and run.angiogram.frames == 96
    first, later = frame_grey(run, 0).astype(float), frame_grey(run, 45).astype(float)
    # dye darkens what it fills
    assert first.shape == (512, 512) and (later < first - 40).sum() > 3000
