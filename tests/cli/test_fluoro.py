"""One simulated projection from the command line."""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK

from viewer.analysis.fluoro.attenuation import attenuation_of
from viewer.analysis.fluoro.isocenter import isocenter_lps_mm
from viewer.analysis.fluoro.projection import line_integrals
from viewer.casefile import save_case
from viewer.cli.fluoro import angles
from viewer.cli.main import main
from viewer.demo import COARSE, generate
from viewer.dicom import read, scan, write_series
from viewer.model.carm import CArm
from viewer.model.case import Case
from viewer.model.centerline import Centerline
from viewer.model.geometry import Geometry
from viewer.model.lab import Box, Lab
from viewer.model.lesion import Cap, Lesion, LesionKind
from viewer.model.vessel import Vessel, VesselTree
from viewer.model.view import ViewState
from viewer.model.volume import Volume
from viewer.progress import silent
from viewer.settings import Settings


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CT of water with a dense ball 30 mm to the patient's left and 20 mm to the head."""
    geometry = Geometry.from_axes((100, 100, 100), (-99, -99, -99), (2, 2, 2))
    where = geometry.to_lps(np.stack(np.indices(geometry.shape), -1))
    hu = np.where(np.linalg.norm(where, axis=-1) < 85, 40, -1000).astype(np.int16)
    hu[np.linalg.norm(where - (30, 0, 20), axis=-1) < 8] = 2000
    folder = tmp_path_factory.mktemp("marked")
    write_series(Volume(hu, geometry), folder)
    return folder


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Case]:
    """The coarse heart with its true tree and one occlusion, saved beside its pictures."""
    folder = tmp_path_factory.mktemp("plan")
    heart = generate(COARSE, silent)
    write_series(heart.volume, folder / "ct", phase_percent=75)
    volume = read(scan([folder / "ct"], silent).series[0], silent)
    true = next(vessel for vessel in heart.truth.vessels if vessel.name == "RCA")
    line = Centerline(true.points_lps_mm, true.lumen_radius_mm, inferred=((30.0, 50.0),))
    caps = [Cap(line.at(station), station, (station - 1, station + 1)) for station in (30.0, 50.0)]
    lesion = Lesion("RCA", LesionKind.OCCLUSION, *caps)
    case = Case(volume, VesselTree((Vessel("RCA", line),)), lesions=(lesion,))
    save_case(folder / "heart.ctoplan", case, ViewState())
    return folder / "heart.ctoplan", case


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("LAO 30 CRA 20", (30, 20)),
        ("RAO30/CAU25", (-30, -25)),
        ("lao 30 / cra 20", (30, 20)),
        ("AP", (0, 0)),
        ("AP CAU 12.5", (0, -12.5)),
        ("CRA 40", (0, 40)),
        ("RAO 15°", (-15, 0)),
        (" LAO 90 ", (90, 0)),
    ],
)
def test_that_the_words_of_the_laboratory_are_understood(words: str, expected: tuple[float, float]) -> None:
    assert angles(words) == expected


