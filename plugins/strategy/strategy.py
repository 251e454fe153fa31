"""What published crossing algorithms favour for what CT shows: tables in ``resources/strategy``, never an order."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from viewer.api import (
    Case,
    Condition,
    Evidence,
    Group,
    Hint,
    Lesion,
    LesionKind,
    Picture,
    ScoreInputs,
    Term,
    condition_from,
    in_words,
    inputs_from,
    resource,
    weakest_evidence,
)

TERMS = "terms.json"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table."""

    when: Condition
    favours: str
    shown_by: Picture
    source: str
    confirmed: bool
    reading: str


@dataclass(frozen=True, slots=True)
class Table:
    """An algorithm; with `tell_open`, lines that may yet apply are told as well."""

    order: int
    algorithm: str
    tell_open: bool
    rows: tuple[Row, ...]


def hints(case: Case, lesion: Lesion) -> tuple[Hint, ...]:
    """Return the hints for an occlusion; there are none for a stenosis."""
    if lesion.kind is not LesionKind.OCCLUSION:
        return ()
    return hints_for(inputs_from(case, lesion))


def hints_for(inputs: ScoreInputs) -> tuple[Hint, ...]:
    """Return the hints for what is known, table by table."""
    made = (_hint(table, row, inputs) for table in tables() for row in table.rows)
    return tuple(hint for hint in made if hint is not None)


@cache
def tables() -> tuple[Table, ...]:
    """Return all tables that travel with the program, in the order in which they are shown."""
    read = [
        _table(json.loads(path.read_text(encoding="utf-8")))
        for path in resource("strategy").glob("*.json")
        if path.name != TERMS
    ]
    return tuple(sorted(read, key=lambda table: table.order))


@cache
def terms() -> tuple[Term, ...]:
    """Return what techniques and devices are, the longer names first."""
    data = json.loads(resource("strategy", TERMS).read_text(encoding="utf-8"))
    return tuple(Term(t["name"], t["meaning"]) for t in sorted(data["terms"], key=lambda t: -len(t["name"])))


def terms_in(text: str) -> tuple[Term, ...]:
    """Return the terms that a text names; of two at the same place the longer one."""
    found: list[tuple[int, Term]] = []
    for term in terms():
        match = re.search(rf"(?<![\w-]){re.escape(term.name)}s?(?![\w-])", text)
        if match:
            found.append((match.start(), term))
            text = text[: match.start()] + " " * len(match[0]) + text[match.end() :]
    return tuple(term for _, term in sorted(found, key=lambda pair: pair[0]))


def _table(data: dict[str, Any]) -> Table:
    rows = tuple(
        Row(
            condition_from(row["when"]),
            row["favours"],
            Picture(row["shown_by"]),
            row.get("source", data["source"]),
            row["confirmed"],
            row.get("reading", ""),
        )
        for row in data["rows"]
    )
    return Table(data["order"], data["algorithm"], data["tell_open"], rows)


def _hint(table: Table, row: Row, inputs: ScoreInputs) -> Hint | None:
    """Return what a row says; ``None`` if it does not apply, or if nothing that it asks for is known."""
    holds = row.when.holds(inputs)
    if holds is False or (holds is None and not table.tell_open):
        return None
    shows, noted, missing = _told(row.when, inputs)
    if not shows and not noted:
        return None
    return Hint(
        algorithm=table.algorithm,
        shows=shows,
        noted=noted,
        favours=row.favours,
        missing=missing,
        source=row.source,
        evidence=weakest_evidence(row.when.deciding(inputs), inputs),
        shown_by=row.shown_by,
        confirmed=row.confirmed,
        reading=row.reading,
        terms=terms_in(row.favours),
    )


def _told(condition: Condition, inputs: ScoreInputs) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return what CT shows of a condition that is not false, what was typed, and what is missing."""
    if isinstance(condition, Group):
        parts = condition.parts
        if condition.kind == "any":
            open_parts = [part for part in parts if part.holds(inputs) is None]
            parts = tuple(part for part in parts if part.holds(inputs))
            if not parts:
                return (), (), (" or ".join(says for part in open_parts for says in _told(part, inputs)[2]),)
        told = [_told(part, inputs) for part in parts]
        shows, noted, missing = (tuple(text for part in told for text in part[column]) for column in range(3))
        return shows, noted, missing
    if condition.holds(inputs) is None:
        return (), (), (condition.says,)
    answer = inputs[condition.input]
    number = isinstance(answer.value, (int, float)) and not isinstance(answer.value, bool)
    says = f"{condition.says} ({in_words(condition.input, answer.value)})" if number else condition.says
    return ((), (says,), ()) if answer.evidence is Evidence.TYPED else ((says,), (), ())
