"""What the occlusions on a course are made of, measured off the window's thread and kept while it holds."""

from __future__ import annotations

from collections.abc import Callable

from viewer.analysis.occlusion.measures import composition_between
from viewer.analysis.reformat.course import Course
from viewer.jobs import Jobs
from viewer.model.case import Case
from viewer.model.composition import Composition
from viewer.model.lesion import LesionKind
from viewer.progress import Progress
from viewer.ui.same import same


class Compositions:
    """Measures when volume, contours or caps are others than the last time; calls `ready` when there is something new.

    Parameters
    ----------
    jobs : Jobs
    slot : str
        Of its job.
    ready : callable
    """

    def __init__(self, jobs: Jobs, slot: str, ready: Callable[[], None]) -> None:
        self._jobs = jobs
        self._slot = slot
        self._ready = ready
        self._key: tuple[object, ...] = ()
        self.found: tuple[Composition, ...] = ()

    def look(self, case: Case | None, course: Course | None) -> None:
        """Look at the case again; what was found stays until the new is there, unless the vessel is another one."""
        names = [stretch.vessel for stretch in course.stretches] if course is not None else []
        lesions = case.lesions if case is not None else ()
        wanted = [le for le in lesions if le.kind is LesionKind.OCCLUSION and le.vessel in names]
        if case is None or not wanted:
            self._key, self.found = (), ()
            self._jobs.cancel(self._slot)
            return
        sections = [case.sections_of(lesion.vessel) for lesion in wanted]
        key = (case.volume, *wanted, *sections)
        if same(key, self._key):
            return
        self._key = key
        self.found = tuple(made for made in self.found if made.vessel in names)
        volume = case.volume

        def work(progress: Progress) -> tuple[Composition, ...]:
            made = []
            for n, (lesion, around) in enumerate(zip(wanted, sections, strict=True)):
                progress(n / len(wanted), f"Composition of {lesion.vessel}")
                ends = lesion.proximal.station_mm, lesion.distal.station_mm
                made.append(composition_between(volume, around, lesion.kind, *ends))
            return tuple(one for one in made if one is not None)

        def done(found: tuple[Composition, ...]) -> None:
            self.found = found
            self._ready()

        self._jobs.run(self._slot, work, done=done, failed=_raise)


def _raise(problem: BaseException) -> None:
    raise problem
