"""Pictures of a volume by a ray caster of our own, on the processor.

Why not VTK alone: on a machine without a graphics card VTK's own processor mapper needs seconds before the first
picture of a 320 x 512 x 512 volume (a gradient for every voxel), and again after every change of the volume; its GPU
mapper on software OpenGL needs seconds for every picture. The caster here begins at once, is about as fast afterwards
(``tests/benchmarks/test_volume_rendering.py`` puts them side by side), can be stopped between two bands of rows, tells
the depth of every pixel, needs no OpenGL, and gives the same picture on every machine. A real graphics card is
faster; `viewer.scene.engine` lets it draw what moves.

No kernel here is parallel in numba's sense: bands of rows are given to threads of a pool, which is safe whatever
threading layer numba found, and lets other work run meanwhile.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.model.geometry import Float, unit
from viewer.progress import Cancelled, Progress, silent
from viewer.scene.bricks import distance_to_content
from viewer.scene.cast_kernel import cast_maximum_rows, cast_rows
from viewer.scene.cover import covered_bricks, make_cover
from viewer.scene.picture import Look, Picture, Prepared, Request

#: Where the light stands, in shares of picture right, picture up and towards the eye.
LIGHT = (-0.45, 0.55, 0.75)
#: Rows that one thread draws before it asks for more, or is stopped.
BAND_ROWS = 12
#: The last index is not quite reached, so that its neighbour exists.
INSIDE = 1.001
#: The cover of a look that hides nothing: too small to be read.
NOTHING_HIDDEN = np.zeros((1, 1, 1), np.uint8)

_F = np.float32


@dataclass(frozen=True, slots=True, eq=False)
class _Rays:
    """The rays of a request in index coordinates of its level; see `cast_kernel.cast_rows`."""

    corner: NDArray[np.float32]
    across: NDArray[np.float32]
    down: NDArray[np.float32]
    step: NDArray[np.float32]
    box: NDArray[np.float32]
    step_mm: float
    eye_mm: float  #: how far before the focus the rays start
    near_steps: float


class RayCaster:
    """Draws pictures; keeps its threads and the last leaping distances. One picture at a time.

    Parameters
    ----------
    threads : int, optional
        Default: one for each processor core.
    """

    def __init__(self, threads: int | None = None) -> None:
        self._pool = ThreadPoolExecutor(threads or os.cpu_count() or 1, thread_name_prefix="ray")
        self._distances: dict[int, tuple[Prepared, Look, NDArray[np.uint8]]] = {}
        self._covered: tuple[NDArray[np.uint8], int, NDArray[np.uint8]] | None = None

    def picture(self, request: Request, progress: Progress = silent) -> Picture:
        """Draw a picture.

        Raises
        ------
        Cancelled
            By `progress`, between two bands of rows.
        """
        width, height = request.size_px
        rays = _rays(request)
        depth = np.full((height, width), np.inf, np.float32)
        if request.look.recipe.preset.maximum:
            rgb = self._maximum(request, rays, depth, progress)
        else:
            rgb = self._surfaces(request, rays, depth, progress)
        return Picture(rgb, _F(rays.eye_mm) - depth * _F(rays.step_mm), request.camera)

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _surfaces(
        self, request: Request, rays: _Rays, depth: NDArray[np.float32], progress: Progress
    ) -> NDArray[np.uint8]:
        look, pyramid = request.look, request.prepared.pyramid
        level, shade = pyramid.level(request.level), pyramid.level(request.level + 1)
        same = shade is level
        cover = self._cover(look)
        scale = _cover_scale(cover, level.hu.shape)
        per_mm = 0.5 / shade.geometry.spacing_mm
        towards_light, half_way = _light(request)
        light = (shade.geometry.directions @ towards_light) * per_mm
        half = (shade.geometry.directions @ half_way) * per_mm
        preset = look.recipe.preset
        material = np.array([preset.ambient, preset.diffuse, preset.specular, *preset.edge_hu_per_mm], _F)
        integrals = look.recipe.integrals()
        distance = self._distance(request)
        rgb = np.zeros((*depth.shape, 3), np.float32)

        def draw(rows: tuple[int, int]) -> None:
            cast_rows(
                level.hu, shade.hu, _F(1 if same else 0.5), _F(0 if same else -0.25), distance,
                cover, scale, integrals,
                rays.corner, rays.across, rays.down, rays.step, _F(rays.step_mm), rays.box, _F(rays.near_steps),
                light.astype(_F), half.astype(_F), per_mm.astype(_F), material, rows, rgb, depth,
            )  # fmt: skip

        self._in_bands(draw, depth.shape[0], progress)
        return (np.clip(rgb, 0, 1) * _F(255) + _F(0.5)).astype(np.uint8)

    def _maximum(
        self, request: Request, rays: _Rays, depth: NDArray[np.float32], progress: Progress
    ) -> NDArray[np.uint8]:
        look = request.look
        level = request.prepared.pyramid.level(request.level)
        bricks = request.prepared.bricks[min(request.level, len(request.prepared.bricks) - 1)]
        cover = self._cover(look)
        scale = _cover_scale(cover, level.hu.shape)
        black, white = look.recipe.gray_window_hu()
        highest = np.full(depth.shape, black, np.float32)

        def draw(rows: tuple[int, int]) -> None:
            cast_maximum_rows(
                level.hu, bricks.high, cover, scale,
                rays.corner, rays.across, rays.down, rays.step, rays.box, _F(rays.near_steps), _F(black),
                rows, highest, depth,
            )  # fmt: skip

        self._in_bands(draw, depth.shape[0], progress)
        gray = np.clip((highest - black) * (255 / (white - black)) + 0.5, 0, 255).astype(np.uint8)
        return np.repeat(gray[..., None], 3, axis=2)

    def _cover(self, look: Look) -> NDArray[np.uint8]:
        """Return what hides parts of a look, that of the last time if nothing that it depends on changed."""
        hides = look.recipe.preset.hides
        if look.tissue is None or not hides:
            return NOTHING_HIDDEN
        if self._covered is None or self._covered[0] is not look.tissue or self._covered[1] != hides:
            self._covered = look.tissue, hides, make_cover(look.tissue, hides)
        return self._covered[2]

    def _in_bands(self, draw: Callable[[tuple[int, int]], None], rows: int, progress: Progress) -> None:
        with _stop_together() as stopped:

            def band(first: int) -> None:
                if not stopped:
                    draw((first, min(first + BAND_ROWS, rows)))

            starts = range(0, rows, BAND_ROWS)
            try:
                for number, _ in enumerate(self._pool.map(band, starts)):
                    progress(number / len(starts))
            except Cancelled:
                stopped.append(True)
                raise

    def _distance(self, request: Request) -> NDArray[np.uint8]:
        """Return the leaping distances of a level, those of the last time if nothing that they depend on changed."""
        number = min(request.level, len(request.prepared.bricks) - 1)
        look = request.look
        kept = self._distances.get(number)
        if kept is not None:
            prepared, former, distance = kept
            if prepared is request.prepared and former.recipe is look.recipe and former.tissue is look.tissue:
                return distance
        bricks = request.prepared.bricks[number]
        shape = request.prepared.pyramid.levels[number].hu.shape
        cover = self._cover(look)
        hidden = covered_bricks(cover, shape, bricks.low.shape) if cover.any() else None
        distance = distance_to_content(bricks, look.recipe.seen, hidden)
        self._distances[number] = (request.prepared, look, distance)
        return distance


@contextmanager
def _stop_together() -> Iterator[list[bool]]:
    """Give bands a common word to stop at; it is said at the latest when the picture is left."""
    stopped: list[bool] = []
    try:
        yield stopped
    finally:
        stopped.append(True)


def _rays(request: Request) -> _Rays:
    prepared, look, camera = request.prepared, request.look, request.camera
    level = prepared.pyramid.level(request.level)
    geometry = level.geometry
    right, up, towards_eye = camera.axes
    step_mm = float(geometry.spacing_mm.min()) * request.step_voxels
    box_corners = prepared.volume.geometry.to_lps(_corners(look.box))
    heights = (box_corners - camera.focus_lps_mm) @ towards_eye
    eye_mm = float(np.ceil(heights.max() / step_mm) + 1) * step_mm  # on a fixed lattice: a cut does not make it flicker
    cut_mm = float((cut_point(request) - camera.focus_lps_mm) @ towards_eye)
    mm_per_px = camera.height_mm / request.size_px[1]
    turn = geometry.index_from_lps[:3, :3]
    factor = np.asarray(prepared.volume.hu.shape) / np.asarray(level.hu.shape)
    box = (look.box + 0.5) / factor[:, None].round() - 0.5
    last = np.asarray(level.hu.shape)[:, None] - INSIDE
    return _Rays(
        corner=geometry.to_index(camera.point(0.5, 0.5, eye_mm, request.size_px)).astype(_F),
        across=(turn @ right * mm_per_px).astype(_F),
        down=(turn @ -up * mm_per_px).astype(_F),
        step=(turn @ -towards_eye * step_mm).astype(_F),
        box=np.clip(box, 0, last).astype(_F),
        step_mm=step_mm,
        eye_mm=eye_mm,
        near_steps=(eye_mm - cut_mm) / step_mm if look.cut_share > 0 else -1e9,
    )


def cut_point(request: Request) -> Float:
    """Return a point of the clipping plane of a request, LPS mm, shape (3,); the plane faces the eye."""
    camera, look = request.camera, request.look
    towards_eye = camera.axes[2]
    heights = (request.prepared.volume.geometry.to_lps(_corners(look.box)) - camera.focus_lps_mm) @ towards_eye
    return camera.focus_lps_mm + float(heights.max() - look.cut_share * np.ptp(heights)) * towards_eye


def _corners(box: Float) -> Float:
    return np.array([[box[0, a], box[1, b], box[2, c]] for a in (0, 1) for b in (0, 1) for c in (0, 1)])


def _light(request: Request) -> tuple[Float, Float]:
    right, up, towards_eye = request.camera.axes
    light = unit(LIGHT[0] * right + LIGHT[1] * up + LIGHT[2] * towards_eye)
    return light, unit(light + towards_eye)


def _cover_scale(cover: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return what indices of a level (plus one half) are multiplied with to become those of the cover."""
    return (np.asarray(cover.shape) / np.asarray(shape)).astype(_F)
