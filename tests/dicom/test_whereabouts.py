"""A series that lies elsewhere now."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from viewer.dicom import write_series
from viewer.dicom.whereabouts import DEEP, folders_of
from viewer.model.geometry import Geometry
from viewer.model.volume import Volume


def test_that_a_series_is_found_by_its_uid_under_any_name_but_not_too_deep(tmp_path: Path) -> None:
    volume = Volume(np.zeros((2, 3, 4), np.int16), Geometry.from_axes((2, 3, 4), (0, 0, 0), (1, 1, 1)))
    write_series(volume, tmp_path / "x" / "other", series_uid="1.2.4")
    write_series(volume, tmp_path / "x" / "same", series_uid="1.2.3")
    shutil.copytree(tmp_path / "x" / "same", tmp_path.joinpath(*"abcd", "same"))
    (tmp_path / "x" / "same" / "IM0000.dcm").write_text("no picture")
    places = (tmp_path, tmp_path / "gone")
    assert list(folders_of("1.2.3", places)) == [tmp_path / "x" / "same"]
    assert DEEP < 5 and list(folders_of("9.9", places)) == []
