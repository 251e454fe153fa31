"""All keys and gestures of the program, for the sheet of keys."""

from __future__ import annotations

from viewer.ui.angiogram_pane import ANGIOGRAM_KEYS
from viewer.ui.board_pane import BOARD_KEYS
from viewer.ui.plane_pane import PLANE_KEYS
from viewer.ui.presentation import PRESENTATION_KEYS
from viewer.ui.reformation_pane import REFORMATION_KEYS
from viewer.ui.sections_pane import SECTION_KEYS
from viewer.ui.sheet_pane import SHEET_KEYS
from viewer.ui.volume_keys import VOLUME_KEYS
from viewer.ui.xray_pane import XRAY_KEYS

WINDOW_KEYS = (
    ("Ctrl+O", "open a folder or disc"),
    ("Ctrl+S", "save the plan"),
    ("Ctrl+E", "export: captures, sheet, DICOM, tables"),
    ("Ctrl+Z", "undo"),
    ("Ctrl+Y", "do again"),
    ("Ctrl+H", "all edits, and back to any"),
    ("Ctrl+,", "settings"),
    ("F", "maximise or restore the pane"),
    ("S  Shift+S", "capture the pane, the whole layout"),
    ("K", "mark an occlusion: click P, then D"),
    ("P  D", "put that cap of the occlusion at the cursor"),
    ("1 … 6", "windows of grey values"),
    ("O", "overlays: what the colours mean, switches, opacity"),
    ("G", "drag the active vessel's course"),
    ("F1 … F6", "steps of the evening"),
    ("F11", "full screen"),
    ("?", "this sheet"),
    ("Esc", "stop what is under way"),
)


def all_keys() -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Return title and keys, as (keys, meaning), of the window and of each pane."""
    return (
        ("Window", WINDOW_KEYS),
        ("Planes", PLANE_KEYS),
        ("3-D", VOLUME_KEYS),
        ("Reformation", REFORMATION_KEYS),
        ("Cross-sections", SECTION_KEYS),
        ("X-ray preview", XRAY_KEYS),
        ("Angiogram", ANGIOGRAM_KEYS),
        ("Planning sheet", SHEET_KEYS),
        ("Board", BOARD_KEYS),
        ("In the room", PRESENTATION_KEYS),
    )
