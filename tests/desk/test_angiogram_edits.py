"""The angiogram beside the plan: a run comes and goes, its angles are told, landmarks are placed; and it is kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from viewer.casefile import load_case, save_case
from viewer.desk.angiogram_edits import (
    APART_MM,
    places_to_find,
    with_angiogram,
    with_angles,
    with_landmark,
    without_landmarks,
)
from viewer.errors import ViewerError
from viewer.model.angiogram import Angiogram, Landmark
from viewer.model.carm import CArm
from viewer.model.case import Case
from viewer.model.centerline import Centerline
from viewer.model.geometry import Geometry
from viewer.model.lesion import Cap, Lesion, LesionKind
from viewer.model.vessel import Vessel, VesselTree
from viewer.model.view import ViewState
from viewer.model.volume import SeriesFacts, Volume


def run(**changes: object) -> Angiogram:
    usual: dict[str, object] = {
        "sop_uid": "1.2.3",
        "series_uid": "1.2",
        "study_uid": "1",
        "study_date": "20240503",
        "frames": 2,
        "rows": 64,
        "columns": 80,
        "frame_ms": 66.0,
        "angles_deg": np.array([[-30.0, 20.0]] * 2),
        "carm": CArm(-30, 20, sid_mm=1100, sod_mm=780, detector_mm=180),
        "source": "/data/xa/run.dcm",
    }
    return Angiogram(**(usual | changes))


@pytest.fixture
def case() -> Case:
    points = np.stack([np.zeros(61), np.zeros(61), -np.arange(61.0)], axis=1)
    main = Centerline(points, np.full(61, 1.5))
    side = Centerline(points[20] + np.linspace(0, 20, 21)[:, None] * np.array([1.0, 0, 0]), np.full(21, 1.0))
    tree = VesselTree((Vessel("RCA", main), Vessel("RVM", side, parent="RCA")))
    caps = [Cap(main.at(at), at, (at, at)) for at in (21.0, 40.0)]
    volume = Volume(
        np.zeros((4, 4, 4), np.int16), Geometry.from_axes((4, 4, 4), (0, 0, 0), (1, 1, 1)), SeriesFacts("9.9")
    )
    return Case(volume, tree, lesions=(Lesion("RCA", LesionKind.OCCLUSION, *caps),))


def test_that_the_longer_edge_of_a_frame_is_the_field() -> None:
    assert run().mm_per_px == pytest.approx(180 / 80)
    assert run(angles_deg=None).label == "angles unknown" and run().label == "RAO 30 / CRA 20"


@pytest.mark.parametrize(
    "changes",
    [
        {"frames": 0},
        {"frame_ms": 0.0},
        {"angles_deg": np.zeros((3, 2))},
        {"angles_deg": np.full((2, 2), np.nan)},
        {"landmarks": (Landmark("a", np.zeros(3), np.zeros(2)), Landmark("a", np.ones(3), np.ones(2)))},
    ],
)
def test_that_an_impossible_run_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        run(**changes)


def test_that_a_run_opened_again_keeps_what_the_operator_did(case: Case) -> None:
    without = run(angles_deg=None, carm=CArm(0, 0, sid_mm=1100, sod_mm=780))
    told = with_angles(with_angiogram(case, without), -32, 2)
    assert told.angiogram is not None and told.angiogram.carm.label == "RAO 32 / CRA 2"
    assert told.angiogram.assumed == ("angles as typed",)
    placed = with_landmark(told, "RCA ostium", (0, 0, 0), (5.0, -3.0))
    again = with_angiogram(placed, without)
    assert again.angiogram is not None and again.angiogram.carm.label == "RAO 32 / CRA 2"
    assert [landmark.name for landmark in again.angiogram.landmarks] == ["RCA ostium"]
    other = with_angiogram(placed, run(sop_uid="7.7"))
    assert other.angiogram is not None and other.angiogram.landmarks == ()
    assert with_angiogram(placed, None).angiogram is None


def test_that_a_landmark_is_placed_moved_and_taken_away(case: Case) -> None:
    one = with_landmark(with_angiogram(case, run()), "RCA ostium", (0, 0, 0), (5.0, -3.0))
    two = with_landmark(one, "RVM origin", (0, 0, -20), (1.0, 2.0))
    moved = with_landmark(two, "RCA ostium", (0, 0, 0), (6.0, -3.0))
    assert moved.angiogram is not None
    assert {m.name: tuple(m.seen_mm) for m in moved.angiogram.landmarks} == {
        "RVM origin": (1, 2),
        "RCA ostium": (6, -3),
    }
    left = without_landmarks(moved, "RCA ostium").angiogram
    assert left is not None and [m.name for m in left.landmarks] == ["RVM origin"]
    bare = without_landmarks(moved).angiogram
    assert bare is not None and bare.landmarks == ()
    with pytest.raises(ValueError, match="no angiogram"):
        with_landmark(case, "RCA ostium", (0, 0, 0), (0, 0))


def test_that_ostia_caps_branchings_and_the_cursor_are_offered_and_none_beside_another(case: Case) -> None:
    offered = dict(places_to_find(case, np.array([30.0, 0, 0])))
    # the origin of the branch lies 1 mm before the cap
    assert list(offered) == ["RCA ostium", "RCA P cap", "RCA D cap", "cursor"]
    points = np.array(list(offered.values()))
    apart = np.linalg.norm(points[:, None] - points[None], axis=-1) + 100 * np.eye(len(points))
    assert apart.min() >= APART_MM
    assert "cursor" not in dict(places_to_find(case, np.array([0.0, 0, 1])))


def test_that_run_and_landmarks_are_saved_with_the_plan_and_no_pixel_of_them(case: Case, tmp_path: Path) -> None:
    placed = with_landmark(with_angiogram(case, run(other_patient=True)), "RCA ostium", (0, 0, 0), (5.0, -3.0))
    save_case(tmp_path / "p.ctoplan", placed, ViewState())
    again, _ = load_case(tmp_path / "p.ctoplan").restore(case.volume)
    found = again.angiogram
    assert found is not None and found.other_patient is True
    assert (found.sop_uid, found.source, found.carm.label) == ("1.2.3", "/data/xa/run.dcm", "RAO 30 / CRA 20")
    assert tuple(found.landmarks[0].seen_mm) == (5, -3) and found.landmarks[0].name == "RCA ostium"
    np.testing.assert_array_equal(found.angles_deg, [[-30, 20]] * 2)
    assert load_case(tmp_path / "p.ctoplan").restore(case.volume)[0].lesions


def test_that_a_plan_without_a_part_is_refused_in_a_sentence(case: Case, tmp_path: Path) -> None:
    save_case(tmp_path / "p.ctoplan", case, ViewState())
    stored = load_case(tmp_path / "p.ctoplan")
    del stored._parts["angiogram"]
    with pytest.raises(ViewerError, match="part “angiogram” is missing"):
        stored.restore(case.volume)
