"""A real window with folders of its own, and small studies to open in it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from viewer.demo import COARSE, generate
from viewer.demo.case import DemoCase
from viewer.desk.sight import on_vessel
from viewer.dicom import write_series
from viewer.model.case import Case
from viewer.model.centerline import Centerline
from viewer.model.lesion import Cap, CapShape, Lesion, LesionKind
from viewer.model.vessel import Vessel, VesselTree
from viewer.model.view import Step
from viewer.progress import silent
from viewer.ui.pane import Pane
from viewer.ui.theme import apply_theme
from viewer.ui.window import MainWindow


@pytest.fixture(scope="session")
def heart() -> DemoCase:
    """A coarse demonstration heart, made in a second or two."""
    return generate(COARSE, silent)


@pytest.fixture(scope="session")
def study_folder(heart: DemoCase, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The coarse heart as a DICOM series."""
    folder = tmp_path_factory.mktemp("study")
    write_series(heart.volume, folder, description="CorCTA", kernel="Bv40", kvp=120, phase_percent=75)
    return folder


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    """A window as it starts for a new user; nothing of it is left after the test."""
    monkeypatch.setenv("CTO_VIEWER_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("CTO_VIEWER_CAPTURES", str(tmp_path / "captures"))
    monkeypatch.setenv("CTO_VIEWER_STATE", str(tmp_path / "state"))
    apply_theme(qapp)
    before = set(threading.enumerate())
    window = MainWindow()
    find_by_itself(window, False)  # a journey says when, and most need no tree
    window.resize(1400, 860)
    window.show()
    qtbot.waitExposed(window)
    yield window
    window.close()
    # The samplers of planes are made once for the whole program, not for a window.
    left = [t for t in threading.enumerate() if t not in before and not t.daemon and not t.name.startswith("plane_")]
    for thread in left:
        thread.join(5)
    assert [t.name for t in left if t.is_alive()] == []
    window.deleteLater()


def find_by_itself(window: MainWindow, on: bool) -> None:
    """Say whether the tree is looked for as soon as a study lies open."""
    window.settings.set_person(replace(window.settings.person, find_by_itself=on))


@pytest.fixture
def opened(window: MainWindow, qtbot: QtBot, study_folder: Path) -> MainWindow:
    """The window with the coarse heart open."""
    open_study(window, qtbot, study_folder)
    return window


def true_tree(heart: DemoCase) -> VesselTree:
    vessels = []
    for true in heart.truth.vessels:
        inferred = tuple(
            (lesion.proximal_mm, lesion.distal_mm)
            for lesion in heart.truth.lesions
            if lesion.vessel == true.name and lesion.total_occlusion
        )
        line = Centerline(true.points_lps_mm, true.lumen_radius_mm, inferred=inferred)
        vessels.append(Vessel(true.name, line, true.parent))
    return VesselTree(tuple(vessels))


def with_occlusion(heart: DemoCase, volume_case: Case) -> Case:
    tree = true_tree(heart)
    true = next(lesion for lesion in heart.truth.lesions if lesion.total_occlusion)
    line = tree[true.vessel].centerline
    low, high = true.proximal_mm, true.distal_mm
    near = Cap(line.at(low), low, (low - 1, low + 1), CapShape.BLUNT, 1.4, "RVM", True, ("a branch at the cap",))
    far = Cap(line.at(high), high, (high - 1, high + 1), CapShape.TAPERED)
    return replace(volume_case, tree=tree, lesions=(Lesion(true.vessel, LesionKind.OCCLUSION, near, far, 0.9),))


@pytest.fixture
def planned(opened: MainWindow, qtbot: QtBot, heart: DemoCase) -> MainWindow:
    """The window at the step Occlusion, with the true tree and the true occlusion as the computer's guess."""
    case = with_occlusion(heart, opened.desk.kept_case)
    opened.desk.open(case)
    opened.desk.look(replace(on_vessel(case, opened.desk.view, "RCA", case.lesions[0].proximal.station_mm), lesion=0))
    opened.desk.look(step=Step.OCCLUSION)
    settle(opened, qtbot)
    return opened


def open_study(window: MainWindow, qtbot: QtBot, folder: Path) -> None:
    window.open_path(folder)
    qtbot.waitUntil(lambda: window.browser.page == "series", timeout=20_000)
    window.browser._open_selected()
    qtbot.waitUntil(lambda: window.desk.case is not None and window.desk.case.volume.complete, timeout=30_000)
    settle(window, qtbot)


def settle(window: MainWindow, qtbot: QtBot) -> None:
    """Wait until every pane shows its final picture."""
    qtbot.wait(20)
    qtbot.waitUntil(lambda: all(pane.resting for pane in window.grid.visible_panes), timeout=60_000)
    qtbot.wait(20)


def pane(window: MainWindow, key: str) -> Pane:
    return next(pane for pane in window.panes if pane.key == key)


def wheel(widget: QWidget, notches: int, at: QPoint | None = None) -> None:
    place = QPointF(at or widget.rect().center())
    event = QWheelEvent(
        place,
        QPointF(widget.mapToGlobal(place.toPoint())),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def pixels(image: QImage) -> np.ndarray:
    """Return a picture as an array of uint8, shape (rows, columns, 3), red first."""
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    return rows[:, : rgb.width() * 3].reshape(rgb.height(), rgb.width(), 3).copy()


Settle = Callable[[], None]