@pytest.mark.parametrize(
    "words",
    ["", "/", "30 20", "LAO", "LAO -30", "LAO 30 RAO 20", "CRA 20 LAO 30", "LOA 30", "LAO 181", "CRA 91", "AP 5"],
)
def test_that_other_words_are_not_guessed_at(words: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        angles(words)


@pytest.mark.parametrize(
    "more",
    [
        ["--view", "LOA 30", "-o", "a.png"],
        ["--view", "AP", "-o", "a.bmp"],
        ["--view", "AP", "-o", "a.png", "--size", "0"],
        ["--view", "AP", "-o", "a.png", "--size", "many"],
        ["--view", "AP", "-o", "a.png", "--sid", "-5"],
        ["--view", "AP"],
        ["-o", "a.png"],
    ],
)
def test_that_a_wrong_command_line_has_status_2(more: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["fluoro", "study", *more])
    assert ended.value.code == 2
    assert "error:" in capsys.readouterr().err.splitlines()[-1]


def test_that_a_detector_before_the_patient_has_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fluoro", "study", "--view", "AP", "-o", "a.png", "--sid", "700"]) == 2
    assert main(["fluoro", "study", "--view", "AP", "-o", "a.npy", "--overlay"]) == 2
    assert all(line.startswith("cto-viewer: ") for line in capsys.readouterr().err.splitlines())


def test_that_line_integrals_are_those_of_the_whole_scan(marked: Path, tmp_path: Path) -> None:
    words = ["--view", "LAO 30 CRA 20", "--size", "96", "--sid", "1200", "--sod", "800"]
    assert main(["fluoro", str(marked), *words, "-o", str(tmp_path / "a.npy")]) == 0
    written = np.load(tmp_path / "a.npy", allow_pickle=False)
    assert written.dtype == np.float32 and written.shape == (96, 96)
    volume = read(scan([marked], silent).series[0], silent)
    carm = CArm(30, 20, isocenter_lps_mm=isocenter_lps_mm(Case(volume)), sid_mm=1200, sod_mm=800)
    assert np.allclose(written, line_integrals(attenuation_of(volume), carm, 96), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("suffix", [".npy", ".png", ".dcm"])
def test_that_the_patients_left_is_on_the_right_and_the_head_is_up(marked: Path, tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"a{suffix}"
    assert main(["fluoro", str(marked), "--view", "AP", "--size", "128", "--no-overlay", "-o", str(file)]) == 0
    if suffix == ".npy":
        dark = -np.load(file)
    elif suffix == ".png":
        dark = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(file))).astype(float)
    else:
        dark = pydicom.dcmread(file).pixel_array.astype(float)
    row, column = np.unravel_index(dark[20:108, 20:108].argmin(), (88, 88))
    assert row + 20 < 60 and column + 20 > 68


def test_that_a_plan_is_projected_about_its_occlusion_and_drawn_over(
    plan: tuple[Path, Case], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, case = plan
    lesion = case.lesions[0]
    assert np.allclose(isocenter_lps_mm(case), case.tree["RCA"].centerline.at(40.0))
    words = ["fluoro", str(path), "--view", "LAO 45", "--size", "256"]
    assert main([*words, "-o", str(tmp_path / "with.png")]) == 0
    assert capsys.readouterr().out == f"LAO 45, 256 × 256 pixels: {tmp_path / 'with.png'}\n"
    assert main([*words, "--no-overlay", "-o", str(tmp_path / "without.png")]) == 0
    drawn, bare = (SimpleITK.ReadImage(str(tmp_path / f"{name}.png")) for name in ("with", "without"))
    assert drawn.GetNumberOfComponentsPerPixel() >= 3 and bare.GetNumberOfComponentsPerPixel() == 1
    colours = SimpleITK.GetArrayFromImage(drawn)[..., :3].astype(int)
    carm = CArm(45, isocenter_lps_mm=isocenter_lps_mm(case))
    for cap in (lesion.proximal, lesion.distal):
        right, up = carm.project(cap.lps_mm) * 256 / carm.detector_mm
        x, y = round(128 + right), round(128 - up)
        assert np.ptp(colours[y - 5 : y + 6, x - 5 : x + 6], axis=-1).max() > 40, "a coloured ring around the cap"


def test_that_a_dicom_object_holds_the_position_and_no_patient(plan: tuple[Path, Case], tmp_path: Path) -> None:
    path, case = plan
    for name in ("a", "b"):
        words = ["--view", "RAO 30 CAU 25", "--size", "251", "--sid", "1100", "--sod", "760"]
        assert main(["fluoro", str(path), *words, "-o", str(tmp_path / f"{name}.dcm")]) == 0
    ds, other = pydicom.dcmread(tmp_path / "a.dcm"), pydicom.dcmread(tmp_path / "b.dcm")
    assert (ds.PositionerPrimaryAngle, ds.PositionerSecondaryAngle) == (-30, -25)
    assert (ds.DistanceSourceToDetector, ds.DistanceSourceToPatient) == (1100, 760)
    assert ds.ImagerPixelSpacing[0] == pytest.approx(200 / 251)
    assert "DERIVED" in ds.ImageType and "no X-ray" in ds.DerivationDescription
    assert str(ds.PatientName) == ds.PatientID == "" and ds.PatientIdentityRemoved == "YES"
    for uid in ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID"):
        assert ds[uid].value != other[uid].value
    assert ds.StudyInstanceUID != case.volume.facts.study_uid
    assert ds.pixel_array.shape == (251, 251) and np.ptp(ds.pixel_array) > 50
    plane = ds.overlay_array(0x6000)
    assert 100 < plane.sum() < plane.size / 5


def test_that_a_study_without_pictures_or_a_moved_one_has_status_3(
    plan: tuple[Path, Case], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--view", "AP", "--size", "64", "-o", str(tmp_path / "a.png")]
    assert main(["fluoro", str(tmp_path / "nowhere"), *words]) == 3
    lonely = tmp_path / "elsewhere" / "heart.ctoplan"
    lonely.parent.mkdir()
    _, case = plan
    facts = replace(case.volume.facts, source=str(tmp_path / "gone"))
    save_case(lonely, replace(case, volume=Volume(case.volume.hu, case.volume.geometry, facts)), ViewState())
    assert main(["fluoro", str(lonely), *words]) == 3
    assert "not where they were" in capsys.readouterr().err
    assert not (tmp_path / "a.png").exists()


def test_that_an_unfit_scan_is_shown_and_told_of(
    marked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fluoro", str(marked), "--view", "AP", "--size", "32", "-o", str(tmp_path / "a.npy")]) == 0
    assert "cto-viewer: refusal: With slices 2 mm apart" in capsys.readouterr().err


def test_that_line_integrals_need_no_qt(marked: Path, tmp_path: Path) -> None:
    words = ["fluoro", str(marked), "--view", "AP", "--size", "32", "-o", str(tmp_path / "a.npy")]
    code = (
        "import sys\nfrom viewer.cli.main import main\n"
        f"assert main({words!r}) == 0\n"
        "print('loaded:', *{name.split('.')[0] for name in sys.modules})"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(result.stdout.rsplit("loaded:", 1)[1].split()) & {"PySide6", "vtkmodules"}


def test_that_the_isocentre_is_the_heart_where_there_is_no_tree() -> None:
    geometry = Geometry.from_axes((60, 60, 60), (0, 0, 0), (2, 2, 2))
    where = geometry.to_lps(np.stack(np.indices(geometry.shape), -1))
    hu = np.where(np.linalg.norm(where - (40, 70, 60), axis=-1) < 22, 400, 50).astype(np.int16)
    assert isocenter_lps_mm(Case(Volume(hu, geometry))) == pytest.approx((40, 70, 60), abs=3)
    plain = Volume(np.full((60, 60, 60), 50, np.int16), geometry)
    assert np.allclose(isocenter_lps_mm(Case(plain)), geometry.center_lps_mm)


def test_that_the_laboratory_of_the_settings_is_taken_unless_another_is_named(
    marked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CTO_VIEWER_CONFIG", str(tmp_path / "config"))
    mine, theirs = Settings(), Settings(tmp_path / "theirs.json")
    mine.set_lab(Lab(replace(mine.lab.limits, name="Lab 2", reachable=(Box((-20, 20), (-20, 20)),)), 1100, 790, 160))
    mine.save()
    theirs.set_lab(replace(theirs.lab, sid_mm=1200, sod_mm=800))
    theirs.export_to(tmp_path / "theirs.json")
    words = ["fluoro", str(marked), "--view", "LAO 45", "--size", "32", "--no-overlay", "-o", str(tmp_path / "a.dcm")]
    assert main(words) == 0
    ds = pydicom.dcmread(tmp_path / "a.dcm")
    assert (ds.DistanceSourceToDetector, ds.DistanceSourceToPatient) == (1100, 790)
    assert ds.ImagerPixelSpacing[0] == pytest.approx(160 / 32)
    assert "LAO 45: out of reach of Lab 2" in capsys.readouterr().err
    assert main([*words, "--settings", str(tmp_path / "theirs.json")]) == 0
    ds = pydicom.dcmread(tmp_path / "a.dcm")
    assert (ds.DistanceSourceToDetector, ds.DistanceSourceToPatient) == (1200, 800)
    assert main([*words, "--sod", "700", "--settings", str(tmp_path / "theirs.json")]) == 0
    assert pydicom.dcmread(tmp_path / "a.dcm").DistanceSourceToPatient == 700
    assert main([*words, "--settings", str(tmp_path / "none.json")]) == 3
    assert "none.json cannot be read" in capsys.readouterr().err
