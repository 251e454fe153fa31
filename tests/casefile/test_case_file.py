from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from viewer.casefile import DamagedCase, load_case, save_case
from viewer.casefile.case_file import backup_of
from viewer.casefile.fingerprint import fingerprint
from viewer.errors import ViewerError
from viewer.model.calcium import CalciumProfile, CalciumThreshold, Deposit
from viewer.model.case import Case
from viewer.model.centerline import Centerline
from viewer.model.cross_section import CrossSections, Frames
from viewer.model.enhancement import Enhancement
from viewer.model.geometry import Geometry
from viewer.model.lesion import Cap, CapShape, Lesion, LesionKind, Refuted
from viewer.model.mark import Mark
from viewer.model.vessel import Author, Dominance, Segment, Vessel, VesselTree
from viewer.model.view import Step, ViewState
from viewer.model.volume import Finding, SeriesFacts, Severity, Volume


def a_case(source: str | None = "/cd/ct") -> Case:
    geometry = Geometry.from_axes((2, 3, 4), (1, 2, 3), (0.5, 0.4, 0.4))
    volume = Volume(np.zeros((2, 3, 4), np.int16), geometry, SeriesFacts("1.2.3", phase_percent=75, source=source))
    line = Centerline(np.linspace((0, 0, 0), (0, 0, 30), 61), np.full(61, 1.4), np.full(61, 0.9), ((10, 20),))
    other = Centerline(np.linspace((0, 0, 0), (3, 0, 30), 61))
    vessel = Vessel("RCA", line, None, (Segment("pRCA", 0, 15),), (other,), Author.OPERATOR)
    frames = Frames(
        np.array([0.0, 1]),
        np.zeros((2, 3)),
        np.tile([0, 0, 1.0], (2, 1)),
        np.tile([1.0, 0, 0], (2, 1)),
        np.tile([0, 1.0, 0], (2, 1)),
    )
    sections = CrossSections(
        "RCA", frames, np.ones((2, 8)), np.full((2, 8), 2.0), np.array([0, 1], np.uint8), np.array([2, 0], np.uint8)
    )
    calcium = CalciumProfile(
        "RCA",
        frames,
        CalciumThreshold.xing(),
        0.8,
        np.ones((2, 3)),
        np.full(2, 4.0),
        np.full((2, 3), 90.0),
        np.full(2, 80.0),
        np.array([700, np.nan]),
        (Deposit(0, 1, 2.0, 700, None, 25, 90),),
    )
    near = Cap(np.zeros(3), 10, (9, 11.5), CapShape.BLUNT, 1.2, "RVM", True, ("branch", "no taper"), 100.0)
    far = Cap(np.ones(3), 20, (19, 21), author=Author.OPERATOR, proposed=Cap(np.zeros(3), 18, (17, 19), CapShape.BLUNT))
    return Case(
        volume,
        VesselTree((vessel,), Dominance.RIGHT),
        (sections,),
        (calcium,),
        (Lesion("RCA", LesionKind.OCCLUSION, near, far, 0.9, ("no contrast",)),),
        (Mark(np.array([[0, 0, 0], [1, 2, 3.0]]), "calcium"),),
        Enhancement(400.0, 20.0, 25.0),
        (Finding(Severity.CAUTION, "motion"),),
        refuted=(Refuted("RCA", 25.0, 28.0),),
    )


