"""Hints: what the tables favour, and that they never order."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.strategy.strategy import hints_for, tables, terms, terms_in
from tests.plugins.worked_examples import EXAMPLES, knowing
from viewer.model.hint import Hint
from viewer.model.score import Evidence, Input, ScoreInputs
from viewer.shipped import resource

SENTENCE = re.compile(r"(CT shows|Typed: ) ?\S.*; the [^;]+ (algorithm|review on heavy calcium) then favours \S[^;]*\.")
#: Verbs with which an order begins, and words that leave no choice.
ORDERS = re.compile(
    r"\b(use|do|don't|must|should|shall|need to|have to|always|never|avoid|start|begin|stop|choose|take|try|perform|"
    r"consider|switch|change|place|insert|inflate|recommended?|required?|mandatory|contraindicated)\b",
    re.IGNORECASE,
)


def known(**answers: object) -> ScoreInputs:
    """Inputs of which only these are known, from CT."""
    return ScoreInputs(**{name: Input.measured(value) for name, value in answers.items()})


def of(algorithm: str, inputs: ScoreInputs) -> list[Hint]:
    return [hint for hint in hints_for(inputs) if algorithm in hint.algorithm]


def favours(algorithm: str, inputs: ScoreInputs) -> set[str]:
    return {hint.favours for hint in of(algorithm, inputs) if not hint.missing}


HYBRID = [
    (False, False, 19.9, True, "antegrade wire escalation"),
    (False, False, 19.9, False, "antegrade wire escalation"),
    (False, False, 20.0, True, "antegrade dissection and re-entry"),
    (True, False, 19.9, True, "retrograde wiring"),
    (False, True, 19.9, True, "retrograde wiring"),
    (True, True, 20.0, True, "retrograde dissection and re-entry"),
]


@pytest.mark.parametrize(("ambiguous", "diseased", "length_mm", "collaterals", "start"), HYBRID)
def test_that_the_hybrid_algorithm_has_its_four_starts(ambiguous, diseased, length_mm, collaterals, start):
    inputs = known(
        cap_ambiguous=ambiguous,
        landing_diseased=diseased,
        distal_branch=False,
        length_mm=length_mm,
        collaterals=collaterals,
    )
    assert favours("hybrid", inputs) == {start}


def test_that_without_collaterals_the_hybrid_algorithm_settles_the_ambiguity_first():
    (hint,) = of("hybrid", known(cap_ambiguous=True, landing_diseased=False, length_mm=26.0, collaterals=False))
    assert "once the ambiguity is settled" in hint.favours
    assert {term.name for term in hint.terms} == {"IVUS", "move-the-cap"}


def test_that_the_hybrid_algorithm_has_no_use_for_calcium():
    without = known(cap_ambiguous=False, landing_diseased=False, distal_branch=False, length_mm=12.0)
    with_it = replace(without, calcium_csa_percent=Input.measured(100.0), calcium_arc_deg=Input.measured(360.0))
    assert favours("hybrid", without) == favours("hybrid", with_it)


def test_that_length_alone_does_not_choose_dissection_in_asia_pacific():
    assert favours("Asia-Pacific", known(length_mm=40.0, max_bend_deg=10.0, calcium_csa_percent=0.0)) == set()
    assert "dissection and re-entry over wiring" in favours("Asia-Pacific", known(length_mm=40.0, max_bend_deg=60.0))


def test_that_heavy_calcium_favours_retrograde_dissection_over_wiring_in_the_global_algorithm():
    assert "retrograde dissection and re-entry over retrograde wiring" in favours(
        "global", known(calcium_csa_percent=50.0, collaterals=True)
    )
    assert not favours("global", known(calcium_csa_percent=49.9, collaterals=True))


def test_that_calcium_at_the_cap_favours_early_escalation():
    (hint,) = of("EuroCTO", known(cap_calcium_percent=50.0))
    assert hint.favours.startswith("early escalation")
    assert {"Tornus", "BASE", "side-BASE", "Carlino", "IVL"} <= {term.name for term in hint.terms}


@pytest.mark.parametrize(("length_mm", "bend_deg", "start"), [(12.0, 20.0, "an intraplaque"), (12.0, 60.0, "a polymer"),
                                                              (30.0, 20.0, "a polymer")])  # fmt: skip
def test_that_a_short_straight_calcified_body_is_met_within_the_plaque(length_mm, bend_deg, start):
    inputs = known(calcium_csa_percent=60.0, length_mm=length_mm, max_bend_deg=bend_deg)
    assert any(text.startswith(start) for text in favours("EuroCTO", inputs))


def test_that_what_is_not_known_is_said_and_not_claimed():
    hints = of("hybrid", known(cap_ambiguous=False, landing_diseased=False, length_mm=26.0))
    (hint,) = (hint for hint in hints if "antegrade" in hint.favours)
    assert hint.missing == ("no branch at the distal cap",)
    assert "supposing no branch at the distal cap (not known yet)" in hint.text
    assert hint.evidence is Evidence.UNKNOWN


def test_that_nothing_known_gives_no_hints():
    assert hints_for(ScoreInputs()) == ()


def test_that_typed_facts_are_not_put_into_the_mouth_of_ct():
    inputs = replace(known(cap_ambiguous=True, length_mm=26.0), collaterals=Input.typed(True))
    (hint,) = (hint for hint in of("hybrid", inputs) if "retrograde" in hint.favours)
    assert hint.text == (
        "CT shows an ambiguous proximal cap and an occlusion of 20 mm or more (26.0 mm); interventional collaterals "
        "(typed); the hybrid algorithm then favours retrograde dissection and re-entry."
    )


def every_hint() -> list[Hint]:
    """Return hints of every row, known and open, from CT and typed."""
    found: list[Hint] = []
    flags = (True, False, None)
    for length, share, ambiguous, collaterals in itertools.product((10.0, 30.0), (0.0, 100.0), flags, flags):
        base = knowing(
            EXAMPLES["C"],
            length_mm=length,
            calcium_csa_percent=share,
            cap_calcium_percent=share,
            cap_ambiguous=ambiguous,
            collaterals=collaterals,
        )
        for more in (
            {
                "landing_diseased": True,
                "distal_branch": True,
                "landing_calcium_free_mm": 2.0,
                "max_bend_deg": 60.0,
                "calcium_arc_deg": 360.0,
            },
            {
                "landing_diseased": False,
                "distal_branch": False,
                "landing_calcium_free_mm": 20.0,
                "max_bend_deg": 10.0,
                "calcium_arc_deg": 200.0,
            },
        ):
            typed = knowing(
                base,
                **more,
                landing_diameter_mm=3.0,
                course_uncertain=True,
                calcified_length_percent=share,
                strategy="antegrade dissection and re-entry",
            )
            seen = ScoreInputs(
                **{
                    name: Input.measured(typed[name].value)
                    for name in ScoreInputs.__dataclass_fields__
                    if name not in ("collaterals", "strategy", "previous_attempt")
                },
                collaterals=typed.collaterals,
            )
            found += [*hints_for(typed), *hints_for(seen)]
    return found


def test_that_every_hint_says_what_is_seen_and_what_an_algorithm_favours_and_orders_nothing():
    hints = every_hint()
    assert {hint.favours for hint in hints} == {row.favours for table in tables() for row in table.rows}
    for text in {hint.text for hint in hints}:
        assert SENTENCE.fullmatch(text), text
        assert not ORDERS.search(text), text
        assert "None" not in text and "  " not in text


def test_that_every_hint_has_its_source():
    assert all(hint.source for hint in every_hint())


def test_that_readings_of_words_without_numbers_are_told():
    vague = re.compile(r"large|whole length|many|heavy|long")
    for table in tables():
        for row in table.rows:
            assert row.confirmed or row.reading, row.favours
            assert not row.reading or vague.search(row.reading) or "read as" in row.reading


def test_that_what_a_technique_is_is_told_in_one_line():
    assert [term.name for term in terms_in("a knuckle, then side-BASE or BASE")] == ["knuckle", "side-BASE", "BASE"]
    assert terms_in("a basement") == ()
    assert all(term.meaning and len(term.meaning) < 120 for term in terms())
    data = json.loads(resource("strategy", "terms.json").read_text(encoding="utf-8"))
    assert data["confirmed"] is False and len({term["name"] for term in data["terms"]}) == len(terms())


@given(
    st.fixed_dictionaries(
        {
            "cap_ambiguous": st.sampled_from([True, False, None]),
            "landing_diseased": st.sampled_from([True, False, None]),
            "distal_branch": st.sampled_from([True, False, None]),
            "collaterals": st.sampled_from([True, False, None]),
            "length_mm": st.one_of(st.none(), st.floats(1.0, 80.0)),
        }
    )
)
def test_that_the_hybrid_algorithm_never_favours_two_starts_that_are_both_settled(answers):
    assert len(favours("hybrid", known(**answers))) <= 1
