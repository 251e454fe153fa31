"""Scores against cases that were scored by hand, at their limits, and with unknown inputs."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.scores.scores import Definition, definition_from, definitions, scored
from tests.plugins.worked_examples import EXAMPLES, PARTS, TOTALS, inputs, knowing
from viewer.model.score import Evidence, Input, Picture, Score, ScoreInputs, ScoreItem
from viewer.shipped import resource

NAMES = [definition.name for definition in definitions()]


def named(name: str) -> Definition:
    return next(definition for definition in definitions() if definition.name == name)


def of(name: str, known: ScoreInputs) -> Score:
    return scored(named(name), known)


def item(name: str, part: str, known: ScoreInputs) -> ScoreItem:
    return next(item for item in of(name, known).items if item.name == part)


def test_that_the_scores_are_those_of_the_worked_examples():
    assert list(TOTALS) == NAMES


@pytest.mark.parametrize("lesion", EXAMPLES)
@pytest.mark.parametrize("name", TOTALS)
def test_that_a_worked_example_has_its_total(name, lesion):
    expected = TOTALS[name]["ABCDE".index(lesion)]
    score = of(name, EXAMPLES[lesion])
    assert score.total == (expected, expected)
    assert score.known


@pytest.mark.parametrize(("name", "lesion"), PARTS)
def test_that_a_worked_example_has_its_points_for_the_reasons_written_down(name, lesion):
    assert {item.name for item in of(name, EXAMPLES[lesion]).items if item.points[0] > 0} == PARTS[name, lesion]


def test_that_central_calcium_gives_two_points_in_kcct():
    assert item("KCCT", "calcification", EXAMPLES["C"]).points == (2, 2)
    assert item("KCCT", "calcification", EXAMPLES["B"]).points == (1, 1)


LIMITS = [
    ("KCCT", "occlusion length", "length_mm", 15.0, 1),
    ("KCCT", "occlusion length", "length_mm", 14.99, 0),
    ("J-CTO", "occlusion length", "length_mm", 20.0, 0),
    ("J-CTO", "occlusion length", "length_mm", 20.01, 1),
    ("J-CTO (CT)", "occlusion length", "length_mm", 20.0, 0),
    ("J-CTO (CT)", "occlusion length", "length_mm", 20.01, 1),
    ("EuroCTO CASTLE", "occlusion length", "length_mm", 20.0, 1),
    ("CL", "occlusion length", "length_mm", 20.0, 1.5),
    ("PROGRESS-CTO complications (2016)", "occlusion length", "length_mm", 23.0, 2),
    ("PROGRESS-CTO complications (2016)", "occlusion length", "length_mm", 22.99, 0),
    *((name, "bend", "max_bend_deg", 45.0, 0) for name in ("J-CTO", "J-CTO (CT)", "CT-RECTOR", "KCCT", "RECHARGE")),
    *((name, "bend", "max_bend_deg", 45.1, 1) for name in ("J-CTO", "J-CTO (CT)", "CT-RECTOR", "KCCT", "RECHARGE")),
    ("CT-RECTOR", "severe calcification", "calcium_csa_percent", 50.0, 1),
    ("CT-RECTOR", "severe calcification", "calcium_csa_percent", 49.9, 0),
    ("J-CTO (CT)", "calcification", "calcium_csa_percent", 50.0, 0),
    ("J-CTO (CT)", "calcification", "calcium_csa_percent", 50.1, 1),
    ("KCCT", "calcification", "calcium_csa_percent", 95.0, 2),
    ("PROGRESS-CTO complications (2016)", "age", "age_years", 65, 0),
    ("PROGRESS-CTO complications (2016)", "age", "age_years", 66, 3),
    ("PROGRESS-CTO MACE (2022)", "age", "age_years", 65, 1),
    ("PROGRESS-CTO MACE (2022)", "age", "age_years", 64, 0),
    ("EuroCTO CASTLE", "age", "age_years", 70, 1),
    ("EuroCTO CASTLE", "age", "age_years", 69, 0),
    ("Busan", "age", "age_years", 59, 0),
    ("Busan", "age", "age_years", 60, 1),
    ("Busan", "age", "age_years", 74, 1),
    ("Busan", "age", "age_years", 75, 2),
    ("PROGRESS-CTO mortality (2022)", "ejection fraction", "lvef_percent", 45, 1),
    ("PROGRESS-CTO mortality (2022)", "ejection fraction", "lvef_percent", 46, 0),
    *((name, "duration", "duration_months", 11.9, 0) for name in ("CT-RECTOR", "KCCT")),
    *((name, "duration", "duration_months", 12, 1) for name in ("CT-RECTOR", "KCCT")),
    *((name, "duration", "duration_months", None, 1) for name in ("CT-RECTOR", "KCCT")),
    ("EuroCTO CASTLE", "extent of calcification", "calcified_length_percent", 50.0, 0),
    ("EuroCTO CASTLE", "extent of calcification", "calcified_length_percent", 50.1, 1),
]


@pytest.mark.parametrize(("name", "part", "asked", "value", "points"), LIMITS)
def test_that_a_limit_lies_where_the_publication_has_it(name, part, asked, value, points):
    assert item(name, part, inputs(**{asked: value})).points == (points, points)


@pytest.mark.parametrize(("arc_deg", "csa_percent", "points"), [(179.9, 60.0, 0), (180.0, 50.0, 1), (360.0, 49.9, 0)])
def test_that_peripheral_calcium_needs_half_the_way_round_and_half_the_section(arc_deg, csa_percent, points):
    known = inputs(calcium_arc_deg=arc_deg, calcium_csa_percent=csa_percent)
    assert item("KCCT", "calcification", known).points == (points, points)


def test_that_arc_and_share_of_different_sections_make_no_peripheral_calcium():
    known = inputs(calcium_arc_deg=200.0, calcium_csa_percent=60.0, peripheral_calcium=False)
    assert item("KCCT", "calcification", known).points == (0, 0)


def test_that_an_unknown_stump_leaves_j_cto_between_0_and_1():
    score = of("J-CTO", knowing(EXAMPLES["A"], stump=None))
    assert score.total == (0, 1)
    assert not score.known
    assert {outcome.label for outcome in score.outcomes} == {"easy", "intermediate"}


@pytest.mark.parametrize("definition", definitions(), ids=NAMES)
def test_that_a_score_of_nothing_known_ranges_over_all_that_it_can_be(definition):
    score = scored(definition, ScoreInputs())
    certain = sum(item.points[0] for item in score.items)
    assert score.total == (certain, score.limits[1])
    assert certain == (1 if any(item.name == "duration" for item in score.items) else 0)
    assert all(item.evidence is Evidence.UNKNOWN for item in score.items)


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("J-CTO", 5), ("J-CTO (CT)", 5), ("CT-RECTOR", 6), ("KCCT", 8), ("EuroCTO CASTLE", 6), ("PROGRESS-CTO", 4),
        ("PROGRESS-CTO complications (2016)", 6), ("PROGRESS-CTO MACE (2022)", 7), ("CL", 8), ("RECHARGE", 6),
        ("RECHARGE (CT)", 6), ("Busan", 11),
    ],
)  # fmt: skip
def test_that_a_score_ends_where_the_publication_says(name, most):
    assert of(name, ScoreInputs()).limits == (0, most)


@given(data=st.data())
def test_that_whatever_an_unknown_input_turns_out_to_be_the_total_lies_in_the_range(data):
    lesion = data.draw(st.sampled_from(sorted(EXAMPLES)))
    hidden = data.draw(st.sets(st.sampled_from(sorted(ScoreInputs.__dataclass_fields__))))
    known = EXAMPLES[lesion]
    # an unknown duration is an answer of its own: it counts
    hidden -= {"duration_months"}
    vague = knowing(known, **dict.fromkeys(hidden))
    for definition in definitions():
        least, most = scored(definition, vague).total
        total, _ = scored(definition, known).total
        assert least <= total <= most, (definition.name, hidden)


def test_that_any_calcium_counts_in_angiographic_j_cto_however_little():
    assert item("J-CTO", "calcification", inputs(calcium_csa_percent=1.0)).points == (1, 1)


def test_that_j_cto_asks_for_the_stump_and_not_for_ambiguity():
    assert [item.name for item in of("J-CTO", ScoreInputs()).items] == [
        "blunt stump", "calcification", "bend", "occlusion length", "previous failed attempt",
    ]  # fmt: skip
    assert of("J-CTO", knowing(EXAMPLES["A"], cap_ambiguous=True)).total == (0, 0)


def test_that_cl_is_not_j_cto_under_another_name():
    parts = {item.name: item.most for item in of("CL", ScoreInputs()).items}
    assert parts["severe calcification"] == 2
    assert {"infarction", "coronary bypass", "location"} <= set(parts)
    assert "bend" not in parts


def test_that_progress_asks_neither_for_length_nor_for_calcium():
    asked = {item.name for item in of("PROGRESS-CTO", ScoreInputs()).items}
    assert asked == {"ambiguous proximal cap", "no interventional collaterals", "tortuosity", "circumflex"}


def test_that_kcct_counts_lengths_from_15_mm_on_and_not_below():
    assert "at least 15 mm" in item("KCCT", "occlusion length", ScoreInputs()).rule


def test_that_half_a_section_counts_in_ct_rector_and_more_than_half_in_j_cto_on_ct():
    known = inputs(calcium_csa_percent=50.0)
    assert item("CT-RECTOR", "severe calcification", known).points == (1, 1)
    assert item("J-CTO (CT)", "calcification", known).points == (0, 0)


def test_that_only_one_way_is_planned():
    for strategy, points in (("antegrade wiring", 0), ("antegrade dissection and re-entry", 1), ("retrograde", 2)):
        assert item("PROGRESS-CTO MACE (2022)", "planned way", inputs(strategy=strategy)).points == (points, points)


def test_that_tortuosity_that_cannot_be_seen_counts_in_castle_and_is_open_in_progress():
    known = inputs(tortuosity="unseen")
    assert item("EuroCTO CASTLE", "tortuosity", known).points == (1, 1)
    assert item("PROGRESS-CTO", "tortuosity", known).points == (0, 1)


def test_that_no_bypass_surgery_means_no_graft_on_the_target():
    assert item("RECHARGE", "graft on the target", inputs(prior_cabg=False)).points == (0, 0)
    assert item("RECHARGE", "graft on the target", inputs(prior_cabg=True)).points == (0, 1)
    assert item("RECHARGE", "graft on the target", inputs(graft_on_target=True)).points == (1, 1)


def test_that_her_own_judgement_of_calcium_replaces_what_follows_from_ct():
    known = inputs(calcium_csa_percent=30.0, moderate_severe_calcium=True)
    assert item("PROGRESS-CTO MACE (2022)", "moderate or severe calcification", known).points == (1, 1)


def test_that_an_item_says_where_it_comes_from_and_which_picture_shows_it():
    known = ScoreInputs(max_bend_deg=Input.measured(62.0, station_mm=51.0), stump=Input.suggested("blunt", 41.0))
    bend, stump = item("J-CTO", "bend", known), item("J-CTO", "blunt stump", known)
    assert (bend.evidence, bend.shown_by, bend.station_mm, bend.found) == (
        Evidence.MEASURED, Picture.LARGEST_BEND, 51.0, "62°",
    )  # fmt: skip
    assert (stump.evidence, stump.shown_by, stump.found) == (Evidence.SUGGESTED, Picture.PROXIMAL_CAP, "blunt")
    assert item("J-CTO", "occlusion length", known).evidence is Evidence.UNKNOWN
    assert item("J-CTO", "occlusion length", known).found == "–"


def test_that_a_length_near_the_limit_says_so():
    assert "within 1 mm of 20 mm" in item("J-CTO", "occlusion length", inputs(length_mm=19.4)).note
    assert "within 1 mm of 20 mm" in item("J-CTO", "occlusion length", inputs(length_mm=21.0)).note
    assert "within 1 mm" not in item("J-CTO", "occlusion length", inputs(length_mm=21.1)).note


def test_that_angiographic_scores_say_when_they_rest_on_ct():
    from_ct = ScoreInputs(length_mm=Input.measured(26.0))
    assert of("J-CTO", from_ct).title == "J-CTO (CT inputs)"
    assert of("J-CTO", inputs(length_mm=26.0)).title == "J-CTO"
    assert of("KCCT", from_ct).title == "KCCT"


def test_that_unconfirmed_constants_are_marked():
    unconfirmed = {name for name in NAMES if not of(name, ScoreInputs()).confirmed}
    assert {"CL", "RECHARGE", "RECHARGE (CT)", "CT-RECTOR", "PROGRESS-CTO acute infarction (2022)"} <= unconfirmed
    assert "PROGRESS-CTO complications (2016)" not in unconfirmed
    assert all(not outcome.confirmed for name in ("CL", "CT-RECTOR", "KCCT") for outcome in named(name).outcomes)
    middle = next(o for o in named("EuroCTO CASTLE").outcomes if o.totals == (2, 3))
    assert not middle.confirmed and "between 8 and 35 %" in middle.text
    assert named("PROGRESS-CTO").outcomes == ()


def test_that_risk_classes_are_those_published():
    for lesion, label in zip("ABCDE", ("low", "low", "high", "intermediate", "high"), strict=True):
        outcomes = of("PROGRESS-CTO complications (2016)", EXAMPLES[lesion]).outcomes
        assert [outcome.label for outcome in outcomes] == [label]


@pytest.mark.parametrize("definition", definitions(), ids=NAMES)
def test_that_every_definition_names_its_sources_and_every_total_has_at_most_one_class(definition):
    data = next(
        data
        for data in (json.loads(path.read_text(encoding="utf-8")) for path in resource("scores").glob("*.json"))
        if data["name"] == definition.name
    )
    assert data["source"] and all(part["source"] for part in (*data["items"], *data["outcomes"]))
    assert all(part["confirmed"] or part.get("why") for part in data["items"])
    limits = scored(definition, ScoreInputs()).limits
    for half in range(2 * int(limits[1]) + 1):
        classes = {o.totals for o in definition.outcomes if o.totals[0] <= half / 2 <= o.totals[1]}
        assert len(classes) <= 1


def test_that_a_file_that_defines_no_score_is_refused(tmp_path):
    path = tmp_path / "other.json"
    path.write_text('{"format": 2, "read_on": "ct"}', encoding="utf-8")
    with pytest.raises(ValueError, match=r"other\.json is no definition"):
        definition_from(path)
