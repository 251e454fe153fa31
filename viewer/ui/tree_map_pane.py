"""The tree map: every branch as a bar of its true length, against mm from the aorta; click and all panes go there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPen, QPolygonF

from viewer.desk import Desk
from viewer.desk.sight import along, on_vessel
from viewer.jobs import Jobs
from viewer.model.case import Case
from viewer.model.lesion import LesionKind
from viewer.model.vessel import Vessel, VesselTree
from viewer.model.view import ViewState
from viewer.report.calcium_marks import paint_band, runs_of
from viewer.report.ink import draw_text
from viewer.ui.pane import HEADER_PX, Pane
from viewer.ui.theme import color, font, vessel_color

LABEL_PX = 64
RULER_PX = 24
#: Bars are drawn this much thicker than life, or a coronary artery would be a hair.
CALIBRE_TIMES = 2.2


@dataclass(frozen=True, slots=True)
class Row:
    """One vessel on the map: its row, and where it begins, mm from the aorta."""

    vessel: Vessel
    row: int
    start_mm: float


def rows_of(tree: VesselTree) -> tuple[Row, ...]:
    """Return the rows of a map: each vessel below its parent, in the order in which they leave it."""
    rows: list[Row] = []

    def add(vessel: Vessel) -> None:
        rows.append(Row(vessel, len(rows), tree.ostium_offset_mm(vessel.name)))
        for child in sorted(tree.children(vessel.name), key=lambda child: tree.origin_mm(child.name) or 0.0):
            add(child)

    for vessel in tree:
        if vessel.parent is None:
            add(vessel)
    return tuple(rows)


class TreeMapPane(Pane):
    """Shows the whole tree flat and length-true."""

    key = "tree_map"
    title = "Tree map"
    when_empty = ("All branches at a glance", "Find the coronary tree first (step Tree).")

    def __init__(self, desk: Desk, jobs: Jobs) -> None:
        super().__init__(desk, jobs)
        self._tree: VesselTree | None = None
        self._rows: tuple[Row, ...] = ()

    def refresh(self, case: Case | None, view: ViewState) -> None:
        tree = case.tree if case is not None else None
        if tree is not self._tree:
            self._tree = tree
            self._rows = rows_of(tree) if tree is not None else ()
        self.set_empty(not self._rows)
        self.update_if_other(case, view.vessel, view.cursor_lps_mm, view.hidden_overlays, view.faded_overlays)

    def subtitle(self) -> str:
        dominance = self._tree.dominance if self._tree is not None else None
        return f"{dominance.value}-dominant" if dominance is not None else ""

    # -- where things lie ----------------------------------------------------------------------------------------

    def _frame(self, area: QRect) -> QRectF:
        return QRectF(area).adjusted(LABEL_PX, HEADER_PX + 4, -16, -RULER_PX)

    def _per_mm(self, area: QRect) -> float:
        longest = max(row.start_mm + row.vessel.centerline.length_mm for row in self._rows)
        return self._frame(area).width() / max(longest, 1.0)

    def _y(self, row: Row, area: QRect) -> float:
        frame = self._frame(area)
        return frame.top() + (row.row + 0.5) * frame.height() / len(self._rows)

    def place_of(self, name: str, station_mm: float, area: QRect | None = None) -> QPointF:
        """Return where on the pane a station of a vessel lies; KeyError if the vessel is not on the map."""
        area = area or self.rect()
        for row in self._rows:
            if row.vessel.name == name:
                x = self._frame(area).left() + (row.start_mm + station_mm) * self._per_mm(area)
                return QPointF(x, self._y(row, area))
        raise KeyError(name)

    # -- painting ------------------------------------------------------------------------------------------------

    def paint_picture(self, painter: QPainter, area: QRect) -> None:
        if not self._rows:
            return
        painter.fillRect(area, color("surface", "pane"))
        self._paint_ruler(painter, area)
        by_name = {row.vessel.name: row for row in self._rows}
        for row in self._rows:
            parent = by_name.get(row.vessel.parent or "")
            if parent is not None:
                x = self._frame(area).left() + row.start_mm * self._per_mm(area)
                painter.setPen(QPen(color("text", "muted"), 1))
                painter.drawLine(QPointF(x, self._y(parent, area)), QPointF(x, self._y(row, area)))
        for row in self._rows:
            self._paint_vessel(painter, area, row)
        self._paint_cursor(painter, area)

    def _paint_vessel(self, painter: QPainter, area: QRect, row: Row) -> None:
        line, per_mm, y = row.vessel.centerline, self._per_mm(area), self._y(row, area)
        left = self._frame(area).left() + row.start_mm * per_mm
        most = 0.4 * self._frame(area).height() / len(self._rows)
        radius = line.lumen_radius_mm if line.lumen_radius_mm is not None else np.ones(len(line.station_mm))
        half = np.clip(radius * CALIBRE_TIMES * min(per_mm, 2.6), 1.2, most)
        active = self.desk.view.vessel == row.vessel.name
        shade = QColor(vessel_color(row.vessel.name))
        shade.setAlpha(255 if active or self.desk.view.vessel is None else 190)
        guess = line.is_inferred(line.station_mm)
        edges = np.flatnonzero(np.diff(guess.astype(int))) + 1
        for part in np.split(np.arange(len(guess)), edges):
            stop = min(part[-1] + 1, len(guess) - 1)
            span = np.append(part, stop)
            x = left + line.station_mm[span] * per_mm
            if guess[part[0]]:
                pen = QPen(shade, 2)
                pen.setDashPattern([3, 2.2])
                painter.setPen(pen)
                painter.drawLine(QPointF(x[0], y), QPointF(x[-1], y))
                continue
            upper = [QPointF(a, y - b) for a, b in zip(x, half[span], strict=True)]
            lower = [QPointF(a, y + b) for a, b in zip(x[::-1], half[span][::-1], strict=True)]
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(shade)
            painter.drawPolygon(QPolygonF(upper + lower))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        self._paint_disease(painter, row.vessel.name, left, y, per_mm, most)
        name = QRect(area.left() + 8, round(y) - 10, LABEL_PX - 14, 20)
        flags = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        pen_color = color("text", "strong") if active else color("text", "normal")
        draw_text(painter, name, flags, row.vessel.name, font(0.9, bold=active), pen_color)
        end = left + line.length_mm * per_mm
        length = QRect(round(end) + 5, round(y) - 9, 70, 18)
        if length.right() < area.right():
            left_side = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            draw_text(painter, length, left_side, f"{line.length_mm:.0f} mm", font(0.75), color("text", "muted"))

    def _paint_disease(self, painter: QPainter, name: str, left: float, y: float, per_mm: float, most: float) -> None:
        """Mark calcium by class, and the caps of occlusions."""
        case, view = self.desk.case, self.desk.view
        if case is None:
            return
        profile = case.calcium_of(name)
        painter.setOpacity(view.opacity("calcium"))
        shown = runs_of(profile) if profile is not None and view.opacity("calcium") > 0 else ()
        for run in (part for whole in shown for part in whole.parts):
            wide = max((run.to_mm - run.from_mm) * per_mm, 2.0)
            high = min(most, 9.0) * (0.5, 0.42, 0.3)[run.level] * 2
            paint_band(painter, QRectF(left + run.from_mm * per_mm, y - high / 2, wide, high), run)
        painter.setOpacity(view.opacity("caps"))
        for lesion in case.lesions if view.opacity("caps") > 0 else ():
            if lesion.vessel == name and lesion.kind is LesionKind.OCCLUSION:
                for cap, shade in ((lesion.proximal, "proximal_cap"), (lesion.distal, "distal_cap")):
                    pen = QPen(color("meaning", shade), 2)
                    for at, style in ((cap, Qt.PenStyle.SolidLine), (cap.replaced, Qt.PenStyle.DotLine)):
                        if at is not None:
                            pen.setStyle(style)
                            painter.setPen(pen)
                            x = left + at.station_mm * per_mm
                            painter.drawLine(QPointF(x, y - most - 1), QPointF(x, y + most + 1))
        painter.setOpacity(1.0)

    def _paint_cursor(self, painter: QPainter, area: QRect) -> None:
        view = self.desk.view
        if self._tree is None or view.vessel is None or view.vessel not in self._tree:
            return
        sight = along(self._tree, view.vessel)
        vessel, own = sight.course.on_vessel(sight.nearest(view.cursor_lps_mm)[0])
        at = self.place_of(vessel, own, area)
        painter.setPen(QPen(color("meaning", "cursor"), 1.4))
        painter.drawLine(at - QPointF(0, 12), at + QPointF(0, 12))

    def _paint_ruler(self, painter: QPainter, area: QRect) -> None:
        frame, per_mm = self._frame(area), self._per_mm(area)
        step = next((s for s in (10, 20, 50) if s * per_mm > 40), 100)
        painter.setFont(font(0.75))
        mark = 0
        while frame.left() + mark * per_mm <= frame.right() + 1:
            x = frame.left() + mark * per_mm
            painter.setPen(color("surface", "pane_border"))
            painter.drawLine(QPointF(x, frame.top()), QPointF(x, frame.bottom()))
            painter.setPen(color("text", "muted"))
            label = f"{mark} mm from the aorta" if mark == 0 else str(mark)
            box = QRectF(x - 4 if mark == 0 else x - 30, frame.bottom() + 3, 160 if mark == 0 else 60, 16)
            side = Qt.AlignmentFlag.AlignLeft if mark == 0 else Qt.AlignmentFlag.AlignHCenter
            if mark == 0 or x - 30 > frame.left() + 120:
                painter.drawText(box, side, label)
            mark += step

    # -- what the doctor does ------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        case = self.desk.case
        if not self._rows or case is None or event.button() != Qt.MouseButton.LeftButton:
            return
        row = min(self._rows, key=lambda row: abs(self._y(row, self.rect()) - event.position().y()))
        start = self._frame(self.rect()).left() + row.start_mm * self._per_mm(self.rect())
        station = (event.position().x() - start) / self._per_mm(self.rect())
        length = row.vessel.centerline.length_mm
        self.desk.look(on_vessel(case, self.desk.view, row.vessel.name, float(np.clip(station, 0.0, length))))
