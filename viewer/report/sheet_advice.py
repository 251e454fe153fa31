"""What a planning sheet recommends and warns of: views, scores with what they mean, cautions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from viewer.analysis.fluoro.foreshortening import foreshortening_percent, stretch_points
from viewer.analysis.fluoro.limits import standard_views_for
from viewer.analysis.fluoro.proposals import Proposal, Purpose, angle_between_deg
from viewer.model.carm import view_label
from viewer.model.case import Case
from viewer.model.facts import ClinicalFacts
from viewer.model.lesion import Lesion
from viewer.model.score import Outcome, Score
from viewer.model.volume import Severity
from viewer.report.sheet_page import UNCONFIRMED, ScoreWords, ViewWords
from viewer.report.sheet_words import ct_date

#: A CT older than this is spoken of: the study that the composition is taken from planned within two months.
FRESH_DAYS = 60
#: Views nearer to each other than this are one view.
SAME_VIEW_DEG = 10.0
#: The second view of a pair is worth a picture if it stands this far from the others.
OTHER_VIEW_DEG = 25.0
MOST_VIEWS = 4


def chosen_views(proposals: Sequence[Proposal]) -> tuple[ViewWords, ...]:
    """Return the views that stand on the sheet: cap, occlusion, landing zone, and one that shows depth.

    Views that are nearly the same become one with two purposes.
    """
    kept: list[tuple[Proposal, list[str]]] = []
    for one in proposals:
        if one.purpose is Purpose.PAIR:
            continue
        same = next((entry for entry in kept if _apart(entry[0], one) <= SAME_VIEW_DEG), None)
        if same is not None:
            same[1].append(one.purpose.value)
        else:
            kept.append((one, [one.purpose.value]))
    pairs = [one for one in proposals if one.purpose is Purpose.PAIR]
    if pairs and len(kept) < MOST_VIEWS:
        far = max(pairs, key=lambda one: min((_apart(one, other) for other, _ in kept), default=90.0))
        if all(_apart(far, other) >= OTHER_VIEW_DEG for other, _ in kept):
            kept.append((far, ["depth"]))
    return tuple(_view(one, purposes) for one, purposes in kept[:MOST_VIEWS])


def usual_views(case: Case, vessel: str) -> tuple[ViewWords, ...]:
    """Return the working views of a vessel's segments, first choices first, with how short it looks in each."""
    line = case.tree[vessel].centerline
    points = stretch_points(line, 0.0, line.length_mm)
    segments = [segment.code for segment in case.tree[vessel].segments] or [vessel]
    views = dict.fromkeys(view for segment in segments for view in standard_views_for(segment))
    rows = []
    for view in list(views)[:MOST_VIEWS]:
        angles = view.primary_deg, view.secondary_deg
        numbers = f"foreshortened {float(foreshortening_percent(points, *angles)):.0f} % over all"
        rows.append(ViewWords(view_label(*angles), view.name, numbers, "", *angles))
    return tuple(rows)


def _apart(one: Proposal, other: Proposal) -> float:
    return angle_between_deg((one.primary_deg, one.secondary_deg), (other.primary_deg, other.secondary_deg))


def _view(one: Proposal, purposes: Sequence[str]) -> ViewWords:
    numbers = f"foreshortened {one.foreshortening_percent:.0f} %, overlap {one.overlap_percent:.0f} %"
    why = " ".join([one.why, *(f"{warning}." for warning in one.warnings)])
    return ViewWords(one.label, " and ".join(purposes), numbers, why, one.primary_deg, one.secondary_deg)


def score_rows(scores: Iterable[Score]) -> tuple[ScoreWords, ...]:
    """Return every score with its range and what was published for it."""
    rows = []
    for score in scores:
        low, high = (f"{value:g}" for value in score.total)
        total = low if low == high else f"{low} – {high}"
        mark = "" if score.confirmed else f" {UNCONFIRMED}"
        title = (score.title or score.name).replace(" (CT inputs)", ", CT inputs")
        rows.append(ScoreWords(title + mark, f"{total} of {score.limits[1]:g}", _outcome(score)))
    return tuple(rows)


def _outcome(score: Score) -> str:
    """Return what was published for the totals that are possible, by the first source of each class.

    Of several classes the best and the worst are told, words that both have in common once.
    """
    told: dict[tuple[float, float], Outcome] = {}
    for outcome in score.outcomes:
        told.setdefault(outcome.totals, outcome)
    if not told:
        return ""
    first, last = (list(told.values())[n] for n in (0, -1))
    marks = [f" {UNCONFIRMED}" if not outcome.confirmed else "" for outcome in (first, last)]
    labels = " – ".join(dict.fromkeys(outcome.label for outcome in (first, last) if outcome.label))
    text = first.text + marks[0]
    if first is not last:
        text += f" … {_without_common_start(first.text, last.text)}{marks[1]}"
    return f"{labels}: {text}" if labels else text


def _without_common_start(first: str, last: str) -> str:
    """Return the words of `last` from where they differ from those of `first`."""
    one, other = first.split(" "), last.split(" ")
    same = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
    return " ".join(other[same:])


def scores_note(scores: Iterable[Score]) -> str:
    """Return which items make ranges of the totals, and what the mark means."""
    known = tuple(scores)
    if not known:
        return "No scores."
    open_items = dict.fromkeys(item.name for score in known for item in score.items if item.points[0] != item.points[1])
    ranges = f"Ranges: {', '.join(list(open_items)[:6])} not known. " if open_items else ""
    return f"{ranges}{UNCONFIRMED} rests on an item or a rate not checked against its source."


def cautions(case: Case, made_on: date) -> tuple[str, ...]:
    """Return what is to be known about the pictures before anything else is believed."""
    found = [f.text for f in (*case.volume.findings, *case.findings) if f.severity is not Severity.NOTE]
    return tuple(text for text in (*found, age_of_ct(case, made_on)) if text)


def typed_ways(facts: ClinicalFacts, vessel: str) -> tuple[str, ...]:
    """Return the ways from behind and the grafts that were typed, a sentence each; none if there are none."""
    ways, grafts = facts.of(vessel).ways, facts.grafts
    told = []
    if ways:
        told.append(f"From behind (typed): {'; '.join(way.words for way in ways)}.")
    if grafts:
        told.append(f"Grafts (typed): {'; '.join(graft.words for graft in grafts)}.")
    return tuple(told)


def other_lesions(case: Case, page_of: Lesion | None) -> tuple[str, ...]:
    """Return the lesions that this page is not about, in a line each."""
    return tuple(
        f"{other.vessel}: {other.kind.value} of {other.length_mm:.1f} mm, {other.proximal.station_mm:.0f} mm from its "
        "start."
        for other in case.lesions
        if other is not page_of
    )


def age_of_ct(case: Case, made_on: date) -> str:
    """Return a caution if the scan is not fresh, else nothing."""
    scanned = ct_date(case)
    days = (made_on - scanned).days if scanned is not None else 0
    return f"The CT is {days} days old; plans rest on one of the last two months." if days > FRESH_DAYS else ""
