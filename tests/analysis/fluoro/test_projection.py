"""Cone-beam line integrals against closed forms, a slow and obvious projector, and the sides that the formula says."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from viewer.analysis.fluoro.attenuation import Attenuation
from viewer.analysis.fluoro.layout import halved, projectable
from viewer.analysis.fluoro.projection import line_integrals
from viewer.model.carm import CArm, detector_axes
from viewer.model.geometry import Geometry

VIEWS = [(0, 0), (45, 0), (90, 0), (-30, 20), (45, -30), (-30, 0), (0, 30), (0, 80), (120, 10)]


def rays(arm: CArm, size: int):
    """Unit directions from the source to the pixels, shape (size, size, 3), row 0 at the top."""
    right, up, normal = detector_axes(arm.primary_deg, arm.secondary_deg)
    offset = (np.arange(size) + 0.5) / size * arm.detector_mm - arm.detector_mm / 2
    ray = arm.sid_mm * normal + offset[None, :, None] * right - offset[:, None, None] * up
    return ray / np.linalg.norm(ray, axis=-1, keepdims=True)


def marched(attenuation: Attenuation, arm: CArm, size: int, step_mm: float = 0.25):
    """Sum of trilinear samples along each ray: slow and obvious."""
    ray = rays(arm, size)
    reach = np.linalg.norm(attenuation.geometry.corners_lps_mm - arm.source_lps_mm, axis=1)
    total = np.zeros((size, size))
    for distance in np.arange(reach.min() - 1, reach.max() + 1, step_mm):
        index = attenuation.geometry.to_index(arm.source_lps_mm + distance * ray)
        total += map_coordinates(attenuation.mu.astype(np.float32), np.moveaxis(index, -1, 0), order=1)
    return total * step_mm * Attenuation.PER_MM


@pytest.mark.parametrize("view", VIEWS)
def test_that_a_ball_casts_the_chords_of_a_ball(grid, ball, view):
    center, radius = np.array([4.0, -3.0, 5.0]), 24.0
    phantom = ball(grid(), center, radius)
    arm = CArm(*view, (1.0, 2.0, -1.0), detector_mm=100)
    found = line_integrals(phantom, arm, 128)
    ray, to_center = rays(arm, 128), center - arm.source_lps_mm
    along = ray @ to_center
    off = np.sqrt(np.maximum(to_center @ to_center - along**2, 0))
    truth = 0.02 * 2 * np.sqrt(np.maximum(radius**2 - off**2, 0))
    inside = off < 0.95 * radius
    error = (found - truth)[inside]
    assert np.sqrt((error**2).mean()) < 0.005 * np.sqrt((truth[inside] ** 2).mean())
    assert np.abs(found[off > radius + 3]).max() < 0.002 * truth.max()


@pytest.mark.parametrize("view", [(0, 0), (90, 0), (45, 20), (-30, -25)])
def test_that_a_cylinder_casts_the_chords_of_a_cylinder(grid, voxel_points, as_attenuation, view):
    radius, geometry = 15.0, grid((120, 50, 50), (1.0, 1.0, 1.0))
    off_axis = np.linalg.norm(voxel_points(geometry)[..., :2], axis=-1)
    phantom = as_attenuation(0.03 * np.clip(radius - off_axis + 0.5, 0, 1), geometry)
    arm = CArm(*view, (0, 0, 0), detector_mm=60)
    found = line_integrals(phantom, arm, 96)
    ray = rays(arm, 96)
    flat = np.linalg.norm(ray[..., :2], axis=-1)
    off = np.abs(ray[..., 0] * arm.source_lps_mm[1] - ray[..., 1] * arm.source_lps_mm[0]) / flat
    truth = 0.03 * 2 * np.sqrt(np.maximum(radius**2 - off**2, 0)) / flat
    inside = off < 0.9 * radius
    error = (found - truth)[inside]
    assert np.sqrt((error**2).mean()) < 0.005 * np.sqrt((truth[inside] ** 2).mean())


OBLIQUE = np.array([[0.8, 0.6, 0.0], [-0.6, 0.8, 0.0], [0.0, 0.0, 1.0]])


@pytest.mark.parametrize(
    "directions",
    [((0, 0, 1), (0, 1, 0), (1, 0, 0)), ((0, 0, -1), (0, 1, 0), (1, 0, 0)), OBLIQUE[[2, 1, 0]], OBLIQUE[[0, 2, 1]]],
    ids=["upright", "left-handed", "turned", "sagittal slices"],
)
@pytest.mark.parametrize("view", [(0, 0), (50, 10), (-80, -20), (10, 60)])
def test_that_the_voxels_are_summed_along_every_ray_however_the_grid_lies(grid, directions, view):
    geometry = grid((40, 44, 48), (1.3, 1.0, 0.8), directions)
    rng = np.random.default_rng(3)
    coarse = rng.uniform(0, 3000, (6, 6, 6))
    where = np.stack(np.meshgrid(*(np.linspace(0, 5, n) for n in geometry.shape), indexing="ij"))
    values = map_coordinates(coarse, where, order=1)
    for axis, n in enumerate(geometry.shape):  # nothing at the border, where the two differ on purpose
        ramp = np.clip(np.minimum(np.arange(n), n - 1 - np.arange(n)) / 6 - 0.2, 0, 1)
        values *= ramp.reshape([-1 if m == axis else 1 for m in range(3)])
    phantom = Attenuation(values.astype(np.int16), geometry)
    arm = CArm(*view, (3.0, -2.0, 1.0), detector_mm=80)
    found, truth = line_integrals(phantom, arm, 48), marched(phantom, arm, 48)
    assert np.sqrt(((found - truth) ** 2).mean()) < 0.005 * np.sqrt((truth**2).mean())


@pytest.mark.parametrize("view", [(0, 0), (45, 0), (-30, 0), (0, 30), (45, -30), (90, 0)])
@pytest.mark.parametrize("marker", [(30.0, 0.0, 0.0), (0.0, 25.0, 0.0), (0.0, 0.0, 25.0)], ids=["left", "back", "head"])
def test_that_a_dense_marker_falls_on_the_side_that_the_formula_says(grid, ball, view, marker):
    size, arm = 200, CArm(*view, (0.0, 0.0, 0.0), detector_mm=160)
    picture = line_integrals(ball(grid((70, 70, 80)), marker, 3.0, 0.2), arm, size)
    rows, columns = np.indices(picture.shape)
    right_mm = ((columns + 0.5) / size - 0.5) * arm.detector_mm
    up_mm = (0.5 - (rows + 0.5) / size) * arm.detector_mm
    seen = [(picture * side).sum() / picture.sum() for side in (right_mm, up_mm)]
    np.testing.assert_allclose(seen, arm.project(marker), atol=0.15)


def test_that_a_marker_on_the_left_of_the_patient_is_on_the_right_of_the_picture(grid, ball):
    left = ball(grid((70, 70, 80)), (30.0, 0.0, 0.0), 3.0, 0.2)
    for view in ((0, 0), (45, 0), (-30, 0), (0, 30)):
        picture = line_integrals(left, CArm(*view, detector_mm=160), 64)
        assert picture[:, 32:].sum() > 0
        assert picture[:, :32].sum() == 0
    head = ball(grid((70, 70, 80)), (0.0, 0.0, 25.0), 3.0, 0.2)
    picture = line_integrals(head, CArm(0, 30, detector_mm=160), 64)
    assert picture[:32].sum() > 0
    assert picture[32:].sum() == 0


def test_that_the_spine_moves_to_the_right_in_lao_and_to_the_left_in_rao(grid, ball):
    spine = ball(grid((70, 80, 70)), (0.0, 30.0, 0.0), 5.0, 0.1)
    lao, rao = (line_integrals(spine, CArm(a, 0, detector_mm=160), 64) for a in (45, -45))
    assert lao[:, 32:].sum() > 0 == lao[:, :32].sum()
    assert rao[:, :32].sum() > 0 == rao[:, 32:].sum()


def test_that_what_lies_nearer_to_the_source_looks_larger(grid, ball):
    geometry, arm = grid((60, 100, 60), (1, 1, 1)), CArm(0, 0, detector_mm=160)
    near = line_integrals(ball(geometry, (0, 35, 0), 8.0), arm, 128)  # the back: the source is under the table
    far = line_integrals(ball(geometry, (0, -35, 0), 8.0), arm, 128)
    expected = ((750 + 35) / (750 - 35)) ** 2
    assert (near > 0).sum() / (far > 0).sum() == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("view", VIEWS)
def test_that_half_the_resolution_tells_the_same_while_dragging(grid, ball, view):
    laid_out = projectable(ball(grid((80, 80, 80), (0.8, 0.8, 0.8)), (4, 3, 2), 24.0))
    fine, coarse = (line_integrals(laid_out, CArm(*view, detector_mm=100), 64, level=n) for n in (0, 1))
    assert np.sqrt(((fine - coarse) ** 2).mean()) < 0.01 * fine.max()


def test_that_a_halved_grid_keeps_its_place_and_its_amount(grid, ball):
    fine = ball(grid((60, 64, 68)), (5, -4, 3), 15.0)
    coarse = halved(fine)
    mass = [a.mu.sum() * a.geometry.voxel_volume_mm3 for a in (fine, coarse)]
    assert mass[1] == pytest.approx(mass[0], rel=1e-3)
    centers = [
        a.geometry.to_lps(np.average(np.argwhere(a.mu > 0), axis=0, weights=a.mu[a.mu > 0])) for a in (fine, coarse)
    ]
    np.testing.assert_allclose(centers[0], centers[1], atol=0.01)


def test_that_a_level_beyond_the_coarsest_is_the_coarsest(grid, ball):
    laid_out = projectable(ball(grid()), coarser_levels=1)
    assert laid_out.level(5) is laid_out.coarser


def test_that_rays_beside_the_voxels_see_nothing(grid, ball):
    phantom = ball(grid())
    assert not line_integrals(phantom, CArm(0, 0, (500.0, 0, 0)), 32).any()
    assert not line_integrals(Attenuation(np.zeros((4, 4, 4), np.int16), grid((4, 4, 4))), CArm(), 16).any()


def test_that_doubling_the_attenuation_doubles_the_integrals(grid, ball):
    once, twice = (line_integrals(ball(grid(), per_mm=mu), CArm(20, 10), 48) for mu in (0.02, 0.04))
    np.testing.assert_allclose(twice, 2 * once, atol=1e-3 * float(twice.max()))


def test_that_a_picture_without_pixels_is_refused(grid, ball):
    with pytest.raises(ValueError, match="0 pixels"):
        line_integrals(ball(grid()), CArm(), 0)


def test_that_a_source_within_the_voxels_gives_a_picture_and_no_crash():
    geometry = Geometry.from_axes((20, 100, 20), (-20, -200, -20), (2, 20, 2))
    phantom = Attenuation(np.full(geometry.shape, 100, np.int16), geometry)
    assert np.isfinite(line_integrals(phantom, CArm(0, 0), 32)).all()
