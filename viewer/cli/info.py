"""Tell what a study holds: its series and phases, their geometry, their fitness for planning, and every finding."""

from __future__ import annotations

import argparse
import json
import textwrap
from typing import TYPE_CHECKING, Any

from viewer.cli.terminal import TerminalProgress, print_result
from viewer.errors import UnreadableStudy

if TYPE_CHECKING:
    from viewer.dicom import SeriesInfo, Study
    from viewer.model.volume import Finding

TITLE = "what a study holds, and whether it is fit for planning"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument(
        "study", metavar="STUDY", help="a folder, a zip archive, a DICOMDIR, or a NIfTI, NRRD or MHA file"
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Scan the study and print what it holds; UnreadableStudy afterwards if nothing in it is fit for planning."""
    from viewer.dicom import scan

    with TerminalProgress() as progress:
        study = scan([arguments.study], progress)
    if arguments.json:
        print_result(json.dumps(study_as_json(study), indent=1, allow_nan=False))
    else:
        print_result(study_as_text(study))
    _refuse_if_unfit(study)
    return 0


def _may_be_planned_on(series: SeriesInfo) -> bool:
    from viewer.dicom import Fitness

    return series.readable and series.fitness is not Fitness.REFUSED


def _refuse_if_unfit(study: Study) -> None:
    if any(map(_may_be_planned_on, study.series)):
        return
    reason = study.why
    if study.recommended is not None:
        reason = " ".join(("No series is fit for planning.", *study.series[study.recommended].reasons[:1]))
    raise UnreadableStudy(
        f"{study.source}: {reason}",
        "Read the findings, and ask for a thin-slice reconstruction of an ECG-gated scan with contrast.",
    )


def study_as_json(study: Study) -> dict[str, Any]:
    """Return the study as what JSON can hold; unknown is ``None``."""
    return {
        "schema": "cto-viewer/info",
        "version": 1,
        "source": study.source,
        "summary": study.summary,
        "recommended": None if study.recommended is None else _key(study.series[study.recommended]),
        "why": study.why,
        "findings": _findings_as_json(study.findings),
        "series": [_series_as_json(series) for series in study.series],
        "unused_files": [{"path": file.path, "reason": file.reason} for file in study.unused],
    }


def _key(series: SeriesInfo) -> dict[str, Any]:
    return {"series_uid": series.uid, "phase_percent": series.facts.phase_percent}


def _series_as_json(series: SeriesInfo) -> dict[str, Any]:
    facts = series.facts
    geometry = series.stack.geometry if series.stack else None
    return {
        **_key(series),
        "title": series.title,
        "description": facts.description,
        "study_date": facts.study_date,
        "modality": facts.modality,
        "manufacturer": facts.manufacturer,
        "trigger_time_ms": facts.trigger_time_ms,
        "kvp": facts.kvp,
        "kernel": facts.kernel,
        "slice_thickness_mm": facts.slice_thickness_mm,
        "contrast_agent": facts.contrast_agent,
        "lossy": facts.lossy,
        "transfer_syntax": series.transfer_syntax,
        "image_count": series.image_count,
        "shape_kji": list(series.shape),
        "spacing_kji_mm": None if series.spacing_mm is None else list(series.spacing_mm),
        "affine_kji_to_lps_mm": None if geometry is None else geometry.affine.tolist(),
        "resampled": None if series.stack is None else series.stack.resampled,
        "fitness": series.fitness.value,
        "findings": _findings_as_json(series.findings),
    }


def _findings_as_json(findings: tuple[Finding, ...]) -> list[dict[str, str]]:
    return [{"severity": finding.severity.value, "text": finding.text} for finding in findings]


def study_as_text(study: Study) -> str:
    """Return the study as text to read on a terminal."""
    parts = [study.source, study.summary, study.why, *_sentences(study.findings)]
    for number, series in enumerate(study.series):
        mark = ""
        if number == study.recommended:
            mark = "  (recommended)" if _may_be_planned_on(series) else "  (comes closest)"
        parts += ["", f"{number + 1}. {series.title}{mark}", *(f"   {line}" for line in _series_lines(series))]
    return "\n".join(parts)


def _series_lines(series: SeriesInfo) -> list[str]:
    facts = series.facts
    slices, rows, columns = series.shape
    grid = f"{slices} × {rows} × {columns} voxels"
    if series.spacing_mm is not None:
        grid += " of " + " × ".join(f"{step:.3f}" for step in series.spacing_mm) + " mm"
    made = {
        "phase": None if facts.phase_percent is None else f"{facts.phase_percent:g} %",
        "trigger": None if facts.trigger_time_ms is None else f"{facts.trigger_time_ms:.0f} ms",
        "tube": None if facts.kvp is None else f"{facts.kvp:g} kV",
        "kernel": facts.kernel,
        "thickness": None if facts.slice_thickness_mm is None else f"{facts.slice_thickness_mm:g} mm",
        "contrast": facts.contrast_agent,
        "stored as": series.transfer_syntax,
    }
    told = ", ".join(f"{name} {value}" for name, value in made.items() if value is not None)
    return [
        f"{grid} (slices × rows × columns)",
        *textwrap.wrap(told, 110),
        f"Series UID {series.uid}",
        f"For planning: {series.fitness.value}",
        *_sentences(series.findings),
    ]


def _sentences(findings: tuple[Finding, ...]) -> list[str]:
    return [f"- {finding.severity.value}: {finding.text}" for finding in findings]
