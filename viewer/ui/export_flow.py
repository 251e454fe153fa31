"""Exports from the window: asked for, written by a job, told in words, and noted in the list of what left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import platformdirs
from PySide6.QtCore import QObject, QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QWidget

from viewer.api.door import Plugins
from viewer.casefile.departures import departure, departures, note_departures
from viewer.desk import Desk
from viewer.errors import ViewerError
from viewer.jobs import Jobs
from viewer.model.board import BoardItem
from viewer.model.volume import Volume
from viewer.progress import Progress
from viewer.report.export import ExportChoice, Exported, Item, export, in_words, possible
from viewer.settings import Settings
from viewer.ui.board_notes import paint_notes
from viewer.ui.board_pictures import decoded
from viewer.ui.departures_dialog import DeparturesDialog
from viewer.ui.export_dialog import ExportDialog
from viewer.ui.message import MessageBar, Weight

EXPORT, NOTE = "export", "departures.note"
KEY = "export"
#: Ticked for who exports for the first time.
FIRST = frozenset((Item.CAPTURES, Item.SHEET, Item.CAPTURES_DICOM, Item.SHEET_DICOM, Item.REPORT_DICOM))

#: Said where a real angiogram lies beside the plan: its frames are as the laboratory made them.
BURNED_IN = "A capture of the angiogram shows what is burned into its frames: look at those captures first."


def annotated(item: BoardItem) -> QImage:
    """Return the picture of a capture with what was drawn on it.

    Raises
    ------
    ViewerError
        If its bytes are damaged.
    """
    image = decoded(item)
    if image.isNull():
        raise ViewerError(f"The picture of “{item.title}” is damaged.", "Take that capture again.")
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    painter = QPainter(image)
    paint_notes(painter, QRectF(0, 0, image.width(), image.height()), item.notes)
    painter.end()
    return image


class ExportFlow(QObject):
    """Knows the dialog and the work; lives on the window's thread.

    Parameters
    ----------
    desk, jobs, message, settings
    parent : QWidget
        Over which is asked.
    page : callable
        Gives the size of the sheet's paper.
    plugins : Plugins
    """

    def __init__(
        self,
        desk: Desk,
        jobs: Jobs,
        message: MessageBar,
        settings: Settings,
        parent: QWidget,
        page: Callable[[], str],
        plugins: Plugins,
    ) -> None:
        super().__init__(parent)
        self._desk, self._jobs, self._message, self._settings = desk, jobs, message, settings
        self._window, self._page = parent, page
        self._plugins = plugins
        self._noted = 0
        self.dialog: ExportDialog | None = None
        self.list: DeparturesDialog | None = None

    def ask(self) -> None:
        """Open the dialog."""
        case = self._desk.kept_case
        if case is None or not case.volume.complete:
            self._message.say("There is nothing to export yet: open a study first.", Weight.CAUTION)
            return
        if self.dialog is not None:
            self.dialog.raise_()
            return
        kept = self._settings.get(KEY, {})
        kept = kept if isinstance(kept, dict) else {}
        names = kept.get("items")
        ticked = frozenset(item for item in Item if item.name in names) if isinstance(names, list) else FIRST
        folder = Path(str(kept.get("folder") or platformdirs.user_documents_dir()))
        facts = case.volume.facts
        patient = facts.source is not None and facts.study_uid is not None
        plugins = self._plugins.contributions("exporter")
        caution = BURNED_IN if case.angiogram is not None and case.board else ""
        dialog = ExportDialog(possible(case), ticked, folder, plugins, patient, self._page(), caution, self._window)
        dialog.wanted.connect(self.run)
        dialog.stopped.connect(lambda: self._jobs.cancel(EXPORT))
        dialog.finished.connect(self._gone)
        self.dialog = dialog
        dialog.open()

    def run(self, choice: ExportChoice) -> None:
        """Write what was chosen."""
        case, view = self._desk.kept_case, self._desk.view
        if case is None:
            return
        self._settings.set(KEY, {"items": [item.name for item in choice.items], "folder": str(choice.folder)})
        self._report(0.0, "Exporting")
        limits = self._settings.lab.limits
        words = in_words(choice.items, choice.plugins, len(case.board))

        def work(progress: Progress) -> Exported:
            made = export(case, view, choice, annotated, plugins=self._plugins, limits=limits, progress=progress)
            note_departures([departure(case.volume, words, made.folder, identity=choice.identity)])
            return made

        def done(made: Exported) -> None:
            self._report(1.0, "")
            if self.dialog is not None:
                self.dialog.accept()
            who = "WITH the patient's identity" if choice.identity else "without the patient's identity"
            failed = f" {' '.join(made.failures)}" if made.failures else ""
            self._message.say(
                f"Exported {who}: {len(made.files)} files in {made.folder}.{failed}",
                Weight.CAUTION if choice.identity or made.failures else Weight.NOTE,
            )

        def stopped() -> None:
            self._report(1.0, "Stopped: nothing was written.")
            self._message.say("The export was stopped: nothing was written.", Weight.CAUTION)

        self._jobs.run(EXPORT, work, done=done, failed=self._fail, report=self._report, cancelled=stopped)

    def note(self, volume: Volume, what: str, where: Path | str, *, identity: bool) -> None:
        """Put something that left by another way on the list."""
        entry = departure(volume, what, where, identity=identity)
        # A slot of its own: none of them may be dropped for a newer one.
        self._noted += 1
        self._jobs.run(
            f"{NOTE}.{self._noted}", lambda _: note_departures([entry]), done=lambda _: None, failed=self._fail
        )

    def note_sheet(self, volume: Volume, where: str, identity: bool) -> None:
        """Put a sheet that was saved on the list."""
        self.note(volume, f"planning sheet ({Path(where).suffix[1:].upper()})", where, identity=identity)

    def show_list(self) -> None:
        """Show what left this machine."""
        try:
            entries = departures()
        except ViewerError as problem:
            self._message.refuse(problem)
            return
        self.list = DeparturesDialog(entries, self._window)
        self.list.open()

    def _report(self, share: float, text: str) -> None:
        if self.dialog is not None:
            self.dialog.show_progress(share, text)

    def _gone(self, _result: int) -> None:
        self.dialog = None

    def _fail(self, problem: BaseException) -> None:
        self._report(1.0, "")
        if not isinstance(problem, ViewerError):
            raise problem
        if self.dialog is not None:
            self.dialog.show_progress(1.0, f"{problem.what} {problem.advice}")
        self._message.refuse(problem)
