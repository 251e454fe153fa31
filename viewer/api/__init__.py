"""The door for plugins: all that a plugin may import, and nothing else.

Nouns, and the few verbs on them that a plugin needs. Verbs that bring compiled kernels along are imported when they are
first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from viewer.api.conditions import Atom, Condition, Group, condition_from, in_words, weakest_evidence
from viewer.api.hooks import API
from viewer.api.overlay import Label, Marker, Polyline, Tone
from viewer.api.score_inputs import inputs_from
from viewer.errors import ViewerError
from viewer.model.calcium import CalciumPattern, CalciumProfile, CalciumSummary, CalciumThreshold
from viewer.model.carm import CArm
from viewer.model.case import Case
from viewer.model.centerline import Centerline
from viewer.model.composition import Composition
from viewer.model.cross_section import Contour, CrossSections, Frames
from viewer.model.facts import ClinicalFacts, Graft, RetrogradeWay, Sex, Strategy, TargetFacts, Tortuosity
from viewer.model.geometry import Geometry
from viewer.model.hint import Hint, Term
from viewer.model.lesion import Cap, CapShape, Lesion, LesionKind
from viewer.model.mark import Mark
from viewer.model.measurement import Measurement
from viewer.model.score import Evidence, Input, Outcome, Picture, Score, ScoreInputs, ScoreItem
from viewer.model.vessel import Author, Dominance, Segment, Vessel, VesselTree
from viewer.model.volume import Finding, SeriesFacts, Severity, Volume
from viewer.progress import Cancelled, Progress, silent
from viewer.shipped import resource

if TYPE_CHECKING:
    from viewer.analysis.coronary.trace import trace_tree as trace_tree
    from viewer.analysis.plaque.calcium import measure_calcium as measure_calcium
    from viewer.analysis.plaque.composition import measure_composition as measure_composition
    from viewer.analysis.plaque.walls import measure_vessel as measure_vessel
    from viewer.analysis.reformat.frames import frames_along as frames_along
    from viewer.analysis.reformat.plane_reading import value_hu as value_hu
    from viewer.analysis.reformat.sections import section_stack as section_stack
    from viewer.analysis.reformat.straightened import straightened as straightened

#: Verbs, and the modules that they are taken from when they are first asked for.
_VERBS = {
    "frames_along": "viewer.analysis.reformat.frames",
    "measure_calcium": "viewer.analysis.plaque.calcium",
    "measure_composition": "viewer.analysis.plaque.composition",
    "measure_vessel": "viewer.analysis.plaque.walls",
    "section_stack": "viewer.analysis.reformat.sections",
    "straightened": "viewer.analysis.reformat.straightened",
    "trace_tree": "viewer.analysis.coronary.trace",
    "value_hu": "viewer.analysis.reformat.plane_reading",
}


def __getattr__(name: str) -> Any:
    """Return a verb, imported now."""
    if name not in _VERBS:
        raise AttributeError(f"the door for plugins has no {name}")
    return getattr(importlib.import_module(_VERBS[name]), name)


__all__ = [
    "API",
    "Atom",
    "Author",
    "CArm",
    "CalciumPattern",
    "CalciumProfile",
    "CalciumSummary",
    "CalciumThreshold",
    "Cancelled",
    "Cap",
    "CapShape",
    "Case",
    "Centerline",
    "ClinicalFacts",
    "Composition",
    "Condition",
    "Contour",
    "CrossSections",
    "Dominance",
    "Evidence",
    "Finding",
    "Frames",
    "Geometry",
    "Graft",
    "Group",
    "Hint",
    "Input",
    "Label",
    "Lesion",
    "LesionKind",
    "Mark",
    "Marker",
    "Measurement",
    "Outcome",
    "Picture",
    "Polyline",
    "Progress",
    "RetrogradeWay",
    "Score",
    "ScoreInputs",
    "ScoreItem",
    "Segment",
    "SeriesFacts",
    "Severity",
    "Sex",
    "Strategy",
    "TargetFacts",
    "Term",
    "Tone",
    "Tortuosity",
    "Vessel",
    "VesselTree",
    "ViewerError",
    "Volume",
    "condition_from",
    "in_words",
    "inputs_from",
    "resource",
    "silent",
    "weakest_evidence",
]
