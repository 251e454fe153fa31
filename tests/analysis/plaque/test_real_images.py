"""Walls and calcium on a measured phantom and on the reference cases; needs the real images."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pydicom
import pytest

from tests.analysis.plaque.sections_of_a_tube import tube_sections
from viewer.analysis.plaque.calcium import measure_calcium
from viewer.analysis.plaque.walls import estimated_fwhm_mm, measure_vessel
from viewer.analysis.reformat.frames import frames_along
from viewer.model.calcium import CalciumThreshold
from viewer.model.centerline import Centerline
from viewer.model.cross_section import CrossSections
from viewer.model.geometry import Geometry
from viewer.model.volume import Volume

pytestmark = pytest.mark.data

#: Cylinders of hydroxyapatite, as long as they are wide: mg/cm³, diameter in mm, row and column in the slice at 22.
INSERTS = [
    (800, 5.0, 220, 182),
    (800, 3.0, 220, 206),
    (400, 5.0, 151, 292),
    (400, 3.0, 173, 281),
    (200, 5.0, 281, 299),
    (200, 3.0, 260, 285),
]


def volume_of(folder: Path) -> Volume:
    slices = [pydicom.dcmread(path) for path in sorted(folder.iterdir())]
    slices.sort(key=lambda one: float(one.ImagePositionPatient[2]))
    hu = np.stack([one.pixel_array * float(one.RescaleSlope) + float(one.RescaleIntercept) for one in slices])
    step = float(slices[1].ImagePositionPatient[2]) - float(slices[0].ImagePositionPatient[2])
    spacing = (step, *(float(value) for value in slices[0].PixelSpacing))
    origin = [float(value) for value in slices[0].ImagePositionPatient]
    return Volume(np.round(hu).astype(np.int16), Geometry.from_axes(hu.shape, origin, spacing))


@pytest.fixture(scope="module")
def phantom(data_folder: Path) -> Volume:
    return volume_of(data_folder / "calcium-phantom" / "Large_rep1")


def insert(volume: Volume, diameter_mm: float, row: int, column: int, threshold_hu: float) -> tuple[float, float]:
    """Volume in mm³ and mean HU of an insert above a threshold, inside a tube along z about it."""
    box = volume.hu[22, row - 6 : row + 7, column - 6 : column + 7].astype(float)
    weight = np.clip(box - 130.0, 0, None)
    rows, columns = np.indices(box.shape)
    at = [22.0, row - 6 + (weight * rows).sum() / weight.sum(), column - 6 + (weight * columns).sum() / weight.sum()]
    middle = volume.geometry.to_lps(at)
    tube = tube_sections(0.5 * diameter_mm + 1.5, length_mm=16.0)
    along = np.array([0.0, 0.0, 8.0])
    frames = frames_along(Centerline([middle - along, middle, middle + along]))
    sections = CrossSections("insert", frames, tube.lumen_mm, tube.wall_mm, tube.lumen_source, tube.wall_source)
    found = measure_calcium(volume, sections, CalciumThreshold.typed(threshold_hu), 0.0).within(0.0, 16.0)
    return found.volume_mm3, found.mean_hu or 0.0


@pytest.mark.parametrize(("density", "diameter_mm", "row", "column"), INSERTS)
def test_that_half_height_gives_the_volume_of_an_insert(
    phantom: Volume, density: int, diameter_mm: float, row: int, column: int
) -> None:
    peak = np.percentile(phantom.hu[22, row - 4 : row + 5, column - 4 : column + 5], 97)
    found, mean = insert(phantom, diameter_mm, row, column, 0.5 * (peak + 40.0))
    known = np.pi / 4 * diameter_mm**3
    # Slices of 3 mm blur an insert of 3 mm along the axis by as much as it is long.
    assert found == pytest.approx(known, rel=0.4 if diameter_mm == 5 else 1.6)
    assert mean > 130


def test_that_denser_inserts_are_brighter(phantom: Volume) -> None:
    means = [insert(phantom, 5.0, row, column, 130.0)[1] for _, size, row, column in INSERTS if size == 5.0]
    assert means[0] > 1.3 * means[1] > 1.3 * 1.3 * means[2]


@pytest.mark.parametrize("name", ["rca", "lad", "none"])
def test_that_a_reference_lesion_is_measured_within_its_tolerances(reference_cases: Path, name: str) -> None:
    truth = json.loads((reference_cases / name / "truth.json").read_text())
    volume = volume_of(reference_cases / name / "dicom")
    contrast = float(truth["spec"].get("contrast_hu", 420.0))
    lines = {key: Centerline(vessel["points_lps_mm"]) for key, vessel in truth["vessels"].items()}
    fwhm = estimated_fwhm_mm(volume, [lines["RCA"], lines["LAD"], lines["LCX"]], contrast)
    for lesion in truth["lesions"]:
        line = lines[lesion["vessel"]]
        sections = measure_vessel(volume, line, lesion["vessel"], contrast, fwhm_mm=fwhm)
        profile = measure_calcium(volume, sections, CalciumThreshold.adaptive(contrast, 30.0), fwhm)
        # The truth's stations count its points, half a millimetre each.
        scale = line.length_mm / (0.5 * (len(line.points_lps_mm) - 1))
        want = {key: np.array(values) for key, values in lesion["profile"].items()}
        inside = (want["arc_mm"] >= lesion["proximal_arc_mm"]) & (want["arc_mm"] <= lesion["distal_arc_mm"])
        at = want["arc_mm"][inside] * scale
        station = profile.frames.station_mm
        share = np.interp(at, station, profile.csa_percent) - want["calcium_csa_percent"][inside]
        wall = np.interp(at, station, sections.wall_area_mm2) / np.pi / want["outer_radius_mm"][inside] ** 2 - 1
        assert np.median(np.abs(wall)) < 0.08
        assert (np.abs(share) <= 8).mean() >= 0.9
        found = profile.within(lesion["proximal_arc_mm"] * scale, lesion["distal_arc_mm"] * scale)
        assert found.max_csa_percent == pytest.approx(want["calcium_csa_percent"][inside].max(), abs=8)
        assert found.max_arc_deg == pytest.approx(want["calcium_arc_deg"][inside].max(), abs=20)
        assert found.over_50_mm == pytest.approx(lesion["over50_mm"], abs=1.5)
        assert found.full_moon_mm == pytest.approx(lesion["full_moon_mm"], abs=1.5)
        known = lesion["calcium_volume_mm3"]
        assert found.volume_mm3 == pytest.approx(known, abs=max(5.0, 0.2 * known))
