"""The page on writing plugins: its example runs as it stands there, and it lists what there is."""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from viewer.api.door import Plugins
from viewer.api.hooks import HOOKS
from viewer.errors import ViewerError
from viewer.model.case import Case
from viewer.model.centerline import Centerline
from viewer.model.geometry import Geometry
from viewer.model.lesion import Cap, Lesion, LesionKind
from viewer.model.vessel import Vessel, VesselTree
from viewer.model.volume import Volume
from viewer.progress import silent

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
#: What a bundled plugin may need beside the door and the standard library.
ALLOWED = {"viewer", "numpy"}


def block(language: str, holding: str) -> str:
    """Return the example in a language that holds these words."""
    found = re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    return next(text for text in found if holding in text)


def write_examples(folder: Path) -> None:
    """Lay both examples of the guide into a plugin folder."""
    for name, first in (("chord", "def straightness"), ("corners", "def contours")):
        (folder / name).mkdir()
        (folder / name / "plugin.toml").write_text(block("toml", f'name = "{name}"\nversion'), encoding="utf-8")
        (folder / name / f"{name}.py").write_text(block("python", first), encoding="utf-8")


def a_case() -> Case:
    along = np.linspace(0, 60, 121)
    line = Centerline(np.stack([along, 0 * along, 0 * along], axis=1), None)
    caps = [Cap(line.at(np.array([at]))[0], at, (at, at)) for at in (20.0, 46.0)]
    volume = Volume(np.zeros((2, 2, 2), np.int16), Geometry.from_axes((2, 2, 2), (0, 0, 0), (50, 50, 50)))
    return Case(
        volume, VesselTree((Vessel("RCA", line),)), lesions=(Lesion("RCA", LesionKind.OCCLUSION, caps[0], caps[1]),)
    )


@pytest.fixture
def plugins(tmp_path, monkeypatch) -> Plugins:
    """The plugins of somebody who copied the examples."""
    write_examples(tmp_path)
    monkeypatch.setenv("CTO_VIEWER_PLUGINS", str(tmp_path))
    return Plugins()


def test_that_the_example_measures_and_draws(plugins):
    case = a_case()
    (measured,) = plugins.told(case, case.lesions[0]).measurements
    assert (measured.name, measured.value) == ("length over chord", pytest.approx(1.0))
    (overlay,) = plugins.contributions("overlay")
    line, label = plugins.call(overlay, case)
    assert np.allclose(line.points_lps_mm, [[20, 0, 0], [46, 0, 0]])
    assert label.text == "26.0 mm"
    assert plugins.failures == ()


def test_that_the_example_says_why_there_is_no_number(plugins):
    case = a_case()
    lesion = case.lesions[0]
    short = replace(lesion, distal=replace(lesion.distal, lps_mm=lesion.proximal.lps_mm))
    (measured,) = plugins.told(replace(case, lesions=(short,)), short).measurements
    assert measured.value is None and "too near" in measured.note


def test_that_the_examples_cover_every_hook(plugins):
    assert {one.hook for manifest in plugins.manifests for one in manifest.contributions} == set(HOOKS)


def the_one(plugins: Plugins, hook: str):
    (found,) = (one for one in plugins.contributions(hook) if one.plugin == "corners")
    return found


def test_that_the_example_reads_its_files_and_says_what_is_wrong_with_others(plugins, tmp_path):
    path = tmp_path / "head.npz"
    np.savez(path, hu=np.full((3, 4, 5), 40), origin_mm=(1.0, 2.0, 3.0), spacing_mm=(0.5, 0.4, 0.4))
    volume = plugins.call(the_one(plugins, "reader"), path, silent)
    assert volume.hu.shape == (3, 4, 5) and volume.geometry.spacing_mm == pytest.approx((0.5, 0.4, 0.4))
    path.write_bytes(b"PK no")
    with pytest.raises(ViewerError, match=r"head\.npz holds no volume"):
        plugins.call(the_one(plugins, "reader"), path, silent)


def test_that_the_example_traces_contours_and_writes(plugins, tmp_path):
    case = a_case()
    tree = plugins.call(the_one(plugins, "tracer"), case, silent)
    assert np.allclose(tree["RCA"].centerline.points_lps_mm, case.tree["RCA"].centerline.points_lps_mm)
    sections = plugins.call(the_one(plugins, "segmenter"), case, "RCA", silent)
    assert sections.vessel == "RCA" and sections.wall_area_mm2 == pytest.approx(np.pi * 1.5**2, rel=0.01)
    plugins.call(the_one(plugins, "exporter"), case, tmp_path / "plan.txt", silent)
    assert (tmp_path / "plan.txt").read_text() == "RCA 26.0 mm\n"
    assert plugins.failures == ()


def test_that_the_guide_names_every_hook():
    tables = GUIDE[GUIDE.index("## The hooks") :]
    assert re.findall(r"^\| `(\w+)` \|", tables, re.MULTILINE) == 2 * [
        "measurement", "overlay", "reader", "tracer", "segmenter", "exporter",
    ]  # fmt: skip
    assert set(re.findall(r"^\| `(\w+)` \|", tables, re.MULTILINE)) == set(HOOKS)


def test_that_all_that_the_guide_takes_from_the_door_is_there():
    import viewer.api

    told = GUIDE[GUIDE.index("`viewer.api` is all") : GUIDE.index("stays as it is while")]
    names = set(re.findall(r"`([a-z_]+)[`(]", told))
    assert {"inputs_from", "resource", "measure_calcium", "value_hu"} <= names
    for name in names:
        assert hasattr(viewer.api, name), name
    for name in viewer.api.__all__:
        assert hasattr(viewer.api, name), name
    for verb in viewer.api._VERBS:
        assert callable(getattr(viewer.api, verb)), verb
    with pytest.raises(AttributeError, match="has no window"):
        viewer.api.window  # noqa: B018


@pytest.mark.parametrize("path", sorted((ROOT / "plugins").rglob("*.py")), ids=lambda path: path.stem)
def test_that_a_bundled_plugin_imports_the_door_alone(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            top = name.split(".")[0]
            assert top in ALLOWED or top in sys.stdlib_module_names, name
            assert top != "viewer" or name == "viewer.api", name
