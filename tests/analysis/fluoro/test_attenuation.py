"""HU to attenuation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.analysis.fluoro.attenuation import (
    Attenuation,
    attenuation_from_hu,
    dense_factor,
    per_mm_from_hu,
    water_per_mm,
)
from viewer.model.geometry import Geometry


def test_that_water_attenuates_like_water_and_air_not_at_all():
    np.testing.assert_allclose(per_mm_from_hu([-2000, -1000, 0], 80), [0, 0, 0.0227])


@given(st.integers(-1000, 4000), st.integers(1, 500), st.floats(60, 120))
def test_that_more_hounsfield_units_never_attenuate_less(hu, more, kv):
    low, high = per_mm_from_hu([hu, hu + more], kv)
    assert high > low


def test_that_calcium_stands_out_more_the_lower_the_voltage():
    contrast = [(per_mm_from_hu(800, kv) - per_mm_from_hu(50, kv)) / water_per_mm(kv) for kv in (60, 80, 100, 120)]
    assert contrast == sorted(contrast, reverse=True)
    assert contrast[-1] == pytest.approx(0.75)
    assert dense_factor(120) == 1.0


def test_that_the_stored_steps_are_finer_than_half_a_hounsfield_unit():
    hu = np.arange(-1024, 3000, dtype=np.int16).reshape(2, 4, -1)
    geometry = Geometry.from_axes(hu.shape, (0, 0, 0), (1, 1, 1))
    found = attenuation_from_hu(hu, geometry, 80).mu * Attenuation.PER_MM
    np.testing.assert_allclose(found, per_mm_from_hu(hu, 80), atol=0.5 * Attenuation.PER_MM + 1e-12)
    assert 0.5 * water_per_mm(80) / 1000 > Attenuation.PER_MM


def test_that_the_densest_metal_does_not_wrap_around():
    hu = np.full((2, 2, 2), 32767, np.int16)
    assert attenuation_from_hu(hu, Geometry.from_axes(hu.shape, (0, 0, 0), (1, 1, 1))).mu.min() == 32767


def test_that_attenuation_of_another_type_or_shape_is_refused():
    geometry = Geometry.from_axes((2, 2, 2), (0, 0, 0), (1, 1, 1))
    with pytest.raises(ValueError, match="int16"):
        Attenuation(np.zeros((2, 2, 2), np.float32), geometry)
    with pytest.raises(ValueError, match="grid"):
        Attenuation(np.zeros((2, 2, 3), np.int16), geometry)
