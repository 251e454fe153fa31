"""The last act: plan, capture, sheet, save; the power fails; recover, present, export. Every file is looked at."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from tests.journeys.conftest import pixels, settle
from viewer.casefile import load_case
from viewer.casefile.departures import departures
from viewer.model.view import Step
from viewer.report.export import Item
from viewer.ui.case_flow import unsaved_plans
from viewer.ui.theme import color
from viewer.ui.window import MainWindow

pytestmark = pytest.mark.slow


@dataclass
class Evening:
    """What was told before the power failed."""

    folder: Path
    cap_mm: float
    before_mm: float
    length_mm: float
    titles: list[str]
    cursor: list[float]


@pytest.fixture
def evening(tmp_path: Path) -> Evening:
    """An evening that was ended by kill -9."""
    own = {
        "QT_QPA_PLATFORM": "offscreen",
        "CTO_VIEWER_CONFIG": str(tmp_path / "first" / "config"),
        "CTO_VIEWER_CAPTURES": str(tmp_path / "captures"),
        "CTO_VIEWER_STATE": str(tmp_path / "state"),
    }
    command = [sys.executable, "-m", "tests.journeys.evening", str(tmp_path)]
    told: dict[str, dict] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **own}) as child:
        assert child.stdout is not None
        for line in child.stdout:
            entry = json.loads(line)
            told[entry.pop("what")] = entry
            if "waiting" in told:
                break
        child.kill()
    assert "waiting" in told, told
    cap, captures = told["cap"], told["captures"]
    return Evening(
        tmp_path,
        cap["after_mm"],
        cap["before_mm"],
        told["waiting"]["length_mm"],
        captures["titles"],
        captures["cursor"],
    )


def text_of(pdf: bytes) -> str:
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return " ".join(done.stdout.decode().split())


def checked_sheet(pdf: bytes, evening: Evening, notes: str, operator: str) -> None:
    assert pdf.startswith(b"%PDF")
    if shutil.which("pdftotext") is None:
        return
    text = text_of(pdf)
    length, name = f"{evening.length_mm:.1f} mm", f"Operator: {operator}" if operator else "Operator: ___"
    parts = (
        length, "RCA, mid: total occlusion", "P moved by the operator by", "VIEWS TO ASK FOR", notes, name, "fig. 1",
        "· board 1", "J-CTO", "(name withheld)", "not a medical device",
    )  # fmt: skip
    for part in parts:
        assert part in text, part


def shown(path: Path) -> np.ndarray:
    """Return the pixels of a capture after a look at what every one of them must show."""
    image = QImage(str(path))
    assert (image.width(), image.height()) == (1920, 1080)
    seen = pixels(image)
    assert len(np.unique(seen[::8, ::8].reshape(-1, 3), axis=0)) > 60, f"{path.name} shows nothing"
    caption = seen[-60:, :1200]
    assert (caption.min(axis=-1) > 200).sum() > 300, f"{path.name} has no caption"
    return seen


def near(seen: np.ndarray, group: str, name: str) -> int:
    """Return how many pixels are of a colour."""
    shade = color(group, name)
    wanted = np.array([shade.red(), shade.green(), shade.blue()])
    return int((np.abs(seen.astype(int) - wanted).max(axis=-1) <= 12).sum())


@pytest.fixture
def recovered(evening: Evening, window: MainWindow, qtbot: QtBot) -> Iterator[MainWindow]:
    """The next start: the plan that was not saved is offered, and opened."""
    assert [path.suffix for path in unsaved_plans()] == [".ctoplan"]
    window.flow.show_start()
    texts = [window.browser._recent.itemAt(n).widget().text() for n in range(window.browser._recent.count())]
    assert any("Unsaved plan" in text for text in texts)
    window.open_path(unsaved_plans()[0])
    qtbot.waitUntil(lambda: window.desk.case is not None, timeout=120_000)
    yield window
    window.desk.close()


def test_that_a_plan_goes_to_the_room_although_the_power_failed(
    recovered: MainWindow, evening: Evening, qtbot: QtBot
) -> None:
    window, folder = recovered, evening.folder
    assert abs(evening.cap_mm - evening.before_mm) > 0.5
    # What was saved, and what came after, which the killed program had kept by itself.
    saved, _ = load_case(folder / "plan.ctoplan").restore(window.desk.case.volume)
    assert saved.remarks.notes == "Guide AL 0.75" and len(saved.board) == 5
    case = window.desk.kept_case
    assert case.lesions[0].proximal.station_mm == evening.cap_mm
    assert case.lesions[0].proximal.proposed_mm == pytest.approx(evening.before_mm)
    assert [item.title for item in case.board] == evening.titles and len(case.board[1].notes) == 1
    assert case.remarks.notes == "Guide AL 0.75, then the power failed"
    checked_sheet((folder / "sheet.pdf").read_bytes(), evening, "Guide AL 0.75", "Dr Roe")
    captures = sorted((folder / "captures").iterdir())
    assert len(captures) == 5
    along = shown(captures[0])
    assert near(along, "meaning", "proximal_cap") > 100 and near(along, "meaning", "full_moon") > 100
    for path in captures[1:]:
        shown(path)

    # A click on a capture leads back to its view.
    window.restore(case.board[1])
    settle(window, qtbot)
    assert window.desk.view.step is Step.OCCLUSION
    assert window.desk.view.cursor_lps_mm == pytest.approx(evening.cursor)
    window.restore(case.board[3])
    settle(window, qtbot)
    assert window.desk.view.step is Step.VIEWS and window.desk.view.carm == case.board[3].view.carm

    # In the room nothing can be edited.
    window.present(0)
    show = window.presentation
    show.resize(1920, 1080)
    qtbot.waitUntil(lambda: show.isVisible(), timeout=5000)
    first = pixels(show.grab().toImage())
    assert near(first, "accent", "primary") > 300 and first.mean() > 5
    assert f"{evening.length_mm:.1f} mm" in {number.value for number in show.numbers()}
    for key in (Qt.Key.Key_Delete, Qt.Key.Key_E, Qt.Key.Key_F2, Qt.Key.Key_Z, Qt.Key.Key_Right):
        qtbot.keyClick(show, key)
    assert show.number == 1 and window.desk.kept_case is case
    assert (pixels(show.grab().toImage()) != first).any()
    qtbot.keyClick(show, Qt.Key.Key_Escape)

    made = exported(window, qtbot, folder)
    check_export(made, evening)
    entry = departures()[-1]
    assert (entry.where, entry.identity) == (str(made), False) and "5 captures (DICOM)" in entry.what


def exported(window: MainWindow, qtbot: QtBot, folder: Path) -> Path:
    (folder / "stick").mkdir()
    window.exports.ask()
    dialog = window.exports.dialog
    assert not dialog.with_identity.isEnabled()
    for switch in dialog.items.values():
        switch.setChecked(True)
    dialog.set_folder(folder / "stick")
    dialog.go.click()
    qtbot.waitUntil(lambda: window.exports.dialog is None, timeout=120_000)
    assert "without the patient's identity" in window.message.text
    (made,) = (folder / "stick").iterdir()
    return made


def check_export(made: Path, evening: Evening) -> None:
    names = {path.name for path in made.iterdir()}
    pictures = {f"capture-0{n}.{kind}" for n in range(1, 6) for kind in ("png", "dcm")}
    assert names == pictures | {
        "planning-sheet.pdf", "planning-sheet.png", "planning-sheet.dcm", "measurements.dcm", "plan.ctoplan",
        "plan.json", "lesions.csv", "stations.csv", "vessels.vtp", "vessels.stl",
    }  # fmt: skip
    assert len(names) == len(Item) + 8
    for number in range(1, 6):
        seen, dicom = shown(made / f"capture-0{number}.png"), pydicom.dcmread(made / f"capture-0{number}.dcm")
        assert (dicom.pixel_array == seen).all() and dicom.InstanceNumber == number
    ring = shown(made / "capture-02.png")[400:700, 700:1220]
    assert near(ring, "meaning", "mark") > 100
    # Notes and operator are typed freely: without identity they stay at home.
    checked_sheet((made / "planning-sheet.pdf").read_bytes(), evening, "NOTES", "")
    wrapped = pydicom.dcmread(made / "planning-sheet.dcm")
    checked_sheet(wrapped.EncapsulatedDocument[: wrapped.EncapsulatedDocumentLength], evening, "NOTES", "")
    assert pixels(QImage(str(made / "planning-sheet.png"))).std() > 20
    (study,) = {pydicom.dcmread(path).StudyInstanceUID for path in made.glob("*.dcm")}
    assert study.startswith("2.25.")
    validator = shutil.which("dciodvfy")
    for path in made.glob("*.dcm"):
        told = (
            "" if validator is None else subprocess.run([validator, str(path)], capture_output=True, text=True).stderr
        )
        assert [line for line in told.splitlines() if line.startswith(("Error", "Abort"))] == [], path.name
    plan = json.loads((made / "plan.json").read_text())
    assert plan["lesions"][0]["length_mm"] == pytest.approx(evening.length_mm, abs=1e-3)
    rows = list(csv.DictReader(io.StringIO((made / "lesions.csv").read_text(encoding="utf-8-sig"))))
    assert float(rows[0]["proximal_cap_station_mm"]) == pytest.approx(evening.cap_mm, abs=1e-3)
    assert rows[0]["proximal_cap_set_by"] == "operator"
