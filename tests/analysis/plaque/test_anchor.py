from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis.plaque.sections_of_a_tube import tube_sections
from viewer.analysis.plaque.anchor import pull_anchor, put_back
from viewer.model.cross_section import Contour


def test_that_the_contour_goes_through_the_anchor_and_neighbours_follow() -> None:
    sections = tube_sections(1.5, 1.0, length_mm=20.0)
    pulled = pull_anchor(sections, 10.0, 90.0, 2.1)
    row, column = 40, 16
    assert pulled.wall_mm[row, column] == pytest.approx(2.1)
    change = pulled.wall_mm - sections.wall_mm
    assert (np.diff(change[: row + 1, column]) >= -1e-12).all()
    assert change[row, column + 32] < 0.01 and change[0].max() < 1e-3
    assert pulled.wall_source[row] == Contour.EDITED and pulled.wall_source[0] == Contour.MEASURED
    assert np.array_equal(pulled.lumen_mm, sections.lumen_mm)
    assert (pulled.lumen_source == Contour.MEASURED).all()


@settings(max_examples=50, deadline=None)
@given(st.floats(0, 6), st.floats(-400, 400), st.floats(0, 5), st.booleans())
def test_that_the_wall_stays_outside_the_lumen(station: float, angle: float, radius: float, lumen: bool) -> None:
    pulled = pull_anchor(tube_sections(1.5, 1.0), station, angle, radius, lumen=lumen)
    assert (pulled.wall_mm >= pulled.lumen_mm).all()
    contour = pulled.lumen_mm if lumen else pulled.wall_mm
    assert np.abs(contour - radius).min() < 1e-9


def test_that_an_anchor_can_be_let_go() -> None:
    sections = tube_sections(1.5, 1.0)
    back = put_back(pull_anchor(sections, 3.0, 0.0, 2.0), sections, 0.0, 6.0)
    assert np.array_equal(back.wall_mm, sections.wall_mm)
    assert np.array_equal(back.wall_source, sections.wall_source)
    with pytest.raises(ValueError, match="stations"):
        put_back(sections, tube_sections(length_mm=9.0), 0.0, 6.0)


def test_that_a_negative_radius_is_refused() -> None:
    with pytest.raises(ValueError, match="radius"):
        pull_anchor(tube_sections(), 3.0, 0.0, -1.0)
