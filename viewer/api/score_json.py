"""Scores as plain data: how plan.json holds them."""

from __future__ import annotations

import logging
from typing import Any

from viewer.api.door import Plugins
from viewer.model.case import Case
from viewer.model.score import Score

Json = dict[str, Any]

log = logging.getLogger(__name__)


def plan_scores(case: Case, plugins: Plugins | None = None) -> list[list[Json]]:
    """Return for each lesion of a case its scores, ready for JSON; plugins that fail are named in the log.

    Parameters
    ----------
    case : Case
    plugins : Plugins, optional
        Default: those that are found now.
    """
    door = Plugins() if plugins is None else plugins
    found = [door.told(case, lesion) for lesion in case.lesions]
    for failure in dict.fromkeys((*door.failures, *(failure for told in found for failure in told.failures))):
        log.warning("%s", failure)
    return [[score_as_json(score) for score in told.scores] for told in found]


def score_as_json(score: Score) -> Json:
    """Return a score for JSON; totals and points are ``[least, most]``."""
    return {
        "name": score.name,
        "title": score.title or score.name,
        "total": list(score.total),
        "limits": list(score.limits),
        "confirmed": score.confirmed,
        "items": [
            {
                "name": item.name,
                "points": list(item.points),
                "evidence": item.evidence.value,
                "confirmed": item.confirmed,
            }
            for item in score.items
        ],
        "outcomes": [
            {"class": outcome.label, "text": outcome.text, "source": outcome.source, "confirmed": outcome.confirmed}
            for outcome in score.outcomes
        ],
    }
