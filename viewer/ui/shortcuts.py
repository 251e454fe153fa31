"""The keys of the whole window, and what each does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence, QShortcut

from viewer.model.view import Step

if TYPE_CHECKING:
    from viewer.ui.window import MainWindow


def add_shortcuts(window: MainWindow) -> None:
    """Let keys do what `WINDOW_KEYS` says of them."""
    steps = [
        (f"F{number}", lambda step=step: window.desk.look(step=step))
        for number, step in enumerate(Step, 1)
        if step is not Step.VIEWS
    ]
    windows = [
        (str(number), lambda number=number: window.desk.look(window=window.tools.windows[number - 1][1]))
        for number in range(1, len(window.tools.windows) + 1)
    ]
    for keys, action in (
        ("Ctrl+O", window.browser.ask_folder),
        ("Ctrl+S", window.plans.save),
        ("Ctrl+Shift+S", window.plans.ask_where),
        ("Ctrl+E", window.exports.ask),
        ("Ctrl+Z", window.desk.undo),
        ("Ctrl+Y", window.desk.redo),
        ("Ctrl+Shift+Z", window.desk.redo),
        ("F", window.toggle_maximised),
        ("S", window.capture),
        ("K", window.caps.begin),
        ("Shift+S", window.captures.take_layout),
        ("Shift+F5", window.present),
        ("F11", window.toggle_full_screen),
        ("O", window.show_overlays),
        ("G", window.drag_course),
        ("?", window.show_keys),
        *steps,
        ("F5", window.views_or_present),
        ("Ctrl+H", window.strip.show_history),
        ("Ctrl+,", window.show_settings),
        *windows,
    ):
        shortcut = QShortcut(QKeySequence(keys), window)
        shortcut.activated.connect(lambda action=action: action())
