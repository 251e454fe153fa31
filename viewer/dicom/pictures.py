"""From headers to pictures: one for a plain file, one per frame for an enhanced multi-frame object."""

from __future__ import annotations

import math
import re
from typing import Any

from viewer.dicom import tags
from viewer.dicom.header import Header, NotDicom, damage
from viewer.dicom.series import Picture, PixelLayout

#: "75 %", "BestDiast 75%" in a description or a comment.
PERCENT_IN_WORDS = re.compile(r"(?<![\d.,])(\d{1,2}(?:[.,]\d+)?)\s*%")

#: A picture larger than this along an edge is a damaged header, not a CT.
LARGEST_EDGE_PX = 16384


def percent_in_words(*texts: str | None) -> float | None:
    """Return the share of the R-R interval that is written in a description, if there is one."""
    for text in texts:
        match = PERCENT_IN_WORDS.search(text or "")
        if match:
            return float(match.group(1).replace(",", "."))
    return None


def pictures_of(header: Header) -> list[Picture]:
    """Return the pictures of a file.

    Raises
    ------
    NotDicom, damage
        If it holds none; the message says why in a few words.
    """
    if header.values.get(tags.SOP_CLASS, b"").startswith(b"1.2.840.10008.1.3.10"):
        raise NotDicom("table of contents (DICOMDIR)")
    rows, columns = header.binary(tags.ROWS), header.binary(tags.COLUMNS)
    if header.pixels_at is None or not rows or not columns:
        raise NotDicom(f"DICOM object without a picture ({header.text(tags.MODALITY) or 'unknown'})")
    layout = _layout(header, rows, columns)
    plain = _plain_picture(header, layout)
    shared, per_frame = header.groups
    if per_frame is None:
        if layout.frames == 1:
            return [plain]
        return [_at(plain, frame=frame, position_lps_mm=None) for frame in range(layout.frames)]
    try:
        common = _from_groups(shared[0]) if shared else {}
        if len(per_frame) != layout.frames:
            raise NotDicom(f"enhanced object with {layout.frames} frames and {len(per_frame)} descriptions")
        return [_at(plain, frame=i, **{**common, **_from_groups(item)}) for i, item in enumerate(per_frame)]
    except damage() as error:
        raise NotDicom("damaged header of an enhanced object") from error


def _layout(header: Header, rows: int, columns: int) -> PixelLayout:
    if max(rows, columns) > LARGEST_EDGE_PX:
        raise NotDicom(f"damaged header (picture of {rows} × {columns})")
    allocated = header.binary(tags.BITS_ALLOCATED) or 16
    stored = header.binary(tags.BITS_STORED) or allocated
    high = header.binary(tags.HIGH_BIT)
    signed = header.binary(tags.PIXEL_REPRESENTATION) == 1
    if allocated not in (8, 16, 32) or not 0 < stored <= allocated:
        raise NotDicom(f"damaged header ({stored} of {allocated} bits)")
    frames = header.number(tags.FRAMES)
    frames = 1 if frames is None else frames
    if frames != int(frames) or not 1 <= frames <= 100_000:
        raise NotDicom("damaged header (number of frames)")
    pad, limit = (header.binary(tag, signed=signed) for tag in (tags.PADDING, tags.PADDING_LIMIT))
    return PixelLayout(
        syntax=header.syntax,
        rows=rows,
        columns=columns,
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=high if high is not None and stored - 1 <= high < allocated else stored - 1,
        signed=signed,
        samples=header.binary(tags.SAMPLES) or 1,
        photometric=header.text(tags.PHOTOMETRIC) or "MONOCHROME2",
        frames=int(frames),
        padding=None
        if pad is None
        else (min(pad, pad if limit is None else limit), max(pad, pad if limit is None else limit)),
    )


