"""The way back to the view that a capture was taken from."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from viewer.desk import Desk
from viewer.model.board import BoardItem
from viewer.ui.layout_grid import LayoutGrid
from viewer.ui.pane import Pane


def restore(item: BoardItem, desk: Desk, grid: LayoutGrid, panes: Iterable[Pane], refresh: Callable[[], None]) -> None:
    """Show the step, the panes, and in each pane the place that a capture was taken from.

    Parameters
    ----------
    item : BoardItem
    desk, grid, panes
        Of the window.
    refresh : callable
        Lets the window look at the desk at once: a pane finds its own place only after it has seen the view.
    """
    desk.look(item.view)
    refresh()
    try:
        layout = json.loads(item.layout) if item.layout else None
    except ValueError:
        layout = None
    grid.show_as(layout, item.maximised)
    refresh()
    for pane in panes:
        place = item.place_of(pane.key)
        if place is not None:
            pane.restore_place(dict(place.values))
    for pane in grid.visible_panes:
        if pane.key == item.pane:
            pane.setFocus()
