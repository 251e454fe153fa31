"""What is measured of an occlusion is what is true of the phantom."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.analysis.occlusion.diseased_vessel import DiseasedVessel, Gap, Stone
from viewer.analysis.occlusion.measures import measure_lesion
from viewer.analysis.plan import with_lesions
from viewer.model.case import Case
from viewer.model.composition import TissueClass
from viewer.model.lesion_measures import BURRS_MM, burr_choices

VESSEL = DiseasedVessel(
    gaps=(Gap(20, 38),), stones=(Stone(19.5, 24), Stone(30, 34, 0.3, 290, 900), Stone(48, 50, 0.8, 120)), branch_mm=45.0
)


@pytest.fixture(scope="module")
def case() -> Case:
    return with_lesions(VESSEL.case())


def test_that_lengths_and_bends_are_those_of_the_course(case: Case) -> None:
    lesion = case.lesions[0]
    found = measure_lesion(case, lesion)
    assert found.length_mm == pytest.approx(19.0, abs=0.8)
    low, high = found.length_range_mm
    assert low <= found.length_mm <= high
    turn = found.length_mm / VESSEL.bend_radius_mm
    assert found.chord_mm == pytest.approx(2 * VESSEL.bend_radius_mm * np.sin(turn / 2), abs=0.05)
    assert found.max_bend is not None and found.max_bend.angle_deg == pytest.approx(np.degrees(4 / 60), abs=0.5)
    assert found.bends_over_45 == () and found.proximal_bends == ()
    assert found.ostium_mm == pytest.approx(lesion.proximal.station_mm)
    assert not found.multiple and found.area_stenosis_percent == 100
    assert found.near_thresholds_mm == ((20.0,) if abs(found.length_mm - 20) <= 1 else ())


def test_that_references_and_landing_zone_are_those_of_the_open_vessel(case: Case) -> None:
    found = measure_lesion(case, case.lesions[0])
    for reference in (found.proximal_reference, found.distal_reference):
        assert reference is not None
        assert reference.lumen_diameter_mm == pytest.approx(2 * 0.78 * 2.2, abs=0.35)
    zone = found.landing_zone
    assert zone is not None and zone.branch == "RVM"
    cap = case.lesions[0].distal.station_mm
    assert zone.branch_mm == pytest.approx(45 - cap, abs=0.3)
    assert zone.calcium_free_mm == pytest.approx(48 - cap, abs=0.6)
    assert zone.mean_diameter_mm == pytest.approx(3.2, abs=0.4)
    assert found.distal_gradient_hu_per_cm == pytest.approx(0, abs=25)


def test_that_calcium_is_told_by_region_and_stretch(case: Case) -> None:
    found = measure_lesion(case, case.lesions[0])
    assert found.calcium is not None and found.calcium_regions_mm3 is not None
    assert found.calcium.full_moon_mm == pytest.approx(4.5, abs=1.0)
    assert found.calcium.over_50_mm == pytest.approx(8.5, abs=1.0)
    assert sum(b - a for a, b in found.full_moon_mm) == pytest.approx(found.calcium.full_moon_mm, abs=0.05)
    assert sum(b - a for a, b in found.over_half_mm) == pytest.approx(found.calcium.over_50_mm, abs=0.05)
    assert sum(found.calcium_regions_mm3) == pytest.approx(found.calcium.volume_mm3, rel=1e-6)
    assert found.calcium_regions_mm3[0] > found.calcium_regions_mm3[1] > found.calcium_regions_mm3[2]
    assert found.composition is not None
    assert found.composition.share_percent(TissueClass.DENSE_CALCIUM) > 20


def test_that_an_occlusion_is_one_inferred_stretch_without_lumen(case: Case) -> None:
    line, lesion = case.tree["RCA"].centerline, case.lesions[0]
    assert line.inferred == ((lesion.proximal.station_mm, lesion.distal.station_mm),)
    inside = (line.station_mm > lesion.proximal.station_mm) & (line.station_mm < lesion.distal.station_mm)
    assert (line.lumen_radius_mm[inside] == 0).all() and (line.lumen_radius_mm[~inside] > 0).all()


def test_that_unmeasured_is_unknown(case: Case) -> None:
    found = measure_lesion(replace(case, sections=(), calcium=()), case.lesions[0])
    assert found.calcium is None and found.composition is None and found.proximal_reference is None
    assert found.landing_zone is not None and found.landing_zone.mean_diameter_mm is None
    assert found.burrs == ()


def test_that_burrs_have_their_ratios() -> None:
    told = {choice.burr_mm: choice for choice in burr_choices(3.0)}
    assert [round(told[burr].ratio, 3) for burr in BURRS_MM] == [0.417, 0.5, 0.583, 0.667]
    assert [told[burr].verdict for burr in BURRS_MM] == ["fits", "fits", "fits", "large"]
    assert {c.burr_mm: c.verdict for c in burr_choices(2.5)} == {
        1.25: "fits",
        1.5: "fits",
        1.75: "too large",
        2.0: "too large",
    }
    assert burr_choices(None) == ()


def test_that_the_oct_score_leaves_open_what_blooming_hides(case: Case) -> None:
    found = measure_lesion(case, case.lesions[0])
    assert found.calcium is not None and found.calcium.max_arc_deg > 180
    assert found.oct_score == (3, 4)
    assert measure_lesion(replace(case, calcium=()), case.lesions[0]).oct_score is None


def test_that_a_stent_is_aimed_at_most_of_the_mean_reference(case: Case) -> None:
    found = measure_lesion(case, case.lesions[0])
    area = np.pi / 4 * np.mean([r.lumen_diameter_mm**2 for r in (found.proximal_reference, found.distal_reference)])
    assert found.stent_area_mm2 == (pytest.approx(0.8 * area), pytest.approx(0.9 * area))
