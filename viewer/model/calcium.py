"""Calcium along a vessel: what counts as such, how much of each cross-section it takes, and the patterns it forms."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from viewer.model.cross_section import Frames
from viewer.model.geometry import Float, read_only

#: Dense calcium as validated on contrast CT (Xing et al. 2022, DOI 10.21037/qims-21-1050).
XING_HU = 351.0
#: The share is told at the threshold and at so much below and above it; what holds at all three is called firm.
BAND_HU = 100.0
#: Limits of a full moon: partial volume lets no section reach 100 % and 360 degrees.
FULL_MOON_EPS_PERCENT, FULL_MOON_DELTA_DEG = 5.0, 10.0
#: A section with less than this share is called free of calcium.
ANY_PERCENT = 1.0
#: A deposit that surrounds so much of the vessel is called concentric.
CONCENTRIC_DEG = 270.0


class ThresholdKind(enum.Enum):
    """Where a threshold comes from; printed with what was measured."""

    XING = "351 HU"
    ADAPTIVE = "adaptive"
    TYPED = "typed"


@dataclass(frozen=True, slots=True)
class CalciumThreshold:
    """From which Hounsfield value on something is calcium.

    Attributes
    ----------
    kind : ThresholdKind
    hu : float
        Where there is no contrast: in an occlusion, or in the wall.
    open_hu : float
        Where the lumen is open, and contrast may be as bright as thin calcium. Not below `hu`.
    """

    kind: ThresholdKind
    hu: float
    open_hu: float

    def __post_init__(self) -> None:
        if not 0 < self.hu <= self.open_hu < 4000:
            raise ValueError(f"a calcium threshold of {self.hu} HU, {self.open_hu} HU in the open vessel")

    @classmethod
    def xing(cls) -> CalciumThreshold:
        """Return 351 HU everywhere."""
        return cls(ThresholdKind.XING, XING_HU, XING_HU)

    @classmethod
    def adaptive(cls, lumen_mean_hu: float, lumen_sd_hu: float) -> CalciumThreshold:
        """Return 351 HU, or in the open vessel two standard deviations above its contrast if that is more."""
        return cls(ThresholdKind.ADAPTIVE, XING_HU, max(XING_HU, lumen_mean_hu + 2 * lumen_sd_hu))

    @classmethod
    def typed(cls, hu: float) -> CalciumThreshold:
        """Return the operator's own threshold."""
        return cls(ThresholdKind.TYPED, hu, hu)


class CalciumPattern(enum.Enum):
    """A named pattern of calcium; the value is its name in full."""

    ANY = "any calcium"
    HALF = "at least 50 % of a cross-section"
    OVER_HALF = "more than 50 % of a cross-section"
    HALF_AROUND = "at least 180° of the circumference"
    PERIPHERAL = "at least 180° and 50 % of one cross-section"
    FULL_MOON = "full moon"


class Certainty(enum.IntEnum):
    """Whether a pattern is there at all three thresholds, at some of them, or at none."""

    ABSENT = 0
    POSSIBLE = 1
    FIRM = 2


@dataclass(frozen=True, slots=True)
class Deposit:
    """One piece of calcium.

    Attributes
    ----------
    from_mm, to_mm : float
        Stations between which it lies.
    volume_mm3 : float
    mean_hu : float
        Mean of what the picture shows inside it.
    plateau_hu : float or None
        Its own grey value, free of blur; ``None`` if it is too thin to show it.
    max_csa_percent, max_arc_deg : float
        At its largest cross-section.
    """

    from_mm: float
    to_mm: float
    volume_mm3: float
    mean_hu: float
    plateau_hu: float | None
    max_csa_percent: float
    max_arc_deg: float

    @property
    def concentric(self) -> bool:
        """Whether it surrounds the vessel (else it is eccentric)."""
        return self.max_arc_deg >= CONCENTRIC_DEG


