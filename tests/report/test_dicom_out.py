"""What is written for other systems: valid objects, in the right study, with just the identity that was asked for."""

from __future__ import annotations

import io
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from tests.analysis.occlusion.diseased_vessel import DiseasedVessel, Gap, Stone
from viewer.analysis.plan import with_lesions
from viewer.casefile.pseudonyms import pseudonym_uid, secret
from viewer.dicom import scan, write_series
from viewer.errors import UnreadableStudy
from viewer.model.case import Case
from viewer.model.mark import Mark
from viewer.model.volume import SeriesFacts, Volume
from viewer.report.dicom_pictures import capture_bytes, sheet_bytes
from viewer.report.dicom_sr import report_bytes
from viewer.report.dicom_study import TargetStudy, nameless_study, patients_study

KEY = bytes(range(32))
#: Type 1 and type 2 attributes of the modules that each object is made of (PS3.3): what must say something, and what
#: must be there.
COMMON_1 = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "Modality", "SeriesNumber",
            "InstanceNumber", "Manufacturer")  # fmt: skip
COMMON_2 = ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID",
            "ReferringPhysicianName", "AccessionNumber")  # fmt: skip
CAPTURE_1 = ("ConversionType", "ImageType", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration",
             "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation",
             "PixelData")  # fmt: skip
PDF_1 = ("ConversionType", "BurnedInAnnotation", "MIMETypeOfEncapsulatedDocument", "EncapsulatedDocument")
PDF_2 = ("AcquisitionDateTime", "DocumentTitle", "ConceptNameCodeSequence", "ContentDate", "ContentTime")
REPORT_1 = ("CompletionFlag", "VerificationFlag", "ContentDate", "ContentTime", "ValueType", "ConceptNameCodeSequence",
            "ContentSequence")  # fmt: skip


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """A closed vessel with calcium and two marks, on pictures that lie as DICOM in the study of Jane Döe."""
    made = with_lesions(DiseasedVessel(gaps=(Gap(20, 38),), stones=(Stone(19.5, 24),), branch_mm=18.5).case())
    corner = Mark(np.array([[1.0, 0, 0], [0, 0, 0], [0, 2.0, 0]]))
    marks = (Mark(np.array([[0, 0, 0], [3.0, 4.0, 0]]), "Döe"), corner)
    folder = tmp_path_factory.mktemp("ct")
    for path in write_series(made.volume, folder, description="CorCTA", phase_percent=75, study_date="20260101"):
        slice_ = pydicom.dcmread(path)
        slice_.PatientName, slice_.PatientID, slice_.PatientBirthDate = "Döe^Jane", "HD-4711", "19510203"
        slice_.PatientSex, slice_.AccessionNumber, slice_.StudyTime = "F", "A99", "101112"
        slice_.StudyID, slice_.ReferringPhysicianName = "7", "Roe^Richard"
        slice_.save_as(path)
    (series,) = scan(folder).series
    facts = replace(series.facts, source=str(folder))
    return replace(made, volume=Volume(made.volume.hu, made.volume.geometry, facts), marks=marks)


def objects(case: Case, study: TargetStudy) -> dict[str, bytes]:
    rgb = np.zeros((9, 15, 3), np.uint8)
    rgb[2, 3] = (255, 128, 0)
    pdf = b"%PDF-1.4 odd length"
    return {
        "capture": capture_bytes(rgb, study, number=3, series=generate_uid(), title="The cap"),
        "sheet": sheet_bytes(pdf, study, series=generate_uid(), title="Sheet", named=study.identity),
        "report": report_bytes(case, study, series=generate_uid()),
    }


@pytest.fixture(scope="module")
def named(case: Case) -> dict[str, bytes]:
    return objects(case, patients_study(case.volume))


@pytest.fixture(scope="module")
def nameless(case: Case) -> dict[str, bytes]:
    return objects(case, nameless_study(case.volume, KEY))


def read(content: bytes) -> Dataset:
    return pydicom.dcmread(io.BytesIO(content))


@pytest.mark.parametrize("what", ["capture", "sheet", "report"])
@pytest.mark.parametrize("identity", [True, False])
def test_that_each_object_is_valid(
    what: str, identity: bool, named: dict[str, bytes], nameless: dict[str, bytes], tmp_path: Path
) -> None:
    content = (named if identity else nameless)[what]
    ds = read(content)
    ones = {"capture": CAPTURE_1, "sheet": PDF_1, "report": REPORT_1}[what]
    for keyword in (*COMMON_1, *ones):
        assert ds.get(keyword) not in (None, ""), keyword
    for keyword in (*COMMON_2, *(PDF_2 if what == "sheet" else ())):
        assert keyword in ds, keyword
    assert ds.file_meta.MediaStorageSOPInstanceUID == ds.SOPInstanceUID
    validator = shutil.which("dciodvfy")
    if validator is not None:
        path = tmp_path / "object.dcm"
        path.write_bytes(content)
        told = subprocess.run([validator, "-new", str(path)], capture_output=True, text=True).stderr
        assert [line for line in told.splitlines() if line.startswith(("Error", "Abort"))] == []


