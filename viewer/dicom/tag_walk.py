"""A walk over the elements of a little-endian DICOM file, from one tag to the next, taking only what is wanted.

pydicom does the same and much more; on a study of thousands of files the walk is several times faster. Whatever is not
plain (`Odd`) is left to pydicom.
"""

from __future__ import annotations

import struct

from viewer.dicom.tags import (
    DEFLATED,
    EXPLICIT_BIG,
    FRAME_GROUPS,
    IMPLICIT_LITTLE,
    WANTED,
)

UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
DEEPEST = 16

LONG = frozenset(vr.encode() for vr in ["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"])
SHORT = frozenset(
    vr.encode()
    for vr in [
        "AE",
        "AS",
        "AT",
        "CS",
        "DA",
        "DS",
        "DT",
        "FL",
        "FD",
        "IS",
        "LO",
        "LT",
        "PN",
        "SH",
        "SL",
        "SS",
        "ST",
        "TM",
        "UI",
        "UL",
        "US",
    ]
)
PIXEL_DATA = frozenset((0x7FE00008, 0x7FE00009, 0x7FE00010))
TRANSFER_SYNTAX = 0x00020010

_explicit = struct.Struct("<HH2sH").unpack_from
_implicit = struct.Struct("<HHI").unpack_from
_length = struct.Struct("<I").unpack_from


class MoreNeeded(Exception):
    """The header goes on beyond the bytes that were given."""


class Odd(Exception):
    """The header is none that this walk understands."""


def walk(data: bytes, *, whole: bool) -> tuple[str, dict[int, bytes], int | None]:
    """Return the transfer syntax, the wanted values, and the byte offset of the pixel data element.

    Parameters
    ----------
    data : bytes
        The beginning of a file.
    whole : bool
        True if this is all of it.

    Returns
    -------
    syntax : str
    values : dict of int to bytes
    pixels_at : int or None
        ``None`` if the file ends without pixel data.

    Raises
    ------
    MoreNeeded
        If the header goes on beyond `data`.
    Odd
        If the file is not plain; pydicom may know better.
    """
    if data[128:132] != b"DICM":
        raise Odd
    try:
        syntax, at = _meta(data)
        if syntax in (EXPLICIT_BIG, DEFLATED):
            raise Odd
        values: dict[int, bytes] = {}
        at = _elements(data, at, syntax != IMPLICIT_LITTLE, values, 0)
    except struct.error as error:
        if whole:
            raise Odd from error
        raise MoreNeeded from error
    if at > len(data):
        if whole:
            raise Odd
        raise MoreNeeded
    if at == len(data):
        if not whole:
            raise MoreNeeded
        return syntax, values, None
    return syntax, values, at


def pixels_in(data: bytes) -> int:
    """Return where the pixel data element begins in the elements of an inflated file, explicit little endian.

    Raises
    ------
    MoreNeeded, Odd
        If there is none.
    """
    try:
        at = _elements(data, 0, True, {}, 0)
    except struct.error as error:
        raise Odd from error
    if at >= len(data):
        raise MoreNeeded
    return at


def _meta(data: bytes) -> tuple[str, int]:
    at, syntax = 132, ""
    while True:
        group, element, vr, length = _explicit(data, at)
        if group != 2:
            break
        if vr in LONG:
            start, length = at + 12, _length(data, at + 8)[0]
        elif vr in SHORT:
            start = at + 8
        else:
            raise Odd
        if (group << 16 | element) == TRANSFER_SYNTAX:
            syntax = data[start : start + length].decode("ascii", "replace").rstrip("\0 ")
        at = start + length
    if not syntax:
        raise Odd
    return syntax, at


def _elements(data: bytes, at: int, explicit: bool, values: dict[int, bytes] | None, depth: int) -> int:
    """Walk elements from `at`, to the pixel data or to the end of the item; return where that is.

    `values` receives what is wanted; ``None`` within sequences, of which nothing is.
    """
    size = len(data)
    while at < size:
        if explicit:
            group, element, vr, length = _explicit(data, at)
            tag = group << 16 | element
            if group == 0xFFFE:
                if tag == ITEM_END and depth:
                    return at + 8
                raise Odd
            if vr in SHORT:
                start = at + 8
            elif vr in LONG:
                if tag in PIXEL_DATA and values is not None:
                    return at
                start, length = at + 12, _length(data, at + 8)[0]
            else:
                raise Odd
        else:
            group, element, length = _implicit(data, at)
            tag = group << 16 | element
            start = at + 8
            if group == 0xFFFE:
                if tag == ITEM_END and depth:
                    return at + 8
                raise Odd
            if tag in PIXEL_DATA and values is not None:
                return at
        if tag == FRAME_GROUPS:
            raise Odd
        if length == UNDEFINED:
            at = _sequence(data, start, explicit and vr != b"UN", depth + 1)
            continue
        at = start + length
        if values is not None and tag in WANTED:
            if at > size:
                return at
            values[tag] = data[start:at]
    return at


def _sequence(data: bytes, at: int, explicit: bool, depth: int) -> int:
    """Walk over a sequence of undefined length; return where it ends."""
    if depth > DEEPEST:
        raise Odd
    while True:
        group, element, length = _implicit(data, at)
        tag = group << 16 | element
        at += 8
        if tag == SEQUENCE_END:
            return at
        if tag != ITEM:
            raise Odd
        at = _elements(data, at, explicit, None, depth) if length == UNDEFINED else at + length
