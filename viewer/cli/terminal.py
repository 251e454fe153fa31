"""What goes where on the command line: results to stdout, and how work is getting on to stderr."""

from __future__ import annotations

import os
import sys
import time
from typing import TextIO


def print_result(text: str) -> None:
    """Print to stdout; a reader that has seen enough and closed it, such as ``head``, is no fault."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        # What is left in the buffer would fail once more when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class TerminalProgress:
    """Shows one line that is rewritten on a terminal, and a line for each new step where stderr is a file.

    Use it as a context manager: the line is wiped at the end, so that what follows starts on a clean one.
    """

    #: A terminal is not rewritten more often than this.
    INTERVAL_S = 0.1

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._rewrites = self._stream.isatty()
        self._last_s = -self.INTERVAL_S
        self._text = ""

    def __enter__(self) -> TerminalProgress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._rewrites:
            self._write("\r\x1b[K")

    def __call__(self, share: float, text: str = "") -> None:
        """Show the `share` done, 0 to 1, and what is being done now."""
        is_new = bool(text) and text != self._text
        self._text = text or self._text
        now_s = time.monotonic()
        if self._rewrites and (is_new or now_s - self._last_s >= self.INTERVAL_S):
            self._last_s = now_s
            self._write(f"\r\x1b[K{100 * share:3.0f} % {self._text}")
        elif is_new and not self._rewrites:
            self._write(f"{self._text}\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
