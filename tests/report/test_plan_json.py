"""plan.json says what the case says, in the words and units of its contract."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.analysis.occlusion.diseased_vessel import DiseasedVessel, Gap, Stone
from viewer.analysis.fluoro.limits import shipped_limits
from viewer.analysis.plan import proposed_views, with_lesions
from viewer.desk.lesion_edits import move_cap
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
    assert set(lesion["landing_zone"]) == {"mean_diameter_mm", "calcium_free_mm", "branch_mm", "length_mm"}
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


#: What is promised to whoever reads plan.json, key by key: a kind of value, or what is within. A list holds any number.
NUMBER, NUMBER_OR_NULL, TEXT, TEXT_OR_NULL, FLAG = (
    (float, int),
    (float, int, type(None)),
    (str,),
    (str, type(None)),
    (bool,),
)
FLAG_OR_NULL = (bool, type(None))
TISSUE = {"volume_mm3": NUMBER, "percent": NUMBER_OR_NULL}
CAP = {
    "lps_mm": [NUMBER], "station_mm": NUMBER, "range_mm": [NUMBER], "shape": TEXT_OR_NULL,
    "side_branch_mm": NUMBER_OR_NULL,
}  # fmt: skip
PROMISED = {
    "schema": TEXT, "version": NUMBER, "software": {"name": TEXT, "version": TEXT},
    "series": {
        "series_uid": TEXT_OR_NULL, "phase_percent": NUMBER_OR_NULL, "spacing_mm": [NUMBER], "kvp": NUMBER_OR_NULL,
        "kernel": TEXT_OR_NULL, "findings": [TEXT],
    },
    "thresholds": {
        "calcium_hu": NUMBER_OR_NULL, "lumen_hu": NUMBER_OR_NULL, "lumen_sd_hu": NUMBER_OR_NULL,
        "method": TEXT_OR_NULL,
    },
    "vessels": [{
        "name": TEXT, "parent": TEXT_OR_NULL, "segments": [{"code": TEXT, "from_mm": NUMBER, "to_mm": NUMBER}],
        "points_lps_mm": [[NUMBER]], "station_mm": [NUMBER], "inferred": [[NUMBER]],
        "lumen_area_mm2": [NUMBER_OR_NULL], "vessel_area_mm2": [NUMBER_OR_NULL],
        "calcium_csa_percent": [NUMBER_OR_NULL], "calcium_arc_deg": [NUMBER_OR_NULL],
    }],
    "lesions": [{
        "vessel": TEXT, "kind": TEXT, "confidence": NUMBER,
        "proximal_cap": {
            **CAP, "ambiguous": FLAG_OR_NULL, "reasons": [TEXT], "calcium_csa_percent": NUMBER_OR_NULL,
        },
        "distal_cap": CAP, "length_mm": NUMBER, "max_bend_deg": NUMBER_OR_NULL, "multiple": FLAG,
        "calcium": {
            "volume_mm3": NUMBER, "mean_hu": NUMBER_OR_NULL, "max_csa_percent": NUMBER, "max_arc_deg": NUMBER,
            "over_50_mm": NUMBER, "over_50": [[NUMBER]], "full_moon_mm": NUMBER, "full_moon": [[NUMBER]],
            "length_share_percent": NUMBER_OR_NULL,
        },
        "composition": {
            "dense_calcium": TISSUE, "fibrous": TISSUE, "fibrofatty": TISSUE, "necrotic_core": TISSUE,
        },
        "landing_zone": {
            "mean_diameter_mm": NUMBER_OR_NULL, "calcium_free_mm": NUMBER, "branch_mm": NUMBER_OR_NULL,
        },
        "scores": [{
            "name": TEXT, "total": [NUMBER], "items": [{"name": TEXT, "points": [NUMBER], "evidence": TEXT}],
        }],
    }],
    "views": [{
        "lesion": NUMBER, "purpose": TEXT, "primary_deg": NUMBER, "secondary_deg": NUMBER, "label": TEXT,
        "foreshortening_percent": NUMBER, "overlap_percent": NUMBER_OR_NULL, "reachable": FLAG,
    }],
}  # fmt: skip


def broken(promised: object, given: object, at: str = "plan") -> list[str]:
    """Return where a plan does not hold what is promised."""
    if isinstance(promised, dict):
        if not isinstance(given, dict):
            return [f"{at} is no table"]
        found = [f"{at}.{name} is missing" for name in promised if name not in given]
        for name in promised.keys() & given.keys():
            found += broken(promised[name], given[name], f"{at}.{name}")
        return found
    if isinstance(promised, list):
        if not isinstance(given, list):
            return [f"{at} is no list"]
        return [b for number, part in enumerate(given) for b in broken(promised[0], part, f"{at}[{number}]")]
    fits = isinstance(given, promised) and (bool in promised or not isinstance(given, bool))
    return [] if fits else [f"{at} is {given!r}"]


def test_that_every_key_that_is_promised_is_there_with_its_kind_of_value(case: Case) -> None:
    from viewer.api.score_json import plan_scores

    plan = json.loads(json.dumps(plan_as_json(case, proposed_views(case, shipped_limits()), plan_scores(case))))
    assert broken(PROMISED, plan) == []
    (lesion,) = plan["lesions"]
    assert lesion["scores"] and plan["views"] and lesion["calcium"]["over_50"]
    assert all(least <= most for least, most in (score["total"] for score in lesion["scores"]))
    assert {item["evidence"] for score in lesion["scores"] for item in score["items"]} <= {
        "measured", "suggested", "typed", "unknown",
    }  # fmt: skip


def test_that_what_is_null_says_why(case: Case) -> None:
    (full,) = plan_as_json(case)["lesions"]
    assert set(full["unknown"]) <= {"distal_cap.side_branch_mm", "distal_gradient_hu_per_cm"}
    (bare,) = plan_as_json(replace(case, sections=(), calcium=()))["lesions"]
    assert bare["unknown"]["calcium"] == "the calcium of this vessel was not measured"
    assert bare["unknown"]["composition"] == "the vessel has no cross-sections"
    for name in ("calcium", "composition"):
        assert bare[name] is None


def test_that_the_numbers_of_ablation_burr_and_stent_are_told(case: Case) -> None:
    (lesion,) = plan_as_json(case)["lesions"]
    told = lesion["preparation"]
    assert told["proximal_reference"]["lumen_diameter_mm"] == pytest.approx(3.4, abs=0.4)
    assert [burr["burr_mm"] for burr in told["burrs"]] == [1.25, 1.5, 1.75, 2.0]
    # an arc all the way round gives 2; 4.5 mm of calcium are no more than 5, and nobody can tell how thick it is
    assert told["oct_score"] in ([2, 3], [3, 4])
    low, high = told["stent_area_mm2"]
    assert high / low == pytest.approx(0.9 / 0.8, abs=0.01)


def test_that_it_says_who_decided_on_a_cap_and_what_the_computer_had(case: Case) -> None:
    (lesion,) = plan_as_json(case)["lesions"]
    assert lesion["decided_by"]["proximal_cap"] == {"author": "computer", "computer": None}
    was = case.lesions[0].proximal.station_mm
    (moved,) = plan_as_json(move_cap(case, 0, True, was + 2))["lesions"]
    told = moved["decided_by"]["proximal_cap"]
    assert told["author"] == "operator" and told["computer"]["station_mm"] == pytest.approx(was, abs=0.001)
    assert moved["proximal_cap"]["station_mm"] == pytest.approx(was + 2, abs=0.001)
