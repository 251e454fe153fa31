"""What every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(autouse=True)
def no_settings_of_a_user(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's own settings reach a test."""
    monkeypatch.setenv("CTO_VIEWER_CONFIG", str(tmp_path_factory.getbasetemp() / "nobody"))


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real images, where there is one."""
    named = os.environ.get("CTO_VIEWER_DATA")
    if not named or not Path(named).is_dir():
        pytest.skip("the real images are not here: CTO_VIEWER_DATA names no folder")
    return Path(named)


@pytest.fixture(scope="session")
def reference_cases(data_folder: Path) -> Path:
    """The folder of reference cases with their truth, beside the real images."""
    folder = data_folder.parent / "cases"
    if not folder.is_dir():
        pytest.skip("there are no reference cases beside CTO_VIEWER_DATA")
    return folder
