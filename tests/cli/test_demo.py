"""``cto-viewer demo`` without a window."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

import viewer.demo
from viewer.cli.main import main


@pytest.fixture(autouse=True)
def a_coarse_case(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Write a coarse demonstration case, which takes a second, and keep none."""
    coarse = partial(viewer.demo.write_demo_dicom, spec=viewer.demo.COARSE)
    monkeypatch.setattr(viewer.demo, "write_demo_dicom", coarse)
    monkeypatch.setenv("CTO_VIEWER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)


def test_that_the_case_that_was_written_can_be_opened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "new" / "study"
    assert main(["demo", "--write", str(folder)]) == 0
    count = len(list(folder.iterdir()))
    assert capsys.readouterr().out == f"{count} images in {folder}\n"
    main(["info", str(folder), "--json"])
    (series,) = json.loads(capsys.readouterr().out)["series"]
    assert series["image_count"] == count
    assert series["modality"] == "CT" and series["phase_percent"] == 75


def test_that_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "IM0000.dcm").write_text("mine")
    assert main(["demo", "--write", str(tmp_path)]) == 3
    assert "is not empty. Name a new folder" in capsys.readouterr().err
    assert (tmp_path / "IM0000.dcm").read_text() == "mine"


def test_that_a_folder_that_cannot_be_made_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main(["demo", "--write", str(tmp_path / "file" / "study")]) == 3
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.slow
def test_that_a_machine_without_a_display_gets_pictures_of_the_window(tmp_path: Path) -> None:
    bare = {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    bare.pop("QT_QPA_PLATFORM", None)
    bare.pop("CTO_VIEWER_CACHE", None)
    folder = tmp_path / "out" / "demo"
    result = subprocess.run(
        [sys.executable, "-m", "viewer", "demo", "--pictures", str(folder)], env=bare, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    pictures = [Path(line) for line in result.stdout.splitlines()]
    assert pictures and sorted(folder.glob("*.*")) == sorted(pictures)
    sheet = pictures.pop()
    assert sheet.name == "planning-sheet.pdf" and sheet.read_bytes().startswith(b"%PDF")
    assert pictures[-1].name == "6-sheet.png"
    for path in pictures:
        image = QImage(str(path))
        assert image.width() >= 1600
        colours = {image.pixel(x, y) for x in range(0, image.width(), 20) for y in range(0, image.height(), 20)}
        assert len(colours) > 100, f"{path.name} shows nothing"
