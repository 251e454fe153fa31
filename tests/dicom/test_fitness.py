from __future__ import annotations

import pytest

from viewer.dicom import Fitness, scan, thumbnail
from viewer.errors import UnreadableStudy
from viewer.model.volume import Severity


def test_that_a_thin_contrast_series_of_the_heart_is_fit(make_series, make_volume):
    series = scan(make_series(source=make_volume((200, 8, 8), contrast_agent="iodine", phase_percent=75.0))).series[0]
    assert series.fitness is Fitness.FIT and series.reasons == ()


@pytest.mark.parametrize(
    ("spacing_mm", "verdict", "word"),
    [
        ((0.625, 0.4, 0.4), Fitness.FIT, ""),
        ((0.75, 0.4, 0.4), Fitness.CAUTION, "0.75 mm"),
        ((0.5, 0.8, 0.8), Fitness.CAUTION, "pixels of 0.8 mm"),
        ((1.5, 0.4, 0.4), Fitness.REFUSED, "too coarse for automatic planning"),
        ((0.5, 1.2, 1.2), Fitness.REFUSED, "too coarse for automatic planning"),
    ],
)
def test_that_the_verdict_follows_the_size_of_the_voxels(make_series, make_volume, spacing_mm, verdict, word):
    source = make_volume((200, 4, 4), spacing_mm, contrast_agent="iodine")
    series = scan(make_series(source=source)).series[0]
    assert series.fitness is verdict and series.readable
    assert word in " ".join(series.reasons)


def test_that_a_missing_contrast_tag_is_only_a_note(make_series, make_volume):
    series = scan(make_series(source=make_volume((200, 4, 4)))).series[0]
    assert series.fitness is Fitness.FIT
    assert [f.severity for f in series.findings if "contrast" in f.text] == [Severity.NOTE]


@pytest.mark.parametrize(
    ("change", "word", "readable"),
    [
        ({"Modality": "MR"}, "no CT (magnetic resonance)", False),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "localizer", False),
        ({"ImageType": ["DERIVED", "SECONDARY", "MPR"]}, "reformatted from others (MPR)", True),
        ({"ImageType": ["DERIVED", "SECONDARY", "AXIAL", "MIP"]}, "reformatted from others (MIP)", True),
        ({"LossyImageCompression": "01"}, "compressed with loss", True),
        ({"RescaleSlope": None}, "Hounsfield units", True),
        ({"RescaleSlope": "0"}, "rescale slope of 0", True),
        ({"RescaleType": "OD"}, "but in OD", True),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, "no CT slices", True),
    ],
)
def test_that_what_speaks_against_a_series_is_said(make_series, make_volume, change, word, readable):
    def apply(dataset, k):
        for name, value in change.items():
            if value is None:
                delattr(dataset, name)
            else:
                setattr(dataset, name, value)

    series = scan(make_series(apply, source=make_volume((200, 4, 4), contrast_agent="iodine"))).series[0]
    assert word in " ".join(series.reasons)
    assert series.fitness is not Fitness.FIT and series.readable is readable


def test_that_too_few_slices_are_refused_for_planning_but_can_be_viewed(make_series):
    series = scan(make_series()).series[0]
    assert series.fitness is Fitness.REFUSED and series.readable and "too short" in series.reasons[0]


def test_that_a_thumbnail_is_small_and_grey(make_series, make_volume):
    picture = thumbnail(scan(make_series(source=make_volume((3, 700, 500)))).series[0])
    assert picture.dtype == "uint8" and picture.shape == (140, 100) and picture.max() > picture.min()


def test_that_every_file_is_accounted_for(make_series):
    folder = make_series()
    (folder / "readme.txt").write_text("not an image")
    (folder / "empty").write_bytes(b"")
    study = scan(folder)
    assert study.file_count == 26 and study.series[0].image_count == 24
    assert sorted(file.reason for file in study.unused) == ["empty file", "no DICOM file"]
    assert study.summary == "24 images in 1 series, from 26 files; 2 not used: 1 empty file, 1 no DICOM file."


def test_that_a_slice_that_is_cut_short_is_named_on_its_series(make_series):
    folder = make_series()
    last = folder / "IM0023.dcm"
    last.write_bytes(last.read_bytes()[:-50])
    study = scan(folder)
    assert study.series[0].image_count == 23 and [file.reason for file in study.unused] == ["cut short"]
    assert any("IM0023.dcm" in f.text and f.severity is Severity.CAUTION for f in study.series[0].findings)


def test_that_a_picture_without_any_series_says_what_to_do(tmp_path):
    (tmp_path / "beach.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(500))
    with pytest.raises(UnreadableStudy) as caught:
        scan(tmp_path)
    assert "1 × no DICOM file" in caught.value.what and "Choose the folder" in caught.value.advice
