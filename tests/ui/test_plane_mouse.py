from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest

from tests.ui.plane_table import (
    CTRL,
    MIDDLE,
    NO_BUTTON,
    PLAIN,
    RIGHT,
    SHIFT,
    PlaneTable,
    box_volume,
    double_click,
    drag,
    move,
    press,
    release,
    wheel,
)
from viewer.model.mark import Mark
from viewer.model.view import AXIAL, CORONAL, SAGITTAL, Projection, Slab, Window
from viewer.ui.plane_frame import turned
from viewer.ui.plane_marks import grip, opacity, value_text
from viewer.ui.plane_pane import PLANE_KEYS
from viewer.ui.tools import Tool


@pytest.fixture
def table(themed):
    built = PlaneTable()
    built.open(box_volume(20), (0, 0, 0))
    yield built
    built.close()


@pytest.fixture
def straight(themed):
    built = PlaneTable()
    built.open(box_volume(), (0, 0, 0))
    yield built
    built.close()


def at(pane, point):
    return pane.frame().to_screen(np.asarray(point, float))


# -- cursor and planes -----------------------------------------------------------------------------------------------


def test_that_dragging_the_crosshairs_middle_moves_the_one_cursor_of_all_panes(table):
    axial, coronal, sagittal = table.panes
    drag(axial, at(axial, (0, 0, 0)), at(axial, (5, -3, 0)))
    assert table.desk.view.cursor_lps_mm == pytest.approx([5, -3, 0], abs=1e-6)
    for pane in (coronal, sagittal):
        assert pane.crosshair().center == pane.frame().to_screen([5, -3, 0])
    assert float(coronal.frame().center_lps_mm @ CORONAL.normal) == pytest.approx(-3)
    assert float(sagittal.frame().center_lps_mm @ SAGITTAL.normal) == pytest.approx(-5)


def test_that_shift_moves_the_cursor_with_and_without_a_button(table):
    coronal = table.panes[1]
    drag(coronal, at(coronal, (4, 0, 4)), at(coronal, (6, 0, 8)), modifiers=SHIFT)
    assert table.desk.view.cursor_lps_mm == pytest.approx([6, 0, 8], abs=1e-6)
    move(coronal, at(coronal, (-2, 0, 1)), buttons=NO_BUTTON, modifiers=SHIFT)
    assert table.desk.view.cursor_lps_mm == pytest.approx([-2, 0, 1], abs=1e-6)


def test_that_the_cursor_stays_within_the_volume(straight):
    axial = straight.panes[0]
    drag(axial, at(axial, (0, 0, 0)), at(axial, (500, 500, 0)))
    assert straight.desk.view.cursor_lps_mm == pytest.approx([24, 24, 0], abs=1e-6)


def test_that_a_turned_cursor_stays_on_its_plane_when_it_is_dragged(table):
    table.desk.look(planes=turned(table.desk.view.planes, 0, 0.5))
    coronal = table.panes[1]
    drag(coronal, coronal.crosshair().center, coronal.crosshair().center + QPointF(40, -25))
    cursor = table.desk.view.cursor_lps_mm
    assert np.linalg.norm(cursor) > 1
    assert float(cursor @ table.desk.view.planes[1].normal) == pytest.approx(0, abs=1e-9)


def test_that_dragging_an_arms_end_turns_the_two_other_planes(table):
    axial = table.panes[0]
    cross = axial.crosshair()
    right = next(arm for arm in cross.arms if arm.direction.x() > 0.9)
    start = cross.handle(right)
    angle = np.radians(25)
    end = cross.center + QPointF(np.cos(angle), np.sin(angle)) * right.reach_px
    drag(axial, start, end)
    planes = table.desk.view.planes
    assert planes[0] is AXIAL
    assert planes[1].right == pytest.approx([np.cos(angle), np.sin(angle), 0], abs=1e-6)
    assert planes[2].right == pytest.approx([-np.sin(angle), np.cos(angle), 0], abs=1e-6)


@pytest.mark.parametrize("way", ["key", "double click"])
def test_that_turned_planes_can_be_straightened(table, way):
    table.desk.look(planes=turned(table.desk.view.planes, 1, 0.5))
    axial = table.panes[0]
    if way == "key":
        QTest.keyClick(axial, Qt.Key.Key_0)
    else:
        double_click(axial, axial.crosshair().center)
    assert table.desk.view.planes == (AXIAL, CORONAL, SAGITTAL)


