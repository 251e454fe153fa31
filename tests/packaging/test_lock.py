"""The pinned versions and their licences."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

#: Licences that let the program be passed on under its own; Qt for Python is linked dynamically under the LGPL.
PERMISSIVE = re.compile(r"\b(MIT|BSD|0BSD|Apache|PSF|Python Software Foundation|HPND|ISC|Zlib)\b", re.IGNORECASE)
LINKED_UNDER_LGPL = {"pyside6-essentials", "shiboken6"}


def project(root: Path) -> dict[str, list[str]]:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def pinned(root: Path) -> dict[str, str]:
    lines = (root / "packaging" / "requirements.lock").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def default_set(root: Path) -> set[str]:
    """Return the distributions that the program itself needs on this system, its extras left out."""
    found: set[str] = set()
    waiting = [Requirement(text) for text in project(root)["dependencies"]]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in found or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        found.add(name)
        waiting.extend(Requirement(text) for text in metadata.requires(name) or [])
    return found


def licence(name: str) -> str:
    """Return what the metadata of a distribution says about its licence, the first line of a long text only."""
    fields = metadata.metadata(name)
    classifiers = [text for text in fields.get_all("Classifier") or [] if text.startswith("License ::")]
    return " / ".join(
        [fields.get("License-Expression") or "", (fields.get("License") or "").strip().split("\n")[0], *classifiers]
    )


def test_that_every_wanted_package_is_pinned_to_a_version_that_was_asked_for(root: Path) -> None:
    pins = pinned(root)
    wanted = project(root)["dependencies"] + project(root)["optional-dependencies"]["test"]  # type: ignore[call-overload]
    for text in wanted:
        requirement = Requirement(text)
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), text


def test_that_everything_that_gets_installed_is_pinned(root: Path) -> None:
    assert default_set(root) <= set(pinned(root))


def test_that_the_program_imports_nothing_that_it_does_not_ask_for(root: Path) -> None:
    providers = metadata.packages_distributions()
    asked_for = default_set(root)
    for path in (root / "viewer").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                modules = [node.module]
            for module in {name.split(".")[0] for name in modules} - sys.stdlib_module_names - {"viewer"}:
                assert asked_for & {canonicalize_name(name) for name in providers[module]}, f"{path}: {module}"


def test_that_every_default_dependency_has_a_permissive_licence(root: Path) -> None:
    for name in sorted(default_set(root)):
        text = licence(name)
        if name in LINKED_UNDER_LGPL:
            assert "LGPL-3.0" in text, f"{name}: {text}"
        else:
            assert PERMISSIVE.search(text), f"{name}: {text}"
            assert not re.search(r"GPL|General Public", text), f"{name}: {text}"
