"""Nouns to JSON and arrays, and back through their own constructors, so that what comes back is valid.

Only the nouns of the table below can be named in a file; whatever else a file names is refused.
"""

from __future__ import annotations

import enum
from dataclasses import fields, is_dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from viewer.model.angiogram import Angiogram, Landmark
from viewer.model.board import BoardItem, Note, NoteKind, PanePlace
from viewer.model.calcium import CalciumProfile, CalciumThreshold, Deposit, ThresholdKind
from viewer.model.carm import CArm
from viewer.model.centerline import Centerline
from viewer.model.cross_section import CrossSections, Frames
from viewer.model.enhancement import Enhancement
from viewer.model.facts import (
    ClinicalFacts,
    Graft,
    GraftKind,
    RetrogradeWay,
    Sex,
    Strategy,
    TargetFacts,
    Tortuosity,
    WayKind,
)
from viewer.model.lesion import Cap, CapShape, Lesion, LesionKind, Refuted
from viewer.model.mark import Mark
from viewer.model.remarks import Remarks
from viewer.model.vessel import Author, Dominance, Segment, Vessel, VesselTree
from viewer.model.view import Plane, Projection, Slab, Step, ViewState, Window, Xray
from viewer.model.volume import Finding, SeriesFacts, Severity

Json = Any
Arrays = dict[str, NDArray[Any]]

#: The names in the file. A noun that is renamed in the program keeps its name here.
NOUNS: dict[str, type] = {
    "angiogram": Angiogram,
    "author": Author,
    "board item": BoardItem,
    "c-arm": CArm,
    "calcium": CalciumProfile,
    "calcium threshold": CalciumThreshold,
    "cap": Cap,
    "cap shape": CapShape,
    "centreline": Centerline,
    "clinical facts": ClinicalFacts,
    "cross-sections": CrossSections,
    "deposit": Deposit,
    "dominance": Dominance,
    "enhancement": Enhancement,
    "finding": Finding,
    "frames": Frames,
    "graft": Graft,
    "graft kind": GraftKind,
    "landmark": Landmark,
    "lesion": Lesion,
    "lesion kind": LesionKind,
    "mark": Mark,
    "note": Note,
    "note kind": NoteKind,
    "pane place": PanePlace,
    "plane": Plane,
    "projection": Projection,
    "refuted": Refuted,
    "remarks": Remarks,
    "retrograde way": RetrogradeWay,
    "segment": Segment,
    "series facts": SeriesFacts,
    "severity": Severity,
    "sex": Sex,
    "slab": Slab,
    "step": Step,
    "strategy": Strategy,
    "target facts": TargetFacts,
    "threshold kind": ThresholdKind,
    "tortuosity": Tortuosity,
    "vessel": Vessel,
    "vessel tree": VesselTree,
    "view": ViewState,
    "way kind": WayKind,
    "window": Window,
    "x-ray": Xray,
}
_NAMES = {noun: name for name, noun in NOUNS.items()}


def encode(value: object, arrays: Arrays) -> Json:
    """Return `value` as JSON; its arrays are put into `arrays` and referred to by name.

    Raises
    ------
    TypeError
        If it is, or holds, something that is no noun of the table.
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        if not np.isfinite(value):
            raise TypeError(f"{value} has no place in a case file")
        return value
    if isinstance(value, np.generic):
        return encode(value.item(), arrays)
    if isinstance(value, np.ndarray):
        name = str(len(arrays))
        arrays[name] = value
        return {"array": name}
    if isinstance(value, (tuple, list)):
        return [encode(part, arrays) for part in value]
    if isinstance(value, frozenset):
        return {"set": sorted(encode(part, arrays) for part in value)}
    name = _NAMES.get(type(value), "")
    if isinstance(value, enum.Enum) and name:
        return {"is": name, "value": value.value}
    if is_dataclass(value) and name:
        made = {f.name: encode(getattr(value, f.name), arrays) for f in fields(value) if f.init}
        return {"is": name, **made}
    raise TypeError(f"a {type(value).__name__} has no place in a case file")


def decode(value: Json, arrays: Arrays) -> Any:
    """Return what `encode` was given.

    Raises
    ------
    ValueError
        If the file says something impossible: an unknown noun or array, a field too many or too few, a value that the
        noun's own constructor refuses.
    """
    if isinstance(value, list):
        return tuple(decode(part, arrays) for part in value)
    if not isinstance(value, dict):
        return value
    if "array" in value:
        if value["array"] not in arrays:
            raise ValueError(f"array {value['array']} is missing")
        return arrays[value["array"]]
    if "set" in value:
        return frozenset(decode(part, arrays) for part in value["set"])
    noun = NOUNS.get(value.get("is", ""))
    if noun is None:
        raise ValueError(f"the file names {value.get('is')!r}, which is unknown")
    if issubclass(noun, enum.Enum):
        return noun(value.get("value"))
    parts = {name: decode(part, arrays) for name, part in value.items() if name != "is"}
    return made(noun, parts)


def made(noun: type, parts: dict[str, Any]) -> Any:
    """Return a noun of its parts, each of which is of the kind that the noun declares.

    Raises
    ------
    ValueError
        If one is not, or the noun's constructor refuses them.
    """
    hints = get_type_hints(noun)
    for name, part in parts.items():
        if name in hints and not _fits(part, hints[name]):
            raise ValueError(f"{name} of a {noun.__name__} is something else")
    try:
        return noun(**parts)
    except TypeError as problem:
        raise ValueError(str(problem)) from problem


def _fits(value: object, hint: Any) -> bool:
    """Tell whether a value from a file is of the kind that a noun's attribute is declared to be."""
    kind, inner = get_origin(hint), get_args(hint)
    if kind in (Union, UnionType):
        return any(_fits(value, one) for one in inner)
    if kind is tuple:
        if not isinstance(value, tuple):
            return False
        if len(inner) == 2 and inner[1] is ...:
            return all(_fits(part, inner[0]) for part in value)
        return len(value) == len(inner) and all(_fits(part, one) for part, one in zip(value, inner, strict=True))
    if kind is frozenset:
        return isinstance(value, frozenset) and all(_fits(part, inner[0]) for part in value)
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, kind or hint)
