"""From a path to a case on the desk: scan, list, read, show the first picture early, say in words what went wrong."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from viewer.desk import Desk
from viewer.desk.found_plan import ReaderOf, no_other_reader
from viewer.errors import ViewerError
from viewer.jobs import Jobs
from viewer.model.case import Case
from viewer.model.geometry import Geometry
from viewer.model.view import Slab, Step, ViewState
from viewer.model.volume import Volume
from viewer.progress import Progress
from viewer.settings import Settings
from viewer.ui.case_flow import unsaved_plans
from viewer.ui.message import MessageBar, Weight
from viewer.ui.study_browser import StudyBrowser

if TYPE_CHECKING:
    from viewer.dicom.series import SeriesInfo, Study

log = logging.getLogger(__name__)

SCAN = "study.scan"
READ = "study.read"


class StudyFlow:
    """Knows which study is being scanned or read; lives on the window's thread.

    Parameters
    ----------
    desk, jobs, browser, message, settings
    show_browser : callable
        Called with True to bring the browser to the front, with False to bring the panes.
    report : callable
        Called with (share, text) while the pixels stream in, with (1.0, "") when they are all there.
    """

    def __init__(
        self,
        desk: Desk,
        jobs: Jobs,
        browser: StudyBrowser,
        message: MessageBar,
        settings: Settings,
        show_browser: Callable[[bool], None],
        report: Callable[[float, str], None],
    ) -> None:
        self._desk = desk
        self._jobs = jobs
        self._browser = browser
        self._message = message
        self._settings = settings
        self._show_browser = show_browser
        self._report = report
        self.study: Study | None = None
        #: Gives what reads a file that the program does not know itself, ``None`` if nothing does.
        self.other_reader: ReaderOf = no_other_reader
        self._path: Path | None = None
        browser.demo_wanted.connect(self.open_demo)
        browser.series_chosen.connect(self.open_series)
        browser.cancel_wanted.connect(self.cancel)

    def open_path(self, path: Path | Sequence[Path]) -> None:
        """Scan a folder, an archive or files, and list what is in it."""
        # What went wrong before is answered by what is opened now.
        self._message.hide()
        paths = [path] if isinstance(path, Path) else list(path)
        self._path = paths[0] if len(paths) == 1 else None
        reader = self.other_reader(paths[0]) if len(paths) == 1 else None
        if reader is not None:
            self._open_otherwise(paths[0], reader)
            return
        self._browser.show_working(f"Looking through {paths[0].name or paths[0]}")
        self._show_browser(True)

        def work(progress: Progress) -> Study:
            from viewer.dicom import scan

            return scan(paths, progress)

        self._jobs.run(
            SCAN,
            work,
            done=self._scanned,
            failed=self._failed,
            report=self._browser.show_progress,
            cancelled=self._go_back,
        )

    def _open_otherwise(self, path: Path, reader: Callable[[Progress], Volume]) -> None:
        """Open a file that a plugin reads."""
        self._browser.show_working(f"Opening {path.name}")
        self._show_browser(True)

        def done(volume: Volume) -> None:
            self._settings.add_recent(path)
            self._read(volume)

        self._jobs.run(
            READ,
            reader,
            done=done,
            failed=self._failed,
            report=self._browser.show_progress,
            cancelled=self._go_back,
        )

    def open_demo(self) -> None:
        """Make or fetch the demonstration case and lay it on the desk."""
        self._path = None
        self._message.hide()
        self._browser.show_working("Preparing the demonstration: the first time it is computed, which takes a moment")
        self._show_browser(True)

        def work(progress: Progress) -> Volume:
            from viewer.demo import demo_case

            return demo_case(progress).volume

        self._jobs.run(
            READ,
            work,
            done=self._read,
            failed=self._failed,
            report=self._browser.show_progress,
            cancelled=self._go_back,
        )

    def open_series(self, series: SeriesInfo) -> None:
        """Read the pixels of a series; the first picture is shown while the rest streams in."""
        if not series.readable:
            self._message.say(" ".join(series.reasons) or "No volume can be made of this series.", Weight.REFUSAL)
            return
        self._message.hide()
        self._browser.show_working(f"Opening {series.title}")
        former, former_view = self._desk.kept_case, self._desk.view
        first_shown = False

        def show_part(volume: Volume) -> None:
            nonlocal first_shown
            if not first_shown:
                first_shown = True
                self._lay_open(volume)
            elif self._desk.kept_case is not None:
                self._desk.preview(replace(self._desk.kept_case, volume=volume))

        def work(progress: Progress, give: Callable[[Volume], None]) -> Volume:
            from viewer.dicom import read

            def first(hu: NDArray[np.int16], geometry: Geometry, there: NDArray[np.bool_]) -> None:
                if not there.all():
                    give(Volume(hu.view(), geometry, series.facts, series.findings, complete=False))

            return read(series, progress, first)

        def done(volume: Volume) -> None:
            self._report(1.0, "")
            self._read(volume, keep_view=first_shown)

        def give_back() -> None:
            self._report(1.0, "")
            if first_shown and former is not None and former.volume.complete:
                self._desk.open(former, former_view)
            elif first_shown:
                self._desk.close()

        def failed(problem: BaseException) -> None:
            give_back()
            self._failed(problem)

        def cancelled() -> None:
            give_back()
            self._go_back()

        def report(share: float, text: str) -> None:
            self._browser.show_progress(share, text)
            self._report(share, text)

        self._jobs.run(READ, work, done=done, failed=failed, partial=show_part, report=report, cancelled=cancelled)

    def cancel(self) -> None:
        """Stop scanning or reading."""
        self._jobs.cancel(SCAN)
        self._jobs.cancel(READ)

    def back_to_series(self) -> None:
        """List the series of the open study again, or the start page if there is no study."""
        if self.study is not None:
            self._browser.show_series()
        else:
            self._browser.show_start(self._settings.recent, unsaved_plans())
        self._show_browser(True)

    def show_start(self) -> None:
        """Show the start page."""
        self._browser.show_start(self._settings.recent, unsaved_plans())
        self._show_browser(True)

    # -- what comes back -----------------------------------------------------------------------------------------

    def _scanned(self, study: Study) -> None:
        self.study = study
        if self._path is not None:
            self._settings.add_recent(self._path)
        self._browser.show_study(study)
        for number, series in enumerate(study.series):
            self._fetch_thumbnail(number, series)

    def _fetch_thumbnail(self, number: int, series: SeriesInfo) -> None:
        def work(progress: Progress) -> NDArray[np.uint8]:
            from viewer.dicom import thumbnail

            return thumbnail(series)

        def failed(problem: BaseException) -> None:
            if not isinstance(problem, ViewerError):
                raise problem
            self._browser.set_thumbnail(number, None, str(problem))

        def done(grey: NDArray[np.uint8]) -> None:
            self._browser.set_thumbnail(number, grey)

        self._jobs.run(f"study.thumbnail.{number}", work, done=done, failed=failed)

    def _read(self, volume: Volume, keep_view: bool = False) -> None:
        if keep_view:
            self._desk.open(Case(volume))
        else:
            self._lay_open(volume)

    def _lay_open(self, volume: Volume) -> None:
        """Lay a volume on the desk, the cursor in its middle."""
        former = self._desk.view
        view = ViewState(
            step=Step.STUDY,
            cursor_lps_mm=volume.geometry.center_lps_mm,
            window=former.window,
            slab=Slab(),
            carm=self._settings.lab.carm(0.0, 0.0, volume.geometry.center_lps_mm),
            hidden_overlays=former.hidden_overlays,
            faded_overlays=former.faded_overlays,
        )
        self._desk.open(Case(volume), view)
        self._show_browser(False)

    def _failed(self, problem: BaseException) -> None:
        self._go_back()
        if isinstance(problem, ViewerError):
            self._message.refuse(problem)
        else:
            raise problem

    def _go_back(self) -> None:
        """Show what was there before: the panes, the list of series, or the start page."""
        if self._desk.case is not None:
            self._show_browser(False)
        else:
            self.back_to_series()
