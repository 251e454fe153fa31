"""Out to others: what was chosen of a plan, written into one new folder, whole or not at all."""

from __future__ import annotations

import enum
import json
import shutil
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
from PySide6.QtGui import QImage

from viewer.analysis.fluoro.limits import GantryLimits, shipped_limits
from viewer.analysis.plan import proposed_views
from viewer.api.discovery import PluginFailure
from viewer.api.door import Plugins
from viewer.api.manifest import Contribution
from viewer.api.score_json import plan_scores
from viewer.casefile import SUFFIX, save_case
from viewer.casefile.nameless import nameless, plain_title
from viewer.casefile.pseudonyms import patient_code, secret
from viewer.errors import ViewerError
from viewer.model.board import BoardItem
from viewer.model.case import Case
from viewer.model.view import ViewState
from viewer.progress import Progress, silent
from viewer.report.dicom_pictures import capture_bytes, sheet_bytes
from viewer.report.dicom_sr import report_bytes
from viewer.report.dicom_study import TargetStudy, nameless_study, patients_study
from viewer.report.plan_json import plan_as_json
from viewer.report.sheet import ReadyPage, pdf_bytes, ready_pages, write_pages
from viewer.report.tables import lesions_csv, stations_csv
from viewer.report.tree_out import write_tree
from viewer.report.whole_file import write_whole


class Item(enum.Enum):
    """What can leave; the value is its words before the operator."""

    CAPTURES = "Captures as pictures (PNG)"
    SHEET = "Planning sheet (PDF)"
    SHEET_PICTURE = "Planning sheet as picture (PNG)"
    PLAN = "Plan file of this program"
    CAPTURES_DICOM = "Captures (Secondary Capture)"
    SHEET_DICOM = "Planning sheet (Encapsulated PDF)"
    REPORT_DICOM = "Marks and measurements (SR, TID 1500)"
    LESIONS = "Table, one row a lesion (CSV)"
    STATIONS = "Table, one row a station (CSV)"
    PLAN_JSON = "The whole plan for programs (plan.json)"
    VESSELS = "Vessels as centrelines (VTP)"
    SURFACE = "Vessels as surface (STL)"


#: An unfinished export of this age is nobody's any more.
STALE_S = 600.0
PICTURES = (Item.CAPTURES, Item.SHEET, Item.SHEET_PICTURE)
DICOM = (Item.CAPTURES_DICOM, Item.SHEET_DICOM, Item.REPORT_DICOM)
SHEETS = (Item.SHEET, Item.SHEET_PICTURE, Item.SHEET_DICOM)


@dataclass(frozen=True, slots=True)
class ExportChoice:
    """What leaves, where to, and whether the patient's identity goes with it.

    Attributes
    ----------
    items : frozenset of Item
    plugins : tuple of Contribution
        Exporters of plugins.
    folder : Path
        A new folder is made in it.
    identity : bool
        True: into the patient's own study, with the name in DICOM objects and on the sheet. False: other UIDs, no name,
        nothing that was typed freely.
    page : str
        ``A4`` or ``Letter``.
    """

    items: frozenset[Item]
    folder: Path
    identity: bool = False
    plugins: tuple[Contribution, ...] = ()
    page: str = "A4"


@dataclass(frozen=True, slots=True)
class Exported:
    """What became of an export.

    Attributes
    ----------
    folder : Path
        The new one.
    files : tuple of str
        Names in it.
    failures : tuple of str
        What plugins failed at, in sentences.
    """

    folder: Path
    files: tuple[str, ...]
    failures: tuple[str, ...] = ()


def possible(case: Case) -> frozenset[Item]:
    """Return what there is to export of a case."""
    found = {Item.PLAN, Item.PLAN_JSON}
    if case.board:
        found |= {Item.CAPTURES, Item.CAPTURES_DICOM}
    if len(case.tree):
        found |= {Item.SHEET, Item.SHEET_PICTURE, Item.SHEET_DICOM, Item.STATIONS, Item.VESSELS, Item.SURFACE}
    if case.lesions:
        found |= {Item.LESIONS}
    if case.lesions or case.marks:
        found |= {Item.REPORT_DICOM}
    return frozenset(found)


