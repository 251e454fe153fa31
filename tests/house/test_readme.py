"""What the first page promises is what is there."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path


def test_that_continuous_integration_runs_the_test_command_of_the_readme(root: Path) -> None:
    readme = (root / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^python3 packaging/bootstrap\.py (?:demo|test)$", readme, re.MULTILINE)
    assert [command.split()[-1] for command in commands] == ["demo", "test"]
    assert commands[1] in (root / ".ci" / "run").read_text(encoding="utf-8")


def test_that_everything_that_the_first_pages_point_to_is_there(root: Path) -> None:
    for page in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"):
        text = (root / page).read_text(encoding="utf-8")
        targets = re.findall(r"\]\((?!https?:)([^)#]+)", text) + re.findall(r'src="([^"]+)"', text)
        for target in targets:
            assert (root / target).exists(), f"{page} points to {target}"


def test_that_the_readme_shows_the_help_that_the_program_prints(root: Path) -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "viewer", "--help"], cwd=root, capture_output=True, text=True, check=True
    ).stdout
    readme = (root / "README.md").read_text(encoding="utf-8")
    for command in re.findall(r"^    ([a-z]+)  ", printed, re.MULTILINE):
        assert f"cto-viewer {command}" in readme or command == "open", command


def test_that_every_dependency_and_every_room_is_explained(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    page = (root / "ARCHITECTURE.md").read_text(encoding="utf-8")
    names = [re.split(r"[<>=~\[ ]", text)[0] for text in project["dependencies"]]
    rooms = [path.parent.name + "/" for path in (root / "viewer").glob("*/__init__.py")]
    for told in names + rooms:
        assert told in page or "-" + told.rsplit("-", 1)[-1] in page, told
