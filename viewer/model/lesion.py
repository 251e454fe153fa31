"""An occlusion or a stenosis, with its two caps."""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np

from viewer.model.geometry import Float, read_only
from viewer.model.vessel import Author

#: Two places of a cap that are nearer to each other are one.
APART_MM = 0.3


class LesionKind(enum.Enum):
    """No lumen at all, or a narrow one."""

    OCCLUSION = "occlusion"
    STENOSIS = "stenosis"


class CapShape(enum.Enum):
    """How the open lumen ends."""

    BLUNT = "blunt"
    TAPERED = "tapered"
    INVISIBLE = "invisible"


@dataclass(frozen=True, slots=True, eq=False)
class Cap:
    """An end of an occlusion.

    Attributes
    ----------
    lps_mm : ndarray of shape (3,)
    station_mm : float
        From the start of the vessel.
    range_mm : (float, float)
        Stations between which it may lie; noise and blur leave that open.
    shape : CapShape or None
    side_branch_mm : float or None
        Distance along the vessel to the nearest side branch, if within 3 mm.
    side_branch : str or None
        Name of that branch.
    ambiguous : bool or None
    reasons : tuple of str
        Why it is ambiguous.
    calcium_csa_percent : float or None
        Share of the vessel's cross-section at the cap.
    taper_mm : float or None
        Over what length the lumen narrows to nothing.
    ostium_mm : float or None
        Distance from the aorta, along the parents.
    author : Author
        Who put it there.
    proposed : Cap or None
        The computer's cap, once the operator has had a say: her word replaces it, and it stays to be seen beside hers.
    """

    lps_mm: Float
    station_mm: float
    range_mm: tuple[float, float]
    shape: CapShape | None = None
    side_branch_mm: float | None = None
    side_branch: str | None = None
    ambiguous: bool | None = None
    reasons: tuple[str, ...] = ()
    calcium_csa_percent: float | None = None
    taper_mm: float | None = None
    ostium_mm: float | None = None
    author: Author = Author.COMPUTER
    proposed: Cap | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "lps_mm", read_only(self.lps_mm, shape=(3,), name="lps_mm"))
        low, high = self.range_mm
        if not low <= self.station_mm <= high or not np.isfinite((low, high)).all():
            raise ValueError(f"the cap at {self.station_mm} mm lies outside its range {low} to {high} mm")

    @property
    def proposed_mm(self) -> float | None:
        """Where the computer had put it, once the operator has had a say."""
        return None if self.proposed is None else self.proposed.station_mm

    @property
    def replaced(self) -> Cap | None:
        """The computer's cap, where the operator's stands elsewhere: drawn dotted beside hers."""
        was = self.proposed
        return was if was is not None and abs(was.station_mm - self.station_mm) > APART_MM else None


@dataclass(frozen=True, slots=True, eq=False)
class Lesion:
    """A diseased stretch of one vessel.

    Attributes
    ----------
    vessel : str
    kind : LesionKind
    proximal, distal : Cap
    confidence : float
        0 to 1.
    reasons : tuple of str
        Why the program thinks so.
    """

    vessel: str
    kind: LesionKind
    proximal: Cap
    distal: Cap
    confidence: float = 1.0
    reasons: tuple[str, ...] = ()
    author: Author = Author.COMPUTER

    def __post_init__(self) -> None:
        if not self.proximal.station_mm < self.distal.station_mm:
            raise ValueError("the distal cap does not lie beyond the proximal one")
        if not 0 <= self.confidence <= 1:
            raise ValueError(f"confidence {self.confidence}")

    @property
    def length_mm(self) -> float:
        """Length along the centreline from cap to cap."""
        return self.distal.station_mm - self.proximal.station_mm


@dataclass(frozen=True, slots=True)
class Refuted:
    """A stretch of a vessel that the operator declared to be no occlusion: it is not proposed to her again.

    Attributes
    ----------
    vessel : str
    from_mm, to_mm : float
        Stations from the start of the vessel.
    """

    vessel: str
    from_mm: float
    to_mm: float

    def __post_init__(self) -> None:
        if not 0 <= self.from_mm < self.to_mm:
            raise ValueError(f"no occlusion of {self.vessel} from {self.from_mm} to {self.to_mm} mm")

    def meets(self, lesion: Lesion) -> bool:
        """Return whether a lesion lies on this stretch, if only with a part."""
        on_it = lesion.proximal.station_mm < self.to_mm and self.from_mm < lesion.distal.station_mm
        return lesion.vessel == self.vessel and on_it
