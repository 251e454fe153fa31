"""Occlusions are found where the lumen is closed, and only there, with their caps."""

from __future__ import annotations

import pytest

from tests.analysis.occlusion.diseased_vessel import DiseasedVessel, Gap, Narrow, Stone
from viewer.analysis.occlusion.find import find_lesions
from viewer.model.lesion import CapShape, Lesion, LesionKind

NOISY = {"noise_hu": 45.0, "lumen_hu": 300.0, "fwhm_mm": 1.0}


def lesions_of(vessel: DiseasedVessel) -> tuple[Lesion, ...]:
    case = vessel.case()
    return find_lesions(case.volume, case.tree, case.sections[0], case.calcium[0], case.enhancement)


def the_occlusion(vessel: DiseasedVessel) -> Lesion:
    (found,) = lesions_of(vessel)
    assert found.kind is LesionKind.OCCLUSION
    return found


@pytest.mark.parametrize("scan", [{}, NOISY], ids=["clear", "noisy"])
@pytest.mark.parametrize("distal_share", [1.0, 0.65])
def test_that_a_blunt_occlusion_is_found_to_the_millimetre(scan: dict[str, float], distal_share: float) -> None:
    found = the_occlusion(DiseasedVessel(gaps=(Gap(20, 38),), distal_share=distal_share, **scan))
    # the lumen counts as closed from 2 % of the vessel's area on: 0.54 mm beyond the tip of a distal taper of 3 mm
    assert found.proximal.station_mm == pytest.approx(20.0, abs=0.6)
    assert found.distal.station_mm == pytest.approx(38.5, abs=0.8)
    assert found.proximal.shape is CapShape.BLUNT
    for cap, truth in ((found.proximal, 20.0), (found.distal, 38.5)):
        assert cap.range_mm[0] <= truth <= cap.range_mm[1]


def test_that_blur_and_noise_do_not_make_a_blunt_cap_tapered() -> None:
    found = the_occlusion(DiseasedVessel(gaps=(Gap(20, 38),), distal_share=0.65, seed=4, **NOISY))
    assert found.proximal.shape is CapShape.BLUNT
    assert found.proximal.station_mm == pytest.approx(20.0, abs=0.5)


@pytest.mark.parametrize("fwhm_mm", [0.7, 1.0])
def test_that_firm_plaque_behind_a_blunt_cap_is_neither_lumen_nor_taper(fwhm_mm: float) -> None:
    found = the_occlusion(DiseasedVessel(gaps=(Gap(20, 38, first_hu=190.0),), fwhm_mm=fwhm_mm))
    assert found.proximal.shape is CapShape.BLUNT
    assert found.proximal.station_mm == pytest.approx(20.0, abs=0.7)


@pytest.mark.parametrize("scan", [{}, NOISY], ids=["clear", "noisy"])
def test_that_a_taper_is_followed_to_its_tip(scan: dict[str, float]) -> None:
    found = the_occlusion(DiseasedVessel(gaps=(Gap(20, 38, taper_mm=5.0),), **scan))
    assert found.proximal.station_mm == pytest.approx(19.1, abs=0.8)
    assert found.proximal.shape is CapShape.TAPERED and found.proximal.taper_mm == pytest.approx(5.0, abs=1.5)
    assert found.proximal.ambiguous is False and found.proximal.reasons == ()


def test_that_a_vessel_hardly_brighter_than_plaque_is_still_seen_to_be_open_beyond_an_occlusion() -> None:
    # 150 HU beside plaque of 90 HU, behind noise of 45 HU
    found = the_occlusion(DiseasedVessel(gaps=(Gap(20, 36),), length_mm=70.0, distal_share=0.5, seed=3, **NOISY))
    assert found.proximal.station_mm == pytest.approx(20.0, abs=0.6)
    assert found.distal.station_mm == pytest.approx(36.5, abs=1.5)


@pytest.mark.parametrize("branch_mm", [15.5, 16.5])
def test_that_a_taper_that_begins_beside_a_branch_is_followed_to_its_own_tip(branch_mm: float) -> None:
    found = the_occlusion(DiseasedVessel(gaps=(Gap(20, 38, taper_mm=5.0),), branch_mm=branch_mm))
    assert found.proximal.station_mm == pytest.approx(19.1, abs=1.2)
    assert found.proximal.shape is CapShape.TAPERED


def test_that_a_course_that_leaves_the_vessel_through_fat_is_no_occlusion() -> None:
    assert lesions_of(DiseasedVessel(lost_mm=(20, 34))) == ()


def test_that_two_occlusions_of_one_vessel_stay_two() -> None:
    first, second = lesions_of(DiseasedVessel(gaps=(Gap(14, 22), Gap(32, 40))))
    assert first.proximal.station_mm == pytest.approx(14, abs=0.6)
    assert second.proximal.station_mm == pytest.approx(32, abs=0.6)
    assert first.distal.station_mm < second.proximal.station_mm


def test_that_a_plug_closes_the_lumen_where_its_own_edge_is() -> None:
    found = the_occlusion(DiseasedVessel(gaps=(Gap(20, 38),), stones=(Stone(19.5, 25), Stone(30, 36, 0.3, 290, 900))))
    assert found.proximal.station_mm == pytest.approx(19.5, abs=0.3)
    assert found.proximal.calcium_csa_percent > 90
    assert "calcium hides part of it" in found.reasons


