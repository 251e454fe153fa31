"""Where a series lies now: its folder was renamed, or moved beside others, since a plan was made on it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from viewer.dicom import tags
from viewer.dicom.header import NotDicom, read_header
from viewer.progress import Progress, silent

#: So many folders are looked into, so deep, and so many files of each: a search that nobody waits for.
MOST_FOLDERS, DEEP, FILES_EACH = 400, 2, 6


def folders_of(series_uid: str, places: Iterable[Path], progress: Progress = silent) -> Iterator[Path]:
    """Yield the folders in some places, and in the folders there, in which a series lies.

    Parameters
    ----------
    series_uid : str
    places : iterable of Path
        Those that are not there, or may not be read, are passed over.
    progress : Progress
        Told of every folder; what it raises stops the search.
    """
    waiting = [(place, 0) for place in dict.fromkeys(places)]
    seen = 0
    while waiting and seen < MOST_FOLDERS:
        folder, depth = waiting.pop(0)
        seen += 1
        progress(seen / MOST_FOLDERS, f"Looking for the pictures in {folder.name}")
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            continue
        files = [entry.path for entry in entries if entry.is_file()][:FILES_EACH]
        if any(_series_of(path) == series_uid for path in files):
            yield folder
        if depth < DEEP:
            waiting += [(Path(entry.path), depth + 1) for entry in entries if entry.is_dir(follow_symlinks=False)]


def _series_of(path: str) -> str | None:
    try:
        return read_header(path).text(tags.SERIES_UID)
    except (NotDicom, OSError):
        return None
