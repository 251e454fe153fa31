"""The reformation with its chart, and the cross-sections: what is read there, and how overlays are drawn."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from pytestqt.qtbot import QtBot

from tests.ui.vessel_table import (
    DISTAL_MM,
    LENGTH_MM,
    LUMEN_MM,
    MAYBE_END_MM,
    MAYBE_MM,
    MOON_MM,
    PROXIMAL_MM,
    WALL_MM,
    VesselTable,
)
from viewer.analysis.reformat.straightened import straightened
from viewer.model.composition import TissueClass
from viewer.settings import Settings
from viewer.ui.overlay_card import OverlayCard, remember_overlays, with_remembered_overlays
from viewer.ui.strip_chart import readings, tissue_color
from viewer.ui.theme import color


@pytest.fixture
def table(themed, qtbot: QtBot) -> Iterator[VesselTable]:
    table = VesselTable()
    qtbot.waitUntil(lambda: bool(table.reformation._compositions.found), timeout=20_000)
    yield table
    table.close()


def painted(pane) -> np.ndarray:
    image = pane.grab_picture()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return rows[:, : image.width(), 2::-1].astype(int)


def share_of(picture: np.ndarray, box: QRectF, shade) -> float:
    """Return how much of a box of a picture has a colour."""
    part = picture[round(box.top()) : round(box.bottom()), round(box.left()) : round(box.right())]
    return float((np.abs(part - shade.getRgb()[:3]).max(2) < 12).mean())


def band_of(table: VesselTable, from_mm: float, to_mm: float) -> QRectF:
    """Return where the band of calcium lies under the picture."""
    placed = table.reformation._placements(table.reformation.rect())[-1]
    left, right = placed.to_screen(from_mm).x() + 2, placed.to_screen(to_mm).x() - 2
    return QRectF(left, placed.frame.bottom() - 9, right - left, 7)


def test_that_the_chart_reads_areas_calcium_with_its_band_and_composition(table: VesselTable):
    pane = table.reformation
    course, found = pane._sight.course, pane._compositions.found
    opened = readings(table.case, course, 10.0, found)
    assert opened[0] == "10.0 mm · RCA"
    assert f"vessel {18 * np.sin(np.pi / 18) * WALL_MM**2:.1f} mm²" in opened
    assert any(line.startswith("lumen ") and line.endswith(f" · {2 * LUMEN_MM:.1f} mm") for line in opened)
    closed = readings(table.case, course, 29.0, found)
    assert "no lumen" in closed
    assert "calcium 80 % (20 – 90) · 240°" in closed
    assert any(line.startswith("necrotic core 100 %") for line in closed)


def test_that_the_lane_under_the_chart_is_stacked_from_cap_to_cap_in_the_colours_of_the_classes(table: VesselTable):
    pane, picture = table.reformation, painted(table.reformation)
    arranged = pane._arranged(pane.rect())
    lane = QRectF(arranged.x(34.0), arranged.strip.bottom() - 12, arranged.x(38.0) - arranged.x(34.0), 8)
    assert share_of(picture, lane, tissue_color(TissueClass.NECROTIC_CORE)) > 0.95
    lane.moveLeft(arranged.x(MOON_MM + 0.6))
    lane.setRight(arranged.x(MAYBE_MM - 0.6))
    assert share_of(picture, lane, tissue_color(TissueClass.DENSE_CALCIUM)) > 0.9
    lane.moveLeft(arranged.x(DISTAL_MM + 2))
    assert share_of(picture, lane, color("surface", "pane")) > 0.95


def test_that_the_place_of_the_cursor_is_written_on_the_ruler_and_covers_nothing_of_the_chart(table: VesselTable):
    pane = table.reformation
    arranged = pane._arranged(pane.rect())
    before = painted(pane)
    table.desk.look(cursor_lps_mm=np.array((0.0, 0.0, 24.0)))
    after = painted(pane)
    rows = slice(round(arranged.strip.top()) + 1, round(arranged.strip.bottom()) - 1)
    changed = np.flatnonzero((before[rows] != after[rows]).any((0, 2)))
    lines = [arranged.x(mm) for mm in (24.0, 50.0)]
    assert all(min(abs(column - x) for x in lines) < 2 for column in changed)
    ruler = QRectF(arranged.x(24.0) - 20, arranged.strip.bottom() + 5, 40, 10)
    assert share_of(after, ruler, color("meaning", "cursor")) > 0.4


def test_that_hovering_reads_the_chart_and_a_click_goes_there(table: VesselTable, qtbot: QtBot):
    pane = table.reformation
    arranged = pane._arranged(pane.rect())
    place = QPoint(round(arranged.x(29.0)), round(arranged.strip.center().y()))
    captured = painted(pane)
    before = pane.grab().toImage()
    qtbot.mouseMove(pane, place)
    assert pane.grab().toImage() != before
    assert np.array_equal(painted(pane), captured)
    qtbot.mouseClick(pane, Qt.MouseButton.LeftButton, pos=place)
    assert table.desk.view.cursor_lps_mm[2] == pytest.approx(29.0, abs=0.3)


def test_that_firm_calcium_is_a_full_band_and_possible_calcium_a_dashed_one(table: VesselTable):
    picture = painted(table.reformation)
    assert share_of(picture, band_of(table, MOON_MM, MAYBE_MM), color("meaning", "full_moon")) > 0.95
    maybe = share_of(picture, band_of(table, MAYBE_MM, MAYBE_END_MM), color("meaning", "over_half"))
    assert 0.05 < maybe < 0.5


@pytest.mark.parametrize(("opacity", "least", "most"), [(1.0, 0.95, 1.0), (0.5, 0.0, 0.02), (None, 0.0, 0.0)])
def test_that_calcium_is_as_opaque_as_the_view_says_along_the_vessel(table: VesselTable, opacity, least, most):
    view, shade = table.desk.view, color("meaning", "full_moon")
    bare = painted(table.reformation) if opacity is None else None
    if opacity is None:
        table.desk.look(hidden_overlays=frozenset({"calcium"}))
    else:
        table.desk.look(view.with_opacity("calcium", opacity))
    picture, box = painted(table.reformation), band_of(table, MOON_MM, MAYBE_MM)
    assert least <= share_of(picture, box, shade) <= most
    middle = picture[round(box.center().y()), round(box.center().x())]
    if opacity == 0.5:
        assert 60 < middle[0] < shade.red()
    if bare is not None:
        assert (bare != picture).any()


@pytest.mark.parametrize(("overlay", "shade"), [("walls", "wall"), ("calcium", "full_moon")])
def test_that_what_is_switched_off_is_gone_from_the_cross_sections_too(table: VesselTable, overlay: str, shade: str):
    table.desk.look(cursor_lps_mm=np.array((0.0, 0.0, 24.5)))
    whole = QRectF(table.sections.rect())
    assert share_of(painted(table.sections), whole, color("meaning", shade)) > 0
    table.desk.look(hidden_overlays=frozenset({overlay}))
    assert share_of(painted(table.sections), whole, color("meaning", shade)) == 0


def test_that_two_angles_are_shown_at_once_with_one_cursor(table: VesselTable, qtbot: QtBot):
    pane = table.reformation
    table.desk.look(angle_deg=30.0)
    qtbot.keyClick(pane, Qt.Key.Key_B)
    first, second = pane._placements(pane.rect())
    for placed, angle in ((first, 30.0), (second, 120.0)):
        assert placed.picture.angle_deg == angle
        made = straightened(
            table.case.volume, pane._sight.frames, angle, half_width_mm=placed.picture.offset_mm[-1], pixel_mm=0.2
        )
        assert np.array_equal(placed.picture.hu, made.hu)
    assert first.to_screen(33.0).x() == second.to_screen(33.0).x()
    assert first.frame.bottom() < second.frame.top()
    qtbot.mouseClick(pane, Qt.MouseButton.LeftButton, pos=second.to_screen(12.0).toPoint())
    assert table.desk.view.cursor_lps_mm[2] == pytest.approx(12.0, abs=0.2)
    assert dict(pane.place_values())["pair"] == 1.0


def test_that_keys_step_half_a_millimetre_or_five_and_lead_to_the_caps(table: VesselTable, qtbot: QtBot):
    pane, keys = table.reformation, Qt.Key
    for key, modifier, there in (
        (keys.Key_Right, Qt.KeyboardModifier.NoModifier, 50.5),
        (keys.Key_Left, Qt.KeyboardModifier.ShiftModifier, 45.5),
        (keys.Key_Home, Qt.KeyboardModifier.NoModifier, PROXIMAL_MM),
        (keys.Key_End, Qt.KeyboardModifier.NoModifier, DISTAL_MM),
        (keys.Key_End, Qt.KeyboardModifier.ControlModifier, LENGTH_MM),
    ):
        qtbot.keyClick(pane, key, modifier)
        assert table.desk.view.cursor_lps_mm[2] == pytest.approx(there, abs=0.01)


def test_that_sections_stand_from_cap_to_cap_across_the_whole_occlusion(table: VesselTable, qtbot: QtBot):
    pane = table.sections
    assert len(pane.stations_mm()) == 3
    qtbot.keyClick(pane, Qt.Key.Key_W)
    stations, boxes = pane.stations_mm(), pane._boxes(pane.rect())
    assert len(stations) == len(boxes) >= 6
    assert stations[1] == pytest.approx(PROXIMAL_MM)
    assert stations[-2] == pytest.approx(DISTAL_MM)
    inside = QRectF(pane.rect())
    assert all(inside.contains(box) for box in boxes)
    assert not any(one.intersects(other) for n, one in enumerate(boxes) for other in boxes[:n])
    qtbot.mouseClick(pane, Qt.MouseButton.LeftButton, pos=boxes[2].center().toPoint())
    assert table.desk.view.cursor_lps_mm[2] == pytest.approx(stations[2], abs=0.05)


def test_that_a_course_is_dragged_across_on_the_reformation_and_stands_still_under_the_mouse(
    table: VesselTable, qtbot: QtBot
):
    pane = table.reformation
    table.tools.choose(table.tools.tool.COURSE)
    placed = pane._placements(pane.rect())[0]
    start, end = placed.to_screen(30.0), placed.to_screen(30.0, 4.0)
    sight = pane._sight
    qtbot.mousePress(pane, Qt.MouseButton.LeftButton, pos=start.toPoint())
    for share in (0.5, 1.0):
        qtbot.mouseMove(pane, (start + (end - start) * share).toPoint())
    assert pane._sight is sight
    assert table.desk.case is not table.case
    assert table.desk.kept_case is table.case
    qtbot.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=end.toPoint())
    line = table.desk.kept_case.tree["RCA"].centerline
    assert line.nearest_station_mm(placed.picture.place(*placed.picture.pixel(30.0, 4.0))[0])[1] < 0.15
    assert table.desk.undo_titles == ("Drag RCA at 30 mm",)


def test_that_the_card_switches_and_fades_overlays_and_follows_the_view(table: VesselTable):
    card = OverlayCard(table.desk, table.reformation)
    table.desk.subscribe(lambda: card.refresh(table.desk.view))
    card.refresh(table.desk.view)
    card.opacities["calcium"].setValue(40)
    assert table.desk.view.opacity("calcium") == 0.4
    card.switches["calcium"].click()
    assert table.desk.view.opacity("calcium") == 0
    assert card.opacities["calcium"].value() == 40
    card.switches["calcium"].click()
    assert table.desk.view.opacity("calcium") == 0.4
    table.desk.look(hidden_overlays=frozenset({"walls"}))
    assert not card.switches["walls"].isChecked()


def test_that_overlays_are_there_again_the_next_time_and_nonsense_in_the_settings_is_left_out(table: VesselTable):
    settings = Settings()
    view = table.desk.view.with_opacity("calcium", 0.3).with_opacity("walls", 0.5)
    table.desk.look(view, hidden_overlays=frozenset({"caps"}))
    remember_overlays(settings, table.desk.view)
    settings.save()
    again = with_remembered_overlays(Settings(), type(view)())
    assert again.hidden_overlays == {"caps"}
    assert (again.opacity("calcium"), again.opacity("walls"), again.opacity("caps")) == (0.3, 0.5, 0.0)
    settings.set("overlays", {"hidden": ["nothing", 3], "opacity": {"calcium": 7, "gone": 0.5}})
    assert with_remembered_overlays(settings, type(view)()).opacity("calcium") == 1.0


def test_that_a_place_of_the_pane_belongs_to_the_nearer_of_two_pictures(table: VesselTable):
    pane = table.reformation
    pane.toggle_pair()
    upper, lower = pane._frames(pane.rect())
    assert pane._under(QPointF(upper.center())) == 0
    assert pane._under(QPointF(lower.center())) == 1
    assert pane._under(QPointF(lower.center().x(), pane.height() - 60)) == 1
