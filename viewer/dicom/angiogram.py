"""Runs of a real C-arm: X-ray angiographic objects, their geometry and their frames, one at a time."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.dicom import tags
from viewer.dicom.decode import DECODERS, NATIVE, stored_values
from viewer.dicom.header import NotDicom, damage, read_header
from viewer.dicom.pictures import pictures_of
from viewer.dicom.series import SYNTAX_NAMES, Picture
from viewer.errors import UnreadableStudy
from viewer.model.angiogram import Angiogram
from viewer.model.carm import CArm
from viewer.model.geometry import Float
from viewer.model.lab import Lab
from viewer.progress import Progress, silent

XA, ENHANCED_XA = "1.2.840.10008.5.1.4.1.1.12.1", "1.2.840.10008.5.1.4.1.1.12.1.1"
#: What else comes out of an X-ray department, in words.
KINDS = {
    "CT": "a CT",
    "DX": "a plain radiograph (DX)",
    "CR": "a plain radiograph (CR)",
    "RF": "a fluoroscopy of another kind (RF)",
    "MG": "a mammogram (MG)",
    "US": "an ultrasound picture (US)",
    "MR": "a magnetic resonance picture (MR)",
}
ADVICE = "Choose a run of the coronary angiogram (modality XA)."
#: Where a run does not tell how fast it was taken.
USUAL_FRAME_MS = 1000.0 / 15.0
#: Values that are darker or brighter than all but this share, where the run tells no window.
CLIPPED_PERCENT = 0.5

#: What is taken out of a file; the patient is not among it.
_WANTED = (
    "FrameTime",
    "FrameTimeVector",
    "CineRate",
    "RecommendedDisplayFrameRate",
    "StudyDate",
    "PositionerPrimaryAngle",
    "PositionerSecondaryAngle",
    "PositionerPrimaryAngleIncrement",
    "PositionerSecondaryAngleIncrement",
    "DistanceSourceToDetector",
    "DistanceSourceToPatient",
    "EstimatedRadiographicMagnificationFactor",
    "ImagerPixelSpacing",
    "WindowCenter",
    "WindowWidth",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
)


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A run on disc.

    Attributes
    ----------
    angiogram : Angiogram
    pictures : tuple of Picture
        Where each frame's bytes are.
    window : tuple of float or None
        Centre and width of the stored values, if the run tells.
    """

    angiogram: Angiogram
    pictures: tuple[Picture, ...]
    window: tuple[float, float] | None


def open_run(path: Path, lab: Lab, progress: Progress = silent) -> Run:
    """Read what a file says about its run; the frames stay on disc.

    Parameters
    ----------
    path : Path
    lab : Lab
        Gives distances and field where the run does not tell them; that is noted in `Angiogram.assumed`.
    progress : Progress

    Raises
    ------
    UnreadableStudy
        If it is no angiogram of a C-arm, or cannot be decoded.
    """
    progress(0.0, "Reading the run")
    try:
        header = read_header(str(path))
        pictures = pictures_of(header)
    except NotDicom as reason:
        raise UnreadableStudy(f"{path.name} holds no angiogram ({reason}).", ADVICE) from reason
    except OSError as error:
        raise UnreadableStudy(
            f"{path.name} cannot be read ({(error.strerror or type(error).__name__).lower()}).",
            "Check the disc and the permissions.",
        ) from error
    first = pictures[0]
    _refuse_others(path, first)
    values = _values(path)
    layout = first.layout
    angles = _angles_deg(values, layout.frames)
    carm, assumed = _carm(values, lab, layout.rows, layout.columns, angles)
    angiogram = Angiogram(
        sop_uid=first.sop_uid or path.name,
        series_uid=first.series_uid,
        study_uid=first.study_uid,
        study_date=str(values.get("StudyDate") or "") or None,
        frames=layout.frames,
        rows=layout.rows,
        columns=layout.columns,
        frame_ms=_frame_ms(values),
        angles_deg=angles,
        carm=carm,
        assumed=assumed,
        source=str(path),
    )
    center, width = (_number(values.get(name)) for name in ("WindowCenter", "WindowWidth"))
    window = None if center is None or width is None or width <= 1 else (center, width)
    return Run(angiogram, tuple(pictures), window)