def test_that_the_cursor_keeps_its_place_on_the_screen_while_a_plane_turns(table):
    coronal = table.panes[1]
    table.desk.look(cursor_lps_mm=np.array([5.0, 2.0, -4.0]))
    before = coronal.crosshair().center
    table.desk.look(planes=turned(table.desk.view.planes, 0, 0.7))
    assert (coronal.crosshair().center - before).manhattanLength() < 1e-6


def test_that_a_zoomed_pane_follows_a_cursor_that_leaves_its_sight(table):
    axial = table.panes[0]
    axial.zoom_by(8, axial.frame().area.center())
    table.desk.look(cursor_lps_mm=np.array([18.0, -15.0, 0.0]))
    assert axial.frame().area.contains(axial.crosshair().center)


# -- slices, window, pan, zoom ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("index", "axis", "spacing"), [(0, 2, 0.8), (1, 1, 0.5), (2, 0, 0.6)])
def test_that_the_wheel_goes_by_the_slice_spacing_away_from_the_observer(straight, index, axis, spacing):
    pane = straight.panes[index]
    normal = straight.desk.view.planes[index].normal
    before = straight.desk.view.cursor_lps_mm
    wheel(pane, 1)
    moved = straight.desk.view.cursor_lps_mm - before
    assert moved == pytest.approx(normal * spacing, abs=1e-9)
    assert np.argmax(np.abs(moved)) == axis
    wheel(pane, -3)
    assert straight.desk.view.cursor_lps_mm - before == pytest.approx(-2 * normal * spacing, abs=1e-9)


def test_that_a_fine_wheel_adds_up(straight):
    pane = straight.panes[0]
    for _ in range(4):
        wheel(pane, 0.25)
    assert straight.desk.view.cursor_lps_mm == pytest.approx([0, 0, 0.8])


def test_that_scrolling_ends_at_the_first_and_last_slice(straight):
    pane = straight.panes[0]
    QTest.keyClick(pane, Qt.Key.Key_End)
    assert straight.desk.view.cursor_lps_mm[2] == pytest.approx(24)
    wheel(pane, 1)
    assert straight.desk.view.cursor_lps_mm[2] == pytest.approx(24)
    QTest.keyClick(pane, Qt.Key.Key_Home)
    assert straight.desk.view.cursor_lps_mm[2] == pytest.approx(-24)


def test_that_arrows_and_page_keys_go_through_the_slices(straight):
    pane = straight.panes[0]
    for key, z in ((Qt.Key.Key_Up, 0.8), (Qt.Key.Key_Down, 0), (Qt.Key.Key_PageUp, 8), (Qt.Key.Key_Left, 7.2)):
        QTest.keyClick(pane, key)
        assert straight.desk.view.cursor_lps_mm[2] == pytest.approx(z, abs=1e-9)


def test_that_a_drag_across_changes_the_width_and_a_drag_down_the_level(table):
    axial = table.panes[0]
    before = table.desk.view.window
    drag(axial, (60, 330), (160, 330))
    wide = table.desk.view.window
    assert wide.width_hu > before.width_hu
    assert wide.level_hu == before.level_hu
    drag(axial, (60, 300), (60, 360))
    assert table.desk.view.window.level_hu > wide.level_hu
    assert table.desk.view.window.width_hu == wide.width_hu
    drag(axial, (390, 330), (-5000, 330))
    assert table.desk.view.window.width_hu == 1


def test_that_a_double_click_gives_the_first_window_of_the_list(table):
    table.desk.look(window=Window(10, 20))
    double_click(table.panes[0], (60, 330))
    assert table.desk.view.window == Window(300, 800)


def test_that_a_double_click_on_the_title_maximises(table, qtbot):
    with qtbot.waitSignal(table.panes[0].maximise_wanted):
        double_click(table.panes[0], (60, 10))


def test_that_the_middle_button_pans_and_the_picture_sticks_to_the_mouse(table):
    axial = table.panes[0]
    under = axial.frame().to_lps(QPointF(100, 150))
    drag(axial, (100, 150), (160, 110), MIDDLE)
    assert axial.frame().to_lps(QPointF(160, 110)) == pytest.approx(under, abs=1e-6)
    assert table.desk.view.cursor_lps_mm == pytest.approx([0, 0, 0])


def test_that_zooming_leaves_what_is_under_the_mouse(table):
    axial = table.panes[0]
    for act in (
        lambda: wheel(axial, 3, (90, 260), CTRL),
        lambda: drag(axial, (90, 260), (90, 200), RIGHT),
        lambda: drag(axial, (90, 260), (90, 290), RIGHT),
    ):
        zoom, under = axial.place.zoom, axial.frame().to_lps(QPointF(90, 260))
        act()
        assert axial.place.zoom != zoom
        assert axial.frame().to_lps(QPointF(90, 260)) == pytest.approx(under, abs=1e-6)
    assert table.desk.view.cursor_lps_mm == pytest.approx([0, 0, 0])
    QTest.keyClick(axial, Qt.Key.Key_C)
    assert axial.place.zoom == 1