@dataclass(frozen=True, slots=True, eq=False)
class CalciumProfile:
    """Calcium at every station of one vessel.

    The last axis of the banded quantities stands for the threshold lowered by `BAND_HU`, as it is, and raised by it.

    Attributes
    ----------
    vessel : str
    frames : Frames
    threshold : CalciumThreshold
    fwhm_mm : float
        Blur that was allowed for; 0 if none was.
    area_mm2 : ndarray of shape (S, 3)
        Calcium inside the outer wall.
    wall_area_mm2 : ndarray of shape (S,)
        The denominator.
    arc_bands_deg : ndarray of shape (S, 3)
        Rays from the middle of the vessel that meet calcium, in degrees all together.
    longest_arc_deg : ndarray of shape (S,)
        The longest run of such rays.
    mean_hu : ndarray of shape (S,)
        Mean of what the picture shows inside the calcium; NaN where there is none.
    deposits : tuple of Deposit
        In order along the vessel.
    """

    vessel: str
    frames: Frames
    threshold: CalciumThreshold
    fwhm_mm: float
    area_mm2: Float
    wall_area_mm2: Float
    arc_bands_deg: Float
    longest_arc_deg: Float
    mean_hu: Float
    deposits: tuple[Deposit, ...] = ()
    raw_bands_percent: Float = field(init=False)  #: 100 area / wall area, shape (S, 3), not clipped
    csa_bands_percent: Float = field(init=False)  #: the same clipped to 100

    def __post_init__(self) -> None:
        count = len(self.frames.station_mm)
        shapes = {
            "area_mm2": (count, 3),
            "arc_bands_deg": (count, 3),
            "wall_area_mm2": (count,),
            "longest_arc_deg": (count,),
        }
        for name, shape in shapes.items():
            object.__setattr__(self, name, read_only(getattr(self, name), shape=shape, name=name))
        mean = np.array(self.mean_hu, float)
        if mean.shape != (count,):
            raise ValueError(f"mean_hu has shape {mean.shape}")
        mean.setflags(write=False)
        object.__setattr__(self, "mean_hu", mean)
        raw = 100 * self.area_mm2 / np.maximum(self.wall_area_mm2, 1e-9)[:, None]
        object.__setattr__(self, "raw_bands_percent", read_only(raw))
        object.__setattr__(self, "csa_bands_percent", read_only(np.minimum(raw, 100.0)))
        object.__setattr__(self, "deposits", tuple(self.deposits))

    @property
    def csa_percent(self) -> Float:
        """Share of the vessel's cross-section, shape (S,)."""
        return self.csa_bands_percent[:, 1]

    @property
    def arc_deg(self) -> Float:
        """Degrees of the circumference, shape (S,)."""
        return self.arc_bands_deg[:, 1]

    def shows(self, pattern: CalciumPattern) -> np.ndarray:
        """Tell for each station and threshold, bool of shape (S, 3), whether the pattern is there."""
        share, arc = self.csa_bands_percent, self.arc_bands_deg
        if pattern is CalciumPattern.ANY:
            return share >= ANY_PERCENT
        if pattern is CalciumPattern.HALF:
            return share >= 50
        if pattern is CalciumPattern.OVER_HALF:
            return share > 50
        if pattern is CalciumPattern.HALF_AROUND:
            return arc >= 180
        if pattern is CalciumPattern.PERIPHERAL:
            return (arc >= 180) & (share >= 50)
        return (share >= 100 - FULL_MOON_EPS_PERCENT) & (arc >= 360 - FULL_MOON_DELTA_DEG)

    def certainty(self, pattern: CalciumPattern) -> np.ndarray:
        """Return a `Certainty` for each station, uint8 of shape (S,)."""
        there = self.shows(pattern)
        return np.where(
            there.all(1), Certainty.FIRM, np.where(there.any(1), Certainty.POSSIBLE, Certainty.ABSENT)
        ).astype(np.uint8)

    def length_by_station_mm(self, from_mm: float, to_mm: float) -> Float:
        """Return how much of the stretch each station stands for, shape (S,); the sum is the stretch's length."""
        station = self.frames.station_mm
        middle = 0.5 * (station[1:] + station[:-1])
        edge = np.clip(np.concatenate([[station[0]], middle, [station[-1]]]), from_mm, to_mm)
        return np.diff(edge)

    def within(self, from_mm: float, to_mm: float) -> CalciumSummary:
        """Return what calcium there is between two stations, caps included."""
        if not from_mm < to_mm:
            raise ValueError(f"a stretch from {from_mm} to {to_mm} mm")
        length = self.length_by_station_mm(from_mm, to_mm)
        here = length > 0
        total = float(length.sum())
        share, arc = self.csa_percent, self.arc_deg
        volume = float((self.area_mm2[:, 1] * length).sum())
        lit = here & np.isfinite(self.mean_hu)
        weight = self.area_mm2[lit, 1] * length[lit]
        lengths = {
            pattern: (
                float(length[self.shows(pattern)[:, 1]].sum()),
                Certainty(int(self.certainty(pattern)[here].max(initial=0))),
            )
            for pattern in CalciumPattern
        }
        thirds = np.linspace(from_mm, to_mm, 4)
        return CalciumSummary(
            from_mm=from_mm,
            to_mm=to_mm,
            threshold=self.threshold,
            max_csa_percent=float(share[here].max(initial=0)),
            max_csa_range_percent=(
                float(self.csa_bands_percent[here, 2].max(initial=0)),
                float(self.csa_bands_percent[here, 0].max(initial=0)),
            ),
            max_arc_deg=float(arc[here].max(initial=0)),
            volume_mm3=volume,
            mean_hu=float((self.mean_hu[lit] * weight).sum() / weight.sum()) if weight.sum() > 0 else None,
            length_share_percent=100 * lengths[CalciumPattern.ANY][0] / total if total > 0 else None,
            lengths_mm={pattern: pair[0] for pattern, pair in lengths.items()},
            certainties={pattern: pair[1] for pattern, pair in lengths.items()},
            thirds_mm3=tuple(
                float((self.area_mm2[:, 1] * self.length_by_station_mm(a, b)).sum()) for a, b in pairwise(thirds)
            ),
            deposits=tuple(d for d in self.deposits if d.to_mm > from_mm and d.from_mm < to_mm),
        )


