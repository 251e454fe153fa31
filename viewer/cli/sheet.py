"""Make the planning sheet of a saved plan, as PDF or PNG, without a window."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.cli.own_settings import add_settings_argument, own_settings
from viewer.cli.terminal import TerminalProgress, print_result
from viewer.errors import UnreadableStudy

if TYPE_CHECKING:
    from viewer.model.volume import Volume
    from viewer.progress import Progress

TITLE = "the planning sheet"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("case", metavar="CASE", type=Path, help="a saved plan (.ctoplan); its pictures are looked for")
    parser.add_argument(
        "-o",
        dest="file",
        metavar="FILE",
        type=_sheet_file,
        required=True,
        help="a .pdf with all pages, or a .png (one file for each occlusion)",
    )
    parser.add_argument(
        "--page", choices=("A4", "Letter"), help="size of the paper (default: as in your settings, else A4)"
    )
    parser.add_argument("--notes", metavar="TEXT", help="what is to stand under Notes (default: the notes of the plan)")
    parser.add_argument(
        "--identity", metavar="TEXT", help="who the patient is; without it a code stands there and the name is withheld"
    )
    add_settings_argument(parser)


def _sheet_file(text: str) -> Path:
    path = Path(text)
    if path.suffix.lower() not in (".pdf", ".png"):
        raise argparse.ArgumentTypeError(f"{text!r} does not end in .pdf or .png")
    return path


def run(arguments: argparse.Namespace) -> int:
    """Open the plan with its pictures, and write the sheet."""
    from viewer.casefile import load_case
    from viewer.desk.found_plan import found_plan
    from viewer.report.sheet import make_sheet

    settings = own_settings(arguments)
    with TerminalProgress() as progress:
        found = found_plan(load_case(arguments.case), progress, _built_in)
        if found is None:
            raise UnreadableStudy(
                f"The pictures of {arguments.case.name} are not where they were.",
                "Put them back, or open the plan in the window and show where they are.",
            )
        case, view = found
        paths = make_sheet(
            case,
            view,
            arguments.file,
            page=arguments.page or settings.person.paper,
            limits=settings.lab.limits,
            identity=arguments.identity,
            notes=arguments.notes,
            progress=progress,
        )
    print_result("\n".join(str(path) for path in paths))
    return 0


def _built_in(progress: Progress) -> Volume:
    from viewer.demo import demo_case

    return demo_case(progress).volume
