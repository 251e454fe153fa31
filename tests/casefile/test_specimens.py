"""Plans that were saved once open for ever: one specimen of each version of the case file, and none is ever changed."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.casefile.specimen import FOLDER, PNG, full_case, full_view, specimen
from viewer.casefile import load_case, save_case
from viewer.casefile.encode import NOUNS
from viewer.casefile.migration import VERSION
from viewer.model.board import NoteKind
from viewer.model.facts import GraftKind, Strategy
from viewer.model.lesion import CapShape
from viewer.model.view import Step

HOW_TO_CHANGE_THE_FORMAT = f"""
The case file of version {VERSION} no longer looks like its specimen, {specimen().name}. Plans of users look like that
specimen, so the change needs a migration:

1. In viewer/casefile/migration/__init__.py raise VERSION by one, to N.
2. Write viewer/casefile/migration/toN.py with one function, `migrate(content)`: it takes what case.json of version
   N - 1 says (a dict; nouns are dicts with the key "is", arrays are {{"array": name}}) and returns it as version N says
   it. It imports nothing of ours, since it must do the same for ever. A part or a field that is new gets the value by
   which the program would have done what it did before.
3. Write the new specimen with `python -m tests.casefile.specimen`, and leave the older ones as they are.

Nothing else: load_case leads older files through every step, and the tests below open all specimens.
"""
#: Made with facts of a series that are not kept: the pixels are found again.
NOT_KEPT = {"series facts"}


def content_of(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        content: dict[str, Any] = json.loads(archive.read("case.json"))
    return content


def shape(value: Any, found: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return which nouns a part of a file names, and which fields each has."""
    if isinstance(value, list):
        for part in value:
            shape(part, found)
    elif isinstance(value, dict):
        if "is" in value:
            found.setdefault(value["is"], set()).update(set(value) - {"is"})
        for part in value.values():
            shape(part, found)
    return found


def test_that_the_format_is_that_of_its_specimen_or_has_a_migration(tmp_path: Path) -> None:
    assert specimen().exists(), HOW_TO_CHANGE_THE_FORMAT
    path = tmp_path / "now.ctoplan"
    save_case(path, full_case(), full_view())
    kept, now = content_of(specimen()), content_of(path)
    assert set(now) == set(kept) and set(now["series"]) == set(kept["series"]), HOW_TO_CHANGE_THE_FORMAT
    assert set(now["case"]) == set(kept["case"]), HOW_TO_CHANGE_THE_FORMAT
    assert shape(now, {}) == shape(kept, {}), HOW_TO_CHANGE_THE_FORMAT


def test_that_the_specimen_holds_every_noun_that_a_file_can_hold() -> None:
    assert set(shape(content_of(specimen()), {})) == set(NOUNS) - NOT_KEPT, (
        "A noun is new to the case file: put one into tests/casefile/specimen.py.\n" + HOW_TO_CHANGE_THE_FORMAT
    )


def test_that_there_is_a_specimen_of_every_version() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(specimen(n).name for n in range(1, VERSION + 1))


@pytest.mark.parametrize("version", range(1, VERSION + 1))
def test_that_a_plan_of_any_version_opens_with_all_that_it_held(version: int) -> None:
    stored = load_case(specimen(version))
    case, view = stored.restore(full_case().volume)
    assert (stored.series_uid, stored.phase_percent, stored.sources[0]) == ("1.2.3", 75, "/cd/ct")
    vessel, lesion = case.tree["RCA"], case.lesions[0]
    assert len(vessel.centerline.points_lps_mm) == 61 and vessel.centerline.inferred == ((10, 20),)
    assert vessel.segments[0].code == "pRCA" and len(vessel.alternatives) == 1
    assert (lesion.proximal.shape, lesion.proximal.ambiguous, lesion.distal.station_mm) == (CapShape.BLUNT, True, 20)
    assert case.calcium[0].threshold.hu == 351 and case.calcium[0].deposits[0].volume_mm3 == 2.0
    assert case.sections[0].wall_area_mm2[0] > case.sections[0].lumen_area_mm2[0] > 0
    assert case.marks[0].length_mm == pytest.approx(14**0.5) and case.marks[0].title == "calcium"
    assert case.enhancement.lumen_hu == 400 and case.findings[0].text == "motion"
    target = case.facts.of("RCA")
    assert (target.duration_months, target.strategy) == (8.0, Strategy.RETROGRADE)
    assert target.ways[0].werner == 1 and case.facts.grafts[0].kind is GraftKind.LIMA
    assert [item.title for item in case.board] == ["The cap", "All panes"] and bytes(case.board[0].png) == PNG
    assert [note.kind for note in case.board[0].notes] == list(NoteKind)
    assert dict(case.board[0].places[0].values)["angles_deg"] == (30.0, 20.0)
    assert case.refuted[0].vessel == "RCA" and case.remarks.operator == "Dr Roe"
    assert case.angiogram.landmarks[0].name == "P cap" and case.angiogram.frames == 2
    assert view.step is Step.OCCLUSION and view.carm.primary_deg == 30 and view.angle_deg == 30
    assert np.array_equal(view.cursor_lps_mm, (1, 2, 3)) and view.hidden_overlays == {"calcium"}
