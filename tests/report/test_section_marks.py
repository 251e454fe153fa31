"""The arc of calcium beside a cross-section shows as many degrees as the number says, where the calcium is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from tests.analysis.plaque.sections_of_a_tube import sharp_volume, tube_sections
from viewer.analysis.plaque.calcium import measure_calcium
from viewer.analysis.reformat.frames import frame_at
from viewer.desk.sight import along
from viewer.model.calcium import CalciumThreshold
from viewer.model.case import Case
from viewer.model.centerline import Centerline
from viewer.model.vessel import Vessel, VesselTree
from viewer.report.ink import color
from viewer.report.section_marks import paint_section_marks

SIZE_PX, HALF_MM, STATION_MM = 400, 4.0, 3.0
WALL_MM = 1.5


@pytest.fixture(scope="module")
def half_moon() -> Case:
    """Calcium over 120 degrees, from the patient's left towards the back, along a vessel that runs to the head."""
    volume = sharp_volume(0.0, WALL_MM, 120.0)
    sections = tube_sections(WALL_MM)
    tree = VesselTree((Vessel("RCA", Centerline([[0, 0, 0], [0, 0, 6]])),))
    profile = measure_calcium(volume, sections, CalciumThreshold.typed(481.0), 0.0, cell_mm=0.05)
    return Case(volume, tree=tree, sections=(sections,), calcium=(profile,))


def with_arc(case: Case, arc_deg: float) -> Case:
    (profile,) = case.calcium
    return replace(case, calcium=(replace(profile, arc_bands_deg=np.full_like(profile.arc_bands_deg, arc_deg)),))


def drawn_deg(case: Case) -> np.ndarray:
    """Return at which angles, in the patient's axial plane from left towards back, the arc is drawn."""
    image = QImage(SIZE_PX, SIZE_PX, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    sight = along(case.tree, "RCA")
    paint_section_marks(painter, QRectF(0, 0, SIZE_PX, SIZE_PX), case, sight, STATION_MM, HALF_MM)
    painter.end()
    _, _, right, up = frame_at(sight.frames, STATION_MM)
    shades = [color("meaning", name).getRgb()[:3] for name in ("calcium", "over_half", "full_moon")]
    radius = WALL_MM * SIZE_PX / (2 * HALF_MM) + 0.7 * SIZE_PX / (2 * HALF_MM)
    found = []
    for degrees in range(360):
        way = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees)), 0.0])
        x, y = SIZE_PX / 2 + radius * (way @ right), SIZE_PX / 2 - radius * (way @ up)
        here = image.pixelColor(round(x), round(y)).getRgb()[:3]
        if any(np.abs(np.subtract(here, shade)).max() < 60 for shade in shades):
            found.append(degrees)
    return np.array(found)


def test_that_the_arc_lies_where_the_calcium_is(half_moon: Case):
    found = drawn_deg(half_moon)
    assert len(found) == pytest.approx(120, abs=6)
    away = np.abs((found - 60.0 + 180) % 360 - 180)
    assert away.max() <= 66


@pytest.mark.parametrize("arc_deg", [45.0, 90.0])
def test_that_blur_does_not_make_the_arc_longer_than_its_number(half_moon: Case, arc_deg: float):
    """The picture alone would show 120 degrees; the profile, which allows for blur, knows better."""
    found = drawn_deg(with_arc(half_moon, arc_deg))
    assert len(found) == pytest.approx(arc_deg, abs=6)
    assert np.abs((found - 60.0 + 180) % 360 - 180).max() <= 66


def test_that_a_ring_is_closed(half_moon: Case):
    assert len(drawn_deg(with_arc(half_moon, 356.0))) == 360
