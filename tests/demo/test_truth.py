"""The truth is measured on the geometry, and the geometry is as it should be."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from viewer.demo import COARSE, DemoCase, DemoSpec, DemoTruth, OcclusionSpec, true_of, truth_json
from viewer.demo.case import _vessels
from viewer.demo.lesions import Filled
from viewer.model.centerline import Centerline
from viewer.model.vessel import Vessel, VesselTree


@lru_cache
def truth_of(spec: DemoSpec = COARSE) -> DemoTruth:
    return true_of(spec)


@pytest.fixture(scope="module")
def filled() -> dict[str, Filled]:
    return _vessels(COARSE)[0]


def test_that_the_points_of_a_course_are_half_a_millimetre_apart() -> None:
    for vessel in truth_of().vessels:
        steps = np.linalg.norm(np.diff(vessel.points_lps_mm, axis=0), axis=1)
        assert steps == pytest.approx(0.5, abs=0.012), vessel.name


def test_that_courses_are_smooth() -> None:
    for vessel in truth_of().vessels:
        way = np.diff(vessel.points_lps_mm, axis=0)
        way /= np.linalg.norm(way, axis=1, keepdims=True)
        turn = np.degrees(np.arccos(np.clip((way[1:] * way[:-1]).sum(1), -1, 1)))
        assert turn.max() < 20, vessel.name
        assert np.abs(np.diff(turn)).max() < 6, vessel.name


def test_that_branches_begin_on_their_parents_and_are_narrower() -> None:
    truth = truth_of()
    tree = VesselTree(tuple(Vessel(v.name, Centerline(v.points_lps_mm), v.parent) for v in truth.vessels))
    for vessel in truth.vessels:
        assert (vessel.outer_radius_mm >= vessel.lumen_radius_mm - 1e-9).all()
        if vessel.parent is None:
            continue
        station, distance = tree[vessel.parent].centerline.nearest_station_mm(vessel.points_lps_mm[0])
        assert distance <= 0.5  # the points of a parent end within half a millimetre of its end
        assert station == pytest.approx(vessel.leaves_mm, abs=0.6)
        parent = truth[vessel.parent]
        at = min(round(station / 0.5), len(parent.lumen_radius_mm) - 1)
        assert vessel.lumen_radius_mm[0] <= parent.lumen_radius_mm[at] + 0.01


def test_that_calibres_taper() -> None:
    for vessel in truth_of().vessels:
        assert (np.diff(vessel.lumen_radius_mm) <= 1e-6).all(), vessel.name


def test_that_arteries_other_than_parent_and_child_keep_apart() -> None:
    truth = truth_of()
    for one in truth.vessels:
        for other in truth.vessels:
            kin = one.name in (other.name, other.parent) or other.name == one.parent
            if kin or (one.parent == other.parent and one.leaves_mm == other.leaves_mm) or one.name > other.name:
                continue
            between = np.linalg.norm(one.points_lps_mm[:, None] - other.points_lps_mm[None], axis=2)
            gap = between - one.outer_radius_mm[:, None] - other.outer_radius_mm[None]
            assert gap.min() > 0, (one.name, other.name)


def test_that_the_occlusion_is_as_long_as_it_was_ordered() -> None:
    lesion = truth_of().lesions[0]
    assert lesion.length_mm == pytest.approx(26.0, abs=0.6)
    assert lesion.proximal_mm == pytest.approx(41.0, abs=0.3)
    assert lesion.total_occlusion and lesion.cap == "blunt"


def test_that_a_marginal_branch_leaves_just_before_the_cap() -> None:
    lesion = truth_of().lesions[0]
    offsets = {name: at - lesion.proximal_mm for name, at in lesion.side_branches}
    assert -3 < offsets["RVM"] < 0


def test_that_the_occlusion_bends_by_more_than_45_degrees() -> None:
    assert 45 < truth_of().lesions[0].bend_deg < 90


def test_that_the_profile_knows_the_full_moon_and_the_stretch_over_half() -> None:
    lesion = truth_of().lesions[0]
    profile = lesion.profile
    moon = (profile.station_mm > lesion.proximal_mm + 1) & (profile.station_mm < lesion.proximal_mm + 3.5)
    assert profile.calcium_percent[moon] == pytest.approx(100)
    assert profile.calcium_arc_deg[moon] == pytest.approx(360)
    # a ring sector of 275 degrees from 0.34 to 1 of the radius
    body = (profile.station_mm > lesion.distal_mm - 7) & (profile.station_mm < lesion.distal_mm - 4.5)
    assert profile.calcium_percent[body] == pytest.approx(100 * 275 / 360 * (1 - 0.34**2), abs=2.5)
    assert profile.calcium_arc_deg[body] == pytest.approx(275, abs=4)
    assert 3.5 < lesion.full_moon_mm < 4.6
    assert 8.5 < lesion.over_half_mm < 10.5


def test_that_the_volume_of_calcium_agrees_with_random_points(filled: dict[str, Filled]) -> None:
    from viewer.demo.lesions import deposits_of, packed
    from viewer.demo.vessel_kernel import CALCIUM, COLUMNS, content

    lesion = truth_of().lesions[0]
    vessel = filled[lesion.vessel]
    rows = packed(filled, deposits_of(COARSE))[2]
    index = list(filled).index(lesion.vessel)
    rng = np.random.default_rng(0)
    n, hits, edge = 60_000, 0, 3.0
    for s, a, b in zip(
        rng.uniform(lesion.proximal_mm, lesion.distal_mm, n), *rng.uniform(-edge, edge, (2, n)), strict=True
    ):
        row = np.array([np.interp(s, vessel.station_mm, vessel.table[:, c]) for c in (9, 10, 11, 12, 13, 14, 15)])
        full = np.zeros(COLUMNS)
        full[9:16], full[16] = row, s
        hits += content(full, a, b, index, rows)[0] == CALCIUM
    volume = hits / n * lesion.length_mm * (2 * edge) ** 2
    assert volume == pytest.approx(lesion.calcium_mm3, rel=0.05)


def test_that_the_stenosis_takes_sixty_percent_of_the_diameter() -> None:
    lesion = truth_of().lesions[1]
    assert lesion.vessel == "LAD" and not lesion.total_occlusion
    assert lesion.diameter_stenosis == pytest.approx(0.60, abs=0.01)
    assert 5 < lesion.calcium_mm3 < 40
    assert lesion.profile.calcium_percent.max() < 40


def test_that_composition_and_calcium_fill_the_occlusion() -> None:
    lesion = truth_of().lesions[0]
    parts = lesion.composition_mm3
    assert parts["dense_calcium"] == pytest.approx(lesion.calcium_mm3)
    assert min(parts.values()) > 20
    inner = (lesion.profile.station_mm > lesion.proximal_mm) & (lesion.profile.station_mm < lesion.distal_mm)
    mean_area = (np.pi * lesion.profile.outer_radius_mm[inner] ** 2).mean()
    assert sum(parts.values()) == pytest.approx(mean_area * lesion.length_mm, rel=0.03)


def test_that_the_truth_follows_scale_and_turn() -> None:
    plain, posed = truth_of(), truth_of(replace(COARSE, scale=0.9, rotate_deg=(5.0, -4.0, 90.0)))
    a, b = plain["LAD"], posed["LAD"]
    assert b.length_mm == pytest.approx(0.9 * a.length_mm, abs=1.0)
    assert b.lumen_radius_mm[0] == pytest.approx(0.9 * a.lumen_radius_mm[0])
    # turned by 90 degrees about z, what pointed to the left points to the back
    way = a.points_lps_mm[-1] - a.points_lps_mm[0]
    turned = b.points_lps_mm[-1] - b.points_lps_mm[0]
    assert turned[1] == pytest.approx(0.9 * way[0], abs=8)
    # lengths that were ordered in mm stay what they were
    assert posed.lesions[0].length_mm == pytest.approx(plain.lesions[0].length_mm, abs=0.2)


def test_that_calibre_widens_the_vessels_and_keeps_their_courses() -> None:
    wide = truth_of(replace(COARSE, calibre=1.1))["RCA"]
    plain = truth_of()["RCA"]
    assert wide.lumen_radius_mm[0] == pytest.approx(1.1 * plain.lumen_radius_mm[0])
    assert wide.length_mm == pytest.approx(plain.length_mm, abs=4)


def test_that_a_tapered_cap_closes_where_it_was_ordered() -> None:
    occlusion = OcclusionSpec("LAD", 50.0, 15.0, "tapered", 0.0, 4.0)
    lesion = truth_of(replace(COARSE, occlusion=occlusion)).lesions[0]
    assert lesion.proximal_mm == pytest.approx(50.0, abs=1.0)
    assert lesion.length_mm == pytest.approx(15.0, abs=1.2)


def test_that_the_truth_becomes_json(coarse: DemoCase) -> None:
    found = json.loads(json.dumps(truth_json(coarse)))
    assert set(found["vessels"]) == {v.name for v in coarse.truth.vessels}
    assert found["spacing_mm"] == pytest.approx([1.2, 1.2, 1.5])
    first = found["lesions"][0]
    assert first["length_mm"] == pytest.approx(first["distal_arc_mm"] - first["proximal_arc_mm"], abs=0.02)
    profile = first["profile"]
    assert len(profile["arc_mm"]) == len(profile["calcium_csa_percent"]) == len(profile["calcium_arc_deg"])


@pytest.mark.data
def test_that_the_judge_of_the_reference_cases_finds_a_perfect_plan_perfect(reference_cases, coarse) -> None:
    import importlib.util

    where = importlib.util.spec_from_file_location("evaluate", reference_cases / "evaluate.py")
    judge = importlib.util.module_from_spec(where)
    where.loader.exec_module(judge)
    truth = truth_json(coarse)
    lesion = truth["lesions"][0]
    plan = {
        "vessels": [{"name": n, "points_lps_mm": v["points_lps_mm"]} for n, v in truth["vessels"].items()],
        "lesions": [
            {
                "vessel": "RCA",
                "proximal_cap": {"lps_mm": lesion["proximal_cap_lps_mm"], "shape": "blunt", "side_branch_mm": -1.6},
                "distal_cap": {"lps_mm": lesion["distal_cap_lps_mm"]},
                "length_mm": lesion["length_mm"],
                "max_bend_deg": lesion["bend_deg"],
                "calcium": {
                    "over_50_mm": lesion["over50_mm"],
                    "full_moon_mm": lesion["full_moon_mm"],
                    "max_csa_percent": 100.0,
                    "max_arc_deg": 360.0,
                    "volume_mm3": lesion["calcium_volume_mm3"],
                },
            }
        ],
    }
    found = judge.evaluate(truth, plan)
    assert all(value == 1 for name, value in found.items() if name.startswith(("recall", "precision")))
    # a branch begins on its parent, so that the first points carry either name
    assert all(value > 0.97 for name, value in found.items() if name.startswith("label"))
    assert found["lesion.0.found"] == 1 and found["lesion.false"] == 0
    assert max(abs(v) for n, v in found.items() if "error" in n or n.endswith("cap_mm")) < 1e-6
    assert found["lesion.0.side_branch_right"] == found["lesion.0.cap_shape_right"] == 1
