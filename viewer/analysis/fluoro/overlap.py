"""How much of a stretch of vessel lies behind or before other vessels, seen from an angle."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numba import prange
from numpy.typing import ArrayLike

from viewer.analysis.fluoro.foreshortening import view_directions
from viewer.analysis.fluoro.injection import open_stretches
from viewer.analysis.fluoro.tubes import beads
from viewer.analysis.kernels import parallel_kernel
from viewer.model.carm import CArm
from viewer.model.geometry import Float
from viewer.model.lesion import Lesion
from viewer.model.vessel import VesselTree

#: Beads of a vessel that stand for its tube are this far apart, and not thinner than lets them touch.
_BEAD_MM = 1.0
_THINNEST_MM = 0.6
#: What is this close in space cannot be told apart from any side: a branch where it leaves.
TOUCHING_MM = 4.0


@parallel_kernel(fastmath=True)
def _covered(
    target: np.ndarray, other: np.ndarray, radius: np.ndarray, normal: np.ndarray, sod: float, out: np.ndarray
) -> None:
    n_target, n_other = target.shape[1], other.shape[1]
    for view in prange(normal.shape[0]):
        n0, n1, n2 = normal[view, 0], normal[view, 1], normal[view, 2]
        level = np.sqrt(n0 * n0 + n1 * n1)
        c, s = np.float32(1.0), np.float32(0.0)
        if level > np.float32(1e-6):
            c, s = -n1 / level, n0 / level
        up0, up1, up2 = -s * n2, c * n2, level
        tx = np.empty(n_target, np.float32)
        ty = np.empty(n_target, np.float32)
        left = bottom = np.float32(1e9)
        right = top = np.float32(-1e9)
        for m in range(n_target):
            p, q, r = target[0, m], target[1, m], target[2, m]
            scale = sod / (sod + p * n0 + q * n1 + r * n2)
            tx[m] = (p * c + q * s) * scale
            ty[m] = (p * up0 + q * up1 + r * up2) * scale
            left, right = min(left, tx[m]), max(right, tx[m])
            bottom, top = min(bottom, ty[m]), max(top, ty[m])
        x = np.empty(n_other, np.float32)
        y = np.empty(n_other, np.float32)
        reach = np.empty(n_other, np.float32)
        near = 0
        for n in range(n_other):
            p, q, r = other[0, n], other[1, n], other[2, n]
            scale = sod / (sod + p * n0 + q * n1 + r * n2)
            ox = (p * c + q * s) * scale
            oy = (p * up0 + q * up1 + r * up2) * scale
            size = radius[n] * scale
            if left - size < ox < right + size and bottom - size < oy < top + size:
                x[near], y[near], reach[near] = ox, oy, size * size
                near += 1
        hidden = 0
        for m in range(n_target):
            least = np.float32(1.0)
            for n in range(near):
                dx, dy = x[n] - tx[m], y[n] - ty[m]
                least = min(least, dx * dx + dy * dy - reach[n])
            if least < 0:
                hidden += 1
        out[view] = np.float32(100 * hidden) / np.float32(n_target)


def overlap_percent(
    target_lps_mm: ArrayLike,
    other_lps_mm: ArrayLike,
    other_radius_mm: ArrayLike,
    primary_deg: ArrayLike,
    secondary_deg: ArrayLike,
    carm: CArm | None = None,
) -> Float:
    """Return the share of target points that another vessel's projected tube covers, for many angles.

    Parameters
    ----------
    target_lps_mm : array_like of shape (T, 3)
    other_lps_mm : array_like of shape (O, 3)
        Beads along the other vessels, about a millimetre apart.
    other_radius_mm : array_like of shape (O,)
    primary_deg, secondary_deg : array_like
        Angles, broadcast together to shape (...).
    carm : CArm, optional
        Gives isocentre and source distance; by default the isocentre is the middle of the target.

    Returns
    -------
    ndarray of shape (...)
        0 to 100.
    """
    target, other = np.asarray(target_lps_mm, float).reshape(-1, 3), np.asarray(other_lps_mm, float).reshape(-1, 3)
    normal = view_directions(primary_deg, secondary_deg)
    out = np.zeros(normal.shape[:-1])
    if not len(target) or not len(other):
        return out
    frame = carm or CArm(isocenter_lps_mm=target.mean(0))
    radius = np.maximum(np.asarray(other_radius_mm, float), _THINNEST_MM)
    found = np.empty(out.size, np.float32)
    _covered(
        np.ascontiguousarray((target - frame.isocenter_lps_mm).T, np.float32),
        np.ascontiguousarray((other - frame.isocenter_lps_mm).T, np.float32),
        radius.astype(np.float32),
        normal.reshape(-1, 3).astype(np.float32),
        np.float32(frame.sod_mm),
        found,
    )
    return found.reshape(out.shape).astype(float)


def other_vessels(
    tree: VesselTree, vessel: str, target_lps_mm: Float, lesions: Iterable[Lesion] = ()
) -> tuple[Float, Float]:
    """Return beads and radii of all that dye can fill beside `vessel`: shapes (O, 3) and (O,).

    What touches the target in space is left out: no angle takes it away.
    """
    points, radii = [np.zeros((0, 3))], [np.zeros(0)]
    for stretch in open_stretches(tree, lesions):
        if stretch.vessel != vessel:
            where, radius = beads(tree[stretch.vessel].centerline, (stretch.from_mm, stretch.to_mm), _BEAD_MM)
            points.append(where[radius > 0])
            radii.append(radius[radius > 0])
    where, radius = np.concatenate(points), np.concatenate(radii)
    if len(where):
        nearest = np.sqrt(((where[:, None] - np.asarray(target_lps_mm)[None]) ** 2).sum(-1).min(1))
        apart = nearest > np.maximum(TOUCHING_MM, radius + 1.0)
        where, radius = where[apart], radius[apart]
    return where, radius
