"""Simulate one projection of the C-arm: as a picture, as line integrals, or as a DICOM object."""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.cli.own_settings import add_settings_argument, own_settings
from viewer.cli.terminal import TerminalProgress, print_result
from viewer.errors import UnreadableStudy, ViewerError

if TYPE_CHECKING:
    from viewer.model.carm import CArm
    from viewer.model.case import Case
    from viewer.model.lab import Lab
    from viewer.model.volume import Volume
    from viewer.progress import Progress

TITLE = "one simulated projection, as a picture, line integrals or DICOM"
SUFFIXES = (".png", ".npy", ".dcm")
LEAST_PX, MOST_PX = 16, 4096
_NUMBER = r"(\d{1,3}(?:\.\d+)?)°?"
_VIEW = re.compile(rf"(?:AP|(LAO|RAO)\s*{_NUMBER})?\s*[/,]?\s*(?:(CRA|CAU)\s*{_NUMBER})?", re.IGNORECASE)


class WrongCommandLine(ViewerError):
    """What was asked for is no command."""

    exit_code = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("study", metavar="STUDY|CASE", type=Path, help="a study, or a saved plan (.ctoplan)")
    parser.add_argument("--view", metavar="ANGLES", type=angles, required=True, help='as in "LAO 30 CRA 20" or "AP"')
    parser.add_argument("-o", dest="file", metavar="FILE", type=_file, required=True, help="FILE.png, .npy or .dcm")
    parser.add_argument("--size", metavar="N", type=_size, default=512, help="pixels along each edge (512)")
    parser.add_argument("--sid", metavar="MM", type=_length, help="focal spot to detector")
    parser.add_argument("--sod", metavar="MM", type=_length, help="focal spot to isocentre")
    parser.add_argument(
        "--overlay",
        action=argparse.BooleanOptionalAction,
        help="draw centrelines, calcium and caps of the plan over it (a DICOM object gets them as an overlay plane)",
    )
    add_settings_argument(parser)


def angles(text: str) -> tuple[float, float]:
    """Return primary and secondary angle in degrees (LAO and cranial positive) of words such as ``LAO 30 CRA 20``."""
    found = _VIEW.fullmatch(text.strip())
    if found is None or not text.strip(" /,"):
        raise argparse.ArgumentTypeError(f'{text!r} is no view; write it as "LAO 30 CRA 20", "RAO 15" or "AP"')
    side, turn, tilt, lean = found.groups()
    primary = float(turn or 0) * (-1 if (side or "").upper() == "RAO" else 1)
    secondary = float(lean or 0) * (-1 if (tilt or "").upper() == "CAU" else 1)
    if abs(primary) > 180 or abs(secondary) > 90:
        raise argparse.ArgumentTypeError(f"no C-arm stands at {text!r}")
    return primary, secondary


def _file(text: str) -> Path:
    path = Path(text)
    if path.suffix.lower() not in SUFFIXES:
        raise argparse.ArgumentTypeError(f"{text!r} does not end with {', '.join(SUFFIXES)}")
    return path


def _size(text: str) -> int:
    if not text.isdecimal() or not LEAST_PX <= int(text) <= MOST_PX:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {LEAST_PX} to {MOST_PX}")
    return int(text)


def _length(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 10_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no length in mm")
    return value


def run(arguments: argparse.Namespace) -> int:
    """Read the study or the plan, project it and write the file."""
    settings = own_settings(arguments)
    carm = _carm(arguments, settings.lab)
    for warning in settings.lab.limits.warnings(carm.primary_deg, carm.secondary_deg):
        print(f"cto-viewer: {carm.label}: {warning}", file=sys.stderr)
    suffix = arguments.file.suffix.lower()
    if suffix == ".npy" and arguments.overlay:
        raise WrongCommandLine("Nothing can be drawn over line integrals.", "Leave --overlay out, or write a .png.")
    with TerminalProgress() as progress:
        content = _content(arguments, carm, suffix, progress)
    from viewer.report.whole_file import write_whole

    write_whole(arguments.file, content, "The projection")
    print_result(f"{carm.label}, {arguments.size} × {arguments.size} pixels: {arguments.file}")
    return 0


def _carm(arguments: argparse.Namespace, lab: Lab) -> CArm:
    import numpy as np

    primary_deg, secondary_deg = arguments.view
    carm = lab.carm(primary_deg, secondary_deg, np.zeros(3))
    sid, sod = arguments.sid or carm.sid_mm, arguments.sod or carm.sod_mm
    if not sod < sid:
        raise WrongCommandLine(
            f"The isocentre ({sod:g} mm) must lie before the detector ({sid:g} mm).", "Give --sod less than --sid."
        )
    return replace(carm, sid_mm=sid, sod_mm=sod)


def _content(arguments: argparse.Namespace, carm: CArm, suffix: str, progress: Progress) -> bytes:
    """Return the file, at the isocentre of what was read."""
    from viewer.analysis.fluoro.isocenter import isocenter_lps_mm

    case = _case(arguments.study, progress)
    carm = replace(carm, isocenter_lps_mm=isocenter_lps_mm(case, progress))
    if suffix == ".npy":
        return _integrals(case.volume, carm, arguments.size)
    from viewer.analysis.fluoro.preview import prepare, with_injection

    preview = with_injection(prepare(case.volume, case.tree, progress=progress), case.tree, case.lesions)
    grey = preview.picture(carm, arguments.size)
    plan = case if arguments.overlay is not False else None
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # letters are drawn by Qt, which needs no display for it
    if suffix == ".png":
        from viewer.report.xray_overlay import png_bytes

        return png_bytes(grey, carm, plan)
    from viewer.report.xray_dicom import xray_dicom_bytes

    if plan is None:
        return xray_dicom_bytes(grey, carm)
    from viewer.report.xray_overlay import overlay_bits

    return xray_dicom_bytes(grey, carm, overlay_bits(plan, carm, arguments.size))


def _integrals(volume: Volume, carm: CArm, size_px: int) -> bytes:
    import numpy as np

    from viewer.analysis.fluoro.attenuation import attenuation_of
    from viewer.analysis.fluoro.projection import line_integrals

    buffer = io.BytesIO()
    np.save(buffer, line_integrals(attenuation_of(volume), carm, size_px), allow_pickle=False)
    return buffer.getvalue()


def _case(place: Path, progress: Progress) -> Case:
    """Return the plan with its pictures, or the series of a study that suits best, without a plan."""
    from viewer.casefile import SUFFIX, load_case
    from viewer.desk.found_plan import found_plan
    from viewer.dicom import read, scan
    from viewer.model.case import Case
    from viewer.model.volume import Severity

    if place.suffix.lower() == SUFFIX:
        found = found_plan(load_case(place), progress, _built_in)
        if found is None:
            raise UnreadableStudy(
                f"The pictures of {place.name} are not where they were.",
                "Put them back, or open the plan in the window and show where they are.",
            )
        return found[0]
    study = scan([place], progress)
    if study.recommended is None:
        raise UnreadableStudy(f"{study.source}: {study.why}", "Name a study that holds a CT of the heart.")
    series = study.series[study.recommended]
    volume = read(series, progress)
    # A scan that is unfit for planning may be looked at; whoever does is told.
    for finding in series.findings:
        if finding.severity is not Severity.NOTE:
            print(f"cto-viewer: {finding.severity.value}: {finding.text}", file=sys.stderr)
    return Case(volume)


def _built_in(progress: Progress) -> Volume:
    from viewer.demo import demo_case

    return demo_case(progress).volume
