"""The settings that a command works with: the user's own, or those of a file that the window exported."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from viewer.settings import Settings


def add_settings_argument(parser: argparse.ArgumentParser) -> None:
    """Declare ``--settings``."""
    parser.add_argument(
        "--settings",
        metavar="FILE",
        type=Path,
        help="laboratory and preferences, exported from the window (default: your own)",
    )


def own_settings(arguments: argparse.Namespace) -> Settings:
    """Return the settings that were asked for; what was wrong with the user's own is told.

    Raises
    ------
    ViewerError
        If the file that was named cannot be used.
    """
    from viewer.settings.kept import settings_of

    settings = settings_of(arguments.settings)
    if settings.trouble and arguments.settings is None:
        print(f"cto-viewer: caution: {settings.trouble}", file=sys.stderr)
    return settings
