"""What the plaque between lumen and outer wall is made of, by Hounsfield classes."""

from __future__ import annotations

import numpy as np

from viewer.analysis.plaque.unrolled import grid
from viewer.model.composition import Composition, TissueClass, tissue_class
from viewer.model.cross_section import CrossSections
from viewer.model.volume import Volume


def measure_composition(volume: Volume, sections: CrossSections, from_mm: float, to_mm: float) -> Composition:
    """Measure the density classes of the plaque between two stations, usually from cap to cap.

    Where contrast is near, it raises the classes beside it; so the numbers are meant for the occluded stretch.

    Parameters
    ----------
    volume : Volume
    sections : CrossSections
    from_mm, to_mm : float

    Returns
    -------
    Composition

    Raises
    ------
    ValueError
        If the stretch holds fewer than two stations.
    """
    station = sections.frames.station_mm
    inside = np.flatnonzero((station >= from_mm - 1e-9) & (station <= to_mm + 1e-9))
    if len(inside) < 2:
        raise ValueError(f"no two stations between {from_mm} and {to_mm} mm")
    cells = grid(volume, sections, int(inside[0]), int(inside[-1]) + 1)
    cell_mm = float(cells.offset_mm[1] - cells.offset_mm[0])
    plaque = cells.inside * (1 - np.clip(cells.lumen_mm / cell_mm + 0.5, 0, 1))
    classes = tissue_class(cells.hu)
    here = station[inside]
    edge = np.concatenate([[from_mm], 0.5 * (here[1:] + here[:-1]), [to_mm]])
    length = np.diff(edge) / np.gradient(station)[inside]
    area, volumes = np.zeros((len(inside), 5)), np.zeros(5)
    for tissue in TissueClass:
        share = plaque * (classes == tissue)
        area[:, tissue] = share.sum((1, 2)) * cell_mm**2
        volumes[tissue] = ((share * cells.volume_mm3).sum((1, 2)) * length).sum()
    return Composition(sections.vessel, from_mm, to_mm, here, area, volumes)
