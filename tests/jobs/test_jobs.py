from __future__ import annotations

import queue
import threading
from collections.abc import Callable

import pytest

from viewer.jobs import Jobs
from viewer.progress import Progress


class Owner:
    """A thread's message queue, as the window's event loop is one."""

    def __init__(self) -> None:
        self.calls: queue.Queue[Callable[[], None]] = queue.Queue()
        self.jobs = Jobs(self.calls.put)
        self.done: list[object] = []
        self.failed: list[BaseException] = []
        self.reports: list[tuple[float, str]] = []
        self.cancelled: list[str] = []

    def run(self, slot: str, work: Callable[[Progress], object]):
        return self.jobs.run(
            slot,
            work,
            done=self.done.append,
            failed=self.failed.append,
            report=lambda share, text: self.reports.append((share, text)),
            cancelled=lambda: self.cancelled.append(slot),
        )

    def turn(self) -> None:
        while True:
            try:
                self.calls.get(timeout=0.05)()
            except queue.Empty:
                return


@pytest.fixture
def owner():
    owner = Owner()
    yield owner
    assert owner.jobs.close()


def test_that_a_result_arrives_on_the_owners_thread_only_when_it_turns(owner: Owner):
    job = owner.run("a", lambda progress: 42)
    assert job.wait(5)
    assert owner.done == []
    owner.turn()
    assert owner.done == [42]


def test_that_progress_is_reported_in_order(owner: Owner):
    def work(progress: Progress) -> None:
        progress(0.25, "Reading")
        progress(0.75, "Sorting")

    owner.run("a", work).wait(5)
    owner.turn()
    assert owner.reports == [(0.25, "Reading"), (0.75, "Sorting")]


def test_that_a_newer_job_in_the_slot_stops_the_older_and_its_result_is_dropped(owner: Owner):
    started, stopped = threading.Event(), threading.Event()

    def slow(progress: Progress) -> str:
        started.set()
        try:
            while True:
                progress(0.5)
                stopped.wait(0.001)
        finally:
            stopped.set()

    old = owner.run("planes", slow)
    assert started.wait(5)
    owner.run("planes", lambda progress: "new")
    assert old.wait(5)
    assert stopped.is_set()
    owner.turn()
    assert owner.done == ["new"]
    assert owner.cancelled == []
    assert owner.jobs.job("planes") is None


def test_that_a_late_result_of_a_job_without_progress_calls_is_dropped(owner: Owner):
    go = threading.Event()
    old = owner.run("planes", lambda progress: go.wait(5) and "old")
    new = owner.run("planes", lambda progress: "new")
    go.set()
    assert old.wait(5)
    assert new.wait(5)
    owner.turn()
    assert owner.done == ["new"]


def test_that_jobs_in_different_slots_do_not_disturb_each_other(owner: Owner):
    for slot in "abc":
        owner.run(slot, lambda progress, slot=slot: slot).wait(5)
    owner.turn()
    assert sorted(owner.done) == ["a", "b", "c"]


def test_that_parts_of_a_result_arrive_before_it(owner: Owner):
    heard: list[object] = []
    job = owner.jobs.run(
        "read",
        lambda progress, give: (give("first"), "all")[1],
        done=heard.append,
        failed=owner.failed.append,
        partial=heard.append,
    )
    assert job.wait(5)
    owner.turn()
    assert heard == ["first", "all"]


def test_that_what_was_raised_is_handed_to_the_owner(owner: Owner):
    def work(progress: Progress) -> None:
        raise OSError("the disc is gone")

    owner.run("a", work).wait(5)
    owner.turn()
    assert [str(problem) for problem in owner.failed] == ["the disc is gone"]
    assert owner.done == []


def test_that_the_operator_can_cancel_and_is_told_that_it_ended(owner: Owner):
    started = threading.Event()

    def endless(progress: Progress) -> None:
        started.set()
        while True:
            progress(0.0)

    job = owner.run("load", endless)
    assert started.wait(5)
    owner.jobs.cancel("load")
    assert job.wait(5)
    owner.turn()
    assert owner.cancelled == ["load"]
    assert owner.done == []
    assert owner.failed == []


def test_that_closing_stops_running_work_and_leaves_no_thread():
    before = threading.active_count()
    owner = Owner()

    def endless(progress: Progress) -> None:
        while True:
            progress(0.0)

    owner.run("load", endless)
    assert owner.jobs.close()
    assert threading.active_count() == before
