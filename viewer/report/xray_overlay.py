"""The plan drawn over a simulated projection, without a window: centrelines (guesses dashed), calcium, caps, angles."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QBuffer, QByteArray, QCoreApplication, QIODevice, QRect, Qt
from PySide6.QtGui import QImage, QImageWriter, QPainter
from PySide6.QtWidgets import QApplication

from viewer.model.carm import CArm
from viewer.model.case import Case
from viewer.model.geometry import Float
from viewer.report.ink import color, draw_text, font, load_fonts
from viewer.report.plan_layers import paint_layers

#: Lines and words are as wide and as high as on a picture of so many pixels.
DRAWN_PX = 512
#: What is drawn less than this (of 255) is left out of a picture of one bit.
FAINTEST = 90


def paint_plan(painter: QPainter, case: Case, carm: CArm, size_px: int) -> None:
    """Draw the plan on a square of `size_px` pixels, scaled as if it had `DRAWN_PX`."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(size_px / DRAWN_PX, size_px / DRAWN_PX)
    px_per_mm = DRAWN_PX / carm.detector_mm

    def to_screen(points_lps_mm: Float) -> Float:
        return DRAWN_PX / 2 + carm.project(points_lps_mm) * (px_per_mm, -px_per_mm)

    active = next((lesion.vessel for lesion in case.lesions), None)
    per_mm = px_per_mm * carm.sid_mm / carm.sod_mm
    paint_layers(painter, case, to_screen, per_mm, active, lambda _: 1.0, QRect(0, 0, DRAWN_PX, DRAWN_PX))
    box = QRect(8, 6, DRAWN_PX - 16, DRAWN_PX - 12)
    left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
    right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom)
    draw_text(painter, box, left, carm.label, font(1.0, bold=True), color("text", "strong"))
    draw_text(painter, box, right, "computed from the CT", font(0.8), color("text", "strong"))


def png_bytes(grey: NDArray[np.uint8], carm: CArm, plan: Case | None) -> bytes:
    """Return a picture as PNG, with the plan over it if there is one to show.

    Parameters
    ----------
    grey : ndarray of uint8, shape (N, N)
        As displayed: row 0 at the top.
    carm : CArm
    plan : Case or None
    """
    size = grey.shape[0]
    pixels = np.ascontiguousarray(grey)
    image = QImage(pixels.data, size, size, size, QImage.Format.Format_Grayscale8)
    if plan is not None:
        image = image.convertToFormat(QImage.Format.Format_RGB32)
        _paint_on(image, plan, carm)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    return bytes(buffer.data().data())


def overlay_bits(plan: Case, carm: CArm, size_px: int) -> NDArray[np.bool_]:
    """Return where the plan is drawn, shape (size_px, size_px), row 0 at the top."""
    image = QImage(size_px, size_px, QImage.Format.Format_ARGB32)
    image.fill(0)
    _paint_on(image, plan, carm)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(size_px, image.bytesPerLine())[:, : 4 * size_px]
    blue, green, red, alpha = (rows[:, n::4].astype(int) for n in range(4))
    # The dark rim of letters is no drawing.
    return (alpha >= FAINTEST) & (np.maximum(np.maximum(red, green), blue) >= FAINTEST)


def _paint_on(image: QImage, plan: Case, carm: CArm) -> None:
    _application()
    load_fonts()
    painter = QPainter(image)
    try:
        paint_plan(painter, plan, carm, image.width())
    finally:
        painter.end()


@cache
def _application() -> QCoreApplication:
    """Return the application without which Qt draws no letters; made once where there is none."""
    return QApplication.instance() or QApplication([])
