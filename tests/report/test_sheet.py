"""The planning sheet: what stands on it, where, and in which colour."""

from __future__ import annotations

import shutil
import subprocess
import threading
import zlib
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from tests.analysis.occlusion.diseased_vessel import DiseasedVessel, Gap, Stone
from viewer.analysis.plan import with_lesions
from viewer.api.discovery import Found
from viewer.api.door import Plugins
from viewer.desk.lesion_edits import move_cap
from viewer.errors import ViewerError
from viewer.model.board import BoardItem
from viewer.model.case import Case
from viewer.model.facts import ClinicalFacts, Graft, GraftKind, RetrogradeWay, TargetFacts, WayKind
from viewer.model.lesion import LesionKind
from viewer.model.remarks import Remarks
from viewer.model.vessel import Segment
from viewer.model.view import ViewState
from viewer.model.volume import Finding, SeriesFacts, Severity, Volume
from viewer.report.ink import color
from viewer.report.sheet import NoSheet, ReadyPage, make_sheet, page_image, pdf_bytes, ready_pages
from viewer.report.sheet_layout import MARGIN_PT, frame_of
from viewer.report.sheet_sources import with_sources

DAY = date(2026, 11, 20)
FACTS = SeriesFacts(
    series_uid="1.2.3.4", study_date="20261101", phase_percent=75, kvp=120, kernel="Bv40", slice_thickness_mm=0.5
)


@pytest.fixture(scope="module", autouse=True)
def letters(qapp: QApplication) -> None:
    """Letters need an application."""


def with_facts(case: Case, facts: SeriesFacts) -> Case:
    volume = case.volume
    return replace(case, volume=Volume(volume.hu, volume.geometry, facts, volume.findings))


@pytest.fixture(scope="module")
def case() -> Case:
    """A vessel that is closed from 20 to 38 mm, with a stone at the cap and a branch before it."""
    found = with_lesions(
        DiseasedVessel(gaps=(Gap(20, 38),), stones=(Stone(19.5, 24),), branch_mm=18.5, distal_share=0.7).case()
    )
    vessels = tuple(
        replace(v, segments=(Segment("pRCA", 0, 15), Segment("mRCA", 15, 50))) if v.name == "RCA" else v
        for v in found.tree
    )
    return with_facts(replace(found, tree=replace(found.tree, vessels=vessels)), FACTS)


@pytest.fixture(scope="module")
def ready(case: Case) -> ReadyPage:
    (page,) = ready_pages(case, ViewState(), made_on=DAY, notes="Guide AL 0.75")
    return page


@pytest.fixture(scope="module")
def painted(ready: ReadyPage) -> np.ndarray:
    return pixels(page_image(ready, "A4", 144))


def pixels(image: QImage) -> np.ndarray:
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    return rows[:, : rgb.width() * 3].reshape(rgb.height(), rgb.width(), 3).copy()


def text_of(pdf: bytes) -> str:
    """Return the words of a PDF, with single spaces between them."""
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return " ".join(done.stdout.decode().split())


def shows(part: np.ndarray, shade: QColor, *, within: int = 12) -> int:
    """Return how many pixels have a colour."""
    wanted = np.array([shade.red(), shade.green(), shade.blue()])
    return int((np.abs(part.astype(int) - wanted).max(axis=-1) <= within).sum())


def streams(pdf: bytes) -> list[bytes]:
    """Return the streams of a PDF, unpacked."""
    found, at = [], 0
    while (start := pdf.find(b"stream\n", at)) >= 0:
        if pdf[start - 3 : start] == b"end":
            at = start + 7
            continue
        end = pdf.index(b"endstream", start)
        try:
            found.append(zlib.decompress(pdf[start + 7 : end]))
        except zlib.error:
            found.append(pdf[start + 7 : end])
        at = end
    return found


# -- what stands on it -----------------------------------------------------------------------------------------------


def test_that_the_title_says_where_and_what(ready: ReadyPage) -> None:
    assert ready.words.title == "RCA, mid: total occlusion"
    assert ready.words.subtitle.endswith("segment mRCA (SCCT 2)")
    assert ready.words.dates == "CT 2026-11-01, 75 % phase · plan made 2026-11-20"


