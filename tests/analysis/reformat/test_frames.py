from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis.reformat.curves import arc, helix
from viewer.analysis.reformat.frames import between, curvature, even_stations, frame_at, frames_along, smoothed
from viewer.model.centerline import Centerline


def wavy(seed: int) -> Centerline:
    rng = np.random.default_rng(seed)
    t = np.linspace(0, 1, 80)[:, None]
    points = t * rng.normal(0, 40, 3)
    for n in range(1, 4):
        points = points + rng.normal(0, 6 / n, 3) * np.sin(np.pi * n * t + rng.uniform(0, 6))
    return Centerline(points)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_that_frames_are_orthonormal_and_right_handed(seed: int) -> None:
    frames = frames_along(wavy(seed))
    for one, other in (("tangent", "right"), ("tangent", "up"), ("right", "up")):
        assert np.abs((getattr(frames, one) * getattr(frames, other)).sum(1)).max() < 1e-9
    assert np.abs(np.linalg.norm(frames.right, axis=1) - 1).max() < 1e-9
    assert np.abs(np.cross(frames.right, frames.up) - frames.tangent).max() < 1e-9


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_that_the_way_back_meets_the_same_frames(seed: int) -> None:
    line = wavy(seed)
    there = frames_along(line)
    back = frames_along(Centerline(line.points_lps_mm[::-1]), start=there.right[-1])
    assert np.abs(back.right[::-1] - there.right).max() < 1e-6


def test_that_a_planar_curve_does_not_twist() -> None:
    frames = frames_along(arc(), start=np.array([0.0, 1.0, 0.0]))
    assert np.abs(frames.right - [0.0, 1.0, 0.0]).max() < 1e-9


def test_that_a_helix_twists_by_its_torsion_and_no_more() -> None:
    line = helix(12.0, 20.0, 1.0)
    frames = frames_along(line)
    pitch = 20.0 / (2 * np.pi)
    torsion = pitch / (12.0**2 + pitch**2)
    a = np.linspace(0, 2 * np.pi, len(frames.station_mm))
    normal = np.stack([-np.cos(a), -np.sin(a), np.zeros_like(a)], axis=1)
    angle = np.unwrap(np.arctan2((normal * frames.up).sum(1), (normal * frames.right).sum(1)))
    assert angle[-1] - angle[0] == pytest.approx(torsion * line.length_mm, abs=0.02)


def test_that_zero_degrees_is_a_patient_axis() -> None:
    frames = frames_along(Centerline([[0, 0, 0], [10, 2, 1], [20, 1, 0]]))
    assert frames.right[0] @ [0, 0, 1] > 0.98
    down = frames_along(Centerline([[0, 0, 0], [0, 1, -10], [1, 0, -20]]))
    assert down.right[0] @ [0, 1, 0] > 0.9


def test_that_a_straight_course_of_two_points_has_frames() -> None:
    frames = frames_along(Centerline([[0, 0, 0], [0, 0, 3]]))
    assert len(frames.station_mm) == 13
    assert np.abs(frames.tangent - [0, 0, 1]).max() < 1e-12


def test_that_stations_are_those_of_the_centreline() -> None:
    line = wavy(3)
    frames = frames_along(line, 0.25)
    assert np.diff(frames.station_mm).max() <= 0.25 + 1e-12
    assert frames.station_mm[-1] == pytest.approx(line.length_mm)
    assert np.linalg.norm(frames.center_lps_mm - line.at(frames.station_mm), axis=1).max() < 0.05


def test_that_smoothing_keeps_a_bend_and_its_length() -> None:
    line = arc(10.0, 2.0)
    calm = smoothed(line, 1.0)
    away = np.linalg.norm(calm.points_lps_mm - [0, 0, 10.0], axis=1)
    assert np.abs(away - 10.0).max() < 0.03
    assert calm.length_mm == pytest.approx(line.length_mm, rel=2e-3)
    assert np.abs(calm.points_lps_mm[[0, -1]] - line.points_lps_mm[[0, -1]]).max() < 1e-9


def test_that_smoothing_removes_the_steps_of_voxels() -> None:
    line = arc(15.0, 2.0)
    on_grid = np.round(line.points_lps_mm / 0.5) * 0.5
    rough = Centerline(on_grid[np.r_[True, (np.diff(on_grid, axis=0) != 0).any(1)]], inferred=((5.0, 9.0),))
    calm = smoothed(rough, 1.0)
    assert rough.length_mm > 1.04 * line.length_mm
    assert calm.length_mm == pytest.approx(line.length_mm, rel=0.02)
    assert calm.at(calm.inferred[0][0]) == pytest.approx(rough.at(5.0), abs=0.5)


def test_that_curvature_points_to_the_middle_of_the_bend() -> None:
    frames = frames_along(arc(20.0, 2.0))
    inner = slice(10, -10)
    to_middle = np.array([0, 0, 20.0]) - frames.center_lps_mm[inner]
    bend = curvature(frames)[inner]
    assert np.linalg.norm(bend, axis=1) == pytest.approx(1 / 20.0, rel=0.01)
    assert ((bend * to_middle).sum(1) > 0).all()


def test_that_a_frame_between_stations_lies_between() -> None:
    frames = frames_along(arc())
    center, tangent, right, up = frame_at(frames, 5.1)
    assert np.linalg.norm(center - [0, 0, 20.0]) == pytest.approx(20.0, abs=0.01)
    assert np.cross(right, up) == pytest.approx(tangent)
    assert frame_at(frames, 1e9)[0] == pytest.approx(frames.center_lps_mm[-1])


def test_that_a_stretch_of_frames_keeps_its_stations() -> None:
    frames = frames_along(arc())
    cut = between(frames, 4.0, 8.0)
    assert cut.station_mm[0] >= 4.0 and cut.station_mm[-1] <= 8.0
    assert len(between(frames, 5.01, 5.02).station_mm) == 2


def test_that_a_step_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="step"):
        even_stations(10.0, 0.0)
