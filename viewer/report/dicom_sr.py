"""Key marks and measurements as a DICOM Structured Report: TID 1500 (PS3.16) in a Comprehensive 3D SR (PS3.3 A.35.13).

Every number is tied to its place in the patient: caps and measured points by coordinates in the CT's frame of
reference. What has no standard code has one of our own, designator 99CTOVIEWER, with its meaning in words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from viewer import __version__
from viewer.analysis.occlusion.measures import measure_lesion
from viewer.model.case import Case
from viewer.model.geometry import Float
from viewer.model.lesion import Cap, Lesion, LesionKind
from viewer.model.mark import Mark
from viewer.report.dicom_study import TargetStudy, file_bytes

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

REPORT_SERIES = 9303
SCHEME = "99CTOVIEWER"
#: Units (UCUM).
MM, DEGREE, PERCENT, MM3, HU = (
    ("mm", "millimeter"), ("deg", "degree"), ("%", "percent"), ("mm3", "cubic millimeter"),
    ("[hnsf'U]", "Hounsfield unit"),
)  # fmt: skip
#: SNOMED CT structures of the vessels; any other one is a coronary artery.
ARTERIES = {
    "RCA": ("13647002", "Right coronary artery"),
    "LM": ("3227004", "Left main coronary artery"),
    "LAD": ("59438005", "Anterior descending branch of left coronary artery"),
    "LCX": ("57396003", "Circumflex branch of left coronary artery"),
}
#: Number, unit, and the code of the concept: SNOMED CT, DICOM, or our own.
LENGTH, ANGLE = ("410668003", "SCT", "Length"), ("1483009", "SCT", "Angle")
CONCEPTS = {
    "length": LENGTH,
    "chord": ("chord", SCHEME, "Straight distance between the caps"),
    "ostium": ("ostium", SCHEME, "Distance from the aorta to the proximal cap"),
    "bend": ("bend", SCHEME, "Largest bend, chords of 4 mm"),
    "calcium volume": ("122660", "DCM", "Calcium Volume"),
    "calcium share": ("calcium-share", SCHEME, "Largest share of calcium of a cross-section"),
    "calcium arc": ("122355", "DCM", "Arc of Calcium"),
    "over half": ("over-half", SCHEME, "Length with more than half of the section calcified"),
    "full moon": ("full-moon", SCHEME, "Length with full-moon calcium"),
    "threshold": ("112032", "DCM", "Threshold Attenuation Coefficient"),
    "landing": ("landing-diameter", SCHEME, "Mean diameter of the landing zone"),
    "side branch": ("side-branch", SCHEME, "Distance from the cap to the nearest side branch"),
    "station": ("cap-station", SCHEME, "Distance of the cap from the start of its vessel"),
    "uncertainty": ("cap-range", SCHEME, "Length of the stretch within which the cap may lie"),
}


def report_bytes(case: Case, target: TargetStudy, *, series: str) -> bytes:
    """Return lesions, caps and the operator's marks as one structured report.

    Parameters
    ----------
    case : Case
    target : TargetStudy
    series : str
        UID of the new series.
    """
    from highdicom import sr
    from pydicom.sr.codedict import codes
    from pydicom.uid import generate_uid

    frame = target.frame_of_reference_uid
    groups = [group for lesion in case.lesions for group in _lesion_groups(case, lesion, frame)]
    groups += [_mark_group(mark, number, frame) for number, mark in enumerate(case.marks, 1)]
    device = sr.DeviceObserverIdentifyingAttributes(
        uid=generate_uid(), name="CTO Viewer", manufacturer_name="CTO Viewer", model_name=__version__
    )
    content = sr.MeasurementReport(
        observation_context=sr.ObservationContext(observer_device_context=sr.ObserverContext(codes.DCM.Device, device)),
        procedure_reported=codes.SCT.CTAngiographyOfCoronaryArteries,
        imaging_measurements=groups,
        title=codes.DCM.ImagingMeasurementReport,
    )
    report = sr.Comprehensive3DSR(
        evidence=[_evidence(target, image) for image in target.images],
        content=content[0],
        series_instance_uid=series,
        series_number=REPORT_SERIES,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="CTO Viewer",
        is_complete=True,
        is_final=False,
        is_verified=False,
        series_description="CTO plan: measurements",
        manufacturer_model_name="CTO Viewer",
        software_versions=__version__,
        device_serial_number="0",
    )
    for element in target.header():
        report.add(element)
    scheme = _dataset(CodingSchemeDesignator=SCHEME, CodingSchemeName="CTO Viewer, terms of its planning measurements")
    report.CodingSchemeIdentificationSequence = [scheme]
    report.file_meta.ImplementationVersionName = "CTOVIEWER"
    return file_bytes(report)


def _evidence(target: TargetStudy, image: tuple[str, str]) -> Dataset:
    ds = target.header()
    ds.SOPClassUID, ds.SOPInstanceUID = image
    ds.SeriesInstanceUID, ds.Modality = target.series_uid, "CT"
    return ds


def _dataset(**values: object) -> Dataset:
    from pydicom.dataset import Dataset

    ds = Dataset()
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


def _code(concept: tuple[str, str, str]) -> Any:
    from pydicom.sr.coding import Code

    return Code(*concept)


def _number(
    concept: tuple[str, str, str], value: float | None, unit: tuple[str, str], points: Float | None, frame: str
) -> list[Any]:
    """Return a measurement, tied to its points; none if it is unknown."""
    from highdicom import sr
    from pydicom.sr.coding import Code

    if value is None or not np.isfinite(value):
        return []
    where = None
    if points is not None:
        kind = "POINT" if len(points) == 1 else "POLYLINE"
        where = [sr.CoordinatesForMeasurement3D(kind, np.asarray(points, np.float64), frame)]
    rounded = round(float(value), 2)
    return [
        sr.Measurement(_code(concept), rounded, Code(unit[0], "UCUM", unit[1]), referenced_coordinates=where)
    ]  # fmt: skip


def _group(name: str, vessel: str | None, finding: tuple[str, str, str], numbers: list[Any], said: list[Any]) -> Any:
    from highdicom import sr
    from pydicom.uid import generate_uid

    value, meaning = ARTERIES.get(vessel or "", ("41801008", "Coronary artery"))
    return sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(generate_uid(), name),
        finding_type=_code(finding),
        finding_sites=[sr.FindingSite(_code((value, "SCT", meaning)))],
        measurements=numbers or None,
        qualitative_evaluations=said or None,
    )


def _said(name: str, words: str, value: str, meaning: str) -> Any:
    from highdicom import sr

    return sr.QualitativeEvaluation(_code((name, SCHEME, words)), _code((value, SCHEME, meaning)))


def _lesion_groups(case: Case, lesion: Lesion, frame: str) -> list[Any]:
    found, line = measure_lesion(case, lesion), case.tree[lesion.vessel].centerline
    stations = line.station_mm
    low, high = lesion.proximal.station_mm, lesion.distal.station_mm
    inner = stations[(stations > low) & (stations < high)]
    course = line.at(np.concatenate([[low], inner, [high]]))
    calcium, zone = found.calcium, found.landing_zone
    bend = found.max_bend
    rows = [
        ("length", found.length_mm, MM, course),
        ("chord", found.chord_mm, MM, course[[0, -1]]),
        ("ostium", found.ostium_mm, MM, course[:1]),
        ("bend", bend.angle_deg if bend else None, DEGREE, line.at(np.array([bend.station_mm])) if bend else None),
        ("landing", zone.mean_diameter_mm if zone else None, MM, course[-1:]),
    ]
    if calcium is not None:
        rows += [
            ("calcium volume", calcium.volume_mm3, MM3, None),
            ("calcium share", calcium.max_csa_percent, PERCENT, None),
            ("calcium arc", calcium.max_arc_deg, DEGREE, None),
            ("over half", calcium.over_50_mm, MM, None),
            ("full moon", calcium.full_moon_mm, MM, None),
            ("threshold", calcium.threshold.hu, HU, None),
        ]
    numbers = [n for name, value, unit, at in rows for n in _number(CONCEPTS[name], value, unit, at, frame)]
    closed = lesion.kind is LesionKind.OCCLUSION
    finding = ("63739005", "SCT", "Coronary occlusion") if closed else ("233970002", "SCT", "Coronary artery stenosis")
    groups = [_group(f"{lesion.vessel} {lesion.kind.value}", lesion.vessel, finding, numbers, [])]
    for cap, name in ((lesion.proximal, "proximal"), (lesion.distal, "distal")):
        groups.append(_cap_group(lesion, cap, name, frame))
    return groups


def _cap_group(lesion: Lesion, cap: Cap, name: str, frame: str) -> Any:
    point = np.asarray(cap.lps_mm)[None]
    numbers = [
        *_number(CONCEPTS["station"], cap.station_mm, MM, point, frame),
        *_number(CONCEPTS["uncertainty"], cap.range_mm[1] - cap.range_mm[0], MM, None, frame),
        *_number(CONCEPTS["side branch"], cap.side_branch_mm, MM, None, frame),
        *_number(CONCEPTS["calcium share"], cap.calcium_csa_percent, PERCENT, None, frame),
    ]
    said = []
    if cap.shape is not None:
        said.append(_said("cap-shape", "Shape of the cap", cap.shape.value, cap.shape.value.capitalize()))
    if cap.ambiguous is not None:
        value, words = ("ambiguous", "Ambiguous") if cap.ambiguous else ("clear", "Clear")
        said.append(_said("cap-verdict", "Whether the cap is ambiguous", value, words))
    author = cap.author.value
    said.append(_said("cap-author", "Who set the cap", author, author.capitalize()))
    finding = (f"{name}-cap", SCHEME, f"{name.capitalize()} cap of the {lesion.kind.value}")
    return _group(f"{lesion.vessel} {name} cap", lesion.vessel, finding, numbers, said)


def _mark_group(mark: Mark, number: int, frame: str) -> Any:
    points = mark.points_lps_mm
    if mark.is_angle:
        numbers, kind = _number(ANGLE, mark.angle_deg, DEGREE, points, frame), "angle"
    else:
        numbers, kind = _number(LENGTH, mark.length_mm, MM, points, frame), "distance"
    finding = ("operator-mark", SCHEME, "Measured by the operator on a plane")
    return _group(f"Mark {number} ({kind})", None, finding, numbers, [])
