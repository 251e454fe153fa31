"""One export: what was chosen, in one folder, whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from tests.analysis.occlusion.diseased_vessel import DiseasedVessel, Gap, Stone
from viewer.analysis.plan import with_lesions
from viewer.api.discovery import Found
from viewer.api.door import Plugins
from viewer.api.manifest import read_manifest
from viewer.casefile import load_case
from viewer.casefile.case_file import PARTS
from viewer.errors import ViewerError
from viewer.model.angiogram import Angiogram
from viewer.model.board import BoardItem, Note, NoteKind
from viewer.model.carm import CArm
from viewer.model.case import Case
from viewer.model.remarks import Remarks
from viewer.model.view import ViewState
from viewer.model.volume import SeriesFacts, Volume
from viewer.progress import Cancelled
from viewer.report.export import ExportChoice, Item, export, possible, shows_angiogram
from viewer.report.tables import lesions_csv, stations_csv

PNG = np.frombuffer(b"\x89PNG\r\n\x1a\n rest", np.uint8)
EXPORTER = """
def write(case, path, progress):
    path.write_text(case.remarks.notes + "|" + str(case.volume.facts.series_uid))

def fail(case, path, progress):
    path.write_text("half")
    raise RuntimeError("no ink")
"""


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qapp: QApplication) -> None:
    monkeypatch.setenv("CTO_VIEWER_STATE", str(tmp_path / "state"))


@pytest.fixture(scope="module")
def case() -> Case:
    made = with_lesions(DiseasedVessel(gaps=(Gap(20, 38),), stones=(Stone(19.5, 24),), branch_mm=18.5).case())
    facts = SeriesFacts("1.2.3.4", study_uid="1.2.3", study_date="20260101", source="/home/Doe/ct")
    text = Note(NoteKind.TEXT, (0.1, 0.1), (0.1, 0.1), "Mrs Doe")
    item = BoardItem("Doe's cap", PNG, ViewState(), pane="sections", notes=(text,))
    return replace(
        made,
        volume=Volume(made.volume.hu, made.volume.geometry, facts),
        board=(item, replace(item, pane=None)),
        remarks=Remarks("Call Mrs Doe", "Dr Roe"),
        angiogram=Angiogram("1.2.3.4.5", None, "1.2.3.4", None, 9, 64, 64, 66.0, None, CArm(), (), "/home/Doe/run.dcm"),
    )


def picture(item: BoardItem) -> QImage:
    image = QImage(40, 30, QImage.Format.Format_RGB32)
    image.fill(0xFF8000 if item.notes else 0x008000)
    return image


def test_that_all_that_was_chosen_lies_in_one_new_folder(case: Case, tmp_path: Path) -> None:
    steps: list[str] = []
    items = possible(case) - {Item.SHEET_PICTURE}
    made = export(
        case, ViewState(), ExportChoice(items, tmp_path), picture, progress=lambda share, text="": steps.append(text)
    )
    assert made.folder.parent == tmp_path and made.folder.name.startswith("CTO plan ")
    assert made.files == (
        "capture-01.dcm", "capture-01.png", "capture-02.dcm", "capture-02.png", "lesions.csv", "measurements.dcm",
        "plan.ctoplan", "plan.json", "planning-sheet.dcm", "planning-sheet.pdf", "stations.csv", "vessels.stl",
        "vessels.vtp",
    )  # fmt: skip
    assert [path.name for path in tmp_path.iterdir() if path.name != "state"] == [made.folder.name]
    assert {Item.PLAN_JSON.value, Item.SURFACE.value} <= set(steps)


def test_that_an_export_without_identity_holds_no_uid_no_folder_and_nothing_typed(case: Case, tmp_path: Path) -> None:
    items = possible(case) - {Item.SHEET_PICTURE}
    made = export(case, ViewState(), ExportChoice(items, tmp_path), picture)
    for name in made.files:
        content = (made.folder / name).read_bytes()
        if name == "plan.ctoplan":
            stored = load_case(made.folder / name)
            assert stored.series_uid is None and stored.sources == ()
            content = json.dumps([stored._parts, stored._view]).encode()
        for word in (b"Doe", b"Roe", b"1.2.3.4", b"/home"):
            assert word not in content, name
    # The pixels alone say where it belongs.
    back, _ = load_case(made.folder / "plan.ctoplan").restore(case.volume)
    assert back.lesions[0].length_mm == case.lesions[0].length_mm
    assert [item.title for item in back.board] == ["Capture 1: sections", "Capture 2: all panes"]
    with pytest.raises(ViewerError, match="does not belong"):
        hu = np.roll(case.volume.hu, 9, axis=0)
        load_case(made.folder / "plan.ctoplan").restore(Volume(hu, case.volume.geometry, case.volume.facts))


def test_that_it_was_decided_of_every_part_of_a_plan_what_may_leave_without_identity() -> None:
    """A part that is new to the case file belongs here once `viewer.casefile.nameless` was thought through for it."""
    harmless = {"tree", "sections", "calcium", "lesions", "enhancement", "findings", "facts", "refuted"}
    stripped = {"marks", "board", "remarks", "angiogram"}
    assert set(PARTS) == harmless | stripped


def test_that_what_a_killed_export_left_is_taken_away_by_the_next_one(case: Case, tmp_path: Path) -> None:
    for name, age in ((".CTO plan 1.part", 3600), (".CTO plan 2.part", 5)):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    export(case, ViewState(), ExportChoice(frozenset({Item.PLAN}), tmp_path), picture)
    assert [path.name for path in tmp_path.glob(".CTO*")] == [".CTO plan 2.part"]


def test_that_a_capture_that_may_show_a_real_angiogram_says_that_something_may_be_burned_in(case: Case) -> None:
    ours, everything = case.board
    assert shows_angiogram(case, replace(ours, pane="angiogram")) and shows_angiogram(case, everything)
    assert not shows_angiogram(case, ours) and not shows_angiogram(replace(case, angiogram=None), everything)


@pytest.mark.parametrize("how", ["stopped", "full"])
def test_that_an_export_that_does_not_end_leaves_nothing(
    case: Case, tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def progress(share: float, text: str = "") -> None:
        if text == Item.LESIONS.value and how == "stopped":
            raise Cancelled

    def full(_: Case) -> bytes:
        raise OSError(28, "No space left on device")

    if how == "full":
        monkeypatch.setattr("viewer.report.export.lesions_csv", full)
    choice = ExportChoice(frozenset({Item.CAPTURES, Item.LESIONS}), tmp_path)
    with pytest.raises(Cancelled if how == "stopped" else ViewerError):
        export(case, ViewState(), choice, picture, progress=progress)
    assert [path.name for path in tmp_path.iterdir() if path.name != "state"] == []


def test_that_plugins_write_their_files_beside_ours_and_a_failing_one_is_named(
    case: Case, tmp_path: Path, plugin: Callable[[], Plugins]
) -> None:
    plugins = plugin()
    choice = ExportChoice(frozenset(), tmp_path, plugins=plugins.contributions("exporter"))
    made = export(case, ViewState(), choice, picture, plugins=plugins)
    assert made.files == ("plain-text.txt",)
    assert (made.folder / "plain-text.txt").read_text() == "|None"
    assert "no ink" in made.failures[0]


@pytest.fixture
def plugin(tmp_path: Path) -> Callable[[], Plugins]:
    folder = tmp_path / "state" / "writer"
    folder.mkdir(parents=True)
    (folder / "writer.py").write_text(EXPORTER)
    (folder / "plugin.toml").write_text(
        'name = "writer"\nversion = "1"\napi = 1\n'
        '[[contributions]]\nhook = "exporter"\ntitle = "Plain text"\nfunction = "writer:write"\nsuffixes = [".txt"]\n'
        '[[contributions]]\nhook = "exporter"\ntitle = "Ink"\nfunction = "writer:fail"\nsuffixes = [".ink"]\n'
    )
    return lambda: Plugins(Found((read_manifest(folder),), ()))


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_that_the_table_of_lesions_has_a_row_a_lesion_with_units_in_its_headings(case: Case) -> None:
    (row,) = table(lesions_csv(case))
    lesion = case.lesions[0]
    assert (row["vessel"], row["kind"]) == ("RCA", "occlusion")
    assert float(row["length_mm"]) == pytest.approx(lesion.length_mm, abs=1e-3)
    assert float(row["proximal_cap_x_lps_mm"]) == pytest.approx(lesion.proximal.lps_mm[0], abs=1e-3)
    assert row["distal_cap_side_branch_mm"] == "" and row["proximal_cap_set_by"] == "computer"
    assert "None" not in row.values() and "nan" not in row.values()


def test_that_the_table_of_stations_has_a_row_a_station_of_every_vessel(case: Case) -> None:
    rows = table(stations_csv(case))
    for vessel in case.tree:
        sections = case.sections_of(vessel.name)
        stations = vessel.centerline.station_mm if sections is None else sections.frames.station_mm
        assert len([row for row in rows if row["vessel"] == vessel.name]) == len(stations)
    closed = [row for row in rows if row["lesion"] == "occlusion"]
    low, high = case.lesions[0].proximal.station_mm, case.lesions[0].distal.station_mm
    assert all(low <= float(row["station_mm"]) <= high for row in closed) and closed
    full = max(closed, key=lambda row: float(row["calcium_percent"] or 0))
    assert float(full["calcium_percent"]) > 50 and 19 < float(full["station_mm"]) < 25
    assert float(full["lumen_diameter_mm"]) == pytest.approx(
        2 * (float(full["lumen_area_mm2"]) / np.pi) ** 0.5, abs=2e-3
    )
