"""What the operator measured on a plane: a distance or an angle, kept where it was drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from viewer.model.geometry import Float, read_only


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """A distance (two points) or an angle (three points, the corner in the middle).

    Attributes
    ----------
    points_lps_mm : ndarray of shape (2, 3) or (3, 3)
    title : str
    """

    points_lps_mm: Float
    title: str = ""

    def __post_init__(self) -> None:
        points = read_only(self.points_lps_mm, shape=(None, 3), name="points_lps_mm")
        if len(points) not in (2, 3):
            raise ValueError("a mark has two points (distance) or three (angle)")
        object.__setattr__(self, "points_lps_mm", points)

    @property
    def is_angle(self) -> bool:
        """Whether it has a corner."""
        return len(self.points_lps_mm) == 3

    @property
    def length_mm(self) -> float:
        """Distance between first and last point."""
        return float(np.linalg.norm(self.points_lps_mm[-1] - self.points_lps_mm[0]))

    @property
    def angle_deg(self) -> float | None:
        """Angle at the corner, ``None`` for a distance or where an arm has no length."""
        if not self.is_angle:
            return None
        first, second = self.points_lps_mm[0] - self.points_lps_mm[1], self.points_lps_mm[2] - self.points_lps_mm[1]
        lengths = float(np.linalg.norm(first) * np.linalg.norm(second))
        if lengths == 0:
            return None
        return float(np.degrees(np.arccos(np.clip(first @ second / lengths, -1, 1))))