def test_that_objects_with_identity_lie_in_the_patients_study_in_series_of_their_own(
    case: Case, named: dict[str, bytes]
) -> None:
    facts, series = case.volume.facts, set()
    for content in named.values():
        ds = read(content)
        assert ds.StudyInstanceUID == facts.study_uid and ds.StudyDate == "20260101"
        assert (str(ds.PatientName), ds.PatientID, ds.PatientBirthDate) == ("Döe^Jane", "HD-4711", "19510203")
        assert (ds.AccessionNumber, ds.StudyID, str(ds.ReferringPhysicianName)) == ("A99", "7", "Roe^Richard")
        assert "PatientIdentityRemoved" not in ds
        series.add(ds.SeriesInstanceUID)
    assert len(series) == 3 and facts.series_uid not in series
    assert read(named["capture"]).BurnedInAnnotation == "NO" and read(named["sheet"]).BurnedInAnnotation == "YES"
    assert patients_study(case.volume).patient_name == "Döe, Jane"


def test_that_nothing_of_the_patient_is_in_objects_without_identity(case: Case, nameless: dict[str, bytes]) -> None:
    facts = case.volume.facts
    secrets = ("Döe", "Jane", "HD-4711", "19510203", "A99", "Roe", facts.series_uid, facts.study_uid)
    studies = set()
    for content in nameless.values():
        for word in secrets:
            assert word is not None and word.encode() not in content, word
        ds = read(content)
        assert ds.PatientIdentityRemoved == "YES" and ds.DeidentificationMethod
        assert ds.BurnedInAnnotation == "NO" if "BurnedInAnnotation" in ds else True
        studies.add(ds.StudyInstanceUID)
    assert len(studies) == 1


def test_that_a_uid_has_one_pseudonym_on_one_machine_and_another_elsewhere(tmp_path: Path) -> None:
    key = secret(tmp_path)
    assert secret(tmp_path) == key and (tmp_path / "pseudonyms.key").stat().st_mode & 0o077 == 0
    assert pseudonym_uid("1.2.3", key) == pseudonym_uid("1.2.3", key) != pseudonym_uid("1.2.3", KEY)
    assert pseudonym_uid("1.2.3", key) != pseudonym_uid("1.2.4", key)
    assert pseudonym_uid("1.2.3", key).startswith("2.25.") and len(pseudonym_uid("1.2.3", key)) <= 64


def test_that_a_capture_keeps_its_pixels_and_the_sheet_its_bytes(named: dict[str, bytes]) -> None:
    capture, sheet = read(named["capture"]), read(named["sheet"])
    assert capture.pixel_array.shape == (9, 15, 3) and tuple(capture.pixel_array[2, 3]) == (255, 128, 0)
    assert sheet.EncapsulatedDocument[: sheet.EncapsulatedDocumentLength] == b"%PDF-1.4 odd length"


def numbers(item: Dataset) -> dict[str, tuple[float, str]]:
    """Return the measurements of a report by their names, each with its unit."""
    found = {}
    if item.get("ValueType") == "NUM":
        value = item.MeasuredValueSequence[0]
        name = item.ConceptNameCodeSequence[0].CodeMeaning
        found[name] = (float(value.NumericValue), value.MeasurementUnitsCodeSequence[0].CodeValue)
    for part in item.get("ContentSequence", ()):
        found = {**numbers(part), **found}
    return found


def points(item: Dataset) -> list[np.ndarray]:
    own = [np.reshape(item.GraphicData, (-1, 3))] if item.get("ValueType") == "SCOORD3D" else []
    return own + [each for part in item.get("ContentSequence", ()) for each in points(part)]


def test_that_the_report_tells_the_numbers_of_the_plan_and_where_they_were_measured(
    case: Case, named: dict[str, bytes]
) -> None:
    report, lesion = read(named["report"]), case.lesions[0]
    assert report.ContentTemplateSequence[0].TemplateIdentifier == "1500"
    told = numbers(report)
    assert told["Straight distance between the caps"] == (pytest.approx(lesion.length_mm, abs=0.1), "mm")
    assert told["Length with full-moon calcium"][1] == "mm"
    assert told["Angle"] == (90.0, "deg")
    where = points(report)
    for place in (lesion.proximal.lps_mm, lesion.distal.lps_mm, case.marks[0].points_lps_mm[1]):
        assert any(np.abs(each - place).max(1).min() < 1e-3 for each in where)
    evidence = report.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]
    assert evidence.SeriesInstanceUID == case.volume.facts.series_uid
    assert len(evidence.ReferencedSOPSequence) == len(case.volume.hu)


def test_that_pictures_without_a_dicom_file_have_no_patients_study(case: Case) -> None:
    volume = Volume(case.volume.hu, case.volume.geometry, SeriesFacts(series_uid="1.2.3"))
    with pytest.raises(UnreadableStudy, match="no DICOM file"):
        patients_study(volume)
    gone = Volume(case.volume.hu, case.volume.geometry, replace(case.volume.facts, series_uid="9.9"))
    with pytest.raises(UnreadableStudy, match="not where they were"):
        patients_study(gone)


def test_that_the_patients_study_is_found_in_an_archive_too(case: Case, tmp_path: Path) -> None:
    archive = Path(shutil.make_archive(str(tmp_path / "study"), "zip", str(case.volume.facts.source)))
    (series,) = scan(archive).series
    found = patients_study(Volume(case.volume.hu, case.volume.geometry, series.facts))
    assert found.patient_name == "Döe, Jane" and len(found.images) == len(case.volume.hu)
