from __future__ import annotations

import struct
import zipfile

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence

from viewer.dicom import archive, read, scan, thumbnail
from viewer.errors import UnreadableStudy

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def test_that_a_place_that_is_not_there_is_said(tmp_path):
    with pytest.raises(UnreadableStudy, match="is not there"):
        scan(tmp_path / "nowhere")


def test_that_an_empty_folder_is_said(tmp_path):
    with pytest.raises(UnreadableStudy, match="holds no files"):
        scan(tmp_path)


def test_that_no_choice_at_all_is_said():
    with pytest.raises(UnreadableStudy, match="No file was chosen"):
        scan([])


@pytest.fixture
def denied(monkeypatch):
    """Make the system refuse to open files of a name, as it does for files of others (which root never sees)."""
    real_open = open

    def deny(name, error):

        def refusing(path, *args, **kwargs):
            if isinstance(path, str) and path.endswith(name):
                raise error
            return real_open(path, *args, **kwargs)

        monkeypatch.setattr("builtins.open", refusing)

    return deny


def test_that_a_file_without_permission_is_counted_with_its_reason(make_series, denied):
    folder = make_series()
    denied("IM0000.dcm", PermissionError(13, "Permission denied"))
    study = scan(folder)
    assert [file.reason for file in study.unused] == ["no permission to read it"]


def test_that_a_disc_pulled_out_between_scan_and_read_gives_one_sentence(make_series, denied):
    series = scan(make_series()).series[0]
    denied("IM0003.dcm", OSError(5, "Input/output error"))
    with pytest.raises(UnreadableStudy, match=r"IM0003.dcm cannot be read any more \(input/output error\)") as caught:
        read(series)
    assert "nothing of the series was loaded" in caught.value.what and "Check the disc" in caught.value.advice


def test_that_a_file_that_vanished_gives_one_sentence(make_series):
    folder = make_series()
    series = scan(folder).series[0]
    (folder / "IM0012.dcm").unlink()
    with pytest.raises(UnreadableStudy, match=r"IM0012\.dcm cannot be read any more"):
        read(series)
    with pytest.raises(UnreadableStudy, match=r"IM0012\.dcm"):
        thumbnail(series)


def test_that_a_file_that_shrank_gives_one_sentence(make_series):
    folder = make_series()
    series = scan(folder).series[0]
    file = folder / "IM0005.dcm"
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(UnreadableStudy, match=r"IM0005\.dcm is cut short"):
        read(series)


def test_that_pixels_shorter_than_announced_are_cut_short(make_series, volume):
    def short(dataset, k):
        if k == 4:
            dataset.PixelData = dataset.PixelData[:100]
            dataset.add_new(0xFFFCFFFC, "OB", bytes(4000))

    with pytest.raises(UnreadableStudy, match=r"IM0004\.dcm is cut short"):
        read(scan(make_series(short)).series[0])


