"""Icons: small line drawings from ``resources/icons``, in the colours of the theme."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from viewer.shipped import resource
from viewer.ui.theme import color


@cache
def icon(name: str) -> QIcon:
    """Return an icon: muted at rest, strong under the mouse or switched on."""
    text = resource("icons", f"{name}.svg").read_text(encoding="utf-8")
    result = QIcon()
    for state, mode, shade in (
        (QIcon.State.Off, QIcon.Mode.Normal, "normal"),
        (QIcon.State.Off, QIcon.Mode.Disabled, "muted"),
        (QIcon.State.Off, QIcon.Mode.Active, "strong"),
        (QIcon.State.On, QIcon.Mode.Normal, "strong"),
    ):
        drawing = QSvgRenderer(QByteArray(text.replace("currentColor", color("text", shade).name()).encode()))
        for edge in (16, 32, 48):
            pixmap = QPixmap(QSize(edge, edge))
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            drawing.render(painter, QRectF(0, 0, edge, edge))
            painter.end()
            result.addPixmap(pixmap, mode, state)
    return result
