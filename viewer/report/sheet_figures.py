"""The figures of a planning sheet: reformation with its strip, projections, 3-D still, cross-sections, composition."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from viewer.analysis.reformat.straightened import Straightened
from viewer.desk.sight import Along
from viewer.model.case import Case
from viewer.model.centerline import Centerline
from viewer.model.geometry import Float
from viewer.model.lesion import Cap, Lesion, LesionKind
from viewer.model.vessel import Author
from viewer.model.view import Window
from viewer.report.calcium_marks import paint_band, runs_of
from viewer.report.grey import grey_image
from viewer.report.ink import color, vessel_color
from viewer.report.projected_disease import ToScreen, paint_calcium, paint_caps
from viewer.report.section_marks import paint_section_marks
from viewer.report.sheet_page import UNKNOWN, TissueWords
from viewer.report.sheet_paper import Paper, text_width
from viewer.report.sheet_stills import SECTION_HALF_WIDTH_MM, Still
from viewer.report.strip_curves import paint_curves
from viewer.scene.picture import Picture

#: The reformation reaches at least so far to either side of the vessel.
LEAST_HALF_WIDTH_MM = 6.0
#: Line widths and rings that are shared with the window count in its pixels; so many of them make a point.
PX_PER_PT = 2.2


def reformation_scale(length_mm: float, width_pt: float, height_pt: float) -> float:
    """Return the points of paper that a millimetre of the reformation gets, along and across."""
    return min(width_pt / length_mm, height_pt / (2 * LEAST_HALF_WIDTH_MM))


def paint_reformation(
    paper: Paper,
    area: QRectF,
    strip: QRectF,
    case: Case,
    sight: Along,
    picture: Straightened,
    lesion: Lesion | None,
    window: Window,
) -> None:
    """Paint the vessel laid out straight with caps, bracket and calcium, its strip chart, and mm from the ostium."""
    painter = paper.painter
    if painter is None:
        return
    scale = reformation_scale(sight.length_mm, area.width(), area.height())
    left = area.center().x() - sight.length_mm * scale / 2

    def across(station_mm: float) -> float:
        return left + station_mm * scale

    half = float(picture.offset_mm[-1]) * scale
    place = QRectF(left, area.center().y() - half, sight.length_mm * scale, 2 * half)
    painter.save()
    painter.setClipRect(area)
    painter.fillRect(area, color("surface", "picture"))
    painter.drawImage(place, grey_image(picture.hu.T, window))
    _paint_guess(painter, sight.course.centerline, across, area.center().y())
    painter.restore()
    painter.fillRect(strip, color("paper", "strip"))
    painter.save()
    painter.setClipRect(strip)
    fills = color("paper", "vessel_fill"), color("paper", "lumen")
    highest = paint_curves(painter, strip, case, sight.course, across, *fills, 1 / PX_PER_PT)
    painter.restore()
    if highest is None:
        text = "lumen, wall and calcium were not measured"
        paper.line(
            strip.left(), strip.center().y() - 4, text, 6.5, shade=color("paper", "muted"), align="centre",
            width_pt=strip.width(),
        )  # fmt: skip
    else:
        _paint_half(painter, strip)
    _paint_flags(paper, area, case, sight, across)
    for stretch in sight.course.stretches:
        for other in case.lesions:
            if other.vessel == stretch.vessel and other.kind is LesionKind.OCCLUSION:
                _paint_lesion(paper, area, strip, other, stretch.from_mm, across, strong=other is lesion)
    _paint_bands(paper, area, case, sight, across)
    _paint_ruler(paper, strip, sight.length_mm, across, scale, highest)


def _paint_guess(painter: QPainter, line: Centerline, across, y: float) -> None:  # type: ignore[no-untyped-def]
    pen = QPen(color("text", "strong"), 0.7)
    pen.setDashPattern([5, 4])
    painter.setPen(pen)
    for start, end in line.inferred:
        painter.drawLine(QPointF(across(start), y), QPointF(across(end), y))


def _paint_half(painter: QPainter, strip: QRectF) -> None:
    """Draw the line of half a section, which the words under the ruler explain."""
    pen = QPen(color("meaning", "over_half").darker(120), 0.5)
    pen.setDashPattern([4, 4])
    painter.setPen(pen)
    half = strip.center().y()
    painter.drawLine(QPointF(strip.left(), half), QPointF(strip.right(), half))


def _paint_bands(paper: Paper, area: QRectF, case: Case, sight: Along, across) -> None:  # type: ignore[no-untyped-def]
    """Mark heavy calcium at the lower edge of the picture, with words where there is room."""
    assert paper.painter is not None
    taken: list[tuple[float, float]] = []
    for stretch in sight.course.stretches:
        profile = case.calcium_of(stretch.vessel)
        heavy = [run for run in (runs_of(profile) if profile is not None else ()) if not run.light]
        end = stretch.to_mm - stretch.from_mm
        heavy = [run for run in heavy if run.from_mm < end]
        for run in heavy:
            for part in (part for part in run.parts if part.from_mm < end):
                left, right = (across(stretch.from_mm + min(mm, end)) for mm in (part.from_mm, part.to_mm))
                box = QRectF(left, area.bottom() - 4.5, max(right - left, 1.0), 4)
                paint_band(paper.painter, box, part, 1 / PX_PER_PT)
        for run in reversed(heavy):
            middle = across(stretch.from_mm + 0.5 * (run.from_mm + min(run.to_mm, end)))
            width = text_width(run.words, 6.2, "bold") + 6
            middle = min(max(middle, area.left() + width / 2), area.right() - width / 2)
            free = all(middle + width / 2 < a or middle - width / 2 > b for a, b in taken)
            if run.to_mm - run.from_mm >= 1.0 and free:
                taken.append((middle - width / 2, middle + width / 2))
                paper.plate(middle, area.bottom() - 14.5, run.words, 6.2, run.shade, align="centre")


def _paint_flags(paper: Paper, area: QRectF, case: Case, sight: Along, across) -> None:  # type: ignore[no-untyped-def]
    """Name the vessels of the course and the branches that leave it, at the upper edge of the picture."""
    assert paper.painter is not None
    names = {stretch.vessel for stretch in sight.course.stretches}
    flags = [(stretch.from_mm, stretch.vessel) for stretch in sight.course.stretches]
    for vessel in case.tree:
        if vessel.parent in names and vessel.name not in names:
            origin = case.tree.origin_mm(vessel.name)
            station = None if origin is None else sight.course.on_course(vessel.parent or "", origin)
            if station is not None:
                flags.append((station, vessel.name))
    right = -1e9
    for station, name in sorted(flags):
        x, half = across(station), text_width(name, 5.8, "bold") / 2 + 3
        middle = min(max(x, area.left() + half), area.right() - half)
        if middle - half < right + 2:
            continue
        shade = vessel_color(name)
        right = paper.plate(middle, area.top() + 0.8, name, 5.8, shade, align="centre").right()
        paper.painter.setPen(QPen(shade, 0.5))
        paper.painter.drawLine(QPointF(x, area.top() + 9), QPointF(x, area.top() + 13))


def _paint_lesion(  # type: ignore[no-untyped-def]
    paper: Paper, area: QRectF, strip: QRectF, lesion: Lesion, start_mm: float, across, *, strong: bool
) -> None:
    painter = paper.painter
    assert painter is not None
    ends = [across(start_mm + cap.station_mm) for cap in (lesion.proximal, lesion.distal)]
    y = area.top() + 20
    for cap, meaning, letter, x in (
        (lesion.proximal, "proximal_cap", "P", ends[0]),
        (lesion.distal, "distal_cap", "D", ends[1]),
    ):
        shade = QColor(color("meaning", meaning))
        low, high = (across(start_mm + mm) for mm in cap.range_mm)
        band = QColor(shade)
        band.setAlpha(70)
        painter.fillRect(QRectF(low, y, high - low, strip.bottom() - y), band)
        pen = QPen(shade, 1.1)
        if cap.author is Author.COMPUTER:
            pen.setDashPattern([4, 2])
        painter.setPen(pen)
        painter.drawLine(QPointF(x, y), QPointF(x, strip.bottom()))
        if cap.replaced is not None:
            was = across(start_mm + cap.replaced.station_mm)
            painter.setPen(QPen(shade, 0.7, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(was, y), QPointF(was, strip.bottom()))
        align, edge = ("right", x - 2.5) if letter == "P" else ("left", x + 2.5)
        paper.plate(edge, y + 8, _cap_label(letter, cap), 6.8, shade, align=align)
    if not strong:
        return
    white = QPen(color("text", "strong"), 1.0)
    painter.setPen(white)
    painter.drawLine(QPointF(ends[0], y), QPointF(ends[1], y))
    for x in ends:
        painter.drawLine(QPointF(x, y - 3.5), QPointF(x, y + 3.5))
    low = max(lesion.distal.range_mm[0] - lesion.proximal.range_mm[1], 0.0)
    high = lesion.distal.range_mm[1] - lesion.proximal.range_mm[0]
    text = f"{lesion.length_mm:.1f} mm ({low:.1f} – {high:.1f})"
    middle, width = sum(ends) / 2, text_width(text, 7.4, "bold")
    middle = min(max(middle, area.left() + width / 2 + 4), area.right() - width / 2 - 4)
    paper.plate(middle, y - 5.2, text, 7.4, color("text", "strong"), align="centre")


def _cap_label(letter: str, cap: Cap) -> str:
    words = (letter, cap.shape.value if cap.shape is not None else "", "· ambiguous" if cap.ambiguous else "")
    return " ".join(word for word in words if word)


def _paint_ruler(  # type: ignore[no-untyped-def]
    paper: Paper, strip: QRectF, length_mm: float, across, scale: float, highest_mm2: float | None
) -> None:
    assert paper.painter is not None
    step = next((s for s in (5, 10, 20, 50) if s * scale > 34), 100)
    muted = color("paper", "muted")
    for mark in range(0, int(length_mm) + 1, step):
        x = across(mark)
        paper.painter.setPen(QPen(muted, 0.5))
        paper.painter.drawLine(QPointF(x, strip.bottom()), QPointF(x, strip.bottom() + 2.5))
        if mark == 0:
            paper.line(x, strip.bottom() + 3, "0", 5.8, shade=muted)
        elif x + 8 < strip.right():
            paper.line(x - 20, strip.bottom() + 3, str(mark), 5.8, shade=muted, align="centre", width_pt=40)
    words = "mm from the ostium"
    if highest_mm2 is not None:
        words += f" · full height: area {highest_mm2:.0f} mm², calcium 100 % of the section; dashed line: 50 %"
    paper.line(strip.left(), strip.bottom() + 11, words, 5.8, shade=muted)


def legend(paper: Paper, x_right: float, y: float) -> None:
    """Set what the colours of the strip mean, in a line that ends at `x_right`."""
    entries = (
        ("striped: possible only", None),
        ("lumen", color("paper", "lumen")),
        ("vessel", color("paper", "vessel_fill")),
        ("calcium", color("meaning", "calcium")),
        ("> 50 %", color("meaning", "over_half")),
        ("full moon", color("meaning", "full_moon")),
    )
    x = x_right
    for name, shade in reversed(entries):
        x -= text_width(name, 5.8)
        paper.line(x, y, name, 5.8, shade=color("paper", "muted"))
        if shade is not None:
            x -= 8
            paper.fill(x, y + 1.2, 5.5, 5.5, shade)
        x -= 7


# -- pictures of the whole heart ---------------------------------------------------------------------------------------


def paint_projection(paper: Paper, box: QRectF, case: Case, still: Still, vessel: str) -> None:
    """Paint a simulated X-ray with the vessel, its calcium and its caps in true perspective.

    The box may be lower than it is wide: the middle of the picture is shown.
    """
    painter = paper.painter
    if painter is None:
        return
    edge = still.grey.shape[0]
    pixels = np.ascontiguousarray(still.grey)
    image = QImage(pixels.data, edge, edge, edge, QImage.Format.Format_Grayscale8).copy()
    side = max(box.width(), box.height())
    square = QRectF(box.center().x() - side / 2, box.center().y() - side / 2, side, side)

    def to_px(points_lps_mm: Float) -> Float:
        place = still.carm.project(points_lps_mm) * (square.width() / still.carm.detector_mm)
        found: Float = np.stack([square.center().x() + place[..., 0], square.center().y() - place[..., 1]], axis=-1)
        return found * PX_PER_PT

    painter.save()
    painter.setClipRect(box)
    painter.drawImage(square, image)
    per_mm = square.width() / still.carm.detector_mm * still.carm.sid_mm / still.carm.sod_mm * PX_PER_PT
    _paint_heart_marks(paper, case, vessel, to_px, per_mm, faint=110)
    painter.restore()
    _paint_cap_letters(paper, box, case, to_px)


def paint_rendering(paper: Paper, box: QRectF, case: Case, picture: Picture, vessel: str) -> None:
    """Paint the 3-D still with the course of the vessel, its calcium and its caps; the box is filled."""
    painter = paper.painter
    if painter is None:
        return
    wide, high = picture.size_px
    rgb = np.ascontiguousarray(picture.rgb)
    image = QImage(rgb.data, wide, high, 3 * wide, QImage.Format.Format_RGB888).copy()
    scale = max(box.width() / wide, box.height() / high)
    place = QRectF(0, 0, wide * scale, high * scale)
    place.moveCenter(box.center())

    def to_px(points_lps_mm: Float) -> Float:
        pixels = picture.camera.project(points_lps_mm, picture.size_px)[..., :2]
        found: Float = (pixels * scale + (place.left(), place.top())) * PX_PER_PT
        return found

    painter.save()
    painter.setClipRect(box)
    painter.drawImage(place, image)
    per_mm = high / picture.camera.height_mm * scale * PX_PER_PT
    _paint_heart_marks(paper, case, vessel, to_px, per_mm, faint=0)
    painter.restore()
    _paint_cap_letters(paper, box, case, to_px)


def _paint_heart_marks(paper: Paper, case: Case, vessel: str, to_px: ToScreen, per_mm: float, *, faint: int) -> None:
    painter = paper.painter
    assert painter is not None
    painter.save()
    painter.scale(1 / PX_PER_PT, 1 / PX_PER_PT)
    for each in case.tree:
        if each.name == vessel:
            _paint_course(painter, each.centerline, to_px, color("text", "strong"), 2.0)
        elif faint:
            shade = QColor(color("text", "strong"))
            shade.setAlpha(faint)
            _paint_course(painter, each.centerline, to_px, shade, 1.0)
    paint_calcium(painter, case, to_px, per_mm)
    paint_caps(painter, case, to_px, words=False)
    painter.restore()


def _paint_course(painter: QPainter, line: Centerline, to_px: ToScreen, shade: QColor, width: float) -> None:
    """Draw a centreline, dashed where it is a guess."""
    guess = line.is_inferred(line.station_mm)
    screen = to_px(line.points_lps_mm)
    for part in np.split(np.arange(len(guess)), np.flatnonzero(np.diff(guess.astype(int))) + 1):
        pen = QPen(shade, width)
        if guess[part[0]]:
            pen.setDashPattern([3, 2.4])
        painter.setPen(pen)
        painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in screen[part[0] : part[-1] + 2]]))


def _paint_cap_letters(paper: Paper, box: QRectF, case: Case, to_px: ToScreen) -> None:
    for lesion in case.lesions:
        if lesion.kind is not LesionKind.OCCLUSION:
            continue
        for cap, meaning, letter in ((lesion.proximal, "proximal_cap", "P"), (lesion.distal, "distal_cap", "D")):
            x, y = to_px(cap.lps_mm[None])[0] / PX_PER_PT
            if box.adjusted(12, 8, -4, -4).contains(QPointF(x, y)):
                paper.plate(x - 5, y - 10, letter, 6.4, color("meaning", meaning), align="right")


# -- cross-sections and composition ------------------------------------------------------------------------------------


def paint_section(
    paper: Paper, box: QRectF, case: Case, sight: Along, hu: NDArray[np.float32], station_mm: float, window: Window
) -> None:
    """Paint a cross-section with lumen, wall and the calcium's arc."""
    painter = paper.painter
    if painter is None:
        return
    painter.drawImage(box, grey_image(hu[::-1], window))
    painter.save()
    painter.setClipRect(box)
    painter.scale(1 / PX_PER_PT, 1 / PX_PER_PT)
    large = QRectF(box.topLeft() * PX_PER_PT, box.size() * PX_PER_PT)
    paint_section_marks(painter, large, case, sight, station_mm, SECTION_HALF_WIDTH_MM)
    painter.restore()
    bar = 5.0 / (2 * SECTION_HALF_WIDTH_MM) * box.width()
    paper.fill(box.right() - bar - 4, box.bottom() - 4.5, bar, 1.0, color("text", "strong"))
    paper.line(
        box.right() - bar - 4, box.bottom() - 12, "5 mm", 5.2, shade=color("text", "strong"), align="centre",
        width_pt=bar,
    )  # fmt: skip


