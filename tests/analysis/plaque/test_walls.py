from __future__ import annotations

import numpy as np
import pytest

from tests.analysis.occlusion.diseased_vessel import DiseasedVessel, Stone
from tests.analysis.plaque.bent_vessel import BentVessel, Deposit
from viewer.analysis.plaque.first_guess import healthy
from viewer.analysis.plaque.walls import estimated_fwhm_mm, measure_vessel
from viewer.model.centerline import Centerline
from viewer.model.cross_section import Contour
from viewer.progress import Cancelled


def errors(vessel: BentVessel, offset_mm=(0.0, 0.0), fwhm_mm: float = 0.89):
    """Stations, error of the wall's area in percent and of the lumen's radius in mm."""
    line = vessel.centerline(offset_mm)
    sections = measure_vessel(vessel.volume(), line, "RCA", vessel.lumen_hu, fwhm_mm=fwhm_mm)
    station = sections.frames.station_mm * vessel.length_mm / line.length_mm
    area = 100 * (sections.wall_area_mm2 / np.pi / vessel.outer_mm(station) ** 2 - 1)
    return station, area, np.sqrt(sections.lumen_area_mm2 / np.pi) - vessel.lumen_mm(station), sections


@pytest.mark.parametrize("radius_mm", [2.1, 1.5])
@pytest.mark.parametrize("fwhm_mm", [0.7, 1.0])
def test_that_wall_and_lumen_of_an_open_vessel_are_found(radius_mm: float, fwhm_mm: float) -> None:
    vessel = BentVessel(radius_mm=radius_mm, fwhm_mm=fwhm_mm)
    station, area, lumen, _ = errors(vessel, fwhm_mm=np.hypot(fwhm_mm, 0.27))
    inner = (station > 3) & (station < 37)
    assert np.median(np.abs(area[inner])) < 8
    assert np.median(np.abs(lumen[inner])) < 0.05


def test_that_the_centreline_may_lie_off_the_middle() -> None:
    station, area, lumen, _ = errors(BentVessel(), offset_mm=(0.25, -0.2))
    inner = (station > 3) & (station < 37)
    assert np.median(np.abs(area[inner])) < 8
    assert np.median(np.abs(lumen[inner])) < 0.06


def test_that_an_occlusion_has_a_wall_and_no_lumen() -> None:
    vessel = BentVessel(occluded=(12.0, 26.0))
    station, area, _, sections = errors(vessel)
    inside = (station > 13.5) & (station < 24.5)
    assert np.median(np.abs(area[inside])) < 8
    assert sections.lumen_area_mm2[inside].max() < 0.5
    assert sections.lumen_area_mm2[(station > 3) & (station < 10)].min() > 8


def test_that_an_occlusion_within_heart_muscle_is_tied_to_its_ends() -> None:
    station, area, _, _ = errors(BentVessel(occluded=(12.0, 26.0), muscle_mm=-0.5))
    inside = (station > 12) & (station < 26)
    assert np.median(np.abs(area[inside])) < 8


@pytest.mark.parametrize("occluded", [None, (8.0, 32.0)], ids=["open", "occluded"])
@pytest.mark.parametrize("muscle_mm", [None, -1.5, -0.5, 0.0, 0.5, 1.0])
@pytest.mark.parametrize(("fwhm_mm", "seen_mm"), [(0.7, 0.79), (1.0, 1.06)], ids=["sharp", "soft"])
def test_that_heart_muscle_beside_a_vessel_does_not_move_its_wall(
    occluded: tuple[float, float] | None, muscle_mm: float | None, fwhm_mm: float, seen_mm: float
) -> None:
    vessel = BentVessel(radius_mm=1.6, occluded=occluded, muscle_mm=muscle_mm, fwhm_mm=fwhm_mm, noise_hu=0.0)
    station, area, _, _ = errors(vessel, fwhm_mm=seen_mm)
    inside = (station > 10) & (station < 30)
    assert abs(np.median(area[inside])) < (1.0 if muscle_mm is None else 4.0)


@pytest.mark.parametrize("muscle_mm", [None, -0.5, -1.5])
@pytest.mark.parametrize("off_mm", [-0.8, 0.8])
def test_that_the_wall_of_an_occlusion_hangs_on_the_vessel_and_not_on_the_centreline(
    off_mm: float, muscle_mm: float | None
) -> None:
    vessel = BentVessel(occluded=(8.0, 32.0), muscle_mm=muscle_mm, noise_hu=20.0)
    sections = measure_vessel(vessel.volume(), vessel.swinging(off_mm, 20.0), "RCA", vessel.lumen_hu)
    station = np.linspace(0, vessel.length_mm, len(sections.frames.station_mm))
    inside = (station > 17) & (station < 23)
    error = 100 * (sections.wall_area_mm2[inside] / np.pi / vessel.outer_mm(station[inside]) ** 2 - 1)
    assert np.abs(np.median(error)) < 8
    assert np.abs(error).max() < 10


def test_that_the_wall_runs_on_under_a_full_moon() -> None:
    vessel = BentVessel(occluded=(12.0, 26.0), deposits=(Deposit(11.0, 6.0, hu=1000.0),))
    station, area, _, sections = errors(vessel)
    inside = (station > 11) & (station < 17)
    assert np.median(np.abs(area[inside])) < 8
    assert sections.lumen_area_mm2[(station > 12.5) & (station < 16)].max() == 0
    assert set(sections.wall_source[(station > 12) & (station < 16)]) == {Contour.INTERPOLATED}
    assert set(sections.wall_source[(station > 3) & (station < 8)]) == {Contour.MEASURED}


