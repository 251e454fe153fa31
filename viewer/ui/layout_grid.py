"""The grid: the panes of a step, split as the layout says and the doctor likes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QSplitter, QVBoxLayout, QWidget

from viewer.model.view import Step
from viewer.settings import Settings
from viewer.shipped import resource
from viewer.ui.pane import Pane

Layout = str | dict[str, Any]
SHARE = 1000


@cache
def default_layouts() -> dict[str, Layout]:
    """Return the layout that each step begins with, from ``resources/layouts.json``."""
    return json.loads(resource("layouts.json").read_text(encoding="utf-8"))["steps"]


def keys_of(layout: Layout) -> Iterator[str]:
    """Yield the keys of the panes in a layout, from the upper left."""
    if isinstance(layout, str):
        yield layout
    else:
        for part in layout.get("row") or layout["column"]:
            yield from keys_of(part)


def swapped(layout: Layout, one: str, other: str) -> Layout:
    """Return the layout with two panes in each other's place; a pane that is not there comes in place of the first."""
    if isinstance(layout, str):
        return other if layout == one else one if layout == other else layout
    side = "row" if "row" in layout else "column"
    return {**layout, side: [swapped(part, one, other) for part in layout[side]]}


def is_layout(layout: object, known: set[str]) -> bool:
    """Tell whether a remembered layout can be used: known panes, none twice, sizes that fit."""

    def sound(part: object) -> bool:
        if isinstance(part, str):
            return part in known
        if not isinstance(part, dict) or ("row" in part) == ("column" in part):
            return False
        parts, sizes = part.get("row") or part.get("column"), part.get("sizes")
        return (
            isinstance(parts, list)
            and len(parts) > 1
            and isinstance(sizes, list)
            and len(sizes) == len(parts)
            and all(isinstance(size, (int, float)) and size >= 0 for size in sizes)
            and all(sound(p) for p in parts)
        )

    if not sound(layout):
        return False
    keys = list(keys_of(layout))  # type: ignore[arg-type]
    return len(set(keys)) == len(keys)


