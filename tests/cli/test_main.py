"""Which command was meant, what it imports, and which status it leaves."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from viewer.cli import main as command_line
from viewer.cli.main import main
from viewer.errors import NoTree, UnreadableStudy

HEAVY = {"numpy", "scipy", "numba", "vtkmodules", "PySide6", "pydicom", "SimpleITK", "gdcm"}


def status_of(*words: str) -> int:
    """Return the status of a command line, also where argparse ends it."""
    try:
        return main(words)
    except SystemExit as end:
        return int(end.code or 0)


def modules_after(*words: str) -> set[str]:
    """Return the top-level modules that a command line has loaded in a process of its own."""
    code = (
        "import sys\nfrom viewer.cli.main import main\n"
        f"try:\n    main({list(words)!r})\nexcept SystemExit:\n    pass\n"
        "print('loaded:', *{name.split('.')[0] for name in sys.modules})"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(result.stdout.rsplit("loaded:", 1)[1].split())


@pytest.fixture
def one_command(monkeypatch: pytest.MonkeyPatch) -> list[argparse.Namespace]:
    """Replace what `open` does by noting its arguments."""
    noted: list[argparse.Namespace] = []
    monkeypatch.setattr(command_line.open_window, "run", lambda arguments: noted.append(arguments) or 0)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    return noted


@pytest.mark.parametrize("words", [["--help"], ["info", "--help"], ["demo", "--help"], ["--version"], ["info"]])
def test_that_help_and_a_wrong_command_line_load_nothing_heavy(words: list[str]) -> None:
    assert not modules_after(*words) & HEAVY


def test_that_help_names_every_command_and_says_what_the_program_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of("--help") == 0
    text = capsys.readouterr().out
    assert all(f"    {name} " in text for name in command_line.COMMANDS)
    assert "not a medical device" in text


@pytest.mark.parametrize("words", [["--fly"], ["info"], ["info", "a", "b"], ["demo", "--write"], ["study", "b"]])
def test_that_a_wrong_command_line_has_status_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(*words) == 2
    assert "usage: cto-viewer" in capsys.readouterr().err


def test_that_pictures_and_files_of_the_demonstration_are_two_commands(tmp_path: Path) -> None:
    assert status_of("demo", "--write", str(tmp_path), "--pictures", str(tmp_path)) == 2


@pytest.mark.parametrize(("words", "study"), [([], None), (["a folder"], "a folder"), (["open", "info"], "info")])
def test_that_a_word_that_is_no_command_is_a_study(
    one_command: list[argparse.Namespace], words: list[str], study: str | None
) -> None:
    assert main(words) == 0
    assert one_command[0].study == study


@pytest.mark.parametrize(("error", "status"), [(UnreadableStudy, 3), (NoTree, 4)])
def test_that_an_error_of_the_world_is_one_sentence_and_an_advice(
    error: type[UnreadableStudy],
    status: int,
    one_command: list[argparse.Namespace],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(arguments: argparse.Namespace) -> int:
        raise error("The disc was pulled out.", "Put it back.")

    monkeypatch.setattr(command_line.open_window, "run", fail)
    assert main(["study"]) == status
    printed = capsys.readouterr()
    assert printed.err == "cto-viewer: The disc was pulled out. Put it back.\n"
    assert printed.out == ""


def test_that_a_fault_of_the_program_has_status_1_and_a_report_without_folders(tmp_path: Path) -> None:
    code = (
        "from viewer.cli import main as m\n"
        f"def fail(arguments): open({str(tmp_path / 'DOE^JANE')!r})\n"
        "m.open_window.run = fail\nm.main([])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 1
    assert "fault of the program" in result.stderr and "FileNotFoundError" in result.stderr
    assert "DOE" not in result.stderr


def test_that_the_module_is_the_command() -> None:
    result = subprocess.run([sys.executable, "-m", "viewer", "--version"], capture_output=True, text=True, check=True)
    assert result.stdout.startswith("cto-viewer ")
