"""Conditions: true, false, and not yet known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.api.conditions import condition_from, in_words, weakest_evidence
from viewer.model.score import Evidence, Input, ScoreInputs


def inputs(**answers: object) -> ScoreInputs:
    return ScoreInputs(**{name: Input.typed(value) for name, value in answers.items()})


TRUE = {"input": "prior_mi", "is": True}
FALSE = {"input": "prior_mi", "is": False}
OPEN = {"input": "prior_cabg", "is": True}
KNOWN = inputs(prior_mi=True)


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        (TRUE, True), (FALSE, False), (OPEN, None),
        ({"all": [TRUE, TRUE]}, True), ({"all": [TRUE, OPEN]}, None), ({"all": [FALSE, OPEN]}, False),
        ({"any": [FALSE, FALSE]}, False), ({"any": [FALSE, OPEN]}, None), ({"any": [TRUE, OPEN]}, True),
        ({"first_known": [OPEN, FALSE]}, False), ({"first_known": [TRUE, FALSE]}, True),
        ({"first_known": [OPEN, OPEN]}, None),
    ],
)  # fmt: skip
def test_that_what_is_unknown_decides_only_where_it_matters(condition, answer):
    assert condition_from(condition).holds(KNOWN) is answer


@pytest.mark.parametrize(
    ("compare", "below", "at", "above"),
    [("above", False, False, True), ("at_least", False, True, True), ("below", True, False, False),
     ("at_most", True, True, False)],
)  # fmt: skip
def test_that_a_limit_is_in_or_out_as_it_is_written(compare, below, at, above):
    condition = condition_from({"input": "length_mm", compare: 20.0})
    assert [condition.holds(inputs(length_mm=x)) for x in (19.99, 20.0, 20.01)] == [below, at, above]


def test_that_a_length_is_not_pushed_over_its_limit_by_rounding():
    assert (length_mm := 61.3 - 41.3 + 1e-12) > 20.0
    assert condition_from({"input": "length_mm", "above": 20.0}).holds(inputs(length_mm=length_mm)) is False


def test_that_unknown_can_count_and_values_can_stay_open():
    duration = condition_from({"input": "duration_months", "at_least": 12, "unknown_counts": True})
    assert duration.holds(ScoreInputs()) is True and duration.holds(inputs(duration_months=3)) is False
    winding = condition_from({"input": "tortuosity", "is": ["severe"], "open": ["unseen"]})
    assert winding.holds(inputs(tortuosity="unseen")) is None and winding.holds(inputs(tortuosity="none")) is False
    elsewhere = condition_from({"input": "vessel", "is_not": "LAD"})
    assert [elsewhere.holds(inputs(vessel=v)) for v in ("LAD", "RCA", None)] == [False, True, None]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (3, "is no condition"),
        ({}, "exactly one thing"),
        ({"input": "length_mm", "above": 1, "below": 2}, "exactly one thing"),
        ({"input": "beauty", "is": True}, "no input 'beauty'"),
        ({"input": "length_mm", "above": "20"}, "cannot be compared"),
        ({"input": "length_mm", "above": True}, "cannot be compared"),
        ({"all": []}, "needs a list"),
        ({"all": [TRUE], "says": "so"}, "needs a list of conditions and nothing else"),
        ({"input": "length_mm", "above": 2, "colour": "red"}, "colour"),
        ({"any": [TRUE, 3]}, "is no condition"),
    ],
)
def test_that_a_damaged_condition_is_refused(wrong, why):
    with pytest.raises(ValueError, match=why):
        condition_from(wrong)


def test_that_an_answer_rests_on_what_decided_it():
    condition = condition_from({"any": [{"all": [TRUE, FALSE]}, {"input": "length_mm", "above": 20}]})
    known = ScoreInputs(prior_mi=Input.typed(True), length_mm=Input.measured(26.0))
    deciding = condition.deciding(known)
    assert [atom.input for atom in deciding] == ["length_mm"]
    assert weakest_evidence(deciding, known) is Evidence.MEASURED


def test_that_the_weakest_evidence_is_the_one_told():
    known = ScoreInputs(
        prior_mi=Input.typed(True), length_mm=Input.measured(26.0), stump=Input.suggested("blunt"), sex=Input()
    )
    asked = [
        {"input": "length_mm", "above": 20},
        TRUE,
        {"input": "stump", "is": "blunt"},
        {"input": "sex", "is": "male"},
    ]
    found = [weakest_evidence(condition_from({"all": asked[:n]}).deciding(known), known) for n in (1, 2, 3, 4)]
    assert found == [Evidence.MEASURED, Evidence.TYPED, Evidence.SUGGESTED, Evidence.UNKNOWN]


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [("length_mm", 26.04, "26.0 mm"), ("max_bend_deg", 45.1, "45.1°"), ("age_years", 74, "74 years"),
     ("calcium_csa_percent", 100.0, "100 %"), ("prior_mi", True, "yes"), ("prior_mi", False, "no"),
     ("stump", "blunt", "blunt"), ("length_mm", None, "–")],
)  # fmt: skip
def test_that_an_answer_reads_with_its_unit(name, value, text):
    assert in_words(name, value) == text


@given(st.recursive(
    st.sampled_from([TRUE, FALSE, OPEN]),
    lambda inner: st.builds(lambda kind, parts: {kind: parts}, st.sampled_from(["all", "any"]),
                            st.lists(inner, min_size=1, max_size=3)),
))  # fmt: skip
def test_that_all_and_any_agree_with_every_way_the_unknown_may_turn_out(data):
    condition = condition_from(data)
    answers = {condition.holds(inputs(prior_mi=True, prior_cabg=cabg)) for cabg in (True, False)}
    assert condition.holds(KNOWN) in (None, *answers)
    if condition.holds(KNOWN) is not None:
        assert answers == {condition.holds(KNOWN)}
