"""The right column of the steps Occlusion and Views: the lesion in numbers, and the views to ask for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from viewer.analysis.fluoro.proposals import Proposal, Purpose, propose_views
from viewer.analysis.occlusion.measures import measure_lesion
from viewer.api.door import Plugins, Told
from viewer.desk import Desk
from viewer.desk.sight import on_vessel
from viewer.desk.target import active_lesion
from viewer.jobs import Jobs
from viewer.model.case import Case
from viewer.model.facts import ClinicalFacts
from viewer.model.hint import Hint
from viewer.model.lesion import Lesion, LesionKind
from viewer.model.lesion_measures import LesionMeasures
from viewer.model.score import Picture, ScoreItem
from viewer.model.view import Step, ViewState
from viewer.progress import Progress
from viewer.settings import Settings
from viewer.ui.composition_card import composition_card
from viewer.ui.facts_panel import WIDTH_PX, card, label
from viewer.ui.lesion_rows import (
    PREPARATION_REMARK,
    approach_rows,
    decided_words,
    measurement_rows,
    preparation_rows,
    rows_of,
    way_rows,
)
from viewer.ui.same import same
from viewer.ui.score_cards import difficulty_card, hints_card

JOB = "lesion.facts"

#: What a proposal is for, in a word that goes into a narrow button.
SHORT_PURPOSES = {
    Purpose.CAP: "cap",
    Purpose.OCCLUSION: "body",
    Purpose.LANDING_ZONE: "landing",
    Purpose.PAIR: "depth",
}


class LesionFacts(QScrollArea):
    """Cards that are made anew when another lesion, or the same one changed, is looked at."""

    #: The names of inputs that a score rests on and that are typed.
    facts_asked = Signal(object)
    #: Why a view was chosen, in a sentence.
    why_asked = Signal(str)

    def __init__(
        self,
        desk: Desk,
        jobs: Jobs,
        failed: Callable[[BaseException], None],
        warn: Callable[[str], None],
        settings: Settings,
        plugins: Plugins,
    ) -> None:
        super().__init__()
        self._desk = desk
        self._jobs = jobs
        self._failed = failed
        self._warn = warn
        self._settings = settings
        self._plugins = plugins
        self.setWidgetResizable(True)
        self.setFixedWidth(WIDTH_PX)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._key: tuple[object, ...] = ()
        self.measures: LesionMeasures | None = None
        self.told: Told | None = None
        self.proposals: tuple[Proposal, ...] = ()
        self._step: Step | None = None
        self._views_card: QFrame | None = None
        self._waiting: list[QFrame] = []
        #: Whether the column still stands where the step begins: until the doctor scrolls.
        self._leading = True
        bar = self.verticalScrollBar()
        # Cards get their places some turns after they were laid.
        bar.rangeChanged.connect(lambda *_: self._reveal())
        bar.actionTriggered.connect(lambda _: self._let_go())

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._let_go()
        super().wheelEvent(event)

    def _let_go(self) -> None:
        self._leading = False

    def refresh(self, case: Case | None, view: ViewState) -> None:
        """Look at the desk again."""
        lesion = active_lesion(case, view) if case is not None else None
        if view.step is not self._step:
            self._step, self._leading = view.step, True
            QTimer.singleShot(0, self, self._reveal)
        # Shown even if there is nothing to tell: the pictures do not move when an occlusion is marked or taken off.
        self.show()
        if case is None or lesion is None or lesion.kind is not LesionKind.OCCLUSION:
            if not same(("nothing", lesion), self._key):
                self._key = ("nothing", lesion)
                self.measures, self.told, self.proposals = None, None, ()
                self._jobs.cancel(JOB)
                self._say_nothing(lesion)
            return
        if case is not self._desk.kept_case and self.measures is not None:
            return  # while a cap is dragged its length is told in the pictures; all the rest follows when it is let go
        asked = self._plugins.contributions("measurement")
        key = (case.tree, case.sections, case.calcium, case.lesions, case.facts, lesion, self._settings.lab, asked)
        if same(key, self._key):
            return
        self._key = key
        limits = self._settings.lab.limits

        def work(progress: Progress) -> tuple[LesionMeasures, Told, tuple[Proposal, ...]]:
            measures = measure_lesion(case, lesion)
            told = self._plugins.told(case, lesion)
            return measures, told, propose_views(case.tree, lesion, limits, case.lesions, progress)

        def done(made: tuple[LesionMeasures, Told, tuple[Proposal, ...]]) -> None:
            self.measures, self.told, self.proposals = made
            for failure in self.told.failures:
                self._warn(str(failure))
            self._build(lesion, case.facts)

        self._jobs.run(JOB, work, done=done, failed=self._failed)

    def _say_nothing(self, lesion: Lesion | None) -> None:
        frame, column = card("Occlusion" if lesion is None else f"Stenosis · {lesion.vessel}")
        text = "None is chosen on this vessel. Mark one with K." if lesion is None else "; ".join(lesion.reasons)
        column.addWidget(label(text, "muted"))
        self._views_card = None
        self._show([frame])

    def _show(self, cards: list[QFrame]) -> None:
        """Put cards below each other, one a turn of the event loop: all at once they would hold the window up."""
        inside = QWidget()
        inside.setFixedWidth(WIDTH_PX - 14)
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 6, 0, 6)
        column.setSpacing(6)
        column.addStretch(1)
        self.setWidget(inside)
        self._waiting = cards
        self._lay_next()

    def _lay_next(self) -> None:
        inside = self.widget()
        column = None if inside is None else inside.layout()
        if self._waiting and isinstance(column, QVBoxLayout):
            column.insertWidget(column.count() - 1, self._waiting.pop(0))
            QTimer.singleShot(0, self, self._lay_next)
        else:
            self._reveal()

    @property
    def ready(self) -> bool:
        """Whether all cards are there."""
        return not self._waiting

    def _build(self, lesion: Lesion, facts: ClinicalFacts) -> None:
        cards = []
        self._views_card = None
        if self.measures is not None:
            heading = f"Occlusion · {lesion.vessel}"
            cards.append(self._numbers(heading, rows_of(lesion, self.measures), decided_words(lesion)))
        if self.told is not None and self.told.scores:
            cards.append(difficulty_card(self.told, partial(self._show_item, lesion)))
        if self.proposals:
            self._views_card = self._views()
            cards.append(self._views_card)
        if self.measures is not None:
            cards.append(self._numbers("The way there, and beyond", approach_rows(lesion, self.measures), ""))
            cards.append(self._numbers("Preparing the lesion", preparation_rows(self.measures), PREPARATION_REMARK))
        if self.told is not None and self.told.measurements:
            cards.append(self._numbers("From plugins", measurement_rows(self.told.measurements), ""))
        ways = way_rows(facts, lesion.vessel)
        if ways:
            cards.append(self._numbers("From behind, and grafts", ways, "As typed."))
        if self.measures is not None and self.measures.composition is not None:
            cards.append(composition_card(self.measures.composition, self.measures.length_mm))
        if self.told is not None and self.told.hints:
            cards.append(hints_card(self.told, partial(self._show_hint, lesion)))
        self._show(cards)

    def _reveal(self) -> None:
        """Begin with what the step is about: the views in step Views, the occlusion in its own."""
        if self._leading:
            first = self._views_card if self._step is Step.VIEWS else None
            self.verticalScrollBar().setValue(0 if first is None else first.y() - 6)

    def _numbers(self, heading: str, rows: list[tuple[str, str]], remark: str) -> QFrame:
        frame, column = card(heading)
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(1, 1)
        for row, (name, value) in enumerate(rows):
            grid.addWidget(label(name, "muted"), row, 0, Qt.AlignmentFlag.AlignTop)
            shown = label(value, "value")
            shown.setAlignment(Qt.AlignmentFlag.AlignRight)
            grid.addWidget(shown, row, 1)
        column.addLayout(grid)
        if remark:
            column.addWidget(label(remark, "small"))
        return frame

    def _views(self) -> QFrame:
        frame, column = card("C-arm proposals")
        pairs = [one for one in self.proposals if one.purpose is Purpose.PAIR]
        for proposal in self.proposals:
            place = f" {pairs.index(proposal) + 1} of {len(pairs)}" if proposal in pairs else ""
            seen = f"{proposal.foreshortening_percent:.0f} % short, {proposal.overlap_percent:.0f} % covered"
            steep = "  ⚠" if proposal.warnings else ""
            button = QPushButton(f"{proposal.label} · {SHORT_PURPOSES[proposal.purpose]}{place}{steep}\n{seen}")
            button.setObjectName("proposal")
            button.setToolTip(" ".join([proposal.why, *proposal.warnings]))
            button.clicked.connect(partial(self._go, proposal))
            column.addWidget(button)
        return frame

    def _show_item(self, lesion: Lesion, item: ScoreItem) -> None:
        """Lead to what justifies a score's item: the place where it shows, or the form where it is typed."""
        if item.shown_by is None or item.shown_by is Picture.FACTS:
            self.facts_asked.emit(item.asks)
        else:
            self._show_place(lesion, item.shown_by, item.station_mm)

    def _show_hint(self, lesion: Lesion, hint: Hint) -> None:
        if hint.shown_by is Picture.FACTS:
            self.facts_asked.emit(())
        elif hint.shown_by is not None:
            self._show_place(lesion, hint.shown_by, None)

    def _show_place(self, lesion: Lesion, picture: Picture, station_mm: float | None) -> None:
        """Put the cursor where something shows: at its own station if it has one."""
        case, measures = self._desk.kept_case, self.measures
        middle = (lesion.proximal.station_mm + lesion.distal.station_mm) / 2
        bend = measures.max_bend if measures is not None else None
        places = {
            Picture.PROXIMAL_CAP: lesion.proximal.station_mm,
            Picture.OCCLUSION: middle,
            Picture.DISTAL_CAP: lesion.distal.station_mm,
            Picture.LARGEST_BEND: middle if bend is None else bend.station_mm,
            Picture.MOST_CALCIUM: middle,
            Picture.LANDING_ZONE: lesion.distal.station_mm + 5.0,
            Picture.APPROACH: lesion.proximal.station_mm / 2,
        }
        if case is not None:
            known = places[picture] if station_mm is None else station_mm
            self._desk.look(on_vessel(case, self._desk.view, lesion.vessel, known))

    def resolve_cap(self) -> None:
        """Turn the C-arm to the view in which the proximal cap lies open, if one is proposed."""
        wanted = next((proposal for proposal in self.proposals if proposal.purpose is Purpose.CAP), None)
        if wanted is not None:
            self._go(wanted)
            self.why_asked.emit(f"{wanted.label}: {wanted.why}")

    def _go(self, proposal: Proposal) -> None:
        carm = replace(
            self._desk.view.carm,
            primary_deg=float(proposal.primary_deg),
            secondary_deg=float(proposal.secondary_deg),
        )
        self._desk.look(carm=carm)
