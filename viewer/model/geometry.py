"""Where a voxel lies in the patient: the one place where axis order is spelled out.

Space is DICOM patient coordinates: **LPS** (x to the left, y to posterior, z to the head), millimetres, float64.
An index is in array order ``(k, j, i)`` = (slice, row, column). The affine takes the one to the other::

    affine @ (k, j, i, 1) -> (x, y, z, 1)
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TypeGuard

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float = NDArray[np.float64]

#: The letter of the patient direction in which each LPS axis grows, and the one in which it falls.
DIRECTION_LETTERS = (("L", "R"), ("P", "A"), ("H", "F"))


def read_only(values: ArrayLike, *, shape: tuple[int | None, ...] | None = None, name: str = "array") -> Float:
    """Return `values` as a read-only float64 array, checked for shape and finiteness.

    Parameters
    ----------
    values : array_like
    shape : tuple of int or None, optional
        The wanted shape; ``None`` stands for any length along that axis.
    name : str
        What to call the array when it is wrong.

    Raises
    ------
    ValueError
        If the shape is another one or a value is not finite.
    """
    array = values if _is_frozen(values) else np.array(values, dtype=np.float64)
    if shape is not None and (
        array.ndim != len(shape)
        or any(want is not None and have != want for have, want in zip(array.shape, shape, strict=True))
    ):
        raise ValueError(f"{name} has shape {array.shape}, wanted {shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} has values that are not finite")
    array.setflags(write=False)
    return array


def _is_frozen(values: ArrayLike) -> TypeGuard[Float]:
    """Tell whether an array is float64 and can be changed by nobody: then it is shared, and stays the same object."""
    return (
        isinstance(values, np.ndarray)
        and values.dtype == np.float64
        and not values.flags.writeable
        and values.base is None
    )


def unit(vector: ArrayLike) -> Float:
    """Return the vector of length 1 along `vector` (shape (3,)); ValueError if it has no length."""
    array = np.asarray(vector, dtype=np.float64)
    length = float(np.linalg.norm(array))
    if not np.isfinite(length) or length == 0:
        raise ValueError(f"{array} has no direction")
    return array / length


def arc_length_mm(points_lps_mm: ArrayLike) -> Float:
    """Return the length along a polyline from its first point to each of its points, shape (N,)."""
    points = np.asarray(points_lps_mm, dtype=np.float64)
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])


def direction_label(direction_lps: ArrayLike, *, tolerance: float = 0.3) -> str:
    """Return the letters of a patient direction, the strongest first: ``"L"``, ``"LA"``, ``"HPR"``.

    Parameters
    ----------
    direction_lps : array_like of shape (3,)
    tolerance : float
        Components below this share of the unit vector are left out.
    """
    direction = unit(direction_lps)
    order = np.argsort(-np.abs(direction), kind="stable")
    return "".join(
        DIRECTION_LETTERS[axis][0 if direction[axis] > 0 else 1] for axis in order if abs(direction[axis]) >= tolerance
    )


@dataclass(frozen=True, slots=True, eq=False)
class Geometry:
    """A grid of voxels in the patient.

    Attributes
    ----------
    shape : tuple of int
        Number of slices, rows, columns: (K, J, I).
    affine : ndarray of shape (4, 4)
        Takes an index ``(k, j, i, 1)`` to ``(x, y, z, 1)``, LPS mm. The grid may be oblique or left-handed, its axes
        must be at right angles (a tilted gantry is resampled before it becomes a geometry).
    """

    shape: tuple[int, int, int]
    affine: Float
    _inverse: Float = field(init=False, repr=False)

    #: Axes that are this far from a right angle are called skew (cosine of the angle).
    SKEW_LIMIT = 1e-3

    def __post_init__(self) -> None:
        if len(self.shape) != 3 or any(int(n) != n or n < 1 for n in self.shape):
            raise ValueError(f"a grid needs three whole positive lengths, got {self.shape}")
        affine = read_only(self.affine, shape=(4, 4), name="affine")
        if not np.array_equal(affine[3], (0, 0, 0, 1)):
            raise ValueError("the last row of an affine is (0, 0, 0, 1)")
        lengths = np.linalg.norm(affine[:3, :3], axis=0)
        if (lengths <= 0).any():
            raise ValueError("a voxel has no extent along one axis")
        cosines = affine[:3, :3] / lengths
        skew = np.abs(cosines.T @ cosines - np.eye(3)).max()
        if skew > self.SKEW_LIMIT:
            raise ValueError(f"the axes of the grid are not at right angles (cosine {skew:.4f})")
        inverse = np.linalg.inv(affine)
        inverse.setflags(write=False)
        object.__setattr__(self, "shape", tuple(int(n) for n in self.shape))
        object.__setattr__(self, "affine", affine)
        object.__setattr__(self, "_inverse", inverse)

    @classmethod
    def from_axes(
        cls,
        shape: tuple[int, int, int],
        origin_lps_mm: ArrayLike,
        spacing_mm: ArrayLike,
        directions: ArrayLike = ((0, 0, 1), (0, 1, 0), (1, 0, 0)),
    ) -> Geometry:
        """Build a grid from its first voxel's centre, its steps and its axes.

        Parameters
        ----------
        shape : tuple of int
            (K, J, I).
        origin_lps_mm : array_like of shape (3,)
            Centre of voxel (0, 0, 0).
        spacing_mm : array_like of shape (3,)
            Step along k, j, i (array order: slices first).
        directions : array_like of shape (3, 3)
            Row 0 is the unit direction of k in LPS, row 1 that of j, row 2 that of i.
        """
        affine = np.eye(4)
        affine[:3, :3] = (np.asarray(directions, float) * np.asarray(spacing_mm, float)[:, None]).T
        affine[:3, 3] = origin_lps_mm
        return cls(shape, affine)

    @property
    def spacing_mm(self) -> Float:
        """Step along k, j, i, shape (3,)."""
        return np.linalg.norm(self.affine[:3, :3], axis=0)

    @property
    def directions(self) -> Float:
        """Unit directions of k, j, i in LPS, one a row, shape (3, 3)."""
        return (self.affine[:3, :3] / self.spacing_mm).T

    @property
    def origin_lps_mm(self) -> Float:
        """Centre of voxel (0, 0, 0), shape (3,)."""
        return self.affine[:3, 3]

    @property
    def center_lps_mm(self) -> Float:
        """Middle of the grid, shape (3,)."""
        return self.to_lps((np.asarray(self.shape, float) - 1) / 2)

    @property
    def corners_lps_mm(self) -> Float:
        """Centres of the eight outermost voxels, shape (8, 3), in the order k, j, i counts in binary."""
        far = np.asarray(self.shape, float) - 1
        bits = np.array([[k, j, i] for k in (0, 1) for j in (0, 1) for i in (0, 1)], float)
        return self.to_lps(bits * far)

    @property
    def voxel_volume_mm3(self) -> float:
        """Volume of one voxel."""
        return float(np.prod(self.spacing_mm))

    @property
    def index_from_lps(self) -> Float:
        """The inverse of the affine, shape (4, 4): takes (x, y, z, 1) to (k, j, i, 1)."""
        return self._inverse

    def to_lps(self, index: ArrayLike) -> Float:
        """Take indices (k, j, i), shape (..., 3), fractions allowed, to points in LPS mm, shape (..., 3)."""
        return np.asarray(index, float) @ self.affine[:3, :3].T + self.affine[:3, 3]

    def to_index(self, point_lps_mm: ArrayLike) -> Float:
        """Take points in LPS mm, shape (..., 3), to fractional indices (k, j, i), shape (..., 3)."""
        return np.asarray(point_lps_mm, float) @ self._inverse[:3, :3].T + self._inverse[:3, 3]

    def contains(self, point_lps_mm: ArrayLike) -> NDArray[np.bool_]:
        """Tell which points, shape (..., 3), lie within the outermost voxel centres."""
        index = self.to_index(point_lps_mm)
        return np.asarray(((index >= -1e-9) & (index <= np.asarray(self.shape) - 1 + 1e-9)).all(axis=-1))

    def digest(self) -> str:
        """Return a short hash of shape and affine (to 1 µm), by which a case file knows its series again."""
        text = f"{self.shape}" + ",".join(f"{v:.3f}" for v in self.affine.ravel() + 0.0)
        return hashlib.sha256(text.encode()).hexdigest()[:16]
