"""The plugins of this program: what each one does, a switch for each, and what went wrong with it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QDialog, QFrame, QPushButton, QScrollArea, QVBoxLayout, QWidget

from viewer.api.discovery import PluginFailure, user_folder
from viewer.api.manifest import Manifest
from viewer.ui.facts_panel import label
from viewer.ui.plugin_flow import PluginFlow

#: Hooks in the operator's words.
HOOK_WORDS = {
    "measurement": "tells",
    "overlay": "draws",
    "tracer": "finds trees",
    "segmenter": "finds contours",
    "reader": "opens files",
    "exporter": "exports",
}


def contribution_lines(manifest: Manifest) -> list[str]:
    """Return what a plugin does, in a line each."""
    lines = []
    for one in manifest.contributions:
        files = f" ({', '.join(one.suffixes)})" if one.suffixes else ""
        lines.append(f"{HOOK_WORDS[one.hook]}: {one.title}{files}")
    return lines


class PluginsDialog(QDialog):
    """A card for each plugin; made anew when one was switched or failed."""

    def __init__(self, flow: PluginFlow, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Plugins")
        self.setObjectName("desk")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._flow = flow
        self.switches: dict[str, QCheckBox] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 14, 18, 14)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        column.addWidget(self._area, 1)
        where = label(
            f"Your own plugins lie in {user_folder()}. They run with your rights: install those you trust.", "muted"
        )
        column.addWidget(where)
        close = QPushButton("Close")
        close.setObjectName("primary")
        close.clicked.connect(self.close)
        column.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
        self.resize(560, min(620, parent.height() - 40))
        self._show()
        flow.changed.connect(self._show)

    def _show(self) -> None:
        plugins = self._flow.plugins
        failed = {failure.plugin: failure for failure in plugins.failures}
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setSpacing(8)
        self.switches.clear()
        for manifest in plugins.manifests:
            column.addWidget(self._card(manifest, failed.pop(manifest.name, None)))
        for failure in failed.values():
            frame, inner = _frame()
            inner.addWidget(label(failure.plugin, "heading"))
            inner.addWidget(label(str(failure), "caution"))
            column.addWidget(frame)
        column.addStretch(1)
        self._area.setWidget(inside)

    def _card(self, manifest: Manifest, failure: PluginFailure | None) -> QFrame:
        frame, column = _frame()
        switch = QCheckBox(f"{manifest.name}  {manifest.version}")
        switch.setChecked(failure is None and self._flow.plugins.is_on(manifest.name))
        switch.setEnabled(failure is None)
        switch.toggled.connect(lambda on, name=manifest.name: self._flow.switch(name, on))
        self.switches[manifest.name] = switch
        column.addWidget(switch)
        for line in contribution_lines(manifest):
            column.addWidget(label(line, "muted"))
        if failure is not None:
            said = label(str(failure), "caution")
            said.setToolTip(failure.detail)
            column.addWidget(said)
        return frame


def _frame() -> tuple[QFrame, QVBoxLayout]:
    frame = QFrame()
    frame.setObjectName("card")
    column = QVBoxLayout(frame)
    column.setContentsMargins(14, 10, 14, 10)
    column.setSpacing(4)
    return frame, column
