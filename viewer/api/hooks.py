"""What a plugin may do: one protocol a hook. All are pure functions of nouns; none gets a widget or the desk.

A hook may raise `viewer.errors.ViewerError` where the outside world is at fault (a damaged file); that is shown to the
operator and held against nobody. Anything else that it raises switches its plugin off until the program restarts.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from viewer.api.overlay import OverlayPart
from viewer.model.case import Case
from viewer.model.cross_section import CrossSections
from viewer.model.hint import Hint
from viewer.model.lesion import Lesion
from viewer.model.measurement import Measurement
from viewer.model.score import Score
from viewer.model.vessel import VesselTree
from viewer.model.volume import Volume
from viewer.progress import Progress

#: The version of this door. A plugin names the one that it was written for.
API = 1


class Reader(Protocol):
    """Hook ``reader``: reads a file of one of the contribution's ``suffixes``."""

    def __call__(self, path: Path, progress: Progress) -> Volume:
        """Return the volume in a file."""


class Tracer(Protocol):
    """Hook ``tracer``: finds the coronary tree."""

    def __call__(self, case: Case, progress: Progress) -> VesselTree:
        """Return the tree of the case's volume; vessels that the operator drew are in the case."""


class Segmenter(Protocol):
    """Hook ``segmenter``: finds lumen and outer wall of one vessel."""

    def __call__(self, case: Case, vessel: str, progress: Progress) -> CrossSections:
        """Return the contours of a vessel of the case."""


class Measure(Protocol):
    """Hook ``measurement``: numbers, scores and hints on one lesion."""

    def __call__(self, case: Case, lesion: Lesion) -> Sequence[Measurement | Score | Hint]:
        """Return what is to be told about a lesion of the case."""


class Draw(Protocol):
    """Hook ``overlay``: plain lines, markers and labels in the patient's millimetres."""

    def __call__(self, case: Case) -> Sequence[OverlayPart]:
        """Return what is to be drawn."""


class Export(Protocol):
    """Hook ``exporter``: writes the case to a file of one of the contribution's ``suffixes``."""

    def __call__(self, case: Case, path: Path, progress: Progress) -> None:
        """Write the file."""


#: What each hook gives back: one of these, or a sequence of these.
ONE_OF: dict[str, type] = {"reader": Volume, "tracer": VesselTree, "segmenter": CrossSections, "exporter": type(None)}
SEVERAL_OF: dict[str, tuple[type, ...]] = {"measurement": (Measurement, Score, Hint), "overlay": OverlayPart.__args__}
HOOKS = (*ONE_OF, *SEVERAL_OF)
#: Hooks whose contributions name the endings of their files.
WITH_SUFFIXES = ("reader", "exporter")
