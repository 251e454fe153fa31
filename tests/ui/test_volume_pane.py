"""Journeys through the 3-D pane: it shows, turns, picks, cuts, crops, captures, and ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QMouseEvent, QWheelEvent
from pytestqt.qtbot import QtBot

from tests.scene.solids_in_3d import BLUE_HU, RED_HU, spheres, turned, upright
from viewer.desk import Desk
from viewer.jobs import Jobs
from viewer.model.carm import CArm
from viewer.model.case import Case
from viewer.model.centerline import Centerline
from viewer.model.geometry import Geometry
from viewer.model.vessel import Vessel, VesselTree
from viewer.model.volume import Volume
from viewer.ui.pane import HEADER_PX
from viewer.ui.poster import Poster
from viewer.ui.volume_keys import STANDARD_VIEWS, VOLUME_KEYS
from viewer.ui.volume_pane import VolumePane
from viewer.ui.volume_place import capture_px

#: A large "heart", so that there is blood to be found, with a bright sphere on its left side, in front.
HEART, LEFT = ((0.0, 0.0, 0.0), 24, 400), ((28.0, -10.0, 0.0), 8, 420)
WAIT_MS = 30_000


class Journey:
    """A pane on a desk, as the window holds it."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.poster = Poster()
        self.jobs = Jobs(self.poster.post, threads=2)
        self.desk = Desk()
        self.pane = VolumePane(self.desk, self.jobs)
        self.desk.subscribe(lambda: self.pane.refresh(self.desk.case, self.desk.view))
        qtbot.addWidget(self.pane)
        self.pane.resize(240, 200)
        self.pane.show()

    def open(self, volume: Volume) -> None:
        self.desk.open(Case(volume))
        self.rest()

    def rest(self) -> None:
        self.qtbot.waitUntil(lambda: self.pane.resting, timeout=WAIT_MS)

    def brightness(self) -> np.ndarray:
        """The picture without what is painted over it: rows, columns."""
        assert self.pane._picture is not None
        return self.pane._picture.rgb.max(axis=2).astype(int)

    def drag(self, start: QPoint, end: QPoint, button=Qt.MouseButton.LeftButton, modifier=None) -> None:
        modifier = modifier or Qt.KeyboardModifier.NoModifier
        self.qtbot.mousePress(self.pane, button, modifier, start)
        for share in (0.3, 0.6, 1.0):
            _move(self.pane, start + (end - start) * share, button, modifier)
        self.qtbot.mouseRelease(self.pane, button, modifier, end)


def _move(pane: VolumePane, at: QPoint, button, modifier) -> None:
    pane.mouseMoveEvent(
        QMouseEvent(
            QEvent.Type.MouseMove, QPointF(at), QPointF(pane.mapToGlobal(at)), Qt.MouseButton.NoButton, button, modifier
        )
    )


@pytest.fixture
def journey(qtbot: QtBot, themed) -> Iterator[Journey]:
    made = Journey(qtbot)
    yield made
    made.pane.close_pane()
    assert made.jobs.close()


@pytest.fixture
def opened(journey: Journey) -> Journey:
    journey.open(spheres(upright(), [HEART, LEFT]))
    return journey


