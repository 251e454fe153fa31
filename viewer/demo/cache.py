"""Where generated volumes are kept between two starts of the program."""

from __future__ import annotations

import logging
import os
import tempfile
import zlib
from pathlib import Path

import numpy as np
import platformdirs
from numpy.typing import NDArray

from viewer.demo.spec import DemoSpec
from viewer.progress import Progress

log = logging.getLogger(__name__)

_MAGIC = b"CTOVDEMO"
_CHUNK = 1 << 24


def folder() -> Path:
    """Return the folder of the cache: ``CTO_VIEWER_CACHE`` where it is set, else the user's cache folder."""
    named = os.environ.get("CTO_VIEWER_CACHE")
    return Path(named) if named else Path(platformdirs.user_cache_dir("cto-viewer", appauthor=False))


def _path(spec: DemoSpec) -> Path:
    return folder() / f"demo-{spec.digest()}.bin"


def load(spec: DemoSpec, progress: Progress) -> NDArray[np.int16] | None:
    """Return the kept volume of a spec, or ``None`` where there is none or it is damaged (it is then removed).

    The file holds 8 letters, a checksum of 4 bytes and the voxels.
    """
    path = _path(spec)
    hu = np.empty(spec.shape, np.int16)
    view = hu.reshape(-1).view(np.uint8).data
    try:
        with path.open("rb") as file:
            head = file.read(12)
            whole = head[:8] == _MAGIC and path.stat().st_size == 12 + hu.nbytes
            check = 0
            for start in range(0, hu.nbytes if whole else 0, _CHUNK):
                part = view[start : start + _CHUNK]
                whole = whole and file.readinto(part) == len(part)
                check = zlib.crc32(part, check)
                progress(min(1.0, (start + _CHUNK) / hu.nbytes), "Opening the demonstration case")
    except FileNotFoundError:
        return None
    except OSError as problem:
        log.warning("the demonstration case in the cache cannot be read: %s", problem)
        return None
    if not whole or head[8:] != check.to_bytes(4, "little"):
        log.warning("the demonstration case in the cache is damaged and is made again: %s", path)
        path.unlink(missing_ok=True)
        return None
    return hu


def store(spec: DemoSpec, hu: NDArray[np.int16]) -> None:
    """Keep a volume: written beside its place and moved there whole. A full or read-only disk is logged, no more."""
    path = _path(spec)
    view = np.ascontiguousarray(hu).reshape(-1).view(np.uint8).data
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_MAGIC + zlib.crc32(view).to_bytes(4, "little"))
                file.write(view)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as problem:
        log.warning("the demonstration case could not be kept in %s: %s", path.parent, problem)
