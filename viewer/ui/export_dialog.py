"""What shall leave, where to, and with whose name: asked in one place, before anything is written."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from viewer.api.manifest import Contribution
from viewer.report.export import DICOM, PICTURES, ExportChoice, Item

#: The groups, each with its items.
GROUPS = (
    ("For the room", PICTURES),
    ("For the archive of the hospital (DICOM)", DICOM),
    ("Numbers", (Item.LESIONS, Item.STATIONS, Item.PLAN_JSON)),
    ("Vessels", (Item.VESSELS, Item.SURFACE)),
    ("To go on with it in this program", (Item.PLAN,)),
)
WITHOUT = (
    "Other UIDs; no name, number or date of birth; notes, operator, typed titles and texts are left out. "
    "The date of the CT stays in the pictures and headings."
)
WITH = (
    "Name, number and date of birth are read from the CT and written into the DICOM objects, which belong to the "
    "patient's study; the name stands on the sheet. Captures as PNG never carry a name."
)


class ExportDialog(QDialog):
    """Says `wanted` with an `ExportChoice`; shows how far it is, and says `stopped` when the work shall stop.

    Parameters
    ----------
    available : frozenset of Item
        What there is to export.
    remembered : frozenset of Item
        What is ticked at first, as far as there is.
    folder : Path
    plugins : tuple of Contribution
        Exporters of plugins.
    patient : bool
        Whether the pictures came from DICOM files, so that there is a patient's study to write into.
    page : str
        Of the sheet.
    caution : str
        What is to be known before anything leaves without identity.
    """

    wanted = Signal(object)
    stopped = Signal()

    def __init__(
        self,
        available: frozenset[Item],
        remembered: frozenset[Item],
        folder: Path,
        plugins: tuple[Contribution, ...],
        patient: bool,
        page: str,
        caution: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export")
        self.setObjectName("card")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._folder, self._page, self._caution = folder, page, caution
        self.busy = False
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 18, 22, 18)
        column.setSpacing(9)
        column.addWidget(_label("What shall leave", "heading"))
        self.items: dict[Item, QCheckBox] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(28)
        grid.setVerticalSpacing(12)
        for number, (title, group) in enumerate(GROUPS):
            box = QVBoxLayout()
            box.setSpacing(3)
            box.addWidget(_label(title, "muted"))
            for item in group:
                box.addWidget(self._switch(item, item in available, item in remembered))
            box.addStretch(1)
            grid.addLayout(box, number // 2, number % 2)
        self.plugins = {one: QCheckBox(f"{one.title} ({', '.join(one.suffixes)})") for one in plugins}
        if plugins:
            box = QVBoxLayout()
            box.setSpacing(3)
            box.addWidget(_label("From plugins", "muted"))
            for switch in self.plugins.values():
                switch.toggled.connect(self._look)
                box.addWidget(switch)
            grid.addLayout(box, 2, 1)
        column.addLayout(grid)
        column.addWidget(_line())
        column.addWidget(_label("Who the patient is", "heading"))
        self.without = QRadioButton("Without identity")
        self.without.setChecked(True)
        self.with_identity = QRadioButton("With identity, in the patient's study")
        self.with_identity.setEnabled(patient)
        if not patient:
            self.with_identity.setToolTip("These pictures lie in no DICOM file: there is no patient's study.")
        self.about = _label(WITHOUT, "small")
        self.about.setWordWrap(True)
        self.about.setMinimumHeight(46)
        choice = QHBoxLayout()
        choice.setSpacing(22)
        for button in (self.without, self.with_identity):
            button.toggled.connect(self._look)
            choice.addWidget(button)
        choice.addStretch(1)
        column.addLayout(choice)
        column.addWidget(self.about)
        column.addWidget(_line())
        column.addWidget(_label("Where to", "heading"))
        where = QHBoxLayout()
        self.where = QLineEdit(str(folder))
        self.where.setAccessibleName("Folder of the export")
        self.where.setReadOnly(True)
        browse = QPushButton("Folder…")
        browse.clicked.connect(self._ask_folder)
        where.addWidget(self.where, 1)
        where.addWidget(browse)
        column.addLayout(where)
        column.addWidget(_label("A new folder is made in it; it is there whole or not at all.", "small"))
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.told = _label("", "small")
        column.addWidget(self.bar)
        self.told.setWordWrap(True)
        column.addWidget(self.told)
        row = QHBoxLayout()
        row.addStretch(1)
        self.cancel = QPushButton("Cancel")
        self.cancel.clicked.connect(self.reject)
        self.go = QPushButton("Export")
        self.go.setObjectName("primary")
        self.go.setDefault(True)
        self.go.clicked.connect(lambda: self.wanted.emit(self.choice()))
        row.addWidget(self.cancel)
        row.addWidget(self.go)
        column.addLayout(row)
        self.setMinimumWidth(720)
        self.show_progress(1.0, "")
        self._look()

    def choice(self) -> ExportChoice:
        """Return what is chosen now."""
        items = frozenset(item for item, switch in self.items.items() if switch.isChecked())
        plugins = tuple(one for one, switch in self.plugins.items() if switch.isChecked())
        return ExportChoice(items, self._folder, self.with_identity.isChecked(), plugins, self._page)

    def set_folder(self, folder: Path) -> None:
        """Choose where to."""
        self._folder = folder
        self.where.setText(str(folder))

    def show_progress(self, share: float, text: str) -> None:
        """Show how far the export is; 1.0 ends it."""
        self.busy = share < 1
        self.bar.setVisible(self.busy)
        self.bar.setValue(round(1000 * share))
        self.told.setText(text)
        self.cancel.setText("Stop" if self.busy else "Cancel")
        self._look()

    def _switch(self, item: Item, there: bool, ticked: bool) -> QCheckBox:
        switch = QCheckBox(item.value)
        switch.setEnabled(there)
        switch.setChecked(there and ticked)
        if not there:
            switch.setToolTip("There is nothing of this kind in the plan yet.")
        switch.toggled.connect(self._look)
        self.items[item] = switch
        return switch

    def _look(self) -> None:
        if not hasattr(self, "go"):
            return
        choice = self.choice()
        self.about.setText(WITH if choice.identity else f"{WITHOUT} {self._caution}".rstrip())
        self.go.setEnabled(not self.busy and bool(choice.items or choice.plugins))
        self.go.setText("Export with the patient's name" if choice.identity else "Export without identity")

    def _ask_folder(self) -> None:
        dialog = QFileDialog(self, "Folder of the export", str(self._folder))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda name: self.set_folder(Path(name)))
        dialog.open()

    def reject(self) -> None:
        """Stop what is under way, else go: for the button, Escape and the window's cross."""
        if self.busy:
            self.stopped.emit()
        else:
            super().reject()


def _label(text: str, name: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName(name)
    return label


def _line() -> QFrame:
    line = QFrame()
    line.setFrameShape(QFrame.Shape.HLine)
    line.setObjectName("rule")
    return line
