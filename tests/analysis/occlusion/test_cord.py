"""The course through an occlusion runs in the middle of the cord, whatever drew the tracer aside."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import cKDTree

from tests.analysis.occlusion.diseased_vessel import DiseasedVessel, Gap, Stone
from tests.phantoms.scan import grid_around, scan
from viewer.analysis.occlusion.bends import bends
from viewer.analysis.occlusion.cord import centred_on_cord
from viewer.analysis.plan import with_lesions
from viewer.analysis.plaque.walls import measure_vessel
from viewer.model.case import Case
from viewer.model.centerline import Centerline
from viewer.model.geometry import Float
from viewer.model.vessel import Author, VesselTree

VESSEL = DiseasedVessel(gaps=(Gap(20, 38),), stones=(Stone(26, 32, 0.7, 100, 800),))


def drawn_aside(case: Case, by_mm: float) -> Case:
    """Return the case with a course that bulges sideways within the occlusion."""
    line = case.tree["RCA"].centerline
    bulge = np.exp(-0.5 * ((line.station_mm - 29) / 4.0) ** 2)
    points = line.points_lps_mm + by_mm * bulge[:, None] * np.array([0.0, 1.0, 0.0])
    moved = replace(case.tree["RCA"], centerline=Centerline(points, line.lumen_radius_mm, inferred=((22.0, 36.0),)))
    return replace(case, tree=VesselTree((moved,)), sections=(), calcium=())


@pytest.fixture(scope="module")
def case() -> Case:
    return VESSEL.case()


def off_mm(line: Centerline) -> float:
    """Return how far a course is from the truth at most."""
    truth = Centerline(VESSEL.points(np.arange(0, VESSEL.length_mm, 0.25)))
    return max(truth.nearest_station_mm(point)[1] for point in line.points_lps_mm[2:-2])


@pytest.mark.parametrize("by_mm", [1.5, -2.0])
def test_that_a_course_drawn_aside_comes_back_to_the_middle(case: Case, by_mm: float) -> None:
    aside = drawn_aside(case, by_mm)
    assert off_mm(aside.tree["RCA"].centerline) == pytest.approx(abs(by_mm), abs=0.1)
    found = with_lesions(aside)
    assert off_mm(found.tree["RCA"].centerline) < 0.6
    (lesion,) = found.lesions
    assert lesion.proximal.station_mm == pytest.approx(20, abs=0.7)
    assert found.tree["RCA"].centerline.inferred == ((lesion.proximal.station_mm, lesion.distal.station_mm),)
    assert found.sections_of("RCA").frames.station_mm[-1] == pytest.approx(found.tree["RCA"].centerline.length_mm)


def test_that_a_course_in_the_middle_stays(case: Case) -> None:
    line = case.tree["RCA"].centerline
    assert off_mm(centred_on_cord(case.volume, line, case.sections[0], 20, 38)) < 0.3
    assert len(with_lesions(case).tree["RCA"].centerline.points_lps_mm) == len(line.points_lps_mm)


@pytest.mark.parametrize("phase", [0.0, 4.7])
@pytest.mark.parametrize("zigzag_mm", [0.6, 1.2])
def test_that_a_sharp_bend_keeps_its_angle_and_the_tracers_zigzag_adds_none(phase: float, zigzag_mm: float) -> None:
    # straight, then 60 degrees over 9 mm, then straight
    direction = np.radians(60) * np.clip((np.arange(0, 55, 0.25) - 25) / 9, 0, 1)
    way = np.stack([np.sin(direction), np.zeros(len(direction)), np.cos(direction)], axis=1)
    truth = Centerline(np.cumsum(0.25 * way, axis=0))
    near = cKDTree(truth.points_lps_mm)

    def hu(where: Float) -> Float:
        off, place = near.query(where)
        station = truth.station_mm[place]
        inner = np.where((station > 20) & (station < 38), 90.0, 400.0)
        return np.select([off < 1.6, off < 2.1], [inner, np.full(len(off), 80.0)], -90.0)

    low, high = truth.points_lps_mm.min(0) - 8.0, truth.points_lps_mm.max(0) + 8.0
    volume = scan(hu, grid_around(low, high, (0.5, 0.4, 0.4)), fwhm_mm=0.85, noise_hu=25.0, seed=2)
    station = truth.station_mm
    fade = np.clip(np.minimum(station - 20, 38 - station) / 3, 0, 1)
    aside = zigzag_mm * fade * np.sin(2 * np.pi * station / 9 + phase)
    up = np.array([0.0, 1.0, 0.0])
    traced = Centerline(truth.points_lps_mm + np.sqrt(0.5) * aside[:, None] * (np.cross(way, up) + up))
    sections = measure_vessel(volume, truth, "RCA", 400.0)

    def caps(line: Centerline) -> tuple[float, float]:
        return line.nearest_station_mm(truth.at(20))[0], line.nearest_station_mm(truth.at(38))[0]

    found = centred_on_cord(volume, traced, sections, *caps(traced))
    largest = bends(found, *caps(found))[0]
    assert largest.angle_deg == pytest.approx(np.degrees(np.radians(60) / 9 * 4), abs=2)


def test_that_what_the_operator_traced_is_not_moved(case: Case) -> None:
    aside = drawn_aside(case, 1.2)
    hers = replace(aside.tree["RCA"], author=Author.OPERATOR)
    found = with_lesions(replace(aside, tree=VesselTree((hers,))))
    assert np.array_equal(found.tree["RCA"].centerline.points_lps_mm, hers.centerline.points_lps_mm)


def test_that_without_an_open_vessel_on_either_side_nothing_moves(case: Case) -> None:
    line = case.tree["RCA"].centerline
    bare = replace(case.sections[0], lumen_mm=0 * case.sections[0].lumen_mm)
    assert centred_on_cord(case.volume, line, bare, 20, 38) is line
