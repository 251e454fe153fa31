"""plugin.toml: what is taken in, and in which words the rest is left out."""

from __future__ import annotations

import pytest

from viewer.api.manifest import Contribution, UnfitPlugin, read_manifest

GOOD = """
name = "wall"
version = "2.1"
api = 1

[[contributions]]
hook = "measurement"
title = "Wall stress"
function = "wall:stress"

[[contributions]]
hook = "exporter"
title = "Wall mesh"
function = "mesh.out:write"
suffixes = [".STL", ".ply"]
"""


def test_that_a_manifest_is_read_without_its_code(tmp_path):
    (tmp_path / "plugin.toml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "wall.py").write_text("raise RuntimeError", encoding="utf-8")
    manifest = read_manifest(tmp_path)
    assert (manifest.name, manifest.version, manifest.folder, manifest.package) == ("wall", "2.1", tmp_path, None)
    assert manifest.contributions == (
        Contribution("wall", "measurement", "Wall stress", "wall", "stress"),
        Contribution("wall", "exporter", "Wall mesh", "mesh.out", "write", (".stl", ".ply")),
    )


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('name = "wall"', "", "gives no proper name"),
        ('name = "wall"', 'name = "../wall"', "gives no proper name"),
        ('version = "2.1"', "version = 2", "gives no version"),
        ("api = 1", "api = 2", "written for version 2 of the plugin door, and this is version 1"),
        ("api = 1", "", "written for version None"),
        ("api = 1", "api = true", "written for version True"),
        ('hook = "measurement"', 'hook = "widget"', "there is no hook 'widget'"),
        ('title = "Wall stress"', 'title = " "', "a measurement has no title"),
        ('"wall:stress"', '"wall.stress"', "not of the form"),
        ('"wall:stress"', '"..wall:stress"', "not of the form"),
        ('"wall:stress"', '"os:system; x"', "not of the form"),
        ('suffixes = [".STL", ".ply"]', "", '"Wall mesh" needs suffixes: its hook is exporter'),
        ('[".STL", ".ply"]', '"stl"', "no list of endings"),
        ("[[contributions]]", "[[others]]", "lists no contributions"),
        ('name = "wall"', 'name = "wall', "is damaged"),
    ],
)
def test_that_an_unfit_manifest_is_left_out_in_one_sentence(tmp_path, old, new, why):
    folder = tmp_path / "my plugin"
    folder.mkdir()
    (folder / "plugin.toml").write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(UnfitPlugin) as caught:
        read_manifest(folder)
    assert why in caught.value.what
    assert caught.value.what.startswith("The plugin in my plugin was left out: ")
    assert "\n" not in caught.value.what


def test_that_bytes_which_are_no_text_and_files_without_end_are_left_out(tmp_path):
    path = tmp_path / "plugin.toml"
    path.write_bytes(b"\xff\xfe\x00name")
    with pytest.raises(UnfitPlugin, match="damaged"):
        read_manifest(tmp_path)
    path.write_bytes(b"# " + b"x" * 200_000)
    with pytest.raises(UnfitPlugin, match="too long"):
        read_manifest(tmp_path)
    path.unlink()
    with pytest.raises(UnfitPlugin, match="cannot be read"):
        read_manifest(tmp_path)
