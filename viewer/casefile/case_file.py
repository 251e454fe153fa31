"""A case in one file: a zip of ``case.json`` and ``arrays/*.npy``; no pixels, no names.

The pixels stay where they are; the file knows them again by the UID of the series and a digest of its geometry.
"""

from __future__ import annotations

import io
import json
import math
import os
import re
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.casefile.encode import Arrays, Json, decode, encode, made
from viewer.casefile.fingerprint import fingerprint, same_pixels
from viewer.casefile.migration import VERSION, migrated
from viewer.errors import ViewerError
from viewer.model.case import Case
from viewer.model.view import ViewState
from viewer.model.volume import Volume

FORMAT = "cto-viewer/case"
SUFFIX = ".ctoplan"
#: What a case of ours never comes near, and a hostile file may.
MOST_BYTES = 256 * 1024 * 1024
MOST_ENTRIES = 5000
_ENTRY = re.compile(r"case\.json|arrays/\d{1,6}\.npy")
#: The parts of a case that are kept; the volume is found again.
PARTS = (
    "tree", "sections", "calcium", "lesions", "marks", "enhancement", "findings", "facts", "board", "refuted",
    "remarks", "angiogram",
)  # fmt: skip


class DamagedCase(ViewerError):
    """A case file that cannot be opened."""

    def __init__(self, path: Path, why: str, advice: str = "") -> None:
        backup = f"Try the copy of the save before, {backup_of(path).name}, or the automatic one."
        super().__init__(f"The case file {path.name} cannot be opened: {why}.", advice or backup)


@dataclass(frozen=True, slots=True, eq=False)
class StoredCase:
    """What a case file holds.

    Attributes
    ----------
    series_uid : str or None
    geometry_digest : str
    fingerprint : list of float or None
        Of the pixels.
    sources : tuple of str
        Where the pixels were: the absolute path, then the one relative to the case file.
    """

    path: Path
    series_uid: str | None
    geometry_digest: str
    fingerprint: list[float] | None
    sources: tuple[str, ...]
    phase_percent: float | None
    _parts: Json
    _view: Json
    _arrays: Arrays

    def candidates(self) -> tuple[Path, ...]:
        """Return where the pixels may lie, the likeliest first; only places that exist."""
        places = [Path(self.sources[0])] if self.sources else []
        places += [(self.path.parent / source).resolve() for source in self.sources[1:]]
        return tuple(dict.fromkeys(place for place in places if place.exists()))

    def restore(self, volume: Volume) -> tuple[Case, ViewState]:
        """Return the case and the view on the pixels that they were made on.

        Raises
        ------
        ViewerError
            If these are other pixels, or the file says something impossible.
        """
        if not self.belongs_to(volume):
            raise ViewerError(
                f"The series does not belong to {self.path.name}: its identity, geometry or pixels are other ones.",
                "Open the series that the plan was made on.",
            )
        missing = [name for name in PARTS if name not in self._parts]
        if missing:
            raise DamagedCase(self.path, f"its part “{missing[0]}” is missing")
        try:
            parts = {name: decode(self._parts[name], self._arrays) for name in PARTS}
            case, view = made(Case, {"volume": volume, **parts}), decode(self._view, self._arrays)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
            raise DamagedCase(self.path, f"it says something impossible ({problem})") from problem
        if not isinstance(view, ViewState):
            raise DamagedCase(self.path, "it does not say where was looked")
        return case, view

    def belongs_to(self, volume: Volume) -> bool:
        """Tell whether the plan was made on a volume; one that was given away without UIDs knows it by the pixels."""
        if self.series_uid is not None and volume.facts.series_uid != self.series_uid:
            return False
        same_grid = volume.geometry.digest() == self.geometry_digest
        return same_grid and same_pixels(self.fingerprint, fingerprint(volume))


def backup_of(path: Path) -> Path:
    """Return where the save before is kept."""
    return path.with_suffix(path.suffix + ".bak")


def save_case(path: Path, case: Case, view: ViewState, *, keep_backup: bool = True) -> None:
    """Write a case, whole or not at all; the file that was there is kept as ``.bak``.

    Raises
    ------
    ViewerError
        If the place cannot be written.
    """
    arrays: Arrays = {}
    facts = case.volume.facts
    sources = [facts.source] if facts.source else []
    if facts.source:
        try:
            sources.append(os.path.relpath(facts.source, path.parent))
        except ValueError:  # on Windows: another drive, to which no relative path leads
            sources = [facts.source]
    content = {
        "format": FORMAT,
        "version": VERSION,
        "series": {
            "series_uid": facts.series_uid,
            "phase_percent": facts.phase_percent,
            "geometry_digest": case.volume.geometry.digest(),
            "fingerprint": fingerprint(case.volume),
            "sources": sources,
        },
        "case": {name: encode(getattr(case, name), arrays) for name in PARTS},
        "view": encode(view, arrays),
    }
    temporary = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("case.json", json.dumps(content, allow_nan=False))
                for name, array in arrays.items():
                    buffer = io.BytesIO()
                    np.save(buffer, array, allow_pickle=False)
                    # Pictures are compressed already, and are written anew after every edit.
                    packing = zipfile.ZIP_STORED if array.dtype == np.uint8 else zipfile.ZIP_DEFLATED
                    archive.writestr(f"arrays/{name}.npy", buffer.getvalue(), packing)
            file.flush()
            os.fsync(file.fileno())
        if keep_backup and path.exists():
            _keep(path)
        temporary.replace(path)
    except OSError as problem:
        temporary.unlink(missing_ok=True)
        raise ViewerError(
            f"The case could not be saved to {path} ({problem.strerror or problem}).",
            "Choose another place, or make room there; the automatic copy is still kept.",
        ) from problem


