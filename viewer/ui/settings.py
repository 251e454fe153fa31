"""What the program remembers of its user: recent studies, layouts, presets; nothing clinical."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

import platformdirs

RECENT_LIMIT = 12

log = logging.getLogger(__name__)


def config_folder() -> Path:
    """Return the folder of the user's settings; the variable CTO_VIEWER_CONFIG names another one."""
    named = os.environ.get("CTO_VIEWER_CONFIG")
    return Path(named) if named else Path(platformdirs.user_config_dir("cto-viewer", appauthor=False))


class Settings:
    """A small JSON file, written whole and atomically; a damaged one is set aside and said so.

    Parameters
    ----------
    path : Path, optional
        Default: ``settings.json`` in `config_folder`.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or config_folder() / "settings.json"
        self.trouble: str | None = None
        self._values: dict[str, Any] = self._read()

    def _read(self) -> dict[str, Any]:
        try:
            values = json.loads(self.path.read_text(encoding="utf-8"))
            if not isinstance(values, dict):
                raise ValueError("not an object")
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as problem:
            aside = self.path.with_suffix(".damaged.json")
            try:
                self.path.replace(aside)
            except OSError:
                log.warning("the damaged settings could not be set aside")
            self.trouble = (
                f"Your settings could not be read ({problem.__class__.__name__}); the program starts with its own. "
                f"The damaged file is kept as {aside.name}."
            )
            return {}
        return values

    def get(self, key: str, default: Any = None) -> Any:
        """Return what is remembered under `key`."""
        return self._values.get(key, default)

    def set(self, key: str, value: Any) -> None:
        """Remember a JSON value under `key`; `save` writes it."""
        self._values[key] = value

    @property
    def recent(self) -> list[Path]:
        """The studies opened lately, the latest first."""
        entries = self._values.get("recent", [])
        return [Path(entry) for entry in entries if isinstance(entry, str)]

    def add_recent(self, path: Path) -> None:
        """Put a study at the head of the recent ones."""
        entries = [str(path)] + [str(other) for other in self.recent if other != path]
        self._values["recent"] = entries[:RECENT_LIMIT]

    def forget_recent(self, path: Path) -> None:
        """Take a study out of the recent ones."""
        self._values["recent"] = [str(other) for other in self.recent if other != path]

    def save(self) -> None:
        """Write the file; what cannot be written is logged, since nothing of it is clinical."""
        temporary = self.path.with_suffix(".part")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps(self._values, indent=1), encoding="utf-8")
            temporary.replace(self.path)
        except OSError as problem:
            log.warning("settings were not written: %s", problem.__class__.__name__)
