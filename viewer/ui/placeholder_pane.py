"""Panes whose pictures come with a later part of the program: they say what will be here, and how to get it."""

from __future__ import annotations

from viewer.desk import Desk
from viewer.jobs import Jobs
from viewer.ui.pane import Pane


class PlaceholderPane(Pane):
    """A pane that never has a picture."""

    def __init__(self, desk: Desk, jobs: Jobs, key: str, title: str, head: str, advice: str) -> None:
        self.key = key
        self.title = title
        self.when_empty = (head, advice)
        super().__init__(desk, jobs)
