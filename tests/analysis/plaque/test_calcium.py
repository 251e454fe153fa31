from __future__ import annotations

import numpy as np
import pytest

from tests.analysis.plaque.bent_vessel import BentVessel
from tests.analysis.plaque.bent_vessel import Deposit as TrueDeposit
from tests.analysis.plaque.sections_of_a_tube import sharp_volume, tube_sections
from viewer.analysis.plaque.calcium import measure_calcium
from viewer.analysis.plaque.walls import measure_vessel
from viewer.model.calcium import CalciumPattern, CalciumProfile, CalciumThreshold, Certainty
from viewer.model.centerline import Centerline

#: Section, arc, share, whether it is over 50 %, peripheral (180° and 50 %), full moon; None lies on the limit.
VECTORS = [
    ("half ring 0.6 mm", 0.9, 180.0, 180.0, 32.0, False, False, False),
    ("ring 0.4 mm", 1.1, 360.0, 360.0, 46.2, False, False, False),
    ("ring 0.4393 mm", 1.0607, 360.0, 360.0, 50.0, None, None, False),
    ("ring 0.6 mm", 0.9, 360.0, 360.0, 64.0, True, True, False),
    ("half disc", 0.0, 180.0, 180.0, 50.0, None, None, False),
    ("sector of 200 degrees", 0.0, 200.0, 200.0, 55.6, True, True, False),
    ("filled disc", 0.0, 360.0, 360.0, 100.0, True, True, True),
    ("ring sector of 200 degrees", 0.9, 200.0, 200.0, 35.6, False, False, False),
]


@pytest.mark.parametrize(
    ("inner_mm", "drawn_deg", "arc_deg", "share", "over", "peripheral", "moon"),
    [vector[1:] for vector in VECTORS],
    ids=[vector[0] for vector in VECTORS],
)
def test_that_a_sharp_section_measures_what_it_is(
    inner_mm: float, drawn_deg: float, arc_deg: float, share: float, over, peripheral, moon
) -> None:
    volume = sharp_volume(inner_mm, 1.8, drawn_deg, voxel_mm=0.05)
    profile = measure_calcium(volume, tube_sections(), CalciumThreshold.typed(481.0), 0.0, cell_mm=0.05)
    middle = len(profile.csa_percent) // 2
    assert profile.csa_percent[middle] == pytest.approx(share, abs=2.0)
    assert profile.arc_deg[middle] == pytest.approx(arc_deg, abs=2.0)
    for pattern, wanted in (
        (CalciumPattern.OVER_HALF, over),
        (CalciumPattern.PERIPHERAL, peripheral),
        (CalciumPattern.FULL_MOON, moon),
    ):
        if wanted is not None:
            assert bool(profile.shows(pattern)[middle, 1]) is wanted


def measured(
    vessel: BentVessel, fwhm_mm: float = 0.89, threshold: CalciumThreshold | None = None, line: Centerline | None = None
):
    line = line or vessel.centerline()
    volume = vessel.volume()
    sections = measure_vessel(volume, line, "RCA", vessel.lumen_hu, fwhm_mm=fwhm_mm)
    profile = measure_calcium(volume, sections, threshold or CalciumThreshold.adaptive(vessel.lumen_hu, 30.0), fwhm_mm)
    station = profile.frames.station_mm * vessel.length_mm / line.length_mm
    return profile, station, vessel.truth(station)


