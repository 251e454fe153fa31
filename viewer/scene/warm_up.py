"""Compile the loops of the 3-D view before they are needed: the first time on a machine that takes seconds."""

from __future__ import annotations

import numpy as np

from viewer.model.geometry import Geometry
from viewer.model.volume import Volume
from viewer.progress import Progress, silent
from viewer.scene.anatomy import find_tissue
from viewer.scene.camera import Camera
from viewer.scene.picture import Look, Request, prepare
from viewer.scene.raycaster import RayCaster
from viewer.scene.recipe import fitted_recipe, preset


def warm_up(progress: Progress = silent) -> None:
    """Draw two pictures of a small volume, for a background job at the start of the program or an installer."""
    shape = (40, 40, 40)
    hu = np.full(shape, 400, np.int16)
    hu[:6] = -100
    prepared = prepare(Volume(hu, Geometry.from_axes(shape, (0, 0, 0), (1.5, 1.5, 1.5))), progress)
    tissue = find_tissue(prepared.anatomy_level, prepared.contrast, progress)
    caster = RayCaster(1)
    try:
        for key in ("vessels", "mip"):
            look = Look(fitted_recipe(preset(key), prepared.contrast.lumen_hu), prepared.whole_box, 0.0, tissue)
            caster.picture(Request(prepared, look, Camera(), (16, 16)), progress)
    finally:
        caster.close()
