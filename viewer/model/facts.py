"""What CT cannot know and the operator types: the patient's history, and what is planned for each target vessel."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace


class Sex(enum.Enum):
    """As recorded; scores were derived on these two."""

    FEMALE = "female"
    MALE = "male"


class Tortuosity(enum.Enum):
    """How winding the vessel is before the occlusion."""

    NONE = "none"
    MODERATE = "moderate"
    SEVERE = "severe"
    UNSEEN = "unseen"


class Strategy(enum.Enum):
    """The one way across that is planned first."""

    ANTEGRADE_WIRING = "antegrade wiring"
    DISSECTION_REENTRY = "antegrade dissection and re-entry"
    RETROGRADE = "retrograde"


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """What is typed about one target vessel. Unknown is ``None``.

    Attributes
    ----------
    vessel : str
    previous_attempt : bool or None
        Whether opening this vessel was tried before and failed.
    duration_months : float or None
        For how long it has been closed.
    graft_on_target : bool or None
        Whether a bypass graft leads to it.
    collaterals : bool or None
        Whether a wire and a microcatheter could pass a collateral, judged on angiography.
    rentrop : int or None
        How well collaterals fill it, 0 to 3.
    tortuosity : Tortuosity or None
    landing_diseased : bool or None
        Whether the vessel beyond the distal cap is diseased; replaces what was measured.
    multiple : bool or None
        Whether there are several occlusions; replaces what was found.
    severe_calcium, moderate_severe_calcium : bool or None
        As judged on angiography; replace what follows from CT.
    ambiguity_resolved : bool or None
        Whether CT settled where an ambiguous cap lies.
    strategy : Strategy or None
    """

    vessel: str
    previous_attempt: bool | None = None
    duration_months: float | None = None
    graft_on_target: bool | None = None
    collaterals: bool | None = None
    rentrop: int | None = None
    tortuosity: Tortuosity | None = None
    landing_diseased: bool | None = None
    multiple: bool | None = None
    severe_calcium: bool | None = None
    moderate_severe_calcium: bool | None = None
    ambiguity_resolved: bool | None = None
    strategy: Strategy | None = None

    def __post_init__(self) -> None:
        if not self.vessel.strip():
            raise ValueError("facts need the name of their vessel")
        if self.duration_months is not None and not 0 <= self.duration_months <= 1200:
            raise ValueError(f"closed for {self.duration_months} months")
        if self.rentrop is not None and self.rentrop not in (0, 1, 2, 3):
            raise ValueError(f"Rentrop grade {self.rentrop}")


@dataclass(frozen=True, slots=True)
class ClinicalFacts:
    """What is typed about the patient. Unknown is ``None``; nothing here says who the patient is.

    Attributes
    ----------
    age_years : float or None
    sex : Sex or None
    lvef_percent : float or None
        Ejection fraction of the left ventricle.
    prior_cabg, prior_mi, atrial_fibrillation : bool or None
    targets : tuple of TargetFacts
        At most one a vessel.
    """

    age_years: float | None = None
    sex: Sex | None = None
    lvef_percent: float | None = None
    prior_cabg: bool | None = None
    prior_mi: bool | None = None
    atrial_fibrillation: bool | None = None
    targets: tuple[TargetFacts, ...] = ()

    def __post_init__(self) -> None:
        if self.age_years is not None and not 0 <= self.age_years <= 130:
            raise ValueError(f"an age of {self.age_years} years")
        if self.lvef_percent is not None and not 0 < self.lvef_percent <= 100:
            raise ValueError(f"an ejection fraction of {self.lvef_percent} %")
        object.__setattr__(self, "targets", tuple(self.targets))
        names = [target.vessel for target in self.targets]
        if len(set(names)) != len(names):
            raise ValueError(f"two sets of facts for the same vessel: {names}")

    def of(self, vessel: str) -> TargetFacts:
        """Return what was typed about a vessel; nothing is known of one that is not there."""
        return next((target for target in self.targets if target.vessel == vessel), TargetFacts(vessel))

    def with_target(self, target: TargetFacts) -> ClinicalFacts:
        """Return the same facts with those of one vessel put in or replaced."""
        others = tuple(known for known in self.targets if known.vessel != target.vessel)
        return replace(self, targets=(*others, target))
