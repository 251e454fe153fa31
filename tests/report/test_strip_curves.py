"""The curves of the strip chart say which class of calcium is firm and which is possible only."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from tests.ui.vessel_table import LENGTH_MM, MAYBE_END_MM, MAYBE_MM, MOON_MM, straight_case
from viewer.desk.sight import along
from viewer.report.ink import color
from viewer.report.strip_curves import paint_curves

PX_PER_MM, HEIGHT_PX = 20, 100


@pytest.fixture(scope="module")
def row() -> np.ndarray:
    """The colours along the chart at a tenth of its height, shape (pixels, 3)."""
    case = straight_case()
    image = QImage(round(LENGTH_MM * PX_PER_MM), HEIGHT_PX, QImage.Format.Format_RGB32)
    image.fill(0)
    with QPainter(image) as painter:
        frame = QRectF(0, 0, image.width(), HEIGHT_PX)
        course = along(case.tree, "RCA").course
        paint_curves(painter, frame, case, course, lambda mm: mm * PX_PER_MM, QColor(40, 40, 40), QColor(0, 0, 90))
    return np.array([image.pixelColor(x, HEIGHT_PX - 10).getRgb()[:3] for x in range(image.width())])


def share_of(row: np.ndarray, name: str, from_mm: float, to_mm: float) -> float:
    inside = row[round((from_mm + 0.5) * PX_PER_MM) : round((to_mm - 0.5) * PX_PER_MM)]
    return float((np.abs(inside - np.array(color("meaning", name).getRgb()[:3])).max(axis=1) < 20).mean())


def test_that_a_firm_class_is_filled_all_over(row: np.ndarray):
    assert share_of(row, "full_moon", MOON_MM, MAYBE_MM) == 1.0


def test_that_a_class_that_is_possible_only_is_striped_over_the_firm_one_below_it(row: np.ndarray):
    heavy = share_of(row, "over_half", MAYBE_MM, MAYBE_END_MM)
    assert heavy == pytest.approx(2.5 / 6.5, abs=0.1)
    assert share_of(row, "calcium", MAYBE_MM, MAYBE_END_MM) == pytest.approx(1 - heavy, abs=0.12)


def test_that_nothing_is_filled_where_there_is_no_calcium(row: np.ndarray):
    assert all(share_of(row, name, 45.0, 55.0) == 0 for name in ("calcium", "over_half", "full_moon"))
