"""The planning sheet: one page for each occlusion, as PDF with real text or as PNG, made without a window.

Everything here may run on any thread once there is a Qt application: it paints on images and PDF writers alone. Without
one it makes its own, for no display, which must happen on the main thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF
from PySide6.QtGui import QImage, QImageWriter, QPageLayout, QPageSize, QPainter, QPdfWriter

from viewer.analysis.fluoro.limits import GantryLimits, shipped_limits
from viewer.analysis.fluoro.proposals import propose_views
from viewer.analysis.occlusion.measures import measure_lesion
from viewer.api.door import Plugins, Told
from viewer.desk.sight import along
from viewer.errors import ViewerError
from viewer.model.case import Case
from viewer.model.hint import Hint
from viewer.model.lesion import Lesion, LesionKind
from viewer.model.view import ViewState
from viewer.progress import Progress, silent
from viewer.report import sheet_advice, sheet_words
from viewer.report.ink import color, load_fonts
from viewer.report.sheet_figures import reformation_scale
from viewer.report.sheet_layout import PAGES_PT, frame_of, paint_page
from viewer.report.sheet_page import UNCONFIRMED, UNKNOWN, KeyFact, SheetPage, ViewWords
from viewer.report.sheet_sources import with_sources
from viewer.report.sheet_stills import Stills, Studio, make_stills, open_studio
from viewer.report.whole_file import write_whole

SUFFIXES = (".pdf", ".png")
#: Dots of a PNG, and of the coordinates of a PDF, in an inch.
PNG_DPI, PDF_DPI = 200, 1200
_PAGE_SIZES = {"A4": QPageSize.PageSizeId.A4, "Letter": QPageSize.PageSizeId.Letter}


class NoSheet(ViewerError):
    """There is nothing that a sheet could show."""


#: Numbers of figures, and where they stand on their page.
Figures = tuple[tuple[int, QRectF], ...]


@dataclass(frozen=True, slots=True, eq=False)
class ReadyPage:
    """A page that only needs to be painted.

    Attributes
    ----------
    words : SheetPage
    case : Case
    lesion : Lesion or None
        What it is about; ``None``: a vessel without an occlusion.
    vessel : str
    stills : Stills
    view : ViewState
    """

    words: SheetPage
    case: Case
    lesion: Lesion | None
    vessel: str
    stills: Stills
    view: ViewState

    def paint(self, painter: QPainter, page: str) -> Figures:
        """Paint it, and return where its figures stand; the painter's unit is the point."""
        return paint_page(painter, page, self.words, self.case, self.lesion, self.vessel, self.stills, self.view.window)


def make_sheet(
    case: Case,
    view: ViewState,
    path: Path,
    *,
    page: str = "A4",
    identity: str | None = None,
    notes: str | None = None,
    plugins: Plugins | None = None,
    made_on: date | None = None,
    limits: GantryLimits | None = None,
    progress: Progress = silent,
) -> tuple[Path, ...]:
    """Write the planning sheet of a case; two or three seconds.

    Parameters
    ----------
    case : Case
        Its tree must not be empty.
    view : ViewState
        Window of grey values, angle about the vessel, slab and C-arm as they are looked at.
    path : Path
        Ends in ``.pdf`` (all pages in one file) or ``.png`` (the second page goes to ``name-2.png``, and so on).
    page : str
        ``A4`` or ``Letter``.
    identity : str, optional
        The patient's name; by default a code stands in its place.
    notes : str, optional
        Default: those of the case.
    plugins : Plugins, optional
        Who tells scores and hints; by default all that are found.
    made_on : date, optional
        Default: today.
    limits : GantryLimits, optional
        Where the C-arm of the laboratory can go; by default the cautious limits that travel with the program.
    progress : Progress

    Returns
    -------
    tuple of Path
        The files.

    Raises
    ------
    ValueError
        If the suffix or the page is another one.
    NoSheet
        If the case has no vessel.
    ViewerError
        If the file cannot be written.
    """
    if path.suffix.lower() not in SUFFIXES or page not in PAGES_PT:
        raise ValueError(f"no sheet is made as {path.suffix} on {page}")
    pages = ready_pages(case, view, page=page, identity=identity, notes=notes, plugins=plugins, made_on=made_on,
                        limits=limits, progress=progress)  # fmt: skip
    return write_pages(pages, path, page)


