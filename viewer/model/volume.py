"""A CT volume in Hounsfield units, with what is known about how it was made."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from viewer.model.geometry import Geometry


class Severity(enum.Enum):
    """How much a finding matters for planning."""

    NOTE = "note"  #: worth knowing
    CAUTION = "caution"  #: usable, and a measurement may suffer
    REFUSAL = "refusal"  #: not to be used for planning


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was noticed about a study, in a full sentence."""

    severity: Severity
    text: str


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """How a series was made, as far as its headers tell: never who the patient is. Unknown is ``None``."""

    series_uid: str | None = None
    study_uid: str | None = None
    frame_of_reference_uid: str | None = None
    description: str | None = None
    study_date: str | None = None  #: DICOM DA, YYYYMMDD
    modality: str | None = None
    manufacturer: str | None = None
    phase_percent: float | None = None  #: share of the R-R interval
    trigger_time_ms: float | None = None
    kvp: float | None = None
    kernel: str | None = None
    slice_thickness_mm: float | None = None
    contrast_agent: str | None = None
    lossy: bool = False
    source: str | None = None  #: folder or file that it was read from


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """A CT volume.

    Attributes
    ----------
    hu : ndarray of int16, shape (K, J, I), read-only
        Hounsfield units; outside the scanner's field of view ``AIR_HU``.
    geometry : Geometry
    facts : SeriesFacts
    findings : tuple of Finding
        What was tolerated or corrected on the way in; shown and printed with the volume.
    complete : bool
        False while slices are still being read into `hu`: to be looked at, never to be measured.
    """

    hu: NDArray[np.int16]
    geometry: Geometry
    facts: SeriesFacts = field(default_factory=SeriesFacts)
    findings: tuple[Finding, ...] = ()
    complete: bool = True

    #: What stands for "nothing was measured here".
    AIR_HU = -1024

    def __post_init__(self) -> None:
        if self.hu.dtype != np.int16 or not self.hu.flags.c_contiguous:
            raise ValueError(f"a volume is a C-contiguous int16 array, got {self.hu.dtype}")
        if self.hu.shape != self.geometry.shape:
            raise ValueError(f"voxels {self.hu.shape} and geometry {self.geometry.shape} differ")
        self.hu.setflags(write=False)
        object.__setattr__(self, "findings", tuple(self.findings))

    def with_findings(self, more: Iterable[Finding]) -> Volume:
        """Return the same volume with further findings."""
        return Volume(self.hu, self.geometry, self.facts, (*self.findings, *more), self.complete)