def test_that_blurred_calcium_about_an_empty_middle_is_no_lumen() -> None:
    vessel = BentVessel(occluded=(10.0, 28.0), deposits=(Deposit(16.0, 6.0, inner=0.15, arc_deg=290.0),))
    station, area, _, sections = errors(vessel)
    inside = (station > 13) & (station < 25)
    assert sections.lumen_area_mm2[inside].max() < 0.5
    assert np.median(np.abs(area[inside])) < 8


def test_that_the_wall_never_lies_inside_the_lumen() -> None:
    vessel = BentVessel(deposits=(Deposit(14.0, 5.0, inner=0.7, arc_deg=150.0),), noise_hu=45.0, seed=5)
    sections = errors(vessel)[3]
    assert (sections.wall_mm >= sections.lumen_mm).all()


@pytest.mark.parametrize("fwhm_mm", [0.7, 0.85, 1.0])
def test_that_the_blur_is_read_from_the_vessel(fwhm_mm: float) -> None:
    vessel = BentVessel(fwhm_mm=fwhm_mm)
    found = estimated_fwhm_mm(vessel.volume(), [vessel.centerline()], 400.0)
    assert found == pytest.approx(np.hypot(fwhm_mm, 0.27), abs=0.06)


def test_that_without_a_vessel_the_usual_blur_is_taken() -> None:
    assert estimated_fwhm_mm(BentVessel().volume(), [], 400.0) == pytest.approx(0.85)


def test_that_a_course_through_nothing_still_has_contours() -> None:
    line = Centerline([[0.0, 5.5, 5.0], [5.0, 5.5, 5.0], [9.0, 5.5, 5.5]])
    sections = measure_vessel(BentVessel().volume(), line, "RCA", 400.0)
    assert (sections.wall_mm > 0).all()


def test_that_the_search_can_be_cancelled() -> None:
    def stop(share: float, text: str = "") -> None:
        if share > 0.3:
            raise Cancelled

    vessel = BentVessel()
    with pytest.raises(Cancelled):
        measure_vessel(vessel.volume(), vessel.centerline(), "RCA", 400.0, progress=stop)


def test_that_a_ring_of_calcium_about_an_open_lumen_does_not_close_it() -> None:
    vessel = DiseasedVessel(outer_mm=1.9, stones=(Stone(22, 28, 0.75, 360, 1000),), noise_hu=25.0)
    sections = vessel.case().sections[0]
    inside = (sections.frames.station_mm > 23) & (sections.frames.station_mm < 27)
    assert np.sqrt(sections.lumen_area_mm2[inside] / np.pi) == pytest.approx(0.78 * 1.9, abs=0.15)


@pytest.mark.parametrize("length_mm", [4.0, 16.0, 24.0])
def test_that_no_narrow_stretch_however_long_is_taken_for_a_healthy_vessel(length_mm: float) -> None:
    station = np.arange(0, 80, 0.5)
    lumen = 1.8 * np.exp(-0.007 * station)
    narrow = np.abs(station - 45) < length_mm / 2
    told = healthy(np.where(narrow, 0.75, lumen), 0.5)
    assert not told[narrow].any()
    assert told[np.abs(station - 45) > length_mm / 2 + 2].mean() > 0.95


@pytest.mark.parametrize("fwhm_mm", [0.7, 1.0])
@pytest.mark.parametrize("ring_hu", [800.0, 1000.0])
@pytest.mark.parametrize("outer_mm", [1.6, 1.9, 2.2])
def test_that_a_thin_ring_of_calcium_is_no_lumen(outer_mm: float, ring_hu: float, fwhm_mm: float) -> None:
    vessel = DiseasedVessel(outer_mm=outer_mm, stones=(Stone(22, 28, 0.78, 360, ring_hu),), fwhm_mm=fwhm_mm)
    line = vessel.tree()["RCA"].centerline
    sections = measure_vessel(vessel.volume(), line, "RCA", vessel.lumen_hu, fwhm_mm=fwhm_mm)
    inside = (sections.frames.station_mm > 23) & (sections.frames.station_mm < 27)
    assert np.sqrt(sections.lumen_area_mm2[inside] / np.pi) == pytest.approx(0.78 * outer_mm, abs=0.1)
    assert np.sqrt(sections.wall_area_mm2[inside] / np.pi) == pytest.approx(outer_mm, abs=0.1)


class Ectasia(BentVessel):
    """A vessel that is a quarter wider over 6 mm."""

    def _wider(self, station_mm: np.ndarray) -> np.ndarray:
        return 1 + 0.25 * np.clip(4 - np.abs(station_mm - 20), 0, 1)

    def outer_mm(self, station_mm: np.ndarray) -> np.ndarray:
        return super().outer_mm(station_mm) * self._wider(station_mm)

    def lumen_mm(self, station_mm: np.ndarray) -> np.ndarray:
        return super().lumen_mm(station_mm) * self._wider(station_mm)


def test_that_a_wider_lumen_without_a_bright_rim_is_lumen() -> None:
    station, area, lumen, _ = errors(Ectasia(radius_mm=1.5))
    inside = (station > 18) & (station < 22)
    assert np.abs(lumen[inside]).max() < 0.1
    assert np.abs(np.median(area[inside])) < 8


def test_that_a_short_vessel_is_healthy_behind_the_flare_of_its_ostium() -> None:
    lumen = np.r_[np.linspace(3.4, 2.3, 5), np.full(15, 2.28), np.linspace(2.3, 2.56, 4)]
    assert healthy(lumen, 0.5)[6:20].all()
