"""Who draws: what is still, always our own ray caster; what moves, a real graphics card through VTK where there is one.

VTK shades every voxel by its own gradient, so that noise on vessels and on cut faces looks like sand; the ray caster's
picture is the better one, and the same on every machine. While something moves, a graphics card gives more of them.

All of an engine lives on one thread: the one that calls `picture` first and `close` last. The environment variable
CTO_VIEWER_3D may say ``processor`` to leave the graphics card alone.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.progress import Progress, silent
from viewer.scene.picture import Picture, Request
from viewer.scene.raycaster import RayCaster

if TYPE_CHECKING:
    from viewer.scene.vtk_renderer import VtkRenderer

VARIABLE = "CTO_VIEWER_3D"
#: 3-D textures are not longer than this along an axis on many cards.
TEXTURE_LIMIT = 2048

log = logging.getLogger(__name__)


class Engine:
    """Draws pictures with whatever suits; looks for a graphics card when something moves for the first time."""

    def __init__(self) -> None:
        self.caster = RayCaster()
        self._card: VtkRenderer | None = None
        self._looked = not may_ask_for_a_card()

    def picture(self, request: Request, progress: Progress = silent, *, moving: bool = False) -> Picture:
        """Draw a picture; see `RayCaster.picture`. `moving`: it will be followed by another one at once."""
        if moving and not self._looked:
            self._looked = True
            self._look_for_card(request)
        shape = request.prepared.pyramid.level(request.level).hu.shape
        if moving and self._card is not None and max(shape) <= TEXTURE_LIMIT:
            return self._card.picture(request, progress)
        return self.caster.picture(request, progress)

    @property
    def draws_with_card(self) -> bool:
        """Whether a graphics card draws what moves; then it need not be small."""
        return self._card is not None

    def close(self) -> None:
        """Give everything back; on the thread that drew."""
        if self._card is not None:
            self._card.close()
            self._card = None
        self.caster.close()

    def _look_for_card(self, request: Request) -> None:
        from viewer.scene.vtk_renderer import VtkRenderer
        from viewer.scene.vtk_window import is_graphics_card, open_window, renderer_string

        window = open_window()
        found = renderer_string(window)
        window.Finalize()
        if is_graphics_card(found):
            card = VtkRenderer(self.caster)
            if card.draws_rightly(request):
                self._card = card
            else:
                card.close()
        log.info("OpenGL is %s; moving 3-D is drawn by the %s", found, "card" if self._card else "processor")


def may_ask_for_a_card() -> bool:
    """Tell whether VTK is to be asked what draws here.

    Not on macOS, where windows belong to the main thread alone; and not on a Linux machine without a device of a card,
    where loading VTK would cost a fifth of a second for a known answer.
    """
    if os.environ.get(VARIABLE) == "processor" or sys.platform == "darwin":
        return False
    devices = Path("/dev")
    return not sys.platform.startswith("linux") or any(
        any(devices.glob(pattern)) for pattern in ("dri/renderD*", "nvidia[0-9]*", "dxg")
    )
