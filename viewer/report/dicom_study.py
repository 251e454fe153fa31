"""The study that DICOM objects are written into: the patient's own, or one without identity."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from viewer import __version__
from viewer.casefile.pseudonyms import patient_code, pseudonym_uid
from viewer.dicom.study_of import study_of
from viewer.model.volume import Volume
from viewer.progress import Progress, silent

if TYPE_CHECKING:
    from pydicom.dataset import Dataset, FileDataset

#: What the objects say about how identity was removed (0012,0063).
METHOD = ("UIDs replaced by keyed digests", "Names, numbers, birth date and typed text left out", "Date of the CT kept")


@dataclass(frozen=True, slots=True)
class TargetStudy:
    """Where DICOM objects go.

    Attributes
    ----------
    values : tuple of (keyword, str)
        Attributes of the patient and of the study.
    series_uid : str
        Of the CT.
    frame_of_reference_uid : str
    images : tuple of (str, str)
        SOP class and SOP instance UID of the CT's images.
    identity : bool
        Whether this is the patient's own study.
    patient_name : str
        As one reads it; empty without identity.
    made : datetime
        When the objects are written.
    """

    values: tuple[tuple[str, str], ...]
    series_uid: str
    frame_of_reference_uid: str
    images: tuple[tuple[str, str], ...]
    identity: bool
    patient_name: str
    made: datetime

    def header(self) -> Dataset:
        """Return a dataset with the modules Patient, General Study and Patient Study."""
        import pydicom  # noqa: F401 - whole, before its parts: two threads that import a part each would meet half-way
        from pydicom.dataset import Dataset

        ds = Dataset()
        ds.SpecificCharacterSet = "ISO_IR 192"
        for keyword, value in self.values:
            setattr(ds, keyword, value)
        if not self.identity:
            ds.PatientIdentityRemoved = "YES"
            ds.DeidentificationMethod = list(METHOD)
            ds.LongitudinalTemporalInformationModified = "UNMODIFIED"
        return ds


#: What a study has to say, if only that it is unknown (type 2).
_TYPE_2 = ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime",
           "ReferringPhysicianName", "StudyID", "AccessionNumber")  # fmt: skip


def patients_study(volume: Volume, progress: Progress = silent) -> TargetStudy:
    """Return the study that a volume was read from, with the patient's identity.

    Raises
    ------
    UnreadableStudy
        If the volume was not read from DICOM files, or these are gone.
    """
    found, facts = study_of(volume.facts, progress), volume.facts
    values = {**dict.fromkeys(_TYPE_2, ""), **dict(found.values)}
    values["StudyInstanceUID"] = values.get("StudyInstanceUID") or facts.study_uid or ""
    frame = facts.frame_of_reference_uid or f"{facts.series_uid}.1"
    return TargetStudy(
        tuple(values.items()), facts.series_uid or "", frame, found.images, True, found.patient_name, datetime.now()
    )


def nameless_study(volume: Volume, key: bytes) -> TargetStudy:
    """Return a study that stands for a volume's own; the same one for all that is written of it with this key.

    Parameters
    ----------
    volume : Volume
    key : bytes
        The secret of `viewer.casefile.pseudonyms`.
    """
    facts, code = volume.facts, patient_code(volume)
    series = facts.series_uid or volume.geometry.digest()
    values = {
        **dict.fromkeys(_TYPE_2, ""),
        "PatientName": f"CTO^{code}",
        "PatientID": code,
        "StudyInstanceUID": pseudonym_uid(facts.study_uid or f"{series} study", key),
        "StudyDate": facts.study_date or "",
    }
    frame = pseudonym_uid(facts.frame_of_reference_uid or f"{series} frame", key)
    image = ("1.2.840.10008.5.1.4.1.1.2", pseudonym_uid(f"{series} image", key))
    return TargetStudy(
        tuple(values.items()), pseudonym_uid(series, key), frame, (image,), False, "", datetime.now()
    )  # fmt: skip


def equipment(ds: Dataset) -> None:
    """Say in a dataset what wrote it (General Equipment)."""
    ds.Manufacturer = ds.ManufacturerModelName = "CTO Viewer"
    ds.DeviceSerialNumber, ds.SoftwareVersions = "0", __version__


def started_file(target: TargetStudy, sop_class: str, modality: str, number: int, series: str) -> FileDataset:
    """Return a new object of a study with its file's preamble, its series and its equipment.

    Parameters
    ----------
    target : TargetStudy
    sop_class : str
    modality : str
    number : int
        Of the instance in its series, from 1.
    series : str
        UID of the new series.
    """
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = sop_class, generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds = FileDataset(io.BytesIO(), target.header(), file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = sop_class, meta.MediaStorageSOPInstanceUID
    ds.Modality, ds.SeriesInstanceUID, ds.InstanceNumber = modality, series, number
    ds.SeriesDate = ds.ContentDate = f"{target.made:%Y%m%d}"
    ds.SeriesTime = ds.ContentTime = f"{target.made:%H%M%S}"
    equipment(ds)
    return ds


def file_bytes(ds: FileDataset) -> bytes:
    """Return an object as the bytes of its file."""
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
