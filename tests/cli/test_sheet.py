"""The planning sheet from the command line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from tests.analysis.occlusion.diseased_vessel import DiseasedVessel, Gap
from viewer.analysis.plan import with_lesions
from viewer.casefile import save_case
from viewer.cli.main import main
from viewer.dicom import read, scan, write_series
from viewer.model.case import Case
from viewer.model.view import ViewState
from viewer.progress import silent


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan with one occlusion, its pictures beside it."""
    folder = tmp_path_factory.mktemp("plan")
    found = with_lesions(DiseasedVessel(gaps=(Gap(20, 38),), branch_mm=18.5).case())
    write_series(found.volume, folder / "ct", description="CorCTA", kernel="Bv40", kvp=120, phase_percent=75)
    volume = read(scan([folder / "ct"]).series[0], silent)
    case = replace(found, volume=volume)
    save_case(folder / "case.ctoplan", case, ViewState())
    return folder / "case.ctoplan"


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch, qapp: QApplication) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)


def test_that_a_plan_becomes_a_pdf(saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "sheet.pdf"
    assert main(["sheet", str(saved), "-o", str(file)]) == 0
    assert capsys.readouterr().out == f"{file}\n"
    assert file.read_bytes().startswith(b"%PDF")


def test_that_a_plan_becomes_a_png_on_letter_paper(saved: Path, tmp_path: Path) -> None:
    file = tmp_path / "sheet.PNG"
    assert main(["sheet", str(saved), "-o", str(file), "--page", "Letter", "--notes", "7 F"]) == 0
    image = QImage(str(file))
    assert (image.width(), image.height()) == (1700, 2200)


def test_that_another_file_is_a_wrong_command_line(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["sheet", str(saved), "-o", "sheet.doc"])
    assert stop.value.code == 2
    assert "does not end in .pdf or .png" in capsys.readouterr().err


def test_that_a_plan_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sheet", str(tmp_path / "no.ctoplan"), "-o", str(tmp_path / "a.pdf")]) == 3
    assert "cannot be read" in capsys.readouterr().err


def test_that_pictures_that_have_gone_are_asked_for(
    saved: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = tmp_path / "alone.ctoplan"
    shutil.copy(saved, alone)
    far = tmp_path_factory.mktemp("far").joinpath(*"abcd")
    far.mkdir(parents=True)
    (saved.parent / "ct").rename(far / "ct")
    try:
        assert main(["sheet", str(alone), "-o", str(tmp_path / "a.pdf")]) == 3
    finally:
        (far / "ct").rename(saved.parent / "ct")
    assert "not where they were" in capsys.readouterr().err
    assert not (tmp_path / "a.pdf").exists()


def test_that_a_plan_without_vessels_has_no_sheet(
    saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    volume = read(scan([saved.parent / "ct"]).series[0], silent)
    save_case(tmp_path / "empty.ctoplan", Case(volume), ViewState())
    assert main(["sheet", str(tmp_path / "empty.ctoplan"), "-o", str(tmp_path / "a.pdf")]) == 3
    assert "no coronary tree" in capsys.readouterr().err


def test_that_no_display_is_needed(saved: Path, tmp_path: Path) -> None:
    hidden = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
    bare = {name: value for name, value in os.environ.items() if name not in hidden}
    words = [sys.executable, "-m", "viewer", "sheet", str(saved), "-o", str(tmp_path / "sheet.pdf")]
    result = subprocess.run(words, env=bare, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "sheet.pdf").stat().st_size > 50_000