def test_that_the_tool_of_the_strip_is_what_the_left_button_does(table):
    axial = table.panes[0]
    window = table.desk.view.window
    table.tools.choose(Tool.PAN)
    under = axial.frame().to_lps(QPointF(60, 330))
    drag(axial, (60, 330), (90, 300))
    assert axial.frame().to_lps(QPointF(90, 300)) == pytest.approx(under, abs=1e-6)
    table.tools.choose(Tool.ZOOM)
    drag(axial, (60, 330), (60, 280))
    assert axial.place.zoom > 1
    table.tools.choose(Tool.CROSSHAIR)
    under = axial.frame().to_lps(QPointF(130, 300))
    press(axial, (130, 300))
    release(axial, (130, 300))
    assert table.desk.view.cursor_lps_mm == pytest.approx(under, abs=1e-6)
    assert table.desk.view.window is window


def test_that_keys_change_the_slab_and_its_projection(table):
    axial = table.panes[0]
    QTest.keyClick(axial, Qt.Key.Key_BracketRight)
    QTest.keyClick(axial, Qt.Key.Key_BracketRight)
    assert table.desk.view.slab == Slab(2.0, Projection.MAXIMUM)
    QTest.keyClick(axial, Qt.Key.Key_T)
    assert table.desk.view.slab == Slab(2.0, Projection.MEAN)
    for _ in range(4):
        QTest.keyClick(axial, Qt.Key.Key_BracketLeft)
    assert table.desk.view.slab.thickness_mm == 0


def test_that_escape_puts_back_what_a_drag_changed(table):
    axial = table.panes[0]
    window, planes = table.desk.view.window, table.desk.view.planes
    press(axial, (60, 330))
    move(axial, (200, 390))
    assert table.desk.view.window != window
    QTest.keyClick(axial, Qt.Key.Key_Escape)
    assert table.desk.view.window == window
    release(axial, (200, 390))
    cross = axial.crosshair()
    press(axial, cross.handle(cross.arms[0]))
    move(axial, cross.center + QPointF(70, 70))
    assert table.desk.view.planes != planes
    QTest.keyClick(axial, Qt.Key.Key_Escape)
    assert table.desk.view.planes == planes


def test_that_keys_without_a_meaning_go_on_to_the_window(table):
    axial = table.panes[0]
    for key, modifiers, ours in (
        (Qt.Key.Key_T, PLAIN, True),
        (Qt.Key.Key_T, CTRL, False),
        (Qt.Key.Key_F, PLAIN, False),
        (Qt.Key.Key_Escape, PLAIN, False),
    ):
        event = QKeyEvent(QKeyEvent.Type.KeyPress, key, modifiers)
        axial.keyPressEvent(event)
        assert event.isAccepted() is ours, key


def test_that_every_key_of_the_sheet_has_a_meaning():
    assert all(keys and meaning for keys, meaning in PLANE_KEYS)
    assert len({keys for keys, _ in PLANE_KEYS}) == len(PLANE_KEYS)


# -- marks -----------------------------------------------------------------------------------------------------------


def marks(table):
    return table.desk.kept_case.marks


def test_that_a_distance_is_in_true_millimetres_on_an_oblique_plane_of_an_oblique_stack(table):
    table.desk.look(planes=turned(turned(table.desk.view.planes, 0, 0.4), 2, 0.3))
    axial = table.panes[0]
    plane = axial.frame().plane
    QTest.keyClick(axial, Qt.Key.Key_M)
    start = -6 * plane.right + 3 * plane.down
    drag(axial, at(axial, start), at(axial, start + 12 * plane.right - 5 * plane.down))
    (mark,) = marks(table)
    assert mark.length_mm == pytest.approx(13.0, abs=1e-6)
    assert value_text(mark) == "13.0 mm"
    assert table.desk.undo_titles == ("Measure distance",)
    assert table.tools.tool is Tool.WINDOW, "one mark a key"


def test_that_a_distance_can_be_set_by_two_clicks(table):
    axial = table.panes[0]
    table.tools.choose(Tool.DISTANCE)
    for point in ((-5, 5, 0), (4, 5, 0)):
        spot = at(axial, point)
        move(axial, spot, NO_BUTTON)
        press(axial, spot)
        release(axial, spot)
    assert [round(mark.length_mm, 6) for mark in marks(table)] == [9.0]