def test_that_a_case_comes_back_as_it_was(tmp_path: Path):
    case, view = a_case(), ViewState(step=Step.OCCLUSION, cursor_lps_mm=np.array([1, 2, 3.0]), vessel="RCA")
    save_case(tmp_path / "a.ctoplan", case, view)
    back, looked = load_case(tmp_path / "a.ctoplan").restore(case.volume)
    vessel, was = back.tree["RCA"], case.tree["RCA"]
    assert np.array_equal(vessel.centerline.points_lps_mm, was.centerline.points_lps_mm)
    assert vessel.centerline.inferred == was.centerline.inferred
    assert (vessel.author, vessel.segments, back.tree.dominance) == (was.author, was.segments, Dominance.RIGHT)
    assert len(vessel.alternatives) == 1
    assert back.lesions[0].proximal.reasons == ("branch", "no taper")
    assert back.lesions[0].proximal.shape is CapShape.BLUNT
    assert (back.lesions[0].distal.proposed_mm, back.lesions[0].distal.proposed.shape) == (18, CapShape.BLUNT)
    assert back.refuted == case.refuted
    assert np.array_equal(back.sections[0].wall_source, [2, 0])
    assert back.marks[0].title == "calcium"
    assert back.enhancement == case.enhancement
    assert back.findings == case.findings
    assert back.calcium[0].deposits == case.calcium[0].deposits
    assert back.calcium[0].threshold == CalciumThreshold.xing()
    assert np.array_equal(back.calcium[0].mean_hu, (700, np.nan), equal_nan=True)
    assert looked.step is Step.OCCLUSION
    assert np.array_equal(looked.cursor_lps_mm, (1, 2, 3))


def test_that_neither_pixels_nor_names_are_in_the_file(tmp_path: Path):
    save_case(tmp_path / "a.ctoplan", a_case(), ViewState())
    with zipfile.ZipFile(tmp_path / "a.ctoplan") as archive:
        content = json.loads(archive.read("case.json"))
        biggest = max(entry.file_size for entry in archive.infolist())
    assert set(content) == {"format", "version", "series", "case", "view"}
    assert set(content["series"]) == {"series_uid", "phase_percent", "geometry_digest", "fingerprint", "sources"}
    assert biggest < 20_000


def test_that_the_former_file_is_kept_beside_the_new_one(tmp_path: Path):
    path = tmp_path / "a.ctoplan"
    save_case(path, a_case(), ViewState())
    first = path.read_bytes()
    save_case(path, replace(a_case(), marks=()), ViewState())
    assert backup_of(path).read_bytes() == first
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.ctoplan", "a.ctoplan.bak"]


def test_that_a_failed_save_leaves_the_former_file_untouched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "a.ctoplan"
    save_case(path, a_case(), ViewState())
    first = path.read_bytes()

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ViewerError, match="No space left"):
        save_case(path, replace(a_case(), marks=()), ViewState())
    assert path.read_bytes() == first
    assert [p.name for p in tmp_path.iterdir()] == ["a.ctoplan"]


def test_that_other_pixels_are_refused(tmp_path: Path):
    save_case(tmp_path / "a.ctoplan", a_case(), ViewState())
    stored = load_case(tmp_path / "a.ctoplan")
    volume = a_case().volume
    moved = Volume(volume.hu, Geometry.from_axes((2, 3, 4), (1, 2, 3.1), (0.5, 0.4, 0.4)), volume.facts)
    renamed = Volume(volume.hu, volume.geometry, replace(volume.facts, series_uid="9.9"))
    for other in (moved, renamed):
        with pytest.raises(ViewerError, match="does not belong"):
            stored.restore(other)


def test_that_a_moved_folder_is_found_beside_the_file(tmp_path: Path):
    old = tmp_path / "old"
    (old / "ct").mkdir(parents=True)
    save_case(old / "a.ctoplan", a_case(str(old / "ct")), ViewState())
    old.rename(tmp_path / "new")
    stored = load_case(tmp_path / "new" / "a.ctoplan")
    assert stored.candidates() == ((tmp_path / "new" / "ct").resolve(),)


def rewritten(path: Path, change) -> Path:
    """Write a case file whose entries `change` may alter."""
    save_case(path, a_case(), ViewState())
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    change(entries)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def in_json(entries, change) -> None:
    content = json.loads(entries["case.json"])
    change(content)
    entries["case.json"] = json.dumps(content).encode()


