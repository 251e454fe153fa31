"""Which 3-D picture is drawn next: a coarse one while something moves, a fine one when all is still.

One picture is drawn at a time, on a thread of its own, so that neither loading nor tracing makes the view wait. A
coarse picture is always finished (else nothing would be seen during a long drag); a fine one gives way at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from viewer.jobs import Jobs
from viewer.progress import Progress, silent
from viewer.scene.engine import Engine
from viewer.scene.picture import Picture, Request
from viewer.scene.warm_up import warm_up
from viewer.ui.poster import Poster

#: How long all must be still before the fine picture is begun.
STILL_MS = 140
#: What a coarse picture may take, and how small it may become for that (in shares of the full edge).
COARSE_MS = 42.0
COARSE_SHARES = (0.25, 0.75)
#: A fine picture with more pixels is preceded by one of about this size.
FIRST_FINE_PX = 500_000
#: A voxel of the copy that is drawn while moving is not larger than this many pixels of the small picture.
LEVEL_PX = 1.5
#: The loops are compiled this long after the pane was made: the window is up by then, and a study not yet chosen.
WARM_UP_AFTER_MS = 1500
#: How long the last picture may take to stop.
CLOSE_S = 10.0


class Pictures(QObject):
    """Draws what is asked for with `want`, the newest only; `ready` brings each picture, and whether it is final."""

    ready = Signal(object, bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = Jobs(Poster(self).post, threads=1)
        self._engine = Engine()
        self._wanted: Request | None = None  #: not begun yet, as the fine picture
        self._latest: Request | None = None
        self._fine: list[Request] = []  #: what is still to be drawn once all is still
        self._busy_coarse = False
        self._share = 0.5
        self._closed = False
        self._still = QTimer(self)
        self._still.setSingleShot(True)
        self._still.setInterval(STILL_MS)
        self._still.timeout.connect(self._draw_fine)
        QTimer.singleShot(WARM_UP_AFTER_MS, self, self._warm_up)

    def want(self, request: Request) -> None:
        """Ask for a picture, described as it shall be when fine."""
        if self._closed:
            return
        self._wanted = self._latest = request
        self._fine = []
        self._still.stop()
        if not self._busy_coarse:
            self._draw_coarse()

    def now(self, request: Request, progress: Progress = silent) -> Picture:
        """Draw a picture on the caller's thread, whichever that is: for captures."""
        return self._engine.caster.picture(request, progress)

    @property
    def resting(self) -> bool:
        """Whether nothing is drawn and nothing is to be drawn."""
        return not (self._busy_coarse or self._fine or self._wanted or self._still.isActive())

    def forget(self) -> None:
        """Drop what was asked for."""
        self._wanted = self._latest = None
        self._fine = []
        self._still.stop()
        self._jobs.cancel("picture")
        self._busy_coarse = False

    def close(self) -> bool:
        """End everything; False if a thread did not end in time."""
        self.forget()
        self._closed = True
        # an OpenGL window ends on the thread that made it
        closing = self._jobs.run("picture", lambda _progress: self._engine.close(), done=_nothing, failed=_raise)
        ended = closing.wait(CLOSE_S)
        return self._jobs.close() and ended

    def _warm_up(self) -> None:
        if not self._closed:
            self._jobs.run("warm up", warm_up, done=_nothing, failed=_raise)

    def _draw_coarse(self) -> None:
        request, self._wanted = self._wanted, None
        if request is None:
            return
        self._busy_coarse = True
        width, height = request.size_px
        share = 1.0 if self._engine.draws_with_card else self._share
        small = (max(round(width * share), 8), max(round(height * share), 8))
        level = _level_for(request, small[1])
        self._draw(replace(request, size_px=small, level=level, step_voxels=1.0), self._coarse_done, moving=True)

    def _coarse_done(self, picture: Picture, took_ms: float) -> None:
        self._busy_coarse = False
        # the time goes with the number of pixels; half of the way each time, so that one slow picture does little
        aim = self._share * (COARSE_MS / max(took_ms, 1.0)) ** 0.5
        self._share = min(max((self._share + aim) / 2, COARSE_SHARES[0]), COARSE_SHARES[1])
        self.ready.emit(picture, False)
        if self._wanted is not None:
            self._draw_coarse()
        elif self._latest is not None:
            self._fine = _fine_steps(self._latest)
            self._still.start()

    def _draw_fine(self) -> None:
        if self._fine:
            self._draw(self._fine[0], self._fine_done, moving=False)

    def _fine_done(self, picture: Picture, took_ms: float) -> None:
        self._fine = self._fine[1:]
        self.ready.emit(picture, not self._fine)
        self._draw_fine()

    def _draw(self, request: Request, done: Callable[[Picture, float], None], *, moving: bool) -> None:
        def work(progress: Progress) -> tuple[Picture, float]:
            start = time.perf_counter()
            picture = self._engine.picture(request, progress, moving=moving)
            return picture, (time.perf_counter() - start) * 1e3

        self._jobs.run("picture", work, done=lambda both: done(*both), failed=_raise)


def _level_for(request: Request, height_px: int) -> int:
    """Return the level whose voxels are just finer than the pixels of a small picture; never the volume itself."""
    mm_per_px = request.camera.height_mm / height_px
    levels = request.prepared.pyramid.levels
    fitting = [n for n in range(1, len(levels)) if levels[n].geometry.spacing_mm.min() <= LEVEL_PX * mm_per_px]
    return max(fitting, default=1)


def _fine_steps(request: Request) -> list[Request]:
    width, height = request.size_px
    if width * height <= 2 * FIRST_FINE_PX:
        return [request]
    share = (FIRST_FINE_PX / (width * height)) ** 0.5
    return [replace(request, size_px=(round(width * share), round(height * share))), request]


def _nothing(_result: None) -> None:
    pass


def _raise(problem: BaseException) -> None:
    raise problem