class LayoutGrid(QWidget):
    """Shows the panes of one step; each pane exists once and moves from layout to layout.

    Parameters
    ----------
    panes : sequence of Pane
    settings : Settings
        Where layouts that the doctor changed are remembered, one a step.
    shown : callable
        Called after other panes have come into sight.
    """

    def __init__(self, panes: list[Pane], settings: Settings, shown: Callable[[], None]) -> None:
        super().__init__()
        self._panes = {pane.key: pane for pane in panes}
        self._settings = settings
        self._shown = shown
        self._step = Step.STUDY
        self._maximised: Pane | None = None
        self._root: QWidget | None = None
        self._laid_out: Layout = ""
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        for pane in panes:
            pane.setParent(self)
            pane.hide()
            pane.maximise_wanted.connect(self.toggle_maximised)
            pane.menu_wanted.connect(self._offer_others)

    @property
    def maximised(self) -> Pane | None:
        """The pane that fills the grid, if one does."""
        return self._maximised

    @property
    def visible_panes(self) -> list[Pane]:
        """The panes in sight, from the upper left."""
        if self._maximised is not None:
            return [self._maximised]
        return [self._panes[key] for key in keys_of(self.layout_of(self._step))]

    def layout_of(self, step: Step) -> Layout:
        """Return a step's layout: the doctor's, else the default."""
        kept = self._settings.get("layouts", {})
        mine: Layout = kept.get(step.value, "") if isinstance(kept, dict) else ""
        return mine if is_layout(mine, set(self._panes)) else default_layouts()[step.value]

    def show_step(self, step: Step) -> None:
        """Lay out the panes of a step."""
        self.remember()
        self._step = step
        self._maximised = None
        self._build()

    def toggle_maximised(self, pane: Pane) -> None:
        """Let one pane fill the grid, or go back to all."""
        self.remember()
        self._maximised = None if self._maximised is pane else pane
        self._build()
        pane.setFocus()

    def restore_default(self) -> None:
        """Forget how the doctor arranged this step."""
        layouts = dict(self._settings.get("layouts", {}))
        layouts.pop(self._step.value, None)
        self._settings.set("layouts", layouts)
        self._maximised = None
        self._build()

    def follow_settings(self) -> None:
        """Lay the panes out as the settings say now."""
        if self._root is not None and self.layout_of(self._step) != self._laid_out:
            self._maximised = None
            self._build()

    def bring(self, key: str, instead: str) -> None:
        """Show a pane in the present step: in place of another one, or of the last, unless it is there."""
        here = list(keys_of(self.layout_of(self._step)))
        if key not in here:
            self._swap(instead if instead in here else here[-1], key)

    def put_away(self, key: str, other: str) -> None:
        """Show another pane, in every step, in place of one that has nothing to show any more."""
        for step in Step:
            layout = self.layout_of(step)
            if key in keys_of(layout) and other not in keys_of(layout):
                self._keep(swapped(layout, key, other), step)
        self.follow_settings()

    def show_as(self, layout: object, maximised: str | None) -> None:
        """Lay the present step out as it was once: a layout, and the key of the pane that filled the grid."""
        if is_layout(layout, set(self._panes)):
            layouts = dict(self._settings.get("layouts", {}))
            layouts.pop(self._step.value, None)
            self._settings.set("layouts", layouts)
            self._keep(layout)  # type: ignore[arg-type]
        self._maximised = None if maximised is None else self._panes.get(maximised)
        self._build()

    def remember(self) -> None:
        """Note the present sizes in the settings."""
        if self._root is None or self._maximised is not None:
            return
        self._keep(self._measured(self.layout_of(self._step), self._root))

    def _keep(self, layout: Layout, of: Step | None = None) -> None:
        step = (of or self._step).value
        others = {name: kept for name, kept in self._settings.get("layouts", {}).items() if name != step}
        own = {} if layout == default_layouts()[step] else {step: layout}
        self._settings.set("layouts", others | own)

    def _measured(self, layout: Layout, widget: QWidget | None) -> Layout:
        if isinstance(layout, str) or not isinstance(widget, QSplitter):
            return layout
        side = "row" if "row" in layout else "column"
        sizes, before = widget.sizes(), layout["sizes"]
        total = sum(sizes)
        shares = before
        if total and any(abs(size / total - old / sum(before)) > 0.02 for size, old in zip(sizes, before, strict=True)):
            shares = [round(size / total * SHARE) for size in sizes]
        parts = [self._measured(part, widget.widget(n)) for n, part in enumerate(layout[side])]
        return {side: parts, "sizes": shares}

    def _build(self) -> None:
        old = self._root
        self._laid_out = self.layout_of(self._step)
        for pane in self._panes.values():
            pane.setParent(self)
            pane.hide()
        if old is not None:
            self._column.removeWidget(old)
            if isinstance(old, QSplitter):
                old.deleteLater()
        self._root = self._maximised or self._widget(self.layout_of(self._step))
        self._column.addWidget(self._root)
        self._root.show()
        for pane in self.visible_panes:
            pane.show()
        self._shown()

    def _widget(self, layout: Layout) -> QWidget:
        if isinstance(layout, str):
            return self._panes[layout]
        side = "row" if "row" in layout else "column"
        splitter = QSplitter(Qt.Orientation.Horizontal if side == "row" else Qt.Orientation.Vertical)
        splitter.setHandleWidth(6)
        splitter.setChildrenCollapsible(False)
        total = sum(layout["sizes"])
        for number, (part, size) in enumerate(zip(layout[side], layout["sizes"], strict=True)):
            splitter.addWidget(self._widget(part))
            splitter.setStretchFactor(number, max(1, round(100 * size / total)))
        # Shares of a length far beyond any screen, so that the splitter scales them down in proportion.
        splitter.setSizes([round(size / total * 100_000) for size in layout["sizes"]])
        return splitter

    def _offer_others(self, pane: Pane, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        here = set(keys_of(self.layout_of(self._step)))
        for key, other in self._panes.items():
            if other is pane:
                continue
            action = QAction(f"{'Swap with' if key in here else 'Show'} {other.title}", menu)
            action.triggered.connect(lambda _=False, key=key: self._swap(pane.key, key))
            menu.addAction(action)
        menu.addSeparator()
        menu.addAction("Restore this step's layout", self.restore_default)
        menu.popup(at)

    def _swap(self, one: str, other: str) -> None:
        self.remember()
        self._maximised = None
        self._keep(swapped(self.layout_of(self._step), one, other))
        self._build()
