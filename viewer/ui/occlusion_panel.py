"""What the rail offers in the step Occlusion: is this the cap, her word on it, and marking by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QComboBox, QDialog, QHBoxLayout, QLabel, QListWidget, QSizePolicy

from viewer.desk import Desk
from viewer.desk import lesion_edits as edits
from viewer.desk.sight import on_vessel
from viewer.desk.target import active_lesion
from viewer.model.case import Case
from viewer.model.facts import ClinicalFacts
from viewer.model.lesion import Cap, CapShape, Lesion, LesionKind
from viewer.model.vessel import Author
from viewer.model.view import Step, ViewState
from viewer.ui.caps_by_hand import CapsByHand
from viewer.ui.facts_form import FactsForm, unknown_count
from viewer.ui.rail import StepPanel
from viewer.ui.tree_flow import TreeFlow
from viewer.ui.ways_form import WaysForm

#: Her verdicts on the proximal cap: the words, whether it is ambiguous, and why.
VERDICTS = (
    ("not ambiguous", False, edits.JUDGED),
    ("ambiguous", True, edits.JUDGED),
    ("resolved by CT", False, edits.RESOLVED),
)
MOVE_TIP = "In any picture: drag P or D along the vessel, or press P or D to put it at the cursor"


def name_of(lesion: Lesion) -> str:
    """Return a lesion in a few words."""
    return f"{lesion.vessel} {lesion.kind.value}, {lesion.length_mm:.0f} mm"


def line_of(lesion: Lesion) -> str:
    """Return a lesion in one line of the list."""
    hers = Author.OPERATOR in (lesion.author, lesion.proximal.author, lesion.distal.author)
    kind = "" if lesion.kind is LesionKind.OCCLUSION else f" {lesion.kind.value}"
    return f"{lesion.vessel}{kind} {lesion.length_mm:.0f} mm · " + (
        "yours" if hers else f"{100 * lesion.confidence:.0f} %"
    )


def verdict_of(cap: Cap) -> int:
    """Return which of the verdicts a cap has; -1 if none."""
    if cap.ambiguous is None:
        return -1
    if cap.ambiguous:
        return 1
    return 2 if edits.RESOLVED in cap.reasons else 0


def computers_word(lesion: Lesion) -> str:
    """Return what the computer says where the operator has decided otherwise; empty where they agree."""
    parts = []
    for letter, cap in (("P", lesion.proximal), ("D", lesion.distal)):
        was = cap.proposed
        if was is None:
            continue
        said = []
        away = was.station_mm - cap.station_mm
        if abs(away) >= 0.05:
            said.append(f"{abs(away):.1f} mm {'farther on' if away > 0 else 'nearer the ostium'}")
        if was.shape is not cap.shape and was.shape is not None:
            said.append(was.shape.value)
        if letter == "P" and was.ambiguous != cap.ambiguous and was.ambiguous is not None:
            said.append("ambiguous" if was.ambiguous else "not ambiguous")
        if said:
            parts.append(f"{letter} {', '.join(said)}")
    return f"The computer: {'; '.join(parts)}." if parts else ""


class OcclusionPanel(StepPanel):
    """Decide on the caps, one question at a time."""

    step = Step.OCCLUSION

    def __init__(self, desk: Desk, flow: TreeFlow, caps: CapsByHand, resolve: Callable[[], None]) -> None:
        super().__init__()
        self._desk = desk
        self._flow = flow
        self._caps = caps
        self._cap = self.add_card("Is this the cap?")
        self._accept = self._cap.add_button("Accept P", partial(self._accept_cap, True), primary=True, tip=MOVE_TIP)
        self._accept_distal = self._cap.add_button(
            "Accept D", partial(self._accept_cap, False), primary=True, tip=MOVE_TIP
        )
        self._go = self._cap.add_button("Choose the views", lambda: desk.look(step=Step.VIEWS), primary=True)
        self._resolving = self._cap.add_button("Show the view\nthat resolves it", resolve)
        self._here = self._cap.add_pair(
            ("P here", partial(caps.put_at_cursor, True), MOVE_TIP),
            ("D here", partial(caps.put_at_cursor, False), MOVE_TIP),
        )
        for button in self._here:
            button.installEventFilter(self)
        self._stop = self._cap.add_button("Stop marking", caps.cancel, tip="Esc")
        self._verdict = self.add_card("Your word on the caps")
        self._shape = self._add_choice("P", "Shape of the proximal cap", [shape.value for shape in CapShape])
        self._shape.activated.connect(lambda n: self._set_shape(True, list(CapShape)[n]))
        self._ambiguity = self._add_choice("", "Verdict on the proximal cap", [words for words, _, _ in VERDICTS])
        self._ambiguity.activated.connect(lambda n: self._judge(*VERDICTS[n]))
        self._distal_shape = self._add_choice("D", "Shape of the distal cap", [shape.value for shape in CapShape])
        self._distal_shape.activated.connect(lambda n: self._set_shape(False, list(CapShape)[n]))
        self._again = self._verdict.add_button(
            "Take its word", self._as_proposed, tip="Both caps as the computer had them"
        )
        self._unknown = self.add_card("Still unknown")
        self._fill = self._unknown.add_button("Fill in", self.ask_facts)
        self._unknown.add_button("From behind, grafts …", self._ask_ways)
        self._list = self.add_card("Occlusions")
        self._lesions = QListWidget()
        self._lesions.setAccessibleName("Lesions")
        self._lesions.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._lesions.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._lesions.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._lesions.itemClicked.connect(lambda item: self._choose(self._lesions.row(item)))
        self._list.column.addWidget(self._lesions)
        self._mark = self._list.add_button("Mark one (K)", caps.begin, tip="Click P, then D, in any picture")
        self._no = self._list.add_button(
            "It is no occlusion", self._refute, tip="Takes it off; it is not proposed to you again"
        )
        caps.changed.connect(lambda: self.refresh(desk.case, desk.view))

    def _add_choice(self, letter: str, name: str, words: list[str]) -> QComboBox:
        choice = QComboBox()
        choice.setAccessibleName(name)
        choice.addItems(words)
        choice.setPlaceholderText("not said")
        row = QHBoxLayout()
        row.setSpacing(6)
        label = QLabel(letter)
        label.setObjectName("value")
        label.setFixedWidth(14)
        row.addWidget(label)
        row.addWidget(choice, 1)
        self._verdict.column.addLayout(row)
        return choice

    def done(self, case: Case | None) -> bool:
        return case is not None and any(
            lesion.proximal.author is Author.OPERATOR for lesion in case.lesions if lesion.kind is LesionKind.OCCLUSION
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Show what a button would do while the mouse is on it."""
        if watched in self._here and not self._caps.marking:
            if event.type() == QEvent.Type.Enter:
                self._caps.try_at_cursor(watched is self._here[0])
            elif event.type() in (QEvent.Type.Leave, QEvent.Type.Hide):
                self._caps.try_at_cursor(None)
        return super().eventFilter(watched, event)

    # -- what is shown -------------------------------------------------------------------------------------------

    def refresh(self, case: Case | None, view: ViewState) -> None:
        lesion = active_lesion(case, view) if case is not None else None
        closed = lesion is not None and lesion.kind is LesionKind.OCCLUSION
        self._show_list(case, lesion)
        self._unknown.setVisible(lesion is not None)
        if case is not None and lesion is not None:
            missing = unknown_count(case.facts, lesion.vessel)
            text = "Duration, earlier attempts, bypass and the like: until you say, scores are ranges."
            self._unknown.say("Still unknown" if missing else "Typed facts", text if missing else "All answered.")
            self._fill.setText(f"Fill in ({missing})" if missing else "Change")
        self._verdict.setVisible(closed and not self._caps.marking)
        self._stop.setVisible(self._caps.marking)
        for button in (self._accept, self._accept_distal, self._resolving, self._go):
            button.hide()
        for button in self._here:
            button.setVisible(closed and not self._caps.marking)
        if self._caps.marking:
            self._ask_ends()
        elif case is None:
            self._cap.say("No study yet", "Open one first.")
        elif self._flow.finding:
            self._cap.say("Measuring", self._flow.progress[1] if self._flow.progress is not None else "")
        elif not len(case.tree):
            self._cap.say("No vessels yet", "Find the coronary tree first (step Tree).")
        elif lesion is None:
            text = "Follow the vessels: where contrast ends, mark the occlusion by hand." if not case.lesions else ""
            self._cap.say("No occlusion was found" if not case.lesions else "None on this vessel", text)
        elif not closed:
            self._cap.say("A stenosis", f"{name_of(lesion)}: {'; '.join(lesion.reasons)}.")
        else:
            self._show_lesion(lesion, case.tree.ostium_offset_mm(lesion.vessel))

    def _show_list(self, case: Case | None, lesion: Lesion | None) -> None:
        lines = [line_of(one) for one in case.lesions] if case is not None else []
        if lines != [self._lesions.item(n).text() for n in range(self._lesions.count())]:
            self._lesions.clear()
            self._lesions.addItems(lines)
            self._lesions.setFixedHeight(sum(self._lesions.sizeHintForRow(n) for n in range(len(lines))) + 6)
        self._lesions.setVisible(bool(lines))
        active = [n for n, one in enumerate(case.lesions) if one is lesion] if case is not None else []
        self._lesions.setCurrentRow(active[0] if active else -1)
        self._list.setVisible(case is not None and len(case.tree) > 0)
        self._no.setVisible(lesion is not None)
        if lesion is not None:
            self._no.setText(f"It is no {lesion.kind.value}")
        said = [f"{no.vessel} {no.from_mm:.0f} – {no.to_mm:.0f} mm" for no in case.refuted] if case else []
        self._list.say("Occlusions", f"None, you said: {'; '.join(said)}." if said else "")
        self._mark.setVisible(not self._caps.marking)

    def _ask_ends(self) -> None:
        begun = self._caps.start is not None
        heading = "Click where it ends (D)" if begun else "Click where it begins (P)"
        vessel = self._caps.start[0] if self._caps.start is not None else "the vessel"
        self._cap.say(heading, f"On {vessel}, in any picture: a plane, a cross-section, 3\u2011D, the reformation.")

    def _show_lesion(self, lesion: Lesion, ostium_mm: float) -> None:
        cap = lesion.proximal
        shapes = list(CapShape)
        for choice, shape in ((self._shape, cap.shape), (self._distal_shape, lesion.distal.shape)):
            choice.setCurrentIndex(shapes.index(shape) if shape is not None else -1)
        self._ambiguity.setCurrentIndex(verdict_of(cap))
        other = computers_word(lesion)
        self._verdict.say("Your word on the caps", other)
        self._again.setVisible(bool(other))
        self._resolving.setVisible(bool(cap.ambiguous))
        undecided = cap.author is Author.COMPUTER
        self._accept.setVisible(undecided)
        self._accept_distal.setVisible(not undecided and lesion.distal.author is Author.COMPUTER)
        low, high = cap.range_mm
        if undecided:
            unsure = f" and is unsure by {(high - low) / 2:.1f} mm" if high > low else ""
            why = f": {'; '.join(cap.reasons)}" if cap.reasons else ""
            at = f"{ostium_mm + cap.station_mm:.1f} mm from the ostium"
            text = f"The computer puts P {at}{unsure}{why}. Drag P, or decide:"
            self._cap.say("Is this the cap?", text)
        elif lesion.distal.author is Author.COMPUTER:
            at = f"{ostium_mm + lesion.distal.station_mm:.1f} mm from the ostium"
            text = f"The computer puts D {at}. Drag D, or decide:"
            self._cap.say("And the distal cap?", text)
        else:
            self._cap.say("Both caps are yours", f"{name_of(lesion)}. Next: the views for the C-arm.")
            self._go.show()

    # -- what the doctor does ------------------------------------------------------------------------------------

    def _number(self, case: Case) -> int | None:
        lesion = active_lesion(case, self._desk.view)
        return next((n for n, one in enumerate(case.lesions) if one is lesion), None)

    def _accept_cap(self, proximal: bool) -> None:
        title = f"Accept {'proximal' if proximal else 'distal'} cap"
        self._edit(lambda case, n: edits.accept_cap(case, n, proximal), title)

    def _set_shape(self, proximal: bool, shape: CapShape) -> None:
        which = "cap" if proximal else "distal cap"
        self._edit(lambda case, n: edits.set_shape(case, n, proximal, shape), f"Call the {which} {shape.value}")

    def _judge(self, words: str, ambiguous: bool, reason: str) -> None:
        self._edit(lambda case, n: edits.set_ambiguous(case, n, ambiguous, reason), f"Call the cap {words}")

    def _as_proposed(self) -> None:
        self._edit(edits.as_proposed, "Take the computer's caps")

    def ask_facts(self, asked: Iterable[str] = ()) -> None:
        """Open the form of what CT cannot know, at the first of the fields that are asked for."""
        self._ask(lambda facts, vessel: FactsForm(facts, vessel, self._keep_facts, self, asked))

    def _ask_ways(self) -> None:
        self._ask(lambda facts, vessel: WaysForm(facts, vessel, self._keep_facts, self))

    def _ask(self, form: Callable[[ClinicalFacts, str], QDialog]) -> None:
        case = self._desk.kept_case
        lesion = active_lesion(case, self._desk.view) if case is not None else None
        if case is not None and lesion is not None:
            form(case.facts, lesion.vessel).open()

    def _keep_facts(self, facts: ClinicalFacts) -> None:
        self._flow.edit(lambda now: replace(now, facts=facts), "Type clinical facts")

    def _refute(self) -> None:
        kind = self._no.text().removeprefix("It is ")
        self._edit(edits.refute_lesion, f"Declare {kind}")
        self._desk.look(lesion=None)

    def _edit(self, change: Callable[[Case, int], Case], title: str) -> None:
        case = self._desk.kept_case
        number = self._number(case) if case is not None else None
        if number is not None:
            self._flow.edit(lambda now: change(now, number), title)

    def _choose(self, number: int) -> None:
        case = self._desk.case
        if case is not None and 0 <= number < len(case.lesions):
            lesion = case.lesions[number]
            self._desk.look(on_vessel(case, self._desk.view, lesion.vessel, lesion.proximal.station_mm))
            self._desk.look(lesion=number)
