"""VTK's XML polydata (.vtp) read with numpy alone: ascii, base64 and appended arrays, plain or compressed.

The format is VTK's own (VTK File Formats, kitware.com): an array is text, or a header of lengths and then bytes, in
base64 or raw behind an underscore.
"""

from __future__ import annotations

import base64
import binascii
import lzma
import re
import xml.etree.ElementTree as ET
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.casefile.course_in import Course, UnreadableTree

Array = NDArray[Any]

#: What a coronary tree never comes near, and a hostile file may.
MOST_BYTES, MOST_VALUES = 256 * 1024 * 1024, 20_000_000
NUMBERS = {
    **{
        f"{sign}{bits}": f"{code}{bits // 8}"
        for sign, code in (("Int", "i"), ("UInt", "u"))
        for bits in (8, 16, 32, 64)
    },
    "Float32": "f4",
    "Float64": "f8",
}
RADIUS_NAMES = ("MaximumInscribedSphereRadius", "Radius", "LumenRadius")
NAME_NAMES = ("Name", "Names", "Vessel", "VesselName", "Label", "Labels", "GroupName")
_DAMAGED = (
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    OverflowError,
    ET.ParseError,
    binascii.Error,
    zlib.error,
    lzma.LZMAError,
)


@dataclass(frozen=True, slots=True, eq=False)
class VtpLines:
    """The lines of a file as they are written there.

    Attributes
    ----------
    courses : tuple of Course
        In the file's own directions, not yet LPS.
    space : str or None
        ``"LPS"`` or ``"RAS"`` where the file tells it.
    """

    courses: tuple[Course, ...]
    space: str | None


