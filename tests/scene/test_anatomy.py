"""What is found without being told: the brightness of the blood, the box of the heart, the bones."""

from __future__ import annotations

import numpy as np
import pytest

from viewer.model.geometry import Geometry
from viewer.model.volume import Volume
from viewer.scene.anatomy import BONE, SURROUNDINGS, find_tissue
from viewer.scene.picture import Prepared, prepare

SHAPE, SPACING_MM = (72, 88, 88), 1.6


def chest(lumen_hu: float | None, seed: int = 3) -> tuple[Volume, dict[str, np.ndarray]]:
    """Left and right heart, a coronary with calcium, the descending aorta, spine, breastbone and a rib, in noise."""
    origin = -SPACING_MM * (np.array(SHAPE[::-1]) - 1) / 2
    geometry = Geometry.from_axes(SHAPE, origin, (SPACING_MM,) * 3)
    z, y, x = np.moveaxis(geometry.to_lps(np.stack(np.indices(SHAPE), axis=-1)), -1, 0)[::-1]
    rng = np.random.default_rng(seed)
    parts = {
        "left heart": (x - 14) ** 2 + (y + 5) ** 2 + z**2 < 20**2,
        "right heart": (x + 20) ** 2 + (y + 15) ** 2 + z**2 < 16**2,
        "aorta": (x - 12) ** 2 + (y - 42) ** 2 < 10**2,
        "spine": ((x + 10) ** 2 + (y - 50) ** 2 < 13**2),
        "breastbone": (np.abs(x) < 14) & (np.abs(y + 56) < 5),
        "graft": (x + 40) ** 2 + (y + 45) ** 2 < 2.0**2,
        "rib": (np.abs(x - 58) < 4) & (np.abs(z) < 30) & (np.abs(y) < 30),
        "coronary": (x - 14) ** 2 + (y + 31) ** 2 < 2.0**2,
        "calcium": ((x - 14) ** 2 + (y + 31) ** 2 < 2.6**2) & (np.abs(z - 6) < 4),
    }
    blood = 45.0 if lumen_hu is None else lumen_hu
    hu = np.full(SHAPE, -90.0)
    for name, value in (
        ("left heart", blood),
        ("right heart", blood * 0.6),
        ("aorta", blood),
        ("coronary", blood),
        ("graft", blood),
    ):
        hu[parts[name]] = value
    for name in ("spine", "breastbone", "rib"):
        hu[parts[name]] = rng.normal(300, 150, SHAPE)[parts[name]]
    hu[parts["calcium"]] = 900
    hu += rng.normal(0, 15, SHAPE)
    return Volume(np.clip(hu, -1024, 3071).astype(np.int16), geometry), parts


@pytest.fixture(scope="module")
def usual() -> tuple[Prepared, dict[str, np.ndarray], np.ndarray]:
    volume, parts = chest(400)
    prepared = prepare(volume)
    return prepared, parts, find_tissue(prepared.anatomy_level, prepared.contrast)


@pytest.mark.parametrize("lumen_hu", [250, 300, 400, 500, 650])
def test_that_the_brightness_of_the_blood_is_found(lumen_hu):
    found = prepare(chest(lumen_hu)[0]).contrast.lumen_hu
    assert found is not None
    assert found == pytest.approx(lumen_hu, abs=12)


def test_that_no_contrast_is_said_to_be_none():
    prepared = prepare(chest(None)[0])
    assert prepared.contrast.lumen_hu is None
    assert np.array_equal(prepared.contrast.heart_box, prepared.whole_box)
    assert not find_tissue(prepared.anatomy_level, prepared.contrast).any()


def test_that_the_box_holds_the_heart_and_its_artery(usual):
    prepared, parts, _ = usual
    low, high = prepared.contrast.heart_box.T
    index = np.argwhere(parts["left heart"] | parts["calcium"])
    assert (index >= low - 1).all()
    assert (index <= high + 1).all()
    assert np.prod(high - low) < 0.75 * np.prod(SHAPE)


@pytest.mark.parametrize("bone", ["spine", "breastbone", "rib"])
def test_that_bones_are_hidden(usual, bone):
    _, parts, tissue = usual
    assert ((tissue & BONE) > 0)[parts[bone]].mean() > 0.97


@pytest.mark.parametrize("blood", ["left heart", "right heart", "aorta", "coronary", "calcium", "graft"])
def test_that_blood_and_calcium_stay(usual, blood):
    _, parts, tissue = usual
    assert (tissue[parts[blood] & ~parts["spine"]] == 0).mean() > 0.97


def test_that_dull_tissue_far_from_the_heart_is_called_its_surroundings(usual):
    _, parts, tissue = usual
    assert tissue[0, 0, 0] & SURROUNDINGS
    assert not (tissue[parts["left heart"]] & SURROUNDINGS).any()
