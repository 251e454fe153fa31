"""Volumes of which it is known what is where: spheres in the patient, on upright, oblique and left-handed grids."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from viewer.model.geometry import Geometry
from viewer.model.volume import Volume
from viewer.scene.camera import Camera
from viewer.scene.picture import Look, Picture, Prepared, Request, prepare
from viewer.scene.raycaster import RayCaster
from viewer.scene.recipe import Preset, Stop, fitted_recipe

RED, BLUE = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)
RED_HU, BLUE_HU = 300, 1000
SIZE_PX = (120, 120)
#: Picture height in mm: one pixel is 1 mm.
HEIGHT_MM = 120.0


def upright(shape: tuple[int, int, int] = (64, 64, 64), spacing_mm: float = 1.5) -> Geometry:
    corner = -spacing_mm * (np.array(shape[::-1]) - 1) / 2
    return Geometry.from_axes(shape, corner, (spacing_mm,) * 3)


def turned(left_handed: bool = False, spacing_mm: tuple[float, float, float] = (1.5, 1.4, 1.3)) -> Geometry:
    """An oblique grid around the origin of the patient; left-handed: with the slices counted the other way."""
    a, b = np.radians(35), np.radians(20)
    first = np.array([[np.cos(a), np.sin(a), 0], [-np.sin(a), np.cos(a), 0], [0, 0, 1]])
    second = np.array([[1, 0, 0], [0, np.cos(b), np.sin(b)], [0, -np.sin(b), np.cos(b)]])
    i, j, k = (first @ second).T
    directions = np.array([-k if left_handed else k, j, i])
    shape = (64, 66, 68)
    steps = directions * np.array(spacing_mm)[:, None]
    origin = -((np.array(shape) - 1) / 2) @ steps
    return Geometry.from_axes(shape, origin, spacing_mm, directions)


def spheres(geometry: Geometry, solids: Iterable[tuple[tuple[float, float, float], float, int]]) -> Volume:
    """Spheres (centre in LPS mm, radius in mm, HU) in fat."""
    points = geometry.to_lps(np.stack(np.meshgrid(*(np.arange(n) for n in geometry.shape), indexing="ij"), axis=-1))
    hu = np.full(geometry.shape, -100, np.int16)
    for center, radius, value in solids:
        hu[np.linalg.norm(points - np.array(center), axis=-1) <= radius] = value
    return Volume(hu, geometry)


def two_colors(*, maximum: bool = False, hides: int = 0) -> Preset:
    """Red from 100 HU on, blue from 600 HU on, unshaded; the rim of a blue sphere is red, but not opaque."""
    stops = (Stop(0, 100, 0, RED), Stop(0, 110, 0.3, RED), Stop(0, 590, 0.3, RED), Stop(0, 600, 0.3, BLUE))
    return Preset("two", "Two", "", maximum, hides, False, stops, 1.0, 0.0, 0.0, (1e6, 2e6))


def shown(
    volume: Volume,
    camera: Camera,
    *,
    preset: Preset | None = None,
    cut_share: float = 0.0,
    level: int = 0,
    size_px: tuple[int, int] = SIZE_PX,
    box: np.ndarray | None = None,
    tissue: np.ndarray | None = None,
) -> Picture:
    request = wanted(prepare(volume), camera, preset, cut_share, level, size_px, box, tissue)
    caster = RayCaster(2)
    try:
        return caster.picture(request)
    finally:
        caster.close()


def wanted(
    prepared: Prepared,
    camera: Camera,
    preset: Preset | None = None,
    cut_share: float = 0.0,
    level: int = 0,
    size_px: tuple[int, int] = SIZE_PX,
    box: np.ndarray | None = None,
    tissue: np.ndarray | None = None,
) -> Request:
    look = Look(
        fitted_recipe(preset or two_colors(), None), prepared.whole_box if box is None else box, cut_share, tissue
    )
    return Request(prepared, look, camera, size_px, level)


def color_at(picture: Picture, camera: Camera, point_lps_mm: tuple[float, float, float]) -> str:
    """The colour where a point of the patient falls on the picture: red, blue, or black."""
    x, y, _ = camera.project(point_lps_mm, picture.size_px)
    red, _, blue = picture.rgb[int(y), int(x)].astype(int)
    if max(red, blue) < 40:
        return "black"
    return "red" if red > blue else "blue"
