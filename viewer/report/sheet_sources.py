"""Where the numbers of a sheet can be seen: its own figures by number, and captures of the board that show the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from viewer.desk.sight import Along, along, at_station
from viewer.desk.target import active_lesion
from viewer.model.board import BoardItem
from viewer.model.case import Case
from viewer.model.view import Step, ViewState
from viewer.report.sheet_page import KeyFact, SectionWords, SheetPage, ViewWords

#: A capture of an X-ray this near to a view is of that view; one of sections this near to a station shows it.
SAME_DEG, SAME_MM = 0.5, 1.5
#: Which figures show each of the four facts: the reformation is figure 1; then the number of a cross-section.
_SECTION_OF_FACT = {"proximal cap": "P", "firm": "Most calcium", "possible": "Most calcium", "landing zone": "D"}


def with_sources(words: SheetPage, case: Case, vessel: str) -> SheetPage:
    """Return the words of a page with its figures numbered, each with the captures of the board that show the same.

    Parameters
    ----------
    words : SheetPage
    case : Case
        With the board as it is now.
    vessel : str
        That the page is about.
    """
    sight = along(case.tree, vessel)

    def on_board(pane: str, fits: Callable[[BoardItem], bool]) -> tuple[int, ...]:
        return tuple(n for n, item in enumerate(case.board, 1) if item.pane == pane and fits(item))

    views = tuple(
        replace(one, figure=2 + n, captures=on_board("xray", lambda item, one=one: _same_view(item, one)))  # type: ignore[misc]
        for n, one in enumerate(words.views)
    )
    first = 3 + len(views)
    sections = tuple(
        replace(
            one,
            figure=first + n,
            captures=on_board("sections", lambda item, one=one: _of(case, item, vessel) and _shows(item, sight, one)),  # type: ignore[misc]
        )
        for n, one in enumerate(words.sections)
    )
    numbers = {one.name: one.figure for one in sections}
    return replace(
        words,
        views=views,
        sections=sections,
        facts=tuple(_traced(fact, numbers) for fact in words.facts),
        reformation_captures=on_board("reformation", lambda item: _of(case, item, vessel)),
        rendering_captures=on_board("volume", lambda item: _of(case, item, vessel)),
    )


def figure_words(number: int, captures: tuple[int, ...]) -> str:
    """Return what stands on a figure: its number, and where it hangs on the board."""
    return f"{number}" + (f" · board {', '.join(map(str, captures))}" if captures else "")


def view_of(words: SheetPage, case: Case, vessel: str, figure: int, view: ViewState) -> ViewState:
    """Return the view in which the program shows what a figure of a page shows.

    Parameters
    ----------
    words : SheetPage
        With its figures numbered.
    case : Case
    vessel : str
        That the page is about.
    figure : int
    view : ViewState
        As it is now.
    """
    asked = next((one for one in words.views if one.figure == figure), None)
    if asked is not None:
        carm = replace(view.carm, primary_deg=asked.primary_deg, secondary_deg=asked.secondary_deg)
        return replace(view, step=Step.VIEWS, vessel=vessel, carm=carm)
    section = next((one for one in words.sections if one.figure == figure), None)
    if section is not None:
        return at_station(
            replace(view, step=Step.OCCLUSION, vessel=vessel), along(case.tree, vessel), section.station_mm
        )
    return replace(view, step=Step.VESSEL if figure == 1 else Step.OCCLUSION, vessel=vessel)


def _of(case: Case, item: BoardItem, vessel: str) -> bool:
    lesion = active_lesion(case, item.view)
    return item.view.vessel == vessel or (lesion is not None and lesion.vessel == vessel)


def _same_view(item: BoardItem, view: ViewWords) -> bool:
    carm = item.view.carm
    return (
        abs(carm.primary_deg - view.primary_deg) <= SAME_DEG
        and abs(carm.secondary_deg - view.secondary_deg) <= SAME_DEG
    )


def _shows(item: BoardItem, sight: Along, section: SectionWords) -> bool:
    station, _ = sight.nearest(item.view.cursor_lps_mm)
    return abs(station - section.station_mm) <= SAME_MM


def _traced(fact: KeyFact, sections: dict[str, int]) -> KeyFact:
    """Return a fact that says in which figures it is seen."""
    named = next((name for start, name in _SECTION_OF_FACT.items() if fact.caption.startswith(start)), "")
    shown = [1, *([sections[named]] if named in sections else [])]
    return replace(fact, figures=tuple(shown))
