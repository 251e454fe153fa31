"""How captures are made: their size, where they go, and whether they say who the patient is."""

from __future__ import annotations

import enum
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import platformdirs
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFrame,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from viewer.settings import Settings

KEY = "capture"


class CaptureSize(enum.Enum):
    """How large a capture is; the value is its name in the settings."""

    PANE = "pane"
    HD = "hd"
    UHD = "uhd"

    @property
    def pixels(self) -> tuple[int, int] | None:
        """Width and height with the caption; ``None``: as the pane stands on the screen."""
        return {"hd": (1920, 1080), "uhd": (3840, 2160)}.get(self.value)

    @property
    def words(self) -> str:
        """Its name for the operator."""
        pixels = self.pixels
        return "As the pane stands" if pixels is None else f"{pixels[0]} × {pixels[1]}"


@dataclass(frozen=True, slots=True)
class CaptureChoice:
    """What the operator chose, kept from evening to evening.

    Attributes
    ----------
    size : CaptureSize
    folder : Path
    to_clipboard, to_file, to_board : bool
    """

    size: CaptureSize
    folder: Path
    to_clipboard: bool = True
    to_file: bool = True
    to_board: bool = True


def own_folder() -> Path:
    """Return where captures go unless told otherwise: among the user's pictures."""
    return Path(platformdirs.user_pictures_dir()) / "CTO Viewer"


def chosen(settings: Settings) -> CaptureChoice:
    """Return what is remembered; the variable CTO_VIEWER_CAPTURES names another folder."""
    kept = settings.get(KEY, {})
    kept = kept if isinstance(kept, dict) else {}
    sizes = {size.value: size for size in CaptureSize}
    named = os.environ.get("CTO_VIEWER_CAPTURES") or kept.get("folder")
    switches = {name: bool(kept.get(name, True)) for name in ("to_clipboard", "to_file", "to_board")}
    folder = Path(named) if isinstance(named, str) and named else own_folder()
    return CaptureChoice(sizes.get(kept.get("size", ""), CaptureSize.HD), folder, **switches)


def keep(settings: Settings, choice: CaptureChoice) -> None:
    """Remember a choice."""
    settings.set(
        KEY,
        {
            "size": choice.size.value,
            "folder": str(choice.folder),
            "to_clipboard": choice.to_clipboard,
            "to_file": choice.to_file,
            "to_board": choice.to_board,
        },
    )


@dataclass(slots=True)
class Identity:
    """Who the patient is, in the operator's words: for files and the clipboard, and only while the program runs."""

    text: str = ""
    burned_in: bool = False

    @property
    def shown(self) -> str:
        """What is burned in; empty: nothing."""
        return self.text.strip() if self.burned_in else ""


class CaptureCard(QFrame):
    """A small card over the window with all of the above; every change holds at once."""

    def __init__(
        self, settings: Settings, identity: Identity, changed: Callable[[], object], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("card")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._settings = settings
        self._identity = identity
        self._changed = changed
        choice = chosen(settings)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(8)
        column.addWidget(_label("Captures", "heading"))
        self.size_box = QComboBox()
        self.size_box.setAccessibleName("Size of captures")
        for size in CaptureSize:
            self.size_box.addItem(size.words, size)
        self.size_box.setCurrentIndex(list(CaptureSize).index(choice.size))
        self.size_box.activated.connect(lambda number: self._keep(size=list(CaptureSize)[number]))
        column.addWidget(self.size_box)
        for name, text in (
            ("to_board", "Onto the board"),
            ("to_clipboard", "To the clipboard"),
            ("to_file", "Into a file in the folder"),
        ):
            switch = QCheckBox(text)
            switch.setChecked(getattr(choice, name))
            switch.toggled.connect(lambda on, name=name: self._keep(**{name: on}))
            column.addWidget(switch)
        self.folder = QPushButton(_short(choice.folder))
        self.folder.setToolTip(f"Files go to {choice.folder}")
        self.folder.clicked.connect(self._ask_folder)
        column.addWidget(self.folder)
        column.addSpacing(6)
        column.addWidget(_label("Who the patient is", "heading"))
        self.burned_in = QCheckBox("Burn it into files and the clipboard")
        self.burned_in.setChecked(identity.burned_in)
        self.burned_in.toggled.connect(self._switch_identity)
        column.addWidget(self.burned_in)
        self.text = QLineEdit(identity.text)
        self.text.setPlaceholderText("Name or code, typed by you")
        self.text.setEnabled(identity.burned_in)
        self.text.textChanged.connect(self._type_identity)
        column.addWidget(self.text)
        note = _label(
            "The program does not read names. What you type is forgotten when the study is closed; board and plan "
            "never hold it.",
            "small",
        )
        note.setWordWrap(True)
        column.addWidget(note)
        self.setFixedWidth(300)

    def _keep(self, **changes: object) -> None:
        keep(self._settings, replace(chosen(self._settings), **changes))  # type: ignore[arg-type]
        self._changed()

    def _ask_folder(self) -> None:
        dialog = QFileDialog(self.parentWidget(), "Folder for captures")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda name: self._keep(folder=Path(name)))
        dialog.open()

    def _switch_identity(self, on: bool) -> None:
        self._identity.burned_in = on
        self.text.setEnabled(on)
        if on:
            self.text.setFocus()
        self._changed()

    def _type_identity(self, text: str) -> None:
        self._identity.text = text
        self._changed()


def _short(folder: Path) -> str:
    return f"…/{folder.name}" if len(str(folder)) > 34 else str(folder)


def _label(text: str, name: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName(name)
    return label
