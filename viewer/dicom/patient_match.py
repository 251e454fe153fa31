"""Whether two studies are of one patient: the names are compared where they are and go nowhere."""

from __future__ import annotations

from pathlib import Path

from viewer.dicom.header import damage
from viewer.progress import Progress, silent

# Number, name, date of birth: never kept beyond the comparison.
_Patient = tuple[str, str, str]


def same_patient(
    run: Path, series_source: str | None, series_uid: str | None, progress: Progress = silent
) -> bool | None:
    """Tell whether a run and the series of a CT name the same patient; ``None`` if one of them does not tell.

    Parameters
    ----------
    run : Path
    series_source : str, optional
        Folder or file of the CT.
    series_uid : str, optional
    """
    if not series_source or not series_uid:
        return None
    place = Path(series_source)
    files = sorted(place.iterdir()) if place.is_dir() else [place]
    mine = _patient(run, None)
    for number, file in enumerate(files):
        progress(number / len(files), "Comparing the patients")
        if file.is_file():
            theirs = _patient(file, series_uid)
            if theirs is not None:
                return None if mine is None else _agree(mine, theirs)
    return None


def _patient(file: Path, series_uid: str | None) -> _Patient | None:
    import pydicom
    from pydicom.errors import InvalidDicomError

    names = ["PatientID", "PatientName", "PatientBirthDate", "SeriesInstanceUID"]
    try:
        dataset = pydicom.dcmread(file, stop_before_pixels=True, specific_tags=names)
        if series_uid is not None and str(dataset.get("SeriesInstanceUID")) != series_uid:
            return None
        number, name, born = (str(dataset.get(one) or "").strip().upper() for one in names[:3])
    except (InvalidDicomError, OSError, *damage()):
        return None
    return number, " ".join(name.replace("^", " ").replace(",", " ").split()), born


def _agree(mine: _Patient, theirs: _Patient) -> bool | None:
    """Return the verdict of what both tell: number, name, date of birth."""
    both = [one == other for one, other in zip(mine, theirs) if one and other]
    return all(both) if both else None
