"""What can be ordered, and what cannot."""

from __future__ import annotations

from dataclasses import replace

import pytest

from viewer.demo import DemoSpec, OcclusionSpec


def test_that_every_number_of_a_spec_changes_its_digest() -> None:
    plain = DemoSpec()
    others = [
        replace(plain, seed=2),
        replace(plain, noise_hu=45.0),
        replace(plain, contrast_hu=300.0),
        replace(plain, fwhm_mm=1.0),
        replace(plain, spacing_mm=(0.6, 0.42, 0.42)),
        replace(plain, scale=0.95),
        replace(plain, rotate_deg=(0.0, 0.0, 5.0)),
        replace(plain, calibre=1.1),
        replace(plain, slab_step_mm=0.7),
        replace(plain, no_occlusion=True),
        replace(plain, occlusion=OcclusionSpec(length_mm=20.0)),
    ]
    assert len({plain.digest(), *(o.digest() for o in others)}) == len(others) + 1
    assert DemoSpec().digest() == plain.digest()


@pytest.mark.parametrize(
    "wrong",
    [{"spacing_mm": (0.5, 0.0, 0.4)}, {"contrast_hu": 0.0}, {"noise_hu": -1.0}, {"scale": 0.0}, {"calibre": -1.0}],
)
def test_that_an_impossible_scan_is_refused(wrong: dict) -> None:
    with pytest.raises(ValueError):
        DemoSpec(**wrong)


@pytest.mark.parametrize("wrong", [{"start_mm": -1.0}, {"length_mm": 0.0}, {"cap": "round"}, {"full_moon_mm": 30.0}])
def test_that_an_impossible_occlusion_is_refused(wrong: dict) -> None:
    with pytest.raises(ValueError):
        OcclusionSpec(**wrong)
