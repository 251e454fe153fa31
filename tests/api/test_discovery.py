"""Where plugins are found."""

from __future__ import annotations

import sys

import pytest

from viewer.api.discovery import ENTRY_POINTS, discover, user_folder


def names() -> list[str]:
    return [manifest.name for manifest in discover().manifests]


def test_that_the_bundled_plugins_are_found_and_nothing_is_wrong_with_them(plugins):
    found = discover()
    assert [manifest.name for manifest in found.manifests] == ["scores", "strategy"]
    assert found.failures == ()


def test_that_a_missing_user_folder_is_no_trouble(monkeypatch, tmp_path):
    monkeypatch.setenv("CTO_VIEWER_PLUGINS", str(tmp_path / "not there"))
    assert names() == ["scores", "strategy"]


def test_that_the_user_folder_is_where_the_system_keeps_data_unless_named(monkeypatch, tmp_path):
    monkeypatch.delenv("CTO_VIEWER_PLUGINS", raising=False)
    assert user_folder().name == "plugins" and "cto-viewer" in user_folder().parts
    monkeypatch.setenv("CTO_VIEWER_PLUGINS", str(tmp_path))
    assert user_folder() == tmp_path


def test_that_the_user_adds_plugins_by_putting_folders_there(write, plugins):
    write("zeta")
    write("alpha")
    (plugins / "no plugin").mkdir()
    (plugins / "note.txt").write_text("", encoding="utf-8")
    assert names() == ["scores", "strategy", "alpha", "zeta"]


def test_that_a_damaged_plugin_is_named_and_the_others_go_on(write):
    write("broken", manifest="name = ")
    write("future", manifest='name = "future"\nversion = "1"\napi = 99\n')
    write("whole")
    found = discover()
    assert [manifest.name for manifest in found.manifests] == ["scores", "strategy", "whole"]
    assert [failure.plugin for failure in found.failures] == ["broken", "future"]
    assert "version 99" in str(found.failures[1])


def test_that_a_bundled_plugin_cannot_be_replaced_by_one_of_the_same_name(write):
    write("scores")
    found = discover()
    assert [manifest.name for manifest in found.manifests] == ["scores", "strategy"]
    assert "another plugin is called scores as well" in found.failures[0].what


def test_that_nothing_of_a_plugin_runs_when_it_is_found(write):
    write("loud", "raise RuntimeError('I ran')")
    before = set(sys.modules)
    assert "loud" in names()
    assert not [name for name in set(sys.modules) - before if "plugin" in name]


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """An installed package with an entry point, as pip would leave it."""
    site = tmp_path / "site"
    package = site / "cto_stress"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('I was imported')", encoding="utf-8")
    meta = site / "cto_stress-1.0.dist-info"
    meta.mkdir()
    (meta / "METADATA").write_text("Metadata-Version: 2.1\nName: cto-stress\nVersion: 1.0\n", encoding="utf-8")
    (meta / "entry_points.txt").write_text(f"[{ENTRY_POINTS}]\nstress = cto_stress\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(site))
    return package


def test_that_an_installed_package_is_found_without_importing_it(plugins, installed):
    text = '[[contributions]]\nhook = "overlay"\ntitle = "Stress"\nfunction = "draw:stress"\n'
    (installed / "plugin.toml").write_text(f'name = "stress"\nversion = "1"\napi = 1\n{text}', encoding="utf-8")
    manifest = discover().manifests[-1]
    assert (manifest.name, manifest.package, manifest.folder) == ("stress", "cto_stress", installed)
    assert "cto_stress" not in sys.modules


def test_that_an_installed_package_without_a_manifest_is_named(plugins, installed):
    (failure,) = discover().failures
    assert failure.plugin == "cto_stress"
    assert "has no plugin.toml" in failure.what
