"""Every check of the project, one after the other: ``python3 packaging/bootstrap.py test`` runs this inside ``.venv``.

All of them run even if one fails, so that one look shows everything; the exit status is 0 only if all passed. The tests
come last, so that their closing line is the last thing on the screen when all is well. Arguments are passed on to them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def tool(name: str) -> str:
    """Return the path of a program that was installed beside this interpreter."""
    found = shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None:
        sys.exit(f"{name} is not installed beside {sys.executable}; call 'python3 packaging/bootstrap.py test'.")
    return found


@contextmanager
def virtual_display() -> Iterator[dict[str, str]]:
    """Yield the environment of a virtual X display that lives as long as the block."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1920x1080x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=(write,), stderr=subprocess.DEVNULL) as server:
        os.close(write)
        try:
            with os.fdopen(read) as answer:
                number = answer.readline().strip()
            yield {"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
        finally:
            server.terminate()


def passes(title: str, command: list[str], environment: dict[str, str] | None = None) -> bool:
    """Run one check and tell whether it passed."""
    print(f"· {title}", flush=True)
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **(environment or {})}).returncode == 0


def main(arguments: list[str]) -> int:
    """Run all checks and return the exit status."""
    python = [sys.executable, "-m"]
    pytest = [*python, "pytest"]
    results = {
        "ruff check": passes("ruff: lint", [*python, "ruff", "check", "."]),
        "ruff format": passes("ruff: format", [*python, "ruff", "format", "--check", "."]),
        "mypy": passes("mypy: types", [*python, "mypy"]),
        "import contracts": passes("import contracts", [tool("lint-imports"), "--no-cache"]),
    }
    if sys.platform.startswith("linux"):
        with virtual_display() as display:
            results["window on X"] = passes("tests in a real window", [*pytest, "-q", "-m", "xvfb"], display)
    results["tests"] = passes("tests", [*pytest, "-m", "not xvfb", *arguments])
    failed = [name for name, passed in results.items() if not passed]
    if failed:
        print("FAILED: " + ", ".join(failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
