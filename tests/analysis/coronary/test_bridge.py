"""Ways through an occlusion."""

import numpy as np

from viewer.analysis.coronary.bridge import Bridge, with_others
from viewer.analysis.coronary.network import Network, links_from_pairs
from viewer.analysis.coronary.price import PriceField
from viewer.model.geometry import Float, Geometry

DEAR = np.float32(3.0)


def two_stumps() -> Network:
    """Return two straight lines of 10 mm on one axis with a gap of 20 mm between them."""
    x = np.r_[np.arange(5.0, 15.1, 0.5), np.arange(35.0, 45.1, 0.5)]
    points = np.stack([x, np.full(len(x), 20.0), np.full(len(x), 20.0)], 1)
    half = len(x) // 2
    pairs = [(p, p + 1) for p in range(len(x) - 1) if p != half - 1]
    ones, none = np.ones(len(x)), np.zeros(len(x), bool)
    return Network(points, 1.5 * ones, 400.0 * ones, -90.0 * ones, none, none.copy(), links_from_pairs(len(x), pairs))


def field(*cords: Float) -> PriceField:
    """Return prices of 1 within 1.5 mm of each cord and much elsewhere, at 1 mm."""
    price = np.full((40, 40, 50), DEAR, np.float32)
    k, j, i = np.indices(price.shape)
    grid = np.stack([i, j, k], -1).astype(float)
    for cord in cords:
        for point in cord:
            price[np.linalg.norm(grid - point, axis=-1) < 1.5] = 1.0
    return PriceField(price, Geometry.from_axes(price.shape, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)))


def arc(height_mm: float) -> Float:
    """Return a cord over the gap that bulges to one side."""
    x = np.linspace(13.0, 37.0, 60)
    return np.stack([x, 20.0 + height_mm * np.sin(np.pi * (x - 13.0) / 24.0), np.full(60, 20.0)], 1)


def through(net: Network, course: Float) -> Bridge:
    """Return the bridge along a course between the two stumps."""
    end = len(net) // 2
    return Bridge(end - 1, end, course[6:-6], 22.0, 22.0)


def test_that_a_second_cord_gives_a_second_way() -> None:
    net = two_stumps()
    chosen = with_others(net, field(arc(0.0), arc(5.0)), through(net, arc(0.0)), [0])
    assert len(chosen.others_lps_mm) == 1
    other = chosen.others_lps_mm[0]
    assert len(other) == len(chosen.between_lps_mm)
    assert other[:, 1].max() > 23.5


def test_that_one_cord_has_no_second_way() -> None:
    net = two_stumps()
    assert with_others(net, field(arc(0.0)), through(net, arc(0.0)), [0]).others_lps_mm == ()


def test_that_a_short_gap_has_no_second_way() -> None:
    net = two_stumps()
    short = Bridge(20, 21, arc(0.0)[20:30], 5.0, 5.0)
    assert with_others(net, field(arc(0.0), arc(5.0)), short, [0]) is short
