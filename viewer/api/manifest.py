"""``plugin.toml``: what a plugin brings along, read without importing any of it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from viewer.api.hooks import API, HOOKS, WITH_SUFFIXES
from viewer.errors import ViewerError

MANIFEST = "plugin.toml"
#: A manifest is a page, not a book.
MOST_BYTES = 100_000
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9 ._-]{0,60}")
_FUNCTION = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):([A-Za-z_]\w*)")
_SUFFIX = re.compile(r"\.[A-Za-z0-9.]{1,15}")


class UnfitPlugin(ViewerError):
    """A plugin that cannot be taken in."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(
            f"The plugin in {where} was left out: {why}.", "Ask its author for a corrected version, or remove it."
        )


@dataclass(frozen=True, slots=True)
class Contribution:
    """One thing that a plugin can do.

    Attributes
    ----------
    plugin : str
        Name of the plugin.
    hook : str
        One of `viewer.api.hooks.HOOKS`.
    title : str
        What the operator reads.
    module, function : str
        Where it is, within the plugin.
    suffixes : tuple of str
        Of readers and exporters: the endings of their files, in small letters, with the dot.
    """

    plugin: str
    hook: str
    title: str
    module: str
    function: str
    suffixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a plugin says about itself.

    Attributes
    ----------
    name, version : str
    folder : Path
        Where it lies.
    package : str or None
        Name of its installed package; ``None`` for a plain folder.
    contributions : tuple of Contribution
    """

    name: str
    version: str
    folder: Path
    package: str | None
    contributions: tuple[Contribution, ...]


def read_manifest(folder: Path, package: str | None = None) -> Manifest:
    """Return the manifest of a plugin's folder.

    Raises
    ------
    UnfitPlugin
        If it cannot be read, lacks something, or was written for another version of the door.
    """
    path = folder / MANIFEST
    where = package or folder.name
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UnfitPlugin(where, f"its {MANIFEST} is too long to be one")
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise UnfitPlugin(where, f"its {MANIFEST} cannot be read ({problem.strerror or problem})") from problem
    except (tomllib.TOMLDecodeError, UnicodeError) as problem:
        raise UnfitPlugin(where, f"its {MANIFEST} is damaged ({problem})") from problem
    return _checked(data, folder, package, where)


def _checked(data: Mapping[str, Any], folder: Path, package: str | None, where: str) -> Manifest:
    name, version, api = (data.get(key) for key in ("name", "version", "api"))
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise UnfitPlugin(where, f"its {MANIFEST} gives no proper name")
    if not isinstance(version, str) or not version:
        raise UnfitPlugin(where, f"its {MANIFEST} gives no version")
    if api != API or isinstance(api, bool):
        raise UnfitPlugin(where, f"it was written for version {api} of the plugin door, and this is version {API}")
    listed = data.get("contributions")
    if not isinstance(listed, list) or not listed:
        raise UnfitPlugin(where, f"its {MANIFEST} lists no contributions")
    return Manifest(name, version, folder, package, tuple(_contribution(name, entry, where) for entry in listed))


def _contribution(plugin: str, entry: object, where: str) -> Contribution:
    if not isinstance(entry, Mapping):
        raise UnfitPlugin(where, "a contribution is no table")
    hook, title, function = (entry.get(key) for key in ("hook", "title", "function"))
    if hook not in HOOKS:
        raise UnfitPlugin(where, f"there is no hook {hook!r}; there are {', '.join(HOOKS)}")
    if not isinstance(title, str) or not title.strip():
        raise UnfitPlugin(where, f"a {hook} has no title")
    place = _FUNCTION.fullmatch(function) if isinstance(function, str) else None
    if place is None:
        raise UnfitPlugin(where, f'the function of "{title}" is not of the form "module:function"')
    suffixes = entry.get("suffixes", [])
    if not isinstance(suffixes, list) or not all(isinstance(s, str) and _SUFFIX.fullmatch(s) for s in suffixes):
        raise UnfitPlugin(where, f'the suffixes of "{title}" are no list of endings such as ".vtk"')
    if (hook in WITH_SUFFIXES) != bool(suffixes):
        raise UnfitPlugin(where, f'"{title}" {"needs" if not suffixes else "cannot have"} suffixes: its hook is {hook}')
    return Contribution(plugin, hook, title, place[1], place[2], tuple(s.lower() for s in suffixes))
