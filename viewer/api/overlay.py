"""What a plugin may draw: plain shapes in LPS millimetres. How they are drawn is decided where they are shown."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from viewer.model.geometry import Float, read_only


class Tone(enum.Enum):
    """What a shape means; the theme gives it its colour."""

    NEUTRAL = "neutral"
    ACCENT = "accent"
    CAUTION = "caution"
    DANGER = "danger"


@dataclass(frozen=True, slots=True, eq=False)
class Polyline:
    """A line through points of shape (N, 3), N at least 2."""

    points_lps_mm: Float
    tone: Tone = Tone.NEUTRAL
    closed: bool = False

    def __post_init__(self) -> None:
        points = read_only(self.points_lps_mm, shape=(None, 3), name="points_lps_mm")
        if len(points) < 2:
            raise ValueError("a line has two points at least")
        object.__setattr__(self, "points_lps_mm", points)


@dataclass(frozen=True, slots=True, eq=False)
class Marker:
    """A point, shape (3,)."""

    point_lps_mm: Float
    tone: Tone = Tone.ACCENT

    def __post_init__(self) -> None:
        object.__setattr__(self, "point_lps_mm", read_only(self.point_lps_mm, shape=(3,), name="point_lps_mm"))


@dataclass(frozen=True, slots=True, eq=False)
class Label:
    """A short text at a point, shape (3,)."""

    point_lps_mm: Float
    text: str
    tone: Tone = Tone.NEUTRAL

    def __post_init__(self) -> None:
        object.__setattr__(self, "point_lps_mm", read_only(self.point_lps_mm, shape=(3,), name="point_lps_mm"))
        if not self.text.strip():
            raise ValueError("a label needs a text")


OverlayPart = Polyline | Marker | Label
