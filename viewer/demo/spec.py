"""What a generated case is made of: every number that a variation may change."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Literal

#: Changes whenever the same spec would give other voxels, so that no stale volume is taken from the cache.
GENERATION = 4


@dataclass(frozen=True, slots=True)
class OcclusionSpec:
    """An occlusion of one vessel.

    Attributes
    ----------
    vessel : str
    start_mm : float
        Where the lumen closes, along the vessel of a heart of scale 1; in a larger heart it is further on, by the same
        branches.
    length_mm : float
        Over what length there is no lumen, whatever the scale.
    cap : {"blunt", "tapered"}
        A tapered lumen narrows over 5 mm before it closes, a blunt one over 0.6 mm.
    full_moon_mm : float
        Length of the deposit that fills the whole section from the proximal cap on; 0 for none.
    over_half_mm : float
        Length of the deposit that takes up 65 % of the section in the distal half; 0 for none.
    distal_share : float
        Enhancement just beyond the occlusion, as a share of the aorta's.
    distal_gradient_hu_per_cm : float
        How the enhancement rises further on, where collaterals enter.
    """

    vessel: str = "RCA"
    start_mm: float = 41.0
    length_mm: float = 26.0
    cap: Literal["blunt", "tapered"] = "blunt"
    full_moon_mm: float = 4.5
    over_half_mm: float = 6.0
    distal_share: float = 0.60
    distal_gradient_hu_per_cm: float = 6.0

    def __post_init__(self) -> None:
        if not (self.start_mm > 0 and self.length_mm > 0):
            raise ValueError(f"no occlusion begins at {self.start_mm} mm and is {self.length_mm} mm long")
        if self.cap not in ("blunt", "tapered"):
            raise ValueError(f"a cap is blunt or tapered, not {self.cap}")
        if self.full_moon_mm + self.over_half_mm > self.length_mm:
            raise ValueError("the deposits are longer than the occlusion")


@dataclass(frozen=True, slots=True)
class DemoSpec:
    """A generated heart and the scan that was made of it.

    Attributes
    ----------
    seed : int
        Of the noise and of everything in the lungs that is left to chance; the coronary anatomy does not depend on it.
    noise_hu : float
        Standard deviation of the correlated noise.
    contrast_hu : float
        Enhancement of the aorta.
    fwhm_mm : float
        Full width at half maximum of the Gaussian point spread.
    spacing_mm : tuple of float
        Step along k, j, i.
    extent_mm : tuple of float
        Size of the scanned box along k, j, i.
    scale : float
        Size of the heart, its vessels' courses and calibres included.
    rotate_deg : tuple of float
        Turns of the heart about the x, y and z axes through its middle, in this order.
    calibre : float
        Factor on every coronary radius.
    slab_step_mm : float
        How far every second acquisition slab of 40 mm is shifted sideways (to the left and back by half of it).
    occlusion : OcclusionSpec
    no_occlusion : bool
        Leave the occlusion and its deposits away; the stenosis of the LAD stays.
    """

    seed: int = 1
    noise_hu: float = 25.0
    contrast_hu: float = 420.0
    fwhm_mm: float = 0.8
    spacing_mm: tuple[float, float, float] = (0.5, 0.42, 0.42)
    extent_mm: tuple[float, float, float] = (128.0, 174.72, 174.72)
    scale: float = 1.0
    rotate_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    calibre: float = 1.0
    slab_step_mm: float = 0.0
    occlusion: OcclusionSpec = field(default_factory=OcclusionSpec)
    no_occlusion: bool = False

    def __post_init__(self) -> None:
        for name in ("spacing_mm", "extent_mm"):
            if len(getattr(self, name)) != 3 or min(getattr(self, name)) <= 0:
                raise ValueError(f"{name} needs three positive lengths (k, j, i)")
        for name in ("contrast_hu", "scale", "calibre"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive, got {getattr(self, name)}")
        for name in ("noise_hu", "fwhm_mm", "slab_step_mm"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} cannot be {getattr(self, name)}")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of slices, rows, columns."""
        k, j, i = (max(1, round(e / s)) for e, s in zip(self.extent_mm, self.spacing_mm, strict=True))
        return k, j, i

    @property
    def occluded_mm(self) -> tuple[float, float] | None:
        """Stations between which the vessel is ordered to be closed, ``None`` without an occlusion."""
        if self.no_occlusion:
            return None
        start = self.occlusion.start_mm * self.scale
        return start, start + self.occlusion.length_mm

    def digest(self) -> str:
        """Return a short hash of all numbers, by which the cache knows the volume again."""
        text = json.dumps({"generation": GENERATION, **asdict(self)}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:20]


#: A coarse scan of the same heart, for tests that need the anatomy and not the detail.
COARSE = DemoSpec(spacing_mm=(1.5, 1.2, 1.2))