def test_that_a_code_stands_in_place_of_the_name_unless_the_caller_gives_one(case: Case, ready: ReadyPage) -> None:
    assert ready.words.identity.startswith("Case ") and ready.words.identity.endswith("(name withheld)")
    (again,) = ready_pages(case, ViewState(), identity="Doe, Jane")
    assert again.words.identity == "Doe, Jane"
    (blank,) = ready_pages(case, ViewState(), identity="  ")
    assert blank.words.identity == ready.words.identity


def test_that_the_four_facts_are_those_of_the_lesion(case: Case, ready: ReadyPage) -> None:
    (lesion,) = case.lesions
    length, cap, calcium, landing = ready.words.facts
    assert length.value == f"{lesion.length_mm:.1f} mm" and "–" in length.caption
    assert cap.value == "blunt, ambiguous" and "RVM" in cap.caption and cap.meaning == "proximal_cap"
    assert calcium.value.startswith("full moon") and calcium.caption.split(";")[0] in ("firm", "possible")
    assert landing.value.endswith(" mm") and landing.caption.startswith("landing zone")


def test_that_scores_have_ranges_and_outcomes_and_views_angles_in_words(ready: ReadyPage) -> None:
    titles = [score.title for score in ready.words.scores]
    assert any("J-CTO" in title for title in titles)
    assert all(" of " in score.total for score in ready.words.scores)
    assert any("30 minutes" in score.outcome for score in ready.words.scores)
    assert 2 <= len(ready.words.views) <= 4
    for view in ready.words.views:
        assert view.label.split()[0] in ("LAO", "RAO", "AP") and "foreshortened" in view.numbers and view.why
    assert len(ready.words.sections) == 3 and len(ready.words.composition) == 4


def test_that_the_small_print_says_what_all_rests_on(case: Case, ready: ReadyPage) -> None:
    text = ready.words.provenance
    for part in ("HU", "Slices 0.5 mm", "kernel Bv40", "120 kV", "set by the computer", "not a medical device"):
        assert part in text, part
    (lesion,) = case.lesions
    (mine,) = ready_pages(move_cap(case, 0, True, lesion.proximal.station_mm + 1.5), ViewState())
    assert "P moved by the operator by 1.5 mm" in mine.words.provenance


def test_that_an_old_scan_and_the_findings_come_first_among_what_to_bear_in_mind(case: Case) -> None:
    old = with_facts(case, replace(FACTS, study_date="20260101"))
    old = replace(old, findings=(Finding(Severity.CAUTION, "Motion at the cap."), Finding(Severity.NOTE, "A note.")))
    (page,) = ready_pages(old, ViewState(), made_on=DAY)
    assert page.words.hints[:2] == (
        "Motion at the cap.",
        "The CT is 323 days old; plans rest on one of the last two months.",
    )
    assert "A note." not in page.words.hints


def test_that_what_is_unknown_is_a_dash_and_never_a_number(case: Case) -> None:
    (lesion,) = case.lesions
    bare = replace(lesion.proximal, shape=None, ambiguous=None, reasons=(), side_branch_mm=None, side_branch=None)
    unmeasured = replace(
        with_facts(case, SeriesFacts()), sections=(), calcium=(), lesions=(replace(lesion, proximal=bare),)
    )
    (page,) = ready_pages(unmeasured, ViewState(), plugins=Plugins(Found((), ())))
    assert [fact.value for fact in page.words.facts[1:]] == ["–", "–", "–"]
    assert page.words.dates.startswith("CT –, phase unknown") and "kV unknown" in page.words.provenance
    assert page.words.composition == () and page.words.scores_note == "No scores."
    assert not page_image(page, "A4", 60).isNull()
    numbers = dict(page.words.numbers)
    assert numbers["Calcium"] == numbers["Reference before P"] == numbers["Side branch"] == "–"


def test_that_a_case_without_an_occlusion_gets_a_sheet_of_its_longest_vessel(case: Case) -> None:
    open_case = replace(case, lesions=())
    (page,) = ready_pages(open_case, ViewState())
    assert page.words.title == "RCA: no occlusion marked" and len(page.words.sections) == 3
    assert [view.label for view in page.words.views][:1] == ["LAO 45"] and page.words.views_title == "Usual views"
    assert "calcium" in dict(page.words.numbers)["RCA"]
    (page,) = ready_pages(open_case, ViewState(vessel="RVM"))
    assert page.words.title.startswith("RVM")
    assert not page_image(page, "Letter", 60).isNull()
    (lesion,) = case.lesions
    (page,) = ready_pages(replace(case, lesions=(replace(lesion, kind=LesionKind.STENOSIS),)), ViewState())
    assert "no occlusion marked" in page.words.title and "stenosis" in page.words.hints[0]


