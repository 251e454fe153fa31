"""The laboratory and the person: kept, exported, taken back, and refused where they make no sense."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from viewer.errors import ViewerError
from viewer.model.calcium import ThresholdKind
from viewer.model.enhancement import Enhancement
from viewer.model.lab import Box, Lab
from viewer.model.view import Window
from viewer.settings import Person, Settings
from viewer.settings.laboratory import lab_as_json, lab_from_json, shipped_lab
from viewer.settings.person import shipped_windows

NARROW = Lab(
    replace(shipped_lab().limits, name="Lab 2", reachable=(Box((-40, 40), (-25, 30)),), confirmed=True),
    1100,
    790,
    160,
)
MINE = Person((("Soft", Window(60, 350)),), ThresholdKind.TYPED, 420.0, "Letter")


def same(one: Lab, other: Lab) -> bool:
    return lab_as_json(one) == lab_as_json(other)


def test_that_another_laboratory_and_person_are_there_the_next_time(tmp_path: Path):
    first = Settings(tmp_path / "s.json")
    assert same(first.lab, shipped_lab()) and first.person == Person()
    first.set_lab(NARROW)
    first.set_person(MINE)
    first.save()
    again = Settings(tmp_path / "s.json")
    assert same(again.lab, NARROW) and again.person == MINE and again.trouble is None
    assert again.lab is again.lab


def test_that_a_laboratory_survives_its_file_and_impossible_ones_do_not():
    assert same(lab_from_json(json.loads(json.dumps(lab_as_json(NARROW)))), NARROW)
    for name, value in (("sod_mm", 1200), ("sid_mm", "far"), ("detector_mm", float("nan")), ("gantry", {})):
        with pytest.raises((ValueError, KeyError, TypeError)):
            lab_from_json({**lab_as_json(NARROW), name: value})


def test_that_an_impossible_laboratory_is_set_aside_with_its_file(tmp_path: Path):
    file = tmp_path / "s.json"
    broken = lab_as_json(NARROW)
    broken["gantry"]["reachable"][0]["primary_deg"] = [40, -40]
    file.write_text(json.dumps({"lab": broken, "recent": ["/data/a"]}))
    settings = Settings(file)
    assert same(settings.lab, shipped_lab())
    assert settings.trouble is not None and "s.damaged.json" in settings.trouble
    assert (tmp_path / "s.damaged.json").exists() and not file.exists()


def test_that_what_is_exported_is_taken_on_another_computer_and_names_no_study(tmp_path: Path):
    here, there = Settings(tmp_path / "a.json"), Settings(tmp_path / "b.json")
    here.set_lab(NARROW)
    here.set_person(MINE)
    here.set("layouts", {"Views": "xray"})
    here.set("capture", {"folder": "/home/someone"})
    here.add_recent(Path("/data/Miller"))
    here.export_to(tmp_path / "out.json")
    written = (tmp_path / "out.json").read_text()
    assert "Miller" not in written and "someone" not in written
    there.add_recent(Path("/data/mine"))
    there.import_from(tmp_path / "out.json")
    assert same(there.lab, NARROW) and there.person == MINE and there.get("layouts") == {"Views": "xray"}
    assert there.recent == [Path("/data/mine")]
    there.save()
    assert same(Settings(tmp_path / "b.json").lab, NARROW)


@pytest.mark.parametrize(
    "content",
    ["{", "[]", '{"format": "cto-viewer/case"}', '{"format": "cto-viewer/settings", "version": 9}'],
)
def test_that_a_file_that_holds_no_settings_changes_nothing_and_is_said_so(tmp_path: Path, content: str):
    file = tmp_path / "in.json"
    file.write_text(content)
    settings = Settings(tmp_path / "s.json")
    settings.set_lab(NARROW)
    with pytest.raises(ViewerError, match=r"in\.json"):
        settings.import_from(file)
    assert settings.lab is NARROW
    with pytest.raises(ViewerError, match="cannot be read"):
        settings.import_from(tmp_path / "gone.json")


def test_that_half_a_file_is_not_taken(tmp_path: Path):
    settings = Settings(tmp_path / "s.json")
    settings.set_lab(NARROW)
    settings.export_to(tmp_path / "out.json")
    content = json.loads((tmp_path / "out.json").read_text())
    content["person"]["paper"] = "papyrus"
    (tmp_path / "out.json").write_text(json.dumps(content))
    other = Settings(tmp_path / "t.json")
    with pytest.raises(ViewerError, match="papyrus"):
        other.import_from(tmp_path / "out.json")
    assert same(other.lab, shipped_lab())


def test_that_the_threshold_of_calcium_is_the_persons():
    bright = Enhancement(480.0, 30.0, 25.0)
    assert Person().threshold(bright).open_hu == 540.0
    assert replace(Person(), calcium=ThresholdKind.XING).threshold(bright).open_hu == 351.0
    assert MINE.threshold(bright).hu == MINE.threshold(bright).open_hu == 420.0


@pytest.mark.parametrize("changes", [{"windows": ()}, {"calcium_hu": 20.0}, {"paper": "A5"}])
def test_that_impossible_preferences_are_refused(changes: dict[str, object]):
    with pytest.raises(ValueError):
        replace(Person(), **changes)


def test_that_the_shipped_windows_are_six_with_the_coronary_one_first():
    assert len(shipped_windows()) == 6 and shipped_windows()[0] == ("Coronary", Window(300, 800))
