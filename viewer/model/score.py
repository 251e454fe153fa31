"""What a score asks, what it answers, and on what evidence."""

from __future__ import annotations

import enum
from dataclasses import dataclass, fields
from math import isfinite

Answer = float | bool | str


class Evidence(enum.Enum):
    """Where an answer comes from, the firmest first."""

    MEASURED = "measured"  #: a number that CT gives
    TYPED = "typed"  #: the operator's word
    SUGGESTED = "suggested"  #: a judgement of the program
    UNKNOWN = "unknown"


class Picture(enum.Enum):
    """Which picture justifies an answer: where a click on it leads."""

    PROXIMAL_CAP = "proximal cap"
    OCCLUSION = "occlusion"
    LARGEST_BEND = "largest bend"
    MOST_CALCIUM = "most calcium"
    DISTAL_CAP = "distal cap"
    LANDING_ZONE = "landing zone"
    APPROACH = "vessel before the cap"
    FACTS = "typed facts"


@dataclass(frozen=True, slots=True)
class Input:
    """One answer.

    Attributes
    ----------
    value : number, bool, str or None
        ``None`` if it is unknown.
    evidence : Evidence
    station_mm : float or None
        Where on the vessel it shows, if it shows at one place.
    note : str
        What the operator ought to know about it.
    """

    value: Answer | None = None
    evidence: Evidence = Evidence.UNKNOWN
    station_mm: float | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if (self.value is None) != (self.evidence is Evidence.UNKNOWN):
            raise ValueError(f"the answer {self.value} is {self.evidence.value}")
        if isinstance(self.value, float) and not isfinite(self.value):
            raise ValueError(f"{self.value} is no answer; unknown is None")

    @classmethod
    def measured(cls, value: Answer | None, station_mm: float | None = None, note: str = "") -> Input:
        """Return what CT measured; unknown if that is ``None``."""
        return cls._or_unknown(value, Evidence.MEASURED, station_mm, note)

    @classmethod
    def suggested(cls, value: Answer | None, station_mm: float | None = None, note: str = "") -> Input:
        """Return what the program judged; unknown if that is ``None``."""
        return cls._or_unknown(value, Evidence.SUGGESTED, station_mm, note)

    @classmethod
    def typed(cls, value: Answer | None, station_mm: float | None = None, note: str = "") -> Input:
        """Return what the operator said; unknown if that is ``None``."""
        return cls._or_unknown(value, Evidence.TYPED, station_mm, note)

    @classmethod
    def _or_unknown(cls, value: Answer | None, evidence: Evidence, station_mm: float | None, note: str) -> Input:
        return cls(value, Evidence.UNKNOWN if value is None else evidence, station_mm, note)

    def unless(self, stronger: Input) -> Input:
        """Return `stronger` where it is known, else this."""
        return self if stronger.value is None else stronger


NOTHING = Input()


