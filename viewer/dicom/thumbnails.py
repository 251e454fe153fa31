"""A small grey picture of a series for the study browser."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from viewer.dicom.reading import read_middle
from viewer.dicom.series import SeriesInfo
from viewer.errors import UnreadableStudy

#: Window of a coronary CT: centre and width in HU.
CENTRE_HU, WIDTH_HU = 250.0, 900.0


def thumbnail(series: SeriesInfo, size_px: int = 160) -> NDArray[np.uint8]:
    """Return the middle slice as a small grey picture; only this slice is decoded.

    Parameters
    ----------
    series : SeriesInfo
    size_px : int
        The longer edge is at most this.

    Returns
    -------
    ndarray of uint8, shape (rows, columns)

    Raises
    ------
    UnreadableStudy
        If the picture cannot be decoded.
    """
    if series.image_path is not None:
        from viewer.dicom.image_file import middle_plane

        picture = middle_plane(series.image_path)
    elif series.stack is None and not series.pictures:
        raise UnreadableStudy("The pictures of this series cannot be decoded.", "Export the series again.")
    else:
        picture = read_middle(series)
    if series.facts.modality == "CT" and series.readable:
        low, high = CENTRE_HU - WIDTH_HU / 2, CENTRE_HU + WIDTH_HU / 2
    else:
        low, high = (float(value) for value in np.percentile(picture.astype(np.float32), (1, 99)))
    step = -(-max(picture.shape) // size_px)
    rows, columns = (n // step * step for n in picture.shape)
    blocks = picture[:rows, :columns].reshape(rows // step, step, columns // step, step)
    small = blocks.mean(axis=(1, 3), dtype=np.float32)
    return np.clip((small - low) * (255 / max(high - low, 1e-6)), 0, 255).astype(np.uint8)