def colors(image: QImage) -> set[int]:
    return {QColor(image.pixel(x, y)).lightness() // 16 for x in range(0, image.width(), 3) for y in range(40, 150, 3)}


def test_that_an_empty_pane_says_what_will_be_there(journey):
    assert journey.pane.empty
    assert len(colors(journey.pane.grab_picture())) > 1


def test_that_the_heart_appears_with_the_left_on_the_right(opened):
    assert not opened.pane.empty
    seen = opened.brightness() > 60
    x, y, _ = opened.pane.camera.project(LEFT[0], opened.pane._picture.size_px)
    assert seen[int(y), int(x)]
    assert x > 125
    x, y, _ = opened.pane.camera.project((-28, -10, 0), opened.pane._picture.size_px)
    assert not seen[int(y), int(x)]


def test_that_the_final_picture_has_the_size_of_the_pane(opened):
    assert opened.pane._picture.size_px == (240, 200)


def test_that_dragging_to_the_right_turns_what_is_in_front_to_the_right(opened):
    opened.drag(QPoint(100, 100), QPoint(150, 100))
    assert opened.pane.camera.primary_deg == pytest.approx(-20, abs=0.5)
    assert opened.pane.header_right() == "RAO 20"
    opened.rest()
    assert opened.pane._picture.camera is opened.pane.camera


def test_that_dragging_down_shows_the_head(opened):
    opened.drag(QPoint(100, 60), QPoint(100, 160))
    assert opened.pane.camera.secondary_deg == pytest.approx(40, abs=0.5)
    assert opened.pane.header_right() == "AP / CRA 40"


def test_that_shift_drag_pans_with_the_mouse(opened):
    before = opened.pane.camera.project(LEFT[0], (240, 200))
    opened.drag(QPoint(100, 100), QPoint(130, 120), modifier=Qt.KeyboardModifier.ShiftModifier)
    after = opened.pane.camera.project(LEFT[0], (240, 200))
    assert after[:2] - before[:2] == pytest.approx((30, 20), abs=0.01)


def test_that_the_wheel_zooms(opened):
    height = opened.pane.camera.height_mm
    event = QWheelEvent(
        QPointF(100, 100),
        QPointF(100, 100),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    opened.pane.wheelEvent(event)
    assert opened.pane.camera.height_mm < height


@pytest.mark.parametrize(
    "geometry", [upright(), turned(), turned(left_handed=True)], ids=["upright", "oblique", "left"]
)
def test_that_a_click_puts_the_cursor_on_what_is_seen(journey, geometry):
    journey.open(spheres(geometry, [HEART, LEFT]))
    x, y, _ = journey.pane.camera.project(LEFT[0], (240, 200))
    journey.qtbot.mouseClick(journey.pane, Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(y)))
    assert journey.desk.view.cursor_lps_mm == pytest.approx((28, -10 - 8, 0), abs=2.5)


def test_that_a_click_into_the_dark_leaves_the_cursor_alone(opened):
    before = opened.desk.view
    opened.qtbot.mouseClick(opened.pane, Qt.MouseButton.LeftButton, pos=QPoint(3, 190))
    assert opened.desk.view is before


def test_that_a_double_click_on_the_title_asks_for_the_whole_window(opened):
    with opened.qtbot.waitSignal(opened.pane.maximise_wanted):
        opened.qtbot.mouseDClick(opened.pane, Qt.MouseButton.LeftButton, pos=QPoint(10, HEADER_PX // 2))


def test_that_the_view_follows_the_c_arm_and_says_so(opened):
    opened.desk.look(carm=CArm(30, 20))
    assert opened.pane.header_right() == "LAO 30 / CRA 20"
    assert opened.pane.subtitle() == "same angle as the C-arm"
    opened.qtbot.keyClick(opened.pane, Qt.Key.Key_Left)
    assert opened.pane.header_right() == "LAO 35 / CRA 20"
    assert opened.pane.subtitle() == "Vessels"
    opened.qtbot.keyClick(opened.pane, Qt.Key.Key_C)
    assert opened.pane.subtitle() == "same angle as the C-arm"


def test_that_v_goes_through_the_standard_views(opened):
    seen = []
    for _ in STANDARD_VIEWS:
        opened.qtbot.keyClick(opened.pane, Qt.Key.Key_V)
        seen.append(opened.pane.header_right())
    assert seen == ["LAO 45", "RAO 30", "LAO 90", "AP / CRA 40", "LAO 45 / CAU 30", "AP"]


def test_that_the_cut_removes_the_front(opened):
    before = opened.brightness()
    opened.pane.set_cut(0.95)
    opened.rest()
    assert (opened.brightness() > 60).sum() < 0.3 * (before > 60).sum()
    opened.qtbot.keyClick(opened.pane, Qt.Key.Key_Home)
    opened.rest()
    assert (opened.brightness() > 60).sum() == pytest.approx((before > 60).sum(), rel=0.05)


def test_that_the_sliders_crop(opened):
    opened.pane._open_crop()
    card = opened.pane._crop
    card.sides[5].setValue(500)  # the far end along i: the patient's left half goes
    opened.rest()
    x, y, _ = opened.pane.camera.project(LEFT[0], (240, 200))
    assert opened.brightness()[int(y), int(x)] < 30
    card.hide()


def test_that_the_two_sides_of_a_slider_never_cross(opened):
    opened.pane._open_crop()
    card = opened.pane._crop
    card.sides[1].setValue(200)
    card.sides[0].setValue(900)
    low, high = opened.pane._box[0]
    assert 0 <= low < high <= 63
    card.hide()


def test_that_every_preset_can_be_reached_by_key(opened):
    first = opened.pane.preset_key
    seen = set()
    for _ in range(6):
        opened.qtbot.keyClick(opened.pane, Qt.Key.Key_T)
        opened.rest()
        seen.add(opened.pane.preset_key)
    assert len(seen) == 6
    assert opened.pane.preset_key == first


def test_that_a_capture_has_any_size_and_full_detail(opened):
    image = opened.pane.grab_picture(QSize(500, 420))
    assert image.size() == QSize(500, 420)
    x, y, _ = opened.pane.camera.project(LEFT[0], (500, 420))
    assert QColor(image.pixel(int(x), int(y))).lightness() > 60
    assert opened.pane._picture.size_px == (240, 200)


def test_that_a_scan_without_contrast_says_so(journey):
    journey.open(spheres(upright(), [((0, 0, 0), 20, 50)]))
    assert journey.pane._prepared.contrast.lumen_hu is None
    image = journey.pane.grab_picture()
    caution = [
        QColor(image.pixel(x, y))
        for x in range(80, 240)
        for y in range(170, 200)
        if QColor(image.pixel(x, y)).red() > 150
    ]
    assert caution


def test_that_a_volume_of_two_slices_leaves_the_pane_empty(journey):
    journey.open(Volume(np.zeros((2, 40, 40), np.int16), Geometry.from_axes((2, 40, 40), (0, 0, 0), (1, 1, 1))))
    assert journey.pane.empty
    assert "Too few slices" in journey.pane.when_empty[0]


def test_that_another_study_takes_its_place_and_closing_clears_it(opened):
    opened.open(spheres(turned(), [HEART, ((-30, 0, 0), 9, BLUE_HU), ((0, 0, 30), 6, RED_HU)]))
    assert not opened.pane.empty
    opened.desk.close()
    assert opened.pane.empty


def test_that_closing_in_the_middle_of_a_picture_leaves_no_thread(qtbot, themed):
    before = set(threading.enumerate())
    journey = Journey(qtbot)
    journey.desk.open(Case(spheres(upright((96, 96, 96), 1.0), [HEART, LEFT])))
    qtbot.waitUntil(lambda: not journey.pane.empty, timeout=WAIT_MS)
    journey.pane.resize(1200, 900)
    for angle in range(10):
        journey.pane.look_from(angle, 0)
        qtbot.wait(5)
    journey.pane.close_pane()
    assert journey.jobs.close()
    assert set(threading.enumerate()) <= before
    journey.pane.look_from(20, 0)  # late calls do nothing


def width_mm(pane: VolumePane) -> float:
    return pane._camera.height_mm * pane.width() / pane.height()


def test_that_the_heart_stays_whole_when_the_pane_becomes_narrow_until_it_was_zoomed(opened):
    pane = opened.pane
    heart_mm = 1.5 * np.ptp(pane._box[2])
    pane.resize(600, 300)
    pane._set_camera(pane._camera.turned(0, 0))
    pane.resize(200, 300)
    assert heart_mm <= width_mm(pane) < 1.1 * heart_mm
    pane._set_camera(pane._camera.zoomed(2.0))
    height = pane._camera.height_mm
    pane.resize(500, 250)
    assert pane._camera.height_mm == height
    pane.reset_view()
    pane.resize(200, 300)
    assert pane._camera.height_mm > 1.5 * height


def test_that_the_frame_closes_about_the_tree_as_soon_as_there_is_one(opened):
    pane, case = opened.pane, opened.desk.kept_case
    whole = pane._camera.height_mm
    line = Centerline(np.linspace((-10, 5, -15), (20, 5, 15), 31))
    opened.desk.apply(replace(case, tree=VesselTree((Vessel("LAD", line),))), "Trace LAD")
    assert pane._camera.height_mm < 0.7 * whole
    assert np.allclose(pane._camera.focus_lps_mm, (5, 5, 0))
    longer = Centerline(np.linspace((-30, 5, -25), (30, 5, 25), 31))
    opened.desk.apply(replace(case, tree=VesselTree((Vessel("LAD", longer),))), "Pull LAD")
    assert np.allclose(pane._camera.focus_lps_mm, (5, 5, 0)), "a course that is dragged moves the picture"


def test_that_the_window_goes_on_while_a_large_picture_is_drawn(opened):
    ticks: list[int] = []
    timer = QTimer()
    timer.timeout.connect(lambda: ticks.append(1))
    timer.start(5)
    opened.pane.resize(900, 700)
    opened.rest()
    assert len(ticks) >= 10


def test_that_every_key_is_told():
    told = " ".join(keys for keys, _ in VOLUME_KEYS)
    for key in ("V", "C", "P", "X", "[", "]", "Home", "Arrows", "Wheel", "Click"):
        assert key in told


def test_that_a_large_capture_is_not_drawn_with_more_pixels_than_can_be_told_apart() -> None:
    assert capture_px(1280, 700) == (1280, 700)
    assert capture_px(3840, 2160) == (1920, 1080)