def npy(array, pickled=False) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=pickled)
    return buffer.getvalue()


def deep(levels: int) -> list:
    return [] if levels == 0 else [deep(levels - 1)]


def huge() -> bytes:
    """Return the head of an array of a petabyte, and none of it."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "<f8", "fortran_order": False, "shape": (10**14,)})
    return buffer.getvalue()


HOSTILE = {
    "a path out of the archive": lambda e: e.update({"../evil.npy": b"x"}),
    "a program": lambda e: e.update({"run.py": b"print()"}),
    "no case": lambda e: e.pop("case.json"),
    "a pickle": lambda e: e.update({"arrays/0.npy": npy(np.array([{}], object), True)}),
    "an array cut short": lambda e: e.update({"arrays/0.npy": e["arrays/0.npy"][:40]}),
    "text for numbers": lambda e: e.update({"arrays/0.npy": npy(np.array(["a"]))}),
    "a missing array": lambda e: e.pop("arrays/0.npy"),
    "points that are not finite": lambda e: e.update({"arrays/0.npy": npy(np.full((61, 3), np.nan))}),
    "half a sentence": lambda e: e.update({"case.json": e["case.json"][:100]}),
    "a noun that is none": lambda e: in_json(e, lambda c: c["case"]["tree"].update({"is": "os.system"})),
    "a field too many": lambda e: in_json(e, lambda c: c["case"]["tree"].update({"more": 1})),
    "another format": lambda e: in_json(e, lambda c: c.update(format="x")),
    "no version": lambda e: in_json(e, lambda c: c.update(version="1")),
    "no series": lambda e: in_json(e, lambda c: c.pop("series")),
    "numbers that are none": lambda e: e.update({"case.json": e["case.json"].replace(b"0.9,", b"NaN,", 1)}),
    "numbers without end": lambda e: e.update({"case.json": e["case.json"].replace(b"0.9,", b"1e999,", 1)}),
    "lists without end": lambda e: in_json(e, lambda c: c["case"].update(marks=deep(200))),
    "lists beyond measure": lambda e: e.update({"case.json": b"[" * 10**5 + b"]" * 10**5}),
    "words for a number": lambda e: in_json(e, lambda c: c["view"].update(angle_deg="steep")),
    "a number for a name": lambda e: in_json(e, lambda c: c["view"].update(vessel=7)),
    "a vessel that no tree has": lambda e: in_json(e, lambda c: c["case"]["lesions"][0].update(vessel="XYZ")),
    "a missing part": lambda e: in_json(e, lambda c: c["case"].pop("board")),
    "a fingerprint of words": lambda e: in_json(e, lambda c: c["series"].update(fingerprint=["a"])),
    "a gigantic array": lambda e: e.update({"arrays/0.npy": huge()}),
    "a zip bomb": lambda e: e.update({"arrays/9.npy": bytes(300 * 1024 * 1024)}),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_that_a_damaged_or_hostile_file_gets_one_sentence(tmp_path: Path, what: str):
    path = rewritten(tmp_path / "a.ctoplan", HOSTILE[what])
    with pytest.raises(DamagedCase) as caught:
        load_case(path).restore(a_case().volume)
    assert "a.ctoplan" in caught.value.what
    assert caught.value.advice
    assert [p.name for p in tmp_path.iterdir()] == ["a.ctoplan"]


@pytest.mark.parametrize("size", [0, 10, 300])
def test_that_a_file_cut_short_gets_one_sentence(tmp_path: Path, size: int):
    path = tmp_path / "a.ctoplan"
    save_case(path, a_case(), ViewState())
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(DamagedCase):
        load_case(path)


def test_that_a_newer_version_is_refused_with_advice(tmp_path: Path):
    path = rewritten(tmp_path / "a.ctoplan", lambda e: in_json(e, lambda c: c.update(version=99)))
    with pytest.raises(ViewerError, match="newer") as caught:
        load_case(path)
    assert "Update" in caught.value.advice


def test_that_changed_pixels_are_refused_and_another_decoders_rounding_is_not(tmp_path: Path):
    noise = np.random.default_rng(0).normal(100, 300, (24, 30, 30)).astype(np.int16)
    geometry = Geometry.from_axes(noise.shape, (1, 2, 3), (0.5, 0.4, 0.4))
    facts = SeriesFacts("1.2.3", phase_percent=75)
    save_case(tmp_path / "a.ctoplan", Case(Volume(noise, geometry, facts)), ViewState())
    stored = load_case(tmp_path / "a.ctoplan")
    rounded = noise + np.random.default_rng(1).integers(-1, 2, noise.shape).astype(np.int16)
    assert stored.belongs_to(Volume(rounded, geometry, facts))
    for changed in (noise[::-1], noise // 2, noise + np.int16(5)):
        with pytest.raises(ViewerError, match="does not belong"):
            stored.restore(Volume(np.ascontiguousarray(changed), geometry, facts))


SAVES_FOR_EVER = """
import sys
from dataclasses import replace
from pathlib import Path
import numpy as np
from tests.casefile.test_case_file import a_case
from viewer.casefile import save_case
from viewer.model.mark import Mark
from viewer.model.view import ViewState
case, mark = a_case(), Mark(np.zeros((2, 3)))
while True:
    case = replace(case, marks=(*case.marks, mark))
    save_case(Path(sys.argv[1]), case, ViewState(), keep_backup=sys.argv[2] == "backup")
    print(len(case.marks), flush=True)
