from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QImage, QPainter

from tests.ui.plane_table import PlaneTable, box_volume, grey_at, pixel, same_tone
from viewer.model.case import Case
from viewer.model.geometry import Geometry
from viewer.model.view import AXIAL, Projection, Slab, Window
from viewer.model.volume import SeriesFacts, Volume
from viewer.ui.plane_frame import PlaneFrame, obliquity_deg, slice_step_mm, turned
from viewer.ui.plane_image import PlaneImage, PlaneRequest
from viewer.ui.plane_texts import (
    corner_lines,
    position_line,
    reading_lines,
    slab_line,
    slice_line,
    text_scale,
    window_line,
)
from viewer.ui.theme import color

BARE = frozenset({"crosshair", "marks"})
CUBE = np.array([10.0, -8.0, 6.0])


@pytest.fixture
def table(themed):
    built = PlaneTable()
    yield built
    built.close()


@pytest.fixture
def bare(table):
    """A table with the box phantom, the cursor in the bright cube, and nothing drawn over it."""
    table.open(box_volume(), CUBE, hidden_overlays=BARE)
    return table


def test_that_a_pane_without_a_case_says_what_will_be_there(table):
    assert all(pane.empty for pane in table.panes)
    table.open(box_volume())
    assert not any(pane.empty for pane in table.panes)
    table.desk.close()
    assert all(pane.empty for pane in table.panes)


@pytest.mark.parametrize("degrees", [0, 30], ids=["straight", "oblique stack"])
def test_that_the_patients_left_is_on_the_right_of_the_screen(table, degrees):
    table.open(box_volume(degrees), CUBE, hidden_overlays=BARE)
    for pane in table.panes[:2]:
        spot = pane.frame().to_screen(CUBE)
        assert spot.x() > pane.width() / 2
        assert grey_at(pane, CUBE) == 255
        assert grey_at(pane, CUBE * [-1, 1, 1]) == 32


def test_that_axial_has_the_front_on_top_and_the_others_the_head(bare):
    axial, coronal, sagittal = bare.panes
    assert axial.frame().to_screen(CUBE).y() < axial.height() / 2
    assert coronal.frame().to_screen(CUBE).y() < coronal.height() / 2
    spot = sagittal.frame().to_screen(CUBE)
    assert spot.y() < sagittal.height() / 2
    assert spot.x() < sagittal.width() / 2


@pytest.mark.parametrize("index", [0, 1, 2])
@pytest.mark.parametrize("degrees", [0, 30])
def test_that_the_cube_is_bright_within_its_faces_and_dark_beyond_them(table, index, degrees):
    table.open(box_volume(degrees), CUBE, hidden_overlays=BARE)
    pane = table.panes[index]
    plane = table.desk.view.planes[index]
    for way in (plane.right, -plane.right, plane.down, -plane.down):
        assert grey_at(pane, CUBE + 3.2 * way) == 255
        assert grey_at(pane, CUBE + 4.9 * way) == 32


def test_that_a_turned_plane_still_shows_the_cube_where_it_is(bare):
    bare.desk.look(planes=turned(turned(bare.desk.view.planes, 0, 0.5), 1, -0.3))
    for pane in bare.panes:
        assert grey_at(pane, CUBE) == 255
        frame = pane.frame()
        assert grey_at(pane, CUBE + 3.4 * frame.plane.right) == 255
        assert grey_at(pane, CUBE + 8 * frame.plane.right) == 32


def test_that_outside_the_volume_is_the_background_of_a_pane_not_black(bare):
    coronal = bare.panes[1]
    coronal.zoom_by(0.3, coronal.frame().area.center())
    assert pixel(coronal, 60, 60) == color("surface", "pane")


def test_that_the_window_maps_hu_to_grey(bare):
    axial = bare.panes[0]
    for window, grey in ((Window(500, 1000), 0), (Window(0, 200), 128), (Window(-100, 200), 255)):
        bare.desk.look(window=window)
        assert grey_at(axial, CUBE * [-1, 1, 1]) == pytest.approx(grey, abs=1)


def test_that_inverting_swaps_black_and_white(bare):
    axial = bare.panes[0]
    axial.invert()
    assert grey_at(axial, CUBE) == 0
    assert grey_at(axial, CUBE * [-1, 1, 1]) == 255 - 32


def test_that_a_slab_shows_what_lies_before_and_behind_the_plane(table):
    table.open(box_volume(), np.add(CUBE, (0, 0, 7)), hidden_overlays=BARE)
    axial = table.panes[0]
    above = np.add(CUBE, (0, 0, 7))
    assert grey_at(axial, above) == 32
    table.desk.look(slab=Slab(10.0, Projection.MAXIMUM))
    assert grey_at(axial, above) == 255
    table.desk.look(slab=Slab(10.0, Projection.MINIMUM))
    assert grey_at(axial, above) == 32
    table.desk.look(slab=Slab(10.0, Projection.MEAN))
    assert 32 < grey_at(axial, above) < 255


