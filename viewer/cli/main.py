"""The command ``cto-viewer``: which command was meant, and what becomes of its errors.

Nothing that a command needs is imported before the command runs: help and a wrong command line answer at once.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence

from viewer import __version__
from viewer.cli import analyze, demo, fluoro, info, open_window, sheet
from viewer.cli.fault import show_fault
from viewer.errors import ViewerError

#: Each has `TITLE`, `add_arguments(parser)` and `run(arguments) -> int`.
COMMANDS = {"open": open_window, "demo": demo, "info": info, "analyze": analyze, "fluoro": fluoro, "sheet": sheet}

_DESCRIPTION = """\
Plan the PCI of a chronic total occlusion from coronary CT angiography.
Without a command, the window opens, with STUDY in it if one is named."""

_EXIT_STATUS = """\
exit status:
  0 done; 2 the command line is wrong; 3 the study cannot be read or is unfit, or there is no display;
  4 read, but no coronary tree or no contrast was found; 1 a fault of the program

CTO Viewer is not a medical device."""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="cto-viewer",
        usage="cto-viewer [STUDY]\n       cto-viewer COMMAND ...",
        description=_DESCRIPTION,
        epilog=_EXIT_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"cto-viewer {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", prog="cto-viewer")
    for name, command in COMMANDS.items():
        part = commands.add_parser(name, help=command.TITLE, description=command.__doc__)
        command.add_arguments(part)
        part.set_defaults(run=command.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``cto-viewer`` with these arguments and return its exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] not in {*COMMANDS, "-h", "--help", "--version"}:
        words.insert(0, "open")
    arguments = build_parser().parse_args(words)
    sys.excepthook = show_fault
    for stream in (sys.stdout, sys.stderr):
        # A file name or a description may hold what the terminal cannot show.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        return int(arguments.run(arguments))
    except ViewerError as error:
        print(f"cto-viewer: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("cto-viewer: stopped.", file=sys.stderr)
        return 130
