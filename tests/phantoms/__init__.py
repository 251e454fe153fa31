"""Small volumes of simple shapes whose truth is a formula, for every test that measures something.

>>> from tests.phantoms import straight_tube
>>> phantom = straight_tube(lumen_mm=1.5, wall_mm=2.0, direction=(0.3, 0.2, 1.0))
>>> phantom.volume, phantom.points_lps_mm, phantom.calcium_percent(12.0)
"""

from tests.phantoms.solids import Solid, box, sphere
from tests.phantoms.tubes import Sector, Tube, curved_tube, occluded_tube, straight_tube

__all__ = ["Sector", "Solid", "Tube", "box", "curved_tube", "occluded_tube", "sphere", "straight_tube"]
