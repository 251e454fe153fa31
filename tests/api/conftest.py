"""Plugins that are written into a folder of their own, and a small case to call them with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from viewer.model.case import Case
from viewer.model.centerline import Centerline
from viewer.model.geometry import Geometry
from viewer.model.lesion import Cap, CapShape, Lesion, LesionKind
from viewer.model.vessel import Vessel, VesselTree
from viewer.model.volume import Volume

Write = Callable[..., Path]


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's plugin folder, empty."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    monkeypatch.setenv("CTO_VIEWER_PLUGINS", str(folder))
    return folder


@pytest.fixture
def write(plugins: Path) -> Write:
    """Write a plugin into the user's folder: its code, and what its manifest says differently from usual."""

    def write(
        name: str, code: str = "", *, hook: str = "measurement", manifest: str | None = None, **more: str
    ) -> Path:
        folder = plugins / name
        folder.mkdir()
        extra = "".join(f"{key} = {value}\n" for key, value in more.items())
        usual = (
            f'name = "{name}"\nversion = "1.0"\napi = 1\n\n[[contributions]]\nhook = "{hook}"\n'
            f'title = "What {name} tells"\nfunction = "own:tell"\n{extra}'
        )
        (folder / "plugin.toml").write_text(usual if manifest is None else manifest, encoding="utf-8")
        (folder / "own.py").write_text(code, encoding="utf-8")
        return folder

    return write


def cap(line: Centerline, station_mm: float, **more: object) -> Cap:
    """Return a cap on a course, half a millimetre sure."""
    lps = line.at(np.array([station_mm]))[0]
    return Cap(lps, station_mm, (station_mm - 0.5, station_mm + 0.5), **more)


@pytest.fixture
def case() -> Case:
    """A right coronary artery with a quarter turn of radius 20 mm, closed from 30 to 56 mm; and a branch of it."""
    along = np.linspace(0, 40, 81)
    straight = np.stack([0 * along, 0 * along, -along], axis=1)
    angle = np.linspace(0, np.pi / 2, 64)[1:]
    bend = np.stack([20 * (1 - np.cos(angle)), 0 * angle, -40 - 20 * np.sin(angle)], axis=1)
    out = np.linspace(0, 40, 81)[1:]
    end = np.stack([20 + out, 0 * out, np.full(len(out), -60.0)], axis=1)
    line = Centerline(np.concatenate([straight, bend, end]), None)
    branch = Centerline(np.stack([0 * along, along / 2, np.full(81, -28.0)], axis=1), None)
    tree = VesselTree((Vessel("RCA", line), Vessel("RVM", branch, "RCA")))
    volume = Volume(np.zeros((20, 20, 20), np.int16), Geometry.from_axes((20, 20, 20), (-20, -50, -80), (5, 5, 5)))
    proximal = cap(
        line, 30.0, shape=CapShape.BLUNT, side_branch_mm=2.0, side_branch="RVM", ambiguous=True, reasons=("no taper",)
    )
    distal = cap(line, 56.0, shape=CapShape.TAPERED)
    return Case(volume, tree, lesions=(Lesion("RCA", LesionKind.OCCLUSION, proximal, distal, 0.9),))
