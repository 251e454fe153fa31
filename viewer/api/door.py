"""The door: what plugins contribute, and how they are called. A plugin that fails is named and switched off.

Nothing runs here by itself: whoever calls decides on which thread, and applies what comes back as an edit of its own.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import re
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from typing import Any

from viewer.api.discovery import Found, PluginFailure, discover
from viewer.api.hooks import ONE_OF, SEVERAL_OF
from viewer.api.manifest import Contribution, Manifest
from viewer.errors import ViewerError
from viewer.model.case import Case
from viewer.model.hint import Hint
from viewer.model.lesion import Lesion
from viewer.model.measurement import Measurement
from viewer.model.score import Score
from viewer.progress import Cancelled

ADVICE = "It is switched off until the program restarts; send the details to its author."


@dataclass(frozen=True, slots=True)
class Told:
    """What all plugins together say about one lesion."""

    scores: tuple[Score, ...]
    hints: tuple[Hint, ...]
    measurements: tuple[Measurement, ...]
    failures: tuple[PluginFailure, ...]


class Plugins:
    """The plugins that are there, and those that have failed since the program began. May be called by any thread.

    Parameters
    ----------
    found : Found, optional
        Default: what `discover` finds.
    """

    def __init__(self, found: Found | None = None) -> None:
        found = discover() if found is None else found
        self._manifests = {manifest.name: manifest for manifest in found.manifests}
        self._left_out = found.failures
        self._switched_off: dict[str, PluginFailure] = {}
        self._unwanted: set[str] = set()
        self._importing = threading.Lock()

    @property
    def manifests(self) -> tuple[Manifest, ...]:
        """All plugins that were taken in, those that are switched off among them."""
        return tuple(self._manifests.values())

    @property
    def failures(self) -> tuple[PluginFailure, ...]:
        """Those left out at the beginning, then those switched off since."""
        return (*self._left_out, *self._switched_off.values())

    def contributions(self, hook: str) -> tuple[Contribution, ...]:
        """Return what there is for a hook, without what is switched off."""
        return tuple(
            contribution
            for manifest in self.manifests
            if manifest.name not in self._switched_off and manifest.name not in self._unwanted
            for contribution in manifest.contributions
            if contribution.hook == hook
        )

    def is_on(self, name: str) -> bool:
        """Whether the operator wants a plugin; one that failed may be wanted all the same."""
        return name not in self._unwanted

    def switch(self, name: str, on: bool) -> None:
        """Take a plugin in, or leave it out, as the operator wants; one that failed stays off until the restart."""
        (self._unwanted.discard if on else self._unwanted.add)(name)

    def call(self, contribution: Contribution, *arguments: object) -> Any | PluginFailure:
        """Return what a contribution returns for these arguments; see `viewer.api.hooks`.

        If it fails, its plugin is switched off, and what happened is returned. Sequences come back as tuples.

        Raises
        ------
        ViewerError
            What the contribution says about the outside world, such as a damaged file.
        Cancelled
            If its progress was told to stop.
        """
        failure = self._switched_off.get(contribution.plugin)
        if failure is not None:
            return failure
        try:
            return _as_promised(contribution, self._function(contribution)(*arguments))
        except (ViewerError, Cancelled):
            raise
        except (Exception, SystemExit) as problem:  # noqa: BLE001 - a stranger's code may raise anything
            return self._switch_off(contribution, problem)

    def told(self, case: Case, lesion: Lesion) -> Told:
        """Return what all contributions of the hook ``measurement`` say about a lesion; failing ones are left out."""
        parts: list[Measurement | Score | Hint] = []
        failures = []
        for contribution in self.contributions("measurement"):
            try:
                result = self.call(contribution, case, lesion)
            except ViewerError as problem:
                result = PluginFailure(contribution.plugin, problem.what, problem.advice)
            if isinstance(result, PluginFailure):
                failures.append(result)
            else:
                parts += result
        return Told(
            tuple(part for part in parts if isinstance(part, Score)),
            tuple(part for part in parts if isinstance(part, Hint)),
            tuple(part for part in parts if isinstance(part, Measurement)),
            tuple(failures),
        )

    def _switch_off(self, contribution: Contribution, problem: BaseException) -> PluginFailure:
        what = f'The plugin {contribution.plugin} failed at "{contribution.title}": {_in_a_line(problem)}.'
        failure = PluginFailure(contribution.plugin, what, ADVICE, "".join(traceback.format_exception(problem)))
        return self._switched_off.setdefault(contribution.plugin, failure)

    def _function(self, contribution: Contribution) -> Callable[..., Any]:
        manifest = self._manifests[contribution.plugin]
        with self._importing:
            package = manifest.package or _package_of(manifest)
            module = importlib.import_module(f"{package}.{contribution.module}")
        function = getattr(module, contribution.function, None)
        if not callable(function):
            raise AttributeError(f"its module {contribution.module} has no function {contribution.function}")
        return function


def _package_of(manifest: Manifest) -> str:
    """Return the name of the package that a plugin's folder is, of its own and in no search path of others."""
    place = str(manifest.folder.resolve())
    plain = re.sub(r"\W", "_", manifest.name)
    name = f"cto_viewer_plugin_{plain}_{hashlib.sha256(place.encode()).hexdigest()[:8]}"
    if name not in sys.modules:
        spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [place]
        sys.modules[name] = importlib.util.module_from_spec(spec)
    return name


def _as_promised(contribution: Contribution, result: object) -> object:
    """Return the result if it is what the hook promises; TypeError if not."""
    one = ONE_OF.get(contribution.hook)
    if one is not None:
        if isinstance(result, one):
            return result
        raise TypeError(f"it returned a {type(result).__name__}, and a {contribution.hook} returns {_named(one)}")
    promised = SEVERAL_OF[contribution.hook]
    if not isinstance(result, Sequence) or not all(isinstance(part, promised) for part in result):
        raise TypeError(f"it returned something else than a sequence of {', '.join(map(_named, promised))}")
    return tuple(result)


def _named(kind: type) -> str:
    return "nothing" if kind is type(None) else kind.__name__


def _in_a_line(problem: BaseException) -> str:
    text = " ".join(str(problem).split()).rstrip(".")
    return f"{type(problem).__name__}, {text}" if text else type(problem).__name__
