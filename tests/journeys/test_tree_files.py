"""Vessels of another program come into the plan, and out of it again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pytestqt.qtbot import QtBot

from viewer.casefile.tree_in import read_tree
from viewer.demo.case import DemoCase
from viewer.model.view import Step
from viewer.ui.window import MainWindow


def table(path: Path, heart: DemoCase, signs: tuple[int, int, int] = (1, 1, 1), away_mm: float = 0.0) -> Path:
    line = heart.truth["LAD"].points_lps_mm
    rows = [f"LAD,{x},{y},{z}" for x, y, z in (line + away_mm) * signs]
    path.write_text("\n".join(["vessel,x,y,z", *rows]))
    return path


def test_that_vessels_are_imported_as_one_edit_and_exported_again(
    opened: MainWindow, qtbot: QtBot, heart: DemoCase, tmp_path: Path
) -> None:
    opened.desk.look(step=Step.TREE)
    opened.tree_files.import_from(table(tmp_path / "a.csv", heart))
    qtbot.waitUntil(lambda: opened.desk.case is not None and len(opened.desk.case.tree) == 1, timeout=10_000)
    assert opened.desk.undo_titles == ("Import vessels",) and opened.desk.view.vessel == "LAD"
    opened.tree_files.export_to(tmp_path / "b.vtp")
    qtbot.waitUntil((tmp_path / "b.vtp").exists, timeout=10_000)
    assert opened.desk.case is not None
    line, back = opened.desk.case.tree["LAD"].centerline, read_tree(tmp_path / "b.vtp")["LAD"].centerline
    assert np.array_equal(line.points_lps_mm, back.points_lps_mm)
    opened.desk.undo()
    assert opened.desk.case is not None and len(opened.desk.case.tree) == 0


def test_that_the_directions_are_found_out_and_told(
    opened: MainWindow, qtbot: QtBot, heart: DemoCase, tmp_path: Path
) -> None:
    opened.tree_files.import_from(table(tmp_path / "a.csv", heart, (-1, -1, 1)))
    qtbot.waitUntil(lambda: opened.desk.case is not None and len(opened.desk.case.tree) == 1, timeout=10_000)
    assert "RAS" in opened.message.text


def test_that_vessels_of_another_patient_are_refused(
    opened: MainWindow, qtbot: QtBot, heart: DemoCase, tmp_path: Path
) -> None:
    opened.tree_files.import_from(table(tmp_path / "a.csv", heart, away_mm=900.0))
    qtbot.waitUntil(lambda: "do not lie in these pictures" in opened.message.text, timeout=10_000)
    assert opened.desk.case is not None and len(opened.desk.case.tree) == 0