def is_run(path: Path) -> bool:
    """Tell from its header whether a file is a run of a C-arm."""
    try:
        return read_header(str(path)).text(tags.SOP_CLASS) in (XA, ENHANCED_XA)
    except (NotDicom, OSError):
        return False


def frame_grey(run: Run, number: int, levels: tuple[float, float] | None = None) -> NDArray[np.uint8]:
    """Return a frame as it is shown, uint8 of shape (rows, columns): what attenuates is dark.

    Parameters
    ----------
    run : Run
    number : int
        From 0.
    levels : tuple of float, optional
        Stored values for black and white; by default those of `frame_levels`.

    Raises
    ------
    UnreadableStudy
        If the file is cut short, damaged or gone.
    """
    values = stored_values(run.pictures[number])
    black, white = levels or frame_levels(run, values)
    grey = np.clip((values.astype(np.float32) - np.float32(black)) * np.float32(255 / (white - black)), 0, 255)
    if run.pictures[number].layout.photometric == "MONOCHROME1":
        grey = 255 - grey
    return np.rint(grey).astype(np.uint8)


def frame_levels(run: Run, values: NDArray[np.integer]) -> tuple[float, float]:
    """Return the stored values for black and white: of the run's own window, else of one frame of it."""
    if run.window is not None:
        center, width = run.window
        return center - 0.5 - (width - 1) / 2, center - 0.5 + (width - 1) / 2
    if run.pictures[0].layout.bits_stored <= 8:
        return 0.0, float(2 ** run.pictures[0].layout.bits_stored - 1)
    low, high = np.percentile(values, (CLIPPED_PERCENT, 100 - CLIPPED_PERCENT))
    return float(low), float(max(high, low + 1))


def _refuse_others(path: Path, picture: Picture) -> None:
    layout = picture.layout
    if picture.sop_class not in (XA, ENHANCED_XA):
        what = KINDS.get(picture.modality or "", f"an object of another kind ({picture.modality or 'unknown'})")
        raise UnreadableStudy(f"{path.name} is {what}, no run of a C-arm.", ADVICE)
    if layout.samples != 1 or layout.photometric not in ("MONOCHROME1", "MONOCHROME2"):
        raise UnreadableStudy(f"{path.name} is a colour picture of a screen, no run of a C-arm.", ADVICE)
    if layout.syntax not in NATIVE and layout.syntax not in DECODERS:
        name = SYNTAX_NAMES.get(layout.syntax, f"transfer syntax {layout.syntax}")
        raise UnreadableStudy(
            f"{path.name} is compressed as {name}, which is not decoded here.",
            "Export the run again, uncompressed or as JPEG baseline or JPEG 2000.",
        )


def _values(path: Path) -> dict[str, Any]:
    """Return the wanted values by keyword; those of functional groups too, per frame where they differ."""
    import pydicom

    try:
        dataset = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(_WANTED), force=True)
        values = {name: dataset.get(name) for name in _WANTED}
        shared = values.pop("SharedFunctionalGroupsSequence")
        frames = values.pop("PerFrameFunctionalGroupsSequence")
        for item in (*(shared or ())[:1], *(frames or ())[:1]):
            values |= {name: found for name, found in _inside(item) if values.get(name) is None}
        if frames:
            for name in ("PositionerPrimaryAngle", "PositionerSecondaryAngle"):
                each = [dict(_inside(item)).get(name) for item in frames]
                if all(one is not None for one in each):
                    values[name + "s"] = each
    except OSError as error:
        raise UnreadableStudy(f"{path.name} cannot be read.", "Check the disc and the permissions.") from error
    except damage() as error:
        raise UnreadableStudy(f"{path.name} is damaged: its header makes no sense.", ADVICE) from error
    if values.get("DistanceSourceToPatient") is None:
        values["DistanceSourceToPatient"] = values.get("DistanceSourceToIsocenter")
    return values


