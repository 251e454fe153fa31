"""Write ``packaging/requirements.lock``: the versions of this environment of all that ``pyproject.toml`` asks for.

Call it with the interpreter of an environment in which the tests pass: ``.venv/bin/python packaging/lock.py``. The file
is used as pip constraints, so it may name packages that only some systems need, and a system-only dependency that it
does not name is still installed.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "packaging" / "requirements.lock"

#: What tells the systems apart in the conditions that packages put on their dependencies.
SYSTEMS = (
    {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
    {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
    {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
)


def needed_somewhere(requirement: Requirement, extras: Iterable[str]) -> bool:
    """Tell whether any system needs a requirement of a package that was asked for with these extras."""
    return requirement.marker is None or any(
        requirement.marker.evaluate({**default_environment(), **system, "extra": extra})
        for system in SYSTEMS
        for extra in extras
    )


def with_dependencies(wanted: Iterable[str]) -> dict[str, str]:
    """Return name and installed version of the wanted packages and of all that they need."""
    versions: dict[str, str] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [Requirement(text) for text in wanted]
    while waiting:
        requirement = waiting.pop()
        name, extras = canonicalize_name(requirement.name), frozenset({"", *requirement.extras})
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            print(f"not installed here, so not pinned: {name}", file=sys.stderr)
            continue
        inner = (Requirement(text) for text in metadata.requires(name) or [])
        waiting.extend(r for r in inner if needed_somewhere(r, extras))
    return versions


def main() -> None:
    """Write the lock file."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = with_dependencies(project["dependencies"] + project["optional-dependencies"]["test"])
    head = "# Written by packaging/lock.py: the versions with which the tests pass.\n"
    LOCK.write_text(head + "".join(f"{name}=={versions[name]}\n" for name in sorted(versions)), encoding="utf-8")


if __name__ == "__main__":
    main()
