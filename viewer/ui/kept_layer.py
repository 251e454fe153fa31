"""The part of a picture that stays while the cursor moves, painted once and then only laid down again."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QWidget

from viewer.ui.same import same


class KeptLayer:
    """One painted layer of a widget and what it was made from."""

    def __init__(self) -> None:
        self._made_from: tuple[object, ...] = ()
        self._image = QImage()

    def draw(
        self, painter: QPainter, widget: QWidget, area: QRect, paint: Callable[[QPainter], None], *made_from: object
    ) -> None:
        """Draw the layer: painted anew only if it is made from other nouns or values than the last time.

        Parameters
        ----------
        painter : QPainter
            On `widget`; on anything else, a capture of another size perhaps, the layer is painted directly.
        widget : QWidget
        area : QRect
            What the layer covers, in pixels of the program's texts and lines.
        paint : callable
            Paints it, given a painter.
        made_from : objects
            All that it depends on, the area apart.
        """
        if painter.device() is not widget:
            paint(painter)
            return
        ratio = widget.devicePixelRatioF()
        made_from = (*made_from, area.getRect(), ratio)
        if not same(made_from, self._made_from):
            self._made_from = made_from
            size = QSize(round(area.width() * ratio), round(area.height() * ratio))
            self._image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
            self._image.setDevicePixelRatio(ratio)
            self._image.fill(0)
            inner = QPainter(self._image)
            inner.setRenderHints(painter.renderHints())
            inner.translate(-area.topLeft())
            try:
                paint(inner)
            finally:
                inner.end()
        painter.drawImage(area.topLeft(), self._image)
