"""Where plugins are found: with the program, in the user's folder, among installed packages. Nothing is imported."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from viewer.api.manifest import MANIFEST, Manifest, UnfitPlugin, read_manifest
from viewer.shipped import plugin_folder

#: Installed packages name themselves here: ``name = "package"``; their plugin.toml lies in the package.
ENTRY_POINTS = "cto_viewer.plugins"


@dataclass(frozen=True, slots=True)
class PluginFailure:
    """A plugin that was left out or switched off.

    Attributes
    ----------
    plugin : str
        Its name, or that of its folder if it has none.
    what, advice : str
        What happened, and what to do, as full sentences.
    detail : str
        For its author: the traceback; empty if nothing of it ran.
    """

    plugin: str
    what: str
    advice: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.what} {self.advice}"


@dataclass(frozen=True, slots=True)
class Found:
    """What discovery found: plugins in the order in which they are asked, and those that were left out."""

    manifests: tuple[Manifest, ...]
    failures: tuple[PluginFailure, ...]


def user_folder() -> Path:
    """Return the user's own plugin folder; the variable CTO_VIEWER_PLUGINS names another one. It may not exist."""
    named = os.environ.get("CTO_VIEWER_PLUGINS")
    return Path(named) if named else Path(platformdirs.user_data_dir("cto-viewer", appauthor=False)) / "plugins"


def discover() -> Found:
    """Return every plugin there is; of two with the same name, the first found stays.

    The bundled ones come first, then the user's, then installed packages.
    """
    manifests: dict[str, Manifest] = {}
    failures: list[PluginFailure] = []
    for folder, package in (*_in(plugin_folder()), *_in(user_folder()), *_installed()):
        where = package or folder.name if folder else str(package)
        try:
            if folder is None:
                raise UnfitPlugin(where, f"the installed package has no {MANIFEST}")
            manifest = read_manifest(folder, package)
            if manifest.name in manifests:
                raise UnfitPlugin(where, f"another plugin is called {manifest.name} as well")
            manifests[manifest.name] = manifest
        except UnfitPlugin as problem:
            failures.append(PluginFailure(where, problem.what, problem.advice))
    return Found(tuple(manifests.values()), tuple(failures))


def _in(folder: Path) -> Iterator[tuple[Path, None]]:
    """Yield the folders that hold a manifest, in the order of their names."""
    if folder.is_dir():
        for path in sorted(folder.iterdir()):
            if (path / MANIFEST).is_file():
                yield path, None


def _installed() -> Iterator[tuple[Path | None, str]]:
    """Yield folder and name of the installed packages that call themselves plugins."""
    for entry in sorted(importlib.metadata.entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name):
        yield _package_folder(entry.value), entry.value


def _package_folder(package: str) -> Path | None:
    """Return where an installed package lies, without importing it; ``None`` if it has no manifest there."""
    top, _, rest = package.partition(".")
    try:
        spec = importlib.util.find_spec(top)
    except ValueError:  # a module that was put together by hand has none
        return None
    for root in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(root, *rest.split(".")) if rest else Path(root)
        if (folder / MANIFEST).is_file():
            return folder
    return None