def read_vtp(path: Path) -> VtpLines:
    """Read the lines of a .vtp file with their radius, names, parents and guesses.

    Raises
    ------
    UnreadableTree
        If it cannot be read, is damaged or hostile, or is compressed in a way that only VTK knows.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UnreadableTree(path, "it is larger than any coronary tree")
        content = path.read_bytes()
    except OSError as problem:
        raise UnreadableTree(path, problem.strerror or "the disc refuses it") from problem
    try:
        return _lines(_Document(path, content))
    except _DAMAGED as problem:
        raise UnreadableTree(path, "it is cut short, damaged or no file of VTK") from problem


class _Document:
    """The parsed XML and the bytes behind it."""

    def __init__(self, path: Path, content: bytes) -> None:
        self.path = path
        text, self._appended, encoding = _without_appended(content)
        if b"\0" in text or re.search(rb"<!(DOCTYPE|ENTITY)", text, re.IGNORECASE):
            raise UnreadableTree(path, "it holds more than an XML file of points has to hold")
        self.space = next((m.group(1).decode() for m in re.finditer(rb"SPACE\s*=\s*(LPS|RAS)", text)), None)
        self.root = ET.fromstring(text)
        if self.root.tag != "VTKFile" or self.root.get("type") != "PolyData":
            raise UnreadableTree(path, "it is no polydata file of VTK")
        self._raw = encoding == b"raw"
        self._order = ">" if self.root.get("byte_order") == "BigEndian" else "<"
        self._word = np.dtype(self._order + ("u8" if self.root.get("header_type") == "UInt64" else "u4"))
        self._compressor = self.root.get("compressor", "")

    def array(self, element: ET.Element | None) -> Array:
        """Return the numbers of a <DataArray> or the bytes of a string <Array>, flat; empty for ``None``."""
        if element is None:
            return np.empty(0)
        kind, form = element.attrib["type"], element.get("format", "ascii")
        text_kind = kind == "String"
        dtype = np.dtype("u1") if text_kind else np.dtype(self._order + NUMBERS[kind])
        if form == "ascii":
            words = "".join(element.itertext() if len(element) == 0 else [element.text or ""]).split()
            if len(words) > MOST_VALUES:
                raise UnreadableTree(self.path, "it is larger than any coronary tree")
            whole = np.array(words, dtype=np.int64 if dtype.kind in "iu" else np.float64)
            return whole.astype(dtype.newbyteorder("="))
        if form == "appended":
            data, raw = self._appended[int(element.attrib["offset"]) :], self._raw
        else:
            data, raw = "".join((element.text or "").split()).encode("ascii"), False
        found = self._unpacked(_Stream(data, raw))
        return np.frombuffer(found[: len(found) // dtype.itemsize * dtype.itemsize], dtype).astype(
            dtype.newbyteorder("=")
        )

    def texts(self, element: ET.Element | None) -> list[str]:
        """Return the strings of a string <Array>."""
        if element is None:
            return []
        whole = self.array(element).astype(np.uint8).tobytes()
        return [part.decode("utf-8", "replace").strip() for part in whole.rstrip(b"\0").split(b"\0")]

    def _unpacked(self, stream: _Stream) -> bytes:
        width = self._word.itemsize
        if not self._compressor:
            (count,) = np.frombuffer(stream.take(width), self._word)
            return self._limited(stream.rest_of_block(int(count), width))
        n_blocks = int(np.frombuffer(stream.peek(width), self._word)[0])
        if n_blocks > MOST_VALUES:
            raise UnreadableTree(self.path, "it is larger than any coronary tree")
        header = np.frombuffer(stream.take((3 + n_blocks) * width), self._word).astype(np.int64)
        self._limited(b"", int(header[1]) * n_blocks)
        lengths = header[3:]
        packed = stream.take(int(lengths.sum()))
        parts, at = [], 0
        for length in lengths:
            parts.append(self._inflated(packed[at : at + length], int(header[1]) or int(header[2])))
            at += length
        return b"".join(parts)

    def _inflated(self, packed: bytes, most: int) -> bytes:
        if self._compressor == "vtkZLibDataCompressor":
            return zlib.decompressobj().decompress(packed, max(most, 1))
        if self._compressor == "vtkLZMADataCompressor":
            return lzma.LZMADecompressor().decompress(packed, max(most, 1))
        raise UnreadableTree(
            self.path, f"it is compressed by {self._compressor}", "Save it again with zlib or without compression."
        )

    def _limited(self, data: bytes, count: int = 0) -> bytes:
        if max(len(data), count) > MOST_BYTES:
            raise UnreadableTree(self.path, "it is larger than any coronary tree")
        return data


class _Stream:
    """Bytes of one array, raw or in base64, where header and data may be encoded apart."""

    def __init__(self, data: bytes, raw: bool) -> None:
        self._data, self._raw, self._at = data, raw, 0

    def peek(self, count: int) -> bytes:
        here = self._at
        found = self.take(count)
        self._at = here
        return found

    def take(self, count: int) -> bytes:
        """Return `count` bytes that were encoded by themselves (in base64, a whole number of fours)."""
        length = count if self._raw else 4 * -(-count // 3)
        part = self._data[self._at : self._at + length]
        self._at += length
        found = part if self._raw else base64.b64decode(part)
        if len(found) < count:
            raise ValueError("cut short")
        return found[:count]

    def rest_of_block(self, count: int, header: int) -> bytes:
        """Return `count` bytes after a header that was encoded apart, or together with them."""
        if self._raw or self._data[self._at - 1 : self._at] == b"=":
            return self.take(count)
        self._at = 0
        return self.take(header + count)[header:]


def _without_appended(content: bytes) -> tuple[bytes, bytes, bytes]:
    """Return the XML without what is appended, what is appended, and how that is encoded."""
    start = content.find(b"<AppendedData")
    if start < 0:
        return content, b"", b""
    opened = content.index(b">", start) + 1
    encoding = re.search(rb'encoding\s*=\s*"(\w+)"', content[start:opened])
    first, last = content.index(b"_", opened) + 1, content.rindex(b"</AppendedData>")
    kind = encoding.group(1) if encoding else b"base64"
    data = content[first:last]
    return content[:opened] + content[last:], data if kind == b"raw" else data.strip(), kind


def _named(group: ET.Element | None, names: tuple[str, ...]) -> ET.Element | None:
    """Return the array of a group by its name, the first of `names` that is there."""
    found = {(element.get("Name") or "").lower(): element for element in (group if group is not None else ())}
    return next((found[name.lower()] for name in names if name.lower() in found), None)


def _lines(document: _Document) -> VtpLines:
    courses: list[Course] = []
    told = document.texts(_named(document.root.find("PolyData/FieldData"), ("SPACE",)))
    space = told[0] if told and told[0] in ("LPS", "RAS") else document.space
    for piece in document.root.iterfind("PolyData/Piece"):
        courses += _piece(document, piece)
    return VtpLines(tuple(courses), space)


def _piece(document: _Document, piece: ET.Element) -> list[Course]:
    points = document.array(piece.find("Points/DataArray")).astype(float).reshape(-1, 3)
    at_points, at_cells = piece.find("PointData"), piece.find("CellData")
    radius = _per(document, at_points, RADIUS_NAMES, len(points))
    guess = _per(document, at_points, ("Inferred",), len(points))
    sure = _per(document, at_points, ("Confidence",), len(points))
    nodes = document.array(_named(piece.find("Lines"), ("connectivity",))).astype(np.int64)
    ends = document.array(_named(piece.find("Lines"), ("offsets",))).astype(np.int64)
    vertices = int(piece.get("NumberOfVerts") or 0)
    if not np.isfinite(points).all() or (nodes < 0).any() or (nodes >= len(points)).any():
        raise ValueError("points that are none")
    names = _words(document, at_cells, NAME_NAMES, vertices)
    parents = _words(document, at_cells, ("Parent",), vertices)
    # VMTK's branch extractor cuts its lines into tracts: of one line, in order, they are that line again.
    whole = _per(document, at_cells, ("CenterlineIds",), vertices + len(ends))
    tract = _per(document, at_cells, ("TractIds",), vertices + len(ends))
    cells = [nodes[a:b] for a, b in zip(np.r_[0, ends[:-1]], ends)]
    if whole is not None and tract is not None:
        order = np.lexsort((tract[vertices:], whole[vertices:]))
        lines = whole[vertices:][order]
        groups = np.split(order, np.flatnonzero(np.diff(lines)) + 1) if len(order) else []
        cells = [np.concatenate([cells[n] for n in group]) for group in groups]
        names, parents = [], []
    return [
        Course(
            points[cell],
            None if radius is None else radius[cell],
            names[n] if n < len(names) else "",
            parents[n] if n < len(parents) else None,
            None if guess is None else guess[cell] > 0.5,
            None if sure is None else sure[cell],
        )
        for n, cell in enumerate(cells)
    ]


def _per(document: _Document, group: ET.Element | None, names: tuple[str, ...], count: int) -> Array | None:
    """Return an array with one number for each of `count` points or cells, ``None`` if there is none."""
    element = _named(group, names)
    if element is None or element.get("type") == "String":
        return None
    values = document.array(element).astype(float)
    return values if len(values) == count and np.isfinite(values).all() else None


def _words(document: _Document, group: ET.Element | None, names: tuple[str, ...], before: int) -> list[str]:
    element = _named(group, names)
    return document.texts(element)[before:] if element is not None and element.get("type") == "String" else []
