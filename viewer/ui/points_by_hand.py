"""Points that a tool asks for are clicked in any picture that shows places of the patient."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QMouseEvent

from viewer.ui.pane import HEADER_PX
from viewer.ui.patient_pane import PatientPane, plain_left
from viewer.ui.tools import Tool, ToolBox

#: A press that moved less than this was a click.
CLICK_PX = 4.0


class PointsByHand(QObject):
    """Takes the clicks of all panes while vessels are traced, and tells the tool box which points they mean.

    Parameters
    ----------
    tools : ToolBox
    panes : iterable of PatientPane
    """

    def __init__(self, tools: ToolBox, panes: Iterable[PatientPane], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tools = tools
        self._panes = tuple(panes)
        self._pressed: QPointF | None = None
        for pane in self._panes:
            pane.installEventFilter(self)
        tools.changed.connect(self._tool_changed)

    @property
    def _asked(self) -> bool:
        return self._tools.tool is Tool.TRACE

    def _tool_changed(self) -> None:
        for pane in self._panes:
            if pane.gives_points != self._asked:
                pane.gives_points = self._asked
                pane.unsetCursor()
        self._pressed = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take a click, or a move without buttons; True if it is not for the pane."""
        if not self._asked or not isinstance(watched, PatientPane) or watched.empty:
            return False
        kind = event.type()
        if kind == QEvent.Type.Leave:
            self._tools.hovered.emit(None)
        if not isinstance(event, QMouseEvent):
            return False
        where = event.position()
        if kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick):
            self._pressed = where if plain_left(event) and where.y() > HEADER_PX else None
            return self._pressed is not None and not watched.left_turns
        if kind == QEvent.Type.MouseMove:
            return self._move(watched, event)
        if kind == QEvent.Type.MouseButtonRelease and self._pressed is not None:
            clicked = (where - self._pressed).manhattanLength() < CLICK_PX
            self._pressed = None
            point = watched.point_at(where) if clicked else None
            if point is not None:
                self._tools.clicked.emit(point)
            return not watched.left_turns
        return False

    def _move(self, pane: PatientPane, event: QMouseEvent) -> bool:
        if event.buttons() == Qt.MouseButton.NoButton and not event.modifiers():
            point = pane.point_at(event.position()) if event.position().y() > HEADER_PX else None
            pane.setCursor(Qt.CursorShape.ArrowCursor if point is None else Qt.CursorShape.CrossCursor)
            self._tools.hovered.emit(point)
            return False
        return self._pressed is not None and not pane.left_turns
