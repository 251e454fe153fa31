"""What a click of the right button offers at a place of a vessel: to put a cap there, or to begin an occlusion."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from PySide6.QtWidgets import QMenu, QWidget

from viewer.desk import Desk
from viewer.desk.lesion_edits import move_cap
from viewer.desk.sight import on_vessel
from viewer.desk.target import active_lesion
from viewer.model.case import Case
from viewer.model.lesion import LesionKind
from viewer.model.view import ViewState

Change = Callable[[Case], Case]
#: A cap that would come to lie farther than this from the place is not offered to be put there.
LEAST_MM = 0.01


def cap_title(proximal: bool) -> str:
    """Return the title of the edit that moves a cap."""
    return f"Move {'proximal' if proximal else 'distal'} cap"


def offers(case: Case, view: ViewState, place: tuple[str, float]) -> Iterator[tuple[str, str, Change]]:
    """Yield which caps of an occlusion can be put at a place of its vessel: words, title, and the edit."""
    vessel, station = place
    chosen = active_lesion(case, view)
    here = [n for n, one in enumerate(case.lesions) if one.vessel == vessel and one.kind is LesionKind.OCCLUSION]
    if not here:
        return
    number = min(here, key=lambda n: case.lesions[n] is not chosen)
    for proximal in (True, False):
        change = partial(move_cap, number=number, proximal=proximal, station_mm=station)
        lesion = change(case).lesions[number]
        cap = lesion.proximal if proximal else lesion.distal
        if abs(cap.station_mm - station) < LEAST_MM:
            yield f"Put {'P' if proximal else 'D'} here: {lesion.length_mm:.1f} mm", cap_title(proximal), change


def cap_menu(parent: QWidget, desk: Desk, place: tuple[str, float], begin: Callable[[], None]) -> QMenu:
    """Return the menu; what an entry would do is shown while the mouse is on it, and `begin` begins an occlusion."""
    menu = QMenu(parent)
    menu.aboutToHide.connect(lambda: desk.preview(None))
    menu.aboutToHide.connect(menu.deleteLater)
    case = desk.kept_case
    for words, title, change in offers(case, desk.view, place) if case is not None else ():
        action = menu.addAction(words)
        action.hovered.connect(partial(_show, desk, change))
        action.triggered.connect(partial(_keep, desk, change, title, place))
    menu.addAction("Begin an occlusion here").triggered.connect(lambda: begin())
    return menu


def _show(desk: Desk, change: Change) -> None:
    if desk.kept_case is not None:
        desk.preview(change(desk.kept_case))


def _keep(desk: Desk, change: Change, title: str, place: tuple[str, float], _: bool = False) -> None:
    if desk.kept_case is not None:
        changed = change(desk.kept_case)
        desk.apply(changed, title)
        desk.look(on_vessel(changed, desk.view, *place))
