"""The window: rail, panes, facts; a function of what lies on the desk."""

from __future__ import annotations

import base64
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from viewer.api.door import Plugins
from viewer.casefile import SUFFIX
from viewer.desk import Desk
from viewer.errors import ViewerError
from viewer.jobs import Jobs
from viewer.model.board import BoardItem
from viewer.model.view import Step, Window
from viewer.settings import Settings
from viewer.ui.angiogram_card import AngiogramCard
from viewer.ui.angiogram_flow import AngiogramFlow, may_be_run
from viewer.ui.angiogram_pane import AngiogramPane
from viewer.ui.board_pane import BoardPane
from viewer.ui.board_restore import restore
from viewer.ui.caps_by_hand import CapsByHand
from viewer.ui.capture import Captures
from viewer.ui.capture_settings import CaptureCard
from viewer.ui.case_flow import CaseFlow
from viewer.ui.course_pull import CoursePull
from viewer.ui.export_flow import ExportFlow
from viewer.ui.facts_panel import FactsPanel
from viewer.ui.keys_sheet import KeysSheet
from viewer.ui.layout_grid import LayoutGrid
from viewer.ui.lesion_facts import LesionFacts
from viewer.ui.message import MessageBar, Weight
from viewer.ui.occlusion_panel import OcclusionPanel
from viewer.ui.overlay_card import OverlayCard, remember_overlays, with_remembered_overlays
from viewer.ui.pane import Pane
from viewer.ui.patient_pane import PatientPane
from viewer.ui.plane_pane import PlanePane
from viewer.ui.plugin_flow import PluginFlow
from viewer.ui.plugins_dialog import PluginsDialog
from viewer.ui.points_by_hand import PointsByHand
from viewer.ui.poster import Poster
from viewer.ui.presentation import Presentation
from viewer.ui.rail import Rail
from viewer.ui.reformation_pane import ReformationPane
from viewer.ui.sections_pane import SectionsPane
from viewer.ui.settings_page import SettingsPage
from viewer.ui.sheet_flow import SheetFlow
from viewer.ui.sheet_pane import SheetPane
from viewer.ui.sheet_panel import SheetPanel
from viewer.ui.shortcuts import add_shortcuts
from viewer.ui.study_browser import StudyBrowser, dropped_files
from viewer.ui.study_flow import StudyFlow
from viewer.ui.study_panel import StudyPanel
from viewer.ui.tool_strip import ToolStrip
from viewer.ui.tools import Tool, ToolBox
from viewer.ui.tree_files import TreeFiles
from viewer.ui.tree_flow import TreeFlow
from viewer.ui.tree_map_pane import TreeMapPane
from viewer.ui.tree_panel import TreePanel
from viewer.ui.vessel_panel import VesselPanel
from viewer.ui.view_map_pane import ViewMapPane
from viewer.ui.views_panel import ViewsPanel
from viewer.ui.volume_pane import VolumePane
from viewer.ui.window_keys import all_keys
from viewer.ui.xray_pane import XrayPane


