from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from viewer.analysis.coronary.aorta import RoundTube
from viewer.analysis.coronary.contrast import ascending_aortas, refuse_too_coarse
from viewer.analysis.coronary.network import (
    Network,
    joined,
    links_from_pairs,
    pieces,
    rooted,
    with_ends_met,
    without_points,
)
from viewer.analysis.coronary.trace import trace_tree
from viewer.analysis.coronary.tree import (
    arteries_apart,
    parted,
    rejoined,
    without_chambers,
    without_tails,
    without_veins,
)
from viewer.errors import NoTree
from viewer.model.geometry import Geometry
from viewer.model.volume import Volume

LUMEN = 400.0


def _net(lines, radius=1.5, hu=LUMEN) -> Network:
    """A network of polylines (points, hu, radius, index of the point they leave or None)."""
    points, values, radii, pairs = [], [], [], []
    for line, value, width, leaves in lines:
        first = len(points)
        points += list(np.asarray(line, float))
        values += [value] * len(line)
        radii += [width] * len(line)
        pairs += [(first + m, first + m + 1) for m in range(len(line) - 1)]
        if leaves is not None:
            pairs.append((leaves, first))
    count = len(points)
    return Network(
        np.array(points),
        np.array(radii, float),
        np.array(values, float),
        np.full(count, -90.0),
        np.zeros(count, bool),
        np.zeros(count, bool),
        links_from_pairs(count, pairs),
    )


def _straight(start, end, count=80):
    return np.linspace(start, end, count)


def test_that_a_branch_far_darker_than_its_open_parent_is_parted_as_a_vein():
    trunk = _straight((0, 0, 0), (0, 0, 40))
    net = _net([(trunk, LUMEN, 1.5, None), (_straight((1, 0, 20), (21, 0, 20), 40), 180.0, 1.6, 40)])
    left, veins = without_veins(net, [0], LUMEN)
    assert veins and (rooted(left, [0]).root >= 0).sum() == 80


def test_that_a_dim_branch_that_holds_calcium_is_parted_but_is_no_vein():
    # at low contrast an artery behind its occlusion is no brighter than a vein
    lumen = 340.0
    trunk = _straight((0, 0, 0), (0, 0, 40))
    plug, deposit = _straight((0.5, 0, 20), (10, 0, 20), 20), _straight((10.5, 0, 20), (16, 0, 20), 12)
    distal = _straight((16.5, 0, 20), (40, 0, 20), 48)
    for calcium_hu, veins_left in ((500.0, False), (205.0, True)):
        lines = [(trunk, lumen, 1.5, None), (plug, 165.0, 1.6, 40), (deposit, calcium_hu, 1.7, 99)]
        net = _net([*lines, (distal, 205.0, 1.5, 111)])
        left, veins = without_veins(net, [0], lumen)
        assert (rooted(left, [0]).root >= 0).sum() == 80
        assert bool(veins) == veins_left


def test_that_a_branch_as_bright_as_its_parent_stays():
    trunk = _straight((0, 0, 0), (0, 0, 40))
    net = _net([(trunk, LUMEN, 1.5, None), (_straight((1, 0, 20), (21, 0, 20), 40), 370.0, 0.9, 40)])
    left, veins = without_veins(net, [0], LUMEN)
    assert not veins and (rooted(left, [0]).root >= 0).all()


def test_that_spurs_and_cords_that_lead_nowhere_are_taken_away():
    trunk = _straight((0, 0, 0), (0, 0, 40))
    cord = _straight((0, 0, 40.5), (0, 0, 60), 39)
    spur = _straight((0.5, 0, 20), (3, 0, 20), 6)
    net = without_tails(_net([(trunk, LUMEN, 1.5, None), (cord, 100.0, 1.5, 79), (spur, LUMEN, 0.8, 40)]), [0], LUMEN)
    reached = rooted(net, [0]).root >= 0
    assert reached[:78].all() and not reached[84:].any()


def test_that_a_dim_spur_stays_where_a_vessel_fills_backwards():
    # what is open just behind an occlusion looks like a spur of the branch through which it fills
    trunk = _straight((0, 0, 0), (0, 0, 40))
    spur = _straight((0.5, 0, 20), (6, 0, 20), 11)
    net = _net([(trunk, 240.0, 1.5, None), (spur, 210.0, 1.5, 40)])
    assert not (rooted(without_tails(net, [0], LUMEN), [0]).root[80:] >= 0).any()
    kept = without_tails(net, [0], LUMEN, frozenset(range(40, 91)))
    assert (rooted(kept, [0]).root[80:] >= 0).all()


def test_that_two_trees_are_parted_where_the_vessel_is_thinnest():
    line = _straight((0, 0, 0), (0, 0, 100), 200)
    net = _net([(line, LUMEN, 1.5, None)])
    radius = 1.0 + 0.02 * np.abs(line[:, 2] - 60.0)
    net = Network(net.points_lps_mm, radius, net.hu, net.around_hu, net.lung, net.bridge, net.links)
    cut, cuts = parted(net, [0, 199], LUMEN)
    end = max(p for p in range(200) if rooted(cut, [0]).root[p] == 0)
    assert net.points_lps_mm[end, 2] == pytest.approx(60.0, abs=2.0)
    assert {end} < set(*cuts)