def _inside(item: Any) -> list[tuple[str, Any]]:
    """Return what stands in the macros of one functional group item, by keyword."""
    found = []
    for element in item:
        if element.VR == "SQ" and element.value:
            for inner in element.value[0]:
                found.append((inner.keyword, inner.value))
    return found


def _number(value: Any) -> float | None:
    """Return a number, the first where there are several; ``None`` if it is none."""
    if value is not None and not isinstance(value, (str, bytes)) and hasattr(value, "__len__"):
        value = value[0] if len(value) else None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _positive(value: Any) -> float | None:
    number = _number(value)
    return number if number is not None and number > 0 else None


def _angles_deg(values: dict[str, Any], frames: int) -> Float | None:
    """Return primary and secondary angle of each frame, shape (frames, 2), or ``None`` if they are not told."""
    columns = []
    for name, most in (("PositionerPrimaryAngle", 180.0), ("PositionerSecondaryAngle", 90.0)):
        first = _number(values.get(name))
        if first is None or abs(first) > most:
            return None
        steps = values.get(name + "Increment")
        each = values.get(name + "s")
        angle = np.full(frames, first)
        if each is not None and len(each) == frames:
            angle = np.array([float(one) for one in each])
        elif steps is not None and not isinstance(steps, str) and hasattr(steps, "__len__") and len(steps) == frames:
            # DICOM counts the increments from the first frame on, whose own is 0.
            angle = first + np.array([float(step) for step in steps])
        columns.append(np.clip(angle, -most, most))
    return np.stack(columns, axis=1)


def _carm(
    values: dict[str, Any], lab: Lab, rows: int, columns: int, angles_deg: Float | None
) -> tuple[CArm, tuple[str, ...]]:
    """Return distances and field as the run tells them, and in words what was taken from the laboratory."""
    assumed = []
    sid, sod = _positive(values.get("DistanceSourceToDetector")), _positive(values.get("DistanceSourceToPatient"))
    magnified = _positive(values.get("EstimatedRadiographicMagnificationFactor"))
    if sid is None:
        sid = lab.sid_mm
        assumed.append(f"SID {sid:.0f} mm")
    if sod is None and magnified is not None and magnified > 1:
        sod = sid / magnified
    if sod is None or not sod < sid:
        sod = min(lab.sod_mm, 0.95 * sid)
        assumed.append(f"SOD {sod:.0f} mm")
    spacing = _positive(values.get("ImagerPixelSpacing"))
    if spacing is None:
        field = lab.detector_mm
        assumed.append(f"field {field:.0f} mm")
    else:
        field = spacing * max(rows, columns)
    primary, secondary = (0.0, 0.0) if angles_deg is None else angles_deg[0]
    return CArm(float(primary), float(secondary), np.zeros(3), sid, sod, field), tuple(assumed)


def _frame_ms(values: dict[str, Any]) -> float:
    vector = values.get("FrameTimeVector")
    if vector is not None and not isinstance(vector, str) and hasattr(vector, "__len__") and len(vector) > 1:
        steps = [step for step in map(_positive, list(vector)[1:]) if step is not None]
        if steps:
            return float(np.median(steps))
    ways: tuple[tuple[str, Callable[[float], float]], ...] = (
        ("FrameTime", lambda ms: ms),
        ("CineRate", lambda rate: 1000.0 / rate),
        ("RecommendedDisplayFrameRate", lambda rate: 1000.0 / rate),
    )
    for name, to_ms in ways:
        value = _positive(values.get(name))
        if value is not None and 2.0 <= to_ms(value) <= 2000.0:
            return to_ms(value)
    return USUAL_FRAME_MS
