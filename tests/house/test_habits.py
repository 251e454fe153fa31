"""The habits of CONTRIBUTING.md that a program can check."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

LONGEST_FILE = 500
JUNK_ROOMS = {"utils", "util", "misc", "common", "helper", "helpers", "tools_misc"}
EMPTY_TITLES = ("Manager", "Handler", "Helper")
UNFINISHED = re.compile(r"\b(TO[D]O|FIX[M]E|XX[X]|HA[C]K)\b")


def test_that_no_file_is_longer_than_its_one_idea(sources: list[Path]) -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in sources}
    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_that_there_is_no_junk_room(sources: list[Path], root: Path) -> None:
    for path in sources:
        assert not JUNK_ROOMS & {part.removesuffix(".py").strip("_") for part in path.relative_to(root).parts}, path


def test_that_no_class_is_named_after_nothing(sources: list[Path]) -> None:
    for path in sources:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.ClassDef) and node.name.endswith(EMPTY_TITLES)), f"{path}: {node.name}"


def test_that_nothing_is_left_unfinished(sources: list[Path]) -> None:
    for path in sources:
        text = path.read_text(encoding="utf-8")
        assert not UNFINISHED.search(text), path
        assert "raise NotImplementedError" not in text or path == Path(__file__), path


def test_that_tests_are_named_as_sentences(root: Path) -> None:
    for path in (root / "tests").rglob("test_*.py"):
        if "benchmarks" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                assert node.name.startswith("test_that_"), f"{path}: {node.name}"


def test_that_tests_are_not_switched_off(root: Path) -> None:
    switched_off = re.compile(r"mark\.(skip|xfail)\b|pytest\.xfail")
    for path in (root / "tests").rglob("*.py"):
        assert not switched_off.search(path.read_text(encoding="utf-8")) or path == Path(__file__), path


def test_that_shipped_data_can_be_read(root: Path) -> None:
    files = sorted((root / "resources").rglob("*.json"))
    assert files
    for path in files:
        json.loads(path.read_text(encoding="utf-8"))


def test_that_a_missing_resource_is_an_error() -> None:
    from viewer.shipped import resource

    assert resource("theme.json").is_file()
    with pytest.raises(FileNotFoundError):
        resource("no such thing")
