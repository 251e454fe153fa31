from __future__ import annotations

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import generate_uid

from viewer.dicom import Fitness, read, scan, write_series
from viewer.dicom.fitness import kernel_rank, phase_rank
from viewer.dicom.pictures import percent_in_words


def texts(series):
    return " ".join(finding.text for finding in series.findings)


@pytest.fixture
def make_phases(make_series, make_volume, tmp_path):
    """Write several phases under one series UID, each with a constant added, and change their headers."""

    def make(count, change, shape=(8, 6, 5)):
        uid, frame = generate_uid(), generate_uid()
        folder = tmp_path / "phases"
        for phase in range(count):
            source = make_volume(shape, frame_of_reference_uid=frame, description="CorCTA")
            source = type(source)((source.hu + 100 * phase).astype(np.int16), source.geometry, source.facts)
            for k, path in enumerate(write_series(source, folder / str(phase), series_uid=uid)):
                dataset = pydicom.dcmread(path)
                change(dataset, phase, k)
                dataset.save_as(path)
        return folder

    return make


def by_level(study):
    return sorted(study.series, key=lambda series: int(read(series).hu[0, 0, 0]))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("NominalPercentageOfCardiacPhase", lambda p, k: 30.0 + 10 * p),
        ("NominalCardiacTriggerDelayTime", lambda p, k: 300.0 + 100 * p),
        ("TriggerTime", lambda p, k: 300 + 100 * p),
        ("TemporalPositionIdentifier", lambda p, k: p + 1),
        ("SeriesDescription", lambda p, k: f"CorCTA {30 + 10 * p} %"),
        ("AcquisitionNumber", lambda p, k: p + 1),
    ],
)
def test_that_phases_are_told_apart_by_each_key(make_phases, key, value):
    study = scan(make_phases(3, lambda dataset, p, k: setattr(dataset, key, value(p, k))))
    assert [series.image_count for series in study.series] == [8, 8, 8]
    levels = [int(read(series).hu[0, 0, 0]) for series in by_level(study)]
    assert levels == [-500, -400, -300]
    assert all("3 stacks of the same region" in texts(series) for series in study.series)


def test_that_a_percentage_wins_over_trigger_times_that_would_band(make_phases):
    def change(dataset, p, k):
        dataset.NominalPercentageOfCardiacPhase = 40.0 + 35 * p
        dataset.TriggerTime = 400 + 10 * ((p + k) % 2)  # mixes the phases

    series = by_level(scan(make_phases(2, change)))
    assert [s.facts.phase_percent for s in series] == [40, 75]
    assert [int(np.ptp(read(s).hu[:, 0, 0])) for s in series] == [280, 280]


def test_that_trigger_times_that_differ_from_beat_to_beat_are_ranked_at_each_place(make_phases):
    study = scan(make_phases(3, lambda dataset, p, k: setattr(dataset, "TriggerTime", 300 + 100 * p + 7 * k)))
    assert [int(np.ptp(read(series).hu[:, 0, 0])) for series in study.series] == [280] * 3
    assert all("differs from slice to slice" in texts(series) for series in study.series)
    assert [series.facts.trigger_time_ms for series in by_level(study)] == [324.5, 424.5, 524.5]


def test_that_phases_that_nothing_tells_apart_are_refused(make_phases):
    study = scan(make_phases(2, lambda dataset, p, k: None))
    assert len(study.series) == 1 and not study.series[0].readable
    assert "8 of 16 pictures lie where another one lies already" in texts(study.series[0])