"""


@pytest.mark.parametrize("backup", ["backup", "none"])
@pytest.mark.parametrize("after", [3, 20, 41])
def test_that_a_kill_in_the_middle_of_saving_loses_at_most_the_edit_in_hand(tmp_path: Path, after: int, backup: str):
    path = tmp_path / "a.ctoplan"
    command = [sys.executable, "-c", SAVES_FOR_EVER, str(path), backup]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if int(line) >= after:
                break
        child.kill()
        told = [int(line), *(int(rest) for rest in child.stdout)][-1]
    back, _ = load_case(path).restore(a_case().volume)
    assert len(back.marks) in (told, told + 1)


def test_that_an_older_file_goes_through_its_migrations_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A file of version 1 in a program of version 3, whose second version had renamed a mark's title."""
    path = rewritten(tmp_path / "a.ctoplan", lambda e: in_json(e, lambda c: c["case"]["marks"][0].pop("title")))

    def to2(content: dict) -> dict:
        assert content["version"] == 1
        content["case"]["marks"][0]["name"] = "named by 2"
        return content

    def to3(content: dict) -> dict:
        assert content["version"] == 2
        mark = content["case"]["marks"][0]
        mark["title"] = mark.pop("name") + ", moved by 3"
        return content

    for number, migrate in ((2, to2), (3, to3)):
        step = ModuleType(f"viewer.casefile.migration.to{number}")
        step.migrate = migrate  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, step.__name__, step)
    monkeypatch.setattr("viewer.casefile.migration.VERSION", 3)
    monkeypatch.setattr("viewer.casefile.case_file.VERSION", 3)
    back, _ = load_case(path).restore(a_case().volume)
    assert back.marks[0].title == "named by 2, moved by 3"


def test_that_the_fingerprint_of_known_pixels_is_what_it_always_was():
    """Plans that were saved are found by it: a change of it is a change of the case file."""
    k, j, i = np.indices((48, 32, 30))
    hu = ((k * 37 + j * 101 + i * 53) % 1500 - 500).astype(np.int16)
    found = fingerprint(Volume(hu, Geometry.from_axes(hu.shape, (0, 0, 0), (1, 1, 1))))
    assert found is not None and len(found) == 54
    assert found[:4] == [76.5, 435.5, 150.0, 376.3]
