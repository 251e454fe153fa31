"""What lies over the picture of a plane: the tree, its calcium, and marks."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from viewer.model.case import Case
from viewer.model.mark import Mark
from viewer.model.view import ViewState
from viewer.report.calcium_marks import runs_of
from viewer.ui.plane_frame import PlaneFrame
from viewer.ui.plane_marks import draw_marks
from viewer.ui.plane_vessels import REACH_MM, draw_vessels


def draw_overlays(
    painter: QPainter, frame: PlaneFrame, case: Case, view: ViewState, selected: Mark | None, scale: float
) -> None:
    """Draw tree, calcium and marks, each as opaque as the view says."""
    for name, draw in (
        ("vessels", lambda: draw_vessels(painter, frame, case.tree, view.vessel, view.slab, scale)),
        ("calcium", lambda: draw_calcium(painter, frame, case, view.slab.thickness_mm, scale)),
        ("marks", lambda: draw_marks(painter, frame, case.marks, view.slab, selected, scale)),
    ):
        opacity = view.opacity(name)
        if opacity > 0:
            painter.setOpacity(opacity)
            draw()
    painter.setOpacity(1.0)


def draw_calcium(painter: QPainter, frame: PlaneFrame, case: Case, slab_mm: float, scale: float) -> None:
    """Stroke the calcified stretches of the courses near a plane in the colours of their classes; possible ones dashed.

    Where a course goes through the plane, a ring stands outside the vessel.
    """
    for profile in case.calcium:
        line = case.tree[profile.vessel].centerline
        for run in (part for whole in runs_of(profile) for part in whole.parts):
            station = np.linspace(run.from_mm, run.to_mm, max(int((run.to_mm - run.from_mm) / 0.25), 1) + 1)
            points = line.at(station)
            depth = frame.depth_mm(points)
            beyond = np.maximum(np.abs(depth) - slab_mm / 2, 0.0)
            if beyond.min() >= REACH_MM:
                continue
            spots = [frame.to_screen(point) for point in points]
            shade = QColor(run.shade)
            pen = QPen(shade, (3.0 if run.light else 4.5) * scale)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            if not run.firm:
                pen.setDashPattern([1.2, 0.8])
            near = beyond < REACH_MM
            for part in np.split(np.arange(len(near)), np.flatnonzero(np.diff(near.astype(int))) + 1):
                if near[part[0]] and len(part) > 1:
                    shade.setAlphaF(float(1.0 - 0.75 * beyond[part].min() / REACH_MM))
                    pen.setColor(shade)
                    painter.setPen(pen)
                    painter.drawPolyline(QPolygonF([spots[n] for n in part]))
            shade.setAlphaF(1.0)
            pen.setColor(shade)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for crossing in np.flatnonzero(np.diff(np.sign(depth)) != 0):
                nearest = int(np.abs(profile.frames.station_mm - station[crossing]).argmin())
                wall = float(np.sqrt(profile.wall_area_mm2[nearest] / np.pi))
                radius = wall / frame.mm_per_px + 4 * scale
                painter.drawEllipse(spots[crossing], radius, radius)
