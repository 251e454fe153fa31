"""Loading a study, side by side with what one would write with pydicom, GDCM or SimpleITK.

Run with ``pytest tests/benchmarks/test_loading.py --benchmark-only --benchmark-group-by=group``; the table of each
group gives the ratios. Every way of loading is checked once for giving the same Hounsfield units.
"""

from __future__ import annotations

import os
import zlib  # noqa: F401 (before gdcm, which corrupts memory the other way round)
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gdcm
import numpy as np
import pydicom
import pytest
import SimpleITK
from scipy.ndimage import gaussian_filter

from viewer.dicom import read, scan, write_series
from viewer.dicom.tags import WANTED
from viewer.model.geometry import Geometry
from viewer.model.volume import SeriesFacts, Volume
from viewer.progress import Cancelled

SLICES = int(os.environ.get("CTO_VIEWER_BENCHMARK_SLICES", "160"))
SYNTAXES = {
    "uncompressed": None,
    "RLE": gdcm.TransferSyntax.RLELossless,
    "JPEG lossless": gdcm.TransferSyntax.JPEGLosslessProcess14_1,
    "JPEG-LS": gdcm.TransferSyntax.JPEGLSLossless,
    "JPEG 2000": gdcm.TransferSyntax.JPEG2000Lossless,
}
COMPRESSED = [name for name in SYNTAXES if name != "uncompressed"]

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def volume() -> Volume:
    """Soft shapes and noise of 20 HU, which compresses as a CT does."""
    generator = np.random.default_rng(5)
    coarse = gaussian_filter(generator.normal(size=(SLICES // 8, 64, 64)), 2)
    shapes = np.kron(coarse / coarse.std() * 150, np.ones((8, 8, 8)))
    hu = (shapes + generator.normal(0, 20, shapes.shape)).clip(-1000, 2000).astype(np.int16)
    geometry = Geometry.from_axes(hu.shape, (-100, -100, 0), (0.5, 0.4, 0.4))
    return Volume(hu, geometry, SeriesFacts(description="CorCTA 75 %", contrast_agent="iodine"))


@pytest.fixture(scope="module")
def folders(volume, tmp_path_factory) -> dict[str, Path]:
    """The same series in every syntax."""
    root = tmp_path_factory.mktemp("loading")
    made = {"uncompressed": root / "uncompressed"}
    files = write_series(volume, made["uncompressed"])
    for name, syntax in SYNTAXES.items():
        if syntax is None:
            continue
        made[name] = root / name
        made[name].mkdir()
        for file in files:
            reader, change, writer = gdcm.ImageReader(), gdcm.ImageChangeTransferSyntax(), gdcm.ImageWriter()
            reader.SetFileName(str(file))
            assert reader.Read()
            change.SetTransferSyntax(gdcm.TransferSyntax(syntax))
            change.SetInput(reader.GetImage())
            assert change.Change()
            writer.SetFile(reader.GetFile())
            writer.SetImage(change.GetOutput())
            writer.SetFileName(str(made[name] / file.name))
            assert writer.Write()
    return made


def files_of(folder: Path) -> list[str]:
    return sorted(str(path) for path in folder.iterdir())


def with_viewer(folder):
    return read(scan(folder).series[0]).hu


def with_pydicom(folder):
    datasets = sorted((pydicom.dcmread(path) for path in files_of(folder)), key=lambda d: d.ImagePositionPatient[2])
    out = np.empty((len(datasets), datasets[0].Rows, datasets[0].Columns), np.int16)
    for plane, dataset in zip(out, datasets, strict=True):
        plane[:] = dataset.pixel_array * int(dataset.RescaleSlope) + int(dataset.RescaleIntercept)
    return out


def with_pydicom_in_two_threads(folder):
    def plane(path):
        dataset = pydicom.dcmread(path)
        values = dataset.pixel_array * int(dataset.RescaleSlope) + int(dataset.RescaleIntercept)
        return float(dataset.ImagePositionPatient[2]), values

    with ThreadPoolExecutor(2) as pool:
        planes = sorted(pool.map(plane, files_of(folder)), key=lambda pair: pair[0])
    return np.stack([values for _, values in planes]).astype(np.int16)


def with_simpleitk(folder):
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(SimpleITK.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder)))
    return SimpleITK.GetArrayFromImage(reader.Execute())


def with_gdcm(folder):
    planes = []
    for path in files_of(folder):
        reader = gdcm.ImageReader()
        reader.SetFileName(path)
        assert reader.Read()
        image = reader.GetImage()
        columns, rows = image.GetDimension(0), image.GetDimension(1)
        values = np.frombuffer(image.GetBuffer().encode("utf-8", "surrogateescape"), "<i2").reshape(rows, columns)
        planes.append((image.GetOrigin(2), values))
    return np.stack([values for _, values in sorted(planes, key=lambda pair: pair[0])])


WAYS = {
    "viewer": with_viewer,
    "pydicom": with_pydicom,
    "pydicom, 2 threads": with_pydicom_in_two_threads,
    "SimpleITK": with_simpleitk,
    "GDCM": with_gdcm,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", COMPRESSED)
def test_that_a_compressed_series_loads(benchmark, folders, volume, name, way):
    benchmark.group = name
    hu = benchmark.pedantic(WAYS[way], (folders[name],), rounds=3, warmup_rounds=0)
    assert np.array_equal(hu, volume.hu)


@pytest.mark.parametrize("way", WAYS)
def test_that_an_uncompressed_series_loads(benchmark, folders, volume, way):
    benchmark.group = "uncompressed, headers and pixels"
    hu = benchmark.pedantic(WAYS[way], (folders["uncompressed"],), rounds=5, warmup_rounds=1)
    assert np.array_equal(hu, volume.hu)


@pytest.mark.parametrize("way", ["viewer", "readinto"])
def test_that_the_pixels_of_an_uncompressed_series_load(benchmark, folders, volume, way):
    benchmark.group = "uncompressed, pixels alone"
    series = scan(folders["uncompressed"]).series[0]
    pictures = series.stack.pictures

    def with_readinto():
        out = np.empty(volume.hu.shape, np.int16)
        for plane, picture in zip(out, pictures, strict=True):
            with open(picture.path, "rb", buffering=0) as file:  # noqa: PTH123
                file.seek(picture.pixels_at + 12)
                file.readinto(plane.data)
        return out

    work = with_readinto if way == "readinto" else lambda: read(series).hu
    assert np.array_equal(benchmark.pedantic(work, rounds=9, warmup_rounds=2), volume.hu)


@pytest.mark.parametrize("way", ["viewer", "pydicom, specific tags", "pydicom", "GDCM series names"])
def test_that_headers_are_scanned(benchmark, folders, way):
    benchmark.group = "headers"
    folder, wanted = folders["uncompressed"], sorted(WANTED)
    work = {
        "viewer": lambda: scan(folder),
        "pydicom, specific tags": lambda: [
            pydicom.dcmread(path, stop_before_pixels=True, specific_tags=wanted) for path in files_of(folder)
        ],
        "pydicom": lambda: [pydicom.dcmread(path, stop_before_pixels=True) for path in files_of(folder)],
        "GDCM series names": lambda: SimpleITK.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder)),
    }[way]
    benchmark.pedantic(work, rounds=7, warmup_rounds=1)


@pytest.mark.parametrize("name", SYNTAXES)
def test_that_the_first_picture_is_there(benchmark, folders, name):
    benchmark.group = "first picture of a scanned series"
    series = scan(folders[name]).series[0]

    def first(hu, geometry, done):
        raise Cancelled

    def until_first():
        with pytest.raises(Cancelled):
            read(series, first=first)

    benchmark.pedantic(until_first, rounds=3, warmup_rounds=1)