def test_that_a_case_without_a_tree_is_refused_in_words(case: Case) -> None:
    with pytest.raises(NoSheet, match="no coronary tree"):
        ready_pages(Case(case.volume), ViewState())


# -- where it stands -------------------------------------------------------------------------------------------------


def test_that_the_facts_have_the_colours_of_their_meaning(painted: np.ndarray) -> None:
    inner = frame_of("A4").inner
    for number, name in enumerate(("", "proximal_cap", "full_moon", "distal_cap")):
        left = int(2 * (MARGIN_PT + number * (inner + 9) / 4))
        bar = painted[160:200, left - 2 : left + 8]
        assert shows(bar, color("meaning", name) if name else color("paper", "ink")) > 60, name


def test_that_caps_and_calcium_stand_over_the_reformation_in_their_colours(painted: np.ndarray) -> None:
    upper = painted[240:560]
    for name in ("proximal_cap", "distal_cap", "full_moon"):
        assert shows(upper, color("meaning", name), within=20) > 80, name
    blue = np.argwhere(np.abs(upper.astype(int) - (0x56, 0xB4, 0xE9)).max(-1) <= 20)[:, 1]
    green = np.argwhere(np.abs(upper.astype(int) - (0x00, 0x9E, 0x73)).max(-1) <= 20)[:, 1]
    assert np.median(blue) < np.median(green)


def test_that_the_paper_is_white_to_its_edges(painted: np.ndarray) -> None:
    for edge in (painted[:30], painted[-30:], painted[:, :40], painted[:, -40:]):
        assert (edge == 255).all()


def test_that_both_papers_have_their_size(ready: ReadyPage) -> None:
    assert page_image(ready, "A4", 72).size() == QSize(595, 842)
    assert page_image(ready, "Letter", 72).size() == QSize(612, 792)


@pytest.mark.parametrize("page", ["A4", "Letter"])
def test_that_long_texts_stay_on_their_page(ready: ReadyPage, page: str) -> None:
    long = "An uncommonly long remark about collaterals from the first septal branch, " * 4
    words = replace(
        ready.words,
        title="Left circumflex, second obtuse marginal with a name of its own: total occlusion",
        identity="Featherstonehaugh-Cholmondeley, Maximiliana Wilhelmina Alexandrina " * 2,
        hints=(long,) * 14,
        notes=long * 6,
        provenance=ready.words.provenance * 3,
        facts=tuple(replace(fact, value=fact.value + " and more", caption=long) for fact in ready.words.facts),
        views=tuple(replace(view, why=long) for view in ready.words.views),
        scores=tuple(replace(score, outcome=long, title=score.title * 3) for score in ready.words.scores),
    )
    sheet = pixels(page_image(replace(ready, words=words), page, 144))
    for edge in (sheet[-30:], sheet[:, :40], sheet[:, -40:]):
        assert (edge == 255).all()


# -- files -----------------------------------------------------------------------------------------------------------


def test_that_the_pdf_holds_real_text_and_its_fonts(ready: ReadyPage, tmp_path: Path) -> None:
    pdf = pdf_bytes((ready,), "A4")
    tables = b"".join(stream for stream in streams(pdf) if b"beginbfrange" in stream)
    assert pdf.startswith(b"%PDF") and pdf.count(b"/FontFile2") >= 2
    for letter in "R:(–)†0":  # every one can be found again
        assert f"{ord(letter):04X}".encode() in tables, letter
    if shutil.which("pdftotext") is not None:
        text = text_of(pdf)
        for part in ("RCA, mid: total occlusion", "(name withheld)", "Guide AL 0.75", "J-CTO", "not a medical device"):
            assert part in text, part
        assert ready.words.facts[0].value in text


def test_that_each_occlusion_has_a_page(case: Case, tmp_path: Path) -> None:
    (first,) = case.lesions
    line = case.tree["RCA"].centerline
    second = replace(
        first,
        proximal=replace(first.proximal, station_mm=44.0, range_mm=(43.5, 44.5), lps_mm=line.at(np.array([44.0]))[0]),
        distal=replace(first.distal, station_mm=50.0, range_mm=(49.0, 51.0), lps_mm=line.at(np.array([50.0]))[0]),
    )
    two = replace(case, lesions=(first, second))
    paths = make_sheet(two, ViewState(), tmp_path / "sheet.png", page="Letter")
    assert [path.name for path in paths] == ["sheet.png", "sheet-2.png"]
    assert all(QImage(str(path)).width() == 1700 for path in paths)
    (pdf,) = make_sheet(two, ViewState(), tmp_path / "sheet.pdf")
    assert pdf.read_bytes().count(b"/Type /Page\n") == 2
    assert list(tmp_path.glob("*.part")) == []


