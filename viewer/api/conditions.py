"""Conditions on the inputs of scores and hints, as they are written in data files: true, false, or not yet known.

A condition is a JSON object of one of these forms::

    {"input": "length_mm", "at_least": 20.0}            also above, below, at_most
    {"input": "stump", "is": ["blunt", "invisible"]}    one value or several; also is_not
    {"all": [...]}   {"any": [...]}                     of conditions
    {"first_known": [...]}                              the first that is not unknown decides

An input may also have ``"open": ["unseen"]``, values that leave the condition unknown; ``"unknown_counts": true``, by
which it holds while its input is unknown; and ``"says"``, what a hint says where it holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from operator import ge, gt, le, lt
from typing import Any

from viewer.model.score import INPUT_NAMES, Answer, Evidence, ScoreInputs

_COMPARE = {"above": gt, "at_least": ge, "below": lt, "at_most": le}
_EQUAL = ("is", "is_not")
_GROUPS = ("all", "any", "first_known")
#: A length this near to a limit is said to be so: the caps are not known better.
NEAR_MM = 1.0
_UNITS = {"_mm": " mm", "_deg": "°", "_percent": " %", "_months": " months", "_years": " years"}
#: The firmest first.
_ORDER = tuple(Evidence)


@dataclass(frozen=True, slots=True)
class Atom:
    """A condition on one input.

    Attributes
    ----------
    input : str
        A field of `ScoreInputs`.
    compare : str
        ``above``, ``at_least``, ``below``, ``at_most``, ``is`` or ``is_not``.
    limit : number or tuple of values
    open : tuple of values
    unknown_counts : bool
    says : str
    """

    input: str
    compare: str
    limit: Any
    open: tuple[Answer, ...] = ()
    unknown_counts: bool = False
    says: str = ""

    def holds(self, inputs: ScoreInputs) -> bool | None:
        """Return whether it holds; ``None`` if that cannot be told yet."""
        value = inputs[self.input].value
        if value is None:
            return True if self.unknown_counts else None
        if value in self.open:
            return None
        if self.compare in _EQUAL:
            return (value in self.limit) is (self.compare == "is")
        # a difference of two stations is not exactly what it is read as
        return bool(_COMPARE[self.compare](round(float(value), 6), self.limit))

    def deciding(self, inputs: ScoreInputs) -> tuple[Atom, ...]:
        """Return the atoms that the answer rests on: itself."""
        return (self,)

    def near(self, inputs: ScoreInputs) -> str:
        """Return a remark if a length lies so near to the limit that it may as well be on the other side."""
        value = inputs[self.input].value
        if self.compare in _EQUAL or not self.input.endswith("_mm") or not isinstance(value, (int, float)):
            return ""
        return f"within 1 mm of {self.limit:g} mm" if abs(value - self.limit) <= NEAR_MM else ""


@dataclass(frozen=True, slots=True)
class Group:
    """Several conditions as one: ``all`` and ``any`` in three-valued logic, or ``first_known``."""

    kind: str
    parts: tuple[Condition, ...]

    def holds(self, inputs: ScoreInputs) -> bool | None:
        """Return whether it holds; ``None`` if that cannot be told yet."""
        answers = [part.holds(inputs) for part in self.parts]
        if self.kind == "first_known":
            return next((answer for answer in answers if answer is not None), None)
        decisive = self.kind == "any"
        if decisive in answers:
            return decisive
        return None if None in answers else not decisive

    def deciding(self, inputs: ScoreInputs) -> tuple[Atom, ...]:
        """Return the atoms that the answer rests on, or that would have to be known."""
        answer = self.holds(inputs)
        parts = [part for part in self.parts if part.holds(inputs) is answer]
        if self.kind == "first_known" and answer is not None:
            parts = parts[:1]
        return tuple(dict.fromkeys(atom for part in parts for atom in part.deciding(inputs)))


Condition = Atom | Group


def condition_from(data: object) -> Condition:
    """Return a condition as it stands in a data file.

    Raises
    ------
    ValueError
        If it is none, names an input that nobody asks, or compares what cannot be compared.
    """
    if not isinstance(data, Mapping):
        raise ValueError(f"{data!r} is no condition")
    kinds = [kind for kind in (*_GROUPS, *_COMPARE, *_EQUAL) if kind in data]
    if len(kinds) != 1:
        raise ValueError(f"a condition says exactly one thing, and this one {kinds}: {dict(data)}")
    kind = kinds[0]
    if kind in _GROUPS:
        parts = data[kind]
        if not isinstance(parts, list) or not parts or len(data) != 1:
            raise ValueError(f"{kind} needs a list of conditions and nothing else")
        return Group(kind, tuple(condition_from(part) for part in parts))
    if unknown := set(data) - {"input", kind, "open", "unknown_counts", "says"}:
        raise ValueError(f"a condition with {sorted(unknown)}")
    name = data.get("input")
    if name not in INPUT_NAMES:
        raise ValueError(f"there is no input {name!r}")
    limit = data[kind]
    if kind in _EQUAL:
        limit = tuple(limit) if isinstance(limit, list) else (limit,)
    elif isinstance(limit, bool) or not isinstance(limit, (int, float)):
        raise ValueError(f"{name} cannot be compared with {limit!r}")
    unknown_counts = bool(data.get("unknown_counts", False))
    return Atom(name, kind, limit, tuple(data.get("open", ())), unknown_counts, str(data.get("says", "")))


def weakest_evidence(atoms: tuple[Atom, ...], inputs: ScoreInputs) -> Evidence:
    """Return the weakest evidence among the inputs of some atoms; unknown if there are none."""
    return max((inputs[atom.input].evidence for atom in atoms), key=_ORDER.index, default=Evidence.UNKNOWN)


def in_words(name: str, value: Answer | None) -> str:
    """Return an answer with its unit, which its name tells; unknown is a dash."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    unit = next((unit for ending, unit in _UNITS.items() if name.endswith(ending)), "")
    number = f"{value:.1f}" if unit == " mm" else f"{value:.1f}".removesuffix(".0")
    return number + unit