def test_that_step_and_shoot_trigger_times_do_not_split_one_volume(make_series):
    study = scan(make_series(lambda dataset, k: setattr(dataset, "TriggerTime", 600 + 3 * (k // 6))))
    assert len(study.series) == 1 and study.series[0].image_count == 24


def test_that_overlapping_slabs_are_joined_in_words(make_series, make_volume, tmp_path):
    source = make_volume((24, 6, 5), description="slabs", frame_of_reference_uid=generate_uid())
    folder = make_series(lambda dataset, k: setattr(dataset, "AcquisitionNumber", 1 + k // 12), source=source)
    first = pydicom.dcmread(folder / "IM0012.dcm")
    first.AcquisitionNumber, first.SOPInstanceUID = 1, generate_uid()
    first.save_as(folder / "extra.dcm")
    series = scan(folder).series[0]
    assert "slabs" in texts(series) and "1 of 25 pictures" in texts(series)
    assert read(series).hu.shape == (24, 6, 5)


def test_that_copies_of_files_are_left_out_and_counted(make_series, volume):
    folder = make_series()
    for k in range(3):
        (folder / f"copy{k}.dcm").write_bytes((folder / f"IM{k:04d}.dcm").read_bytes())
    series = scan(folder).series[0]
    assert "3 of 27 pictures are copies" in texts(series)
    assert np.array_equal(read(series).hu, volume.hu)


def test_that_a_localizer_in_the_series_stands_apart(make_series, volume):
    def localizer(dataset, k):
        if k == 0:
            dataset.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
            dataset.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]

    study = scan(make_series(localizer))
    assert [series.image_count for series in study.series] == [23, 1]
    assert "localizer" in texts(study.series[1]) and not study.series[1].readable


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        ("ImageOrientationPatient", [0, 1, 0, 0, 0, -1]),
        ("PixelSpacing", ["0.8", "0.8"]),
        ("SeriesInstanceUID", "1.2.3"),
    ],
)
def test_that_pictures_of_another_kind_stand_apart(make_series, tag, value):
    study = scan(make_series(lambda dataset, k: setattr(dataset, tag, value) if k >= 12 else None))
    assert sorted(series.image_count for series in study.series) == [12, 12]


def test_that_another_frame_of_reference_stands_apart(make_series):
    study = scan(make_series(lambda dataset, k: setattr(dataset, "FrameOfReferenceUID", f"1.2.{k // 12}")))
    assert sorted(series.image_count for series in study.series) == [12, 12]


def test_that_frames_of_reference_of_their_own_do_not_tear_an_even_stack_apart(make_series, volume):
    series = scan(make_series(lambda dataset, k: setattr(dataset, "FrameOfReferenceUID", f"1.2.{k}"))).series[0]
    assert np.array_equal(read(series).hu, volume.hu) and "frame of reference of its own" in texts(series)


def enhanced(volume, path, phases=1, change=None):
    """Write an Enhanced CT object of one or more phases, frames in no order."""
    plain = pydicom.dcmread(write_series(volume, path.parent / "plain")[0])
    for name in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "RescaleSlope", "RescaleIntercept"):
        delattr(plain, name)
    plain.SOPClassUID = plain.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2.1"
    order = [(p, k) for k in range(len(volume.hu)) for p in range(phases)][::-1]
    plain.NumberOfFrames = len(order)
    shared, plane, measures, rescale = Dataset(), Dataset(), Dataset(), Dataset()
    plane.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    measures.PixelSpacing, measures.SliceThickness = ["0.4", "0.4"], "0.5"
    rescale.RescaleSlope, rescale.RescaleIntercept, rescale.RescaleType = "1", "-100", "HU"
    shared.PlaneOrientationSequence, shared.PixelMeasuresSequence = Sequence([plane]), Sequence([measures])
    shared.PixelValueTransformationSequence = Sequence([rescale])
    plain.SharedFunctionalGroupsSequence = Sequence([shared])
    frames, pixels = [], []
    for p, k in order:
        item, position, heart = Dataset(), Dataset(), Dataset()
        position.ImagePositionPatient = [f"{v:.6f}" for v in volume.geometry.to_lps((k, 0, 0))]
        heart.NominalPercentageOfCardiacPhase = 40.0 + 35 * p
        item.PlanePositionSequence, item.CardiacSynchronizationSequence = Sequence([position]), Sequence([heart])
        frames.append(item)
        pixels.append((volume.hu[k] + 100 + 1000 * p).astype("<i2").tobytes())
    plain.PerFrameFunctionalGroupsSequence = Sequence(frames)
    plain.PixelData = b"".join(pixels)
    if change is not None:
        change(plain)
    plain.save_as(path)
    for file in (path.parent / "plain").iterdir():
        file.unlink()
    return path


def test_that_an_enhanced_object_is_read_frame_by_frame(volume, tmp_path):
    series = scan(enhanced(volume, tmp_path / "enhanced.dcm")).series[0]
    assert series.image_count == 24 and series.facts.phase_percent == 40
    back = read(series)
    assert np.array_equal(back.hu, volume.hu)
    assert np.abs(back.geometry.corners_lps_mm - volume.geometry.corners_lps_mm).max() < 1e-5


def test_that_the_phases_of_an_enhanced_object_are_told_apart(volume, tmp_path):
    study = scan(enhanced(volume, tmp_path / "enhanced.dcm", phases=2))
    assert [series.facts.phase_percent for series in by_level(study)] == [40, 75]
    assert [int(read(series).hu[0, 0, 0]) for series in by_level(study)] == [-500, 500]


def test_that_an_enhanced_object_with_descriptions_missing_is_told(volume, tmp_path):
    def cut(dataset):
        dataset.PerFrameFunctionalGroupsSequence = Sequence(dataset.PerFrameFunctionalGroupsSequence[:5])

    from viewer.errors import UnreadableStudy

    with pytest.raises(UnreadableStudy, match="24 frames and 5 descriptions"):
        scan(enhanced(volume, tmp_path / "enhanced.dcm", change=cut))


@pytest.mark.parametrize(
    ("text", "percent"),
    [("BestDiast 75 %", 75), ("CTA 0.6 Bv40 36%", 36), ("70.5 %", 70.5), ("100%", None), ("CTA", None), (None, None)],
)
def test_that_a_percentage_is_found_in_words(text, percent):
    assert percent_in_words(text) == percent


def test_that_diastole_comes_before_systole_before_the_rest():
    assert sorted([None, 10, 40, 75, 70, 55], key=phase_rank) == [75, 70, 40, None, 55, 10]


def test_that_vessel_kernels_come_before_those_of_lung():
    assert [kernel_rank(kernel) for kernel in ("Bv40", "XCB", "FC44", "STANDARD", None, "LUNG", "Br59")] == [
        0,
        0,
        0,
        0,
        1,
        2,
        2,
    ]


def test_that_the_fit_diastolic_vessel_series_is_recommended_and_explained(make_series, make_volume, tmp_path):
    shape = (200, 8, 8)
    made = [
        {"description": "Thorax 5.0", "spacing_mm": (5.0, 0.7, 0.7), "kernel": "Br40", "shape": (40, 8, 8)},
        {"description": "CorCTA 38 %", "phase_percent": 38.0, "kernel": "Bv40", "shape": shape},
        {"description": "CorCTA 75 %", "phase_percent": 75.0, "kernel": "Bl57", "shape": shape},
        {"description": "CorCTA 75 %", "phase_percent": 75.0, "kernel": "Bv40", "shape": shape},
        {"description": "CaSc 3.0", "spacing_mm": (3.0, 0.4, 0.4), "kernel": "Qr36", "shape": (40, 8, 8)},
    ]
    for number, facts in enumerate(made):
        make_series(name=f"all/{number}", source=make_volume(contrast_agent="iodine", **facts))
    study = scan(tmp_path / "all")
    assert len(study.series) == 5 and study.recommended == 0
    chosen = study.series[0]
    assert (chosen.facts.phase_percent, chosen.facts.kernel, chosen.fitness) == (75, "Bv40", Fitness.FIT)
    assert "75 %" in study.why and "diastole" in study.why and "Bv40" in study.why
