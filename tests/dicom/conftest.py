"""A small CT series to bend: written for real, changed tag by tag."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from viewer.dicom import write_series
from viewer.model.geometry import Geometry
from viewer.model.volume import SeriesFacts, Volume

Change = Callable[[pydicom.Dataset, int], None]


def phantom(
    shape: tuple[int, int, int] = (24, 12, 10),
    spacing_mm: tuple[float, float, float] = (0.5, 0.4, 0.4),
    origin_lps_mm: tuple[float, float, float] = (-70.25, -81.5, 20.0),
    directions: Any = ((0, 0, 1), (0, 1, 0), (1, 0, 0)),
    **facts: Any,
) -> Volume:
    """A volume in which every voxel has a value of its own: k, j and i can be read from it."""
    k, j, i = np.indices(shape)
    hu = (k * 40 + j * 3 + i - 500).astype(np.int16)
    return Volume(hu, Geometry.from_axes(shape, origin_lps_mm, spacing_mm, directions), SeriesFacts(**facts))


@pytest.fixture
def make_volume() -> Callable[..., Volume]:
    return phantom


@pytest.fixture
def volume() -> Volume:
    return phantom(
        description="CorCTA 0.5 BestDiast", kernel="Bv40", kvp=100.0, phase_percent=75.0, contrast_agent="iodine"
    )


@pytest.fixture
def make_series(tmp_path: Path, volume: Volume) -> Callable[..., Path]:
    """Write the volume as a series and let a function change each header; returns the folder."""

    def make(change: Change | None = None, name: str = "series", source: Volume | None = None, **told: Any) -> Path:
        folder = tmp_path / name
        for k, path in enumerate(write_series(source or volume, folder, **told)):
            if change is not None:
                dataset = pydicom.dcmread(path)
                change(dataset, k)
                dataset.save_as(path)
        return folder

    return make
