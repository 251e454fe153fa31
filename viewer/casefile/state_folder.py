"""Where the program keeps what outlives it and is nobody's setting: plans kept by themselves, the list of exports."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def state_folder() -> Path:
    """Return the folder; the variable CTO_VIEWER_STATE names another one."""
    named = os.environ.get("CTO_VIEWER_STATE")
    return Path(named) if named else Path(platformdirs.user_state_dir("cto-viewer", appauthor=False))
