from __future__ import annotations

import threading

import numpy as np
from numba import prange

from viewer.analysis import kernels
from viewer.analysis.kernels import parallel_kernel


@parallel_kernel()
def _squares(out):
    for n in prange(len(out)):
        out[n] = n * n


def _run_from_threads(count: int) -> list[np.ndarray]:
    results = [np.zeros(20_000) for _ in range(count)]
    threads = [threading.Thread(target=_squares, args=(result,)) for result in results]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_that_parallel_kernels_may_be_called_from_several_threads_at_once():
    wanted = np.arange(20_000.0) ** 2
    assert all(np.array_equal(result, wanted) for result in _run_from_threads(6))


def test_that_kernels_take_turns_where_the_threading_layer_is_not_safe(monkeypatch):
    monkeypatch.setattr(kernels, "SAFE_LAYERS", ())
    inside, most = 0, 0
    lock = kernels._turn

    class Counting:
        def __enter__(self):
            nonlocal inside, most
            lock.acquire()
            inside += 1
            most = max(most, inside)

        def __exit__(self, *_):
            nonlocal inside
            inside -= 1
            lock.release()

    monkeypatch.setattr(kernels, "_turn", Counting())
    _run_from_threads(6)
    assert most == 1
