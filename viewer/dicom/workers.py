"""Decoding in worker processes: started by spawning, fed one picture at a time, read straight into the volume.

The calling process begins to decode at once, in the order in which pictures are wanted, and hands over to the workers
as they come up; so nothing waits for a process to start. Workers answer through pipes, which costs 0.3 ms a slice;
shared memory would save that and crash where a container limits it.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import types
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait

import numpy as np
from numpy.typing import NDArray

from viewer.dicom.decode import raw_type, stored_values
from viewer.dicom.series import Picture
from viewer.errors import UnreadableStudy

#: Milliseconds to decode a million pixels, by transfer syntax.
COST_MS_PER_MEGAPIXEL = {
    "1.2.840.10008.1.2.4.50": 10,
    "1.2.840.10008.1.2.4.51": 10,
    "1.2.840.10008.1.2.4.57": 14,
    "1.2.840.10008.1.2.4.70": 14,
    "1.2.840.10008.1.2.4.80": 20,
    "1.2.840.10008.1.2.4.81": 20,
    "1.2.840.10008.1.2.4.90": 70,
    "1.2.840.10008.1.2.4.91": 70,
    "1.2.840.10008.1.2.4.201": 30,
    "1.2.840.10008.1.2.4.202": 30,
    "1.2.840.10008.1.2.4.203": 30,
}
#: Work that is shorter than this is done before a process has started.
WORTH_STARTING_MS = 700.0
MOST_WORKERS = 8
#: Pictures that a worker is given ahead, so that it never waits for the next.
AHEAD = 2

Sink = Callable[[int, NDArray[np.integer]], None]


def worker_count(pictures: tuple[Picture, ...]) -> int:
    """Return how many processes are worth starting for these pictures; 0 for none."""
    layout = pictures[0].layout
    work = COST_MS_PER_MEGAPIXEL.get(layout.syntax, 0) * layout.rows * layout.columns * len(pictures) * 1e-6
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if work < WORTH_STARTING_MS or cores < 2 or multiprocessing.parent_process() is not None:
        return 0
    return min(cores, MOST_WORKERS)


def decode_all(pictures: tuple[Picture, ...], order: list[int], sink: Sink, workers: int) -> None:
    """Decode pictures in about the given order.

    Parameters
    ----------
    pictures : tuple of Picture
    order : list of int
        Indices of the pictures, the one that is wanted first in front.
    sink : callable
        Called in this thread with the index of a picture and its stored values, which are its own to change. What it
        raises (`Cancelled`, for one) stops the work and the workers.
    workers : int
        How many processes to start; 0 decodes here.
    """
    waiting = deque(order)
    with _started(workers) as processes:
        ready: dict[Connection, list[int]] = {}
        coming = {connection for _, connection in processes}
        while waiting or any(ready.values()):
            # Once all are up, this process only receives: a worker would wait for it while it decodes.
            alone = bool(coming) or not ready
            for connection in wait([*coming, *ready], timeout=0 if alone and waiting else None):
                assert isinstance(connection, Connection) or sys.platform == "win32"
                _hear(connection, coming, ready, pictures, sink)  # type: ignore[arg-type]
            for connection, given in ready.items():
                while waiting and len(given) < AHEAD:
                    given.append(waiting.popleft())
                    try:
                        connection.send((given[-1], pictures[given[-1]]))
                    except OSError as error:
                        raise _broken_down(pictures[given[0]]) from error
            if alone and waiting:
                index = waiting.popleft()
                sink(index, stored_values(pictures[index]))


def _hear(
    connection: Connection,
    coming: set[Connection],
    ready: dict[Connection, list[int]],
    pictures: tuple[Picture, ...],
    sink: Sink,
) -> None:
    try:
        message = connection.recv()
        if connection in coming:
            coming.discard(connection)
            ready[connection] = []
            return
        index, error = message
        if error is not None:
            raise UnreadableStudy(*error)
        picture = pictures[index]
        values = np.frombuffer(bytearray(connection.recv_bytes()), raw_type(picture))
    except (EOFError, OSError) as error:
        if connection in coming:  # it never came up; the others, or this process alone, do its work
            coming.discard(connection)
            return
        raise _broken_down(pictures[ready[connection][0]] if ready[connection] else pictures[0]) from error
    ready[connection].remove(index)
    sink(index, values.reshape(picture.layout.rows, picture.layout.columns))


def _broken_down(picture: Picture) -> UnreadableStudy:
    return UnreadableStudy(
        f"The program that decodes the pictures broke down at {picture.called}; the file is damaged or memory ran out.",
        "Close other programs and try again; if it happens again, copy the study anew.",
    )


@contextmanager
def _started(count: int) -> Iterator[list[tuple[multiprocessing.process.BaseProcess, Connection]]]:
    """Start worker processes, and end them however the work ends."""
    context = multiprocessing.get_context("spawn")
    processes: list[tuple[multiprocessing.process.BaseProcess, Connection]] = []
    try:
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=serve, args=(theirs,), daemon=True, name="decoder")
            with _bare_main():
                process.start()
            theirs.close()
            processes.append((process, ours))
        yield processes
    finally:
        for started, connection in processes:
            connection.close()
            started.terminate()
        for started, _ in processes:
            started.join()
            started.close()


@contextmanager
def _bare_main() -> Iterator[None]:
    """Keep a new process from importing the caller's main module again.

    A worker needs nothing of it; a window's main module is slow to import, a script without a guard would run twice.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def serve(connection: Connection) -> None:
    """Decode pictures as they are asked for, until nobody asks any more: the life of a worker process."""
    try:
        connection.send("ready")
        while True:
            index, picture = connection.recv()
            try:
                values = stored_values(picture)
            except UnreadableStudy as error:
                connection.send((index, (error.what, error.advice)))
                continue
            connection.send((index, None))
            connection.send_bytes(values.data.cast("B"))
    except (EOFError, BrokenPipeError, ConnectionResetError, KeyboardInterrupt):
        return
