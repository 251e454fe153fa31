"""How a planning sheet is laid out on its page; all lengths in points, text shrinks before anything is left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from viewer.model.case import Case
from viewer.model.lesion import Lesion
from viewer.model.view import Window
from viewer.report.ink import color
from viewer.report.sheet_figures import (
    legend,
    paint_composition,
    paint_projection,
    paint_reformation,
    paint_rendering,
    paint_section,
)
from viewer.report.sheet_page import KeyFact, ScoreWords, SheetPage, ViewWords
from viewer.report.sheet_paper import Paper, text_width
from viewer.report.sheet_sources import figure_words
from viewer.report.sheet_stills import Stills

#: Width and height of the pages, points.
PAGES_PT = {"A4": (595.276, 841.89), "Letter": (612.0, 792.0)}
MARGIN_PT, GAP_PT = 26.0, 9.0
#: How much smaller the text of a column may become before entries are left out.
SHRINK = (1.0, 0.94, 0.88, 0.82)
#: What is kept free for writing by hand.
NOTE_LINES, NOTE_LINE_PT = 2, 15.0


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the parts of a page stand: heights that follow from the page's own."""

    width: float
    height: float
    reformation: float
    strip: float
    view: float
    section: float

    @property
    def inner(self) -> float:
        """Width between the margins."""
        return self.width - 2 * MARGIN_PT


def frame_of(page: str) -> Frame:
    """Return the parts of a page by its name; KeyError if there is none of this name."""
    width, height = PAGES_PT[page]
    spare = height - PAGES_PT["Letter"][1]
    return Frame(width, height, 82 + 0.18 * spare, 42 + 0.1 * spare, 104 + 0.22 * spare, 76 + 0.14 * spare)


def paint_page(
    painter: QPainter,
    page: str,
    words: SheetPage,
    case: Case,
    lesion: Lesion | None,
    vessel: str,
    stills: Stills,
    window: Window,
) -> tuple[tuple[int, QRectF], ...]:
    """Paint a page and return where its figures stand, in points, by their numbers; the painter's unit is the
    point, and its origin the corner of the paper.

    Parameters
    ----------
    painter : QPainter
    page : str
        Name of the page's size.
    words : SheetPage
    case : Case
    lesion : Lesion or None
        What the page is about.
    vessel : str
        The vessel that it is about.
    stills : Stills
    window : Window
        Of grey values, for reformation and sections.
    """
    frame, paper = frame_of(page), Paper(painter)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    paper.fill(0, 0, frame.width, frame.height, color("paper", "page"))
    y = _header(paper, frame, words)
    y = _facts(paper, frame, words.facts, y)
    area = QRectF(MARGIN_PT, y, frame.inner, frame.reformation)
    strip = QRectF(MARGIN_PT, area.bottom() + 1.5, frame.inner, frame.strip)
    paint_reformation(paper, area, strip, case, stills.sight, stills.reformation, lesion, window)
    _figure(paper, area, 1, words.reformation_captures, low=True)
    y = strip.bottom() + 15 + GAP_PT
    legend(paper, MARGIN_PT + frame.inner, strip.bottom() + 3 + 8)
    y = _views(paper, frame, words.views_title, words.views, case, vessel, stills, y)
    y = _middle_row(paper, frame, words, case, vessel, stills, window, y)
    bottom = _provenance(paper, frame, words.provenance)
    _columns(paper, frame, words, y, bottom)
    return tuple(paper.figures)


def _header(paper: Paper, frame: Frame, words: SheetPage) -> float:
    right_pt = max(text_width(words.dates, 7.6), min(text_width(words.identity, 7.6), 230.0), 150.0)
    left_pt = frame.inner - right_pt - 16
    size = paper.fitting(words.title, left_pt, 20.0, 12.0, "black")
    below = paper.text(MARGIN_PT, 24, left_pt, words.title, size, weight="black", most=2)
    below = paper.text(MARGIN_PT, below - 1, left_pt, words.subtitle, 8.4, most=1)
    muted, x = color("paper", "muted"), MARGIN_PT + frame.inner - right_pt
    y = paper.text(x, 27, right_pt, words.identity, 7.6, shade=muted, align="right", most=2)
    y = paper.text(x, y + 1, right_pt, words.dates, 7.6, shade=muted, align="right", most=2)
    y = paper.text(
        x, y + 1, right_pt, f"Operator: {words.operator or '________________'}", 7.6, shade=muted, align="right"
    )
    line = max(below, y) + 4
    paper.rule(MARGIN_PT, line, frame.inner, thick_pt=1.6, shade=color("paper", "ink"))
    return line + GAP_PT