@dataclass(frozen=True, slots=True)
class ScoreInputs:
    """All that scores and hints ask about one lesion; the names are those of the definitions in ``resources``.

    Attributes
    ----------
    stump : str
        ``tapered``, ``blunt`` or ``invisible``.
    side_branch, cap_ambiguous : bool
        At the proximal cap. A cap whose ambiguity CT settled is not ambiguous.
    max_bend_deg, length_mm : float
        Within the occlusion, along its centreline.
    any_calcium : bool
    calcium_csa_percent, calcium_arc_deg : float
        The largest of all its cross-sections.
    peripheral_calcium : bool
        Whether one and the same cross-section has 180 degrees and 50 percent.
    calcified_length_percent : float
        Share of the length with any calcium.
    severe_extent, severe_calcium, moderate_severe_calcium : bool
        The operator's own judgement, in place of what follows from the numbers.
    multiple : bool
    duration_months : float
    previous_attempt, prior_cabg, graft_on_target, prior_mi, atrial_fibrillation : bool
    age_years, lvef_percent : float
    sex : str
        ``female`` or ``male``.
    vessel : str
        The main vessel that the occlusion lies in or descends from: ``LM``, ``LAD``, ``LCX`` or ``RCA``.
    collaterals : bool
        Whether an intervention could pass through them.
    tortuosity : str
        Before the occlusion: ``none``, ``moderate``, ``severe`` or ``unseen``.
    landing_diseased : bool
    strategy : str
        Value of a `viewer.model.facts.Strategy`.
    cap_calcium_percent : float
        Share of the cross-section, within 5 mm of the proximal cap.
    ostium_mm : float
        From the ostium to the proximal cap.
    distal_branch : bool
        Whether a branch leaves at the distal cap.
    landing_calcium_free_mm, landing_diameter_mm : float
        Of the vessel beyond the distal cap.
    course_uncertain : bool
        Whether the course through the occlusion is a guess with rivals.
    """

    stump: Input = NOTHING
    side_branch: Input = NOTHING
    cap_ambiguous: Input = NOTHING
    max_bend_deg: Input = NOTHING
    length_mm: Input = NOTHING
    any_calcium: Input = NOTHING
    calcium_csa_percent: Input = NOTHING
    calcium_arc_deg: Input = NOTHING
    peripheral_calcium: Input = NOTHING
    calcified_length_percent: Input = NOTHING
    severe_extent: Input = NOTHING
    severe_calcium: Input = NOTHING
    moderate_severe_calcium: Input = NOTHING
    multiple: Input = NOTHING
    duration_months: Input = NOTHING
    previous_attempt: Input = NOTHING
    prior_cabg: Input = NOTHING
    graft_on_target: Input = NOTHING
    prior_mi: Input = NOTHING
    atrial_fibrillation: Input = NOTHING
    age_years: Input = NOTHING
    sex: Input = NOTHING
    lvef_percent: Input = NOTHING
    vessel: Input = NOTHING
    collaterals: Input = NOTHING
    tortuosity: Input = NOTHING
    landing_diseased: Input = NOTHING
    strategy: Input = NOTHING
    cap_calcium_percent: Input = NOTHING
    ostium_mm: Input = NOTHING
    distal_branch: Input = NOTHING
    landing_calcium_free_mm: Input = NOTHING
    landing_diameter_mm: Input = NOTHING
    course_uncertain: Input = NOTHING

    def __getitem__(self, name: str) -> Input:
        if name not in INPUT_NAMES:
            raise KeyError(name)
        answer: Input = getattr(self, name)
        return answer


INPUT_NAMES = frozenset(field.name for field in fields(ScoreInputs))


@dataclass(frozen=True, slots=True)
class ScoreItem:
    """One line of a score.

    Attributes
    ----------
    name : str
    points : (float, float)
        The least and the most that it can give; they differ while an input that matters is unknown.
    most : float
        What it gives at the worst.
    evidence : Evidence
        The weakest that it rests on.
    rule : str
        When it gives points, in words.
    found : str
        What it rests on, in words: "26.0 mm", "blunt", "–".
    shown_by : Picture or None
    station_mm : float or None
        Where on the vessel it shows.
    confirmed : bool
        Whether its rule and its points were checked against a source that could be read.
    note : str
        What the operator ought to know: a value near the limit, why it is not confirmed.
    asks : tuple of str
        The inputs that it rests on.
    """

    name: str
    points: tuple[float, float]
    most: float
    evidence: Evidence
    rule: str = ""
    found: str = "–"
    shown_by: Picture | None = None
    station_mm: float | None = None
    confirmed: bool = True
    note: str = ""
    asks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.points[0] <= self.points[1] <= self.most:
            raise ValueError(f"{self.name} gives {self.points} of {self.most}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was published for a class of totals.

    Attributes
    ----------
    totals : (float, float)
        The least and the largest total of the class, both included.
    label : str
        Name of the class: "easy"; empty if it has none.
    text : str
        What was seen: "wire across within 30 minutes in 88 %".
    source : str
    confirmed : bool
    """

    totals: tuple[float, float]
    label: str
    text: str
    source: str
    confirmed: bool = True


@dataclass(frozen=True, slots=True)
class Score:
    """A score of one lesion.

    Attributes
    ----------
    name : str
        As published: "J-CTO", "J-CTO (CT)", "CT-RECTOR".
    total : (float, float)
        From the least to the most that it can be.
    limits : (float, float)
        What it can be at all.
    items : tuple of ScoreItem
        In the order of the publication.
    outcomes : tuple of Outcome
        Of every class that the total may fall into.
    source, doi : str
    confirmed : bool
        Whether all of its items are.
    title : str
        The name, and "(CT inputs)" where a score made for angiography rests on CT.
    note : str
    """

    name: str
    total: tuple[float, float]
    limits: tuple[float, float]
    items: tuple[ScoreItem, ...]
    outcomes: tuple[Outcome, ...] = ()
    source: str = ""
    doi: str = ""
    confirmed: bool = True
    title: str = ""
    note: str = ""

    @property
    def known(self) -> bool:
        """Whether the total is one number."""
        return self.total[0] == self.total[1]
