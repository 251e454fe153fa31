"""What the tests of the house share."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture
def sources() -> list[Path]:
    """Every file of Python in the checkout that is ours."""
    return [
        path for room in ("viewer", "plugins", "packaging", "tests") for path in sorted((ROOT / room).rglob("*.py"))
    ]
