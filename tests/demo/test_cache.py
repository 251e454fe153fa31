"""Volumes are made once and kept, and a damaged one is made again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import viewer.demo.case as demo_module
from viewer.demo import DemoSpec, demo_case, write_demo_dicom
from viewer.demo.cache import folder
from viewer.progress import silent

TINY = DemoSpec(spacing_mm=(4.0, 3.0, 3.0))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CTO_VIEWER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    calls: list[object] = []
    true_generate = demo_module.generate
    monkeypatch.setattr(
        demo_module, "generate", lambda spec, progress=silent: calls.append(spec) or true_generate(spec, progress)
    )
    return calls


def test_that_a_case_is_made_once_and_then_taken_from_the_cache(place: Path, made: list[object]) -> None:
    first = demo_case(spec=TINY)
    second = demo_case(spec=TINY)
    assert len(made) == 1
    assert np.array_equal(first.volume.hu, second.volume.hu)
    assert first.volume.facts == second.volume.facts
    assert first.volume.geometry.digest() == second.volume.geometry.digest()
    assert len(first.truth.lesions) == len(second.truth.lesions)
    assert [p.suffix for p in place.iterdir()] == [".bin"]


def test_that_another_spec_is_another_file(place: Path, made: list[object]) -> None:
    demo_case(spec=TINY)
    demo_case(spec=replace(TINY, seed=5))
    assert len(made) == 2 and len(list(place.iterdir())) == 2


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "foreign"])
def test_that_a_damaged_file_is_made_again(place: Path, made: list[object], damage: str) -> None:
    whole = demo_case(spec=TINY).volume.hu
    (path,) = place.iterdir()
    data = bytearray(path.read_bytes())
    if damage == "cut":
        data = data[: len(data) // 2]
    elif damage == "flip":
        data[len(data) // 2] ^= 0xFF
    elif damage == "empty":
        data = bytearray()
    else:
        data[:8] = b"NOTOURS!"
    path.write_bytes(bytes(data))
    again = demo_case(spec=TINY)
    assert len(made) == 2
    assert np.array_equal(again.volume.hu, whole)
    demo_case(spec=TINY)
    assert len(made) == 2


def test_that_a_folder_that_cannot_be_written_does_not_stop_the_demonstration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("CTO_VIEWER_CACHE", str(blocked / "below"))
    assert demo_case(spec=TINY).volume.hu.shape == TINY.shape


def test_that_without_a_wish_the_users_own_cache_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CTO_VIEWER_CACHE", raising=False)
    assert "cto-viewer" in str(folder())


def test_that_the_case_can_be_written_as_dicom_and_read_again_without_a_patient(place: Path, tmp_path: Path) -> None:
    import pydicom

    paths = write_demo_dicom(tmp_path / "series", spec=TINY)
    case = demo_case(spec=TINY)
    assert len(paths) == TINY.shape[0]
    headers = [pydicom.dcmread(p) for p in paths]
    assert {str(h.PatientName) + str(h.PatientID) for h in headers} == {""}
    assert headers[0].SeriesDescription == "CTO Viewer demonstration (generated)"
    assert headers[0].SeriesInstanceUID == case.volume.facts.series_uid
    assert headers[3].ImagePositionPatient == pytest.approx(case.volume.geometry.to_lps((3, 0, 0)), abs=1e-4)
    pixels = headers[3].pixel_array * float(headers[3].RescaleSlope) + float(headers[3].RescaleIntercept)
    assert np.array_equal(pixels, case.volume.hu[3])
