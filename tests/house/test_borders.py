"""Who may import whom, where the import contracts cannot say it."""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from pathlib import Path


@cache
def imports_of(path: Path) -> frozenset[str]:
    """Return the full names of the modules that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return frozenset(found)


def test_that_every_room_has_its_place_in_the_order(root: Path) -> None:
    contracts = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    placed = {room.strip() for layer in layers for room in layer.replace(":", "|").split("|")}
    rooms = {f"viewer.{path.parent.name}" for path in (root / "viewer").glob("*/__init__.py")}
    assert rooms == placed


def test_that_qt_draws_the_window_and_the_sheet_and_is_used_nowhere_else(root: Path) -> None:
    for path in (root / "viewer").rglob("*.py"):
        if not {"ui", "report"} & set(path.relative_to(root).parts):
            assert not any(name.split(".")[0] == "PySide6" for name in imports_of(path)), path


def test_that_vtk_is_imported_piece_by_piece(sources: list[Path]) -> None:
    for path in sources:
        if "benchmarks" not in path.parts:
            assert not imports_of(path) & {"vtk", "vtkmodules.all"}, path


def test_that_plugins_come_in_by_their_own_door(root: Path) -> None:
    for path in (root / "plugins").rglob("*.py"):
        inside = {name for name in imports_of(path) if name.split(".")[0] == "viewer"}
        assert inside <= {"viewer.api"}, path


def test_that_the_program_does_not_import_its_tests(root: Path) -> None:
    for path in (root / "viewer").rglob("*.py"):
        assert not any(name.split(".")[0] in {"tests", "pytest", "hypothesis"} for name in imports_of(path)), path
