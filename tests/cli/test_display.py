"""Whether a window can be shown, told before Qt is loaded."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from viewer.cli import display
from viewer.cli.main import main


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A Linux without any display."""
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.parametrize("words", [[], ["some study"], ["demo"]])
def test_that_window_commands_without_a_display_name_the_headless_ones(
    bare: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    bare.setattr(sys, "excepthook", sys.excepthook)
    assert main(words) == 3
    text = capsys.readouterr().err
    assert text.startswith("cto-viewer: This machine has no display.")
    assert "cto-viewer info STUDY" in text and "cto-viewer demo --pictures" in text


def test_that_a_display_that_does_not_answer_is_none(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("DISPLAY", ":7654")
    assert display.reason_for_no_window() == "The display :7654 does not answer."


def test_that_a_wayland_name_without_a_socket_is_none(bare: pytest.MonkeyPatch, tmp_path: object) -> None:
    bare.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    bare.setenv("WAYLAND_DISPLAY", "wayland-9")
    assert display.reason_for_no_window() == "This machine has no display."


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_that_other_systems_are_taken_to_have_one(bare: pytest.MonkeyPatch, system: str) -> None:
    bare.setattr(sys, "platform", system)
    assert display.reason_for_no_window() is None


def test_that_a_platform_that_was_chosen_is_believed(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("QT_QPA_PLATFORM", "offscreen")
    assert display.reason_for_no_window() is None


@pytest.mark.xvfb
def test_that_an_x_display_that_answers_is_found() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "QT_QPA_PLATFORM"}
    code = "from viewer.cli.display import reason_for_no_window as r; print(r())"
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "None"
