"""The board: captures in the order in which they are shown in the room, each with the view that it was taken from."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from viewer.model.view import ViewState

#: What a pane's own place is described with: a number, a word, or numbers.
PlaceValue = float | str | tuple[float, ...]
Point = tuple[float, float]

_PNG = b"\x89PNG\r\n\x1a\n"


class NoteKind(enum.Enum):
    """What was drawn on a capture."""

    ARROW = "arrow"
    RING = "ring"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Note:
    """Something drawn on a capture, in shares of the picture from its upper left corner.

    Attributes
    ----------
    kind : NoteKind
    start, end : (float, float)
        (x, y) of the tail and the tip of an arrow, of two opposite corners about a ring, of the left end of a text's
        line (a text has no second point: both are the same).
    text : str
        Of a text.
    """

    kind: NoteKind
    start: Point
    end: Point
    text: str = ""

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            point = tuple(float(value) for value in getattr(self, name))
            if len(point) != 2 or not all(0 <= value <= 1 for value in point):
                raise ValueError(f"a note lies within its picture, not at {point}")
            object.__setattr__(self, name, point)
        if self.kind is NoteKind.TEXT and not self.text.strip():
            raise ValueError("a text needs words")

    def moved(self, dx: float, dy: float) -> Note:
        """Return it moved by shares of the picture, as far as the picture goes."""
        xs, ys = (self.start[0], self.end[0]), (self.start[1], self.end[1])
        dx = min(max(dx, -min(xs)), 1 - max(xs))
        dy = min(max(dy, -min(ys)), 1 - max(ys))

        def inside(point: Point) -> Point:
            return min(max(point[0] + dx, 0.0), 1.0), min(max(point[1] + dy, 0.0), 1.0)

        return replace(self, start=inside(self.start), end=inside(self.end))


@dataclass(frozen=True, slots=True)
class PanePlace:
    """Where one pane looked beyond what the view says: its zoom, its camera, its preset.

    Attributes
    ----------
    pane : str
        Key of the pane.
    values : tuple of (str, PlaceValue)
        As the pane itself names them.
    """

    pane: str
    values: tuple[tuple[str, PlaceValue], ...]


@dataclass(frozen=True, slots=True, eq=False)
class BoardItem:
    """A capture on the board.

    Attributes
    ----------
    title : str
    png : ndarray of uint8, shape (bytes,)
        The picture as a PNG file, its caption burned in, without the patient's identity.
    view : ViewState
        Where was looked.
    pane : str or None
        Key of the pane that it shows; ``None`` for the whole layout.
    maximised : str or None
        Key of the pane that filled the window.
    layout : str
        How the panes shared the room, as JSON; empty: as the step begins.
    places : tuple of PanePlace
        Of the panes that were in sight.
    notes : tuple of Note
        What was drawn on it, the latest on top.
    caps_mm : (float, float) or None
        Stations of the caps of the lesion that was looked at, as they were then.
    """

    title: str
    png: NDArray[np.uint8]
    view: ViewState
    pane: str | None = None
    maximised: str | None = None
    layout: str = ""
    places: tuple[PanePlace, ...] = ()
    notes: tuple[Note, ...] = ()
    caps_mm: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        png = np.array(self.png)
        if png.dtype != np.uint8 or png.ndim != 1 or png[: len(_PNG)].tobytes() != _PNG:
            raise ValueError("a capture on the board is a PNG picture")
        png.setflags(write=False)
        object.__setattr__(self, "png", png)
        for part in ("places", "notes"):
            object.__setattr__(self, part, tuple(getattr(self, part)))

    def place_of(self, pane: str) -> PanePlace | None:
        """Return where a pane looked, ``None`` if it was not in sight."""
        return next((place for place in self.places if place.pane == pane), None)


Board = tuple[BoardItem, ...]


def moved(board: Board, number: int, to: int) -> Board:
    """Return the board with a capture at another place; both count from 0."""
    items = list(board)
    items.insert(to, items.pop(number))
    return tuple(items)


def without(board: Board, number: int) -> Board:
    """Return the board without a capture."""
    return board[:number] + board[number + 1 :]


def exchanged(board: Board, number: int, item: BoardItem) -> Board:
    """Return the board with another capture in place of one."""
    return (*board[:number], item, *board[number + 1 :])
