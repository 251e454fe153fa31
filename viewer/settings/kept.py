"""One file of settings: the laboratory, the person, and what the window remembers; nothing clinical."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

import platformdirs

from viewer.errors import ViewerError
from viewer.model.lab import Lab
from viewer.settings.laboratory import lab_as_json, lab_from_json, shipped_lab
from viewer.settings.person import Person, person_as_json, person_from_json

RECENT_LIMIT = 12
FORMAT, VERSION = "cto-viewer/settings", 1

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
        self._lab, self._person = shipped_lab(), Person()
        self._values: dict[str, Any] = self._read()

    @property
    def lab(self) -> Lab:
        """The laboratory: the same object until it is changed."""
        return self._lab

    @property
    def person(self) -> Person:
        """The person's preferences: the same object until they are changed."""
        return self._person

    def set_lab(self, lab: Lab) -> None:
        """Work for another laboratory from now on; `save` writes it."""
        self._lab = lab
        self._values["lab"] = lab_as_json(lab)

    def set_person(self, person: Person) -> None:
        """Work for another person from now on; `save` writes it."""
        self._person = person
        self._values["person"] = person_as_json(person)

    def _read(self) -> dict[str, Any]:
        try:
            values = json.loads(self.path.read_text(encoding="utf-8"))
            if not isinstance(values, dict):
                raise ValueError("not an object")
            self._take(values)
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError) as problem:
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

    def _take(self, values: dict[str, Any]) -> None:
        """Take laboratory and person out of a file, both or neither."""
        lab = lab_from_json(values["lab"]) if "lab" in values else self._lab
        person = person_from_json(values["person"]) if "person" in values else self._person
        self._lab, self._person = lab, person

    def export_to(self, path: Path) -> None:
        """Write laboratory, person and layouts to a file for another computer: no folders and no studies.

        Raises
        ------
        ViewerError
            If the place cannot be written.
        """
        content = {
            "format": FORMAT,
            "version": VERSION,
            "lab": lab_as_json(self._lab),
            "person": person_as_json(self._person),
            "layouts": self.get("layouts", {}),
        }
        try:
            _write_whole(path, content)
        except OSError as problem:
            raise ViewerError(
                f"The settings could not be written to {path} ({problem.strerror or problem}).", "Choose another place."
            ) from problem

    def import_from(self, path: Path) -> None:
        """Take laboratory, person and layouts from a file that `export_to` wrote; `save` keeps them.

        Raises
        ------
        ViewerError
            If it cannot be read or says something impossible; nothing is changed then.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(content, dict) or content.get("format") != FORMAT:
                raise ValueError("it is no file of settings")
            if content.get("version") != VERSION:
                raise ValueError("it was made by another version")
            layouts = content.get("layouts", {})
            if not isinstance(layouts, dict):
                raise ValueError("its layouts make no sense")
            self._take(content)
        except OSError as problem:
            raise ViewerError(
                f"{path} cannot be read ({problem.strerror or problem}).", "Check the place and its rights."
            ) from problem
        except (ValueError, KeyError, TypeError) as problem:
            raise ViewerError(
                f"{path.name} holds no settings that can be used: {problem}.",
                "Export the settings again on the computer that they came from; yours stay as they are.",
            ) from problem
        self.set_lab(self._lab)
        self.set_person(self._person)
        self.set("layouts", layouts)

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
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            _write_whole(self.path, self._values)
        except OSError as problem:
            log.warning("settings were not written: %s", problem.__class__.__name__)


def _write_whole(path: Path, content: dict[str, Any]) -> None:
    """Write a file whole or not at all."""
    temporary = path.with_suffix(".part")
    temporary.write_text(json.dumps(content, indent=1, allow_nan=False), encoding="utf-8")
    temporary.replace(path)


def settings_of(path: Path | None) -> Settings:
    """Return the user's own settings, or with a file those that were exported into it; for work without a window.

    Raises
    ------
    ViewerError
        If the file cannot be used.
    """
    settings = Settings()
    if path is not None:
        settings.import_from(path)
    return settings
