"""Stored values of one picture, whatever its transfer syntax: where its bytes are, and which decoder takes them.

The decoder of each syntax is chosen here, never left to what happens to be installed: the fastest of those that survive
damaged files (ms of one core for a slice of 512 × 512: JPEG lossless SimpleITK 3.6, GDCM 5.2; JPEG 2000 OpenJPEG 18 to
27, GDCM and SimpleITK a tenth more; JPEG-LS CharLS 4.7, SimpleITK 5.4; RLE pylibjpeg 0.4, pydicom 3).

python-gdcm is not used: a damaged JPEG ends the whole program in it (a C++ exception that nobody catches), and imported
before Python's zlib it lends that its own copy of the library, which corrupts memory.
"""

from __future__ import annotations

import os
import struct
import tempfile
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from viewer.dicom.series import SYNTAX_NAMES, Picture, PixelLayout
from viewer.dicom.tag_walk import MoreNeeded, Odd, pixels_in
from viewer.dicom.tags import DEFLATED, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE
from viewer.errors import UnreadableStudy

NATIVE = frozenset((IMPLICIT_LITTLE, EXPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED))

DECODERS = {
    "1.2.840.10008.1.2.4.50": "SimpleITK",
    "1.2.840.10008.1.2.4.51": "SimpleITK",
    "1.2.840.10008.1.2.4.57": "SimpleITK",
    "1.2.840.10008.1.2.4.70": "SimpleITK",
    "1.2.840.10008.1.2.4.80": "CharLS",
    "1.2.840.10008.1.2.4.81": "CharLS",
    "1.2.840.10008.1.2.4.90": "pylibjpeg",
    "1.2.840.10008.1.2.4.91": "pylibjpeg",
    "1.2.840.10008.1.2.4.201": "pylibjpeg",
    "1.2.840.10008.1.2.4.202": "pylibjpeg",
    "1.2.840.10008.1.2.4.203": "pylibjpeg",
    "1.2.840.10008.1.2.5": "pylibjpeg",
}

ITEM, ITEM_END = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"
UNDEFINED = 0xFFFFFFFF
#: No header is longer; a deflated file may not inflate to more than this and its pixels.
LONGEST_HEADER = 64 * 1024**2

COPY_ADVICE = "Copy the study again from where it came, and open the copy."


class CutShort(Exception):
    """The file ends before its picture does."""


def stored_values(picture: Picture) -> NDArray[np.integer]:
    """Return the stored values of a picture, shape (rows, columns), of the type that its header announces.

    Raises
    ------
    UnreadableStudy
        If the file is cut short, damaged, gone, or compressed in a way that is not decoded here.
    """
    layout = picture.layout
    try:
        with open(picture.path, "rb") as file:  # noqa: PTH123 (once per slice)
            if layout.syntax == DEFLATED:
                return _native(_inflated(file, picture), 0, picture)
            start, length = pixel_span(file, picture)
            if layout.syntax in NATIVE:
                size = layout.frame_bytes
                if length != UNDEFINED and length < size * layout.frames:
                    raise CutShort
                file.seek(start + picture.frame * size)
                return _native(file.read(size), 0, picture)
            stream = _codestream(file, start, picture)
    except OSError as error:
        raise gone(picture, error) from error
    except CutShort as error:
        raise cut_short(picture) from error
    except (ValueError, struct.error, zlib.error) as error:
        raise damaged(picture) from error
    return _decompressed(stream, picture)


def pixel_span(file: BinaryIO, picture: Picture) -> tuple[int, int]:
    """Return where the value of the pixel data element begins, and its length (`UNDEFINED` if encapsulated).

    Raises
    ------
    CutShort
        If the file ends before.
    ValueError
        If there is no pixel data element at the place where the header ended.
    """
    file.seek(picture.pixels_at or 0)
    head = file.read(12)
    if len(head) < 12:
        raise CutShort
    little = picture.layout.syntax != EXPLICIT_BIG
    order = "<" if little else ">"
    if struct.unpack(order + "HH", head[:4]) != (0x7FE0, 0x0010):
        raise ValueError("no pixel data where the header ends")
    # A length is even, "OB", "OW" and "UN" read as one are odd: so this tells explicit from implicit for certain.
    if head[4:6] in (b"OB", b"OW", b"UN"):
        return (picture.pixels_at or 0) + 12, int(struct.unpack(order + "I", head[8:12])[0])
    return (picture.pixels_at or 0) + 8, int(struct.unpack(order + "I", head[4:8])[0])


