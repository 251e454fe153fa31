"""The words that every capture carries under its picture: what is shown of which vessel, and what it is not."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from viewer.desk.sight import active
from viewer.desk.target import active_lesion
from viewer.model.case import Case
from viewer.model.geometry import direction_label
from viewer.model.view import ViewState
from viewer.ui.pane import Pane
from viewer.ui.plane_frame import PLANE_NAMES
from viewer.ui.plane_texts import SCALE_LENGTHS_MM
from viewer.ui.theme import color, font

DISCLAIMER = "planning preview, not a medical device"
#: A cursor within this distance of the active vessel is on it.
ON_VESSEL_MM = 3.0
MARGIN_PX, GAP_PX = 12, 6
#: The bar is at most this share of the caption's width.
BAR_SHARE = 0.16
#: Panes that show the lesion's vessel whatever the cursor is at.
OF_VESSEL = ("reformation", "sections", "xray", "angiogram", "view_map")


@dataclass(frozen=True, slots=True)
class Caption:
    """What is burned into a capture.

    Attributes
    ----------
    place, shown : str
        Vessel and segment, which may be unknown, and what is shown.
    parts : tuple of str
        Angles, orientation, threshold, date.
    mm_per_px : float or None
        For the bar, in the program's pixels.
    scale_holds : str
        Where the bar is true, if not everywhere.
    identity : str
        Typed by the operator; empty: none.
    """

    place: str
    shown: str
    parts: tuple[str, ...]
    mm_per_px: float | None = None
    scale_holds: str = ""
    identity: str = ""

    @property
    def head(self) -> str:
        """The first line."""
        return " · ".join(filter(None, (self.place, self.shown)))

    @property
    def text(self) -> str:
        """All of its words."""
        return " · ".join(filter(None, (self.head, *self.parts, DISCLAIMER, self.identity)))


def place_words(case: Case, view: ViewState, pane: str | None) -> str:
    """Return vessel and SCCT segments: of the lesion that is looked at, else of the cursor's place; may be empty."""
    lesion = active_lesion(case, view)
    if lesion is not None and (pane is None or pane in OF_VESSEL):
        return _with_segments(case, lesion.vessel, lesion.proximal.station_mm, lesion.distal.station_mm)
    sight = active(case, view)
    if sight is None:
        return ""
    station, distance = sight.nearest(view.cursor_lps_mm)
    if distance > ON_VESSEL_MM and pane not in OF_VESSEL:
        return ""
    vessel, own = sight.course.on_vessel(station)
    return _with_segments(case, vessel, own, own)


def _with_segments(case: Case, vessel: str, from_mm: float, to_mm: float) -> str:
    codes = [s.code for s in case.tree[vessel].segments if s.from_mm <= to_mm and s.to_mm >= from_mm]
    # Of two segments that meet at one station, the cursor is in the first.
    codes = codes[:1] if from_mm == to_mm else [code for n, code in enumerate(codes) if n in (0, len(codes) - 1)]
    return f"{vessel} · {' – '.join(codes)}" if codes and codes != [vessel] else vessel


def caption_of(case: Case, view: ViewState, pane: Pane | None, area: QRect, identity: str = "") -> Caption:
    """Return the caption of a pane's picture in `area`, or of the whole layout.

    Parameters
    ----------
    case, view
        As they lie on the desk.
    pane : Pane or None
        ``None``: the layout.
    area : QRect
        Of the picture, in the program's pixels.
    identity : str
    """
    key = None if pane is None else pane.key
    if pane is None:
        shown = f"All panes of step {view.step.value}"
    else:
        # The title of this pane is its vessel.
        shown = "Curved reformation" if key == "reformation" else pane.title
    parts = [*_direction(view, pane)]
    threshold = _threshold(case, view)
    if threshold:
        parts.append(threshold)
    parts.append(ct_date(case))
    # The planes tell none: they have a bar of their own in the picture.
    scale = None if pane is None else pane.mm_per_px(area)
    holds = pane.scale_holds() if pane is not None and scale is not None else ""
    return Caption(place_words(case, view, key), shown, tuple(filter(None, parts)), scale, holds, identity)


def _direction(view: ViewState, pane: Pane | None) -> list[str]:
    """Return from where is looked, and which way round."""
    if pane is None:
        return [f"C-arm {view.carm.label}"]
    if pane.key == "xray":
        return [f"C-arm {view.carm.label}", "seen from the detector"]
    if pane.key == "angiogram":
        return [f"real angiogram, C-arm {pane.subtitle()}", f"frame {pane.header_right()}"]
    if pane.key == "volume":
        return [f"seen from {pane.header_right()}"]
    if pane.key == "reformation":
        return [pane.subtitle()]
    if pane.key == "sections":
        return ["looking along the flow"]
    if pane.key in PLANE_NAMES:
        plane = view.planes[PLANE_NAMES.index(pane.key)]
        slab = view.slab
        thick = f"{slab.projection.value} {slab.thickness_mm:g} mm" if slab.thickness_mm > 0 else "thin slice"
        return [
            f"{direction_label(-plane.right)} on the left, {direction_label(-plane.down)} at the top",
            " ".join(filter(None, (pane.subtitle(), thick))),
        ]
    return []


