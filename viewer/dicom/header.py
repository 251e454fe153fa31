"""The header of one DICOM file: the few tags that decide what a picture is and where it lies.

Only the tags of `WANTED` are ever taken out of a file; the patient's name and number are not among them. Values stay as the
bytes of the file until they are asked for, and a value that makes no sense is ``None``: what is missing is judged where
it is needed, in words.
"""

from __future__ import annotations

import math
import os
import struct
from dataclasses import dataclass, field
from typing import Any

CHARACTER_SET = 0x00080005
IMAGE_TYPE = 0x00080008
SOP_CLASS = 0x00080016
SOP_INSTANCE = 0x00080018
STUDY_DATE = 0x00080020
MODALITY = 0x00080060
MANUFACTURER = 0x00080070
SERIES_DESCRIPTION = 0x0008103E
CONTRAST_AGENT = 0x00180010
SLICE_THICKNESS = 0x00180050
KVP = 0x00180060
TRIGGER_TIME = 0x00181060
KERNEL = 0x00181210
STUDY_UID = 0x0020000D
SERIES_UID = 0x0020000E
SERIES_NUMBER = 0x00200011
ACQUISITION_NUMBER = 0x00200012
INSTANCE_NUMBER = 0x00200013
POSITION = 0x00200032
ORIENTATION = 0x00200037
FRAME_OF_REFERENCE = 0x00200052
TEMPORAL_POSITION = 0x00200100
IMAGE_COMMENTS = 0x00204000
TRIGGER_DELAY = 0x00209153
PHASE_PERCENT = 0x00209241
SAMPLES = 0x00280002
PHOTOMETRIC = 0x00280004
FRAMES = 0x00280008
ROWS = 0x00280010
COLUMNS = 0x00280011
PIXEL_SPACING = 0x00280030
BITS_ALLOCATED = 0x00280100
BITS_STORED = 0x00280101
HIGH_BIT = 0x00280102
PIXEL_REPRESENTATION = 0x00280103
PADDING = 0x00280120
PADDING_LIMIT = 0x00280121
INTERCEPT = 0x00281052
SLOPE = 0x00281053
RESCALE_TYPE = 0x00281054
LOSSY = 0x00282110
SHARED_GROUPS = 0x52009229
FRAME_GROUPS = 0x52009230

WANTED = frozenset(
    value for name, value in list(globals().items()) if name.isupper() and isinstance(value, int) and value > 0xFFFF
)

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"


class NotDicom(Exception):
    """A file is no DICOM file, or none that holds a picture; the message says why, in a few words."""


@dataclass(slots=True)
class Header:
    """What one file says about its picture or pictures.

    Attributes
    ----------
    path : str
        Where the bytes are.
    name : str
        What to call the file before the operator (a zip's own name for it, not that of the copy).
    syntax : str
        UID of the transfer syntax.
    pixels_at : int or None
        Byte offset of the pixel data element (in the inflated data for a deflated file); ``None`` if there is none.
    size : int
        Length of the file in bytes.
    values : dict
        Tag to the bytes of its value.
    groups : tuple
        The shared and the per-frame functional groups of an enhanced object, as pydicom sequences, or ``None`` each.
    """

    path: str
    name: str
    syntax: str
    pixels_at: int | None
    size: int
    values: dict[int, bytes]
    little_endian: bool = True
    groups: tuple[Any, Any] = field(default=(None, None))

    def text(self, tag: int) -> str | None:
        """Return a text, ``None`` if it is missing or blank."""
        value = self.values.get(tag)
        if not value:
            return None
        try:
            text = value.decode("utf-8")
        except UnicodeDecodeError:
            text = value.decode("latin-1")
        text = "".join(letter if letter.isprintable() else " " for letter in text).strip()
        return text or None

    def texts(self, tag: int) -> tuple[str, ...]:
        """Return the parts of a text with several values, upper case."""
        return tuple(part.strip().upper() for part in (self.text(tag) or "").split("\\")) if tag in self.values else ()

    def numbers(self, tag: int) -> tuple[float, ...] | None:
        """Return decimal numbers; ``None`` if they are missing or one of them is no finite number."""
        value = self.values.get(tag)
        if not value:
            return None
        try:
            numbers = tuple(float(part) for part in value.rstrip(b"\0 ").split(b"\\"))
        except ValueError:
            return None
        return numbers if all(map(math.isfinite, numbers)) else None

    def number(self, tag: int) -> float | None:
        """Return one decimal number, the first where there are several."""
        numbers = self.numbers(tag)
        return numbers[0] if numbers else None

    def binary(self, tag: int, *, signed: bool = False) -> int | None:
        """Return a 16-bit whole number (VR US or SS)."""
        value = self.values.get(tag)
        if value is None or len(value) < 2:
            return None
        order = "<" if self.little_endian else ">"
        return int(struct.unpack_from(order + ("h" if signed else "H"), value)[0])

    def floating(self, tag: int) -> float | None:
        """Return a binary floating point number (VR FL or FD, told apart by their length)."""
        value = self.values.get(tag)
        if value is None or len(value) not in (4, 8):
            return None
        order = "<" if self.little_endian else ">"
        number = float(struct.unpack(order + ("f" if len(value) == 4 else "d"), value)[0])
        return number if math.isfinite(number) else None


def read_header(path: str, name: str | None = None) -> Header:
    """Read the wanted tags of one file.

    Raises
    ------
    NotDicom
        If the file is none of ours; the message says why.
    OSError
        If the file cannot be opened or the disc gave up.
    """
    with open(path, "rb") as file:  # noqa: PTH123 (thousands of files; Path costs as much as the open itself)
        size = os.fstat(file.fileno()).st_size
        return _parse(file, size, path, name or path)


def _parse(file: Any, size: int, path: str, name: str) -> Header:
    import pydicom
    from pydicom.errors import InvalidDicomError

    if size == 0:
        raise NotDicom("empty file")
    start = file.read(132)
    if start[128:] != b"DICM" and start[:2] not in (b"\x08\x00", b"\x02\x00"):
        raise NotDicom("no DICOM file")
    file.seek(0)
    try:
        dataset = pydicom.dcmread(file, stop_before_pixels=True, specific_tags=sorted(WANTED), force=True)
        meta = dataset.file_meta
        implicit, little = dataset.original_encoding
        syntax = str(meta.get("TransferSyntaxUID", "")) or (IMPLICIT_LITTLE if implicit else EXPLICIT_LITTLE)
        values = {}
        for tag in WANTED:
            element = dataset.get_item(tag)
            value = getattr(element, "value", None)
            if isinstance(value, bytes):
                values[tag] = value
        groups: tuple[Any, Any] = (None, None)
        if FRAME_GROUPS in dataset:
            groups = (dataset.get(SHARED_GROUPS), dataset.get(FRAME_GROUPS))
            groups = tuple(getattr(group, "value", None) for group in groups)
    except OSError:
        raise
    except (InvalidDicomError, *DAMAGE) as error:
        raise NotDicom("damaged header") from error
    return Header(path, name, syntax, file.tell(), size, values, bool(little), groups)


#: What pydicom is known to raise on a header that makes no sense.
DAMAGE = (
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    NotImplementedError,
    EOFError,
    struct.error,
    OverflowError,
    RecursionError,
    MemoryError,
    LookupError,
    ArithmeticError,
)
