"""What a millimetre of an unseen course costs."""

import numpy as np

from tests.analysis.coronary.tubes import LUMEN_HU, SOFT_HU, tube_volume
from viewer.analysis.coronary.grid import resampled
from viewer.analysis.coronary.price import BLIND, VEIN, along_price, price_field
from viewer.analysis.coronary.tubularity import tube_contrast

STRAIGHT = np.stack([np.linspace(-25.0, 25.0, 201), np.zeros(201), np.zeros(201)], 1)
VEIN_HU, VEIN_RADIUS_MM = 200.0, 1.6


def prices(tubes, veins):
    """Return the price field of a volume with tubes, some of which are known to be veins."""
    volume = tube_volume(tubes)
    image, geometry = resampled(volume, (-30.0,) * 3, (30.0,) * 3, 0.5)
    tube, _ = tube_contrast(np.clip(image, -200.0, 1.05 * LUMEN_HU), 0.5)
    return price_field(image, tube, geometry, LUMEN_HU, veins, np.full(len(veins), VEIN_RADIUS_MM))


def per_mm(field, line):
    return along_price(field, line[20:-20]) / float(np.linalg.norm(line[-21] - line[20]))


def test_that_a_cord_in_fat_costs_half_of_nothing():
    field = prices([(STRAIGHT, 1.6, SOFT_HU)], np.empty((0, 3)))
    assert per_mm(field, STRAIGHT) < 1.1
    assert per_mm(field, np.add(STRAIGHT, (0.0, 0.0, 15.0))) > BLIND


def test_that_a_cord_costs_the_same_beside_a_vein_and_the_vein_itself_more():
    vein = np.add(STRAIGHT, (0.0, 2.4, 0.0))
    field = prices([(vein, VEIN_RADIUS_MM, VEIN_HU), (STRAIGHT, 1.6, SOFT_HU)], vein)
    assert per_mm(field, STRAIGHT) < 1.5
    assert per_mm(field, np.add(vein, (0.0, 0.5, 0.0))) > 0.7 * VEIN
