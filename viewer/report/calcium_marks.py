"""Calcium in every pane alike: the runs of stations that show a pattern, their colours and their words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from scipy.ndimage import median_filter

from viewer.model.calcium import CalciumPattern, CalciumProfile, Certainty
from viewer.report.ink import color

#: From the heaviest to the lightest: pattern, colour, word.
CLASSES = (
    (CalciumPattern.FULL_MOON, "full_moon", "full moon"),
    (CalciumPattern.OVER_HALF, "over_half", "> 50 %"),
    (CalciumPattern.ANY, "calcium", "calcium"),
)
EVEN_STATIONS = 5
#: Of a band that is possible only: drawn, left out.
DASH_PX = (2.5, 4.0)


@dataclass(frozen=True, slots=True)
class Run:
    """A run of stations of one vessel of the same class.

    Attributes
    ----------
    level : int
        Index into `CLASSES`.
    from_mm, to_mm : float
        Stations, from the vessel's start.
    firm : bool
        Whether the class holds at all three thresholds over most of the run; else it is drawn as a guess.
    parts : tuple of Run
        The run in pieces that are firm, or possible only, all along; a piece has no parts of its own.
    """

    level: int
    from_mm: float
    to_mm: float
    firm: bool
    parts: tuple[Run, ...] = ()

    @property
    def shade(self) -> QColor:
        """The colour of its class."""
        return color("meaning", CLASSES[self.level][1])

    @property
    def light(self) -> bool:
        """Whether it is calcium of less than half of the section."""
        return self.level == len(CLASSES) - 1

    @property
    def words(self) -> str:
        """Class and length: ``full moon 4.0 mm``."""
        possible = "" if self.firm else "possible "
        return f"{possible}{CLASSES[self.level][2]} {self.to_mm - self.from_mm:.1f} mm"


def levels_of(profile: CalciumProfile) -> np.ndarray:
    """Return for each station the index of its heaviest class in `CLASSES`, or -1, shape (S,)."""
    level = np.full(len(profile.frames.station_mm), -1)
    for number, (pattern, _, _) in reversed(list(enumerate(CLASSES))):
        level[profile.shows(pattern)[:, 1]] = number
    return level


@lru_cache(maxsize=32)
def runs_of(profile: CalciumProfile) -> tuple[Run, ...]:
    """Return the runs of all classes, the lightest first, so that a heavier one is drawn over a lighter one."""
    station = profile.frames.station_mm
    edge = np.concatenate([[station[0]], 0.5 * (station[1:] + station[:-1]), [station[-1]]])
    runs: list[Run] = []
    for number, (pattern, _, _) in reversed(list(enumerate(CLASSES))):
        there = profile.shows(pattern)[:, 1]
        certain = profile.certainty(pattern) == Certainty.FIRM
        starts = np.flatnonzero(np.diff(np.concatenate([[0], there.astype(int), [0]])))
        for first, last in zip(starts[::2], starts[1::2], strict=True):
            # Single stations that are otherwise than their neighbours are not told apart.
            even = median_filter(certain[first:last].astype(np.uint8), EVEN_STATIONS, mode="nearest")
            bounds = [first, *(np.flatnonzero(np.diff(even.astype(int))) + first + 1), last]
            parts = tuple(
                Run(number, float(edge[a]), float(edge[b]), bool(even[a - first])) for a, b in pairwise(bounds)
            )
            firm = bool(certain[first:last].mean() >= 0.5)
            runs.append(Run(number, float(edge[first]), float(edge[last]), firm, parts))
    return tuple(runs)


def paint_band(painter: QPainter, box: QRectF, run: Run, unit: float = 1.0) -> None:
    """Paint a run as a band: full where its class is firm, dashed where it is possible only.

    `unit` is a pixel of the window in the units of `box`: of it dashes are made.
    """
    if run.firm:
        painter.fillRect(box, run.shade)
        return
    pen = QPen(run.shade, box.height(), Qt.PenStyle.CustomDashLine, Qt.PenCapStyle.FlatCap)
    pen.setDashPattern([px * unit / box.height() for px in DASH_PX])
    painter.setPen(pen)
    painter.drawLine(QPointF(box.left(), box.center().y()), QPointF(box.right(), box.center().y()))
