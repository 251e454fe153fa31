"""The frames of one run, decoded off the window's thread: the one that is looked at first, then those that follow."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from viewer.jobs import Jobs
from viewer.progress import Progress

if TYPE_CHECKING:
    from viewer.dicom.angiogram import Run

DECODE = "angiogram.decode"
#: Frames that are kept decoded take at most this; few runs are longer.
MOST_BYTES = 512 * 1024**2
#: A frame that comes so soon in what is being decoded is waited for.
SOON = 4

Grey = NDArray[np.uint8]


class RunFrames(QObject):
    """Gives frames that are there, and fetches those that are not. `came` tells that the wanted one is there now."""

    came = Signal()
    failed = Signal(object)

    def __init__(self, jobs: Jobs, parent: QObject) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._run: Run | None = None
        self._there: dict[int, Grey] = {}
        self._coming: list[int] = []
        self._wanted = 0

    @property
    def waiting(self) -> bool:
        """Whether the wanted frame is on its way."""
        return self._run is not None and self._wanted not in self._there and self._jobs.job(DECODE) is not None

    def show_run(self, run: Run | None) -> None:
        """Take another run, or none."""
        self._jobs.cancel(DECODE)
        self._run, self._there, self._coming, self._wanted = run, {}, [], 0
        if run is not None:
            self._decode(0)

    def frame(self, number: int) -> Grey | None:
        """Return a frame as uint8 of shape (rows, columns), or ``None`` and fetch it."""
        self._wanted = number
        if self._run is not None and number not in self._there and number not in self._coming[:SOON]:
            self._decode(number)
        return self._there.get(number)

    def _decode(self, first: int) -> None:
        run = self._run
        if run is None:
            return
        count = len(run.pictures)
        most = max(1, min(count, MOST_BYTES // (run.angiogram.rows * run.angiogram.columns)))
        if len(self._there) >= most:
            self._there = {}
        order = [n % count for n in range(first, first + count) if n % count not in self._there]
        order = order[: most - len(self._there)]
        self._coming = list(order)

        def work(progress: Progress, give: Callable[[tuple[int, Grey]], None]) -> None:
            from viewer.dicom.angiogram import frame_grey, frame_levels
            from viewer.dicom.decode import stored_values

            # One pair of levels for the whole run: it must not flicker.
            levels = frame_levels(run, stored_values(run.pictures[count // 2]))
            for done, number in enumerate(order):
                progress(done / len(order), "Reading the run")
                give((number, frame_grey(run, number, levels)))

        def got(part: tuple[int, Grey]) -> None:
            number, self._there[part[0]] = part
            if number in self._coming:
                self._coming.remove(number)
            if number == self._wanted:
                self.came.emit()

        self._jobs.run(DECODE, work, done=lambda _: None, failed=self.failed.emit, partial=got)
