"""The coronary tree in the 3-D picture: tubes of true calibre in the vessels' colours, guesses dashed, named."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from viewer.model.centerline import Centerline
from viewer.model.geometry import Float
from viewer.model.vessel import VesselTree
from viewer.report.ink import draw_text
from viewer.scene.camera import Camera
from viewer.scene.picture import Picture
from viewer.ui.theme import color, font, vessel_color

#: A vessel lies this deep under its own surface; only what is deeper is hidden behind something.
OWN_DEPTH_MM = 4.0
#: The tube only tints what is seen of the vessel; its course is the thin line in its middle.
TINT_ALPHA, ACTIVE_ALPHA, HIDDEN_ALPHA = 70, 120, 34
LEAST_PX = 1.4
STEP_MM = 1.0
#: A click this far from a vessel still means it.
PICK_PX = 9.0


def paint_vessels(
    painter: QPainter,
    area: QRect,
    picture: Picture,
    camera: Camera,
    tree: VesselTree,
    active: str | None,
    kept_free: Sequence[QRectF] = (),
) -> None:
    """Paint all vessels, the deepest first, the active one last; faint where something lies before them.

    Parameters
    ----------
    painter : QPainter
    area : QRect
        Where the picture stands.
    picture : Picture
        Gives the depth of what is seen.
    camera : Camera
    tree : VesselTree
    active : str or None
        Name of the active vessel.
    kept_free : sequence of QRectF
        Where no name may stand.
    """
    size = (area.width(), area.height())
    per_mm = area.height() / camera.height_mm
    order = sorted(tree, key=lambda v: (v.name == active, camera.project(v.centerline.points_lps_mm.mean(0), size)[2]))
    taken = [*kept_free]
    for vessel in order:
        station = _stations(vessel.centerline)
        projected = camera.project(vessel.centerline.at(station), size)
        hidden = _hidden(projected, picture, size)
        screen = projected[:, :2] + (area.left(), area.top())
        strong = vessel.name == active
        _paint_tube(painter, vessel.centerline, station, screen, hidden, vessel_color(vessel.name), per_mm, strong)
    for vessel in reversed(order):
        projected = camera.project(vessel.centerline.at(_stations(vessel.centerline)), size)
        hidden = _hidden(projected, picture, size)
        _paint_name(painter, area, vessel.name, projected[:, :2] + (area.left(), area.top()), hidden, active, taken)


def vessel_at(position: QPointF, area: QRect, camera: Camera, tree: VesselTree) -> tuple[str, float] | None:
    """Return the vessel under the mouse and its station there, nearest to the eye; ``None`` if there is none."""
    best: tuple[float, str, float] | None = None
    for vessel in tree:
        station = _stations(vessel.centerline)
        projected = camera.project(vessel.centerline.at(station), (area.width(), area.height()))
        away = np.hypot(*(projected[:, :2] + (area.left(), area.top()) - (position.x(), position.y())).T)
        near = int(away.argmin())
        if away[near] <= PICK_PX and (best is None or projected[near, 2] > best[0]):
            best = (float(projected[near, 2]), vessel.name, float(station[near]))
    return None if best is None else best[1:]


def _stations(line: Centerline) -> Float:
    return np.linspace(0.0, line.length_mm, max(int(line.length_mm / STEP_MM), 1) + 1)


def _hidden(projected: Float, picture: Picture, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Tell which points lie behind something that is not the vessel itself."""
    width, height = picture.size_px
    column = np.clip((projected[:, 0] / size[0] * width).astype(int), 0, width - 1)
    row = np.clip((projected[:, 1] / size[1] * height).astype(int), 0, height - 1)
    return picture.depth_mm[row, column] > projected[:, 2] + OWN_DEPTH_MM


def _paint_tube(
    painter: QPainter,
    line: Centerline,
    station: Float,
    screen: Float,
    hidden: NDArray[np.bool_],
    shade: QColor,
    per_mm: float,
    strong: bool,
) -> None:
    radius = np.ones(len(station))
    if line.lumen_radius_mm is not None:
        radius = np.interp(station, line.station_mm, line.lumen_radius_mm)
    guess = line.is_inferred(station)
    kinds = guess.astype(int) * 2 + hidden
    parts = np.split(np.arange(len(station)), np.flatnonzero(np.diff(kinds)) + 1)
    for part in sorted(parts, key=lambda part: not hidden[part[0]]):
        span = np.append(part, min(part[-1] + 1, len(station) - 1))
        points = QPolygonF([QPointF(x, y) for x, y in screen[span]])
        body = QColor(shade)
        seen_alpha = ACTIVE_ALPHA if strong else TINT_ALPHA
        body.setAlpha(HIDDEN_ALPHA if hidden[part[0]] else seen_alpha)
        width = max(LEAST_PX, 2 * float(np.median(radius[part])) * per_mm)
        if guess[part[0]]:
            body.setAlpha(255)
            _stroke(painter, points, body, max(2.0, 0.3 * width), [1.6, 1.4])
            continue
        _stroke(painter, points, body, width)
        if not hidden[part[0]]:
            middle = QColor(shade)
            _stroke(painter, points, middle, 2.2 if strong else 1.3)


def _stroke(
    painter: QPainter, points: QPolygonF, shade: QColor, width: float, dashes: list[float] | None = None
) -> None:
    cap = Qt.PenCapStyle.FlatCap if dashes else Qt.PenCapStyle.RoundCap
    pen = QPen(shade, width, Qt.PenStyle.SolidLine, cap, Qt.PenJoinStyle.RoundJoin)
    if dashes:
        pen.setDashPattern(dashes)
    painter.setPen(pen)
    painter.drawPolyline(points)


def _paint_name(
    painter: QPainter,
    area: QRect,
    name: str,
    screen: Float,
    hidden: NDArray[np.bool_],
    active: str | None,
    taken: list[QRectF],
) -> None:
    """Write a vessel's name where it is seen and where no other name stands; leave it out if there is no such place."""
    seen = np.flatnonzero(~hidden)
    if not len(seen):
        return
    for share in (0.6, 0.75, 0.45, 0.9, 0.3):
        x, y = screen[seen[int(share * (len(seen) - 1))]]
        box = QRectF(x + 7, y - 9, 9.0 * len(name) + 8, 18)
        if QRectF(area).contains(box) and not any(box.intersects(other) for other in taken):
            taken.append(box)
            flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            shade = color("text", "strong") if name == active else vessel_color(name)
            draw_text(painter, box.toRect(), flags, name, font(0.9, bold=name == active, medium=True), shade)
            return
