"""The program installed by pip, away from its checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.packaging.conftest import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--wheel-dir", str(folder), str(ROOT)], check=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder away from the checkout into which the wheel was installed."""
    site = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(site)]
    subprocess.run([*pip, str(wheel)], check=True)
    return site


def installed(site: Path, *words: str) -> str:
    """Run Python with the installed wheel, from a folder that is not the checkout, and return what it printed."""
    environment = {**os.environ, "PYTHONPATH": str(site)}
    result = subprocess.run([sys.executable, *words], cwd=site, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_that_resources_and_plugins_travel_in_the_wheel(wheel: Path) -> None:
    travelled = set(zipfile.ZipFile(wheel).namelist())
    for room in ("resources", "plugins"):
        ours = [path for path in (ROOT / room).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
        assert ours, f"{room} is empty"
        missing = [path for path in ours if f"viewer/_shipped/{path.relative_to(ROOT).as_posix()}" not in travelled]
        assert not missing


def test_that_the_wheel_holds_the_program_and_nothing_else(wheel: Path) -> None:
    rooms = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {room for room in rooms if not room.endswith(".dist-info")} == {"viewer"}


def test_that_the_installed_program_runs_from_anywhere(elsewhere: Path) -> None:
    assert installed(elsewhere, "-m", "viewer", "--version").startswith("cto-viewer ")
    where = installed(elsewhere, "-c", "import viewer.shipped as s; print(s.plugin_folder(), s.resource('theme.json'))")
    assert str(ROOT) not in where
