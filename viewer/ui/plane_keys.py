"""What mouse and keys do on a plane, for the sheet of keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from viewer.ui.tools import Tool

if TYPE_CHECKING:
    from viewer.ui.plane_pane import PlanePane

ZOOM_STEP = 1.2
PAGE_SLICES = 10
_K = Qt.Key

#: All keys and gestures of a plane, for the sheet of keys: (keys, meaning).
PLANE_KEYS: tuple[tuple[str, str], ...] = (
    ("Wheel · ↑ ↓ ← →", "next slice"),
    ("PgUp PgDn", "ten slices"),
    ("Home End", "first, last slice"),
    ("Left drag", "width (across) and level (up, down)"),
    ("Double-click a vessel", "make it the active one"),
    ("Double-click", "first window of the list"),
    ("Middle drag", "pan"),
    ("Right drag · Ctrl+wheel · + −", "zoom"),
    ("Shift+move · Shift+drag", "move the cursor"),
    ("Drag the crosshair's middle", "move the cursor"),
    ("Drag a crosshair's end", "turn the two other planes"),
    ("0 · double-click the middle", "planes straight again"),
    ("C", "whole picture, centred"),
    ("[ ]", "thinner, thicker slab"),
    ("T", "MIP, mean, MinIP"),
    ("M", "measure a distance"),
    ("A", "measure an angle"),
    ("Drag P or D", "move a cap along its vessel; with the wheel: to other slices"),
    ("Del", "delete the selected mark"),
    ("I", "invert"),
    ("Esc", "cancel what is being drawn or dragged"),
)


def key_table(pane: PlanePane) -> dict[Qt.Key, Callable[[], bool | None]]:
    """Return what each key does on a pane; an action that returns False leaves its key to the window."""
    far = 1_000_000
    return {
        _K.Key_Up: lambda: pane.step(1),
        _K.Key_Right: lambda: pane.step(1),
        _K.Key_Down: lambda: pane.step(-1),
        _K.Key_Left: lambda: pane.step(-1),
        _K.Key_PageUp: lambda: pane.step(PAGE_SLICES),
        _K.Key_PageDown: lambda: pane.step(-PAGE_SLICES),
        _K.Key_Home: lambda: pane.step(-far),
        _K.Key_End: lambda: pane.step(far),
        _K.Key_Plus: lambda: pane.zoom_by(ZOOM_STEP, pane.crosshair().center),
        _K.Key_Equal: lambda: pane.zoom_by(ZOOM_STEP, pane.crosshair().center),
        _K.Key_Minus: lambda: pane.zoom_by(1 / ZOOM_STEP, pane.crosshair().center),
        _K.Key_0: pane.straighten,
        _K.Key_C: pane.whole_picture,
        _K.Key_BracketLeft: lambda: pane.thicken(-1),
        _K.Key_BracketRight: lambda: pane.thicken(1),
        _K.Key_T: pane.next_projection,
        _K.Key_M: lambda: pane.tools.choose(Tool.DISTANCE),
        _K.Key_A: lambda: pane.tools.choose(Tool.ANGLE),
        _K.Key_I: pane.invert,
        _K.Key_Delete: pane.delete_selected,
        _K.Key_Backspace: pane.delete_selected,
        _K.Key_Escape: pane.escape,
    }
