"""From older case files to the present version: one module ``toN`` a step, final once it is released."""

from __future__ import annotations

import importlib
from typing import Any

#: The version that is written. A file of version N - 1 goes through ``toN.migrate(content)``.
VERSION = 1


def migrated(content: dict[str, Any]) -> dict[str, Any]:
    """Return the content of a case file of any older version as one of the present version."""
    while content["version"] < VERSION:
        target = content["version"] + 1
        step = importlib.import_module(f"{__name__}.to{target}")
        content = {**step.migrate(content), "version": target}
    return content
