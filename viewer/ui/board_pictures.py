"""The pictures of the board, decoded once each, and no more than one in a turn of the event loop."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, QSize, Qt, QTimer
from PySide6.QtGui import QImage, QImageReader

from viewer.model.board import BoardItem

#: Pictures on the board's cards are kept at this size; cards are not larger.
CARD_PX = QSize(640, 360)
#: A picture beyond this is none of ours, MiB when decoded.
MOST_MIB = 128


def decoded(item: BoardItem, within: QSize | None = None) -> QImage:
    """Return a capture's picture, `within` a size if given; a null image if its bytes are damaged."""
    buffer = QBuffer()
    buffer.setData(QByteArray(item.png.tobytes()))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer, QByteArray(b"png"))
    QImageReader.setAllocationLimit(MOST_MIB)
    image = reader.read()
    if within is None or image.isNull():
        return image
    return image.scaled(within, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)


class BoardPictures(QObject):
    """Small pictures for the cards, ready one after another.

    Parameters
    ----------
    arrived : callable
        Called when a picture has become ready.
    """

    def __init__(self, arrived: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._arrived = arrived
        self._ready: list[tuple[object, QImage]] = []
        self._wanted: list[BoardItem] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._next)

    @property
    def resting(self) -> bool:
        """Whether every picture that was asked for is ready."""
        return not self._wanted

    def keep_only(self, board: tuple[BoardItem, ...]) -> None:
        """Forget the pictures of captures that are gone."""
        here = [item.png for item in board]
        self._ready = [pair for pair in self._ready if any(pair[0] is png for png in here)]
        self._wanted = [item for item in self._wanted if any(item.png is png for png in here)]

    def small(self, item: BoardItem) -> QImage | None:
        """Return a capture's small picture; ``None`` until it is ready, which `arrived` will tell."""
        for png, image in self._ready:
            if png is item.png:
                return image
        if not any(wanted.png is item.png for wanted in self._wanted):
            self._wanted.append(item)
            self._timer.start()
        return None

    def _next(self) -> None:
        if self._wanted:
            item = self._wanted.pop(0)
            self._ready.append((item.png, decoded(item, CARD_PX)))
            self._arrived()
        if self._wanted:
            self._timer.start()
