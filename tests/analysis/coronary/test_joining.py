"""How loose pieces are hung on the tree."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from viewer.analysis.coronary.bridge import Bridge, best_shown, bridge_to
from viewer.analysis.coronary.joining import bridged
from viewer.analysis.coronary.network import Network, links_from_pairs, rooted, with_single_points
from viewer.analysis.coronary.price import PriceField
from viewer.model.geometry import Float, Geometry
from viewer.model.volume import Volume

LUMEN_HU = 400.0
DEAR, CORD = np.float32(1.9), np.float32(1.0)


def line(x_from: float, x_to: float, y: float, radius_from: float, radius_to: float) -> tuple[Float, Float]:
    """Return points of a straight line along x at 0.5 mm, and radii that change evenly along it."""
    x = np.arange(x_from, x_to + 0.01, 0.5)
    return np.stack([x, np.full(len(x), y), np.full(len(x), 20.0)], 1), np.linspace(radius_from, radius_to, len(x))


def network(*lines: tuple[Float, Float]) -> Network:
    """Return separate open vessels; the first point of each is the one given first."""
    points, radius = (np.concatenate(parts) for parts in zip(*lines))
    starts = np.cumsum([0, *(len(p) for p, _ in lines)])
    pairs = [(p, p + 1) for a, b in pairwise(starts) for p in range(a, b - 1)]
    ones, none = np.ones(len(points)), np.zeros(len(points), bool)
    links = links_from_pairs(len(points), pairs)
    return Network(points, radius, LUMEN_HU * ones, -90.0 * ones, none, none.copy(), links)


def field(*cords: Float) -> PriceField:
    """Return the price of a cord within 1.5 mm of each given course and of nothing elsewhere, at 1 mm."""
    price = np.full((40, 60, 100), DEAR, np.float32)
    k, j, i = np.indices(price.shape)
    grid = np.stack([i, j, k], -1).astype(float)
    for point in np.concatenate(cords) if cords else ():
        price[np.linalg.norm(grid - point, axis=-1) < 1.5] = CORD
    return PriceField(price, Geometry.from_axes(price.shape, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)))


@pytest.fixture(scope="module")
def soft() -> Volume:
    """Soft tissue everywhere: what shows along a way tells nothing here."""
    shape = (40, 60, 100)
    return Volume(np.full(shape, 100, np.int16), Geometry.from_axes(shape, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)))


def test_that_a_vessel_behind_an_occlusion_is_entered_where_it_is_widest(soft):
    stump, distal = line(5, 25, 20, 1.9, 1.7), line(45, 80, 20, 1.6, 0.9)
    # the tip of another vessel ends 4 mm from the distal vessel's own tip: collaterals, not its origin
    other = line(84, 95, 20, 0.9, 1.6)
    net = network(stump, distal, other)
    tip = len(stump[0]) + len(distal[0])
    roots = [0, len(net) - 1]
    between = line(25, 45, 20, 1, 1)[0]
    joined, made = bridged(net, field(between), soft, roots, LUMEN_HU, frozenset())
    (bridge,) = made
    assert bridge.start < len(stump[0])
    assert net.points_lps_mm[bridge.end][0] < 50
    tree = rooted(joined, roots)
    assert tree.root[len(stump[0])] == 0
    assert tree.root[tip] == 1


def test_that_of_two_occlusions_in_a_row_the_first_is_crossed_first(soft):
    stump, middle, distal = line(5, 20, 20, 2.0, 1.9), line(32, 48, 20, 1.8, 1.7), line(60, 85, 20, 1.6, 1.2)
    net = network(stump, middle, distal)
    gaps = [line(20, 32, 20, 1, 1)[0], line(48, 60, 20, 1, 1)[0]]
    joined, made = bridged(net, field(*gaps), soft, [0], LUMEN_HU, frozenset())
    assert [net.points_lps_mm[b.end][0] < 50 for b in made] == [True, False]
    assert (rooted(joined, [0]).root[: len(net)] == 0).all()


def test_that_a_coronary_closed_at_its_ostium_begins_at_the_aorta(soft):
    # the left tree hangs on its root; of the right one nothing shows but what fills 14 mm beyond the aorta
    left, right = line(60, 90, 45, 2.0, 1.2), line(30, 75, 20, 1.9, 1.2)
    net = network(left, right)
    mouths_lps_mm = np.array([[16.0, y, 20.0] for y in (14.0, 16.0, 18.0, 20.0, 22.0, 24.0)])
    mouths = range(len(net), len(net) + len(mouths_lps_mm))
    wide = with_single_points(net, mouths_lps_mm, radius_mm=2.0, hu=LUMEN_HU)
    cord = line(16, 30, 20, 1, 1)[0]
    joined, made = bridged(wide, field(cord), soft, [0], LUMEN_HU, frozenset(), mouths)
    (bridge,) = made
    assert bridge.start == mouths[3]
    tree = rooted(joined, [0, bridge.start])
    assert (tree.root[len(left[0]) : len(net)] == 1).all()


def test_that_a_long_tube_that_no_cord_leads_to_is_left_alone(soft):
    # a rib's cartilage is as long and as bright as a coronary
    left, rib = line(30, 90, 45, 2.0, 1.2), line(30, 75, 27, 1.6, 1.2)
    assert bridged(network(left, rib), field(), soft, [0], LUMEN_HU, frozenset())[1] == ()


def test_that_a_bridge_that_ends_on_the_side_of_a_vessel_pays_for_the_turn():
    stump, radius = line(5, 20, 25, 1.6, 1.6)
    t = np.arange(-15.0, 15.1, 0.5)

    def price_over_cord(slope: float) -> float:
        passing = np.stack([30.0 + slope * t, 25.0 + t, np.full(len(t), 20.0)], 1)
        net = network((stump, radius), (passing, np.full(len(t), 1.6)))
        bridge = bridge_to(net, field(line(20, 30, 25, 1, 1)[0]), range(len(stump), len(net)), [0])
        assert bridge is not None and len(net.links[bridge.end]) == 2
        return float(bridge.price - CORD * bridge.length_mm)

    square, along = price_over_cord(0.0), price_over_cord(1.0)
    assert square - along > 5.0


def test_that_a_bridge_leaves_where_the_vessel_goes_straight_on_and_not_down_a_side_branch(soft):
    # the vessel is closed just behind a fork; along the side branch one gets nearer to its distal part
    stump = line(5, 30, 20, 1.8, 1.7)
    t = np.arange(0.5, 15.0, 0.5)
    slope = np.array([np.cos(np.radians(65.0)), np.sin(np.radians(65.0)), 0.0])
    side = np.array([30.0, 20.0, 20.0]) + t[:, None] * slope
    distal = line(52, 80, 20, 1.6, 1.2)
    net = network(stump, (side, np.full(len(t), 1.3)), distal)
    pairs = [(p, o) for p, others in enumerate(net.links) for o in others if p < o]
    net = replace(net, links=links_from_pairs(len(net), [*pairs, (len(stump[0]) - 1, len(stump[0]))]))
    piece = range(len(net) - len(distal[0]), len(net))
    bridge = bridge_to(net, field(), piece, [0], volume=soft)
    assert bridge is not None
    assert np.linalg.norm(net.points_lps_mm[bridge.start] - (30.0, 20.0, 20.0)) < 3.0


def test_that_what_is_as_bright_as_a_vein_bears_no_bridge_out():
    shape = (40, 60, 100)
    hu = np.full(shape, 100, np.int16)
    hu[:, 35:45, 26:49] = 190
    volume = Volume(hu, Geometry.from_axes(shape, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)))
    net = network(line(5, 25, 20, 1.8, 1.8), line(50, 75, 20, 1.6, 1.2))
    cord = line(25.5, 49.5, 20, 1, 1)[0]
    vein = cord + np.stack(
        [np.zeros(len(cord)), 20.0 * np.sin(np.linspace(0.0, np.pi, len(cord))), np.zeros(len(cord))], 1
    )
    end = len(line(5, 25, 20, 1, 1)[0])
    along_cord, along_vein = (Bridge(end - 1, end, way, 30.0, 25.0) for way in (cord, vein))
    assert best_shown(net, [along_vein, along_cord], volume) is along_cord
