"""What a millimetre of an unseen course costs."""

import numpy as np

from tests.analysis.coronary.tubes import LUMEN_HU, SOFT_HU, tube_volume
from viewer.analysis.coronary.grid import resampled
from viewer.analysis.coronary.price import BLIND, FAT, GREY, VEIN, along_price, price_field
from viewer.analysis.coronary.tubularity import tube_contrast

STRAIGHT = np.stack([np.linspace(-25.0, 25.0, 201), np.zeros(201), np.zeros(201)], 1)
VEIN_HU, VEIN_RADIUS_MM = 200.0, 1.6


def prices(tubes, veins=(), arteries=None):
    """Return the price field of a volume with tubes, some of which are known to be veins or arteries."""
    volume = tube_volume(tubes)
    veins = np.asarray(veins, float).reshape(-1, 3)
    image, geometry = resampled(volume, (-30.0,) * 3, (30.0,) * 3, 0.5)
    tube, _ = tube_contrast(np.clip(image, -200.0, 1.05 * LUMEN_HU), 0.5)
    return price_field(image, tube, geometry, LUMEN_HU, veins, np.full(len(veins), VEIN_RADIUS_MM), arteries)


def per_mm(field, line):
    return along_price(field, line[20:-20]) / float(np.linalg.norm(line[-21] - line[20]))


def test_that_a_cord_in_fat_costs_half_of_nothing():
    field = prices([(STRAIGHT, 1.6, SOFT_HU)])
    assert per_mm(field, STRAIGHT) < 1.1
    assert per_mm(field, np.add(STRAIGHT, (0.0, 0.0, 15.0))) > BLIND


def test_that_a_cord_costs_the_same_beside_a_vein_and_the_vein_itself_more():
    vein = np.add(STRAIGHT, (0.0, 2.4, 0.0))
    field = prices([(vein, VEIN_RADIUS_MM, VEIN_HU), (STRAIGHT, 1.6, SOFT_HU)], vein)
    assert per_mm(field, STRAIGHT) < 1.5
    assert per_mm(field, np.add(vein, (0.0, 0.5, 0.0))) > 0.7 * VEIN


def test_that_fat_costs_more_than_where_nothing_can_be_told():
    assert per_mm(prices([]), STRAIGHT) > BLIND + 0.9 * FAT


def test_that_a_vein_that_no_line_follows_is_no_cord():
    grey = prices([(STRAIGHT, 1.6, VEIN_HU)])
    assert per_mm(grey, STRAIGHT) > 0.9 * GREY
    assert per_mm(grey, np.add(STRAIGHT, (0.0, 1.0, 0.0))) > 0.9 * GREY


def test_that_an_artery_beside_a_vein_is_not_taken_for_its_rim():
    vein = np.add(STRAIGHT, (0.0, 2.6, 0.0))
    tubes = [(vein, VEIN_RADIUS_MM, VEIN_HU), (STRAIGHT, 1.6, 0.65 * LUMEN_HU)]
    beside = np.add(STRAIGHT, (0.0, 0.8, 0.0))
    assert per_mm(prices(tubes, vein), beside) > 3.0
    assert per_mm(prices(tubes, vein, STRAIGHT), beside) < 2.0