@dataclass(frozen=True, slots=True, eq=False)
class CalciumSummary:
    """Calcium of one stretch, usually from cap to cap.

    Attributes
    ----------
    from_mm, to_mm : float
    threshold : CalciumThreshold
    max_csa_percent : float
    max_csa_range_percent : (float, float)
        The same at the threshold raised and lowered by `BAND_HU`.
    max_arc_deg : float
    volume_mm3 : float
    mean_hu : float or None
    length_share_percent : float or None
        Share of the stretch's length in whose sections there is any calcium.
    lengths_mm : dict of CalciumPattern to float
        Length of the sections that show each pattern.
    certainties : dict of CalciumPattern to Certainty
    thirds_mm3 : (float, float, float)
        Volume in the proximal, middle and distal third: proximal cap, body, distal cap.
    deposits : tuple of Deposit
        Those that reach into the stretch, as they are on the whole vessel.
    """

    from_mm: float
    to_mm: float
    threshold: CalciumThreshold
    max_csa_percent: float
    max_csa_range_percent: tuple[float, float]
    max_arc_deg: float
    volume_mm3: float
    mean_hu: float | None
    length_share_percent: float | None
    lengths_mm: dict[CalciumPattern, float]
    certainties: dict[CalciumPattern, Certainty]
    thirds_mm3: tuple[float, ...]
    deposits: tuple[Deposit, ...]

    @property
    def over_50_mm(self) -> float:
        """Length of the sections more than half calcified."""
        return self.lengths_mm[CalciumPattern.OVER_HALF]

    @property
    def full_moon_mm(self) -> float:
        """Length of the sections that are full moons."""
        return self.lengths_mm[CalciumPattern.FULL_MOON]
