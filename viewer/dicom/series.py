"""The nouns of the door: a study, its series, and where each picture of a series lies in its file.

No name and no number of a patient is in any of them.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from pathlib import Path

from viewer.model.geometry import Float, Geometry
from viewer.model.volume import Finding, SeriesFacts, Severity

#: What stands for a transfer syntax before the operator; the ones that are not here are not decoded.
SYNTAX_NAMES = {
    "1.2.840.10008.1.2": "uncompressed",
    "1.2.840.10008.1.2.1": "uncompressed",
    "1.2.840.10008.1.2.2": "uncompressed, big endian",
    "1.2.840.10008.1.2.1.99": "deflated",
    "1.2.840.10008.1.2.4.50": "JPEG baseline",
    "1.2.840.10008.1.2.4.51": "JPEG extended",
    "1.2.840.10008.1.2.4.53": "JPEG process 6 and 8",
    "1.2.840.10008.1.2.4.55": "JPEG process 10 and 12",
    "1.2.840.10008.1.2.4.57": "JPEG lossless",
    "1.2.840.10008.1.2.4.70": "JPEG lossless",
    "1.2.840.10008.1.2.4.80": "JPEG-LS lossless",
    "1.2.840.10008.1.2.4.81": "JPEG-LS near-lossless",
    "1.2.840.10008.1.2.4.90": "JPEG 2000 lossless",
    "1.2.840.10008.1.2.4.91": "JPEG 2000",
    "1.2.840.10008.1.2.4.201": "HTJ2K lossless",
    "1.2.840.10008.1.2.4.202": "HTJ2K lossless",
    "1.2.840.10008.1.2.4.203": "HTJ2K",
    "1.2.840.10008.1.2.5": "RLE",
}


class Fitness(enum.Enum):
    """Whether a series will do for planning."""

    FIT = "fit"
    CAUTION = "usable with caution"
    REFUSED = "refused"

    @classmethod
    def of(cls, findings: tuple[Finding, ...]) -> Fitness:
        """Return the verdict that the worst of the findings asks for."""
        worst = {finding.severity for finding in findings}
        if Severity.REFUSAL in worst:
            return cls.REFUSED
        return cls.CAUTION if Severity.CAUTION in worst else cls.FIT


@dataclass(frozen=True, slots=True)
class PixelLayout:
    """How the pixels of a file are stored; shared by all pictures that are stored alike.

    Attributes
    ----------
    padding : tuple of int, optional
        Lowest and highest stored value that stands for "outside the scanner's field of view".
    """

    syntax: str
    rows: int
    columns: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    samples: int
    photometric: str
    frames: int = 1
    padding: tuple[int, int] | None = None

    @property
    def frame_bytes(self) -> int:
        """Bytes of one uncompressed picture."""
        return self.rows * self.columns * self.samples * self.bits_allocated // 8


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One picture: a whole single-frame file, or one frame of a file of many.

    Attributes
    ----------
    path, name : str
        Where its bytes are, and what to call the file before the operator.
    frame : int
        Which frame of the file, from 0.
    pixels_at : int or None
        Byte offset of the pixel data element.
    position_lps_mm : tuple of float, optional
        Centre of the first pixel.
    orientation : tuple of float, optional
        Direction in which the columns count up (3 numbers), then that of the rows (3 numbers).
    pixel_spacing_mm : tuple of float, optional
        Distance between rows, then between columns.
    slope, intercept : float, optional
        Stored value to Hounsfield units; ``None`` if the file does not tell.
    """

    path: str
    name: str
    frame: int
    pixels_at: int | None
    file_size: int
    layout: PixelLayout
    sop_class: str | None
    sop_uid: str | None
    modality: str | None
    study_uid: str | None
    series_uid: str | None
    frame_of_reference_uid: str | None
    image_type: tuple[str, ...]
    position_lps_mm: tuple[float, float, float] | None
    orientation: tuple[float, ...] | None
    pixel_spacing_mm: tuple[float, float] | None
    slope: float | None
    intercept: float | None
    rescale_type: str | None
    slice_thickness_mm: float | None
    kernel: str | None
    kvp: float | None
    phase_percent: float | None
    trigger_delay_ms: float | None
    trigger_time_ms: float | None
    temporal_position: float | None
    written_percent: float | None
    acquisition: float | None
    instance: float | None

    @property
    def called(self) -> str:
        """File name, and the frame where the file holds several."""
        name = Path(self.name).name
        return f"{name} (frame {self.frame + 1})" if self.layout.frames > 1 else name


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """Pictures in the order in which they lie in the patient, and the grid that they become.

    Attributes
    ----------
    pictures : tuple of Picture
        Sorted along the normal of the pictures, from the first slice to the last.
    depths_mm : ndarray of shape (K,)
        Where each picture lies along the normal.
    shifts_mm : ndarray of shape (K, 2)
        How far each picture is displaced within its plane against the first, along columns, along rows.
    geometry : Geometry
        The grid of the volume.
    resampled : bool
        True if the pictures do not lie on the grid by themselves (a tilted gantry, uneven steps).
    """

    pictures: tuple[Picture, ...]
    depths_mm: Float
    shifts_mm: Float
    geometry: Geometry
    resampled: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class SeriesInfo:
    """One stack of pictures that belong together, as the study browser lists it.

    A multi-phase series is several of these, with the same `uid` and different phases.

    Attributes
    ----------
    uid : str
        SeriesInstanceUID; for an image file its path.
    facts : SeriesFacts
        How it was made: description, phase, kernel, tube voltage, thickness, contrast agent, date.
    image_count : int
        Pictures that were found for it, used or not.
    shape : tuple of int
        Slices, rows, columns, as stored.
    spacing_mm : tuple of float, optional
        Step along slices, rows, columns; ``None`` where the pictures form no stack.
    transfer_syntax : str
        In words.
    findings : tuple of Finding
        All that was noticed, each in a sentence.
    stack : Stack, optional
        What `read` reads; ``None`` if no volume can be made of it, and the findings say why.
    """

    uid: str
    facts: SeriesFacts
    image_count: int
    shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float] | None
    transfer_syntax: str
    findings: tuple[Finding, ...]
    stack: Stack | None = None
    image_path: str | None = None  #: for NIfTI, NRRD and MetaImage: the file itself
    pictures: tuple[Picture, ...] = ()  #: what there is to show when there is no stack
    lent: object = field(default=None, repr=False)  #: keeps the unpacked copy of an archive alive

    @property
    def fitness(self) -> Fitness:
        """The verdict for planning; the findings hold its reasons."""
        return Fitness.of(self.findings)

    @property
    def readable(self) -> bool:
        """True if `read` can make a volume of it, be it fit for planning or not."""
        return self.stack is not None or self.image_path is not None

    @property
    def title(self) -> str:
        """One line by which an operator knows the series again."""
        facts = self.facts
        parts = [facts.description or (facts.modality or "no description")]
        if facts.phase_percent is not None and "%" not in parts[0]:
            parts.append(f"{facts.phase_percent:g} %")
        elif facts.phase_percent is None and facts.trigger_time_ms is not None:
            parts.append(f"{facts.trigger_time_ms:.0f} ms")
        if facts.kernel:
            parts.append(facts.kernel)
        if self.spacing_mm:
            parts.append(f"{self.spacing_mm[0]:.2f} mm")
        parts.append(f"{self.image_count} image" + ("s" if self.image_count != 1 else ""))
        return " · ".join(parts)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the verdict is what it is: the sentences of its severity, worst first."""
        order = (Severity.REFUSAL, Severity.CAUTION)
        return tuple(finding.text for severity in order for finding in self.findings if finding.severity is severity)


@dataclass(frozen=True, slots=True)
class UnusedFile:
    """A file that was looked at and is in no series, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """All that was found in a folder, an archive or a list of files.

    Attributes
    ----------
    source : str
        What was opened.
    series : tuple of SeriesInfo
        The recommended one first where there is one, refused ones last.
    unused : tuple of UnusedFile
        Every file that is in no series.
    file_count : int
        Files that were looked at.
    recommended : int or None
        Index of the series to begin with.
    why : str
        Why this one, or why none, in a sentence.
    findings : tuple of Finding
        What concerns the study as a whole, such as files that a DICOMDIR names and the disc does not have.
    """

    source: str
    series: tuple[SeriesInfo, ...]
    unused: tuple[UnusedFile, ...]
    file_count: int
    recommended: int | None
    why: str
    findings: tuple[Finding, ...] = ()

    @property
    def summary(self) -> str:
        """How many files became how many pictures, and what became of the rest."""
        pictures = sum(series.image_count for series in self.series)
        stacks, files = _count(len(self.series), "series", "series"), _count(self.file_count, "file")
        text = f"{_count(pictures, 'image')} in {stacks}, from {files}"
        if self.unused:
            reasons: dict[str, int] = {}
            for file in self.unused:
                reasons[file.reason] = reasons.get(file.reason, 0) + 1
            told = ", ".join(f"{number} {reason}" for reason, number in sorted(reasons.items(), key=lambda r: -r[1]))
            text += f"; {len(self.unused)} not used: {told}"
        return text + "."


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
