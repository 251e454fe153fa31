"""``cto-viewer analyze`` writes the plan, and says in words why it cannot."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from viewer.casefile import load_case
from viewer.cli.main import main
from viewer.demo import DemoSpec, write_demo_dicom
from viewer.dicom import read, scan, write_series
from viewer.model.geometry import Geometry
from viewer.model.volume import SeriesFacts, Volume


def test_that_a_seed_that_is_none_is_a_wrong_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    for seed in ("RCA", "RCA=1,2", "=1,2,3", "RCA=1,2,x", "RCA=1,2,nan"):
        with pytest.raises(SystemExit) as stop:
            main(["analyze", "somewhere", "-o", "out", "--seed", seed])
        assert stop.value.code == 2
        assert "VESSEL=x,y,z" in capsys.readouterr().err


def test_that_a_study_that_is_not_there_has_status_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", str(tmp_path / "nowhere"), "-o", str(tmp_path / "out")]) == 3
    printed = capsys.readouterr()
    assert printed.out == "" and "nowhere" in printed.err and not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def empty_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study without a heart in it."""
    folder = tmp_path_factory.mktemp("empty")
    hu = np.full((120, 96, 96), 40, np.int16)
    facts = SeriesFacts(
        description="Coronary CTA", modality="CT", phase_percent=75, kvp=120, contrast_agent="iodinated"
    )
    write_series(Volume(hu, Geometry.from_axes(hu.shape, (0, 0, 0), (1.0, 1.2, 1.2)), facts), folder)
    return folder


def test_that_a_study_without_contrast_has_status_4(
    empty_study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["analyze", str(empty_study), "-o", str(tmp_path / "out")]) == 4
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.strip().splitlines()[-1].startswith("cto-viewer: ")


def test_that_a_phase_that_is_not_there_has_status_3(
    empty_study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["analyze", str(empty_study), "-o", str(tmp_path), "--phase", "40"]) == 3
    assert "no 40 %" in capsys.readouterr().err


def test_that_a_whole_study_becomes_a_plan_and_a_case(tmp_path: Path) -> None:
    write_demo_dicom(tmp_path / "study", spec=DemoSpec(spacing_mm=(0.8, 0.6, 0.6)))
    out = tmp_path / "out"
    done = subprocess.run(
        [sys.executable, "-m", "viewer", "analyze", str(tmp_path / "study"), "-o", str(out)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Looking for the aorta" in done.stderr and "aorta" not in done.stdout
    plan = json.loads((out / "plan.json").read_text("utf-8"), parse_constant=pytest.fail)
    assert {vessel["name"] for vessel in plan["vessels"]} >= {"LAD", "RCA"}
    stored = load_case(out / "case.ctoplan")
    study = scan([str(tmp_path / "study")])
    case, view = stored.restore(read(study.series[study.recommended]))
    assert len(case.lesions) == len(plan["lesions"]) and case.calcium and case.enhancement is not None
    assert view.vessel is None or view.vessel in case.tree
