"""What stands on a planning sheet, in words and numbers ready to be set: no picture, no layout."""

from __future__ import annotations

from dataclasses import dataclass

#: What stands for unknown.
UNKNOWN = "–"
#: What marks a value that was not checked against a source that could be read.
UNCONFIRMED = "†"


@dataclass(frozen=True, slots=True)
class KeyFact:
    """One of the four facts that are read from across the room.

    Attributes
    ----------
    value, caption : str
    meaning : str
        Name of its colour in the theme's group ``meaning``; empty: that of the text.
    figures : tuple of int
        Numbers of the figures in which it is seen.
    """

    value: str
    caption: str
    meaning: str = ""
    figures: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ViewWords:
    """A view to ask for.

    Attributes
    ----------
    label : str
        The angles in words.
    purpose : str
    numbers : str
        Foreshortening and overlap.
    why : str
    primary_deg, secondary_deg : float
    figure : int
        Its number on the page.
    captures : tuple of int
        Numbers of the captures on the board that show the same, from 1.
    """

    label: str
    purpose: str
    numbers: str
    why: str
    primary_deg: float
    secondary_deg: float
    figure: int = 0
    captures: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SectionWords:
    """A cross-section: name, station on the course in mm, what is seen there; its figure, and the captures of it."""

    name: str
    station_mm: float
    text: str
    meaning: str = ""
    figure: int = 0
    captures: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TissueWords:
    """A class of plaque: share and context in percent (low, median, high of published occlusions), volume in mm³."""

    name: str
    meaning: str
    share_percent: float | None
    volume_mm3: float
    context_percent: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class ScoreWords:
    """A score: total as a range, and what was seen in others with such a total."""

    title: str
    total: str
    outcome: str


@dataclass(frozen=True, slots=True)
class SheetPage:
    """One page.

    Attributes
    ----------
    title, subtitle : str
    identity, dates : str
        Who, or a code; when.
    facts : tuple of KeyFact
        Four of them.
    views_title : str
    views : tuple of ViewWords
        One to four.
    sections : tuple of SectionWords
    composition : tuple of TissueWords
    composition_note : str
    scores : tuple of ScoreWords
        In the order of their weight: what does not fit is named in a line.
    scores_note : str
    numbers_title : str
    numbers : tuple of (name, value)
    hints : tuple of str
        In the order of their weight.
    notes : str
        What the operator typed.
    operator : str
        Who made the plan; empty: room to sign.
    provenance : str
    reformation_captures, rendering_captures : tuple of int
        Numbers of the captures on the board that show the reformation, and the vessel in 3-D.
    """

    title: str
    subtitle: str
    identity: str
    dates: str
    facts: tuple[KeyFact, ...]
    views_title: str
    views: tuple[ViewWords, ...]
    sections: tuple[SectionWords, ...]
    composition: tuple[TissueWords, ...]
    composition_note: str
    scores: tuple[ScoreWords, ...]
    scores_note: str
    numbers_title: str
    numbers: tuple[tuple[str, str], ...]
    hints: tuple[str, ...]
    notes: str
    operator: str
    provenance: str
    reformation_captures: tuple[int, ...] = ()
    rendering_captures: tuple[int, ...] = ()
