"""What lies around a vessel at each station: frame, lumen and outer wall, calcium."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from viewer.model.geometry import Float, read_only


class Contour(enum.IntEnum):
    """How a contour was found; kept for each station and printed with what was measured inside it."""

    MEASURED = 0  #: an edge in the picture
    INTERPOLATED = 1  #: between measured neighbours or from the reference sections
    EDITED = 2  #: pulled by the operator


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """An orthonormal frame at each station of a course, turning as little as possible.

    Attributes
    ----------
    station_mm : ndarray of shape (S,)
    center_lps_mm, tangent, right, up : ndarray of shape (S, 3)
        `right` x `up` = `tangent`. A ray at angle a of a cross-section goes along ``right cos a + up sin a``.
    """

    station_mm: Float
    center_lps_mm: Float
    tangent: Float
    right: Float
    up: Float

    def __post_init__(self) -> None:
        n = len(np.asarray(self.station_mm))
        object.__setattr__(self, "station_mm", read_only(self.station_mm, shape=(n,), name="station_mm"))
        for name in ("center_lps_mm", "tangent", "right", "up"):
            object.__setattr__(self, name, read_only(getattr(self, name), shape=(n, 3), name=name))
        if n < 2 or (np.diff(self.station_mm) <= 0).any():
            raise ValueError("stations must grow, and there must be two at least")
        if np.abs(np.cross(self.right, self.up) - self.tangent).max() > 1e-6:
            raise ValueError("right x up is not the tangent")


@dataclass(frozen=True, slots=True, eq=False)
class CrossSections:
    """Contours along one vessel, as radii about the centreline at equal angles.

    Attributes
    ----------
    vessel : str
    frames : Frames
    lumen_mm, wall_mm : ndarray of shape (S, A)
        Radius of lumen and outer wall at angle ``2 pi a / A`` of the frame; lumen 0 where there is none; wall >= lumen.
    lumen_source, wall_source : ndarray of uint8, shape (S,)
        A `Contour` for each station.
    """

    vessel: str
    frames: Frames
    lumen_mm: Float
    wall_mm: Float
    lumen_source: NDArray[np.uint8]
    wall_source: NDArray[np.uint8]
    lumen_area_mm2: Float = field(init=False)  #: shape (S,)
    wall_area_mm2: Float = field(init=False)  #: shape (S,), the denominator of every calcium share

    def __post_init__(self) -> None:
        count = len(self.frames.station_mm)
        lumen = read_only(self.lumen_mm, shape=(count, None), name="lumen_mm")
        wall = read_only(self.wall_mm, shape=lumen.shape, name="wall_mm")
        if (lumen < 0).any() or (wall < lumen - 1e-9).any():
            raise ValueError("the outer wall lies inside the lumen somewhere")
        object.__setattr__(self, "lumen_mm", lumen)
        object.__setattr__(self, "wall_mm", wall)
        for name in ("lumen_source", "wall_source"):
            source = np.array(getattr(self, name), dtype=np.uint8)
            if source.shape != (count,) or (source > max(Contour)).any():
                raise ValueError(f"{name} names no way of finding a contour")
            source.setflags(write=False)
            object.__setattr__(self, name, source)
        for name, radius in (("lumen_area_mm2", lumen), ("wall_area_mm2", wall)):
            area = 0.5 * np.sin(2 * np.pi / radius.shape[1]) * (radius * np.roll(radius, -1, axis=1)).sum(1)
            area.setflags(write=False)
            object.__setattr__(self, name, area)
