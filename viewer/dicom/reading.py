"""From a listed series to a Volume, the middle slice first and the rest streaming in."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from viewer.dicom.decode import CutShort, cut_short, damaged, gone, pixel_span, stored_values
from viewer.dicom.hounsfield import Tally, fill_hu
from viewer.dicom.resample import resampled
from viewer.dicom.series import Picture, SeriesInfo, Stack
from viewer.dicom.tags import EXPLICIT_LITTLE, IMPLICIT_LITTLE
from viewer.errors import UnreadableStudy
from viewer.model.geometry import Geometry
from viewer.model.volume import Severity, Volume
from viewer.progress import Progress, silent

#: Called with the Hounsfield units so far (K, J, I), the grid, and which slices are there (bool, shape (K,)).
First = Callable[[NDArray[np.int16], Geometry, NDArray[np.bool_]], None]

#: While slices stream in, the picture so far is shown anew after this time.
SHOWN_EVERY_S = 0.1


def read(series: SeriesInfo, progress: Progress = silent, first: First | None = None) -> Volume:
    """Read the pixels of a series.

    Parameters
    ----------
    series : SeriesInfo
        One of those that `scan` found.
    progress : Progress
        Told of every slice; what it raises stops the work and nothing is kept.
    first : callable, optional
        Called as soon as the middle slice is there, about every 0.1 s from then on, and when all are: with the
        Hounsfield units so far (array of int16, shape (K, J, I), which is being filled while it is looked at), the
        grid, and which slices are there (bool, shape (K,)). For a stack that has to be resampled it is called once,
        at the end. It is called in the thread that reads.

    Returns
    -------
    Volume
        With the findings of the series and those of its pixels.

    Raises
    ------
    UnreadableStudy
        If no volume can be made of the series, or a file is damaged, cut short or gone; nothing is half-loaded.
    """
    if series.image_path is not None:
        from viewer.dicom.image_file import read_image

        return read_image(series, progress, first)
    stack = series.stack
    if stack is None:
        reasons = [finding.text for finding in series.findings if finding.severity is Severity.REFUSAL]
        raise UnreadableStudy(
            reasons[0] if reasons else "These pictures form no volume.",
            "Choose another series, or have this one exported again from the scanner.",
        )
    layout = stack.pictures[0].layout
    hu = _allocated((len(stack.pictures), layout.rows, layout.columns))
    tally = Tally()
    shown = None if stack.resampled else first
    _fill(stack, hu, tally, progress, shown)
    if stack.resampled:
        hu = resampled(hu, stack, progress)
    volume = Volume(hu, stack.geometry, series.facts, (*series.findings, *tally.findings()))
    if first is not None:
        first(volume.hu, stack.geometry, np.ones(len(volume.hu), bool))
    return volume


def read_middle(series: SeriesInfo) -> NDArray[np.int16]:
    """Return the middle picture of a series in Hounsfield units, shape (rows, columns); decodes nothing else."""
    pictures = series.stack.pictures if series.stack is not None else series.pictures
    picture = pictures[len(pictures) // 2]
    out = np.empty((picture.layout.rows, picture.layout.columns), np.int16)
    fill_hu(stored_values(picture), picture, out, Tally())
    return out


def from_the_middle(count: int) -> list[int]:
    """Return the indices of slices from the middle outwards."""
    middle = count // 2
    return sorted(range(count), key=lambda k: (abs(k - middle), k))


def _allocated(shape: tuple[int, int, int]) -> NDArray[np.int16]:
    try:
        # Zeros cost nothing here, and no other study shows through before its slices are there.
        return np.zeros(shape, np.int16)
    except MemoryError as error:
        size = 2 * np.prod(shape, dtype=float) / 1e9
        raise UnreadableStudy(
            f"The series needs {size:.1f} GB of memory, which this computer does not have free.",
            "Close other programs or choose a series of the heart alone.",
        ) from error


def _fill(stack: Stack, hu: NDArray[np.int16], tally: Tally, progress: Progress, first: First | None) -> None:
    pictures = stack.pictures
    done = np.zeros(len(pictures), bool)
    order = from_the_middle(len(pictures))
    last_shown = 0.0

    def arrived(k: int) -> None:
        nonlocal last_shown
        done[k] = True
        now = time.monotonic()
        if first is not None and now - last_shown >= SHOWN_EVERY_S:
            first(hu, stack.geometry, done)
            last_shown = now
        progress(float(np.count_nonzero(done)) / len(done), "Reading slices")

    if all(_is_plain(picture) for picture in pictures):
        for k in order:
            _read_plain(pictures[k], hu[k], tally)
            arrived(k)
        return

    from viewer.dicom.workers import decode_all, worker_count

    def sink(k: int, values: NDArray[np.integer]) -> None:
        fill_hu(values, pictures[k], hu[k], tally)
        arrived(k)

    decode_all(pictures, order, sink, worker_count(pictures))


def _is_plain(picture: Picture) -> bool:
    """Tell whether the bytes of the file are the stored values as they are."""
    layout = picture.layout
    return layout.syntax in (IMPLICIT_LITTLE, EXPLICIT_LITTLE) and layout.bits_allocated == 16 and layout.samples == 1


def _read_plain(picture: Picture, out: NDArray[np.int16], tally: Tally) -> None:
    """Read a slice straight into its place in the volume."""
    layout = picture.layout
    try:
        with open(picture.path, "rb", buffering=0) as file:  # noqa: PTH123 (once per slice)
            start, length = pixel_span(file, picture)
            if length < layout.frame_bytes * layout.frames:
                raise CutShort
            file.seek(start + picture.frame * layout.frame_bytes)
            view = out.view(np.uint8).reshape(-1).data
            filled = 0
            while filled < len(view):
                more = file.readinto(view[filled:])
                if not more:
                    raise CutShort
                filled += more
    except OSError as error:
        raise gone(picture, error) from error
    except CutShort as error:
        raise cut_short(picture) from error
    except ValueError as error:
        raise damaged(picture) from error
    fill_hu(out if layout.signed else out.view(np.uint16), picture, out, tally)
