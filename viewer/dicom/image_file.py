"""NIfTI, NRRD and MetaImage files: one volume in one file, without a word on how it was made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.dicom.fitness import judge_grid
from viewer.dicom.series import SeriesInfo
from viewer.errors import UnreadableStudy
from viewer.model.geometry import Float, Geometry
from viewer.model.volume import Finding, SeriesFacts, Severity, Volume
from viewer.progress import Progress

IMAGE_SUFFIXES = (".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd")

#: Air, lung and bone: a CT of a body spans at least this. A mask or a map of labels does not.
NARROWEST_CT_HU = 300
#: Values below this, by this share at least, are what the surroundings of a body look like in a CT.
DARK_HU = -100
#: Larger files are not looked into before they are chosen.
LOOKED_AT_VOXELS = 32_000_000
#: At most so many labels are in a map of labels.
MOST_LABELS = 120

ADVICE = "Choose the CT itself, in Hounsfield units."


def image_series(path: str, name: str, lent: object, *, look: bool) -> SeriesInfo:
    """Return what the header of an image file tells, as a series.

    With `look`, the values of a small file are looked at as well: where a CT lies among masks, it is the one to open.
    """
    findings = [
        Finding(Severity.NOTE, "An image file does not tell how it was made: phase, kernel and contrast are unknown.")
    ]
    uid, facts = path, SeriesFacts(description=Path(name).name, modality="CT", source=str(Path(name).parent))

    def refused(text: str) -> SeriesInfo:
        told = (*findings, Finding(Severity.REFUSAL, text))
        return SeriesInfo(uid, facts, 1, (1, 1, 1), None, "image file", told, lent=lent)

    try:
        reader = _opened(path)
    except UnreadableStudy as error:
        return refused(error.what)
    size = reader.GetSize()
    if reader.GetDimension() != 3 or reader.GetNumberOfComponents() != 1 or min(size) < 2:
        return refused(f"{Path(name).name} holds no volume of single values but {' × '.join(map(str, size))}.")
    geometry, _ = _geometry(reader)
    if isinstance(geometry, str):
        return refused(geometry)
    if look and geometry.shape[0] * geometry.shape[1] * geometry.shape[2] <= LOOKED_AT_VOXELS:
        try:
            _as_hu(_values(reader, path), Path(name).name)
        except UnreadableStudy as error:
            return refused(error.what)
    findings += judge_grid(geometry, None)
    step, row, column = (round(float(mm), 6) for mm in geometry.spacing_mm)
    shape = geometry.shape
    told = tuple(findings)
    return SeriesInfo(uid, facts, shape[0], shape, (step, row, column), "image file", told, image_path=path, lent=lent)


def read_image(series: SeriesInfo, progress: Progress, first: Callable[..., None] | None) -> Volume:
    """Read an image file.

    Raises
    ------
    UnreadableStudy
        If it is damaged, gone, or no CT by its values.
    """
    path = series.image_path or series.uid
    progress(0.0, "Reading the image file")
    reader = _opened(path)
    geometry, flipped = _geometry(reader)
    if isinstance(geometry, str):
        raise UnreadableStudy(geometry, ADVICE)
    values = _values(reader, path)
    progress(0.6, "Checking its values")
    hu, findings = _as_hu(values[::-1] if flipped else values, Path(path).name)
    volume = Volume(hu, geometry, series.facts, (*series.findings, *findings))
    if first is not None:
        first(volume.hu, geometry, np.ones(len(hu), bool))
    progress(1.0, "Reading the image file")
    return volume


def middle_plane(path: str) -> NDArray[Any]:
    """Return the stored values of the middle slice, shape (rows, columns); reads no more where the format allows it."""
    reader = _opened(path)
    columns, rows, slices = reader.GetSize()
    reader.SetExtractIndex((0, 0, slices // 2))
    reader.SetExtractSize((columns, rows, 1))
    plane = _values(reader, path)[0]
    return np.asarray(plane)


def _values(reader, path: str) -> NDArray[Any]:  # type: ignore[no-untyped-def]
    import SimpleITK

    try:
        return np.asarray(SimpleITK.GetArrayFromImage(reader.Execute()))
    except RuntimeError as error:
        raise UnreadableStudy(
            f"{Path(path).name} is damaged or cut short.", "Copy it again from where it came."
        ) from error


def _opened(path: str):  # type: ignore[no-untyped-def]
    import SimpleITK

    reader = SimpleITK.ImageFileReader()
    reader.SetFileName(path)
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        if not Path(path).exists():
            raise UnreadableStudy(f"{Path(path).name} is not there any more.", "Check the disc.") from error
        raise UnreadableStudy(
            f"{Path(path).name} is damaged or no image file of its kind.", "Copy it again from where it came."
        ) from error
    return reader


def _geometry(reader) -> tuple[Geometry | str, bool]:  # type: ignore[no-untyped-def]
    """Return the grid, slices reversed where the file counts left-handed, or a sentence on why there is none."""
    columns, rows, slices = reader.GetSize()
    spacing: Float = np.array(reader.GetSpacing()[::-1], float)
    directions: Float = np.array(reader.GetDirection(), float).reshape(3, 3).T[::-1]
    origin: Float = np.array(reader.GetOrigin(), float)
    flipped = bool(np.linalg.det(directions[::-1]) < 0)
    if flipped:
        origin = origin + directions[0] * spacing[0] * (slices - 1)
        directions = directions * np.array([[-1.0], [1.0], [1.0]])
    try:
        return Geometry.from_axes((slices, rows, columns), origin, spacing, directions + 0.0), flipped
    except ValueError:
        return "The axes in the header of the image file are not at right angles, so it cannot be measured in.", flipped


def _as_hu(values: NDArray[Any], name: str) -> tuple[NDArray[np.int16], tuple[Finding, ...]]:
    """Return the values as Hounsfield units, or refuse what is no CT."""
    if not np.issubdtype(values.dtype, np.number) or np.iscomplexobj(values):
        raise UnreadableStudy(f"{name} does not hold numbers.", ADVICE)
    findings: list[Finding] = []
    if np.issubdtype(values.dtype, np.floating) and not np.isfinite(values).all():
        holes = int(np.count_nonzero(~np.isfinite(values)))
        values = np.nan_to_num(values, nan=Volume.AIR_HU, posinf=Volume.AIR_HU, neginf=Volume.AIR_HU)
        findings.append(Finding(Severity.CAUTION, f"{holes} voxels hold no number and are shown as air."))
    low, high = float(values.min()), float(values.max())
    sample = values[:: max(1, values.shape[0] // 24), ::4, ::4]
    levels = np.unique(sample)
    if low == high:
        raise UnreadableStudy(f"{name} holds one single value everywhere ({low:g}).", ADVICE)
    if low >= 0 and len(levels) <= MOST_LABELS and np.array_equal(levels, np.rint(levels)):
        raise UnreadableStudy(f"{name} is a mask or a map of labels ({len(levels)} different values), no CT.", ADVICE)
    if high - low < NARROWEST_CT_HU or high < 0 or low >= 0:
        raise UnreadableStudy(
            f"{name} is no CT in Hounsfield units: its values go from {low:g} to {high:g}; a CT has air near -1000.",
            ADVICE,
        )
    if low > DARK_HU * 5:
        findings.append(
            Finding(
                Severity.CAUTION,
                f"There is no air in it (lowest value {low:g}); look whether these are Hounsfield units.",
            )
        )
    info = np.iinfo(np.int16)
    outside = values < -1500
    beyond = int(np.count_nonzero(values > info.max))
    if beyond:
        findings.append(
            Finding(Severity.CAUTION, f"{beyond} voxels were denser than {info.max} HU and are shown as that.")
        )
    if values.dtype == np.int16:
        hu = np.ascontiguousarray(values)
    else:
        hu = np.clip(np.rint(values), info.min, info.max).astype(np.int16)
    if outside.any():
        share = 100 * float(np.count_nonzero(outside)) / outside.size
        if not hu.flags.writeable or hu is values:
            hu = hu.copy()
        hu[outside] = Volume.AIR_HU
        findings.append(
            Finding(Severity.NOTE, f"{share:.1f} % of the voxels lie outside the field of view and are shown as air.")
        )
    return hu, tuple(findings)
