"""What ``cto-viewer info`` tells of a study."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from viewer.cli.main import main
from viewer.dicom import write_series
from viewer.model.geometry import Geometry
from viewer.model.volume import SeriesFacts, Volume


def write(folder: Path, *, slices: int, step_mm: float) -> None:
    """Write a contrast CT of so many tiny slices."""
    hu = np.full((slices, 32, 32), 40, np.int16)
    geometry = Geometry.from_axes(hu.shape, (0, 0, 0), (step_mm, 0.4, 0.4))
    facts = SeriesFacts(
        description="Coronary CTA", modality="CT", phase_percent=75, kvp=120, kernel="Bv40", contrast_agent="iodinated"
    )
    write_series(Volume(hu, geometry, facts), folder)


@pytest.fixture(scope="module")
def fit_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fit")
    write(folder, slices=250, step_mm=0.5)
    return folder


@pytest.fixture(scope="module")
def coarse_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("coarse")
    write(folder, slices=30, step_mm=5)
    return folder


def test_that_a_fit_study_is_told_in_words(fit_study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(fit_study)]) == 0
    text = capsys.readouterr().out
    for told in (
        "Coronary CTA",
        "(recommended)",
        "250 × 32 × 32",
        "0.500 × 0.400 × 0.400 mm",
        "75 %",
        "For planning: fit",
    ):
        assert told in text


def test_that_json_tells_the_geometry_exactly(fit_study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(fit_study), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    (series,) = told["series"]
    assert told["recommended"]["series_uid"] == series["series_uid"]
    assert series["spacing_kji_mm"] == pytest.approx([0.5, 0.4, 0.4])
    assert np.allclose(np.array(series["affine_kji_to_lps_mm"]) @ (1, 2, 3, 1), (1.2, 0.8, 0.5, 1))
    assert series["fitness"] == "fit" and series["kvp"] == 120


def test_that_an_unfit_study_is_told_and_has_status_3(coarse_study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(coarse_study)]) == 3
    printed = capsys.readouterr()
    assert "30 × 32 × 32" in printed.out and "(comes closest)" in printed.out and "refusal:" in printed.out
    reason = printed.err.strip().splitlines()[-1]
    assert reason.startswith("cto-viewer: ") and "No series is fit for planning" in reason and "5 mm" in reason


def test_that_a_study_that_is_not_there_has_status_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(tmp_path / "nowhere")]) == 3
    printed = capsys.readouterr()
    assert printed.out == "" and "nowhere" in printed.err


def test_that_a_folder_of_letters_has_status_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "letter.txt").write_text("Dear colleague")
    assert main(["info", str(tmp_path)]) == 3
    assert capsys.readouterr().err.strip().splitlines()[-1].startswith("cto-viewer: ")


def test_that_the_headers_are_read_without_qt_vtk_and_kernels(fit_study: Path) -> None:
    code = (
        "import sys\nfrom viewer.cli.main import main\n"
        f"assert main(['info', {str(fit_study)!r}]) == 0\n"
        "print('loaded:', *{name.split('.')[0] for name in sys.modules})"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(result.stdout.rsplit("loaded:", 1)[1].split()) & {"PySide6", "vtkmodules", "numba", "SimpleITK"}


def test_that_a_reader_that_has_seen_enough_is_no_fault(fit_study: Path) -> None:
    command = [sys.executable, "-m", "viewer", "info", str(fit_study)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert "fault" not in process.stderr.read()
    assert process.returncode == 0


@pytest.mark.parametrize("words", [["info"], ["info", "--json"]])
def test_that_a_terminal_that_cannot_show_a_name_gets_it_spelled_out(
    fit_study: Path, tmp_path: Path, words: list[str]
) -> None:
    folder = tmp_path / "心臓"
    folder.mkdir()
    (folder / "IM0").write_bytes(next(fit_study.iterdir()).read_bytes())
    result = subprocess.run(
        [sys.executable, "-m", "viewer", *words, str(folder)],
        env={**os.environ, "PYTHONIOENCODING": "cp1252"},
        capture_output=True,
    )
    assert result.returncode == 3
    assert b"\\u5fc3" in result.stdout and b"\\u5fc3" in result.stderr
