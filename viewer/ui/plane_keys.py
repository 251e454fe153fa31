"""What mouse and keys do on a plane, for the sheet of keys."""

from __future__ import annotations

#: All keys and gestures of a plane, for the sheet of keys: (keys, meaning).
PLANE_KEYS: tuple[tuple[str, str], ...] = (
    ("Wheel · ↑ ↓ ← →", "next slice"),
    ("PgUp PgDn", "ten slices"),
    ("Home End", "first, last slice"),
    ("Left drag", "width (across) and level (up, down)"),
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
    ("Drag P or D", "move a cap along its vessel"),
    ("Del", "delete the selected mark"),
    ("I", "invert"),
    ("Esc", "cancel what is being drawn or dragged"),
)
