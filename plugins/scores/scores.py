"""Published scores, as their definitions in ``resources/scores`` say them; nothing of any one score is written here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from viewer.api import (
    Atom,
    Case,
    Condition,
    Evidence,
    Lesion,
    LesionKind,
    Outcome,
    Picture,
    Score,
    ScoreInputs,
    ScoreItem,
    condition_from,
    in_words,
    inputs_from,
    resource,
    weakest_evidence,
)

FORMAT = 1
FROM_CT = (Evidence.MEASURED, Evidence.SUGGESTED)


@dataclass(frozen=True, slots=True)
class Grade:
    """So many points if this holds."""

    points: float
    when: Condition


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a definition; of its grades, the first that holds counts."""

    name: str
    rule: str
    shown_by: Picture
    confirmed: bool
    why: str
    grades: tuple[Grade, ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """A score as published."""

    order: int
    name: str
    for_angiography: bool
    source: str
    doi: str
    note: str
    items: tuple[Item, ...]
    outcomes: tuple[Outcome, ...]


def scores(case: Case, lesion: Lesion) -> tuple[Score, ...]:
    """Return every score of an occlusion; they say nothing about a stenosis."""
    if lesion.kind is not LesionKind.OCCLUSION:
        return ()
    inputs = inputs_from(case, lesion)
    return tuple(scored(definition, inputs) for definition in definitions())


@cache
def definitions() -> tuple[Definition, ...]:
    """Return all definitions that travel with the program, in the order in which they are shown."""
    read = [definition_from(path) for path in resource("scores").glob("*.json")]
    return tuple(sorted(read, key=lambda definition: definition.order))


def definition_from(path: Path) -> Definition:
    """Return the definition in a file.

    Raises
    ------
    ValueError
        If it is none.
    """
    data = json.loads(path.read_text(encoding="utf-8"))
    if data.get("format") != FORMAT or data.get("read_on") not in ("ct", "angiography"):
        raise ValueError(f"{path.name} is no definition of a score")
    return Definition(
        data["order"],
        data["name"],
        data["read_on"] == "angiography",
        data["source"],
        data["doi"],
        data.get("note", ""),
        tuple(_item(item) for item in data["items"]),
        tuple(
            Outcome(tuple(o["totals"]), o["label"], o["text"], o["source"], o["confirmed"]) for o in data["outcomes"]
        ),
    )


def _item(data: Mapping[str, Any]) -> Item:
    grades = tuple(Grade(grade["points"], condition_from(grade["when"])) for grade in data["grades"])
    return Item(data["name"], data["rule"], Picture(data["shown_by"]), data["confirmed"], data.get("why", ""), grades)


def scored(definition: Definition, inputs: ScoreInputs) -> Score:
    """Return what a score says; while inputs are unknown, from the least to the most that it can be."""
    items = tuple(_scored_item(item, inputs) for item in definition.items)
    least, most = sum(item.points[0] for item in items), sum(item.points[1] for item in items)
    on_ct = definition.for_angiography and any(item.evidence in FROM_CT for item in items)
    return Score(
        name=definition.name,
        total=(least, most),
        limits=(0, sum(item.most for item in items)),
        items=items,
        outcomes=tuple(o for o in definition.outcomes if o.totals[0] <= most and o.totals[1] >= least),
        source=definition.source,
        doi=definition.doi,
        confirmed=all(item.confirmed for item in items),
        title=f"{definition.name} (CT inputs)" if on_ct else definition.name,
        note=definition.note,
    )


def _scored_item(item: Item, inputs: ScoreInputs) -> ScoreItem:
    possible: list[float] = []
    deciding: list[Atom] = []
    for grade in item.grades:
        holds = grade.when.holds(inputs)
        deciding += grade.when.deciding(inputs)
        if holds is not False:
            possible.append(grade.points)
        if holds:
            break
    else:
        possible.append(0)
    atoms = tuple(dict.fromkeys(deciding))
    used = tuple(dict.fromkeys(atom.input for atom in atoms))
    notes = [*(atom.near(inputs) for atom in atoms), *(inputs[name].note for name in used), item.why]
    return ScoreItem(
        name=item.name,
        points=(min(possible), max(possible)),
        most=max(grade.points for grade in item.grades),
        evidence=weakest_evidence(atoms, inputs),
        rule=item.rule,
        found=", ".join(in_words(name, inputs[name].value) for name in used),
        shown_by=item.shown_by,
        station_mm=next((inputs[name].station_mm for name in used if inputs[name].station_mm is not None), None),
        confirmed=item.confirmed,
        note="; ".join(dict.fromkeys(note for note in notes if note)),
        asks=used,
    )
