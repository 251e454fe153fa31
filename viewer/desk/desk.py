"""The desk: the case and the view that lie open, and the former cases.

The desk has one message, "look again". Whoever hears it asks the desk what lies there now; nobody is told what changed,
because ``is`` tells that for free on frozen nouns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from viewer.model.case import Case
from viewer.model.view import ViewState

Look = Callable[[], None]


@dataclass(frozen=True, slots=True, eq=False)
class Edit:
    """A former case and the title of the edit that left it."""

    case: Case
    title: str


class Desk:
    """What lies open. Lives on one thread, the one that made it."""

    def __init__(self) -> None:
        self._case: Case | None = None
        self._preview: Case | None = None
        self._view = ViewState()
        self._undo: list[Edit] = []
        self._redo: list[Edit] = []
        self._listeners: list[Look] = []

    @property
    def case(self) -> Case | None:
        """What is to be shown: the preview while something is dragged, else the case."""
        return self._preview or self._case

    @property
    def kept_case(self) -> Case | None:
        """The case without what is being dragged: the one that is saved."""
        return self._case

    @property
    def view(self) -> ViewState:
        """Where we look."""
        return self._view

    @property
    def undo_titles(self) -> tuple[str, ...]:
        """Titles of what can be undone, the latest last."""
        return tuple(edit.title for edit in self._undo)

    @property
    def redo_titles(self) -> tuple[str, ...]:
        """Titles of what can be done again, the next last."""
        return tuple(edit.title for edit in self._redo)

    def subscribe(self, listener: Look) -> Callable[[], None]:
        """Call `listener` whenever there is something new to look at; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def open(self, case: Case, view: ViewState | None = None) -> None:
        """Lay another case on the desk; what could be undone is gone with the former one."""
        self._case, self._preview = case, None
        self._undo.clear()
        self._redo.clear()
        if view is not None:
            self._view = view
        self._look_again()

    def close(self) -> None:
        """Clear the desk."""
        self._case = self._preview = None
        self._view = ViewState()
        self._undo.clear()
        self._redo.clear()
        self._look_again()

    def preview(self, case: Case | None) -> None:
        """Show a case without keeping it, while something is dragged; ``None`` ends that."""
        self._preview = case
        self._look_again()

    def apply(self, case: Case, title: str) -> None:
        """Keep an edited case; `title` is the menu's word for it, as in "Undo Move proximal cap".

        Raises
        ------
        ValueError
            If nothing lies open that could have been edited.
        """
        if self._case is None:
            raise ValueError("there is no case to edit")
        self._preview = None
        if case is not self._case:
            self._undo.append(Edit(self._case, title))
            self._redo.clear()
            self._case = case
        self._look_again()

    def amend(self, case: Case) -> None:
        """Keep what was worked out from the case as part of the edit that led to it: undo takes both back at once.

        Raises
        ------
        ValueError
            If nothing lies open.
        """
        if self._case is None:
            raise ValueError("there is no case to amend")
        self._case, self._preview = case, None
        self._look_again()

    def undo(self) -> str | None:
        """Go back by one edit; returns its title, ``None`` if there is none."""
        return self._step(self._undo, self._redo)

    def redo(self) -> str | None:
        """Do the last undone edit again; returns its title, ``None`` if there is none."""
        return self._step(self._redo, self._undo)

    def _step(self, source: list[Edit], target: list[Edit]) -> str | None:
        if not source or self._case is None:
            return None
        edit = source.pop()
        target.append(Edit(self._case, edit.title))
        self._case, self._preview = edit.case, None
        self._look_again()
        return edit.title

    def look(self, view: ViewState | None = None, **changes: object) -> None:
        """Look elsewhere: at another view, or at the present one with some fields changed."""
        base = self._view if view is None else view
        new = replace(base, **changes) if changes else base  # type: ignore[arg-type]
        if new is not self._view:
            self._view = new
            self._look_again()

    def _look_again(self) -> None:
        for listener in tuple(self._listeners):
            listener()
