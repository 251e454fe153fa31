"""Laying the CT over an angiogram: small corrections of the patient's position from a few landmarks seen in both."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation

from viewer.model.angiogram import Angiogram
from viewer.model.carm import CArm, detector_axes
from viewer.model.geometry import Float, Geometry

#: How well a landmark is picked, and how far a patient lies from where the headers say. Few landmarks leave some
#: directions open (along the beam above all); these say how readily each is corrected.
PICKED_MM = 0.5
SHIFT_MM = 40.0
TURN_DEG = 6.0


@dataclass(frozen=True, slots=True, eq=False)
class Registration:
    """How the CT must be moved to lie on the angiogram.

    Attributes
    ----------
    carm : CArm
        The position from which the CT, left where it is, looks as on the angiogram.
    roll_deg : float
        By how much the picture of `carm` must then be turned about its centre, anticlockwise.
    rigid : ndarray of shape (4, 4)
        Takes CT points (x, y, z, 1) to where they lie in the laboratory: project those with the C-arm of the headers.
    rms_mm, worst_mm : float
        What is left between landmarks, in the patient (at the isocentre's magnification).
    landmarks : int
    expected_mm : float
        How far off the CT may lie at the isocentre of the guess (one standard deviation, in the patient). Few landmarks
        always meet; this says what their meeting is worth.
    """

    carm: CArm
    roll_deg: float
    rigid: Float
    rms_mm: float
    worst_mm: float
    landmarks: int
    expected_mm: float

    def project(self, points_lps_mm: ArrayLike) -> Float:
        """Return where CT points, shape (..., 3), fall on the angiogram: mm right and up of its centre, (..., 2)."""
        flat = self.carm.project(points_lps_mm)
        c, s = np.cos(np.radians(self.roll_deg)), np.sin(np.radians(self.roll_deg))
        return flat @ np.array([[c, s], [-s, c]])

    def moved(self, geometry: Geometry) -> Geometry:
        """Return a CT grid as it lies in the laboratory: its voxels project with the C-arm of the headers."""
        return Geometry(geometry.shape, self.rigid @ geometry.affine)


def registered(angiogram: Angiogram) -> Registration | None:
    """Return how the CT lies on a run by its landmarks, ``None`` without any. One shifts it, more turn it too."""
    if not angiogram.landmarks:
        return None
    points = np.array([landmark.lps_mm for landmark in angiogram.landmarks])
    seen = np.array([landmark.seen_mm for landmark in angiogram.landmarks])
    return register(angiogram.carm, points, seen)


def register(carm: CArm, points_lps_mm: ArrayLike, seen_mm: ArrayLike) -> Registration:
    """Refine the position of the CT from landmarks that were picked in 3-D and on one angiogram.

    The most likely small shift and turn of the patient (Gaussian errors of picking, shift and turn).

    Parameters
    ----------
    carm : CArm
        Angles, distances and detector of the angiogram; the isocentre is a first guess, such as the middle of the
        vessel that was injected.
    points_lps_mm : array_like of shape (N, 3)
        Landmarks in the CT. One alone shifts it and turns nothing.
    seen_mm : array_like of shape (N, 2)
        The same on the detector: mm right and up of its centre.

    Raises
    ------
    ValueError
        If there is no landmark, or the two lists differ in length.
    """
    points, seen = np.asarray(points_lps_mm, float), np.asarray(seen_mm, float)
    if points.ndim != 2 or points.shape[1] != 3 or seen.shape != (len(points), 2):
        raise ValueError(f"landmarks of shape {points.shape} and {seen.shape} do not belong together")
    if not len(points):
        raise ValueError("a registration needs a landmark")
    middle = points.mean(0)
    magnification = carm.sid_mm / carm.sod_mm

    def laid(place: Float, six: Float) -> Float:
        return Rotation.from_rotvec(np.radians(six[3:])).apply(place - middle) + middle + six[:3]

    def moved(six: Float) -> Float:
        return laid(points, six)

    def wrong(six: Float) -> Float:
        off = (carm.project(moved(six)) - seen).ravel() / magnification
        return np.concatenate([off / PICKED_MM, six[:3] / SHIFT_MM, six[3:] / TURN_DEG])

    first = np.zeros(6)
    right, up, _ = detector_axes(carm.primary_deg, carm.secondary_deg)
    lateral = (seen - carm.project(points)).mean(0) / magnification
    first[:3] = lateral[0] * right + lateral[1] * up
    fit = least_squares(wrong, first, x_scale=[SHIFT_MM] * 3 + [TURN_DEG] * 3)
    six = fit.x
    turn = Rotation.from_rotvec(np.radians(six[3:])).as_matrix()
    rigid = np.eye(4)
    rigid[:3, :3] = turn
    rigid[:3, 3] = middle + six[:3] - turn @ middle
    rigid.setflags(write=False)
    off = np.linalg.norm(carm.project(moved(six)) - seen, axis=1) / magnification
    # Errors of picking, as they were assumed or as large as the landmarks show them, carried over to one more point.
    spread = np.linalg.inv(fit.jac.T @ fit.jac) * max(1.0, float((off**2).mean()) / PICKED_MM**2)
    aim = carm.isocenter_lps_mm
    steps = np.eye(6) * 1e-3
    change = np.stack([carm.project(laid(aim, six + s)) - carm.project(laid(aim, six)) for s in steps], axis=1) / 1e-3
    expected = float(np.sqrt(np.trace(change @ spread @ change.T))) / magnification
    standing, roll = _carm_about_still_patient(carm, turn, rigid)
    return Registration(standing, roll, rigid, float(np.sqrt((off**2).mean())), float(off.max()), len(points), expected)


def _carm_about_still_patient(carm: CArm, turn: Float, rigid: Float) -> tuple[CArm, float]:
    """Return the C-arm moved instead of the patient, and what its two angles cannot say: the roll about the beam."""
    right, _, normal = (turn.T @ axis for axis in detector_axes(carm.primary_deg, carm.secondary_deg))
    primary = float(np.degrees(np.arctan2(normal[0], -normal[1])))
    secondary = float(np.degrees(np.arcsin(np.clip(normal[2], -1, 1))))
    own_right, own_up, _ = detector_axes(primary, secondary)
    isocenter = turn.T @ (carm.isocenter_lps_mm - rigid[:3, 3])
    roll = -float(np.degrees(np.arctan2(right @ own_up, right @ own_right)))
    return replace(carm, primary_deg=primary, secondary_deg=secondary, isocenter_lps_mm=isocenter), roll
