"""What mouse and keys do in 3-D, for the sheet of keys, and the views that they lead to."""

from __future__ import annotations

VOLUME_KEYS: tuple[tuple[str, str], ...] = (
    ("Drag", "turn"),
    ("Wheel, right drag", "zoom"),
    ("Middle drag, Shift+drag", "pan"),
    ("Click", "choose a vessel, or put the cursor on what is seen"),
    ("Drag P or D", "move a cap along its vessel"),
    ("Arrows, with Shift", "turn by 5°, by 1°"),
    ("+  −", "zoom"),
    ("V  Shift+V", "next, former standard view"),
    ("C", "look along the C-arm"),
    ("T  Shift+T", "next, former preset"),
    ("X", "crop to the heart, or show all"),
    ("[  ]", "cut less, more from the front"),
    ("Home", "fit, uncut"),
)

#: Name, LAO + / RAO -, cranial + / caudal -.
STANDARD_VIEWS: tuple[tuple[str, float, float], ...] = (
    ("AP", 0, 0),
    ("LAO 45", 45, 0),
    ("RAO 30", -30, 0),
    ("Left lateral", 90, 0),
    ("Cranial", 0, 40),
    ("Spider", 45, -30),
)