def _threshold(case: Case, view: ViewState) -> str:
    """Return from which value on calcium is marked, where it is."""
    lesion = active_lesion(case, view)
    name = lesion.vessel if lesion is not None else view.vessel
    profile = case.calcium_of(name) if name is not None else None
    profile = profile or next(iter(case.calcium), None)
    return "" if profile is None else f"calcium from {profile.threshold.hu:.0f} HU ({profile.threshold.kind.value})"


def ct_date(case: Case) -> str:
    """Return the date of the CT, ``CT 2024-05-03``, or that it is unknown."""
    date = case.volume.facts.study_date or ""
    if len(date) == 8 and date.isdigit():
        return f"CT {date[:4]}-{date[4:6]}-{date[6:]}"
    return "CT date unknown"


# -- painting ----------------------------------------------------------------------------------------------------


def _lines(caption: Caption, width: float) -> list[str]:
    """Return the words under the head, broken between parts so that they fit."""
    metrics = QFontMetricsF(font(0.9))
    lines: list[str] = []
    for part in (*caption.parts, DISCLAIMER):
        longer = f"{lines[-1]}  ·  {part}" if lines else part
        if lines and metrics.horizontalAdvance(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(part)
    return lines


def _room(caption: Caption, width: int) -> float:
    """Return how wide the words may be: all but the bar."""
    return width - 2 * MARGIN_PX - (0.0 if caption.mm_per_px is None else _bar_room(caption, width) + MARGIN_PX)


def _bar_room(caption: Caption, width: float) -> float:
    """Return how wide the bar with its words may be."""
    words = QFontMetricsF(font(0.9, bold=True)).horizontalAdvance(f"100 mm {caption.scale_holds}")
    return max(BAR_SHARE * width, words, 96.0)


def caption_height_px(caption: Caption, width: int) -> int:
    """Return how high the caption is under a picture of this width, in the program's pixels."""
    rows = len(_lines(caption, _room(caption, width)))
    heads = 1 + bool(caption.identity)
    return round(
        2 * GAP_PX + 2 + heads * QFontMetricsF(font(1.1, bold=True)).height() + rows * QFontMetricsF(font(0.9)).height()
    )


def paint_caption(painter: QPainter, area: QRect, caption: Caption) -> None:
    """Paint the caption into its strip."""
    painter.fillRect(area, color("surface", "window"))
    painter.fillRect(QRectF(area.left(), area.top(), area.width(), 1.0), color("surface", "hover"))
    left, room = area.left() + MARGIN_PX, _room(caption, area.width())
    top = area.top() + GAP_PX + 1.0
    rows = [(caption.identity, font(1.1, bold=True), "strong")] if caption.identity else []
    rows.append((caption.head, font(1.1, bold=True), "strong"))
    rows += [(line, font(0.9), "normal") for line in _lines(caption, room)]
    for text, with_font, tone in rows:
        metrics = QFontMetricsF(with_font)
        painter.setFont(with_font)
        painter.setPen(color("text", tone))
        box = QRectF(left, top, room, metrics.height())
        painter.drawText(
            box, int(Qt.AlignmentFlag.AlignLeft), metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
        )
        top += metrics.height()
    if caption.mm_per_px is not None:
        _paint_bar(painter, area, caption, caption.mm_per_px)


def _paint_bar(painter: QPainter, area: QRect, caption: Caption, mm_per_px: float) -> None:
    longest = _bar_room(caption, area.width())
    length_mm = max((n for n in SCALE_LENGTHS_MM if n / mm_per_px <= longest), default=None)
    if length_mm is None:
        return
    right = area.right() - MARGIN_PX
    width = length_mm / mm_per_px
    y = area.bottom() - GAP_PX - 7.0
    pen = QPen(color("text", "strong"), 2.0)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    painter.setPen(pen)
    ends = [QPointF(right - width, y), QPointF(right, y)]
    painter.drawLine(*ends)
    for end in ends:
        painter.drawLine(end - QPointF(0, 4), end + QPointF(0, 4))
    painter.setFont(font(0.9, bold=True))
    box = QRectF(right - longest, area.top(), longest, y - 7 - area.top())
    flags = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom)
    painter.drawText(box, flags, f"{length_mm} mm {caption.scale_holds}".rstrip())