def test_that_it_is_made_on_another_thread_just_as_well(case: Case, ready: ReadyPage, tmp_path: Path) -> None:
    made: list[Path] = []
    work = threading.Thread(
        target=lambda: made.extend(
            make_sheet(case, ViewState(), tmp_path / "a.png", made_on=DAY, notes="Guide AL 0.75")
        )
    )
    work.start()
    work.join(60)
    there = pixels(QImage(str(made[0])))
    assert (there == pixels(page_image(ready))).all()


def test_that_other_files_and_places_are_refused(case: Case, ready: ReadyPage, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="docx"):
        make_sheet(case, ViewState(), tmp_path / "sheet.docx")
    with pytest.raises(ValueError, match="A5"):
        make_sheet(case, ViewState(), tmp_path / "sheet.pdf", page="A5")
    with pytest.raises(ViewerError, match="could not be written"):
        make_sheet(case, ViewState(), tmp_path / "nowhere" / "sheet.pdf")


def test_that_every_number_names_the_figure_that_shows_it_and_figures_name_their_captures(
    ready: ReadyPage, case: Case
) -> None:
    words = ready.words
    view = words.views[0]
    carm = replace(ViewState().carm, primary_deg=view.primary_deg, secondary_deg=view.secondary_deg)
    looked = ViewState(vessel="RCA", carm=carm)
    png = np.frombuffer(b"\x89PNG\r\n\x1a\n", np.uint8)
    board = (
        BoardItem("in 3-D", png, looked, pane="volume"),
        BoardItem("X-ray", png, looked, pane="xray"),
        BoardItem("along", png, looked, pane="reformation"),
        BoardItem("elsewhere", png, replace(looked, vessel="LAD"), pane="reformation"),
    )
    traced = with_sources(words, replace(case, board=board), "RCA")
    assert [one.figure for one in traced.views] == list(range(2, 2 + len(words.views)))
    assert traced.views[0].captures == (2,) and all(one.captures == () for one in traced.views[1:])
    assert (traced.reformation_captures, traced.rendering_captures) == ((3,), (1,))
    sections = {one.name: one.figure for one in traced.sections}
    assert [fact.figures for fact in traced.facts] == [
        (1,), (1, sections["P"]), (1, sections["Most calcium"]), (1, sections["D"])
    ]  # fmt: skip
    if shutil.which("pdftotext") is not None:
        text = text_of(pdf_bytes((replace(ready, words=traced),)))
        assert "2 · board 2" in text and "1 · board 3" in text and "fig. 1" in text


def test_that_notes_and_operator_of_the_plan_stand_on_the_sheet(case: Case, tmp_path: Path) -> None:
    said = replace(case, remarks=Remarks("Guide AL 0.75\nno more than 200 ml", "Dr Roe"))
    (page,) = ready_pages(said, ViewState(), made_on=DAY)
    assert (page.words.notes, page.words.operator) == (said.remarks.notes, "Dr Roe")
    (other,) = ready_pages(said, ViewState(), made_on=DAY, notes="")
    assert other.words.notes == ""
    if shutil.which("pdftotext") is not None:
        text = text_of(pdf_bytes((page,)))
        assert "Operator: Dr Roe" in text and "no more than 200 ml" in text


def test_that_ways_from_behind_and_grafts_stand_on_the_sheet_as_typed(case: Case) -> None:
    target = TargetFacts("RCA", ways=(RetrogradeWay("LAD", "PDA", WayKind.SEPTAL, 2), RetrogradeWay("OM1", "PLV")))
    facts = ClinicalFacts(targets=(target,), grafts=(Graft("LAD", GraftKind.LIMA, True),))
    (page,) = ready_pages(replace(case, facts=facts), ViewState())
    assert "From behind (typed): septal, LAD to PDA, CC 2; septal, OM1 to PLV." in page.words.hints
    assert "Grafts (typed): LIMA to LAD, open." in page.words.hints