def ready_pages(
    case: Case,
    view: ViewState,
    *,
    page: str = "A4",
    identity: str | None = None,
    notes: str | None = None,
    plugins: Plugins | None = None,
    studio: Studio | None = None,
    made_on: date | None = None,
    limits: GantryLimits | None = None,
    progress: Progress = silent,
) -> tuple[ReadyPage, ...]:
    """Return the pages of a case, all computed; see `make_sheet`. A `studio` of the same case saves a second or two."""
    if len(case.tree) == 0:
        raise NoSheet("There is no coronary tree yet, so there is nothing to plan on.", "Find the vessels first.")
    load_fonts()
    progress(0.0, "Preparing the pictures")
    if studio is None or not studio.serves(case):
        studio = open_studio(case, lambda share, text="": progress(0.5 * share, text))
    asked = Plugins() if plugins is None else plugins
    lesions: list[Lesion | None] = [one for one in case.lesions if one.kind is LesionKind.OCCLUSION]
    pages = []
    for number, lesion in enumerate(lesions or [None]):
        start = 0.5 + 0.45 * number / max(len(lesions), 1)
        progress(start, "Measuring the occlusion" if lesion is not None else "Laying the vessel out")
        if lesion is not None:
            words = _words_of_lesion(case, lesion, asked, limits or shipped_limits())
            vessel = lesion.vessel
        else:
            vessel = vessel_without_lesion(case, view)
            words = _words_of_vessel(case, view, vessel)
        day = made_on or date.today()
        words = replace(
            words,
            identity=sheet_words.identity_line(case, identity),
            dates=sheet_words.dates_line(case, day),
            hints=(*sheet_advice.cautions(case, day), *words.hints),
            notes=case.remarks.notes if notes is None else notes,
            operator=case.remarks.operator,
        )
        words = with_sources(words, case, vessel)
        pages.append(ReadyPage(words, case, lesion, vessel, _stills(studio, case, view, lesion, vessel, words, page),
                               view))  # fmt: skip
    progress(0.95, "Setting the page")
    return tuple(pages)


def _stills(
    studio: Studio, case: Case, view: ViewState, lesion: Lesion | None, vessel: str, words: SheetPage, page: str
) -> Stills:
    frame, sight = frame_of(page), along(case.tree, vessel)
    scale = reformation_scale(sight.length_mm, frame.inner, frame.reformation)
    line = case.tree[vessel].centerline
    middle = 0.5 * line.length_mm
    if lesion is not None:
        middle = 0.5 * (lesion.proximal.station_mm + lesion.distal.station_mm)
    return make_stills(
        studio,
        case,
        view,
        vessel,
        line.at(np.array([middle]))[0],
        [(view_words.primary_deg, view_words.secondary_deg) for view_words in words.views],
        [section.station_mm for section in words.sections],
        frame.reformation / 2 / scale,
    )


def vessel_without_lesion(case: Case, view: ViewState) -> str:
    """Return the vessel that a sheet without an occlusion is about: the active one, else the longest."""
    if view.vessel is not None and view.vessel in case.tree:
        return view.vessel
    return max(case.tree, key=lambda vessel: vessel.centerline.length_mm).name


def _words_of_lesion(case: Case, lesion: Lesion, plugins: Plugins, limits: GantryLimits) -> SheetPage:
    measures = measure_lesion(case, lesion)
    occlusions = [one for one in case.lesions if one.kind is LesionKind.OCCLUSION]
    proposals = propose_views(case.tree, lesion, limits, occlusions)
    told: Told = plugins.told(case, lesion)
    place, segment = sheet_words.place_of(case, lesion.vessel, lesion.proximal.station_mm)
    views = sheet_advice.chosen_views(proposals)
    return SheetPage(
        title=f"{place}: total occlusion",
        subtitle=f"Plan for PCI from coronary CT{f' · {segment}' if segment else ''}",
        identity="",
        dates="",
        facts=sheet_words.key_facts(case, lesion, measures),
        views_title="Views to ask for",
        views=views or (_as_it_stands(ViewState()),),
        sections=sheet_words.section_rows(case, lesion),
        composition=sheet_words.tissue_rows(measures.composition),
        composition_note=sheet_words.composition_note(measures.composition),
        scores=sheet_advice.score_rows(told.scores),
        scores_note=sheet_advice.scores_note(told.scores),
        numbers_title="Measured (fig. 1)",
        numbers=sheet_words.number_rows(lesion, measures),
        hints=(
            *sheet_advice.other_lesions(case, lesion),
            *sheet_advice.typed_ways(case.facts, lesion.vessel),
            *(_hint_words(hint) for hint in _varied(told.hints)),
            *(failure.what for failure in told.failures),
        ),
        notes="",
        operator="",
        provenance=sheet_words.provenance(case, lesion),
    )


