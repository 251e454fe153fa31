"""A saved plan and the pictures that it was made on, found again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.casefile import StoredCase
from viewer.errors import UnreadableStudy
from viewer.model.case import Case
from viewer.model.view import ViewState
from viewer.model.volume import Volume
from viewer.progress import Progress

if TYPE_CHECKING:
    from viewer.dicom.series import SeriesInfo


#: Reads the pictures that it was made for.
Read = Callable[[Progress], Volume]
#: Gives what reads a file that the program does not know itself, ``None`` if nothing does.
ReaderOf = Callable[[Path], Read | None]


def no_other_reader(path: Path) -> Read | None:
    """Return that nothing else reads a file."""
    return None


def found_plan(
    stored: StoredCase, progress: Progress, built_in: Read, other_reader: ReaderOf = no_other_reader
) -> tuple[Case, ViewState] | None:
    """Look for the pictures of a plan where they were and near there, and lay the plan on them; ``None`` if not found.

    Parameters
    ----------
    stored : StoredCase
    progress : Progress
    built_in : callable
        Gives the demonstration's pictures, which lie in no file.
    other_reader : callable
        Gives what reads a file that the program does not know itself: a plugin's reader.

    Raises
    ------
    ViewerError
        If the pictures cannot be read or are other ones, or the plan is damaged.
    """
    from viewer.dicom import read, scan

    tried: set[Path] = set()
    for place in chain(stored.candidates(), _near(stored, progress)):
        if place in tried:
            continue
        tried.add(place)
        read_otherwise = other_reader(place)
        if read_otherwise is not None:
            return stored.restore(read_otherwise(progress))
        try:
            series = _series_of(stored, scan([place], progress).series)
        except UnreadableStudy:  # what was there is there no more
            continue
        if series is not None:
            return stored.restore(read(series, progress))
    if not stored.sources and stored.series_uid is not None:
        volume = built_in(progress)
        if volume.facts.series_uid == stored.series_uid:
            return stored.restore(volume)
    return None


def _near(stored: StoredCase, progress: Progress) -> Iterator[Path]:
    """Yield folders with the series of a plan, beside where it was and beside the plan: after a move or a new name."""
    from viewer.dicom.whereabouts import folders_of

    if stored.series_uid is not None and stored.sources:
        where = Path(stored.sources[0]).parent
        yield from folders_of(stored.series_uid, (stored.path.parent, where), progress)


def _series_of(stored: StoredCase, listed: tuple[SeriesInfo, ...]) -> SeriesInfo | None:
    for series in listed:
        same = series.readable and series.facts.series_uid == stored.series_uid
        if same and series.facts.phase_percent == stored.phase_percent:
            return series
    return None
