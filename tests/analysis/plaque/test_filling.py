"""Where a vessel is filled with contrast: not one sample tells, but a stretch does."""

from __future__ import annotations

import numpy as np
import pytest

from viewer.analysis.plaque.filling import filling

STEP_MM = 0.5


def cores(*parts: tuple[int, float], noise_hu: float, seed: int = 0) -> np.ndarray:
    """Return the vessel's core, `count` stations of each level, with noise that neighbours share."""
    clean = np.concatenate([np.full(count, level) for count, level in parts])
    white = np.random.default_rng(seed).standard_normal(len(clean) + 2)
    return clean + noise_hu * np.convolve(white, np.ones(3) / np.sqrt(3), "valid")


@pytest.mark.parametrize("seed", range(5))
def test_that_an_occlusion_and_the_dim_vessel_beyond_are_told_apart_in_noise(seed: int) -> None:
    core = cores((60, 290.0), (40, 90.0), (80, 175.0), noise_hu=28.0, seed=seed)
    filled, level = filling(core, np.ones(len(core), bool), 300.0, STEP_MM)
    assert filled[:57].all() and not filled[64:96].any() and filled[106:].all()
    assert level[20:50].mean() == pytest.approx(290, abs=12) and level[130:].mean() == pytest.approx(175, abs=12)


def test_that_contrast_that_fades_towards_the_end_of_a_vessel_is_followed() -> None:
    core = np.linspace(400.0, 230.0, 200) + cores((200, 0.0), noise_hu=20.0)
    filled, level = filling(core, np.ones(200, bool), 400.0, STEP_MM)
    assert filled.all()
    assert np.abs(level - np.linspace(400, 230, 200)).mean() < 15


def test_that_what_calcium_hides_is_as_the_vessel_on_both_sides() -> None:
    core = cores((60, 400.0), (8, 1000.0), (60, 390.0), noise_hu=20.0)
    seen = core < 600
    assert filling(core, seen, 400.0, STEP_MM)[0].all()


def test_that_a_vessel_without_any_contrast_is_closed() -> None:
    filled, level = filling(cores((80, 80.0), noise_hu=20.0), np.ones(80, bool), 400.0, STEP_MM)
    assert not filled.any() and (level == 400.0).all()


def test_that_a_short_vessel_is_judged_too() -> None:
    assert filling(np.full(3, 390.0), np.ones(3, bool), 400.0, STEP_MM)[0].all()
