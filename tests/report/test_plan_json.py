"""plan.json says what the case says, in the words and units of its contract."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.analysis.occlusion.diseased_vessel import DiseasedVessel, Gap, Stone
from viewer.analysis.fluoro.limits import shipped_limits
from viewer.analysis.plan import proposed_views, with_lesions
from viewer.model.case import Case
from viewer.model.vessel import Segment
from viewer.report.plan_json import plan_as_json


@pytest.fixture(scope="module")
def case() -> Case:
    found = with_lesions(
        DiseasedVessel(gaps=(Gap(20, 38),), stones=(Stone(19.5, 24),), branch_mm=18.5, distal_share=0.7).case()
    )
    vessels = tuple(
        replace(v, segments=(Segment("pRCA", 0, 20), Segment("mRCA", 20, 50))) if v.name == "RCA" else v
        for v in found.tree
    )
    return replace(found, tree=replace(found.tree, vessels=vessels))


@pytest.fixture(scope="module")
def plan(case: Case) -> dict:
    text = json.dumps(plan_as_json(case, proposed_views(case, shipped_limits())), allow_nan=False)
    return json.loads(text)


def test_that_the_whole_is_named_and_versioned(plan: dict) -> None:
    assert plan["schema"] == "cto-viewer/plan" and plan["version"] == 1
    assert plan["software"]["name"] == "cto-viewer"
    assert plan["series"]["spacing_mm"] == [0.5, 0.4, 0.4]
    assert set(plan["thresholds"]) >= {"calcium_hu", "lumen_hu", "lumen_sd_hu", "method"}
    assert plan["thresholds"]["method"] == "adaptive" and plan["thresholds"]["lumen_hu"] == 400


def test_that_a_vessel_has_a_value_at_every_station(case: Case, plan: dict) -> None:
    vessel = plan["vessels"][0]
    assert vessel["name"] == "RCA" and vessel["parent"] is None
    count = len(vessel["station_mm"])
    for name in ("points_lps_mm", "lumen_area_mm2", "vessel_area_mm2", "calcium_csa_percent", "calcium_arc_deg"):
        assert len(vessel[name]) == count
    points = np.array(vessel["points_lps_mm"])
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    assert np.allclose(along, vessel["station_mm"], atol=0.05)
    lesion = plan["lesions"][0]
    assert vessel["inferred"] == [[lesion["proximal_cap"]["station_mm"], lesion["distal_cap"]["station_mm"]]]
    assert vessel["segments"][0] == {"code": "pRCA", "from_mm": 0.0, "to_mm": 20.0}
    assert plan["vessels"][1]["name"] == "RVM" and plan["vessels"][1]["parent"] == "RCA"


def test_that_a_lesion_says_all_that_is_promised(plan: dict) -> None:
    (lesion,) = plan["lesions"]
    assert lesion["vessel"] == "RCA" and lesion["kind"] == "occlusion" and 0 < lesion["confidence"] <= 1
    cap = lesion["proximal_cap"]
    assert cap["station_mm"] == pytest.approx(19.5, abs=0.4) and cap["shape"] == "blunt"
    assert cap["range_mm"][0] <= cap["station_mm"] <= cap["range_mm"][1]
    assert cap["side_branch_mm"] == pytest.approx(1.0, abs=0.5)
    assert cap["ambiguous"] is True and "no taper" in cap["reasons"] and cap["calcium_csa_percent"] > 90
    assert set(lesion["distal_cap"]) == {"lps_mm", "station_mm", "range_mm", "shape", "side_branch_mm"}
    stations = [lesion[end]["station_mm"] for end in ("proximal_cap", "distal_cap")]
    assert lesion["length_mm"] == pytest.approx(stations[1] - stations[0], abs=0.002)
    assert lesion["multiple"] is False and lesion["max_bend_deg"] < 10
    calcium = lesion["calcium"]
    assert calcium["full_moon_mm"] == pytest.approx(4.5, abs=1.0)
    assert sum(b - a for a, b in calcium["over_50"]) == pytest.approx(calcium["over_50_mm"], abs=0.05)
    shares = [lesion["composition"][name]["percent"] for name in ("dense_calcium", "fibrous", "fibrofatty")]
    shares.append(lesion["composition"]["necrotic_core"]["percent"])
    assert sum(shares) == pytest.approx(100, abs=0.3)
    assert set(lesion["landing_zone"]) == {"mean_diameter_mm", "calcium_free_mm", "branch_mm"}
    assert lesion["scores"] == []


def test_that_views_belong_to_the_occlusion(plan: dict) -> None:
    assert {view["lesion"] for view in plan["views"]} == {0}
    for view in plan["views"]:
        assert view["label"].startswith(("LAO", "RAO", "AP", "0")) and view["reachable"]
        assert 0 <= view["foreshortening_percent"] <= 100
    assert "occlusion" in {view["purpose"] for view in plan["views"]}


def test_that_what_was_not_measured_is_null(case: Case) -> None:
    bare = plan_as_json(replace(case, sections=(), calcium=(), enhancement=None))
    assert bare["thresholds"]["lumen_hu"] is None and bare["thresholds"]["calcium_hu"] is None
    assert set(bare["vessels"][0]["lumen_area_mm2"]) == {None}
    assert bare["lesions"][0]["calcium"] is None and bare["lesions"][0]["composition"] is None
    json.dumps(bare, allow_nan=False)


def test_that_scores_go_with_their_lesion(case: Case) -> None:
    score = {"name": "J-CTO (CT)", "total": [2, 3], "items": []}
    assert plan_as_json(case, scores=[[score]])["lesions"][0]["scores"] == [score]