def test_that_a_syntax_that_is_a_lie_gives_a_sentence(make_series):
    folder = make_series()
    for file in folder.iterdir():
        data = file.read_bytes()
        file.write_bytes(data.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.5\0", 1))
    series = scan(folder).series[0]
    assert series.transfer_syntax == "RLE"
    with pytest.raises(UnreadableStudy, match=r"damaged|cut short"):
        read(series)


@pytest.mark.parametrize(
    "syntax", ["1.2.840.10008.1.2.4.53", "1.2.840.10008.1.2.4.55", "1.2.840.10008.1.2.4.100", "1.2.3"]
)
def test_that_a_syntax_that_is_not_decoded_is_refused_politely(make_series, syntax):
    def change(dataset, k):
        dataset.PixelData = pydicom.encaps.encapsulate([bytes(64)])
        dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = "OB", True
        dataset.file_meta.TransferSyntaxUID = syntax

    series = scan(make_series(change)).series[0]
    assert not series.readable and "export the series again" in series.reasons[0]
    with pytest.raises(UnreadableStudy, match="not decoded here"):
        read(series)
    with pytest.raises(UnreadableStudy):
        thumbnail(series)


@pytest.mark.parametrize(
    "missing",
    [
        "SeriesInstanceUID",
        "StudyInstanceUID",
        "SOPInstanceUID",
        "ImageType",
        "FrameOfReferenceUID",
        "BitsStored",
        "PixelRepresentation",
        "SamplesPerPixel",
        "PhotometricInterpretation",
        "HighBit",
    ],
)
def test_that_a_missing_tag_that_can_be_done_without_does_no_harm(make_series, missing, volume):
    series = scan(make_series(lambda dataset, k: delattr(dataset, missing))).series[0]
    assert series.image_count == 24
    if missing != "PixelRepresentation":
        assert np.array_equal(read(series).hu, volume.hu)


@pytest.mark.parametrize("missing", ["Rows", "Columns", "PixelData"])
def test_that_a_file_without_a_picture_is_told_as_such(make_series, missing):
    with pytest.raises(UnreadableStudy, match="without a picture"):
        scan(make_series(lambda dataset, k: delattr(dataset, missing)))


def test_that_a_coloured_capture_is_refused(make_series):
    def coloured(dataset, k):
        dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, "RGB", 0
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
        dataset.PixelData = bytes(12 * 10 * 3)

    series = scan(make_series(coloured)).series[0]
    assert not series.readable and "coloured" in series.reasons[0]


# ---- archives and discs


def zipped(folder, path, extra=()):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive_file:
        for file in sorted(folder.iterdir()):
            archive_file.write(file, f"STUDY/SER1/{file.name}")
        for name, data in extra:
            archive_file.writestr(name, data)
    return path


def test_that_a_zip_is_opened_like_a_folder(make_series, volume, tmp_path):
    study = scan(zipped(make_series(), tmp_path / "study.zip", [("beach.jpg", b"\xff\xd8" + bytes(300))]))
    assert np.array_equal(read(study.series[0]).hu, volume.hu)
    assert study.file_count == 25 and study.unused[0].path == "beach.jpg"


def test_that_the_unpacked_copy_goes_with_the_study(make_series, tmp_path):
    import gc
    from pathlib import Path

    study = scan(zipped(make_series(), tmp_path / "study.zip"))
    copy = Path(study.series[0].stack.pictures[0].path)
    assert copy.exists()
    del study
    gc.collect()
    assert not copy.exists()


@pytest.mark.parametrize("name", ["../evil.dcm", "/etc/evil.dcm", "a/../../evil.dcm", "C:/evil.dcm", "..\\evil.dcm"])
def test_that_a_zip_with_names_that_point_outside_is_refused(make_series, tmp_path, name):
    with pytest.raises(UnreadableStudy, match="points outside"):
        scan(zipped(make_series(), tmp_path / "study.zip", [(name, bytes(200))]))


def test_that_a_zip_with_a_link_is_refused(make_series, tmp_path):
    path = zipped(make_series(), tmp_path / "study.zip")
    link = zipfile.ZipInfo("link.dcm")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "a") as archive_file:
        archive_file.writestr(link, "/etc/passwd")
    with pytest.raises(UnreadableStudy, match="points outside"):
        scan(path)


def test_that_a_zip_bomb_is_refused_before_it_unpacks(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "HARMLESS_BYTES", 1 << 20)
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive_file:
        archive_file.writestr("zeros.dcm", bytes(8 << 20))
    with pytest.raises(UnreadableStudy, match="times its size"):
        scan(path)


def test_that_a_zip_larger_than_the_disk_is_refused(make_series, tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MOST_BYTES", 1000)
    with pytest.raises(UnreadableStudy, match="Make room"):
        scan(zipped(make_series(), tmp_path / "study.zip"))


def test_that_a_zip_cut_in_the_middle_is_a_damaged_archive(make_series, tmp_path):
    path = zipped(make_series(), tmp_path / "study.zip")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UnreadableStudy, match="damaged archive"):
        scan(path)


