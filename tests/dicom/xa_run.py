"""A run of a C-arm as pydicom writes it, in any syntax."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from viewer.dicom.angiogram import XA


def write_run(path: Path, frames: NDArray[Any], *, streams: list[bytes] | None = None, **tags: Any) -> Path:
    """Write a multi-frame object; `streams` are its frames compressed, and `tags` may name any attribute.

    An attribute that is given as ``None`` is left out.
    """
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = tags.pop("SOPClassUID", XA)
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = tags.pop("TransferSyntaxUID", ExplicitVRLittleEndian)
    ds = FileDataset(str(path), Dataset(), file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    ds.StudyInstanceUID, ds.SeriesInstanceUID = generate_uid(), generate_uid()
    count, rows, columns = frames.shape
    bits = 8 * frames.dtype.itemsize
    usual = {
        "Modality": "XA",
        "StudyDate": "20240503",
        "PatientName": "Miller^Ann",
        "PatientID": "4711",
        "PatientBirthDate": "19500101",
        "PositionerPrimaryAngle": "-30",
        "PositionerSecondaryAngle": "20",
        "DistanceSourceToDetector": "1100",
        "DistanceSourceToPatient": "780",
        "ImagerPixelSpacing": ["0.4", "0.4"],
        "FrameTime": "66.6",
        "FrameIncrementPointer": 0x00181063,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "NumberOfFrames": count,
        "Rows": rows,
        "Columns": columns,
        "BitsAllocated": bits,
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelRepresentation": 0,
    }
    for name, value in (usual | tags).items():
        if value is not None:
            setattr(ds, name, value)
    ds.PixelData = encapsulate(streams) if streams is not None else frames.tobytes()
    ds["PixelData"].VR = "OB" if streams is not None or bits == 8 else "OW"
    ds.save_as(path, enforce_file_format=True)
    return path
