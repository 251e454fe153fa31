"""Whether there is contrast in the aorta, and whether the picture is fine enough for an automatic tree."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from viewer.analysis.coronary.aorta import RoundTube
from viewer.errors import NoTree
from viewer.model.volume import Finding, Severity, Volume

#: Below this an aorta holds no arterial contrast; coronary CT aims at 300 HU and more.
LEAST_CONTRAST_HU = 180.0
GOOD_CONTRAST_HU = 280.0
#: Steps above this do not resolve a coronary of 2 mm.
COARSEST_MM, COARSE_MM = 1.05, 0.75
NOISY_HU = 50.0


def ascending_aortas(tubes: Sequence[RoundTube]) -> tuple[RoundTube, ...]:
    """Return the tubes that may be the ascending aorta, the likeliest first.

    The descending aorta is as bright and as round, but lies far behind; the pulmonary trunk and the caval vein are, at
    arterial phase, darker or thinner.

    Raises
    ------
    NoTree
        If no round bright tube is there.
    """
    bright = [t for t in tubes if t.roundness >= 0.75 and t.lumen_hu >= LEAST_CONTRAST_HU]
    if not bright:
        raise NoTree(
            "There is no contrast in the aorta: no round vessel brighter than "
            f"{LEAST_CONTRAST_HU:.0f} HU runs through the slices.",
            "Choose a series with arterial contrast.",
        )

    def behind(tube: RoundTube) -> bool:
        return any(
            other.center_lps_mm[:, 1].mean() < tube.center_lps_mm[:, 1].mean() - 25.0
            and other.lumen_hu > 0.75 * tube.lumen_hu
            and other.radius_mm.mean() > 0.75 * tube.radius_mm.mean()
            for other in bright
            if other is not tube
        )

    def merit(tube: RoundTube) -> float:
        brightest = max(t.lumen_hu for t in bright)
        return min(tube.length_mm, 50.0) / 50.0 + 1.5 * tube.roundness + tube.lumen_hu / brightest

    return tuple(sorted((t for t in bright if not behind(t)), key=merit, reverse=True))


def fitness(volume: Volume, aorta: RoundTube) -> tuple[Finding, ...]:
    """Return what the operator should know about contrast, noise and resolution."""
    findings = []
    step = float(volume.geometry.spacing_mm.max())
    if step > COARSE_MM:
        findings.append(
            Finding(Severity.CAUTION, f"The voxels are {step:.2f} mm wide; branches thinner than 2 mm may be missing.")
        )
    if aorta.lumen_hu < GOOD_CONTRAST_HU:
        findings.append(
            Finding(
                Severity.CAUTION, f"The contrast in the aorta is weak ({aorta.lumen_hu:.0f} HU); check every vessel."
            )
        )
    if aorta.lumen_sd_hu > NOISY_HU:
        findings.append(
            Finding(
                Severity.CAUTION, f"The noise in the aorta is high ({aorta.lumen_sd_hu:.0f} HU); check every vessel."
            )
        )
    return tuple(findings)


def refuse_too_coarse(volume: Volume) -> None:
    """Raise `NoTree` where the voxels are too large for an automatic tree."""
    step = float(np.max(volume.geometry.spacing_mm))
    if step > COARSEST_MM:
        raise NoTree(
            f"The voxels are up to {step:.2f} mm wide; no coronary tree can be found by itself in so coarse a picture.",
            "Choose a series of 0.75 mm or less, or trace the vessels by hand.",
        )
