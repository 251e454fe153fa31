from __future__ import annotations

import numpy as np
import pytest

from tests.analysis.plaque.sections_of_a_tube import sharp_volume, tube_sections
from viewer.analysis.plaque.composition import measure_composition
from viewer.model.composition import PLAQUE, TissueClass, tissue_class


@pytest.mark.parametrize(
    ("hu", "wanted"),
    [
        (-31, TissueClass.OTHER),
        (-30, TissueClass.NECROTIC_CORE),
        (75, TissueClass.NECROTIC_CORE),
        (75.5, TissueClass.NECROTIC_CORE),
        (76, TissueClass.FIBROFATTY),
        (130, TissueClass.FIBROFATTY),
        (131, TissueClass.FIBROUS),
        (350, TissueClass.FIBROUS),
        (350.9, TissueClass.FIBROUS),
        (351, TissueClass.DENSE_CALCIUM),
        (1200, TissueClass.DENSE_CALCIUM),
    ],
)
def test_that_a_value_falls_into_its_class(hu: float, wanted: TissueClass) -> None:
    assert tissue_class(hu) == wanted


def test_that_volumes_and_shares_of_a_ring_are_those_of_its_geometry() -> None:
    found = measure_composition(sharp_volume(1.0, 1.8, 360.0, voxel_mm=0.05), tube_sections(), 1.0, 5.0)
    whole, ring = np.pi * 1.5**2 * 4, np.pi * (1.5**2 - 1.0**2) * 4
    assert found.plaque_mm3 == pytest.approx(whole, rel=0.01)
    assert found.volume_mm3[TissueClass.DENSE_CALCIUM] == pytest.approx(ring, rel=0.12)
    assert sum(found.share_percent(tissue) or 0 for tissue in PLAQUE) == pytest.approx(100)


def test_that_the_lumen_is_no_plaque() -> None:
    found = measure_composition(sharp_volume(1.0, 1.8, 360.0), tube_sections(lumen_mm=1.0), 0.0, 6.0)
    assert found.plaque_mm3 == pytest.approx(np.pi * (1.5**2 - 1.0**2) * 6, rel=0.02)


def test_that_no_plaque_has_no_shares() -> None:
    found = measure_composition(sharp_volume(1.0, 1.8, 360.0), tube_sections(lumen_mm=1.5), 0.0, 6.0)
    assert found.share_percent(TissueClass.OTHER) is None


def test_that_a_stretch_without_stations_is_refused() -> None:
    with pytest.raises(ValueError, match="stations"):
        measure_composition(sharp_volume(1.0, 1.8, 360.0), tube_sections(), 2.01, 2.02)