def paint_composition(paper: Paper, x: float, y: float, width_pt: float, rows: tuple[TissueWords, ...]) -> float:
    """Paint a line for each class of plaque: its share, and where others lie; returns the place below."""
    name_pt, value_pt, row_pt = 47.0, 26.0, 13.5
    track = width_pt - name_pt - value_pt - 4
    for row in rows:
        shade = color("meaning", row.meaning)
        paper.line(x, y, row.name, 6.4)
        low, median, high = (x + name_pt + track * value / 100 for value in row.context_percent)
        paper.fill(x + name_pt, y + 3.6, track, 1.2, color("paper", "range"))
        paper.fill(low, y + 1.2, max(high - low, 1.0), 6.0, color("paper", "range"))
        paper.fill(median - 0.4, y + 0.2, 0.8, 8.0, color("paper", "muted"))
        text = UNKNOWN
        if row.share_percent is not None:
            text = f"{row.share_percent:.0f} %"
            if paper.painter is not None:
                paper.painter.setPen(QPen(color("paper", "ink"), 0.7))
                paper.painter.setBrush(shade)
                at = QPointF(x + name_pt + track * row.share_percent / 100, y + 4.2)
                paper.painter.drawEllipse(at, 3.0, 3.0)
                paper.painter.setBrush(Qt.BrushStyle.NoBrush)
        paper.line(x + width_pt - value_pt, y, text, 6.8, weight="bold", align="right", width_pt=value_pt)
        y += row_pt
    return y
