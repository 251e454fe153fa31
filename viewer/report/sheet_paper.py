"""Paper to set text on, in points from the upper left corner whatever the device is; or to measure it without one."""

from __future__ import annotations

import re
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from viewer.report.ink import color, theme

#: Text is set in this fraction of a point, so that letters keep their true widths at any density.
_FINE = 20
ELLIPSIS = "…"
#: Where a line may end: not between a number and its unit, nor within a range.
_BREAK = re.compile(r"(?<!–) +(?!(?:–|%|(?:mm[²³]?|HU)\b))")


@lru_cache(maxsize=128)
def _font(size_pt: float, weight: str) -> QFont:
    font = QFont(theme()["font"]["family"])
    font.setPixelSize(round(size_pt * _FINE))
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    # Alternates chosen by their neighbours have no character of their own: in a PDF they could not be found again.
    font.setFeature(QFont.Tag("calt"), 0)
    weights = {"normal": QFont.Weight.Normal, "medium": QFont.Weight.Medium, "bold": QFont.Weight.DemiBold}
    font.setWeight(weights.get(weight, QFont.Weight.Bold))
    return font


@lru_cache(maxsize=4096)
def text_width(text: str, size_pt: float, weight: str = "normal") -> float:
    """Return the width of a line of text in points."""
    return QFontMetricsF(_font(size_pt, weight)).horizontalAdvance(text) / _FINE


def wrapped(text: str, width_pt: float, size_pt: float, weight: str = "normal", most: int | None = None) -> list[str]:
    """Return text broken into lines that are not wider than `width_pt`; at most `most`, the last then ends in "…".

    A word that is wider than a line is broken where the line ends.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in _BREAK.split(paragraph.strip()):
            wider = f"{line} {word}" if line else word
            if text_width(wider, size_pt, weight) <= width_pt:
                line = wider
                continue
            if line:
                lines.append(line)
            while text_width(word, size_pt, weight) > width_pt and len(word) > 1:
                cut = next(
                    (n for n in range(len(word) - 1, 0, -1) if text_width(word[:n], size_pt, weight) <= width_pt), 1
                )
                lines.append(word[:cut])
                word = word[cut:]
            line = word
        lines.append(line)
    if most is not None and len(lines) > most:
        lines = lines[:most]
        last = lines[-1]
        while last and text_width(last + ELLIPSIS, size_pt, weight) > width_pt:
            last = last[:-1].rstrip()
        lines[-1] = last + ELLIPSIS
    return lines


class Paper:
    """Sets text and lines.

    Parameters
    ----------
    painter : QPainter or None
        Its unit is the point. Without one nothing is drawn, and everything is measured.

    Attributes
    ----------
    figures : list of (int, QRectF)
        The figures that were set, by their numbers, and where they stand in points.
    """

    LEADING = 1.28

    def __init__(self, painter: QPainter | None) -> None:
        self.painter = painter
        self.figures: list[tuple[int, QRectF]] = []

    def line(
        self,
        x: float,
        y: float,
        text: str,
        size_pt: float,
        *,
        weight: str = "normal",
        shade: QColor | None = None,
        align: str = "left",
        width_pt: float = 0.0,
    ) -> None:
        """Set one line whose top is at `y`; `align` right or centre counts from `x` + `width_pt` or its middle."""
        if self.painter is None or not text:
            return
        if align != "left":
            free = width_pt - text_width(text, size_pt, weight)
            x += free if align == "right" else free / 2
        painter = self.painter
        painter.save()
        painter.scale(1 / _FINE, 1 / _FINE)
        painter.setFont(_font(size_pt, weight))
        painter.setPen(shade or color("paper", "ink"))
        painter.drawText(QPointF(x * _FINE, (y + 0.97 * size_pt) * _FINE), text)
        painter.restore()

    def text(
        self,
        x: float,
        y: float,
        width_pt: float,
        text: str,
        size_pt: float,
        *,
        weight: str = "normal",
        shade: QColor | None = None,
        align: str = "left",
        most: int | None = None,
    ) -> float:
        """Set text in lines of `width_pt`, and return the place below it."""
        for line in wrapped(text, width_pt, size_pt, weight, most):
            self.line(x, y, line, size_pt, weight=weight, shade=shade, align=align, width_pt=width_pt)
            y += self.LEADING * size_pt
        return y

    def fitting(self, text: str, width_pt: float, size_pt: float, least_pt: float, weight: str = "normal") -> float:
        """Return the largest size from `size_pt` down to `least_pt` at which text is one line of `width_pt`."""
        while size_pt > least_pt and text_width(text, size_pt, weight) > width_pt:
            size_pt = round(size_pt - 0.25, 2)
        return max(size_pt, least_pt)

    def heading(self, x: float, y: float, text: str, size_pt: float = 7.4) -> float:
        """Set the heading of a part, and return the place below it."""
        self.line(x, y, text.upper(), size_pt, weight="bold", shade=color("paper", "muted"))
        return y + size_pt * 1.75

    def rule(self, x: float, y: float, width_pt: float, *, thick_pt: float = 0.6, shade: QColor | None = None) -> None:
        """Draw a line across."""
        self.fill(x, y - thick_pt / 2, width_pt, thick_pt, shade or color("paper", "rule"))

    def fill(self, x: float, y: float, width_pt: float, height_pt: float, shade: QColor) -> None:
        """Fill a rectangle."""
        if self.painter is not None:
            self.painter.fillRect(QRectF(x, y, width_pt, height_pt), shade)

    def frame(self, x: float, y: float, width_pt: float, height_pt: float, shade: QColor) -> None:
        """Draw the outline of a rectangle."""
        if self.painter is not None:
            self.painter.setPen(QPen(shade, 0.5))
            self.painter.setBrush(Qt.BrushStyle.NoBrush)
            self.painter.drawRect(QRectF(x, y, width_pt, height_pt))

    def plate(self, x: float, y: float, text: str, size_pt: float, shade: QColor, *, align: str = "left") -> QRectF:
        """Set a line on a dark plate, to be read over a picture; returns the plate. `x` is its edge or its middle."""
        width, pad = text_width(text, size_pt, "bold"), 0.35 * size_pt
        left = x if align == "left" else x - width - 2 * pad if align == "right" else x - width / 2 - pad
        box = QRectF(left, y, width + 2 * pad, size_pt * 1.4)
        if self.painter is not None:
            self.painter.setPen(Qt.PenStyle.NoPen)
            self.painter.setBrush(QColor(8, 11, 16, 215))
            self.painter.drawRoundedRect(box, 0.3 * size_pt, 0.3 * size_pt)
            self.line(left + pad, y + 0.16 * size_pt, text, size_pt, weight="bold", shade=shade)
        return box
