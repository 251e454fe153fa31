"""Open the window, with a study in it if one is named."""

from __future__ import annotations

import argparse

from viewer.cli.display import require_display

TITLE = "open the window (the default)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument(
        "study", metavar="STUDY", nargs="?", help="a folder, a zip archive, a DICOMDIR, or a NIfTI, NRRD or MHA file"
    )


def run(arguments: argparse.Namespace) -> int:
    """Open the window and return when it is closed."""
    require_display()
    from viewer.ui.application import run as show_window

    return show_window(arguments.study)
