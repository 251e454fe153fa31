"""Captures and the planning sheet as DICOM objects: Secondary Capture (PS3.3 A.8.1) and Encapsulated PDF (A.45.1)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from viewer.report.dicom_study import TargetStudy, file_bytes, started_file

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1"
#: Numbers of the new series, far from those of a scanner.
CAPTURE_SERIES, SHEET_SERIES = 9301, 9302


def capture_bytes(
    rgb: NDArray[np.uint8], target: TargetStudy, *, number: int, series: str, title: str, named: bool = False
) -> bytes:
    """Return a picture as one Secondary Capture image.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (rows, columns, 3)
    target : TargetStudy
    number : int
        In the series, from 1.
    series : str
        UID of the new series, the same for all captures of an export.
    title : str
    named : bool
        Whether the picture itself may say who the patient is.
    """
    ds = started_file(target, SECONDARY_CAPTURE, "OT", number, series)
    ds.ImageType = ["DERIVED", "SECONDARY"]
    ds.SeriesNumber, ds.SeriesDescription = CAPTURE_SERIES, "CTO plan: captures"
    ds.ConversionType = "WSD"
    ds.BodyPartExamined, ds.PatientOrientation = "HEART", ""
    ds.ImageComments = title
    ds.DerivationDescription = "Planning preview computed from a CT, not a medical device"
    ds.BurnedInAnnotation = "YES" if named else "NO"
    ds.LossyImageCompression = "00"
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PlanarConfiguration = 3, "RGB", 0
    ds.Rows, ds.Columns = rgb.shape[:2]
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
    pixels = np.ascontiguousarray(rgb).tobytes()
    ds.PixelData = pixels + b"\0" * (len(pixels) % 2)
    ds["PixelData"].VR = "OB"
    return file_bytes(ds)


def sheet_bytes(pdf: bytes, target: TargetStudy, *, series: str, title: str, named: bool) -> bytes:
    """Return a PDF file as one Encapsulated PDF object.

    Parameters
    ----------
    pdf : bytes
    target : TargetStudy
    series : str
        UID of the new series.
    title : str
    named : bool
        Whether the document itself says who the patient is.
    """
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence

    ds = started_file(target, ENCAPSULATED_PDF, "DOC", 1, series)
    ds.SeriesNumber, ds.SeriesDescription = SHEET_SERIES, "CTO plan: sheet"
    ds.ConversionType = "WSD"
    ds.BurnedInAnnotation = "YES" if named else "NO"
    ds.RecognizableVisualFeatures = "NO"
    ds.AcquisitionDateTime = ""
    ds.DocumentTitle = title
    ds.ConceptNameCodeSequence = Sequence([])
    source = Dataset()
    ds.SourceInstanceSequence = Sequence([source])
    source.ReferencedSOPClassUID, source.ReferencedSOPInstanceUID = target.images[0]
    ds.MIMETypeOfEncapsulatedDocument = "application/pdf"
    ds.EncapsulatedDocumentLength = len(pdf)
    ds.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    return file_bytes(ds)
