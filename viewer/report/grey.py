"""Hounsfield units to a grey picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from viewer.model.view import Window


def grey_image(hu: NDArray[np.floating] | NDArray[np.int16], window: Window) -> QImage:
    """Return a grey QImage of its own memory from HU of shape (rows, columns)."""
    low = window.level_hu - window.width_hu / 2
    grey = np.clip((hu - low) * (255.0 / window.width_hu), 0, 255).astype(np.uint8)
    height, width = grey.shape
    line = -(-width // 4) * 4
    padded = np.zeros((height, line), np.uint8)
    padded[:, :width] = grey
    return QImage(padded.data, width, height, line, QImage.Format.Format_Grayscale8).copy()
