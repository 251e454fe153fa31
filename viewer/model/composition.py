"""What plaque is made of, by Hounsfield classes, and where a lesion lies among published ones."""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer.model.geometry import Float, read_only

#: Whose classes and context values these are.
SOURCE = "Xing et al., Quant Imaging Med Surg 2022, DOI 10.21037/qims-21-1050"
#: Lower limits of the classes in HU; a class ends where the next begins, so that no value falls between two.
LIMITS_HU = (-30.0, 76.0, 131.0, 351.0)


class TissueClass(enum.IntEnum):
    """A density class; it is named after a tissue but is no histology."""

    OTHER = 0  #: below -30 HU: fat, not counted as plaque
    NECROTIC_CORE = 1
    FIBROFATTY = 2
    FIBROUS = 3
    DENSE_CALCIUM = 4


#: The classes that make up plaque, from soft to hard.
PLAQUE = (TissueClass.NECROTIC_CORE, TissueClass.FIBROFATTY, TissueClass.FIBROUS, TissueClass.DENSE_CALCIUM)


def tissue_class(hu: ArrayLike) -> NDArray[np.uint8]:
    """Return the `TissueClass` of each value, uint8 of the same shape."""
    return np.searchsorted(np.array(LIMITS_HU), np.asarray(hu, float), side="right").astype(np.uint8)


@dataclass(frozen=True, slots=True)
class ContextRange:
    """Median and quartiles of a quantity in 207 occlusions, and its medians where the wire crossed in 30 min or not."""

    median: float
    low: float
    high: float
    crossed: float
    not_crossed: float


#: Where an occlusion lies among those of `SOURCE`, table 3: mm, mm³ and percent of the plaque.
CONTEXT = {
    "length_mm": ContextRange(16.45, 9.50, 27.00, 12.97, 24.79),
    "plaque_mm3": ContextRange(138.69, 64.08, 216.49, 118.37, 186.55),
    "dense_calcium_mm3": ContextRange(0.12, 0.0, 7.38, 0.0, 2.39),
    "fibrous_mm3": ContextRange(12.53, 3.18, 39.37, 8.84, 25.64),
    "fibrofatty_mm3": ContextRange(26.78, 12.5, 54.81, 23.96, 36.98),
    "necrotic_core_mm3": ContextRange(61.03, 29.56, 115.12, 59.73, 67.85),
    "dense_calcium_percent": ContextRange(0.11, 0.0, 4.45, 0.0, 1.13),
    "fibrous_percent": ContextRange(11.42, 3.52, 25.52, 9.68, 16.93),
    "fibrofatty_percent": ContextRange(22.66, 14.18, 31.67, 23.40, 22.63),
    "necrotic_core_percent": ContextRange(56.26, 35.44, 70.35, 58.77, 49.66),
}


@dataclass(frozen=True, slots=True, eq=False)
class Composition:
    """Plaque between two stations of a vessel.

    Attributes
    ----------
    vessel : str
    from_mm, to_mm : float
    station_mm : ndarray of shape (S,)
    area_mm2 : ndarray of shape (S, 5)
        Area of each `TissueClass` between lumen and outer wall.
    volume_mm3 : ndarray of shape (5,)
    """

    vessel: str
    from_mm: float
    to_mm: float
    station_mm: Float
    area_mm2: Float
    volume_mm3: Float

    def __post_init__(self) -> None:
        count = len(np.asarray(self.station_mm))
        for name, shape in (("station_mm", (count,)), ("area_mm2", (count, 5)), ("volume_mm3", (5,))):
            object.__setattr__(self, name, read_only(getattr(self, name), shape=shape, name=name))

    @property
    def plaque_mm3(self) -> float:
        """Volume of all classes but `TissueClass.OTHER`."""
        return float(self.volume_mm3[1:].sum())

    def share_percent(self, tissue: TissueClass) -> float | None:
        """Return a class's share of the plaque; the four sum to 100. ``None`` if there is no plaque."""
        if tissue is TissueClass.OTHER or self.plaque_mm3 <= 0:
            return None
        return 100.0 * float(self.volume_mm3[tissue]) / self.plaque_mm3
