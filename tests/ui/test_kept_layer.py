"""A layer is painted anew when what it shows has changed, and only then."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from viewer.ui.kept_layer import KeptLayer


class Sheet(QWidget):
    """Draws a layer of one colour; counts how often that is painted."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = KeptLayer()
        self.shade = Qt.GlobalColor.red
        self.noun = np.zeros(3)
        self.painted = 0

    def fill(self, painter: QPainter) -> None:
        self.painted += 1
        painter.fillRect(QRect(10, 10, 20, 20), self.shade)

    def draw(self, painter: QPainter) -> None:
        self.layer.draw(painter, self, QRect(5, 5, 60, 60), self.fill, self.noun, self.shade)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self.draw(painter)
        painter.end()


@pytest.fixture
def sheet(qtbot: QtBot) -> Sheet:
    made = Sheet()
    qtbot.addWidget(made)
    made.resize(80, 80)
    return made


def test_that_a_layer_is_painted_once_for_many_pictures_and_stands_where_it_should(sheet: Sheet):
    images = [sheet.grab().toImage() for _ in range(3)]
    assert sheet.painted == 1
    for image in images:
        assert image.pixelColor(12, 12) == Qt.GlobalColor.red
        assert image.pixelColor(28, 28) == Qt.GlobalColor.red
        assert image.pixelColor(8, 8) != Qt.GlobalColor.red
        assert image.pixelColor(32, 32) != Qt.GlobalColor.red


def test_that_another_value_or_another_noun_is_painted_anew(sheet: Sheet):
    sheet.grab()
    sheet.shade = Qt.GlobalColor.blue
    assert sheet.grab().toImage().pixelColor(12, 12) == Qt.GlobalColor.blue
    sheet.noun = np.zeros(3)
    sheet.grab()
    assert sheet.painted == 3


def test_that_a_capture_is_painted_at_its_own_size_and_leaves_the_layer_alone(sheet: Sheet):
    sheet.grab()
    image = QImage(320, 320, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    painter.scale(4, 4)
    sheet.draw(painter)
    painter.end()
    assert image.pixelColor(42, 42) == Qt.GlobalColor.red and image.pixelColor(38, 42) == Qt.GlobalColor.black
    assert sheet.painted == 2
    sheet.grab()
    assert sheet.painted == 2