def test_that_a_plug_alone_is_an_occlusion() -> None:
    found = the_occlusion(DiseasedVessel(stones=(Stone(24, 30),)))
    assert (found.proximal.station_mm, found.distal.station_mm) == pytest.approx((24, 30), abs=0.3)


@pytest.mark.parametrize(
    "vessel",
    [
        DiseasedVessel(),
        DiseasedVessel(outer_mm=1.3, **NOISY),
        DiseasedVessel(stones=(Stone(24, 30, 0.8, 360, 900),)),
        DiseasedVessel(stones=(Stone(24, 30, 0.6, 180, 900),)),
        DiseasedVessel(branch_mm=26.0),
    ],
    ids=["healthy", "small and noisy", "calcium all around", "calcium on one side", "branch"],
)
def test_that_nothing_is_invented_in_an_open_vessel(vessel: DiseasedVessel) -> None:
    assert lesions_of(vessel) == ()


@pytest.mark.parametrize("radius_mm", [0.6, 0.5])
def test_that_a_narrow_lumen_is_a_stenosis_and_no_occlusion(radius_mm: float) -> None:
    (found,) = lesions_of(DiseasedVessel(narrow=Narrow(24, 30, radius_mm)))
    assert found.kind is LesionKind.STENOSIS
    assert found.proximal.station_mm == pytest.approx(24, abs=1)
    assert found.distal.station_mm == pytest.approx(30, abs=1)


def test_that_bright_plaque_over_a_length_without_any_lumen_is_an_occlusion() -> None:
    found = the_occlusion(
        DiseasedVessel(gaps=(Gap(22, 36),), plaque_hu=150.0, lumen_hu=360.0, distal_share=0.7, noise_hu=30.0)
    )
    assert found.proximal.station_mm == pytest.approx(22, abs=1.0)
    assert found.distal.station_mm == pytest.approx(36, abs=1.5)


@pytest.mark.parametrize("radius_mm", [0.65, 0.5])
def test_that_a_long_narrow_lumen_is_one_stenosis_and_no_occlusion(radius_mm: float) -> None:
    (found,) = lesions_of(DiseasedVessel(narrow=Narrow(18, 38, radius_mm), length_mm=60.0))
    assert found.kind is LesionKind.STENOSIS
    assert (found.proximal.station_mm, found.distal.station_mm) == pytest.approx((18, 38), abs=1)


def test_that_a_short_narrowing_beyond_more_contrast_than_it_is_long_is_no_part_of_the_occlusion() -> None:
    gaps = (Gap(18, 34, distal_taper_mm=0.5), Gap(38.8, 40.2, taper_mm=0.3, distal_taper_mm=0.3))
    first = lesions_of(DiseasedVessel(gaps=gaps))[0]
    assert first.kind is LesionKind.OCCLUSION
    assert first.proximal.station_mm == pytest.approx(18, abs=0.8)
    assert first.distal.station_mm == pytest.approx(34, abs=1.0)


def test_that_a_speck_of_contrast_does_not_part_an_occlusion() -> None:
    gaps = (Gap(18, 28, distal_taper_mm=0.4), Gap(30.2, 42, taper_mm=0.4))
    found = the_occlusion(DiseasedVessel(gaps=gaps))
    assert found.distal.station_mm - found.proximal.station_mm == pytest.approx(24.5, abs=1.5)


@pytest.mark.parametrize("branch_mm", [18.5, 20.0, 21.0])
def test_that_a_branch_at_the_cap_is_told_and_makes_it_ambiguous(branch_mm: float) -> None:
    found = the_occlusion(DiseasedVessel(gaps=(Gap(20, 38),), branch_mm=branch_mm))
    cap = found.proximal
    assert cap.station_mm == pytest.approx(20, abs=1.2)
    assert cap.side_branch == "RVM" and cap.side_branch_mm == pytest.approx(abs(branch_mm - cap.station_mm), abs=0.05)
    assert cap.ambiguous and any("RVM" in reason for reason in cap.reasons) and "no taper" in cap.reasons


def test_that_a_branch_within_the_occlusion_does_not_part_it() -> None:
    found = the_occlusion(DiseasedVessel(gaps=(Gap(20, 38),), branch_mm=28.0))
    assert found.length_mm == pytest.approx(18.5, abs=1.2)
    assert found.proximal.side_branch_mm is None


def test_that_a_flush_ostial_occlusion_has_no_stump() -> None:
    found = the_occlusion(DiseasedVessel(gaps=(Gap(-5, 18),)))
    assert found.proximal.shape is CapShape.INVISIBLE and found.proximal.ambiguous
    assert "no stump at its origin" in found.proximal.reasons
    assert found.distal.station_mm == pytest.approx(18.5, abs=0.8)


def test_that_an_occlusion_may_reach_the_end_of_the_vessel_and_is_then_less_sure() -> None:
    found = the_occlusion(DiseasedVessel(gaps=(Gap(30, 90),)))
    assert found.proximal.station_mm == pytest.approx(30, abs=0.6)
    assert found.distal.station_mm > 53 and found.confidence < 0.9
    assert "no open vessel was found beyond" in found.reasons


@pytest.mark.parametrize("vessel", [DiseasedVessel(gaps=(Gap(-5, 90),)), DiseasedVessel(length_mm=6.0)])
def test_that_a_vessel_without_any_contrast_or_without_length_is_no_occlusion(vessel: DiseasedVessel) -> None:
    assert lesions_of(vessel) == ()
