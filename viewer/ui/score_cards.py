"""Difficulty and hints in the right column: each score with its items, each item leads to the picture that shows it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from viewer.api.door import Told
from viewer.model.hint import Hint
from viewer.model.score import Evidence, Score, ScoreItem
from viewer.ui.facts_panel import card, label

#: The mark of what nobody has checked against the publication.
UNCONFIRMED = "◦"
HINTS_AT_ONCE = 3
#: The scores that are shown at once, in this order.
FIRST = ("J-CTO (CT)", "CT-RECTOR", "KCCT", "EuroCTO CASTLE", "CASTLE", "PROGRESS-CTO")
_EVIDENCE = {
    Evidence.MEASURED: "measured",
    Evidence.TYPED: "typed",
    Evidence.SUGGESTED: "suggested",
    Evidence.UNKNOWN: "unknown",
}


def points_of(least_most: tuple[float, float]) -> str:
    """Return points as a number, or as a range while something is unknown."""
    least, most = least_most
    return f"{least:g}" if least == most else f"{least:g} – {most:g}"


def outcome_of(score: Score) -> str:
    """Return the class of a score in words: of the whole range it may lie in."""
    labels = [outcome.label or outcome.text for outcome in score.outcomes]
    return " – ".join(dict.fromkeys([labels[0], labels[-1]])) if labels else ""


class ScoreRow(QWidget):
    """A score in one line; a click shows its items."""

    def __init__(self, score: Score, go: Callable[[ScoreItem], None]) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        mark = "" if score.confirmed else f" {UNCONFIRMED}"
        line = QHBoxLayout()
        line.setSpacing(6)
        self.head = QPushButton(f"{score.name}{mark}")
        self.head.setObjectName("item")
        self.head.setToolTip(f"{score.title} {score.source} {score.doi} {score.note}".strip())
        self.head.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        line.addWidget(self.head, 1)
        points = label(points_of(score.total), "value")
        points.setWordWrap(False)
        line.addWidget(points)
        column.addLayout(line)
        outcome = label(outcome_of(score), "small")
        outcome.setContentsMargins(4, 0, 0, 2)
        column.addWidget(outcome)
        # Only now: shown without a parent, it would be a window of its own for a moment, and take the keyboard away.
        outcome.setVisible(bool(outcome.text()))
        self.items = QWidget()
        inside = QVBoxLayout(self.items)
        inside.setContentsMargins(16, 0, 0, 4)
        inside.setSpacing(0)
        for item in score.items:
            doubt = "" if item.confirmed else f" {UNCONFIRMED}"
            button = QPushButton(f"{points_of(item.points)}   {item.name} · {_EVIDENCE[item.evidence]}{doubt}")
            button.setObjectName("item")
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            button.setToolTip(f"{item.rule} Found: {item.found}. {item.note}".strip())
            button.clicked.connect(partial(go, item))
            inside.addWidget(button)
        for published in score.outcomes:
            inside.addWidget(label(published.text, "small"))
        self.items.hide()
        column.addWidget(self.items)
        self.head.clicked.connect(lambda: self.items.setVisible(self.items.isHidden()))


def difficulty_card(told: Told, go: Callable[[ScoreItem], None]) -> QFrame:
    """Return the card of all scores."""
    frame, column = card("Difficulty")
    column.setSpacing(3)
    shown = sorted(told.scores, key=lambda score: FIRST.index(score.name) if score.name in FIRST else len(FIRST))
    first = [score for score in shown if score.name in FIRST]
    for score in first:
        column.addWidget(ScoreRow(score, go))
    others = QWidget()
    inside = QVBoxLayout(others)
    inside.setContentsMargins(0, 0, 0, 0)
    inside.setSpacing(3)
    for score in shown[len(first) :]:
        inside.addWidget(ScoreRow(score, go))
    others.hide()
    more = QPushButton(f"{len(shown) - len(first)} more scores")
    more.clicked.connect(lambda: others.setVisible(others.isHidden()))
    column.addWidget(others)
    column.addWidget(more)
    more.setVisible(len(shown) > len(first))
    if any(not score.confirmed for score in told.scores):
        column.addWidget(label(f"{UNCONFIRMED} constants not yet checked against the publication", "small"))
    return frame


class HintLine(QLabel):
    """A hint in a sentence; a click leads to the picture that it rests on."""

    def __init__(self, hint: Hint, go: Callable[[Hint], None]) -> None:
        super().__init__(f"{hint.text}{'' if hint.confirmed else f' {UNCONFIRMED}'}")
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        terms = [f"{term.name}: {term.meaning}" for term in hint.terms]
        self.setToolTip("\n".join(part for part in (hint.source, hint.reading, *terms) if part))
        if hint.shown_by is not None:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._hint, self._go = hint, go

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._hint.shown_by is not None and self.rect().contains(event.position().toPoint()):
            self._go(self._hint)


def hints_card(told: Told, go: Callable[[Hint], None]) -> QFrame:
    """Return the card of what published algorithms favour: the first at once, the others when they are asked for."""
    frame, column = card("Bear in mind")
    others = QWidget()
    inside = QVBoxLayout(others)
    inside.setContentsMargins(0, 0, 0, 0)
    inside.setSpacing(7)
    for number, hint in enumerate(told.hints):
        (column if number < HINTS_AT_ONCE else inside).addWidget(HintLine(hint, go))
    column.addWidget(others)
    others.hide()
    more = QPushButton(f"{len(told.hints) - HINTS_AT_ONCE} more hints")
    more.clicked.connect(lambda: others.setVisible(others.isHidden()))
    column.addWidget(more)
    more.setVisible(len(told.hints) > HINTS_AT_ONCE)
    column.addWidget(label("What published algorithms favour; never an order.", "small"))
    return frame
