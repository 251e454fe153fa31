from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from viewer.casefile.case_file import load_case, save_case
from viewer.model.case import Case
from viewer.model.facts import (
    ClinicalFacts,
    Graft,
    GraftKind,
    RetrogradeWay,
    Sex,
    Strategy,
    TargetFacts,
    Tortuosity,
    WayKind,
)
from viewer.model.geometry import Geometry
from viewer.model.hint import Hint
from viewer.model.measurement import Measurement
from viewer.model.score import Evidence, Input, ScoreItem
from viewer.model.view import ViewState
from viewer.model.volume import Volume


def test_that_typed_facts_survive_saving(tmp_path):
    target = TargetFacts(
        "RCA", previous_attempt=True, duration_months=14.5, rentrop=2, tortuosity=Tortuosity.UNSEEN,
        strategy=Strategy.DISSECTION_REENTRY,
    )  # fmt: skip
    facts = ClinicalFacts(66, Sex.FEMALE, 35.0, prior_cabg=True, prior_mi=False, targets=(target,))
    volume = Volume(np.zeros((2, 2, 2), np.int16), Geometry.from_axes((2, 2, 2), (0, 0, 0), (1, 1, 1)))
    path = tmp_path / "plan.ctoplan"
    save_case(path, Case(volume, facts=facts), ViewState())
    case, _ = load_case(path).restore(volume)
    assert case.facts == facts


def test_that_nothing_is_known_of_a_vessel_of_which_nothing_was_typed():
    facts = ClinicalFacts(targets=(TargetFacts("RCA", multiple=True),))
    assert facts.of("LAD") == TargetFacts("LAD")
    assert facts.of("RCA").multiple is True


def test_that_facts_of_a_vessel_are_replaced_and_not_doubled():
    facts = ClinicalFacts().with_target(TargetFacts("RCA", multiple=True)).with_target(TargetFacts("LAD"))
    again = facts.with_target(replace(facts.of("RCA"), multiple=False))
    assert [target.vessel for target in again.targets] == ["LAD", "RCA"]
    assert again.of("RCA").multiple is False


@pytest.mark.parametrize(
    "make",
    [
        lambda: ClinicalFacts(age_years=-1),
        lambda: ClinicalFacts(lvef_percent=0),
        lambda: ClinicalFacts(lvef_percent=101),
        lambda: ClinicalFacts(targets=(TargetFacts("RCA"), TargetFacts("RCA"))),
        lambda: TargetFacts(" "),
        lambda: TargetFacts("RCA", rentrop=4),
        lambda: TargetFacts("RCA", duration_months=-3),
        lambda: Input(None, Evidence.TYPED),
        lambda: Input(True, Evidence.UNKNOWN),
        lambda: Input.measured(float("nan")),
        lambda: ScoreItem("x", (2, 1), 2, Evidence.TYPED),
        lambda: Measurement("x", float("inf")),
        lambda: Measurement("", 1.0),
    ],
)
def test_that_an_impossible_fact_is_refused(make):
    with pytest.raises(ValueError):
        make()


def test_that_a_hint_of_typed_facts_alone_does_not_speak_of_ct():
    hint = Hint("the algorithm", (), ("a graft",), "patience", (), "a source", Evidence.TYPED)
    assert hint.text == "Typed: a graft; the algorithm then favours patience."


def test_that_a_way_from_behind_and_a_graft_read_as_a_line():
    way = RetrogradeWay("LAD", "RCA", WayKind.SEPTAL, 2, Tortuosity.MODERATE, 1.0, True)
    assert way.words == "septal, LAD to RCA, CC 2, 1.0 mm, winding moderate, crossable"
    assert RetrogradeWay("LCX", "PDA", WayKind.EPICARDIAL).words == "epicardial, LCX to PDA"
    assert Graft("LAD", GraftKind.LIMA, True).words == "LIMA to LAD, open"
    with pytest.raises(ValueError, match="grade 3"):
        RetrogradeWay("LAD", "RCA", werner=3)


def test_that_ways_answer_for_the_collaterals_unless_she_did():
    no, yes, unsaid = (RetrogradeWay("LAD", "RCA", crossable=answer) for answer in (False, True, None))
    assert TargetFacts("RCA").passable is None
    assert TargetFacts("RCA", ways=(no, yes)).passable is True
    assert TargetFacts("RCA", ways=(no, no)).passable is False
    assert TargetFacts("RCA", ways=(no, unsaid)).passable is None
    assert TargetFacts("RCA", ways=(yes,), collaterals=False).passable is False


def test_that_grafts_answer_for_the_surgery_and_for_their_vessels_unless_she_did():
    grafts = ClinicalFacts(grafts=(Graft("LAD"),))
    assert (grafts.bypassed, grafts.grafted("LAD"), grafts.grafted("RCA")) == (True, True, False)
    assert (ClinicalFacts().bypassed, ClinicalFacts().grafted("LAD")) == (None, None)
    assert ClinicalFacts(prior_cabg=False).grafted("RCA") is False
    assert ClinicalFacts(prior_cabg=True).grafted("RCA") is None
    hers = grafts.with_target(TargetFacts("LAD", graft_on_target=False))
    assert hers.grafted("LAD") is False


def test_that_what_was_typed_follows_a_vessel_to_its_new_name():
    target = TargetFacts("OM1", previous_attempt=True, ways=(RetrogradeWay("LAD", "OM1"),))
    facts = ClinicalFacts(grafts=(Graft("OM1"),), targets=(target, TargetFacts("LAD", multiple=True)))
    told = facts.renamed("OM1", "OM2")
    assert told.of("OM2").previous_attempt is True and told.of("OM1").previous_attempt is None
    assert told.of("OM2").ways[0].words == "septal, LAD to OM2"
    assert told.grafted("OM2") is True and told.of("LAD").multiple is True
