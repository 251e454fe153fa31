"""The frame that all panes share."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize
from pytestqt.qtbot import QtBot

from viewer.desk import Desk
from viewer.jobs import Jobs
from viewer.ui.pane import Pane


class SlowPane(Pane):
    """A pane whose picture may be on its way."""

    when_empty = ("The heart", "Open a study.")
    busy = False

    @property
    def resting(self) -> bool:
        return not self.busy


@pytest.fixture
def pane(qtbot: QtBot, themed):
    jobs = Jobs(lambda call: call())
    pane = SlowPane(Desk(), jobs)
    qtbot.addWidget(pane)
    yield pane
    jobs.close()


def test_that_a_pane_without_work_says_how_to_get_a_picture(pane: SlowPane):
    assert pane.empty_words == ("The heart", "Open a study.")


def test_that_nobody_is_told_to_open_a_study_while_its_picture_is_being_made(pane: SlowPane):
    idle = pane.grab_picture(QSize(400, 300))
    pane.busy = True
    assert "being made" in pane.empty_words[0]
    assert pane.grab_picture(QSize(400, 300)) != idle