@pytest.mark.parametrize(
    "deposit",
    [
        TrueDeposit(11.0, 5.0, hu=1050.0),
        TrueDeposit(14.0, 7.0, inner=0.15, arc_deg=290.0, hu=900.0),
        TrueDeposit(14.0, 5.0, inner=0.7, arc_deg=110.0, hu=800.0),
    ],
    ids=["full moon", "290 degrees", "thin"],
)
@pytest.mark.parametrize("fwhm_mm", [0.7, 1.0])
def test_that_deposits_in_an_occlusion_keep_their_size_behind_the_blur(deposit: TrueDeposit, fwhm_mm: float) -> None:
    vessel = BentVessel(occluded=(10.0, 28.0), deposits=(deposit,), fwhm_mm=fwhm_mm, seed=2)
    profile, station, truth = measured(vessel, float(np.hypot(fwhm_mm, 0.27)))
    lesion = (station >= 10) & (station <= 28)
    step = np.gradient(station)
    assert (np.abs(profile.csa_percent - truth["csa_percent"])[lesion] <= 8).mean() >= 0.9
    summary = profile.within(10.0, 28.0)
    assert summary.max_csa_percent == pytest.approx(truth["csa_percent"].max(), abs=8)
    assert summary.max_arc_deg == pytest.approx(truth["arc_deg"].max(), abs=20)
    assert summary.over_50_mm == pytest.approx(step[truth["csa_percent"] > 50].sum(), abs=1.0)
    assert summary.full_moon_mm == pytest.approx(step[truth["csa_percent"] >= 99].sum(), abs=1.0)
    volume = (truth["csa_percent"] / 100 * np.pi * vessel.outer_mm(station) ** 2 * step).sum()
    assert summary.volume_mm3 == pytest.approx(volume, abs=max(5.0, 0.2 * volume))


@pytest.mark.parametrize("fwhm_mm", [0.7, 1.0])
@pytest.mark.parametrize("off_mm", [-0.5, 0.0, 0.5])
def test_that_a_deposit_takes_as_much_of_the_circle_wherever_the_centreline_lies(off_mm: float, fwhm_mm: float) -> None:
    deposit = TrueDeposit(16.0, 6.0, inner=0.34, arc_deg=275.0)
    for seed in range(3):
        vessel = BentVessel(radius_mm=1.5, occluded=(10.0, 28.0), deposits=(deposit,), fwhm_mm=fwhm_mm, seed=seed)
        line = vessel.swinging(off_mm, 19.0)
        profile, _, truth = measured(vessel, float(np.hypot(fwhm_mm, 0.27)), line=line)
        summary = profile.within(*(np.array([10.0, 28.0]) * line.length_mm / vessel.length_mm))
        assert summary.max_arc_deg == pytest.approx(truth["arc_deg"].max(), abs=15)
        assert summary.max_csa_percent == pytest.approx(truth["csa_percent"].max(), abs=8)


def test_that_a_full_moon_is_firm_and_a_thin_deposit_is_none() -> None:
    moon = measured(BentVessel(occluded=(10.0, 28.0), deposits=(TrueDeposit(12.0, 6.0, hu=1000.0),)))[0]
    thin = measured(BentVessel(occluded=(10.0, 28.0), deposits=(TrueDeposit(14.0, 5.0, 0.7, 110.0),)))[0]
    assert moon.within(10, 28).certainties[CalciumPattern.FULL_MOON] is Certainty.FIRM
    assert thin.within(10, 28).certainties[CalciumPattern.ANY] is Certainty.FIRM
    assert thin.within(10, 28).certainties[CalciumPattern.HALF] is Certainty.ABSENT
    assert moon.deposits[0].concentric and not thin.deposits[0].concentric
    assert moon.deposits[0].plateau_hu == pytest.approx(1000.0, abs=60)
    assert thin.deposits[0].plateau_hu is None


def test_that_contrast_is_no_calcium() -> None:
    profile = measured(BentVessel(lumen_hu=460.0, noise_hu=40.0, seed=3))[0]
    assert profile.csa_percent.max() == 0
    assert profile.deposits == ()
    summary = profile.within(5.0, 20.0)
    assert summary.mean_hu is None and summary.volume_mm3 == 0
    assert summary.certainties[CalciumPattern.ANY] is Certainty.ABSENT


def test_that_calcium_beyond_the_vessel_does_not_count() -> None:
    volume = sharp_volume(1.9, 2.6, 360.0)
    for fwhm in (0.0, 0.6):
        profile = measure_calcium(volume, tube_sections(), CalciumThreshold.xing(), fwhm)
        assert profile.csa_percent.max() < 2


