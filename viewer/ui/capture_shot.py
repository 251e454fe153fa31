"""A picture on its way: what has to be computed, off the window's thread, and what paints the picture from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtGui import QImage

from viewer.progress import Progress


def nothing_to_compute(progress: Progress) -> None:
    """Stand for the work of a pane that paints at once."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One pane's picture as it was when it was asked for, whatever changes until it is painted.

    Attributes
    ----------
    work : callable
        Takes a `Progress`; may run on any thread.
    paint : callable
        Takes what `work` gave and returns the picture; runs on the window's thread.
    """

    work: Callable[[Progress], Any]
    paint: Callable[[Any], QImage]
