"""From a case to what scores ask."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from viewer.api.score_inputs import inputs_from, main_vessel, tortuosity
from viewer.model.calcium import CalciumProfile, CalciumThreshold
from viewer.model.case import Case
from viewer.model.cross_section import Frames
from viewer.model.facts import ClinicalFacts, Graft, RetrogradeWay, Sex, Strategy, TargetFacts, Tortuosity
from viewer.model.lesion import Cap, Lesion, LesionKind
from viewer.model.lesion_measures import Bend
from viewer.model.score import INPUT_NAMES, Evidence, Input
from viewer.model.vessel import Author


def calcium(case: Case, share_percent, arc_deg) -> CalciumProfile:
    """Return calcium along the RCA: functions of the station, on a wall of 10 mm²."""
    line = case.tree["RCA"].centerline
    station = np.arange(0, line.length_mm, 0.5)
    centre = line.at(station)
    tangent = np.gradient(centre, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    right = np.tile([0.0, 1.0, 0.0], (len(station), 1))
    up = np.cross(tangent, right)
    frames = Frames(station, centre, tangent, right, up)
    share = np.array([share_percent(s) for s in station], float)
    arc = np.array([arc_deg(s) for s in station], float)
    return CalciumProfile(
        "RCA",
        frames,
        CalciumThreshold.xing(),
        0.0,
        np.repeat(share[:, None] / 10, 3, 1),
        np.full(len(station), 10.0),
        np.repeat(arc[:, None], 3, 1),
        arc,
        np.where(share > 0, 800.0, np.nan),
    )


def test_that_ct_tells_length_caps_and_bend_and_says_where(case):
    found = inputs_from(case, case.lesions[0])
    assert found.length_mm.value == pytest.approx(26.0)
    assert found.length_mm.evidence is Evidence.MEASURED and "from 25.0 to 27.0 mm" in found.length_mm.note
    assert (found.stump.value, found.stump.evidence, found.stump.station_mm) == ("blunt", Evidence.SUGGESTED, 30.0)
    assert (found.side_branch.value, found.side_branch.note) == (True, "RVM")
    assert (found.cap_ambiguous.value, found.cap_ambiguous.note) == (True, "no taper")
    # chords of 4 mm on a circle of 20 mm turn by the arc that one of them spans
    assert found.max_bend_deg.value == pytest.approx(np.degrees(2 * np.arcsin(2 / 20)), abs=0.3)
    assert 44 <= found.max_bend_deg.station_mm <= 56
    assert found.vessel.value == "RCA" and found.ostium_mm.value == pytest.approx(30.0)
    assert found.tortuosity.value == "none" and found.multiple.value is False


def test_that_what_nobody_knows_is_unknown(case):
    found = inputs_from(case, case.lesions[0])
    for name in ("any_calcium", "calcium_csa_percent", "age_years", "prior_cabg", "collaterals", "strategy", "sex"):
        assert found[name] == Input(), name
    assert set(INPUT_NAMES) == {name for name in INPUT_NAMES if found[name] is not None}


def test_that_calcium_is_told_from_cap_to_cap_alone(case):
    profile = calcium(case, lambda s: 100 if 10 <= s < 20 else 60 if 35 <= s <= 37 else 0, lambda s: 200)
    found = inputs_from(replace(case, calcium=(profile,)), case.lesions[0])
    assert found.calcium_csa_percent.value == pytest.approx(60) and 35 <= found.calcium_csa_percent.station_mm <= 37
    assert found.calcium_arc_deg.value == pytest.approx(200)
    assert found.peripheral_calcium.value is True and found.any_calcium.value is True
    assert found.calcified_length_percent.value == pytest.approx(100 * 2.5 / 26, abs=0.1)
    assert found.cap_calcium_percent.value == pytest.approx(60)


def test_that_arc_and_share_must_meet_in_one_section(case):
    apart = calcium(case, lambda s: 60 if s < 40 else 10, lambda s: 100 if s < 40 else 300)
    found = inputs_from(replace(case, calcium=(apart,)), case.lesions[0])
    assert found.calcium_csa_percent.value == pytest.approx(60) and found.calcium_arc_deg.value == pytest.approx(300)
    assert found.peripheral_calcium.value is False


def test_that_no_calcium_is_an_answer(case):
    found = inputs_from(replace(case, calcium=(calcium(case, lambda s: 0, lambda s: 0),)), case.lesions[0])
    assert found.any_calcium.value is False and found.any_calcium.evidence is Evidence.MEASURED
    assert found.calcium_csa_percent.value == 0


def test_that_typed_facts_are_those_of_the_patient_and_of_this_vessel(case):
    facts = ClinicalFacts(
        age_years=74,
        sex=Sex.FEMALE,
        prior_cabg=False,
        targets=(
            TargetFacts("RCA", previous_attempt=True, duration_months=14, strategy=Strategy.RETROGRADE),
            TargetFacts("LAD", previous_attempt=False),
        ),
    )
    found = inputs_from(replace(case, facts=facts), case.lesions[0])
    assert (found.age_years.value, found.sex.value, found.prior_cabg.value) == (74, "female", False)
    assert (found.previous_attempt.value, found.duration_months.value) == (True, 14)
    assert (found.strategy.value, found.strategy.evidence) == ("retrograde", Evidence.TYPED)


def test_that_her_word_replaces_what_was_found(case):
    facts = ClinicalFacts(targets=(TargetFacts("RCA", tortuosity=Tortuosity.SEVERE, multiple=True),))
    found = inputs_from(replace(case, facts=facts), case.lesions[0])
    assert (found.tortuosity.value, found.tortuosity.evidence) == ("severe", Evidence.TYPED)
    assert (found.multiple.value, found.multiple.evidence) == (True, Evidence.TYPED)


def test_that_a_cap_which_she_placed_is_her_word(case):
    lesion = case.lesions[0]
    hers = replace(lesion, proximal=replace(lesion.proximal, author=Author.OPERATOR))
    found = inputs_from(replace(case, lesions=(hers,)), hers)
    assert found.stump.evidence is Evidence.TYPED
    assert found.length_mm.evidence is Evidence.MEASURED


def test_that_an_ambiguity_which_ct_settled_is_none(case):
    facts = ClinicalFacts(targets=(TargetFacts("RCA", ambiguity_resolved=True),))
    found = inputs_from(replace(case, facts=facts), case.lesions[0])
    assert found.cap_ambiguous.value is False
    assert found.cap_ambiguous.note == "settled by CT; was ambiguous: no taper"


@pytest.mark.parametrize(("gap_mm", "several"), [(4.9, False), (5.1, True)])
def test_that_two_occlusions_are_several_with_contrast_of_5_mm_between(case, gap_mm, several):
    first = case.lesions[0]
    start = first.distal.station_mm + gap_mm

    def moved(cap, station):
        return replace(cap, station_mm=station, range_mm=(station, station))

    second = Lesion("RCA", LesionKind.OCCLUSION, moved(first.proximal, start), moved(first.distal, start + 4))
    both = replace(case, lesions=(first, second))
    assert inputs_from(both, first).multiple.value is several
    assert inputs_from(both, second).multiple.value is several


def test_that_a_branch_belongs_to_its_main_vessel_and_an_unnamed_vessel_to_none(case):
    assert main_vessel(case.tree, "RVM") == "RCA"
    assert main_vessel(replace(case.tree, vessels=(replace(case.tree["RCA"], name="vessel 3"),)), "vessel 3") is None


@pytest.mark.parametrize(
    ("angles", "word"),
    [((), "none"), ((90,), "none"), ((90.1,), "moderate"), ((71, 71), "moderate"), ((91, 91), "severe"),
     ((120.1,), "severe"), ((70, 70), "none")],
)  # fmt: skip
def test_that_bends_make_tortuosity(angles, word):
    assert tortuosity([Bend(1.0, float(angle)) for angle in angles]).value == word


def test_that_ways_from_behind_and_grafts_answer_what_the_scores_ask(case):
    target = TargetFacts("RCA", ways=(RetrogradeWay("LAD", "RCA", crossable=True),))
    found = inputs_from(replace(case, facts=ClinicalFacts(targets=(target,), grafts=(Graft("RCA"),))), case.lesions[0])
    for name in ("collaterals", "graft_on_target", "prior_cabg"):
        assert (found[name].value, found[name].evidence) == (True, Evidence.TYPED), name


def test_that_a_cap_marked_by_hand_is_known_to_have_no_branch_and_her_word_goes_before(case):
    lesion = case.lesions[0]
    marked = replace(lesion, proximal=Cap(lesion.proximal.lps_mm, 30.0, (30.0, 30.0), author=Author.OPERATOR))
    assert inputs_from(replace(case, lesions=(marked,)), marked).side_branch.value is False
    facts = ClinicalFacts(targets=(TargetFacts("RCA", side_branch=True),))
    found = inputs_from(replace(case, lesions=(marked,), facts=facts), marked).side_branch
    assert (found.value, found.evidence) == (True, Evidence.TYPED)
