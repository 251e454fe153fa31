"""Whether this machine can show a window. Standard library only: the set-up asks before anything is installed."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

from viewer.errors import NoDisplay


def reason_for_no_window() -> str | None:
    """Return why no window can be opened here, as a sentence, or ``None`` if one can."""
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return None
    wayland = os.environ.get("WAYLAND_DISPLAY")
    if wayland and Path(os.environ.get("XDG_RUNTIME_DIR", "/"), wayland).exists():
        return None
    display = os.environ.get("DISPLAY")
    if not display:
        return "This machine has no display."
    if not _x_answers(display):
        return f"The display {display} does not answer."
    return None


def _x_answers(display: str) -> bool:
    """Tell whether an X server takes our connection; Qt would end the process if none did."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return False
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = xcb.xcb_disconnect.argtypes = (ctypes.c_void_p,)
    connection = xcb.xcb_connect(display.encode(), None)
    refused = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    return not refused


def require_display() -> None:
    """Raise NoDisplay if no window can be opened here."""
    reason = reason_for_no_window()
    if reason is not None:
        raise NoDisplay(
            reason,
            "Without one, use 'cto-viewer info STUDY' for what a study holds, 'cto-viewer demo --pictures FOLDER' for "
            "pictures of the demonstration case, or 'cto-viewer demo --write FOLDER' for its DICOM files.",
        )
