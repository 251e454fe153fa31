"""Out to others through the real window: asked for clearly, written, and noted."""

from __future__ import annotations

from pathlib import Path

import pydicom
from pytestqt.qtbot import QtBot

from tests.journeys.conftest import open_study, pane, settle
from viewer.casefile.departures import departures
from viewer.model.view import Step
from viewer.report.export import Item
from viewer.ui.export_dialog import ExportDialog
from viewer.ui.window import MainWindow


def dialog_of(window: MainWindow) -> ExportDialog:
    window.exports.ask()
    dialog = window.exports.dialog
    assert dialog is not None and dialog.isVisible()
    return dialog


def test_that_nothing_is_asked_without_a_study(window: MainWindow) -> None:
    window.exports.ask()
    assert window.exports.dialog is None and "nothing to export" in window.message.text


def test_that_what_is_chosen_leaves_without_identity_unless_that_is_asked_for(
    opened: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    opened.desk.look(step=Step.STUDY)
    settle(opened, qtbot)
    opened.capture(pane(opened, "axial"))
    qtbot.waitUntil(lambda: bool(opened.desk.kept_case.board), timeout=20_000)
    (tmp_path / "to").mkdir()
    for identity in (False, True):
        dialog = dialog_of(opened)
        assert dialog.without.isChecked() and not dialog.items[Item.LESIONS].isEnabled()
        for item, switch in dialog.items.items():
            switch.setChecked(item is Item.CAPTURES_DICOM)
        dialog.set_folder(tmp_path / "to")
        dialog.with_identity.setChecked(identity)
        assert ("name" in dialog.go.text()) is identity
        dialog.go.click()
        qtbot.waitUntil(lambda: opened.exports.dialog is None, timeout=20_000)
        assert ("WITH the patient's identity" if identity else "without the patient's") in opened.message.text
        qtbot.wait(1100 if not identity else 0)
    without, with_identity = (pydicom.dcmread(path) for path in sorted((tmp_path / "to").glob("*/*.dcm")))
    facts = opened.desk.kept_case.volume.facts
    assert without.PatientIdentityRemoved == "YES" and without.StudyInstanceUID != facts.study_uid
    assert with_identity.StudyInstanceUID == facts.study_uid
    entries = [entry for entry in departures() if "DICOM" in entry.what]
    assert [entry.identity for entry in entries] == [False, True]
    opened.exports.show_list()
    table = opened.exports.list.table
    assert table.item(0, 2).text() == "1 capture (DICOM)" and table.item(0, 4).text() == "with identity"
    assert any(table.item(row, 3).text() == "clipboard" for row in range(table.rowCount()))
    opened.exports.list.close()


def test_that_an_export_to_a_place_that_cannot_be_written_says_so_and_the_dialog_stays(
    window: MainWindow, qtbot: QtBot, study_folder: Path, tmp_path: Path
) -> None:
    open_study(window, qtbot, study_folder)
    (tmp_path / "file").write_text("")
    dialog = dialog_of(window)
    dialog.items[Item.PLAN].setChecked(True)
    dialog.set_folder(tmp_path / "file")
    dialog.go.click()
    qtbot.waitUntil(lambda: "cannot be written" in dialog.told.text(), timeout=20_000)
    assert dialog.go.isEnabled()
    dialog.reject()
    assert window.exports.dialog is None


def test_that_a_capture_that_goes_to_file_and_clipboard_is_on_the_list(opened: MainWindow, qtbot: QtBot) -> None:
    opened.capture(pane(opened, "axial"))
    qtbot.waitUntil(lambda: len(departures()) == 2, timeout=20_000)
    assert {entry.where == "clipboard" for entry in departures()} == {True, False}
    assert all(entry.what == "1 capture (PNG)" and not entry.identity for entry in departures())
