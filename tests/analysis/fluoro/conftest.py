"""Small phantoms with closed-form truth: balls and cylinders of attenuation, and a simple coronary tree."""

from __future__ import annotations

import numpy as np
import pytest

from viewer.analysis.fluoro.attenuation import Attenuation
from viewer.model.centerline import Centerline
from viewer.model.geometry import Geometry
from viewer.model.lesion import Cap, Lesion, LesionKind
from viewer.model.vessel import Vessel, VesselTree


def _grid(shape=(60, 64, 68), spacing=(1.1, 1.0, 0.9), directions=((0, 0, 1), (0, 1, 0), (1, 0, 0))):
    """A grid about the origin of LPS space."""
    geometry = Geometry.from_axes(shape, (0, 0, 0), spacing, directions)
    return Geometry.from_axes(shape, -geometry.center_lps_mm, spacing, directions)


def _points(geometry):
    index = np.stack(np.meshgrid(*(np.arange(n) for n in geometry.shape), indexing="ij"), axis=-1)
    return geometry.to_lps(index)


def _attenuation(per_mm, geometry):
    return Attenuation(np.round(per_mm / Attenuation.PER_MM).astype(np.int16), geometry)


@pytest.fixture
def grid():
    return _grid


@pytest.fixture
def voxel_points():
    return _points


@pytest.fixture
def as_attenuation():
    return _attenuation


@pytest.fixture
def ball():
    """A function that puts a soft-edged ball of attenuation into a grid."""

    def make(geometry, center=(0, 0, 0), radius_mm=20.0, per_mm=0.02):
        distance = np.linalg.norm(_points(geometry) - np.asarray(center, float), axis=-1)
        return _attenuation(per_mm * np.clip((radius_mm - distance) / geometry.spacing_mm.mean() + 0.5, 0, 1), geometry)

    return make


def straight(start, end, radius=1.5, step=1.0, inferred=()):
    start, end = np.asarray(start, float), np.asarray(end, float)
    n = int(np.ceil(np.linalg.norm(end - start) / step)) + 1
    points = start + np.linspace(0, 1, n)[:, None] * (end - start)
    return Centerline(points, np.full(n, float(radius)), inferred=inferred)


@pytest.fixture
def line():
    return straight


@pytest.fixture
def tree():
    """A main vessel of 60 mm along z, a branch at 20 mm to the left, one at 50 mm to the back, and a bystander."""
    return VesselTree(
        (
            Vessel("RCA", straight((0, 0, 30), (0, 0, -30))),
            Vessel("RVM", straight((0, 0, 10), (25, 0, 0), 1.0), parent="RCA"),
            Vessel("PDA", straight((0, 0, -20), (0, 25, -25), 1.0), parent="RCA"),
            Vessel("LAD", straight((-20, -30, 30), (-20, -30, -30)), parent=None),
        )
    )


@pytest.fixture
def lesion():
    """An occlusion of the main vessel from 21 to 41 mm: the first branch leaves at its proximal cap."""
    proximal = Cap((0, 0, 9), 21.0, (20.5, 21.5), side_branch_mm=1.0, side_branch="RVM")
    return Lesion("RCA", LesionKind.OCCLUSION, proximal, Cap((0, 0, -11), 41.0, (40.5, 41.5)))