def _plain_picture(header: Header, layout: PixelLayout) -> Picture:
    position = header.numbers(tags.POSITION)
    orientation = header.numbers(tags.ORIENTATION)
    spacing = header.numbers(tags.PIXEL_SPACING)
    return Picture(
        path=header.path,
        name=header.name,
        frame=0,
        pixels_at=header.pixels_at,
        file_size=header.size,
        layout=layout,
        sop_class=header.text(tags.SOP_CLASS),
        sop_uid=header.text(tags.SOP_INSTANCE),
        modality=header.text(tags.MODALITY),
        study_uid=header.text(tags.STUDY_UID),
        series_uid=header.text(tags.SERIES_UID),
        frame_of_reference_uid=header.text(tags.FRAME_OF_REFERENCE),
        image_type=header.texts(tags.IMAGE_TYPE),
        position_lps_mm=_triple(position),
        orientation=orientation if orientation and len(orientation) == 6 else None,
        pixel_spacing_mm=_spacing(spacing),
        slope=header.number(tags.SLOPE),
        intercept=header.number(tags.INTERCEPT),
        rescale_type=header.text(tags.RESCALE_TYPE),
        slice_thickness_mm=_positive(header.number(tags.SLICE_THICKNESS)),
        kernel=_kernel(header.text(tags.KERNEL)),
        kvp=_positive(header.number(tags.KVP)),
        phase_percent=header.floating(tags.PHASE_PERCENT),
        trigger_delay_ms=header.floating(tags.TRIGGER_DELAY),
        trigger_time_ms=header.number(tags.TRIGGER_TIME),
        temporal_position=header.number(tags.TEMPORAL_POSITION),
        written_percent=percent_in_words(header.text(tags.SERIES_DESCRIPTION), header.text(tags.IMAGE_COMMENTS)),
        acquisition=header.number(tags.ACQUISITION_NUMBER),
        instance=header.number(tags.INSTANCE_NUMBER),
    )


def _at(picture: Picture, **changes: Any) -> Picture:
    """Return the picture with some fields changed (`dataclasses.replace` is ten times slower on many fields)."""
    values = {name: getattr(picture, name) for name in Picture.__slots__}
    return Picture(**{**values, **changes})


def _from_groups(item: Any) -> dict[str, Any]:
    """Return what one item of the functional groups says about its frame."""
    found: dict[str, Any] = {}

    def macro(name: str) -> Any:
        sequence = item.get(name)
        return sequence[0] if sequence else None

    if (plane := macro("PlanePositionSequence")) is not None:
        found["position_lps_mm"] = _triple(_floats(plane.get("ImagePositionPatient")))
    if (plane := macro("PlaneOrientationSequence")) is not None:
        orientation = _floats(plane.get("ImageOrientationPatient"))
        found["orientation"] = orientation if orientation and len(orientation) == 6 else None
    if (measures := macro("PixelMeasuresSequence")) is not None:
        found["pixel_spacing_mm"] = _spacing(_floats(measures.get("PixelSpacing")))
        found["slice_thickness_mm"] = _positive(_one(measures.get("SliceThickness")))
    if (rescale := macro("PixelValueTransformationSequence")) is not None:
        found["slope"], found["intercept"] = _one(rescale.get("RescaleSlope")), _one(rescale.get("RescaleIntercept"))
        found["rescale_type"] = rescale.get("RescaleType") or None
    if (kind := macro("CTImageFrameTypeSequence")) is not None:
        found["image_type"] = tuple(str(part).upper() for part in kind.get("FrameType") or ())
    if (heart := macro("CardiacSynchronizationSequence")) is not None:
        found["phase_percent"] = _one(heart.get("NominalPercentageOfCardiacPhase"))
        found["trigger_delay_ms"] = _one(heart.get("NominalCardiacTriggerDelayTime"))
    if (content := macro("FrameContentSequence")) is not None:
        found["temporal_position"] = _one(content.get("TemporalPositionIndex"))
        found["acquisition"] = _one(content.get("FrameAcquisitionNumber"))
    if (beam := macro("CTXRayDetailsSequence")) is not None:
        found["kvp"] = _positive(_one(beam.get("KVP")))
    if (kernel := macro("CTReconstructionSequence")) is not None:
        found["kernel"] = _kernel(_joined(kernel.get("ConvolutionKernel")))
    return {name: value for name, value in found.items() if value is not None}


def _floats(value: Any) -> tuple[float, ...] | None:
    numbers = tuple(float(part) for part in value) if value is not None else None
    return numbers if numbers and all(map(math.isfinite, numbers)) else None


def _one(value: Any) -> float | None:
    number = float(value) if value not in (None, "") else None
    return number if number is not None and math.isfinite(number) else None


def _joined(value: Any) -> str | None:
    return value if isinstance(value, str) or value is None else "\\".join(str(part) for part in value)


def _triple(numbers: tuple[float, ...] | None) -> tuple[float, float, float] | None:
    return (numbers[0], numbers[1], numbers[2]) if numbers and len(numbers) == 3 else None


def _spacing(numbers: tuple[float, ...] | None) -> tuple[float, float] | None:
    return (numbers[0], numbers[1]) if numbers and len(numbers) == 2 and min(numbers) > 1e-3 else None


def _positive(number: float | None) -> float | None:
    return number if number is not None and number > 0 else None


def _kernel(text: str | None) -> str | None:
    """Return the kernel's name; Siemens writes it with a second value, its strength."""
    return text.replace("\\", " ").strip() or None if text else None
