"""Whose study a series belongs to: read only when the operator asks to write into the patient's study.

Nothing else in the program reads who the patient is, and nothing keeps it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from viewer.dicom.header import damage
from viewer.dicom.scanning import scan
from viewer.errors import UnreadableStudy
from viewer.model.volume import SeriesFacts
from viewer.progress import Progress, silent

#: Attributes of the modules Patient, General Study and Patient Study (PS3.3 C.7.1.1, C.7.2.1, C.7.2.2) that are copied.
KEYWORDS = (
    "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientBirthTime", "PatientSex",
    "StudyInstanceUID", "StudyDate", "StudyTime", "ReferringPhysicianName", "StudyID", "AccessionNumber",
    "StudyDescription", "PatientAge", "PatientSize", "PatientWeight",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SourceStudy:
    """The study of a series, with the patient's identity.

    Attributes
    ----------
    values : tuple of (keyword, str)
        Of `KEYWORDS`, those that the images have; empty values stay empty.
    images : tuple of (str, str)
        SOP class and SOP instance UID of each image of the series, from the first slice to the last.
    """

    values: tuple[tuple[str, str], ...]
    images: tuple[tuple[str, str], ...]

    @property
    def patient_name(self) -> str:
        """The patient's name as one reads it: ``Doe, Jane``."""
        family, _, given = dict(self.values).get("PatientName", "").split("=")[0].partition("^")
        return ", ".join(part for part in (family.strip(), given.replace("^", " ").strip()) if part)


def study_of(facts: SeriesFacts, progress: Progress = silent) -> SourceStudy:
    """Return the study of a series, read again from where the series was read.

    Raises
    ------
    UnreadableStudy
        If the series was not read from DICOM files, or is no longer there.
    """
    if facts.source is None or facts.series_uid is None:
        raise UnreadableStudy(
            "These pictures lie in no DICOM file, so there is no patient's study to write into.",
            "Export without identity instead.",
        )
    for series in scan(Path(facts.source), progress).series:
        pictures = series.stack.pictures if series.stack is not None else series.pictures
        if series.facts.series_uid != facts.series_uid or not pictures:
            continue
        if series.facts.phase_percent == facts.phase_percent:
            images = {(p.sop_class or "", p.sop_uid or ""): None for p in pictures if p.sop_class and p.sop_uid}
            return SourceStudy(_values(pictures[0].path, pictures[0].name), tuple(images))
    raise UnreadableStudy(
        "The DICOM files of this series are not where they were, so the patient's study is not known.",
        "Open the study from where it lies now, or export without identity.",
    )


def _values(path: str, name: str) -> tuple[tuple[str, str], ...]:
    import pydicom

    try:
        dataset = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["SpecificCharacterSet", *KEYWORDS])
        # Plain words: a person's name would otherwise carry the character set of its file along.
        return tuple((keyword, str(dataset.get(keyword) or "")) for keyword in KEYWORDS if keyword in dataset)
    except damage() as error:
        raise UnreadableStudy(
            f"The header of {Path(name).name} does not say whose study it is.", "Export without identity instead."
        ) from error
