from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from viewer.desk import Desk
from viewer.jobs import Jobs
from viewer.model.view import Step
from viewer.settings import Settings
from viewer.ui.layout_grid import LayoutGrid, default_layouts, is_layout, keys_of, swapped
from viewer.ui.pane import Pane


class NamedPane(Pane):
    def __init__(self, desk: Desk, jobs: Jobs, key: str) -> None:
        self.key = self.title = key
        super().__init__(desk, jobs)


ALL = sorted({key for layout in default_layouts().values() for key in keys_of(layout)})


@pytest.fixture
def grid(qtbot: QtBot, themed):
    jobs = Jobs(lambda call: call())
    desk = Desk()
    panes = [NamedPane(desk, jobs, key) for key in ALL]
    grid = LayoutGrid(panes, Settings(), lambda: None)
    qtbot.addWidget(grid)
    grid.resize(1200, 800)
    grid.show()
    yield grid
    jobs.close()


def keys(grid: LayoutGrid) -> list[str]:
    return [pane.key for pane in grid.visible_panes]


def test_that_every_step_has_a_layout_of_its_own():
    assert set(default_layouts()) == {step.value for step in Step}
    assert all(is_layout(layout, set(ALL)) for layout in default_layouts().values())


def test_that_a_step_shows_its_panes_and_hides_the_others(grid: LayoutGrid):
    grid.show_step(Step.STUDY)
    assert set(keys(grid)) == {"axial", "coronal", "sagittal", "volume"}
    assert all(pane.isVisible() for pane in grid.visible_panes)
    grid.show_step(Step.VIEWS)
    assert {pane.key for pane in grid.findChildren(NamedPane) if pane.isVisible()} == set(keys(grid))


def test_that_a_maximised_pane_fills_the_grid_and_goes_back(grid: LayoutGrid):
    grid.show_step(Step.STUDY)
    pane = grid.visible_panes[1]
    small = pane.width()
    grid.toggle_maximised(pane)
    assert grid.visible_panes == [pane]
    grid.layout().activate()
    assert pane.size() == grid.size()
    grid.toggle_maximised(pane)
    assert len(grid.visible_panes) == 4
    assert abs(pane.width() - small) < 20


def test_that_swapped_panes_stay_where_the_doctor_put_them(grid: LayoutGrid):
    grid.show_step(Step.STUDY)
    before = keys(grid)
    grid._swap(before[0], before[2])
    assert keys(grid) == [before[2], before[1], before[0], before[3]]
    grid.show_step(Step.TREE)
    grid.show_step(Step.STUDY)
    assert keys(grid)[0] == before[2]
    grid.restore_default()
    assert keys(grid) == before


def test_that_a_pane_from_elsewhere_takes_the_place_of_one():
    layout = {"row": ["axial", "volume"], "sizes": [1, 1]}
    assert swapped(layout, "axial", "xray") == {"row": ["xray", "volume"], "sizes": [1, 1]}


@pytest.mark.parametrize(
    "damaged",
    [
        None,
        {},
        {"row": ["axial"], "sizes": [1]},
        {"row": ["axial", "axial"], "sizes": [1, 1]},
        {"row": ["axial", "nothing"], "sizes": [1, 1]},
        {"row": ["axial", "volume"], "sizes": [1]},
        {"row": ["axial", "volume"], "sizes": [1, "wide"]},
        {"row": ["axial", "volume"], "column": ["coronal", "sagittal"], "sizes": [1, 1]},
    ],
)
def test_that_a_remembered_layout_that_makes_no_sense_is_not_used(damaged: object):
    assert not is_layout(damaged, set(ALL))
