"""The voxels show what the truth says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import binary_dilation, map_coordinates

from viewer.demo import COARSE, DemoCase, DemoSpec, OcclusionSpec, generate, true_of
from viewer.demo.heart import AORTIC, AORTIC_AXIS, AXIS, BASE
from viewer.demo.thorax import VERTEBRA
from viewer.model.volume import Severity
from viewer.progress import Cancelled

#: Just the heart, in voxels that show its vessels, with little noise.
SHARP = {"spacing_mm": (0.7, 0.6, 0.6), "extent_mm": (110.0, 126.0, 144.0), "noise_hu": 4.0}


def hu_at(case: DemoCase, points: np.ndarray) -> np.ndarray:
    volume = case.volume
    return map_coordinates(volume.hu.astype(float), volume.geometry.to_index(np.atleast_2d(points)).T, order=1)


def along(case: DemoCase, name: str) -> tuple[np.ndarray, np.ndarray]:
    vessel = case.truth[name]
    return 0.5 * np.arange(len(vessel.points_lps_mm)), hu_at(case, vessel.points_lps_mm)


def test_that_every_patent_artery_is_bright_along_its_true_course(sharp: DemoCase) -> None:
    for name in ("LM", "LCX", "D1", "OM1", "RVM"):
        vessel = sharp.truth[name]
        wide = vessel.open_radius_mm > 0.9
        _, hu = along(sharp, name)
        assert np.median(hu[wide]) > 330, name
        assert hu[wide].min() > 230, name


def test_that_the_occluded_stretch_holds_no_contrast_beyond_its_calcium(sharp: DemoCase) -> None:
    lesion = sharp.truth.lesions[0]
    station, hu = along(sharp, lesion.vessel)
    hard = np.interp(station, lesion.profile.station_mm, lesion.profile.calcium_percent) > 1
    quiet = ~binary_dilation(hard, iterations=2)
    inside = quiet & (station > lesion.proximal_mm + 1.5) & (station < lesion.distal_mm - 1.5)
    assert inside.sum() > 10
    assert hu[inside].max() < 260
    assert hu[inside].min() < 75


def test_that_collaterals_fill_the_distal_vessel_less_and_brighter_further_on(sharp: DemoCase) -> None:
    lesion = sharp.truth.lesions[0]
    station, hu = along(sharp, lesion.vessel)
    before = hu[(station > 10) & (station < 35)].mean()
    beyond = (station > lesion.distal_mm + 4) & (station < lesion.distal_mm + 36)
    assert 0.5 * before < hu[beyond].mean() < 0.8 * before
    # the filling of the calibre and the rise of the contrast: clinical reports give +5.1 +- 13.4 HU per 10 mm
    slope = 10 * np.polyfit(station[beyond], hu[beyond], 1)[0]
    assert 2 < slope < 20


def test_that_fat_lies_about_the_arteries(sharp: DemoCase) -> None:
    vessel = sharp.truth["LAD"]
    points = vessel.points_lps_mm[20:-20:8]
    tangent = np.gradient(vessel.points_lps_mm, axis=0)[20:-20:8]
    fat = 0
    for point, way, radius in zip(points, tangent, vessel.outer_radius_mm[20:-20:8], strict=True):
        side = np.cross(way, (0.3, 0.5, 0.8))
        side /= np.linalg.norm(side)
        other = np.cross(way / np.linalg.norm(way), side)
        turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)[:, None]
        ring = hu_at(sharp, point + (radius + 1.2) * (np.cos(turn) * side + np.sin(turn) * other))
        fat += (ring < 0).mean() > 0.3
    assert fat > 0.9 * len(points)


def test_that_tissues_have_their_densities(sharp: DemoCase) -> None:
    c = sharp.truth.spec.contrast_hu
    cavity, muscle = BASE + 40 * AXIS, BASE + 80.5 * AXIS
    assert hu_at(sharp, AORTIC + 22 * AORTIC_AXIS)[0] == pytest.approx(c, rel=0.06)
    assert hu_at(sharp, cavity)[0] == pytest.approx(c, rel=0.08)
    assert 70 < hu_at(sharp, muscle)[0] < 140
    assert 100 < hu_at(sharp, VERTEBRA)[0] < 450
    lungs = sharp.volume.hu[:, 60:200, 10:40]
    assert -890 < np.median(lungs) < -830


def test_that_the_heart_lies_on_the_left_with_its_apex_forwards_and_down(sharp: DemoCase) -> None:
    truth = sharp.truth
    assert truth["RCA"].points_lps_mm[60, 0] < -25 < 20 < truth["LCX"].points_lps_mm[60, 0]
    apex, ostium = truth["LAD"].points_lps_mm[-1], truth["LAD"].points_lps_mm[0]
    assert apex[0] > 40 and apex[1] < ostium[1] - 20 and apex[2] < ostium[2] - 40
    assert truth["PDA"].points_lps_mm[:, 2].max() < -15


def test_that_the_same_spec_gives_the_same_voxels(coarse: DemoCase) -> None:
    assert np.array_equal(generate(COARSE).volume.hu, coarse.volume.hu)


def test_that_another_seed_changes_the_noise_and_not_the_heart(coarse: DemoCase) -> None:
    other = generate(replace(COARSE, seed=2))
    assert not np.array_equal(other.volume.hu, coarse.volume.hu)
    assert np.array_equal(other.truth["RCA"].points_lps_mm, coarse.truth["RCA"].points_lps_mm)


def test_that_the_noise_has_its_size(coarse: DemoCase) -> None:
    clean = generate(replace(COARSE, noise_hu=0.0))
    difference = coarse.volume.hu.astype(float) - clean.volume.hu
    assert difference[20:40, 40:100, 40:100].std() == pytest.approx(25, rel=0.03)


def test_that_less_contrast_makes_the_blood_darker() -> None:
    pale = generate(replace(COARSE, contrast_hu=300.0))
    assert hu_at(pale, AORTIC + 22 * AORTIC_AXIS)[0] == pytest.approx(300, rel=0.25)


def test_that_a_slab_step_moves_picture_and_truth_together() -> None:
    spec = DemoSpec(**SHARP, slab_step_mm=2.0)
    stepped = generate(spec)
    still = replace(spec, slab_step_mm=0.0)
    moved = stepped.truth["LCX"].points_lps_mm - true_of(still)["LCX"].points_lps_mm
    assert set(np.unique(np.round(moved[:, 0], 6))) == {0.0, 2.0}
    for name in ("LCX", "OM1"):
        wide = stepped.truth[name].open_radius_mm > 0.9
        assert np.median(along(stepped, name)[1][wide]) > 330


def test_that_without_an_occlusion_the_artery_is_open_from_end_to_end() -> None:
    case = generate(DemoSpec(**SHARP, no_occlusion=True))
    _, hu = along(case, "RCA")
    assert hu[4:-4].min() > 300
    assert [lesion.total_occlusion for lesion in case.truth.lesions] == [False]


def test_that_the_occlusion_can_be_put_into_another_artery() -> None:
    occlusion = OcclusionSpec("LCX", 40.0, 15.0, "tapered", full_moon_mm=0.0, over_half_mm=4.0)
    case = generate(DemoSpec(**SHARP, occlusion=occlusion))
    lesion = case.truth.lesions[0]
    assert (lesion.vessel, lesion.cap) == ("LCX", "tapered")
    station, hu = along(case, "LCX")
    assert hu[(station > 42) & (station < 44)].max() < 250 < hu[(station > 10) & (station < 33)].min()


def test_that_the_scan_says_that_it_is_no_patient(coarse: DemoCase) -> None:
    (finding,) = coarse.volume.findings
    assert finding.severity is Severity.NOTE and "generated" in finding.text


def test_that_making_a_case_can_be_cancelled() -> None:
    def cancel(share: float, text: str = "") -> None:
        if share > 0.05:
            raise Cancelled

    with pytest.raises(Cancelled):
        generate(COARSE, cancel)
