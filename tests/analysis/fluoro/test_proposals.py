"""The proposed views."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from viewer.analysis.fluoro.cap_views import branch_at_cap, cap_views, opening_deg
from viewer.analysis.fluoro.foreshortening import foreshortening_percent, stretch_points
from viewer.analysis.fluoro.limits import Box, GantryLimits, shipped_limits, standard_views
from viewer.analysis.fluoro.proposals import PAIR_DEG, Purpose, angle_between_deg, propose_views
from viewer.model.centerline import Centerline
from viewer.model.lesion import Cap, Lesion, LesionKind
from viewer.model.vessel import Vessel, VesselTree

NARROW = GantryLimits("narrow", (Box((-20, 20), (-15, 15)),), Box((-20, 20), (-15, 15)))


@pytest.fixture
def tilted():
    """A vessel that runs to the left, front and feet, as the LAD does, with a branch at the cap."""
    station = np.linspace(0, 80, 161)
    bend = 4 * np.sin(station / 12)
    along = np.array([0.6, -0.6, -0.53]) / np.linalg.norm([0.6, -0.6, -0.53])
    main = station[:, None] * along + bend[:, None] * np.array([0.66, 0.75, -0.1])
    start = main[60]
    branch = start + np.linspace(0, 25, 26)[:, None] * np.array([0.9, 0.1, -0.3])
    return VesselTree(
        (
            Vessel("LAD", Centerline(main, np.full(len(main), 1.4))),
            Vessel("D1", Centerline(branch, np.full(len(branch), 1.0)), parent="LAD"),
        )
    )


@pytest.fixture
def occlusion(tilted, lesion):
    course = tilted["LAD"].centerline
    at = float(course.station_mm[62])
    return replace(
        lesion,
        vessel="LAD",
        proximal=Cap(course.at(at), at, (at - 0.5, at + 0.5)),
        distal=Cap(course.at(at + 18), at + 18, (at + 17, at + 19)),
    )


def by_purpose(proposals, purpose):
    return [p for p in proposals if p.purpose is purpose]


def test_that_cap_occlusion_landing_zone_and_a_pair_are_proposed(tilted, occlusion):
    proposals = propose_views(tilted, occlusion, shipped_limits())
    assert [p.purpose for p in proposals] == [
        Purpose.CAP,
        Purpose.OCCLUSION,
        Purpose.LANDING_ZONE,
        Purpose.PAIR,
        Purpose.PAIR,
    ]
    for proposal in proposals:
        assert proposal.reachable
        assert proposal.why.endswith(".")
        assert proposal.label


def test_that_the_view_of_the_occlusion_is_within_two_points_of_the_best(tilted, occlusion):
    points = stretch_points(tilted["LAD"].centerline, occlusion.proximal.station_mm, occlusion.distal.station_mm)
    a, b = np.arange(-90, 91)[None, :], np.arange(-45, 46)[:, None]
    for limits in (shipped_limits(), NARROW):
        best = foreshortening_percent(points, a, b)[limits.can_reach(a, b)].min()
        (view,) = by_purpose(propose_views(tilted, occlusion, limits), Purpose.OCCLUSION)
        assert view.foreshortening_percent <= best + 2
        truth = float(foreshortening_percent(points, view.primary_deg, view.secondary_deg))
        assert view.occlusion_foreshortening_percent == pytest.approx(truth, abs=1e-6)
        assert view.foreshortening_percent == pytest.approx(truth, abs=1e-6)


def test_that_nothing_out_of_reach_is_proposed(tilted, occlusion):
    for view in propose_views(tilted, occlusion, NARROW):
        assert abs(view.primary_deg) <= 20
        assert abs(view.secondary_deg) <= 15


def test_that_the_two_of_a_pair_stand_far_apart_and_show_the_occlusion(tilted, occlusion):
    first, second = by_purpose(propose_views(tilted, occlusion, shipped_limits()), Purpose.PAIR)
    apart = angle_between_deg((first.primary_deg, first.secondary_deg), (second.primary_deg, second.secondary_deg))
    assert apart >= PAIR_DEG - 1e-6
    assert first.apart_deg == second.apart_deg == pytest.approx(apart)
    assert max(first.foreshortening_percent, second.foreshortening_percent) < 20


def test_that_no_pair_is_proposed_where_the_arm_cannot_turn_far_enough(tilted, occlusion):
    assert not by_purpose(propose_views(tilted, occlusion, NARROW), Purpose.PAIR)


def test_that_a_lesion_at_the_end_of_its_vessel_has_no_landing_zone(tilted, occlusion):
    end = tilted["LAD"].centerline.length_mm
    last = replace(occlusion, distal=Cap((0, 0, 0), end, (end - 1, end)))
    assert not by_purpose(propose_views(tilted, last, shipped_limits()), Purpose.LANDING_ZONE)


def test_that_opposite_views_are_one_and_right_angles_are_ninety():
    assert angle_between_deg((30, 20), (-150, -20)) == pytest.approx(0, abs=1e-5)
    assert angle_between_deg((0, 0), (90, 0)) == pytest.approx(90)
    assert angle_between_deg((-30, 0), (30, 0)) == pytest.approx(60)


def test_that_the_branch_at_the_cap_is_the_named_or_the_nearest(tilted, occlusion, tree, lesion):
    assert branch_at_cap(tilted, occlusion) == "D1"
    assert branch_at_cap(tree, lesion) == "RVM"
    far = replace(occlusion, proximal=replace(occlusion.proximal, station_mm=20.0, range_mm=(19, 21)))
    assert branch_at_cap(tilted, far) is None


def test_that_a_view_along_the_plane_of_the_branch_does_not_resolve_the_cap(tree, lesion):
    found = cap_views(tree, lesion, shipped_limits(), [lesion])
    a, b = found.map.primary_deg, found.map.secondary_deg
    ap, lateral = (int(np.abs(a - angle).argmin()) for angle in (0, 90))
    level = int(np.abs(b).argmin())
    assert found.branch == "RVM"
    assert found.opening_deg[level, ap] > 60  # the branch runs to the left: open from the front
    assert found.branch_overlap_percent[level, lateral] > 90  # and hidden from the left
    assert found.resolved[level, ap]
    assert not found.resolved[level, lateral]


def test_that_named_views_that_resolve_the_cap_are_listed_best_first(tree, lesion):
    found = cap_views(tree, lesion, shipped_limits(), [lesion])
    names = [view.name for view in found.resolving(standard_views())]
    assert "AP" in names
    assert "Lateral" not in names


def test_that_the_view_of_the_cap_resolves_it(tree, lesion):
    (view,) = by_purpose(propose_views(tree, lesion, shipped_limits()), Purpose.CAP)
    found = cap_views(tree, lesion, shipped_limits(), [lesion])
    row = int(np.abs(found.map.secondary_deg - view.secondary_deg).argmin())
    column = int(np.abs(found.map.primary_deg - view.primary_deg).argmin())
    assert found.resolved[row, column]
    assert "RVM" in view.why
    usual = [usual.name for usual in found.resolving(standard_views())]
    assert f"of the usual views {usual[0]} and {usual[1]} resolve it too" in view.why


def test_that_a_cap_that_no_view_resolves_is_said_so(tree, lesion):
    lateral_only = GantryLimits("lateral", (Box((85, 90), (-5, 5)),), Box((85, 90), (-5, 5)))
    (view,) = by_purpose(propose_views(tree, lesion, lateral_only), Purpose.CAP)
    assert "no reachable view" in view.why


def test_that_a_cap_without_a_branch_is_judged_by_the_vessel_alone(tree, lesion):
    bare = VesselTree(tuple(v for v in tree if v.name in ("RCA", "LAD")))
    alone = replace(lesion, proximal=replace(lesion.proximal, side_branch=None, side_branch_mm=None))
    found = cap_views(bare, alone, shipped_limits(), [alone])
    assert found.branch is None
    np.testing.assert_array_equal(found.cost, found.map.cost)


@pytest.mark.parametrize(("view", "angle"), [((0, 0), 90), ((90, 0), 0), ((45, 0), 90)])
def test_that_the_opening_is_the_angle_in_the_picture(view, angle):
    second = (1, 0, 0) if angle else (1, 0, 1e-6)
    first = (0, 0, 1)
    found = float(opening_deg(first, second, *view))
    assert found == pytest.approx(angle, abs=0.1)


def test_that_of_views_that_show_the_landing_zone_alike_the_one_that_shows_the_occlusion_is_proposed():
    # beyond the occlusion the vessel runs to the left, which every view with primary angle 0 shows in full; the
    # occlusion runs to front and head, which of these AP / CAU 37 alone shows in full
    def run(start, length_mm, along):
        return start + np.arange(0.5, length_mm + 0.5, 0.5)[:, None] * np.array(along)

    before = run(np.zeros(3), 30, (1.0, 0, 0))
    inside = run(before[-1], 20, (0, -0.6, 0.8))
    beyond = run(inside[-1], 30, (1.0, 0, 0))
    course = Centerline(np.concatenate([before, inside, beyond]), np.full(160, 1.5))
    caps = [Cap(course.at(at), at, (at, at)) for at in (29.5, 49.5)]
    lesion = Lesion("LAD", LesionKind.OCCLUSION, *caps)
    views = propose_views(VesselTree((Vessel("LAD", course),)), lesion, shipped_limits())
    (landing,) = by_purpose(views, Purpose.LANDING_ZONE)
    assert landing.primary_deg == 0 and landing.secondary_deg == pytest.approx(-36, abs=2)
    assert landing.foreshortening_percent < 1 and landing.occlusion_foreshortening_percent < 1
    assert "the occlusion beside it looks 0 % shorter" in landing.why
