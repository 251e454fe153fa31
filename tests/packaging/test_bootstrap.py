"""Setting up a fresh machine, as far as it can be told without one."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def bare_debian(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """A Debian whose loader finds no libxcb-cursor; returns the commands that were run on it."""
    commands: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(bootstrap.sys, "platform", "linux")
    monkeypatch.setattr(bootstrap, "loadable", lambda library: library != "libxcb-cursor.so.0")
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(bootstrap.subprocess, "run", run)
    return commands


def test_that_an_old_interpreter_can_read_the_file(root: Path) -> None:
    ast.parse((root / "packaging" / "bootstrap.py").read_text(encoding="utf-8"), feature_version=(3, 6))


@pytest.mark.parametrize(("version", "fits"), [((3, 9), False), ((3, 11), True), ((3, 13), True), ((3, 14), False)])
def test_that_packages_are_made_for_some_versions_of_python(
    bootstrap: ModuleType, version: tuple[int, int], fits: bool
) -> None:
    assert bootstrap.fits(version) == fits


def test_that_the_newest_fitting_interpreter_that_starts_is_taken(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 127 if command[0] == "python3.13" else 0)

    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: name)
    monkeypatch.setattr(bootstrap.subprocess, "run", run)
    assert bootstrap.fitting_python() == "python3.12"


def test_that_a_machine_without_a_fitting_interpreter_is_told_what_to_do(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)
    with pytest.raises(bootstrap.SetupError, match=r"needs Python 3\.11 to 3\.13.*Install Python 3\.13"):
        bootstrap.fitting_python()


def test_that_root_on_debian_gets_the_missing_packages_installed(
    bootstrap: ModuleType, bare_debian: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 0, raising=False)
    bootstrap.install_system_packages(for_tests=False)
    assert len(bare_debian) == 1
    assert bare_debian[0][0] == "apt-get" and "libxcb-cursor0" in bare_debian[0]


def test_that_anybody_else_is_given_the_line_to_type(
    bootstrap: ModuleType, bare_debian: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000, raising=False)
    with pytest.raises(bootstrap.SetupError, match=r"sudo apt-get install .* libxcb-cursor0$"):
        bootstrap.install_system_packages(for_tests=False)
    assert bare_debian == []


def test_that_another_linux_is_told_which_libraries_it_lacks(
    bootstrap: ModuleType, bare_debian: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)
    with pytest.raises(bootstrap.SetupError, match=r"lacks libxcb-cursor\.so\.0\. Install"):
        bootstrap.install_system_packages(for_tests=False)


def test_that_a_debian_without_ensurepip_gets_the_venv_package(
    bootstrap: ModuleType, bare_debian: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 11, 2))
    assert bootstrap.missing_system_packages(for_tests=False)["ensurepip"] == "python3.11-venv"


def test_that_stale_package_lists_are_updated_once(
    bootstrap: ModuleType, bare_debian: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        bare_debian.append(command)
        return subprocess.CompletedProcess(command, 0 if len(bare_debian) == 3 else 100)

    monkeypatch.setattr(bootstrap.subprocess, "run", run)
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 0, raising=False)
    bootstrap.install_system_packages(for_tests=False)
    assert [command[1] for command in bare_debian] == ["install", "update", "install"]


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_that_other_systems_need_no_system_packages(
    bootstrap: ModuleType, bare_debian: list[list[str]], monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    monkeypatch.setattr(bootstrap.sys, "platform", system)
    assert bootstrap.missing_system_packages(for_tests=True) == {}


def test_that_an_environment_that_is_up_to_date_is_left_alone(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calls: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        calls.append(command)
        python = bootstrap.venv_python()
        python.parent.mkdir(parents=True, exist_ok=True)
        python.touch()
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(bootstrap, "VENV", tmp_path / "venv")
    monkeypatch.setattr(bootstrap.subprocess, "run", run)
    bootstrap.install_python_packages(for_tests=True)
    assert [call[2] for call in calls] == ["venv", "pip"]
    bootstrap.install_python_packages(for_tests=True)
    bootstrap.install_python_packages(for_tests=False)
    assert len(calls) == 2


def test_that_what_is_ready_to_run_is_not_taken_as_ready_for_the_tests(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bootstrap, "VENV", tmp_path)
    assert set(bootstrap.stamps(for_tests=False)) < set(bootstrap.stamps(for_tests=True))


def test_that_other_pins_make_a_stamp_worthless(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = bootstrap.stamps(for_tests=False)
    monkeypatch.setattr(bootstrap, "LOCK", tmp_path / "lock")
    (tmp_path / "lock").write_text("numpy==1.0\n")
    assert bootstrap.stamps(for_tests=False) != before


def test_that_a_failed_installation_is_not_taken_for_a_finished_one(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bootstrap, "VENV", tmp_path)
    monkeypatch.setattr(
        bootstrap.subprocess,
        "run",
        lambda command, **_: subprocess.CompletedProcess(command, int("pip" in command)),
    )
    with pytest.raises(bootstrap.SetupError, match="could not be installed"):
        bootstrap.install_python_packages(for_tests=False)
    assert not list(tmp_path.glob("ready*"))


def test_that_the_demonstration_becomes_pictures_without_a_display(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[list[str]] = []
    monkeypatch.setattr(bootstrap, "reason_for_no_window", lambda: "This machine has no display.")
    monkeypatch.setattr(bootstrap, "viewer", lambda arguments: calls.append(arguments) or 0)
    assert bootstrap.demo([]) == 0
    assert calls == [["demo", "--pictures", str(Path("out", "demo"))]]
    assert "This machine has no display. Making the pictures" in capsys.readouterr().err


def test_that_the_status_of_the_program_is_the_status_of_the_command(root: Path) -> None:
    result = subprocess.run(
        [sys.executable, str(root / "packaging" / "bootstrap.py"), "fly"], capture_output=True, text=True
    )
    assert result.returncode == 2
