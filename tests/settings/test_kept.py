from __future__ import annotations

import json
from pathlib import Path

from viewer.settings import Settings
from viewer.settings.kept import RECENT_LIMIT


def test_that_what_was_remembered_is_there_the_next_time(tmp_path: Path):
    first = Settings(tmp_path / "s.json")
    first.set("window", [300, 800])
    first.add_recent(Path("/data/a"))
    first.save()
    again = Settings(tmp_path / "s.json")
    assert again.get("window") == [300, 800]
    assert again.recent == [Path("/data/a")]
    assert again.trouble is None


def test_that_the_latest_study_comes_first_and_none_twice(tmp_path: Path):
    settings = Settings(tmp_path / "s.json")
    for name in ("a", "b", "a", *(str(n) for n in range(RECENT_LIMIT - 2))):
        settings.add_recent(Path(name))
    assert settings.recent[0] == Path(str(RECENT_LIMIT - 3))
    assert settings.recent[-2:] == [Path("a"), Path("b")]
    assert len(settings.recent) == RECENT_LIMIT


def test_that_a_damaged_file_is_set_aside_and_said_so(tmp_path: Path):
    file = tmp_path / "s.json"
    file.write_text('{"window": [300,')
    settings = Settings(file)
    assert settings.get("window") is None
    assert settings.trouble is not None
    assert "s.damaged.json" in settings.trouble
    assert (tmp_path / "s.damaged.json").read_text() == '{"window": [300,'


def test_that_settings_are_written_whole_or_not_at_all(tmp_path: Path):
    settings = Settings(tmp_path / "deep" / "s.json")
    settings.set("a", 1)
    settings.save()
    assert json.loads((tmp_path / "deep" / "s.json").read_text()) == {"a": 1}
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["s.json"]
