"""A window's surroundings for tests: its own settings, captures and theme."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from viewer.ui.theme import apply_theme


@pytest.fixture(scope="session")
def themed(qapp: QApplication) -> QApplication:
    apply_theme(qapp)
    return qapp


@pytest.fixture(autouse=True)
def own_folders(no_settings_of_a_user: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTO_VIEWER_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("CTO_VIEWER_CAPTURES", str(tmp_path / "captures"))
    monkeypatch.setenv("CTO_VIEWER_STATE", str(tmp_path / "state"))


@pytest.fixture
def no_thread_left() -> Iterator[None]:
    before = {thread.name for thread in threading.enumerate()}
    yield
    gc.collect()
    left = [
        thread.name for thread in threading.enumerate() if thread.name not in before and thread.name.startswith("job")
    ]
    assert left == []