def raw_type(picture: Picture) -> np.dtype[np.integer]:
    """Return the type of the stored values, in this machine's byte order."""
    layout = picture.layout
    return np.dtype(f"{'i' if layout.signed else 'u'}{layout.bits_allocated // 8}")


def cut_short(picture: Picture) -> UnreadableStudy:
    """Return the error for a file that ends too early."""
    return UnreadableStudy(f"{picture.called} is cut short: its picture ends in the middle.", COPY_ADVICE)


def damaged(picture: Picture) -> UnreadableStudy:
    """Return the error for a file whose picture makes no sense."""
    how = SYNTAX_NAMES.get(picture.layout.syntax, picture.layout.syntax)
    return UnreadableStudy(f"{picture.called} is damaged: its picture ({how}) cannot be decoded.", COPY_ADVICE)


def gone(picture: Picture, error: OSError) -> UnreadableStudy:
    """Return the error for a file that could not be read."""
    reason = (error.strerror or type(error).__name__).lower()
    return UnreadableStudy(
        f"{picture.called} cannot be read any more ({reason}); nothing of the series was loaded.",
        "Check the disc, the network or the permissions, copy the study to this computer and open the copy.",
    )


def _native(data: bytes, start: int, picture: Picture) -> NDArray[np.integer]:
    layout = picture.layout
    if layout.syntax == DEFLATED:
        start = picture.frame * layout.frame_bytes
    if len(data) < start + layout.frame_bytes:
        raise CutShort
    kind = raw_type(picture)
    if layout.syntax == EXPLICIT_BIG:
        kind = kind.newbyteorder(">")
    count = layout.rows * layout.columns
    values = np.frombuffer(data, kind, count, start).reshape(layout.rows, layout.columns)
    return values.astype(raw_type(picture))


def _inflated(file: BinaryIO, picture: Picture) -> bytes:
    """Return the pixel data of a deflated file; no more is inflated than the picture needs."""
    file.seek(132)
    head = file.read(12)
    if head[:8] != b"\x02\x00\x00\x00UL\x04\x00":
        raise ValueError("a deflated file without the length of its file meta group")
    file.seek(144 + int(struct.unpack("<I", head[8:])[0]))
    wanted = LONGEST_HEADER + picture.layout.frame_bytes * picture.layout.frames
    data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(file.read(), wanted)
    try:
        at = pixels_in(data)
    except (MoreNeeded, Odd) as error:
        raise ValueError("no pixel data in the inflated file") from error
    return data[at + 12 :]


def _codestream(file: BinaryIO, start: int, picture: Picture) -> bytes:
    """Return the compressed bytes of one frame, after making sure that the file is whole."""
    size = os.fstat(file.fileno()).st_size
    fragments: list[tuple[int, int]] = []
    at = start
    while True:
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            raise CutShort
        if head[:4] == ITEM_END:
            break
        length = int(struct.unpack("<I", head[4:])[0])
        if head[:4] != ITEM:
            raise ValueError("no fragment where one should begin")
        at += 8 + length
        if at > size:
            raise CutShort
        fragments.append((at - length, length))
    if len(fragments) < 2:
        raise CutShort
    frames = picture.layout.frames
    if frames == 1:
        wanted = fragments[1:]
    elif len(fragments) - 1 == frames:
        wanted = fragments[1 + picture.frame : 2 + picture.frame]
    else:
        import pydicom  # noqa: F401 - whole, before its parts: two threads that import a part each would meet half-way
        from pydicom.encaps import get_frame

        file.seek(start)
        return get_frame(file, picture.frame, number_of_frames=frames)
    parts = []
    for offset, length in wanted:
        file.seek(offset)
        parts.append(file.read(length))
    return b"".join(parts)


