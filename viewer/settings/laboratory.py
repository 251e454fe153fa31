"""A laboratory in the words of a settings file."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from viewer.analysis.fluoro.limits import limits_as_json, limits_from_json, shipped_limits
from viewer.model.lab import Lab


@cache
def shipped_lab() -> Lab:
    """Return the cautious laboratory that travels with the program."""
    return Lab(shipped_limits())


def lab_from_json(data: dict[str, Any]) -> Lab:
    """Read a laboratory; ValueError, KeyError or TypeError where it says something impossible."""
    lengths = [float(data[name]) for name in ("sid_mm", "sod_mm", "detector_mm")]
    if not all(map(math.isfinite, lengths)):
        raise ValueError("a length that is no number")
    return Lab(limits_from_json(data["gantry"]), *lengths)


def lab_as_json(lab: Lab) -> dict[str, Any]:
    """Return a laboratory as `lab_from_json` reads it."""
    return {
        "gantry": limits_as_json(lab.limits),
        "sid_mm": lab.sid_mm,
        "sod_mm": lab.sod_mm,
        "detector_mm": lab.detector_mm,
    }
