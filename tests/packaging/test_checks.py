"""What ``packaging/bootstrap.py test`` runs, and that nothing that fails goes unnoticed."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def checks(root: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """``packaging/checks.py`` with a virtual display that is always there."""
    spec = importlib.util.spec_from_file_location("checks", root / "packaging" / "checks.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    @contextmanager
    def display() -> Iterator[dict[str, str]]:
        yield {"DISPLAY": ":7"}

    monkeypatch.setattr(module, "virtual_display", display)
    monkeypatch.setattr(module.sys, "platform", "linux")
    return module


def test_that_all_checks_are_made_and_the_tests_come_last(
    checks: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made: list[str] = []
    monkeypatch.setattr(checks, "passes", lambda title, *_: made.append(title) is None)
    assert checks.main([]) == 0
    assert [title.split(":")[0] for title in made] == [
        "ruff",
        "ruff",
        "mypy",
        "import contracts",
        "tests in a real window",
        "tests",
    ]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("culprit", range(6))
def test_that_one_failure_fails_all(
    checks: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], culprit: int
) -> None:
    made: list[str] = []
    monkeypatch.setattr(checks, "passes", lambda title, *_: made.append(title) or len(made) != culprit + 1)
    assert checks.main([]) == 1
    assert len(made) == 6
    assert capsys.readouterr().out.startswith("FAILED: ")


def test_that_a_check_passes_only_with_status_0(checks: ModuleType) -> None:
    assert checks.passes("nothing", [sys.executable, "-c", ""])
    assert not checks.passes("a failure", [sys.executable, "-c", "raise SystemExit(5)"])


def test_that_continuous_integration_fails_with_its_checks(root: Path, tmp_path: Path) -> None:
    if shutil.which("sh") is None:
        pytest.skip("continuous integration runs where there is a shell")
    (tmp_path / "packaging").mkdir()
    (tmp_path / ".ci").mkdir()
    (tmp_path / "packaging" / "bootstrap.py").write_text("import sys; sys.exit(7)")
    script = tmp_path / ".ci" / "run"
    script.write_bytes((root / ".ci" / "run").read_bytes())
    assert os.access(root / ".ci" / "run", os.X_OK)
    assert subprocess.run(["sh", str(script)], cwd=tmp_path.parent).returncode == 7
