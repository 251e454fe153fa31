"""A run of a real angiogram beside the plan: which one, where its C-arm stood, and landmarks seen in both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from viewer.model.carm import CArm
from viewer.model.geometry import Float, read_only


@dataclass(frozen=True, slots=True, eq=False)
class Landmark:
    """One place of the patient in CT and angiogram.

    Attributes
    ----------
    name : str
        What it is in words; one of each name.
    lps_mm : ndarray of shape (3,)
        In the CT.
    seen_mm : ndarray of shape (2,)
        On the detector: mm right and up of its centre.
    """

    name: str
    lps_mm: Float
    seen_mm: Float

    def __post_init__(self) -> None:
        object.__setattr__(self, "lps_mm", read_only(self.lps_mm, shape=(3,), name="lps_mm"))
        object.__setattr__(self, "seen_mm", read_only(self.seen_mm, shape=(2,), name="seen_mm"))


@dataclass(frozen=True, slots=True, eq=False)
class Angiogram:
    """One run, without its pictures and without a word on who the patient is.

    Attributes
    ----------
    sop_uid : str
        Of the object that holds the frames.
    series_uid, study_uid : str or None
    study_date : str or None
        DICOM DA, YYYYMMDD.
    frames, rows, columns : int
    frame_ms : float
        From one frame to the next.
    angles_deg : ndarray of shape (frames, 2) or None
        Primary and secondary angle of each frame; ``None`` until somebody tells.
    carm : CArm
        Distances and detector; its angles are those of the first frame, its isocentre a first guess.
    assumed : tuple of str
        What the run did not tell, in words, and was taken from the laboratory or the operator.
    source : str
        The file it was read from.
    other_patient : bool or None
        Whether the headers of CT and run name different patients; ``None`` if that cannot be told.
    landmarks : tuple of Landmark
    """

    sop_uid: str
    series_uid: str | None
    study_uid: str | None
    study_date: str | None
    frames: int
    rows: int
    columns: int
    frame_ms: float
    angles_deg: Float | None
    carm: CArm
    assumed: tuple[str, ...] = ()
    source: str = ""
    other_patient: bool | None = None
    landmarks: tuple[Landmark, ...] = ()

    def __post_init__(self) -> None:
        if min(self.frames, self.rows, self.columns) < 1 or not self.frame_ms > 0:
            raise ValueError(f"a run of {self.frames} frames of {self.rows} × {self.columns}, {self.frame_ms} ms apart")
        if self.angles_deg is not None:
            angles = read_only(self.angles_deg, shape=(self.frames, 2), name="angles_deg")
            if not np.isfinite(angles).all():
                raise ValueError("an angle that is no number")
            object.__setattr__(self, "angles_deg", angles)
        for part in ("assumed", "landmarks"):
            object.__setattr__(self, part, tuple(getattr(self, part)))
        names = [landmark.name for landmark in self.landmarks]
        if len(set(names)) < len(names):
            raise ValueError("two landmarks of one name")

    @property
    def mm_per_px(self) -> float:
        """Size of a pixel on the detector: its longer edge is the edge of the C-arm's field."""
        return self.carm.detector_mm / max(self.rows, self.columns)

    @property
    def label(self) -> str:
        """The angles of the first frame in words, or that they are unknown."""
        return "angles unknown" if self.angles_deg is None else self.carm.label