def _decompressed(stream: bytes, picture: Picture) -> NDArray[np.integer]:
    layout = picture.layout
    plugin = DECODERS.get(layout.syntax)
    if plugin is None:
        name = SYNTAX_NAMES.get(layout.syntax, f"transfer syntax {layout.syntax}")
        raise UnreadableStudy(
            f"{picture.called} is compressed as {name}, which is not decoded here.",
            "Export the series again, uncompressed or as JPEG 2000 or JPEG-LS.",
        )
    decode = {"SimpleITK": _with_simpleitk, "CharLS": _with_charls, "pylibjpeg": _with_pylibjpeg}[plugin]
    try:
        values = decode(stream, picture)
    except (KeyboardInterrupt, SystemExit, ImportError):
        raise
    except BaseException as error:
        # Each decoder has exceptions of its own, and a panic of the one written in Rust is no Exception.
        raise damaged(picture) from error
    if values.shape != (layout.rows, layout.columns):
        raise damaged(picture)
    return np.ascontiguousarray(values, dtype=raw_type(picture))


def _with_charls(stream: bytes, picture: Picture) -> NDArray[np.integer]:
    """Decode JPEG-LS; without pydicom, whose import would cost a worker as much as fifty slices."""
    import jpeg_ls  # type: ignore[import-untyped]

    buffer, info = jpeg_ls.decode_pixel_data(stream)
    kind = raw_type(picture) if info["bits_per_sample"] > 8 else np.dtype("u1")
    return np.frombuffer(buffer, kind).reshape(info["height"], info["width"])


def _with_pylibjpeg(stream: bytes, picture: Picture) -> NDArray[np.integer]:
    """Decode JPEG 2000 and RLE."""
    import pydicom  # noqa: F401 - whole, before its parts: two threads that import a part each would meet half-way
    from pydicom.encaps import encapsulate
    from pydicom.pixels import get_decoder

    layout = picture.layout
    values, _ = get_decoder(layout.syntax).as_array(
        encapsulate([stream]),
        index=0,
        raw=True,
        decoding_plugin="pylibjpeg",
        rows=layout.rows,
        columns=layout.columns,
        samples_per_pixel=layout.samples,
        photometric_interpretation=layout.photometric,
        bits_allocated=layout.bits_allocated,
        bits_stored=layout.bits_stored,
        pixel_representation=int(layout.signed),
        number_of_frames=1,
        pixel_keyword="PixelData",
        planar_configuration=0,
    )
    return np.asarray(values)


def _with_simpleitk(stream: bytes, picture: Picture) -> NDArray[np.integer]:
    """Decode the older JPEGs.

    SimpleITK wants a file and applies slope and intercept. A plain file is given to it as it is, and the whole-numbered
    intercept taken off again; for any other, one is written that holds this frame and nothing else.
    """
    layout = picture.layout
    slope, intercept = picture.slope, picture.intercept or 0.0
    plain = layout.frames == 1 and layout.samples == 1 and layout.photometric == "MONOCHROME2"
    if plain and slope in (None, 1.0) and intercept == int(intercept):
        return _itk_values(picture.path, layout) - np.int32(intercept)
    with tempfile.TemporaryDirectory(prefix="cto-viewer-") as folder:
        path = Path(folder) / "frame.dcm"
        _write_frame(stream, layout, path)
        return _itk_values(str(path), layout)


def _itk_values(path: str, layout: PixelLayout) -> NDArray[np.integer]:
    import SimpleITK

    reader = SimpleITK.ImageFileReader()
    reader.SetImageIO("GDCMImageIO")
    reader.SetFileName(path)
    values = SimpleITK.GetArrayFromImage(reader.Execute())
    if values.size != layout.rows * layout.columns:
        raise ValueError("not as many pixels as announced")
    return np.asarray(values).reshape(layout.rows, layout.columns)


def _write_frame(stream: bytes, layout: PixelLayout, path: Path) -> None:
    """Write one compressed frame as a file of its own, without slope and intercept."""
    import pydicom  # noqa: F401 - whole, before its parts: two threads that import a part each would meet half-way
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.encaps import encapsulate
    from pydicom.uid import UID

    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(layout.syntax)
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "2.25.1"
    dataset.Modality = "OT"
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = layout.samples, layout.photometric
    dataset.Rows, dataset.Columns = layout.rows, layout.columns
    dataset.BitsAllocated, dataset.BitsStored = layout.bits_allocated, layout.bits_stored
    dataset.HighBit, dataset.PixelRepresentation = layout.high_bit, int(layout.signed)
    dataset.PixelData = encapsulate([stream])
    dataset["PixelData"].VR = "OB"
    dataset.save_as(path, enforce_file_format=True)
