"""What is drawn over the pictures: what each colour means, a switch and an opacity for each, in one place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QFrame, QGridLayout, QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from viewer.desk import Desk
from viewer.model.composition import PLAQUE
from viewer.model.view import ViewState
from viewer.report.calcium_marks import CLASSES
from viewer.settings import Settings
from viewer.ui.icons import icon
from viewer.ui.strip_chart import tissue_words
from viewer.ui.theme import color, font

KEY = "overlays"
LEAST_PERCENT = 10


@dataclass(frozen=True, slots=True)
class Overlay:
    """Something that is drawn over the pictures.

    Attributes
    ----------
    name : str
        In the view and in the settings.
    words : str
    meanings : tuple of (str, str)
        What its colours mean: the colour's name among those for meaning, and a word.
    note : str
        What its dashes mean.
    """

    name: str
    words: str
    meanings: tuple[tuple[str, str], ...] = ()
    note: str = ""


OVERLAYS = (
    Overlay("vessels", "Vessels", note="each in its own colour; dashed: guessed"),
    Overlay("walls", "Lumen and outer wall", (("lumen", "lumen"), ("wall", "wall")), "dashed: between measured ones"),
    Overlay(
        "calcium",
        "Calcium",
        tuple((shade, words) for _, shade, words in reversed(CLASSES)),
        "dashed or thin: possible only",
    ),
    Overlay(
        "composition",
        "Composition of the occlusion",
        tuple((tissue.name.lower(), tissue_words(tissue)) for tissue in PLAQUE),
        "by density",
    ),
    Overlay(
        "caps",
        "Caps and length",
        (("proximal_cap", "P"), ("distal_cap", "D")),
        "dashed: the computer's; dotted: before you moved it",
    ),
    Overlay("centrelines", "X-ray: courses of the vessels"),
    Overlay("branch", "X-ray: side branch at the cap", (("over_half", "its first course"),)),
    Overlay("landing", "X-ray: landing zone", (("distal_cap", "beyond D, up to the first calcium"),)),
    Overlay("names", "X-ray: names of the vessels"),
    Overlay("marks", "Distances and angles", (("mark", "yours"),)),
    Overlay("plugins", "Drawings of plugins"),
    Overlay("crosshair", "Crosshair", (("cursor", "cursor"),)),
)


class OverlayCard(QFrame):
    """A card over the panes that stays until it is closed; every change holds at once, in every pane.

    Parameters
    ----------
    desk : Desk
    parent : QWidget
        The window.
    """

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self._desk = desk
        grid = QGridLayout(self)
        grid.setContentsMargins(14, 10, 12, 12)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(2)
        heading = QLabel("What is drawn over the pictures")
        heading.setObjectName("heading")
        grid.addWidget(heading, 0, 0)
        close = QToolButton()
        close.setIcon(icon("close"))
        close.setToolTip("Close (O)")
        close.setAccessibleName("Close")
        close.clicked.connect(self.hide)
        grid.addWidget(close, 0, 1, Qt.AlignmentFlag.AlignRight)
        self.switches: dict[str, QCheckBox] = {}
        self.opacities: dict[str, QSlider] = {}
        for number, overlay in enumerate(OVERLAYS):
            self._add(grid, 1 + 2 * number, overlay)
        self.hide()

    def _add(self, grid: QGridLayout, row: int, overlay: Overlay) -> None:
        switch = QCheckBox(overlay.words)
        switch.toggled.connect(partial(self._switch, overlay.name))
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(LEAST_PERCENT, 100)
        slider.setFixedWidth(110)
        slider.setAccessibleName(f"Opacity of {overlay.words.lower()}")
        slider.valueChanged.connect(partial(self._fade, overlay.name))
        grid.addWidget(switch, row, 0)
        grid.addWidget(slider, row, 1)
        self.switches[overlay.name], self.opacities[overlay.name] = switch, slider
        if not (overlay.meanings or overlay.note):
            return
        legend = QWidget()
        line = QHBoxLayout(legend)
        line.setContentsMargins(22, 0, 0, 5)
        line.setSpacing(5)
        for shade, words in overlay.meanings:
            line.addWidget(Swatch(color("meaning", shade)))
            line.addWidget(_small(words))
            line.addSpacing(5)
        line.addWidget(_small(overlay.note))
        line.addStretch(1)
        grid.addWidget(legend, row + 1, 0, 1, 2)

    def refresh(self, view: ViewState) -> None:
        """Show what the view says."""
        for name, switch in self.switches.items():
            slider = self.opacities[name]
            for widget in (switch, slider):
                widget.blockSignals(True)
            switch.setChecked(name not in view.hidden_overlays)
            slider.setValue(round(100 * view.chosen_opacity(name)))
            slider.setToolTip(f"{slider.value()} %")
            for widget in (switch, slider):
                widget.blockSignals(False)

    def _switch(self, name: str, on: bool) -> None:
        hidden = self._desk.view.hidden_overlays
        self._desk.look(hidden_overlays=hidden - {name} if on else hidden | {name})

    def _fade(self, name: str, percent: int) -> None:
        self._desk.look(self._desk.view.with_opacity(name, percent / 100))


class Swatch(QWidget):
    """A small field of one colour."""

    def __init__(self, shade: QColor) -> None:
        super().__init__()
        self._shade = shade
        self.setFixedSize(QSize(10, 10))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._shade)
        painter.end()


def remember_overlays(settings: Settings, view: ViewState) -> None:
    """Note in the settings what is switched off, and how opaque the rest is."""
    settings.set(KEY, {"hidden": sorted(view.hidden_overlays), "opacity": dict(view.faded_overlays)})


def with_remembered_overlays(settings: Settings, view: ViewState) -> ViewState:
    """Return the view with the overlays as they were the last time; what makes no sense is left out."""
    kept, names = settings.get(KEY, {}), {overlay.name for overlay in OVERLAYS}
    if not isinstance(kept, dict):
        return view
    hidden, faded = kept.get("hidden", []), kept.get("opacity", {})
    for name, opacity in faded.items() if isinstance(faded, dict) else ():
        if name in names and isinstance(opacity, (int, float)) and 0 <= opacity <= 1:
            view = view.with_opacity(name, float(opacity))
    off = {name for name in hidden if name in names} if isinstance(hidden, list) else set()
    return replace(view, hidden_overlays=frozenset(off))


def _small(text: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName("small")
    label.setFont(font(0.8))
    return label
