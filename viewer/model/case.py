"""The case: all that is clinical, undoable and saved."""

from __future__ import annotations

from dataclasses import dataclass

from viewer.model.angiogram import Angiogram
from viewer.model.board import BoardItem
from viewer.model.calcium import CalciumProfile
from viewer.model.cross_section import CrossSections
from viewer.model.enhancement import Enhancement
from viewer.model.facts import ClinicalFacts
from viewer.model.lesion import Lesion, Refuted
from viewer.model.mark import Mark
from viewer.model.remarks import Remarks
from viewer.model.vessel import VesselTree
from viewer.model.volume import Finding, Volume


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One patient's plan.

    An edit is a pure function ``Case -> Case`` (``dataclasses.replace``); unchanged parts are shared; what changed is
    answered by ``is``.

    Attributes
    ----------
    volume : Volume
    tree : VesselTree
    sections : tuple of CrossSections
        At most one a vessel.
    calcium : tuple of CalciumProfile
        At most one a vessel, measured within its sections.
    lesions : tuple of Lesion
    marks : tuple of Mark
    enhancement : Enhancement or None
        How bright the contrast is, once the aorta was found.
    findings : tuple of Finding
        What the analysis has to say about this plan; the volume has findings of its own.
    facts : ClinicalFacts
        What the operator typed about the patient.
    board : tuple of BoardItem
        Captures, in the order in which they are shown.
    refuted : tuple of Refuted
        Where the operator says that there is no occlusion.
    remarks : Remarks
        What the operator wrote beside the plan.
    angiogram : Angiogram or None
        A run of a real angiogram, with the landmarks that lay the CT over it.
    """

    volume: Volume
    tree: VesselTree = VesselTree()
    sections: tuple[CrossSections, ...] = ()
    calcium: tuple[CalciumProfile, ...] = ()
    lesions: tuple[Lesion, ...] = ()
    marks: tuple[Mark, ...] = ()
    enhancement: Enhancement | None = None
    findings: tuple[Finding, ...] = ()
    facts: ClinicalFacts = ClinicalFacts()
    board: tuple[BoardItem, ...] = ()
    refuted: tuple[Refuted, ...] = ()
    remarks: Remarks = Remarks()
    angiogram: Angiogram | None = None

    def __post_init__(self) -> None:
        parts: tuple[CrossSections | CalciumProfile | Lesion | Refuted, ...]
        parts = (*self.sections, *self.calcium, *self.lesions, *self.refuted)
        for name in (part.vessel for part in parts):
            if name not in self.tree:
                raise ValueError(f"{name} is not in the tree")
        for part in ("sections", "calcium", "lesions", "marks", "findings", "board", "refuted"):
            object.__setattr__(self, part, tuple(getattr(self, part)))

    def sections_of(self, vessel: str) -> CrossSections | None:
        """Return the cross-sections of a vessel, if there are any."""
        return next((s for s in self.sections if s.vessel == vessel), None)

    def calcium_of(self, vessel: str) -> CalciumProfile | None:
        """Return the calcium of a vessel, if it was measured."""
        return next((profile for profile in self.calcium if profile.vessel == vessel), None)
