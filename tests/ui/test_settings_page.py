"""The settings page: what is changed there holds at once, and what makes no sense is not taken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QValidator
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from viewer.model.lab import Box
from viewer.settings import Settings
from viewer.settings.laboratory import shipped_lab
from viewer.ui.angle_box import PRIMARY, SECONDARY, AngleBox
from viewer.ui.settings_page import SettingsPage
from viewer.ui.window import MainWindow


@pytest.fixture
def window(themed: QApplication, qtbot: QtBot) -> Iterator[MainWindow]:
    window = MainWindow()
    qtbot.addWidget(window)
    window.show()
    yield window
    window.close()


@pytest.fixture
def page(window: MainWindow) -> SettingsPage:
    window.show_settings()
    return window.findChild(SettingsPage)


@pytest.mark.parametrize(
    ("words", "text", "angle", "shown"),
    [
        (PRIMARY, "RAO 30", -30, "RAO 30"),
        (PRIMARY, "lao 45", 45, "LAO 45"),
        (SECONDARY, "cau 20", -20, "CAU 20"),
        (PRIMARY, "-15", -15, "RAO 15"),
        (SECONDARY, "25", 25, "CRA 25"),
        (PRIMARY, "0", 0, "0"),
    ],
)
def test_that_an_angle_is_typed_in_the_words_of_the_laboratory(
    themed: QApplication, qtbot: QtBot, words: tuple[str, str], text: str, angle: int, shown: str
) -> None:
    told: list[int] = []
    box = AngleBox(words, 90, lambda: told.append(box.value()), "angle")
    qtbot.addWidget(box)
    box.show_value(1 if angle == 0 else 0)
    assert told == []
    field = box.findChild(QLineEdit)
    field.selectAll()
    QTest.keyClicks(field, text)
    box.interpretText()
    assert told == [angle] and box.text() == shown


def test_that_an_angle_out_of_the_field_cannot_be_typed(themed: QApplication, qtbot: QtBot) -> None:
    box = AngleBox(SECONDARY, 90, lambda: None, "angle")
    qtbot.addWidget(box)
    for text in ("CRA 91", "LAO 3", "up"):
        assert box.validate(text, 0)[0] is QValidator.State.Invalid
    assert box.validate("CR", 0)[0] is QValidator.State.Intermediate


def test_that_another_reach_holds_at_once_and_is_kept(window: MainWindow, page: SettingsPage) -> None:
    page.lab.reachable.show_boxes((Box((-20, 25), (-10, 15)),))
    page.lab.name.setText("Lab 2")
    page.lab.name.editingFinished.emit()
    limits = window.settings.lab.limits
    assert limits.name == "Lab 2" and limits.can_reach(25, 15) and not limits.can_reach(26, 0)
    assert Settings(window.settings.path).lab.limits.name == "Lab 2"


def test_that_a_range_that_ends_before_it_begins_is_not_taken_and_said_so(
    window: MainWindow, page: SettingsPage
) -> None:
    former = window.settings.lab
    page.lab.reachable.show_boxes((Box((-20, 25), (-10, 15)),))
    first = page.lab.reachable.findChild(AngleBox)
    first.setValue(60)
    assert "from 60" in page.lab.wrong.text()
    assert window.settings.lab is former
    first.setValue(-60)
    assert page.lab.wrong.text() == "" and window.settings.lab is not former


def test_that_the_c_arm_stands_as_far_as_the_laboratory_says(window: MainWindow, page: SettingsPage) -> None:
    page.lab.sid.setValue(1180)
    page.lab.detector.setValue(160)
    carm = window.desk.view.carm
    assert (carm.sid_mm, carm.sod_mm, carm.detector_mm) == (1180, 750, 160)


def test_that_a_persons_windows_are_in_the_strip_and_on_the_keys(window: MainWindow, page: SettingsPage) -> None:
    name, level, width = page.person.windows[1]
    name.setText("Stent")
    level.setValue(700)
    width.setValue(2500)
    assert window.tools.windows[1][0] == "Stent"
    window.refresh()
    assert "Stent" in [window.strip._window.itemText(n) for n in range(window.strip._window.count())]


def test_that_the_paper_of_the_sheet_is_the_persons(window: MainWindow, page: SettingsPage) -> None:
    page.person.paper.setCurrentText("Letter")
    page.person.paper.activated.emit(1)
    assert window.sheet.choices.page == "Letter"


def test_that_settings_go_out_come_back_and_can_be_as_shipped(
    window: MainWindow, page: SettingsPage, tmp_path: Path
) -> None:
    page.lab.sod.setValue(810)
    page.export_to(tmp_path / "lab.json")
    page.restore()
    assert window.settings.lab is shipped_lab() and page.lab.sod.value() == 750
    page.import_from(tmp_path / "lab.json")
    assert window.settings.lab.sod_mm == 810 == page.lab.sod.value()
    page.import_from(tmp_path / "none.json")
    assert "cannot be read" in page.told.text() and window.settings.lab.sod_mm == 810


def test_that_every_layout_can_be_restored(window: MainWindow, page: SettingsPage) -> None:
    window.settings.set("layouts", {window.desk.view.step.value: "axial"})
    window.grid.follow_settings()
    assert [pane.key for pane in window.grid.visible_panes] == ["axial"]
    page.person.show_person()
    page.person.layouts.click()
    assert len(window.grid.visible_panes) == 4
    assert window.settings.get("layouts") == {}
