"""Names from where the vessels go: a left-dominant heart."""

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
