"""A C-arm position, in the signs of the DICOM positioner: LAO and cranial are positive."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from viewer.model.geometry import Float, read_only


def detector_axes(primary_deg: float, secondary_deg: float) -> tuple[Float, Float, Float]:
    """Return image right, image up and isocentre -> detector as unit vectors in LPS, each of shape (3,).

    The picture is the one seen from the detector: at 0/0 the patient's left is on its right. DICOM PS3.3 C.8.7.5.1.2.
    """
    a, b = np.radians(primary_deg), np.radians(secondary_deg)
    right = np.array([np.cos(a), np.sin(a), 0.0])
    up = np.array([-np.sin(a) * np.sin(b), np.cos(a) * np.sin(b), np.cos(b)])
    normal = np.array([np.sin(a) * np.cos(b), -np.cos(a) * np.cos(b), np.sin(b)])
    return right, up, normal


def view_label(primary_deg: float, secondary_deg: float) -> str:
    """Return the words of the catheter laboratory: ``LAO 30 / CRA 20``, ``RAO 15``, ``AP``, in whole degrees."""
    a, b = round(primary_deg), round(secondary_deg)
    words = []
    if a:
        words.append(f"{'LAO' if a > 0 else 'RAO'} {abs(a)}")
    if b:
        words.append(f"{'CRA' if b > 0 else 'CAU'} {abs(b)}")
    if not a:
        words.insert(0, "AP")
    return " / ".join(words)


@dataclass(frozen=True, slots=True, eq=False)
class CArm:
    """Where source and detector stand.

    Attributes
    ----------
    primary_deg, secondary_deg : float
        LAO + / RAO -, cranial + / caudal -.
    isocenter_lps_mm : ndarray of shape (3,)
    sid_mm, sod_mm : float
        Source to detector, source to isocentre.
    detector_mm : float
        Edge of the square detector.
    """

    primary_deg: float = 0.0
    secondary_deg: float = 0.0
    isocenter_lps_mm: Float = field(default_factory=lambda: np.zeros(3))
    sid_mm: float = 1050.0
    sod_mm: float = 750.0
    detector_mm: float = 200.0

    def __post_init__(self) -> None:
        if not -180 <= self.primary_deg <= 180 or not -90 <= self.secondary_deg <= 90:
            raise ValueError(f"no C-arm stands at {self.primary_deg}° / {self.secondary_deg}°")
        if not 0 < self.sod_mm < self.sid_mm or not self.detector_mm > 0:
            raise ValueError(f"SOD {self.sod_mm} mm must lie between 0 and SID {self.sid_mm} mm")
        center = read_only(self.isocenter_lps_mm, shape=(3,), name="isocenter_lps_mm")
        object.__setattr__(self, "isocenter_lps_mm", center)

    @property
    def label(self) -> str:
        """The angles in words."""
        return view_label(self.primary_deg, self.secondary_deg)

    @property
    def source_lps_mm(self) -> Float:
        """The focal spot, shape (3,)."""
        return self.isocenter_lps_mm - self.sod_mm * detector_axes(self.primary_deg, self.secondary_deg)[2]

    def project(self, points_lps_mm: ArrayLike) -> Float:
        """Return where points, shape (..., 3), fall on the detector: mm right and up of its centre, (..., 2)."""
        right, up, normal = detector_axes(self.primary_deg, self.secondary_deg)
        offset = np.asarray(points_lps_mm, float) - self.isocenter_lps_mm
        scale = self.sid_mm / (self.sod_mm + offset @ normal)
        return np.stack([offset @ right * scale, offset @ up * scale], axis=-1)
