"""A straight vessel with a measured occlusion on a desk, and the panes along it without a window around them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtWidgets import QApplication

from viewer.analysis.reformat.frames import frames_along
from viewer.desk import Desk
from viewer.jobs import Jobs
from viewer.model.calcium import CalciumProfile, CalciumThreshold
from viewer.model.case import Case
from viewer.model.centerline import Centerline
from viewer.model.cross_section import CrossSections
from viewer.model.geometry import Geometry
from viewer.model.lesion import Cap, Lesion, LesionKind
from viewer.model.vessel import Vessel, VesselTree
from viewer.model.view import ViewState
from viewer.model.volume import Volume
from viewer.ui.course_pull import CoursePull
from viewer.ui.poster import Poster
from viewer.ui.reformation_pane import ReformationPane
from viewer.ui.sections_pane import SectionsPane
from viewer.ui.tools import ToolBox

LENGTH_MM, WALL_MM, LUMEN_MM = 60.0, 2.0, 1.5
PROXIMAL_MM, DISTAL_MM = 20.0, 40.0
#: From here to there the calcium takes all of the section at every threshold, and from there on only at the middle one.
MOON_MM, MAYBE_MM, MAYBE_END_MM = 22.0, 27.0, 32.0


def straight_case() -> Case:
    """A vessel along z: open, then occluded by soft plaque with calcium, then open again."""
    shape, spacing = (141, 41, 41), 0.5
    geometry = Geometry.from_axes(shape, (-10.0, -10.0, -5.0), (spacing, spacing, spacing))
    k, j, i = np.indices(shape)
    x, y, z = np.moveaxis(geometry.to_lps(np.stack([k, j, i], axis=-1)), -1, 0)
    inside = np.hypot(x, y) <= WALL_MM
    occluded = inside & (z > PROXIMAL_MM) & (z < DISTAL_MM)
    hu = np.where(inside, 400, -80)
    hu = np.where(occluded, 50, hu)
    hu = np.where(occluded & (z >= MOON_MM) & (z <= MAYBE_MM), 900, hu)
    line = Centerline(
        np.linspace((0, 0, 0), (0, 0, LENGTH_MM), 121), np.full(121, LUMEN_MM), inferred=((PROXIMAL_MM, DISTAL_MM),)
    )
    frames = frames_along(line)
    station = frames.station_mm
    closed = (station > PROXIMAL_MM) & (station < DISTAL_MM)
    rays = (len(station), 36)
    lumen = np.where(closed[:, None], 0.0, LUMEN_MM) * np.ones(rays)
    source = np.zeros(len(station), np.uint8)
    sections = CrossSections("RCA", frames, lumen, np.full(rays, WALL_MM), source, source)
    moon = (station >= MOON_MM) & (station < MAYBE_MM)
    maybe = (station >= MAYBE_MM) & (station < MAYBE_END_MM)
    share = np.where(moon[:, None], 1.0, np.where(maybe[:, None], [0.9, 0.8, 0.2], 0.0))
    arc = np.where(moon[:, None], 360.0, np.where(maybe[:, None], [300.0, 240.0, 60.0], 0.0))
    calcium = CalciumProfile(
        "RCA", frames, CalciumThreshold.xing(), 0.6, share * sections.wall_area_mm2[:, None], sections.wall_area_mm2,
        arc, arc[:, 1], np.where(share[:, 1] > 0, 900.0, np.nan),
    )  # fmt: skip
    caps = [Cap(line.at(mm), mm, (mm - 1, mm + 1)) for mm in (PROXIMAL_MM, DISTAL_MM)]
    return Case(
        Volume(hu.astype(np.int16), geometry),
        VesselTree((Vessel("RCA", line),)),
        sections=(sections,),
        calcium=(calcium,),
        lesions=(Lesion("RCA", LesionKind.OCCLUSION, caps[0], caps[1], 0.9),),
    )


class VesselTable:
    """Desk, jobs, and the panes along the vessel, refreshed whenever the desk says so."""

    def __init__(self):
        self.desk = Desk()
        self._poster = Poster()
        self.jobs = Jobs(self._poster.post, threads=2)
        self.tools = ToolBox()
        self.pull = CoursePull(self.desk, self.jobs, self.tools)
        self.reformation = ReformationPane(self.desk, self.jobs, self.pull)
        self.sections = SectionsPane(self.desk, self.jobs, self.pull)
        self.case = straight_case()
        self.desk.subscribe(self.refresh)
        for pane, size in ((self.reformation, (900, 460)), (self.sections, (300, 700))):
            pane.resize(*size)
            pane.show()
        self.desk.open(
            self.case, replace(ViewState(), vessel="RCA", cursor_lps_mm=np.array((0.0, 0.0, 50.0)), lesion=0)
        )
        QApplication.processEvents()

    def refresh(self):
        for pane in (self.reformation, self.sections):
            pane.refresh(self.desk.case, self.desk.view)

    def close(self):
        for pane in (self.reformation, self.sections):
            pane.close_pane()
            pane.deleteLater()
        assert self.jobs.close()
