"""What a 3-D picture is asked for with, and what comes back. All frozen: they cross threads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.model.geometry import Float
from viewer.model.volume import Volume
from viewer.progress import Progress, silent
from viewer.scene.anatomy import Contrast, find_contrast
from viewer.scene.bricks import Bricks, build_bricks
from viewer.scene.camera import Camera
from viewer.scene.pyramid import Level, Pyramid, build_pyramid
from viewer.scene.recipe import Recipe

#: Bones and chambers are told apart in voxels of about this size, mm.
ANATOMY_SPACING_MM = 1.5
#: A volume needs this many slices, rows and columns to be seen in 3-D.
LEAST_AXIS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A volume made ready to be looked at in 3-D.

    Attributes
    ----------
    volume : Volume
    pyramid : Pyramid
    bricks : tuple of Bricks
        One for each level of the pyramid.
    contrast : Contrast
    """

    volume: Volume
    pyramid: Pyramid
    bricks: tuple[Bricks, ...]
    contrast: Contrast

    @property
    def whole_box(self) -> Float:
        """First and last index along k, j, i of the volume, shape (3, 2)."""
        return np.array([[0.0, n - 1.0] for n in self.volume.hu.shape])

    @property
    def anatomy_level(self) -> Level:
        """The level whose voxels are nearest to `ANATOMY_SPACING_MM`."""
        return _anatomy_level(self.pyramid)


def prepare(volume: Volume, progress: Progress = silent) -> Prepared:
    """Make a volume ready: coarse copies, bricks, the brightness of the blood, the box of the heart.

    Raises
    ------
    ValueError
        If the volume has fewer than `LEAST_AXIS` slices, rows or columns.
    """
    if min(volume.hu.shape) < LEAST_AXIS:
        raise ValueError(f"a volume of {volume.hu.shape} voxels is too thin to be seen in 3-D")
    pyramid = build_pyramid(volume, progress=lambda share, text="": progress(0.2 * share, text))
    bricks = tuple(
        build_bricks(level.hu, lambda share, text="": progress(0.2 + 0.5 * share)) for level in pyramid.levels
    )
    contrast = find_contrast(_anatomy_level(pyramid), volume.geometry.shape, lambda s, t="": progress(0.7 + 0.3 * s))
    return Prepared(volume, pyramid, bricks, contrast)


def _anatomy_level(pyramid: Pyramid) -> Level:
    return min(pyramid.levels, key=lambda level: abs(np.log(level.geometry.spacing_mm.mean() / ANATOMY_SPACING_MM)))


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """How a prepared volume is to be shown.

    Attributes
    ----------
    recipe : Recipe
    box : ndarray of shape (3, 2)
        First and last index along k, j, i of the volume that is shown.
    cut_share : float
        How much of the box is cut away from the eye's side: 0 nothing, 1 all of it.
    tissue : ndarray of uint8, or None
        Of `anatomy.find_tissue`; what `recipe.preset.hides` names is left out. ``None``: nothing is left out.
    """

    recipe: Recipe
    box: Float
    cut_share: float = 0.0
    tissue: NDArray[np.uint8] | None = None

    def __post_init__(self) -> None:
        box = np.array(self.box, float)
        if box.shape != (3, 2) or not (box[:, 1] >= box[:, 0]).all() or not (box[:, 0] >= 0).all():
            raise ValueError(f"no box: {box.tolist()}")
        if not 0 <= self.cut_share <= 1:
            raise ValueError(f"a share lies between 0 and 1, not at {self.cut_share}")
        box.setflags(write=False)
        object.__setattr__(self, "box", box)


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """One picture that is wanted.

    Attributes
    ----------
    prepared : Prepared
    look : Look
    camera : Camera
    size_px : tuple of int
        (width, height).
    level : int
        Of the pyramid: 0 is the volume itself.
    step_voxels : float
        Distance of samples along a ray, in the smallest spacing of the level.
    """

    prepared: Prepared
    look: Look
    camera: Camera
    size_px: tuple[int, int]
    level: int = 0
    step_voxels: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A rendered picture.

    Attributes
    ----------
    rgb : ndarray of uint8, shape (H, W, 3)
    depth_mm : ndarray of float32, shape (H, W)
        Where half of the light is stopped (for a maximum: where it lies), mm from the plane through the camera's focus
        towards the eye; minus infinity where nothing is.
    camera : Camera
    """

    rgb: NDArray[np.uint8]
    depth_mm: NDArray[np.float32]
    camera: Camera

    @property
    def size_px(self) -> tuple[int, int]:
        """(width, height)."""
        return self.rgb.shape[1], self.rgb.shape[0]

    def pick(self, x_share: float, y_share: float) -> Float | None:
        """Return the point in LPS mm that is seen at a place of the picture, shape (3,); ``None`` where nothing is.

        Parameters
        ----------
        x_share, y_share : float
            From the upper left corner, in shares of width and height.
        """
        width, height = self.size_px
        column, row = int(x_share * width), int(y_share * height)
        if not (0 <= column < width and 0 <= row < height) or not np.isfinite(self.depth_mm[row, column]):
            return None
        return self.camera.point(x_share * width, y_share * height, float(self.depth_mm[row, column]), self.size_px)
