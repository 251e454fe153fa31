"""How bright this patient's contrast is: the scale on which everything in the vessels is judged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Enhancement:
    """Contrast in the aortic root, in Hounsfield units.

    Attributes
    ----------
    lumen_hu, lumen_sd_hu : float
        Mean and standard deviation within the root.
    noise_hu : float
        Noise of the picture.
    """

    lumen_hu: float
    lumen_sd_hu: float
    noise_hu: float

    def __post_init__(self) -> None:
        if (
            not np.isfinite([self.lumen_hu, self.lumen_sd_hu, self.noise_hu]).all()
            or min(self.lumen_sd_hu, self.noise_hu) < 0
        ):
            raise ValueError(f"no contrast is like this: {self}")
