"""Plan a study without a window: the tree, the occlusions, their measures and views, as plan.json and case.ctoplan."""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.cli.own_settings import add_settings_argument, own_settings
from viewer.cli.terminal import TerminalProgress, print_result
from viewer.errors import UnreadableStudy, ViewerError
from viewer.progress import Progress

if TYPE_CHECKING:
    from viewer.analysis.plan import Seed
    from viewer.dicom import SeriesInfo, Study
    from viewer.model.carm import CArm
    from viewer.model.case import Case
    from viewer.model.lab import Lab
    from viewer.model.view import ViewState
    from viewer.model.volume import Volume
    from viewer.settings import Settings

TITLE = "the whole automatic plan of a study, as files"
PLAN, CASE = "plan.json", "case.ctoplan"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument(
        "study", metavar="STUDY", help="a folder, a zip archive, a DICOMDIR, or a NIfTI, NRRD or MHA file"
    )
    parser.add_argument(
        "-o", dest="folder", metavar="DIR", type=Path, required=True, help=f"where to write {PLAN} and {CASE}"
    )
    parser.add_argument("--series", metavar="UID", help="this series, instead of the one that suits best")
    parser.add_argument("--phase", metavar="PERCENT", type=float, help="this phase of the heart beat")
    parser.add_argument(
        "--seed",
        dest="seeds",
        metavar="VESSEL=x,y,z",
        type=_seed,
        action="append",
        default=[],
        help="a point (LPS, mm) that lies on a vessel; may be given several times",
    )
    add_settings_argument(parser)


def _seed(text: str) -> Seed:
    name, _, place = text.partition("=")
    try:
        point = [float(part) for part in place.split(",")]
    except ValueError:
        point = []
    if not name.strip() or len(point) != 3 or not all(map(math.isfinite, point)):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form VESSEL=x,y,z")
    return name.strip(), point


def run(arguments: argparse.Namespace) -> int:
    """Read the study, plan it and write both files."""
    settings = own_settings(arguments)
    with TerminalProgress() as progress:
        volume = _read(arguments, _share(progress, 0.0, 0.15))
        _write(arguments.folder, volume, arguments.seeds, settings, _share(progress, 0.15, 1.0))
    return 0


def _share(progress: Progress, low: float, high: float) -> Progress:
    def report(share: float, text: str = "") -> None:
        progress(low + (high - low) * share, text)

    return report


def _read(arguments: argparse.Namespace, progress: Progress) -> Volume:
    from viewer.dicom import read, scan

    study = scan([arguments.study], progress)
    return read(_chosen(study, arguments.series, arguments.phase), progress)


def _chosen(study: Study, uid: str | None, phase_percent: float | None) -> SeriesInfo:
    """Return the series that was asked for, or the one that suits planning best."""
    if uid is None and phase_percent is None:
        if study.recommended is None:
            raise UnreadableStudy(f"{study.source}: {study.why}", "Name a study that holds a contrast CT of the heart.")
        return study.series[study.recommended]
    asked = " at ".join(
        part for part in (uid and f"series {uid}", phase_percent is not None and f"{phase_percent:g} %") if part
    )
    order = sorted(range(len(study.series)), key=lambda number: number != study.recommended)
    for series in (study.series[number] for number in order):
        told = series.facts.phase_percent
        right_phase = phase_percent is None or (told is not None and abs(told - phase_percent) < 0.5)
        if (uid is None or series.uid == uid) and right_phase:
            return series
    raise UnreadableStudy(
        f"{study.source}: there is no {asked}.", "Run `cto-viewer info` on the study to see what it holds."
    )


def _write(folder: Path, volume: Volume, seeds: list[Seed], settings: Settings, progress: Progress) -> None:
    from viewer.analysis.plan import plan, proposed_views
    from viewer.api.score_json import plan_scores
    from viewer.casefile import save_case
    from viewer.report.plan_json import plan_as_json

    case = plan(volume, seeds, _share(progress, 0.0, 0.85), settings.person.threshold)
    views = proposed_views(case, settings.lab.limits, _share(progress, 0.85, 0.98))
    text = json.dumps(plan_as_json(case, views, plan_scores(case)), indent=1, allow_nan=False)
    progress(0.98, "Writing the plan")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / PLAN).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ViewerError(
            f"{folder} cannot be written: {error.strerror or error}.",
            "Name a folder where you may write, on a disc with room for it.",
        ) from error
    save_case(folder / CASE, case, replace(_first_view(case), carm=_first_carm(case, settings.lab)))
    print_result("\n".join([*_told(case), str(folder / PLAN), str(folder / CASE)]))


def _first_view(case: Case) -> ViewState:
    """Return the view that the case opens with: on its first lesion, else on its first vessel."""
    from viewer.desk.sight import on_vessel
    from viewer.model.view import Step, ViewState

    if not case.lesions:
        return ViewState(step=Step.TREE)
    lesion = case.lesions[0]
    return on_vessel(case, ViewState(step=Step.OCCLUSION, lesion=0), lesion.vessel, lesion.proximal.station_mm)


def _first_carm(case: Case, lab: Lab) -> CArm:
    """Return the C-arm of the laboratory about what was found."""
    from viewer.analysis.fluoro.isocenter import isocenter_lps_mm

    return lab.carm(0.0, 0.0, isocenter_lps_mm(case))


def _told(case: Case) -> list[str]:
    """Return each lesion in a line."""
    return [
        f"{lesion.vessel}: {lesion.kind.value} of {lesion.length_mm:.1f} mm from {lesion.proximal.station_mm:.1f} mm on"
        for lesion in case.lesions
    ] or ["No occlusion and no clear stenosis was found."]