def test_that_an_end_dimmed_by_the_blood_of_the_tree_it_was_parted_from_stays():
    """Round the apex the LAD runs on as the descending branch of an occluded artery, which fills late."""
    line = _straight((0, 0, 0), (0, 0, 60), 120)
    net = _net([(line, LUMEN, 1.5, None)])
    dim = replace(net, hu=np.where(line[:, 2] > 50.0, 0.53 * LUMEN, LUMEN))
    kept = without_tails(dim, [0], LUMEN, cuts=frozenset({(119, 200)}))
    assert (rooted(kept, [0]).root == 0).all()
    taken = rooted(without_tails(dim, [0], LUMEN), [0]).root == 0
    assert line[taken, 2].max() < 52.0


def test_that_a_cut_between_two_trees_is_undone_when_one_of_them_lost_its_root():
    line = _straight((0, 0, 0), (0, 0, 60), 120)
    net, cuts = parted(_net([(line, LUMEN, 1.5, None)]), [0, 119], LUMEN)
    assert rejoined(net, [0, 119], cuts) is net
    lost = without_points(net, [119])
    assert (rooted(rejoined(lost, [0], cuts), [0]).root[:119] == 0).all()


def test_that_two_trees_whose_ends_point_at_each_other_are_one_tube_and_two_side_by_side_are_not():
    first = _straight((0, 0, 0), (0, 0, 20), 40)
    ahead, beside = _straight((0.3, 0, 43), (0.3, 0, 23.5), 40), _straight((0, 4.0, -1), (0, 4.0, 19), 40)
    for other, linked in ((ahead, True), (beside, False)):
        met = with_ends_met(_net([(first, LUMEN, 1.5, None), (other, LUMEN, 1.5, None)]), [0, 40])
        assert (79 in met.links[39]) == linked


def test_that_an_artery_and_a_vein_in_one_line_are_parted_though_a_cord_lies_between():
    vein, cord = _straight((0, 0, 0), (0, 0, 20), 40), _straight((0, 0, 20.5), (0, 0, 24), 8)
    artery = _straight((0, 0, 24.5), (0, 0, 50), 51)
    net = _net([(vein, 180.0, 1.5, None), (cord, 100.0, 1.0, 39), (artery, 260.0, 1.2, 47)])
    number = pieces(arteries_apart(net, LUMEN, np.zeros(len(net), bool)))
    assert number[5] == number[35] != number[60]
    assert number[55] == number[95]


def test_that_a_short_link_between_an_artery_and_a_vein_that_touch_holds_nothing_together():
    artery, vein = _straight((0, 0, 0), (0, 0, 40)), _straight((4, 0, 0), (4, 0, 40))
    link = _straight((0.5, 0, 20), (3.5, 0, 20), 5)
    net = _net([(artery, 270.0, 1.5, None), (link, 160.0, 1.0, 40), (vein, 180.0, 1.5, None)])
    pairs = [(p, o) for p, others in enumerate(net.links) for o in others if p < o]
    net = replace(net, links=links_from_pairs(len(net), [*pairs, (84, 85 + 40)]))
    number = pieces(arteries_apart(net, LUMEN, np.zeros(len(net), bool)))
    assert number[0] == number[79] != number[85]
    assert number[85] == number[164]


def test_that_tubes_too_wide_for_a_coronary_are_no_coronaries():
    net = without_chambers(_net([(_straight((0, 0, 0), (0, 0, 40)), LUMEN, 5.0, None)]), LUMEN)
    assert not any(net.links[1:-1])


def test_that_a_bridge_is_marked_as_one():
    net = _net(
        [(_straight((0, 0, 0), (0, 0, 10)), LUMEN, 1.5, None), (_straight((0, 0, 20), (0, 0, 30)), 260, 1.4, None)]
    )
    between = _straight((0, 0, 11), (0, 0, 19), 10)
    whole = joined(net, 79, between, 80, radius_mm=1.4, hu=np.full(10, 100.0))
    assert whole.bridge.sum() == 10 and (rooted(whole, [0]).root == 0).all()


def test_that_a_scan_without_contrast_is_refused_in_words():
    volume = Volume(np.full((60, 100, 100), 40, np.int16), Geometry.from_axes((60, 100, 100), (0, 0, 0), (1.0,) * 3))
    with pytest.raises(NoTree, match="no contrast in the aorta"):
        trace_tree(volume)


def test_that_the_ascending_aorta_is_preferred_to_the_one_behind_it():
    def tube(y, length, radius):
        z = np.linspace(50, 50 - length, 20)
        return RoundTube(np.stack([np.zeros(20), np.full(20, y), z], 1), np.full(20, radius), LUMEN, 25.0, 0.95)

    behind, front = tube(60.0, 120, 11.0), tube(-5.0, 50, 15.0)
    assert ascending_aortas([behind, front]) == (front,)


def test_that_voxels_of_a_millimetre_and_a_half_are_refused():
    volume = Volume(np.zeros((4, 4, 4), np.int16), Geometry.from_axes((4, 4, 4), (0, 0, 0), (1.5,) * 3))
    with pytest.raises(NoTree, match=r"1\.50 mm"):
        refuse_too_coarse(volume)
