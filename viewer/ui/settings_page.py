"""The settings, over the window: the laboratory and the person; every change holds at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from viewer.errors import ViewerError
from viewer.settings import Person, Settings
from viewer.settings.laboratory import shipped_lab
from viewer.ui.settings_lab import LabPart
from viewer.ui.settings_person import PersonPart

SUFFIX = ".json"


class SettingsPage(QDialog):
    """Two columns and a row of buttons.

    Parameters
    ----------
    settings : Settings
    changed : callable
        Called after every change, when it is kept already.
    parent : QWidget
    show_plugins : callable, optional
        Opens the list of plugins.
    """

    def __init__(
        self,
        settings: Settings,
        changed: Callable[[], object],
        parent: QWidget,
        show_plugins: Callable[[], object] | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Settings")
        self.setObjectName("desk")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._settings, self._changed = settings, changed
        self.lab = LabPart(settings, self._keep)
        self.person = PersonPart(settings, self._keep)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 14, 18, 14)
        halves = QHBoxLayout()
        halves.setSpacing(18)
        for half in (self.lab, self.person):
            area = QScrollArea()
            area.setWidgetResizable(True)
            area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            area.setWidget(half)
            halves.addWidget(area, 5 if half is self.lab else 4)
        column.addLayout(halves, 1)
        self.told = QLabel()
        self.told.setObjectName("muted")
        self.told.setWordWrap(True)
        column.addWidget(self.told)
        row = QHBoxLayout()
        for words, action, tip in (
            ("Export…", self._ask_export, "Write laboratory, preferences and layouts to a file for another computer"),
            ("Import…", self._ask_import, "Take them from such a file"),
            ("As shipped", self.restore, "The program's own laboratory and preferences"),
        ):
            button = QPushButton(words)
            button.setToolTip(tip)
            button.setAutoDefault(False)
            button.clicked.connect(lambda _=False, action=action: action())
            row.addWidget(button)
        if show_plugins is not None:
            plugins = QPushButton("Plugins…")
            plugins.setToolTip("What they do, a switch for each, and what went wrong with it")
            plugins.setAutoDefault(False)
            plugins.clicked.connect(lambda: show_plugins())
            row.addWidget(plugins)
        row.addStretch(1)
        close = QPushButton("Close")
        close.setObjectName("primary")
        close.clicked.connect(self.close)
        row.addWidget(close)
        column.addLayout(row)
        room = parent.size()
        self.resize(min(940, room.width() - 40), min(820, room.height() - 40))

    def export_to(self, path: Path) -> None:
        """Write the settings to a file."""
        self._try(lambda: self._settings.export_to(path), f"Written to {path}. The file names no study and no folder.")

    def import_from(self, path: Path) -> None:
        """Take the settings of a file."""
        self._try(lambda: self._settings.import_from(path), f"Taken from {path.name}.")
        self._show_all()

    def restore(self) -> None:
        """Take the program's own settings again."""
        self._settings.set_lab(shipped_lab())
        self._settings.set_person(Person())
        self._show_all()

    def _show_all(self) -> None:
        self.lab.show_lab()
        self.person.show_person()
        self._keep()

    def _try(self, action: Callable[[], None], told: str) -> None:
        try:
            action()
        except ViewerError as problem:
            told = str(problem)
        self.told.setText(told)

    def _ask_export(self) -> None:
        dialog = QFileDialog(self, "Export the settings")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(SUFFIX.removeprefix("."))
        dialog.selectFile(f"cto-viewer-settings{SUFFIX}")
        dialog.fileSelected.connect(lambda name: self.export_to(Path(name)))
        dialog.open()

    def _ask_import(self) -> None:
        dialog = QFileDialog(self, "Import settings")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(f"Settings (*{SUFFIX})")
        dialog.fileSelected.connect(lambda name: self.import_from(Path(name)))
        dialog.open()

    def _keep(self) -> None:
        self._settings.save()
        self._changed()
