"""Looking along a vessel: the course that a vessel is followed on, and the cursor on it.

The cursor is one point in the patient. Its station on a vessel is the nearest one, so that no second value has to be
kept in step with it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from viewer.analysis.reformat.course import Course, course
from viewer.analysis.reformat.frames import frames_along
from viewer.model.case import Case
from viewer.model.cross_section import Frames
from viewer.model.geometry import Float
from viewer.model.vessel import VesselTree
from viewer.model.view import ViewState


@dataclass(frozen=True, slots=True, eq=False)
class Along:
    """A vessel as it is followed: from the aorta to its end, with a frame at every quarter millimetre.

    Attributes
    ----------
    course : Course
    frames : Frames
    """

    course: Course
    frames: Frames

    @property
    def length_mm(self) -> float:
        """Length from the aorta to the end."""
        return float(self.frames.station_mm[-1])

    def at(self, station_mm: float) -> Float:
        """Return the point at a station, shape (3,)."""
        station = np.clip(station_mm, 0.0, self.length_mm)
        return np.array([np.interp(station, self.frames.station_mm, axis) for axis in self.frames.center_lps_mm.T])

    def nearest(self, point_lps_mm: Float) -> tuple[float, float]:
        """Return the station nearest to a point, and the distance to it in mm."""
        return self.course.centerline.nearest_station_mm(point_lps_mm)


@lru_cache(maxsize=16)
def along(tree: VesselTree, name: str) -> Along:
    """Return how a vessel is followed; remembered for as long as the tree is the same one."""
    path = course(tree, name)
    return Along(path, frames_along(path.centerline))


def active(case: Case | None, view: ViewState) -> Along | None:
    """Return how the active vessel is followed, ``None`` if there is none."""
    if case is None or view.vessel is None or view.vessel not in case.tree:
        return None
    return along(case.tree, view.vessel)


def at_station(view: ViewState, sight: Along, station_mm: float) -> ViewState:
    """Return the view with the cursor at a station of the course."""
    return replace(view, cursor_lps_mm=sight.at(station_mm))


def on_vessel(case: Case, view: ViewState, name: str, station_mm: float = 0.0) -> ViewState:
    """Return the view with another active vessel, the cursor at a station of that vessel's own."""
    sight = along(case.tree, name)
    where = sight.course.on_course(name, station_mm)
    return at_station(replace(view, vessel=name), sight, 0.0 if where is None else where)