def test_that_a_lower_threshold_never_finds_less() -> None:
    profile = measured(BentVessel(occluded=(10.0, 28.0), deposits=(TrueDeposit(14.0, 6.0, 0.4, 200.0),)))[0]
    assert (np.diff(profile.csa_bands_percent, axis=1) <= 1e-9).all()


def test_that_a_higher_typed_threshold_finds_less() -> None:
    vessel = BentVessel(occluded=(10.0, 28.0), deposits=(TrueDeposit(14.0, 6.0, 0.4, 200.0),))
    low = measured(vessel, threshold=CalciumThreshold.typed(351.0))[0].within(10, 28).volume_mm3
    high = measured(vessel, threshold=CalciumThreshold.typed(750.0))[0].within(10, 28).volume_mm3
    assert high < low


def profile_of(share: list[float], arc: list[float]) -> CalciumProfile:
    """A profile of given shares at the threshold, five points more and less at the others, on stations of 0.25 mm."""
    sections = tube_sections(length_mm=0.25 * (len(share) - 1))
    wall = sections.wall_area_mm2
    shares = np.array(share)
    bands = np.clip(np.stack([shares + 5 * (shares > 0), shares, shares - 5], axis=1), 0, 120)
    arcs = np.repeat(np.array(arc)[:, None], 3, axis=1)
    mean = np.where(shares > 0, 700.0, np.nan)
    return CalciumProfile(
        "RCA", sections.frames, CalciumThreshold.xing(), 0.85, bands / 100 * wall[:, None], wall, arcs, arcs[:, 1], mean
    )


def test_that_limits_are_at_their_place() -> None:
    profile = profile_of([0, 49.9, 50.0, 50.1, 94.9, 95.0, 110.0], [0, 200, 179, 181, 360, 350, 349])
    assert profile.shows(CalciumPattern.HALF)[:, 1].tolist() == [False, False, True, True, True, True, True]
    assert profile.shows(CalciumPattern.OVER_HALF)[:, 1].tolist() == [False, False, False, True, True, True, True]
    assert profile.shows(CalciumPattern.PERIPHERAL)[:, 1].tolist() == [False, False, False, True, True, True, True]
    assert profile.shows(CalciumPattern.FULL_MOON)[:, 1].tolist() == [False, False, False, False, False, True, False]
    assert profile.csa_percent[-1] == 100 and profile.raw_bands_percent[-1, 1] == pytest.approx(110)


def test_that_a_pattern_that_hangs_on_the_threshold_is_only_possible() -> None:
    profile = profile_of([52, 60, 48, 10, 0], [300] * 5)
    certain = profile.certainty(CalciumPattern.OVER_HALF)
    assert certain.tolist() == [
        Certainty.POSSIBLE,
        Certainty.FIRM,
        Certainty.POSSIBLE,
        Certainty.ABSENT,
        Certainty.ABSENT,
    ]


def test_that_a_stretch_counts_only_what_lies_within() -> None:
    profile = profile_of([60] * 9, [360] * 9)
    assert profile.within(0.0, 2.0).over_50_mm == pytest.approx(2.0)
    assert profile.within(0.5, 1.1).over_50_mm == pytest.approx(0.6)
    summary = profile.within(0.0, 2.0)
    assert sum(summary.thirds_mm3) == pytest.approx(summary.volume_mm3)
    assert summary.length_share_percent == pytest.approx(100)
    with pytest.raises(ValueError, match="stretch"):
        profile.within(1.0, 1.0)


def test_that_an_impossible_threshold_is_refused() -> None:
    with pytest.raises(ValueError, match="threshold"):
        CalciumThreshold.typed(-5.0)
    assert CalciumThreshold.adaptive(200.0, 10.0).open_hu == 351.0
    assert CalciumThreshold.adaptive(420.0, 25.0).open_hu == 470.0
