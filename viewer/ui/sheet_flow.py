"""The planning sheet in the window: made anew when plan or view change, and written where the doctor wants it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QWidget

from viewer.api.door import Plugins
from viewer.casefile.pseudonyms import patient_code
from viewer.desk import Desk
from viewer.jobs import Jobs
from viewer.model.board import Board
from viewer.model.case import Case
from viewer.model.lesion import LesionKind
from viewer.model.remarks import Remarks
from viewer.model.view import ViewState
from viewer.model.volume import Volume
from viewer.progress import Progress
from viewer.report.sheet import Figures, ReadyPage, page_picture, ready_pages, write_pages
from viewer.report.sheet_sources import view_of, with_sources
from viewer.report.sheet_stills import Studio, open_studio
from viewer.report.sheet_words import identity_line
from viewer.settings import Settings
from viewer.ui.same import same

PAGES, PICTURES, SAVE = "sheet.pages", "sheet.pictures", "sheet.save"
#: Dots in an inch of the pages on the screen.
SCREEN_DPI = 160


@dataclass(frozen=True, slots=True)
class SheetChoices:
    """What the doctor chose for the sheet.

    Attributes
    ----------
    page : str
        ``A4`` or ``Letter``.
    name : str
        Of the patient, as typed.
    named : bool
        Whether the name stands on the sheet.
    """

    page: str = "A4"
    name: str = ""
    named: bool = False

    @property
    def identity(self) -> str | None:
        """What stands on the sheet for the patient; ``None``: a code."""
        return self.name if self.named else None


class SheetFlow(QObject):
    """Makes the pages on another thread, and writes them; lives on the window's thread.

    `changed` says that there is something new to look at, `told` what became of a file, `failed` what went wrong, and
    `left` which volume's sheet left to which file, and whether with a name.
    """

    changed = Signal()
    told = Signal(str)
    left = Signal(object, str, bool)
    failed = Signal(object)

    def __init__(self, desk: Desk, jobs: Jobs, parent: QWidget, settings: Settings, plugins: Plugins) -> None:
        super().__init__(parent)
        self._desk = desk
        self._jobs = jobs
        self._settings = settings
        self._plugins = plugins
        self._choices = SheetChoices(page=settings.person.paper)
        self._key: tuple[object, ...] = ()
        self._studio: Studio | None = None
        self._pages: tuple[ReadyPage, ...] = ()
        self._images: tuple[QImage, ...] = ()
        self._figures: tuple[Figures, ...] = ()
        self._nameless: tuple[QImage, ...] = ()
        self._volume: Volume | None = None
        self._remarks = Remarks()
        self._board: Board = ()
        self._saved: Volume | None = None

    @property
    def choices(self) -> SheetChoices:
        """What the doctor chose."""
        return self._choices

    @property
    def pages(self) -> tuple[ReadyPage, ...]:
        """The pages, ready to be written."""
        return self._pages

    @property
    def images(self) -> tuple[QImage, ...]:
        """The pages as they will be."""
        return self._images

    def figure_at(self, page: int, x_share: float, y_share: float) -> int | None:
        """Return the number of the figure at a place of a page, in shares of it; ``None`` where there is none."""
        figures = self._figures[page] if page < len(self._figures) else ()
        return next((number for number, box in figures if box.contains(x_share, y_share)), None)

    def go_to_figure(self, page: int, figure: int) -> None:
        """Look where the program shows what a figure shows."""
        case = self._desk.case
        if case is not None and page < len(self._pages) and self._pages[page].vessel in case.tree:
            ready = self._pages[page]
            self._desk.look(view_of(ready.words, case, ready.vessel, figure, self._desk.view))

    @property
    def nameless_images(self) -> tuple[QImage, ...]:
        """The pages with a code in place of the name: captures are kept with the plan, which holds no names."""
        return self._nameless

    @property
    def busy(self) -> bool:
        """Whether newer pages are on their way."""
        return self._jobs.job(PAGES) is not None or self._jobs.job(PICTURES) is not None

    def saved(self, case: Case | None) -> bool:
        """Tell whether a sheet of this study was written."""
        return case is not None and case.volume is self._saved

    def choose(self, **changes: object) -> None:
        """Choose anew: fields of `SheetChoices`."""
        self._choices = replace(self._choices, **changes)  # type: ignore[arg-type]
        if self._pages and "page" not in changes:
            self._pages = tuple(self._worded(page, self._choices.identity) for page in self._pages)
            self._draw()
        self.changed.emit()

    def refresh(self, case: Case | None, view: ViewState) -> None:
        """Make the pages anew if anything on them may have changed."""
        if case is None or not case.volume.complete or len(case.tree) == 0:
            self.forget()
            return
        if case.volume is not self._volume:
            # Another patient: no name may go on to the next sheet.
            self._volume, self._choices = case.volume, SheetChoices(page=self._choices.page)
        key = self._key_of(case, view)
        said = case.remarks is not self._remarks or case.board is not self._board
        self._remarks, self._board = case.remarks, case.board
        if same(key, self._key):
            if said and self._pages:
                self._pages = tuple(self._worded(page, self._choices.identity) for page in self._pages)
                self._draw()
            return
        self._key = key
        studio, choices, limits = self._studio, self._choices, self._settings.lab.limits

        def work(progress: Progress) -> tuple[Studio, tuple[ReadyPage, ...]]:
            room = studio if studio is not None and studio.serves(case) else open_studio(case, progress)
            return room, ready_pages(
                case,
                view,
                page=choices.page,
                studio=room,
                plugins=self._plugins,
                limits=limits,
                progress=progress,
            )

        self._jobs.run(PAGES, work, done=self._made, failed=self.failed.emit)

    def _key_of(self, case: Case, view: ViewState) -> tuple[object, ...]:
        return (*_key_of(case, view, self._choices.page), self._settings.lab)

    def forget(self) -> None:
        """Let go of the pages and of what is under way."""
        for slot in (PAGES, PICTURES):
            self._jobs.cancel(slot)
        self._key, self._studio, self._pages = (), None, ()
        self._images = self._nameless = ()

    def _made(self, made: tuple[Studio, tuple[ReadyPage, ...]]) -> None:
        self._studio = made[0]
        self._pages = tuple(self._worded(page, self._choices.identity) for page in made[1])
        self._draw()

    def _worded(self, page: ReadyPage, identity: str | None) -> ReadyPage:
        """Return a page with the present remarks and captures, and an identity or a code."""
        who, said = identity_line(page.case, identity), self._remarks
        words = replace(page.words, notes=said.notes, operator=said.operator, identity=who)
        return replace(page, words=with_sources(words, replace(page.case, board=self._board), page.vessel))

    def remark(self, **changes: str) -> None:
        """Write beside the plan: fields of `Remarks`, as an edit that can be undone."""
        case = self._desk.kept_case
        if case is None:
            return
        new = replace(case.remarks, **changes)
        if new != case.remarks:
            self._desk.apply(replace(case, remarks=new), " and ".join(changes).capitalize() + " on the sheet")

    def _draw(self) -> None:
        pages, size = self._pages, self._choices.page
        nameless = tuple(self._worded(page, None) for page in pages) if self._choices.identity else ()

        def work(progress: Progress) -> list[tuple[QImage, Figures]]:
            made: list[tuple[QImage, Figures]] = []
            for page in (*pages, *nameless):
                progress(len(made) / (len(pages) + len(nameless)))
                made.append(page_picture(page, size, SCREEN_DPI))
            return made

        def done(made: list[tuple[QImage, Figures]]) -> None:
            images = tuple(image for image, _ in made)
            self._figures = tuple(figures for _, figures in made[: len(pages)])
            self._images, self._nameless = images[: len(pages)], images[-len(pages) :]
            self.changed.emit()

        self._jobs.run(PICTURES, work, done=done, failed=self.failed.emit)

    # -- when the doctor says so ---------------------------------------------------------------------------------

    def ask_where(self, suffix: str) -> None:
        """Ask where to write the sheet, as ``.pdf`` or ``.png``."""
        case = self._desk.case
        if case is None or not self._pages:
            self.told.emit("There is no sheet to save yet: open a study and find its vessels first.")
            return
        parent = self.parent()
        dialog = QFileDialog(parent if isinstance(parent, QWidget) else None, "Save the planning sheet")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(f"Planning sheet (*{suffix})")
        dialog.setDefaultSuffix(suffix.removeprefix("."))
        dialog.selectFile(f"planning-sheet-{patient_code(case.volume)}{suffix}")
        dialog.fileSelected.connect(lambda name: self.save_to(Path(name)))
        dialog.open()

    def save_to(self, path: Path, then: Callable[[], None] | None = None) -> None:
        """Write the sheet of what lies on the desk now."""
        case, view, choices = self._desk.case, self._desk.view, self._choices
        if case is None:
            return
        studio, limits = self._studio, self._settings.lab.limits
        current = self._pages if same(self._key_of(case, view), self._key) else ()

        def work(progress: Progress) -> tuple[Path, ...]:
            pages = current or ready_pages(
                case,
                view,
                page=choices.page,
                plugins=self._plugins,
                identity=choices.identity,
                studio=studio,
                limits=limits,
                progress=progress,
            )
            return write_pages(pages, path, choices.page)

        def done(paths: tuple[Path, ...]) -> None:
            self._saved = case.volume
            who = "with the name that you typed" if choices.identity else "without the patient's name"
            self.left.emit(case.volume, str(paths[0]), bool(choices.identity))
            self.told.emit(f"The planning sheet is saved, {who}: {', '.join(str(one) for one in paths)}.")
            self.changed.emit()
            if then is not None:
                then()

        self._jobs.run(SAVE, work, done=done, failed=self.failed.emit)


def _key_of(case: Case, view: ViewState, page: str) -> tuple[object, ...]:
    """Return what the pages depend on: not on the cursor, nor on the board."""
    carm = view.carm
    occlusions = any(lesion.kind is LesionKind.OCCLUSION for lesion in case.lesions)
    looked_at = () if occlusions else (view.vessel, carm.primary_deg, carm.secondary_deg)
    return (
        case.volume,
        case.tree,
        case.sections,
        case.calcium,
        case.lesions,
        case.facts,
        case.findings,
        view.window,
        view.slab,
        view.angle_deg,
        carm.sid_mm,
        carm.sod_mm,
        page,
        *looked_at,
    )
