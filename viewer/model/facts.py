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


class WayKind(enum.Enum):
    """What leads to the vessel beyond an occlusion."""

    SEPTAL = "septal"
    EPICARDIAL = "epicardial"
    GRAFT = "graft"
    IPSILATERAL = "ipsilateral"


@dataclass(frozen=True, slots=True)
class RetrogradeWay:
    """A way to the far end of an occlusion, as the operator saw it on angiography. Unknown is ``None``.

    Attributes
    ----------
    donor, recipient : str
        The vessel that gives it, and the one that it fills.
    kind : WayKind
    werner : int or None
        Collateral connection grade: 0 no continuous connection, 1 a thread, 2 as wide as a side branch.
    tortuosity : Tortuosity or None
    diameter_mm : float or None
    crossable : bool or None
        Whether a wire and a microcatheter could pass it.
    """

    donor: str
    recipient: str
    kind: WayKind = WayKind.SEPTAL
    werner: int | None = None
    tortuosity: Tortuosity | None = None
    diameter_mm: float | None = None
    crossable: bool | None = None

    def __post_init__(self) -> None:
        if not self.donor.strip() or not self.recipient.strip():
            raise ValueError("a retrograde way leads from a vessel to a vessel")
        if self.werner is not None and self.werner not in (0, 1, 2):
            raise ValueError(f"collateral connection grade {self.werner}")
        if self.diameter_mm is not None and not 0 < self.diameter_mm <= 10:
            raise ValueError(f"a way {self.diameter_mm} mm wide")

    @property
    def words(self) -> str:
        """The way in a line: ``septal, LAD to RCA, CC 2, 1.0 mm, winding moderate, crossable``."""
        parts = [self.kind.value, f"{self.donor} to {self.recipient}"]
        parts += [f"CC {self.werner}"] if self.werner is not None else []
        parts += [f"{self.diameter_mm:.1f} mm"] if self.diameter_mm is not None else []
        parts += [f"winding {self.tortuosity.value}"] if self.tortuosity is not None else []
        parts += [{True: "crossable", False: "not crossable"}[self.crossable]] if self.crossable is not None else []
        return ", ".join(parts)


class GraftKind(enum.Enum):
    """What a bypass is made of."""

    LIMA = "LIMA"
    RIMA = "RIMA"
    RADIAL = "radial artery"
    VEIN = "vein"


@dataclass(frozen=True, slots=True)
class Graft:
    """A bypass graft: of what, to which vessel, and whether it is open (``None`` if that is unknown)."""

    target: str
    kind: GraftKind = GraftKind.VEIN
    patent: bool | None = None

    def __post_init__(self) -> None:
        if not self.target.strip():
            raise ValueError("a graft leads to a vessel")

    @property
    def words(self) -> str:
        """The graft in a line: ``LIMA to LAD, open``."""
        state = {True: ", open", False: ", closed", None: ""}[self.patent]
        return f"{self.kind.value} to {self.target}{state}"


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
    side_branch : bool or None
        Whether a branch leaves at the proximal cap; replaces what the tree shows.
    multiple : bool or None
        Whether there are several occlusions; replaces what was found.
    severe_calcium, moderate_severe_calcium : bool or None
        As judged on angiography; replace what follows from CT.
    ambiguity_resolved : bool or None
        Whether CT settled where an ambiguous cap lies.
    strategy : Strategy or None
    ways : tuple of RetrogradeWay
        Those that might be taken from behind.
    """

    vessel: str
    previous_attempt: bool | None = None
    duration_months: float | None = None
    graft_on_target: bool | None = None
    collaterals: bool | None = None
    rentrop: int | None = None
    tortuosity: Tortuosity | None = None
    landing_diseased: bool | None = None
    side_branch: bool | None = None
    multiple: bool | None = None
    severe_calcium: bool | None = None
    moderate_severe_calcium: bool | None = None
    ambiguity_resolved: bool | None = None
    strategy: Strategy | None = None
    ways: tuple[RetrogradeWay, ...] = ()

    def __post_init__(self) -> None:
        if not self.vessel.strip():
            raise ValueError("facts need the name of their vessel")
        if self.duration_months is not None and not 0 <= self.duration_months <= 1200:
            raise ValueError(f"closed for {self.duration_months} months")
        if self.rentrop is not None and self.rentrop not in (0, 1, 2, 3):
            raise ValueError(f"Rentrop grade {self.rentrop}")
        object.__setattr__(self, "ways", tuple(self.ways))

    @property
    def passable(self) -> bool | None:
        """Whether a wire could come from behind: as she said of the collaterals, else of the ways one by one."""
        if self.collaterals is not None or not self.ways:
            return self.collaterals
        known = [way.crossable for way in self.ways]
        return True if any(known) else None if None in known else False


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
    grafts : tuple of Graft
    """

    age_years: float | None = None
    sex: Sex | None = None
    lvef_percent: float | None = None
    prior_cabg: bool | None = None
    prior_mi: bool | None = None
    atrial_fibrillation: bool | None = None
    targets: tuple[TargetFacts, ...] = ()
    grafts: tuple[Graft, ...] = ()

    def __post_init__(self) -> None:
        if self.age_years is not None and not 0 <= self.age_years <= 130:
            raise ValueError(f"an age of {self.age_years} years")
        if self.lvef_percent is not None and not 0 < self.lvef_percent <= 100:
            raise ValueError(f"an ejection fraction of {self.lvef_percent} %")
        object.__setattr__(self, "targets", tuple(self.targets))
        object.__setattr__(self, "grafts", tuple(self.grafts))
        names = [target.vessel for target in self.targets]
        if len(set(names)) != len(names):
            raise ValueError(f"two sets of facts for the same vessel: {names}")

    def of(self, vessel: str) -> TargetFacts:
        """Return what was typed about a vessel; nothing is known of one that is not there."""
        return next((target for target in self.targets if target.vessel == vessel), TargetFacts(vessel))

    def renamed(self, old: str, new: str) -> ClinicalFacts:
        """Return the same facts of a vessel that has another name now; what was typed for the new name is replaced."""

        def told(name: str) -> str:
            return new if name == old else name

        targets = tuple(
            replace(
                target,
                vessel=told(target.vessel),
                ways=tuple(replace(w, donor=told(w.donor), recipient=told(w.recipient)) for w in target.ways),
            )
            for target in self.targets
            if target.vessel != new
        )
        return replace(self, targets=targets, grafts=tuple(replace(g, target=told(g.target)) for g in self.grafts))

    @property
    def bypassed(self) -> bool | None:
        """Whether there was bypass surgery: as she said, else because grafts are listed."""
        return True if self.prior_cabg is None and self.grafts else self.prior_cabg

    def grafted(self, vessel: str) -> bool | None:
        """Return whether a graft leads to a vessel: as she said, else as the grafts are listed."""
        said = self.of(vessel).graft_on_target
        if said is not None:
            return said
        if self.grafts:
            return any(graft.target == vessel for graft in self.grafts)
        return False if self.prior_cabg is False else None

    def with_target(self, target: TargetFacts) -> ClinicalFacts:
        """Return the same facts with those of one vessel put in or replaced."""
        others = tuple(known for known in self.targets if known.vessel != target.vessel)
        return replace(self, targets=(*others, target))
