"""Every hook of a plugin has its place in the window: drawn, offered, opened, exported; and one that fails is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from tests.journeys.conftest import pane, pixels, settle, with_occlusion
from tests.plugins.test_the_guide import write_examples
from viewer.demo.case import DemoCase
from viewer.desk.sight import on_vessel
from viewer.model.view import Step
from viewer.ui.plugins_dialog import PluginsDialog
from viewer.ui.window import MainWindow

FAILING = """name = "bad"
version = "1.0"
api = 1

[[contributions]]
hook = "overlay"
title = "What bad draws"
function = "bad:draw"
"""


@pytest.fixture(autouse=True)
def own_plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's plugin folder with the examples of the guide in it; laid out before the window is made."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    write_examples(folder)
    monkeypatch.setenv("CTO_VIEWER_PLUGINS", str(folder))
    return folder


@pytest.fixture
def window(own_plugins: Path, window: MainWindow) -> MainWindow:
    """The window, made once the plugins are there."""
    return window


def button(window: MainWindow, step: Step, words: str) -> QPushButton:
    (found,) = (one for one in window.rail.panel(step).findChildren(QPushButton) if one.text() == words)
    return found


def test_that_drawings_are_seen_on_planes_and_in_3d_and_can_be_switched_off(planned: MainWindow, qtbot: QtBot):
    settle(planned, qtbot)
    qtbot.waitUntil(lambda: bool(planned.plugin_flow._parts) and not planned.jobs.busy, timeout=20_000)
    for key in ("volume", "xray"):
        with_it = pixels(pane(planned, key).grab_picture())
        planned.desk.look(hidden_overlays=planned.desk.view.hidden_overlays | {"plugins"})
        settle(planned, qtbot)
        without = pixels(pane(planned, key).grab_picture())
        assert (with_it != without).any(axis=2).sum() > 40, key
        planned.desk.look(hidden_overlays=planned.desk.view.hidden_overlays - {"plugins"})
        settle(planned, qtbot)
    planned.desk.look(step=Step.VESSEL)
    lesion = planned.desk.case.lesions[0]
    planned.desk.look(on_vessel(planned.desk.case, planned.desk.view, "RCA", lesion.proximal.station_mm))
    settle(planned, qtbot)
    axial = pane(planned, "axial")
    with_it = pixels(axial.grab_picture())
    planned.desk.look(hidden_overlays=planned.desk.view.hidden_overlays | {"plugins"})
    settle(planned, qtbot)
    assert (with_it != pixels(axial.grab_picture())).any()


def test_that_a_tracers_tree_replaces_the_tree_titled_and_undoable(planned: MainWindow, qtbot: QtBot):
    planned.desk.look(step=Step.TREE)
    before = planned.desk.kept_case.tree
    button(planned, Step.TREE, "Smoothed courses").click()
    qtbot.waitUntil(lambda: "Find the tree: Smoothed courses" in planned.desk.undo_titles, timeout=20_000)
    assert planned.desk.kept_case.tree is not before
    assert [vessel.name for vessel in planned.desk.kept_case.tree] == [vessel.name for vessel in before]
    planned.tree_flow.stop()
    while planned.desk.undo_titles:
        planned.desk.undo()
    assert planned.desk.kept_case.tree is before


def test_that_a_segmenters_contours_replace_those_of_the_vessel_and_calcium_follows(planned: MainWindow, qtbot: QtBot):
    planned.desk.look(step=Step.VESSEL)
    button(planned, Step.VESSEL, "Round contours").click()
    qtbot.waitUntil(lambda: planned.desk.kept_case.calcium_of("RCA") is not None, timeout=60_000)
    case = planned.desk.kept_case
    assert planned.desk.undo_titles == ("Contours of RCA: Round contours",)
    sections = case.sections_of("RCA")
    assert np.allclose(sections.wall_mm - sections.lumen_mm, 0.5)


def test_that_a_reader_opens_its_files(window: MainWindow, qtbot: QtBot, heart: DemoCase, tmp_path: Path):
    assert window.browser.other_files == ["Arrays of numpy (*.npz)"]
    path = tmp_path / "heart.npz"
    geometry = heart.volume.geometry
    np.savez(path, hu=heart.volume.hu, origin_mm=geometry.to_lps((0, 0, 0)), spacing_mm=geometry.spacing_mm)
    window.open_path(path)
    qtbot.waitUntil(lambda: window.desk.case is not None, timeout=20_000)
    assert np.array_equal(window.desk.case.volume.hu, heart.volume.hu)
    assert window.desk.case.volume.facts.source == str(path)
    (tmp_path / "broken.npz").write_bytes(b"nothing")
    window.open_path(tmp_path / "broken.npz")
    qtbot.waitUntil(lambda: "broken.npz holds no volume" in window.message.text, timeout=20_000)


def test_that_a_plan_finds_the_file_again_that_a_plugin_read(
    window: MainWindow, qtbot: QtBot, heart: DemoCase, tmp_path: Path
):
    path, plan = tmp_path / "heart.npz", tmp_path / "plans" / "heart.ctoplan"
    geometry = heart.volume.geometry
    np.savez(path, hu=heart.volume.hu, origin_mm=geometry.to_lps((0, 0, 0)), spacing_mm=geometry.spacing_mm)
    window.open_path(path)
    qtbot.waitUntil(lambda: window.desk.case is not None, timeout=20_000)
    window.desk.apply(with_occlusion(heart, window.desk.kept_case), "Mark occlusion")
    window.plans.save_to(plan)
    qtbot.waitUntil(lambda: plan.exists() and not window.jobs.busy, timeout=20_000)
    window.desk.close()
    window.open_path(plan)
    qtbot.waitUntil(lambda: window.desk.kept_case is not None, timeout=20_000)
    assert [lesion.vessel for lesion in window.desk.kept_case.lesions] == ["RCA"]
    assert np.array_equal(window.desk.kept_case.volume.hu, heart.volume.hu)


def test_that_measurements_stand_in_the_right_column(planned: MainWindow, qtbot: QtBot):
    qtbot.waitUntil(lambda: planned.lesion_facts.told is not None, timeout=20_000)
    assert [one.name for one in planned.lesion_facts.told.measurements] == ["length over chord"]
    qtbot.waitUntil(lambda: planned.lesion_facts.ready, timeout=5000)
    words = [label.text() for label in planned.lesion_facts.widget().findChildren(QLabel)]
    assert "length over chord" in words


def test_that_an_exporter_is_offered_in_the_dialog(planned: MainWindow, qtbot: QtBot):
    planned.exports.ask()
    assert "Lengths as text (.txt)" in [switch.text() for switch in planned.exports.dialog.plugins.values()]
    planned.exports.dialog.reject()


def test_that_a_plugin_that_fails_is_named_switched_off_and_listed_while_others_draw(
    own_plugins: Path, planned_with_bad: MainWindow, qtbot: QtBot
):
    window = planned_with_bad
    qtbot.waitUntil(lambda: "The plugin bad failed" in window.message.text, timeout=20_000)
    qtbot.waitUntil(lambda: bool(window.plugin_flow._parts), timeout=20_000)
    dialog = PluginsDialog(window.plugin_flow, window)
    assert not dialog.switches["bad"].isEnabled() and not dialog.switches["bad"].isChecked()
    assert dialog.switches["chord"].isChecked()
    dialog.switches["chord"].setChecked(False)
    qtbot.waitUntil(lambda: not window.plugin_flow._parts, timeout=20_000)
    qtbot.waitUntil(lambda: window.lesion_facts.told.measurements == (), timeout=20_000)
    assert window.settings.get("plugins_off") == ["chord"]
    dialog.switches["chord"].setChecked(True)
    qtbot.waitUntil(lambda: bool(window.plugin_flow._parts), timeout=20_000)
    dialog.switches["corners"].setChecked(False)
    assert window.browser.other_files == []
    dialog.close()


@pytest.fixture
def bad_plugin(own_plugins: Path) -> None:
    """A plugin that fails, laid beside the others before the window is made."""
    (own_plugins / "bad").mkdir()
    (own_plugins / "bad" / "plugin.toml").write_text(FAILING, encoding="utf-8")
    (own_plugins / "bad" / "bad.py").write_text("def draw(case):\n    return 1 / 0\n", encoding="utf-8")


@pytest.fixture
def planned_with_bad(bad_plugin: None, planned: MainWindow) -> MainWindow:
    """The planned window with a failing plugin among the others."""
    return planned
