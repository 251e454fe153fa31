"""What is in a folder, an archive, a disc or a list of files: headers only, grouped, checked and judged."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from viewer.dicom import tags
from viewer.dicom.archive import is_archive, listed_files, unpacked
from viewer.dicom.decode import NATIVE
from viewer.dicom.fitness import is_lossy, judge, recommend, undecodable
from viewer.dicom.geometry_check import check_stack
from viewer.dicom.group import group
from viewer.dicom.header import Header, NotDicom, read_header
from viewer.dicom.image_file import IMAGE_SUFFIXES, image_series
from viewer.dicom.phase import common_phase
from viewer.dicom.pictures import pictures_of
from viewer.dicom.series import SYNTAX_NAMES, Fitness, Picture, SeriesInfo, Study, UnusedFile
from viewer.dicom.tags import DEFLATED, IMPLICIT_LITTLE
from viewer.errors import UnreadableStudy
from viewer.model.volume import Finding, SeriesFacts, Severity
from viewer.progress import Progress, silent

Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


def scan(paths: Paths, progress: Progress = silent) -> Study:
    """Find the series in a folder (with all folders in it), an archive, a DICOMDIR, image files, or a list of these.

    Only headers are read, and of these only what planning needs: never who the patient is.

    Parameters
    ----------
    paths : path or iterable of paths
    progress : Progress
        Told of every file; what it raises stops the scan.

    Returns
    -------
    Study
        With every series, fit or not, and every file that is in none, each with its reason.

    Raises
    ------
    UnreadableStudy
        If there is nothing there, it may not be read, or no file of it is an image.
    """
    asked = [Path(paths)] if isinstance(paths, (str, os.PathLike)) else [Path(path) for path in paths]
    if not asked:
        raise UnreadableStudy("No file was chosen.", "Choose a folder, a zip archive, a DICOMDIR or an image file.")
    files: list[tuple[str, str]] = []
    unused: list[UnusedFile] = []
    findings: list[Finding] = []
    lent: list[object] = []
    origins: dict[str, str] = {}
    for path in asked:
        _list(path, files, unused, findings, lent, origins, progress)
    if not files and not unused:
        raise UnreadableStudy(f"{asked[0]} holds no files.", "Choose the folder that holds the images.")

    file_count = len(files) + len(unused)
    pictures, headers, images, broken = _read_headers(files, unused, progress)
    kept_alive = tuple(lent)
    series = [_series(stack, told, headers, broken, kept_alive) for stack, told in group(pictures)]
    series += [image_series(path, name, kept_alive, look=len(images) > 1) for path, name in images]
    series = [_from_archive(one, origins) for one in series]
    source = str(asked[0]) if len(asked) == 1 else f"{asked[0].parent} ({len(asked)} files)"
    if not series:
        raise _nothing_found(asked[0], unused)
    best, why = recommend(series)
    order = sorted(
        range(len(series)),
        key=lambda i: (i != best, not series[i].readable, series[i].fitness is Fitness.REFUSED, series[i].title),
    )
    return Study(
        source,
        tuple(series[i] for i in order),
        tuple(unused),
        file_count,
        None if best is None else order.index(best),
        why,
        tuple(findings),
    )


def _list(
    path: Path,
    files: list[tuple[str, str]],
    unused: list[UnusedFile],
    findings: list[Finding],
    lent: list[object],
    origins: dict[str, str],
    progress: Progress,
) -> None:
    """Add the files that a path stands for; of copies out of an archive `origins` tells the archive."""
    try:
        path.stat()
    except OSError as error:
        raise _no_access(path, error) from error
    if path.is_dir():
        files += [(file, file) for file in _walked(path, unused, progress)]
    elif path.name.upper().split(".")[0] == "DICOMDIR":
        found, missing = listed_files(path)
        files += [(str(file), str(file)) for file in found]
        if missing:
            text = f"The DICOMDIR names {len(missing)} files that are not on the disc, {missing[0]} first."
            findings.append(Finding(Severity.CAUTION, text))
            unused += [UnusedFile(name, "named by the DICOMDIR but not there") for name in missing]
    elif is_archive(path):
        folder, copies, others = unpacked(path, progress)
        lent.append(folder)
        files += copies
        origins.update((copy, str(path)) for copy, _ in copies)
        unused += [UnusedFile(name, "no DICOM file") for name in others]
    else:
        files.append((str(path), str(path)))


def _walked(folder: Path, unused: list[UnusedFile], progress: Progress) -> list[str]:
    """Return every file below a folder, links to folders not followed; what may not be read is told."""
    found: list[str] = []

    def refused(error: OSError) -> None:
        if error.filename == str(folder):
            raise _no_access(folder, error) from error
        unused.append(UnusedFile(str(error.filename), "folder that may not be read"))

    for place, folders, names in os.walk(folder, onerror=refused):
        progress(0.0, f"{len(found)} files found")
        folders.sort()
        found += [os.path.join(place, name) for name in sorted(names)]  # noqa: PTH118 (thousands of files)
    return found


def _read_headers(
    files: Sequence[tuple[str, str]], unused: list[UnusedFile], progress: Progress
) -> tuple[list[Picture], dict[str, Header], list[tuple[str, str]], dict[str | None, list[str]]]:
    """Read all headers.

    Returns
    -------
    pictures : list of Picture
    headers : dict
        The first header of every series, by path of its file.
    images : list of (path, name)
        Image files of other kinds.
    broken : dict
        Files that are cut short, by series.
    """
    pictures: list[Picture] = []
    headers: dict[str, Header] = {}
    images: list[tuple[str, str]] = []
    broken: dict[str | None, list[str]] = {}
    for number, (path, name) in enumerate(files):
        progress(number / len(files), "Reading headers")
        if path.lower().endswith(IMAGE_SUFFIXES):
            images.append((path, name))
            continue
        try:
            header = read_header(path, name)
            found = pictures_of(header)
        except NotDicom as reason:
            unused.append(UnusedFile(name, str(reason)))
            continue
        except OSError as error:
            reason_text = "no permission to read it" if isinstance(error, PermissionError) else "cannot be read"
            unused.append(UnusedFile(name, reason_text))
            continue
        if _is_cut_short(found[0]):
            unused.append(UnusedFile(name, "cut short"))
            broken.setdefault(found[0].series_uid, []).append(Path(name).name)
            continue
        pictures += found
        headers[path] = header
    return pictures, headers, images, broken


def _is_cut_short(picture: Picture) -> bool:
    """Tell from the length of the file whether its picture cannot be whole."""
    layout = picture.layout
    if layout.syntax not in NATIVE or layout.syntax == DEFLATED or picture.pixels_at is None:
        return False
    head = 8 if layout.syntax == IMPLICIT_LITTLE else 12
    return picture.file_size < picture.pixels_at + head + layout.frame_bytes * layout.frames


def _from_archive(series: SeriesInfo, origins: dict[str, str]) -> SeriesInfo:
    """Return a series whose source is the archive that it came out of, if it did: the copies will be gone."""
    pictures = series.stack.pictures if series.stack is not None else series.pictures
    place = series.image_path or (pictures[0].path if pictures else None)
    source = origins.get(str(place))
    return series if source is None else replace(series, facts=replace(series.facts, source=source))


def _series(
    pictures: list[Picture],
    told: tuple[Finding, ...],
    headers: dict[str, Header],
    broken: dict[str | None, list[str]],
    lent: tuple[object, ...],
) -> SeriesInfo:
    """Check and judge one stack."""
    first = pictures[0]
    header = headers[first.path]
    description = header.text(tags.SERIES_DESCRIPTION)
    lossy = is_lossy(pictures, header.text(tags.LOSSY))
    percent, trigger = common_phase(pictures, description)
    facts = SeriesFacts(
        series_uid=first.series_uid,
        study_uid=first.study_uid,
        frame_of_reference_uid=first.frame_of_reference_uid,
        description=description,
        study_date=header.text(tags.STUDY_DATE),
        modality=first.modality,
        manufacturer=header.text(tags.MANUFACTURER),
        phase_percent=percent,
        trigger_time_ms=trigger,
        kvp=first.kvp,
        kernel=first.kernel,
        slice_thickness_mm=first.slice_thickness_mm,
        contrast_agent=header.text(tags.CONTRAST_AGENT),
        lossy=lossy,
        source=str(Path(first.name).parent),
    )
    findings = list(told)
    cut = broken.get(first.series_uid)
    if cut:
        more = f" and {len(cut) - 3} more" if len(cut) > 3 else ""
        text = f"{len(cut)} files of this series are cut short and not used: {', '.join(cut[:3])}{more}."
        findings.append(Finding(Severity.CAUTION, text))
    stack, geometry_findings = check_stack(pictures)
    problem = undecodable(pictures)
    unfit = judge(pictures, facts, stack, lossy)
    refused_by_kind = first.modality != "CT" or "LOCALIZER" in first.image_type or first.layout.samples != 1
    if refused_by_kind:
        # What kind of picture it is says it all; that it forms no stack is no news.
        stack, geometry_findings = None, ()
    if problem is not None:
        stack = None
        findings.append(problem)
    findings += [*geometry_findings, *unfit]
    spacing = [round(float(mm), 6) for mm in stack.geometry.spacing_mm] if stack is not None else None
    return SeriesInfo(
        uid=first.series_uid or first.path,
        facts=facts,
        image_count=len(pictures),
        shape=(len(pictures), first.layout.rows, first.layout.columns),
        spacing_mm=None if spacing is None else (spacing[0], spacing[1], spacing[2]),
        transfer_syntax=SYNTAX_NAMES.get(first.layout.syntax, first.layout.syntax),
        findings=tuple(findings),
        stack=stack,
        pictures=() if stack is not None or problem is not None else tuple(pictures),
        lent=lent,
    )


def _no_access(path: Path, error: OSError) -> UnreadableStudy:
    if isinstance(error, FileNotFoundError):
        return UnreadableStudy(f"{path} is not there.", "Check the name, and whether the disc is in.")
    reason = (error.strerror or type(error).__name__).lower()
    return UnreadableStudy(f"{path} may not or cannot be read ({reason}).", "Check the disc and the permissions.")


def _nothing_found(path: Path, unused: Sequence[UnusedFile]) -> UnreadableStudy:
    reasons: dict[str, int] = {}
    for file in unused:
        reasons[file.reason] = reasons.get(file.reason, 0) + 1
    told = ", ".join(
        f"{number} × {reason}" for reason, number in sorted(reasons.items(), key=lambda item: -item[1])[:4]
    )
    return UnreadableStudy(
        f"There is no readable image in {path}: {told}.",
        "Choose the folder, zip archive or DICOMDIR of a CT study, or a NIfTI, NRRD or MetaImage file.",
    )
