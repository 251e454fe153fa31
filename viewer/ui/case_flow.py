"""Plans on disk: saved on demand, kept by themselves after every edit, found again with their pictures."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from viewer.casefile import SUFFIX, StoredCase, load_case, save_case
from viewer.casefile.state_folder import state_folder
from viewer.desk import Desk
from viewer.desk.found_plan import ReaderOf, found_plan, no_other_reader
from viewer.errors import ViewerError
from viewer.jobs import Jobs
from viewer.model.case import Case
from viewer.model.view import ViewState
from viewer.model.volume import Volume
from viewer.progress import Progress
from viewer.settings import Settings
from viewer.ui.message import MessageBar, Weight

SAVE, AUTOSAVE, OPEN = "case.save", "case.autosave", "study.read"


def autosave_folder() -> Path:
    """Return where plans are kept by themselves."""
    return state_folder() / "autosave"


def autosave_path(volume: Volume) -> Path:
    """Return where the plan of a series is kept by itself; the name tells nothing of the patient."""
    key = f"{volume.facts.series_uid}|{volume.facts.phase_percent}|{volume.geometry.digest()}"
    return autosave_folder() / (hashlib.sha256(key.encode()).hexdigest()[:20] + SUFFIX)


def unsaved_plans() -> list[Path]:
    """Return the plans that were kept by themselves and never saved, the latest first."""
    try:
        files = [path for path in autosave_folder().iterdir() if path.suffix == SUFFIX]
        return sorted(files, key=lambda path: path.stat().st_mtime, reverse=True)
    except OSError:
        return []


def _built_in(progress: Progress) -> Volume:
    from viewer.demo import demo_case

    return demo_case(progress).volume


class CaseFlow:
    """Saves and opens plans; lives on the window's thread.

    Parameters
    ----------
    desk, jobs, message, settings
    parent : QWidget
        Over which files are asked for.
    working : callable
        Called with a heading while a plan is being opened, with ``None`` when that has ended.
    report : callable
        Called with (share, text) meanwhile.
    without_plan : callable
        Called when a study lies open in full for which no plan was kept.
    """

    def __init__(
        self,
        desk: Desk,
        jobs: Jobs,
        message: MessageBar,
        settings: Settings,
        parent: QWidget,
        working: Callable[[str | None], None],
        report: Callable[[float, str], None],
        without_plan: Callable[[], None],
    ) -> None:
        self._desk = desk
        self._jobs = jobs
        self._message = message
        self._settings = settings
        self._parent = parent
        self._working = working
        self._report = report
        self._without_plan = without_plan
        #: Gives what reads a file that the program does not know itself.
        self.other_reader: ReaderOf = no_other_reader
        self._writing = threading.Lock()
        self._path: Path | None = None
        self._kept: Case | None = None
        self._saved: Case | None = None
        self._waiting: StoredCase | None = None

    @property
    def unsaved(self) -> bool:
        """Whether there are edits that the doctor has not saved."""
        case = self._desk.kept_case
        return case is not None and case is not self._saved and bool(self._desk.undo_titles)

    # -- by itself -----------------------------------------------------------------------------------------------

    def look_again(self) -> None:
        """Keep the case after every edit; called when the desk says so."""
        case, view = self._desk.kept_case, self._desk.view
        if case is None or case is self._kept:
            self._kept = case
            return
        opened = self._kept is None or case.volume is not self._kept.volume
        self._kept = case
        if opened:
            self._path, self._saved = None, case
            if case.volume.complete:
                self._lay_plan_of(case)
            return
        path = autosave_path(case.volume)

        def work(progress: Progress) -> None:
            with self._writing:
                if self._kept is case:
                    save_case(path, case, view, keep_backup=False)

        self._jobs.run(AUTOSAVE, work, done=lambda _: None, failed=self._fail)

    def _lay_plan_of(self, case: Case) -> None:
        """Lay on the pictures that were opened now the plan that waited for them, or the one that was not saved."""
        waiting, self._waiting = self._waiting, None
        path = autosave_path(case.volume)
        if waiting is not None:
            try:
                self._lay_open(waiting, *waiting.restore(case.volume))
            except ViewerError as problem:
                # It goes on waiting: the right pictures may be opened next.
                self._waiting = waiting
                self._message.refuse(problem)
        elif path.exists():
            self._fetch_unsaved(path, case.volume)
        elif not len(case.tree):
            self._without_plan()

    def _fetch_unsaved(self, path: Path, volume: Volume) -> None:
        self._working("Fetching the plan that you had not saved")

        def work(progress: Progress) -> tuple[StoredCase, Case, ViewState]:
            stored = load_case(path)
            return stored, *stored.restore(volume)

        def done(fetched: tuple[StoredCase, Case, ViewState]) -> None:
            self._lay_open(*fetched)
            self._message.say(
                "Your plan of this study is here again as you left it. “Start anew” in step Study drops it."
            )

        def failed(problem: BaseException) -> None:
            self._working(None)
            self._fail(problem)
            # It would be written over by the next edit.
            path.replace(path.with_suffix(".unreadable"))

        self._jobs.run(OPEN, work, done=done, failed=failed, report=self._report, cancelled=lambda: self._working(None))

    # -- when the doctor says so ---------------------------------------------------------------------------------

    def save(self) -> None:
        """Save where the plan was saved before, or ask."""
        if self._path is None:
            self.ask_where()
        else:
            self.save_to(self._path)

    def ask_where(self) -> None:
        """Ask where to save."""
        if self._desk.kept_case is None:
            self._message.say("There is nothing to save yet: open a study first.", Weight.CAUTION)
            return
        dialog = QFileDialog(self._parent, "Save the plan")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(f"Plans of CTO Viewer (*{SUFFIX})")
        dialog.setDefaultSuffix(SUFFIX.removeprefix("."))
        dialog.fileSelected.connect(lambda name: self.save_to(Path(name)))
        dialog.open()

    def save_to(self, path: Path) -> None:
        """Save the plan to a file."""
        case, view = self._desk.kept_case, self._desk.view
        if case is None:
            return

        def work(progress: Progress) -> None:
            with self._writing:
                save_case(path, case, view)

        def done(_: None) -> None:
            self._path, self._saved = path, case
            self._settings.add_recent(path)
            if self._kept is case:  # else what was edited meanwhile is kept there
                autosave_path(case.volume).unlink(missing_ok=True)
            self._message.say(f"The plan is saved: {path}. It holds your captures, but no CT images and no name.")

        self._jobs.run(SAVE, work, done=done, failed=self._fail)

    def open_plan(self, path: Path) -> None:
        """Open a plan together with its pictures; if these have moved, ask for them."""
        self._message.hide()
        self._working(f"Opening {path.name}")
        other_reader = self.other_reader

        def work(progress: Progress) -> tuple[StoredCase, tuple[Case, ViewState] | None]:
            stored = load_case(path)
            return stored, found_plan(stored, progress, _built_in, other_reader)

        def done(result: tuple[StoredCase, tuple[Case, ViewState] | None]) -> None:
            stored, found = result
            self._working(None)
            if found is None:
                self._waiting = stored
                self._message.say(
                    f"The pictures of {path.name} are not where they were. Open their folder or disc now; the plan is "
                    "then laid on them.",
                    Weight.CAUTION,
                )
                return
            self._lay_open(stored, *found)

        def failed(problem: BaseException) -> None:
            self._working(None)
            self._fail(problem)

        self._jobs.run(OPEN, work, done=done, failed=failed, report=self._report, cancelled=lambda: self._working(None))

    def _lay_open(self, stored: StoredCase, case: Case, view: ViewState) -> None:
        self._kept = case
        self._desk.open(case, view)
        # Once more, now that there is something to show instead of the list of studies.
        self._working(None)
        by_itself = stored.path.parent == autosave_folder()
        self._path, self._saved = (None, None) if by_itself else (stored.path, case)
        if not by_itself:
            self._settings.add_recent(stored.path)

    def _fail(self, problem: BaseException) -> None:
        if not isinstance(problem, ViewerError):
            raise problem
        self._message.refuse(problem)
