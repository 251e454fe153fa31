"""Work off the thread of the window: progress, cancel, and the newest request wins.

A job gets a frozen request and gives back a noun. It knows nothing of the window; what comes back is delivered by the
`post` function, which the window gives (a queued call on its own thread).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from viewer.progress import Cancelled

Result = TypeVar("Result")
Post = Callable[[Callable[[], None]], None]
Report = Callable[[float, str], None]


@dataclass(eq=False, slots=True)
class Job:
    """One piece of work on its way; `cancel` asks it to stop, and nothing of it is delivered any more."""

    slot: str
    _stop: threading.Event = field(default_factory=threading.Event)
    _finished: threading.Event = field(default_factory=threading.Event)

    def cancel(self) -> None:
        """Stop it at its next progress call; its result is dropped."""
        self._stop.set()

    @property
    def cancelled(self) -> bool:
        """Whether it was asked to stop."""
        return self._stop.is_set()

    @property
    def running(self) -> bool:
        """Whether its work has not ended yet (it may have been cancelled already)."""
        return not self._finished.is_set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for its work to end; False if it did not within `timeout_s`."""
        return self._finished.wait(timeout_s)


class Jobs:
    """Runs work on a few threads, one job a slot.

    Parameters
    ----------
    post : callable
        Takes a function without arguments and has it called on the owner's thread, soon and in order.
    threads : int
        How many jobs may run at once.
    """

    def __init__(self, post: Post, threads: int = 3) -> None:
        self._post = post
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="job")
        self._slots: dict[str, Job] = {}

    def run(
        self,
        slot: str,
        work: Callable[..., Result],
        *,
        done: Callable[[Result], None],
        failed: Callable[[BaseException], None],
        partial: Callable[[Any], None] | None = None,
        report: Report | None = None,
        cancelled: Callable[[], None] | None = None,
    ) -> Job:
        """Start `work`; a job that runs in the same slot is cancelled, and its late result is dropped.

        Parameters
        ----------
        slot : str
            Work in one slot replaces itself.
        work : callable
            Pure; is given a `Progress` that raises `Cancelled` once the job is superseded, and, if `partial` is given,
            a function that takes a first part of the result.
        done, failed : callable
            Called on the owner's thread with the result or with what was raised. Neither is called after a cancel.
        partial : callable, optional
            Called on the owner's thread with each part that the work gave before its end.
        report : callable, optional
            Called on the owner's thread with (share, text).
        cancelled : callable, optional
            Called on the owner's thread when the operator cancelled the job; not when a newer one took its slot.
        """
        former = self._slots.get(slot)
        if former is not None:
            former.cancel()
        job = Job(slot)
        self._slots[slot] = job

        def progress(share: float, text: str = "") -> None:
            if job.cancelled:
                raise Cancelled
            if report is not None:
                deliver(lambda: report(share, text))

        def deliver(call: Callable[[], None]) -> None:
            self._post(lambda: call() if not job.cancelled else None)

        def give(part: object) -> None:
            if partial is not None:
                deliver(lambda: partial(part))

        arguments = (progress,) if partial is None else (progress, give)

        def settle(call: Callable[[], None]) -> None:
            def on_owner() -> None:
                current = self._slots.get(slot) is job
                if current:
                    del self._slots[slot]
                if not job.cancelled:
                    call()
                elif current and cancelled is not None:
                    cancelled()

            job._finished.set()
            self._post(on_owner)

        def go() -> None:
            try:
                result = work(*arguments) if not job.cancelled else None
            except Cancelled:
                job.cancel()
                settle(lambda: None)
            except BaseException as problem:  # noqa: BLE001 - handed over whole to the owner, who decides
                caught = problem
                settle(lambda: failed(caught))
            else:
                settle(lambda: done(result))  # type: ignore[arg-type]

        self._pool.submit(go)
        return job

    @property
    def busy(self) -> bool:
        """Whether any job is under way."""
        return bool(self._slots)

    def job(self, slot: str) -> Job | None:
        """Return the job that is under way in a slot."""
        return self._slots.get(slot)

    def cancel(self, slot: str) -> None:
        """Cancel what runs in a slot, if anything does."""
        job = self._slots.get(slot)
        if job is not None:
            job.cancel()

    def close(self, timeout_s: float = 10.0) -> bool:
        """Cancel everything and wait for the threads; False if one did not end within `timeout_s`."""
        running = list(self._slots.values())
        for job in running:
            job.cancel()
        self._pool.shutdown(wait=False, cancel_futures=True)
        for thread in list(self._pool._threads):
            thread.join(timeout_s)
        return not any(thread.is_alive() for thread in self._pool._threads)