def export(
    case: Case,
    view: ViewState,
    choice: ExportChoice,
    picture_of: Callable[[BoardItem], QImage],
    *,
    plugins: Plugins | None = None,
    limits: GantryLimits | None = None,
    progress: Progress = silent,
) -> Exported:
    """Write what was chosen into a new folder; until all is written it has another name, and is gone if this fails.

    Parameters
    ----------
    case : Case
    view : ViewState
        For the sheet.
    choice : ExportChoice
    picture_of : callable
        Returns the picture of a capture with what was drawn on it.
    plugins : Plugins, optional
        Who writes what plugins offer.
    limits : GantryLimits, optional
        Where the C-arm of the laboratory can go; by default the cautious ones that travel with the program.
    progress : Progress

    Raises
    ------
    ViewerError
        If the place cannot be written, or the patient's study is asked for and is not known.
    """
    study = _study(case, choice, progress)
    name = f"CTO plan {patient_code(case.volume)} {datetime.now():%Y-%m-%d %H.%M.%S}"
    folder, part = choice.folder / name, choice.folder / f".{name}.part"
    try:
        _tidy(choice.folder)
        part.mkdir(parents=True)
        writer = _Writer(case, view, choice, picture_of, plugins, limits or shipped_limits(), study, part)
        writer.write(progress)
        part.replace(folder)
    except OSError as problem:
        raise ViewerError(
            f"Nothing was exported: {choice.folder} cannot be written ({problem.strerror or problem}).",
            "Choose another folder, or make room there.",
        ) from problem
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return Exported(folder, tuple(sorted(path.name for path in folder.iterdir())), tuple(writer.failures))


def _tidy(folder: Path) -> None:
    """Take away what an export left half done when the program was killed: it may hold a name."""
    for left in folder.glob(".CTO plan *.part"):
        if time.time() - left.stat().st_mtime > STALE_S:
            shutil.rmtree(left, ignore_errors=True)


def _study(case: Case, choice: ExportChoice, progress: Progress) -> TargetStudy | None:
    """Return the study that DICOM objects, and the name on the sheet, belong to; ``None`` if neither is wanted."""
    if choice.identity and choice.items & {*DICOM, *SHEETS}:
        return patients_study(case.volume, lambda share, _="": progress(0.1 * share, "Looking up the patient's study"))
    return nameless_study(case.volume, secret()) if choice.items & {*DICOM} else None


