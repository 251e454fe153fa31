"""The pictures of a planning sheet, computed without a window by what the window is drawn with."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from viewer.analysis.fluoro.preview import Preview, with_injection
from viewer.analysis.fluoro.preview import prepare as prepare_projection
from viewer.analysis.reformat.sections import cross_section
from viewer.analysis.reformat.straightened import Straightened, straightened
from viewer.desk.sight import Along, along
from viewer.model.carm import CArm
from viewer.model.case import Case
from viewer.model.geometry import Float
from viewer.model.vessel import VesselTree
from viewer.model.view import ViewState
from viewer.model.volume import Volume
from viewer.progress import Progress, silent
from viewer.scene.anatomy import find_tissue
from viewer.scene.camera import Camera, fitted
from viewer.scene.picture import LEAST_AXIS, Look, Picture, Prepared, Request
from viewer.scene.picture import prepare as prepare_rendering
from viewer.scene.raycaster import RayCaster
from viewer.scene.recipe import fitted_recipe, presets

#: Pixels of a projection, and of the 3-D still.
XRAY_PX, RENDERING_PX = 512, (812, 560)
#: What of the patient a projection shows: edge of the detector.
FIELD_MM = 155.0
SECTION_HALF_WIDTH_MM = 7.0
REFORMATION_PIXEL_MM = 0.15


@dataclass(frozen=True, slots=True, eq=False)
class Prepared3D:
    """A volume made ready for 3-D stills."""

    prepared: Prepared
    tissue: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Studio:
    """What stills of one volume and tree are made with; kept by callers who make several sheets.

    Attributes
    ----------
    volume : Volume
    tree : VesselTree
    preview : Preview
    rendering : Prepared3D or None
        ``None`` where the volume is too thin.
    """

    volume: Volume
    tree: VesselTree
    preview: Preview
    rendering: Prepared3D | None

    def serves(self, case: Case) -> bool:
        """Tell whether it was made from this case's volume and tree."""
        return self.volume is case.volume and self.tree is case.tree


def open_studio(case: Case, progress: Progress = silent) -> Studio:
    """Make a volume ready for stills; takes a second or two."""
    volume = case.volume

    def rendering() -> Prepared3D | None:
        if min(volume.hu.shape) < LEAST_AXIS:
            return None
        prepared = prepare_rendering(volume)
        return Prepared3D(prepared, find_tissue(prepared.anatomy_level, prepared.contrast))

    with ThreadPoolExecutor(1, thread_name_prefix="still") as pool:
        beside = pool.submit(rendering)
        preview = prepare_projection(volume, case.tree, progress=progress)
        return Studio(volume, case.tree, preview, beside.result())


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    """A projection and the C-arm that it was made with."""

    grey: NDArray[np.uint8]
    carm: CArm


@dataclass(frozen=True, slots=True, eq=False)
class Stills:
    """The pictures of one page.

    Attributes
    ----------
    sight : Along
        The course that reformation and sections follow.
    reformation : Straightened
    projections : tuple of Still
    rendering : Picture or None
    sections : tuple of ndarray
        HU, row 0 at the lowest offset along `up`.
    """

    sight: Along
    reformation: Straightened
    projections: tuple[Still, ...]
    rendering: Picture | None
    sections: tuple[NDArray[np.float32], ...]


def make_stills(
    studio: Studio,
    case: Case,
    view: ViewState,
    vessel: str,
    middle_lps_mm: Float,
    angles_deg: Sequence[tuple[float, float]],
    section_stations_mm: Sequence[float],
    half_width_mm: float,
    progress: Progress = silent,
) -> Stills:
    """Return the pictures of one page.

    Parameters
    ----------
    studio : Studio
        Made for this case's volume and tree.
    case : Case
    view : ViewState
        Its angle about the vessel, its slab and its C-arm's distances are used.
    vessel : str
    middle_lps_mm : ndarray of shape (3,)
        Where the C-arm's isocentre is put.
    angles_deg : sequence of (primary, secondary)
        Of the projections; the 3-D still is seen from the first.
    section_stations_mm : sequence of float
        Stations of the course.
    half_width_mm : float
        Of the reformation.
    progress : Progress
    """
    sight = along(case.tree, vessel)
    preview = with_injection(studio.preview, case.tree, case.lesions)
    with ThreadPoolExecutor(1, thread_name_prefix="still") as pool:
        beside = pool.submit(_rendering, studio, angles_deg[0])
        projections = []
        for number, (primary, secondary) in enumerate(angles_deg):
            progress(0.1 + 0.8 * number / len(angles_deg), "Computing the X-ray previews")
            carm = replace(
                view.carm,
                primary_deg=primary,
                secondary_deg=secondary,
                isocenter_lps_mm=middle_lps_mm,
                detector_mm=FIELD_MM,
            )
            projections.append(Still(preview.picture(carm, XRAY_PX), carm))
        progress(0.9, "Laying the vessel out")
        laid_out = straightened(
            case.volume,
            sight.frames,
            view.angle_deg,
            half_width_mm=half_width_mm,
            pixel_mm=REFORMATION_PIXEL_MM,
            slab=view.slab,
        )
        sections = tuple(
            cross_section(case.volume, sight.frames, station, half_width_mm=SECTION_HALF_WIDTH_MM, pixel_mm=0.1)
            for station in section_stations_mm
        )
        return Stills(sight, laid_out, tuple(projections), beside.result(), sections)


def _rendering(studio: Studio, angles_deg: tuple[float, float]) -> Picture | None:
    if studio.rendering is None:
        return None
    prepared, contrast = studio.rendering.prepared, studio.rendering.prepared.contrast
    recipe = fitted_recipe(presets()[0], contrast.lumen_hu)
    box = contrast.heart_box if recipe.preset.cropped else prepared.whole_box
    camera = fitted(Camera(*angles_deg), studio.volume.geometry, box, RENDERING_PX, margin=0.8)
    caster = RayCaster()
    try:
        return caster.picture(Request(prepared, Look(recipe, box, 0.0, studio.rendering.tissue), camera, RENDERING_PX))
    finally:
        caster.close()
