"""Names from where the vessels go."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from viewer.analysis.coronary.labels import named
from viewer.analysis.coronary.network import Network, links_from_pairs
from viewer.model.vessel import Dominance

#: Corners of each course, LPS mm, and what it leaves: the circumflex reaches the crux, the right coronary does not.
HEART = {
    "LM": (None, [(14, 9, 23), (24, 6, 23)]),
    "LAD": ("LM", [(24, 6, 23), (23, -25, 12), (24, -45, -10), (30, -50, -40)]),
    "LCX": ("LM", [(24, 6, 23), (38, 22, 10), (30, 36, -4), (8, 36, -14), (-8, 22, -20)]),
    "OM1": ("LCX", [(38, 22, 10), (52, 12, -10), (52, 0, -30)]),
    "OM2": ("LCX", [(30, 36, -4), (46, 24, -25), (48, 8, -42)]),
    "L-PDA": ("LCX", [(-8, 22, -20), (4, 5, -34), (18, -20, -42)]),
    "RCA": (None, [(-14, -5, 26), (-38, -14, 20), (-44, -14, 0), (-36, -20, -14)]),
}


def heart(courses) -> tuple[Network, list[int]]:
    """Return a network of straight stretches between corners at 0.5 mm, and its two roots."""
    points: list[np.ndarray] = []
    pairs: list[tuple[int, int]] = []
    roots: list[int] = []
    for parent, corners in courses.values():
        steps = [
            np.linspace(a, b, round(float(np.linalg.norm(np.subtract(b, a))) / 0.5) + 1) for a, b in pairwise(corners)
        ]
        line = np.concatenate([steps[0], *[s[1:] for s in steps[1:]]])
        first = len(points)
        if parent is None:
            roots.append(first)
        else:
            joint = int(np.linalg.norm(np.array(points) - line[0], axis=1).argmin())
            line = line[1:]
            pairs.append((joint, first))
        points += list(line)
        pairs += [(p, p + 1) for p in range(first, first + len(line) - 1)]
    count = len(points)
    ones, none = np.ones(count), np.zeros(count, bool)
    links = links_from_pairs(count, pairs)
    return Network(np.array(points), 1.4 * ones, 400 * ones, -90 * ones, none, none.copy(), links), roots


@pytest.fixture(scope="module")
def left_dominant():
    net, roots = heart(HEART)
    return net, *named(net, roots)


def test_that_a_circumflex_that_descends_from_the_crux_makes_the_heart_left_dominant(left_dominant):
    net, courses, dominance = left_dominant
    assert dominance is Dominance.LEFT
    by_name = {c.name: c for c in courses}
    assert set(by_name) == set(HEART)
    descending = by_name["L-PDA"]
    assert descending.parent == "LCX"
    assert np.linalg.norm(net.points_lps_mm[descending.points[0]] - (-8, 22, -20)) < 2.0
    assert np.linalg.norm(net.points_lps_mm[descending.points[-1]] - (18, -20, -42)) < 1.0


def test_that_the_descending_branch_is_known_where_the_circumflex_goes_on_beside_it():
    more = {**HEART, "LCX2": ("LCX", [(-8, 22, -20), (-24, 14, -18)])}
    net, roots = heart(more)
    courses, dominance = named(net, roots)
    assert dominance is Dominance.LEFT
    (descending,) = (c for c in courses if c.name == "L-PDA")
    assert np.linalg.norm(net.points_lps_mm[descending.points[-1]] - (18, -20, -42)) < 1.0


def test_that_nothing_is_said_where_the_circumflex_ends_in_its_groove():
    short = {name: course for name, course in HEART.items() if name != "L-PDA"}
    net, roots = heart(short)
    courses, dominance = named(net, roots)
    assert dominance is None
    assert {c.name for c in courses} == set(short)


#: The usual heart: the right coronary reaches the crux and goes on as two branches.
RIGHT_DOMINANT = {
    "LM": HEART["LM"],
    "LAD": HEART["LAD"],
    "LCX": ("LM", [(24, 6, 23), (38, 22, 10), (30, 36, -4), (16, 32, -13)]),
    "OM1": HEART["OM1"],
    "RCA": (None, [(-14, -5, 26), (-38, -14, 20), (-44, -14, 0), (-36, -2, -20), (-8, 10, -24)]),
    "RVM": ("RCA", [(-44, -14, 0), (-30, -38, -12), (0, -50, -32)]),
    "PDA": ("RCA", [(-8, 10, -24), (4, -5, -34), (18, -22, -42)]),
    "PLV": ("RCA", [(-8, 10, -24), (6, 14, -28), (24, 10, -36)]),
}


def names_of(courses):
    net, roots = heart(courses)
    found, dominance = named(net, roots)
    return net, {c.name: c for c in found}, dominance


def far_end(net, course):
    return tuple(net.points_lps_mm[course.points[-1]].round(6))


def test_that_each_vessel_of_a_usual_heart_gets_its_name():
    net, found, dominance = names_of(RIGHT_DOMINANT)
    assert dominance is Dominance.RIGHT
    by_book = {"OM1": "OM1"} | {n: n for n in RIGHT_DOMINANT}
    assert {n: far_end(net, found[n]) for n in found} == {n: RIGHT_DOMINANT[by_book[n]][1][-1] for n in RIGHT_DOMINANT}


def test_that_a_long_right_ventricular_branch_is_not_taken_for_the_right_coronary():
    """Of a short right coronary the marginal branch is the longer way; it leaves the groove towards the apex."""
    short = (None, [*HEART["RCA"][1][:3], (-42, -6, -14)])
    net, found, _ = names_of({**HEART, "RCA": short, "RVM": ("RCA", [(-44, -14, 0), (-30, -38, -12), (0, -50, -32)])})
    assert far_end(net, found["RCA"]) == (-42, -6, -14)
    assert far_end(net, found["RVM"]) == (0, -50, -32)


def test_that_a_long_marginal_is_not_taken_for_a_circumflex_that_goes_on_to_the_crux():
    longer = {**HEART, "OM2": ("LCX", [(30, 36, -4), (46, 24, -25), (48, 0, -48), (50, -30, -56)])}
    net, found, dominance = names_of(longer)
    assert dominance is Dominance.LEFT
    assert np.linalg.norm(np.subtract(far_end(net, found["LCX"]), (-8, 22, -20))) < 2.0
    assert far_end(net, found["OM2"]) == (50, -30, -56)


def test_that_the_descending_branch_begins_at_the_crux_where_the_right_coronary_does_not_fork():
    whole = {n: c for n, c in RIGHT_DOMINANT.items() if n != "PLV"}
    net, found, dominance = names_of(whole)
    assert dominance is Dominance.RIGHT
    assert far_end(net, found["PDA"]) == RIGHT_DOMINANT["PDA"][1][-1]
    assert np.linalg.norm(net.points_lps_mm[found["PDA"].points[0]] - (-8, 10, -24)) < 6.0


def test_that_the_circumflex_may_give_the_posterolateral_branch_to_a_right_descending_one():
    both = {n: c for n, c in HEART.items() if n not in ("RCA", "L-PDA")} | {
        "L-PLV": ("LCX", [(-8, 22, -20), (14, 14, -36), (30, 8, -44)]),
        "RCA": RIGHT_DOMINANT["RCA"],
        "PDA": RIGHT_DOMINANT["PDA"],
    }
    _, found, dominance = names_of(both)
    assert dominance is Dominance.CO
    assert found["PDA"].parent == "RCA"
    assert found["L-PLV"].parent == "LCX"


def test_that_a_ramus_that_shares_its_first_millimetres_with_the_circumflex_is_one_vessel_once():
    shared = RIGHT_DOMINANT | {
        "LCX": ("LM", [(24, 6, 23), (25, 8, 22), (38, 22, 10), (30, 36, -4), (16, 32, -13)]),
        "RI": ("LCX", [(25, 8, 22), (44, 0, 12), (58, -10, -8)]),
    }
    net, found, _ = names_of(shared)
    assert set(found) == {*RIGHT_DOMINANT, "RI"}
    assert found["RI"].parent == "LM"
    assert far_end(net, found["RI"]) == (58, -10, -8)
    assert far_end(net, found["LCX"]) == (16, 32, -13)


def test_that_without_a_left_main_the_foremost_of_two_left_ostia_is_that_of_the_lad():
    apart = {n: c for n, c in RIGHT_DOMINANT.items() if n != "LM"} | {
        "LAD": (None, [(14, 6, 24), *HEART["LAD"][1]]),
        "D1": ("LAD", [(23, -25, 12), (45, -22, 4), (58, -16, -10)]),
        "LCX": (None, [(14, 10, 22), *RIGHT_DOMINANT["LCX"][1][1:]]),
    }
    net, found, _ = names_of(apart)
    assert set(found) == set(apart)
    assert far_end(net, found["LAD"]) == HEART["LAD"][1][-1]
    assert far_end(net, found["LCX"]) == (16, 32, -13)


def test_that_a_short_branch_that_dives_into_muscle_is_a_septal_and_no_diagonal():
    stub = RIGHT_DOMINANT | {
        "S1": ("LAD", [(23, -25, 12), (21, -25, 3)]),
        "D1": ("LAD", [(24, -45, -10), (44, -38, -22), (52, -30, -34)]),
    }
    net, roots = heart(stub)
    tip = np.linalg.norm(net.points_lps_mm - (21, -25, 3), axis=1) < 1.0
    courses, _ = named(replace(net, around_hu=np.where(tip, 60.0, net.around_hu)), roots)
    assert {c.name for c in courses} == set(stub)
