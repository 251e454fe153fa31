"""Caps are moved and occlusions are marked in any picture: on a plane, in 3-D, on a section, on the reformation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.journeys.conftest import find_by_itself, open_study, pane, settle, wheel
from viewer.desk.lesion_edits import RESOLVED
from viewer.desk.sight import on_vessel
from viewer.model.facts import GraftKind, WayKind
from viewer.model.lesion import CapShape, Lesion, LesionKind
from viewer.model.score import Picture
from viewer.model.vessel import Author
from viewer.model.view import Step
from viewer.ui.cap_marks import flag_of
from viewer.ui.facts_form import FactsForm
from viewer.ui.patient_pane import PatientPane
from viewer.ui.score_cards import HintLine
from viewer.ui.tools import Tool
from viewer.ui.ways_form import WaysForm
from viewer.ui.window import MainWindow

LEFT = Qt.MouseButton.LeftButton


def spot(where: PatientPane, vessel: str, station_mm: float) -> QPoint:
    found = where.spot_of(vessel, station_mm, where.rect())
    assert found is not None
    return found[0].toPoint()


def drag_cap(window: MainWindow, qtbot: QtBot, where: PatientPane, to_mm: float, start: QPoint | None = None) -> None:
    """Drag the proximal cap along the vessel, in a few moves."""
    lesion = window.desk.kept_case.lesions[0]
    begin = start or spot(where, lesion.vessel, lesion.proximal.station_mm)
    end = spot(where, lesion.vessel, to_mm)
    qtbot.mousePress(where, LEFT, pos=begin)
    for share in (0.3, 0.6, 1.0):
        qtbot.mouseMove(where, begin + (end - begin) * share)
        QApplication.processEvents()
    qtbot.mouseRelease(where, LEFT, pos=end)
    QApplication.processEvents()


def show_axial(window: MainWindow, qtbot: QtBot, station_mm: float) -> PatientPane:
    """Show the step that has an axial plane, at a station of the occluded vessel."""
    window.desk.look(step=Step.VESSEL)
    window.desk.look(on_vessel(window.desk.case, window.desk.view, "RCA", station_mm))
    settle(window, qtbot)
    return pane(window, "axial")


def lesion_of(window: MainWindow) -> Lesion:
    return window.desk.kept_case.lesions[0]


def total(window: MainWindow, name: str) -> tuple[float, float]:
    return next(score.total for score in window.lesion_facts.told.scores if score.name == name)


def test_that_from_opening_a_cap_moved_in_3d_changes_length_and_scores_and_undo_brings_all_back(
    planned: MainWindow, qtbot: QtBot
):
    qtbot.waitUntil(lambda: planned.lesion_facts.told is not None, timeout=20_000)
    lesion, before = lesion_of(planned), total(planned, "KCCT")
    assert lesion.length_mm > 20
    drag_cap(planned, qtbot, pane(planned, "volume"), lesion.distal.station_mm - 12)
    moved = lesion_of(planned)
    assert moved.length_mm < 15
    assert moved.proximal.author is Author.OPERATOR
    assert moved.proximal.proposed is lesion.proximal
    assert planned.desk.undo_titles == ("Move proximal cap",)
    station = planned.desk.case.tree["RCA"].centerline.nearest_station_mm(planned.desk.view.cursor_lps_mm)[0]
    assert station == pytest.approx(moved.proximal.station_mm, abs=0.1)
    # shorter than 15 mm, and its cap away from the branch
    qtbot.waitUntil(lambda: total(planned, "KCCT")[1] <= before[1] - 2, timeout=20_000)
    assert f"{moved.length_mm:.1f} mm" in dict(_rows(planned))["Length"]
    planned.desk.undo()
    assert planned.desk.case.lesions[0] is lesion
    qtbot.waitUntil(lambda: total(planned, "KCCT") == before, timeout=20_000)


def _rows(window: MainWindow) -> list[tuple[str, str]]:
    from viewer.ui.lesion_rows import rows_of

    return rows_of(lesion_of(window), window.lesion_facts.measures)


def test_that_a_cap_is_dragged_by_its_flag_on_a_plane_and_by_no_other_tools_button(planned: MainWindow, qtbot: QtBot):
    lesion = lesion_of(planned)
    axial = show_axial(planned, qtbot, lesion.proximal.station_mm)
    flag = flag_of(QPointF(spot(axial, "RCA", lesion.proximal.station_mm)), proximal=True).toPoint()
    qtbot.mousePress(axial, LEFT, pos=flag)
    qtbot.mouseMove(axial, flag + QPoint(4, 4))
    QApplication.processEvents()
    assert planned.desk.kept_case.lesions[0] is lesion
    assert planned.desk.case.lesions[0] is not lesion
    qtbot.mouseRelease(axial, LEFT, pos=flag + QPoint(4, 4))
    assert planned.desk.undo_titles == ("Move proximal cap",)
    assert abs(lesion_of(planned).proximal.station_mm - lesion.proximal.station_mm) < 10
    planned.desk.undo()
    planned.tools.choose(Tool.DISTANCE)
    qtbot.mousePress(axial, LEFT, pos=flag)
    qtbot.mouseRelease(axial, LEFT, pos=flag)
    axial.escape()
    assert lesion_of(planned) is lesion


def test_that_a_held_cap_goes_along_to_other_slices_with_the_wheel(planned: MainWindow, qtbot: QtBot):
    lesion = lesion_of(planned)
    axial = show_axial(planned, qtbot, lesion.proximal.station_mm)
    flag = flag_of(QPointF(spot(axial, "RCA", lesion.proximal.station_mm)), proximal=True).toPoint()
    qtbot.mousePress(axial, LEFT, pos=flag)
    for _ in range(3):
        wheel(axial, -1, flag)
    shown = planned.desk.case.lesions[0].proximal
    assert abs(shown.station_mm - lesion.proximal.station_mm) > 1
    assert abs(axial.frame().depth_mm(shown.lps_mm)) < 1
    assert lesion_of(planned) is lesion
    qtbot.mouseRelease(axial, LEFT, pos=flag)
    assert lesion_of(planned).proximal.station_mm == pytest.approx(shown.station_mm, abs=0.01)
    assert planned.desk.undo_titles == ("Move proximal cap",)


def test_that_a_click_on_a_cap_leads_there_and_changes_nothing(planned: MainWindow, qtbot: QtBot):
    volume, lesion = pane(planned, "volume"), lesion_of(planned)
    qtbot.mouseClick(volume, LEFT, pos=spot(volume, "RCA", lesion.distal.station_mm))
    line = planned.desk.case.tree["RCA"].centerline
    assert line.nearest_station_mm(planned.desk.view.cursor_lps_mm)[0] == pytest.approx(
        lesion.distal.station_mm, abs=0.1
    )
    assert planned.desk.undo_titles == ()


def test_that_caps_are_dragged_on_the_stretched_reformation_too(planned: MainWindow, qtbot: QtBot):
    reformation, before = pane(planned, "reformation"), lesion_of(planned)
    reformation.toggle_stretched()
    settle(planned, qtbot)
    drag_cap(planned, qtbot, reformation, before.proximal.station_mm + 6)
    assert lesion_of(planned).length_mm == pytest.approx(before.length_mm - 6, abs=1.0)


@pytest.mark.parametrize("key", ["volume", "reformation", "axial"])
def test_that_two_clicks_mark_an_occlusion_where_none_was_found(planned: MainWindow, qtbot: QtBot, key: str):
    planned.desk.open(planned.desk.kept_case, planned.desk.view)
    planned.rail.panel(Step.OCCLUSION)._no.click()
    assert planned.desk.kept_case.lesions == ()
    where = show_axial(planned, qtbot, 30.0) if key == "axial" else pane(planned, key)
    settle(planned, qtbot)
    planned.caps.begin()
    ends = (30.0, 33.0) if key == "axial" else (30.0, 55.0)
    for station in ends:
        if key == "axial":
            planned.desk.look(on_vessel(planned.desk.case, planned.desk.view, "RCA", station))
            settle(planned, qtbot)
        place = spot(where, "RCA", station)
        qtbot.mouseMove(where, place)
        QApplication.processEvents()
        assert planned.desk.kept_case.lesions == ()
        qtbot.mouseClick(where, LEFT, pos=place)
    (marked,) = planned.desk.kept_case.lesions
    assert (marked.vessel, marked.kind, marked.author) == ("RCA", LesionKind.OCCLUSION, Author.OPERATOR)
    assert (marked.proximal.station_mm, marked.distal.station_mm) == pytest.approx(ends, abs=1.5)
    dashed = planned.desk.kept_case.tree["RCA"].centerline.inferred
    assert (marked.proximal.station_mm, marked.distal.station_mm) in dashed
    assert planned.desk.undo_titles == ("Declare no occlusion", "Mark occlusion")
    assert planned.tools.tool is Tool.WINDOW


def test_that_an_end_is_marked_on_a_cross_section(planned: MainWindow, qtbot: QtBot):
    planned.rail.panel(Step.OCCLUSION)._no.click()
    sections = pane(planned, "sections")
    planned.caps.begin()
    for station in (25.0, 40.0):
        planned.desk.look(on_vessel(planned.desk.case, planned.desk.view, "RCA", station))
        settle(planned, qtbot)
        qtbot.mouseClick(sections, LEFT, pos=sections._boxes(sections.rect())[1].center().toPoint())
    (marked,) = planned.desk.kept_case.lesions
    assert (marked.proximal.station_mm, marked.distal.station_mm) == pytest.approx((25, 40), abs=0.2)


def test_that_marking_shows_the_length_while_the_mouse_moves_and_escape_forgets_it(planned: MainWindow, qtbot: QtBot):
    planned.rail.panel(Step.OCCLUSION)._no.click()
    volume = pane(planned, "volume")
    planned.caps.begin()
    assert "begins" in planned.rail.panel(Step.OCCLUSION)._cap.heading.text()
    qtbot.mouseClick(volume, LEFT, pos=spot(volume, "RCA", 30.0))
    for station in (45.0, 50.0):
        qtbot.mouseMove(volume, spot(volume, "RCA", station))
        QApplication.processEvents()
        assert planned.desk.case.lesions[0].length_mm == pytest.approx(station - 30, abs=2)
    planned._stop()
    assert planned.desk.case is planned.desk.kept_case
    assert planned.desk.case.lesions == ()


def test_that_a_click_beside_all_vessels_gets_a_sentence(planned: MainWindow, qtbot: QtBot):
    planned.caps.begin()
    qtbot.mouseClick(pane(planned, "volume"), LEFT, pos=QPoint(6, pane(planned, "volume").height() - 6))
    assert "no vessel under the mouse" in planned.message.text
    assert planned.caps.marking


def test_that_the_letters_put_a_cap_at_the_cursor(planned: MainWindow, qtbot: QtBot):
    sections = pane(planned, "sections")
    planned.desk.look(on_vessel(planned.desk.case, planned.desk.view, "RCA", 44.0))
    settle(planned, qtbot)
    qtbot.keyClick(sections, Qt.Key.Key_P)
    assert lesion_of(planned).proximal.station_mm == pytest.approx(44.0, abs=0.2)
    planned.desk.look(on_vessel(planned.desk.case, planned.desk.view, "LAD", 10.0))
    planned.desk.look(lesion=0)
    qtbot.keyClick(sections, Qt.Key.Key_D)
    assert "The cursor is on" in planned.message.text
    assert planned.desk.undo_titles == ("Move proximal cap",)


def test_that_her_word_replaces_the_computers_which_stays_visible_and_survives_save_and_reload(
    planned: MainWindow, qtbot: QtBot, tmp_path: Path
):
    panel = planned.rail.panel(Step.OCCLUSION)
    for choice, words in (
        (panel._shape, "tapered"),
        (panel._ambiguity, "resolved by CT"),
        (panel._distal_shape, "blunt"),
    ):
        choice.setCurrentIndex(choice.findText(words))
        choice.activated.emit(choice.currentIndex())
        QApplication.processEvents()
    planned.desk.look(
        on_vessel(planned.desk.case, planned.desk.view, "RCA", lesion_of(planned).proximal.station_mm + 2)
    )
    planned.caps.put_at_cursor(True)
    form = FactsForm(planned.desk.case.facts, "RCA", lambda facts: _type(planned, facts), planned)
    form.answer("previous_attempt", True)
    form._keep()
    settle(planned, qtbot)
    said = panel._verdict.text.text()
    assert "P 2.0 mm nearer the ostium, blunt, ambiguous; D tapered" in said
    assert panel._ambiguity.currentText() == "resolved by CT"
    qtbot.waitUntil(lambda: planned.lesion_facts.told is not None, timeout=20_000)
    path = tmp_path / "hers.ctoplan"
    planned.plans.save_to(path)
    qtbot.waitUntil(lambda: path.exists() and not planned.jobs.busy, timeout=20_000)
    before = lesion_of(planned)
    planned.desk.close()
    planned.open_path(path)
    qtbot.waitUntil(lambda: planned.desk.case is not None, timeout=30_000)
    back = lesion_of(planned)
    for one, other in ((back.proximal, before.proximal), (back.distal, before.distal)):
        assert (one.station_mm, one.shape, one.ambiguous, one.author) == (
            other.station_mm,
            other.shape,
            other.ambiguous,
            Author.OPERATOR,
        )
        assert one.proposed_mm == other.proposed_mm
    assert back.proximal.reasons == (RESOLVED,)
    assert back.proximal.proposed.shape is CapShape.BLUNT
    assert planned.desk.case.facts.of("RCA").previous_attempt is True
    assert np.allclose(back.proximal.lps_mm, before.proximal.lps_mm)
    settle(planned, qtbot)
    panel._again.click()
    assert lesion_of(planned).proximal.author is Author.COMPUTER


def _type(window: MainWindow, facts) -> None:
    from dataclasses import replace

    window.tree_flow.edit(lambda case: replace(case, facts=facts), "Type clinical facts")


def test_that_lesions_of_several_vessels_are_listed_and_chosen(planned: MainWindow, qtbot: QtBot):
    from viewer.desk.lesion_edits import mark_occlusion

    planned.desk.apply(mark_occlusion(planned.desk.kept_case, "LAD", 20.0, 31.0), "Mark occlusion")
    settle(planned, qtbot)
    panel = planned.rail.panel(Step.OCCLUSION)
    lines = [panel._lesions.item(n).text() for n in range(panel._lesions.count())]
    assert [line.split()[0] for line in lines] == ["RCA", "LAD"]
    assert lines[1].endswith("yours") and lines[0].endswith("90 %")
    panel._lesions.itemClicked.emit(panel._lesions.item(1))
    settle(planned, qtbot)
    assert (planned.desk.view.vessel, planned.desk.view.lesion) == ("LAD", 1)
    panel._no.click()
    settle(planned, qtbot)
    assert [lesion.vessel for lesion in planned.desk.kept_case.lesions] == ["RCA"]
    assert "LAD 20 – 31 mm" in panel._list.text.text()


def test_that_the_panel_counts_the_caps_from_the_aorta_not_from_where_the_vessel_leaves_its_parent(
    planned: MainWindow, qtbot: QtBot
):
    from dataclasses import replace

    from viewer.desk.lesion_edits import mark_occlusion

    case = mark_occlusion(planned.desk.kept_case, "LAD", 20.0, 31.0)
    guessed = replace(
        case.lesions[1],
        proximal=replace(case.lesions[1].proximal, author=Author.COMPUTER),
        distal=replace(case.lesions[1].distal, author=Author.COMPUTER),
    )
    trunk = case.tree.origin_mm("LAD")
    assert case.tree["LAD"].parent == "LM" and trunk > 3
    planned.desk.apply(replace(case, lesions=(case.lesions[0], guessed)), "Mark occlusion")
    planned.desk.look(replace(on_vessel(case, planned.desk.view, "LAD", 20.0), lesion=1))
    settle(planned, qtbot)
    panel = planned.rail.panel(Step.OCCLUSION)
    assert f"P {trunk + 20:.1f} mm from the ostium" in panel._cap.text.text()
    panel._accept.click()
    settle(planned, qtbot)
    assert f"D {trunk + 31:.1f} mm from the ostium" in panel._cap.text.text()


def test_that_every_item_of_every_score_leads_to_what_justifies_it(planned: MainWindow, qtbot: QtBot):
    qtbot.waitUntil(lambda: planned.lesion_facts.told is not None, timeout=20_000)
    asked: list[tuple[str, ...]] = []
    planned.lesion_facts.facts_asked.disconnect()
    planned.lesion_facts.facts_asked.connect(asked.append)
    lesion, line = lesion_of(planned), planned.desk.case.tree["RCA"].centerline
    away = on_vessel(planned.desk.case, planned.desk.view, "LAD", 5.0)
    items = [item for score in planned.lesion_facts.told.scores for item in score.items]
    assert len(items) > 60
    for item in items:
        asked.clear()
        planned.desk.look(away)
        planned.lesion_facts._show_item(lesion, item)
        if asked:
            assert item.shown_by is Picture.FACTS
            form = FactsForm(planned.desk.case.facts, "RCA", lambda facts: None)
            assert any(name in form._fields for name in asked[0]), item.name
        else:
            assert planned.desk.view.vessel == "RCA", item.name
            station, off_mm = line.nearest_station_mm(planned.desk.view.cursor_lps_mm)
            assert off_mm < 0.5
            if item.shown_by is Picture.PROXIMAL_CAP:
                assert station == pytest.approx(lesion.proximal.station_mm, abs=0.5)


def test_that_ways_and_grafts_are_typed_shown_scored_and_kept(planned: MainWindow, qtbot: QtBot, tmp_path: Path):
    qtbot.waitUntil(lambda: planned.lesion_facts.told is not None, timeout=20_000)
    before = total(planned, "PROGRESS-CTO")
    form = WaysForm(planned.desk.case.facts, "RCA", lambda facts: _type(planned, facts), planned)
    form.ways.add({"kind": WayKind.SEPTAL, "donor": "LAD", "recipient": "PDA", "werner": 2, "crossable": True})
    form.ways.add({"kind": WayKind.EPICARDIAL, "donor": "OM1", "recipient": "PLV"})
    form.grafts.add({"kind": GraftKind.LIMA, "target": "LAD", "patent": True})
    form._keep()
    facts = planned.desk.kept_case.facts
    assert [way.words for way in facts.of("RCA").ways] == [
        "septal, LAD to PDA, CC 2, crossable",
        "epicardial, OM1 to PLV",
    ]
    assert facts.grafts[0].words == "LIMA to LAD, open"
    assert planned.desk.undo_titles == ("Type clinical facts",)
    # collaterals are there: the item gives no point any more
    qtbot.waitUntil(lambda: total(planned, "PROGRESS-CTO")[1] == before[1] - 1, timeout=20_000)
    again = WaysForm(facts, "RCA", lambda _: None)
    assert again.facts().of("RCA").ways[0].words == facts.of("RCA").ways[0].words
    path = tmp_path / "ways.ctoplan"
    planned.plans.save_to(path)
    qtbot.waitUntil(lambda: path.exists() and not planned.jobs.busy, timeout=20_000)
    planned.desk.close()
    planned.open_path(path)
    qtbot.waitUntil(lambda: planned.desk.case is not None, timeout=30_000)
    assert planned.desk.case.facts == facts


def test_that_what_was_judged_on_angiography_replaces_what_ct_says(planned: MainWindow, qtbot: QtBot):
    qtbot.waitUntil(lambda: planned.lesion_facts.told is not None, timeout=20_000)
    form = FactsForm(planned.desk.case.facts, "RCA", lambda facts: _type(planned, facts), planned, ("multiple",))
    form.answer("multiple", True)
    form._keep()
    assert planned.desk.kept_case.facts.of("RCA").multiple is True

    def item():
        scores = planned.lesion_facts.told.scores
        return next(i for s in scores if s.name == "CT-RECTOR" for i in s.items if i.name.startswith("multiple"))

    qtbot.waitUntil(lambda: item().points == (1, 1), timeout=20_000)
    assert item().evidence.value == "typed"


def test_that_a_hint_leads_to_what_it_rests_on(planned: MainWindow, qtbot: QtBot):
    qtbot.waitUntil(lambda: planned.lesion_facts.told is not None, timeout=20_000)
    settle(planned, qtbot)
    qtbot.waitUntil(lambda: planned.lesion_facts.ready, timeout=5000)
    lines = planned.lesion_facts.widget().findChildren(HintLine)
    assert len(lines) == len(planned.lesion_facts.told.hints)
    line = next(one for one in lines if one._hint.shown_by is Picture.PROXIMAL_CAP)
    planned.desk.look(on_vessel(planned.desk.case, planned.desk.view, "LAD", 5.0))
    qtbot.mouseClick(line, LEFT)
    assert planned.desk.view.vessel == "RCA"


@pytest.mark.data
@pytest.mark.slow
def test_that_a_real_evening_goes_from_opening_to_moved_caps_changed_scores_and_back(
    window: MainWindow, qtbot: QtBot, reference_cases: Path
):
    find_by_itself(window, True)
    open_study(window, qtbot, reference_cases / "rca" / "dicom")
    qtbot.waitUntil(lambda: bool(window.desk.kept_case.lesions) and not window.tree_flow.finding, timeout=180_000)
    window.desk.look(step=Step.OCCLUSION)
    settle(window, qtbot)
    qtbot.waitUntil(lambda: window.lesion_facts.told is not None, timeout=60_000)
    found, before = lesion_of(window), total(window, "KCCT")
    titles = window.desk.undo_titles
    # in 3-D, to where less than 15 mm are left
    drag_cap(window, qtbot, pane(window, "volume"), found.distal.station_mm - 12)
    assert lesion_of(window).length_mm < 15 < found.length_mm
    qtbot.waitUntil(lambda: total(window, "KCCT")[1] < before[1], timeout=60_000)
    window.desk.undo()
    assert window.desk.kept_case.lesions[0] is found
    # on a plane that the vessel runs across: the cap is held, and the wheel goes on to other slices
    axial = show_axial(window, qtbot, found.proximal.station_mm)
    flag = flag_of(QPointF(spot(axial, "RCA", found.proximal.station_mm)), proximal=True).toPoint()
    qtbot.mousePress(axial, LEFT, pos=flag)
    for _ in range(12):
        wheel(axial, -1, flag)
    qtbot.mouseRelease(axial, LEFT, pos=flag)
    assert abs(lesion_of(window).length_mm - found.length_mm) > 2
    assert window.desk.undo_titles == (*titles, "Move proximal cap")
    window.desk.undo()
    assert lesion_of(window) is found
    window.desk.look(step=Step.OCCLUSION)
    qtbot.waitUntil(lambda: window.lesion_facts.told is not None and total(window, "KCCT") == before, timeout=60_000)
