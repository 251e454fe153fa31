"""From an open study to a sheet on disk, through the real window."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
from pytestqt.qtbot import QtBot

from tests.journeys.conftest import pane, settle
from viewer.demo.case import DemoCase
from viewer.desk.lesion_edits import mark_occlusion
from viewer.desk.tree_edits import add_vessel
from viewer.model.centerline import Centerline
from viewer.model.view import Step
from viewer.ui.window import MainWindow


def test_that_an_occlusion_that_was_marked_by_hand_goes_to_the_room(
    opened: MainWindow, qtbot: QtBot, heart: DemoCase, tmp_path: Path
) -> None:
    true = heart.truth["RCA"]
    shift = opened.desk.kept_case.volume.geometry.to_lps(np.zeros(3)) - heart.volume.geometry.to_lps(np.zeros(3))
    traced = add_vessel(opened.desk.kept_case, "RCA", Centerline(true.points_lps_mm + shift))
    opened.desk.apply(traced, "Trace RCA")
    opened.desk.apply(mark_occlusion(traced, "RCA", 40.0, 60.0), "Mark occlusion")
    opened.desk.look(step=Step.SHEET)
    qtbot.waitUntil(lambda: bool(opened.sheet.images), timeout=60_000)
    settle(opened, qtbot)
    assert not pane(opened, "sheet").empty
    assert not opened.rail.panel(Step.SHEET).done(opened.desk.case)
    path = tmp_path / "sheet.pdf"
    opened.sheet.save_to(path)
    qtbot.waitUntil(lambda: "planning sheet is saved" in opened.message.text, timeout=60_000)
    assert opened.rail.panel(Step.SHEET).done(opened.desk.case)
    assert path.read_bytes().startswith(b"%PDF")
    tool = shutil.which("pdftotext")
    if tool is not None:
        text = subprocess.run([tool, str(path), "-"], capture_output=True, check=True).stdout.decode()
        for part in ("RCA: total occlusion", "20.0 mm", "P set or accepted by the operator", "not a medical device"):
            assert part in " ".join(text.split()), part