def test_that_a_capture_of_any_size_shows_the_same_part_of_the_patient(bare):
    axial = bare.panes[0]
    for size in (QSize(350, 250), QSize(1000, 700)):
        image = axial.grab_picture(size)
        assert image.size() == size
        spot = axial.frame(QRectF(0, 0, size.width(), size.height())).to_screen(CUBE)
        assert image.pixelColor(round(spot.x()), round(spot.y())).red() == 255


def test_that_a_dense_screen_gets_a_sample_for_each_of_its_pixels(bare):
    axial = bare.panes[0]
    image = QImage(800, 800, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(2.0)
    painter = QPainter(image)
    axial._paint(painter, axial.rect())
    painter.end()
    middle = axial.frame().to_screen(CUBE)
    edge = round((middle.x() + 4.0 / axial.frame().mm_per_px) * 2)
    row = [image.pixelColor(x, round(middle.y() * 2)).red() for x in range(edge - 12, edge + 12)]
    # The face runs over one voxel, which is several of the dense pixels: no two of them show the same value.
    slope = [value for value in row if 32 < value < 255]
    assert len(slope) >= 3
    assert len(set(slope)) == len(slope)


def test_that_the_crosshair_has_the_colours_of_the_planes_it_stands_for(table):
    table.open(box_volume(), (0, 0, 0))
    x, y = 200, 200
    for index, across, upright in ((0, "coronal", "sagittal"), (1, "axial", "sagittal"), (2, "axial", "coronal")):
        pane = table.panes[index]
        assert same_tone(pixel(pane, x + 60, y), color("plane", across))
        assert same_tone(pixel(pane, x, y + 60), color("plane", upright))
        assert pixel(pane, x + 3, y).red() == pixel(pane, x + 3, y).blue(), "the middle is left free"


def test_that_a_picture_follows_a_volume_that_is_another_object(bare):
    axial = bare.panes[0]
    assert grey_at(axial, CUBE) == 255
    before = bare.desk.kept_case.volume
    place = axial.place
    filled = Volume(np.full_like(before.hu, 300), before.geometry)
    bare.desk.apply(replace(bare.desk.kept_case, volume=filled), "x")
    assert grey_at(axial, CUBE) == 128
    assert axial.place is place, "the doctor's zoom stays while slices arrive"


def test_that_another_patient_is_shown_whole(bare):
    axial = bare.panes[0]
    axial.zoom_by(4, axial.frame().area.center())
    geometry = Geometry.from_axes((20, 20, 20), (300, 0, 0), (1, 1, 1))
    bare.open(Volume(np.zeros(geometry.shape, np.int16), geometry))
    assert axial.place.zoom == 1
    assert np.allclose(axial.place.center_lps_mm, geometry.center_lps_mm)


def test_that_a_thick_oblique_slab_is_shown_coarse_at_once_and_refined_when_still(bare, qtbot, monkeypatch):
    monkeypatch.setattr(PlaneImage, "ms_per_sample", 1.0)
    axial = bare.panes[0]
    bare.desk.look(planes=turned(bare.desk.view.planes, 1, 0.4), slab=Slab(10.0))
    axial.repaint()
    assert not axial.fine
    qtbot.waitUntil(lambda: axial.fine, timeout=20_000)


def test_that_a_capture_does_not_show_a_coarse_picture(bare, monkeypatch):
    axial = bare.panes[0]
    bare.desk.look(planes=turned(bare.desk.view.planes, 1, 0.4), slab=Slab(10.0))
    fine = axial.grab_picture()
    monkeypatch.setattr(PlaneImage, "ms_per_sample", 1.0)
    axial.repaint()
    assert not axial.fine
    assert axial.grab_picture() == fine


def test_that_kernels_are_prepared_by_a_job_not_by_the_window(themed, qtbot, monkeypatch):
    monkeypatch.setattr("viewer.ui.plane_image.is_warm", lambda: False)
    table = PlaneTable(warm=False)
    try:
        table.open(box_volume(), CUBE)
        pane = table.panes[0]
        pane.repaint()
        assert table.jobs.job("axial.refine") is not None
        qtbot.waitUntil(lambda: pane.fine, timeout=60_000)
    finally:
        table.close()


def test_that_painting_takes_no_reference_to_none(bare):
    """A binding of Qt that loses one a call ends the program after some minutes."""
    pane = bare.panes[0]
    pane.repaint()
    before = sys.getrefcount(None)
    for _ in range(5):
        pane.repaint()
    assert sys.getrefcount(None) > before - 50


# -- texts -----------------------------------------------------------------------------------------------------------


def test_that_a_slice_is_told_in_mm_and_by_its_number():
    geometry = box_volume().geometry
    assert slice_line(geometry, AXIAL, np.array([0, 0, 6.4])) == "H 6.4 mm  ·  39 of 61"
    assert slice_line(geometry, AXIAL, np.array([0, 0, -24.0])) == "F 24.0 mm  ·  1 of 61"


def test_that_positions_windows_and_slabs_are_told_plainly():
    assert position_line(np.array([-12.34, 5.0, -0.2])) == "R 12.3  P 5.0  F 0.2"
    assert window_line(Window(300, 800), "Coronary") == "Coronary  ·  W 800  L 300"
    assert window_line(Window(310, 800), None) == "W 800  L 310"
    assert slab_line(Slab()) == "thin slice"
    assert slab_line(Slab(7.5, Projection.MINIMUM)) == "MinIP 7.5 mm"


def test_that_the_reading_is_exact_and_says_what_a_slab_shows(themed):
    volume = box_volume()
    lines = [line.text for line in reading_lines(volume, AXIAL, Slab(), CUBE)]
    assert lines == ["1000 HU  ·  ⌀ 2 mm  1000 ± 0", "L 10.0  A 8.0  H 6.0"]
    above = np.add(CUBE, (0, 0, 7.2))
    lines = [line.text for line in reading_lines(volume, AXIAL, Slab(10.0), above)]
    assert lines[0] == "MIP 1000 HU"
    assert lines[1] == "in the plane 0  ·  ⌀ 2 mm  0 ± 0"
    assert reading_lines(volume, AXIAL, Slab(), np.array([999.0, 0, 0])) == []


def test_that_lossy_images_are_called_lossy_and_unfinished_ones_unfinished(themed):
    volume = replace(box_volume(facts=SeriesFacts(lossy=True)), complete=False)
    _, right = corner_lines(volume, AXIAL, Window(), None, Slab(), np.zeros(3), 1.0)
    assert [line.text for line in right] == ["lossy images", "still loading", "thin slice"]


def test_that_letters_are_combined_on_a_turned_plane(table):
    table.open(box_volume())
    table.desk.look(planes=turned(table.desk.view.planes, 0, np.radians(40)))
    assert table.panes[1].subtitle() == "oblique 40°"
    assert table.panes[0].subtitle() == ""
    assert obliquity_deg(table.desk.view.planes[2], 2) == pytest.approx(40)


def test_that_texts_grow_with_the_pane_within_reason():
    small, plain, large = (text_scale(QRectF(0, 0, w, h)) for w, h in ((350, 250), (600, 430), (1900, 1000)))
    assert 0.8 < small < 1
    assert plain == pytest.approx(1, abs=0.05)
    assert 1.7 < large < 2.4


# -- the frame -------------------------------------------------------------------------------------------------------


def test_that_screen_and_patient_are_inverse_to_each_other():
    planes = turned(turned((AXIAL, AXIAL, AXIAL), 0, 0.3), 1, 0.2)
    frame = PlaneFrame(np.array([1.0, 2.0, 3.0]), planes[2], 0.37, QRectF(10, 20, 400, 300))
    point = frame.center_lps_mm + 12.3 * frame.plane.right - 4.5 * frame.plane.down
    assert np.allclose(frame.to_lps(frame.to_screen(point)), point)
    assert frame.depth_mm(point + 2.5 * frame.plane.normal) == pytest.approx(2.5)


def test_that_planes_turn_clockwise_as_seen_and_stay_at_right_angles(table):
    table.open(box_volume())
    straight = table.desk.view.planes
    planes = turned(straight, 0, np.radians(30))
    assert planes[0] is straight[0]
    frame = PlaneFrame(np.zeros(3), planes[0], 1.0, QRectF(0, 0, 100, 100))
    way = frame.direction_to_screen(planes[1].right)
    assert np.degrees(np.arctan2(way.y(), way.x())) == pytest.approx(30)
    normals = np.array([plane.normal for plane in planes])
    assert np.allclose(normals @ normals.T, np.diag([1, 1, 1]), atol=1e-9)


def test_that_the_step_of_a_plane_is_the_spacing_of_the_grid_along_it():
    geometry = box_volume(30).geometry
    along = replace(AXIAL, right=geometry.directions[2], down=geometry.directions[1])
    assert slice_step_mm(geometry, along) == pytest.approx(0.8)
    assert 0.5 < slice_step_mm(geometry, AXIAL) < 0.8


def test_that_a_request_is_known_again_and_a_changed_one_is_not():
    volume = box_volume()
    request = PlaneRequest(volume, np.zeros(3), AXIAL, 10, 10, 0.5, Slab())
    assert request.same_as(replace(request, center_lps_mm=np.zeros(3)))
    for change in ({"width_px": 11}, {"mm_per_px": 0.4}, {"slab": Slab(1.0)}, {"center_lps_mm": np.ones(3)}):
        assert not request.same_as(replace(request, **change))
    assert not request.same_as(None)
    assert Case(volume).volume is volume
