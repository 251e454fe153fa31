"""A plan and its pictures, brought together again."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from viewer.casefile import load_case, save_case
from viewer.desk.found_plan import found_plan
from viewer.dicom import read, scan, write_series
from viewer.model.case import Case
from viewer.model.geometry import Geometry
from viewer.model.view import ViewState
from viewer.model.volume import Volume
from viewer.progress import Progress, silent


def built_in(progress: Progress) -> Volume:
    raise AssertionError("the demonstration was not asked for")


def test_that_a_plan_made_on_an_archive_finds_its_pictures_in_it_and_beside_it_under_another_name(
    tmp_path: Path,
) -> None:
    hu = np.random.default_rng(0).normal(0, 100, (12, 14, 16)).astype(np.int16)
    volume = Volume(hu, Geometry.from_axes(hu.shape, (0, 0, 0), (1, 1, 1)))
    write_series(volume, tmp_path / "ct", series_uid="1.2.3")
    archive = Path(shutil.make_archive(str(tmp_path / "discs" / "study"), "zip", tmp_path / "ct"))
    case = Case(read(scan(archive).series[0], silent))
    assert case.volume.facts.source == str(archive)
    plan = tmp_path / "plans" / "a.ctoplan"
    save_case(plan, case, ViewState())
    shutil.rmtree(tmp_path / "ct")
    assert found_plan(load_case(plan), silent, built_in) is not None
    archive.unlink()
    assert found_plan(load_case(plan), silent, built_in) is None
    write_series(volume, tmp_path / "discs" / "unpacked", series_uid="1.2.3")
    found = found_plan(load_case(plan), silent, built_in)
    assert found is not None and found[0].volume.facts.source == str(tmp_path / "discs" / "unpacked")
