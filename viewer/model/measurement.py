"""A number on a lesion that the program does not know by itself: what a plugin measured."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from viewer.model.score import Evidence, Picture


@dataclass(frozen=True, slots=True)
class Measurement:
    """One number with its unit.

    Attributes
    ----------
    name : str
    value : float or None
        ``None`` if it could not be measured.
    unit : str
        "mm", "°", "%", "HU"; empty for a plain number.
    evidence : Evidence
    source : str
        How it is defined: a publication, or a sentence.
    shown_by : Picture or None
    station_mm : float or None
        Where on the vessel it shows.
    note : str
        Why there is no value, or what to know about it.
    """

    name: str
    value: float | None
    unit: str = ""
    evidence: Evidence = Evidence.MEASURED
    source: str = ""
    shown_by: Picture | None = None
    station_mm: float | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("a measurement needs a name")
        if self.value is not None and not isfinite(self.value):
            raise ValueError(f"{self.name} is {self.value}; what cannot be measured is None")
