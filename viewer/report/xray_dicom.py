"""A simulated projection as a DICOM object: a derived X-ray angiographic image with the position of the C-arm."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

from viewer import __version__
from viewer.analysis.fluoro.attenuation import TUBE_KV
from viewer.model.carm import CArm

XA_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.12.1"


def xray_dicom_bytes(grey: NDArray[np.uint8], carm: CArm, overlay: NDArray[np.bool_] | None = None) -> bytes:
    """Return a projection as one DICOM file without any patient, with UIDs of its own (PS3.3 A.14).

    Parameters
    ----------
    grey : ndarray of uint8, shape (N, N)
        As displayed: row 0 at the top, seen from the detector.
    carm : CArm
    overlay : ndarray of bool, shape (N, N), optional
        The plan as an overlay plane, which a viewer can switch off.
    """
    import pydicom  # noqa: F401 - whole, before its parts: two threads that import a part each would meet half-way
    from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = XA_IMAGE_STORAGE
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file = io.BytesIO()
    ds = FileDataset(file, Dataset(), file_meta=meta, preamble=b"\0" * 128)
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.ImageType = ["DERIVED", "SECONDARY", "SINGLE PLANE"]
    ds.SOPClassUID, ds.SOPInstanceUID = XA_IMAGE_STORAGE, meta.MediaStorageSOPInstanceUID
    ds.StudyDate = ds.StudyTime = ds.ContentDate = ds.ContentTime = ds.AccessionNumber = ""
    ds.Modality = "XA"
    ds.Manufacturer, ds.ManufacturerModelName, ds.SoftwareVersions = "CTO Viewer", "CTO Viewer", __version__
    ds.ReferringPhysicianName = ""
    ds.SeriesDescription = "Simulated projection from CT"
    ds.DerivationDescription = "Line integrals through a CT, no X-ray picture was taken"
    ds.ImageComments = f"{carm.label}, computed from the CT"
    ds.PatientName = ds.PatientID = ds.PatientBirthDate = ds.PatientSex = ""
    ds.PatientIdentityRemoved = "YES"
    ds.DeidentificationMethod = "Written from voxels alone"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = generate_uid(), generate_uid()
    ds.StudyID = ""
    ds.SeriesNumber, ds.InstanceNumber = 1, 1
    ds.PatientOrientation, ds.BodyPartExamined = "", "HEART"
    ds.BurnedInAnnotation, ds.LossyImageCompression = "NO", "00"
    ds.KVP, ds.RadiationSetting = f"{TUBE_KV:g}", "SC"
    ds.ExposureTime = ds.XRayTubeCurrent = ds.Exposure = None
    ds.PixelIntensityRelationship = "DISP"
    ds.PositionerMotion = "STATIC"
    ds.PositionerPrimaryAngle, ds.PositionerSecondaryAngle = f"{carm.primary_deg:g}", f"{carm.secondary_deg:g}"
    ds.DistanceSourceToDetector, ds.DistanceSourceToPatient = f"{carm.sid_mm:g}", f"{carm.sod_mm:g}"
    ds.EstimatedRadiographicMagnificationFactor = f"{carm.sid_mm / carm.sod_mm:.8g}"
    ds.ImagerPixelSpacing = [f"{carm.detector_mm / grey.shape[0]:.8g}"] * 2
    ds.FieldOfViewShape, ds.FieldOfViewDimensions = "RECTANGLE", [f"{carm.detector_mm:.0f}"] * 2
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = grey.shape
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
    ds.WindowCenter, ds.WindowWidth = "128", "256"
    pixels = grey.tobytes()
    ds.PixelData = pixels + b"\0" * (len(pixels) % 2)
    ds["PixelData"].VR = "OB"
    if overlay is not None:
        packed = np.packbits(overlay.ravel(), bitorder="little").tobytes()
        ds.add_new(0x60000010, "US", overlay.shape[0])
        ds.add_new(0x60000011, "US", overlay.shape[1])
        ds.add_new(0x60000022, "LO", "Plan")
        ds.add_new(0x60000040, "CS", "G")
        ds.add_new(0x60000050, "SS", [1, 1])
        ds.add_new(0x60000100, "US", 1)
        ds.add_new(0x60000102, "US", 0)
        ds.add_new(0x60003000, "OW", packed + b"\0" * (len(packed) % 2))
    ds.save_as(file, enforce_file_format=True)
    return file.getvalue()
