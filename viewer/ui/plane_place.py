"""Which part of its plane a pane shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from viewer.model.board import PlaceValue
from viewer.model.geometry import Float, Geometry

LEAST_ZOOM, MOST_ZOOM = 0.25, 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """What is in the middle of a pane, and how much larger than fitting the pane."""

    center_lps_mm: Float
    zoom: float = 1.0

    def values(self) -> tuple[tuple[str, PlaceValue], ...]:
        """Return it as plain values, as it is kept with a capture."""
        return (("center_lps_mm", tuple(self.center_lps_mm.tolist())), ("zoom", float(self.zoom)))


def place_from(values: dict[str, PlaceValue]) -> Place | None:
    """Return the place of plain values, ``None`` if they describe none."""
    match values:
        case {"center_lps_mm": (float(), float(), float()) as center, "zoom": float(zoom)}:
            return Place(np.array(center), min(max(zoom, LEAST_ZOOM), MOST_ZOOM))
    return None


def same_grid(one: Geometry, other: Geometry) -> bool:
    """Tell whether two volumes have the same grid."""
    return one is other or (one.shape == other.shape and bool(np.array_equal(one.affine, other.affine)))
