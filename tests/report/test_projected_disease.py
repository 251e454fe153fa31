"""Caps over a projection: dashed while they are the computer's, whose replaced ones stay to be seen, dotted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QImage, QPainter

from viewer.desk.lesion_edits import accept_cap, move_cap
from viewer.model.case import Case
from viewer.model.centerline import Centerline
from viewer.model.geometry import Geometry
from viewer.model.lesion import Cap, Lesion, LesionKind
from viewer.model.vessel import Vessel, VesselTree
from viewer.model.volume import Volume
from viewer.report.ink import color
from viewer.report.projected_disease import FORMER_RING_PX, RING_PX, paint_caps

PX_PER_MM = 5


def occluded() -> Case:
    volume = Volume(np.zeros((2, 2, 2), np.int16), Geometry.from_axes((2, 2, 2), (0, 0, 0), (50, 50, 50)))
    line = Centerline(np.linspace((0, 0, 0), (60, 0, 0), 121))
    caps = [Cap(line.at(mm), mm, (mm, mm)) for mm in (20.0, 45.0)]
    tree = VesselTree((Vessel("RCA", line),))
    return Case(volume, tree, lesions=(Lesion("RCA", LesionKind.OCCLUSION, *caps),))


def drawn_share(case: Case, station_mm: float, radius_px: float) -> float:
    """Return how much of a ring about a station is drawn in the colour of the proximal cap."""
    image = QImage(320, 80, QImage.Format.Format_RGB32)
    image.fill(0)
    with QPainter(image) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_caps(painter, case, lambda points: points[:, :2] * PX_PER_MM + (0, 40), words=False)
    shade = np.array(color("meaning", "proximal_cap").getRgb()[:3])
    angle = np.radians(np.arange(0, 360, 3))
    x, y = station_mm * PX_PER_MM + radius_px * np.cos(angle), 40 + radius_px * np.sin(angle)
    here = [image.pixelColor(int(a), int(b)).getRgb()[:3] for a, b in zip(x, y, strict=True)]
    return float((np.abs(np.array(here) - shade).max(axis=1) < 90).mean())


def test_that_a_cap_is_dashed_while_it_is_the_computers_and_solid_once_it_is_hers():
    assert drawn_share(occluded(), 20.0, RING_PX) == pytest.approx(0.65, abs=0.2)
    assert drawn_share(accept_cap(occluded(), 0, True), 20.0, RING_PX) > 0.9


def test_that_the_computers_cap_stays_to_be_seen_dotted_where_she_has_moved_hers():
    moved = move_cap(occluded(), 0, True, 30.0)
    assert drawn_share(moved, 30.0, RING_PX) > 0.9
    assert 0.15 < drawn_share(moved, 20.0, FORMER_RING_PX) < 0.75
    back = replace(moved, lesions=move_cap(moved, 0, True, 20.1).lesions)
    assert back.lesions[0].proximal.replaced is None
    assert drawn_share(back, 20.1, RING_PX) > 0.9
