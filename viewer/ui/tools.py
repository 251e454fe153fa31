"""What the left mouse button does on the planes, and which mark is selected: shared by all panes and the strip."""

from __future__ import annotations

import enum

from PySide6.QtCore import QObject, Signal

from viewer.model.mark import Mark
from viewer.settings.person import Windows, shipped_windows


class Tool(enum.Enum):
    """A use of the left mouse button; the value is its name for the operator."""

    WINDOW = "Window and level"
    PAN = "Pan"
    ZOOM = "Zoom"
    CROSSHAIR = "Crosshair"
    DISTANCE = "Distance"
    ANGLE = "Angle"
    TRACE = "Trace a vessel"
    OCCLUSION = "Mark an occlusion"
    COURSE = "Drag the course"


class ToolBox(QObject):
    """The active tool and the selected mark; `changed` tells that one of them is another one now."""

    changed = Signal()
    #: A point in LPS mm, shape (3,), that was clicked while a tool asks for points.
    clicked = Signal(object)
    #: The same under the mouse, before it is clicked; ``None``: the mouse is at no such point.
    hovered = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tool = Tool.WINDOW
        self._selected: Mark | None = None
        #: The person's windows of grey values, in the order of their keys.
        self.windows: Windows = shipped_windows()

    @property
    def tool(self) -> Tool:
        """The active tool."""
        return self._tool

    @property
    def selected(self) -> Mark | None:
        """The mark that Del deletes; it may have gone from the case by undo."""
        return self._selected

    def choose(self, tool: Tool) -> None:
        """Take a tool."""
        if tool is not self._tool:
            self._tool = tool
            self.changed.emit()

    def select(self, mark: Mark | None) -> None:
        """Select a mark, or none."""
        if mark is not self._selected:
            self._selected = mark
            self.changed.emit()
