"""How scores stand in plan.json."""

from __future__ import annotations

import json

from viewer.api.score_json import plan_scores


def test_that_every_lesion_has_its_scores_with_ranges_and_evidence(plugins, case):
    (scores,) = plan_scores(case)
    assert len(scores) == 15
    j_cto = json.loads(json.dumps(scores[0], allow_nan=False))
    assert (j_cto["name"], j_cto["total"], j_cto["limits"]) == ("J-CTO", [2, 4], [0, 5])
    points = {item["name"]: (item["points"], item["evidence"]) for item in j_cto["items"]}
    assert points["blunt stump"] == ([1, 1], "suggested")
    assert points["occlusion length"] == ([1, 1], "measured")
    assert points["calcification"] == ([0, 1], "unknown")
    assert {outcome["class"] for outcome in j_cto["outcomes"]} == {"difficult", "very difficult"}


def test_that_a_plugin_which_fails_is_named_once_and_the_scores_are_there(write, case, caplog):
    write("bad", "def tell(case, lesion):\n    return 1 / 0\n")
    write("torn", manifest="name = ")
    (scores,) = plan_scores(case)
    assert len(scores) == 15
    assert [record.getMessage().split(" was left out")[0].split(" failed")[0] for record in caplog.records] == [
        "The plugin in torn",
        "The plugin bad",
    ]
