"""What is measured of one lesion: length, bends, references, landing zone, calcium, composition."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

from viewer.model.calcium import CalciumPattern, CalciumSummary
from viewer.model.centerline import Interval
from viewer.model.composition import Composition

#: Lengths at which a score or an algorithm decides: KCCT; J-CTO, CASTLE, hybrid algorithm.
LENGTH_THRESHOLDS_MM = (15.0, 20.0)
#: So near to a threshold, a shift of a cap by one section decides.
NEAR_MM = 1.0
#: The OCT score of calcium: an arc above this gives 2 points, a length above this 1; thickness, which CT cannot tell
#: for blooming, gives 1 more. An arc above it is also what makes one think of ablation.
ARC_DEG, ARC_POINTS, CALCIUM_LENGTH_MM, LENGTH_POINTS, THICKNESS_POINTS = 180.0, 2, 5.0, 1, 1
#: What a stent should reach of the mean reference area of the lumen.
STENT_SHARE = (0.8, 0.9)
#: Burrs, and the limits of their ratio to the artery: wanted, and never to be reached.
BURRS_MM = (1.25, 1.5, 1.75, 2.0)
BURR_RATIO = (0.4, 0.6, 0.7)


@dataclass(frozen=True, slots=True)
class Bend:
    """A bend: the angle between the chords of the 4 mm before and the 4 mm after a station."""

    station_mm: float
    angle_deg: float


@dataclass(frozen=True, slots=True)
class ReferenceSection:
    """A healthy section near a lesion: diameters of the circles with the areas of lumen and outer wall."""

    station_mm: float
    lumen_diameter_mm: float
    vessel_diameter_mm: float


@dataclass(frozen=True, slots=True)
class LandingZone:
    """The vessel beyond the distal cap.

    Attributes
    ----------
    length_mm : float
        So much of it was looked at.
    mean_diameter_mm : float or None
        Of the lumen.
    calcium_free_mm : float
        From the distal cap to the first calcium.
    branch_mm : float or None
        From the distal cap to the first branch.
    branch : str or None
    """

    length_mm: float
    mean_diameter_mm: float | None
    calcium_free_mm: float
    branch_mm: float | None = None
    branch: str | None = None


@dataclass(frozen=True, slots=True)
class BurrChoice:
    """A burr in this artery: its ratio to the mean reference diameter, and what that means."""

    burr_mm: float
    ratio: float

    @property
    def verdict(self) -> str:
        """``small``, ``fits``, ``large`` (above what is wanted) or ``too large``."""
        low, wanted, most = BURR_RATIO
        if self.ratio < low - 1e-9:
            return "small"
        if self.ratio <= wanted + 1e-9:
            return "fits"
        return "large" if self.ratio < most - 1e-9 else "too large"


def burr_choices(mean_reference_mm: float | None) -> tuple[BurrChoice, ...]:
    """Return every burr with its ratio to a mean reference diameter; none if that is unknown."""
    if mean_reference_mm is None or mean_reference_mm <= 0:
        return ()
    return tuple(BurrChoice(burr, burr / mean_reference_mm) for burr in BURRS_MM)


@dataclass(frozen=True, slots=True, eq=False)
class LesionMeasures:
    """What is measured of one lesion, from cap to cap unless told otherwise.

    Attributes
    ----------
    length_mm : float
    length_range_mm : (float, float)
        With what the caps' ranges leave open.
    chord_mm : float
        Straight from cap to cap.
    ostium_mm : float
        From the aorta to the proximal cap, along the vessels.
    max_bend : Bend or None
        ``None`` if the vessel is too short for its arms.
    bends_over_45 : tuple of Bend
    proximal_tortuosity : float or None
        Length over chord of the way from the aorta to the proximal cap; 1 is straight.
    proximal_bends : tuple of Bend
        Those over 70° on this vessel before the proximal cap.
    multiple : bool
        Whether this vessel has another occlusion.
    proximal_reference, distal_reference : ReferenceSection or None
    area_stenosis_percent : float or None
        Of a stenosis; 100 in an occlusion.
    landing_zone : LandingZone or None
        ``None`` if nothing of the vessel is left beyond.
    calcium : CalciumSummary or None
    over_half_mm, full_moon_mm : tuple of (from_mm, to_mm)
        Where more than half of the section is calcium, and where all of it is.
    calcium_regions_mm3 : (float, float, float) or None
        Volume at the proximal cap, in the body, at the distal cap.
    composition : Composition or None
    distal_gradient_hu_per_cm : float or None
        How contrast changes over the first 40 mm beyond the distal cap; it rises where collaterals fill the vessel.
    """

    length_mm: float
    length_range_mm: tuple[float, float]
    chord_mm: float
    ostium_mm: float
    max_bend: Bend | None
    bends_over_45: tuple[Bend, ...]
    proximal_tortuosity: float | None
    proximal_bends: tuple[Bend, ...]
    multiple: bool
    proximal_reference: ReferenceSection | None
    distal_reference: ReferenceSection | None
    area_stenosis_percent: float | None
    landing_zone: LandingZone | None
    calcium: CalciumSummary | None
    over_half_mm: tuple[Interval, ...]
    full_moon_mm: tuple[Interval, ...]
    calcium_regions_mm3: tuple[float, float, float] | None
    composition: Composition | None
    distal_gradient_hu_per_cm: float | None

    @property
    def near_thresholds_mm(self) -> tuple[float, ...]:
        """Thresholds of length that this lesion lies within 1 mm of."""
        return tuple(limit for limit in LENGTH_THRESHOLDS_MM if abs(self.length_mm - limit) <= NEAR_MM)

    @property
    def mean_reference_mm(self) -> float | None:
        """Mean lumen diameter of the reference sections; of one if there is no other."""
        known = [r.lumen_diameter_mm for r in (self.proximal_reference, self.distal_reference) if r is not None]
        return sum(known) / len(known) if known else None

    @property
    def mean_reference_mm2(self) -> float | None:
        """Mean lumen area of the reference sections."""
        known = [r.lumen_diameter_mm for r in (self.proximal_reference, self.distal_reference) if r is not None]
        return sum(pi / 4 * diameter**2 for diameter in known) / len(known) if known else None

    @property
    def stent_area_mm2(self) -> tuple[float, float] | None:
        """From where to where the area of a stent is aimed at: 80 to 90 % of the mean reference."""
        mean = self.mean_reference_mm2
        return None if mean is None else (STENT_SHARE[0] * mean, STENT_SHARE[1] * mean)

    @property
    def oct_score(self) -> tuple[int, int] | None:
        """The least and the most that the OCT score of calcium can be: arc and length from CT, thickness left open."""
        if self.calcium is None:
            return None
        length_mm = self.calcium.lengths_mm[CalciumPattern.ANY]
        least = ARC_POINTS * (self.calcium.max_arc_deg > ARC_DEG) + LENGTH_POINTS * (length_mm > CALCIUM_LENGTH_MM)
        return least, least + (THICKNESS_POINTS if length_mm > 0 else 0)

    @property
    def burrs(self) -> tuple[BurrChoice, ...]:
        """Every burr against the mean reference diameter."""
        return burr_choices(self.mean_reference_mm)
