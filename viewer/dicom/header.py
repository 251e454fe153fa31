"""The header of one DICOM file: the few tags that decide what a picture is and where it lies.

Only the tags of `WANTED` are ever taken out of a file; the patient's name and number are not among them. Values stay as
the bytes of the file until they are asked for, and a value that makes no sense is ``None``: what is missing is judged
where it is needed, in words.
"""

from __future__ import annotations

import math
import os
import struct
import warnings
import zlib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, BinaryIO

from viewer.dicom.tag_walk import MoreNeeded, Odd, walk
from viewer.dicom.tags import (
    DEFLATED,
    EXPLICIT_LITTLE,
    FRAME_GROUPS,
    IMPLICIT_LITTLE,
    WANTED,
)

#: Bytes of a file that are read at once: most headers are shorter.
FIRST_READ = 16384


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
        return _text(value) if value else None

    def texts(self, tag: int) -> tuple[str, ...]:
        """Return the parts of a text with several values, upper case."""
        value = self.values.get(tag)
        return _parts(value) if value else ()

    def numbers(self, tag: int) -> tuple[float, ...] | None:
        """Return decimal numbers; ``None`` if they are missing or one of them is no finite number."""
        value = self.values.get(tag)
        return _numbers(value) if value else None

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


# Most values are the same in all files of a series.
@lru_cache(maxsize=4096)
def _text(value: bytes) -> str | None:
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        text = value.decode("latin-1")
    text = "".join(letter if letter.isprintable() else " " for letter in text).strip()
    return text or None


@lru_cache(maxsize=1024)
def _parts(value: bytes) -> tuple[str, ...]:
    return tuple(part.strip().upper() for part in (_text(value) or "").split("\\"))


@lru_cache(maxsize=4096)
def _numbers(value: bytes) -> tuple[float, ...] | None:
    try:
        numbers = tuple(float(part) for part in value.rstrip(b"\0 ").split(b"\\"))
    except ValueError:
        return None
    return numbers if all(map(math.isfinite, numbers)) else None


def read_header(path: str, name: str | None = None) -> Header:
    """Read the wanted tags of one file.

    Raises
    ------
    NotDicom
        If the file is none of ours; the message says why.
    OSError
        If the file cannot be opened or the disc gave up.
    """
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 (thousands of files; Path costs as much as the open itself)
        size = os.fstat(file.fileno()).st_size
        if size == 0:
            raise NotDicom("empty file")
        data = file.read(FIRST_READ)
        if data[128:132] != b"DICM" and data[:2] not in (b"\x08\x00", b"\x02\x00"):
            raise NotDicom("no DICOM file")
        while True:
            try:
                syntax, values, pixels_at = walk(data, whole=len(data) >= size)
            except MoreNeeded:
                more = file.read(max(3 * len(data), FIRST_READ))
                if not more:
                    size = len(data)
                data += more
            except Odd:
                break
            else:
                return Header(path, name or path, syntax, pixels_at, size, values)
    with open(path, "rb") as file:  # noqa: PTH123
        return _read_with_pydicom(file, size, path, name or path)


def _read_with_pydicom(file: BinaryIO, size: int, path: str, name: str) -> Header:
    """Read a header that `walk` leaves alone: big endian, deflated, enhanced, without a preamble, or out of order."""
    import pydicom

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a header lacks is judged where it is needed
            dataset = pydicom.dcmread(file, stop_before_pixels=True, specific_tags=sorted(WANTED), force=True)
        meta = dataset.file_meta
        implicit, little = dataset.original_encoding
        syntax = str(meta.get("TransferSyntaxUID", "")) or (IMPLICIT_LITTLE if implicit else EXPLICIT_LITTLE)
        values = {}
        for tag in WANTED:
            value = getattr(dataset.get_item(tag), "value", None)
            if isinstance(value, bytes):
                values[tag] = value
        groups: tuple[Any, Any] = (None, None)
        if FRAME_GROUPS in dataset:
            groups = (dataset.get("SharedFunctionalGroupsSequence"), dataset.get("PerFrameFunctionalGroupsSequence"))
        pixels_at = None if syntax != DEFLATED and file.tell() >= size else file.tell()
        if syntax == DEFLATED:
            pixels_at = 0
    except OSError:
        raise
    except damage() as error:
        raise NotDicom("damaged header") from error
    return Header(path, name, syntax, pixels_at, size, values, bool(little), groups)


def damage() -> tuple[type[Exception], ...]:
    """Return what pydicom is known to raise on a header that makes no sense."""
    import pydicom  # noqa: F401 - whole, before its parts: two threads that import a part each would meet half-way
    from pydicom.errors import BytesLengthException, InvalidDicomError

    return (
        InvalidDicomError,
        BytesLengthException,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        NotImplementedError,  # pydicom's word for an unknown value representation
        EOFError,
        struct.error,
        zlib.error,
        ArithmeticError,
        RecursionError,
        MemoryError,
    )