def test_that_an_angle_takes_three_points_and_is_told_in_whole_degrees(table):
    coronal = table.panes[1]
    QTest.keyClick(coronal, Qt.Key.Key_A)
    drag(coronal, at(coronal, (8, 0, 5)), at(coronal, (0, 0, 5)))
    move(coronal, at(coronal, (8, 0, 13)), NO_BUTTON)
    assert marks(table) == (), "it is only a preview so far"
    assert table.desk.case.marks[-1].angle_deg == pytest.approx(45)
    press(coronal, at(coronal, (8, 0, 13)))
    release(coronal, at(coronal, (8, 0, 13)))
    (mark,) = marks(table)
    assert mark.angle_deg == pytest.approx(45)
    assert value_text(mark) == "45°"
    assert table.desk.undo_titles == ("Measure angle",)


def test_that_a_mark_is_seen_while_it_is_drawn_and_gone_after_escape(table):
    axial = table.panes[0]
    QTest.keyClick(axial, Qt.Key.Key_M)
    press(axial, (100, 100))
    move(axial, (150, 100))
    assert len(table.desk.case.marks) == 1
    assert marks(table) == ()
    QTest.keyClick(axial, Qt.Key.Key_Escape)
    assert table.desk.case.marks == ()
    assert table.desk.undo_titles == ()


def test_that_marks_are_undone_and_done_again(table):
    axial = table.panes[0]
    table.tools.choose(Tool.DISTANCE)
    drag(axial, (100, 100), (180, 100))
    table.desk.undo()
    assert marks(table) == ()
    table.desk.redo()
    assert len(marks(table)) == 1


@pytest.fixture
def marked(straight):
    mark = Mark([[-10, 6, 0], [-2, 6, 0]])
    straight.desk.apply(replace(straight.desk.kept_case, marks=(mark,)), "Measure distance")
    return straight


def test_that_an_end_of_a_mark_can_be_moved(marked):
    axial = marked.panes[0]
    drag(axial, at(axial, (-2, 6, 0)), at(axial, (2, 6, 0)))
    (mark,) = marks(marked)
    assert mark.length_mm == pytest.approx(12)
    assert marked.desk.undo_titles[-1] == "Move mark"
    assert marked.tools.selected is mark


def test_that_a_whole_mark_can_be_moved_and_keeps_its_length(marked):
    axial = marked.panes[0]
    drag(axial, at(axial, (-6, 6, 0)), at(axial, (-6, 11, 0)))
    (mark,) = marks(marked)
    assert mark.points_lps_mm == pytest.approx(np.array([[-10, 11, 0], [-2, 11, 0]]))


def test_that_a_click_selects_a_mark_and_del_deletes_it(marked):
    axial, coronal, _ = marked.panes
    spot = at(axial, (-6, 6, 0))
    press(axial, spot)
    release(axial, spot)
    assert marked.tools.selected is marks(marked)[0]
    assert marked.desk.undo_titles == ("Measure distance",), "a click moves nothing"
    QTest.keyClick(coronal, Qt.Key.Key_Delete)
    assert marks(marked) == ()
    assert marked.desk.undo_titles[-1] == "Delete mark"
    marked.desk.undo()
    assert len(marks(marked)) == 1


def test_that_a_mark_fades_with_its_distance_from_the_plane(marked):
    (mark,) = marks(marked)
    axial = marked.panes[0]
    shown = []
    for z in (0, 2, 4, 6):
        marked.desk.look(cursor_lps_mm=np.array([0.0, 0.0, z]))
        shown.append(opacity(axial.frame(), mark, Slab()))
    assert shown[0] == 1
    assert 1 > shown[1] > shown[2] > shown[3] == 0
    assert opacity(axial.frame(), mark, Slab(12.0)) == 1
    assert grip(axial.frame(), (mark,), Slab(), at(axial, (-6, 6, 6))) is None


def test_that_nothing_is_measured_in_a_volume_that_is_still_being_read(straight):
    loading = replace(straight.desk.kept_case.volume, complete=False)
    straight.desk.open(replace(straight.desk.kept_case, volume=loading))
    axial = straight.panes[0]
    straight.tools.choose(Tool.DISTANCE)
    drag(axial, (100, 100), (180, 100))
    assert marks(straight) == ()


def test_that_a_click_without_a_length_measures_nothing(straight):
    axial = straight.panes[0]
    straight.tools.choose(Tool.DISTANCE)
    for _ in range(2):
        press(axial, (100, 100))
        release(axial, (100, 100))
    assert marks(straight) == ()
    assert straight.desk.case.marks == ()
