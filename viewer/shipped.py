"""Where the files that travel with the program lie: ``resources/`` and ``plugins/``, in a checkout and in a wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_WHEEL = _PACKAGE / "_shipped"
_ROOT = _WHEEL if _WHEEL.is_dir() else _PACKAGE.parent


def resource(*parts: str) -> Path:
    """Return the path of a file in ``resources/``; FileNotFoundError if it did not travel with the program."""
    path = _ROOT.joinpath("resources", *parts)
    if not path.exists():
        raise FileNotFoundError(path)
    return path


def plugin_folder() -> Path:
    """Return the folder of the bundled plugins."""
    return _ROOT / "plugins"
