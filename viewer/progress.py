"""How long work tells that it is getting on, and is told to stop."""

from __future__ import annotations

from typing import Protocol


class Cancelled(Exception):
    """The work was superseded or cancelled; nothing of it is kept."""


class Progress(Protocol):
    """Called by long work from time to time, at least every 50 ms or so; raises `Cancelled` when it should stop."""

    def __call__(self, share: float, text: str = "") -> None:
        """Report the `share` done, 0 to 1, and what is being done now."""


def silent(share: float, text: str = "") -> None:
    """Report to nobody; never cancels."""
