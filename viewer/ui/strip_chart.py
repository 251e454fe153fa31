"""The strip chart under the reformation: areas, calcium and its arc, and what the occlusion is made of, against mm."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from viewer.analysis.reformat.course import Course
from viewer.model.case import Case
from viewer.model.composition import PLAQUE, Composition, TissueClass
from viewer.report.ink import draw_text
from viewer.report.strip_curves import Across, has_strip, paint_curves
from viewer.ui.theme import color, font

__all__ = ["has_strip", "paint_legend", "paint_readout", "paint_strip", "readings", "tissue_color", "tissue_words"]

#: The composition stands in a lane of its own under the curves.
LANE_SHARE, LEAST_LANE_PX, MOST_LANE_PX = 0.2, 9.0, 24.0
READOUT_PX = 204
WORDS_PX = 17
#: The density classes in the legend, from soft to hard.
SHORT_TISSUES = ("necrotic core", "fibrofatty", "fibrous", "dense")
FLAGS_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
FLAGS_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


def tissue_color(tissue: TissueClass) -> QColor:
    """Return the colour of a density class: the denser, the brighter."""
    return color("meaning", tissue.name.lower())


def tissue_words(tissue: TissueClass) -> str:
    """Return the name of a density class."""
    return tissue.name.replace("_", " ").lower()


def paint_strip(
    painter: QPainter,
    frame: QRectF,
    case: Case,
    course: Course,
    across: Across,
    compositions: Sequence[Composition],
    lane_opacity: float,
) -> None:
    """Paint the chart.

    Parameters
    ----------
    painter : QPainter
    frame : QRectF
        Where it stands.
    case : Case
    course : Course
        The path whose stations are mm of the chart.
    across : callable
        Takes a station of the course to a horizontal place on the pane.
    compositions : sequence of Composition
        Of the occlusions on the course.
    lane_opacity : float
        Of their lane; 0 leaves it out.
    """
    painter.fillRect(frame, color("surface", "pane"))
    chart = QRectF(frame)
    if compositions and lane_opacity > 0:
        lane = QRectF(frame)
        lane.setTop(frame.bottom() - min(max(LANE_SHARE * frame.height(), LEAST_LANE_PX), MOST_LANE_PX))
        chart.setBottom(lane.top() - 2)
        painter.setOpacity(lane_opacity)
        for made in compositions:
            start = next((s.from_mm for s in course.stretches if s.vessel == made.vessel), None)
            if start is not None:
                paint_lane(painter, lane, made, partial(_beyond, across, start))
        painter.setOpacity(1.0)
    fills = color("meaning", "vessel_fill"), color("meaning", "lumen")
    highest = paint_curves(painter, chart, case, course, across, *fills)
    if highest is None:
        return
    _paint_arc(painter, chart, case, course, across)
    half = chart.bottom() - 0.5 * chart.height()
    pen = QPen(color("meaning", "over_half"), 1)
    pen.setDashPattern([3, 3])
    painter.setPen(pen)
    painter.drawLine(QPointF(chart.left(), half), QPointF(chart.right(), half))
    right = round(chart.right()) - 166
    draw_text(
        painter,
        QRect(right, round(half) - 16, 160, 15),
        FLAGS_RIGHT,
        "50 % · 180°",
        font(0.75),
        color("meaning", "over_half"),
    )
    # In a low chart the words of the half have no room below those of the top.
    if half - chart.top() >= 2 * WORDS_PX:
        words, top = f"area up to {highest:.0f} mm²", round(chart.top()) + 2
        draw_text(painter, QRect(right, top, 160, 15), FLAGS_RIGHT, words, font(0.72), color("text", "muted"))


def _beyond(across: Across, start_mm: float, own_mm: float) -> float:
    return across(start_mm + own_mm)


def paint_lane(painter: QPainter, lane: QRectF, made: Composition, across: Across) -> None:
    """Stack the shares of the density classes at each station, from soft to hard, over all of the lane's height."""
    area = made.area_mm2[:, [*PLAQUE]]
    share = area / np.maximum(area.sum(1, keepdims=True), 1e-9)
    upper = np.concatenate([np.zeros((len(share), 1)), np.cumsum(share, axis=1)], axis=1)
    station = made.station_mm
    edge = [made.from_mm, *(0.5 * (a + b) for a, b in pairwise(station.tolist())), made.to_mm]
    for n in range(len(station)):
        left, right = across(edge[n]), across(edge[n + 1])
        for tissue, low, high in zip(PLAQUE, upper[n], upper[n, 1:], strict=False):
            top = lane.bottom() - high * lane.height()
            box = QRectF(left, top, right - left + 0.6, (high - low) * lane.height() + 0.3)
            painter.fillRect(box, tissue_color(tissue))
    left = across(made.from_mm) - 116
    if left > lane.left():
        beside = QRect(round(left), round(lane.center().y()) - 8, 110, 16)
        draw_text(painter, beside, FLAGS_RIGHT, "composition", font(0.72), color("text", "muted"))


