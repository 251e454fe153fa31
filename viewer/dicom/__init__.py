"""From a folder, a zip, a DICOMDIR or an image file to a checked Volume.

`scan` lists what is there, `read` makes a volume of one series, `thumbnail` a small picture of it, `write_series`
writes one. The readers behind them are imported when they are first asked for, so that a window opens without waiting.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from viewer.dicom.reading import read
    from viewer.dicom.scanning import scan
    from viewer.dicom.series import Fitness, SeriesInfo, Study, UnusedFile
    from viewer.dicom.thumbnails import thumbnail
    from viewer.dicom.writing import write_series

__all__ = ["Fitness", "SeriesInfo", "Study", "UnusedFile", "read", "scan", "thumbnail", "write_series"]

_WHERE = {
    "Fitness": "series",
    "SeriesInfo": "series",
    "Study": "series",
    "UnusedFile": "series",
    "read": "reading",
    "scan": "scanning",
    "thumbnail": "thumbnails",
    "write_series": "writing",
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_WHERE[name]}"), name)
    globals()[name] = value
    return value
