"""Compiled kernels that use every core, and may be called from any thread.

Where numba finds OpenMP or TBB, two threads may run parallel kernels at once. Where it finds neither (macOS without
libomp), its own scheduler ends the process when they do; there, and only there, the kernels take turns.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

import numba

Kernel = Callable[..., Any]

#: Threading layers of numba that let several threads in.
SAFE_LAYERS = ("omp", "tbb")
_turn = threading.RLock()


def _free() -> bool:
    """Tell whether kernels may overlap; numba knows its layer only after the first parallel kernel has run."""
    try:
        return numba.threading_layer() in SAFE_LAYERS
    except ValueError:
        return False


def parallel_kernel(*, fastmath: bool = False) -> Callable[[Kernel], Kernel]:
    """Compile a function for all cores, without the interpreter's lock, cached on disk; safe to call from any thread.

    Parameters
    ----------
    fastmath : bool
        Let sums be reordered.
    """

    def compiled(function: Kernel) -> Kernel:
        kernel = numba.njit(parallel=True, nogil=True, cache=True, fastmath=fastmath)(function)

        @functools.wraps(function)
        def call(*arguments: Any) -> Any:
            if _free():
                return kernel(*arguments)
            with _turn:
                return kernel(*arguments)

        return call

    return compiled
