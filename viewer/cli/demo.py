"""The built-in demonstration case: in the window, as DICOM files, or as pictures."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from viewer.cli.display import require_display
from viewer.cli.terminal import TerminalProgress, print_result
from viewer.errors import ViewerError

TITLE = "the built-in demonstration case"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument(
        "--write", metavar="FOLDER", type=Path, help="write it as a DICOM series instead of opening the window"
    )
    instead.add_argument(
        "--pictures", metavar="FOLDER", type=Path, help="make pictures of it, without a display, instead"
    )


def run(arguments: argparse.Namespace) -> int:
    """Open, write or picture the demonstration case."""
    if arguments.write is not None:
        return _write(arguments.write)
    if arguments.pictures is not None:
        return _picture(arguments.pictures)
    require_display()
    from viewer.ui.application import run as show_window

    return show_window(None, demo=True)


def _write(folder: Path) -> int:
    from viewer.demo import write_demo_dicom

    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise ViewerError(f"{folder} is not empty.", "Name a new folder, so that nothing in it is overwritten.")
        with TerminalProgress() as progress:
            paths = write_demo_dicom(folder, progress)
    except OSError as error:
        raise _unwritable(folder, error) from error
    print_result(f"{len(paths)} images in {folder}")
    return 0


def _picture(folder: Path) -> int:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from viewer.ui.pictures import make_pictures

    try:
        with TerminalProgress() as progress, tempfile.TemporaryDirectory() as own:
            # Neither shows what was planned before, nor is kept as a plan of the user's.
            os.environ["CTO_VIEWER_STATE"] = own
            paths = make_pictures(folder, progress)
    except OSError as error:
        raise _unwritable(folder, error) from error
    print_result("\n".join(str(path) for path in paths))
    return 0


def _unwritable(folder: Path, error: OSError) -> ViewerError:
    return ViewerError(
        f"{folder} cannot be written: {error.strerror or error}.",
        "Name a folder where you may write, on a disc with room for it.",
    )