def _paint_arc(painter: QPainter, chart: QRectF, case: Case, course: Course, across: Across) -> None:
    """Draw the calcium's arc as a line: 360° is the top of the chart, 180° the line of the half."""
    for stretch in course.stretches:
        profile = case.calcium_of(stretch.vessel)
        if profile is None:
            continue
        station, arc = profile.frames.station_mm, profile.arc_deg
        there = (arc > 0) & (station <= stretch.to_mm - stretch.from_mm + 1e-6)
        painter.setPen(QPen(color("meaning", "arc"), 1.3))
        for part in np.split(np.arange(len(there)), np.flatnonzero(np.diff(there.astype(int))) + 1):
            if there[part[0]] and len(part) > 1:
                painter.drawPolyline(
                    QPolygonF(
                        [
                            QPointF(across(stretch.from_mm + s), chart.bottom() - a / 360 * (chart.height() - 1))
                            for s, a in zip(station[part], arc[part], strict=True)
                        ]
                    )
                )


def readings(case: Case, course: Course, station_mm: float, compositions: Sequence[Composition]) -> list[str]:
    """Return what was measured at a station of the course, a line each; the first says where that is."""
    vessel, own = course.on_vessel(station_mm)
    lines = [f"{station_mm:.1f} mm · {vessel}"]
    sections, profile = case.sections_of(vessel), case.calcium_of(vessel)
    if sections is not None:
        at = int(np.abs(sections.frames.station_mm - own).argmin())
        lumen = float(sections.lumen_area_mm2[at])
        lines.append(f"vessel {sections.wall_area_mm2[at]:.1f} mm²")
        lines.append(f"lumen {lumen:.1f} mm² · {2 * np.sqrt(lumen / np.pi):.1f} mm" if lumen > 0 else "no lumen")
    if profile is not None:
        at = int(np.abs(profile.frames.station_mm - own).argmin())
        low, high = profile.csa_bands_percent[at, 2], profile.csa_bands_percent[at, 0]
        lines.append(f"calcium {profile.csa_percent[at]:.0f} % ({low:.0f} – {high:.0f}) · {profile.arc_deg[at]:.0f}°")
        if np.isfinite(profile.mean_hu[at]):
            lines.append(f"its mean {profile.mean_hu[at]:.0f} HU")
    for made in compositions:
        if made.vessel == vessel and made.from_mm <= own <= made.to_mm:
            area = made.area_mm2[int(np.abs(made.station_mm - own).argmin())]
            total = float(area[[*PLAQUE]].sum())
            if total > 0:
                lines += [f"{tissue_words(t)} {100 * area[t] / total:.0f} %" for t in PLAQUE if area[t] > 0]
    return lines


def paint_readout(painter: QPainter, frame: QRectF, x: float, lines: list[str]) -> None:
    """Paint a line at the mouse and beside it what was read there, within `frame`."""
    painter.setPen(QPen(color("text", "muted"), 1, Qt.PenStyle.DotLine))
    painter.drawLine(QPointF(x, frame.top()), QPointF(x, frame.bottom()))
    height = 15 * len(lines) + 10
    left = x + 8 if x + 8 + READOUT_PX < frame.right() else x - 8 - READOUT_PX
    box = QRectF(left, max(frame.bottom() - height - 4, frame.top()), READOUT_PX, height)
    plate = QColor(color("surface", "raised"))
    plate.setAlpha(238)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(plate)
    painter.drawRoundedRect(box, 4, 4)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for n, line in enumerate(lines):
        row = QRect(round(box.left()) + 8, round(box.top()) + 5 + 15 * n, READOUT_PX - 12, 15)
        shade = color("text", "strong") if n == 0 else color("text", "normal")
        draw_text(painter, row, FLAGS_LEFT, line, font(0.8, bold=n == 0), shade)


def paint_legend(painter: QPainter, area: QRect, threshold: str, *, composition: bool) -> None:
    """Paint what the colours mean, in one line; what finds no room is left out, the last first."""
    entries = [
        ("lumen", color("meaning", "lumen")),
        ("vessel", color("meaning", "vessel_fill")),
        ("calcium", color("meaning", "calcium")),
        ("> 50 %", color("meaning", "over_half")),
        ("full moon", color("meaning", "full_moon")),
        ("arc", color("meaning", "arc")),
    ]
    if composition:
        entries += [(name, tissue_color(t)) for t, name in zip(PLAQUE, SHORT_TISSUES, strict=True)]
    painter.setFont(font(0.78))
    x, y = area.left() + 8, area.center().y()
    for name, shade in entries:
        width = painter.fontMetrics().horizontalAdvance(name)
        if x + 14 + width > area.right():
            return
        high = 2.0 if name == "arc" else 9.0
        painter.fillRect(QRectF(x, y - high / 2, 9, high), shade)
        painter.setPen(color("text", "normal"))
        painter.drawText(QPointF(x + 14, y + 4.5), name)
        x += width + 24
    if x + painter.fontMetrics().horizontalAdvance(threshold) < area.right():
        painter.setPen(color("text", "muted"))
        painter.drawText(QPointF(x, y + 4.5), threshold)
