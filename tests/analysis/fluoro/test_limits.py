"""The settings of a C-arm and the named views."""

from __future__ import annotations

import pytest

from viewer.analysis.fluoro.limits import (
    Box,
    GantryLimits,
    limits_as_json,
    limits_from_json,
    shipped_limits,
    standard_views,
    standard_views_for,
)


def test_that_the_shipped_limits_say_that_nobody_confirmed_them():
    limits = shipped_limits()
    assert not limits.confirmed
    assert limits.source


def test_that_every_standard_view_can_be_reached_and_says_what_it_is_for():
    assert len({view.name for view in standard_views()}) == len(standard_views()) >= 8
    for view in standard_views():
        assert shipped_limits().can_reach(view.primary_deg, view.secondary_deg)
        assert view.first_for or view.second_for


def test_that_the_spider_view_looks_from_the_left_and_below():
    spider = next(view for view in standard_views() if view.name == "Spider")
    assert spider.primary_deg >= 40
    assert spider.secondary_deg <= -25


@pytest.mark.parametrize(
    "segment", ["LM", "pLAD", "mLAD", "dLAD", "pLCX", "dLCX", "pRCA", "mRCA", "dRCA", "R-PDA", "D1", "OM1"]
)
def test_that_every_segment_has_a_first_and_a_second_view(segment):
    views = standard_views_for(segment)
    assert segment in views[0].first_for
    assert len(views) >= 2


def test_that_steep_angles_are_warned_of_and_ordinary_ones_are_not():
    limits = shipped_limits()
    assert not limits.warnings(-30, 0)
    assert not limits.warnings(40, 20)
    assert any("dose" in text for text in limits.warnings(50, -30))
    assert any("cranial" in text for text in limits.warnings(0, 43))
    assert "out of reach" in limits.warnings(80, 44)[0]


def test_that_a_machine_of_ones_own_is_read_from_its_settings():
    data = {
        "name": "Lab 2",
        "confirmed": True,
        "reachable": [{"primary_deg": [-40, 55], "secondary_deg": [-30, 35]}],
        "usual": {"primary_deg": [-40, 55], "secondary_deg": [-30, 35]},
    }
    limits = limits_from_json(data)
    assert limits_as_json(limits) | {"steep": [], "source": ""} == data | {"steep": [], "source": ""}
    assert limits.confirmed
    assert limits.can_reach(55, 35)
    assert not limits.can_reach([56, 0], [0, 36]).any()


def test_that_impossible_limits_are_refused():
    with pytest.raises(ValueError, match="from 10"):
        Box((10, -10), (0, 0))
    with pytest.raises(ValueError, match="anywhere"):
        GantryLimits("none", (), Box((0, 0), (0, 0)))
