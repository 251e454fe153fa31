"""The coronary tree on a plane: where vessels run in or near it, in their colours; guesses dashed."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from viewer.model.vessel import VesselTree
from viewer.model.view import Slab
from viewer.ui.plane_frame import PlaneFrame
from viewer.ui.theme import vessel_color

#: Vessels are drawn up to this far before and behind the plane (or the slab's faces), fainter the farther.
REACH_MM = 2.0


def draw_vessels(
    painter: QPainter, frame: PlaneFrame, tree: VesselTree, active: str | None, slab: Slab, scale: float
) -> None:
    """Draw the centrelines near a plane, and the lumen where a vessel crosses it.

    Parameters
    ----------
    painter : QPainter
    frame : PlaneFrame
    tree : VesselTree
    active : str or None
        Name of the active vessel.
    slab : Slab
    scale : float
        Factor of text and lines of this pane.
    """
    middle = frame.area.center()
    for vessel in tree:
        line = vessel.centerline
        depth = frame.depth_mm(line.points_lps_mm)
        beyond = np.maximum(np.abs(depth) - slab.thickness_mm / 2, 0.0)
        near = beyond < REACH_MM
        if not near.any():
            continue
        offset = (line.points_lps_mm - frame.center_lps_mm) / frame.mm_per_px
        x, y = middle.x() + offset @ frame.plane.right, middle.y() + offset @ frame.plane.down
        guess = line.is_inferred(line.station_mm)
        strong = vessel.name == active
        shade = QColor(vessel_color(vessel.name))
        kinds = np.where(near, 1 + guess, 0)
        for part in np.split(np.arange(len(kinds)), np.flatnonzero(np.diff(kinds)) + 1):
            if not near[part[0]]:
                continue
            shade.setAlphaF(float(1.0 - 0.75 * beyond[part].min() / REACH_MM) * (1.0 if strong else 0.75))
            pen = QPen(shade, (2.0 if strong else 1.4) * scale)
            if guess[part[0]]:
                pen.setDashPattern([3, 2.4])
            painter.setPen(pen)
            painter.drawPolyline(QPolygonF([QPointF(a, b) for a, b in zip(x[part], y[part], strict=True)]))
        if line.lumen_radius_mm is not None:
            shade.setAlphaF(0.95 if strong else 0.7)
            for crossing in np.flatnonzero(np.diff(np.sign(depth)) != 0):
                pen = QPen(shade, 1.3 * scale)
                if guess[crossing]:
                    pen.setDashPattern([3, 2.4])
                painter.setPen(pen)
                radius = max(float(line.lumen_radius_mm[crossing]), 0.8) / frame.mm_per_px + 3 * scale
                painter.drawEllipse(QPointF(x[crossing], y[crossing]), radius, radius)
