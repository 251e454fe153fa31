"""Where a C-arm can go, which angles are steep, and the views that everybody knows: data, not code."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from viewer.model.lab import Box, GantryLimits
from viewer.shipped import resource


@dataclass(frozen=True, slots=True)
class StandardView:
    """A view by its name in the laboratory, and the SCCT segments for which it is the first or second choice."""

    name: str
    primary_deg: float
    secondary_deg: float
    first_for: tuple[str, ...] = ()
    second_for: tuple[str, ...] = ()


def limits_from_json(data: dict[str, Any]) -> GantryLimits:
    """Read limits from a settings file; ValueError, KeyError or TypeError where it says something impossible."""
    return GantryLimits(
        name=data["name"],
        reachable=tuple(_box(item) for item in data["reachable"]),
        usual=_box(data["usual"]),
        steep=tuple(_box(item) for item in data.get("steep", ())),
        confirmed=bool(data.get("confirmed", False)),
        source=data.get("source", ""),
    )


def limits_as_json(limits: GantryLimits) -> dict[str, Any]:
    """Return limits as `limits_from_json` reads them."""
    return {
        "name": limits.name,
        "confirmed": limits.confirmed,
        "source": limits.source,
        "reachable": [_as_json(box) for box in limits.reachable],
        "usual": _as_json(limits.usual),
        "steep": [_as_json(box) for box in limits.steep],
    }


def standard_views_from_json(text: str) -> tuple[StandardView, ...]:
    """Read the named working views from the text of a settings file."""
    return tuple(
        StandardView(
            item["name"],
            float(item["primary_deg"]),
            float(item["secondary_deg"]),
            tuple(item.get("first_for", ())),
            tuple(item.get("second_for", ())),
        )
        for item in json.loads(text)["views"]
    )


@lru_cache(maxsize=1)
def shipped_limits() -> GantryLimits:
    """Return the cautious limits that travel with the program: not confirmed for any machine."""
    return limits_from_json(json.loads(resource("carm", "limits.json").read_text(encoding="utf-8")))


@lru_cache(maxsize=1)
def standard_views() -> tuple[StandardView, ...]:
    """Return the working views that travel with the program."""
    return standard_views_from_json(resource("carm", "standard_views.json").read_text(encoding="utf-8"))


def standard_views_for(segment: str) -> tuple[StandardView, ...]:
    """Return the working views of a segment by its SCCT code (``pRCA``), first choices first."""
    views = standard_views()
    first = [view for view in views if segment in view.first_for]
    return (*first, *(view for view in views if segment in view.second_for))


def _box(item: dict[str, Any]) -> Box:
    (low_a, high_a), (low_b, high_b) = item["primary_deg"], item["secondary_deg"]
    return Box((float(low_a), float(high_a)), (float(low_b), float(high_b)), str(item.get("text", "")))


def _as_json(box: Box) -> dict[str, Any]:
    said = {"text": box.text} if box.text else {}
    return {"primary_deg": list(box.primary_deg), "secondary_deg": list(box.secondary_deg), **said}