def _keep(path: Path) -> None:
    """Keep the file that is there as the backup, without a moment in which neither has its name."""
    beside = path.with_name(backup_of(path).name + ".part")
    beside.unlink(missing_ok=True)
    try:
        beside.hardlink_to(path)
    except OSError:  # not every disc knows links
        shutil.copyfile(path, beside)
    beside.replace(backup_of(path))


def load_case(path: Path) -> StoredCase:
    """Read a case file.

    Raises
    ------
    ViewerError
        If it cannot be read, is damaged, hostile, or of a newer version.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            content, arrays = _entries(path, archive)
    except OSError as problem:
        raise ViewerError(
            f"The case file {path} cannot be read ({problem.strerror or problem}).", "Check the place and its rights."
        ) from problem
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, RuntimeError) as problem:
        raise DamagedCase(path, "it is cut short or no case file") from problem
    except (ValueError, UnicodeError, RecursionError, MemoryError) as problem:
        raise DamagedCase(path, f"its content makes no sense ({problem})") from problem
    try:
        content = _current(path, content)
        series = content["series"]
        sources = tuple(source for source in series["sources"] if isinstance(source, str))
        uid, phase, digest, pixels = (
            series[name] for name in ("series_uid", "phase_percent", "geometry_digest", "fingerprint")
        )
        parts = content["case"]
        missing = [name for name in PARTS if name not in parts]
        if missing:
            raise KeyError(missing[0])
        known = [number for number in pixels or () if isinstance(number, (int, float))]
        if pixels is not None and len(known) != len(pixels):
            raise TypeError("fingerprint")
        return StoredCase(path, uid, digest, pixels and known, sources, phase, parts, content["view"], arrays)
    except (KeyError, TypeError) as problem:
        raise DamagedCase(path, f"a part is missing ({problem})") from problem


def _entries(path: Path, archive: zipfile.ZipFile) -> tuple[dict[str, Any], Arrays]:
    """Return case.json and the arrays of an archive that keeps within what a case needs."""
    entries = archive.infolist()
    if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise DamagedCase(path, "it is larger than any plan", "Do not open it: it is no plan of this program.")
    for entry in entries:
        if not _ENTRY.fullmatch(entry.filename):
            raise DamagedCase(path, "it holds files that no plan has", "Do not open it: it is no plan of this program.")
    names = {entry.filename for entry in entries}
    if "case.json" not in names:
        raise DamagedCase(path, "it holds no case")
    content = json.loads(archive.read("case.json"), parse_constant=_number, parse_float=_number)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise DamagedCase(path, "it is no plan of this program")
    arrays: Arrays = {}
    for name in names - {"case.json"}:
        arrays[name.removeprefix("arrays/").removesuffix(".npy")] = _array(archive.read(name))
    return content, arrays


def _number(text: str) -> float:
    """Return a number of the file; ValueError if it is none or infinite."""
    value = float(text)
    if not np.isfinite(value):
        raise ValueError(f"{text} is no number")
    return value


def _array(raw: bytes) -> NDArray[Any]:
    """Return an array; ValueError if it is no array of numbers, or says that it is larger than its bytes."""
    file = io.BytesIO(raw)
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("an array in it has another format")
    shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    if dtype.kind not in "fiub":
        raise ValueError("an array in it holds no numbers")
    if math.prod(shape) * dtype.itemsize != len(raw) - file.tell():
        raise ValueError("an array in it has another size than it says")
    array: NDArray[Any] = np.load(io.BytesIO(raw), allow_pickle=False)
    return array


def _current(path: Path, content: dict[str, Any]) -> dict[str, Any]:
    version = content.get("version")
    if not isinstance(version, int) or version < 1:
        raise DamagedCase(path, "it has no version")
    if version > VERSION:
        raise ViewerError(
            f"The case file {path.name} was made by a newer version of the program.",
            "Update CTO Viewer to open it; nothing in the file was changed.",
        )
    return migrated(content)
