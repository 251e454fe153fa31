"""Presets: they are data, they follow the contrast of the scan, and their tables add up."""

from __future__ import annotations

import numpy as np
import pytest

from viewer.scene.cast_kernel import FIRST_HU, TABLE
from viewer.scene.recipe import NOMINAL_LUMEN_HU, fitted_recipe, preset, presets


def test_that_the_promised_presets_are_there():
    assert [each.key for each in presets()] == ["vessels", "calcium", "heart", "bones_off", "everything", "mip"]
    assert preset("mip").maximum
    assert preset("bones_off").hides
    assert not preset("everything").hides


def test_that_an_unknown_preset_is_an_error():
    with pytest.raises(KeyError):
        preset("cubism")


@pytest.mark.parametrize("each", presets(), ids=lambda each: each.key)
def test_that_stops_rise_at_every_usual_contrast(each):
    for lumen_hu in (250, 350, 500, 650):
        at = [stop.hu(lumen_hu) for stop in each.stops]
        assert at == sorted(at), lumen_hu


@pytest.mark.parametrize("key", ["vessels", "heart"])
def test_that_blood_looks_the_same_in_a_faint_and_in_a_bright_scan(key):
    looks = []
    for lumen_hu in (300.0, 500.0):
        recipe = fitted_recipe(preset(key), lumen_hu)
        looks.append((*recipe.color[int(lumen_hu) - FIRST_HU], recipe.extinction_per_mm[int(lumen_hu) - FIRST_HU]))
    assert looks[0] == pytest.approx(looks[1], abs=0.02)


@pytest.mark.parametrize("lumen_hu", [250.0, 400.0, 600.0])
def test_that_calcium_is_brighter_than_blood_and_fat_is_not_seen(lumen_hu):
    recipe = fitted_recipe(preset("vessels"), lumen_hu)
    assert recipe.color[int(lumen_hu) + 550 - FIRST_HU].mean() > recipe.color[int(lumen_hu) - FIRST_HU].mean() + 0.2
    assert not recipe.seen[: -50 - FIRST_HU].any()


def test_that_no_contrast_means_the_nominal_one():
    assert fitted_recipe(preset("vessels"), None).lumen_hu == NOMINAL_LUMEN_HU


def test_that_the_running_sums_give_back_their_table():
    recipe = fitted_recipe(preset("vessels"), 400.0)
    sums = recipe.integrals()
    assert sums.shape == (TABLE + 1, 4)
    assert np.allclose(np.diff(sums[:, 0]), recipe.extinction_per_mm, atol=1e-9)
