"""The card of the right column that says what an occlusion is made of, and where it lies among published ones."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QFrame, QGridLayout, QSizePolicy, QWidget

from viewer.model.composition import CONTEXT, PLAQUE, Composition, ContextRange, TissueClass
from viewer.ui.facts_panel import card, label
from viewer.ui.overlay_card import Swatch
from viewer.ui.strip_chart import tissue_color, tissue_words
from viewer.ui.theme import color

UNKNOWN = "–"
BAR_PX, ROW_PX = 14, 22
SOURCE = "Classes of density, not histology. Context: 207 occlusions (Xing 2022); no probability follows from it."
KEY = (
    "Band: half of them lie there; line: their median. "
    "Triangle above: median where a wire crossed within 30 min; below: where none did."
)


def composition_card(composition: Composition, length_mm: float) -> QFrame:
    """Return the card.

    Parameters
    ----------
    composition : Composition
        From cap to cap.
    length_mm : float
        Of the occlusion.
    """
    frame, column = card("Composition of the occlusion")
    column.addWidget(SharesBar(composition))
    grid = QGridLayout()
    grid.setHorizontalSpacing(8)
    grid.setVerticalSpacing(3)
    grid.setColumnStretch(1, 1)
    for row, tissue in enumerate(PLAQUE):
        grid.addWidget(Swatch(tissue_color(tissue)), row, 0)
        grid.addWidget(label(tissue_words(tissue), "muted"), row, 1)
        share = composition.share_percent(tissue)
        percent = f"{share:.0f} %" if share is not None else UNKNOWN
        value = label(f"{percent} · {composition.volume_mm3[tissue]:.0f} mm³", "value")
        value.setAlignment(Qt.AlignmentFlag.AlignRight)
        grid.addWidget(value, row, 2)
    column.addLayout(grid)
    column.addSpacing(4)
    column.addWidget(label("Among published occlusions", "muted"))
    column.addLayout(_context(composition, length_mm))
    column.addWidget(label(SOURCE, "small"))
    return frame


def _context(composition: Composition, length_mm: float) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(8)
    grid.setVerticalSpacing(3)
    grid.setColumnStretch(1, 1)
    rows: list[tuple[str, str, float | None, str]] = [
        ("length", "length_mm", length_mm, "mm"),
        ("plaque", "plaque_mm3", composition.plaque_mm3, "mm³"),
    ]
    names = {TissueClass.DENSE_CALCIUM: "dense", TissueClass.FIBROUS: "fibrous", TissueClass.NECROTIC_CORE: "core"}
    for tissue, name in names.items():
        rows.append((name, f"{tissue.name.lower()}_percent", composition.share_percent(tissue), "%"))
    for row, (name, key, value, unit) in enumerate(rows):
        grid.addWidget(label(name, "muted"), row, 0)
        grid.addWidget(ContextBar(CONTEXT[key], value, unit), row, 1)
        shown = label(f"{value:.0f} {unit}" if value is not None else UNKNOWN, "value")
        shown.setAlignment(Qt.AlignmentFlag.AlignRight)
        grid.addWidget(shown, row, 2)
    return grid


class SharesBar(QWidget):
    """One bar, all of the plaque, stacked from soft to hard."""

    def __init__(self, composition: Composition) -> None:
        super().__init__()
        self._shares = [(tissue, composition.share_percent(tissue) or 0.0) for tissue in PLAQUE]
        self.setFixedHeight(BAR_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(", ".join(f"{tissue_words(t)} {share:.0f} %" for t, share in self._shares))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        left = 0.0
        for tissue, share in self._shares:
            wide = share / 100 * self.width()
            painter.fillRect(QRectF(left, 0, wide, BAR_PX), tissue_color(tissue))
            left += wide
        painter.end()


class ContextBar(QWidget):
    """Where one value lies among the published ones."""

    def __init__(self, context: ContextRange, value: float | None, unit: str) -> None:
        super().__init__()
        self._context = context
        self._value = value
        most = max(1.4 * context.high, value or 0.0, context.not_crossed)
        self._most = 100.0 if unit == "%" else most
        self.setFixedHeight(ROW_PX)
        self.setMinimumWidth(90)
        words = f"{context.median:g} {unit} (half of them {context.low:g} to {context.high:g} {unit})"
        crossed = f"Crossed within 30 min: {context.crossed:g} {unit}, not: {context.not_crossed:g} {unit}."
        self.setToolTip(f"{words}. {crossed}\n{KEY}")

    def sizeHint(self) -> QSize:
        return QSize(110, ROW_PX)

    def _x(self, value: float) -> float:
        return 3 + min(value / self._most, 1.0) * (self.width() - 6)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, context = ROW_PX / 2, self._context
        painter.fillRect(QRectF(3, middle - 1, self.width() - 6, 2), color("surface", "raised"))
        low, high = self._x(context.low), self._x(context.high)
        painter.fillRect(QRectF(low, middle - 3.5, max(high - low, 1.5), 7), color("accent", "quiet"))
        painter.setPen(QPen(color("text", "muted"), 1.5))
        painter.drawLine(QPointF(self._x(context.median), middle - 5), QPointF(self._x(context.median), middle + 5))
        painter.setPen(Qt.PenStyle.NoPen)
        for at, way, shade in ((context.crossed, -1.0, "done"), (context.not_crossed, 1.0, "refusal")):
            tip = QPointF(self._x(at), middle + 4 * way)
            painter.setBrush(color("accent", shade))
            painter.drawPolygon(QPolygonF([tip, tip + QPointF(-4, 6 * way), tip + QPointF(4, 6 * way)]))
        if self._value is not None:
            x = self._x(self._value)
            painter.setPen(QPen(color("surface", "card"), 1))
            painter.setBrush(color("text", "strong"))
            painter.drawEllipse(QPointF(x, middle), 4.5, 4.5)
        painter.end()
