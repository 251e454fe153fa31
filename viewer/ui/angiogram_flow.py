"""A run of a real angiogram beside the case: asked for, read and registered off the window's thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from viewer.analysis.fluoro.register import Registration, registered
from viewer.desk import Desk
from viewer.desk.angiogram_edits import with_angiogram, with_angles, with_landmark, without_landmarks
from viewer.desk.target import aimed_at
from viewer.errors import ViewerError
from viewer.jobs import Jobs
from viewer.model.angiogram import Angiogram
from viewer.model.case import Case
from viewer.model.geometry import Float
from viewer.progress import Progress
from viewer.settings import Settings
from viewer.ui.message import MessageBar, Weight
from viewer.ui.run_frames import RunFrames

if TYPE_CHECKING:
    from viewer.dicom.angiogram import Run

OPEN, REGISTER = "angiogram.open", "angiogram.register"


class AngiogramFlow(QObject):
    """Keeps frames and registration of the run that lies beside the case; lives on the window's thread.

    `changed` says that there is something new to look at; `opened` that the doctor opened a run, `closed` that
    none lies there any more.
    """

    changed = Signal()
    opened = Signal()
    closed = Signal()

    def __init__(self, desk: Desk, jobs: Jobs, message: MessageBar, settings: Settings, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk, self._jobs, self._message, self._settings, self._parent = desk, jobs, message, settings, parent
        self.frames = RunFrames(jobs, self)
        self.frames.came.connect(self.changed)
        self.frames.failed.connect(self._failed)
        self._shown: str | None = None
        self._registered: Angiogram | None = None
        self.registration: Registration | None = None
        #: Why the frames of the plan's run are not there, in a sentence; empty if they are or will be.
        self.missing = ""

    @property
    def busy(self) -> bool:
        """Whether the frame that is looked at, or a registration, is on its way."""
        return self.frames.waiting or any(self._jobs.job(slot) is not None for slot in (OPEN, REGISTER))

    # -- what the doctor does ------------------------------------------------------------------------------------

    def ask(self) -> None:
        """Ask which run to open."""
        if self._desk.kept_case is None:
            self._message.say("Open the CT first; the angiogram is laid beside it.", Weight.CAUTION)
            return
        dialog = QFileDialog(self._parent, "Open a run of the angiogram")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.open(Path(name)))
        dialog.open()

    def open_or(self, path: Path, otherwise: Callable[[Path], None]) -> None:
        """Lay a file beside the case if it is a run, else hand it on."""

        def work(progress: Progress) -> bool:
            from viewer.dicom.angiogram import is_run

            return is_run(path)

        def done(run: bool) -> None:
            if run:
                self.open(path)
            else:
                otherwise(path)

        self._jobs.run(OPEN, work, done=done, failed=self._failed)

    def open(self, path: Path) -> None:
        """Lay a run beside the case, as one edit."""
        case = self._desk.kept_case
        if case is None:
            return
        facts, lab = case.volume.facts, self._settings.lab
        center = aimed_at(case, self._desk.view)

        def work(progress: Progress) -> tuple[Run, bool | None]:
            from viewer.dicom.angiogram import open_run
            from viewer.dicom.patient_match import same_patient

            run = open_run(path, lab, progress)
            return run, same_patient(path, facts.source, facts.series_uid, progress)

        def done(made: tuple[Run, bool | None]) -> None:
            run, same_one = made
            now = self._desk.kept_case
            if now is None or now.volume is not case.volume:
                return
            found = replace(
                run.angiogram,
                carm=replace(run.angiogram.carm, isocenter_lps_mm=center),
                other_patient=None if same_one is None else not same_one,
            )
            self._show(run)
            new = with_angiogram(now, found)
            self._desk.apply(new, "Open an angiogram")
            if new.angiogram is not None:
                self._say(new.angiogram)
            self.opened.emit()

        self._jobs.run(OPEN, work, done=done, failed=self._failed)

    def close(self) -> None:
        """Take the run away from the case, as one edit."""
        self._edit(lambda case: with_angiogram(case, None), "Close the angiogram")

    def tell_angles(self, primary_deg: float, secondary_deg: float) -> None:
        """Take the angles that the operator read off the monitor, as one edit."""
        self._edit(lambda case: with_angles(case, primary_deg, secondary_deg), "Tell the angles of the angiogram")

    def place(self, name: str, lps_mm: Float, seen_mm: Float) -> None:
        """Say where a place of the CT is seen on the run, as one edit."""
        self._edit(lambda case: with_landmark(case, name, lps_mm, seen_mm), f"Find {name} on the angiogram")

    def forget_landmarks(self) -> None:
        """Begin the registration anew, as one edit."""
        self._edit(without_landmarks, "Take the landmarks away")

    def go(self) -> None:
        """Turn the C-arm of the preview, in whole degrees, to where that of the run stood."""
        case = self._desk.case
        run = case.angiogram if case is not None else None
        if run is None or run.angles_deg is None:
            return
        carm = self.registration.carm if self.registration is not None else run.carm
        primary, secondary = float(round(carm.primary_deg)), float(round(carm.secondary_deg))
        self._desk.look(carm=replace(carm, primary_deg=primary, secondary_deg=secondary))

    def _edit(self, change: Callable[[Case], Case], title: str) -> None:
        case = self._desk.kept_case
        if case is not None and case.angiogram is not None:
            self._desk.apply(change(case), title)

    def _say(self, run: Angiogram) -> None:
        if run.other_patient:
            self._message.say(
                "The headers say that this angiogram and the CT are of different patients. Check before you compare.",
                Weight.REFUSAL,
            )
        elif run.angles_deg is None:
            self._message.say(
                "The run does not tell its angles. Type them at the left as they stand on its monitor.", Weight.CAUTION
            )

    # -- what is shown -------------------------------------------------------------------------------------------

    def refresh(self, case: Case | None) -> None:
        """Look at the desk again: fetch the frames of its run, and register anew after an edit."""
        run = case.angiogram if case is not None else None
        if run is None:
            if self._shown is not None:
                self._show(None)
                self.closed.emit()
        elif run.sop_uid != self._shown:
            self._fetch(run)
        if run is not self._registered:
            self._registered = run
            if run is None or not run.landmarks:
                self._jobs.cancel(REGISTER)
                self._take(None)
            else:
                self._jobs.run(REGISTER, lambda _: registered(run), done=self._take, failed=self._failed)

    def _take(self, registration: Registration | None) -> None:
        self.registration = registration
        self.changed.emit()

    def _fetch(self, wanted: Angiogram) -> None:
        """Look for the run of a plan where it was."""
        self._show(None)
        self._shown = wanted.sop_uid
        lab = self._settings.lab

        def work(progress: Progress) -> Run | None:
            from viewer.dicom.angiogram import open_run

            try:
                run = open_run(Path(wanted.source), lab, progress)
            except ViewerError:
                return None  # what is not there is said in the pane, which can do without
            return run if run.angiogram.sop_uid == wanted.sop_uid else None

        def done(run: Run | None) -> None:
            if run is not None:
                self._show(run)
            else:
                self.missing = "The run is not where it was. Open it again; the landmarks are kept."
                self.changed.emit()

        self._jobs.run(OPEN, work, done=done, failed=self._failed)

    def _show(self, run: Run | None) -> None:
        self._shown = run.angiogram.sop_uid if run is not None else None
        self.missing = ""
        self.frames.show_run(run)
        self.changed.emit()

    def _failed(self, problem: BaseException) -> None:
        if not isinstance(problem, ViewerError):
            raise problem
        self._message.refuse(problem)


def may_be_run(path: Path) -> bool:
    """Tell from its name whether a file may be a run: most have the suffix of DICOM or none."""
    return path.suffix.lower() in ("", ".dcm", ".ima") and path.is_file()


def detector_px(run: Angiogram, seen_mm: Float) -> Float:
    """Return where places on the detector, mm right and up of its centre, lie in a frame: column and row, (..., 2)."""
    seen = np.asarray(seen_mm, float)
    return np.stack(
        [run.columns / 2 + seen[..., 0] / run.mm_per_px, run.rows / 2 - seen[..., 1] / run.mm_per_px], axis=-1
    )
