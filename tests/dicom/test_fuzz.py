"""Thousands of damaged files: always a study or a sentence, never a crash, never a hang."""

from __future__ import annotations

import random
import zlib  # noqa: F401 (before gdcm, which corrupts memory the other way round)
from collections.abc import Iterator

import gdcm
import numpy as np
import pydicom
import pytest

from viewer.dicom import read, scan, thumbnail
from viewer.dicom.series import Study
from viewer.errors import UnreadableStudy

IMPLICIT, EXPLICIT, BIG, DEFLATED = (
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.1.99",
)
JPEG_LOSSLESS = "1.2.840.10008.1.2.4.70"
ENCODERS = {
    "1.2.840.10008.1.2.5": "pylibjpeg",
    "1.2.840.10008.1.2.4.80": "pyjpegls",
    "1.2.840.10008.1.2.4.90": "pylibjpeg",
}
MUTATIONS_EACH = 700

pytestmark = pytest.mark.filterwarnings("ignore")


def in_syntax(path, syntax):
    """Rewrite a file in another transfer syntax."""
    if syntax == JPEG_LOSSLESS:
        reader, change, writer = gdcm.ImageReader(), gdcm.ImageChangeTransferSyntax(), gdcm.ImageWriter()
        reader.SetFileName(str(path))
        assert reader.Read()
        change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGLosslessProcess14_1))
        change.SetInput(reader.GetImage())
        assert change.Change()
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        writer.SetFileName(str(path))
        assert writer.Write()
        return
    dataset = pydicom.dcmread(path)
    if syntax in ENCODERS:
        dataset.compress(syntax, encoding_plugin=ENCODERS[syntax], generate_instance_uid=False)
    elif syntax == BIG:
        dataset.PixelData = np.frombuffer(dataset.PixelData, "<i2").astype(">i2").tobytes()
    dataset.file_meta.TransferSyntaxUID = syntax
    pydicom.dcmwrite(path, dataset, enforce_file_format=True)


def mutations(data: bytes, seed: int) -> Iterator[bytes]:
    """Yield damaged copies: flipped and lost and foreign bytes, wild lengths, early ends."""
    chance = random.Random(seed)
    header = max(data.rfind(b"\xe0\x7f\x10\x00"), 200)
    for number in range(MUTATIONS_EACH):
        damaged = bytearray(data)
        for _ in range(chance.choice((1, 1, 2, 5, 20))):
            at = chance.randrange(128, header) if chance.random() < 0.9 else chance.randrange(len(damaged))
            kind = number % 7
            if kind == 0:
                damaged[at % len(damaged)] ^= 1 << chance.randrange(8)
            elif kind == 1:
                damaged[at % len(damaged)] = chance.choice((0, 0xFF, 0x7F, 0x20, 0x5C))
            elif kind == 2:
                del damaged[at : at + chance.choice((1, 2, 7, 40))]
            elif kind == 3:
                damaged[at:at] = chance.randbytes(chance.choice((1, 2, 8)))
            elif kind == 4:
                damaged[at : at + 4] = chance.choice((b"\xff\xff\xff\xff", b"\xfe\xff\xff\x7f", bytes(4)))
            elif kind == 5:
                source = chance.randrange(128, header)
                damaged[at : at + 16] = damaged[source : source + 16]
            else:
                del damaged[chance.randrange(1, len(damaged)) :]
                break
        yield bytes(damaged)


def outcome(path) -> Study | UnreadableStudy:
    """Open, read and draw everything; whatever is raised beside a sentence fails the test."""
    try:
        study = scan(path)
        for series in study.series:
            for work in (read, thumbnail):
                try:
                    work(series)
                except UnreadableStudy as error:
                    assert error.what and error.advice
    except UnreadableStudy as error:
        assert error.what.endswith(".") and error.advice.endswith(".")
        return error
    return study


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG, DEFLATED, JPEG_LOSSLESS, *ENCODERS])
def test_that_a_damaged_file_is_read_or_refused_in_a_sentence(make_series, make_volume, syntax):
    source = make_volume((3, 34, 36), contrast_agent="iodine", phase_percent=75.0)
    folder = make_series(source=source)
    for file in folder.iterdir():
        in_syntax(file, syntax)
    assert len(scan(folder).series) == 1 and np.array_equal(read(scan(folder).series[0]).hu, source.hu)
    victim = folder / "IM0001.dcm"
    whole = victim.read_bytes()
    read_in_full = 0
    for damaged in mutations(whole, seed=len(syntax)):
        victim.write_bytes(damaged)
        result = outcome(folder)
        assert isinstance(result, Study)  # two whole pictures are left
        assert sum(series.image_count for series in result.series) + len(result.unused) >= 3
        read_in_full += any(series.image_count == 3 for series in result.series)
    assert read_in_full  # some damage does no harm


def test_that_a_file_cut_at_any_byte_is_refused_in_a_sentence(make_series, make_volume):
    folder = make_series(source=make_volume((2, 4, 4)))
    victim = folder / "IM0001.dcm"
    whole = victim.read_bytes()
    for length in range(0, len(whole), 2):
        victim.write_bytes(whole[:length])
        result = outcome(victim)
        assert isinstance(result, UnreadableStudy), length
