"""The grey picture of a plane: sampled when it is wanted, coarse while it moves, refined by a job when it is still."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QImage

from viewer.analysis.reformat.plane import (
    COARSEST_STEP,
    Image,
    is_aligned,
    is_warm,
    sample_count,
    sample_plane,
    to_rgb32,
    warm_up,
)
from viewer.jobs import Jobs
from viewer.model.geometry import Float
from viewer.model.view import Plane, Slab, Window
from viewer.model.volume import Volume
from viewer.progress import Progress
from viewer.ui.theme import color

#: What sampling may take on the thread of the window; three panes may have to sample in one frame.
BUDGET_MS = 14.0
#: How long a plane must be still before it is refined.
STILL_MS = 90
COARSEST = 16


@dataclass(frozen=True, slots=True, eq=False)
class PlaneRequest:
    """All that a picture depends on, but for its window."""

    volume: Volume
    center_lps_mm: Float
    plane: Plane
    width_px: int
    height_px: int
    mm_per_px: float
    slab: Slab

    def same_as(self, other: PlaneRequest | None) -> bool:
        """Whether both give the same picture."""
        return (
            other is not None
            and self.volume is other.volume
            and (self.plane is other.plane)
            and (self.width_px, self.height_px, self.mm_per_px) == (other.width_px, other.height_px, other.mm_per_px)
            and self.slab == other.slab
            and bool(np.abs(self.center_lps_mm - other.center_lps_mm).max() < 1e-6)
        )

    def sample(self, coarse: int = 1, progress: Progress = lambda share, text="": None) -> Image:
        """Make the picture."""
        return sample_plane(
            self.volume,
            self.center_lps_mm,
            self.plane.right,
            self.plane.down,
            self.width_px,
            self.height_px,
            self.mm_per_px,
            self.slab,
            coarse=coarse,
            progress=progress,
        )

    @property
    def samples(self) -> float:
        """How much work it is."""
        return sample_count(self.volume, self.plane.right, self.plane.down, self.width_px, self.height_px, self.slab)


class PlaneImage(QObject):
    """The latest picture of one pane.

    Parameters
    ----------
    slot : str
        Slot of the job that refines.
    jobs : Jobs
    arrived : callable
        Called when a picture came from the job, so that the pane paints again.
    """

    #: Learned from every picture that is sampled while the window waits, by all panes.
    ms_per_sample = 1.5e-5

    def __init__(self, slot: str, jobs: Jobs, arrived: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._slot = slot
        self._jobs = jobs
        self._arrived = arrived
        self._request: PlaneRequest | None = None
        self._image: Image | None = None
        self._fine = False
        self._pixels: NDArray[np.uint32] | None = None
        self._pixels_of: tuple[Image | None, Window | None, bool] = (None, None, False)
        self._still = QTimer(self)
        self._still.setSingleShot(True)
        self._still.setInterval(STILL_MS)
        self._still.timeout.connect(self._refine)

    @property
    def fine(self) -> bool:
        """Whether the picture shown is the best one."""
        return self._fine

    def close(self) -> None:
        """Stop what is under way, and forget the volume."""
        self._still.stop()
        self._jobs.cancel(self._slot)
        self._request = self._image = self._pixels = None
        self._pixels_of = (None, None, False)
        self._fine = False

    def picture(self, request: PlaneRequest, window: Window, inverted: bool) -> QImage | None:
        """Return the picture for the screen; ``None`` until the kernels are ready, which `arrived` will tell."""
        if not request.same_as(self._request):
            self._request = request
            self._jobs.cancel(self._slot)
            self._still.stop()
            self._fine = False
            if is_warm():
                self._sample(request)
            else:
                self._image = None
                self._refine()
        if self._image is None:
            return None
        if self._pixels is None or self._pixels_of[0] is not self._image or self._pixels_of[1:] != (window, inverted):
            self._pixels = _pixels(self._image, window, inverted)
            self._pixels_of = (self._image, window, inverted)
        return _as_qimage(self._pixels)

    def _sample(self, request: PlaneRequest) -> None:
        coarse = _coarseness(request, PlaneImage.ms_per_sample)
        start = time.perf_counter()
        self._image = request.sample(coarse)
        self._fine = coarse == 1
        if self._fine:
            self._learn(request, time.perf_counter() - start)
        else:
            self._still.start()

    @staticmethod
    def _learn(request: PlaneRequest, took_s: float) -> None:
        if request.samples > 100_000:
            PlaneImage.ms_per_sample += 0.2 * (took_s * 1e3 / request.samples - PlaneImage.ms_per_sample)

    def _refine(self) -> None:
        request = self._request
        if request is None:
            return

        def work(progress: Progress) -> tuple[Image, float]:
            warm_up()
            start = time.perf_counter()
            return request.sample(1, progress), time.perf_counter() - start

        def done(result: tuple[Image, float]) -> None:
            if request is self._request:
                self._image, took_s = result
                self._fine = True
                # Among other jobs it may have been slow, but never quicker than it would be in the window.
                if took_s * 1e3 < request.samples * PlaneImage.ms_per_sample:
                    self._learn(request, took_s)
                self._arrived()

        self._jobs.run(self._slot, work, done=done, failed=_raise)


def _coarseness(request: PlaneRequest, ms_per_sample: float) -> int:
    """Return the least `coarse` that is expected to stay within the budget."""
    full_ms = request.samples * ms_per_sample
    if full_ms <= BUDGET_MS or is_aligned(request.volume.geometry, request.plane.right, request.plane.down):
        return 1
    thick = request.slab.thickness_mm > 0
    for coarse in range(2, COARSEST):
        share = 1 / coarse**2 / (min(coarse, COARSEST_STEP) if thick else 1)
        # Samples far apart share no cache lines: measured, each costs half as much again for every step of coarseness.
        if full_ms * share * (1 + coarse / 2) <= BUDGET_MS:
            return coarse
    return COARSEST


def _raise(problem: BaseException) -> None:
    raise problem


def developed(image: Image, window: Window, inverted: bool) -> QImage:
    """Return a picture of its own of what was sampled: for captures."""
    pixels = _pixels(image, window, inverted)
    return _as_qimage(pixels).copy()


def _pixels(image: Image, window: Window, inverted: bool) -> NDArray[np.uint32]:
    outside = color("surface", "pane").rgb() & 0xFFFFFF
    return to_rgb32(image, window, outside_rgb=outside, inverted=inverted)


def _as_qimage(pixels: NDArray[np.uint32]) -> QImage:
    """Wrap pixels, which must live as long as what is returned."""
    height, width = pixels.shape
    return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