class MainWindow(QMainWindow):
    """Everything that the doctor sees."""

    closed = Signal()

    def __init__(self, settings: Settings | None = None) -> None:
        super().__init__()
        self.setWindowTitle("CTO Viewer")
        self.setMinimumSize(980, 620)
        self.setAcceptDrops(True)
        self.settings = settings or Settings()
        self.plugins = Plugins()
        self.desk = Desk()
        self.desk.look(with_remembered_overlays(self.settings, self.desk.view), window=self._remembered_window())
        self._poster = Poster(self)
        self.jobs = Jobs(self._poster.post)
        self.tools = ToolBox(self)
        self.tools.windows = self.settings.person.windows
        self.pull = CoursePull(self.desk, self.jobs, self.tools, self)
        self.message = MessageBar(self)
        self.angiogram = AngiogramFlow(self.desk, self.jobs, self.message, self.settings, self)
        self.board = BoardPane(self.desk, self.jobs)
        xray = XrayPane(self.desk, self.jobs, self.settings)
        run = AngiogramPane(self.desk, self.jobs, self.angiogram, lambda: xray.preview)
        self.sheet = SheetFlow(self.desk, self.jobs, self, self.settings, self.plugins)
        self.panes: list[Pane] = [
            *(PlanePane(self.desk, self.jobs, self.tools, self.pull, index) for index in range(3)),
            VolumePane(self.desk, self.jobs),
            TreeMapPane(self.desk, self.jobs),
            ReformationPane(self.desk, self.jobs, self.pull),
            SectionsPane(self.desk, self.jobs, self.pull),
            xray,
            run,
            ViewMapPane(self.desk, self.jobs, self.settings, lambda: self.lesion_facts.proposals),
            self.board,
            SheetPane(self.desk, self.jobs, self.sheet),
        ]
        self.grid = LayoutGrid(self.panes, self.settings, self._schedule)
        self.grid.put_away("angiogram", "view_map")
        self.browser = StudyBrowser()
        self._center = QStackedWidget()
        self._center.addWidget(self.browser)
        self._center.addWidget(self.grid)
        self.strip = ToolStrip(self.desk, self.tools, self.show_keys, self.show_overlays)
        self.flow = StudyFlow(
            self.desk,
            self.jobs,
            self.browser,
            self.message,
            self.settings,
            self._show_browser,
            self.strip.show_progress,
        )
        self.exports = ExportFlow(
            self.desk, self.jobs, self.message, self.settings, self, lambda: self.sheet.choices.page, self.plugins
        )
        self.captures = Captures(
            self.desk,
            self.jobs,
            self.message,
            self.settings,
            self.grid,
            self.strip.show_progress,
            self.fail,
            self.exports.note,
        )
        self.tree_flow = TreeFlow(self.desk, self.jobs, self.tools, self.message, self.settings)
        seen = [pane for pane in self.panes if isinstance(pane, PatientPane)]
        self.caps = CapsByHand(self.desk, self.tools, self._warn, seen, self)
        self.points = PointsByHand(self.tools, seen, self)
        self.plugin_flow = PluginFlow(
            self.plugins,
            self.desk,
            self.jobs,
            self.message,
            self.settings,
            self.tree_flow,
            seen,
            self.strip.show_progress,
        )
        self.flow.other_reader = self.plugin_flow.reader_of
        self.facts = FactsPanel()
        study = StudyPanel(
            self.desk, self.tree_flow, self.flow.back_to_series, self.browser.ask_folder, self.flow.open_demo
        )
        self.lesion_facts = LesionFacts(self.desk, self.jobs, self.fail, self._warn, self.settings, self.plugins)
        self.tree_files = TreeFiles(self.desk, self.jobs, self.message, self, self.exports.note)
        tree = TreePanel(self.desk, self.tree_flow, self.tree_files, self.tools)
        vessel = VesselPanel(self.desk, self.tree_flow, self.tools)
        self.plugin_flow.changed.connect(lambda: self.plugin_flow.offer_in(tree, vessel, self.browser))
        self.plugin_flow.changed.connect(self._schedule)
        self.plugin_flow.offer_in(tree, vessel, self.browser)
        views = ViewsPanel(self.desk, self.settings, AngiogramCard(self.angiogram, run))
        occlusion = OcclusionPanel(self.desk, self.tree_flow, self.caps, self.lesion_facts.resolve_cap)
        self.lesion_facts.facts_asked.connect(occlusion.ask_facts)
        self.lesion_facts.why_asked.connect(self.message.say)
        sheet = SheetPanel(self.sheet, self.exports.ask, self.exports.show_list)
        self.rail = Rail([study, tree, vessel, occlusion, views, sheet], lambda step: self.desk.look(step=step))
        self.rail.settings.clicked.connect(self.show_settings)
        self.overlays = OverlayCard(self.desk, self)
        self._lay_out()
        self._refresh_timer = QTimer(self)
        self._refresh_timer.setSingleShot(True)
        self._refresh_timer.setInterval(0)
        self._refresh_timer.timeout.connect(self.refresh)
        self._step: Step | None = None
        self._ended = False
        self.plans = CaseFlow(
            self.desk,
            self.jobs,
            self.message,
            self.settings,
            self,
            self._opening_plan,
            self.browser.show_progress,
            self._begin_plan,
        )
        self.plans.other_reader = self.plugin_flow.reader_of
        add_shortcuts(self)
        self._unsubscribe = self.desk.subscribe(self._schedule)
        for pane in self.panes:
            pane.capture_wanted.connect(self.capture)
            if isinstance(pane, SectionsPane):
                pane.contour_pulled.connect(self.tree_flow.measure_calcium)
        self.pull.kept.connect(lambda: self.tree_flow.measure(amend=True))
        self.pull.refused.connect(self._warn)
        self.board.restore_wanted.connect(self.restore)
        self.board.present_wanted.connect(self.present)
        self.board.settings_wanted.connect(self.show_capture_settings)
        self.angiogram.changed.connect(self._schedule)
        self.angiogram.opened.connect(self._show_angiogram)
        self.angiogram.closed.connect(lambda: self.grid.put_away("angiogram", "view_map"))
        self.sheet.changed.connect(self._schedule)
        self.sheet.told.connect(self.message.say)
        self.sheet.left.connect(self.exports.note_sheet)
        self.sheet.failed.connect(self.fail)
        self.browser.path_chosen.connect(self.open_path)
        self.flow.show_start()
        self._restore_place()
        if self.settings.trouble:
            self.message.say(self.settings.trouble, Weight.CAUTION)
        self.refresh()

    # -- what is shown -------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show what lies on the desk: called once a turn of the event loop after something changed."""
        case, view = self.desk.case, self.desk.view
        self.plans.look_again()
        self.plugin_flow.look_again()
        self.angiogram.refresh(case)
        if view.step is not self._step:
            self._step = view.step
            self.grid.show_step(view.step)
        undo = self.desk.undo_titles
        self.rail.refresh(case, view, undo[-1] if undo else None)
        self.strip.refresh(case, view)
        self.overlays.refresh(view)
        browsing = self._center.currentWidget() is self.browser
        self.strip.setVisible(not browsing)
        self.facts.setVisible(view.step is Step.STUDY and case is not None and not browsing)
        self.facts.refresh(case)
        if view.step in (Step.OCCLUSION, Step.VIEWS) and not browsing:
            self.lesion_facts.refresh(case, view)
        else:
            self.lesion_facts.hide()
        if not browsing:
            for pane in self.grid.visible_panes:
                pane.refresh(case, view)

    def _schedule(self) -> None:
        if hasattr(self, "_refresh_timer"):
            self._refresh_timer.start()

    def _show_browser(self, browse: bool) -> None:
        self._center.setCurrentWidget(self.browser if browse else self.grid)
        if not browse:
            self.grid.visible_panes[0].setFocus()  # so that its keys work at once
        self._schedule()

    def _lay_out(self) -> None:
        middle = QVBoxLayout()
        middle.setContentsMargins(0, 6, 0, 6)
        middle.setSpacing(5)
        middle.addWidget(self.strip)
        middle.addWidget(self._center, 1)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 6, 0)
        row.setSpacing(6)
        row.addWidget(self.rail)
        row.addLayout(middle, 1)
        row.addWidget(self.facts)
        row.addWidget(self.lesion_facts)
        base = QWidget()
        base.setObjectName("desk")
        base.setLayout(row)
        self.setCentralWidget(base)

    # -- what the doctor does ------------------------------------------------------------------------------------

    def open_path(self, path: Path | list[Path]) -> None:
        """Open a study, or a plan together with its study; a run of the C-arm is laid beside what lies open."""
        if isinstance(path, Path) and path.suffix == SUFFIX:
            self.plans.open_plan(path)
        elif isinstance(path, Path) and self.desk.kept_case is not None and may_be_run(path):
            self.angiogram.open_or(path, self.flow.open_path)
        else:
            self.flow.open_path(path)

    def _opening_plan(self, heading: str | None) -> None:
        if heading is not None:
            self.browser.show_working(heading)
            self._show_browser(True)
        elif self.desk.case is None:
            self.flow.show_start()
        else:
            self._show_browser(False)

    def _begin_plan(self) -> None:
        if self.settings.person.find_by_itself:
            self.tree_flow.find_by_itself()

    @property
    def busy(self) -> bool:
        """Whether something is being read, found or measured."""
        return self.jobs.busy

    def _warn(self, text: str) -> None:
        self.message.say(text, Weight.CAUTION)

    def fail(self, problem: BaseException) -> None:
        """Say what the world did wrong; anything else is a fault of the program and goes on its way."""
        if not isinstance(problem, ViewerError):
            raise problem
        self.message.refuse(problem)

    def capture(self, pane: Pane | None = None) -> None:
        """Take a picture of a pane (default: the one that has the keyboard) for board, file and clipboard."""
        self.captures.take_pane(pane or self._focused_pane())

    def restore(self, item: BoardItem) -> None:
        """Go back to the view that a capture was taken from."""
        restore(item, self.desk, self.grid, self.panes, self.refresh)
        self.message.say(f"Back at “{item.title}”. F6 leads to the board again.")

    def present(self, number: int = 0) -> None:
        """Show the board full screen, from a capture on."""
        case = self.desk.kept_case
        if case is None or not case.board:
            self.message.say("The board is empty: capture a pane with S first.", Weight.CAUTION)
            return
        self.presentation = Presentation(case, number, self.captures.identity.shown, self)
        self.presentation.ended.connect(self.activateWindow)
        self.presentation.showFullScreen()
        self.presentation.setFocus()

    def views_or_present(self) -> None:
        """F5: on the board it presents, elsewhere it is the fifth step."""
        if self.desk.view.step is Step.SHEET and not self.board.empty:
            self.present(self.board.selected)
        else:
            self.desk.look(step=Step.VIEWS)

    def show_capture_settings(self, at: QPoint) -> None:
        """Open the card that says how captures are made."""
        card = CaptureCard(self.settings, self.captures.identity, lambda: None, self)
        card.move(at)
        card.show()

    def show_settings(self) -> None:
        """Open the settings; what is changed there holds at once."""
        SettingsPage(self.settings, self._follow_settings, self, self.show_plugins).show()

    def show_plugins(self) -> None:
        """List the plugins, with a switch for each."""
        PluginsDialog(self.plugin_flow, self).open()

    def _show_angiogram(self) -> None:
        self.desk.look(step=Step.VIEWS)
        self.refresh()
        self.grid.bring("angiogram", "view_map")

    def _follow_settings(self) -> None:
        lab, person, carm = self.settings.lab, self.settings.person, self.desk.view.carm
        self.tools.windows = person.windows
        self.grid.follow_settings()
        self.sheet.choose(page=person.paper)
        self.desk.look(carm=lab.carm(carm.primary_deg, carm.secondary_deg, carm.isocenter_lps_mm))
        self._schedule()

    def show_keys(self) -> None:
        """Lay the sheet of keys over the window."""
        KeysSheet(self, all_keys())

    def show_overlays(self) -> None:
        """Open the card of overlays under its button, or close it."""
        if self.overlays.isVisible():
            self.overlays.hide()
            return
        self.overlays.adjustSize()
        corner = self.strip.overlays.mapTo(self, QPoint(0, self.strip.overlays.height() + 6))
        self.overlays.move(min(corner.x(), self.width() - self.overlays.width() - 10), corner.y())
        self.overlays.show()
        self.overlays.raise_()

    def drag_course(self) -> None:
        """Take the tool that drags the active vessel's course, or put it away."""
        self.tools.choose(Tool.WINDOW if self.pull.chosen else Tool.COURSE)

    def toggle_full_screen(self) -> None:
        """Fill the screen, or go back."""
        if self.isFullScreen():
            self.showNormal()
        else:
            self.showFullScreen()

    def toggle_maximised(self) -> None:
        """Let the pane that has the keyboard fill the grid, or go back to all."""
        pane = self.grid.maximised or self._focused_pane()
        if pane is not None:
            self.grid.toggle_maximised(pane)

    def _focused_pane(self) -> Pane | None:
        widget = QApplication.focusWidget()
        while widget is not None and not isinstance(widget, Pane):
            widget = widget.parentWidget()
        if widget is None and self._center.currentWidget() is self.grid:
            return self.grid.visible_panes[0]
        return widget

    def _stop(self) -> None:
        if self.tree_flow.hand.tracing:
            self.tree_flow.hand.cancel()
        self.caps.cancel()
        if self.pull.chosen:
            self.tools.choose(Tool.WINDOW)
        self.tree_flow.stop()
        self.flow.cancel()

    # -- how it begins and ends ----------------------------------------------------------------------------------

    def _remembered_window(self) -> Window:
        kept = self.settings.get("window")
        try:
            return Window(float(kept[0]), float(kept[1]))
        except (TypeError, ValueError, IndexError, KeyError):
            return self.settings.person.windows[0][1]

    def _restore_place(self) -> None:
        kept = self.settings.get("geometry")
        if not isinstance(kept, str) or not self.restoreGeometry(QByteArray(base64.b64decode(kept))):
            screen = self.screen().availableGeometry()
            self.setGeometry(QRect(0, 0, round(screen.width() * 0.92), round(screen.height() * 0.92)))
            self.move(screen.center() - self.rect().center())

    def remember(self) -> None:
        """Write down layout, place and window for the next time."""
        self.grid.remember()
        window = self.desk.view.window
        self.settings.set("window", [window.level_hu, window.width_hu])
        remember_overlays(self.settings, self.desk.view)
        self.settings.set("geometry", base64.b64encode(self.saveGeometry().data()).decode())
        self.settings.save()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_message()

    def _place_message(self) -> None:
        width = min(720, self.width() - 80)
        self.message.setFixedWidth(width)
        self.message.adjustSize()
        self.message.move((self.width() - width) // 2, 10)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and not self.isActiveWindow():
            self.settings.save()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self._stop()
        elif self.tree_flow.hand.tracing and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.tree_flow.hand.finish()
        elif self.tree_flow.hand.tracing and key == Qt.Key.Key_Backspace:
            self.tree_flow.hand.take_back()
        elif key in (Qt.Key.Key_P, Qt.Key.Key_D) and self.desk.view.step is not Step.SHEET:
            self.caps.put_at_cursor(key == Qt.Key.Key_P)
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take a study or a plan that is dropped anywhere on the window."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        files = dropped_files(event)
        if files:
            event.acceptProposedAction()
            self.open_path(files[0] if len(files) == 1 else files)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop the work first, then let go of the panes, then of the window: nothing is left behind."""
        if self._ended:
            super().closeEvent(event)
            return
        self._ended = True
        self.remember()
        self._unsubscribe()
        self._refresh_timer.stop()
        for pane in self.panes:
            pane.close_pane()
        self.jobs.close()
        super().closeEvent(event)
        self.closed.emit()
