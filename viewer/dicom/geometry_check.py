"""Do the pictures form a grid? Spacing comes from positions, and what is wrong is said in words, with the slices named.

Two thresholds keep the words honest. Up to `NUMERIC_NIL_MM` a deviation is the rounding of decimal numbers in a header
and is not worth a word. Up to `CLINICAL_NIL` of a step it is real and of no consequence: a note. Beyond, the stack is
resampled to an even grid as long as no distance exceeds `BRIDGED_STEP_MM` (the interpolated slice then is no thicker
than what CCTA is read at), otherwise refused. A tilted gantry is known exactly from the positions and is sheared back.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from viewer.dicom.series import Picture, Stack
from viewer.model.geometry import Float, Geometry
from viewer.model.volume import Finding, Severity

#: Deviations up to this are rounding.
NUMERIC_NIL_MM = 0.01
#: Deviations up to this share of a step (or of a pixel, for a shift) are real and of no consequence.
CLINICAL_NIL = 0.1
#: Uneven steps are resampled as long as none is longer than this.
BRIDGED_STEP_MM = 1.0
#: A step this much longer than the usual one has at least one slice missing in it.
GAP_STEPS = 1.5
#: The directions of a picture may miss unit length and the right angle by this.
DIRECTION_NIL = 1e-3
#: A gantry is not tilted by more than this.
STEEPEST_TILT_DEG = 45.0


def normal_of(picture: Picture) -> Float | None:
    """Return the direction across the picture, shape (3,), or ``None`` if its orientation makes no sense."""
    axes = axes_of(picture)
    return None if axes is None else axes[0]


def axes_of(picture: Picture) -> Float | None:
    """Return the directions of slices, rows and columns as rows of a (3, 3) array, at exact right angles.

    ``None`` if the picture gives no orientation, or one that is no pair of perpendicular unit vectors.
    """
    if picture.orientation is None:
        return None
    along_columns, along_rows = np.array(picture.orientation, float).reshape(2, 3)
    lengths = np.linalg.norm(along_columns), np.linalg.norm(along_rows)
    if max(abs(length - 1) for length in lengths) > 10 * DIRECTION_NIL:
        return None
    along_columns, along_rows = along_columns / lengths[0], along_rows / lengths[1]
    skew = float(along_columns @ along_rows)
    if abs(skew) > DIRECTION_NIL:
        return None
    along_rows = along_rows - skew * along_columns
    along_rows /= np.linalg.norm(along_rows)
    return np.array([np.cross(along_columns, along_rows), along_rows, along_columns]) + 0.0


def depths_along_normal_mm(pictures: Sequence[Picture]) -> Float | None:
    """Return where each picture lies along the normal of the first, or ``None`` if one of them does not tell."""
    normal = normal_of(pictures[0])
    if normal is None or any(picture.position_lps_mm is None for picture in pictures):
        return None
    return np.array([picture.position_lps_mm for picture in pictures], float) @ normal


def has_duplicates(pictures: Sequence[Picture]) -> bool:
    """Tell whether two pictures lie at the same place."""
    depths = depths_along_normal_mm(pictures)
    return depths is not None and len(depths) > 1 and bool((np.diff(np.sort(depths)) <= NUMERIC_NIL_MM).any())


def is_even(pictures: Sequence[Picture]) -> bool:
    """Tell whether the pictures lie at even steps, none missing and none twice."""
    depths = depths_along_normal_mm(pictures)
    if depths is None or len(depths) < 2:
        return False
    depths = np.sort(depths)
    step = (depths[-1] - depths[0]) / (len(depths) - 1)
    return bool(step > NUMERIC_NIL_MM and _unevenness_mm(depths) <= max(CLINICAL_NIL * step, NUMERIC_NIL_MM))


def check_stack(pictures: Sequence[Picture]) -> tuple[Stack | None, tuple[Finding, ...]]:
    """Sort the pictures along their normal and find the grid that they become.

    Parameters
    ----------
    pictures : sequence of Picture
        Of one orientation, matrix and pixel spacing.

    Returns
    -------
    stack : Stack or None
        ``None`` if no volume can be made of them.
    findings : tuple of Finding
        What was noticed; a refusal among them if there is no stack.
    """
    first = pictures[0]
    axes, spacing = axes_of(first), first.pixel_spacing_mm
    if spacing is None:
        return None, (
            _refusal("The pictures do not tell the size of their pixels, so nothing can be measured in them."),
        )
    if first.orientation is not None and axes is None:
        return None, (
            _refusal("The orientation in the header is no pair of perpendicular directions; the header is damaged."),
        )
    depths = depths_along_normal_mm(pictures)
    if axes is None or depths is None:
        return None, (_refusal("The pictures do not tell where they lie in the patient, so they form no volume."),)
    if len(pictures) < 2:
        return None, (_refusal("This is a single picture; a volume needs a stack of slices."),)

    order = np.argsort(depths, kind="stable")
    pictures, depths = tuple(pictures[i] for i in order), depths[order]
    positions = np.array([picture.position_lps_mm for picture in pictures], float)
    shifts = (positions - positions[0]) @ axes[[2, 1]].T
    findings: list[Finding] = []

    problem = _placement_problem(pictures, depths)
    if problem is not None:
        return None, (problem,)
    step, uneven = _steps(pictures, depths, findings)
    sheared = _sideways(depths, shifts, spacing, findings)
    if sheared is None:
        return None, tuple(findings)

    shape = (len(pictures), first.layout.rows, first.layout.columns)
    origin = positions[0]
    if uneven:
        shape = (int(np.floor((depths[-1] - depths[0]) / step + 1e-3)) + 1, *shape[1:])
    if sheared:
        pixel = np.array([spacing[1], spacing[0]])
        low, high = shifts.min(axis=0), shifts.max(axis=0)
        more = np.ceil((high - low) / pixel - 1e-6).astype(int)
        shape = (shape[0], shape[1] + int(more[1]), shape[2] + int(more[0]))
        origin = origin + low @ axes[[2, 1]]
    geometry = Geometry.from_axes(shape, origin, (step, *spacing), axes)
    stack = Stack(pictures, depths, shifts, geometry, uneven or sheared)
    error = corner_error_mm(stack)
    if error > max(CLINICAL_NIL * max(step, *spacing), NUMERIC_NIL_MM) + (step if uneven else 0):
        return None, (_refusal(f"The corners of the volume miss the positions in the headers by {error:.2f} mm."),)
    return stack, tuple(findings)


def corner_error_mm(stack: Stack) -> float:
    """Return by how much the corners of the first and last picture, as their tags give them, miss the grid."""
    worst = 0.0
    for picture, depth in ((stack.pictures[0], stack.depths_mm[0]), (stack.pictures[-1], stack.depths_mm[-1])):
        position, orientation, spacing = picture.position_lps_mm, picture.orientation, picture.pixel_spacing_mm
        if position is None or orientation is None or spacing is None:
            return float("inf")
        along_columns, along_rows = np.array(orientation, float).reshape(2, 3)
        k = round((depth - stack.depths_mm[0]) / stack.geometry.spacing_mm[0])
        for row in (0, picture.layout.rows - 1):
            for column in (0, picture.layout.columns - 1):
                told = np.array(position) + along_columns * column * spacing[1] + along_rows * row * spacing[0]
                index = stack.geometry.to_index(told)
                if stack.resampled:
                    index[1:] = np.clip(index[1:], 0, np.array(stack.geometry.shape[1:]) - 1)
                else:
                    index[1:] = row, column
                index[0] = k
                worst = max(worst, float(np.linalg.norm(stack.geometry.to_lps(index) - told)))
    return worst


def named(pictures: Sequence[Picture], most: int = 3) -> str:
    """Name slices before the operator, by position and by file: the first few of them."""
    more = len(pictures) - most
    return ", ".join(map(_place, pictures[:most])) + (f" and {more} more" if more > 0 else "")


def _place(picture: Picture) -> str:
    """Return where a slice lies, along the patient axis that it is most nearly across, and its file."""
    normal = normal_of(picture)
    if normal is None or picture.position_lps_mm is None:
        return picture.called
    return f"{picture.position_lps_mm[int(np.abs(normal).argmax())]:.1f} mm ({picture.called})"


def _unevenness_mm(depths: Float) -> float:
    return float(np.abs(depths - np.linspace(depths[0], depths[-1], len(depths))).max())


def _refusal(text: str) -> Finding:
    return Finding(Severity.REFUSAL, text)


def _placement_problem(pictures: tuple[Picture, ...], depths: Float) -> Finding | None:
    """Return a refusal if slices lie on one another or if some are missing."""
    steps = np.diff(depths)
    if depths[-1] - depths[0] <= NUMERIC_NIL_MM:
        return _refusal(
            f"All {len(pictures)} pictures lie at the same place, {_place(pictures[0])}; they form no volume."
        )
    twice = np.flatnonzero(steps <= NUMERIC_NIL_MM)
    if len(twice):
        again = [pictures[i + 1] for i in twice]
        return _refusal(
            f"{len(twice)} of {len(pictures)} pictures lie where another one lies already, and nothing in the headers "
            f"tells them apart: {named(again)}."
        )
    usual = float(np.median(steps))
    gaps = np.flatnonzero((steps > GAP_STEPS * usual) & (steps > BRIDGED_STEP_MM))
    if len(gaps):
        told = ", ".join(
            f"{steps[i]:.1f} mm between {_place(pictures[i])} and {_place(pictures[i + 1])}" for i in gaps[:3]
        )
        more = f" and {len(gaps) - 3} more" if len(gaps) > 3 else ""
        return _refusal(f"Slices are missing: the usual step is {usual:.2f} mm, but there are {told}{more}.")
    even = _unevenness_mm(depths) <= CLINICAL_NIL * usual
    if not even and steps.max() > BRIDGED_STEP_MM and (steps.max() - steps.min()) > CLINICAL_NIL * usual:
        i, j = int(steps.argmax()), int(steps.argmin())
        return _refusal(
            f"The slices lie at uneven steps, from {steps[j]:.2f} mm at {_place(pictures[j])} to {steps[i]:.2f} mm at "
            f"{_place(pictures[i])}."
        )
    return None


def _steps(pictures: tuple[Picture, ...], depths: Float, findings: list[Finding]) -> tuple[float, bool]:
    """Return the step of the grid, and whether the slices must be resampled to lie on it."""
    steps = np.diff(depths)
    mean = (depths[-1] - depths[0]) / len(steps)
    deviation = _unevenness_mm(depths)
    if deviation <= max(CLINICAL_NIL * mean, NUMERIC_NIL_MM):
        if deviation > NUMERIC_NIL_MM:
            findings.append(
                Finding(
                    Severity.NOTE,
                    f"Slices lie up to {deviation:.2f} mm beside even steps of {mean:.2f} mm; this does not matter.",
                )
            )
        return round(float(mean), 6), False
    usual = round(float(np.median(steps)), 6)
    odd = np.flatnonzero(np.abs(steps - usual) > max(CLINICAL_NIL * usual, NUMERIC_NIL_MM))
    where = named([pictures[i + 1] for i in odd]) if len(odd) else "throughout the stack"
    gaps = odd[steps[odd] > GAP_STEPS * usual]
    what = "Slices are missing" if len(gaps) else "The slices lie at uneven steps"
    findings.append(
        Finding(
            Severity.CAUTION,
            f"{what} (steps of {steps.min():.2f} to {steps.max():.2f} mm, before {where}); "
            f"the volume was interpolated to even steps of {usual:.2f} mm.",
        )
    )
    return usual, True


def _sideways(depths: Float, shifts: Float, spacing: tuple[float, float], findings: list[Finding]) -> bool | None:
    """Tell whether the slices are displaced sideways and must be sheared back; ``None`` if that makes no sense."""
    extent = float(np.abs(shifts).max())
    if extent <= NUMERIC_NIL_MM:
        return False
    if extent <= CLINICAL_NIL * min(spacing):
        findings.append(
            Finding(
                Severity.NOTE, f"The slices are displaced sideways by up to {extent:.2f} mm; this is of no consequence."
            )
        )
        return False
    depth = depths - depths[0]
    slope = depth @ shifts / (depth @ depth)
    angle = float(np.degrees(np.arctan(np.linalg.norm(slope))))
    stray = float(np.abs(shifts - depth[:, None] * slope).max())
    if angle > STEEPEST_TILT_DEG or stray > 20 * min(spacing):
        findings.append(
            _refusal(
                f"The slices are displaced sideways by up to {extent:.1f} mm, which no tilt of the gantry explains."
            )
        )
        return None
    how = f"The gantry was tilted by {angle:.1f}°" if stray <= min(spacing) else "The slices are displaced sideways"
    findings.append(
        Finding(
            Severity.CAUTION,
            f"{how}, so that slices lie up to {extent:.1f} mm beside one another; the volume was sheared back to a "
            "grid at right angles.",
        )
    )
    return True