class _Writer:
    """Writes one thing after the other into a folder that nobody knows yet."""

    def __init__(
        self,
        case: Case,
        view: ViewState,
        choice: ExportChoice,
        picture_of: Callable[[BoardItem], QImage],
        plugins: Plugins | None,
        limits: GantryLimits,
        study: TargetStudy | None,
        folder: Path,
    ) -> None:
        self._whole, self._view, self._choice, self._study, self._folder = case, view, choice, study, folder
        self._case = case if choice.identity else replace(nameless(case), volume=case.volume)
        self._picture_of = picture_of
        self._plugins, self._limits = plugins, limits
        self._pages: tuple[ReadyPage, ...] = ()
        self.failures: list[str] = []

    def write(self, progress: Progress) -> None:
        items = [item for item in Item if item in self._choice.items]
        steps = len(items) + len(self._choice.plugins)
        for number, item in enumerate(items):
            low = 0.1 + 0.9 * number / steps
            progress(low, item.value)
            self._write(item, lambda share, _="", low=low, what=item.value: progress(low + 0.9 * share / steps, what))
        for number, one in enumerate(self._choice.plugins, len(items)):
            progress(0.1 + 0.9 * number / steps, one.title)
            self._plugin(one, progress)

    def _write(self, item: Item, progress: Progress) -> None:
        case, folder = self._case, self._folder
        if item in SHEETS and not self._pages:
            name = self._study.patient_name if self._choice.identity and self._study is not None else None
            self._pages = ready_pages(case, self._view, page=self._choice.page, identity=name, plugins=self._plugins,
                                      limits=self._limits, progress=progress)  # fmt: skip
        if item is Item.CAPTURES:
            self._captures(progress)
        elif item is Item.SHEET:
            write_pages(self._pages, folder / "planning-sheet.pdf", self._choice.page)
        elif item is Item.SHEET_PICTURE:
            write_pages(self._pages, folder / "planning-sheet.png", self._choice.page)
        elif item is Item.PLAN:
            plan = self._whole if self._choice.identity else nameless(self._whole)
            save_case(folder / f"plan{SUFFIX}", plan, self._view, keep_backup=False)
        elif item in DICOM:
            self._dicom(item, progress)
        elif item is Item.LESIONS:
            write_whole(folder / "lesions.csv", lesions_csv(case), "The table")
        elif item is Item.STATIONS:
            write_whole(folder / "stations.csv", stations_csv(case), "The table")
        elif item is Item.PLAN_JSON:
            self._plan_json(progress)
        else:
            write_tree(folder / f"vessels.{'vtp' if item is Item.VESSELS else 'stl'}", case.tree)

    def _captures(self, progress: Progress) -> None:
        for number, capture in enumerate(self._case.board):
            progress(number / len(self._case.board), "")
            path = self._folder / f"capture-{number + 1:02d}.png"
            if not self._picture_of(capture).save(str(path)):
                raise OSError(f"{path.name} was not written")

    def _plan_json(self, progress: Progress) -> None:
        views = proposed_views(self._case, self._limits, progress)
        content = plan_as_json(self._case, views, plan_scores(self._case))
        if not self._choice.identity:
            content["series"]["series_uid"] = None
        text = json.dumps(content, indent=1, allow_nan=False)
        write_whole(self._folder / "plan.json", text.encode(), "The plan")

    def _dicom(self, item: Item, progress: Progress) -> None:
        import pydicom  # noqa: F401 - whole, before its parts: two threads that import a part each would meet half-way
        from pydicom.uid import generate_uid

        study, series = self._study, str(generate_uid())
        assert study is not None
        if item is Item.CAPTURES_DICOM:
            for number, capture in enumerate(self._case.board):
                progress(number / len(self._case.board), "")
                content = capture_bytes(
                    _rgb(self._picture_of(capture)),
                    study,
                    number=number + 1,
                    series=series,
                    title=capture.title if study.identity else plain_title(capture, number + 1),
                    named=shows_angiogram(self._whole, capture),
                )
                write_whole(self._folder / f"capture-{number + 1:02d}.dcm", content, "The capture")
        elif item is Item.SHEET_DICOM:
            pdf = pdf_bytes(self._pages, self._choice.page)
            title = f"Planning sheet: {self._pages[0].words.title}"
            content = sheet_bytes(pdf, study, series=series, title=title, named=bool(study.patient_name))
            write_whole(self._folder / "planning-sheet.dcm", content, "The sheet")
        else:
            write_whole(self._folder / "measurements.dcm", report_bytes(self._case, study, series=series), "The report")

    def _plugin(self, one: Contribution, progress: Progress) -> None:
        suffix = one.suffixes[0] if one.suffixes else ""
        words = "".join(letter if letter.isalnum() else "-" for letter in one.title.lower())
        path = self._folder / f"{words}{suffix}"
        plan = self._whole if self._choice.identity else nameless(self._whole)
        try:
            result = (self._plugins or Plugins()).call(one, plan, path, progress)
        except ViewerError as problem:
            result = PluginFailure(one.plugin, problem.what, problem.advice)
        if isinstance(result, PluginFailure):
            path.unlink(missing_ok=True)
            self.failures.append(result.what)


def shows_angiogram(case: Case, capture: BoardItem) -> bool:
    """Tell whether frames of a real angiogram may be in a capture: a laboratory burns in what it likes."""
    return capture.pane == "angiogram" or (capture.pane is None and case.angiogram is not None)


def _rgb(image: QImage) -> np.ndarray:
    """Return a picture as uint8 of shape (rows, columns, 3)."""
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine())
    return rows[:, : 3 * plain.width()].reshape(plain.height(), plain.width(), 3).copy()


def in_words(items: Collection[Item], plugins: Sequence[Contribution], captures: int) -> str:
    """Return what left, for the list: ``4 captures as DICOM, planning sheet as PDF``."""
    count = "1 capture" if captures == 1 else f"{captures} captures"
    words = {
        Item.CAPTURES: f"{count} (PNG)",
        Item.CAPTURES_DICOM: f"{count} (DICOM)",
        Item.SHEET: "planning sheet (PDF)",
        Item.SHEET_PICTURE: "planning sheet (PNG)",
        Item.SHEET_DICOM: "planning sheet (DICOM)",
        Item.REPORT_DICOM: "measurements (DICOM SR)",
        Item.PLAN: "plan file",
        Item.PLAN_JSON: "plan.json",
        Item.LESIONS: "lesions (CSV)",
        Item.STATIONS: "stations (CSV)",
        Item.VESSELS: "vessels (VTP)",
        Item.SURFACE: "vessels (STL)",
    }
    return ", ".join([*(words[item] for item in Item if item in items), *(one.title for one in plugins)])
