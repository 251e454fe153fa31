"""The X-ray preview: patient, injection and the end of the scan, laid out once, shown from any angle."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from viewer.analysis.fluoro.attenuation import TUBE_KV
from viewer.analysis.fluoro.fluoroscopy import Grey, Look, fluoroscopy, subtraction
from viewer.analysis.fluoro.injection import Fill, injection
from viewer.analysis.fluoro.layout import Projectable, projectable
from viewer.analysis.fluoro.projection import Picture, line_integrals
from viewer.analysis.fluoro.surroundings import patient
from viewer.analysis.fluoro.truncation import filled_beyond_scan, not_measured, path_in_scan_mm
from viewer.model.carm import CArm
from viewer.model.geometry import Geometry
from viewer.model.lesion import Lesion
from viewer.model.vessel import VesselTree
from viewer.model.volume import Volume
from viewer.progress import Progress, silent

#: How many times the voxels are halved while the C-arm is being turned.
DRAGGING_LEVEL = 1


@dataclass(frozen=True, slots=True, eq=False)
class Preview:
    """All that a simulated projection is made of. Callers keep it for as long as volume, tree and lesions stay.

    Attributes
    ----------
    geometry : Geometry
        The grid of the CT.
    patient : Projectable
        The patient before the injection.
    dye : Projectable or None
        What the injection adds.
    empty : Projectable or None
        Where the scanner's field of view left the grid empty.
    """

    geometry: Geometry
    patient: Projectable
    dye: Projectable | None = None
    empty: Projectable | None = None

    def integrals(self, carm: CArm, size_px: int = 512, *, level: int = 0) -> Picture:
        """Return the line integrals of attenuation, dye included, as `line_integrals` does."""
        integrals = line_integrals(self.patient, carm, size_px, level=level)
        return integrals if self.dye is None else integrals + line_integrals(self.dye, carm, size_px, level=level)

    def picture(self, carm: CArm, size_px: int = 512, *, level: int = 0, look: Look | None = None) -> Grey:
        """Return the picture on the monitor, uint8 of shape (size_px, size_px), seen from the detector."""
        integrals = line_integrals(self.patient, carm, size_px, level=level)
        path_mm = path_in_scan_mm(self.geometry, self.empty, carm, size_px)
        integrals = filled_beyond_scan(integrals, path_mm)
        if self.dye is not None:
            integrals = integrals + line_integrals(self.dye, carm, size_px, level=level)
        return fluoroscopy(integrals, look or Look())

    def subtracted(self, carm: CArm, size_px: int = 512, *, level: int = 0, look: Look | None = None) -> Grey:
        """Return the digital subtraction: the dye alone, uint8 of shape (size_px, size_px)."""
        dye = np.zeros((size_px, size_px), np.float32)
        if self.dye is not None:
            dye = line_integrals(self.dye, carm, size_px, level=level)
        return subtraction(dye, look or Look())


def prepare(
    volume: Volume,
    tree: VesselTree,
    *,
    own_contrast: bool = False,
    heart_only: bool = False,
    tube_kv: float = TUBE_KV,
    progress: Progress = silent,
) -> Preview:
    """Lay out a patient for projection, without an injection; takes a second or two.

    Parameters
    ----------
    volume : Volume
    tree : VesselTree
        Coronary arteries, whose own contrast stays visible.
    own_contrast : bool
        Leave the contrast of the CT in chambers and great vessels.
    heart_only : bool
        Without bones, chest wall and diaphragm.
    tube_kv : float
    progress : Progress
    """

    def first_part(share: float, text: str = "") -> None:
        progress(0.6 * share, text)

    attenuation = patient(
        volume, tree, own_contrast=own_contrast, heart_only=heart_only, tube_kv=tube_kv, progress=first_part
    )
    progress(0.6, "Laying the voxels out for projection")
    laid_out = projectable(attenuation)
    progress(0.9, "Looking where the scan ends")
    empty = not_measured(volume)
    progress(1.0, "Ready to project")
    return Preview(volume.geometry, laid_out, None, empty)


def with_injection(
    preview: Preview,
    tree: VesselTree,
    lesions: Iterable[Lesion],
    fills: Iterable[Fill] = (Fill.ANTEGRADE,),
    ostia: Iterable[str] | None = None,
) -> Preview:
    """Return the same patient with dye in the stretches of `injection`; takes milliseconds."""
    dye = injection(tree, lesions, preview.geometry, fills, ostia)
    return replace(preview, dye=None if dye is None else projectable(dye))