def _facts(paper: Paper, frame: Frame, facts: Sequence[KeyFact], y: float) -> float:
    """Set the key facts side by side, each with the bar of its colour."""
    step = (frame.inner + GAP_PT) / len(facts)
    width = step - GAP_PT - 8

    def one(on: Paper, x: float, fact: KeyFact) -> float:
        size = on.fitting(fact.value, width, 15.5, 11.0, "black")
        below = on.text(x, y - 1, width, fact.value, size, weight="black", most=2)
        seen = f" · fig. {', '.join(map(str, fact.figures))}" if fact.figures else ""
        return on.text(x, below, width, fact.caption + seen, 7.2, shade=color("paper", "muted"), most=4)

    bottom = max(one(Paper(None), 0.0, fact) for fact in facts)
    for number, fact in enumerate(facts):
        x = MARGIN_PT + number * step
        shade = color("meaning", fact.meaning) if fact.meaning else color("paper", "ink")
        paper.fill(x, y, 2.4, bottom - y - 1, shade)
        one(paper, x + 8, fact)
    return bottom + GAP_PT - 2


def _views(
    paper: Paper,
    frame: Frame,
    title: str,
    views: Sequence[ViewWords],
    case: Case,
    vessel: str,
    stills: Stills,
    y: float,
) -> float:
    """Set the views to ask for side by side."""
    y = paper.heading(MARGIN_PT, y, title)
    columns = max(len(views), 3)
    step = (frame.inner + GAP_PT) / columns
    width = step - GAP_PT
    bottom = y
    for number, (view, still) in enumerate(zip(views, stills.projections, strict=True)):
        x = MARGIN_PT + number * step
        box = QRectF(x, y, width, frame.view)
        paint_projection(paper, box, case, still, vessel)
        _figure(paper, box, view.figure, view.captures)
        size = paper.fitting(view.label, width, 12.5, 8.0, "black")
        paper.line(x, box.bottom() + 3, view.label, size, weight="black")
        at = paper.text(x, box.bottom() + 18, width, view.purpose, 7.2, weight="bold", most=2)
        at = paper.text(x, at, width, view.numbers, 6.8, weight="medium", most=2)
        at = paper.text(x, at + 0.5, width, view.why, 6.8, shade=color("paper", "muted"), most=4)
        bottom = max(bottom, at)
    return bottom + GAP_PT - 3


def _middle_row(
    paper: Paper, frame: Frame, words: SheetPage, case: Case, vessel: str, stills: Stills, window: Window, y: float
) -> float:
    """Set the 3-D still, the cross-sections and the composition side by side."""
    edge, x = frame.section, MARGIN_PT
    wide = 1.45 * edge
    top = paper.heading(x, y, f"3-D · {words.views[0].label}")
    if stills.rendering is not None:
        box = QRectF(x, top, wide, edge)
        paint_rendering(paper, box, case, stills.rendering, vessel)
        _figure(paper, box, 2 + len(words.views), words.rendering_captures)
    else:
        paper.text(x, top, wide, "Too few slices for 3-D.", 7.0, shade=color("paper", "muted"))
    x += wide + GAP_PT + 3
    if words.sections:
        paper.heading(x, y, "Cross-sections, along the flow")
    for section, hu in zip(words.sections, stills.sections, strict=True):
        box = QRectF(x, top, edge, edge)
        paint_section(paper, box, case, stills.sight, hu, section.station_mm, window)
        _figure(paper, box, section.figure, section.captures)
        if section.meaning:
            paper.fill(x, box.bottom() + 0.8, edge, 1.8, color("meaning", section.meaning))
        label = f"{section.name} · {section.station_mm:.1f} mm"
        at = paper.text(x, box.bottom() + 4.5, edge, label, paper.fitting(label, edge, 7.0, 5.0, "bold"), weight="bold")
        paper.text(x, at, edge, section.text, 6.4, shade=color("paper", "muted"), most=2)
        x += edge + 6
    x += GAP_PT - 3
    rest = MARGIN_PT + frame.inner - x
    if rest > 90:
        paper.heading(x, y, "Composition")
        at = paint_composition(paper, x, top, rest, words.composition)
        most = max(int((top + edge + 20 - at) / (6.0 * Paper.LEADING)), 1)
        paper.text(x, at + 1, rest, words.composition_note, 6.0, shade=color("paper", "muted"), most=most)
    return top + edge + 26 + GAP_PT


def _figure(paper: Paper, box: QRectF, number: int, captures: tuple[int, ...], *, low: bool = False) -> None:
    """Set a figure's number, and its place on the board, into a corner of its picture."""
    paper.figures.append((number, QRectF(box)))
    y = box.bottom() - 9.6 if low else box.top() + 1.2
    paper.plate(box.left() + 1.2, y, figure_words(number, captures), 6.0, color("text", "normal"))


# -- the columns at the foot -------------------------------------------------------------------------------------------

Block = Callable[[Paper, float, float, float, float, int], float]


