"""A volume written out as a CT series: valid, de-identified, uncompressed."""

from __future__ import annotations

import os
from pathlib import Path

from viewer.model.volume import Volume
from viewer.progress import Progress, silent

CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2"


def write_series(
    volume: Volume,
    folder: str | os.PathLike[str],
    progress: Progress = silent,
    *,
    description: str | None = None,
    kernel: str | None = None,
    kvp: float | None = None,
    phase_percent: float | None = None,
    study_date: str | None = None,
    contrast_agent: str | None = None,
    slice_thickness_mm: float | None = None,
    manufacturer: str | None = None,
    series_uid: str | None = None,
    study_uid: str | None = None,
    series_number: int = 1,
) -> list[Path]:
    """Write a volume as a series of CT Image Storage objects, explicit VR little endian, without any patient.

    What is not given is taken from the facts of the volume. The volume must be right-handed.

    Parameters
    ----------
    volume : Volume
    folder : path
        Made if it is not there; files are named IM0000.dcm and so on, from the first slice to the last.
    progress : Progress
    description, kernel, kvp, phase_percent, study_date, contrast_agent, slice_thickness_mm, manufacturer, series_uid, \
study_uid, series_number
        What the headers tell. UIDs are made anew where none is given.

    Returns
    -------
    list of Path
        The files, in the order of the slices.

    Raises
    ------
    ValueError
        If the volume is left-handed, which a DICOM series cannot tell.
    OSError
        If the folder cannot be written.
    """
    import numpy as np
    import pydicom  # noqa: F401 - whole, before its parts: two threads that import a part each would meet half-way
    from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    facts, geometry = volume.facts, volume.geometry
    if np.linalg.det(geometry.directions[::-1]) < 0:
        raise ValueError("a left-handed grid cannot be written as a DICOM series; reverse its slices first")
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    step, row_mm, column_mm = (float(mm) for mm in geometry.spacing_mm)
    study = study_uid or facts.study_uid or str(generate_uid())
    uid = series_uid or str(generate_uid())
    frame_of_reference = facts.frame_of_reference_uid or str(generate_uid())
    phase = phase_percent if phase_percent is not None else facts.phase_percent
    agent = contrast_agent if contrast_agent is not None else facts.contrast_agent
    thickness = slice_thickness_mm or facts.slice_thickness_mm or step
    voltage = kvp or facts.kvp
    date = study_date or facts.study_date or ""
    written = []
    for k, plane in enumerate(volume.hu):
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = CT_IMAGE_STORAGE
        meta.MediaStorageSOPInstanceUID = generate_uid()
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        path = place / f"IM{k:04d}.dcm"
        ds = FileDataset(str(path), Dataset(), file_meta=meta, preamble=b"\0" * 128)
        ds.SpecificCharacterSet = "ISO_IR 192"
        ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        ds.SOPClassUID = CT_IMAGE_STORAGE
        ds.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
        ds.StudyDate = ds.ContentDate = date
        ds.StudyTime = ds.ContentTime = ""
        ds.AccessionNumber = ""
        ds.Modality = "CT"
        ds.Manufacturer = manufacturer or facts.manufacturer or ""
        ds.ReferringPhysicianName = ""
        ds.SeriesDescription = description or facts.description or ""
        ds.PatientName = ds.PatientID = ds.PatientBirthDate = ds.PatientSex = ""
        ds.PatientIdentityRemoved = "YES"
        ds.DeidentificationMethod = "Written from voxels alone"
        if agent:
            ds.ContrastBolusAgent = agent
        ds.SliceThickness = _decimal(thickness)
        ds.KVP = None if voltage is None else _decimal(voltage)
        if kernel or facts.kernel:
            ds.ConvolutionKernel = kernel or facts.kernel
        ds.PatientPosition = "HFS"
        ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.FrameOfReferenceUID = study, uid, frame_of_reference
        ds.StudyID = ""
        ds.SeriesNumber, ds.AcquisitionNumber, ds.InstanceNumber = series_number, 1, k + 1
        ds.PositionReferenceIndicator = ""
        ds.ImagePositionPatient = [_decimal(v) for v in geometry.to_lps((k, 0, 0))]
        ds.ImageOrientationPatient = [_decimal(v) for v in geometry.directions[[2, 1]].ravel()]
        if phase is not None:
            ds.NominalPercentageOfCardiacPhase = float(phase)
        ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
        ds.Rows, ds.Columns = plane.shape
        ds.PixelSpacing = [_decimal(row_mm), _decimal(column_mm)]
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 1
        ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = "0", "1", "HU"
        ds.WindowCenter, ds.WindowWidth = "300", "800"
        ds.PixelData = plane.astype("<i2").tobytes()
        ds.save_as(path, enforce_file_format=True)
        written.append(path)
        progress((k + 1) / len(volume.hu), "Writing slices")
    return written


def _decimal(value: float) -> str:
    """Return a number as a DICOM decimal string, which has 16 characters at most."""
    for digits in range(15, 0, -1):
        text = f"{float(value) + 0.0:.{digits}g}"
        if len(text) <= 16:
            return text
    return f"{value:.6e}"
