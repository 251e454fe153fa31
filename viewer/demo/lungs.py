"""Vessels and airways of the lungs: trees that grow from the hila and thin out towards the chest wall."""

from __future__ import annotations

import numpy as np

from viewer.model.geometry import Float, unit

#: Hilum, mean direction, radius in mm, share of the aorta's contrast; 0 marks an airway.
_ROOTS = (
    ((-50, 30, 47), (-0.7, -0.2, 0.6), 5.2, 0.66),
    ((-54, 34, 42), (-0.7, 0.5, -0.45), 5.6, 0.66),
    ((-52, 26, 40), (-0.75, -0.6, -0.1), 4.4, 0.66),
    ((-60, 31, 43), (-0.8, -0.3, 0.4), 3.8, 0.98),
    ((-62, 55, -6), (-0.75, 0.2, -0.6), 3.6, 0.98),
    ((-46, 45, 43), (-0.7, 0.1, -0.2), 3.2, 0.0),
    ((-50, 46, 41), (-0.5, 0.4, -0.7), 3.4, 0.0),
    ((56, 25, 54), (0.7, -0.3, 0.5), 4.8, 0.66),
    ((58, 28, 52), (0.6, 0.5, -0.6), 5.4, 0.66),
    ((64, 36, 45), (0.75, -0.5, 0.2), 3.8, 0.98),
    ((64, 58, -12), (0.7, 0.2, -0.6), 3.4, 0.98),
    ((52, 49, 43), (0.7, -0.1, 0.0), 3.0, 0.0),
    ((52, 50, 42), (0.5, 0.4, -0.7), 3.2, 0.0),
)
_THINNEST_MM = 0.42


def tubes(seed: int, contrast_hu: float) -> Float:
    """Return the pieces of all lung trees, shape (T, 9): start, radius, end, radius, HU; walls of airways first."""
    rng = np.random.default_rng((seed, 77))
    rows: list[list[float]] = []
    lumina: list[list[float]] = []
    for start, direction, radius, share in _ROOTS:
        work = [(np.array(start, float), unit(direction), radius)]
        while work:
            at, heading, r = work.pop()
            length = 3.0 * r + rng.uniform(3.0, 9.0)
            for _ in range(max(2, round(length / 3.0))):
                heading = unit(heading + 0.16 * rng.standard_normal(3))
                end = at + 3.0 * heading
                thinner = 0.965 * r
                if share > 0:
                    rows.append([*at, r, *end, thinner, share * contrast_hu])
                else:
                    rows.append([*at, r + 0.25 + 0.18 * r, *end, thinner + 0.25 + 0.18 * thinner, -30.0])
                    lumina.append([*at, r, *end, thinner, -985.0])
                at, r = end, thinner
                if share > 0 and r > 0.9 and rng.random() < 0.4:
                    aside = unit(np.cross(heading, rng.standard_normal(3)))
                    work.append((at, unit(0.35 * heading + aside), rng.uniform(0.35, 0.6) * r))
            if r < _THINNEST_MM or max(abs(at[0]) - 100, abs(at[1]) - 100, abs(at[2]) - 80) > 0:
                continue
            if share == 0 and r < 0.9:
                continue
            side = unit(np.cross(heading, rng.standard_normal(3)))
            split = rng.uniform(0.62, 0.86)
            work.append((at, unit(heading + 0.35 * side), r * (1 - 0.45 * split**3) ** (1 / 3) * 0.97))
            work.append((at, unit(heading - 0.85 * side), r * split * 0.92))
    return np.array(rows + lumina)