def _columns(paper: Paper, frame: Frame, words: SheetPage, y: float, bottom: float) -> None:
    """Set scores and numbers to the left, cautions, hints and notes to the right."""
    step = (frame.inner + 2 * GAP_PT) / 2
    width = step - 2 * GAP_PT
    right = MARGIN_PT + step

    def left_column(on: Paper, scale: float, most: int) -> float:
        at = _scores(on, words.scores, words.scores_note, MARGIN_PT, y, width, scale, most)
        return _numbers(on, words, MARGIN_PT, at + 5, width, scale)

    _fitted(paper, left_column, len(words.scores), bottom)
    typed = words.notes.strip()

    def notes(on: Paper, top: float, scale: float) -> float:
        at = on.heading(right, top, "Notes")
        if typed:
            at = on.text(right, at, width, typed, 7.6 * scale, most=8)
        for _ in range(NOTE_LINES):
            at += NOTE_LINE_PT
            on.rule(right, at - 3, width)
        return at

    def right_column(on: Paper, scale: float, most: int) -> float:
        at = _hints(on, words.hints, right, y, width, scale, most)
        return notes(on, at + 5, scale)

    end = _fitted(paper, right_column, len(words.hints), bottom)
    while end + NOTE_LINE_PT <= bottom:
        end += NOTE_LINE_PT
        paper.rule(right, end - 3, width)


def _fitted(paper: Paper, column: Callable[[Paper, float, int], float], entries: int, bottom: float) -> float:
    """Set a column as large as it fits above `bottom`; then with fewer entries. Returns the place below it."""
    measure = Paper(None)
    for most in range(entries, -1, -1):
        for scale in SHRINK if most == entries else SHRINK[2:]:
            if column(measure, scale, most) <= bottom or (most == 0 and scale == SHRINK[-1]):
                return column(paper, scale, most)
    return bottom


def _scores(
    paper: Paper,
    scores: Sequence[ScoreWords],
    note: str,
    x: float,
    y: float,
    width: float,
    scale: float,
    most: int,
) -> float:
    """Set the first `most` scores in lines of their own, and the others in one."""
    y = paper.heading(x, y, "Difficulty and risk")
    muted, size, small = color("paper", "muted"), 7.2 * scale, 6.2 * scale
    title_pt, total_pt = 0.28 * width, max((text_width(score.total, size, "bold") for score in scores), default=0.0)
    outcome_pt = width - title_pt - total_pt - 12
    for score in scores[:most]:
        fit = paper.fitting(score.title, title_pt, size, 4.8)
        paper.text(x, y, title_pt, score.title, fit, most=1)
        paper.line(x, y, score.total, size, weight="bold", align="right", width_pt=width)
        outcome = score.outcome or "no rates published by total"
        below = paper.text(x + title_pt + 6, y + 0.8, outcome_pt, outcome, small, shade=muted, most=2)
        y = max(below, y + size * Paper.LEADING)
        paper.rule(x, y + 0.6 * scale, width, thick_pt=0.4)
        y += 2.4 * scale
    others = scores[most:]
    if others:
        line = "Also: " + " · ".join(f"{_plain(score.title)} {score.total.split(' of ')[0]}" for score in others)
        y = paper.text(x, y, width, line, small, most=4) + 1
    return paper.text(x, y, width, note, 6.0 * scale, shade=muted, most=2)


def _plain(title: str) -> str:
    """Return a score's title as short as it is still understood."""
    return title.replace(", CT inputs", "").replace("PROGRESS-CTO ", "PROGRESS ")


def _numbers(paper: Paper, words: SheetPage, x: float, y: float, width: float, scale: float) -> float:
    """Set names and values in two columns."""
    rows = words.numbers
    if not rows:
        return y
    y = paper.heading(x, y, words.numbers_title)
    half, size = (width - 10) / 2, 6.6 * scale
    count = -(-len(rows) // 2)
    for number, (name, value) in enumerate(rows):
        left = x + (half + 10) * (number // count)
        at = y + (number % count) * size * 1.38
        paper.line(left, at, name, size, shade=color("paper", "muted"))
        free = half - text_width(name, size) - 4
        fit = paper.fitting(value, free, size, 4.8, "medium")
        paper.line(left, at, value, fit, weight="medium", align="right", width_pt=half)
    return y + count * size * 1.38


def _hints(paper: Paper, hints: Sequence[str], x: float, y: float, width: float, scale: float, most: int) -> float:
    """Set the first `most` hints, each with its dot."""
    y, size = paper.heading(x, y, "Bear in mind"), 7.2 * scale
    for hint in hints[:most]:
        paper.line(x, y, "•", size, shade=color("paper", "muted"))
        y = paper.text(x + 7, y, width - 7, hint, size, most=4) + 1.6 * scale
    more = len(hints) - most
    if more > 0:
        text = f"and {more} more in the program"
        y = paper.text(x + 7, y, width - 7, text, 6.2 * scale, shade=color("paper", "muted"))
    elif not hints:
        y = paper.text(x, y, width, "Nothing that applies.", size, shade=color("paper", "muted"))
    return y


def _provenance(paper: Paper, frame: Frame, text: str) -> float:
    """Set the small print at the foot, and return the place above it."""
    size = 6.0
    height = Paper(None).text(0, 0, frame.inner, text, size)
    top = frame.height - 20 - height
    paper.rule(MARGIN_PT, top - 4, frame.inner)
    paper.text(MARGIN_PT, top, frame.inner, text, size, shade=color("paper", "muted"))
    return top - 4 - GAP_PT