def test_that_a_zip_packed_in_an_unknown_way_is_not_called_locked(make_series, tmp_path):
    path = zipped(make_series(), tmp_path / "study.zip")
    data = bytearray(path.read_bytes())
    deflate64 = (9).to_bytes(2, "little")
    for signature, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        at = data.find(signature)
        data[at + offset : at + offset + 2] = deflate64
    path.write_bytes(data)
    with pytest.raises(UnreadableStudy, match="packed in a way"):
        scan(path)


def test_that_a_zip_with_a_password_is_said_to_be_locked(make_series, tmp_path):
    path = zipped(make_series(), tmp_path / "study.zip")
    data = bytearray(path.read_bytes())
    at = 0
    while (at := data.find(b"PK\x01\x02", at)) >= 0:
        data[at + 8] |= 1
        at += 4
    path.write_bytes(data)
    with pytest.raises(UnreadableStudy, match="password"):
        scan(path)


def dicomdir(folder, names):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = "1.2.840.10008.1.3.10", "1.2.3"
    meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    directory = FileDataset(str(folder / "DICOMDIR"), Dataset(), file_meta=meta, preamble=bytes(128))
    directory.SOPClassUID = "1.2.840.10008.1.3.10"
    records = []
    for name in names:
        record = Dataset()
        record.DirectoryRecordType, record.ReferencedFileID = "IMAGE", name
        records.append(record)
    directory.DirectoryRecordSequence = Sequence(records)
    directory.save_as(folder / "DICOMDIR", enforce_file_format=True)
    return folder / "DICOMDIR"


def test_that_a_dicomdir_opens_what_it_names_whatever_the_case_of_names(make_series, volume, tmp_path):
    make_series()
    names = [["SERIES", f"IM{k:04d}.DCM"] for k in range(24)]
    study = scan(dicomdir(tmp_path, names))
    assert np.array_equal(read(study.series[0]).hu, volume.hu)


def test_that_files_that_a_dicomdir_names_in_vain_are_told(make_series, tmp_path):
    make_series()
    names = [["series", f"IM{k:04d}.dcm"] for k in range(26)] + [["..", "..", "etc", "passwd"]]
    study = scan(dicomdir(tmp_path, names))
    assert "names 3 files that are not on the disc" in study.findings[0].text
    assert study.series[0].image_count == 24 and len(study.unused) == 3


def test_that_a_folder_with_a_dicomdir_is_scanned_whole(make_series, tmp_path):
    make_series()
    dicomdir(tmp_path, [["series", "IM0000.dcm"]])
    study = scan(tmp_path)
    assert study.series[0].image_count == 24
    assert [file.reason for file in study.unused] == ["table of contents (DICOMDIR)"]


def test_that_a_damaged_dicomdir_is_said(tmp_path):
    (tmp_path / "DICOMDIR").write_bytes(b"not one at all")
    with pytest.raises(UnreadableStudy, match="damaged table of contents"):
        scan(tmp_path / "DICOMDIR")


def test_that_a_deflated_bomb_does_not_inflate(make_series, tmp_path):
    import zlib

    squeeze = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    file = next(make_series().iterdir())
    dataset = pydicom.dcmread(file)
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1.99"
    dataset.save_as(file, enforce_file_format=True)
    data = file.read_bytes()
    length = struct.unpack("<I", data[140:144])[0]
    body = zlib.decompress(data[144 + length :], -zlib.MAX_WBITS)
    tail = squeeze.compress(body + bytes(300 << 20)) + squeeze.flush()
    file.write_bytes(data[: 144 + length] + tail)
    try:
        study = scan(file)
    except UnreadableStudy as error:
        assert error.what and error.advice
    else:
        assert study.series
