"""Progress on stderr."""

from __future__ import annotations

import io

from viewer.cli.terminal import TerminalProgress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_that_a_file_gets_one_line_a_step() -> None:
    stream = io.StringIO()
    with TerminalProgress(stream) as progress:
        for count in range(100):
            progress(count / 100, "Reading" if count < 50 else "Sorting")
    assert stream.getvalue() == "Reading\nSorting\n"


def test_that_a_terminal_gets_one_line_that_is_wiped_at_the_end() -> None:
    stream = Terminal()
    with TerminalProgress(stream) as progress:
        progress(0.25, "Reading")
    assert " 25 % Reading" in stream.getvalue()
    assert "\n" not in stream.getvalue()
    assert stream.getvalue().endswith("\r\x1b[K")


def test_that_a_terminal_is_not_flooded() -> None:
    stream = Terminal()
    with TerminalProgress(stream) as progress:
        for count in range(10_000):
            progress(count / 10_000, "Reading")
    assert stream.getvalue().count("%") < 10