def _words_of_vessel(case: Case, view: ViewState, vessel: str) -> SheetPage:
    sight, profile = along(case.tree, vessel), case.calcium_of(vessel)
    whole = profile.within(0.0, case.tree[vessel].centerline.length_mm) if profile is not None else None
    return SheetPage(
        title=f"{vessel}: no occlusion marked",
        subtitle="Coronary CT, without a plan for PCI",
        identity="",
        dates="",
        facts=(
            KeyFact(f"{sight.length_mm:.0f} mm", "length from the aorta"),
            KeyFact(UNKNOWN, "no occlusion is marked on this plan"),
            sheet_words.calcium_fact(whole),
        ),
        views_title="Usual views",
        views=sheet_advice.usual_views(case, vessel) or (_as_it_stands(view),),
        sections=sheet_words.vessel_sections(case, vessel),
        composition=(),
        composition_note="The composition is measured between the caps of an occlusion.",
        scores=(),
        scores_note="Scores are of occlusions.",
        numbers_title="All vessels",
        numbers=sheet_words.vessel_rows(case),
        hints=sheet_advice.other_lesions(case, None),
        notes="",
        operator="",
        provenance=sheet_words.provenance(case, None),
    )


def _as_it_stands(view: ViewState) -> ViewWords:
    carm = view.carm
    return ViewWords(carm.label, "as the C-arm stands", "", "", carm.primary_deg, carm.secondary_deg)


def _varied(hints: tuple[Hint, ...]) -> Iterator[Hint]:
    """Yield the first hint of each algorithm, then the others: where room is short, each has its say."""
    seen: set[str] = set()
    later = []
    for hint in hints:
        if hint.algorithm in seen:
            later.append(hint)
        else:
            seen.add(hint.algorithm)
            yield hint
    yield from later


def _hint_words(hint: Hint) -> str:
    return hint.text if hint.confirmed else f"{hint.text} {UNCONFIRMED}"


# -- onto paper --------------------------------------------------------------------------------------------------------


def page_image(ready: ReadyPage, page: str = "A4", dpi: float = PNG_DPI) -> QImage:
    """Return a page as a picture."""
    return page_picture(ready, page, dpi)[0]


def page_picture(ready: ReadyPage, page: str, dpi: float) -> tuple[QImage, Figures]:
    """Return a page as a picture, and where its figures stand in shares of it."""
    width, height = PAGES_PT[page]
    image = QImage(round(width * dpi / 72), round(height * dpi / 72), QImage.Format.Format_RGB32)
    image.fill(color("paper", "page"))
    image.setDotsPerMeterX(round(dpi / 0.0254))
    image.setDotsPerMeterY(round(dpi / 0.0254))
    painter = QPainter(image)
    try:
        painter.scale(dpi / 72, dpi / 72)
        figures = ready.paint(painter, page)
    finally:
        painter.end()
    boxes = ((n, QRectF(b.x() / width, b.y() / height, b.width() / width, b.height() / height)) for n, b in figures)
    return image, tuple(boxes)


def write_pages(pages: tuple[ReadyPage, ...], path: Path, page: str = "A4") -> tuple[Path, ...]:
    """Write pages as `make_sheet` does; a file is there whole or not at all."""
    what = "The planning sheet"
    if path.suffix.lower() == ".pdf":
        write_whole(path, pdf_bytes(pages, page), what)
        return (path,)
    paths = tuple(path if n == 0 else path.with_stem(f"{path.stem}-{n + 1}") for n in range(len(pages)))
    for ready, each in zip(pages, paths, strict=True):
        buffer = _buffer()
        QImageWriter(buffer, QByteArray(b"png")).write(page_image(ready, page))
        write_whole(each, bytes(buffer.data().data()), what)
    return paths


def pdf_bytes(pages: tuple[ReadyPage, ...], page: str = "A4") -> bytes:
    """Return pages as a PDF file."""
    buffer = _buffer()
    writer = QPdfWriter(buffer)
    writer.setResolution(PDF_DPI)
    writer.setPageLayout(
        QPageLayout(QPageSize(_PAGE_SIZES[page]), QPageLayout.Orientation.Portrait, QMarginsF(0, 0, 0, 0))
    )
    writer.setTitle(pages[0].words.title)
    writer.setCreator("CTO Viewer")
    painter = QPainter(writer)
    try:
        for number, ready in enumerate(pages):
            if number:
                writer.newPage()
            painter.save()
            painter.scale(PDF_DPI / 72, PDF_DPI / 72)
            ready.paint(painter, page)
            painter.restore()
    finally:
        painter.end()
    return bytes(buffer.data().data())


def _buffer() -> QBuffer:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.ReadWrite)
    return buffer
