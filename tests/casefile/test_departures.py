"""The list of what left."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from viewer.casefile.departures import departure, departures, note_departures
from viewer.errors import ViewerError
from viewer.model.geometry import Geometry
from viewer.model.volume import SeriesFacts, Volume

VOLUME = Volume(
    np.zeros((2, 3, 4), np.int16), Geometry.from_axes((2, 3, 4), (0, 0, 0), (1, 1, 1)), SeriesFacts("1.2.3", "1.2")
)


def test_that_what_left_is_kept_in_order_with_a_code_in_place_of_the_patient(tmp_path: Path) -> None:
    path = tmp_path / "new" / "list.jsonl"
    assert departures(path) == ()
    note_departures([departure(VOLUME, "3 captures", Path("/stick"), identity=False)], path)
    note_departures([departure(VOLUME, "sheet", "clipboard", identity=True)], path)
    first, second = departures(path)
    assert (first.what, first.where, first.identity) == ("3 captures", "/stick", False)
    assert (second.what, second.where, second.identity) == ("sheet", "clipboard", True)
    assert first.code == second.code and first.study == second.study and len(first.study) == 12
    assert "1.2" not in path.read_text().replace(first.when, "")


def test_that_a_line_that_was_cut_short_or_is_none_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    note_departures([departure(VOLUME, "sheet", "clipboard", identity=True)], path)
    whole = path.read_text()
    path.write_text(whole + "[1]\n" + whole[:40])
    assert [entry.what for entry in departures(path)] == ["sheet"]


def test_that_a_list_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ViewerError, match="could not be noted"):
        note_departures([departure(VOLUME, "sheet", "clipboard", identity=True)], tmp_path / "file" / "list.jsonl")
