"""What dye reaches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from viewer.analysis.fluoro.attenuation import Attenuation
from viewer.analysis.fluoro.injection import DYE_PER_MM, Fill, Stretch, blocked_mm, injection, open_stretches
from viewer.analysis.fluoro.projection import line_integrals
from viewer.model.carm import CArm
from viewer.model.lesion import LesionKind
from viewer.model.vessel import Vessel, VesselTree


def value_at(dye: Attenuation, point) -> float:
    index = np.round(dye.geometry.to_index(point)).astype(int)
    return float(dye.mu[tuple(index)] * Attenuation.PER_MM)


def test_that_without_a_lesion_everything_is_reached_from_the_ostium(tree):
    stretches = open_stretches(tree)
    assert {s.vessel for s in stretches} == {"RCA", "RVM", "PDA", "LAD"}
    assert all(s.fill is Fill.ANTEGRADE for s in stretches)


def test_that_dye_stops_at_the_cap_and_collaterals_fill_what_lies_beyond(tree, lesion):
    found = {(s.vessel, s.fill): (s.from_mm, s.to_mm) for s in open_stretches(tree, [lesion])}
    assert found["RCA", Fill.ANTEGRADE] == (0.0, 21.0)
    assert found["RCA", Fill.COLLATERAL] == pytest.approx((41.0, 60.0))
    assert ("PDA", Fill.COLLATERAL) in found
    assert ("LAD", Fill.ANTEGRADE) in found


def test_that_the_side_branch_at_the_cap_is_open(tree, lesion):
    beyond = replace(lesion, proximal=replace(lesion.proximal, station_mm=18.0, range_mm=(17.5, 18.5)))
    assert any(s.vessel == "RVM" and s.fill is Fill.ANTEGRADE for s in open_stretches(tree, [beyond]))


def test_that_a_branch_from_within_the_occlusion_is_not_reached_from_the_ostium(tree, lesion):
    early = replace(lesion, proximal=replace(lesion.proximal, station_mm=10.0, range_mm=(9.5, 10.5)))
    assert any(s.vessel == "RVM" and s.fill is Fill.COLLATERAL for s in open_stretches(tree, [early]))


def test_that_a_stenosis_lets_dye_pass(tree, lesion):
    narrow = replace(lesion, kind=LesionKind.STENOSIS)
    assert all(s.fill is Fill.ANTEGRADE for s in open_stretches(tree, [narrow]))


def test_that_an_inferred_course_is_blocked_as_an_occlusion_is(line, lesion):
    vessel = Vessel("RCA", line((0, 0, 30), (0, 0, -30), inferred=((20.0, 30.0), (50.0, 55.0))))
    assert blocked_mm(vessel, [lesion]) == [(20.0, 41.0), (50.0, 55.0)]
    assert [s.fill for s in open_stretches(VesselTree((vessel,)))] == [Fill.ANTEGRADE, Fill.COLLATERAL, Fill.COLLATERAL]
    assert open_stretches(VesselTree((vessel,)))[1] == Stretch("RCA", 30.0, 50.0, Fill.COLLATERAL)


def test_that_the_lumen_is_full_of_dye_up_to_the_cap_and_empty_beyond(tree, lesion, grid):
    dye = injection(tree, [lesion], grid((90, 90, 90), (0.8, 0.8, 0.8)))
    assert value_at(dye, (0, 0, 20)) == pytest.approx(DYE_PER_MM)
    assert value_at(dye, (0, 0, 0)) == 0
    assert value_at(dye, (0, 0, -20)) == 0
    assert value_at(dye, (6, 0, 20)) == 0
    both = injection(tree, [lesion], grid((90, 90, 90), (0.8, 0.8, 0.8)), (Fill.ANTEGRADE, Fill.COLLATERAL))
    assert value_at(both, (0, 0, 0)) == 0
    assert value_at(both, (0, 0, -20)) == pytest.approx(DYE_PER_MM)


def test_that_only_the_injected_artery_fills(tree, grid):
    dye = injection(tree, [], grid((90, 90, 90), (0.8, 0.8, 0.8)), ostia=["LAD"])
    assert value_at(dye, (-20, -30, 0)) == pytest.approx(DYE_PER_MM)
    picture = line_integrals(dye, CArm(0, 0, detector_mm=160), 64)
    assert picture[:, 32:].max() == 0  # the patient's right is on the left


def test_that_a_vessel_of_dye_casts_the_shadow_of_a_cylinder(line, grid):
    tree = VesselTree((Vessel("RCA", line((0, 0, 25), (0, 0, -25), radius=2.0)),))
    dye = injection(tree, [], grid((100, 60, 60), (0.6, 0.6, 0.6)))
    middle = line_integrals(dye, CArm(0, 0, detector_mm=40), 101)[50]
    assert middle.max() == pytest.approx(4.0 * DYE_PER_MM, rel=0.03)
    width_mm = middle.sum() / middle.max() * 40 / 101 / 1.4
    assert width_mm == pytest.approx(np.pi, rel=0.06)  # area of the circle by its diameter


def test_that_nothing_to_fill_is_nothing(tree, grid):
    assert injection(VesselTree(), [], grid()) is None
    assert injection(tree, [], grid(), fills=()) is None
    assert injection(tree, [], grid(), ostia=["LCX"]) is None
