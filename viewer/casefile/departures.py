"""What left the program, when and where to: a list kept on this machine, one line of JSON an entry, without names."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from viewer.casefile.pseudonyms import patient_code
from viewer.casefile.state_folder import state_folder
from viewer.errors import ViewerError
from viewer.model.volume import Volume


@dataclass(frozen=True, slots=True)
class Departure:
    """One thing that left.

    Attributes
    ----------
    when : str
        Local time, ISO 8601 with seconds.
    what : str
        In words: ``3 captures as DICOM``.
    where : str
        Folder or file, or ``clipboard``.
    identity : bool
        Whether the patient's identity went with it.
    code : str
        Stands for the patient: the sheet's code.
    study : str
        Digest of the study's UID, 12 hexadecimal digits; empty if it has none.
    """

    when: str
    what: str
    where: str
    identity: bool
    code: str
    study: str


def departure(volume: Volume, what: str, where: Path | str, *, identity: bool) -> Departure:
    """Return the entry for something of this volume's plan that leaves now."""
    uid = volume.facts.study_uid
    study = hashlib.sha256(uid.encode()).hexdigest()[:12] if uid else ""
    when = datetime.now().isoformat(timespec="seconds")
    return Departure(when, what, str(where), identity, patient_code(volume), study)


def departures_file() -> Path:
    """Return where the list is kept."""
    return state_folder() / "departures.jsonl"


def note_departures(entries: Sequence[Departure], path: Path | None = None) -> None:
    """Append entries to the list.

    Raises
    ------
    ViewerError
        If it cannot be written.
    """
    path = path or departures_file()
    lines = "".join(json.dumps(asdict(entry), ensure_ascii=False) + "\n" for entry in entries)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())
    except OSError as problem:
        raise ViewerError(
            f"What left the program could not be noted in {path} ({problem.strerror or problem}).",
            "Make room there, or make the folder writable.",
        ) from problem


def departures(path: Path | None = None) -> tuple[Departure, ...]:
    """Return the list, the oldest first; a line that was cut short by a crash is left out.

    Raises
    ------
    ViewerError
        If the file is there and cannot be read.
    """
    path = path or departures_file()
    try:
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    except OSError as problem:
        raise ViewerError(
            f"The list of what left the program cannot be read ({problem.strerror or problem}).", f"It lies in {path}."
        ) from problem
    return tuple(entry for line in text.splitlines() if (entry := _entry(line)) is not None)


def _entry(line: str) -> Departure | None:
    try:
        entry = Departure(**json.loads(line))
    except (ValueError, TypeError):
        return None
    texts = (entry.when, entry.what, entry.where, entry.code, entry.study)
    return entry if all(isinstance(text, str) for text in texts) and isinstance(entry.identity, bool) else None
