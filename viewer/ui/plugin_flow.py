"""What plugins do in the window: they draw, find trees and contours, and read files, all off the window's thread.

A plugin gets nouns and gives nouns; what it gives is applied here, titled and undoable. One that fails is named, and
switched off; the operator switches others off herself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QRect, Signal
from PySide6.QtGui import QPainter

from viewer.api.discovery import PluginFailure
from viewer.api.door import Plugins
from viewer.api.manifest import Contribution
from viewer.api.overlay import OverlayPart
from viewer.desk import Desk
from viewer.desk.tree_edits import with_tree
from viewer.errors import ViewerError
from viewer.jobs import Jobs
from viewer.model.case import Case
from viewer.model.cross_section import CrossSections
from viewer.model.vessel import VesselTree
from viewer.model.volume import Volume
from viewer.progress import Progress
from viewer.settings import Settings
from viewer.ui.message import MessageBar, Weight
from viewer.ui.overlay_paint import paint_overlay
from viewer.ui.patient_pane import PatientPane
from viewer.ui.study_browser import StudyBrowser
from viewer.ui.tree_flow import FIND, TreeFlow
from viewer.ui.tree_panel import TreePanel
from viewer.ui.vessel_panel import VesselPanel

#: In the settings: the names of those that the operator switched off.
OFF = "plugins_off"
DRAW = "plugin.overlay"
#: The name of the overlay, as it is switched off in the view.
OVERLAY = "plugins"

Read = Callable[[Progress], Volume]


class PluginFailed(ViewerError):
    """A plugin that could not do what was asked of it."""

    def __init__(self, failure: PluginFailure) -> None:
        super().__init__(failure.what, failure.advice)


class PluginFlow(QObject):
    """Calls plugins for the window. `changed` tells that another one is on or off now.

    Parameters
    ----------
    plugins : Plugins
        The one set of them in this program.
    desk, jobs, message, settings
    flow : TreeFlow
        Measures what a plugin's tree or contours leave open.
    panes : iterable of PatientPane
        Those that may be drawn on.
    report : callable
        Called with (share, text) while a plugin works on a tree or on contours, with (1.0, "") when that has ended.
    """

    changed = Signal()

    def __init__(
        self,
        plugins: Plugins,
        desk: Desk,
        jobs: Jobs,
        message: MessageBar,
        settings: Settings,
        flow: TreeFlow,
        panes: Iterable[PatientPane],
        report: Callable[[float, str], None],
    ) -> None:
        super().__init__()
        self.plugins = plugins
        self._desk, self._jobs, self._message, self._settings, self._flow = desk, jobs, message, settings, flow
        self._report = report
        self._parts: tuple[OverlayPart, ...] = ()
        self._drawn: Case | None = None
        self._panes = list(panes)
        kept = settings.get(OFF)
        for name in kept if isinstance(kept, list) else ():
            plugins.switch(str(name), False)
        for pane in self._panes:
            pane.over.append(partial(self._paint, pane))

    def switch(self, name: str, on: bool) -> None:
        """Switch a plugin on or off, and keep that for the next time."""
        self.plugins.switch(name, on)
        self._settings.set(OFF, sorted(m.name for m in self.plugins.manifests if not self.plugins.is_on(m.name)))
        self._settings.save()
        self._drawn = None
        self.look_again()
        self.changed.emit()

    def offer_in(self, tree: TreePanel, vessel: VesselPanel, browser: StudyBrowser) -> None:
        """Offer what plugins can do where the program's own way is offered; again whenever one was switched."""
        of = self.plugins.contributions
        tree.offer_tracers((one.title, partial(self.find_tree, one)) for one in of("tracer"))
        vessel.offer_contours((one.title, partial(self.find_contours, one)) for one in of("segmenter"))
        browser.other_files = [f"{one.title} ({' '.join(f'*{s}' for s in one.suffixes)})" for one in of("reader")]

    # -- drawings ------------------------------------------------------------------------------------------------

    def look_again(self) -> None:
        """Have the case drawn on anew if it is another one; called when the desk says so."""
        case = self._desk.kept_case
        if case is self._drawn:
            return
        self._drawn = case
        drawing = self.plugins.contributions("overlay")
        if case is None or not drawing:
            self._jobs.cancel(DRAW)
            self._show(())
            return

        def work(progress: Progress) -> tuple[tuple[OverlayPart, ...], tuple[PluginFailure, ...]]:
            parts: list[OverlayPart] = []
            failures: list[PluginFailure] = []
            for number, one in enumerate(drawing):
                progress(number / len(drawing), one.title)
                try:
                    made = self.plugins.call(one, case)
                except ViewerError as problem:
                    made = PluginFailure(one.plugin, problem.what, problem.advice)
                if isinstance(made, PluginFailure):
                    failures.append(made)
                else:
                    parts += made
            return tuple(parts), tuple(failures)

        def done(made: tuple[tuple[OverlayPart, ...], tuple[PluginFailure, ...]]) -> None:
            self._show(made[0])
            for failure in made[1]:
                self._tell(failure)

        self._jobs.run(DRAW, work, done=done, failed=self._fail)

    def _show(self, parts: tuple[OverlayPart, ...]) -> None:
        if parts or self._parts:
            self._parts = parts
            for pane in self._panes:
                pane.update()

    def _paint(self, pane: PatientPane, painter: QPainter, area: QRect) -> None:
        view = self._desk.view
        if self._parts and view.opacity(OVERLAY) > 0:
            painter.setOpacity(view.opacity(OVERLAY))
            paint_overlay(painter, area, pane, self._parts)

    # -- trees and contours --------------------------------------------------------------------------------------

    def find_tree(self, tracer: Contribution) -> None:
        """Have a plugin find the tree; what it finds replaces the tree, as one edit, and is measured."""
        case = self._desk.kept_case
        if case is None or not case.volume.complete:
            return

        def done(tree: VesselTree) -> None:
            now = self._desk.kept_case
            if now is not None and now.volume is case.volume:
                self._desk.apply(with_tree(now, tree, {v.name for v in now.tree}), f"Find the tree: {tracer.title}")
                self._flow.show_found()

        self._run(tracer, (case,), done)

    def find_contours(self, segmenter: Contribution) -> None:
        """Have a plugin find lumen and wall of the active vessel; they replace those that were there, as one edit."""
        case, vessel = self._desk.kept_case, self._desk.view.vessel
        if case is None or vessel is None or vessel not in case.tree:
            self._message.say("Choose the vessel whose contours are wanted first.", Weight.CAUTION)
            return

        def done(found: CrossSections) -> None:
            now = self._desk.kept_case
            if now is None or now.tree is not case.tree:
                return
            if found.vessel != vessel:
                self._message.say(
                    f"{segmenter.title} gave contours of {found.vessel}, not of {vessel}.", Weight.CAUTION
                )
                return
            others = tuple(s for s in now.sections if s.vessel != vessel)
            calcium = tuple(profile for profile in now.calcium if profile.vessel != vessel)
            new = replace(now, sections=(*others, found), calcium=calcium)
            self._desk.apply(new, f"Contours of {vessel}: {segmenter.title}")
            self._flow.measure_calcium()

        self._run(segmenter, (case, vessel), done)

    def _run(self, contribution: Contribution, arguments: tuple[object, ...], done: Callable[[Any], None]) -> None:
        def work(progress: Progress) -> Any:
            return self._made(contribution, *arguments, progress)

        def ended() -> None:
            self._report(1.0, "")

        def finished(made: Any) -> None:
            ended()
            done(made)

        def failed(problem: BaseException) -> None:
            ended()
            self._fail(problem)

        self._report(0.0, contribution.title)
        self._jobs.run(FIND, work, done=finished, failed=failed, report=self._report, cancelled=ended)

    def _made(self, contribution: Contribution, *arguments: object) -> Any:
        """Return what a plugin made; a failure is raised, for it is the answer to what the operator asked for."""
        result = self.plugins.call(contribution, *arguments)
        if isinstance(result, PluginFailure):
            raise PluginFailed(result)
        return result

    # -- files ---------------------------------------------------------------------------------------------------

    def reader_of(self, path: Path) -> Read | None:
        """Return what reads a file of this ending, ``None`` if no plugin does."""
        for reader in self.plugins.contributions("reader"):
            if path.name.lower().endswith(reader.suffixes):
                return partial(self._read, reader, path)
        return None

    def _read(self, reader: Contribution, path: Path, progress: Progress) -> Volume:
        volume: Volume = self._made(reader, path, progress)
        if volume.facts.source is None:
            return replace(volume, facts=replace(volume.facts, source=str(path)))
        return volume

    # -- failures ------------------------------------------------------------------------------------------------

    def _tell(self, failure: PluginFailure) -> None:
        self._message.say(str(failure), Weight.CAUTION)
        self.changed.emit()

    def _fail(self, problem: BaseException) -> None:
        if not isinstance(problem, ViewerError):
            raise problem
        self._message.refuse(problem)
        self.changed.emit()
