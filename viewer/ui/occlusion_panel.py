"""What the rail offers in the step Occlusion: is this the cap, is this the length, and marking by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtWidgets import QComboBox

from viewer.desk import Desk
from viewer.desk import lesion_edits as edits
from viewer.desk.sight import active, on_vessel
from viewer.desk.target import active_lesion
from viewer.model.case import Case
from viewer.model.facts import ClinicalFacts
from viewer.model.lesion import CapShape, Lesion, LesionKind
from viewer.model.vessel import Author
from viewer.model.view import Step, ViewState
from viewer.ui.facts_form import FactsForm, unknown_count
from viewer.ui.rail import StepPanel
from viewer.ui.tree_flow import TreeFlow


def name_of(lesion: Lesion) -> str:
    """Return a lesion in a few words."""
    return f"{lesion.vessel} {lesion.kind.value}, {lesion.length_mm:.0f} mm"


class OcclusionPanel(StepPanel):
    """Decide on the caps, one question at a time."""

    step = Step.OCCLUSION

    def __init__(self, desk: Desk, flow: TreeFlow, resolve: Callable[[], None]) -> None:
        super().__init__()
        self._desk = desk
        self._flow = flow
        self._cap = self.add_card("Is this the cap?")
        self._accept = self._cap.add_button("Accept P", partial(self._accept_cap, True), primary=True)
        self._accept_distal = self._cap.add_button("Accept D", partial(self._accept_cap, False))
        self._resolving = self._cap.add_button("Show the view\nthat resolves it", resolve)
        self._verdict = self.add_card("Your word on the cap")
        self._shape = QComboBox()
        self._shape.setAccessibleName("Shape of the proximal cap")
        for shape in CapShape:
            self._shape.addItem(shape.value)
        self._shape.activated.connect(lambda n: self._set_shape(list(CapShape)[n]))
        self._verdict.column.addWidget(self._shape)
        self._clear = self._verdict.add_button("Resolved by CT", partial(self._judge, False))
        self._doubt = self._verdict.add_button("It is ambiguous", partial(self._judge, True))
        self._unknown = self.add_card("Still unknown")
        self._fill = self._unknown.add_button("Fill in", self._ask_facts)
        self._list = self.add_card("Occlusions")
        self._choice = QComboBox()
        self._choice.setAccessibleName("Lesion")
        self._choice.activated.connect(self._choose)
        self._list.column.addWidget(self._choice)
        self._list.add_button("Mark from here …", self._mark_begin, tip="Put the cursor on the proximal end first")
        self._end = self._list.add_button("… to here", self._mark_end)
        self._delete = self._list.add_button("Delete it", self._delete_lesion)
        self._from: tuple[str, float] | None = None

    def done(self, case: Case | None) -> bool:
        return case is not None and any(
            lesion.proximal.author is Author.OPERATOR for lesion in case.lesions if lesion.kind is LesionKind.OCCLUSION
        )

    # -- what is shown -------------------------------------------------------------------------------------------

    def refresh(self, case: Case | None, view: ViewState) -> None:
        lesion = active_lesion(case, view) if case is not None else None
        lesions = case.lesions if case is not None else ()
        names = [name_of(one) for one in lesions]
        if names != [self._choice.itemText(n) for n in range(self._choice.count())]:
            self._choice.clear()
            self._choice.addItems(names)
        self._choice.setVisible(len(names) > 1)
        self._delete.setVisible(lesion is not None)
        self._end.setVisible(self._from is not None)
        vessel = active(case, view)
        self._list.setVisible(case is not None and vessel is not None)
        if self._from is not None:
            self._list.say("Where does it end?", f"From {self._from[1]:.1f} mm of {self._from[0]}: go on to its end.")
        else:
            self._list.say("Another occlusion?", "Put the cursor on its beginning, then on its end.")
        self._unknown.setVisible(lesion is not None)
        if case is not None and lesion is not None:
            missing = unknown_count(case.facts, lesion.vessel)
            text = "Duration, earlier attempts, bypass and the like: until you say, scores are ranges."
            self._unknown.say("Still unknown" if missing else "Typed facts", text if missing else "All answered.")
            self._fill.setText(f"Fill in ({missing})" if missing else "Change")
        self._verdict.setVisible(lesion is not None and lesion.kind is LesionKind.OCCLUSION)
        for button in (self._accept, self._accept_distal, self._resolving):
            button.hide()
        if case is None:
            self._cap.say("No study yet", "Open one first.")
        elif self._flow.finding:
            self._cap.say("Measuring", self._flow.progress[1] if self._flow.progress is not None else "")
        elif not len(case.tree):
            self._cap.say("No vessels yet", "Find the coronary tree first (step Tree).")
        elif lesion is None:
            text = "Follow the vessels: where contrast ends, mark the occlusion by hand." if not names else ""
            self._cap.say("No occlusion was found" if not names else "None on this vessel", text)
        else:
            self._show_lesion(lesion, case.tree.ostium_offset_mm(lesion.vessel))

    def _show_lesion(self, lesion: Lesion, ostium_mm: float) -> None:
        cap = lesion.proximal
        self._shape.setCurrentIndex(list(CapShape).index(cap.shape) if cap.shape is not None else -1)
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

    # -- what the doctor does ------------------------------------------------------------------------------------

    def _number(self, case: Case) -> int | None:
        lesion = active_lesion(case, self._desk.view)
        return next((n for n, one in enumerate(case.lesions) if one is lesion), None)

    def _accept_cap(self, proximal: bool) -> None:
        title = f"Accept {'proximal' if proximal else 'distal'} cap"
        self._edit(lambda case, n: edits.accept_cap(case, n, proximal), title)

    def _set_shape(self, shape: CapShape) -> None:
        self._edit(lambda case, n: edits.set_shape(case, n, True, shape), f"Call the cap {shape.value}")

    def _judge(self, ambiguous: bool) -> None:
        reason = "judged by the operator" if ambiguous else "resolved by CT"
        title = "Call the cap ambiguous" if ambiguous else "Resolve the cap by CT"
        self._edit(lambda case, n: edits.set_ambiguous(case, n, ambiguous, reason), title)

    def _ask_facts(self) -> None:
        case = self._desk.kept_case
        lesion = active_lesion(case, self._desk.view) if case is not None else None
        if case is None or lesion is None:
            return

        def kept(facts: ClinicalFacts) -> None:
            self._flow.edit(lambda now: replace(now, facts=facts), "Type clinical facts")

        FactsForm(case.facts, lesion.vessel, kept, self).open()

    def _delete_lesion(self) -> None:
        self._edit(edits.delete_lesion, "Delete occlusion")

    def _edit(self, change: Callable[[Case, int], Case], title: str) -> None:
        case = self._desk.kept_case
        number = self._number(case) if case is not None else None
        if number is not None:
            self._flow.edit(lambda now: change(now, number), title)

    def _choose(self, number: int) -> None:
        case = self._desk.case
        if case is not None and number < len(case.lesions):
            lesion = case.lesions[number]
            self._desk.look(on_vessel(case, self._desk.view, lesion.vessel, lesion.proximal.station_mm))
            self._desk.look(lesion=number)

    def _here(self) -> tuple[str, float] | None:
        sight = active(self._desk.kept_case, self._desk.view)
        return None if sight is None else sight.course.on_vessel(sight.nearest(self._desk.view.cursor_lps_mm)[0])

    def _mark_begin(self) -> None:
        self._from = self._here()
        self.refresh(self._desk.case, self._desk.view)

    def _mark_end(self) -> None:
        here, start = self._here(), self._from
        self._from = None
        if here is not None and start is not None and here[0] == start[0]:
            self._flow.edit(lambda case: edits.mark_occlusion(case, start[0], start[1], here[1]), "Mark occlusion")
        self.refresh(self._desk.case, self._desk.view)
