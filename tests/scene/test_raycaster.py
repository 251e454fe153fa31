"""The ray caster: what is where on the picture, and what is before what."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scene.solids_in_3d import (
    BLUE_HU,
    HEIGHT_MM,
    RED_HU,
    SIZE_PX,
    color_at,
    shown,
    spheres,
    turned,
    two_colors,
    upright,
    wanted,
)
from viewer.progress import Cancelled
from viewer.scene.anatomy import BONE
from viewer.scene.camera import Camera
from viewer.scene.picture import prepare
from viewer.scene.raycaster import RayCaster
from viewer.scene.recipe import fitted_recipe, presets

LEFT, RIGHT, FRONT, BACK, HEAD = (25, 0, 0), (-25, 0, 0), (0, -25, 0), (0, 25, 0), (0, 0, 25)
AP = Camera(0, 0, height_mm=HEIGHT_MM)
GRIDS = {"upright": upright(), "oblique": turned(), "left-handed": turned(left_handed=True)}


@pytest.fixture(params=GRIDS, ids=list(GRIDS))
def grid(request):
    return GRIDS[request.param]


def test_that_the_patients_left_is_on_the_right_of_the_picture(grid):
    picture = shown(spheres(grid, [(LEFT, 8, RED_HU)]), AP)
    assert color_at(picture, AP, LEFT) == "red"
    assert color_at(picture, AP, RIGHT) == "black"
    rows, columns = np.nonzero(picture.rgb[..., 0] > 100)
    assert columns.mean() + 0.5 == pytest.approx(60 + 25, abs=0.5)
    assert rows.mean() + 0.5 == pytest.approx(60, abs=0.5)


def test_that_the_head_is_up(grid):
    picture = shown(spheres(grid, [(HEAD, 8, RED_HU)]), AP)
    rows, _ = np.nonzero(picture.rgb[..., 0] > 100)
    assert rows.mean() + 0.5 == pytest.approx(60 - 25, abs=0.5)


def test_that_a_sphere_is_as_large_as_it_is(grid):
    picture = shown(spheres(grid, [((0, 0, 0), 20, RED_HU)]), AP)
    assert np.count_nonzero(picture.rgb[..., 0] > 100) == pytest.approx(np.pi * 20**2, rel=0.07)


@pytest.mark.parametrize("level", [0, 1])
def test_that_what_is_anterior_hides_what_is_posterior(grid, level):
    volume = spheres(grid, [(FRONT, 9, RED_HU), (BACK, 9, BLUE_HU)])
    assert color_at(shown(volume, AP, level=level), AP, (0, 0, 0)) == "red"
    if level == 0:
        from_behind = AP.at(180, 0)
        assert color_at(shown(volume, from_behind), from_behind, (0, 0, 0)) == "blue"


@pytest.mark.parametrize(
    ("primary", "secondary", "near", "far"),
    [(90, 0, LEFT, RIGHT), (-90, 0, RIGHT, LEFT), (0, 90, HEAD, (0, 0, -25)), (0, -90, (0, 0, -25), HEAD)],
    ids=["LAO 90 sees the left side", "RAO 90 the right", "cranial the head", "caudal the feet"],
)
def test_that_the_eye_stands_where_the_detector_stands(grid, primary, secondary, near, far):
    camera = AP.at(primary, secondary)
    picture = shown(spheres(grid, [(near, 9, RED_HU), (far, 9, BLUE_HU)]), camera)
    assert color_at(picture, camera, (0, 0, 0)) == "red"


def test_that_the_clipping_plane_removes_what_is_nearer_to_the_eye(grid):
    volume = spheres(grid, [(FRONT, 9, RED_HU), (BACK, 9, BLUE_HU)])
    assert color_at(shown(volume, AP, cut_share=0.5), AP, (0, 0, 0)) == "blue"
    assert color_at(shown(volume, AP, cut_share=1.0), AP, (0, 0, 0)) == "black"


def test_that_a_cut_sphere_shows_its_inside(grid):
    picture = shown(spheres(grid, [((0, 0, 0), 20, RED_HU), ((0, 0, 0), 10, BLUE_HU)]), AP, cut_share=0.5)
    assert color_at(picture, AP, (0, 0, 0)) == "blue"
    assert color_at(picture, AP, (15, 0, 0)) == "red"


def test_that_the_box_leaves_out_what_is_outside_it():
    volume = spheres(upright(), [(LEFT, 8, RED_HU), (RIGHT, 8, RED_HU)])
    left_half = np.array([[0, 63], [0, 63], [32, 63]], float)
    picture = shown(volume, AP, box=left_half)
    assert color_at(picture, AP, LEFT) == "red"
    assert color_at(picture, AP, RIGHT) == "black"


def test_that_hidden_tissue_is_not_shown_and_the_rest_is():
    volume = spheres(upright(), [(LEFT, 8, RED_HU), (RIGHT, 8, RED_HU)])
    tissue = np.zeros((32, 32, 32), np.uint8)
    tissue[:, :, :16] = BONE
    picture = shown(volume, AP, preset=two_colors(hides=BONE), tissue=tissue)
    assert color_at(picture, AP, LEFT) == "red"
    assert color_at(picture, AP, RIGHT) == "black"
    all_of_it = shown(volume, AP, preset=two_colors(), tissue=tissue)
    assert color_at(all_of_it, AP, RIGHT) == "red"


@pytest.mark.parametrize("maximum", [False, True])
def test_that_the_edge_of_what_is_hidden_is_smooth_although_the_anatomy_is_coarse(maximum):
    """A cut at a slope of one third through voxels of 3 mm: blocks would step 9 mm wide, 0.87 mm off on average."""
    volume = spheres(upright(), [((0, 0, 0), 40, RED_HU)])
    tissue = np.zeros((32, 32, 32), np.uint8)
    k, _, i = np.indices(tissue.shape)
    tissue[(k - 15.5) + (i - 15.5) / 3 > 0.1] = BONE
    picture = shown(volume, AP, preset=two_colors(maximum=maximum, hides=BONE), tissue=tissue)
    seen = picture.rgb[:, 35:85, 0] > 60
    edge_mm = np.argmax(seen, axis=0).astype(float)
    columns = np.arange(edge_mm.size)
    line = np.polynomial.Polynomial.fit(columns, edge_mm, 1)
    assert line.convert().coef[1] == pytest.approx(1 / 3, abs=0.03)
    assert np.abs(edge_mm - line(columns)).mean() < 0.5


def test_that_the_maximum_shows_the_brightest_wherever_it_lies(grid):
    volume = spheres(grid, [(FRONT, 9, 300), (BACK, 5, 500)])
    picture = shown(volume, AP, preset=two_colors(maximum=True))
    black, white = 100, 600
    gray = picture.rgb[..., 0].astype(int)
    assert gray[60, 60] == pytest.approx(255 * (500 - black) / (white - black), abs=2)
    assert gray[60, 67] == pytest.approx(255 * (300 - black) / (white - black), abs=2)
    assert gray[5, 5] == 0


def test_that_picking_finds_the_surface(grid):
    volume = spheres(grid, [((10, -5, 8), 14, RED_HU)])
    picture = shown(volume, AP)
    x, y, _ = AP.project((10, -5, 8), SIZE_PX)
    point = picture.pick(x / SIZE_PX[0], y / SIZE_PX[1])
    assert point is not None
    assert point == pytest.approx((10, -5 - 14 + 2, 8), abs=1)
    assert picture.pick(0.02, 0.02) is None
    assert picture.pick(-0.1, 0.5) is None


@settings(max_examples=15, deadline=None)
@given(primary=st.floats(-180, 180), secondary=st.floats(-90, 90))
def test_that_leaping_over_empty_bricks_changes_nothing(primary, secondary):
    volume = spheres(turned(), [((10, 5, -8), 14, RED_HU), ((-20, 3, 8), 6, BLUE_HU), ((0, -20, 20), 3, RED_HU)])
    request = wanted(prepare(volume), AP.at(primary, secondary), size_px=(60, 60))
    leaping, walking = RayCaster(2), RayCaster(2)
    walking._distance = lambda request: np.zeros_like(leaping._distance(request))  # type: ignore[method-assign]
    try:
        difference = np.abs(leaping.picture(request).rgb.astype(int) - walking.picture(request).rgb.astype(int))
    finally:
        leaping.close()
        walking.close()
    assert difference.max() <= 1


def test_that_the_same_request_gives_the_same_picture_whatever_the_threads():
    request = wanted(prepare(spheres(turned(), [(LEFT, 14, RED_HU)])), AP.at(20, 10))
    pictures = []
    for threads in (1, 3):
        caster = RayCaster(threads)
        pictures.append(caster.picture(request).rgb)
        caster.close()
    assert np.array_equal(*pictures)


def test_that_a_picture_stops_when_told_so():
    request = wanted(prepare(spheres(upright(), [(LEFT, 14, RED_HU)])), AP)

    def stop(share: float, text: str = "") -> None:
        raise Cancelled

    caster = RayCaster(2)
    with pytest.raises(Cancelled):
        caster.picture(request, stop)
    assert caster.picture(request).rgb.any()
    caster.close()


def test_that_the_light_comes_from_the_upper_left():
    smooth = two_colors()
    shaded = type(smooth)("s", "S", "", False, 0, False, smooth.stops, 0.2, 0.8, 0.0, (5.0, 20.0))
    picture = shown(spheres(upright(), [((0, 0, 0), 30, RED_HU)]), AP, preset=shaded)
    red = picture.rgb[..., 0].astype(int)
    assert red[45, 45] > red[60, 60] * 0.9
    assert red[45, 45] > red[75, 75] + 30


def test_that_every_shipped_preset_shows_another_picture():
    volume = spheres(upright(), [((0, 0, 0), 30, 60), ((0, -10, 0), 14, 380), (FRONT, 4, 900)])
    prepared = prepare(volume)
    caster = RayCaster(2)
    pictures = {}
    for each in presets():
        request = wanted(prepared, AP)
        look = type(request.look)(fitted_recipe(each, 380.0), prepared.whole_box)
        pictures[each.key] = caster.picture(type(request)(prepared, look, AP, SIZE_PX)).rgb.astype(int)
    caster.close()
    for one, two in (("vessels", "calcium"), ("vessels", "heart"), ("calcium", "heart"), ("mip", "vessels")):
        assert np.abs(pictures[one] - pictures[two]).max() > 60, (one, two)
    calcium = pictures["calcium"]
    assert calcium[60, 60].sum() > 400
    assert calcium[60, 72].sum() < 200, "blood is but a shadow beside calcium"
