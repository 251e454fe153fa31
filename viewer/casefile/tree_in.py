"""Vessels that another program found: centrelines (VTP, CSV) or a map of labels, read as a tree."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from viewer.casefile.course_in import Course, UnreadableTree, tree_from_courses
from viewer.casefile.vtp_file import MOST_BYTES, read_vtp
from viewer.model.vessel import VesselTree
from viewer.progress import Progress, silent

LINE_SUFFIXES = (".vtp", ".csv", ".txt", ".tsv", ".fcsv")
MAP_SUFFIXES = (".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd", ".dcm")
SUFFIXES = LINE_SUFFIXES + MAP_SUFFIXES

#: LPS from the file's own directions.
SPACES = {"LPS": (1.0, 1.0, 1.0), "RAS": (-1.0, -1.0, 1.0)}
_COLUMNS = {
    "x": ("x", "x_mm", "x_lps", "x_lps_mm", "l"),
    "y": ("y", "y_mm", "y_lps", "y_lps_mm", "p"),
    "z": ("z", "z_mm", "z_lps", "z_lps_mm", "s"),
    "radius": ("radius", "radius_mm", "lumen_radius", "lumen_radius_mm", "maximuminscribedsphereradius"),
    "diameter": ("diameter", "diameter_mm"),
    "vessel": ("vessel", "name", "vessel_name", "branch"),
    "parent": ("parent",),
    "inferred": ("inferred",),
    "confidence": ("confidence",),
}
_TRUE, _FALSE = ("1", "true", "yes"), ("0", "false", "no", "")


def read_tree(
    path: str | os.PathLike[str],
    *,
    space: str | None = None,
    labels: Mapping[int, str] | None = None,
    progress: Progress = silent,
) -> VesselTree:
    """Read a coronary tree that another program, or this one, has written.

    Parameters
    ----------
    path : path
        VTP or CSV centrelines, or a map of labels (NIfTI, NRRD, MetaImage, DICOM SEG).
    space : {"LPS", "RAS"}, optional
        How centrelines count x and y where the file does not say it itself; LPS if not given. Maps say it themselves.
    labels : mapping of int to str, optional
        Names of a map's labels; a label "aorta" is where the arteries begin. DICOM SEG names its own.
    progress : Progress

    Returns
    -------
    VesselTree
        All by the operator's hand, so that nothing overwrites it.

    Raises
    ------
    UnreadableTree
        If the file cannot be read, is damaged or hostile, or holds no vessel.
    """
    place = Path(path)
    name = place.name.lower()
    if space is not None and space not in SPACES:
        raise ValueError(f"space {space}")
    if not place.is_file():
        raise UnreadableTree(place, "there is no such file", "Check the name and the disc.")
    if name.endswith(".vtp"):
        found = read_vtp(place)
        courses, told = list(found.courses), found.space
    elif name.endswith(LINE_SUFFIXES):
        courses, told = read_csv(place)
    elif name.endswith(MAP_SUFFIXES):
        from viewer.casefile.label_map import read_label_map

        return read_label_map(place, labels or {}, progress)
    else:
        raise UnreadableTree(place, "its kind is not known")
    signs = np.array(SPACES[told or space or "LPS"])
    return tree_from_courses(place, [replace(c, points_lps_mm=c.points_lps_mm * signs) for c in courses])


def read_csv(path: Path) -> tuple[list[Course], str | None]:
    """Read points from a table, one a row, with or without a heading; returns the lines and their space, if told.

    Without a heading the columns are x, y, z and perhaps the radius; more need a heading. Commas, semicolons (then
    with decimal commas too), tabs and blanks divide the columns.

    Raises
    ------
    UnreadableTree
        If it cannot be read, or a row holds no point.
    """
    try:
        if path.stat().st_size > MOST_BYTES // 4:
            raise UnreadableTree(path, "it is larger than any coronary tree")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as problem:
        raise UnreadableTree(path, problem.strerror or "the disc refuses it") from problem
    except UnicodeDecodeError as problem:
        raise UnreadableTree(path, "it is no text") from problem
    lines = text.splitlines()
    space = next((m.group(1).upper() for m in map(_SPACE.search, lines) if m), None)
    heading = next((line for line in lines if line.startswith("#") and re.search(r"\bx\b.*\by\b.*\bz\b", line)), None)
    body = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    rows = _rows(path, body)
    if heading is not None:  # Slicer's fcsv keeps its heading in a comment, "# columns = id,x,y,z,…"
        rows.insert(0, [cell.strip() for cell in heading.split("=")[-1].lstrip("# ").split(",")])
    if len(rows) < 2:
        raise UnreadableTree(path, "it has fewer than two rows")
    if _is_number(rows[0][0]) and all(map(_is_number, rows[0][:3])):
        if len(rows[0]) > 4 and heading is None:
            raise UnreadableTree(path, f"it has {len(rows[0])} columns and no heading", "Name the columns in row 1.")
        names = ["x", "y", "z", "radius"][: len(rows[0])]
    else:
        names = [cell.strip().lower() for cell in rows.pop(0)]
    if space is None and {"r", "a", "s"} <= set(names):
        space, names = "RAS", [{"r": "x", "a": "y", "s": "z"}.get(name, name) for name in names]
    return _courses(path, names, rows), space


_SPACE = re.compile(r"^#.*(?:SPACE|CoordinateSystem)\s*=\s*(LPS|RAS)\b", re.IGNORECASE)


def _rows(path: Path, lines: list[str]) -> list[list[str]]:
    first = lines[0] if lines else ""
    delimiter = next((mark for mark in (";", "\t", ",") if mark in first), None)
    if delimiter is None:
        return [line.split() for line in lines]
    try:
        rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter, skipinitialspace=True))
    except csv.Error as problem:
        raise UnreadableTree(path, f"it is no table ({problem})") from problem
    if delimiter == ";":
        rows = [
            [re.sub(r"^([-+]?\d*),(\d+(?:[eE][-+]?\d+)?)$", r"\1.\2", cell.strip()) for cell in row] for row in rows
        ]
    return rows


def _courses(path: Path, names: list[str], rows: list[list[str]]) -> list[Course]:
    at = {key: next((names.index(n) for n in known if n in names), None) for key, known in _COLUMNS.items()}
    if None in (at["x"], at["y"], at["z"]):
        raise UnreadableTree(path, "its heading names no columns x, y and z", "Name them so in row 1.")
    groups: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        vessel = "" if at["vessel"] is None else _cell(row, at["vessel"])
        groups.setdefault(vessel, []).append(number)
    xyz = [_column(path, rows, at[axis]) for axis in "xyz"]
    if any(column is None or np.isnan(column).any() for column in xyz):
        raise UnreadableTree(path, "a row holds no point", "Every row needs numbers for x, y and z.")
    points = np.array(xyz, float).T
    radius, diameter = _column(path, rows, at["radius"]), _column(path, rows, at["diameter"])
    if radius is None and diameter is not None:
        radius = diameter / 2
    sure = _column(path, rows, at["confidence"])
    guess = _flags(path, rows, at["inferred"])
    result = []
    for vessel, members in groups.items():
        parent = None if at["parent"] is None else _cell(rows[members[0]], at["parent"])
        some = [None if column is None else column[members] for column in (radius, guess, sure)]
        here = some[0] if some[0] is None or np.isfinite(some[0]).all() else None
        certain = some[2] if some[2] is None or np.isfinite(some[2]).all() else None
        result.append(Course(points[members], here, vessel, parent, some[1], certain))
    return result


def _cell(row: list[str], place: int | None) -> str:
    return row[place].strip() if place is not None and place < len(row) else ""


def _column(path: Path, rows: list[list[str]], place: int | None) -> np.ndarray | None:
    """Return a column as numbers, NaN where a cell is empty; ``None`` if there is no such column or it is all empty."""
    if place is None:
        return None
    cells = [_cell(row, place) for row in rows]
    for number, cell in enumerate(cells, 1):
        if cell and not _is_number(cell):
            raise UnreadableTree(path, f"“{cell[:30]}” in row {number} of its points is no number")
    values = np.array([float(cell) if cell else np.nan for cell in cells])
    return None if np.isnan(values).all() else values


def _flags(path: Path, rows: list[list[str]], place: int | None) -> np.ndarray | None:
    if place is None:
        return None
    cells = [_cell(row, place).lower() for row in rows]
    strange = next((cell for cell in cells if cell not in _TRUE + _FALSE), None)
    if strange is not None:
        raise UnreadableTree(path, f"“{strange[:30]}” in its column “inferred” is neither 0 nor 1")
    return np.array([cell in _TRUE for cell in cells])


def _is_number(cell: str) -> bool:
    try:
        return bool(np.isfinite(float(cell)))
    except ValueError:
        return False
